"""Merrill's CSV files: activity, holdings and lots, and each quirk of the sheet."""

from datetime import date
from decimal import Decimal

import filed
import pytest

from domain.accounts import AccountKind
from domain.instruments import InstrumentKind
from domain.ports.statements import AccountStatement, Statement
from domain.positions import Flag
from domain.transactions import Transaction, TransactionType

T = TransactionType
ACTIVITY = (
    '"Trade Date","Settlement Date","Pending/Settled","Account Nickname","Account Registration",'
    '"Account #","Type",'
    '"Description 1 ","Description 2","Symbol/CUSIP #","Quantity","Price ($)","Amount ($)"\n'
)
HEAD = (
    '"COB Date","Security #","Symbol","CUSIP #","Security Description","Account Nickname",'
    '"Account Registration","Account #"'
)
HOLDINGS = (
    f'{HEAD},"Quantity","Price ($)","Value ($)","Unrealized Gain/Loss ($)","Unrealized Gain/Loss (%)"\n'
)
LOTS = (
    f'{HEAD},"Acquisition Date","Quantity","Unit Cost ($)","Cost Basis ($)","Value ($)",'
    f'"Unrealized Gain/Loss ($)",'
    '"Unrealized Gain/Loss (%)","Short/Long"\n'
)
ME = '"--","CMA-Edge","51X-00001"'


def line(
    word: str,
    amount: str = "5",
    quantity: str = "--",
    price: str = "--",
    symbol: str = "ACME",
    state: str = "Settled",
) -> str:
    return (
        f'"11/3/2026","11/4/2026","{state}",{ME},"Other","{word}","ACME CORP COM","{symbol}","{quantity}",'
        f'"{price}",'
        f'"{amount}"\n'
    )


def read(text: str) -> Statement:
    return filed.read("merrill", text.encode(), date(2026, 11, 30))


def one(text: str) -> AccountStatement:
    (account,) = read(text).accounts
    return account


def row(*told: str, **more: str) -> Transaction:
    (found,) = one(ACTIVITY + line(*told, **more)).transactions
    return found


def test_a_purchase_and_a_sale_of_the_sheet() -> None:
    bought = row("Purchase ", "($1,012.50)", "10", "$101.25")
    sold = row("Sale ", "$440.00", "-4", "$110.00")

    assert (bought.type, bought.quantity, bought.price, bought.net, bought.fees, bought.gross) == (
        T.BUY, Decimal(10), Decimal("101.25"), Decimal("-1012.50"), None, None,
    )  # fmt: skip
    assert (sold.type, sold.quantity, sold.net) == (T.SELL, Decimal(-4), Decimal("440.00"))
    assert (sold.trade_date, sold.settlement_date) == (date(2026, 11, 3), date(2026, 11, 4))


@pytest.mark.parametrize(
    ("word", "amount", "kind"),
    [
        ("Option Purchase", "(5)", T.BUY), ("Option Sale", "5", T.SELL),
        ("Sale-Option Exercised", "5", T.SELL),
        ("Dividend ", "5", T.DIVIDEND), ("Foreign Dividend", "5", T.DIVIDEND), ("Interest", "5", T.INTEREST),
        ("Bank Interest ", "5", T.INTEREST), ("Interest", "-5", T.MARGIN_INTEREST),
        ("Deposit", "5", T.DEPOSIT),
        ("Direct Deposit", "5", T.DEPOSIT), ("Funds Received", "5", T.DEPOSIT),
        ("Current Year Contribution", "5", T.DEPOSIT), ("Withdrawal", "(5)", T.WITHDRAWAL),
        ("Pre-Authorized Withdrawal", "(5)", T.WITHDRAWAL), ("Check 1234", "(5)", T.WITHDRAWAL),
        ("Depository Bank (ADR) Fee", "(5)", T.FEE), ("Foreign Tax Withholding", "(5)", T.TAX),
        ("Transfer / Adjustment", "5", T.TRANSFER_IN), ("Transfer / Adjustment", "(5)", T.TRANSFER_OUT),
        ("Cash in Lieu", "5", T.CASH_IN_LIEU),
        ("Funds Received", "(5)", T.WITHDRAWAL), ("Direct Deposit", "-5", T.WITHDRAWAL),
    ],
)  # fmt: skip
def test_what_the_first_description_says(word: str, amount: str, kind: TransactionType) -> None:
    assert row(word, amount).type is kind


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Stock Dividend", T.SPLIT), ("Stock Dividend Due Bill", T.SPLIT), ("Split", T.SPLIT),
        ("Option Assigned", T.OPTION_ASSIGNMENT), ("Option Exercised", T.OPTION_EXERCISE),
        ("Option Expired", T.OPTION_EXPIRATION),
    ],
)  # fmt: skip
def test_events_that_move_securities(word: str, kind: TransactionType) -> None:
    told = row(word, "0.00", "70")

    assert (told.type, told.quantity) == (kind, Decimal(70))


