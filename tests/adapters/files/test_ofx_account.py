"""OFX: what is held, in what words, whose it is, and what is told in place of a statement."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from ofx_made import ACME, BOND, CALL, FORMAT, FUND, HEAD, OK, SECURITIES, TODAY, account, content, head, read

from adapters.files import ofx
from domain.errors import StatementUnreadable
from domain.instruments import Instrument, InstrumentKind
from domain.positions import Flag

# ---- securities


def named(body: str, securities: str) -> Instrument:
    told = account(
        f"<INVTRANLIST><INCOME>{head()}{body}<INCOMETYPE>DIV<TOTAL>1</INCOME></INVTRANLIST>",
        securities=securities,
    )
    found = told.transactions[0].instrument
    assert found is not None
    return found


def test_tickers_are_joined_by_id_and_kind_of_id() -> None:
    other = ACME.replace("CUSIP", "PRIVATE")
    listed = f"<MFINFO><SECINFO>{other}<TICKER>WRONG</SECINFO></MFINFO>" + SECURITIES

    assert named(ACME, listed) == Instrument(
        InstrumentKind.EQUITY, "ACME", name="ACME CORP", identifiers=(("cusip", "000000AA1"),)
    )
    assert named(other, listed).symbol == "WRONG"
    assert named(other, listed).identifiers == (("sample:private", "000000AA1"),)


@pytest.mark.parametrize(
    ("secid", "identifiers"),
    [
        ("<UNIQUEID>US0378331005<UNIQUEIDTYPE>ISIN", (("isin", "US0378331005"),)),
        ("<UNIQUEID>2046251<UNIQUEIDTYPE>SEDOL", (("sedol", "2046251"),)),
        ("<UNIQUEID>FOO<UNIQUEIDTYPE>PRIVATE", (("sample:private", "FOO"),)),
        ("<UNIQUEID>12<UNIQUEIDTYPE>CUSIP", (("sample:cusip", "12"),)),
    ],
)
def test_what_the_list_lacks_is_known_by_its_id(secid: str, identifiers: tuple[tuple[str, str], ...]) -> None:
    found = named(f"<SECID>{secid}</SECID>", "")

    assert (found.symbol, found.identifiers) == (identifiers[0][1], identifiers)


def test_the_root_of_an_option_may_be_its_underlyings_ticker_alone() -> None:
    found = named(CALL, SECURITIES.replace("ACME261218C00125000", "ACMEDECCALL"))

    assert found.symbol == "ACME  261218C00125000"


def test_an_option_without_terms_keeps_its_code_and_is_counted() -> None:
    bare = f"<OPTINFO><SECINFO>{CALL}<TICKER>ACMEDECCALL</SECINFO></OPTINFO>"
    statement = read(
        f"<INVTRANLIST><INCOME>{head()}{CALL}<INCOMETYPE>DIV<TOTAL>1</INCOME></INVTRANLIST>", securities=bare
    )

    found = statement.accounts[0].transactions[0].instrument
    assert found is not None
    assert (found.kind, found.symbol, found.option) == (InstrumentKind.OPTION, "ACMEDECCALL", None)
    assert dict(statement.notes.words) == {"option without terms": 1}


# ---- holdings


def position(aggregate: str, secid: str, body: str) -> str:
    return f"<{aggregate}><INVPOS>{secid}<HELDINACCT>CASH{body}<DTPRICEASOF>20261120</INVPOS></{aggregate}>"


def test_positions_of_the_sheet() -> None:
    told = account(
        "<INVPOSLIST>"
        + position("POSSTOCK", ACME, "<POSTYPE>LONG<UNITS>6<UNITPRICE>112.5<MKTVAL>675<AVGCOSTBASIS>101.75")
        + position("POSOPT", CALL, "<POSTYPE>SHORT<UNITS>1<UNITPRICE>2.1<MKTVAL>210<AVGCOSTBASIS>3")
        + position("POSDEBT", BOND, "<POSTYPE>LONG<UNITS>1000<UNITPRICE>100<MKTVAL>1000")
        + "</INVPOSLIST>"
    )

    assert told.positions is not None
    plain = [
        (p.quantity, p.price, p.market_value, p.average_cost, p.cost_basis, p.unrealized_gain)
        for p in told.positions
    ]
    assert [tuple(None if v is None else str(v) for v in row) for row in plain] == [
        ("6", "112.5", "675", "101.75", "610.50", "64.50"),
        ("-1", "2.1", "-210", "3", "-300", "90"),
        ("1000", "100", "1000", None, None, None),
    ]
    assert [p.instrument.kind.value for p in told.positions] == ["equity", "option", "bond"]
    assert [p.flags for p in told.positions] == [(), (), (Flag.COST_UNKNOWN,)]
    assert told.as_of == datetime(2026, 11, 20, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("aggregate", "kind"),
    [
        ("POSSTOCK", InstrumentKind.EQUITY), ("POSMF", InstrumentKind.MUTUAL_FUND),
        ("POSOPT", InstrumentKind.OPTION), ("POSDEBT", InstrumentKind.BOND),
        ("POSOTHER", InstrumentKind.OTHER),
    ],
)  # fmt: skip
def test_what_the_list_lacks_is_of_the_kind_that_its_aggregate_says(
    aggregate: str, kind: InstrumentKind
) -> None:
    unknown = "<SECID><UNIQUEID>000000ZZ9<UNIQUEIDTYPE>CUSIP</SECID>"
    told = account(f"<INVPOSLIST>{position(aggregate, unknown, '<UNITS>1<UNITPRICE>2')}</INVPOSLIST>")

    assert told.positions is not None
    assert [(p.instrument.kind, p.instrument.symbol) for p in told.positions] == [(kind, "000000ZZ9")]


def test_sources_of_a_plan_and_sub_accounts_are_one_position() -> None:
    told = account(
        "<INVPOSLIST>"
        + position("POSMF", ACME, "<POSTYPE>LONG<UNITS>2<UNITPRICE>10<MKTVAL>20<INV401KSOURCE>PRETAX")
        + position("POSMF", ACME, "<POSTYPE>LONG<UNITS>3<UNITPRICE>10<MKTVAL>30<INV401KSOURCE>MATCH")
        + "</INVPOSLIST>"
    )

    assert told.positions is not None
    assert [(p.quantity, p.market_value, p.price) for p in told.positions] == [
        (Decimal(5), Decimal(50), Decimal(10))
    ]


def test_a_contract_counts_for_as_many_shares_as_the_list_says() -> None:
    held = position("POSOPT", CALL, "<UNITS>2<UNITPRICE>3<MKTVAL>60<AVGCOSTBASIS>2")
    small = SECURITIES.replace("<SHPERCTRCT>100", "<SHPERCTRCT>10")

    told = account(f"<INVPOSLIST>{held}</INVPOSLIST>", securities=small)

    assert told.positions is not None
    (option,) = told.positions
    assert option.instrument.option is not None
    assert (option.instrument.option.multiplier, option.cost_basis) == (Decimal(10), Decimal(40))


@pytest.mark.parametrize(("units", "worth"), [("1", "210"), ("-1", "-210"), ("-1", "210")])
def test_a_short_is_negative_with_or_without_a_sign(units: str, worth: str) -> None:
    told = account(
        "<INVPOSLIST>"
        + position("POSOPT", CALL, f"<POSTYPE>SHORT<UNITS>{units}<UNITPRICE>2.1<MKTVAL>{worth}")
        + "</INVPOSLIST>"
    )

    assert told.positions is not None
    assert [(p.quantity, p.market_value) for p in told.positions] == [(Decimal(-1), Decimal(-210))]


def test_parts_at_other_prices_have_the_price_and_the_cost_of_the_whole() -> None:
    told = account(
        "<INVPOSLIST>"
        + position("POSMF", ACME, "<UNITS>2<UNITPRICE>10<MKTVAL>20<AVGCOSTBASIS>4")
        + position("POSMF", ACME, "<UNITS>3<UNITPRICE>20<MKTVAL>60<AVGCOSTBASIS>9")
        + "</INVPOSLIST>"
    )

    assert told.positions is not None
    (held,) = told.positions
    assert (held.quantity, held.price, held.market_value) == (Decimal(5), Decimal(16), Decimal(80))
    assert (held.average_cost, held.cost_basis, held.unrealized_gain) == (
        Decimal(7), Decimal(35), Decimal(45),
    )  # fmt: skip
    assert held.flags == (Flag.DERIVED_PRICE,)


BALANCE = "<INVBAL><AVAILCASH>{}<MARGINBALANCE>{}<SHORTBALANCE>0<BUYPOWER>9{}</INVBAL>"
LISTED = "<BALLIST><BAL><NAME>{}<DESC>x<BALTYPE>{}<VALUE>2385.12</BAL></BALLIST>"


@pytest.mark.parametrize("name", ["Net Worth", "Networth", "Total Account Value", "AccountValue"])
def test_the_worth_of_an_account_has_many_names(name: str) -> None:
    told = account(BALANCE.format("5", "0", LISTED.format(name, "DOLLAR")))

    assert told.balances is not None
    assert (told.balances[0].cash, told.balances[0].buying_power) == (Decimal(5), Decimal(9))
    assert told.balances[0].total_value == Decimal("2385.12")


def test_a_percentage_is_no_worth_and_without_one_it_is_added_up() -> None:
    held = "<INVPOSLIST>" + position("POSSTOCK", ACME, "<UNITS>1<UNITPRICE>7<MKTVAL>7") + "</INVPOSLIST>"
    told = account(held + BALANCE.format("5", "0", LISTED.format("Net Worth", "PERCENT")))

    assert told.balances is not None
    assert told.balances[0].total_value == 12


def test_a_worth_is_not_added_up_where_a_part_of_it_is_not_told() -> None:
    listed = "<INVPOSLIST>{}</INVPOSLIST>"
    held = listed.format(position("POSSTOCK", ACME, "<UNITS>1<UNITPRICE>7"))
    valued = listed.format(position("POSSTOCK", ACME, "<UNITS>1<UNITPRICE>7<MKTVAL>7"))
    no_cash = "<INVBAL><MARGINBALANCE>0<SHORTBALANCE>0</INVBAL>"

    for told in (account(held + BALANCE.format("5", "0", "")), account(valued + no_cash)):
        assert told.balances is not None
        assert told.balances[0].total_value is None
    without_list = account(BALANCE.format("5", "0", "")).balances
    assert without_list is not None
    assert without_list[0].total_value is None


def test_debt_on_margin_is_negative_cash() -> None:
    told = account(BALANCE.format("0", "-100", ""))

    assert told.balances is not None
    assert told.balances[0].cash == -100


@pytest.mark.parametrize(("available", "cash"), [("0", "80"), ("80", "80"), ("100", "100"), ("20", "100")])
def test_the_fund_that_holds_the_cash_is_not_added_twice(available: str, cash: str) -> None:
    """Vanguard's AVAILCASH is zero beside it, others have it inside."""
    held = "<INVPOSLIST>" + position("POSMF", FUND, "<UNITS>80<UNITPRICE>1<MKTVAL>80") + "</INVPOSLIST>"
    told = account(held + BALANCE.format(available, "0", ""))

    assert told.positions == ()
    assert told.balances is not None
    assert str(told.balances[0].cash) == cash


