"""Where Coinbase is asked, and where its lists go on.

v3 pages by `cursor`: the list of wallets says `has_next`, the list of fills ends with an empty one. The
ledger of v2 is a list for each wallet, cut by no date: one walk goes through them all, newest rows first in
each, and its cursor is the whole state (the wallets that are left, the last row, where the list of wallets
goes on).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, urlsplit

import msgspec

from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.paging import dig
from adapters.kit.wire import Request, Response, decode, get, raw_fields, raw_rows
from domain.errors import UnreadableReply

V3 = "/api/v3/brokerage"
WALLETS, WALLETS_OF_A_WALK = "250", "50"
PAGE = "100"


def ask_permissions(call: Call) -> Request:
    """What the key may, and the portfolio that it is bound to (3.2)."""
    return get(f"{V3}/key_permissions")


def ask_portfolio(keys: tuple[str, ...], call: Call) -> Request:
    """The look-up of a portfolio's breakdown, by its id or (behind a wallet) of the account being read."""
    name = keys[0].partition(":")[2]
    return get(f"{V3}/portfolios/{plain(name or call.routed.key)}")


def ask_breakdown(call: Call) -> Request:
    return get(f"{V3}/portfolios/{plain(call.routed.key)}")


def ask_products(keys: tuple[str, ...], call: Call) -> Request:
    return get(f"{V3}/products", *(("product_ids", key.partition(":")[2]) for key in keys))


def ask_wallets(call: Call) -> Request:
    """Without a limit the first 49 come (3.1)."""
    return get(f"{V3}/accounts", ("limit", WALLETS), ("cursor", call.cursor))


def take_wallets(response: Response, call: Call) -> Rows:
    told = raw_rows(dig(response, ("accounts",)))
    members = raw_fields(response.body)
    if "has_next" not in members or not isinstance(more := decode(members["has_next"]), bool):
        raise UnreadableReply("the answer does not say whether wallets follow")
    return Rows(told, _cursor(response, call.cursor) if more else None)


def ask_fills(call: Call) -> Request:
    since = f"{call.since.isoformat()}T00:00:00Z" if call.since else None
    return get(
        f"{V3}/orders/historical/fills",
        ("start_sequence_timestamp", since),
        ("limit", PAGE),
        ("cursor", call.cursor),
    )


def take_fills(response: Response, call: Call) -> Rows:
    """There is no has_next: an empty cursor is the end (3.5)."""
    return Rows(raw_rows(dig(response, ("fills",))), _cursor(response, call.cursor, optional=True))


def _cursor(response: Response, before: str | None, *, optional: bool = False) -> str | None:
    told = decode(dig(response, ("cursor",)))
    if not isinstance(told, str):
        raise UnreadableReply("cursor is not a text")
    if told and told == before:
        raise UnreadableReply("the same page comes again")
    if not told and not optional:
        raise UnreadableReply("more rows are announced, and no way to them")
    return told or None


# ---- the ledger: wallet by wallet


@dataclass(frozen=True, slots=True)
class Place:
    """Where the walk stands: `wallets` are left, the first of them from behind the row `after` on; `more`
    is where the list of wallets goes on, None at its end."""

    wallets: list[str]
    after: str | None = None
    more: str | None = None

    @classmethod
    def of(cls, call: Call) -> "Place":
        return cls([]) if call.cursor is None else msgspec.json.decode(call.cursor, type=cls)

    @property
    def cursor(self) -> str | None:
        """As text; None: this was the last wallet."""
        return msgspec.json.encode(self).decode() if self.wallets or self.more else None


def ask_ledger(call: Call) -> Request:
    place = Place.of(call)
    if not place.wallets:
        return get(f"{V3}/accounts", ("limit", WALLETS_OF_A_WALK), ("cursor", place.more))
    return get(
        f"/v2/accounts/{plain(place.wallets[0])}/transactions",
        ("limit", PAGE),
        ("order", "desc"),
        ("starting_after", place.after),
        group="ledger",
    )


def take_ledger(response: Response, call: Call) -> Rows:
    place = Place.of(call)
    if not place.wallets:
        return Rows([], _listed(response, call, place).cursor)
    told = raw_rows(dig(response, ("data",)))
    following = _following(response, told)
    if following is not None and following == place.after:
        raise UnreadableReply("the same page comes again")
    if call.since is not None:
        days = [_day(raw) for raw in told]
        if days and days[-1] < call.since:
            following = None
        told = [raw for raw, day in zip(told, days, strict=True) if day >= call.since]
    left = place.wallets if following else place.wallets[1:]
    return Rows(told, Place(left, following, place.more).cursor)


def _listed(response: Response, call: Call, place: Place) -> Place:
    """The wallets of the key's portfolio: v2 would list those of all portfolios (3.3)."""
    cut = take_wallets(response, Call(call.account, call.since, call.until, place.more, call.now))
    if not cut.rows and place.more is None:
        raise UnreadableReply("no wallet is listed: nobody knows what happened")
    wallets = [rows.fields(raw) for raw in cut.rows]
    mine = [rows.text(wallet, "uuid") for wallet in wallets if of_portfolio(wallet, call.routed.key)]
    return Place(list(dict.fromkeys(mine)), None, cut.cursor)


def of_portfolio(wallet: rows.Row, portfolio: str) -> bool:
    """Whether a wallet belongs to the portfolio; old answers do not say it, and hold no others."""
    return (rows.optional_text(wallet, "retail_portfolio_id") or portfolio) == portfolio


def _following(response: Response, told: Sequence[bytes]) -> str | None:
    """The row behind which the next page begins (3.4). `next_uri` is relative and may lack the limit."""
    pagination = rows.fields(bytes(dig(response, ("pagination",))))
    if not pagination.keys() & {"next_starting_after", "next_uri"}:
        raise UnreadableReply("the answer does not say whether rows follow")
    named = rows.optional_text(pagination, "next_starting_after")
    uri = rows.optional_text(pagination, "next_uri")
    if named or not uri:
        return named
    last = rows.optional_text(rows.fields(told[-1]), "id") if told else None
    return dict(parse_qsl(urlsplit(uri).query)).get("starting_after") or last


def _day(raw: bytes) -> date:
    return rows.market_day(rows.instant(rows.fields(raw).get("created_at"), "created_at"))


def plain(ident: str) -> str:
    """An id as it may stand in an address of ours."""
    if not ident or len(ident) > 64 or not ident.isascii() or not ident.replace("-", "").isalnum():
        raise UnreadableReply("an id is none")
    return ident
