"""TradeStation's orders as a walk: what is open and of today, then 90 days of what is over (3.5). Pure.

There is no other history. Both lists are told newest first, in pages whose token is for the next request only
and dies after an hour: with a dead one the walk starts anew, and what comes again is known by its ids.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from adapters.brokerages.tradestation.reads import listed, path_of
from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.wire import Request, Response, decode, get, raw_fields
from domain.errors import UnreadableReply

SIZE = 600
# They keep 90 days, by a calendar that is not said: a day less lies within them by any.
DEPTH = timedelta(days=89)
MOST_RESTARTS = 3
OPEN, OVER = "orders", "historicalorders"


@dataclass(frozen=True, slots=True)
class Walk:
    """Where it stands: in which list, since when, how often it started anew, and the token of the page."""

    name: str
    since: str
    restarts: int = 0
    token: str = ""

    @classmethod
    def of(cls, call: Call) -> "Walk":
        if call.cursor is None:
            # The whole of it each time: that it means the day an order was closed is not said. See `take`.
            return cls(OPEN, (call.until - DEPTH).isoformat())
        name, since, restarts, token = call.cursor.split("|", 3)
        return cls(name, since, int(restarts), token)

    def __str__(self) -> str:
        return f"{self.name}|{self.since}|{self.restarts}|{self.token}"


def ask(call: Call) -> Request:
    walk = Walk.of(call)
    return get(
        path_of(call, walk.name),
        ("since", walk.since if walk.name == OVER else None),
        ("pageSize", str(SIZE)),
        ("nextToken", walk.token or None),
        group="orders",
    )


def take(response: Response, call: Call) -> Rows:
    walk = Walk.of(call)
    if response.status == 400:
        if not walk.token or walk.restarts >= MOST_RESTARTS:
            raise UnreadableReply("The brokerage refused the request.")
        return Rows([], str(Walk(OPEN, walk.since, walk.restarts + 1)))
    found = listed(response, "Orders", call)
    told = raw_fields(response.body).get("NextToken")
    token = None if told is None else decode(told)
    if token is not None and not isinstance(token, str):
        raise UnreadableReply("NextToken is not a text")
    if token and token == walk.token:
        raise UnreadableReply("the same page comes again")
    if walk.name == OPEN:
        return Rows(found, str(replace(walk, token=token) if token else replace(walk, name=OVER, token="")))
    return Rows(found, str(replace(walk, token=token)) if token and not _old(found, call) else None)


def _old(found: list[bytes], call: Call) -> bool:
    """Whether the last order of a page was over before the days that are wanted."""
    closed = rows.optional_text(rows.fields(found[-1]), "ClosedDateTime") if found and call.since else None
    if closed is None or call.since is None:
        return False
    return rows.market_day(rows.instant(closed, "ClosedDateTime")) < call.since
