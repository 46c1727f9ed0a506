"""Merrill's CSV files: activity, holdings, and lots that are held. Sheet: merrill, 3.

Amounts are net, from the customer's side, + in; brackets are minus. Only the rows of the sweep are written
from its own side: they move nothing out of the account's cash, and are passed over.
"""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

from adapters.brokerages.merrill.csv_words import ACTIONS, COLUMNS, MOVES, OUT, SWEEPS
from adapters.files import csv_statement, tickers
from adapters.files.csv_statement import SWEPT, Gathered, Reading
from adapters.files.csv_table import Layout, Line, day
from adapters.files.holdings import units
from adapters.files.phrases import phrases
from adapters.kit.rows import NEW_YORK
from domain.accounts import AccountKind
from domain.instruments import CUSIP, Instrument, InstrumentKind, OptionTerms, Right, option_instrument
from domain.money import HUNDRED, ZERO, exact, quotient
from domain.positions import Flag, Position
from domain.transactions import Transaction, TransactionType

T = TransactionType
K = InstrumentKind
CLOSE = time(16)

ACTIVITY = Layout(
    "activity",
    frozenset(
        phrases(
            """trade date; settlement date; pending/settled; account nickname; account registration;
            account #; type; description 1; description 2; symbol/cusip #; quantity; price ($); amount ($)"""
        )
    ),
    ends_blank=True,
    totals=("Total",),
)
LOTS = Layout(
    "lots",
    frozenset(
        phrases(
            "symbol; cusip #; account #; acquisition date; quantity; unit cost ($); cost basis ($); value ($)"
        )
    ),
    totals=("Total",),
)
HOLDINGS = Layout(
    "holdings",
    frozenset(phrases("symbol; cusip #; account #; quantity; price ($); value ($)")),
    totals=("Total",),
)
SOLD_LOTS = Layout(
    "sold lots", frozenset(phrases("acquisition date; liquidation date; liquidation amount; security"))
)
PENDING = "It is pending: a later file tells it."
A_SOLD_LOT = "A lot that was sold: the sale is in the activity."
_OPTION = re.compile(r"\b(CALL|PUT) ([A-Z.]{1,6}) (\d{8}) EXP (\d{2}-\d{2}-\d{2})\b")
_CODE = re.compile(r"[A-Z.]{1,6}#[A-X]\d{4}[A-Z]\w+")


def _account(line: Line, reading: Reading) -> Gathered:
    registration = line.known("account registration").upper()
    kind = AccountKind.OTHER
    if "IRA" in registration:
        kind = AccountKind.IRA_ROTH if "ROTH" in registration else AccountKind.IRA_OTHER
    number = line.text("account #")
    return reading.account(number, line.known("account nickname"), kind)


def _instrument(line: Line, description: str) -> Instrument | None:
    """Options have a code of Merrill's own: what they are is in the description, where it says so."""
    symbol, cusip = line.known("symbol/cusip #", "symbol"), line.known("cusip #")
    name = description or None
    if (symbol or cusip) in SWEEPS or cusip in SWEEPS:
        return Instrument(K.CASH_EQUIVALENT, symbol or cusip, name=name)
    told = _OPTION.search(description)
    expires = day("/".join((told[4][:2], told[4][3:5], f"20{told[4][6:]}"))) if told is not None else None
    if told is not None and expires is not None:
        right, strike = Right[told[1]], exact(told[3]) / 1000
        return option_instrument(OptionTerms(told[2], expires, right, strike, HUNDRED), name=name)
    if _CODE.fullmatch(symbol):
        return Instrument(K.OPTION, symbol, name=name)
    found = tickers.instrument_of(symbol or cusip, name)
    if found is not None and len(cusip) == 9 and not found.identifiers:
        return replace(found, identifiers=((CUSIP, cusip),))
    return found


# Activity.


