"""Plaid's accounts, holdings and securities, on objects written by hand after the fact sheets."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.kit.card import Call, Rows, Scene
from adapters.kit.wire import Response
from adapters.plaid import parse, reads
from domain.accounts import AccountKind, AccountTold
from domain.errors import ConsentRevoked, ReauthorizationRequired, UnreadableReply
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.positions import Balance, Flag, Position

D = Decimal
Row = dict[str, Any]
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
ACCOUNT = AccountTold("brokerage:4321", "Individual", "…4321", AccountKind.OTHER, routing={"account_id": "A"})
ITEM = {"item_id": "I", "institution_id": "ins_1", "error": None}
CURRENCY = {"iso_currency_code": "USD", "unofficial_currency_code": None}
MONEY = CURRENCY | {"available": 892.57, "current": 24105.12, "limit": None, "margin_loan_amount": None}


def account_row(**changes: object) -> Row:
    return {
        "account_id": "A", "balances": MONEY, "mask": "4321", "name": "Brokerage", "official_name": None,
        "type": "investment", "subtype": "brokerage", "holder_category": "personal",
    } | changes  # fmt: skip


def holding(**changes: object) -> Row:
    return CURRENCY | {
        "account_id": "A", "security_id": "S", "institution_price": 142.11,
        "institution_price_as_of": "2026-11-20", "institution_price_datetime": None,
        "institution_value": 21352.0275, "cost_basis": 18050.5, "quantity": 150.25, "vested_quantity": None,
        "vested_value": None, "tax_lots": [],
    } | changes  # fmt: skip


def security(**changes: object) -> Row:
    return CURRENCY | {
        "security_id": "S", "isin": None, "cusip": None, "sedol": None, "institution_security_id": None,
        "institution_id": None, "proxy_security_id": None, "name": "Acme Corp", "ticker_symbol": "ACME",
        "is_cash_equivalent": False, "type": "equity", "subtype": "common stock", "close_price": 142.11,
        "close_price_as_of": "2026-11-20", "update_datetime": None, "market_identifier_code": "XNAS",
        "sector": None, "industry": None, "cfi_code": None, "option_contract": None, "fixed_income": None,
    } | changes  # fmt: skip


CASH = security(security_id="CUR", name="U S Dollar", ticker_symbol="CUR:USD", type="cash", subtype="cash")
CASH |= {"is_cash_equivalent": True}
CONTRACT = {
    "contract_type": "call", "expiration_date": "2026-12-18", "strike_price": 150,
    "underlying_security_ticker": "ACME",
}  # fmt: skip
OPTION = security(ticker_symbol="ACME261218C00150000", type="derivative", subtype="option")
OPTION |= {"option_contract": CONTRACT}


def answer(**members: object) -> Response:
    whole = {"accounts": [account_row()], "item": ITEM, "request_id": "r"} | members
    return Response(200, {"content-type": "application/json"}, json.dumps(whole).encode())


def call(account: AccountTold | None = ACCOUNT, cursor: str | None = None) -> Call:
    return Call(account, None, date(2026, 11, 25), cursor, NOW)


def scene() -> Scene:
    return Scene(ACCOUNT, {}, Notes(), NOW)


def held(*pairs: tuple[Row, Row]) -> Response:
    return answer(holdings=[h for h, _ in pairs], securities=[s for _, s in pairs])


def positions(*pairs: tuple[Row, Row], seen: Scene | None = None) -> list[Position]:
    cut = reads.take_positions(held(*pairs), call())
    return [found for row in cut.rows for found in parse.position(row, seen or scene())]


def position(row: Row, named: Row, seen: Scene | None = None) -> Position:
    (found,) = positions((row, named), seen=seen)
    return found


def balances(*pairs: tuple[Row, Row], **money: object) -> list[Balance]:
    whole = answer(
        accounts=[account_row(balances=MONEY | money)],
        holdings=[h for h, _ in pairs],
        securities=[s for _, s in pairs],
    )
    (row,) = reads.take_balance(whole, call()).rows
    return list(parse.balance(row, scene()))


# Holdings (3.2).


def test_a_holding_costs_in_total_and_its_average_is_per_unit() -> None:
    found = position(holding(), security())

    assert (found.quantity, found.price, found.market_value) == (D("150.25"), D("142.11"), D("21352.0275"))
    assert found.cost_basis == D("18050.5")
    assert found.average_cost is not None
    assert round(found.average_cost, 6) == D("120.136439")
    assert found.unrealized_gain == D("3301.5275")
    assert (found.instrument.symbol, found.instrument.kind) == ("ACME", InstrumentKind.EQUITY)


def test_options_are_told_in_contracts_times_a_hundred() -> None:
    row = holding(quantity=600, institution_price=3.1, institution_value=1860, cost_basis=2520)

    found = position(row, OPTION)

    assert (found.quantity, found.price, found.average_cost) == (D(6), D("3.1"), D("4.2"))
    assert (found.market_value, found.cost_basis) == (D(1860), D(2520))
    assert found.instrument.symbol == "ACME  261218C00150000"
    assert found.instrument.option is not None
    assert found.instrument.option.multiplier == D(100)


def test_an_option_without_its_contract_is_read_from_its_unpadded_ticker() -> None:
    found = position(holding(quantity=100), OPTION | {"option_contract": None})

    assert found.instrument.symbol == "ACME  261218C00150000"


def test_a_derivative_that_is_no_option_is_counted_as_it_is() -> None:
    found = position(holding(quantity=3), security(type="derivative", ticker_symbol="ESZ6"))

    assert (found.quantity, found.instrument.kind) == (D(3), InstrumentKind.OTHER)


@pytest.mark.parametrize("told", [None, 0])
def test_a_cost_that_is_null_or_zero_is_unknown(told: object) -> None:
    found = position(holding(cost_basis=told), security())

    assert (found.cost_basis, found.average_cost, found.unrealized_gain) == (None, None, None)
    assert found.flags == (Flag.COST_UNKNOWN,)


@pytest.mark.parametrize("told", [None, 0])
def test_a_price_that_is_null_or_zero_is_what_the_value_says(told: object) -> None:
    found = position(holding(institution_price=told, quantity=2, institution_value=21), security())

    assert (found.price, found.flags) == (D("10.5"), (Flag.DERIVED_PRICE,))


def test_what_is_worth_nothing_has_the_price_nothing() -> None:
    found = position(holding(institution_price=0, institution_value=0), security())

    assert (found.price, found.market_value, found.flags) == (D(0), D(0), ())


@pytest.mark.parametrize("sign", [1, -1])
def test_totals_of_a_short_holding_are_negative_however_they_are_told(sign: int) -> None:
    row = holding(quantity=-10, institution_price=5, institution_value=sign * 50, cost_basis=sign * 70)

    found = position(row, security())

    assert (found.quantity, found.market_value, found.cost_basis) == (D(-10), D(-50), D(-70))
    assert (found.average_cost, found.unrealized_gain) == (D(7), D(20))


def test_a_coin_that_is_flagged_as_cash_is_a_coin() -> None:
    """Plaid's own sample flags Dogecoin so."""
    coin = security(type="cryptocurrency", ticker_symbol="CUR:DOGE", is_cash_equivalent=True)

    found = position(holding(quantity=12), coin)
    (told,) = balances((holding(quantity=12), coin))

    assert (found.instrument.kind, found.instrument.symbol) == (InstrumentKind.CRYPTO, "DOGE")
    assert told.cash == D("892.57")


