"""Webull: its history into our nouns, by hand-written rows: every type word and enum of its sheet."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.webull import history, pages, reads
from adapters.kit.card import Call, Scene
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.transactions import Transaction, TransactionStatus, TransactionType

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


def leg(**fields: Any) -> Json:
    usual = {
        "item_id": "L1", "symbol": "AAPL", "instrument_type": "OPTION", "side": "LONG", "quantity": "1",
        "cost_price": "3.45", "last_price": "4.00", "market_value": "400.00", "option_type": "CALL",
        "option_expire_date": "2026-12-18", "option_exercise_price": "220",
        "option_contract_multiplier": "100",
    }  # fmt: skip
    return usual | fields


# ---- orders


def order(**fields: Any) -> Json:
    usual = {
        "client_order_id": "c0ffee01", "order_id": "O100", "symbol": "AAPL", "instrument_type": "EQUITY",
        "side": "BUY", "order_type": "LIMIT", "total_quantity": "10", "filled_quantity": "10",
        "filled_price": "187.95", "status": "FILLED", "position_intent": "BUY_TO_OPEN",
        "filled_time": "1768230001000", "filled_time_at": "2026-01-12T15:00:01.000Z", "legs": None,
    }  # fmt: skip
    return usual | fields


def group(*orders: Json) -> bytes:
    return raw({"client_order_id": "c0ffee01", "combo_type": "NORMAL", "orders": list(orders)})


def trades(*orders: Json, here: Scene | None = None) -> list[Transaction]:
    return list(history.order(group(*orders), here or scene()))


def test_a_filled_order_is_one_trade_whose_fees_were_not_told_then() -> None:
    here = scene()
    (told,) = trades(order(), here=here)

    assert (told.source_key, told.type, told.trade_date) == ("order:O100", T.BUY, date(2026, 1, 12))
    assert (told.quantity, told.price, told.gross) == (D(10), D("187.95"), D("-1879.50"))
    assert (told.fees, told.taxes, told.net, told.settlement_date) == (None, None, None, None)
    assert quiet(here)
    assert list(history.order_needs(group(order()))) == []


RECENT = {"filled_time_at": "2026-07-18T15:00:01.000Z"}


def test_fees_are_told_by_the_detail_since_the_18th_of_july_2026() -> None:
    (key,) = history.order_needs(group(order(**RECENT), order(filled_time_at="2026-07-18T03:59:59Z")))
    assert key == "order:c0ffee01/O100"
    detail = order(**RECENT) | {
        "commission": {"actual_commission": "0.65", "receivable_commission": "0.99"},
        "fees": [{"type": "TAF", "actual_value": "0.01"}, {"type": "SEC", "actual_value": "0.02"}],
    }
    found = reads.take_order(Response(200, {}, group(detail)), (key,))

    (told,) = trades(order(side="SELL", **RECENT), here=scene(dict(found)))

    assert (told.fees, told.gross, told.net) == (D("0.68"), D("1879.50"), D("1878.82"))


def test_a_detail_without_fees_leaves_them_unknown_and_an_empty_list_is_none_charged() -> None:
    key = "order:c0ffee01/O100"

    assert reads.take_order(Response(200, {}, group(order())), (key,)) == {key: None}
    assert reads.take_order(Response(200, {}, group(order(fees=[]))), (key,)) == {key: 0}
    with pytest.raises(UnreadableReply):  # anybody may have chosen the same client_order_id
        reads.take_order(Response(200, {}, group(order(order_id="O101"))), (key,))


def test_the_trade_date_is_new_yorks() -> None:
    (told,) = trades(order(filled_time_at="2026-01-13T00:30:00.000Z"))

    assert told.trade_date == date(2026, 1, 12)


def test_the_milliseconds_serve_where_the_twin_lacks() -> None:
    (told,) = trades(order(filled_time_at=None))

    assert told.executed_at == datetime(2026, 1, 12, 15, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("side", "intent", "kind", "quantity"),
    [
        ("BUY", "BUY_TO_OPEN", T.BUY, 10),
        ("SELL", "SELL_TO_CLOSE", T.SELL, -10),
        ("SHORT", "SELL_TO_OPEN", T.SELL_SHORT, -10),
        ("SHORT", None, T.SELL_SHORT, -10),
        ("SELL", "SELL_TO_OPEN", T.SELL_SHORT, -10),
        ("BUY", "BUY_TO_CLOSE", T.BUY_TO_COVER, 10),
        ("BUY", None, T.BUY, 10),
    ],
)
def test_short_is_a_sell_that_opens(
    side: str, intent: str | None, kind: TransactionType, quantity: int
) -> None:
    (told,) = trades(order(side=side, position_intent=intent))

    assert (told.type, told.quantity, told.gross) == (kind, D(quantity), D("-187.95") * quantity)


@pytest.mark.parametrize("intent", ["BUY_TO_OPEN", "BUY_TO_CLOSE", "SELL_TO_OPEN", "SELL_TO_CLOSE"])
def test_an_option_is_traded_by_its_intent_in_contracts_and_per_share(intent: str) -> None:
    side = intent.partition("_")[0]
    contract = {**leg(strike_price="220", id="G1", side=side, market="US"), "option_exercise_price": None}
    option = {"instrument_type": "OPTION", "option_strategy": "SINGLE", "legs": [contract]}

    (told,) = trades(
        order(side=side, position_intent=intent, filled_quantity="2", filled_price="3.45", **option)
    )

    sign = 1 if side == "BUY" else -1
    assert (told.type, told.quantity, told.gross) == (TransactionType[intent], D(2 * sign), D(-690 * sign))
    assert told.instrument is not None
    assert told.instrument.symbol == "AAPL  261218C00220000"


@pytest.mark.parametrize(
    ("side", "kind", "quantity"), [("BUY", T.BUY, 2), ("SELL", T.SELL, -2), ("SHORT", T.SELL, -2)]
)
def test_an_option_without_an_intent_is_bought_or_sold_by_its_side(
    side: str, kind: TransactionType, quantity: int
) -> None:
    contract = {**leg(strike_price="220", id="G1", side=side), "option_exercise_price": None}
    option = {"instrument_type": "OPTION", "option_strategy": "SINGLE", "legs": [contract]}

    (told,) = trades(order(side=side, position_intent=None, filled_quantity="2", **option))

    assert (told.type, told.quantity) == (kind, D(quantity))


def test_a_strategy_is_a_row_for_each_leg_and_one_for_the_money() -> None:
    legs = [
        leg(id="G1", side="BUY", quantity="4"),
        leg(id="G2", side="SELL", quantity="4", option_exercise_price="230"),
    ]
    whole = {"instrument_type": "OPTION", "option_strategy": "VERTICAL", "total_quantity": "4", "legs": legs}

    long, short, money = trades(
        order(filled_quantity="2", filled_price="1.20", status="PARTIAL_FILLED", **whole)
    )

    assert [(one.quantity, one.gross, one.source_key) for one in (long, short)] == [
        (D(2), None, "order:O100/G1"),
        (D(-2), None, "order:O100/G2"),
    ]
    assert (money.type, money.gross, money.quantity, money.source_key) == (
        T.BUY,
        D("-240.00"),
        None,
        "order:O100",
    )


@pytest.mark.parametrize("status", ["SUBMITTED", "CANCELLED", "FAILED", "PENDING", "REJECTED"])
@pytest.mark.parametrize("filled", ["0", None])
def test_orders_of_which_nothing_was_filled_are_no_trades(status: str, filled: str | None) -> None:
    here = scene()

    assert trades(order(status=status, filled_quantity=filled, filled_time_at=None), here=here) == []
    assert quiet(here)


@pytest.mark.parametrize("status", ["PARTIAL_FILLED", "PARTIAL FILLED", "CANCELLED", "FILLED"])
def test_what_was_filled_in_part_is_a_trade_in_either_spelling(status: str) -> None:
    here = scene()
    (told,) = trades(order(status=status, filled_quantity="3"), here=here)

    assert (told.quantity, quiet(here)) == (D(3), True)


def test_a_group_may_hold_several_orders_and_each_that_was_filled_counts() -> None:
    told = trades(
        order(), order(order_id="O101", status="CANCELLED", filled_quantity="0"), order(order_id="O102")
    )

    assert [one.source_key for one in told] == ["order:O100", "order:O102"]


def test_unknown_words_of_an_order_are_counted_and_the_row_is_kept() -> None:
    here = scene()
    (told,) = trades(order(status="SINGING", side="HOVER", tomorrow="1"), here=here)

    assert (told.type, told.quantity, told.gross) == (T.OTHER, None, None)
    assert set(here.notes.words) == {"order.status.SINGING", "order.side.HOVER"}
    assert here.notes.fields == {"order.tomorrow": 1}


@pytest.mark.parametrize(
    "fields", [{"filled_quantity": None}, {"order_id": None}, {"filled_time_at": "x"}, {"side": None}]
)
def test_a_filled_order_that_lacks_what_it_is_cannot_be_read(fields: Json) -> None:
    with pytest.raises(UnreadableReply):
        trades(order(**fields))


# ---- cash


def activities(here: Scene | None = None, **fields: Any) -> list[Transaction]:
    usual = {
        "id": "A1", "account_id": "ACC1", "account_number": "5XX00001", "activity_type": "DEPOSIT",
        "activity_sub_type": "ACH", "currency": "USD", "market": "US", "symbol": None,
        "trade_date": "2026-01-12", "net_amount": "250.00", "biz_time": "2026-01-12T15:00:01.000Z",
    }  # fmt: skip
    return list(history.activity(raw(usual | fields), here or scene()))


@pytest.mark.parametrize(
    ("word", "sub", "amount", "kind"),
    [
        ("DEPOSIT", "ACH", "250", T.DEPOSIT),
        ("WITHDRAW", "ACH", "-250", T.WITHDRAWAL),
        ("FEES", "SERVICE", "-2", T.FEE),
        ("INTERESTS", "CREDIT", "2", T.INTEREST),
        ("INTERESTS", "DEBIT", "-2", T.MARGIN_INTEREST),
        ("JOURNAL", "X", "5", T.TRANSFER_IN),
        ("JOURNAL", "X", "-5", T.TRANSFER_OUT),
        ("TRANSFER", "INTERNAL", "5", T.TRANSFER_IN),
        ("TRANSFER", "INTERNAL", "-5", T.TRANSFER_OUT),
        ("EC_STATEMENT", None, "5", T.OTHER),
        ("CORPORATE_ACTION", "CASH_DIVIDEND", "5", T.DIVIDEND),
        ("DIVIDEND", None, "5", T.DIVIDEND),
        ("JOURNAL", "DIVIDEND", "5", T.DIVIDEND),
        ("DIVIDEND", "DIVIDEND_TAX", "-5", T.TAX),
        ("FEES", "WITHHOLDING_TAX", "-5", T.TAX),
        ("TRADE", "OPTION_EXERCISE", "-500", T.OPTION_EXERCISE),
        ("TRADE", "ASSIGNMENT", "-500", T.OPTION_ASSIGNMENT),
        ("TRADE", "EXPIRATION", "0", T.OPTION_EXPIRATION),
    ],
)
def test_every_activity_type_and_the_rest_by_the_words_of_the_sub_type(
    word: str, sub: str | None, amount: str, kind: TransactionType
) -> None:
    here = scene()
    (told,) = activities(here, activity_type=word, activity_sub_type=sub, net_amount=amount)

    assert (told.type, told.gross, told.net, told.quantity) == (kind, D(amount), D(amount), None)
    assert told.executed_at == datetime(2026, 1, 12, 15, 0, 1, tzinfo=UTC)
    assert (told.fees, told.taxes, told.source_key) == (None, None, "activity:A1")
    assert quiet(here)


def test_an_unknown_activity_is_kept_and_counted() -> None:
    here = scene()
    (told,) = activities(here, activity_type="GIFT", activity_sub_type="SOCKS")

    assert (told.type, told.net) == (T.OTHER, D(250))
    assert here.notes.words == {"activity.GIFT.SOCKS": 1}


@pytest.mark.parametrize("sub", ["BUY", "SELL", "SHORT", "buy", None, "SELL_TO_OPEN"])
def test_the_cash_of_an_order_fill_is_left_out_for_the_order_tells_it(sub: str | None) -> None:
    assert activities(activity_type="TRADE", activity_sub_type=sub, net_amount="-1879.50") == []


def test_the_cash_of_an_acats_transfer_is_left_out_for_the_transfer_tells_it() -> None:
    assert activities(activity_type="TRANSFER", activity_sub_type="ACATS_IN") == []


def test_the_trade_date_of_an_activity_goes_before_its_time() -> None:
    (told,) = activities(trade_date="2026-01-13", symbol="AAPL", currency="EUR")
    (timed,) = activities(trade_date=None, biz_time="2026-01-13T02:00:00Z")

    assert (told.trade_date, timed.trade_date) == (date(2026, 1, 13), date(2026, 1, 12))
    assert told.instrument is not None
    assert (told.instrument.symbol, told.currency) == ("AAPL", "EUR")
    with pytest.raises(UnreadableReply):
        activities(trade_date=None, biz_time=None)


# ---- transfers


def transfer(detail: Json | None = None, **fields: Any) -> tuple[list[Transaction], Scene]:
    row = {
        "account_id": "ACC1", "transfer_method": "ACATS", "transfer_id": "T1", "direction": "INCOMING",
        "status": "COMPLETED", "failure_reason": None, "create_time": "2026-01-12T15:00:00.000Z",
        "transfer_settlement_date": "2026-01-14",
    } | fields  # fmt: skip
    here = scene({"transfer:T1": {**row, "cash": None, "positions": [moved()], **(detail or {})}})
    assert list(history.transfer_needs(raw(row))) == ["transfer:T1"]
    return list(history.transfer(raw(row), here)), here


def moved(**fields: Any) -> Json:
    usual = {
        "asset_type": "EQUITY", "symbol": "AAPL", "name": "Apple Inc", "cusip": "037833100", "quantity": "5",
        "fee_quantity": "0", "total_quantity": "5", "transfer_price": "180.00", "settlement_date": None,
    }  # fmt: skip
    return usual | fields


def test_a_transfer_is_a_row_for_each_position_and_one_for_the_cash() -> None:
    cash = {"amount": "12.50", "currency": "USD", "settlement_date": "2026-01-15"}
    (first, twin, money), here = transfer({"positions": [moved(), moved()], "cash": cash})

    assert (first.type, first.quantity, first.price, first.net) == (T.TRANSFER_IN, D(5), D(180), None)
    assert (first.source_key, twin.source_key) == ("transfer:T1:EQUITY:AAPL:1", "transfer:T1:EQUITY:AAPL:2")
    assert first.instrument is not None
    assert dict(first.instrument.identifiers) == {"cusip": "037833100"}
    assert (money.net, money.quantity, money.source_key) == (D("12.50"), None, "transfer:T1:cash")
    assert (first.settlement_date, money.settlement_date) == (date(2026, 1, 14), date(2026, 1, 15))
    assert quiet(here)


@pytest.mark.parametrize("sign", ["", "-"])
def test_what_goes_out_is_negative_and_takes_the_fee_in_kind_along(sign: str) -> None:
    coins = moved(
        asset_type="CRYPTO", symbol="BTC", quantity=f"{sign}0.5", fee_quantity="0.001",
        total_quantity=f"{sign}0.501",
    )  # fmt: skip
    (coin, money), _ = transfer(
        {"positions": [coins], "cash": {"amount": f"{sign}3", "currency": "EUR"}}, direction="OUTGOING"
    )

    assert (coin.type, coin.quantity, coin.currency) == (T.TRANSFER_OUT, D("-0.501"), "USD")
    assert (money.net, money.gross, money.currency) == (D(-3), D(-3), "EUR")


def test_what_comes_in_is_what_arrived_without_the_fee_in_kind() -> None:
    coins = moved(
        asset_type="CRYPTO", symbol="BTC", quantity="0.5", fee_quantity="0.001", total_quantity="0.501"
    )
    (coin,), _ = transfer({"positions": [coins]})

    assert (coin.type, coin.quantity) == (T.TRANSFER_IN, D("0.5"))


@pytest.mark.parametrize(
    ("word", "status", "reason"),
    [
        ("PENDING", TransactionStatus.PENDING, None),
        ("COMPLETED", TransactionStatus.POSTED, None),
        ("REJECTED", TransactionStatus.REMOVED, "REJECTED_BY_BROKERAGE"),
        ("FAILED", TransactionStatus.REMOVED, "FAILED_BY_BROKERAGE"),
        ("CANCELLED", TransactionStatus.REMOVED, "CANCELLED_BY_BROKERAGE"),
    ],
)
def test_every_status_of_a_transfer(word: str, status: TransactionStatus, reason: str | None) -> None:
    (told,), here = transfer(status=word)

    assert (told.status, told.removed_reason, quiet(here)) == (status, reason, True)


def test_an_unknown_direction_is_kept_without_a_sign_and_counted() -> None:
    (told,), here = transfer(direction="SIDEWAYS")

    assert (told.type, told.quantity) == (T.OTHER, None)
    assert here.notes.words == {"transfer.direction.SIDEWAYS": 1}


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("EQUITY", InstrumentKind.EQUITY), ("OPTION", InstrumentKind.OPTION),
        ("FUTURES", InstrumentKind.FUTURE), ("CRYPTO", InstrumentKind.CRYPTO),
        ("EVENT", InstrumentKind.OTHER), ("MUTUAL_FUND", InstrumentKind.MUTUAL_FUND),
        ("BOND", InstrumentKind.BOND),
    ],
)  # fmt: skip
def test_every_asset_type_of_a_transfer(word: str, kind: InstrumentKind) -> None:
    (told,), here = transfer({"positions": [moved(asset_type=word)]})

    assert told.instrument is not None
    assert (told.instrument.kind, quiet(here)) == (kind, True)


# ---- pages


def call(since: date | None = None, cursor: str | None = None) -> Call:
    return Call(ACCOUNT, since, date(2026, 11, 20), cursor, NOW)


def test_orders_are_asked_for_by_days_two_years_back_for_seven_days_are_the_usual() -> None:
    query = dict(reads.ask_orders(call()).query)

    assert (query["start_date"], query["end_date"], query["page_size"]) == ("2024-11-21", "2026-11-20", "100")
    assert dict(reads.ask_orders(call(date(2026, 11, 1))).query)["start_date"] == "2026-11-01"
    assert dict(reads.ask_orders(call(date(2001, 1, 1))).query)["start_date"] == "2024-11-21"


def test_cash_and_transfers_are_asked_for_by_instants_of_new_york_with_a_day_to_spare() -> None:
    for ask in (reads.ask_activities, reads.ask_transfers):
        query = dict(ask(call(date(2026, 11, 1))).query)

        assert (query["start_time"], query["end_time"]) == (
            "2026-10-31T04:00:00.000Z",
            "2026-11-21T05:00:00.000Z",
        )


def test_a_list_that_may_be_full_goes_on_after_its_last_order_with_the_day_it_began_on() -> None:
    page = [{"client_order_id": "top", "orders": [{"client_order_id": f"c{n}"}]} for n in range(100)]
    cut = pages.take_page(Response(200, {}, raw(page)), call())

    assert cut.cursor == "2026-11-20 id c99"
    query = dict(reads.ask_orders(Call(ACCOUNT, None, date(2026, 11, 23), cut.cursor, NOW)).query)
    assert (query["last_client_order_id"], query["end_date"]) == ("c99", "2026-11-20")
    assert pages.take_page(Response(200, {}, raw(page[:10])), call()).cursor == "2026-11-20 id c9"
    assert pages.take_page(Response(200, {}, raw(page[:9])), call()).cursor is None
    with pytest.raises(UnreadableReply):
        pages.take_page(Response(200, {}, raw(page)), call(cursor=cut.cursor))


def test_an_object_goes_on_while_it_names_a_key() -> None:
    cut = pages.take_page(Response(200, {}, raw({"data": [{"id": "A1"}], "pagination_key": "k 1"})), call())

    assert cut.cursor == "2026-11-20 key k 1"
    query = dict(reads.ask_activities(call(cursor=cut.cursor)).query)
    assert (query["pagination_key"], "last_activity_id" in query) == ("k 1", False)
    assert pages.take_page(Response(200, {}, raw({"data": []})), call()).cursor is None
