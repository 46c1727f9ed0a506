"""The catalogue: one row for each brokerage, or everything about one."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from brokerlink.cli.show.figures import ABSENT, plain, word
from brokerlink.cli.show.tables import Sheet, facts, row, table
from brokerlink.cli.terminal import clean, console
from brokerlink.v1 import brokerages_pb2 as pb
from brokerlink.v1 import types_pb2

_STATUS_STYLES = {
    pb.BROKERAGE_STATUS_OFFICIAL: "green",
    pb.BROKERAGE_STATUS_UNOFFICIAL: "yellow",
    pb.BROKERAGE_STATUS_AGGREGATED: "cyan",
    pb.BROKERAGE_STATUS_RETIRED: "dim",
}
_SUPPORT = {
    pb.SUPPORT_NATIVE: ("✓", "green"),
    pb.SUPPORT_DERIVED: ("≈", "yellow"),
    pb.SUPPORT_UNSUPPORTED: ("–", "dim"),
    pb.SUPPORT_UNKNOWN: ("?", "yellow"),
}


def brokerages(found: Sequence[pb.Brokerage]) -> None:
    """Each brokerage with its status, doors, datasets, sign-in and how it was verified."""
    made = table("!Id", "!Brokerage", "Status", "!Doors", "!?Datasets", "?Sign-in", "?Verified")
    for one in found:
        first = one.doors[0] if one.doors else pb.Door()
        row(
            made,
            Text(clean(one.id), style="bold"),
            one.title,
            status(one),
            doors(one.doors),
            datasets(first),
            first.sign_in or ABSENT,
            one.verification or first.verification or ABSENT,
        )
    console().print(made)
    console().print(
        Text("Datasets: A accounts, B balances, P positions, T transactions, O orders; ", style="dim")
        + Text("✓ given", style="green")
        + Text(" ≈ worked out", style="yellow")
        + Text(" – not given. Details: brokerlink brokerages ID", style="dim")
    )


def status(one: pb.Brokerage) -> Text:
    text = word(pb.BrokerageStatus, one.status, "BROKERAGE_STATUS")
    if one.successor_brokerage_id:
        text += f", now {clean(one.successor_brokerage_id)}"
    return Text(text, style=_STATUS_STYLES.get(one.status, ""))


def doors(found: Sequence[pb.Door]) -> Text:
    """Each door, open (●) or closed (○)."""
    made = Text()
    for door in found:
        made.append("\n" if made.plain else "")
        made.append("● " if door.open else "○ ", style="green" if door.open else "red")
        made.append(clean(door.id) + ("" if door.open else " (closed)"))
    return made if made.plain else Text(ABSENT)


def datasets(door: pb.Door) -> Text:
    made = Text()
    for capability in door.capabilities:
        letter = word(types_pb2.Dataset, capability.dataset, "DATASET")[:1].upper()
        sign, style = _SUPPORT.get(capability.support, ("?", ""))
        made.append(f"{letter}{sign} ", style=style)
    return made if made.plain else Text(ABSENT)


def brokerage(one: pb.Brokerage) -> None:
    """Everything about one brokerage."""
    out = console()
    out.print(Text(clean(one.title), style="bold") + Text(f"  {clean(one.id)}", style="dim"))
    out.print(facts([("status", status(one)), ("homepage", one.homepage), ("verified", one.verification)]))
    for door in one.doors:
        out.print()
        out.print(doors([door]) + Text(f"  {clean(door.title)}", style="bold"))
        out.print(_door_facts(door))
        if door.credential_fields:
            out.print(_fields(door.credential_fields))


def _door_facts(door: pb.Door) -> Table:
    history = f"{door.history_days} days" if door.HasField("history_days") else ""
    return facts(
        [
            ("kind", word(pb.DoorKind, door.kind, "DOOR_KIND")),
            ("closed because", door.closed_reason),
            ("sign-in", door.sign_in),
            ("access", door.access),
            ("history", history),
            ("limits", door.limits),
            ("terms", door.terms_note),
            ("verified", door.verification),
            *[(_dataset(one), _capability(one)) for one in door.capabilities],
        ]
    )


def _dataset(one: pb.Capability) -> str:
    return word(types_pb2.Dataset, one.dataset, "DATASET")


def _capability(one: pb.Capability) -> Text:
    sign, style = _SUPPORT.get(one.support, ("?", ""))
    made = Text(f"{sign} {word(pb.Support, one.support, 'SUPPORT')}", style=style)
    return made + plain(f"  {one.note}", "dim") if one.note else made


def _fields(found: Sequence[pb.CredentialField]) -> Sheet:
    made = table("!Credential field", "Label", "Needed", "?Hidden", "?Help")
    for one in found:
        needed = "optional" if not one.required else "unless the operator sets it" if one.operator else "yes"
        row(
            made,
            Text(clean(one.key), style="bold"),
            one.label,
            needed,
            "yes" if one.secret else "no",
            one.help,
        )
    return made
