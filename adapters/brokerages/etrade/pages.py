"""How E*TRADE's answers are cut into rows and where they go on: pages of positions, years of history."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from msgspec import Raw

from adapters.brokerages.etrade.parse import live_values
from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.paging import dig
from adapters.kit.wire import Request, Response, decode, get, raw_fields, raw_rows
from domain.errors import UnreadableReply

LOOK_BACK = timedelta(days=729)  # two years, both ends counted
YEAR = timedelta(days=364)
WORTH = "worth"  # the place behind an empty answer


def take_accounts(response: Response, call: Call) -> Rows:
    return Rows(_many(dig(response, ("AccountListResponse", "Accounts", "Account"))))


def ask_balance(call: Call) -> Request:
    return get(_path(call, "balance"), ("instType", "BROKERAGE"), ("realTimeNAV", "true"))


def take_balance(response: Response, call: Call) -> Rows:
    return Rows([bytes(dig(response, ("BalanceResponse",)))])


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Pages of positions, by symbol so that pages do not shift. `nextPageNo` says where it goes on.

    Nothing held is 204, and with some an empty body under 200. That one proves nothing by itself: the
    balance is asked whether anything held is worth something.
    """

    count: int = 50

    def ask(self, call: Call) -> Request:
        if call.cursor == WORTH:
            return ask_balance(call)
        return get(
            _path(call, "portfolio"),
            ("count", str(self.count)),
            ("pageNumber", call.cursor or "1"),
            ("sortBy", "SYMBOL"),
            ("sortOrder", "ASC"),
            ("view", "QUICK"),
            ("totalsRequired", "false"),
            ("lotsRequired", "false"),
        )

    def take(self, response: Response, call: Call) -> Rows:
        if response.status == 204:
            return Rows([])
        if call.cursor == WORTH:
            return _nothing_held(response)
        if call.cursor is None and not response.body.strip():
            return Rows([], WORTH)
        found: list[bytes] = []
        onward: str | None = None
        for part in _many(dig(response, ("PortfolioResponse", "AccountPortfolio"))):
            told = raw_fields(part)
            found += _many(_member(told, "Position"))
            page = _some(told, "next", "nextPageNo", "totalPages")
            onward = rows.optional_text(page, "nextPageNo") or onward
            total = rows.optional_number(page, "totalPages") or 1
            if onward is None and (page.get("next") or total > Decimal(call.cursor or "1")):
                raise UnreadableReply("the positions go on, but the answer does not say where")
        return Rows(found, onward)


def _nothing_held(response: Response) -> Rows:
    """No rows, if the balance says that neither long nor short holdings are worth anything."""
    balance = rows.fields(bytes(dig(response, ("BalanceResponse",))))
    live = live_values(rows.mapping(balance, "Computed"))
    more = (rows.optional_number(live, name) for name in ("netMvLong", "netMvShort"))
    if rows.number(live, "netMv") or any(more):
        raise UnreadableReply("the list of positions is empty, though something is held")
    return Rows([])


@dataclass(frozen=True, slots=True)
class Window:
    """Where the history goes on: a stretch of at most a year, the oldest day of all, and the marker of
    the last row that was read of the stretch."""

    start: date
    end: date
    oldest: date
    marker: str = ""

    @classmethod
    def of(cls, call: Call) -> "Window":
        if call.cursor is None:
            oldest = call.until - LOOK_BACK
            wanted = oldest if call.since is None else min(max(oldest, call.since), call.until)
            return cls._ending(call.until, wanted)
        start, end, oldest_text, marker = call.cursor.split(" ", 3)
        day = date.fromisoformat
        return cls(day(start), day(end), day(oldest_text), marker)

    @classmethod
    def _ending(cls, end: date, oldest: date) -> "Window":
        return cls(max(oldest, end - YEAR), end, oldest)

    @property
    def cursor(self) -> str:
        return f"{self.start} {self.end} {self.oldest} {self.marker}"

    @property
    def older(self) -> str | None:
        """The cursor of the stretch before this one."""
        if self.start <= self.oldest:
            return None
        return self._ending(self.start - timedelta(days=1), self.oldest).cursor


@dataclass(frozen=True, slots=True)
class History:
    """Newest first, year by year, page by page. `moreTransactions` is false while more come: only a
    marker and a new row count. 204 is the end of a stretch."""

    count: int = 50

    def ask(self, call: Call) -> Request:
        window = Window.of(call)
        return get(
            _path(call, "transactions"),
            ("startDate", f"{window.start:%m%d%Y}"),
            ("endDate", f"{window.end:%m%d%Y}"),
            ("sortOrder", "DESC"),
            ("count", str(self.count)),
            ("marker", window.marker or None),
        )

    def take(self, response: Response, call: Call) -> Rows:
        window = Window.of(call)
        if response.status == 204:
            return Rows([], window.older)
        told = raw_fields(dig(response, ("TransactionListResponse",)))
        found = _many(_member(told, "Transaction"))
        if window.marker and found and _begins_again(found[0], window.marker):
            found = found[1:]
        marker = _marker(told)
        if not marker and not window.marker and _count(told) > len(found):
            raise UnreadableReply("more rows follow, but the answer does not say where")
        if not found or not marker:
            return Rows(found, window.older)
        if marker == window.marker:
            raise UnreadableReply("the same page comes again")
        return Rows(found, replace(window, marker=marker).cursor)


def _begins_again(raw: bytes, marker: str) -> bool:
    """Whether a page repeats the last row of the one before: the marker starts with that row's id."""
    return rows.optional_text(rows.fields(raw), "transactionId") == marker.partition("_")[0]


def _count(told: dict[str, Raw]) -> Decimal:
    """How many rows the whole stretch has, if it is told."""
    return rows.optional_number(_some(told, "totalCount"), "totalCount") or Decimal(0)


def _marker(told: dict[str, Raw]) -> str:
    """The marker, alone or inside the address of the next page."""
    page = _some(told, "marker", "next")
    onward = parse_qs(urlsplit(rows.optional_text(page, "next") or "").query).get("marker", [""])[0]
    return rows.optional_text(page, "marker") or onward


def _many(value: bytes | Raw) -> list[bytes]:
    """A list; a list of one may come as the thing itself, as in XML. All rows have ids, so equal ones
    are one row told twice."""
    raw = bytes(value).lstrip()
    return [raw] if raw.startswith(b"{") else list(dict.fromkeys(raw_rows(raw)))


def _member(told: dict[str, Raw], name: str) -> Raw:
    if name not in told:
        raise UnreadableReply(f"the answer has no {name}")
    return told[name]


def _some(told: dict[str, Raw], *names: str) -> dict[str, Any]:
    return {name: decode(told[name]) for name in names if name in told}


def _path(call: Call, what: str) -> str:
    return f"/v1/accounts/{quote(call.routed.routing['accountIdKey'], safe='')}/{what}.json"
