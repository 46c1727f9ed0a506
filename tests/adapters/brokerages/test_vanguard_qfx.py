"""Vanguard's QFX files: what real ones do, on a file put together from the parts of ours."""

from datetime import date
from decimal import Decimal

import pytest
from ofx_made import CASH, FUND, TODAY, content, head

from adapters.brokerages.vanguard import CARD
from domain.errors import StatementUnreadable
from domain.ports.statements import AccountStatement
from domain.transactions import TransactionType

T = TransactionType
(QFX,) = [form for form in CARD.files if form.facts.id == "ofx"]
OTHER = CASH.replace("CASH", "OTHER")


def read(body: str) -> AccountStatement:
    (account,) = QFX.read(content(body, whose="vanguard.com"), TODAY).accounts
    return account


def test_files_have_blanks_before_the_header_private_tags_and_cookies() -> None:
    sign_on = b"<FI><ORG>Vanguard</FI><SESSCOOKIE>A1<INTU.BID>15103<INTU.USERID>me"
    told = content(f"<INVTRANLIST><RETOFCAP>{head()}{FUND}<TOTAL>1{CASH}</RETOFCAP></INVTRANLIST>",
                   whose="vanguard.com")  # fmt: skip
    told = b"\r\n\r\n  " + told.replace(b"<FI><ORG>x</FI>", sign_on).replace(
        b"<INVSTMTRS>", b"<CLTCOOKIE>4<INVSTMTRS>"
    )

    statement = QFX.read(told, TODAY)

    assert len(statement.accounts[0].transactions) == 1
    assert not statement.notes.fields


def test_trades_of_the_settlement_fund_are_sweeps_and_it_is_the_cash_beside_an_available_zero() -> None:
    told = read(
        f"<INVTRANLIST><BUYMF><INVBUY>{head()}{FUND}<UNITS>5<UNITPRICE>1.0<TOTAL>-5{CASH}</INVBUY></BUYMF>"
        f"</INVTRANLIST><INVPOSLIST><POSMF><INVPOS>{FUND}<HELDINACCT>OTHER<POSTYPE>LONG<UNITS>80<UNITPRICE>1"
        "<MKTVAL>80</INVPOS></POSMF></INVPOSLIST><INVBAL><AVAILCASH>0<MARGINBALANCE>0<SHORTBALANCE>0</INVBAL>"
    )

    assert [row.type for row in told.transactions] == [T.SWEEP]
    assert told.positions == ()
    assert told.balances is not None
    assert told.balances[0].cash == 80


def test_a_plan_tells_its_fees_as_transfers_and_its_memos_are_boilerplate() -> None:
    told = read(
        f"<INVTRANLIST><TRANSFER>{head('Investment Expense')}{FUND}{OTHER}<UNITS>-0.04<TFERACTION>OUT"
        f"<POSTYPE>LONG<INV401KSOURCE>MATCH</TRANSFER><BUYMF><INVBUY>"
        f"{head('Price as of date based on closing price', fitid='F2')}"
        f"<SECID><UNIQUEID>0000PLAN<UNIQUEIDTYPE>CUSIP</SECID><UNITS>1<UNITPRICE>9<TOTAL>-9{OTHER}</INVBUY>"
        "<BUYTYPE>BUY</BUYMF></INVTRANLIST><INV401KBAL><CASHBAL>1<TOTAL>7</INV401KBAL>"
    )

    assert [row.type for row in told.transactions] == [T.FEE, T.BUY]
    assert told.balances is not None
    assert told.balances[0].total_value == 7


@pytest.mark.parametrize("fitid", ["01234567890.0123.07152011.0", "123456789.123.03152023.A"])
def test_ids_of_rows_are_long_dotted_and_text(fitid: str) -> None:
    told = read(f"<INVTRANLIST><RETOFCAP>{head(fitid=fitid)}{FUND}<TOTAL>1{CASH}</RETOFCAP></INVTRANLIST>")

    assert told.transactions[0].source_key == f"ofx:{fitid}"


def test_days_are_told_at_the_close_of_the_market() -> None:
    when = "20261103160000.000[-5:EST]"
    told = read(f"<INVTRANLIST><RETOFCAP>{head(when=when)}{FUND}<TOTAL>1{CASH}</RETOFCAP></INVTRANLIST>")

    assert (told.transactions[0].trade_date, told.transactions[0].executed_at) == (date(2026, 11, 3), None)


def test_money_that_comes_and_goes_is_told_as_a_bank_would() -> None:
    told = read(
        "<INVTRANLIST><INVBANKTRAN><STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261102<TRNAMT>1500<FITID>B1<NAME>ACH"
        "</STMTTRN><SUBACCTFUND>CASH</INVBANKTRAN></INVTRANLIST>"
    )

    assert [(row.type, row.net) for row in told.transactions] == [(T.DEPOSIT, Decimal(1500))]


def test_another_institutions_file_is_none_of_vanguards() -> None:
    with pytest.raises(StatementUnreadable, match="another institution"):
        QFX.read(content("", whose="fidelity.com"), TODAY)
