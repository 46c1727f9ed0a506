"""FDX's accounts, balances and holdings, in all dialects, on the desk's answers and on rows made by hand."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import conformance
import pytest
from consented import DIALECTS, NOW, World

from adapters.fdx import dialects, parse, reads
from adapters.kit.card import Call, Rows, Scene
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import BrokerageUnavailable, UnreadableReply
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.positions import Balance, Flag, Position

Json = dict[str, Any]
ACCOUNT = AccountTold("brokerage:4321", "", "…4321", AccountKind.OTHER, routing={"id": "inv-0001"})
D = Decimal

# The examples of the sheet (3.1 and 3.2).
STOCK: Json = {
    "holdingId": "h-1", "securityId": "000000AA1", "securityIdType": "CUSIP", "holdingName": "ACME CORP",
    "holdingType": "STOCK", "symbol": "ACME", "positionType": "LONG", "heldInAccount": "CASH",
    "units": 150.25, "purchasedPrice": 120.13, "currentUnitPrice": 142.11,
    "currentUnitPriceDate": "2026-11-20", "marketValue": 21352.03, "averageCost": True, "cashAccount": False,
    "currency": {"currencyCode": "USD"},
    "taxLots": [{"quantity": 150.25, "purchasedPrice": 120.13, "costBasis": 18049.53}],
}  # fmt: skip
OPTION: Json = {
    "holdingId": "h-2", "holdingName": "ACME DEC 18 2026 150 CALL", "holdingType": "OPTION",
    "symbol": "ACME261218C150", "positionType": "SHORT", "units": -1, "currentUnitPrice": 3.1,
    "marketValue": -310,
    "optionSecurity": {"secured": "COVERED", "optionType": "CALL", "strikePrice": 150,
                       "expireDate": "2026-12-18", "sharesPerContract": 100},
}  # fmt: skip
SWEEP: Json = {
    "holdingName": "CASH SWEEP", "holdingType": "OTHER", "holdingSubType": "CASH", "symbol": "CASH",
    "units": 892.57, "currentUnitPrice": 1, "marketValue": 892.57, "cashAccount": True,
}  # fmt: skip
INVESTMENT: Json = {
    "accountId": "inv-0001", "accountType": "TAXABLE", "accountNumberDisplay": "xxxx4321",
    "productName": "Brokerage Account", "nickname": "My Brokerage", "status": "OPEN",
    "currency": {"currencyCode": "USD"}, "margin": False, "availableCashBalance": 892.57,
    "balanceAsOf": "2026-11-20T21:00:00.000Z", "currentValue": 22244.6, "holdings": [STOCK, OPTION, SWEEP],
}  # fmt: skip


def response(body: object, status: int = 200) -> Response:
    return Response(status, {}, json.dumps(body).encode())


def call(account: AccountTold | None = ACCOUNT, cursor: str | None = None) -> Call:
    return Call(account, None, date(2026, 11, 25), cursor, NOW)


def listed(*accounts: Json, **kinds: Json) -> Json:
    wrapped = [{"investmentAccount": account} for account in accounts]
    return {"accounts": [*wrapped, *({name: inner} for name, inner in kinds.items())]}


def accounts(body: object, dialect: dialects.Dialect = dialects.AKOYA) -> list[AccountTold]:
    scene = Scene(None, {}, Notes(), NOW)
    cut = reads.take_accounts(dialect, response(body), call(None))
    return [told for row in cut.rows for told in parse.account(row, scene)]


def holding(row: Json) -> tuple[list[Position], Notes]:
    scene = Scene(ACCOUNT, {}, Notes(), NOW)
    return list(parse.position(json.dumps(row).encode(), scene)), scene.notes


def held(row: Json) -> Position:
    (found,), notes = holding(row)
    assert (notes.fields, notes.words) == ({}, {})
    return found


def balances(row: Json) -> list[Balance]:
    return list(parse.balance(json.dumps(row).encode(), Scene(ACCOUNT, {}, Notes(), NOW)))


# The truth.


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("style", DIALECTS)
async def test_what_is_read_equals_the_truth(style: str, seed: int) -> None:
    world = World(style, seed)

    told = await conformance.read_all(world.door, await world.linked())

    assert conformance.differences(told, conformance.expected(world.box)) == []


@pytest.mark.parametrize("style", DIALECTS)
async def test_each_dialect_is_spoken_as_the_sheet_has_it(style: str) -> None:
    """Flat with a category or wrapped, numbers or texts, one identifier or a list of them."""
    world = World(style)
    bearer = (await world.linked()).values["bearer"]
    path = "/accounts/v2/sample" if style == "akoya" else "/accounts"
    _, told = world.ask(path, bearer)
    one = told["accounts"][0]

    inner = one if style == "v6" else one["investmentAccount"]
    assert (one.get("accountCategory") == "INVESTMENT_ACCOUNT") == (style == "v6")
    if style != "akoya":
        _, whole = world.ask(f"/accounts/{inner['accountId']}", bearer)
        inner = whole if style == "v6" else whole["investmentAccount"]
    assert isinstance(inner["currentValue"], str) == (style == "v5")
    stock = next(row for row in inner["holdings"] if row["holdingType"] == "STOCK")
    assert ("securityIds" in stock) == (style == "v6")
    assert ("securityId" in stock) == (style != "v6")


# What names an account.


def test_an_account_is_named_by_its_kind_and_its_last_four_digits() -> None:
    (told,) = accounts(listed(INVESTMENT))

    assert (told.key, told.number, told.name) == ("brokerage:4321", "…4321", "My Brokerage")
    assert (told.kind, told.currency, told.open) == (AccountKind.CASH, "USD", True)
    assert told.routing == {"id": "inv-0001"}


@pytest.mark.parametrize(
    ("word", "display", "key"),
    [
        ("TAXABLE", "4321", "brokerage:4321"),
        ("BROKERAGE", "...4321", "brokerage:4321"),
        ("BrokerageProduct", "XXXX-4321", "brokerage:4321"),
        ("ROTH", "51X-04321", "roth:4321"),
        ("Roth IRA", "…4321", "roth:4321"),
        ("ROLLOVER", "****4321", "ira:4321"),
        ("401K", "4321", "401k:4321"),
        ("College Savings", None, "fdx:inv-0001"),
        ("TAXABLE", "xx21", "fdx:inv-0001"),
        ("TAXABLE", None, "fdx:inv-0001"),
        ("Something New", "4321", "fdx:inv-0001"),
        (None, "4321", "fdx:inv-0001"),
    ],
)
def test_what_is_not_told_names_no_account(word: str | None, display: str | None, key: str) -> None:
    (told,) = accounts(listed(INVESTMENT | {"accountType": word, "accountNumberDisplay": display}))

    assert told.key == key


def test_two_accounts_that_share_kind_and_digits_are_never_taken_for_each_other() -> None:
    twin, other = INVESTMENT | {"accountId": "inv-0002"}, INVESTMENT | {"accountType": "ROTH"}
    first, second, third = accounts(listed(INVESTMENT, twin, other | {"accountId": "inv-0003"}))

    assert (first.key, second.key) == ("brokerage:4321:inv-0001", "brokerage:4321:inv-0002")
    assert third.key == "roth:4321"


def test_twins_are_found_across_pages() -> None:
    pages: list[Json] = [
        {"page": {"nextOffset": "B2", "nextPageKey": "B2", "totalElements": 2}},
        {"page": {"totalElements": 2}},
    ]
    cursor, cut = None, Rows([])
    for n, page in enumerate(pages):
        row = {"accountCategory": "INVESTMENT_ACCOUNT"} | INVESTMENT | {"accountId": f"inv-{n}"}
        request = reads.ask_accounts(dialects.V6, call(None, cursor))
        assert request.query == ((("pageKey", "B2"),) if n else ())
        cut = reads.take_accounts(dialects.V6, response(page | {"accounts": [row]}), call(None, cursor))
        cursor = cut.cursor

    assert [json.loads(row)["key"] for row in cut.rows] == ["brokerage:4321:inv-0", "brokerage:4321:inv-1"]


def test_other_kinds_of_accounts_are_left_out() -> None:
    deposit, loan = {"accountId": "d-1"}, {"accountId": "l-1"}
    told = accounts(listed(INVESTMENT, depositAccount=deposit, loanAccount=loan, annuityAccount=loan))
    flat = [{"accountCategory": "DEPOSIT_ACCOUNT", "accountId": "d-1"}]

    assert [account.routing["id"] for account in told] == ["inv-0001"]
    assert accounts({"accounts": flat}, dialects.V6) == []


@pytest.mark.parametrize(
    "category",
    ["DEPOSIT_ACCOUNT", "LOAN_ACCOUNT", "LOC_ACCOUNT", "ANNUITY_ACCOUNT", "INSURANCE_ACCOUNT",
     "COMMERCIAL_ACCOUNT", "DIGITAL_WALLET"],
)  # fmt: skip
def test_each_other_category_of_fdx_6_is_left_out(category: str) -> None:
    row = {"accountCategory": category, "accountId": "x-1"}

    assert accounts({"accounts": [row]}, dialects.V6) == []


def test_an_account_that_is_neither_wrapped_nor_flat_is_unreadable() -> None:
    broken: list[Json | None] = [
        {"accountId": "1"},
        {"investmentAccount": None},
        {"investmentAccount": []},
        None,
    ]
    for wrong in broken:
        with pytest.raises(UnreadableReply):
            accounts({"accounts": [wrong]})


def test_a_closed_account_is_kept_and_not_read() -> None:
    (told,) = accounts(listed(INVESTMENT | {"status": "CLOSED"}))

    assert not told.open


async def test_206_makes_the_list_partial() -> None:
    world = World(rows=20)
    grant = await world.linked()
    failing, working = world.box.play.accounts
    world.box.desk.failing = frozenset({failing.number})

    listing = await world.door.accounts(grant)

    assert not listing.complete
    assert [account.number for account in listing.rows] == [f"…{working.number[-4:]}"]
    whole: Json = {"accounts": []}
    with pytest.raises(BrokerageUnavailable):
        reads.take_positions(dialects.AKOYA, response(whole, 206), call())
    with pytest.raises(UnreadableReply):
        reads.take_positions(dialects.AKOYA, response(whole), call())
    with pytest.raises(BrokerageUnavailable):
        reads.take_transactions(dialects.AKOYA, response({"transactions": []}, 206), call())


# Money.


def test_cash_and_total_are_told_with_their_time() -> None:
    cut = reads.take_balance(dialects.AKOYA, response(listed(INVESTMENT)), call())

    (told,) = balances(json.loads(cut.rows[0]))
    assert (told.cash, told.total_value, told.buying_power) == (D("892.57"), D("22244.6"), None)
    assert cut.as_of == datetime(2026, 11, 20, 21, tzinfo=UTC)


def test_a_balance_without_a_time_has_none_and_a_bare_day_is_none() -> None:
    for told in (None, "2026-11-20"):
        row = INVESTMENT | {"balanceAsOf": told}
        assert reads.take_balance(dialects.AKOYA, response(listed(row)), call()).as_of is None


def test_cash_that_is_not_told_is_what_is_held_of_it() -> None:
    pounds = SWEEP | {"currency": {"currencyCode": "GBP"}, "marketValue": 10}
    row = {name: value for name, value in INVESTMENT.items() if name != "availableCashBalance"}

    main, other = balances(row | {"holdings": [STOCK, SWEEP, pounds]})

    assert (main.currency, main.cash) == ("USD", D("892.57"))
    assert (other.currency, other.cash) == ("GBP", D(10))
    assert balances(row | {"holdings": []})[0].cash is None, "unknown, and not zero"


def test_figures_come_as_texts_too() -> None:
    """Robinhood's FDX 5.1."""
    row = {"investmentAccount": INVESTMENT | {"availableCashBalance": "3209.54", "currentValue": "34938.20"}}
    cut = reads.take_balance(dialects.V5, response(row), call())

    (told,) = balances(json.loads(cut.rows[0]))
    assert (told.cash, told.total_value) == (D("3209.54"), D("34938.20"))