def test_a_dividend_with_a_quantity_and_no_money_is_a_split() -> None:
    """Its legs add up to the change: +70, -70, +70."""
    told = one(
        ACTIVITY + line("Stock Dividend Due Bill", "0.00", "70")
        + line("Stock Dividend Due Bill", "0.00", "-70")
        + line("Dividend", "0.00", "70")
    ).transactions  # fmt: skip

    assert {one.type for one in told} == {T.SPLIT}
    assert sum(one.quantity or 0 for one in told) == 70


@pytest.mark.parametrize("symbol", ["990156937", "IIAXX"])
@pytest.mark.parametrize(("word", "amount"), [("Deposit", "(19.00)"), ("Withdrawal", "19.00")])
def test_rows_of_the_sweep_are_passed_over_with_a_reason(symbol: str, word: str, amount: str) -> None:
    """They are written from its own side: the two sign conventions of one file."""
    told = read(
        ACTIVITY + line(word, amount, "19", symbol=symbol) + line("Bank Interest ", "0.12", symbol=symbol)
    )

    assert [one.type for one in told.accounts[0].transactions] == [T.INTEREST]
    assert [(one.line, "sweep" in one.reason) for one in told.skipped] == [(2, True)]


def test_money_and_shares_of_a_reinvestment_are_one_purchase() -> None:
    told = one(
        ACTIVITY
        + line("Reinvestment Program", "(25.50)")
        + line("Reinvestment Share(s)", "--", "2.55", "$10")
    ).transactions

    assert [(one.type, one.quantity, one.net) for one in told] == [
        (T.DIVIDEND_REINVESTMENT, Decimal("2.55"), Decimal("-25.50"))
    ]


def test_two_equal_reinvestments_stay_two() -> None:
    pair = line("Reinvestment Program", "(25.50)") + line("Reinvestment Share(s)", "--", "2.55", "$10")

    assert len(one(ACTIVITY + pair * 2).transactions) == 2


def test_what_is_pending_is_left_for_a_later_file() -> None:
    told = read(ACTIVITY + line("Purchase ", "(5)", "1", state="Pending") + line("Dividend"))

    assert len(told.accounts[0].transactions) == 1
    assert "pending" in told.skipped[0].reason


def test_titles_before_and_totals_behind_are_no_rows() -> None:
    told = one('"My activity"\n\n' + ACTIVITY + line("Dividend") + '"Total","","5"\n\n"as of today","x"\n')

    assert len(told.transactions) == 1


@pytest.mark.parametrize(
    ("registration", "kind"),
    [
        ("CMA-Edge", AccountKind.OTHER),
        ("IRA-Edge", AccountKind.IRA_OTHER),
        ("ROTH IRA-Edge", AccountKind.IRA_ROTH),
    ],
)
def test_the_registration_says_what_kind_of_account_it_is(registration: str, kind: AccountKind) -> None:
    told = one(ACTIVITY + line("Dividend").replace("CMA-Edge", registration).replace('"--","', '"Mine","', 1))

    assert (told.account.kind, told.account.name) == (kind, "Mine")


def test_an_options_code_is_turned_where_the_description_allows_it() -> None:
    clear = line("Option Purchase", "(5)", "1", "5", "ACME#L1826D15000").replace(
        "ACME CORP COM", "CALL ACME 00150000 EXP 12-18-26"
    )
    opaque = line("Option Purchase", "(5)", "1", "5", "ACME#L1826D15000")

    told = [one(ACTIVITY + text).transactions[0].instrument for text in (clear, opaque)]

    assert [(i.kind, i.symbol) for i in told if i is not None] == [
        (InstrumentKind.OPTION, "ACME  261218C00150000"), (InstrumentKind.OPTION, "ACME#L1826D15000"),
    ]  # fmt: skip


def test_lots_are_added_up() -> None:
    lot = '"11/20/2026","00001","ACME","000000AA1","ACME CORP COM",' + ME
    told = one(
        LOTS + lot + ',"2/3/2025","100","120.00","12,000.00","14,211.00","2,211.00","18.43","(Long Term)"\n'
        + lot + ',"5/11/2026","50.25","120.39","6,049.53","7,141.03","1,091.50","18.04","(Short Term)"\n'
    )  # fmt: skip

    assert told.balances is None
    assert told.positions is not None
    (held,) = told.positions
    assert (held.quantity, held.market_value, held.cost_basis, held.unrealized_gain) == (
        Decimal("150.25"), Decimal("21352.03"), Decimal("18049.53"), Decimal("3302.50"),
    )  # fmt: skip
    assert held.instrument.identifiers == (("cusip", "000000AA1"),)
    assert Flag.DERIVED_PRICE in held.flags
    assert held.average_cost is not None
    assert held.average_cost.quantize(Decimal("0.01")) == Decimal("120.13")