@pytest.mark.parametrize(
    ("zone", "hour"),
    [("[-5:EST]", 17), ("[-:EST]", 17), ("[EDT]", 16), ("[-:CST]", 18), ("[CDT]", 17), ("[MST]", 19),
     ("[MDT]", 18), ("[PST]", 20), ("[PDT]", 19), ("[-3.5]", 15), ("[0:GMT]", 12), ("[UTC]", 12), ("", 12)],
)  # fmt: skip
def test_an_instant_has_the_zone_that_is_told_by_number_or_by_name(zone: str, hour: int) -> None:
    listed = "<INVPOSLIST>" + position("POSSTOCK", ACME, "<UNITS>1<UNITPRICE>7") + "</INVPOSLIST>"

    told = account(listed.replace("<DTPRICEASOF>20261120", f"<DTPRICEASOF>20261120120000.000{zone}"))

    assert told.positions is not None
    minutes = 30 if "." in zone.partition("[")[2] else 0
    assert told.positions[0].as_of == datetime(2026, 11, 20, hour, minutes, tzinfo=UTC)


def test_no_list_of_positions_is_unknown_and_an_empty_one_is_empty() -> None:
    assert account("").positions is None
    assert account("").balances is None
    assert account("<INVPOSLIST></INVPOSLIST>").positions == ()


