"""OFX: each aggregate of transactions, each sign and each quirk of the sheet, on rows written by hand."""

from datetime import date
from decimal import Decimal

import pytest
from ofx_made import ACME, BOND, CALL, CASH, FORMAT, FUND, TODAY, content, figures, head, read, rows

from domain.errors import StatementUnreadable
from domain.instruments import InstrumentKind
from domain.transactions import TransactionType

T = TransactionType

# ---- buys and sells


def test_a_purchase_and_a_sale_of_the_sheet() -> None:
    costs = "<COMMISSION>4.95<FEES>0.02"
    bought, sold = rows(
        f"<BUYSTOCK><INVBUY>{head()}{ACME}<UNITS>10<UNITPRICE>101.25{costs}<TOTAL>-1017.47{CASH}</INVBUY>"
        "<BUYTYPE>BUY</BUYSTOCK>",
        f"<SELLSTOCK><INVSELL>{head(fitid='F2')}{ACME}<UNITS>-4<UNITPRICE>110{costs}<TOTAL>435.03{CASH}</INVSELL>"
        "<SELLTYPE>SELL</SELLSTOCK>",
    )

    assert figures(bought) == (T.BUY, "10", "101.25", "-1012.50", "4.97", None, "-1017.47")
    assert figures(sold) == (T.SELL, "-4", "110", "440.00", "4.97", None, "435.03")
    assert (bought.source_key, bought.trade_date, bought.settlement_date) == (
        "ofx:F1", date(2026, 11, 3), date(2026, 11, 4),
    )  # fmt: skip
    assert bought.executed_at is None
    assert bought.raw.startswith(b"<BUYSTOCK><INVBUY><INVTRAN><FITID>F1")


@pytest.mark.parametrize(("units", "total"), [("-4", "439"), ("4", "439"), ("4", "-439"), ("-4", "-439")])
def test_the_sign_of_a_sale_is_its_name_and_not_its_units(units: str, total: str) -> None:
    (sold,) = rows(
        f"<SELLSTOCK><INVSELL>{head()}{ACME}<UNITS>{units}<UNITPRICE>110<FEES>1<TOTAL>{total}{CASH}</INVSELL>"
        "<SELLTYPE>SELL</SELLSTOCK>"
    )

    assert figures(sold)[1:] == ("-4", "110", "440", "1", None, "439")


def test_a_sale_that_costs_more_than_it_brings_keeps_its_sign() -> None:
    (sold,) = rows(
        f"<SELLOPT><INVSELL>{head()}{CALL}<UNITS>-1<UNITPRICE>0.01<COMMISSION>1.65<TOTAL>-0.65{CASH}</INVSELL>"
        "<OPTSELLTYPE>SELLTOCLOSE<SHPERCTRCT>100</SELLOPT>"
    )

    assert figures(sold) == (T.SELL_TO_CLOSE, "-1", "0.01", "1.00", "1.65", None, "-0.65")


