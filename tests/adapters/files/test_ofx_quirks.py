"""What institutions do to OFX, each in a file of its own, and every status that it has a number for."""

from datetime import date
from decimal import Decimal

import pytest
from ofx_made import ACME, CASH, FORMAT, HEAD, OK, TODAY, account, content, head, read, rows

from adapters.files import ofx_tree
from brokerlink.rpc.statements import LARGEST
from domain.brokerages import Dataset, Support
from domain.errors import StatementUnreadable

INCOME = f"<INVTRANLIST><INCOME>{head()}{ACME}<INCOMETYPE>DIV<TOTAL>1{CASH}</INCOME></INVTRANLIST>"


def status(code: str, severity: str = "ERROR") -> str:
    return f"<STATUS><CODE>{code}<SEVERITY>{severity}<MESSAGE>words of theirs</STATUS>"


# ---- what is answered in place of a statement


@pytest.mark.parametrize("code", ["15500", "15502"])
def test_a_refused_sign_on_says_to_sign_in_and_download_again(code: str) -> None:
    with pytest.raises(StatementUnreadable, match=f"refused sign-on \\(code {code}\\)"):
        read("", head=status(code))


def test_3000_asks_for_more_to_sign_in() -> None:
    with pytest.raises(StatementUnreadable, match="asked for more to sign in"):
        read("", head=status("3000"))


@pytest.mark.parametrize("code", ["12250", "12251", "12252", "12253", "12254"])
def test_parts_that_an_institution_does_not_have_leave_the_rest_readable(code: str) -> None:
    answer = f"<INVSTMTTRNRS>{status(code)}</INVSTMTTRNRS></INVSTMTMSGSRSV1>".encode()

    told = FORMAT.read(content(INCOME).replace(b"</INVSTMTMSGSRSV1>", answer), TODAY)

    assert len(told.accounts[0].transactions) == 1
    assert told.skipped[0].reason == "A part that is not told."


@pytest.mark.parametrize("code", ["12250", "12251", "12254"])
def test_a_part_that_is_lacking_is_unknown_and_never_empty(code: str) -> None:
    told = account(INCOME, head=status(code))

    assert (told.positions, told.balances) == (None, None)
    assert len(told.transactions) == 1


@pytest.mark.parametrize(
    "code",
    "2000 2001 2003 2004 2005 2019 2020 2027 3001 15000 15501 15510 15511 15512 99999".split(),
)
def test_any_other_error_refuses_with_its_number_and_none_of_its_words(code: str) -> None:
    with pytest.raises(StatementUnreadable, match=f"an error \\(code {code}\\)") as refused:
        read("", head=status(code))

    assert "theirs" not in refused.value.message


@pytest.mark.parametrize(
    ("code", "severity"), [("0", "INFO"), ("000", "INFO"), ("2", "WARN"), ("10", "INFO")]
)
def test_0_and_what_is_no_error_is_told(code: str, severity: str) -> None:
    assert len(account(INCOME, head=status(code, severity)).transactions) == 1


def test_a_sign_on_that_is_refused_refuses_the_file_whatever_follows() -> None:
    told = content(INCOME).replace(f"<SONRS>{OK}".encode(), f"<SONRS>{status('15500')}".encode())

    with pytest.raises(StatementUnreadable, match="refused sign-on"):
        FORMAT.read(told, TODAY)


def test_a_page_that_a_bot_filter_sends_is_no_ofx() -> None:
    assert not ofx_tree.fits(b"<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD></HTML>")


# ---- headers and heads


@pytest.mark.parametrize("version", "200 201 202 203 210 211 220 230".split())
def test_every_version_of_the_xml_family_is_read(version: str) -> None:
    top = f'<?xml version="1.0"?>\n<?OFX OFXHEADER="200" VERSION="{version}" SECURITY="NONE"?>\n'

    assert ofx_tree.document(f"{top}<OFX><A><B>1</B></A></OFX>".encode()).value("A", "B") == "1"


@pytest.mark.parametrize("version", "102 103 151 160".split())
def test_every_version_of_the_sgml_family_is_read(version: str) -> None:
    told = content(INCOME).replace(b"VERSION:102", f"VERSION:{version}".encode())

    assert len(FORMAT.read(told, TODAY).accounts[0].transactions) == 1


@pytest.mark.parametrize(
    "institution",
    ["<FI><ORG>Vanguard</FI>", "<FI><FID>15103</FI>", "<FI></FI>", "", "<FI><ORG>x<FID>1</FI><SESSCOOKIE>A1"],
)
def test_the_institution_may_lack_its_name_or_number_and_send_a_cookie(institution: str) -> None:
    told = content(INCOME).replace(b"<FI><ORG>x</FI>", institution.encode())

    statement = FORMAT.read(told, TODAY)

    assert len(statement.accounts[0].transactions) == 1
    assert not statement.notes.fields


def test_a_cookie_may_stand_before_the_statement_and_the_id_of_the_request_may_be_0() -> None:
    told = content(INCOME).replace(b"<INVSTMTRS>", b"<CLTCOOKIE>4<INVSTMTRS>")

    assert b"<TRNUID>0" in told
    assert len(FORMAT.read(told, TODAY).accounts[0].transactions) == 1