def test_an_answer_about_another_account_is_unreadable() -> None:
    other = INVESTMENT | {"accountId": "inv-0002"}
    for dialect, body in ((dialects.AKOYA, listed(other)), (dialects.V5, {"investmentAccount": other})):
        with pytest.raises(UnreadableReply):
            reads.take_balance(dialect, response(body), call())


# Holdings.


def positions(row: Json) -> list[bytes]:
    return reads.take_positions(dialects.AKOYA, response(listed(row)), call()).rows


def test_no_holdings_at_all_are_believed_only_if_everything_is_cash() -> None:
    without = {name: value for name, value in INVESTMENT.items() if name != "holdings"}

    assert positions(without | {"currentValue": 892.57}) == []
    assert positions(INVESTMENT | {"holdings": []}) == []
    for wrong in (without, without | {"holdings": None}, without | {"currentValue": None}):
        with pytest.raises(UnreadableReply):
            positions(wrong)


def test_a_stock() -> None:
    told = held(STOCK)

    assert told.instrument.kind is InstrumentKind.EQUITY
    assert (told.instrument.symbol, told.instrument.identifiers) == ("ACME", (("cusip", "000000AA1"),))
    assert (told.quantity, told.price, told.market_value) == (D("150.25"), D("142.11"), D("21352.03"))
    assert (told.cost_basis, told.unrealized_gain) == (D("18049.53"), D("3302.50"))


