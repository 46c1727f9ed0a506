"""The sandbox's side: the CSV files that merrilledge.com gives. Sheet: merrill, 3."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from adapters.files.tell import ACTIVITY, HOLDINGS, File, plain, posted, table
from adapters.sandbox.ledger import rounded
from adapters.sandbox.profile import Profile
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition, TruthTransaction

ZERO = Decimal(0)
SWEEP = "990156937"
ACTIVITY_HEADER = (
    "Trade Date", "Settlement Date", "Pending/Settled", "Account Nickname", "Account Registration",
    "Account #", "Type", "Description 1 ", "Description 2", "Symbol/CUSIP #", "Quantity", "Price ($)",
    "Amount ($)",
)  # fmt: skip
HEAD = (
    "COB Date", "Security #", "Symbol", "CUSIP #", "Security Description", "Account Nickname",
    "Account Registration", "Account #",
)  # fmt: skip
HOLDINGS_HEADER = (
    *HEAD, "Quantity", "Price ($)", "Value ($)", "Unrealized Gain/Loss ($)", "Unrealized Gain/Loss (%)",
    "Cumulative Investment Return ($)", "Cumulative Investment Return (%)", "Accrued Interest ($)",
)  # fmt: skip
LOTS_HEADER = (
    *HEAD, "Acquisition Date", "Quantity", "Unit Cost ($)", "Cost Basis ($)", "Value ($)",
    "Unrealized Gain/Loss ($)", "Unrealized Gain/Loss (%)", "Short/Long",
)  # fmt: skip
# "Type" and "Description 1" by the type of the truth; a row takes one of them by its number.
TRADE, INCOME, MOVE = "SecurityTransactions", "DividendAndInterest", "FundTransfers"
WORDS = {
    "BUY": ((TRADE, "Purchase "),), "SELL": ((TRADE, "Sale "),), "SELL_SHORT": ((TRADE, "Sale "),),
    "BUY_TO_COVER": ((TRADE, "Purchase "),), "BUY_TO_OPEN": ((TRADE, "Option Purchase"),),
    "BUY_TO_CLOSE": ((TRADE, "Option Purchase"),), "SELL_TO_OPEN": ((TRADE, "Option Sale"),),
    "SELL_TO_CLOSE": ((TRADE, "Option Sale"),), "OPTION_EXPIRATION": ((TRADE, "Option Expired"),),
    "OPTION_ASSIGNMENT": ((TRADE, "Option Assigned"),), "OPTION_EXERCISE": ((TRADE, "Option Exercised"),),
    "DIVIDEND_REINVESTMENT": ((TRADE, "Reinvestment Share(s)"),),
    "DIVIDEND": ((INCOME, "Dividend "), (INCOME, "Foreign Dividend ")),
    "CAPITAL_GAIN": ((INCOME, "Dividend "),),
    "RETURN_OF_CAPITAL": ((INCOME, "Dividend "),),
    "INTEREST": ((INCOME, "Bank Interest "), (INCOME, "Interest")),
    "MARGIN_INTEREST": ((INCOME, "Interest"),),
    "DEPOSIT": ((MOVE, "Funds Received"), ("Checking", "Direct Deposit"), ("FundReceipts", "Deposit")),
    "WITHDRAWAL": ((MOVE, "Withdrawal"), ("Checking", "Check 1001"), (MOVE, "Pre-Authorized Withdrawal")),
    "TRANSFER_IN": (("Other", "Transfer / Adjustment"),),
    "TRANSFER_OUT": (("Other", "Transfer / Adjustment"),),
    "ADJUSTMENT": (("Other", "Transfer / Adjustment"),), "FEE": ((INCOME, "Depository Bank (ADR) Fee"),),
    "TAX": ((INCOME, "Foreign Tax Withholding"),), "SPLIT": ((TRADE, "Split"), (TRADE, "Dividend ")),
    "STOCK_DIVIDEND": ((TRADE, "Stock Dividend"),),
}  # fmt: skip
# What remains of a deed where the file has one word for several.
MEANT = {
    "SELL_SHORT": "SELL", "BUY_TO_COVER": "BUY", "BUY_TO_OPEN": "BUY", "BUY_TO_CLOSE": "BUY",
    "SELL_TO_OPEN": "SELL", "SELL_TO_CLOSE": "SELL", "CAPITAL_GAIN": "DIVIDEND",
    "RETURN_OF_CAPITAL": "DIVIDEND", "STOCK_DIVIDEND": "SPLIT",
}  # fmt: skip
NO_CUSIP = frozenset(f"instrument.cusip/{kind}" for kind in ("equity", "mutual_fund", "option"))


def files(profile: Profile, accounts: tuple[TruthAccount, ...], today: date) -> Iterator[File]:
    """Activity, holdings and lots, each of all accounts."""
    rows = [ACTIVITY_HEADER, *(cells for account in accounts for cells in _activity(account, today))]
    title = '"Activity"\r\n\r\n'
    content = title + table(rows, quoted=True) + '\r\n"Total","","1,234.00"\r\n'
    left_out = sum(1 + sum(row.number % 7 == 0 for row in posted(account)) for account in accounts)
    told = activity_profile(profile)
    yield File("activity.csv", content.encode(), accounts, told, ACTIVITY, left_out=left_out)
    shown = tuple(replace(account, total_value=_total(account)) for account in accounts)
    for name, header, lots in (
        ("holdings.csv", HOLDINGS_HEADER, False),
        ("unrealized.csv", LOTS_HEADER, True),
    ):
        held = [header, *(cells for account in accounts for cells in _holdings(account, today, lots=lots))]
        told = holdings_profile(profile, lots=lots)
        holds = frozenset({"positions"}) if lots else HOLDINGS
        yield File(name, table(held, quoted=True).encode(), shown, told, holds)


# Activity.


def _activity(account: TruthAccount, today: date) -> Iterator[tuple[str, ...]]:
    mine = (account.name, "CMA-Edge" if account.kind == "margin" else "IRA-Edge", account.number)
    yield (
        _day(today),
        _day(today),
        "Pending",
        *mine,
        TRADE,
        "Purchase ",
        "WAITING",
        "XMPL",
        "1",
        "$1.00",
        "($1.00)",
    )
    for row in posted(account):
        head = (_day(row.trade_date), _day(row.settlement_date or row.trade_date), "Settled", *mine)
        yield (*head, *_row(row))
        if row.type == "DIVIDEND_REINVESTMENT":
            money = (
                TRADE,
                "Reinvestment Program",
                _name(row),
                _symbol(row),
                "--",
                "--",
                _money(row.net or ZERO),
            )
            yield (*head, *money)
        if row.number % 7 == 0:
            # What lies in the sweep is told from its side.
            yield (*head, "Other", "Deposit", "ML DIRECT DEPOSIT PROGRM", SWEEP, "19", "--", "(19.00)")


def _row(row: TruthTransaction) -> tuple[str, ...]:
    words = WORDS[row.type]
    kind, word = words[row.number % len(words)]
    net = row.net or ZERO
    amount = _money(net)
    if not net:
        amount = "--" if row.number % 2 else "0.00"
    if row.type == "DIVIDEND_REINVESTMENT":
        amount = "--"
    price = "--" if row.price is None or not row.quantity else f"${plain(row.price)}"
    quantity = "--" if not row.quantity else plain(row.quantity)
    return (kind, word, _name(row), _symbol(row), quantity, price, amount)


def _money(value: Decimal) -> str:
    told = f"${abs(rounded(value, 2)):,f}"
    return f"({told})" if value < 0 else told


def _name(row: TruthTransaction) -> str:
    return row.description.upper() if row.instrument is None else _called(row.instrument)


def _called(instrument: TruthInstrument) -> str:
    option = instrument.option
    if option is None:
        return instrument.name.upper()
    strike = f"{int(option.strike * 1000):08d}"
    return f"{option.right.upper()} {option.underlying} {strike} EXP {option.expiration:%m-%d-%y}"


def _symbol(row: TruthTransaction) -> str:
    return "--" if row.instrument is None else _code(row.instrument)


def _code(instrument: TruthInstrument) -> str:
    """Merrill's own code of options: month as a letter, from A for calls and from M for puts."""
    option = instrument.option
    if option is None:
        return instrument.symbol
    month = chr(ord("A" if option.right == "call" else "M") + option.expiration.month - 1)
    return f"{option.underlying}#{month}{option.expiration:%d%y}D{int(option.strike * 100)}"


