"""Interactive Brokers: trades of today, which the Web API tells and Flex does not tell yet."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.ibkr import CARD, parse
from adapters.kit.card import Call, Reference, Scene
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.ports.brokerage import Notes
from domain.transactions import TransactionType

D = Decimal
NOW = datetime(2026, 11, 25, 15, tzinfo=UTC)
OWN = AccountTold("U7654321", "Robin", "U7654321", AccountKind.OTHER, "USD")


def scene(**references: Any) -> Scene:
    return Scene(OWN, {name.replace("__", ":"): value for name, value in references.items()}, Notes(), NOW)


def call() -> Call:
    return Call(OWN, None, date(2026, 11, 25), None, NOW)


def ok(body: object) -> Response:
    return Response(200, {}, json.dumps(body).encode())


TRADE: dict[str, Any] = {
    "execution_id": "00012abc.00000001.01.01", "symbol": "ACME", "side": "B",
    "trade_time": "20261125-01:15:02",
    "trade_time_r": 1795569302000, "size": 50.0, "price": "131.20", "commission": "1.00",
    "net_amount": 6560.0,
    "account": "U7654321", "company_name": "ACME CORP", "contract_description_1": "ACME", "sec_type": "STK",
    "conid": 900000001, "order_id": 700000001,
}  # fmt: skip
RECENT = {"element": "RecentTrades", "account": "U7654321", "known": [], "missing": []}
SECDEF = {"conid": 900000001, "ticker": "ACME", "currency": "USD"}


def recent(*trades: dict[str, Any], **changed: object) -> tuple[list[Any], Notes]:
    stage = scene(recent__U7654321=[json.dumps(t).encode() for t in trades], secdef__900000001=SECDEF)
    return list(parse.transaction(json.dumps(RECENT | changed).encode(), stage)), stage.notes


def test_a_trade_of_today_has_the_key_that_flex_will_have() -> None:
    (told,), _ = recent(TRADE)

    assert told.source_key == "exec:00012abc.00000001.01.01"
    assert told.trade_date == date(2026, 11, 24)  # New York's day, not that of UTC
    assert (told.type, told.quantity, told.price) == (TransactionType.BUY, D(50), D("131.20"))
    assert (told.gross, told.fees, told.taxes, told.net) == (D(-6560), D(1), None, D(-6561))
    assert told.raw == json.dumps(TRADE).encode()


def test_the_value_of_a_future_is_not_paid_today_either() -> None:
    (told,), _ = recent(TRADE | {"sec_type": "FUT", "net_amount": 300000.0})

    assert (told.quantity, told.gross, told.fees, told.net) == (D(50), None, D(1), None)


@pytest.mark.parametrize(
    ("currency", "day"), [("HKD", 25), ("JPY", 25), ("AUD", 25), ("EUR", 24), ("USD", 24)]
)
def test_the_day_of_a_trade_is_that_of_its_market(currency: str, day: int) -> None:
    """A quarter past one in London: morning in Hong Kong, and the evening before in New York."""
    stage = scene(
        recent__U7654321=[json.dumps(TRADE).encode()], secdef__900000001=SECDEF | {"currency": currency}
    )
    (told,) = parse.transaction(json.dumps(RECENT).encode(), stage)

    assert told.trade_date == date(2026, 11, day)


def test_a_trade_that_flex_tells_is_left_to_it() -> None:
    assert recent(TRADE, known=["00012abc.00000001.01.01"])[0] == []


@pytest.mark.parametrize("changed", [{"side": "X"}, {"sec_type": "CASH"}], ids=["an end", "a conversion"])
def test_ends_of_options_and_conversions_are_left_to_flex(changed: dict[str, str]) -> None:
    assert recent(TRADE | changed)[0] == []


def test_numbers_of_trades_come_as_numbers_or_as_text() -> None:
    text = {"size": "50", "net_amount": "6560.0", "trade_time_r": "1795569302000", "conid": "900000001"}
    numbers = {"price": 131.2, "commission": 1}

    ((told,), _), ((same,), _) = recent(TRADE | text | numbers | {"side": "S"}), recent(TRADE | {"side": "S"})

    assert told.type is TransactionType.SELL
    assert (told.quantity, told.gross, told.fees, told.net) == (D(-50), D(6560), D(1), D(6559))
    assert (told.quantity, told.price, told.executed_at) == (same.quantity, same.price, same.executed_at)


def test_only_the_side_gives_figures_of_trades_their_signs() -> None:
    signed = {"size": -50.0, "net_amount": -6560.0, "commission": "-1.00"}
    (bought,), _ = recent(TRADE | signed)

    assert (bought.quantity, bought.gross, bought.fees, bought.net) == (D(50), D(-6560), D(1), D(-6561))


def test_an_empty_commission_is_unknown_and_not_0() -> None:
    (told,), _ = recent(TRADE | {"commission": ""})

    assert (told.fees, told.net) == (None, None)


def test_the_time_of_a_trade_is_that_of_utc() -> None:
    (told,), _ = recent(TRADE)

    assert f"{told.executed_at:%Y%m%d-%H:%M:%S}" == TRADE["trade_time"]


@pytest.mark.parametrize("names", [{"accountCode": "U7654321"}, {"acountCode": "U7654321"},
                                   {"conidEx": "900000001"}, {"conidex": "900000001"}])  # fmt: skip
def test_fields_that_come_in_two_spellings_are_no_news(names: dict[str, str]) -> None:
    _, notes = recent(TRADE | names)

    assert not notes.fields


def test_a_trade_whose_currency_nobody_tells_is_left_to_flex_and_noted() -> None:
    told, notes = recent(TRADE | {"conid": 5})

    assert told == []
    assert notes.words == {"recent_trades.left_to_flex": 1}


def reference(scheme: str) -> Reference:
    return next(one for one in CARD.doors[0].references if one.scheme == scheme)


def test_trades_of_another_account_are_refused() -> None:
    with pytest.raises(UnreadableReply, match="another account"):
        reference("recent").take(ok([TRADE | {"account": "U1"}]), ("recent:U7654321",))


def test_trades_are_asked_of_seven_days_which_is_as_far_as_they_go() -> None:
    asked = reference("recent").ask(("recent:U7654321",), call())

    assert (asked.url, asked.query) == (
        "/v1/api/iserver/account/trades", (("days", "7"), ("accountId", "U7654321")),
    )  # fmt: skip


def test_no_more_than_200_contracts_are_looked_up_at_once() -> None:
    assert reference("secdef").batch <= 200


def test_trades_that_could_not_be_read_are_told_in_the_notes() -> None:
    stage = scene()
    assert list(parse.transaction(json.dumps(RECENT | {"missing": ["Trades"]}).encode(), stage)) == []
    assert stage.notes.words == {"recent_trades.not_told": 1}
    assert stage.notes.fields == {"flex.without.Trades": 1}


def test_another_session_of_the_user_is_not_thrown_out() -> None:
    opening = reference("session")
    asked = opening.ask(("session:U7654321",), call())

    assert json.loads(asked.body) == {"publish": True, "compete": False}
    assert opening.take(ok({"authenticated": False, "competing": True}), ("session:U7654321",)) == {}