def test_average_cost_is_a_yes_or_no_and_never_money() -> None:
    for word in (True, False, None):
        assert held(STOCK | {"averageCost": word}).average_cost == D("120.13")


def test_a_list_of_identifiers_puts_the_cusip_first() -> None:
    row = {name: value for name, value in STOCK.items() if not name.startswith("securityId")}
    ids = [{"id": "US0000000001", "idType": "ISIN"}, {"id": "000000AA1", "idType": "CUSIP"}]

    told = held(row | {"securityIds": ids, "symbol": None})

    assert told.instrument.identifiers == (("cusip", "000000AA1"), ("isin", "US0000000001"))
    assert told.instrument.symbol == "000000AA1"


def test_a_holding_without_symbol_type_and_id_is_known_by_its_name() -> None:
    told = held({"holdingName": "SOME FUND", "units": 2, "marketValue": 20})

    assert (told.instrument.kind, told.instrument.symbol) == (InstrumentKind.OTHER, "SOME FUND")
    assert (told.price, told.cost_basis) == (D(10), None)
    assert set(told.flags) == {Flag.DERIVED_PRICE, Flag.COST_UNKNOWN}
    with pytest.raises(UnreadableReply):
        holding({"units": 2, "marketValue": 20})


def test_words_of_a_provider_of_its_own_are_counted_and_not_dropped() -> None:
    (told,), notes = holding(STOCK | {"holdingType": "Stonks", "colour": "blue"})

    assert told.instrument.kind is InstrumentKind.OTHER
    assert notes.words == {"holdingType.STONKS": 1}
    assert notes.fields == {"holding.colour": 1}


