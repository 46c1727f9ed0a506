"""Webull's paths and pages: the generations that are served side by side, and how each goes on (3.0).

Reads ask in the second generation (`/openapi/...`). Where only the third is served (Webull's own sandbox at
present), `spoken` says the same in its words. Cursors hold the last day that is read, and what the brokerage
named to go on from: the last id of a list, or the `pagination_key` of an object with `data`.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.wire import Request, Response, decode, raw_fields, raw_rows
from domain.errors import UnreadableReply

SECOND, THIRD = "2", "3"
SIZE, USUAL = 100, 10
LOOK_BACK = timedelta(days=729)  # "up to 2 years"


@dataclass(frozen=True, slots=True)
class Third:
    """A path of the third generation, the version of it that we speak, and what it has no parameter for."""

    path: str
    version: str = "v3"
    lacks: frozenset[str] = frozenset()


THIRDS = {
    "/openapi/account/list": Third("/trading/accounts/list"),
    "/openapi/assets/balance": Third("/trading/assets/balances/get"),
    "/openapi/assets/positions": Third("/trading/assets/positions/list"),
    # With v2 these lists page as they did before.
    "/openapi/trade/order/history": Third("/trading/orders/historical-orders/list", "v2"),
    "/openapi/trade/order/detail": Third("/trading/orders/get"),
    "/openapi/trade/activities/cash": Third(
        "/trading/activities/cash-activities/list", lacks=frozenset({"page_size"})
    ),
    "/openapi/auth/token/create": Third("/auth/tokens/create"),
    "/openapi/auth/token/check": Third("/auth/tokens/check"),
}
# This has no other form, as transfers; the refresh of a token has no newer path, in the client too.
NEWER = frozenset({"/openapi/config"})
TRANSFERS = "/trading/activities/transfer-activities"


def spoken(request: Request, generation: str) -> Request:
    """The request in the words of a generation, with its version."""
    newer = request.url.startswith(TRANSFERS) or request.url in NEWER
    if generation == SECOND or newer:
        return request.with_headers(("x-version", "v3" if newer else "v2"))
    third = THIRDS.get(request.url, Third(request.url))
    query = tuple(pair for pair in request.query if pair[0] not in third.lacks)
    return replace(request, url=third.path, query=query).with_headers(("x-version", third.version))


def unrouted(response: Response) -> bool:
    """Whether nothing is served at this path: another generation's may be."""
    return response.status == 404 and b"Route Not Found" in response.body[:400]


# ---- answers


def bare(response: Response, mark: str | None = None) -> bytes:
    """The answer itself, without the `data` that some wrap around it. An object that is no wrapper has the
    member `mark`; where a list belongs, there is no such."""
    if not response.body.lstrip().startswith(b"{"):
        return response.body
    members = raw_fields(response.body)
    if "data" in members:
        return bytes(members["data"])
    if mark is None or mark not in members:
        raise UnreadableReply(f"the answer has no {mark or 'data'}")
    return response.body


def take_list(response: Response, call: Call) -> Rows:
    return Rows(raw_rows(bare(response)))


# ---- pages of history


@dataclass(frozen=True, slots=True)
class Place:
    """Where a read of history stands: its last day, and what to go on from. `key`: a pagination_key."""

    until: date
    last: str | None = None
    key: str | None = None

    @property
    def text(self) -> str:
        return f"{self.until} {'id' if self.key is None else 'key'} {self.last or self.key}"

    @classmethod
    def of(cls, call: Call) -> "Place":
        if call.cursor is None:
            return cls(call.until)
        day, kind, name = call.cursor.split(" ", 2)
        until = date.fromisoformat(day)
        return cls(until, name) if kind == "id" else cls(until, key=name)


def first_day(call: Call) -> date:
    deepest = Place.of(call).until - LOOK_BACK
    return deepest if call.since is None else max(call.since, deepest)


def span(call: Call) -> tuple[tuple[str, str], ...]:
    """start_time and end_time. From the day before the first: a row may be booked under a later day."""
    start, end = first_day(call) - timedelta(days=1), Place.of(call).until + timedelta(days=1)
    return ("start_time", _midnight(start)), ("end_time", _midnight(end))


def _midnight(day: date) -> str:
    start = datetime.combine(day, time(), rows.NEW_YORK).astimezone(UTC)
    return f"{start:%Y-%m-%dT%H:%M:%S.000Z}"


def take_page(response: Response, call: Call) -> Rows:
    """A list goes on after its last row while it may be full; an object while it names a key. How long a page
    may be is unconfirmed, and whether groups of orders or orders are counted: what holds as many rows as are
    usual may be all that a page holds, whatever was asked for."""
    found = raw_rows(bare(response))
    place = Place.of(call)
    if response.body.lstrip().startswith(b"{"):
        key = rows.optional_text(rows.fields(response.body), "pagination_key")
        following = None if key is None else Place(place.until, key=key).text
    else:
        following = Place(place.until, _id_of(found[-1])).text if len(found) >= min(USUAL, SIZE) else None
    if following is not None and following == call.cursor:
        raise UnreadableReply("the same page comes again")
    return Rows(found, following)


def _id_of(raw: bytes) -> str:
    """What the next page is asked for after: an activity's id, or the id that the last order was given."""
    row = decode(raw)
    if not isinstance(row, dict):
        raise UnreadableReply("a row is not an object")
    if "orders" not in row:
        return rows.text(row, "id")
    orders = rows.sequence(row, "orders")
    if not orders or not isinstance(orders[-1], dict):
        raise UnreadableReply("a group of orders holds none")
    return rows.text(orders[-1], "client_order_id")