@pytest.mark.parametrize(
    ("price", "value"), [(0.985, 9850), (98.5, 9850)], ids=["for each unit of face", "in percent"]
)
def test_a_bond_is_priced_in_percent_of_its_face_however_it_is_told(price: float, value: int) -> None:
    row = holding(quantity=10000, institution_price=price, institution_value=value, cost_basis=9900)

    found = position(row, security(type="fixed income", ticker_symbol=None))

    assert (found.quantity, found.price, found.average_cost) == (D(10000), D("98.5"), D(99))
    assert found.instrument.kind is InstrumentKind.BOND


def test_a_security_without_a_ticker_is_known_by_its_own_id() -> None:
    found = position(holding(), security(ticker_symbol=None, name="Stable Value Fund")).instrument

    assert (found.symbol, found.identifiers) == ("Stable Value Fund", (("plaid:security", "S"),))


def test_a_security_with_a_ticker_is_not_known_by_an_id_that_changes_with_corporate_actions() -> None:
    assert position(holding(), security(security_id="S")).instrument.identifiers == ()


def test_licensed_customers_are_told_isin_and_cusip() -> None:
    found = position(holding(), security(isin="US0000000002", cusip="000000001", figi="BBG000000001"))

    assert found.instrument.identifiers == (
        ("isin", "US0000000002"),
        ("cusip", "000000001"),
        ("figi", "BBG000000001"),
    )