def test_an_option_is_counted_in_contracts_and_priced_per_share() -> None:
    told = held(OPTION | {"purchasedPrice": 2.5})

    assert told.instrument.symbol == "ACME  261218C00150000"
    assert (told.quantity, told.price, told.market_value) == (D(-1), D("3.1"), D(-310))
    assert (told.average_cost, told.cost_basis, told.unrealized_gain) == (D("2.5"), D(-250), D(-60))


def test_a_short_holding_may_be_told_without_a_sign() -> None:
    told = held(OPTION | {"units": 1, "marketValue": 310})

    assert (told.quantity, told.market_value) == (D(-1), D(-310))


@pytest.mark.parametrize(
    "symbol", ["ACME261218C150", "-ACME261218C150", "ACME261218C00150000", "ACME  261218C00150000", "ACME"]
)
def test_options_are_spelled_in_many_ways(symbol: str) -> None:
    assert held(OPTION | {"symbol": symbol}).instrument.symbol == "ACME  261218C00150000"


@pytest.mark.parametrize("lacking", ["optionType", "strikePrice", "expireDate"])
def test_where_the_terms_lack_one_the_symbol_tells_all(lacking: str) -> None:
    terms = {name: value for name, value in OPTION["optionSecurity"].items() if name != lacking}

    found = held(OPTION | {"symbol": "ACME261218C150", "optionSecurity": terms})

    assert found.instrument.symbol == "ACME  261218C00150000"