@pytest.mark.parametrize(
    ("aggregate", "body", "word", "kind"),
    [
        ("BUYSTOCK", "INVBUY", "<BUYTYPE>BUY", T.BUY),
        ("BUYSTOCK", "INVBUY", "<BUYTYPE>BUYTOCOVER", T.BUY_TO_COVER),
        ("BUYSTOCK", "INVBUY", "<BUYTYPE>BUY    ", T.BUY),  # Fidelity pads
        ("BUYMF", "INVBUY", "<BUYTYPE>BUY<RELFITID>1", T.BUY),
        ("BUYDEBT", "INVBUY", "<ACCRDINT>1.5", T.BUY),
        ("BUYOPT", "INVBUY", "<OPTBUYTYPE>BUYTOOPEN<SHPERCTRCT>100", T.BUY_TO_OPEN),
        ("BUYOPT", "INVBUY", "<OPTBUYTYPE>BUYTOCLOSE<SHPERCTRCT>100", T.BUY_TO_CLOSE),
        ("BUYOTHER", "INVBUY", "", T.BUY),
        ("SELLSTOCK", "INVSELL", "<SELLTYPE>SELL", T.SELL),
        ("SELLSTOCK", "INVSELL", "<SELLTYPE>SELLSHORT", T.SELL_SHORT),
        ("SELLMF", "INVSELL", "<SELLTYPE>SELL<AVGCOSTBASIS>1", T.SELL),
        ("SELLDEBT", "INVSELL", "<SELLREASON>CALL", T.SELL),
        ("SELLDEBT", "INVSELL", "<SELLREASON>MATURITY", T.SELL),
        ("SELLDEBT", "INVSELL", "<SELLREASON>SELL", T.SELL),
        ("SELLOPT", "INVSELL", "<OPTSELLTYPE>SELLTOOPEN<SHPERCTRCT>100<SECURED>COVERED", T.SELL_TO_OPEN),
        ("SELLOPT", "INVSELL", "<OPTSELLTYPE>SELLTOCLOSE<SHPERCTRCT>100<RELTYPE>SPREAD", T.SELL_TO_CLOSE),
        ("SELLOTHER", "INVSELL", "", T.SELL),
        *((word, "INVBUY", "", T.BUY) for word in ("BUYSTOCK", "BUYMF", "BUYOPT")),
        *((word, "INVSELL", "", T.SELL) for word in ("SELLSTOCK", "SELLMF", "SELLDEBT", "SELLOPT")),
    ],
)
def test_each_trade_has_its_type(aggregate: str, body: str, word: str, kind: TransactionType) -> None:
    (row,) = rows(
        f"<{aggregate}><{body}>{head()}{ACME}<UNITS>1<UNITPRICE>2<TOTAL>2{CASH}</{body}>{word}</{aggregate}>"
    )

    assert (row.type, row.source_type) == (kind, aggregate)


def test_an_unknown_word_is_counted_and_the_trade_stays_one() -> None:
    statement = read(
        f"<INVTRANLIST><BUYSTOCK><INVBUY>{head()}{ACME}<UNITS>1<UNITPRICE>2<TOTAL>-2{CASH}<NEWTAG>1</INVBUY>"
        "<BUYTYPE>BARTER</BUYSTOCK></INVTRANLIST>"
    )

    assert statement.accounts[0].transactions[0].type is T.BUY
    assert dict(statement.notes.words) == {"BUYTYPE.BARTER": 1}
    assert dict(statement.notes.fields) == {"BUYSTOCK.NEWTAG": 1}


def test_a_bond_is_priced_in_percent_and_an_option_by_the_share() -> None:
    bond, option = rows(
        f"<BUYDEBT><INVBUY>{head()}{BOND}<UNITS>5000<UNITPRICE>98.5<FEES>1{CASH}</INVBUY></BUYDEBT>",
        f"<BUYOPT><INVBUY>{head(fitid='F2')}{CALL}<UNITS>2<UNITPRICE>1.25<FEES>1{CASH}</INVBUY>"
        "<OPTBUYTYPE>BUYTOOPEN<SHPERCTRCT>100</BUYOPT>",
    )

    assert figures(bond)[1:] == ("5000", "98.5", "-4925.000", "1", None, "-4926.000")
    assert figures(option)[1:] == ("2", "1.25", "-250.00", "1", None, "-251.00")


def test_fees_are_commission_fees_load_and_penalty_and_taxes_are_what_is_withheld() -> None:
    (row,) = rows(
        f"<SELLMF><INVSELL>{head()}{ACME}<UNITS>-1<UNITPRICE>100<COMMISSION>1<FEES>2<LOAD>3<PENALTY>4<TAXES>5"
        f"<WITHHOLDING>6<STATEWITHHOLDING>7<TOTAL>72{CASH}</INVSELL><SELLTYPE>SELL</SELLMF>"
    )

    assert figures(row)[3:] == ("100", "10", "18", "72")


def test_what_is_not_told_is_none_and_not_zero() -> None:
    (row,) = rows(f"<BUYOTHER><INVBUY>{head()}{ACME}<UNITS>1<TOTAL>-5{CASH}</INVBUY></BUYOTHER>")

    assert figures(row)[1:] == ("1", None, "-5", None, None, "-5")