def test_two_equal_lots_are_two() -> None:
    lot = f'"11/20/2026","1","ACME","000000AA1","A",{ME},"2/3/2025","1","2","2","3","1","1","(Long Term)"\n'

    told = one(LOTS + lot * 2)

    assert told.positions is not None
    assert told.positions[0].quantity == 2


def test_holdings_tell_the_cash_by_the_sweep_and_class_shares_without_a_sign() -> None:
    told = one(
        HOLDINGS
        + f'"11/20/2026","1","BRKB","084670702","BERKSHIRE",{ME},"2","$400.00","$800.00","$100.00","14"\n'
        f'"11/20/2026","2","--","990156937","ML DIRECT DEPOSIT PROGRM",{ME},"12.50","1.00","$12.50","--",'
        f'"--"\n'
    )

    assert told.balances is not None
    assert (told.balances[0].cash, told.balances[0].total_value) == (Decimal("12.50"), Decimal("812.50"))
    assert told.positions is not None
    assert [(p.instrument.symbol, p.cost_basis) for p in told.positions] == [("BRKB", Decimal("700.00"))]


def test_a_price_that_is_told_is_kept_and_value_less_gain_is_the_cost() -> None:
    told = one(
        HOLDINGS + f'"11/20/2026","1","ACME","--","ACME CORP",{ME},"3","$10.00","$30.01","($2.00)","-6"\n'
    )

    assert told.positions is not None
    (held,) = told.positions
    assert (held.price, held.market_value, held.flags) == (Decimal("10.00"), Decimal("30.01"), ())
    assert (held.cost_basis, held.unrealized_gain) == (Decimal("32.01"), Decimal("-2.00"))
    assert held.average_cost == Decimal("10.67")


def test_a_contribution_that_also_moves_into_the_sweep_counts_once() -> None:
    told = read(
        ACTIVITY + line("Current Year Contribution", "500.00", symbol="--")
        + line("Deposit", "(500.00)", "500", symbol="IIAXX")
    )  # fmt: skip

    assert [(one.type, one.net) for one in told.accounts[0].transactions] == [(T.DEPOSIT, Decimal("500.00"))]


def test_a_wire_has_no_row_of_the_sweep_beside_it() -> None:
    told = row("Funds Received", "30,000.00", symbol="--")

    assert (told.type, told.net, told.instrument) == (T.DEPOSIT, Decimal("30000.00"), None)


def test_holdings_come_in_sections_each_with_a_header_of_its_own() -> None:
    def held(symbol: str, value: str) -> str:
        return f'"11/20/2026","1","{symbol}","--","A",{ME},"1","${value}","${value}","--","--"\n'

    told = one(
        '"Equities"\n' + HOLDINGS + held("ACME", "10.00") + '"Total","","10.00"\n\n"Funds"\n'
        + HOLDINGS + held("XETF", "20.00") + '"Total","","20.00"\n'
    )  # fmt: skip

    assert told.positions is not None
    assert {p.instrument.symbol for p in told.positions} == {"ACME", "XETF"}
    assert told.balances is not None
    assert told.balances[0].total_value == Decimal("30.00")


@pytest.mark.parametrize(
    ("cell", "net"),
    [("(1,012.50)", "-1012.50"), ("-1012.50", "-1012.50"), ("($1,012.50)", "-1012.50"), ("$5", "5")],
)
def test_minus_is_a_bracket_or_a_sign_with_or_without_a_dollar(cell: str, net: str) -> None:
    assert row("Foreign Tax Withholding", cell).net == Decimal(net)


def test_days_have_no_leading_zeros_and_dashes_are_nothing() -> None:
    told = row("Dividend ", "$37.50")

    assert (told.trade_date, told.quantity, told.price) == (date(2026, 11, 3), None, None)


def test_sold_lots_are_left_out_with_a_reason() -> None:
    sold = (
        '"Security","Security Description","Acquisition Date","Liquidation Date","Liquidation Amount"\n'
        '"A","B","1/1/2026","2/2/2026","5"\n'
    )

    told = read(ACTIVITY + line("Dividend") + "\n" + sold)

    assert "sold" in told.skipped[0].reason


def test_a_word_that_nobody_knows_is_other_and_counted() -> None:
    told = read(ACTIVITY + line("Barter"))

    assert told.accounts[0].transactions[0].type is T.OTHER
    assert dict(told.notes.words) == {"description.barter": 1}
