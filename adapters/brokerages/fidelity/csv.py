"""Fidelity's CSV files: positions, and activity in its three variants. Sheet: fidelity, 3.2 and 3.3.

Quantity + into the account and Amount (net) + cash in, as ours. Money funds are cash: their symbols end in
** among the positions, and what is bought and sold of them is a sweep.
"""

import re
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from adapters.brokerages.fidelity.csv_words import (
    ACTIONS,
    ACTIVITY_COLUMNS,
    CORE,
    OPTION_TRADES,
    OUT,
    POSITION_COLUMNS,
    SHORTS,
)
from adapters.files import csv_statement, tickers
from adapters.files.csv_statement import Gathered, Reading
from adapters.files.csv_table import Layout, Line, day
from adapters.files.phrases import phrases
from adapters.kit.rows import NEW_YORK
from domain.instruments import Instrument, InstrumentKind, OptionTerms, Right, option_instrument
from domain.money import HUNDRED, ZERO, exact
from domain.positions import Flag, Position
from domain.transactions import Transaction, TransactionType

T = TransactionType
K = InstrumentKind

POSITIONS = Layout(
    "positions",
    frozenset(
        phrases("account number; account name; symbol; description; quantity; last price; current value")
    ),
    ends_blank=True,
)
ACTIVITY = Layout(
    "activity", frozenset(phrases("run date; action; symbol; quantity; settlement date")), ends_blank=True
)
CASH_MARK, PENDING = "**", "pending activity"
PAR = Decimal(1)
_OPTION = re.compile(r"-?([A-Z][A-Z.]{0,5})(\d{6})([CP])(\d{1,6}(?:\.\d{1,3})?)")
_ACCOUNT = re.compile(r"(.*\S)\s+([A-Z]?\d{6,12})")
_DOWNLOADED = re.compile(
    r"Date downloaded (\w{3}-\d{2}-\d{4}|\d{2}/\d{2}/\d{4}) +(\d{1,2}:\d{2}) *([ap])\.?m", re.IGNORECASE
)
_MONEY_FUND = re.compile(r"\bMONEY MARKET\b|\bFDIC INSURED DEPOSIT\b|\bHELD IN ", re.IGNORECASE)
_EFFECT = re.compile(r"\b(OPENING|CLOSING) TRANSACTION\b", re.IGNORECASE)
_SHORT = re.compile(r"\bSHORT (SALE|COVER)\b", re.IGNORECASE)


def _instrument(line: Line) -> Instrument | None:
    """Options are -ACME261218C150: root, day, C or P and the plain strike."""
    symbol, name = line.known("symbol"), line.known("description", "security description") or None
    option = _OPTION.fullmatch(symbol)
    expires = day(f"20{option[2][:2]}-{option[2][2:4]}-{option[2][4:]}") if option is not None else None
    if option is not None and expires is not None:
        right = Right.CALL if option[3] == "C" else Right.PUT
        return option_instrument(OptionTerms(option[1], expires, right, exact(option[4]), HUNDRED), name=name)
    found = tickers.instrument_of(symbol, name)
    if found is None or not (symbol in CORE or (name is not None and _MONEY_FUND.search(name))):
        return found
    return replace(found, kind=K.CASH_EQUIVALENT)


# Positions.


def position(line: Line, reading: Reading) -> None:
    account = reading.account(line.text("account number"), line.text("account name"))
    value, symbol = line.figure("current value"), line.text("symbol")
    account.total = (account.total or ZERO) + (value or ZERO)
    if symbol.endswith(CASH_MARK) or symbol.lower() == PENDING:
        account.has_cash(value or ZERO)
        return
    instrument = _instrument(line)
    if instrument is None:
        reading.skip(line, "A row of holdings that names nothing.")
        return
    quantity = line.needed("quantity")
    short = line.text("type").lower() == "short" or quantity < 0
    cost, gain = line.figure("cost basis total", "cost basis"), line.figure("total gain/loss dollar")
    account.holds(
        Position(
            instrument=instrument,
            quantity=-abs(quantity) if short else quantity,
            currency="USD",
            average_cost=line.figure("average cost basis", "cost basis per share"),
            cost_basis=-abs(cost) if short and cost is not None else cost,
            price=line.figure("last price"),
            market_value=-abs(value) if short and value is not None else value,
            unrealized_gain=gain,
            flags=(Flag.COST_UNKNOWN,) if cost is None else (),
            raw=line.raw,
        )
    )