def test_a_purchase_with_the_memo_reinvestment_is_one() -> None:
    """Fidelity."""
    (row,) = rows(
        f"<BUYMF><INVBUY>{head('REINVESTMENT')}{ACME}<UNITS>+0000000000002.55000<UNITPRICE>10<TOTAL>-25.5"
        f"{CASH}<CURRENCY><CURRATE>1.00<CURSYM>USD</CURRENCY></INVBUY><BUYTYPE>BUY</BUYMF>"
    )

    assert figures(row) == (T.DIVIDEND_REINVESTMENT, "2.55000", "10", "-25.5", None, None, "-25.5")


def test_trades_of_the_fund_that_holds_the_cash_are_sweeps() -> None:
    (row,) = rows(f"<BUYMF><INVBUY>{head()}{FUND}<UNITS>5<UNITPRICE>1.0<TOTAL>-5{CASH}</INVBUY></BUYMF>")

    assert row.type is T.SWEEP


# ---- what companies do


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("DIV", T.DIVIDEND), ("CGLONG", T.CAPITAL_GAIN), ("CGSHORT", T.CAPITAL_GAIN),
        ("INTEREST", T.INTEREST), ("MISC", T.OTHER),
    ],
)  # fmt: skip
def test_income_by_its_kind(word: str, kind: TransactionType) -> None:
    (row,) = rows(f"<INCOME>{head()}{ACME}<INCOMETYPE>{word}<TOTAL>3.12{CASH}</INCOME>")

    assert figures(row) == (kind, None, None, "3.12", None, None, "3.12")


def test_what_is_withheld_of_income_is_a_row_of_tax() -> None:
    paid, tax = rows(
        f"<INCOME>{head()}{ACME}<INCOMETYPE>DIV<TOTAL>10<WITHHOLDING>1.5<TAXEXEMPT>N{CASH}</INCOME>"
    )

    assert (paid.type, paid.net, paid.source_key) == (T.DIVIDEND, Decimal(10), "ofx:F1")
    assert (tax.type, tax.net, tax.source_key) == (T.TAX, Decimal("-1.5"), "ofx:F1.withholding")


def test_a_reinvestment_is_a_dividend_and_a_purchase() -> None:
    income, bought = rows(
        f"<REINVEST>{head('REINVESTMENT')}{ACME}<INCOMETYPE>DIV<TOTAL>-25.5<SUBACCTSEC>CASH<UNITS>2.55"
        "<UNITPRICE>10</REINVEST>"
    )

    assert figures(income) == (T.DIVIDEND, None, None, "25.5", None, None, "25.5")
    assert figures(bought) == (T.DIVIDEND_REINVESTMENT, "2.55", "10", "-25.5", None, None, "-25.5")
    assert (income.source_key, bought.source_key) == ("ofx:F1.income", "ofx:F1")


def test_capital_that_comes_back() -> None:
    (row,) = rows(f"<RETOFCAP>{head()}{ACME}<TOTAL>7{CASH}</RETOFCAP>")

    assert (row.type, row.net) == (T.RETURN_OF_CAPITAL, Decimal(7))


def test_a_split_moves_the_difference_and_pays_the_fraction() -> None:
    split, cash = rows(
        f"<SPLIT>{head()}{ACME}<SUBACCTSEC>CASH<OLDUNITS>10<NEWUNITS>15<NUMERATOR>3<DENOMINATOR>2<FRACCASH>4.5"
        "<SUBACCTFUND>CASH</SPLIT>"
    )

    assert figures(split) == (T.SPLIT, "5", None, "0", None, None, "0")
    assert (cash.type, cash.net, cash.source_key) == (T.CASH_IN_LIEU, Decimal("4.5"), "ofx:F1.cash")


