"""Flex XML as a file that somebody imports: accounts, balances, positions and history, with their lines."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import ParamSpec, TypeVar

import msgspec

from adapters.brokerages.ibkr import fields, history, values
from adapters.brokerages.ibkr.instruments import of_flex, units
from adapters.brokerages.ibkr.statement import QUERY, RESPONSE, Element, FlexStatement, Said, document
from adapters.kit import rows
from adapters.kit.rows import NEW_YORK
from domain.accounts import AccountKind, AccountTold
from domain.errors import StatementUnreadable, UnreadableReply
from domain.money import quotient
from domain.ports.brokerage import Notes
from domain.ports.statements import AccountStatement, Skipped, Statement
from domain.positions import Balance, Flag, Position
from domain.transactions import Transaction

T = TypeVar("T")
P = ParamSpec("P")
HEAD = 4096
BASE = "BASE_SUMMARY"
SUMMARY = frozenset({"", "SUMMARY"})


def fits(content: bytes) -> bool:
    """Whether it is Flex, or what the Flex Web Service says in its place."""
    head = content[:HEAD]
    return any(f"<{root}".encode() in head for root in (QUERY, RESPONSE))


def read(content: bytes, today: date) -> Statement:
    """Raises StatementUnreadable with the reason and the line."""
    found = document(content)
    if isinstance(found, Said):
        code = found.code if found.code.isascii() and found.code.isdigit() else "none"
        raise StatementUnreadable(f"This is no statement but an answer of Flex, with the error code {code}.")
    if not found:
        raise StatementUnreadable("The file holds no statement of any account.")
    notes, skipped = Notes(), list[Skipped]()
    accounts = tuple(_statement(statement, notes, skipped) for statement in found)
    return Statement("flex", accounts, tuple(sorted(skipped, key=lambda s: s.line)), notes)


def _statement(statement: FlexStatement, notes: Notes, skipped: list[Skipped]) -> AccountStatement:
    counted, left_out = history.counted(statement)
    skipped += left_out
    notes.fields.update(f"flex.{name[:48]}" for name in history.strangers(statement))
    account = _account(statement)
    told: list[Transaction] = []
    for row, line in counted:
        if values.word(row, "accountId") not in {"", account.key}:
            raise StatementUnreadable("This row belongs to another account than its statement.", line)
        told += _at(line, _transactions, row, notes)
    start = _at(statement.line, values.day, statement.values, "fromDate")
    end = _at(statement.line, values.day, statement.values, "toDate")
    return AccountStatement(
        account,
        tuple(told),
        balances=_balances(statement, account.currency),
        positions=_positions(statement, notes, skipped),
        as_of=_as_of(statement, end),
        start=start,
        end=end,
    )


def _at(line: int, read: Callable[P, T], *given: P.args, **more: P.kwargs) -> T:
    """What is read, or the failure with its line."""
    try:
        return read(*given, **more)
    except UnreadableReply as failure:
        raise StatementUnreadable(f"{failure.message}.", line) from None


def _transactions(row: history.Row, notes: Notes) -> list[Transaction]:
    return list(history.transactions(row, msgspec.json.encode(row), notes))


def _account(statement: FlexStatement) -> AccountTold:
    number = statement.account
    if not number:
        raise StatementUnreadable("A statement does not say which account it is of.", statement.line)
    told = next(iter(statement.named("AccountInformation")), Element("", {}, statement.line))
    # The base currency may be ticked in one section and not in the other.
    bases = [e.values.get("currency", "") for e in statement.named("EquitySummaryByReportDateInBase")]
    base = next((currency for currency in bases if currency), "USD")
    return _at(told.line, _informed, told.values, number, base)


def _informed(row: dict[str, str], number: str, base: str) -> AccountTold:
    if values.word(row, "accountId") not in {"", number}:
        raise UnreadableReply("accountId is another than the statement's")
    name = values.word(row, "acctAlias") or values.word(row, "name") or number
    return AccountTold(number, name, number, _kind(row), values.word(row, "currency") or base)


def _kind(row: dict[str, str]) -> AccountKind:
    word, capabilities = values.word(row, "accountType").upper(), values.word(row, "accountCapabilities")
    if "IRA" in word:
        return AccountKind.IRA_ROTH if "ROTH" in word else AccountKind.IRA_OTHER
    for known in (AccountKind.JOINT, AccountKind.TRUST):
        if known.name in word:
            return known
    if "Margin" in capabilities:
        return AccountKind.MARGIN
    return AccountKind.CASH if "Cash" in capabilities else AccountKind.OTHER


def _as_of(statement: FlexStatement, end: date | None) -> datetime | None:
    """The end of the last day, or when it was made, whichever came first."""
    made = _at(statement.line, values.moment, statement.values, "whenGenerated")
    closed = None
    if end is not None:
        closed = datetime.combine(end + timedelta(days=1), time(), NEW_YORK).astimezone(UTC)
    return min((moment for moment in (closed, made[1] if made else None) if moment), default=None)


def _balances(statement: FlexStatement, base: str) -> tuple[Balance, ...] | None:
    """A balance for each currency; what the whole account is worth stands with its base currency. A query
    may tell nothing but the sum in it."""
    listed = statement.named("CashReportCurrency")
    told = [e for e in listed if e.values.get("currency") != BASE]
    told = told or [replace(e, values=e.values | {"currency": base}) for e in listed]
    worth = sorted(
        statement.named("EquitySummaryByReportDateInBase"),
        key=lambda e: _at(e.line, values.first_moment, e.values, "reportDate")[0],
    )
    if not told and not worth:
        return None
    total = _at(worth[-1].line, values.figure, worth[-1].values, "total") if worth else None
    found = [_at(e.line, _balance, e.values, base, total) for e in told]
    if not any(balance.currency == base for balance in found) and total is not None:
        found.append(Balance(base, total_value=total))
    return tuple(found)


def _balance(row: dict[str, str], base: str, total: Decimal | None) -> Balance:
    currency = rows.text(row, "currency")
    return Balance(
        currency,
        cash=values.figure(row, "endingCash"),
        settled_cash=values.figure(row, "endingSettledCash"),
        total_value=total if currency == base else None,
    )


# ---- positions


def _positions(statement: FlexStatement, notes: Notes, skipped: list[Skipped]) -> tuple[Position, ...] | None:
    """The sums of the holdings; lots are added up where the query has no sums."""
    told = statement.named("OpenPosition")
    if not told and "OpenPositions" not in statement.sections:
        return None
    summed = [e for e in told if e.values.get("levelOfDetail", "").strip() in SUMMARY]
    if summed:
        skipped += [
            Skipped(e.line, "a lot of a holding that is told as a whole") for e in told if e not in summed
        ]
        return tuple(_each(summed, notes))
    whole: dict[str, Position] = {}
    for lot in _each(told, notes):
        name = dict(lot.instrument.identifiers).get("ibkr:conid", lot.instrument.symbol)
        whole[name] = _added(whole[name], lot) if name in whole else lot
    return tuple(whole.values())


def _each(elements: Iterable[Element], notes: Notes) -> Iterator[Position]:
    for element in elements:
        found = _at(element.line, _position, element.values, notes)
        if found is not None:
            yield found


def _position(row: dict[str, str], notes: Notes) -> Position | None:
    rows.note_unknown(row, fields.KNOWN["OpenPosition"], "OpenPosition", notes)
    instrument, kind = of_flex(row, notes)
    if instrument is None:
        raise UnreadableReply("a position has no instrument")
    quantity = values.needed(row, "position")
    if quantity == 0:
        return None
    if values.word(row, "side") == "Short":
        quantity = -abs(quantity)
    each = units(kind, values.figure(row, "multiplier"))
    price, value = values.figure(row, "markPrice"), values.figure(row, "positionValue")
    average, cost = values.figure(row, "costBasisPrice"), values.figure(row, "costBasisMoney")
    if value is None and price is not None and each is not None:
        value = price * quantity * each
    if cost is None and average is not None and each is not None:
        cost = average * quantity * each
    return Position(
        instrument,
        quantity,
        rows.text(row, "currency"),
        average_cost=average,
        cost_basis=cost,
        price=price,
        market_value=value,
        unrealized_gain=values.figure(row, "fifoPnlUnrealized"),
        flags=(Flag.COST_UNKNOWN,) if not average and not cost else (),
        raw=msgspec.json.encode(row),
    )


def _added(one: Position, more: Position) -> Position:
    def both(first: Decimal | None, second: Decimal | None) -> Decimal | None:
        return None if first is None or second is None else first + second

    quantity, average = one.quantity + more.quantity, one.average_cost
    if average is not None and more.average_cost is not None and quantity:
        average = quotient(average * one.quantity + more.average_cost * more.quantity, quantity)
    return Position(
        one.instrument,
        quantity,
        one.currency,
        average_cost=average,
        cost_basis=both(one.cost_basis, more.cost_basis),
        price=one.price,
        market_value=both(one.market_value, more.market_value),
        unrealized_gain=both(one.unrealized_gain, more.unrealized_gain),
        flags=one.flags,
        raw=one.raw,
    )
