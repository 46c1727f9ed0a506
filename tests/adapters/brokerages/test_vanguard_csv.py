"""Vanguard's OfxDownload.csv: two tables in one file, and each quirk of the sheet."""

from datetime import date
from decimal import Decimal

import filed
import pytest

from adapters.brokerages.vanguard.csv import FORMAT
from domain.ports.statements import AccountStatement, Statement
from domain.positions import Flag
from domain.transactions import Transaction, TransactionType

T = TransactionType
HOLDINGS = "Account Number,Investment Name,Symbol,Shares,Share Price,Total Value,\n"
ACTIVITY = (
    "Account Number,Trade Date,Settlement Date,Transaction Type,Transaction Description,Investment Name,"
    "Symbol,Shares,"
    "Share Price,Principal Amount,Commissions and Fees,Net Amount,Accrued Interest,Account Type,\n"
)


def line(kind: str, figures: str = "0.0000,0.0,5,0.0,5", symbol: str = "VTI", day: str = "2026-11-03") -> str:
    return f"12345678,{day},{day},{kind},words,SOME FUND,{symbol},{figures},0.0,CASH,\n"


def read(text: str) -> Statement:
    return filed.read("vanguard", text.encode(), date(2026, 11, 30))


def one(text: str) -> AccountStatement:
    (account,) = read(text).accounts
    return account


def row(kind: str, figures: str = "0.0000,0.0,5,0.0,5", **more: str) -> Transaction:
    (told,) = one(ACTIVITY + line(kind, figures, **more)).transactions
    return told


def test_both_tables_and_the_fund_that_is_cash() -> None:
    told = one(
        "\ufeff" + HOLDINGS + "12345678,VANGUARD TOTAL STOCK MARKET ETF,VTI,25.5000,312.40,7966.20,\n"
        "12345678,VANGUARD FEDERAL MONEY MARKET FUND,VMFXX,892.5700,1.0,892.57,\n\n\n\n"
        + ACTIVITY + line("Buy", "5.0000,310.10,-1550.5,1.5,-1552.0")
    )  # fmt: skip

    assert told.balances is not None
    assert (told.balances[0].cash, told.balances[0].total_value) == (Decimal("892.57"), Decimal("8858.77"))
    assert told.positions is not None
    assert [(p.instrument.symbol, p.cost_basis) for p in told.positions] == [("VTI", None)]
    (bought,) = told.transactions
    assert (bought.type, bought.quantity, bought.price, bought.gross, bought.fees, bought.net) == (
        T.BUY, Decimal("5.0000"), Decimal("310.10"), Decimal("-1550.5"), Decimal("1.5"), Decimal("-1552.0"),
    )  # fmt: skip


def test_a_row_says_what_of_and_both_its_days() -> None:
    text = ACTIVITY + line("Dividend").replace("2026-11-03,2026-11-03", "2026-11-03,2026-11-05")

    (told,) = one(text).transactions

    assert told.instrument is not None
    assert (told.instrument.symbol, told.instrument.name) == ("VTI", "SOME FUND")
    assert told.description == "words"
    assert (told.trade_date, told.settlement_date) == (date(2026, 11, 3), date(2026, 11, 5))


@pytest.mark.parametrize(("kind", "shares"), [("Buy", "5"), ("Sell", "-5"), ("Reinvestment", "5")])
def test_trades_of_the_settlement_fund_are_sweeps_in_the_csv_too(kind: str, shares: str) -> None:
    assert row(kind, f"{shares},1.0,-5,0.0,-5", symbol="VMFXX").type is T.SWEEP
    assert row("Dividend", symbol="VMFXX").type is T.DIVIDEND


@pytest.mark.parametrize("shares", ["-2.0000", "2.0000"])
def test_sales_are_negative_whatever_their_sign(shares: str) -> None:
    assert row("Sell", f"{shares},311.00,622.0,0.0,622.0").quantity == -2


@pytest.mark.parametrize(
    ("kind", "net", "wanted"),
    [
        ("Dividend", "5", T.DIVIDEND), ("Interest", "5", T.INTEREST), ("Funds Received", "5", T.DEPOSIT),
        ("Withdrawal", "-5", T.WITHDRAWAL), ("Transfer", "5", T.TRANSFER_IN),
        ("Transfer", "-5", T.TRANSFER_OUT),
        ("Fee", "-5", T.FEE), ("Capital gain (LT)", "5", T.CAPITAL_GAIN),
        ("Capital gain (ST)", "5", T.CAPITAL_GAIN),
        ("Contribution", "5", T.DEPOSIT), ("Distribution", "-5", T.WITHDRAWAL),
        ("Rollover", "5", T.TRANSFER_IN),
        ("Transfer (incoming)", "5", T.TRANSFER_IN), ("Corp Action", "5", T.OTHER),
    ],
)  # fmt: skip
def test_types_of_cash(kind: str, net: str, wanted: TransactionType) -> None:
    told = row(kind, f"0.0000,0.0,{net},0.0,{net}")

    assert (told.type, told.quantity, told.price, told.fees) == (wanted, None, None, None)