@pytest.mark.parametrize(
    ("told", "kind", "quantity"),
    [
        ("<UNITS>5<TFERACTION>IN<POSTYPE>LONG", T.TRANSFER_IN, "5"),
        ("<UNITS>5<TFERACTION>OUT<POSTYPE>LONG", T.TRANSFER_OUT, "-5"),
        ("<UNITS>-5<TFERACTION>OUT<POSTYPE>LONG", T.TRANSFER_OUT, "-5"),
        ("<UNITS>5<TFERACTION>IN<POSTYPE>SHORT", T.TRANSFER_IN, "-5"),
        ("<UNITS>-5<POSTYPE>LONG", T.TRANSFER_OUT, "-5"),
    ],
)
def test_transfers_in_kind(told: str, kind: TransactionType, quantity: str) -> None:
    (row,) = rows(
        f"<TRANSFER>{head()}{ACME}<SUBACCTSEC>CASH{told}<UNITPRICE>9<INV401KSOURCE>MATCH</TRANSFER>"
    )

    assert figures(row) == (kind, quantity, "9", "0", None, None, "0")


def test_a_plan_tells_its_fees_as_transfers() -> None:
    """Vanguard's 401(k)."""
    (row,) = rows(
        f"<TRANSFER>{head('Investment Expense')}{ACME}<SUBACCTSEC>CASH<UNITS>-0.04<TFERACTION>OUT"
        "<POSTYPE>LONG</TRANSFER>"
    )

    assert (row.type, row.quantity, row.net) == (T.FEE, Decimal("-0.04"), Decimal(0))


def test_transfers_and_positions_of_zero_units_are_left_out_with_a_reason() -> None:
    """TIAA's "Balance Update"."""
    told = read(
        f"<INVTRANLIST>\n<TRANSFER>{head('Balance Update')}{ACME}<UNITS>0<TFERACTION>IN</TRANSFER>"
        f"</INVTRANLIST><INVPOSLIST>\n<POSMF><INVPOS>{ACME}<UNITS>0.0<UNITPRICE>0<MKTVAL>0</INVPOS></POSMF></INVPOSLIST>"
    )

    assert told.accounts[0].transactions == ()
    assert [(one.line, "nothing" in one.reason) for one in told.skipped] == [(8, True), (9, True)]


@pytest.mark.parametrize(
    ("word", "units", "kind", "quantity"),
    [
        ("EXPIRE", "-1", T.OPTION_EXPIRATION, "-1"),
        ("EXPIRE", "1", T.OPTION_EXPIRATION, "1"),
        ("EXERCISE", "1", T.OPTION_EXERCISE, "-1"),
        ("EXERCISE", "-1", T.OPTION_EXERCISE, "-1"),
        ("ASSIGN", "1", T.OPTION_ASSIGNMENT, "1"),
        ("ASSIGN", "-1", T.OPTION_ASSIGNMENT, "1"),
    ],
)
def test_options_end(word: str, units: str, kind: TransactionType, quantity: str) -> None:
    (row,) = rows(
        f"<CLOSUREOPT>{head()}{CALL}<OPTACTION>{word}<UNITS>{units}<SHPERCTRCT>100<SUBACCTSEC>CASH<GAIN>1"
        "</CLOSUREOPT>"
    )

    assert figures(row) == (kind, quantity, None, "0", None, None, "0")
    assert row.instrument is not None
    assert row.instrument.symbol == "ACME  261218C00125000"


@pytest.mark.parametrize(
    ("memo", "total", "kind", "net"),
    [
        ("SERVICE CHARGE", "5", T.FEE, "-5"),
        ("SERVICE CHARGE", "-5", T.FEE, "-5"),
        ("FEE REFUND", "5", T.FEE, "5"),
        ("DIV - 100 Foreign Stk W/H", "-5", T.TAX, "-5"),
        ("FOREIGN TAX WITHHELD", "5", T.TAX, "-5"),
    ],
)
def test_an_expense_is_a_fee_or_what_is_withheld(
    memo: str, total: str, kind: TransactionType, net: str
) -> None:
    """E*TRADE's files have the tax beside the income."""
    (row,) = rows(f"<INVEXPENSE>{head(memo)}{ACME}<TOTAL>{total}{CASH}</INVEXPENSE>")

    assert (row.type, str(row.net)) == (kind, net)


