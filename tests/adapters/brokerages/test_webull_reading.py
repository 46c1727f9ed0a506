"""Webull: accounts, balances and positions into our nouns, by hand-written rows."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.webull import pages, parse
from adapters.kit.card import Call, Scene
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.positions import Flag, Position
from domain.transactions import TransactionType

T = TransactionType
D = Decimal
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
ACCOUNT = AccountTold("ACC1", "Individual Margin", "5XX00001", AccountKind.MARGIN)
Json = dict[str, Any]


def scene(references: Json | None = None) -> Scene:
    return Scene(ACCOUNT, references or {}, Notes(), NOW)


def raw(row: object) -> bytes:
    return json.dumps(row).encode()


def quiet(here: Scene) -> bool:
    return not here.notes.words and not here.notes.fields


def call() -> Call:
    return Call(ACCOUNT, None, date(2026, 11, 20), None, NOW)


# ---- accounts and balances


def account(**fields: Any) -> tuple[AccountTold, Scene]:
    usual = {
        "user_id": "10000001",
        "account_id": "ACC1",
        "account_number": "5XX00001",
        "account_type": "MARGIN",
        "account_label": "Individual Margin",
        "account_class": "INDIVIDUAL_MARGIN",
    }
    here = scene({"currency:ACC1": "USD"})
    (told,) = parse.account(raw(usual | fields), here)
    return told, here


def test_an_account_is_named_by_its_id_and_its_currency_stands_in_its_balance() -> None:
    told, here = account()

    assert (told.key, told.number, told.name, told.currency) == (
        "ACC1",
        "5XX00001",
        "Individual Margin",
        "USD",
    )
    assert quiet(here)
    assert list(parse.account_needs(raw({"account_id": "ACC1"}))) == ["currency:ACC1"]


@pytest.mark.parametrize(
    ("type_", "class_", "kind"),
    [
        ("MARGIN", "INDIVIDUAL_MARGIN", AccountKind.MARGIN),
        ("CASH", "INDIVIDUAL_CASH", AccountKind.CASH),
        ("CASH", "ROTH_IRA", AccountKind.IRA_ROTH),
        ("CASH", "TRADITIONAL_IRA", AccountKind.IRA_TRADITIONAL),
        ("CASH", "ROLLOVER_IRA", AccountKind.IRA_OTHER),
        ("MARGIN", "JOINT_MARGIN", AccountKind.JOINT),
        ("CASH", None, AccountKind.CASH),
        ("CRYPTO", None, AccountKind.CRYPTO),
        ("FUTURES", None, AccountKind.OTHER),
        ("EVENT", None, AccountKind.OTHER),
    ],
)
def test_one_user_may_have_accounts_of_many_kinds(type_: str, class_: str | None, kind: AccountKind) -> None:
    told, here = account(account_type=type_, account_class=class_)

    assert (told.kind, quiet(here)) == (kind, True)


def test_an_unknown_kind_of_account_is_counted() -> None:
    told, here = account(account_type="SPACE", account_class="MOON", account_label=None)

    assert (told.kind, told.name) == (AccountKind.OTHER, "Webull 0001")
    assert here.notes.words == {"account.type.SPACE": 1}


def assets(currency: str = "USD", **fields: Any) -> Json:
    return {
        "currency": currency,
        "cash_balance": "1500.25",
        "settled_cash": "1400.25",
        "buying_power": "3000.50",
    } | fields


def balance(*held: Json, **fields: Any) -> bytes:
    usual = {
        "total_asset_currency": "USD",
        "total_cash_balance": "1500.25",
        "total_net_liquidation_value": "10000.25",
    }
    return raw(usual | {"account_currency_assets": list(held)} | fields)


def test_all_figures_are_texts_and_each_currency_is_a_balance() -> None:
    here = scene()
    dollars, other = parse.balance(balance(assets(), assets("HKD", settled_cash=None)), here)

    assert (dollars.cash, dollars.settled_cash, dollars.buying_power) == (
        D("1500.25"),
        D("1400.25"),
        D("3000.50"),
    )
    assert (dollars.total_value, other.total_value, other.settled_cash) == (D("10000.25"), None, None)
    assert quiet(here)


def test_without_currencies_the_total_is_the_balance_and_without_the_list_nothing_is() -> None:
    (told,) = parse.balance(balance(), scene())

    assert (told.currency, told.cash, told.buying_power) == ("USD", D("1500.25"), None)
    with pytest.raises(UnreadableReply):
        list(parse.balance(balance(account_currency_assets=None), scene()))


def test_a_balance_of_the_first_generation_is_read() -> None:
    held = {"currency": "USD", "cash_balance": "30.00", "margin_power": "60.00", "cash_power": "30.00"}
    first = {"account_id": "1", "total_asset": "50.00", "total_net_liquidation_value": None}

    (told,) = parse.balance(balance(held, **first), scene())

    assert (told.cash, told.buying_power, told.total_value) == (D(30), D(60), D(50))


@pytest.mark.parametrize("body", [b'{"data":[{"a":1}],"x":0}', b'[{"a":1}]'])
def test_lists_are_taken_bare_or_wrapped_in_data(body: bytes) -> None:
    assert pages.take_list(Response(200, {}, body), call()).rows == [b'{"a":1}']


@pytest.mark.parametrize("body", [b"{}", b'{"error_code":"X"}', b'{"data":null}', b"null", b""])
def test_what_is_no_list_is_never_an_empty_one(body: bytes) -> None:
    with pytest.raises(UnreadableReply):
        pages.take_list(Response(200, {}, body), call())
    with pytest.raises(UnreadableReply):
        pages.take_page(Response(200, {}, body), call())


# ---- positions


def position(**fields: Any) -> bytes:
    usual = {
        "position_id": "P1", "symbol": "AAPL", "symbol_name": "Apple Inc", "instrument_id": "913256135",
        "instrument_type": "EQUITY", "currency": "USD", "quantity": "10.5", "cost_price": "180.12",
        "last_price": "210.00", "market_value": "2205.00", "unrealized_profit_loss": "313.74", "legs": None,
    }  # fmt: skip
    return raw(usual | fields)


def leg(**fields: Any) -> Json:
    usual = {
        "item_id": "L1", "symbol": "AAPL", "instrument_type": "OPTION", "side": "LONG", "quantity": "1",
        "cost_price": "3.45", "last_price": "4.00", "market_value": "400.00", "option_type": "CALL",
        "option_expire_date": "2026-12-18", "option_exercise_price": "220",
        "option_contract_multiplier": "100",
    }  # fmt: skip
    return usual | fields


def held(row: bytes, here: Scene | None = None) -> list[Position]:
    return list(parse.position(row, here or scene()))


def test_a_share_is_held_with_its_cost_and_value() -> None:
    here = scene()
    (told,) = held(position(), here)

    assert (told.quantity, told.average_cost, told.price) == (D("10.5"), D("180.12"), D(210))
    assert (told.cost_basis, told.market_value, told.unrealized_gain) == (D("1891.26"), D(2205), D("313.74"))
    assert (told.instrument.kind, told.instrument.symbol) == (InstrumentKind.EQUITY, "AAPL")
    assert told.instrument.identifiers == (("webull:instrument", "913256135"),)
    assert quiet(here)


def test_a_market_value_that_lacks_is_quantity_times_price() -> None:
    (told,) = held(position(market_value=None, currency="EUR"))

    assert (told.market_value, told.currency) == (D("2205.000"), "EUR")


def test_a_short_is_negative_with_its_totals() -> None:
    (told,) = held(position(quantity="-10", market_value="2100"))

    assert (told.quantity, told.cost_basis, told.market_value) == (D(-10), D("-1801.20"), D(-2100))


@pytest.mark.parametrize(
    ("quantity", "side"), [("-1", "SHORT"), ("1", "SHORT"), ("-1", "LONG"), ("-1", None)]
)
def test_an_option_stands_in_a_leg_and_is_short_by_sign_or_side(quantity: str, side: str | None) -> None:
    row = position(
        instrument_type="OPTION", quantity=quantity, option_strategy="SINGLE", legs=[leg(side=side)]
    )

    (told,) = held(row)

    assert told.instrument.symbol == "AAPL  261218C00220000"
    assert told.instrument.option is not None
    assert told.instrument.option.multiplier == 100
    assert (told.quantity, told.cost_basis, told.market_value) == (D(-1), D(-345), D(-400))
    assert (told.unrealized_gain, told.average_cost) == (D("313.74"), D("3.45"))


def test_an_option_that_is_long_is_positive_and_so_is_the_long_leg_of_a_strategy_that_was_sold() -> None:
    single, sold = ({"option_strategy": word, "instrument_type": "OPTION"} for word in ("SINGLE", "VERTICAL"))
    legs = [leg(side="LONG"), leg(side="SHORT", option_exercise_price="230")]

    (long,) = held(position(quantity="1", legs=[leg(side="LONG")], **single))
    first, second = held(position(quantity="-1", legs=legs, **sold))

    assert (long.quantity, long.cost_basis, long.market_value) == (D(1), D(345), D(400))
    assert (first.quantity, second.quantity) == (D(1), D(-1))


def test_a_strategy_is_as_many_positions_as_it_has_legs() -> None:
    legs = [leg(), leg(side="SHORT", option_type="PUT", market_value=None)]

    first, second = held(position(instrument_type="OPTION", option_strategy="STRANGLE", legs=legs))

    assert (first.quantity, second.quantity, second.market_value) == (D(1), D(-1), D(-400))
    assert (first.unrealized_gain, second.instrument.symbol[12]) == (None, "P")


@pytest.mark.parametrize(
    ("word", "kind", "known"),
    [
        ("EQUITY", InstrumentKind.EQUITY, True),
        ("CRYPTO", InstrumentKind.CRYPTO, True),
        ("MUTUAL_FUND", InstrumentKind.MUTUAL_FUND, True),
        ("BOND", InstrumentKind.BOND, True),
        ("FUTURES", InstrumentKind.FUTURE, True),
        ("EVENT", InstrumentKind.OTHER, True),
        ("STOCK", InstrumentKind.EQUITY, True),
        ("MOONDUST", InstrumentKind.OTHER, False),
    ],
)
def test_every_instrument_type_and_those_whose_unit_nobody_tells(
    word: str, kind: InstrumentKind, known: bool
) -> None:
    here = scene()
    (told,) = held(position(instrument_type=word, market_value=None), here)

    assert told.instrument.kind is kind
    assert quiet(here) is known
    single = word in {"EQUITY", "STOCK", "CRYPTO", "MUTUAL_FUND"}
    assert (told.market_value is not None, told.cost_basis is not None) == (single, single)


def test_a_coin_a_pair_and_the_two_sides_of_an_event() -> None:
    names = [
        held(position(instrument_type="CRYPTO", symbol=s))[0].instrument.symbol
        for s in ("BTC", "BTCUSD", "PYUSD")
    ]
    (event,) = held(position(instrument_type="EVENT", symbol="RAIN", event_outcome="yes"))

    assert names == ["BTC", "BTC", "PYUSD"]
    assert event.instrument.symbol == "RAIN YES"


@pytest.mark.parametrize(
    "lack",
    [{"option_exercise_price": None}, {"option_type": "PERHAPS"}, {"option_expire_date": None}],
)
def test_an_option_without_its_terms_cannot_be_read(lack: Json) -> None:
    with pytest.raises(UnreadableReply):
        held(position(instrument_type="OPTION", legs=[leg(**lack)]))


def test_a_cost_of_zero_is_an_unknown_cost() -> None:
    (told,) = held(position(cost_price="0"))

    assert (told.average_cost, told.cost_basis, told.flags) == (None, None, (Flag.COST_UNKNOWN,))


@pytest.mark.parametrize(
    "fields", [{"symbol": None}, {"quantity": None}, {"legs": {}}, {"legs": [None]}, {"currency": ""}]
)
def test_a_position_that_lacks_what_it_is_cannot_be_read(fields: Json) -> None:
    with pytest.raises(UnreadableReply):
        held(position(**fields))
