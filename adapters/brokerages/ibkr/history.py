"""Rows of Flex into transactions. Pure; used for what the Flex Web Service answers and for files.

Signs: `quantity` < 0 for sells; `proceeds` and `netCash` < 0 for buys; `ibCommission` and `taxes` < 0 are
costs; `amount` > 0 is money in. A row is an object of its attributes, with its element's name under
"element".
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from adapters.brokerages.ibkr import fields, values
from adapters.brokerages.ibkr.instruments import OPTIONS, of_flex, units
from adapters.brokerages.ibkr.statement import Element, FlexStatement
from adapters.kit import rows
from domain.errors import StatementUnreadable, UnreadableReply
from domain.instruments import InstrumentKind
from domain.money import ZERO, quotient
from domain.ports.brokerage import Notes
from domain.ports.statements import Skipped
from domain.transactions import Transaction, TransactionType

T = TransactionType
Row = dict[str, Any]

CASH: dict[str, TransactionType | None] = {  # None: the sign decides
    "Deposits/Withdrawals": None, "Deposits & Withdrawals": None, "Dividends": T.DIVIDEND,
    "Payment In Lieu Of Dividends": T.SUBSTITUTE_DIVIDEND, "Withholding Tax": T.TAX,
    "Broker Interest Paid": T.MARGIN_INTEREST, "Broker Interest Received": T.INTEREST,
    "Bond Interest Paid": T.INTEREST, "Bond Interest Received": T.INTEREST, "Other Fees": T.FEE,
    "Commission Adjustments": T.FEE, "Advisor Fees": T.FEE,
}  # fmt: skip
# What the letters of the last two lines mean is not confirmed.
ACTIONS = {
    "FS": T.SPLIT, "RS": T.SPLIT, "SD": T.STOCK_DIVIDEND, "HI": T.STOCK_DIVIDEND, "CD": T.DIVIDEND,
    "SO": T.SPINOFF, "IC": T.SYMBOL_CHANGE, "TC": T.MERGER, "TO": T.MERGER, "RI": T.MERGER, "DW": T.MERGER,
    "BM": T.MERGER, "BC": T.MERGER, "CH": T.MERGER,
    **dict.fromkeys(
        "FA CA CC CI CO CP CS CT DI ED FI GV HD OR PI PV SR TI TM".split(), T.OTHER,
    ),
}  # fmt: skip
EVENTS = {
    "Assignment": T.OPTION_ASSIGNMENT, "Exercise": T.OPTION_EXERCISE, "Expiration": T.OPTION_EXPIRATION,
    "Cash Settlement": T.OPTION_EXERCISE, "Buy": T.BUY, "Sell": T.SELL,
}  # fmt: skip
TRANSFERS = frozenset({"INTERNAL", "INTERCOMPANY", "ACATS", "ACAT", "ATON", "FOP", "OTC"})
TRADES = frozenset(
    {"ExchTrade", "TradeCancel", "TradeCorrect", "FracShare", "FracShareCancel", "BookTrade", "DvpTrade"}
)
BOOKED = {"Ep": T.OPTION_EXPIRATION, "A": T.OPTION_ASSIGNMENT} | dict.fromkeys(
    ("Ex", "AEx", "MEx"), T.OPTION_EXERCISE
)
SIDES = frozenset({"BUY", "SELL", "BUY (Ca.)", "SELL (Ca.)"})
OPTION_TRADES = {
    (True, "O"): T.BUY_TO_OPEN, (True, "C"): T.BUY_TO_CLOSE,
    (False, "O"): T.SELL_TO_OPEN, (False, "C"): T.SELL_TO_CLOSE,
}  # fmt: skip
SHARE_TRADES = {(True, "C"): T.BUY_TO_COVER, (False, "O"): T.SELL_SHORT}
# The row at which a read of history asks the Web API for what Flex does not tell yet.
RECENT = "RecentTrades"
RETURN_OF_CAPITAL = "(RETURN OF CAPITAL)"


def transactions(row: Row, raw: bytes, notes: Notes) -> Iterator[Transaction]:
    """What one row of Flex tells; nothing for a row that only sums others up."""
    name = row.get("element", "")
    if name not in READERS:
        notes.fields[f"flex.{str(name)[:48]}"] += 1
        return
    rows.note_unknown(row, fields.KNOWN[name], name, notes)
    for told in READERS[name](row, notes):
        yield replace(told, raw=raw)


def counted(statement: FlexStatement) -> tuple[list[tuple[Row, int]], list[Skipped]]:
    """The rows of a statement that tell transactions, with their lines; and what is left out, and why.

    Raises StatementUnreadable where the query sums trades up instead of telling each.
    """
    found: list[tuple[Row, int]] = []
    skipped: list[Skipped] = []
    detailed = {e.name for e in statement.elements if e.name in READERS and not _sums_up(e)}
    events = {
        e.values["tradeID"]: e.values.get("transactionType", "")
        for e in statement.named("OptionEAE")
        if e.values.get("tradeID")
    }
    trades = {e.values.get("tradeID") for e in statement.named("Trade") if not _sums_up(e)}
    for element in statement.elements:
        if element.name in fields.BESIDE_TRADES or (element.name == "Trade" and _sums_up(element)):
            if "Trade" not in detailed:
                said = "The Flex query sums trades up: tick Execution as their level of detail."
                raise StatementUnreadable(said, element.line)
            skipped.append(Skipped(element.line, "a sum of trades that are told one by one"))
        elif element.name in READERS:
            row: Row = {"element": element.name, **element.values}
            number = element.values.get("tradeID")
            if _sums_up(element) and element.name in detailed:
                skipped.append(Skipped(element.line, "a sum of rows that are told one by one"))
            elif element.name == "OptionEAE" and number and number in trades:
                skipped.append(Skipped(element.line, "the trades tell this end of an option as well"))
            else:
                event = {"event": events[number]} if element.name == "Trade" and number in events else {}
                found.append((row | event, element.line))
    return found, skipped


def _sums_up(element: Element) -> bool:
    level = element.values.get("levelOfDetail", "").strip()
    return level not in {"", "EXECUTION"} if element.name == "Trade" else level in fields.SUMS


def strangers(statement: FlexStatement) -> set[str]:
    """Names of elements that nobody knows."""
    known = READERS.keys() | fields.BESIDE_TRADES | fields.OTHER_ELEMENTS
    return {element.name for element in statement.elements} - known


def execution_key(execution: str) -> str:
    """The key of a fill, by the id that both Flex and the Web API know it by."""
    return f"exec:{execution}"


def trade_type(
    kind: InstrumentKind, quantity: Decimal, effect: str, codes: frozenset[str] = frozenset()
) -> TransactionType:
    bought = quantity > 0
    if bought and "R" in codes:
        return T.DIVIDEND_REINVESTMENT
    table = OPTION_TRADES if kind in OPTIONS else SHARE_TRADES
    return table.get((bought, effect), T.BUY if bought else T.SELL)


# ---- trades


def _trade(row: Row, notes: Notes) -> Iterator[Transaction]:
    instrument, kind = of_flex(row, notes)
    quantity, price = values.needed(row, "quantity"), values.figure(row, "tradePrice")
    on, at = _traded(row)
    word, codes = values.word(row, "transactionType"), _codes(row, "notes")
    _note_unless(word in TRADES | {""}, f"transactionType.{word}", notes)
    side = values.word(row, "buySell")
    _note_unless(side in SIDES | {""}, f"buySell.{side}", notes)
    currency = rows.text(row, "currency")
    gross, fees, taxes, net = _money(row, kind, quantity, price)
    told = Transaction(
        source_key=_key(row),
        type=trade_type(kind, quantity, values.word(row, "openCloseIndicator"), codes),
        trade_date=on,
        currency=currency,
        source_type=word or "Trade",
        executed_at=at,
        settlement_date=values.day(row, "settleDateTarget"),
        instrument=instrument,
        quantity=quantity,
        price=price,
        gross=gross,
        fees=fees,
        taxes=taxes,
        net=net,
        description=values.word(row, "description"),
    )
    paid_in = values.word(row, "ibCommissionCurrency") or currency
    if paid_in != currency:
        yield from _commission(told, values.figure(row, "ibCommission"), paid_in)
    if _cancels(row):
        # The same trade with the opposite signs: together they come to nothing.
        told = replace(told, type=T.ADJUSTMENT)
    if values.word(row, "assetCategory") == "CASH":
        yield from _conversion(told, values.word(row, "symbol"), notes)
        return
    if kind in OPTIONS and word == "BookTrade":
        yield _booked(told, codes, values.word(row, "event"))
        return
    yield told


def _money(
    row: Row, kind: InstrumentKind, quantity: Decimal, price: Decimal | None
) -> tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None]:
    """Gross, fees, taxes, net. What the query's owner did not tick is worked out where it can be."""
    commission, taxed = values.figure(row, "ibCommission"), values.figure(row, "taxes")
    net = values.figure(row, "netCash")
    paid_in = values.word(row, "ibCommissionCurrency")
    elsewhere = bool(paid_in) and paid_in != values.word(row, "currency")
    fees = None if commission is None or elsewhere else -commission or ZERO
    taxes = None if taxed is None else -taxed or ZERO
    gross, worth = values.figure(row, "proceeds"), values.figure(row, "tradeMoney")
    if gross is None and worth is not None:
        gross = -worth or ZERO
    each = units(kind, values.figure(row, "multiplier"))
    if gross is None and price is not None and each is not None:
        gross = -quantity * price * each or ZERO
    if kind is InstrumentKind.FUTURE:
        # The value of a future is not paid: only costs and gains move cash, and only the net tells those.
        return None if net is None else net + (fees or ZERO) + (taxes or ZERO), fees, taxes, net
    if gross is not None and (elsewhere or (net is None and fees is not None)):
        net = gross - (fees or ZERO) - (taxes or ZERO)
    return gross, fees, taxes, net