def activity_profile(profile: Profile) -> Profile:
    return replace(
        profile,
        hidden=NO_CUSIP | {"transaction.executed_at", "transaction.fees", "transaction.gross/trades"},
        uncompared=profile.uncompared | {"account.kind"},
        tell=_tell,
        tell_number=None,
        tell_instrument=_tell_instrument,
    )


def _tell(row: TruthTransaction) -> TruthTransaction:
    kind = MEANT.get(row.type, row.type)
    if kind == "ADJUSTMENT":
        kind = "TRANSFER_IN" if (row.net or ZERO) > 0 else "TRANSFER_OUT"
    told = replace(row, type=kind, taxes=None, settlement_date=row.settlement_date or row.trade_date)
    if row.net or row.number % 2 == 0:
        return told
    return replace(told, gross=None, net=None)


def _tell_instrument(told: TruthInstrument, currency: str) -> TruthInstrument:
    return replace(told, kind="equity") if told.kind == "etf" else told


# Holdings.


def _holdings(account: TruthAccount, today: date, *, lots: bool) -> Iterator[tuple[str, ...]]:
    cob = _day(today - timedelta(days=1))
    mine = (account.name, "CMA-Edge" if account.kind == "margin" else "IRA-Edge", account.number)
    for position in account.positions:
        instrument = position.instrument
        head = (cob, "00001", _code(instrument), instrument.cusip or "--", _called(instrument), *mine)
        for told, bought in _lots(position) if lots else [(_rounded(position), "")]:
            quantity, gain, value = (
                plain(told.quantity),
                _money(told.unrealized_gain),
                _money(told.market_value),
            )
            if lots:
                costs = (
                    plain(told.average_cost),
                    _money(told.cost_basis),
                    value,
                    gain,
                    "18.43",
                    "(Long Term)",
                )
                yield (*head, bought, quantity, *costs)
            else:
                yield (*head, quantity, plain(told.price), value, gain, "1.00", "--", "--", "0.00")
    if not lots:
        sweep = (cob, "00002", "--", SWEEP, "ML DIRECT DEPOSIT PROGRM", *mine)
        yield (*sweep, plain(account.cash), "1.00", _money(account.cash), "--", "--", "--", "--", "0.00")


