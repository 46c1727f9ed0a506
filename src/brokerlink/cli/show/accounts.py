"""Accounts and connections as tables."""

from collections.abc import Sequence

from rich.text import Text

from brokerlink.cli.reasons import ACTORS
from brokerlink.cli.show.figures import ABSENT, ago, dim, instant, word
from brokerlink.cli.show.tables import row, table
from brokerlink.cli.terminal import clean, console
from brokerlink.v1 import accounts_pb2, connections_pb2, types_pb2

_STATE_STYLES = {
    connections_pb2.CONNECTION_STATE_ACTIVE: "green",
    connections_pb2.CONNECTION_STATE_DEGRADED: "yellow",
    connections_pb2.CONNECTION_STATE_ACTION_REQUIRED: "bold red",
    connections_pb2.CONNECTION_STATE_WAITING: "yellow",
    connections_pb2.CONNECTION_STATE_PAUSED: "yellow",
    connections_pb2.CONNECTION_STATE_DISCONNECTED: "dim",
    connections_pb2.CONNECTION_STATE_QUARANTINED: "bold red",
}

CONNECTION_COLUMNS = (
    "!Connection",
    "!Brokerage",
    "!State",
    "Why, and who must act",
    ">?Accounts",
    "!?Last success",
    "!?Next sync",
)


def label(account: accounts_pb2.Account) -> str:
    """How an account is called in one line: its name and the end of its number."""
    name, number = account.name, account.masked_number
    if name and number.strip("….*x- ") in name:  # some brokerages put the end of the number into the name
        number = ""
    return clean(f"{name} {number}".strip()) or clean(account.id)


def full_label(account: accounts_pb2.Account) -> str:
    """The same with its brokerage, where accounts of several stand together."""
    own = label(account)
    brokerage = clean(account.brokerage_id)
    return own if own.lower().startswith(brokerage.lower()) else f"{brokerage} {own}"


def freshness(entries: Sequence[types_pb2.Freshness]) -> Text:
    """How old the figures are; datasets of the same age share their words."""
    said: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        said.setdefault(_age(entry), []).append(word(types_pb2.Dataset, entry.dataset, "DATASET"))
    made = Text()
    for (text, style), names in said.items():
        made.append(" · " if made.plain else "")
        made.append(f"{', '.join(names)} {text}", style=style)
    return made if made.plain else Text(ABSENT)


def _age(entry: types_pb2.Freshness) -> tuple[str, str]:
    if not entry.HasField("fetched_at") or entry.completeness == types_pb2.COMPLETENESS_NEVER:
        return "never read", "yellow"
    text = ago(instant(entry, "fetched_at"))
    if entry.completeness == types_pb2.COMPLETENESS_PARTIAL:
        text += ", partial"
    if entry.HasField("stale_since"):
        return f"{text}, stale: {clean(entry.stale_reason)}", "yellow"
    return text, "dim"


def accounts(found: Sequence[accounts_pb2.Account]) -> None:
    if not found:
        console().print(dim("No accounts yet. Connect a brokerage: brokerlink connect BROKERAGE"))
        return
    made = table("!Account", "!Brokerage", "!Name", "!?Kind", "!?Currency", "!?State", "Figures")
    for one in sorted(found, key=lambda one: (one.brokerage_id, label(one))):
        closed = one.state == accounts_pb2.ACCOUNT_STATE_CLOSED
        row(
            made,
            one.id,
            one.brokerage_id,
            Text(label(one), style="bold"),
            word(accounts_pb2.AccountKind, one.kind, "ACCOUNT_KIND"),
            one.currency_code,
            word(accounts_pb2.AccountState, one.state, "ACCOUNT_STATE")
            + ("" if one.connection_ids else ", not connected"),
            freshness([entry for entry in one.freshness if entry.dataset != types_pb2.DATASET_ORDERS]),
            style="dim" if closed else "",
        )
    console().print(made)


def connections(found: Sequence[connections_pb2.Connection]) -> None:
    if not found:
        console().print(dim("No connections yet. Make one: brokerlink connect BROKERAGE"))
        return
    made = table(*CONNECTION_COLUMNS)
    for one in found:
        row(
            made,
            one.id,
            f"{one.brokerage_id} ({one.door_id})" if one.door_id else one.brokerage_id,
            connection_state(one.state),
            _why(one),
            str(len(one.account_ids)),
            ago(instant(one, "last_success_time")),
            ago(instant(one, "next_retry_time") or instant(one, "next_sync_time")),
        )
    console().print(made)


def connection_state(state: connections_pb2.ConnectionState) -> Text:
    text = word(connections_pb2.ConnectionState, state, "CONNECTION_STATE")
    return Text(text, style=_STATE_STYLES.get(state, ""))


def _why(one: connections_pb2.Connection) -> Text:
    made = Text(clean(one.message))
    if one.reason:
        made.append(f"{' ' if made.plain else ''}{clean(one.reason)}", style="dim" if made.plain else "")
    actor = ACTORS.get(word(types_pb2.Actor, one.actor, "ACTOR"), "")
    if actor:
        made.append(f" → {actor}", style="dim")
    ends = instant(one, "renewable_until_time")
    if ends is not None:
        made.append(f"{'; ' if made.plain else ''}sign in again {ago(ends)}", style="dim")
    return made if made.plain else Text(ABSENT, style="dim")