def transaction(line: Line, reading: Reading) -> None:
    account, word = _account(line, reading), " ".join(line.text("description 1").split())
    if line.text("pending/settled").lower() == "pending":
        reading.skip(line, PENDING)
        return
    instrument = _instrument(line, line.known("description 2"))
    action = "check" if word.lower().startswith("check ") else word.lower()
    if instrument is not None and instrument.symbol in SWEEPS and action in MOVES:
        reading.skip(line, SWEPT)
        return
    quantity, net = line.figure("quantity") or None, line.figure("amount ($)")
    kind = _kind(action, quantity, net, reading)
    trades = kind in {T.BUY, T.SELL, T.DIVIDEND_REINVESTMENT}
    if trades and quantity is not None:
        quantity = -abs(quantity) if kind is T.SELL else abs(quantity)
    account.transactions.append(
        Transaction(
            source_key=None,
            type=kind,
            trade_date=line.needed_day("trade date"),
            currency="USD",
            source_type=word,
            settlement_date=line.day("settlement date"),
            instrument=instrument,
            quantity=quantity,
            price=line.figure("price ($)") if quantity else None,
            # What a trade cost is inside its amount, and not told apart.
            gross=None if trades else net,
            net=net,
            description=" ".join(filter(None, (word, line.known("description 2")))),
            raw=line.raw,
        )
    )


def _kind(action: str, quantity: Decimal | None, net: Decimal | None, reading: Reading) -> TransactionType:
    if action not in ACTIONS:
        reading.unknown(f"description.{action}")
    kind = ACTIONS.get(action, T.OTHER)
    if kind is T.DIVIDEND and quantity and not net:
        return T.SPLIT
    return OUT.get(kind, kind) if (quantity or net or ZERO) < 0 else kind


def _pair(reading: Reading) -> None:
    """ "Reinvestment Program" is the money, "Reinvestment Share(s)" what it bought: one purchase. Each takes
    one of the other, of the same day and fund; money without shares stays as it is."""
    for account in reading.accounts.values():
        rows = account.transactions
        bought: dict[tuple[date, Instrument | None], list[int]] = {}
        for place, row in enumerate(rows):
            if row.type is T.DIVIDEND_REINVESTMENT and row.quantity is not None:
                bought.setdefault((row.trade_date, row.instrument), []).append(place)
        spent: set[int] = set()
        for place, row in enumerate(rows):
            if row.type is not T.DIVIDEND_REINVESTMENT or row.quantity is not None:
                continue
            free = bought.get((row.trade_date, row.instrument), [])
            found = next((n for n in free if not rows[n].net or rows[n].net == row.net), None)
            if found is not None:
                free.remove(found)
                spent.add(place)
                rows[found] = replace(rows[found], net=row.net, raw=rows[found].raw + b"\n" + row.raw)
        account.transactions = [row for place, row in enumerate(rows) if place not in spent]


# Holdings.


def holding(line: Line, reading: Reading) -> None:
    """A holding, or one lot of it."""
    account, value = _account(line, reading), line.figure("value ($)")
    if reading.table.layout is HOLDINGS:  # lots are told without the cash
        account.total = (account.total or ZERO) + (value or ZERO)
    instrument, quantity = _instrument(line, line.known("security description")), line.needed("quantity")
    as_of = line.day("cob date")
    if as_of is not None:
        account.as_of = datetime.combine(as_of, CLOSE, NEW_YORK).astimezone(UTC)
    if instrument is None or instrument.symbol in SWEEPS:
        account.has_cash(value if value is not None else quantity)
        return
    gain = line.figure("unrealized gain/loss ($)")
    cost = line.figure("cost basis ($)")
    if cost is None and value is not None and gain is not None:
        cost = value - gain
    price, held = line.figure("price ($)"), quantity * units(instrument)
    derived = price is None and value is not None and bool(held)
    if derived and value is not None:
        price = quotient(value, held)
    flags = ((Flag.DERIVED_PRICE, derived), (Flag.COST_UNKNOWN, cost is None))
    account.holds(
        Position(
            instrument=instrument,
            quantity=quantity,
            currency="USD",
            average_cost=quotient(cost, held) if cost is not None and held else None,
            cost_basis=cost,
            price=price,
            market_value=value,
            unrealized_gain=gain,
            flags=tuple(flag for flag, so in flags if so),
            raw=line.raw,
        )
    )


def sold_lot(line: Line, reading: Reading) -> None:
    reading.skip(line, A_SOLD_LOT)


FORMAT = csv_statement.form(
    csv_statement.facts(
        "CSV file of activity, holdings or lots",
        "Any owner of an account: merrilledge.com, Activity or Holdings, Export.",
        holdings="Lots are added up; prices of lots are derived.",
        history="By the day; no ids, no costs apart from the amount. Pending rows are left out.",
    ),
    {ACTIVITY: transaction, LOTS: holding, HOLDINGS: holding, SOLD_LOTS: sold_lot},
    after=_pair,
    known=COLUMNS,
)