def test_figi_may_be_null_or_missing() -> None:
    assert position(holding(), security(figi=None)) == position(holding(), security())


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("equity", InstrumentKind.EQUITY),
        ("etf", InstrumentKind.ETF),
        ("fixed income", InstrumentKind.BOND),
        ("loan", InstrumentKind.OTHER),
        ("mutual fund", InstrumentKind.MUTUAL_FUND),
        ("other", InstrumentKind.OTHER),
        (None, InstrumentKind.OTHER),
        ("cryptocurrency", InstrumentKind.CRYPTO),
    ],
)
def test_every_type_of_security_is_mapped(word: str | None, kind: InstrumentKind) -> None:
    seen = scene()

    assert position(holding(), security(type=word), seen).instrument.kind is kind
    assert not seen.notes.words


def test_unknown_types_and_fields_are_counted() -> None:
    seen = scene()

    found = position(holding(brand_new=1), security(type="hologram"), seen)

    assert found.instrument.kind is InstrumentKind.OTHER
    assert seen.notes.words == {"security.type.hologram": 1}
    assert seen.notes.fields == {"holding.brand_new": 1}


def test_a_holding_of_a_security_that_is_not_told_is_unreadable() -> None:
    with pytest.raises(UnreadableReply):
        reads.take_positions(answer(holdings=[holding()], securities=[]), call())


def test_only_the_account_that_was_asked_for_is_read() -> None:
    assert positions((holding(account_id="B"), security())) == []
    with pytest.raises(UnreadableReply):
        reads.take_balance(answer(accounts=[account_row(account_id="B")], holdings=[], securities=[]), call())


@pytest.mark.parametrize("told", ["2026-11-20", None])
def test_the_day_of_a_price_is_no_instant_and_may_be_null(told: str | None) -> None:
    assert position(holding(institution_price_as_of=told), security()).as_of is None


def test_an_instant_of_a_price_is_when_it_was() -> None:
    found = position(holding(institution_price_datetime="2026-11-20T21:00:00Z"), security())

    assert found.as_of == datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


def test_lots_may_be_told_empty_or_not_at_all() -> None:
    lacking = {name: value for name, value in holding().items() if name != "tax_lots"}
    lots = [{"institution_lot_id": "1", "quantity": 150.25, "cost_basis": 18050.5, "position_type": "LONG"}]

    found = [position(row, security()) for row in (holding(), lacking, holding(tax_lots=lots))]

    assert {(one.quantity, one.cost_basis) for one in found} == {(D("150.25"), D("18050.5"))}


@pytest.mark.parametrize("ticker", ["CUR:USD", "USD"])
def test_money_has_the_ticker_of_its_currency_with_or_without_a_prefix_and_is_no_position(
    ticker: str,
) -> None:
    cash = holding(security_id="CUR", quantity=100, institution_value=100)

    assert positions((cash, CASH | {"ticker_symbol": ticker})) == []
    assert balances((cash, CASH | {"ticker_symbol": ticker}))[0].cash == D(100)


def test_where_there_is_no_official_currency_the_unofficial_one_counts() -> None:
    coin = security(type="cryptocurrency", ticker_symbol="XCN")

    found = position(holding(iso_currency_code=None, unofficial_currency_code="USDT"), coin)

    assert found.currency == "USDT"
    with pytest.raises(UnreadableReply):
        position(holding(iso_currency_code=None), coin)


