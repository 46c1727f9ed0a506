"""Robinhood's accounts, positions and pages, one oddity at a time, written by hand."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.robinhood import PRIVATE, parse
from adapters.brokerages.robinhood.history import events
from adapters.kit.card import Call, Scene
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import Instrument, InstrumentKind
from domain.ports.brokerage import Notes
from domain.positions import Flag, Position

D = Decimal
NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)
API = "https://api.robinhood.com"
STOCK, OPTION, PAIR, WALLET = "11111111-aaaa", "22222222-bbbb", "33333333-cccc", "44444444-dddd"
ACCOUNT = AccountTold("5TST0001", "x", "5TST0001", AccountKind.MARGIN, routing={"rhs": "900000001"})
MINE = {"account": f"{API}/accounts/5TST0001/"}
KNOWN = {
    f"instrument:{STOCK}": {"id": STOCK, "symbol": "XMPL", "type": "stock", "name": "EXAMPLE CORP"},
    f"option:{OPTION}": {
        "id": OPTION, "chain_symbol": "XMPL", "type": "put", "expiration_date": "2026-06-19",
        "strike_price": "25.0000",
    },
    f"pair:{PAIR}": {"id": PAIR, "symbol": "BTC-USD"},
    "pair:BTC": {"id": PAIR, "symbol": "BTC-USD"},
    f"crypto:{WALLET}": {"id": WALLET, "rhs_account_number": 900000001},
    "primary:account": "5TST0001",
}  # fmt: skip
Parser = Callable[[bytes, Scene], Iterable[Any]]


def told(parser: Parser, row: dict[str, Any], **references: Any) -> tuple[list[Any], Notes]:
    scene = Scene(ACCOUNT, KNOWN | references, Notes(), NOW)
    return list(parser(json.dumps(row).encode(), scene)), scene.notes


def one(parser: Parser, row: dict[str, Any], **references: Any) -> Any:
    (found,) = told(parser, row, **references)[0]
    return found


# ---- accounts and balances


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ({"type": "cash", "brokerage_account_type": "individual"}, AccountKind.CASH),
        ({"type": "margin", "brokerage_account_type": "individual"}, AccountKind.MARGIN),
        ({"type": "cash", "brokerage_account_type": "ira_roth"}, AccountKind.IRA_ROTH),
        ({"type": "cash", "brokerage_account_type": "ira_traditional"}, AccountKind.IRA_TRADITIONAL),
        ({"type": "margin", "brokerage_account_type": "joint_tenancy_with_ros"}, AccountKind.JOINT),
        ({"type": "cash"}, AccountKind.CASH),
    ],
)
def test_an_account_is_of_the_kind_that_both_its_types_tell(words: dict[str, str], kind: AccountKind) -> None:
    assert one(parse.account, {"account_number": "5TST0001", **words}).kind is kind


def test_an_account_is_called_by_its_type_and_the_end_of_its_number() -> None:
    told = one(
        parse.account, {"account_number": "123456789", "type": "cash", "brokerage_account_type": "ira_roth"}
    )

    assert told.name == "Ira roth 6789"


def test_an_account_type_that_nobody_knows_is_counted() -> None:
    accounts, notes = told(
        parse.account, {"account_number": "5T1", "type": "cash", "brokerage_account_type": "trust"}
    )

    assert accounts[0].kind is AccountKind.OTHER
    assert notes.words == {"account.trust": 1}


@pytest.mark.parametrize("number", [900000001, "900000001"])
def test_the_other_number_of_an_account_may_be_a_number_or_a_text(number: object) -> None:
    row = {"account_number": "5TST0001", "type": "cash", "rhs_account_number": number, "deactivated": True}

    account = one(parse.account, row)

    assert account.routing == {"rhs": "900000001"}
    assert not account.open


def test_the_whole_value_is_the_extended_one_where_there_is_one() -> None:
    row = {"account_number": "5TST0001", "cash": "1.0000", "portfolio_cash": "-20.5000", "buying_power": "7"}
    core = {"portfolio:5TST0001": {"equity": "100", "extended_hours_equity": None}}
    extended = {"portfolio:5TST0001": {"equity": "100", "extended_hours_equity": "101.5"}}

    assert one(parse.balance, row, **core).total_value == 100
    assert one(parse.balance, row, **extended).total_value == D("101.5")
    assert one(parse.balance, row, **core).cash == D("-20.5")
    assert one(parse.balance, {k: v for k, v in row.items() if k != "portfolio_cash"}, **core).cash == 1


# ---- positions


def position(**more: Any) -> dict[str, Any]:
    return MINE | {
        "instrument": f"{API}/instruments/{STOCK}/", "average_buy_price": "50.0000", "quantity": "4.00000000",
        "avg_cost_affected": False,
    } | more  # fmt: skip


def quoted(**more: Any) -> dict[str, Any]:
    return {f"quote:{API}/instruments/{STOCK}/": {"last_trade_price": "60.000000"} | more}


def test_a_position_without_symbol_is_named_by_its_instrument_and_priced_by_its_quote() -> None:
    held: Position = one(parse.stock, position(), **quoted(last_extended_hours_trade_price=None))

    assert held.instrument.symbol == "XMPL"
    assert held.instrument.identifiers == (("robinhood:instrument", STOCK),)
    assert (held.price, held.market_value, held.cost_basis, held.unrealized_gain) == (
        D(60),
        D(240),
        D(200),
        D(40),
    )


def test_the_price_after_hours_is_fresher() -> None:
    assert one(parse.stock, position(), **quoted(last_extended_hours_trade_price="61")).price == 61


def test_a_position_without_quote_has_no_price_rather_than_zero() -> None:
    held = one(parse.stock, position())

    assert (held.price, held.market_value, held.unrealized_gain) == (None, None, None)


@pytest.mark.parametrize(("affected", "known"), [(True, False), (None, False), (False, True)])
def test_shares_that_came_for_nothing_have_an_unknown_cost(affected: bool | None, known: bool) -> None:
    held = one(parse.stock, position(average_buy_price="0.0000", avg_cost_affected=affected), **quoted())

    assert (held.average_cost == 0) is known
    assert (Flag.COST_UNKNOWN in held.flags) is not known


def test_a_short_position_is_negative() -> None:
    held = one(parse.stock, position(type="short"), **quoted())

    assert (held.quantity, held.cost_basis, held.market_value) == (-4, -200, -240)


def test_what_was_held_once_is_no_position() -> None:
    assert told(parse.stock, position(quantity="0E-8"))[0] == []


@pytest.mark.parametrize("told", [{"instrument_id": STOCK}, {}])
def test_the_id_of_an_instrument_is_told_or_only_its_address(told: dict[str, str]) -> None:
    assert f"instrument:{STOCK}" in parse.needs_stock(json.dumps(position(**told)).encode())


def test_one_of_cash_and_margin_balances_is_null() -> None:
    row: dict[str, Any] = {"account_number": "5TST0001", "portfolio_cash": "1"}
    row |= {"cash_balances": None, "margin_balances": {}}

    (balance,), notes = told(parse.balance, row, **{"portfolio:5TST0001": {"equity": "100"}})

    assert (balance.cash, notes.fields) == (1, {})


@pytest.mark.parametrize("value", [{"amount": "390.00", "currency_code": "USD"}, "390.00"])
def test_money_is_a_text_or_an_object(value: object) -> None:
    assert parse.money({"amount": value}, "amount") == 390


def test_a_delisted_instrument_keeps_its_id() -> None:
    found: Instrument = parse.share("99", Scene(ACCOUNT, {}, Notes(), NOW), "XOLD")

    assert (found.kind, found.symbol, found.identifiers[0][1]) == (InstrumentKind.OTHER, "XOLD", "99")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("stock", InstrumentKind.EQUITY),
        ("adr", InstrumentKind.EQUITY),
        ("etp", InstrumentKind.ETF),
        (None, InstrumentKind.EQUITY),
        ("wrt", InstrumentKind.OTHER),
    ],
)
def test_what_an_instrument_is_by_its_type_and_a_type_that_nobody_knows_is_counted(
    word: str | None, kind: InstrumentKind
) -> None:
    known = {f"instrument:{STOCK}": {"id": STOCK, "symbol": "XMPL", "type": word}}

    (held,), notes = told(parse.stock, position(), **known)

    assert (held.instrument.kind, bool(notes.words)) == (kind, kind is InstrumentKind.OTHER)


@pytest.mark.parametrize(
    ("average", "kind", "quantity"), [("-345.0000", "short", -2), ("345.0000", "long", 2)]
)
def test_the_average_of_an_option_is_told_for_a_contract(average: str, kind: str, quantity: int) -> None:
    row = MINE | {"option_id": OPTION, "type": kind, "quantity": "2.0000", "average_price": average}
    marks = {"mark:XMPL  260619P00025000": {"adjusted_mark_price": "4.000000"}}

    held = one(parse.option, row | {"trade_value_multiplier": "100.0000"}, **marks)

    assert held.instrument.symbol == "XMPL  260619P00025000"
    assert (held.quantity, held.average_cost, held.price) == (quantity, D("3.45"), 4)
    assert (held.cost_basis, held.market_value) == (345 * quantity, 400 * quantity)


def holding(**basis: str) -> dict[str, Any]:
    return {"account_id": WALLET, "quantity": "0.3", "currency": {"code": "BTC"}, "cost_bases": [basis]}


def test_the_cost_of_coins_is_told_in_three_parts() -> None:
    parts = {"direct": ("10", "0.1"), "direct_reward": ("1", "0.1"), "direct_transfer": ("4", "0.1")}
    basis = {f"{p}_cost_basis": c for p, (c, _) in parts.items()} | {
        f"{p}_quantity": q for p, (_, q) in parts.items()
    }

    held = one(parse.coin, holding(**basis), **{f"coin-quote:{PAIR}": {"mark_price": "60"}})

    assert (held.average_cost, held.cost_basis, held.price, held.market_value) == (50, 15, 60, 18)
    assert held.instrument.kind is InstrumentKind.CRYPTO


def test_coins_whose_parts_do_not_add_up_have_an_unknown_cost() -> None:
    held = one(parse.coin, holding(direct_cost_basis="10", direct_quantity="0.1"))

    assert (held.average_cost, held.flags) == (None, (Flag.COST_UNKNOWN,))


def test_coins_of_another_account_are_left_to_it_and_unmatched_ones_are_never_lost() -> None:
    other = {f"crypto:{WALLET}": {"rhs_account_number": "77"}}

    assert told(parse.coin, holding(), **other)[0] == []
    with pytest.raises(UnreadableReply):
        told(parse.coin, holding(), **{f"crypto:{WALLET}": None})


# ---- pages


def page(**more: Any) -> Response:
    return Response(200, {}, json.dumps({"next": None, "previous": None, "results": []} | more).encode())


def call(since: date | None = None) -> Call:
    return Call(ACCOUNT, since, date(2026, 6, 1), None, NOW)


def test_reading_stops_at_a_page_that_is_wholly_older_than_wanted() -> None:
    feed = next(read for read in PRIVATE.transactions if read.name == "interest")
    rows = [{"pay_date": "2026-03-31"}, {"pay_date": "2026-02-27"}]

    assert feed.take(page(next="n", results=rows), call(date(2026, 4, 1))).cursor is None
    assert feed.take(page(next="n", results=rows), call(date(2026, 3, 31))).cursor == "n"
    assert feed.take(page(next="n", results=rows), call()).cursor == "n"


@pytest.mark.parametrize(
    "body", [b"{}", b'{"results":[]}', b'{"next":null}', b'{"next":null,"results":null}', b"[]"]
)
def test_a_page_without_its_keys_is_unreadable_and_not_empty(body: bytes) -> None:
    takes = [
        PRIVATE.accounts.take,
        *(r.take for r in PRIVATE.positions),
        *(r.take for r in PRIVATE.transactions),
    ]
    for take in takes:
        with pytest.raises(UnreadableReply):
            take(Response(200, {}, body), call())


def test_only_orders_can_be_asked_for_what_changed_since() -> None:
    asked = {read.name: read.ask(call(date(2026, 4, 1))).query for read in PRIVATE.transactions}

    assert ("updated_at[gte]", "2026-04-01T00:00:00Z") in asked["orders"]
    assert [name for name, query in asked.items() if "updated_at[gte]" in dict(query)] == [
        "orders",
        "option_orders",
    ]


def test_a_look_up_leaves_out_what_is_not_known() -> None:
    take = parse.take_by("instrument", "id")

    assert take(page(results=[None, {"id": "1", "symbol": "X"}]), ()) == {
        "instrument:1": {"id": "1", "symbol": "X"}
    }


@pytest.mark.parametrize("ident", ["", "a/../b", "a?b", "x" * 65])
def test_an_id_that_would_bend_an_address_is_refused(ident: str) -> None:
    with pytest.raises(UnreadableReply):
        list(events.needs_splits(json.dumps({"instrument_id": ident, "instrument": ident}).encode()))
