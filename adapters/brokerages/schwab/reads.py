"""What is asked of Schwab and how answers are cut: windows of history, joined lists, look-ups."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from adapters.brokerages.schwab.instruments import instrument_of
from adapters.brokerages.schwab.parse import TYPES
from adapters.kit import rows
from adapters.kit.card import Call, Rows
from adapters.kit.paging import dig
from adapters.kit.wire import Request, Response, get, raw_fields, raw_rows
from domain.errors import BrokerageUnavailable, Failure, UnreadableReply
from domain.instruments import Instrument
from domain.ports.brokerage import Notes

# Section 3.4: no pages and no cursor, at most a year and 3000 rows for a call.
CAP = 3000
YEAR = timedelta(days=364)
SHORTEST = timedelta(minutes=1)
# How far back Schwab keeps rows is not written anywhere. Two years are known to work.
DEPTH = timedelta(days=3650)
CERTAIN = timedelta(days=730)
# What an account is worth besides its cash: all zero proves that it holds nothing.
HELD = (
    "longMarketValue", "shortMarketValue", "longOptionMarketValue", "shortOptionMarketValue",
    "mutualFundValue", "bondValue", "longNonMarginableMarketValue",
)  # fmt: skip
FORMAT = "%Y-%m-%dT%H:%M:%S.000Z"


# One account.


def ask_account(*fields: str) -> Callable[[Call], Request]:
    query = ("fields", ",".join(fields) or None)
    return lambda call: get(f"/trader/v1/accounts/{call.routed.routing['hash']}", query)


def take_account(response: Response, call: Call) -> Rows:
    """The whole answer as one row; it must be the account that was meant."""
    held = rows.mapping(rows.fields(response.body), "securitiesAccount")
    if rows.text(held, "accountNumber") != call.routed.key:
        raise UnreadableReply("the answer is about another account")
    return Rows([response.body])


def take_positions(response: Response, call: Call) -> Rows:
    """Accounts without holdings lack the list; it may only be missing where nothing is worth anything."""
    take_account(response, call)
    if "positions" in raw_fields(dig(response, ("securitiesAccount",))):
        return Rows(raw_rows(dig(response, ("securitiesAccount", "positions"))))
    current = rows.mapping(rows.mapping(response.json, "securitiesAccount"), "currentBalances")
    worth = [rows.number(current, name) for name in HELD if name in current]
    if not worth or any(worth):
        raise UnreadableReply("the answer has no positions, but does not say that nothing is held")
    return Rows([])


# The list of accounts: types and nicknames are joined to the list of hashes.


def take_types(response: Response, keys: tuple[str, ...]) -> Mapping[str, str]:
    told: dict[str, str] = {}
    for row in _listed(response.json, "accounts"):
        held = rows.mapping(row, "securitiesAccount")
        told[f"account:{rows.text(held, 'accountNumber')}"] = rows.text(held, "type")
    return told


def take_nicknames(response: Response, keys: tuple[str, ...]) -> Mapping[str, str]:
    """One object, or the array of the specification (3.3)."""
    value = response.json
    told: dict[str, str] = {}
    for preference in value if isinstance(value, list) else [value]:
        for row in _listed(preference, "accounts"):
            name = rows.optional_text(row, "nickName") or rows.optional_text(row, "displayAcctId")
            if name is not None:
                told[f"preference:{rows.text(row, 'accountNumber')}"] = name
    return told


def _listed(value: object, wrapper: str) -> list[dict[str, Any]]:
    """A bare list, or one inside an object: some users get the one, some the other (3.2)."""
    listed = value.get(wrapper) if isinstance(value, dict) else value
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise UnreadableReply(f"{wrapper} is not the list that was expected")
    return listed


# Instruments that dividends only name.


def ask_symbols(keys: tuple[str, ...], call: Call) -> Request:
    return _search(",".join(_bare(key) for key in keys), "symbol-search")


def ask_name(keys: tuple[str, ...], call: Call) -> Request:
    return _search(_bare(keys[0]), "desc-search")


def take_symbols(response: Response, keys: tuple[str, ...]) -> Mapping[str, Instrument | None]:
    return _only(keys, [(f"symbol:{found.symbol}", found) for found in _found(response)])


def take_name(response: Response, keys: tuple[str, ...]) -> Mapping[str, Instrument | None]:
    return _only(keys, [(f"name:{(found.name or '').upper()}", found) for found in _found(response)])


def _search(text: str, projection: str) -> Request:
    return get("/marketdata/v1/instruments", ("symbol", text), ("projection", projection))


def _found(response: Response) -> list[Instrument]:
    value = response.json
    listed = [] if value == {} else _listed(value, "instruments")
    return [instrument_of(row, Notes())[0] for row in listed]


def _only(keys: tuple[str, ...], found: list[tuple[str, Instrument]]) -> dict[str, Instrument | None]:
    """What is found exactly once. Two companies of one name are nobody, which is remembered; what is not
    found at all is left out: the next page asks again."""
    names = [name for name, _ in found]
    by_name: dict[str, Instrument | None] = {
        name: instrument if names.count(name) == 1 else None for name, instrument in found
    }
    return {key: by_name[key] for key in keys if key in by_name}


def _bare(key: str) -> str:
    return key.partition(":")[2]


# History: windows that walk back.


def ask_transactions(call: Call) -> Request:
    start, end = _window(call)
    return get(
        f"/trader/v1/accounts/{call.routed.routing['hash']}/transactions",
        ("startDate", start.strftime(FORMAT)),
        ("endDate", end.strftime(FORMAT)),
        ("types", ",".join(TYPES)),
    )


def take_transactions(response: Response, call: Call) -> Rows:
    """The rows of a window, and the window before it. A full window may lack rows: it is halved."""
    start, end = _window(call)
    if response.status == 400:
        if end > call.now - CERTAIN:
            raise UnreadableReply("The brokerage refused the request.")
        return Rows([])  # older than what Schwab keeps
    found = raw_rows(response.body)
    if len(found) >= CAP:
        if end - start < SHORTEST:
            raise UnreadableReply("one minute holds more rows than one answer can")
        return Rows([], _cursor(end, (end - start) / 2))
    if start <= _floor(call):
        return Rows(found)
    # Sparse windows grow back to a year. Both ends belong to a window: the next ends a second earlier.
    span = min(YEAR, (end - start) * 2) if len(found) < CAP // 3 else end - start
    return Rows(found, _cursor(start - timedelta(seconds=1), span))


def _window(call: Call) -> tuple[datetime, datetime]:
    """From the cursor: where the window ends, and how long it is at most."""
    if call.cursor is None:
        end, span = call.now.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1), YEAR
    else:
        told, _, seconds = call.cursor.partition("/")
        end, span = datetime.fromisoformat(told), timedelta(seconds=int(seconds))
    return max(end - span, min(_floor(call), end)), end


def _floor(call: Call) -> datetime:
    if call.since is not None:
        return datetime.combine(call.since, time(), UTC)
    return datetime.combine(call.until, time(), UTC) - DEPTH


def _cursor(end: datetime, span: timedelta) -> str:
    return f"{end.isoformat()}/{int(span.total_seconds())}"


def explain(response: Response) -> Failure | None:
    """What Schwab's errors say better than their status (4).

    A window of history that is older than what Schwab keeps may be refused by 400. Another 400 must not be
    taken for that: one about the hash of the account, or one of the gateway and its pages.
    """
    if "Whitelabel Error Page" in response.text[:4000]:
        return BrokerageUnavailable(
            "Schwab's server failed. It does so as well for apps that are not ready for use, and for accounts"
            " that it does not support."
        )
    if response.status != 400:
        return None
    try:
        told = rows.fields(response.body)
    except UnreadableReply:
        told = {}
    if "account number" in str(told.get("message")).lower():
        return UnreadableReply("Schwab does not know the account by the name that it gave it itself.")
    if not told.keys() & {"message", "errors"}:
        return UnreadableReply("Not Schwab itself refused the request, but something in front of it.")
    return None
