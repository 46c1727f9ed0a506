"""Robinhood's history, one oddity at a time: what the fact sheet warns of, written by hand."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.robinhood import parse
from adapters.brokerages.robinhood.history import cash, events, trades
from adapters.kit.card import Scene
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.ports.brokerage import Notes
from domain.transactions import TransactionStatus as S
from domain.transactions import TransactionType as T

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


def execution(**more: Any) -> dict[str, Any]:
    return {
        "id": "e1", "price": "236.95940000", "quantity": "2.00000000", "rounded_notional": "473.92000000",
        "settlement_date": "2026-05-27", "timestamp": "2026-05-26T14:56:40.371000Z",
    } | more  # fmt: skip


def order(*executions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return MINE | {
        "id": "o1", "instrument": f"{API}/instruments/{STOCK}/", "instrument_id": STOCK, "side": "sell",
        "state": "filled", "fees": "0.01", "sec_fees": "0.01", "price": None, "executions": list(executions),
    } | more  # fmt: skip


def position(**more: Any) -> dict[str, Any]:
    return MINE | {
        "instrument": f"{API}/instruments/{STOCK}/", "average_buy_price": "50.0000", "quantity": "4.00000000",
        "avg_cost_affected": False,
    } | more  # fmt: skip


# ---- orders


def test_the_money_of_a_fill_is_what_was_booked_and_the_order_pays_its_fees_once() -> None:
    later = execution(id="e2", timestamp="2026-05-26T14:57:00Z", rounded_notional="100.00", quantity="1")

    second, first = told(trades.order, order(later, execution()))[0][::-1]

    assert (first.source_key, first.gross, first.fees, first.net) == (
        "execution:e1", D("473.92"), D("0.01"), D("473.91"),
    )  # fmt: skip
    assert (second.source_key, second.gross, second.fees, second.net) == ("execution:e2", 100, 0, 100)
    assert (first.quantity, first.type, first.settlement_date) == (-2, T.SELL, date(2026, 5, 27))


@pytest.mark.parametrize(
    ("quantity", "price", "booked"), [("4.5", "169.415", "762.37"), ("1", "3404.695", "3404.70")]
)
def test_old_fills_without_a_booked_amount_are_rounded_to_cents(
    quantity: str, price: str, booked: str
) -> None:
    row = order(execution(quantity=quantity, price=price, rounded_notional=None), side="buy", fees="0.00")

    assert one(trades.order, row).net == -D(booked)


@pytest.mark.parametrize(
    ("instant", "day"),
    [("2026-05-26T07:32:00Z", date(2026, 5, 26)), ("2026-05-26T02:30:00Z", date(2026, 5, 25))],
)
def test_the_trade_date_is_the_new_york_day_of_the_fill(instant: str, day: date) -> None:
    assert one(trades.order, order(execution(timestamp=instant))).trade_date == day


@pytest.mark.parametrize("sign", [{"drip_dividend_id": "d1"}, {"placed_agent": "drip"}])
def test_what_a_dividend_buys_is_a_reinvestment(sign: dict[str, str]) -> None:
    assert one(trades.order, order(execution(), side="buy", **sign)).type is T.DIVIDEND_REINVESTMENT


@pytest.mark.parametrize(
    "state", "queued new unconfirmed confirmed rejected canceled cancelled failed".split()
)
def test_an_order_that_was_not_filled_moves_nothing(state: str) -> None:
    assert told(trades.order, order(state=state)) == ([], Notes())


@pytest.mark.parametrize(
    "state", "partially_filled filled canceled cancelled failed pending_cancelled".split()
)
def test_what_was_filled_stands_whatever_became_of_the_rest(state: str) -> None:
    rows, notes = told(trades.order, order(execution(), state=state))

    assert rows[0].status is S.POSTED
    assert not notes.words


def test_the_price_of_an_order_is_a_collar_and_its_average_is_not_booked() -> None:
    row = one(trades.order, order(execution(), side="buy", price="248.80", average_price="237.00000000"))

    assert (row.price, row.gross) == (D("236.9594"), D("-473.92"))


def test_the_execution_date_that_is_told_goes_before_the_day_of_the_instant() -> None:
    night = execution(timestamp="2026-05-26T02:30:00Z", trade_execution_date="2026-05-26")

    assert one(trades.order, order(night)).trade_date == date(2026, 5, 26)


@pytest.mark.parametrize(("side", "kind"), [("sell", T.SELL), ("buy", T.BUY)])
def test_short_sales_and_covers_are_told_as_plain_sells_and_buys(side: str, kind: T) -> None:
    effect = {"sell": "open", "buy": "close"}[side]

    assert one(trades.order, order(execution(), side=side, position_effect=effect)).type is kind


def test_a_voided_order_is_taken_back() -> None:
    row = one(trades.order, order(execution(), state="voided"))

    assert (row.status, row.removed_reason) == (S.REMOVED, "VOIDED_BY_BROKERAGE")


def test_unknown_sides_states_and_fields_are_counted_and_the_row_is_kept() -> None:
    (row,), notes = told(trades.order, order(execution(), side="lend", state="odd", mood="good"))

    assert (row.type, row.quantity, row.gross) == (T.OTHER, None, None)
    assert notes.words == {"side.lend": 1, "order.state.odd": 1}
    assert notes.fields == {"order.mood": 1}


def leg(side: str, effect: str, **more: Any) -> dict[str, Any]:
    return {
        "option": f"{API}/options/instruments/{OPTION}/", "side": side, "position_effect": effect,
        "expiration_date": "2026-06-19", "strike_price": "25.0000", "option_type": "put",
        "executions": [execution(price="1.23", quantity="2.00000")],
    } | more  # fmt: skip


def option_order(*legs: dict[str, Any]) -> dict[str, Any]:
    fees = {"regulatory_fees": "0.04", "contract_fees": "1.26"}
    return {
        "account_number": "5TST0001",
        "chain_symbol": "XMPL",
        "state": "filled",
        "legs": list(legs),
    } | fees


@pytest.mark.parametrize(
    ("side", "effect", "kind", "quantity", "net"),
    [
        ("buy", "open", T.BUY_TO_OPEN, 2, "-247.30"),
        ("buy", "close", T.BUY_TO_CLOSE, 2, "-247.30"),
        ("sell", "open", T.SELL_TO_OPEN, -2, "244.70"),
        ("sell", "close", T.SELL_TO_CLOSE, -2, "244.70"),
    ],
)
def test_an_option_fill_is_a_hundred_times_its_price(
    side: str, effect: str, kind: T, quantity: int, net: str
) -> None:
    row = one(trades.option_order, option_order(leg(side, effect)))

    assert (row.type, row.quantity, row.fees, row.net) == (kind, D(quantity), D("1.30"), D(net))
    assert row.instrument.symbol == "XMPL  260619P00025000"


def test_a_spread_gives_a_row_for_each_leg_and_pays_once() -> None:
    rows, _ = told(trades.option_order, option_order(leg("buy", "open"), leg("sell", "open")))

    assert [row.fees for row in rows] == [D("1.30"), 0]


def test_coins_are_bought_with_what_was_booked() -> None:
    filled = {
        "id": "c1",
        "effective_price": "60000.005",
        "quantity": "0.0001",
        "timestamp": "2026-05-25T23:30:00-04:00",
    }
    row = {
        "account_id": WALLET, "currency_pair_id": PAIR, "side": "buy", "state": "filled", "fees": "0.02",
        "rounded_executed_notional": "6.01", "executions": [filled],
    }  # fmt: skip

    bought = one(trades.coin_order, row)

    assert (bought.gross, bought.fees, bought.net) == (D("-6.01"), D("0.02"), D("-6.03"))
    assert (bought.trade_date, bought.settlement_date) == (date(2026, 5, 25), None)


def test_the_parts_of_a_coin_order_come_to_what_was_booked_for_all_of_it() -> None:
    at = "2026-05-25T23:30:0{}-04:00"
    parts = [
        {"id": f"c{n}", "effective_price": "0.052", "quantity": "2", "timestamp": at.format(n)}
        for n in range(5)
    ]
    row = {"account_id": WALLET, "currency_pair_id": PAIR, "side": "buy", "state": "filled", "fees": "0.02"}

    rows, _ = told(trades.coin_order, row | {"rounded_executed_notional": "0.52", "executions": parts})

    assert sum(one.gross for one in rows) == D("-0.52")
    assert {one.gross for one in rows} == {D("-0.10"), D("-0.11")}
    assert [one.fees for one in rows] == [D("0.02"), 0, 0, 0, 0]


# ---- events, splits, cash


def event(kind: str, **more: Any) -> dict[str, Any]:
    return MINE | {
        "id": "v1", "option": f"{API}/options/instruments/{OPTION}/", "type": kind, "state": "confirmed",
        "quantity": "2.0000", "direction": "debit", "event_date": "2026-06-19", "equity_components": [],
        "total_cash_amount": "0.00",
    } | more  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "direction", "type_", "quantity"),
    [
        ("expiration", "debit", T.OPTION_EXPIRATION, -2),
        ("expiration", "credit", T.OPTION_EXPIRATION, 2),
        ("assignment", "debit", T.OPTION_ASSIGNMENT, 2),
        ("exercise", "debit", T.OPTION_EXERCISE, -2),
        ("expiration", None, T.OPTION_EXPIRATION, None),
    ],
)
def test_an_event_takes_the_option_away(kind: str, direction: str, type_: T, quantity: int | None) -> None:
    row = one(events.event, event(kind, direction=direction))

    assert (row.type, row.quantity, row.net) == (type_, quantity, 0)


def test_an_assignment_buys_the_shares_and_the_cash_is_theirs() -> None:
    part = {
        "id": "p1",
        "instrument": f"{API}/instruments/{STOCK}/",
        "side": "buy",
        "price": "25",
        "quantity": "200",
    }

    shares, option = told(
        events.event, event("assignment", equity_components=[part], total_cash_amount="5000.00")
    )[0]

    assert (shares.type, shares.quantity, shares.net, shares.fees) == (T.BUY, 200, -5000, None)
    assert (option.type, option.quantity, option.net) == (T.OPTION_ASSIGNMENT, 2, 0)
    assert shares.source_key != option.source_key


@pytest.mark.parametrize("direction", ["debit", "credit", None])
@pytest.mark.parametrize(
    ("kind", "side", "paid", "quantity"),
    [("assignment", "buy", -5000, 2), ("assignment", "sell", 5000, 2), ("exercise", "sell", 5000, -2)],
)
def test_the_cash_of_an_event_goes_the_way_of_its_shares_whatever_its_direction_says(
    kind: str, side: str, paid: int, quantity: int, direction: str | None
) -> None:
    part = {"id": "p1", "instrument_id": STOCK, "side": side, "price": "25", "quantity": "200"}

    shares, option = told(
        events.event,
        event(kind, direction=direction, equity_components=[part], total_cash_amount="5000.30"),
    )[0]

    assert (shares.type, shares.net, option.quantity) == (T[side.upper()], paid, quantity)
    assert option.gross == option.net == (D("0.30") if paid > 0 else D("-0.30"))


@pytest.mark.parametrize("direction", ["debit", "credit"])
@pytest.mark.parametrize(
    ("kind", "cash", "counted"),
    [("exercise", 310, {}), ("assignment", -310, {}), ("expiration", None, {"event.expiration.cash": 1})],
)
def test_an_option_that_ends_in_cash_brings_it_to_its_owner_and_costs_its_writer(
    kind: str, cash: int | None, counted: dict[str, int], direction: str
) -> None:
    (row,), notes = told(events.event, event(kind, direction=direction, total_cash_amount="310.00"))

    assert (row.net, notes.words) == (cash, counted)


def test_an_event_in_preparation_is_pending_and_has_not_been_executed() -> None:
    row = one(events.event, event("exercise", state="preparing", created_at="2026-06-18T20:00:00Z"))

    assert (row.status, row.executed_at) == (S.PENDING, None)


def split_position(**more: Any) -> dict[str, Any]:
    return position(created_at="2025-02-03T15:00:00Z", updated_at="2026-01-05T14:00:00Z", **more)


@pytest.mark.parametrize(
    ("day", "quantity", "many"),
    [("2025-06-02", "4", 1), ("2025-02-03", "4", 0), ("2024-01-02", "4", 0), ("2026-03-02", "0", 0)],
)
def test_a_split_counts_while_the_instrument_was_held(day: str, quantity: str, many: int) -> None:
    splits = [{"execution_date": day, "multiplier": "3.00000000", "divisor": "2.00000000"}]
    known = {f"splits:{STOCK}@2026-01-05T14:00:00Z": splits}

    rows, _ = told(events.split, split_position(quantity=quantity), **known)

    assert [(row.type, row.quantity, row.source_type) for row in rows] == [
        (T.SPLIT, None, "split 3:2")
    ] * many


def dividend(**more: Any) -> dict[str, Any]:
    return MINE | {
        "id": "d1", "instrument": f"{API}/instruments/{STOCK}/", "amount": "5.98", "rate": "0.5600000000",
        "position": "10.6714", "withholding": "0.90", "nra_withholding": "0", "state": "paid",
        "payable_date": "2026-08-23", "paid_at": "2026-08-24T00:35:17.022043Z",
    } | more  # fmt: skip


def test_a_dividend_is_gross_its_tax_apart_and_its_day_new_yorks() -> None:
    row = one(cash.dividend, dividend())

    assert (row.gross, row.taxes, row.net, row.quantity) == (D("5.98"), D("0.90"), D("5.08"), None)
    assert row.trade_date == date(2026, 8, 23)


def test_a_dividend_that_tells_no_tax_does_not_tell_what_was_paid_either() -> None:
    row = one(cash.dividend, dividend(withholding=None, nra_withholding=None))
    half = one(cash.dividend, dividend(nra_withholding=None))

    assert (row.gross, row.taxes, row.net) == (D("5.98"), None, None)
    assert (half.taxes, half.net) == (D("0.90"), D("5.08"))


def test_an_amount_that_is_not_rate_times_position_is_not_the_gross() -> None:
    row = one(cash.dividend, dividend(amount="5.08"))

    assert (row.gross, row.net) == (D("5.98"), D("5.08"))
    assert one(cash.dividend, dividend(amount="5.97")).gross == D("5.97")  # rounding
    assert one(cash.dividend, dividend(amount="5.08", rate=None)).gross == D("5.08")


@pytest.mark.parametrize(
    ("state", "status", "reason"),
    [
        ("paid", S.POSTED, None),
        ("reinvested", S.POSTED, None),
        ("pending", S.PENDING, None),
        ("voided", S.REMOVED, "VOIDED_BY_BROKERAGE"),
        ("reverted", S.REMOVED, "REVERTED_BY_BROKERAGE"),
    ],
)
def test_a_dividend_stands_as_its_state_says(state: str, status: S, reason: str | None) -> None:
    row = one(cash.dividend, dividend(state=state, paid_at=None))

    assert (row.status, row.removed_reason, row.trade_date) == (status, reason, date(2026, 8, 23))


@pytest.mark.parametrize(
    ("direction", "state", "kind", "net", "status"),
    [
        ("deposit", "completed", T.DEPOSIT, 50, S.POSTED),
        ("withdraw", "completed", T.WITHDRAWAL, -50, S.POSTED),
        ("deposit", "pending", T.DEPOSIT, 50, S.PENDING),
        ("deposit", "cancelled", T.DEPOSIT, 50, S.REMOVED),
        ("deposit", "failed", T.DEPOSIT, 50, S.REMOVED),
        ("deposit", "reversed", T.DEPOSIT, 50, S.REMOVED),
        ("sideways", "completed", T.OTHER, None, S.POSTED),
        ("deposit", "dreaming", T.OTHER, 50, S.PENDING),
    ],
)
def test_a_transfer_is_signed_by_its_direction(
    direction: str, state: str, kind: T, net: int | None, status: S
) -> None:
    row = {
        "id": "a1",
        "amount": "50.00",
        "direction": direction,
        "state": state,
        "created_at": "2026-05-01T01:00:00Z",
    }

    moved = one(cash.transfer("ach"), row)

    assert (moved.type, moved.net, moved.gross, moved.fees, moved.status) == (kind, net, net, None, status)
    assert (moved.executed_at is None) is (status is S.PENDING)
    assert moved.trade_date == date(2026, 4, 30)


@pytest.mark.parametrize(("fees", "many"), [("0.00", 0), (None, 0), ("1.75", 1), ({"amount": "1.75"}, 1)])
def test_the_fees_of_a_transfer_are_counted_for_nobody_knows_whether_the_amount_has_them(
    fees: object, many: int
) -> None:
    row = {"id": "a1", "amount": "50.00", "direction": "withdraw", "state": "completed", "fees": fees}

    (moved,), notes = told(cash.transfer("ach"), row | {"created_at": "2026-05-01T01:00:00Z"})

    assert (moved.net, moved.fees, notes.words["ach.fees"]) == (-50, None, many)


def test_a_row_that_names_no_account_belongs_to_the_first_one() -> None:
    row = {
        "id": "a1",
        "amount": "50.00",
        "direction": "deposit",
        "state": "completed",
        "created_at": "2026-05-01T15:00:00Z",
    }
    parser = cash.transfer("ach")

    assert list(cash.needs_account(json.dumps(row).encode())) == ["primary:account"]
    assert told(parser, row, **{"primary:account": "5OTHER"})[0] == []
    assert told(parser, row | {"account": f"{API}/accounts/5OTHER/"})[0] == []


def test_interest_is_signed_and_an_unknown_reason_is_counted() -> None:
    row = {
        "id": "s1", "account_number": "5TST0001", "amount": {"amount": "1.25", "currency_code": "USD"},
        "direction": "credit", "pay_date": "2026-05-29", "reason": "interest_payment",
    }  # fmt: skip

    (debit,), notes = told(cash.sweep, row | {"direction": "debit", "reason": "clawback"})

    assert (one(cash.sweep, row).type, one(cash.sweep, row).net) == (T.INTEREST, D("1.25"))
    assert one(cash.sweep, row).status is S.POSTED  # it tells no state
    assert (debit.type, debit.net, notes.words) == (T.OTHER, D("-1.25"), {"sweep.clawback": 1})


def test_charges_go_out_without_what_was_credited_and_lent_shares_bring_in() -> None:
    row = MINE | {"id": "m1", "amount": "3.35", "credit": "0.50", "created_at": "2026-05-01T15:00:00Z"}
    lent = MINE | {
        "id": "l1",
        "amount": "0.07",
        "record_date": "2026-05-04",
        "created_at": "2026-05-06T15:00:00Z",
    }

    paid = one(cash.charge("margin_interest", T.MARGIN_INTEREST, -1), row)
    got = one(cash.charge("stock_loan", T.INTEREST, 1), lent)

    assert (paid.type, paid.net) == (T.MARGIN_INTEREST, D("-2.85"))
    refunded = told(cash.charge("fee", T.FEE, -1), row | {"refunds": [{"id": "r1"}]})[1]
    assert (refunded.words, told(cash.charge("fee", T.FEE, -1), row | {"refunds": []})[1].words) == (
        {"fee.refunds": 1},
        {},
    )
    assert (got.type, got.net, got.trade_date) == (T.INTEREST, D("0.07"), date(2026, 5, 4))


def test_rows_that_name_no_account_are_not_dropped_when_no_account_is_told() -> None:
    with pytest.raises(UnreadableReply):
        parse.take_primary(Response(200, {}, b'{"results": []}'), ("primary:account",))
