"""How FDX is asked, and how its answers are cut into rows, whichever dialect they are in (sheet, section 3).

Objects come wrapped ({"investmentAccount": {...}}) or flat with `accountCategory`. Pages go on by
`links.next.href` (taken as it is), `page.nextPageKey` or `page.nextOffset`. History is read in windows of the
day of posting, newest first, so that what is recent is there first whatever order a provider keeps. The
cursor is enough for another process to go on:

    {"floor"} how far back   {"start","end"} the window   {"onward"} the page in it
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec

from adapters.fdx import words
from adapters.fdx.dialects import Dialect
from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.paging import dig
from adapters.kit.wire import Request, Response, decode, get, raw_fields, raw_rows
from domain.errors import BrokerageUnavailable, UnreadableReply

DEPTH = timedelta(days=730)  # asked for; before a provider's history there is nothing, and no error
WINDOW = timedelta(days=180)
AHEAD = timedelta(days=7)  # a trade may be posted by its day of settlement
PARTIAL = 206
ACCOUNT, TRANSACTION = "Account", "Transaction"
INVESTMENT = "INVESTMENT_ACCOUNT"
_PLACES = ("pageKey", "offset")


# Wrapped or flat.


def unwrapped(raw: bytes, noun: str) -> tuple[str, bytes]:
    """What kind of account an object belongs to ("investment", "deposit"), and the object itself. A flat
    transaction need not say it: it was asked for by its account."""
    members = raw_fields(raw)
    wraps = [name for name in members if name.endswith(noun) and name != noun]
    if len(members) == 1 and wraps:
        inner = bytes(members[wraps[0]])
        rows.fields(inner)
        return wraps[0].removesuffix(noun), inner
    if noun == TRANSACTION:
        return "", raw
    row = {"accountCategory": decode(members["accountCategory"])} if "accountCategory" in members else {}
    category = rows.text(row, "accountCategory")
    return category.removesuffix("_ACCOUNT").lower(), raw


# Going on.


def _onward(response: Response, told: int, place: str, dialect: Dialect) -> str | None:
    """Where the answer goes on: "href /path", "pageKey B2" or "offset 50". `place` is where it stands."""
    members = raw_fields(response.body)
    links = rows.optional_mapping({"links": decode(members.get("links", msgspec.Raw(b"null")))}, "links")
    page = rows.optional_mapping({"page": decode(members.get("page", msgspec.Raw(b"null")))}, "page")
    href = rows.optional_text(rows.optional_mapping(links, "next"), "href")
    key, offset = rows.optional_text(page, "nextPageKey"), rows.optional_text(page, "nextOffset")
    if href:
        found = f"href {href}"
    elif key or offset:
        found = f"pageKey {key}" if key else f"offset {offset}"
    elif told >= dialect.page and not links and not page:
        # A full page that says nothing at all of pages is no proof that it is the last.
        start = place.partition(" ")[2] if place.startswith("offset ") else "0"
        if not start.isdigit():
            raise UnreadableReply("a full page does not say where it goes on")
        found = f"offset {int(start) + told}"
    else:
        return None
    if found == place:
        raise UnreadableReply("the same page comes again")
    return found


def _ask(dialect: Dialect, path: str, place: str, *query: tuple[str, str | None]) -> Request:
    kind, _, where = place.partition(" ")
    if kind == "href":
        return get(where, host=dialect.data_host)
    further = ((kind, where),) if kind in _PLACES else ()
    return get(path, *query, *further, host=dialect.data_host)


# Accounts. They are named together: whether a name is shared shows on the last page only.


@dataclass(frozen=True, slots=True)
class Listed:
    """What earlier pages of the list of accounts told. `whole`: none of them said that it lacks some."""

    place: str = ""
    told: tuple[str, ...] = ()
    whole: bool = True


def _listed(call: Call) -> Listed:
    return Listed() if call.cursor is None else msgspec.json.decode(call.cursor, type=Listed)


def ask_accounts(dialect: Dialect, call: Call) -> Request:
    return _ask(dialect, dialect.accounts, _listed(call).place)


def take_accounts(dialect: Dialect, response: Response, call: Call) -> Rows:
    """Investment accounts, each with what names it. Bank accounts, loans and insurances are left out."""
    before, page = _listed(call), raw_rows(dig(response, ("accounts",)))
    found = [inner for kind, inner in (unwrapped(raw, ACCOUNT) for raw in page) if kind == "investment"]
    whole = before.whole and response.status != PARTIAL
    told = (*before.told, *(raw.decode() for raw in found))
    place = _onward(response, len(page), before.place, dialect)
    if place is not None:
        return Rows([], msgspec.json.encode(Listed(place, told, whole)).decode())
    return Rows(_named([text.encode() for text in dict.fromkeys(told)]), complete=whole)


def _named(told: list[bytes]) -> list[bytes]:
    """Each account with its name; where two share one, both are told apart by FDX's own id as well."""
    known = [rows.fields(raw) for raw in told]
    names = [_name(row) for row in known]
    cut = []
    for raw, row, name in zip(told, known, names, strict=True):
        identifier = rows.text(row, "accountId")
        key = f"{name or 'fdx'}:{identifier}" if name is None or names.count(name) > 1 else name
        cut.append(b'{"account":%b,"key":%b}' % (raw, msgspec.json.encode(key)))
    return cut


