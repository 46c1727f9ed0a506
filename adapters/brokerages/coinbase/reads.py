"""Where v3 of Coinbase is asked, and where its lists go on (v2: see `ledger.py`).

Pages follow by `cursor`: the list of wallets says `has_next`, the list of fills ends with an empty one.
"""

from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.paging import dig
from adapters.kit.wire import Request, Response, decode, get, raw_fields, raw_rows
from domain.errors import UnreadableReply

V3 = "/api/v3/brokerage"
WALLETS = "250"
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


def of_portfolio(wallet: rows.Row, portfolio: str) -> bool:
    """Whether a wallet belongs to the portfolio; old answers do not say it, and hold no others."""
    return (rows.optional_text(wallet, "retail_portfolio_id") or portfolio) == portfolio


def plain(ident: str) -> str:
    """An id as it may stand in an address of ours."""
    if not ident or len(ident) > 64 or not ident.isascii() or not ident.replace("-", "").isalnum():
        raise UnreadableReply("an id is none")
    return ident
