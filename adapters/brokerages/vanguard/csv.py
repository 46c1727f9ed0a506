"""Vanguard's CSV file `OfxDownload.csv`: two tables, holdings and activity. Sheet: vanguard, 3.2.

Amounts are + into the account, as ours. A purchase that a dividend pays for, and a sweep, may tell no shares:
then how many there were is not known from this file.
"""

from dataclasses import replace
from decimal import Decimal

from adapters.brokerages.vanguard.facts import CASH_FUNDS
from adapters.files import csv_statement, tickers
from adapters.files.csv_statement import SWEPT, Reading
from adapters.files.csv_table import Layout, Line
from adapters.files.phrases import lexicon, phrases
from domain.instruments import Instrument, InstrumentKind
from domain.money import ZERO
from domain.positions import Flag, Position
from domain.transactions import Transaction, TransactionType

T = TransactionType
K = InstrumentKind

HOLDINGS = Layout(
    "holdings",
    frozenset(phrases("account number; investment name; symbol; shares; share price; total value")),
)
# Plans for education: no symbols, the name is all there is.
PLAN = Layout("plan", frozenset(phrases("fund account number; fund name; price; shares; total value")))
ACTIVITY = Layout(
    "activity",
    frozenset(
        phrases(
            """account number; trade date; settlement date; transaction type; transaction description;
            investment name; symbol; shares; share price; principal amount; net amount"""
        )
    ),
)
KNOWN = frozenset(phrases("commissions and fees; commission fees; accrued interest; account type"))

TYPES = lexicon(
    {
        "buy": T.BUY,
        "buy to cover": T.BUY_TO_COVER,
        "sell": T.SELL,
        "sell short": T.SELL_SHORT,
        "dividend": T.DIVIDEND,
        "reinvestment": T.DIVIDEND_REINVESTMENT,
        "capital gain (lt); capital gain (st)": T.CAPITAL_GAIN,
        "funds received; contribution": T.DEPOSIT,
        "withdrawal; distribution": T.WITHDRAWAL,
        "interest": T.INTEREST,
        "fee": T.FEE,
        "stock split": T.SPLIT,
        "merger; conversion (incoming); conversion (outgoing)": T.MERGER,
        "corp action": T.OTHER,
        "rollover; transfer; transfer (incoming); transfer (outgoing)": T.TRANSFER_IN,
        "exercise": T.OPTION_EXERCISE,
        "assignment; assigned": T.OPTION_ASSIGNMENT,
        "expired": T.OPTION_EXPIRATION,
    }
)
_IN = frozenset({T.BUY, T.BUY_TO_COVER, T.DIVIDEND_REINVESTMENT})
_OUT = frozenset({T.SELL, T.SELL_SHORT})
_BY_SIGN = {T.DEPOSIT: T.WITHDRAWAL, T.TRANSFER_IN: T.TRANSFER_OUT, T.INTEREST: T.MARGIN_INTEREST}
SWEEPS = frozenset({"sweep in", "sweep out"})
NO_SHARES = "reinvestment without shares"


def holding(line: Line, reading: Reading) -> None:
    """The settlement fund is the account's cash."""
    account = reading.account(line.text("account number"))
    instrument = _instrument(line)
    value, quantity = line.figure("total value"), line.needed("shares")
    if instrument is None or instrument.kind is K.CASH_EQUIVALENT:
        account.has_cash(value if value is not None else quantity)
    elif quantity:
        account.holds(_position(line, instrument, quantity, line.figure("share price"), value))
    account.total = (account.total or ZERO) + (value or ZERO)


def plan_holding(line: Line, reading: Reading) -> None:
    """A portfolio of a plan has a name and no symbol."""
    account = reading.account(line.text("fund account number"))
    instrument = Instrument(K.MUTUAL_FUND, line.text("fund name"))
    quantity, value = line.needed("shares"), line.figure("total value")
    account.holds(_position(line, instrument, quantity, line.figure("price"), value))
    account.total = (account.total or ZERO) + (value or ZERO)


def _position(
    line: Line, instrument: Instrument, quantity: Decimal, price: Decimal | None, value: Decimal | None
) -> Position:
    return Position(
        instrument=instrument,
        quantity=quantity,
        currency="USD",
        price=price,
        market_value=value,
        flags=(Flag.COST_UNKNOWN,),
        raw=line.raw,
    )


def _instrument(line: Line) -> Instrument | None:
    """The row of cash has the name CASH and no symbol."""
    found = tickers.instrument_of(line.known("symbol"), line.known("investment name") or None)
    if found is not None and found.symbol in CASH_FUNDS:
        return replace(found, kind=K.CASH_EQUIVALENT)
    return found


def transaction(line: Line, reading: Reading) -> None:
    word, account = line.text("transaction type"), reading.account(line.text("account number"))
    if word.lower() in SWEEPS:
        reading.skip(line, SWEPT)
        return
    if word.lower() not in TYPES:
        reading.unknown(f"type.{word}")
    kind, instrument = TYPES.get(word.lower(), T.OTHER), _instrument(line)
    net = line.figure("net amount")
    quantity = _quantity(kind, line.figure("shares"))
    if (quantity or net or ZERO) < 0:
        kind = _BY_SIGN.get(kind, kind)
    if instrument is not None and instrument.kind is K.CASH_EQUIVALENT and kind in _IN | _OUT:
        kind = T.SWEEP
    if kind is T.DIVIDEND_REINVESTMENT and quantity is None:
        reading.unknown(NO_SHARES)
    # A row of cash is its own fee: what stands in both columns is one amount.
    fees = line.figure("commissions and fees", "commission fees") if kind in _IN | _OUT else None
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
            price=line.figure("share price") or None if quantity else None,
            gross=None if net is None else net + (fees or ZERO),
            fees=fees,
            net=net,
            description=line.text("transaction description"),
            raw=line.raw,
        )
    )


def _quantity(kind: TransactionType, told: Decimal | None) -> Decimal | None:
    """The sign of sales is not certain; rows of cash tell zero shares."""
    if not told:
        return None
    return abs(told) if kind in _IN else -abs(told) if kind in _OUT else told


FORMAT = csv_statement.form(
    csv_statement.facts(
        "CSV file OfxDownload.csv",
        "Any owner of an account: vanguard.com, Download Center, spreadsheet.",
        holdings="No costs. Kinds are told by tickers.",
        history="Rows have no ids: equal ones are counted. Reinvestments may tell no shares.",
        limits="18 months for each file, as far as is known.",
    ),
    {HOLDINGS: holding, PLAN: plan_holding, ACTIVITY: transaction},
    known=KNOWN,
)