def subtype_of(row: dict[str, Any]) -> str | None:
    return words.SUBTYPES.get(words.bare(rows.optional_text(row, "accountType") or ""))


def last_digits(row: dict[str, Any]) -> str:
    """The last four digits of the account's number, all that every door tells; empty if not so many."""
    shown = re.sub(r"[\s-]", "", rows.optional_text(row, "accountNumberDisplay") or "")
    found = re.search(r"[0-9]{4}$", shown)
    return found[0] if found else ""


def _name(row: dict[str, Any]) -> str | None:
    """`subtype:last four`, as the aggregators' doors name it too; None where one of them is not told."""
    subtype, digits = subtype_of(row), last_digits(row)
    return f"{subtype}:{digits}" if subtype and digits else None


# One account: its money and what it holds.


def ask_account(dialect: Dialect, call: Call) -> Request:
    identifier = _route(call)
    query = (("accountIds", identifier),) if dialect.listed else ()
    return get(_path(dialect.account, identifier), *query, host=dialect.data_host)


def take_balance(dialect: Dialect, response: Response, call: Call) -> Rows:
    raw, row = _account(dialect, response, call)
    return Rows([raw], as_of=_as_of(row))


def take_positions(dialect: Dialect, response: Response, call: Call) -> Rows:
    raw, row = _account(dialect, response, call)
    if row.get("holdings") is not None:
        return Rows(raw_rows(raw_fields(raw)["holdings"]), as_of=_as_of(row))
    # Some send none where there are none. That nothing is held must show in the figures.
    total, cash = (rows.optional_number(row, name) for name in ("currentValue", "availableCashBalance"))
    if total is None or total != cash:
        raise UnreadableReply("the answer tells no holdings of an account that is not all cash")
    return Rows([], as_of=_as_of(row))


def _account(dialect: Dialect, response: Response, call: Call) -> tuple[bytes, dict[str, Any]]:
    told = raw_rows(dig(response, ("accounts",))) if dialect.listed else [response.body]
    for raw in told:
        _, inner = unwrapped(raw, ACCOUNT)
        row = rows.fields(inner)
        if rows.text(row, "accountId") == _route(call):
            return inner, row
    if response.status == PARTIAL:
        raise BrokerageUnavailable("The provider cannot tell this account just now.")
    raise UnreadableReply("the answer lacks the account that was asked for")


def _as_of(row: dict[str, Any]) -> datetime | None:
    """The provider's time, where it is one: a bare day is none."""
    told = rows.optional_text(row, "balanceAsOf")
    return rows.instant(told, "balanceAsOf") if told and len(told) > 10 else None


# History.


@dataclass(frozen=True, slots=True)
class Place:
    """Where a read of history stands: a window of days of posting, and the page in it."""

    floor: date
    start: date
    end: date
    onward: str = ""


def place_of(call: Call) -> Place:
    if call.cursor is not None:
        return msgspec.json.decode(call.cursor, type=Place)
    floor = max(call.since or date.min, call.until - DEPTH)
    end = call.until + AHEAD
    return Place(floor, max(floor, end - WINDOW), end)


def ask_transactions(dialect: Dialect, call: Call) -> Request:
    place = place_of(call)
    since, until = (_bound(day, dialect) for day in (place.start, place.end))
    query = (("startTime", since), ("endTime", until), ("limit", str(dialect.page)))
    return _ask(dialect, _path(dialect.transactions, _route(call)), place.onward, *query)


def take_transactions(dialect: Dialect, response: Response, call: Call) -> Rows:
    if response.status == PARTIAL:
        raise BrokerageUnavailable("The provider tells a part of the history only.")
    place, page = place_of(call), raw_rows(dig(response, ("transactions",)))
    cut = [unwrapped(raw, TRANSACTION)[1] for raw in page]
    onward = _onward(response, len(page), place.onward, dialect)
    if onward is not None:
        return Rows(cut, _text(replace(place, onward=onward)))
    if place.start <= place.floor:
        return Rows(cut)
    # The day that both windows share is told twice: rows have ids.
    return Rows(cut, _text(Place(place.floor, max(place.floor, place.start - WINDOW), place.start)))


def _bound(day: date, dialect: Dialect) -> str:
    return f"{day.isoformat()}T00:00:00Z" if dialect.instants else day.isoformat()


def _text(place: Place) -> str:
    return msgspec.json.encode(place).decode()


def _path(template: str, identifier: str) -> str:
    return template.replace("{id}", quote(identifier, safe=""))


def _route(call: Call) -> str:
    return call.routed.routing["id"]
