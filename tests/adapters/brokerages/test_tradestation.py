"""TradeStation's rows: trades out of orders, signs that are not sure."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tradestation_rows import ACCOUNT, BALANCE, FUTURE, NOW, OPTION, ORDER, POSITION, STOCK, scene

from adapters.brokerages.tradestation import CARD, parse
from adapters.kit.card import Scene
from domain.accounts import AccountKind
from domain.brokerages import Dataset, Support
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.transactions import TransactionStatus, TransactionType

T, S = TransactionType, TransactionStatus


def told(*legs: dict[str, Any], **order: Any) -> list[Any]:
    return list(parse.order(msgspec.json.encode(ORDER | {"Legs": list(legs or (STOCK,))} | order), scene()))


def held(**row: Any) -> Any:
    stage = scene(**{"symbol:ESH26": {"Currency": "EUR", "Description": "E-mini"}})
    (found,) = parse.position(msgspec.json.encode(POSITION | row), stage)
    return found, stage.notes.words


def test_the_card_says_that_transactions_are_built_from_orders() -> None:
    (door,) = CARD.doors
    (found,) = [one for one in door.facts.capabilities if one.dataset is Dataset.TRANSACTIONS]

    assert found.support is Support.DERIVED
    assert "dividends" in found.note
    assert door.facts.history_days == 90


# ---- accounts and balances


@pytest.mark.parametrize(
    ("word", "kind"),
    [("Cash", "cash"), ("Margin", "margin"), ("Futures", "other"), ("DVP", "other"), ("Crypto", "crypto")],
)
def test_every_type_of_account_is_known(word: str, kind: str) -> None:
    stage = scene()
    row = {"AccountID": "1", "Currency": "USD", "Status": "Active", "AccountType": word}
    (account,) = parse.account(msgspec.json.encode(row), stage)

    assert (account.kind, account.name, account.open) == (AccountKind(kind), f"TradeStation {word}", True)
    assert not stage.notes.words


@pytest.mark.parametrize(
    "status",
    ["Active", "Closed", "Closing Transaction Only", "Margin Call - Closing Transactions Only", "Inactive",
     "Liquidating Transactions Only", "Restricted", "90 Day Restriction-Closing Transaction Only"],
)  # fmt: skip
def test_every_status_is_known_and_only_a_closed_account_is_not_read(status: str) -> None:
    stage = scene()
    row = {"AccountID": "1", "Currency": "USD", "Status": status, "AccountType": "Cash", "Alias": "Main"}
    (account,) = parse.account(msgspec.json.encode(row), stage)

    assert (account.name, account.open) == ("Main", status != "Closed")
    assert not stage.notes.words


def test_words_of_accounts_and_assets_that_are_new_are_counted() -> None:
    stage = scene()
    row = {"AccountID": "1", "Currency": "USD", "Status": "Asleep", "AccountType": "Novel"}
    (account,) = parse.account(msgspec.json.encode(row), stage)
    position, words = held(AssetType="NOVELTY")

    assert (account.kind, account.open) == (AccountKind.OTHER, True)
    assert stage.notes.words == {"account.Novel": 1, "account.Asleep": 1}
    assert (position.instrument.kind, dict(words)) == (InstrumentKind.OTHER, {"AssetType.NOVELTY": 1})


def test_the_notional_of_a_futures_account_is_no_part_of_its_total() -> None:
    (balance,) = parse.balances(msgspec.json.encode(BALANCE | {"MarketValue": "300000"}), scene())

    figures = balance.cash, balance.buying_power, balance.total_value
    assert figures == tuple(map(Decimal, (5000, 3790, 4950)))


def test_cash_of_several_currencies_is_told_for_each() -> None:
    details = [{"Currency": "USD", "CashBalance": "4000"}, {"Currency": "EUR", "CashBalance": "900"}]
    found = list(parse.balances(msgspec.json.encode(BALANCE | {"CurrencyDetails": details}), scene()))

    assert [(b.currency, str(b.cash)) for b in found] == [("USD", "4000"), ("EUR", "900")]
    assert [(b.total_value, b.buying_power) for b in found] == [(4950, 3790), (None, None)]


def test_cash_that_is_told_in_other_currencies_only_is_none_in_the_account_s() -> None:
    details = [{"Currency": "GBP", "CashBalance": "4000"}, {"Currency": "EUR", "CashBalance": "900"}]
    found = list(parse.balances(msgspec.json.encode(BALANCE | {"CurrencyDetails": details}), scene()))

    assert [(b.currency, b.cash, b.total_value) for b in found] == [
        ("USD", Decimal(0), Decimal(4950)), ("GBP", Decimal(4000), None), ("EUR", Decimal(900), None),
    ]  # fmt: skip


def test_figures_may_have_long_tails() -> None:
    (balance,) = parse.balances(msgspec.json.encode(BALANCE | {"CashBalance": "-599.999999"}), scene())

    assert balance.cash == Decimal("-599.999999")


# ---- positions


def test_a_position_is_told_with_all_of_its_figures() -> None:
    position, _ = held()

    assert (position.quantity, position.average_cost, position.price) == (
        40,
        Decimal("105.25"),
        Decimal("106.1"),
    )
    assert (position.cost_basis, position.market_value, position.unrealized_gain) == (4210, 4244, 34)


def test_figures_are_in_the_account_s_own_currency() -> None:
    stage = Scene(replace(ACCOUNT, currency="EUR"), {}, Notes(), NOW)
    (balance,) = parse.balances(msgspec.json.encode(BALANCE), stage)
    (position,) = parse.position(msgspec.json.encode(POSITION), stage)

    assert (balance.currency, position.currency, position.instrument.currency) == ("EUR", "EUR", "EUR")


@pytest.mark.parametrize("sign", ["-", ""])
def test_a_short_s_totals_get_its_sign_whatever_sign_they_are_told_with(sign: str) -> None:
    short = {"LongShort": "Short", "Quantity": "-2", "AssetType": "STOCKOPTION", "Symbol": "XMPL 260619C110"}
    figures = {"Last": "2.9", "TotalCost": f"{sign}640", "MarketValue": f"{sign}580", "AveragePrice": "3.2"}
    position, words = held(**short, **figures)

    assert (position.quantity, position.cost_basis, position.market_value) == (-2, -640, -580)
    assert position.instrument.symbol == "XMPL  260619C00110000"
    assert not words


@pytest.mark.parametrize(("quantity", "side"), [("-2", "Short"), ("-2", None), ("2", "Short")])
def test_a_short_is_negative_whichever_field_says_so(quantity: str, side: str | None) -> None:
    position, _ = held(Quantity=quantity, LongShort=side, Last="100", MarketValue="200")

    assert (position.quantity, position.market_value) == (-2, -200)


@pytest.mark.parametrize(
    ("quantity", "value"), [("40", "424400"), ("40", "42"), ("-40", "424400"), ("-40", "42")]
)
def test_a_value_far_from_quantity_times_price_is_counted(quantity: str, value: str) -> None:
    _, words = held(Quantity=quantity, LongShort=None, MarketValue=value)

    assert words == {"position.value_does_not_add_up": 1}


def test_what_a_future_is_told_to_be_worth_is_its_notional_and_nobody_s_value() -> None:
    position, words = held(AssetType="FUTURE", Symbol="ESH26", Quantity="1", MarketValue="300000")

    assert (position.market_value, position.cost_basis, position.unrealized_gain) == (None, None, 34)
    assert (position.instrument.kind, position.instrument.name) == (InstrumentKind.FUTURE, "E-mini")
    assert not words


def test_abroad_values_are_in_the_symbol_s_currency_and_costs_in_the_account_s() -> None:
    position, _ = held(Symbol="ESH26", ConversionRate="1.1")

    assert (position.currency, position.market_value, position.cost_basis) == ("EUR", 4244, None)


def test_abroad_figures_whose_currency_is_not_known_are_unknown_and_counted() -> None:
    """The look-up of symbols may fail without failing the read."""
    position, words = held(Symbol="FDAX26", ConversionRate="1.1")

    figures = position.price, position.market_value, position.average_cost, position.unrealized_gain
    assert (position.quantity, figures, position.instrument.currency) == (40, (None,) * 4, None)
    assert words == {"position.currency_unknown": 1}


@pytest.mark.parametrize(
    ("word", "kind"),
    [("STOCK", "equity"), ("STOCKOPTION", "option"), ("INDEXOPTION", "option"), ("FUTURE", "future")],
)
def test_every_asset_type_is_known(word: str, kind: str) -> None:
    symbol = "SPXW 260619P5900.5" if kind == "option" else "BRK.B"
    figures = {"Quantity": "1", "Last": "1", "MarketValue": "100"} if kind == "option" else {}
    position, words = held(AssetType=word, Symbol=symbol, **figures)

    assert position.instrument.kind is InstrumentKind(kind)
    assert position.instrument.symbol == ("SPXW  260619P05900500" if kind == "option" else "BRK.B")
    assert not words


def test_an_option_s_symbol_that_we_do_not_know_is_kept_and_counted() -> None:
    position, words = held(AssetType="STOCKOPTION", Symbol="XMPL-WEEKLY", MarketValue="0")

    assert (position.instrument.symbol, dict(words)) == ("XMPL-WEEKLY", {"option.symbol": 1})


# ---- transactions out of orders


def test_a_filled_leg_is_a_trade_with_the_order_s_commission() -> None:
    (row,) = told()

    assert (row.type, row.quantity, row.price) == (T.BUY, 40, Decimal("105.25"))
    assert (row.gross, row.fees, row.net) == (-4210, Decimal("1.2"), Decimal("-4211.2"))
    assert (row.trade_date, row.executed_at) == (
        date(2026, 3, 16),
        datetime(2026, 3, 16, 16, 53, 37, tzinfo=UTC),
    )
    assert (row.source_key, row.settlement_date) == ("11000001:286234131:0", None)


def test_the_trade_date_is_new_york_s() -> None:
    (row,) = told(ClosedDateTime="2026-03-17T01:30:00Z")

    assert row.trade_date == date(2026, 3, 16)


def test_the_fee_of_an_order_stands_on_the_first_leg_of_which_something_was_executed() -> None:
    idle = STOCK | {"ExecQuantity": "0", "QuantityRemaining": "40"}
    first, second = told(idle, OPTION, STOCK | {"BuyOrSell": "Sell", "OpenOrClose": "Close"})

    assert (first.source_key, first.fees, first.net) == (
        "11000001:286234131:1",
        Decimal("1.2"),
        Decimal("638.8"),
    )
    assert (second.source_key, second.fees, second.net) == ("11000001:286234131:2", 0, 4210)
    assert [leg.fees for leg in told(STOCK, STOCK, CommissionFee=None)] == [None, None]


@pytest.mark.parametrize(
    ("leg", "word", "turn", "kind", "sign"),
    [
        (STOCK, "Buy", "Open", T.BUY, 1), (STOCK, "BUY", None, T.BUY, 1),
        (STOCK, "Sell", "Close", T.SELL, -1), (STOCK, "sell", None, T.SELL, -1),
        (STOCK, "SellShort", "Open", T.SELL_SHORT, -1), (STOCK, "Sell Short", None, T.SELL_SHORT, -1),
        (STOCK, "Sell", "Open", T.SELL_SHORT, -1), (STOCK, "BUYTOCOVER", "Close", T.BUY_TO_COVER, 1),
        (STOCK, "Buy To Cover", None, T.BUY_TO_COVER, 1),
        (OPTION, "Buy", "Open", T.BUY_TO_OPEN, 1), (OPTION, "BuyToOpen", None, T.BUY_TO_OPEN, 1),
        (OPTION, "Buy", "Close", T.BUY_TO_CLOSE, 1), (OPTION, "BUYTOCLOSE", "Close", T.BUY_TO_CLOSE, 1),
        (OPTION, "Sell", "Open", T.SELL_TO_OPEN, -1), (OPTION, "SellShort", "Open", T.SELL_TO_OPEN, -1),
        (OPTION, "SELLTOOPEN", None, T.SELL_TO_OPEN, -1), (OPTION, "Sell", "Close", T.SELL_TO_CLOSE, -1),
        (OPTION, "SellToClose", "Close", T.SELL_TO_CLOSE, -1), (OPTION, "Buy", None, T.BUY, 1),
        (STOCK, "Swap", None, T.OTHER, 1),
    ],
)  # fmt: skip
def test_sides_vary_in_case_and_spacing_and_open_or_close_tells_the_rest(
    leg: dict[str, Any], word: str, turn: str | None, kind: TransactionType, sign: int
) -> None:
    stage, said = scene(), leg | {"BuyOrSell": word, "OpenOrClose": turn}
    (row,) = parse.order(msgspec.json.encode(ORDER | {"Legs": [said]}), stage)

    assert (row.type, row.quantity) == (kind, sign * Decimal(leg["ExecQuantity"]))
    assert bool(stage.notes.words) is (kind is T.OTHER)


FINAL = "FLL FLP CAN OUT EXP TSC UCH SCN RJR REJ DOA BRO LAT".split()
LIVING = "ACK DON OPN PLA REC STT DIS CND OSO STP SUS FPR RPD RSN UCN CHG BRC BRF COR ECN OTHER RJC".split()


@pytest.mark.parametrize("code", [*FINAL, *LIVING])
def test_a_part_of_an_order_is_pending_as_long_as_the_order_lives(code: str) -> None:
    stage = scene()
    part = STOCK | {"ExecQuantity": "10", "QuantityRemaining": "30"}
    (row,) = parse.order(msgspec.json.encode(ORDER | {"Legs": [part], "Status": code}), stage)

    assert row.status is (S.PENDING if code in LIVING else S.POSTED)
    assert not stage.notes.words


def test_a_fill_may_come_under_ack_and_again_under_fll() -> None:
    """As Lean has recorded it: STP without a fill, ACK with it, FLL. It is one row."""
    waits = told(STOCK | {"ExecQuantity": "0", "QuantityRemaining": "40"}, Status="STP", FilledPrice="0")
    (early,), (late,) = told(Status="ACK"), told(Status="FLL")

    assert waits == []
    assert (early.source_key, early.status) == (late.source_key, late.status)


def test_a_part_that_was_filled_of_an_order_that_lives_is_dated_by_its_opening() -> None:
    (row,) = told(STOCK | {"QuantityRemaining": "5"}, Status="FPR", ClosedDateTime=None)

    assert (row.trade_date, row.status) == (date(2026, 3, 12), S.PENDING)


def test_a_code_that_we_do_not_know_is_counted() -> None:
    stage = scene()
    (row,) = parse.order(msgspec.json.encode(ORDER | {"Status": "NEW"}), stage)

    assert (row.status, dict(stage.notes.words)) == (S.POSTED, {"order.NEW": 1})


def test_an_execution_price_on_what_was_not_executed_is_not_believed() -> None:
    assert (
        told(STOCK | {"ExecQuantity": "0", "ExecutionPrice": "112.28"}, Status="EXP", FilledPrice="0") == []
    )


def test_the_price_of_an_order_is_no_price_of_its_several_legs_nor_is_zero_one() -> None:
    bare = {name: value for name, value in STOCK.items() if name != "ExecutionPrice"}
    pair, (zero,) = told(bare, bare), told(bare, FilledPrice="0")

    assert [(row.price, row.gross, row.net) for row in (*pair, zero)] == [(None, None, None)] * 3


def test_without_a_price_on_the_leg_it_is_the_order_s() -> None:
    (row,) = told({name: value for name, value in STOCK.items() if name != "ExecutionPrice"})

    assert (row.price, row.gross) == (Decimal("105.25"), -4210)


@pytest.mark.parametrize(("code", "kind"), [("ASS", T.OPTION_ASSIGNMENT), ("EXE", T.OPTION_EXERCISE)])
def test_assignments_and_exercises_move_contracts_and_the_shares_are_bought(
    code: str, kind: TransactionType
) -> None:
    closes = OPTION | {"BuyOrSell": "Buy", "OpenOrClose": "Close", "ExecutionPrice": "110"}
    ending, shares = told(closes, STOCK, Status=code, CommissionFee=None)

    assert (ending.type, ending.quantity, ending.gross, ending.net) == (kind, 2, 0, 0)
    assert (shares.type, shares.quantity, shares.gross) == (T.BUY, 40, -4210)


def test_the_trade_of_a_future_moves_no_cash_but_its_fees() -> None:
    (row,) = told(FUTURE)

    assert (row.price, row.gross, row.net) == (6000, 0, Decimal("-1.2"))


def test_routing_fees_told_apart_are_not_added() -> None:
    (row,) = told(UnbundledRouteFee="5")

    assert row.fees == Decimal("1.2")