def test_interest_on_margin_goes_out() -> None:
    (row,) = rows(f"<MARGININTEREST>{head()}<TOTAL>12<SUBACCTFUND>MARGIN</MARGININTEREST>")

    assert (row.type, row.net, row.instrument) == (T.MARGIN_INTEREST, Decimal(-12), None)


@pytest.mark.parametrize("body", [f"{ACME}<UNITS>5", "<TOTAL>5"])
def test_a_journal_inside_the_account_moves_nothing(body: str) -> None:
    name = "JRNLSEC" if "UNITS" in body else "JRNLFUND"
    (row,) = rows(f"<{name}>{head()}{body}<SUBACCTFROM>CASH<SUBACCTTO>MARGIN</{name}>")

    assert figures(row) == (T.OTHER, None, None, "0", None, None, "0")


def test_a_reversal_keeps_its_own_signs() -> None:
    (row,) = rows(
        f"<BUYSTOCK><INVBUY>{head(more='<REVERSALFITID>F0')}{ACME}<UNITS>-10<UNITPRICE>2<TOTAL>20{CASH}</INVBUY>"
        "<BUYTYPE>BUY</BUYSTOCK>"
    )

    assert (row.type, row.quantity, row.net) == (T.ADJUSTMENT, Decimal(-10), Decimal(20))
    (back,) = rows(
        f"<TRANSFER>{head(more='<REVERSALFITID>F0')}{ACME}<SUBACCTSEC>CASH<UNITS>-5<TFERACTION>IN</TRANSFER>"
    )
    assert (back.type, back.quantity) == (T.ADJUSTMENT, Decimal(-5))


def test_a_row_of_cash_of_a_type_that_nobody_knows_is_other_and_counted() -> None:
    told = read(
        "<INVTRANLIST><INVBANKTRAN><STMTTRN><TRNTYPE>BARTER<DTPOSTED>20261102<TRNAMT>5<FITID>B1</STMTTRN>"
        "<SUBACCTFUND>CASH</INVBANKTRAN></INVTRANLIST>"
    )

    assert told.accounts[0].transactions[0].type is T.OTHER
    assert dict(told.notes.words) == {"TRNTYPE.BARTER": 1}


def test_an_aggregate_that_nobody_knows_is_kept_as_other() -> None:
    statement = read(f"<INVTRANLIST><BARTER>{head()}{ACME}<UNITS>3<TOTAL>1</BARTER></INVTRANLIST>")

    (row,) = statement.accounts[0].transactions
    assert (row.type, row.quantity, row.net, row.source_type) == (T.OTHER, Decimal(3), Decimal(1), "BARTER")
    assert dict(statement.notes.words) == {"BARTER": 1}


# ---- cash


@pytest.mark.parametrize(
    ("word", "amount", "text", "kind"),
    [
        *((word, "5", "", T.DEPOSIT) for word in ("CREDIT", "DEP", "DIRECTDEP")),
        *(
            (word, "-5", "", T.WITHDRAWAL)
            for word in ("CHECK", "PAYMENT", "ATM", "POS", "CASH", "DIRECTDEBIT", "DEBIT", "REPEATPMT")
        ),
        ("INT", "5", "", T.INTEREST), ("INT", "-5", "", T.MARGIN_INTEREST), ("DIV", "5", "", T.DIVIDEND),
        ("FEE", "-5", "", T.FEE), ("SRVCHG", "-5", "", T.FEE), ("OTHER", "-5", "", T.OTHER),
        ("XFER", "5", "", T.TRANSFER_IN), ("XFER", "-5", "", T.TRANSFER_OUT),
        ("DEP", "5", "INTEREST EARNED", T.INTEREST), ("OTHER", "-5", "LATE SETTLEMENT FEE", T.FEE),
        ("DEBIT", "-5", "CASH TRADE: AUD.USD", T.FX_CONVERSION),
        ("CREDIT", "5", "CASH TRADE: AUD.USD", T.FX_CONVERSION),
        ("DEP", "5", "TRANSFERRED FROM     VS X00-00000", T.TRANSFER_IN),
    ],
)  # fmt: skip
def test_rows_of_cash_by_their_words_before_their_type(
    word: str, amount: str, text: str, kind: TransactionType
) -> None:
    (row,) = rows(
        f"<INVBANKTRAN><STMTTRN><TRNTYPE>{word}<DTPOSTED>20261102<TRNAMT>{amount}<FITID>B1<CHECKNUM>1<NAME>{text}"
        "</STMTTRN><SUBACCTFUND>CASH</INVBANKTRAN>"
    )

    assert (row.type, str(row.net), row.source_key, row.instrument) == (kind, amount, "ofx:B1", None)