def test_balances_of_a_plan_and_zeros_that_are_none() -> None:
    held = "<INVPOSLIST>" + position("POSMF", ACME, "<UNITS>1<UNITPRICE>7<MKTVAL>7") + "</INVPOSLIST>"
    told = account("<INV401KBAL><CASHBAL>1<TOTAL>1000.00</INV401KBAL>")

    assert told.balances is not None
    assert (told.balances[0].cash, told.balances[0].total_value) == (Decimal(1), Decimal(1000))
    assert account(held + "<INV401KBAL><CASHBAL>0.0<TOTAL>0.0</INV401KBAL>").balances is None


# ---- whose it is, and whether it is told


def test_the_account_is_known_by_its_number_and_never_named_by_it() -> None:
    told = account("<INVTRANLIST><DTSTART>20261101<DTEND>20261120235959.000[-5:EST]</INVTRANLIST>")

    assert (told.account.key, told.account.number, told.account.name) == (
        "X12345678", "X12345678", "Account …5678",
    )  # fmt: skip
    assert (told.start, told.end) == (date(2026, 11, 1), date(2026, 11, 20))


def test_another_institutions_file_is_refused_with_the_line() -> None:
    with pytest.raises(StatementUnreadable, match="Line 7: This is a file of another institution"):
        read("", whose="vanguard.com")


