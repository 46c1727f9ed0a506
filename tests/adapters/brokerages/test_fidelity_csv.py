"""Fidelity's CSV files: both layouts of positions, three of activity, and each quirk of the sheet."""

from datetime import UTC, date, datetime
from decimal import Decimal

import filed
import pytest

from adapters.brokerages.fidelity.csv import FORMAT
from domain.brokerages import Dataset
from domain.errors import StatementUnreadable
from domain.instruments import InstrumentKind
from domain.ports.statements import AccountStatement, Statement
from domain.transactions import Transaction, TransactionType

T = TransactionType
POSITIONS = (
    "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Last Price Change,Current Value,"
    "Today's Gain/Loss Dollar,Today's Gain/Loss Percent,Total Gain/Loss Dollar,Total Gain/Loss Percent,"
    "Percent Of Account,Cost Basis Total,Average Cost Basis,Type\n"
)
ALL = (
    "Run Date,Account,Account Number,Action,Symbol,Description,Type,Exchange Quantity,Exchange Currency,"
    "Currency,"
    "Price,Quantity,Exchange Rate,Commission,Fees,Accrued Interest,Amount,Settlement Date\n"
)
ONE = (
    "Run Date,Action,Symbol,Description,Type,Quantity,Price ($),Commission ($),Fees ($),Accrued Interest ($),"
    "Amount ($),Cash Balance ($),Settlement Date\n"
)
OLDER = (
    "Run Date,Account,Action,Symbol,Security Description,Security Type,Quantity,Price ($),Commission ($),"
    "Fees ($),"
    "Accrued Interest ($),Amount ($),Settlement Date\n"
)
END = (
    '\n"The data and information in this spreadsheet is provided to you."\n\n'
    '"Date downloaded Nov-20-2026 4:05 p.m. ET"\n'
)
ME = "Z12345678,Individual - TOD,"


def read(text: str) -> Statement:
    statement = filed.read("fidelity", text.encode(), date(2026, 11, 30))
    assert not statement.notes.fields
    return statement


def one(text: str) -> AccountStatement:
    (account,) = read(text).accounts
    return account


def row(
    action: str,
    symbol: str = "ACME",
    price: str = "",
    quantity: str = "0.000",
    amount: str = "5",
    kind: str = "Cash",
) -> Transaction:
    cells = f'"{action} ({kind})",{symbol},"ACME CORP COM",{kind},0,,USD,{price},{quantity},0,,,,{amount},'
    "11/04/2026\n"
    (told,) = one(f'{ALL}11/03/2026,"Individual","Z12345678",{cells}').transactions
    return told


def test_positions_of_the_sheet() -> None:
    told = one(
        POSITIONS
        + ME + 'ACME,ACME CORP COM,150.25,$142.11,+$0.80,"$21,352.03",+$120.20,+0.57%,+$3302.50,+18.30%,'
        '95.98%,'
        "$18049.53,$120.13,Cash,\n"
        + ME + "FCASH**,HELD IN FCASH,,,,$892.57,,,,,4.02%,,,Cash,\n"
        + ME + "Pending activity,,,,,-$12.00,,,,,,,,\n" + END
    )  # fmt: skip

    assert told.account.number == "Z12345678"
    assert told.balances is not None
    assert (told.balances[0].cash, told.balances[0].total_value) == (Decimal("880.57"), Decimal("22232.60"))
    assert told.positions is not None
    (held,) = told.positions
    assert (held.quantity, held.price, held.market_value) == (
        Decimal("150.25"), Decimal("142.11"), Decimal("21352.03"),
    )  # fmt: skip
    assert (held.cost_basis, held.average_cost, held.unrealized_gain) == (
        Decimal("18049.53"), Decimal("120.13"), Decimal("3302.50"),
    )  # fmt: skip
    assert told.as_of == datetime(2026, 11, 20, 21, 5, tzinfo=UTC)


def test_columns_had_other_names_until_2021() -> None:
    header = POSITIONS.replace("Cost Basis Total,Average Cost Basis", "Cost Basis,Cost Basis Per Share")
    told = one(header + ME + "VEA,FD,2,$5,,$10,,,n/a,--,,$8,$4,Cash\n")

    assert told.positions is not None
    assert (told.positions[0].cost_basis, told.positions[0].average_cost) == (Decimal(8), Decimal(4))
    assert told.positions[0].unrealized_gain is None