def test_figures_are_json_numbers_and_kept_to_their_last_digit() -> None:
    body = held((holding(quantity=1), security())).body
    exactly = body.replace(b'"quantity": 1,', b'"quantity": 0.12345678901234567890123,')
    (row,) = reads.take_positions(Response(200, {}, exactly), call()).rows

    (found,) = parse.position(row, scene())

    assert found.quantity == D("0.12345678901234567890123")


# Balances.


def test_cash_that_is_a_holding_and_available_as_well_is_counted_once() -> None:
    cash = holding(security_id="CUR", quantity=892.57, institution_value=892.57, cost_basis=None)

    assert balances((cash, CASH)) == [Balance("USD", cash=D("892.57"), total_value=D("24105.12"))]
    assert positions((cash, CASH)) == []


def test_money_funds_count_as_cash() -> None:
    fund = security(type="mutual fund", ticker_symbol="VMFXX", is_cash_equivalent=True)
    row = holding(quantity=500, institution_value=500)

    assert balances((row, fund))[0].cash == D(500)
    assert positions((row, fund)) == []


def test_without_any_cash_held_it_is_what_is_available_and_that_may_be_unknown() -> None:
    assert balances()[0].cash == D("892.57")
    assert balances(available=None)[0].cash is None


def test_each_currency_held_is_a_balance_of_its_own() -> None:
    dollars = holding(security_id="CUR", institution_value=100)
    euros = holding(security_id="EUR", institution_value=70, iso_currency_code="EUR")

    told = balances((dollars, CASH), (euros, CASH | {"security_id": "EUR", "ticker_symbol": "CUR:EUR"}))

    assert told == [
        Balance("USD", cash=D(100), total_value=D("24105.12")),
        Balance("EUR", cash=D(70)),
    ]


def test_a_total_that_is_missing_is_unreadable_and_one_that_is_null_is_unknown() -> None:
    lacking = {name: value for name, value in MONEY.items() if name != "current"}
    whole = answer(accounts=[account_row(balances=lacking)], holdings=[], securities=[])
    (row,) = reads.take_balance(whole, call()).rows

    assert balances(current=None)[0].total_value is None
    with pytest.raises(UnreadableReply):
        list(parse.balance(row, scene()))


# Accounts (3.1), and what names them.


def listed(*told: Row) -> list[AccountTold]:
    cut: Rows = reads.take_accounts(answer(accounts=list(told)), call(None))
    return [found for row in cut.rows for found in parse.account(row, scene())]


def test_an_account_is_named_by_subtype_and_mask_and_its_id_is_only_a_route() -> None:
    (found,) = listed(account_row(official_name="Individual - TOD"))
    (again,) = listed(account_row(account_id="another after linking anew"))

    assert (found.key, found.number, found.name) == ("brokerage:4321", "…4321", "Individual - TOD")
    assert found.routing == {"account_id": "A"}
    assert again.key == found.key
    assert again.routing != found.routing


def test_two_accounts_of_one_subtype_and_mask_are_never_taken_for_each_other() -> None:
    one, other = listed(account_row(), account_row(account_id="B"))

    assert {one.key, other.key} == {"brokerage:4321:A", "brokerage:4321:B"}


def test_an_account_that_is_told_twice_is_one() -> None:
    assert [found.key for found in listed(account_row(), account_row())] == ["brokerage:4321"]


def test_bank_accounts_cards_and_loans_of_the_same_login_are_left_out() -> None:
    told = listed(
        account_row(),
        account_row(account_id="C", type="depository", subtype="checking"),
        account_row(account_id="D", type="credit", subtype="credit card"),
        account_row(account_id="E", type="loan", subtype="student"),
        account_row(account_id="F", type="brokerage", subtype="ira", mask="9"),
    )

    assert [found.key for found in told] == ["brokerage:4321", "ira:9"]


