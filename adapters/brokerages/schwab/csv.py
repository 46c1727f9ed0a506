"""Schwab's CSV files: "Transactions" and "Positions" of the web site's export. Layouts and words: README.

Trades tell a quantity without a sign, events (expired, assigned, journaled) one with ours; Amount is net,
+ into the account. Of the account there are its last digits in a title, where there is a title at all.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from adapters.brokerages.schwab.csv_words import ACTIONS, COLUMNS, KINDS, OUT, TRADES
from adapters.files import csv_statement, tickers
from adapters.files.csv_statement import Gathered, Reading
from adapters.files.csv_table import Layout, Line, day
from adapters.files.holdings import units
from adapters.kit.rows import NEW_YORK
from domain.errors import StatementUnreadable
from domain.instruments import Instrument, InstrumentKind, OptionTerms, Right, option_instrument
from domain.money import HUNDRED, ZERO, exact, quotient
from domain.positions import Flag, Position
from domain.transactions import Transaction, TransactionType

T = TransactionType

ACTIVITY = Layout(
    "transactions",
    frozenset({"date", "action", "symbol", "description", "quantity", "price", "fees & comm", "amount"}),
    totals=("Transactions Total", "Total"),
)
POSITIONS = Layout(
    "positions", frozenset({"symbol", "description", "qty (quantity)", "mkt val (market value)"})
)
POSITIONS_BEFORE = Layout("positions", frozenset({"symbol", "description", "quantity", "market value"}))
_OPTION = re.compile(r"([A-Z0-9.$/]{1,6}) (\d{2}/\d{2}/\d{4}) (\d{1,7}(?:\.\d{1,3})?) ([CP])")
_AS_OF = re.compile(r"(.+?) as of (.+)")
_ACCOUNT = re.compile(r"^(?:.*for account )?(.*?)\s*(?:\.{3}|…|X{3,}-?)\s*([0-9]{3,4})\b")
_TAKEN = re.compile(r"as of (\d{1,2}:\d{2} [AP]M) ET, ?(\d{4}/\d{2}/\d{2}|\d{2}/\d{2}/\d{4})")
CASH, TOTALS = "cash & cash investments", ("account total", "positions total")


def _account(reading: Reading) -> Gathered:
    """Whose table it is: the last title before it says so."""
    told = reading.found.said(_ACCOUNT, reading.table.line)
    if told is None:
        return reading.account("")
    return reading.account(f"…{told[2]}", told[1].strip() or "Schwab", masked=True)


# Transactions.


def transaction(line: Line, reading: Reading) -> None:
    word = line.text("action")
    action = " ".join(word.lower().split())
    traded, net = TRADES.get(action), line.figure("amount")
    quantity, fees = line.figure("quantity"), line.figure("fees & comm")
    instrument = instrument_of(line)
    if traded is not None and quantity is not None:
        quantity = abs(quantity) * traded[1]
    kind = traded[0] if traded is not None else _kind(action, quantity, net, reading)
    _account(reading).transactions.append(
        Transaction(
            source_key=None,
            type=kind,
            trade_date=_day(line),
            currency="USD",
            source_type=word,
            instrument=instrument,
            quantity=quantity,
            price=line.figure("price"),
            gross=None if net is None else net + (fees or ZERO),
            fees=fees,
            net=net,
            description=line.text("description"),
            raw=line.raw,
        )
    )


def _kind(action: str, quantity: Decimal | None, net: Decimal | None, reading: Reading) -> TransactionType:
    if action not in ACTIONS:
        reading.unknown(f"action.{action}")
    kind = ACTIONS.get(action, T.OTHER)
    return OUT.get(kind, kind) if (quantity or net or ZERO) < 0 else kind


def _day(line: Line) -> date:
    """The day it happened: "04/24/2026 as of 04/23/2026" was told a day after."""
    told = _AS_OF.fullmatch(line.text("date"))
    found = day(told[2]) if told is not None else line.day("date")
    if found is None:
        raise StatementUnreadable("date is not a date.", line.number)
    return found


def instrument_of(line: Line, kind: InstrumentKind | None = None) -> Instrument | None:
    """By its ticker; options are "XMPL 12/18/2026 150.00 C", bonds have their CUSIP in place of a ticker."""
    symbol, name = line.known("symbol"), line.known("description") or None
    if not symbol:
        return None
    option = _OPTION.fullmatch(symbol)
    if option is not None:
        expires = day(option[2])
        if expires is None:
            raise StatementUnreadable("symbol has no valid expiration.", line.number)
        right = Right.CALL if option[4] == "C" else Right.PUT
        return option_instrument(OptionTerms(option[1], expires, right, exact(option[3]), HUNDRED), name=name)
    return tickers.instrument_of(symbol, name, kind)


# Positions.


def position(line: Line, reading: Reading) -> None:
    account, name = _account(reading), line.text("symbol").lower()
    value = line.figure("mkt val (market value)", "market value")
    if name.startswith(TOTALS):
        account.total = value
    elif name.startswith(CASH):
        account.has_cash(value or ZERO)
    else:
        account.holds(_position(line, value, reading))


def _position(line: Line, value: Decimal | None, reading: Reading) -> Position:
    word = line.known("security type", "asset type").lower()
    if word and word not in KINDS:
        reading.unknown(f"security type.{word}")
    instrument = instrument_of(line, KINDS.get(word))
    if instrument is None:
        raise StatementUnreadable("symbol is missing.", line.number)
    quantity = line.needed("qty (quantity)", "quantity")
    cost = line.figure("cost basis")
    if cost is not None and quantity < 0:
        cost = -abs(cost)
    held = quantity * units(instrument)
    return Position(
        instrument=instrument,
        quantity=quantity,
        currency="USD",
        average_cost=None if cost is None or not held else quotient(cost, held),
        cost_basis=cost,
        price=line.figure("price"),
        market_value=value,
        unrealized_gain=line.figure("gain $ (gain/loss $)", "gain/loss $"),
        flags=(Flag.COST_UNKNOWN,) if cost is None else (),
        raw=line.raw,
    )


def _taken(reading: Reading) -> None:
    """Holdings are of the moment that the title tells, in New York."""
    told = reading.found.said(_TAKEN)
    on = day(told[2]) if told is not None else None
    if told is None or on is None:
        return
    at = datetime.strptime(told[1], "%I:%M %p").time()  # noqa: DTZ007  the zone comes in the next line
    for account in reading.accounts.values():
        account.as_of = datetime.combine(on, at, NEW_YORK)


LAYOUTS: dict[Layout, Callable[[Line, Reading], None]] = {
    ACTIVITY: transaction, POSITIONS: position, POSITIONS_BEFORE: position,
}  # fmt: skip
FORMAT = csv_statement.form(
    csv_statement.facts(
        "CSV export of Transactions or Positions",
        "Any owner of an account: schwab.com, History or Positions, Export.",
        holdings="Average costs are derived: cost basis by quantity.",
        history="By the day; no ids, no settlement dates. Of the account, at most its last digits.",
        limits="10,000 rows for each export.",
    ),
    LAYOUTS,
    after=_taken,
    known=COLUMNS,
)