@pytest.mark.parametrize(
    ("name", "memo", "told"),
    [("EFT", "IN", "EFT IN"), ("EFT", "EFT RECEIVED", "EFT RECEIVED"), ("", "IN", "IN"), ("EFT", "", "EFT")],
)
def test_a_row_of_cash_is_described_by_name_and_memo_and_by_neither_twice(
    name: str, memo: str, told: str
) -> None:
    (row,) = rows(
        "<INVBANKTRAN><STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261102<TRNAMT>5<FITID>B1"
        f"<NAME>{name}<MEMO>{memo}</STMTTRN><SUBACCTFUND>CASH</INVBANKTRAN>"
    )

    assert row.description == told


@pytest.mark.parametrize(
    ("aggregate", "body", "kind"),
    [
        ("BUYSTOCK", "INVBUY", InstrumentKind.EQUITY), ("SELLSTOCK", "INVSELL", InstrumentKind.EQUITY),
        ("BUYMF", "INVBUY", InstrumentKind.MUTUAL_FUND), ("SELLMF", "INVSELL", InstrumentKind.MUTUAL_FUND),
        ("BUYDEBT", "INVBUY", InstrumentKind.BOND), ("SELLDEBT", "INVSELL", InstrumentKind.BOND),
        ("BUYOPT", "INVBUY", InstrumentKind.OPTION), ("SELLOPT", "INVSELL", InstrumentKind.OPTION),
        ("BUYOTHER", "INVBUY", InstrumentKind.OTHER), ("SELLOTHER", "INVSELL", InstrumentKind.OTHER),
    ],
)  # fmt: skip
def test_what_is_dealt_in_and_not_listed_is_of_the_kind_of_its_aggregate(
    aggregate: str, body: str, kind: InstrumentKind
) -> None:
    unknown = "<SECID><UNIQUEID>000000ZZ9<UNIQUEIDTYPE>CUSIP</SECID>"
    (row,) = rows(
        f"<{aggregate}><{body}>{head()}{unknown}<UNITS>1<UNITPRICE>2<TOTAL>2{CASH}</{body}></{aggregate}>"
    )

    assert row.instrument is not None
    assert row.instrument.kind is kind


def test_an_amount_on_hold_has_not_moved() -> None:
    told = read(
        "<INVTRANLIST><INVBANKTRAN><STMTTRN><TRNTYPE>HOLD<DTPOSTED>20261102<TRNAMT>5<FITID>B1</STMTTRN></INVBANKTRAN>"
        "</INVTRANLIST>"
    )

    assert told.accounts[0].transactions == ()
    assert "hold" in told.skipped[0].reason


def test_a_row_of_cash_may_be_in_a_currency_of_its_own() -> None:
    (row,) = rows(
        "<INVBANKTRAN><STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261102<TRNAMT>5<FITID>B1<CURRENCY><CURRATE>0.7<CURSYM>AUD"
        "</CURRENCY></STMTTRN></INVBANKTRAN>"
    )

    assert row.currency == "AUD"


