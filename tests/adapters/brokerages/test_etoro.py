"""eToro's accounts, balances and positions: lots of one kind, contracts about them, names of any case."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from etoro_rows import LOT, MONEY, NOW, REFERENCES, RESULT, TRADING, D, answer, call, portfolio, scene

from adapters.brokerages.etoro import CARD, parse, reads
from adapters.kit.card import Scene
from adapters.sandbox.asked import to_json
from domain.accounts import AccountKind
from domain.brokerages import Dataset, Support
from domain.errors import PermissionInsufficient, UnreadableReply
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.positions import Flag


def held(*lots: dict[str, Any]) -> tuple[Any, dict[str, int]]:
    stage = scene()
    (found,) = parse.position(to_json([LOT | lot for lot in lots or ({},)]), stage)
    return found, dict(stage.notes.words)


def test_the_card_says_that_trades_are_built_from_positions() -> None:
    for door in CARD.doors:
        (found,) = [one for one in door.facts.capabilities if one.dataset is Dataset.TRANSACTIONS]

        assert found.support is Support.DERIVED
        assert "dividends" in found.note
    assert {read.name for door in CARD.doors for read in door.transactions} == {"history"}


# ---- accounts and balances


ME = {"gcid": 14400123, "realCid": 7765001, "demoCid": 7765002, "username": "x"}
READS_MONEY = "etoro-public:money.balance:read"


@pytest.mark.parametrize(
    ("scopes", "number", "environment"),
    [(["etoro-public:real:read"], "7765001", "real"), (["etoro-public:demo:write"], "7765002", "demo")],
)
def test_the_scopes_tell_real_money_from_virtual(scopes: list[str], number: str, environment: str) -> None:
    (account,) = parse.accounts(to_json(ME | {"scopes": scopes}), scene())

    assert (account.key, account.routing["environment"]) == (number, environment)
    assert list(parse.needs_balances(to_json(ME | {"scopes": scopes}))) == []


def test_keys_that_may_read_nothing_are_told_so() -> None:
    with pytest.raises(PermissionInsufficient):
        list(parse.accounts(to_json(ME | {"scopes": ["etoro-public:user-info:read"]}), scene()))


def test_money_accounts_come_beside_and_what_else_there_is_is_counted() -> None:
    row = to_json(ME | {"scopes": ["etoro-public:real:read", READS_MONEY]})
    told = [
        {"accounttype": "trading", "accountid": "7765001", "currency": "USD"},
        {"accounttype": "cash", "accountid": "f0995efc", "currency": "GBP"},
        {"accounttype": "Options", "accountid": "9", "currency": "USD"},
    ]
    stage = scene(**{"balances:": told})
    trading, money = parse.accounts(row, stage)

    assert list(parse.needs_balances(row)) == ["balances:"]
    assert (trading.key, money.key, money.kind, money.currency) == (
        "7765001",
        "f0995efc",
        AccountKind.CASH,
        "GBP",
    )
    assert stage.notes.words == {"account.options": 1}


def test_the_totals_are_ready_made_and_cash_that_waits_in_orders_is_not_available() -> None:
    totals = {
        "accountAvailableCash": D("4320.84"),
        "accountBalance": D("4420.84"),
        "accountTotalValue": D("5154.48"),
    }
    body = {
        "cid": 7765001,
        "timestamp": "2026-05-26T15:24:25.267Z",
        "accountCurrency": "USD",
        "accountTotals": totals,
    }
    taken = reads.take_balance(answer(body), call())
    (balance,) = parse.balance(taken.rows[0], scene())

    assert (balance.cash, balance.buying_power, balance.total_value) == (
        D("4420.84"),
        D("4320.84"),
        D("5154.48"),
    )
    assert taken.as_of == datetime(2026, 5, 26, 15, 24, 25, 267000, tzinfo=UTC)


def test_totals_of_somebody_else_are_unreadable() -> None:
    with pytest.raises(UnreadableReply):
        reads.take_balance(answer({"cid": 1}), call())


ROW = {"accountId": "f0995efc", "accountType": "cash", "balance": 990, "currency": "GBP"}
LISTED = {"balances": [ROW | {"displayBalance": D("1258.07"), "displayCurrency": "USD"}]}


def test_accounts_with_nothing_in_them_are_asked_for_since_they_are_left_out_else() -> None:
    for request in (reads.ask_balances(("balances:",), call()), reads.ask_balance(call(MONEY))):
        assert dict(request.query)["includeZeroBalances"] == "true"


def test_a_balance_is_in_its_own_currency_and_not_in_that_of_the_display() -> None:
    (balance,) = parse.balance(reads.take_balance(answer(LISTED), call(MONEY)).rows[0], scene())

    assert (balance.currency, balance.cash) == ("GBP", D(990))


def test_a_money_account_has_cash_and_holds_nothing() -> None:
    (balance,) = parse.balance(reads.take_balance(answer(LISTED), call(MONEY)).rows[0], scene())

    assert (balance.currency, balance.cash, balance.total_value) == ("GBP", D(990), D(990))
    assert reads.take_positions(answer(LISTED), call(MONEY)).rows == []
    with pytest.raises(UnreadableReply):
        reads.take_positions(answer({"balances": []}), call(MONEY))


# ---- positions


def test_a_lot_that_is_owned() -> None:
    position, words = held()

    assert (position.quantity, position.average_cost, position.price) == (
        D("0.494878"),
        D("202.07"),
        D("210.58"),
    )
    figures = position.cost_basis, position.market_value, position.unrealized_gain
    assert figures == (D(100), D("104.21"), D("4.21"))
    assert (position.instrument.symbol, position.instrument.kind) == ("XMPL", InstrumentKind.EQUITY)
    assert position.instrument.identifiers == (("etoro:instrument", "1001"),)
    assert (position.flags, position.as_of) == ((), datetime(2026, 8, 20, 15, 2, 11, 510000, tzinfo=UTC))
    assert not words


def test_lots_of_one_kind_are_added_up() -> None:
    position, _ = held({"units": D(1), "openRate": D(100)}, {"units": D(3), "openRate": D(200)})

    assert (position.quantity, position.average_cost) == (D(4), D(175))
    assert (position.cost_basis, position.market_value) == (D(200), D("208.42"))


def test_a_result_is_an_object_flat_or_absent() -> None:
    flat = {
        "unrealizedPnL": None,
        "pnL": D(5),
        "closeRate": D(2),
        "closeConversionRate": D(3),
        "units": D(10),
    }
    whole, _ = held()
    without, _ = held({"unrealizedPnL": None})
    unturned, _ = held({"unrealizedPnL": {"closeRate": D(2)}})
    position, _ = held(flat)

    assert (whole.market_value, whole.unrealized_gain) == (D("104.21"), D("4.21"))
    for bare in (without, unturned):
        assert (bare.price, bare.market_value, bare.unrealized_gain) == (None, None, None)
    assert (position.market_value, position.unrealized_gain) == (D(60), D(5))


def test_a_lot_that_is_owned_costs_its_base_value_and_else_its_amount() -> None:
    """What was added to a lot as collateral is in the amount alone."""
    costs = [held({"amount": D(90), "unitsBaseValueDollars": base})[0].cost_basis for base in (D(60), None)]

    assert costs == [60, 90]


def test_a_leveraged_lot_costs_what_it_is_exposed_to_since_its_amount_is_margin() -> None:
    position, _ = held({"leverage": 5, "settlementTypeID": 0, "units": D(10), "openRate": D(50)})

    assert (position.cost_basis, position.instrument.symbol) == (D(500), "XMPL CFD")


@pytest.mark.parametrize("sign", [1, -1])
def test_a_short_is_negative_though_units_are_positive(sign: int) -> None:
    result = RESULT | {"exposureInAccountCurrency": sign * D("104.21")}
    position, _ = held({"isBuy": False, "settlementTypeID": 0, "unrealizedPnL": result})

    assert position.quantity == D("-0.494878")
    assert (position.cost_basis, position.market_value) == (D(-100), D("-104.21"))


@pytest.mark.parametrize(
    ("settled", "symbol", "kind", "scheme"),
    [
        (0, "XMPL CFD", "other", "etoro:cfd"), (1, "XMPL", "equity", "etoro:instrument"),
        (2, "XMPL CFD", "other", "etoro:cfd"), (3, "XMPL MARGIN", "other", "etoro:margin"),
        (4, "XMPL FUTURE", "future", "etoro:future"),
    ],
)  # fmt: skip
def test_a_contract_is_another_instrument_than_what_it_is_about(
    settled: int, symbol: str, kind: str, scheme: str
) -> None:
    position, words = held({"settlementTypeID": settled})

    assert (position.instrument.symbol, position.instrument.kind) == (symbol, InstrumentKind(kind))
    assert position.instrument.identifiers == ((scheme, "1001"),)
    assert not words


@pytest.mark.parametrize(
    ("lot", "symbol"), [({}, "XMPL"), ({"leverage": 2}, "XMPL CFD"), ({"isBuy": False}, "XMPL CFD")]
)
def test_without_a_settlement_it_is_what_the_history_takes_it_for(lot: dict[str, Any], symbol: str) -> None:
    position, words = held({"settlementTypeID": None} | lot)

    assert (position.instrument.symbol, words) == (symbol, {})


def test_what_has_no_units_is_held_no_more() -> None:
    assert list(parse.position(to_json([LOT | {"units": D(0)}]), scene())) == []


def test_rates_in_pence_are_turned_into_dollars_by_the_value() -> None:
    london = {"openRate": D(7600), "openConversionRate": D("0.0132"), "units": D(1)}
    position, _ = held(london | {"unrealizedPnL": RESULT | {"closeConversionRate": D("0.0132")}})

    assert (position.average_cost, position.price) == (D(100), D("104.21"))
    assert position.flags == (Flag.DERIVED_PRICE,)


def test_a_settlement_that_we_do_not_know_is_counted() -> None:
    _, words = held({"settlementTypeID": 9})

    assert words == {"settlementTypeID.9": 1}


@pytest.mark.parametrize(
    ("word", "kind"),
    [("Stocks", "equity"), ("ETF", "etf"), ("Crypto", "crypto"), ("Cryptocurrencies", "crypto"),
     ("Indices", "index"), ("Currencies", "other"), ("Commodities", "other"), ("Novelty", "other")],
)  # fmt: skip
def test_types_are_read_by_their_words(word: str, kind: str) -> None:
    stage = scene(**{"types:": {"5": word}})
    (position,) = parse.position(to_json([LOT]), stage)

    assert position.instrument.kind is InstrumentKind(kind)
    assert bool(stage.notes.words) is (word == "Novelty")


def test_without_the_look_up_of_types_their_numbers_are_known() -> None:
    stage = Scene(TRADING, {"instrument:1001": REFERENCES["instrument:1001"]}, Notes(), NOW)
    (position,) = parse.position(to_json([LOT]), stage)

    assert position.instrument.kind is InstrumentKind.EQUITY


def test_copied_positions_may_come_twice_and_count_once() -> None:
    other = LOT | {"positionID": 2, "mirrorID": 5}
    taken = reads.take_positions(answer(portfolio(LOT, other, mirrored=(other,))), call())

    (row,) = taken.rows
    assert [lot["positionid"] for lot in reads.listed(row)] == [2150896001, 2]


def test_sides_and_settlements_are_kept_apart() -> None:
    lots = [LOT | {"positionID": n, "isBuy": n % 2 == 0, "settlementTypeID": n // 2} for n in range(4)]

    assert len(reads.take_positions(answer(portfolio(*lots)), call()).rows) == 4


@pytest.mark.parametrize("name", ["positions", "mirrors"])
def test_a_portfolio_without_its_lists_is_unreadable(name: str) -> None:
    body = portfolio(LOT)
    del body["clientPortfolio"][name]

    with pytest.raises(UnreadableReply):
        reads.take_positions(answer(body), call())


@pytest.mark.parametrize("even", [str.lower, str.upper, str.swapcase])
def test_names_are_the_same_in_any_case(even: Callable[[str], str]) -> None:
    """`positionID` here, `positionId` there; samples contradict the schemas."""
    told = {even(name): value for name, value in LOT.items()}
    told[even("unrealizedPnL")] = {even(name): value for name, value in RESULT.items()}
    (plain,), (position,) = (list(parse.position(to_json([row]), scene())) for row in (LOT, told))

    assert position == replace(plain, raw=position.raw)


def test_two_fields_of_one_name_are_unreadable() -> None:
    row = {"instrumentId": 1001} | {name: value for name, value in LOT.items() if name != "instrumentID"}

    assert list(parse.needs_instrument(to_json([row]))) == ["instrument:1001", "types:"]
    with pytest.raises(UnreadableReply):
        reads.plainly({"positionID": 1, "positionId": 2})


def test_instruments_are_asked_for_with_literal_commas() -> None:
    request = reads.ask_instruments(("instrument:1001", "instrument:1002"), call())

    assert request.target == "/api/v1/market-data/instruments?instrumentIds=1001,1002"


def test_orders_that_wait_are_no_positions() -> None:
    order = {"orderID": 5669649, "instrumentID": 1001, "isBuy": True, "amount": 100, "units": 688}
    body = portfolio(LOT)
    body["clientPortfolio"] |= {"orders": [order], "ordersForOpen": [order], "entryOrders": [order]}

    assert (
        reads.take_positions(answer(body), call()).rows
        == reads.take_positions(answer(portfolio(LOT)), call()).rows
    )


def test_a_field_that_is_new_is_counted_and_costs_nothing() -> None:
    """The document of the API changes within weeks."""
    stage = scene()
    (position,) = parse.position(to_json([LOT | {"novelFigure": 1}]), stage)

    assert position.quantity == D("0.494878")
    assert stage.notes.fields == {"position.novelfigure": 1}