@pytest.mark.parametrize("symbol", [" -ACME261218C150", "-ACME261218C150.0"])
def test_an_option_has_a_hyphen_and_a_plain_strike(symbol: str) -> None:
    told = one(POSITIONS + ME + f"{symbol},ACME CALL,2,$1.5,,$300,,,,,,$200,$1,Margin\n")

    assert told.positions is not None
    assert told.positions[0].instrument.symbol == "ACME  261218C00150000"


@pytest.mark.parametrize("signs", ["10,$5,,$50,,,+$1,,,$51", "-10,$5,,-$50,,,+$1,,,-$51"])
def test_a_short_is_negative_whatever_its_signs(signs: str) -> None:
    told = one(POSITIONS + ME + f"ACME,ACME CORP,{signs},$5.1,Short\n")

    assert told.positions is not None
    held = told.positions[0]
    assert (held.quantity, held.market_value, held.cost_basis) == (Decimal(-10), Decimal(-50), Decimal(-51))


def test_what_stands_behind_the_blank_line_is_no_row() -> None:
    told = read(POSITIONS + ME + "ACME,A,1,$5,,$5,,,,,,,,Cash\n \nnot,a,row,of,the,table\n")

    assert len(told.accounts) == 1


# ---- activity


def test_all_accounts_of_2025_and_after() -> None:
    told = read(
        "\ufeff" + ALL
        + '11/03/2026,"Individual - TOD","Z12345678","YOU BOUGHT ACME CORP COM (ACME) (Cash)",ACME,'
        '"ACME CORP COM",'
        "Cash,0,,USD,101.25,10,0,,0.02,,-1012.52,11/04/2026\n"
        + '11/10/2026,"Savings","Z12345679","YOU SOLD ACME CORP COM (ACME) (Cash)",ACME,"ACME CORP COM",'
        "Cash,0,,USD,110,-4,0,1,0.01,,438.99,11/12/2026\n" + END
    )  # fmt: skip

    (bought,), (sold,) = (account.transactions for account in told.accounts)
    assert [account.account.number for account in told.accounts] == ["Z12345678", "Z12345679"]
    assert (bought.type, bought.quantity, bought.price, bought.gross, bought.fees, bought.net) == (
        T.BUY, Decimal(10), Decimal("101.25"), Decimal("-1012.50"), Decimal("0.02"), Decimal("-1012.52"),
    )  # fmt: skip
    assert (sold.type, sold.quantity, sold.gross, sold.fees) == (
        T.SELL, Decimal(-4), Decimal("440.00"), Decimal("1.01"),
    )  # fmt: skip
    assert (bought.trade_date, bought.settlement_date) == (date(2026, 11, 3), date(2026, 11, 4))
    assert bought.source_key is None


def test_older_files_begin_with_commas_and_have_blanks_before_cells() -> None:
    told = one(
        ",,,,,,,,,,,,\n" * 5 + OLDER
        + "07/30/2021,BROKERAGE 200000000, DIRECT DEBIT RENT (Cash), , No Description,Cash,,,,,,-22.92,"
        "08/02/2021\n"
        "07/29/2021,BROKERAGE 200000000, YOU BOUGHT (Cash), XMMXX, EXAMPLE MONEY MARKET,Cash,2,1,,,,-2,\n"
    )  # fmt: skip

    assert (told.account.number, told.account.name) == ("200000000", "BROKERAGE")
    rent, bought = told.transactions
    assert (rent.type, rent.instrument) == (T.WITHDRAWAL, None)
    assert (bought.type, bought.quantity, bought.net) == (T.SWEEP, Decimal(2), Decimal(-2))
    assert bought.instrument is not None
    assert bought.instrument.name == "EXAMPLE MONEY MARKET"


def test_the_file_of_one_account_names_nobody_and_tells_its_cash() -> None:
    told = one(
        "\ufeff\n\n" + ONE + "11/03/2026, INTEREST EARNED (Cash),,No Description,Cash,0.000,,,,,1.5,100.5,\n"
        "11/02/2026, DIRECT DEPOSIT (Cash),,No Description,Cash,0.000,,,,,99,99,\n"
    )

    assert (told.account.key, told.account.number) == ("", "")
    assert told.balances is not None
    assert told.balances[0].cash == Decimal("100.5")


def test_cash_that_is_being_processed_is_unknown() -> None:
    told = one(ONE + "11/03/2026,DIRECT DEPOSIT,,No Description,Cash,0,,,,,1.5,Processing,\n")

    assert told.balances is None