def test_a_fee_that_stands_in_both_columns_is_one_amount() -> None:
    told = row("Fee", "0.0000,0.0,-20.00,20.00,-20.00")

    assert (told.gross, told.fees, told.net) == (Decimal(-20), None, Decimal(-20))


@pytest.mark.parametrize(
    ("kind", "shares", "wanted"),
    [
        ("Buy to cover", "1", T.BUY_TO_COVER), ("Sell short", "-1", T.SELL_SHORT),
        ("Stock split", "1", T.SPLIT),
        ("Conversion (incoming)", "1", T.MERGER), ("Conversion (outgoing)", "-1", T.MERGER),
        ("Merger", "1", T.MERGER),
        ("Exercise", "-1", T.OPTION_EXERCISE), ("Assignment", "1", T.OPTION_ASSIGNMENT),
        ("Assigned", "1", T.OPTION_ASSIGNMENT),
        ("Expired", "-1", T.OPTION_EXPIRATION),
    ],
)  # fmt: skip
def test_types_that_move_securities(kind: str, shares: str, wanted: TransactionType) -> None:
    told = row(kind, f"{shares},0.0,0,0.0,0")

    assert (told.type, told.quantity) == (wanted, Decimal(shares))


def test_a_reinvestment_without_shares_has_an_unknown_quantity_and_is_counted() -> None:
    told = read(ACTIVITY + line("Reinvestment", "0.0000,0.0,-19.38,0.0,-19.38"))

    (bought,) = told.accounts[0].transactions
    assert (bought.type, bought.quantity, bought.net) == (T.DIVIDEND_REINVESTMENT, None, Decimal("-19.38"))
    assert dict(told.notes.words) == {"reinvestment without shares": 1}


@pytest.mark.parametrize("kind", ["Sweep in", "Sweep out"])
def test_sweeps_are_passed_over_with_a_reason(kind: str) -> None:
    told = read(ACTIVITY + line(kind, "0.0000,1.0,1550.5,0.0,1550.5", symbol="VMFXX") + line("Dividend"))

    assert [one.type for one in told.accounts[0].transactions] == [T.DIVIDEND]
    assert [(one.line, "sweep" in one.reason) for one in told.skipped] == [(2, True)]


def test_a_row_of_cash_names_nothing() -> None:
    assert row("Funds Received", symbol="").instrument is None


def test_both_forms_of_days() -> None:
    assert row("Dividend", day="11/03/2026").trade_date == row("Dividend").trade_date == date(2026, 11, 3)


def test_older_files_call_the_fees_otherwise() -> None:
    text = ACTIVITY.replace("Commissions and Fees", "Commission Fees") + line("Buy", "1,5,-5,1,-6")

    assert one(text).transactions[0].fees == 1


def test_plans_for_education_have_names_and_no_symbols() -> None:
    told = one(
        "Fund Account Number,Fund Name,Price,Shares,Total Value\n99-1,Aggressive Portfolio,10.00,2.5,25.00\n"
    )

    assert told.positions is not None
    assert [(p.instrument.symbol, p.quantity, p.market_value) for p in told.positions] == [
        ("Aggressive Portfolio", Decimal("2.5"), Decimal("25.00"))
    ]


def test_a_type_that_nobody_knows_is_other_and_counted() -> None:
    told = read(ACTIVITY + line("Barter"))

    assert told.accounts[0].transactions[0].type is T.OTHER
    assert dict(told.notes.words) == {"type.Barter": 1}


def test_rows_end_in_a_comma_and_files_in_any_way() -> None:
    text = ("\ufeff" + ACTIVITY + line("Dividend") + "\n\n").replace("\n", "\r\n")

    told = read(text)

    assert len(told.accounts[0].transactions) == 1
    assert not told.notes.fields


def test_the_file_tells_no_costs() -> None:
    told = one(HOLDINGS + "12345678,TOTAL MARKET,VTI,1,2,2,\n")

    assert told.positions is not None
    assert (told.positions[0].cost_basis, told.positions[0].flags) == (None, (Flag.COST_UNKNOWN,))


def test_rows_that_are_equal_in_all_stay_two_for_there_are_no_ids() -> None:
    told = one(ACTIVITY + line("Dividend") * 2).transactions

    assert [row.source_key for row in told] == [None, None]


def test_18_months_a_file_is_said_of_the_format() -> None:
    assert "18 months" in FORMAT.facts.limits
