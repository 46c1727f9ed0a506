"""The sandbox's side: the CSV files that schwab.com exports. Layouts: README."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from adapters.files.tell import ACTIVITY, HOLDINGS, File, dollars, posted, table
from adapters.sandbox.ledger import rounded
from adapters.sandbox.profile import Profile
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition, TruthTransaction

ZERO = Decimal(0)
# Actions by the type of the truth; a row takes one of them by its number.
ACTIONS = {
    "BUY": ("Buy",), "SELL": ("Sell",), "SELL_SHORT": ("Sell Short",), "BUY_TO_COVER": ("Buy to Cover",),
    "BUY_TO_OPEN": ("Buy to Open",), "BUY_TO_CLOSE": ("Buy to Close",), "SELL_TO_OPEN": ("Sell to Open",),
    "SELL_TO_CLOSE": ("Sell to Close",), "DIVIDEND_REINVESTMENT": ("Reinvest Shares",),
    "OPTION_EXPIRATION": ("Expired",), "OPTION_ASSIGNMENT": ("Assigned",),
    "OPTION_EXERCISE": ("Exchange or Exercise",),
    "DIVIDEND": ("Cash Dividend", "Qualified Dividend", "Non-Qualified Div"),
    "STOCK_DIVIDEND": ("Stock Div Dist",),
    "INTEREST": ("Credit Interest", "Bank Interest"), "MARGIN_INTEREST": ("Margin Interest",),
    "DEPOSIT": ("MoneyLink Transfer", "Funds Received", "Wire Received"),
    "WITHDRAWAL": ("MoneyLink Transfer", "Wire Sent"), "TAX": ("NRA Tax Adj", "Foreign Tax Paid"),
    "FEE": ("Service Fee", "ADR Mgmt Fee"), "SPLIT": ("Stock Split",),
}  # fmt: skip
KINDS = {
    "equity": "Equity", "etf": "ETFs & Closed End Funds", "mutual_fund": "Mutual Fund", "option": "Option",
}  # fmt: skip
ACTIVITY_HEADER = ("Date", "Action", "Symbol", "Description", "Quantity", "Price", "Fees & Comm", "Amount")
POSITIONS_HEADER = (
    "Symbol", "Description", "Qty (Quantity)", "Price", "Price Chng $ (Price Change $)",
    "Mkt Val (Market Value)", "Cost Basis", "Gain $ (Gain/Loss $)", "Reinvest?", "Security Type",
)  # fmt: skip


def files(profile: Profile, accounts: tuple[TruthAccount, ...], today: date) -> Iterator[File]:
    """For each account its transactions and its positions: the site exports one at a time."""
    for n, account in enumerate(accounts, 1):
        rows = _transactions(account, today)
        yield File(f"transactions-{n}.csv", rows.encode(), (account,), _activity_profile(profile), ACTIVITY)
        held = _positions(account, today)
        yield File(f"positions-{n}.csv", held.encode(), (account,), _positions_profile(profile), HOLDINGS, 2)


# Transactions.


def _transactions(account: TruthAccount, today: date) -> str:
    rows = posted(account)
    title = f"Transactions  for account XXXX-{account.number[-4:]} as of {today:%m/%d/%Y} 09:01:02 ET"
    total = sum((row.net or ZERO for row in rows), ZERO)
    body = [ACTIVITY_HEADER, *(_row(row) for row in rows), ("Transactions Total", *[""] * 6, dollars(total))]
    return table([(title,)], quoted=True) + table(body, quoted=True)


def _row(row: TruthTransaction) -> tuple[str, ...]:
    instrument, net = row.instrument, row.net or ZERO
    word = _action(row)
    quantity = "" if not row.quantity else f"{abs(row.quantity) if row.trade else row.quantity:,f}"
    return (
        _told_on(row),
        word,
        _symbol(instrument) if instrument is not None else "",
        row.description.upper(),
        quantity,
        "" if row.price is None or not row.quantity else dollars(row.price, max(2, -_exponent(row.price))),
        dollars(row.fees) if row.fees else "",
        dollars(net) if net else "",
    )


def _action(row: TruthTransaction) -> str:
    if row.type in {"TRANSFER_IN", "TRANSFER_OUT"}:
        return "Journaled Shares" if row.instrument is not None else "Journal"
    words = ACTIONS[row.type]
    return words[row.number % len(words)]


def _told_on(row: TruthTransaction) -> str:
    """What ends after the close is told the day after."""
    day = row.trade_date
    if row.type.startswith("OPTION_"):
        return f"{day + timedelta(days=3):%m/%d/%Y} as of {day:%m/%d/%Y}"
    return f"{day:%m/%d/%Y}"


def _symbol(instrument: TruthInstrument) -> str:
    option = instrument.option
    if option is None:
        return instrument.symbol
    return f"{option.underlying} {option.expiration:%m/%d/%Y} {option.strike:.2f} {option.right[0].upper()}"


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _activity_profile(profile: Profile) -> Profile:
    hidden = {"transaction.executed_at", "transaction.settlement_date"}
    return replace(
        profile,
        hidden=frozenset(hidden),
        uncompared=profile.uncompared | {"account.kind", "account.name"},
        tell_instrument=lambda told, _: replace(told, kind="equity") if told.kind == "etf" else told,
        tell=_tell,
        tell_number=lambda number: f"…{number[-4:]}",
    )


def _tell(row: TruthTransaction) -> TruthTransaction:
    """A blank cell is no zero."""
    net = row.net or None
    gross = None if net is None else row.gross
    return replace(row, gross=gross, net=net, fees=row.fees or None, taxes=None)


# Positions.


def _positions(account: TruthAccount, today: date) -> str:
    taken = today - timedelta(days=1)
    title = (
        f"Positions for account {account.name} ...{account.number[-3:]} as of 04:05 PM ET, {taken:%Y/%m/%d}"
    )
    width = len(POSITIONS_HEADER)
    body = [POSITIONS_HEADER, *(_held(position) for position in account.positions)]
    cash = (
        "Cash & Cash Investments",
        *["--"] * 4,
        dollars(account.cash),
        *["--"] * 3,
        "Cash and Money Market",
    )
    total = ("Account Total", *["--"] * 4, dollars(account.total_value), *["--"] * 4)
    return table([(title,), ("",) * width, *body, cash, total], quoted=True)


def _held(position: TruthPosition) -> tuple[str, ...]:
    told, instrument = _rounded(position), position.instrument
    return (
        _symbol(instrument),
        instrument.name.upper(),
        f"{told.quantity:,f}",
        dollars(told.price),
        "$0.00",
        dollars(told.market_value),
        dollars(told.cost_basis),
        dollars(told.unrealized_gain),
        "No",
        KINDS[instrument.kind],
    )


def _rounded(position: TruthPosition) -> TruthPosition:
    cost, value = rounded(position.cost_basis, 2), rounded(position.market_value, 2)
    return replace(position, cost_basis=cost, market_value=value, unrealized_gain=value - cost)


def _positions_profile(profile: Profile) -> Profile:
    return replace(
        profile,
        hidden=frozenset({"balance.settled_cash", "balance.buying_power"}),
        # It is derived: basis by quantity, of rounded figures.
        uncompared=profile.uncompared | {"account.kind", "position.average_cost"},
        tell_position=_rounded,
        tell_number=lambda number: f"…{number[-3:]}",
    )
