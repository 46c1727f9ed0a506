"""The sandbox's side: the CSV files that fidelity.com gives. Sheet: fidelity, 3.2 and 3.3."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from adapters.files.tell import ACTIVITY, HOLDINGS, File, dollars, plain, posted, table
from adapters.sandbox.ledger import rounded
from adapters.sandbox.profile import Profile
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition, TruthTransaction

ZERO = Decimal(0)
POSITIONS_HEADER = (
    "Account Number", "Account Name", "Symbol", "Description", "Quantity", "Last Price", "Last Price Change",
    "Current Value", "Today's Gain/Loss Dollar", "Today's Gain/Loss Percent", "Total Gain/Loss Dollar",
    "Total Gain/Loss Percent", "Percent Of Account",
)  # fmt: skip
ENDS = (("Cost Basis Total", "Average Cost Basis", "Type"), ("Cost Basis", "Cost Basis Per Share", "Type"))
ONE = (
    "Run Date", "Action", "Symbol", "Description", "Type", "Quantity", "Price ($)", "Commission ($)",
    "Fees ($)", "Accrued Interest ($)", "Amount ($)", "Cash Balance ($)", "Settlement Date",
)  # fmt: skip
OLDER = (
    "Run Date", "Account", "Action", "Symbol", "Security Description", "Security Type", "Quantity",
    "Price ($)", "Commission ($)", "Fees ($)", "Accrued Interest ($)", "Amount ($)", "Settlement Date",
)  # fmt: skip
ALL = (
    "Run Date", "Account", "Account Number", "Action", "Symbol", "Description", "Type", "Exchange Quantity",
    "Exchange Currency", "Currency", "Price", "Quantity", "Exchange Rate", "Commission", "Fees",
    "Accrued Interest", "Amount", "Settlement Date",
)  # fmt: skip
# What an action begins with; a row takes one of them by its number.
ACTIONS = {
    "BUY": ("YOU BOUGHT",), "SELL": ("YOU SOLD",), "SELL_SHORT": ("YOU SOLD SHORT SALE",),
    "BUY_TO_COVER": ("YOU BOUGHT SHORT COVER",), "BUY_TO_OPEN": ("YOU BOUGHT OPENING TRANSACTION",),
    "BUY_TO_CLOSE": ("YOU BOUGHT CLOSING TRANSACTION",), "SELL_TO_OPEN": ("YOU SOLD OPENING TRANSACTION",),
    "SELL_TO_CLOSE": ("YOU SOLD CLOSING TRANSACTION",), "DIVIDEND_REINVESTMENT": ("REINVESTMENT",),
    "OPTION_EXPIRATION": ("EXPIRED",), "OPTION_ASSIGNMENT": ("ASSIGNED",), "OPTION_EXERCISE": ("EXERCISED",),
    "DIVIDEND": ("DIVIDEND RECEIVED",), "CAPITAL_GAIN": ("LONG-TERM CAP GAIN", "SHORT-TERM CAP GAIN"),
    "RETURN_OF_CAPITAL": ("RETURN OF CAPITAL",), "CASH_IN_LIEU": ("IN LIEU OF FRX SHARE",),
    "INTEREST": ("INTEREST EARNED", "MUNI EXEMPT INT"), "MARGIN_INTEREST": ("MARGIN INTEREST",),
    "DEPOSIT": ("Electronic Funds Transfer Received", "DIRECT DEPOSIT", "CHECK RECEIVED", "CONTRIBUTION"),
    "WITHDRAWAL": ("Electronic Funds Transfer Paid", "DIRECT DEBIT", "BILL PAYMENT", "DEBIT CARD PURCHASE"),
    "TRANSFER_IN": ("TRANSFERRED FROM", "TRANSFER OF ASSETS ACAT RECEIVE"),
    "TRANSFER_OUT": ("TRANSFERRED TO", "JOURNALED"), "FEE": ("FEE CHARGED", "ADVISOR FEE"),
    "TAX": ("FOREIGN TAX PAID",), "SPLIT": ("DISTRIBUTION",), "STOCK_DIVIDEND": ("DISTRIBUTION",),
    "ADJUSTMENT": ("BUY CANCEL",),
}  # fmt: skip
ALL_BUT_CASH = frozenset({"balance.settled_cash", "balance.buying_power", "balance.total_value"})
# Only bonds have their CUSIP in place of a ticker.
NO_CUSIP = frozenset(f"instrument.cusip/{kind}" for kind in ("equity", "mutual_fund", "option"))
SMALL_PRINT = (
    '"The data and information in this spreadsheet is provided to you solely for your use and is not for'
    ' distribution."'
)


def files(profile: Profile, accounts: tuple[TruthAccount, ...], today: date) -> Iterator[File]:
    """Positions and activity of all accounts, older layouts of both, and the activity of each account."""
    held, told = positions_profile(profile), activity_profile(profile)
    shown = tuple(replace(account, total_value=_total(account)) for account in accounts)
    for n, end in enumerate(ENDS):
        yield File(
            f"Portfolio_Positions_{n + 1}.csv", _positions(accounts, today, end), shown, held, HOLDINGS
        )
    yield File("Accounts_History.csv", _history(ALL, accounts, today, blank=0), accounts, told, ACTIVITY)
    yield File("History_older.csv", _history(OLDER, accounts, today, blank=5), accounts, told, ACTIVITY)
    for account in accounts:
        nameless = replace(told, tell_number=lambda _: "", hidden=told.hidden | ALL_BUT_CASH)
        content = _history(ONE, (account,), today, blank=2)
        yield File(
            f"History_for_Account_{account.number}.csv", content, (account,), nameless, ACTIVITY | {"balance"}
        )


def _end(today: date) -> str:
    return f'\r\n{SMALL_PRINT}\r\n\r\n"Date downloaded {today:%b-%d-%Y} 12:05 a.m. ET"\r\n'


# Positions.


def _positions(accounts: tuple[TruthAccount, ...], today: date, end: tuple[str, ...]) -> bytes:
    rows = [(*POSITIONS_HEADER, *end)]
    for account in accounts:
        mine = (account.number, account.name)
        rows += [(*mine, *_held(position), "") for position in account.positions]
        cash = ("FCASH**", "HELD IN FCASH", "", "", "", dollars(account.cash - 12), "", "", "", "", "4.02%")
        rows.append((*mine, *cash, "", "", "Cash", ""))
        rows.append((*mine, "Pending activity", "", "", "", "", dollars(Decimal(12)), *[""] * 8))
    return ("\ufeff" + table(rows) + _end(today)).encode()


def _held(position: TruthPosition) -> tuple[str, ...]:
    told, instrument = _rounded(position), position.instrument
    gain = told.unrealized_gain
    return (
        _symbol(instrument),
        instrument.name.upper(),
        plain(abs(told.quantity) if told.quantity < 0 else told.quantity),
        dollars(told.price),
        "+$0.80",
        dollars(told.market_value),
        "+$120.20",
        "+0.57%",
        dollars(gain) if gain < 0 else f"+{dollars(gain)}",
        "n/a",
        "95.98%",
        dollars(told.cost_basis),
        dollars(told.average_cost),
        "Short" if told.quantity < 0 else "Cash",
    )


def _symbol(instrument: TruthInstrument) -> str:
    option = instrument.option
    if option is None:
        return instrument.symbol
    return f" -{option.underlying}{option.expiration:%y%m%d}{option.right[0].upper()}{plain(option.strike)}"


def _rounded(position: TruthPosition) -> TruthPosition:
    cost, value = rounded(position.cost_basis, 2), rounded(position.market_value, 2)
    average = rounded(position.average_cost, 2)
    return replace(
        position, average_cost=average, cost_basis=cost, market_value=value, unrealized_gain=value - cost
    )


def _total(account: TruthAccount) -> Decimal:
    return sum((_rounded(position).market_value for position in account.positions), account.cash)


def positions_profile(profile: Profile) -> Profile:
    return replace(
        profile,
        hidden=NO_CUSIP | {"balance.settled_cash", "balance.buying_power"},
        uncompared=profile.uncompared | {"account.kind"},
        tell_position=_rounded,
        tell_number=None,
        tell_instrument=lambda told, _: replace(told, kind="equity") if told.kind == "etf" else told,
    )


# Activity.


def _history(
    columns: tuple[str, ...], accounts: tuple[TruthAccount, ...], today: date, *, blank: int
) -> bytes:
    head = ("," * (len(columns) - 1) + "\r\n") * blank if columns is OLDER else "\r\n" * blank
    cells = [row for account in accounts for row in _rows(account)]
    body = [columns, *(tuple(row.get(_plainly(name), "") for name in columns) for row in cells)]
    return ("\ufeff" + head + table(body) + _end(today)).encode()


def _plainly(column: str) -> str:
    return column.removesuffix(" ($)").removeprefix("Security ")


def _rows(account: TruthAccount) -> Iterator[dict[str, str]]:
    """Newest first, with the cash that there was after each."""
    cash = account.cash
    for row in posted(account):
        yield _cells(row, account) | {"Cash Balance": plain(cash)}
        cash -= row.net or ZERO


def _cells(row: TruthTransaction, account: TruthAccount) -> dict[str, str]:
    instrument = row.instrument
    words = ACTIONS[row.type]
    name = "" if instrument is None else instrument.name.upper()
    symbol = " " if instrument is None else _symbol(instrument)
    kind = "Short" if row.type in {"SELL_SHORT", "BUY_TO_COVER"} else "Cash"
    action = f"{words[row.number % len(words)]} {name}{f' ({symbol.strip()})' if name else ''} ({kind})"
    settles = row.settlement_date if row.trade else None
    return {
        "Run Date": f"{row.trade_date:%m/%d/%Y}",
        "Account": f"{account.name.upper()} {account.number}",
        "Account Number": account.number,
        "Action": f" {action}",
        "Symbol": f" {symbol}",
        "Description": f" {name or 'No Description'}",
        "Type": kind,
        "Quantity": plain(row.quantity) if row.quantity else "0.000",
        "Exchange Quantity": "0",
        "Exchange Rate": "0",
        "Currency": row.currency,
        "Price": plain(row.price) if row.price is not None and row.quantity else "",
        "Fees": plain(row.fees) if row.fees else "",
        "Amount": plain(row.net) if row.net else "",
        "Settlement Date": f"{settles:%m/%d/%Y}" if settles is not None else "",
    }


def activity_profile(profile: Profile) -> Profile:
    return replace(
        profile,
        hidden=NO_CUSIP | {"transaction.executed_at", "transaction.taxes"},
        uncompared=profile.uncompared | {"account.kind", "account.name"},
        tell=_tell,
        tell_number=None,
        tell_instrument=lambda told, _: replace(told, kind="equity") if told.kind == "etf" else told,
    )


def _tell(row: TruthTransaction) -> TruthTransaction:
    """A blank cell is no zero; stock dividends and splits have one word."""
    net = row.net or None
    return replace(
        row,
        type="SPLIT" if row.type == "STOCK_DIVIDEND" else row.type,
        settlement_date=row.settlement_date if row.trade else None,
        gross=None if net is None else row.gross,
        fees=row.fees or None,
        net=net,
    )