def _commission(told: Transaction, amount: Decimal | None, currency: str) -> Iterator[Transaction]:
    """Costs in another currency than the trade are a row of their own."""
    if amount:
        key = None if told.source_key is None else f"{told.source_key}:fee"
        cash = Transaction(key, T.FEE, told.trade_date, currency, told.source_type)
        yield replace(cash, executed_at=told.executed_at, gross=amount, net=amount, description="Commission")


def _conversion(told: Transaction, pair: str, notes: Notes) -> Iterator[Transaction]:
    """EUR.USD: euros into the account by `quantity`, dollars by the money of the row. A leg for each."""
    base, dot, _ = pair.partition(".")
    kind = told.type if told.type is T.ADJUSTMENT else T.FX_CONVERSION
    leg = replace(told, type=kind, instrument=None, quantity=None, description=pair)
    yield leg
    if not dot or not base.isalpha():
        notes.words[f"pair.{pair[:16]}"] += 1
        return
    key = None if told.source_key is None else f"{told.source_key}:{base}"
    amount = told.quantity
    yield replace(leg, source_key=key, currency=base, gross=amount, fees=None, taxes=None, net=amount)


def _booked(told: Transaction, codes: frozenset[str], event: str) -> Transaction:
    """An option that ended. `event` is the word of the OptionEAE row of the same trade, if there is one."""
    found = next((BOOKED[code] for code in BOOKED if code in codes), None)
    kind = EVENTS.get(event) or found
    if kind is None or kind in {T.BUY, T.SELL}:
        return told
    return replace(told, type=kind, price=told.price or None)


