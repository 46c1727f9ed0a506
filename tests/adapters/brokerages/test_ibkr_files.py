"""Interactive Brokers: Flex XML as a file; what of it is refused, and at which line."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import conformance
import pytest
from tws import downloaded

from adapters.brokerages.ibkr import CARD, fields, history
from adapters.kit.statements import Files
from adapters.sandbox.create import create
from domain.accounts import AccountKind
from domain.errors import StatementUnreadable
from domain.money import plain
from domain.ports.statements import AccountStatement, Statement
from domain.positions import Flag

D = Decimal
TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 15, tzinfo=UTC)
FILES = Files(("ibkr",), lambda _: CARD)
HEAD = 'accountId="U1" fromDate="20261001" toDate="20261031" whenGenerated="20261101;071530"'
INFORMATION = (
    '<AccountInformation accountId="U1" acctAlias="" name="Robin Example" currency="USD"'
    ' accountType="Individual" accountCapabilities="Margin" />'
)
LOT = (
    '<OpenPosition accountId="U1" currency="USD" assetCategory="STK" symbol="ACME" conid="1" multiplier="1"'
    ' position="{position}" markPrice="10" costBasisPrice="{cost}" side="{side}" levelOfDetail="{level}" />'
)
DEPOSIT = (
    '<CashTransaction accountId="{account}" currency="USD" dateTime="{day}" amount="{amount}"'
    ' type="Deposits &amp; Withdrawals" transactionID="7" />'
)


def file(*lines: str, count: str = "1", head: str = "") -> bytes:
    whole = [
        head + '<FlexQueryResponse queryName="q" type="AF">',
        f'<FlexStatements count="{count}">',
        f"<FlexStatement {HEAD}>",
        *lines,
        "</FlexStatement>",
        "</FlexStatements>",
        "</FlexQueryResponse>",
    ]
    return "\n".join(whole).encode()


def read(content: bytes) -> Statement:
    return FILES.read("ibkr", content, TODAY)


def alone(*lines: str) -> AccountStatement:
    (told,) = read(file(*lines)).accounts
    return told


def deposit(account: str = "U1", day: str = "20261002", amount: str = "1000") -> str:
    return DEPOSIT.format(account=account, day=day, amount=amount)


# ---- what a file says


def summed(told: Iterable[Any]) -> Decimal:
    return sum((row.net or D(0) for row in told), D(0))


@pytest.mark.parametrize("seed", range(4))
def test_a_file_tells_balances_positions_and_the_year_as_they_are(seed: int) -> None:
    sandbox = create("ibkr", seed)
    told = read(downloaded(sandbox))
    truth = sandbox.play.truth

    assert [a.account.number for a in told.accounts] == [a.number for a in truth.accounts]
    for account, own in zip(told.accounts, truth.accounts, strict=True):
        (balance,) = account.balances or ()
        assert (balance.currency, balance.cash, balance.total_value) == (
            own.currency,
            own.cash,
            own.total_value,
        )
        held = {p.instrument.symbol: p for p in account.positions or ()}
        assert held.keys() == {p.instrument.symbol for p in own.positions}
        for position in own.positions:
            found = held[position.instrument.symbol]
            assert (found.quantity, found.price) == (position.quantity, position.price)
            assert (found.cost_basis, found.market_value) == (position.cost_basis, position.market_value)
        assert account.start is not None
        year = [row for row in own.transactions if row.trade_date >= account.start]
        assert len(account.transactions) == len(year)
        assert sum((t.net or D(0) for t in account.transactions), D(0)) == sum(
            (r.net or D(0) for r in year), D(0)
        )
    assert not told.notes.words
    assert not told.notes.fields


async def test_a_file_and_the_service_tell_the_same_rows_under_the_same_keys() -> None:
    door, sandbox = conformance.played("ibkr", seed=5)
    known = sandbox.credentials()
    declared = {field.key for field in CARD.doors[0].facts.fields}
    grant = await door.begin({k: v for k, v in known.items() if k in declared}, "")
    (account, *_) = (await door.accounts(grant)).rows  # type: ignore[arg-type]
    live = (await conformance.first_page(door, grant, account, "history")).transactions  # type: ignore[arg-type]
    (statement, *_) = read(downloaded(sandbox)).accounts
    filed = {row.source_key: row for row in statement.transactions}

    assert live
    assert all(filed[row.source_key] == row for row in live)


def test_an_account_is_told_with_its_days_and_the_moment_of_its_figures() -> None:
    told = alone(INFORMATION)

    assert (told.account.key, told.account.name, told.account.kind) == (
        "U1",
        "Robin Example",
        AccountKind.MARGIN,
    )
    assert (told.start, told.end) == (date(2026, 10, 1), date(2026, 10, 31))
    assert told.as_of == datetime(2026, 11, 1, 4, tzinfo=UTC)  # midnight in New York
    assert (told.balances, told.positions) == (None, None)


@pytest.mark.parametrize(
    ("kind", "capabilities", "told"),
    [("Individual", "Cash", AccountKind.CASH), ("Individual", "Portfolio Margin,IBPrime", AccountKind.MARGIN),
     ("Roth IRA", "Cash", AccountKind.IRA_ROTH), ("IRA", "Margin", AccountKind.IRA_OTHER),
     ("Joint", "Margin", AccountKind.JOINT), ("Trust", "", AccountKind.TRUST),
     ("Individual", "", AccountKind.OTHER)],
)  # fmt: skip
def test_kinds_of_accounts_in_files(kind: str, capabilities: str, told: AccountKind) -> None:
    row = INFORMATION.replace('"Individual"', f'"{kind}"').replace('"Margin"', f'"{capabilities}"')

    assert alone(row).account.kind is told


def test_lots_are_added_up_where_the_query_has_no_sums() -> None:
    lots = [LOT.format(position=-10, cost=8, side="Short", level="LOT"),
            LOT.format(position=-30, cost=12, side="Short", level="LOT")]  # fmt: skip
    (held,) = alone(*lots).positions or ()

    assert (held.quantity, held.average_cost, held.cost_basis) == (D(-40), D(11), D(-440))
    assert held.market_value == D(-400)


def test_lots_beside_sums_are_skipped_with_a_reason() -> None:
    told = read(file(LOT.format(position=5, cost=8, side="Long", level="SUMMARY"),
                     LOT.format(position=5, cost=8, side="Long", level="LOT")))  # fmt: skip

    (held,) = told.accounts[0].positions or ()
    assert plain(held.quantity) == "5"
    assert [(s.line, s.reason) for s in told.skipped] == [(5, "a lot of a holding that is told as a whole")]


def test_each_currency_has_a_balance_and_the_latest_worth_counts() -> None:
    cash = '<CashReportCurrency accountId="U1" currency="{}" endingCash="{}" endingSettledCash="{}" />'
    worth = '<EquitySummaryByReportDateInBase accountId="U1" currency="USD" reportDate="{}" total="{}" />'
    told = alone(
        INFORMATION, worth.format("20261031", "500"), worth.format("20261030", "1"),
        cash.format("BASE_SUMMARY", 9, 9), cash.format("USD", 5, 4), cash.format("EUR", 3, 3),
    )  # fmt: skip
    (dollars, euros) = told.balances or ()

    assert (dollars.currency, dollars.cash, dollars.settled_cash, dollars.total_value) == (
        "USD",
        D(5),
        D(4),
        D(500),
    )
    assert (euros.currency, euros.cash, euros.total_value) == ("EUR", D(3), None)


def test_a_query_that_tells_only_the_sum_in_the_base_currency_has_that_balance() -> None:
    cash = (
        '<CashReportCurrency accountId="U1" currency="BASE_SUMMARY" endingCash="9" endingSettledCash="8" />'
    )
    (told,) = alone(INFORMATION.replace("USD", "EUR"), cash).balances or ()

    assert (told.currency, told.cash, told.settled_cash, told.total_value) == ("EUR", D(9), D(8), None)


def test_the_worth_of_the_latest_of_many_days_counts() -> None:
    worth = '<EquitySummaryByReportDateInBase accountId="U1" currency="USD" reportDate="{}" total="{}" />'
    days = (("20261029", 1), ("20261031", 3), ("20261030", 2))
    (told,) = alone(INFORMATION, *(worth.format(*day) for day in days)).balances or ()

    assert (told.cash, told.total_value) == (None, D(3))


def test_without_a_currency_of_the_account_it_is_that_of_its_worth() -> None:
    worth = (
        '<EquitySummaryByReportDateInBase accountId="U1" currency="EUR" reportDate="20261031" total="3" />'
    )
    told = alone(INFORMATION.replace('currency="USD"', ""), worth)
    (balance,) = told.balances or ()

    assert (told.account.currency, balance.currency, balance.total_value) == ("EUR", "EUR", D(3))


def test_each_account_of_a_query_has_a_statement() -> None:
    two = file(deposit()).replace(b'count="1"', b'count="2"')
    own = two[two.index(b"<FlexStatement ") : two.index(b"</FlexStatements>")]
    both = two.replace(b"</FlexStatements>", own.replace(b'"U1"', b'"U2"') + b"</FlexStatements>")

    assert [account.account.key for account in read(both).accounts] == ["U1", "U2"]


def test_the_side_says_what_is_short_whatever_the_sign_of_the_position() -> None:
    for position in (-5, 5):
        (held,) = alone(LOT.format(position=position, cost=8, side="Short", level="SUMMARY")).positions or ()
        assert (held.quantity, held.cost_basis) == (D(-5), D(-40))


def test_values_and_costs_that_nobody_ticked_are_worked_out_with_the_multiplier() -> None:
    option = LOT.replace('"STK"', '"OPT"').replace('multiplier="1"', 'multiplier="100"')
    (held,) = alone(option.format(position=-2, cost="4.2", side="Short", level="SUMMARY")).positions or ()

    assert (held.average_cost, held.cost_basis, held.market_value) == (D("4.2"), D(-840), D(-2000))


def test_values_and_costs_that_are_told_are_taken_and_what_was_closed_is_left_out() -> None:
    told = LOT.replace("/>", 'positionValue="51" costBasisMoney="39" />')
    held, *more = (
        alone(*(told.format(position=n, cost=8, side="Long", level="SUMMARY") for n in (5, 0))).positions
        or ()
    )

    assert (held.quantity, held.market_value, held.cost_basis, more) == (D(5), D(51), D(39), [])


def test_a_cost_of_zero_in_a_file_is_unknown_and_gains_of_lots_are_added_up() -> None:
    gained = LOT.replace("/>", 'fifoPnlUnrealized="7" />')
    lots = [gained.format(position=5, cost=cost, side="Long", level="LOT") for cost in (8, 6)]
    (whole,) = alone(*lots).positions or ()
    (given,) = alone(LOT.format(position=5, cost=0, side="Long", level="SUMMARY")).positions or ()

    assert (whole.price, whole.unrealized_gain, whole.flags) == (D(10), D(14), ())
    assert given.flags == (Flag.COST_UNKNOWN,)


def test_without_the_size_of_a_contract_its_value_and_cost_stay_unknown() -> None:
    option = LOT.replace('"STK"', '"OPT"').replace('multiplier="1"', 'multiplier=""')
    (held,) = alone(option.format(position=-2, cost="4.2", side="Short", level="SUMMARY")).positions or ()

    assert (held.average_cost, held.cost_basis, held.market_value) == (D("4.2"), None, None)


# ---- what is refused

BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'
OUTSIDE = '<!DOCTYPE x SYSTEM "http://elsewhere.example/x.dtd">\n'


@pytest.mark.parametrize("head", [BOMB, OUTSIDE, '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'])
def test_bombs_and_strangers_in_the_document_type_are_refused(head: str) -> None:
    with pytest.raises(StatementUnreadable, match=r"Line 1: .*document type"):
        read(file(deposit(), head=head))


def test_a_file_that_breaks_off_is_refused_at_its_last_line() -> None:
    whole = file(deposit(), deposit())

    for length in (len(whole) - 30, len(whole) // 2, 130):
        with pytest.raises(StatementUnreadable) as refused:
            read(whole[:length])
        assert refused.value.line == whole[:length].count(b"\n") + 1


def test_a_file_that_lacks_statements_is_refused() -> None:
    with pytest.raises(StatementUnreadable, match="more statements than it has"):
        read(file(deposit(), count="2"))


@pytest.mark.parametrize(
    ("row", "reason"),
    [(deposit(amount="a lot"), "amount is not a number"), (deposit(amount="NaN"), "amount is not a finite"),
     (deposit(amount="1E+1000000"), "amount has too many digits"), (deposit(amount=""), "amount is missing"),
     (deposit(day="31/12/2026"), "dateTime is not a date"), (deposit(account="U2"), "another account"),
     (LOT.format(position="x", cost=1, side="Long", level="SUMMARY"), "position is not a number")],
)  # fmt: skip
def test_lies_are_refused_with_the_reason_and_the_line(row: str, reason: str) -> None:
    with pytest.raises(StatementUnreadable, match=f"Line 6: .*{reason}") as refused:
        read(file(INFORMATION, deposit(), row))

    assert refused.value.line == 6


def test_an_answer_of_the_service_is_no_statement() -> None:
    said = b"<FlexStatementResponse><Status>Fail</Status><ErrorCode>1012</ErrorCode></FlexStatementResponse>"

    with pytest.raises(StatementUnreadable, match="error code 1012"):
        read(said)


@pytest.mark.parametrize(
    "content",
    [b"OFXHEADER:100\n", b"Date,Action\n", b"<OFX></OFX>", b"%PDF-1.7", b"<FlexQuery/>", b"\x00\x01"],
)
def test_other_peoples_formats_are_none_of_ours(content: bytes) -> None:
    with pytest.raises(StatementUnreadable, match="none of the files that we read of Interactive Brokers"):
        read(content)


@pytest.mark.parametrize(
    "content", [b"<x><FlexQueryResponse/></x>", b"<FlexQueryResponse/>", b"<FlexQueryResponse"]
)
def test_what_only_looks_like_it_is_refused(content: bytes) -> None:
    with pytest.raises(StatementUnreadable):
        read(content)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(StatementUnreadable, match="deeper"):
        read(file("<a>" * 100 + "</a>" * 100))


def test_a_byte_order_mark_and_another_encoding_are_read() -> None:
    told = file(deposit())

    assert len(read(b"\xef\xbb\xbf" + told).accounts[0].transactions) == 1
    latin = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + told.replace(b"U1", "U\u00e9".encode("latin-1"))
    assert read(latin).accounts[0].account.key == "U\u00e9"


def test_every_reader_has_its_attributes() -> None:
    assert history.READERS.keys() <= fields.KNOWN.keys()