@pytest.mark.parametrize("tag", ["INTU.BID", "INTU.USERID", "FIDELITY.XYZ"])
def test_private_tags_have_a_dot_and_are_passed_over(tag: str) -> None:
    row = f"<INCOME>{head()}{ACME}<{tag}>1<INCOMETYPE>DIV<TOTAL>1{CASH}</INCOME><{tag}>2"
    told = content(f"<INVTRANLIST>{row}</INVTRANLIST>").replace(b"<INTU.BID>", f"<{tag}>".encode())

    statement = FORMAT.read(told, TODAY)

    assert len(statement.accounts[0].transactions) == 1
    assert not statement.notes.fields


def test_open_orders_and_market_news_in_a_statement_are_not_read() -> None:
    order = f"<INVOOLIST><OOBUYSTOCK><OO><FITID>O1{ACME}<UNITS>5</OO><BUYTYPE>BUY</OOBUYSTOCK></INVOOLIST>"
    (orders,) = [c for c in FORMAT.facts.capabilities if c.dataset is Dataset.ORDERS]

    told = account(INCOME + order + "<MKTGINFO>buy our fund")

    assert len(told.transactions) == 1
    assert orders.support is Support.UNSUPPORTED


# ---- rows and positions


def test_elements_in_another_order_than_the_rules_have_it_are_read() -> None:
    """Fidelity writes CURRENCY behind SUBACCTFUND."""
    own = "<CURRENCY><CURRATE>1.00<CURSYM>CAD</CURRENCY>"
    (row,) = rows(
        f"<BUYSTOCK><BUYTYPE>BUY<INVBUY>{CASH}{own}<TOTAL>-20<UNITPRICE>10<UNITS>2{ACME}{head()}</INVBUY></BUYSTOCK>"
    )

    assert (row.quantity, row.net, row.currency) == (Decimal(2), Decimal(-20), "CAD")


def test_the_currency_that_an_amount_was_turned_from_is_not_that_of_the_row() -> None:
    own = "<ORIGCURRENCY><CURRATE>0.7<CURSYM>CAD</ORIGCURRENCY>"
    (row,) = rows(
        f"<BUYSTOCK><INVBUY>{head()}{ACME}<UNITS>2<UNITPRICE>10<TOTAL>-20{own}{CASH}</INVBUY><BUYTYPE>BUY</BUYSTOCK>"
    )

    assert row.currency == "USD"


def test_words_and_figures_may_be_padded() -> None:
    (row,) = rows(
        f"<BUYSTOCK><INVBUY>{head()}{ACME}<UNITS>+0000000000100.00000  <UNITPRICE>1 <TOTAL>-100 {CASH}   "
        "</INVBUY><BUYTYPE>BUY    </BUYSTOCK>"
    )

    assert (row.quantity, row.net) == (Decimal("100.00000"), Decimal(-100))


@pytest.mark.parametrize("fitid", ["230714_B_0", "01234567890.0123.07152011.0", "007", "12AB"])
def test_the_id_of_a_row_is_text_and_keeps_its_zeros(fitid: str) -> None:
    (row,) = rows(f"<INCOME>{head(fitid=fitid)}{ACME}<INCOMETYPE>DIV<TOTAL>1{CASH}</INCOME>")

    assert row.source_key == f"ofx:{fitid}"


@pytest.mark.parametrize("when", ["20230714", "20230714000000", "20230714120000", "20230714160000"])
def test_times_without_a_zone_keep_the_day(when: str) -> None:
    """E*TRADE."""
    (row,) = rows(f"<INCOME>{head(when=when)}{ACME}<INCOMETYPE>DIV<TOTAL>1{CASH}</INCOME>")

    assert row.trade_date == date(2023, 7, 14)


def test_the_worth_of_a_position_is_taken_as_given() -> None:
    held = (
        f"<POSSTOCK><INVPOS>{ACME}<HELDINACCT>OTHER<POSTYPE>LONG<UNITS>6<UNITPRICE>112.5<MKTVAL>700<MEMO>ACME"
    )
    told = account(f"<INVPOSLIST>{held}</INVPOS></POSSTOCK></INVPOSLIST>")

    assert told.positions is not None
    assert (told.positions[0].market_value, told.positions[0].price) == (Decimal(700), Decimal("112.5"))


def test_a_position_whose_security_is_not_listed_is_called_by_its_id() -> None:
    """TIAA."""
    held = "<SECID><UNIQUEID>TIAA-7<UNIQUEIDTYPE>TIAA</SECID><UNITS>6<UNITPRICE>1<MKTVAL>6"
    told = account(f"<INVPOSLIST><POSOTHER><INVPOS>{held}</INVPOS></POSOTHER></INVPOSLIST>")

    assert told.positions is not None
    found = told.positions[0].instrument
    assert (found.symbol, found.identifiers) == ("TIAA-7", (("sample:tiaa", "TIAA-7"),))


def test_many_institutions_tell_no_balances_and_no_costs() -> None:
    told = account(
        "<INVPOSLIST><POSSTOCK><INVPOS>" + ACME + "<UNITS>1<MKTVAL>5</INVPOS></POSSTOCK></INVPOSLIST>"
    )

    assert told.balances is None
    assert told.positions is not None
    assert (told.positions[0].average_cost, told.positions[0].cost_basis) == (None, None)


def test_the_blocks_of_a_plan_are_passed_over() -> None:
    plan = "<INV401K><EMPLOYERNAME>x<MATCHINFO><MATCHPCT>50</MATCHINFO></INV401K>"

    assert len(account(INCOME + plan).transactions) == 1


def test_a_file_is_bounded_in_bytes_and_elements() -> None:
    assert LARGEST == 25 * 1024 * 1024
    with pytest.raises(StatementUnreadable, match="deeper"):
        ofx_tree.document((HEAD + "<OFX>" + "<A>" * 41).encode())