def _option_event(row: Row, notes: Notes) -> Iterator[Transaction]:
    """OptionEAE, where the query has no trades that tell the same."""
    instrument, _ = of_flex(row, notes)
    word = values.word(row, "transactionType")
    _note_unless(word in EVENTS, f"OptionEAE.{word}", notes)
    on, at = values.first_moment(row, "date", "dateTime", "reportDate")
    costs, gross = values.figure(row, "commisionsAndTax"), values.figure(row, "proceeds")
    fees = None if costs is None else -costs or ZERO
    number = values.word(row, "tradeID")
    yield Transaction(
        source_key=f"trade:{number}" if number else None,
        type=EVENTS.get(word, T.OTHER),
        trade_date=on,
        executed_at=at,
        currency=rows.text(row, "currency"),
        source_type=word,
        instrument=instrument,
        quantity=values.figure(row, "quantity"),
        price=values.figure(row, "tradePrice") or None,
        gross=gross,
        fees=fees,
        net=None if gross is None or fees is None else gross - fees,
        description=values.word(row, "description"),
    )


def _traded(row: Row) -> tuple[date, datetime | None]:
    """The trade date is told for itself; a time may stand beside it or with the date."""
    apart = values.word(row, "tradeTime")
    if apart and not values.word(row, "dateTime"):
        return values.read_moment(f"{rows.text(row, 'tradeDate')};{apart}", "tradeTime")
    told = values.moment(row, "dateTime")
    on = values.day(row, "tradeDate")
    if on is None:
        return told or values.first_moment(row, "tradeDate", "reportDate")
    return on, told[1] if told else None


# ---- cash, transfers, corporate actions, taxes