# ---- lexical: figures and days


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-1017.47", "-1017.47"), ("+0000000000100.00000", "100.00000"), (".5", "0.5"), ("12,5", "12.5"),
        ("1,234.50", "1234.50"), (" 7 ", "7"), ("-1 017.47", "-1017.47"),
    ],
)  # fmt: skip
def test_amounts_as_they_are_written(text: str, value: str) -> None:
    (row,) = rows(f"<INCOME>{head()}{ACME}<INCOMETYPE>DIV<TOTAL>{text}{CASH}</INCOME>")

    assert str(row.net) == value


@pytest.mark.parametrize("text", ["twelve", "NaN", "Infinity", "1E+1000000", "9" * 60, "1.2.3", "12_5", "١٢"])
def test_figures_that_are_none_are_refused_with_the_line(text: str) -> None:
    body = f"<INVTRANLIST>\n<INCOME>\n{head()}{ACME}<INCOMETYPE>DIV\n<TOTAL>{text}\n</INCOME></INVTRANLIST>"
    with pytest.raises(StatementUnreadable) as refused:
        FORMAT.read(content(body).replace(b"CHARSET:1252", b"CHARSET:NONE") if text.isascii() else
                    content("").replace(b"CHARSET:1252", b"CHARSET:NONE").replace(
                        b"</INVACCTFROM>", b"</INVACCTFROM>" + body.encode()), TODAY)  # fmt: skip

    assert refused.value.line == 10
    assert "TOTAL" in refused.value.message
    assert text not in refused.value.message


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20261103", date(2026, 11, 3)),
        ("20261103000000", date(2026, 11, 3)),
        ("20261103000000.000[-5:EST]", date(2026, 11, 3)),
        ("20261103160000.000[-5:EST]", date(2026, 11, 3)),
        ("20261103233000.000[-5:EST]", date(2026, 11, 3)),
        ("20261103120000.000[-3.5]", date(2026, 11, 3)),
        ("20261103090000[-:EST]", date(2026, 11, 3)),  # IBKR
        ("20261103120000[0:GMT]", date(2026, 11, 3)),
        ("20261103050000", date(2026, 11, 3)),  # midnight in New York, in GMT
        ("20261103020000", date(2026, 11, 2)),
        ("202611031530", date(2026, 11, 3)),
    ],
)
def test_the_day_that_is_meant(text: str, day: date) -> None:
    (row,) = rows(f"<INCOME>{head(when=text)}{ACME}<INCOMETYPE>DIV<TOTAL>1{CASH}</INCOME>")

    assert row.trade_date == day


@pytest.mark.parametrize("text", ["2026", "20261303", "20260230", "00010101", "99991231", "yesterday", ""])
def test_days_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(StatementUnreadable, match="DTTRADE"):
        rows(f"<INCOME>{head(when=text)}{ACME}<INCOMETYPE>DIV<TOTAL>1{CASH}</INCOME>")


@pytest.mark.parametrize("where", ["<DTASOF>20261120", f"<DTTRADE>{20261103}"])
def test_a_day_that_has_not_come_is_a_lie(where: str) -> None:
    told = content(f"<INVTRANLIST><INCOME>{head()}{ACME}<INCOMETYPE>DIV<TOTAL>1{CASH}</INCOME></INVTRANLIST>")

    with pytest.raises(StatementUnreadable, match="has not come"):
        FORMAT.read(told.replace(where.encode(), where[:-8].encode() + b"20270301"), TODAY)


# ---- keys


def test_a_row_that_is_told_twice_is_one() -> None:
    row = f"<INCOME>{head()}{ACME}<INCOMETYPE>DIV<TOTAL>1{CASH}</INCOME>"
    told = read(f"<INVTRANLIST>{row}{row}</INVTRANLIST>")

    assert len(told.accounts[0].transactions) == 1
    assert "twice" in told.skipped[0].reason


def test_a_fitid_of_different_rows_is_nobodys() -> None:
    one, other = rows(
        f"<INCOME>{head()}{ACME}<INCOMETYPE>DIV<TOTAL>1{CASH}</INCOME>",
        f"<INCOME>{head()}{ACME}<INCOMETYPE>DIV<TOTAL>2{CASH}</INCOME>",
    )

    assert (one.source_key, other.source_key) == (None, None)