def test_where_no_institution_is_known_those_of_others_are_refused() -> None:
    anybody = ofx.format(brokerage="ally")

    assert anybody.read(content(""), TODAY).format == "ofx"
    with pytest.raises(StatementUnreadable, match="another institution"):
        anybody.read(content("", whose="fidelity.com"), TODAY)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("15500", "refused sign-on"),
        ("15502", "refused sign-on"),
        ("3000", "asked for more"),
        ("2000", "code 2000"),
    ],
)
def test_a_status_that_is_an_error_refuses_with_its_number_alone(code: str, said: str) -> None:
    status = f"<STATUS><CODE>{code}<SEVERITY>ERROR<MESSAGE>the user Jane Doe is not known</STATUS>"

    with pytest.raises(StatementUnreadable, match=said) as refused:
        read("", head=status)
    assert "Jane" not in refused.value.message


def test_a_part_that_is_not_supported_is_left_out() -> None:
    status = "<STATUS><CODE>12250<SEVERITY>ERROR</STATUS>"
    answer = f"<INVSTMTTRNRS>{status}</INVSTMTTRNRS></INVSTMTMSGSRSV1>".encode()

    told = FORMAT.read(content("").replace(b"</INVSTMTMSGSRSV1>", answer), TODAY)

    assert len(told.accounts) == 1
    assert "not told" in told.skipped[0].reason


def test_one_account_that_is_refused_does_not_refuse_the_others() -> None:
    status = "<STATUS><CODE>2003<SEVERITY>ERROR</STATUS>"
    answer = f"<INVSTMTTRNRS>{status}</INVSTMTTRNRS></INVSTMTMSGSRSV1>".encode()

    told = FORMAT.read(content("").replace(b"</INVSTMTMSGSRSV1>", answer), TODAY)

    assert len(told.accounts) == 1
    assert "2003" in told.skipped[0].reason


def test_a_bank_account_is_left_out_and_alone_refused() -> None:
    bank = f"<BANKMSGSRSV1><STMTTRNRS>{OK}<STMTRS><CURDEF>USD</STMTRS></STMTTRNRS></BANKMSGSRSV1>".encode()
    both = content("").replace(b"<INVSTMTMSGSRSV1>", bank + b"<INVSTMTMSGSRSV1>")
    alone = HEAD.encode() + b"<OFX>" + bank + b"</OFX>"

    assert "bank account" in FORMAT.read(both, TODAY).skipped[0].reason
    with pytest.raises(StatementUnreadable, match="no statement of an investment account"):
        FORMAT.read(alone, TODAY)