def _cash(row: Row, notes: Notes) -> Iterator[Transaction]:
    word, amount = values.word(row, "type"), values.needed(row, "amount")
    _note_unless(word in CASH, f"CashTransaction.{word}", notes)
    kind = CASH.get(word, T.OTHER)
    if kind is None:
        kind = T.DEPOSIT if amount > 0 else T.WITHDRAWAL
    if kind is T.DIVIDEND and RETURN_OF_CAPITAL in values.word(row, "description").upper():
        kind = T.RETURN_OF_CAPITAL
    plain = _plain(row, notes, "dateTime", "reportDate", "settleDate")
    settled = values.day(row, "settleDate")
    yield replace(plain, type=kind, source_type=word, settlement_date=settled, gross=amount, net=amount)


def _transfer(row: Row, notes: Notes) -> Iterator[Transaction]:
    """Securities, cash, or both; `direction` decides the sign of either."""
    word, direction = values.word(row, "type"), values.word(row, "direction")
    _note_unless(word in TRANSFERS, f"Transfer.{word}", notes)
    if direction not in {"IN", "OUT"}:
        raise UnreadableReply("direction is neither IN nor OUT")
    sign = 1 if direction == "IN" else -1
    plain = _plain(row, notes, "dateTime", "date", "reportDate")
    moved = abs(values.figure(row, "quantity") or ZERO) * sign
    told = values.figure(row, "cashTransfer")
    cash = None if told is None else abs(told) * sign or ZERO
    price, worth = values.figure(row, "transferPrice"), values.figure(row, "positionAmount")
    if not price and worth and moved:
        each = units(of_flex(row, notes)[1], values.figure(row, "multiplier"))
        price = None if each is None else quotient(abs(worth), abs(moved) * each)
    yield replace(
        plain,
        type=T.TRANSFER_IN if sign > 0 else T.TRANSFER_OUT,
        source_type=word,
        settlement_date=values.day(row, "settleDate"),
        quantity=moved if plain.instrument is not None and moved else None,
        price=price or None,
        gross=cash,
        net=cash,
    )


def _action(row: Row, notes: Notes) -> Iterator[Transaction]:
    word = values.word(row, "type")
    _note_unless(word in ACTIONS, f"CorporateAction.{word}", notes)
    plain = _plain(row, notes, "dateTime", "reportDate")
    cash = values.figure(row, "proceeds")
    kind = ACTIONS.get(word, T.OTHER)
    quantity = values.figure(row, "quantity") or None
    yield replace(plain, type=kind, source_type=word, quantity=quantity, gross=cash, net=cash)


def _tax(row: Row, notes: Notes) -> Iterator[Transaction]:
    plain = _plain(row, notes, "date", "reportDate")
    amount, said = values.needed(row, "taxAmount"), values.word(row, "taxDescription")
    yield replace(plain, type=T.TAX, source_key=None, gross=amount, net=amount, description=said)


def _plain(row: Row, notes: Notes, *dates: str) -> Transaction:
    """What rows that are no trades have in common."""
    on, at = values.first_moment(row, *dates)
    return Transaction(
        source_key=_key(row),
        type=T.OTHER,
        trade_date=on,
        executed_at=at,
        currency=rows.text(row, "currency"),
        source_type=str(row.get("element")),
        instrument=of_flex(row, notes)[0],
        description=values.word(row, "description"),
    )


READERS = {
    "Trade": _trade,
    "OptionEAE": _option_event,
    "CashTransaction": _cash,
    "Transfer": _transfer,
    "CorporateAction": _action,
    "TransactionTax": _tax,
}


def _key(row: Row) -> str | None:
    """A fill has the id that the Web API tells as well; every other row its transactionID, and so has a
    cancellation, which may name the fill that it undoes."""
    execution, number = values.word(row, "ibExecID"), values.word(row, "transactionID")
    if row.get("element") == "Trade" and execution and not _cancels(row):
        return execution_key(execution)
    return f"flex:{number}" if number else None


def _cancels(row: Row) -> bool:
    cancelled = values.word(row, "transactionType") in {"TradeCancel", "FracShareCancel"}
    return cancelled or "(Ca.)" in values.word(row, "buySell")


def _codes(row: Row, name: str) -> frozenset[str]:
    return frozenset(code.strip() for code in values.word(row, name).split(";") if code.strip())


def _note_unless(expected: bool, word: str, notes: Notes) -> None:
    if not expected:
        notes.words[word[:64]] += 1