def _lots(position: TruthPosition) -> list[tuple[TruthPosition, str]]:
    """Two lots, where there is more than one of it: the second with what the first leaves."""
    whole = _rounded(position)
    part = rounded(position.quantity / 3, 0)
    if not part or part == position.quantity:
        return [(whole, "2/3/2025")]
    share = part / position.quantity
    value, cost = rounded(whole.market_value * share, 2), rounded(whole.cost_basis * share, 2)
    first = replace(whole, quantity=part, market_value=value, cost_basis=cost, unrealized_gain=value - cost)
    rest = replace(
        whole,
        quantity=position.quantity - part,
        market_value=whole.market_value - value,
        cost_basis=whole.cost_basis - cost,
        unrealized_gain=whole.unrealized_gain - first.unrealized_gain,
    )
    return [(first, "2/3/2025"), (rest, "5/11/2026")]


def _rounded(position: TruthPosition) -> TruthPosition:
    cost, value = rounded(position.cost_basis, 2), rounded(position.market_value, 2)
    return replace(position, cost_basis=cost, market_value=value, unrealized_gain=value - cost)


def _total(account: TruthAccount) -> Decimal:
    return sum((_rounded(position).market_value for position in account.positions), account.cash)


def holdings_profile(profile: Profile, *, lots: bool) -> Profile:
    derived = {"position.average_cost", "position.price"} if lots else {"position.average_cost"}
    return replace(
        profile,
        hidden=frozenset({"balance.settled_cash", "balance.buying_power"}),
        uncompared=(profile.uncompared | {"account.kind"} | derived) - {"instrument.cusip"},
        tell_position=_rounded,
        tell_number=None,
        tell_instrument=_tell_instrument,
    )


def _day(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"