def test_an_account_without_a_mask_has_no_number() -> None:
    (found,) = listed(account_row(mask=None))

    assert (found.key, found.number) == ("brokerage:-", "")


@pytest.mark.parametrize(
    ("subtype", "kind"),
    [
        ("brokerage", AccountKind.OTHER),
        ("ira", AccountKind.IRA_TRADITIONAL),
        ("roth", AccountKind.IRA_ROTH),
        ("sep ira", AccountKind.IRA_OTHER),
        ("401k", AccountKind.RETIREMENT),
        ("403B", AccountKind.RETIREMENT),
        ("ugma", AccountKind.CUSTODIAL),
        ("trust", AccountKind.TRUST),
        ("crypto exchange", AccountKind.CRYPTO),
    ],
)
def test_kinds_of_accounts(subtype: str, kind: AccountKind) -> None:
    assert listed(account_row(subtype=subtype))[0].kind is kind


def test_every_subtype_that_the_sheet_lists_is_known() -> None:
    words = (
        "401a, 401k, 403B, 457b, 529, brokerage, cash isa, crypto exchange, education savings account, fhsa,"
        " fixed annuity, gic, health reimbursement arrangement, hsa, ira, isa, keogh, lif, life insurance,"
        " lira, lrif, lrsp, mutual fund, non-custodial wallet, non-taxable brokerage account, other,"
        " other annuity, other insurance, pension, prif, profit sharing plan, qshr, rdsp, resp, retirement,"
        " rlif, roth, roth 401k, roth 403B, roth 457b, roth pension, roth profit sharing plan,"
        " roth thrift savings plan, rrif, rrsp, sarsep, sep ira, simple ira, sipp, stock plan, tfsa,"
        " thrift savings plan, trust, ugma, utma, variable annuity"
    )

    retirement = (
        "401a, 401k, 403b, 457b, lif, lira, lrif, lrsp, pension, prif, profit sharing plan, qshr, retirement,"
        " rlif, roth 401k, roth 403b, roth 457b, roth pension, roth profit sharing plan,"
        " roth thrift savings plan, rrif, rrsp, sipp, thrift savings plan"
    ).split(", ")
    others = {
        "crypto exchange": AccountKind.CRYPTO, "non-custodial wallet": AccountKind.CRYPTO,
        "ira": AccountKind.IRA_TRADITIONAL, "roth": AccountKind.IRA_ROTH, "trust": AccountKind.TRUST,
        **dict.fromkeys(("keogh", "sarsep", "sep ira", "simple ira"), AccountKind.IRA_OTHER),
        **dict.fromkeys(("ugma", "utma"), AccountKind.CUSTODIAL),
    }  # fmt: skip
    meant = dict.fromkeys(retirement, AccountKind.RETIREMENT) | others
    listed_words = [word.lower() for word in words.split(", ")]

    assert meant.keys() <= set(listed_words)
    assert [(w, parse.KINDS.get(w)) for w in listed_words] == [
        (w, meant.get(w, AccountKind.OTHER)) for w in listed_words
    ]


def test_a_figure_of_margin_debt_tells_a_margin_account() -> None:
    (found,) = listed(account_row(balances=MONEY | {"margin_loan_amount": 0}))

    assert found.kind is AccountKind.MARGIN


# An item that is broken.


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        (None, ReauthorizationRequired),
        ("OAUTH_CONSENT_EXPIRED", ReauthorizationRequired),
        ("OAUTH_INVALID_TOKEN", ReauthorizationRequired),
        ("OAUTH_USER_REVOKED", ConsentRevoked),
    ],
)
def test_an_answer_of_a_broken_item_is_old_and_not_believed(
    reason: str | None, failure: type[Exception]
) -> None:
    error = {
        "error_type": "ITEM_ERROR",
        "error_code": "ITEM_LOGIN_REQUIRED",
        "error_code_reason": reason,
    }
    broken = answer(item=ITEM | {"error": error}, holdings=[], securities=[])

    with pytest.raises(failure):
        reads.take_accounts(broken, call(None))
    with pytest.raises(failure):
        reads.take_positions(broken, call())
