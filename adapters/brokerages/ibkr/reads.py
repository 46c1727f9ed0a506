"""What is asked of IBKR and how answers are cut: pages of positions, windows of Flex, and look-ups."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import msgspec

from adapters.brokerages.ibkr import history, parse, values
from adapters.brokerages.ibkr.refusals import NOT_AVAILABLE, REFERENCE_INVALID, flex_failure
from adapters.brokerages.ibkr.signin import FLEX, SEND_REQUEST
from adapters.brokerages.ibkr.statement import FlexStatement, Said, document
from adapters.kit import rows
from adapters.kit.card import Call, Read, Reference, Rows
from adapters.kit.paging import OnePage
from adapters.kit.wire import Request, Response, get, post_json, raw_fields, raw_rows
from domain.accounts import AccountTold
from domain.errors import BrokerageUnavailable, HistoryUnavailable, StatementUnreadable, UnreadableReply
from domain.positions import Balance, Position
from domain.transactions import Transaction

GET_STATEMENT = "/AccountManagement/FlexWebService/GetStatement"
# How far back IBKR keeps rows is not written anywhere: this far is asked, or to the account's first day.
DEPTH = timedelta(days=1825)
CERTAIN = timedelta(days=365)
LONGEST, FIRST, SHORTEST = 364, 90, 3  # days of a window
ROWS = 5_000  # about so many are wanted in one: an answer must fit into what the wire reads
RECENT_DAYS, OVERLAP_DAYS = 7, 10
TRIES = 3
LATER = timedelta(minutes=15)
PROOF = "proof"
Ask = Callable[[tuple[str, ...], Call], Request]
Take = Callable[[Response, tuple[str, ...]], Mapping[str, Any]]
Leads = Callable[[Any], Iterable[str]] | None


# ---- accounts, balances, positions


def accounts(host: str) -> Read[AccountTold]:
    ask = get("/v1/api/portfolio/accounts", host=host, group="accounts")
    return Read("accounts", lambda call: ask, OnePage().rows, parse.account)


def balances(host: str) -> Read[Balance]:
    def ask(call: Call) -> Request:
        return get(f"/v1/api/portfolio/{call.routed.key}/ledger", host=host)

    return Read("ledger", ask, take_ledger, parse.ledger, needs=parse.ledger_needs)


def take_ledger(response: Response, call: Call) -> Rows:
    """The whole answer as one row. Without the row of the base currency it is no answer."""
    told = raw_fields(response.body)
    if parse.BASE not in told:
        raise UnreadableReply("the ledger has no BASE")
    base = rows.fields(bytes(told[parse.BASE]))
    seconds = rows.optional_number(base, "timestamp")
    as_of = rows.epoch_milliseconds(seconds * 1000, "timestamp") if seconds else None
    return Rows([response.body], as_of=as_of)


def positions(host: str) -> Read[Position]:
    """Pages by number. An empty first page is proved by the ledger: before the accounts are listed in a
    session, IBKR answers with nothing."""

    def ask(call: Call) -> Request:
        own = f"/v1/api/portfolio/{call.routed.key}"
        if call.cursor == PROOF:
            return get(f"{own}/ledger", host=host)
        return get(f"{own}/positions/{(call.cursor or '0').partition(':')[0]}", host=host)

    return Read("positions", ask, take_positions, parse.position, parse.position_needs, numbered=True)


def take_positions(response: Response, call: Call) -> Rows:
    if call.cursor == PROOF:
        if not parse.holds_nothing(response.body):
            raise UnreadableReply("no positions are told, but the ledger does not say that nothing is held")
        return Rows([])
    found = raw_rows(response.body)
    if not found:
        return Rows([], PROOF if call.cursor is None else None)
    page, _, before = (call.cursor or "0:").partition(":")
    first = rows.text(rows.fields(found[0]), "conid")
    if first == before:
        raise UnreadableReply("the same page comes again")
    size = rows.optional_number(rows.fields(found[-1]), "pageSize")
    if size is not None and len(found) < size:
        return Rows(found)
    return Rows(found, f"{int(page) + 1}:{first}")


# ---- history: windows of Flex that walk back, each made first and fetched then


@dataclass(frozen=True, slots=True)
class Window:
    """Up to `end`, so many days. `reference` and `url`: where its statement is being made. `floor`: how far
    back the whole read goes. `tries`: how often its reference code was gone."""

    end: date
    days: int
    floor: date
    newest: bool = False
    reference: str = ""
    url: str = ""
    tries: int = 0

    @classmethod
    def of(cls, call: Call) -> "Window":
        if call.cursor is not None:
            return msgspec.json.decode(call.cursor, type=cls)
        # A day is told by Flex when it is over.
        end = call.until - timedelta(days=1)
        floor = call.since or call.until - DEPTH
        return cls(end, FIRST, min(floor, end), newest=True)

    @property
    def start(self) -> date:
        return max(self.end - timedelta(days=self.days - 1), self.floor)

    @property
    def cursor(self) -> str:
        return msgspec.json.encode(self).decode()

    def older(self, told: int) -> str | None:
        """The window before this one; longer where this one had few rows, shorter where it had many."""
        if self.start <= self.floor:
            return None
        length = (self.end - self.start).days + 1
        fitting = min(length * ROWS // max(told, 1), length * 4, LONGEST)
        end = self.start - timedelta(days=1)
        return Window(end, max(fitting, SHORTEST), self.floor).cursor


def transactions(name: str) -> Read[Transaction]:
    """What is not told is not gone: today's trades are missing whenever the user's session is elsewhere, and
    what IBKR takes back it tells as a cancellation."""
    return Read(
        name,
        ask_history,
        take_history,
        parse.transaction,
        needs=parse.history_needs,
        overlap_days=OVERLAP_DAYS,
        removes=False,
    )


def ask_history(call: Call) -> Request:
    """Token and query are put in by whoever authorises."""
    window = Window.of(call)
    version = ("v", "3")
    if window.reference:
        return get(window.url or GET_STATEMENT, ("q", window.reference), version, host=FLEX, group="flex")
    days = (("fd", f"{window.start:%Y%m%d}"), ("td", f"{window.end:%Y%m%d}"))
    return get(SEND_REQUEST, version, *days, host=FLEX, group="flex")


def take_history(response: Response, call: Call) -> Rows:
    window = Window.of(call)
    try:
        found = document(response.body)
    except StatementUnreadable as failure:
        raise UnreadableReply(failure.message) from None
    if isinstance(found, Said):
        return _said(found, window, call)
    if not window.reference:
        raise UnreadableReply("a statement came where a reference code was expected")
    mine = [statement for statement in found if statement.account == call.routed.key]
    if not mine:
        if window.newest:
            raise HistoryUnavailable("The Flex query does not include this account: tick it in the query.")
        return Rows([])  # before the account was opened
    return _told(mine, window, call)


def _said(said: Said, window: Window, call: Call) -> Rows:
    if said.code == NOT_AVAILABLE:
        if window.end < call.until - CERTAIN:
            return Rows([])  # older than what IBKR keeps
        raise BrokerageUnavailable("The statement is not there yet.", retry_after=LATER)
    if said.code == REFERENCE_INVALID and window.reference and window.tries < TRIES:
        return Rows([], replace(window, reference="", url="", tries=window.tries + 1).cursor)
    if said.status == "Success" and said.reference and not window.reference:
        return Rows([], replace(window, reference=said.reference, url=said.url).cursor)
    raise flex_failure(said) or UnreadableReply("the Flex Web Service says something else than expected")


def _told(mine: list[FlexStatement], window: Window, call: Call) -> Rows:
    cut: list[bytes] = []
    executions: list[str] = []
    opened = window.floor
    for statement in mine:
        try:
            counted, _ = history.counted(statement)
        except StatementUnreadable as failure:
            raise UnreadableReply(failure.message) from None
        cut += [msgspec.json.encode(row) for row, _ in counted]
        executions += [values.word(row, "ibExecID") for row, _ in counted]
        cut += [_stray(name) for name in sorted(history.strangers(statement))]
        for known in statement.named("AccountInformation"):
            opened = max(opened, values.day(known.values, "dateOpened") or opened)
    if window.newest:
        cut.insert(0, _recent(mine, executions, call))
    return Rows(cut, replace(window, floor=opened).older(len(cut)))


def _stray(name: str) -> bytes:
    """An element that nobody knows goes to the parser, which counts it."""
    return msgspec.json.encode({"element": name})


def _recent(mine: list[FlexStatement], executions: list[str], call: Call) -> bytes:
    """Asks for the trades that are newer than the statement; `known` are those that it has."""
    missing = [name for name in ("Trades", "CashTransactions") if all(name not in s.sections for s in mine)]
    known = [execution for execution in executions if execution]
    row = {"element": history.RECENT, "account": call.routed.key, "known": known, "missing": missing}
    return msgspec.json.encode(row)


# ---- what rows only name


def references(host: str) -> tuple[Reference, ...]:
    """Recent trades need a brokerage session and the list of accounts first. Nobody is thrown out of
    another session for them: then Flex tells them a day later."""
    session = post_json("/v1/api/iserver/auth/ssodh/init", {"publish": True, "compete": False}, host)
    opening = replace(session, group="default", idempotent=True)

    def trades(keys: tuple[str, ...], call: Call) -> Request:
        account = ("accountId", _bare(keys[0]))
        path = "/v1/api/iserver/account/trades"
        return get(path, ("days", str(RECENT_DAYS)), account, host=host, group="trades")

    def definitions(keys: tuple[str, ...], call: Call) -> Request:
        return get("/v1/api/trsrv/secdef", ("conids", ",".join(map(_bare, keys))), host=host)

    def listing(keys: tuple[str, ...], call: Call) -> Request:
        return get("/v1/api/iserver/accounts", host=host)

    def summary(keys: tuple[str, ...], call: Call) -> Request:
        return get(f"/v1/api/portfolio/{_bare(keys[0])}/summary", host=host)

    def once(scheme: str, ask: Ask, take: Take, leads: Leads = None) -> Reference:
        return Reference(scheme, ask, take, 1, lasting=False, required=leads is None, leads=leads)

    return (
        once("summary", summary, take_summary),
        once("session", lambda keys, call: opening, take_session, _then("listing")),
        once("listing", listing, take_listing, _then("recent")),
        once("recent", trades, take_trades, parse.trade_needs),
        Reference("secdef", definitions, take_definitions, batch=100, required=False),
    )


def _then(scheme: str) -> Callable[[str], tuple[str, ...]]:
    return lambda account: (f"{scheme}:{account}",)


def take_summary(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    return {keys[0]: parse.buying_power(rows.fields(response.body))}


def take_session(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    authenticated = rows.fields(response.body).get("authenticated") is True
    return {keys[0]: _bare(keys[0])} if authenticated else {}


def take_listing(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    listed = rows.sequence(rows.fields(response.body), "accounts")
    return {keys[0]: _bare(keys[0])} if _bare(keys[0]) in listed else {}


def take_trades(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    own = _bare(keys[0])
    found = raw_rows(response.body)
    if any(rows.optional_text(rows.fields(raw), "account") != own for raw in found):
        raise UnreadableReply("a trade is another account's")
    return {keys[0]: found}


def take_definitions(response: Response, keys: tuple[str, ...]) -> Mapping[str, Any]:
    told = rows.sequence(rows.fields(response.body), "secdef")
    if not all(isinstance(row, dict) for row in told):
        raise UnreadableReply("secdef is not a list of objects")
    by_key = {f"secdef:{rows.text(row, 'conid')}": row for row in told}
    return {key: by_key[key] for key in keys if key in by_key}


def _bare(key: str) -> str:
    return key.partition(":")[2]