def test_an_option_that_nothing_tells_the_terms_of_is_kept_raw() -> None:
    (told,), notes = holding(OPTION | {"symbol": "WEIRD#1", "optionSecurity": None})

    assert (told.instrument.kind, told.instrument.symbol) == (InstrumentKind.OPTION, "WEIRD#1")
    assert notes.words == {"option.without_terms": 1}


@pytest.mark.parametrize(
    "cash", [SWEEP, {"cashAccount": True, "units": 1}, {"holdingSubType": "MONEYMARKET", "units": 1}]
)
def test_cash_is_no_position(cash: Json) -> None:
    assert holding(cash)[0] == []


@pytest.mark.parametrize(("price", "paid"), [(0.91, 0.88), (91, 88)])
def test_a_bond_is_counted_in_face_value_and_priced_in_percent(price: float, paid: float) -> None:
    bond = {
        "holdingName": "ACME 5% 2031", "holdingType": "BOND", "securityId": "000000BB1",
        "securityIdType": "CUSIP", "units": 5000, "currentUnitPrice": price, "purchasedPrice": paid,
        "marketValue": 4550, "taxLots": [{"costBasis": 4400}],
    }  # fmt: skip

    told = held(bond)

    assert (told.instrument.kind, told.instrument.symbol) == (InstrumentKind.BOND, "000000BB1")
    assert (told.quantity, told.price, told.average_cost) == (D(5000), D(91), D(88))


@pytest.mark.parametrize(("price", "paid"), [(0.91, 0.88), (91, 88)])
@pytest.mark.parametrize("worth", [4550, None])
def test_a_bond_without_lots_cost_its_face_at_the_purchase_price_however_that_is_told(
    price: float, paid: float, worth: int | None
) -> None:
    told = held(
        {"holdingName": "ACME 5% 2031", "holdingType": "BOND", "units": 5000, "currentUnitPrice": price}
        | {"purchasedPrice": paid, "marketValue": worth}
    )

    assert (told.average_cost, told.cost_basis, told.price) == (D(88), D(4400), D(91))


def test_lots_are_added_up_and_a_lot_without_a_cost_makes_it_units_times_price() -> None:
    lots = [{"costBasis": 10000}, {"costBasis": 8000}]

    assert held(STOCK | {"taxLots": lots}).cost_basis == 18000
    assert held(STOCK | {"taxLots": [{"costBasis": 1}, {}]}).cost_basis == D("150.25") * D("120.13")


def test_a_cost_of_zero_is_unknown() -> None:
    told = held(STOCK | {"purchasedPrice": 0, "taxLots": []})

    assert (told.average_cost, told.cost_basis, told.unrealized_gain) == (None, None, None)
    assert told.flags == (Flag.COST_UNKNOWN,)