@pytest.mark.parametrize(
    ("action", "amount", "kind"),
    [
        ("DIVIDEND RECEIVED ACME", "5", T.DIVIDEND), ("SHORT-TERM CAP GAIN", "5", T.CAPITAL_GAIN),
        ("LONG-TERM CAP GAIN", "5", T.CAPITAL_GAIN), ("IN LIEU OF FRX SHARE", "5", T.CASH_IN_LIEU),
        ("INTEREST EARNED", "5", T.INTEREST), ("MUNI EXEMPT INT", "5", T.INTEREST),
        *((word, "5", T.DEPOSIT) for word in (
            "Electronic Funds Transfer Received", "DIRECT DEPOSIT", "WIRE TRANSFER FROM BANK",
            "CHECK RECEIVED",
            "CONTRIBUTION", "PARTIC CONTR", "ROLLOVER")),
        *((word, "-5", T.WITHDRAWAL) for word in (
            "Electronic Funds Transfer Paid", "DIRECT DEBIT", "WIRE TRANSFER TO BANK", "CHECK PAID",
            "BILL PAYMENT", "DEBIT CARD PURCHASE")),
        ("TRANSFERRED FROM VS", "5", T.TRANSFER_IN), ("TRANSFERRED TO VS", "-5", T.TRANSFER_OUT),
        ("JOURNALED", "-5", T.TRANSFER_OUT), ("TRANSFER OF ASSETS ACAT", "5", T.TRANSFER_IN),
        ("FEE CHARGED", "-5", T.FEE), ("ADVISOR FEE", "-5", T.FEE), ("ADJUST FEE", "5", T.FEE),
        ("FOREIGN TAX PAID", "-5", T.TAX), ("ADJ FOREIGN TAX", "5", T.TAX),
        ("MERGER", "5", T.MERGER), ("CONVERSION", "5", T.MERGER), ("EXCHANGE IN", "", T.MERGER),
        ("EXCHANGE OUT", "", T.MERGER), ("RETURN OF CAPITAL", "5", T.RETURN_OF_CAPITAL),
        ("MARGIN INTEREST", "-5", T.MARGIN_INTEREST), ("INTEREST EARNED", "-5", T.MARGIN_INTEREST),
        ("BUY CANCEL", "5", T.ADJUSTMENT), ("SELL CANCEL", "-5", T.ADJUSTMENT),
    ],
)  # fmt: skip
def test_what_an_action_begins_with(action: str, amount: str, kind: TransactionType) -> None:
    told = row(action, amount=amount)

    assert told.type is kind
    assert told.description.startswith(action)


@pytest.mark.parametrize(
    ("action", "quantity", "kind"),
    [
        ("REINVESTMENT", "2", T.DIVIDEND_REINVESTMENT), ("REDEMPTION PAYOUT", "-2", T.SELL),
        ("DISTRIBUTION", "2", T.SPLIT), ("EXPIRED CALL", "-2", T.OPTION_EXPIRATION),
        ("ASSIGNED as of 11/02", "2", T.OPTION_ASSIGNMENT), ("EXERCISED", "-2", T.OPTION_EXERCISE),
        ("YOU SOLD SHORT SALE", "-2", T.SELL_SHORT), ("YOU BOUGHT SHORT COVER", "2", T.BUY_TO_COVER),
    ],
)  # fmt: skip
def test_what_moves_securities(action: str, quantity: str, kind: TransactionType) -> None:
    told = row(action, quantity=quantity, price="1")

    assert (told.type, told.quantity) == (kind, Decimal(quantity))


@pytest.mark.parametrize(
    ("words", "quantity", "kind"),
    [
        ("YOU BOUGHT OPENING TRANSACTION", "1", T.BUY_TO_OPEN),
        ("YOU BOUGHT CLOSING TRANSACTION", "1", T.BUY_TO_CLOSE),
        ("YOU SOLD OPENING TRANSACTION", "-1", T.SELL_TO_OPEN),
        ("YOU SOLD CLOSING TRANSACTION", "-1", T.SELL_TO_CLOSE),
        ("YOU BOUGHT", "1", T.BUY),
    ],
)  # fmt: skip
def test_trades_of_options_open_and_close(words: str, quantity: str, kind: TransactionType) -> None:
    assert row(words, symbol=" -ACME261218C150", quantity=quantity, price="1").type is kind


@pytest.mark.parametrize(
    ("action", "symbol"),
    [
        ("PURCHASE INTO CORE ACCOUNT", "QXXXX"), ("REDEMPTION FROM CORE ACCOUNT", "QXXXX"),
        ("REINVESTMENT FIDELITY GOVERNMENT MONEY MARKET", "SPAXX"), ("YOU BOUGHT", "FDRXX"),
    ],
)  # fmt: skip
def test_moves_of_the_core_fund_are_sweeps(action: str, symbol: str) -> None:
    told = row(action, symbol=symbol, quantity="2.41", price="1", amount="-2.41")

    assert told.type is T.SWEEP
    assert told.instrument is not None
    assert told.instrument.kind is InstrumentKind.CASH_EQUIVALENT


