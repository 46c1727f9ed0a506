"""The sandbox's side: OfxDownload.csv. Sheet: vanguard, 3.2."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from adapters.files.tell import File, plain, posted, table
from adapters.sandbox.ledger import rounded
from adapters.sandbox.profile import Profile
from adapters.sandbox.truth import TruthAccount, TruthPosition, TruthTransaction

ZERO = Decimal(0)
FUND = ("VANGUARD FEDERAL MONEY MARKET FUND", "VMFXX")
HOLDINGS = ("Account Number", "Investment Name", "Symbol", "Shares", "Share Price", "Total Value", "")
ACTIVITY = (
    "Account Number", "Trade Date", "Settlement Date", "Transaction Type", "Transaction Description",
    "Investment Name", "Symbol", "Shares", "Share Price", "Principal Amount", "Commissions and Fees",
    "Net Amount", "Accrued Interest", "Account Type", "",
)  # fmt: skip
# What the file calls a deed, and what that word means where it says less.
WORDS = {
    "BUY": "Buy", "SELL": "Sell", "SELL_SHORT": "Sell short", "BUY_TO_COVER": "Buy to cover",
    "BUY_TO_OPEN": "Buy", "BUY_TO_CLOSE": "Buy", "SELL_TO_OPEN": "Sell", "SELL_TO_CLOSE": "Sell",
    "OPTION_EXPIRATION": "Expired", "OPTION_ASSIGNMENT": "Assignment", "OPTION_EXERCISE": "Exercise",
    "DIVIDEND": "Dividend", "DIVIDEND_REINVESTMENT": "Reinvestment", "STOCK_DIVIDEND": "Stock split",
    "CAPITAL_GAIN": "Capital gain (LT)", "RETURN_OF_CAPITAL": "Corp Action", "INTEREST": "Interest",
    "DEPOSIT": "Funds Received", "WITHDRAWAL": "Withdrawal", "TRANSFER_IN": "Transfer (incoming)",
    "TRANSFER_OUT": "Transfer (outgoing)", "FEE": "Fee", "MARGIN_INTEREST": "Interest", "TAX": "Fee",
    "SPLIT": "Stock split", "ADJUSTMENT": "Corp Action",
}  # fmt: skip
MEANT = {
    "BUY_TO_OPEN": "BUY", "BUY_TO_CLOSE": "BUY", "SELL_TO_OPEN": "SELL", "SELL_TO_CLOSE": "SELL",
    "STOCK_DIVIDEND": "SPLIT", "RETURN_OF_CAPITAL": "OTHER", "TAX": "FEE", "ADJUSTMENT": "OTHER",
}  # fmt: skip


def files(profile: Profile, accounts: tuple[TruthAccount, ...], today: date) -> Iterator[File]:
    """All accounts, holdings first and activity after some blank lines."""
    held = [HOLDINGS, *(row for account in accounts for row in _holdings(account))]
    rows = [ACTIVITY, *(_row(row, account) for account in accounts for row in posted(account))]
    content = "\ufeff" + table(held) + "\r\n\r\n\r\n" + table(rows)
    shown = tuple(replace(account, total_value=_total(account)) for account in accounts)
    bare = any(
        not _shares(row)[0] for a in accounts for row in posted(a) if row.type == "DIVIDEND_REINVESTMENT"
    )
    words = frozenset({"reinvestment without shares"} if bare else set())
    yield File("OfxDownload.csv", content.encode(), shown, csv_profile(profile), words=words)


def _holdings(account: TruthAccount) -> Iterator[tuple[str, ...]]:
    for position in account.positions:
        instrument, told = position.instrument, _told(position)
        symbol = instrument.symbol.replace(" ", "")
        figures = (plain(told.quantity), plain(told.price), plain(told.market_value))
        yield (account.number, instrument.name.upper(), symbol, *figures, "")
    yield (account.number, *FUND, plain(account.cash), "1.0", plain(account.cash), "")


def _total(account: TruthAccount) -> Decimal:
    return sum((_told(position).market_value for position in account.positions), account.cash)


def _told(position: TruthPosition) -> TruthPosition:
    return replace(position, market_value=rounded(position.market_value, 2))


def _row(row: TruthTransaction, account: TruthAccount) -> tuple[str, ...]:
    instrument, settles = row.instrument, row.settlement_date or row.trade_date
    quantity, price = _shares(row)
    return (
        account.number,
        f"{row.trade_date:%Y-%m-%d}",
        # The web site's other report writes days so.
        f"{settles:%m/%d/%Y}" if row.number % 5 == 0 else f"{settles:%Y-%m-%d}",
        WORDS[row.type],
        row.description,
        "CASH" if instrument is None else instrument.name.upper(),
        "" if instrument is None else instrument.symbol.replace(" ", ""),
        f"{quantity:.4f}",
        plain(price),
        plain(row.gross or ZERO),
        plain(row.fees or ZERO),
        plain(row.net or ZERO),
        "0.0",
        account.kind.upper(),
        "",
    )


def _shares(row: TruthTransaction) -> tuple[Decimal, Decimal]:
    """Some reinvestments tell no shares and no price."""
    if row.type == "DIVIDEND_REINVESTMENT" and row.number % 3 == 0:
        return ZERO, ZERO
    return row.quantity or ZERO, row.price or ZERO


def csv_profile(profile: Profile) -> Profile:
    hidden = {
        "transaction.executed_at", "transaction.taxes", "instrument.cusip", "balance.settled_cash",
        "balance.buying_power", "position.average_cost", "position.cost_basis", "position.unrealized_gain",
    }  # fmt: skip
    return replace(
        profile,
        hidden=frozenset(hidden),
        uncompared=profile.uncompared | {"account.name", "account.kind"},
        tell=_tell,
        tell_position=_told,
        tell_number=None,
        tell_instrument=lambda told, _: replace(told, kind="equity") if told.kind == "etf" else told,
    )


def _tell(row: TruthTransaction) -> TruthTransaction:
    quantity, price = _shares(row)
    return replace(
        row,
        type=MEANT.get(row.type, row.type),
        settlement_date=row.settlement_date or row.trade_date,
        quantity=quantity or None,
        price=(price or None) if quantity else None,
        fees=(row.fees or ZERO) if row.trade else None,
    )
