"""eToro's history as a walk: positions that are open, then a year of closed ones; or a ledger of money. Pure.

No call lists what a trading account bought and sold: each position, open or closed, tells its own (3.4, 3.5).
"""

from datetime import timedelta

from adapters.brokerages.etoro.reads import API, ask_pnl, fields, is_cash, is_demo, lots, member, plainly
from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.wire import Request, Response, decode, get, raw_rows
from domain.errors import UnreadableReply

SIZE, LEDGER_SIZE = 100, 500
# The first day must lie less than a year back; a day less does so in every zone.
DEPTH = timedelta(days=363)
MOST_PAGES = 10_000


def ask(call: Call) -> Request:
    if is_cash(call):
        return get(
            f"{API}/money/accounts/cash/{call.routed.key}/transactions",
            ("pageSize", str(LEDGER_SIZE)),
            ("pageToken", call.cursor),
        )
    if call.cursor is None:
        return ask_pnl(call)
    since, page = call.cursor.split("|")
    return get(
        f"{API}/trading/info/trade/{'demo/' if is_demo(call) else ''}history",
        ("minDate", since),
        ("page", page),
        ("pageSize", str(SIZE)),
    )


def take(response: Response, call: Call) -> Rows:
    if is_cash(call):
        return _ledger(response, call)
    if call.cursor is None:
        first = call.until - DEPTH
        wanted = first if call.since is None else max(first, call.since)
        return Rows(lots(response), f"{wanted.isoformat()}|1")
    since, page = call.cursor.split("|")
    found = raw_rows(response.body)
    if len(found) > SIZE:
        raise UnreadableReply("a page holds more than was asked for")
    # No total is told: a page that is not full is the last.
    return Rows(found, f"{since}|{int(page) + 1}" if len(found) == SIZE and int(page) < MOST_PAGES else None)


def _ledger(response: Response, call: Call) -> Rows:
    found = raw_rows(member(response.body, "results"))
    told = decode(member(response.body, "pagination"))
    if not isinstance(told, dict):
        raise UnreadableReply("pagination is not an object")
    pagination = plainly(told)
    more = pagination.get("hasnext")
    if not isinstance(more, bool):
        raise UnreadableReply("hasNext is missing")
    if not more or _old(found, call):
        return Rows(found)
    token = rows.text(pagination, "nextpagetoken")
    if token == call.cursor:
        raise UnreadableReply("the same page comes again")
    return Rows(found, token)


def _old(found: list[bytes], call: Call) -> bool:
    """Newest first: whether the last row of a page lies before the days that are wanted."""
    if not found or call.since is None:
        return False
    return rows.market_day(rows.instant(fields(found[-1]).get("postedat"), "postedAt")) < call.since
