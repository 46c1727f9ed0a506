"""Schwab's CSV exports: transactions, positions, and what people have found in them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import filed
import pytest

from adapters.brokerages.schwab.csv_words import ACTIONS, TRADES
from domain.ports.statements import AccountStatement, Statement
from domain.transactions import Transaction, TransactionType

T = TransactionType
HEADER = '"Date","Action","Symbol","Description","Quantity","Price","Fees & Comm","Amount"\n'
TITLE = '"Transactions  for account XXXX-1234 as of 11/20/2026 10:00:00 ET"\n'
POSITIONS = (
    '"Symbol","Description","Qty (Quantity)","Price","Mkt Val (Market Value)","Cost Basis",'
    '"Gain $ (Gain/Loss $)",'
    '"Security Type"\n'
)


def line(
    action: str, quantity: str = "", amount: str = "$5.00", symbol: str = "ACME", day: str = "11/03/2026"
) -> str:
    return f'"{day}","{action}","{symbol}","ACME CORP","{quantity}","","","{amount}"\n'


def read(text: str) -> Statement:
    return filed.read("schwab", text.encode(), date(2026, 11, 30))


def one(text: str) -> AccountStatement:
    (account,) = read(text).accounts
    return account


def row(action: str, *told: str, **more: str) -> Transaction:
    (found,) = one(HEADER + line(action, *told, **more)).transactions
    return found


def test_a_sale_tells_no_sign_and_its_amount_is_net() -> None:
    (told,) = one(
        TITLE + HEADER + '"11/03/2026","Sell","ACME","A","1,234","$12.345","$0.01","$15,233.72"\n'
    ).transactions

    assert (told.type, told.quantity, told.price, told.gross, told.fees, told.net) == (
        T.SELL, Decimal(-1234), Decimal("12.345"), Decimal("15233.73"), Decimal("0.01"), Decimal("15233.72"),
    )  # fmt: skip
    assert told.source_key is None


SIGNS = {
    "Buy": (T.BUY, 2), "Sell": (T.SELL, -2), "Sell Short": (T.SELL_SHORT, -2),
    "Buy to Cover": (T.BUY_TO_COVER, 2), "Buy to Open": (T.BUY_TO_OPEN, 2),
    "Buy to Close": (T.BUY_TO_CLOSE, 2), "Sell to Open": (T.SELL_TO_OPEN, -2),
    "Sell to Close": (T.SELL_TO_CLOSE, -2), "Reinvest Shares": (T.DIVIDEND_REINVESTMENT, 2),
    "Full Redemption": (T.SELL, -2), "Full Maturity": (T.SELL, -2), "Redemption": (T.SELL, -2),
}  # fmt: skip
# What each action is; a second type where money goes out.
WORDS = {
    (T.DIVIDEND,): """Cash Dividend; Qualified Dividend; Non-Qualified Div; Special Dividend;
        Special Qual Div; Special Non Qual Div; Pr Yr Cash Div; Pr Yr Div Reinvest; Pr Yr Non-Qual Div;
        Qual Div Reinvest; Reinvest Dividend; Div Adjustment; Non-Qualified Div Adj; Dividend""",
    (T.CAPITAL_GAIN,): """Long Term Cap Gain; Short Term Cap Gain; Long Term Cap Gain Reinvest;
        Short Term Cap Gain Reinvest""",
    (T.INTEREST,): "Credit Interest; Bank Interest; Bond Interest; Bank Interest Adj; Interest",
    (T.MARGIN_INTEREST,): "Margin Interest",
    (T.FEE,): "Service Fee; ADR Mgmt Fee; Misc Fee; Fee; Advisor Fee",
    (T.TAX,): """Foreign Tax Paid; NRA Tax Adj; NRA Withholding; Pr Yr NRA Tax; IRS Withhold Adj;
        Backup Withholding; Tax""",
    (T.DEPOSIT, T.WITHDRAWAL): """MoneyLink Transfer; MoneyLink Deposit; MoneyLink Adj; Funds Received;
        Funds Paid; Wire Received; Wire Funds Received; Wire Sent; Wire Funds; Wire Funds Adj; Deposit;
        Withdrawal; ATM Withdrawal; Visa Purchase; Check; Mobile Deposit""",
    (T.TRANSFER_IN, T.TRANSFER_OUT): """Journal; Journaled Shares; Internal Transfer; Security Transfer;
        Transfer; Stock Plan Activity""",
    (T.SPLIT,): "Stock Split; Split; Reverse Split; Forward Split",
    (T.MERGER,): "Stock Merger; Cash Merger; Cash/Stock Merger; Exchange; Reorganized Issue",
    (T.ADJUSTMENT,): "Cancel Buy; Cancel Sell; Adjustment; Misc Cash Entry; Promotional Award",
    (T.RETURN_OF_CAPITAL,): "Return of Capital",
    (T.CASH_IN_LIEU,): "Cash In Lieu",
    (T.STOCK_DIVIDEND,): "Stock Div Dist",
    (T.SPINOFF,): "Spin-off",
    (T.SYMBOL_CHANGE,): "Name Change",
    (T.OPTION_EXPIRATION,): "Expired",
    (T.OPTION_ASSIGNMENT,): "Assigned",
    (T.OPTION_EXERCISE,): "Exchange or Exercise",
}
MEANT = {word.strip(): kinds for kinds, words in WORDS.items() for word in words.split(";")}


@pytest.mark.parametrize("action", SIGNS)
def test_each_trade(action: str) -> None:
    told = row(action, "2")

    kind, quantity = SIGNS[action]
    assert (told.type, told.quantity) == (kind, Decimal(quantity))


@pytest.mark.parametrize("action", MEANT)
def test_each_action(action: str) -> None:
    comes, goes = row(action, "", "$5.00"), row(action, "", "-$5.00")

    assert (comes.type, comes.net) == (MEANT[action][0], Decimal(5))
    assert (goes.type, goes.net) == (MEANT[action][-1], Decimal(-5))


def test_every_action_that_is_known_is_tried() -> None:
    assert {action.lower() for action in SIGNS} == set(TRADES)
    assert {action.lower() for action in MEANT} == set(ACTIONS)


@pytest.mark.parametrize(
    ("action", "quantity", "kind"),
    [
        ("Expired", "2", T.OPTION_EXPIRATION), ("Expired", "-2", T.OPTION_EXPIRATION),
        ("Assigned", "1", T.OPTION_ASSIGNMENT), ("Exchange or Exercise", "-1", T.OPTION_EXERCISE),
        ("Journaled Shares", "-20", T.TRANSFER_OUT), ("Security Transfer", "50", T.TRANSFER_IN),
        ("Reverse Split", "-50", T.SPLIT), ("Stock Split", "60", T.SPLIT),
    ],
)  # fmt: skip
def test_events_have_our_sign_and_move_no_cash(action: str, quantity: str, kind: TransactionType) -> None:
    told = row(action, quantity, "", symbol="ACME 12/18/2026 150.00 C")

    assert (told.type, told.quantity, told.net, told.gross) == (kind, Decimal(quantity), None, None)


def test_a_day_as_of_another_is_that_other() -> None:
    assert row("Expired", "1", "", day="04/24/2026 as of 04/23/2026").trade_date == date(2026, 4, 23)


def test_options_are_named_by_their_terms() -> None:
    instrument = row("Sell to Open", "2", symbol="SPXW 04/23/2026 7055.00 P").instrument

    assert instrument is not None
    assert instrument.symbol == "SPXW  260423P07055000"


@pytest.mark.parametrize(
    ("title", "number"),
    [(TITLE, "…1234"), ('"Transactions for account XXXX-9999 as of 06/17/2018"\n\n', "…9999"), ("", "")],
)
def test_of_the_account_there_are_the_last_digits_at_most(title: str, number: str) -> None:
    told = one(title + HEADER + line("Buy", "1") + '"Transactions Total","","","","","","","$5.00"\n')

    assert (told.account.key, told.account.number, len(told.transactions)) == ("", number, 1)


def test_a_word_that_nobody_knows_is_other_and_counted() -> None:
    told = read(HEADER + line("Barter"))

    assert told.accounts[0].transactions[0].type is T.OTHER
    assert dict(told.notes.words) == {"action.barter": 1}


# ---- positions


@pytest.mark.parametrize("day", ["2026/11/20", "11/20/2026"])
def test_positions_with_cash_and_total(day: str) -> None:
    told = one(
        f'"Positions for account Individual ...123 as of 04:05 PM ET, {day}"\n\n' + POSITIONS
        + '"SCHB","SCHWAB ETF","1,000.5","$25.00","$25,012.50","$20,000.00","$5,012.50",'
        '"ETFs & Closed End Funds"\n'
        '"ACME 12/18/2026 150.00 C","CALL","-1","$0.50","-$50.00","--","--","Option"\n'
        '"Cash & Cash Investments","--","--","--","$1,234.56","--","--","Cash and Money Market"\n'
        '"Account Total","--","--","--","$26,197.06","--","--","--"\n'
    )  # fmt: skip

    assert (told.account.number, told.account.name) == ("…123", "Individual")
    assert told.balances is not None
    assert (told.balances[0].cash, told.balances[0].total_value) == (Decimal("1234.56"), Decimal("26197.06"))
    assert told.positions is not None
    fund, option = told.positions
    assert (fund.instrument.kind.value, fund.quantity, fund.cost_basis) == (
        "etf", Decimal("1000.5"), Decimal("20000.00"),
    )  # fmt: skip
    assert (option.quantity, option.market_value, option.cost_basis) == (Decimal(-1), Decimal("-50.00"), None)
    assert told.as_of == datetime(2026, 11, 20, 21, 5, tzinfo=UTC)


def test_positions_of_several_accounts_in_one_file() -> None:
    table = (
        POSITIONS + '"SCHB","S","1","$25","$25","$20","$5","ETF"\n"Account Total","","","","$25","","",""\n\n'
    )
    told = read(
        f'"Positions for All-Accounts as of 04:05 PM ET, 2026/11/20"\n\n"Mine ...123"\n'
        f'{table}"Hers ...456"\n{table}'
    )

    assert [(a.account.number, a.account.name) for a in told.accounts] == [("…123", "Mine"), ("…456", "Hers")]


def test_an_older_layout_of_positions() -> None:
    told = one(
        '"Symbol","Description","Quantity","Price","Market Value"\n"ACME","A","50","$230.00","$11,500.00"\n'
    )

    assert told.positions is not None
    assert told.positions[0].market_value == 11500