# Activity.


def transaction(line: Line, reading: Reading) -> None:
    action, instrument = line.text("action"), _instrument(line)
    quantity = line.figure("quantity") or None
    net, costs = line.figure("amount ($)", "amount"), _costs(line)
    kind = _kind(action, line, instrument, reading)
    if (quantity or net or ZERO) < 0:
        kind = OUT.get(kind, kind)
    price = line.figure("price ($)", "price") or None
    if instrument is not None and instrument.kind is K.BOND and price == PAR:
        price = HUNDRED  # redemptions are told per unit of face, trades in percent
    account, on = _whose(line, reading), line.needed_day("run date")
    if "cash balance ($)" in line.cells:
        account.had_cash(line.figure("cash balance ($)"), on)
    account.transactions.append(
        Transaction(
            source_key=None,
            type=kind,
            trade_date=on,
            currency=line.known("currency") or "USD",
            source_type=action[:64],
            settlement_date=line.day("settlement date"),
            instrument=instrument,
            quantity=quantity,
            price=price if quantity else None,
            gross=None if net is None else net + (costs or ZERO),
            fees=costs,
            net=net,
            description=action,
            raw=line.raw,
        )
    )


def _costs(line: Line) -> Decimal | None:
    told = (line.figure("commission ($)", "commission"), line.figure("fees ($)", "fees"))
    return None if told == (None, None) else sum((cost for cost in told if cost is not None), ZERO)


def _kind(action: str, line: Line, instrument: Instrument | None, reading: Reading) -> TransactionType:
    words = " ".join(action.lower().split())
    kind = next((kind for prefix, kind in ACTIONS if words.startswith(prefix)), None)
    if kind is None:
        reading.unknown("action." + " ".join(words.split()[:2]))
        return T.OTHER
    if instrument is None or kind not in {T.BUY, T.SELL, T.DIVIDEND_REINVESTMENT}:
        return kind
    if instrument.kind is K.CASH_EQUIVALENT:
        return T.SWEEP
    effect = _EFFECT.search(action)
    if instrument.kind is K.OPTION and effect is not None:
        return OPTION_TRADES.get((kind, effect[1].lower()), kind)
    short = _SHORT.search(action) or line.text("type", "security type").lower() == "short"
    return SHORTS.get(kind, kind) if short else kind


def _whose(line: Line, reading: Reading) -> Gathered:
    """The file of all accounts has a column of numbers, older ones have name and number in one cell, and the
    file of one account says it in its name alone."""
    number, name = line.text("account number"), line.text("account")
    if number:
        return reading.account(number, name)
    both = _ACCOUNT.fullmatch(name)
    return reading.account(both[2], both[1]) if both is not None else reading.account("")


def _downloaded(reading: Reading) -> None:
    told = reading.found.said(_DOWNLOADED)
    on = day(told[1]) if told is not None else None
    if told is None or on is None:
        return
    at = datetime.strptime(f"{told[2]} {told[3]}m", "%I:%M %p").time()  # noqa: DTZ007  the zone follows
    for account in reading.accounts.values():
        account.as_of = datetime.combine(on, at, NEW_YORK)


FORMAT = csv_statement.form(
    csv_statement.facts(
        "CSV file of positions or of activity",
        "Any owner of an account: fidelity.com, Positions or Activity & Orders, Download.",
        holdings="Kinds are told by tickers.",
        history="By the day; no ids. The file of one account says whose it is in its name alone.",
        limits="90 days for each download, five years back, as far as is known.",
    ),
    {POSITIONS: position, ACTIVITY: transaction},
    after=_downloaded,
    known=POSITION_COLUMNS | ACTIVITY_COLUMNS,
)