def test_a_bond_is_priced_in_percent_but_redeemed_at_one() -> None:
    bought = row("YOU BOUGHT", symbol="912810RW0", price="90.67", quantity="55000", amount="-50000")
    redeemed = row("REDEMPTION PAYOUT", symbol="912810RW0", price="1", quantity="-55000", amount="55000")

    assert (bought.price, redeemed.price) == (Decimal("90.67"), Decimal(100))
    assert redeemed.instrument is not None
    assert redeemed.instrument.kind is InstrumentKind.BOND


def test_a_merger_moves_shares_and_money_in_one_row() -> None:
    told = row("MERGER MER PAYOUT", quantity="-10", amount="55.5")

    assert (told.type, told.quantity, told.net) == (T.MERGER, Decimal(-10), Decimal("55.5"))


def test_the_amount_of_a_bond_has_the_accrued_interest_in_it_and_is_taken_as_given() -> None:
    told = row("YOU BOUGHT", symbol="912810RW0", price="90.67", quantity="55000", amount="-50001.23")

    assert (told.net, told.gross, told.price) == (
        Decimal("-50001.23"), Decimal("-50001.23"), Decimal("90.67"),
    )  # fmt: skip


def test_a_dividend_has_no_quantity_and_a_distribution_of_shares_no_money() -> None:
    paid, split = row("DIVIDEND RECEIVED ACME"), row("DISTRIBUTION", quantity="5", amount="")

    assert (paid.quantity, paid.price) == (None, None)
    assert (split.type, split.quantity, split.net) == (T.SPLIT, Decimal(5), None)


def test_a_row_has_the_currency_of_its_column_and_dollars_without_one() -> None:
    (pounds,) = one(
        f'{ALL}11/03/2026,"I","Z12345678","DIVIDEND RECEIVED A",ACME,"A",Cash,0,,GBP,,0,0,,,,5,\n'
    ).transactions

    assert (pounds.currency, row("DIVIDEND RECEIVED ACME").currency) == ("GBP", "USD")


def test_older_files_of_one_account_have_no_column_of_accounts() -> None:
    header = OLDER.replace("Account,", "", 1)
    told = one(header + "07/30/2021, INTEREST EARNED, , No Description,Cash,,,,,,1.5,08/02/2021\n")

    assert (told.account.number, told.transactions[0].type) == ("", T.INTEREST)


def test_90_days_a_download_and_no_ids_are_said_of_the_format() -> None:
    limits, notes = FORMAT.facts.limits, {c.dataset: c.note for c in FORMAT.facts.capabilities}

    assert "90 days" in limits
    assert "no ids" in notes[Dataset.TRANSACTIONS]


def test_an_action_that_nobody_knows_is_other_and_counted() -> None:
    told = read(f'{ALL}11/03/2026,"I","Z12345678","SOMETHING NEW HAPPENED",ACME,"A",Cash,0,,USD,,1,0,,,,5,\n')

    assert told.accounts[0].transactions[0].type is T.OTHER
    assert dict(told.notes.words) == {"action.something new": 1}


def test_rows_that_are_equal_in_all_stay_two() -> None:
    line = (
        '11/03/2026,"I","Z12345678","YOU BOUGHT A (A) (Cash)",ACME,"A",Cash,0,,USD,1,1,0,,,,-1,'
        f"11/04/2026\n"  # noqa: F541
    )

    assert len(one(ALL + line * 2).transactions) == 2


def test_a_file_without_a_known_header_is_refused() -> None:
    with pytest.raises(StatementUnreadable, match="none of the files that we read of Fidelity"):
        filed.read("fidelity", b"Run Date,Deed,Symbol\n11/03/2026,bought,ACME\n")


def test_a_figure_that_is_none_is_refused_with_its_line() -> None:
    with pytest.raises(StatementUnreadable, match="Line 3: amount is not a number"):
        read(f'{ALL}11/03/2026,"I","Z12345678","FEE CHARGED",,"A",Cash,0,,USD,,0,0,,,,5,\n'
             '11/03/2026,"I","Z12345678","FEE CHARGED",,"A",Cash,0,,USD,,0,0,,,,five,\n')  # fmt: skip
