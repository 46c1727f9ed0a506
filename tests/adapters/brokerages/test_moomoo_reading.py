"""Moomoo: what is asked of OpenD and where it goes on, how it refuses, and signing in."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from adapters.brokerages.moomoo import CARD, parse, reads, signin, speech, words
from adapters.kit.card import Call, Counted
from adapters.kit.signin import Done, Given, Moment, Send
from adapters.kit.wire import Request, Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import (
    AccountLocked,
    BrokerageMaintenance,
    BrokerageRateLimited,
    BrokerageUnavailable,
    DoorClosed,
    Failure,
    FieldInvalid,
    GatewayOffline,
    HistoryUnavailable,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)  # a Wednesday
ACCOUNT = AccountTold(
    "281756455988247915",
    "moomoo US Margin",
    "1001200100000001",
    AccountKind.MARGIN,
    routing={"account": "281756455988247915", "market": "2"},
)
HONG_KONG = replace(ACCOUNT, currency="HKD", routing={"account": ACCOUNT.key, "market": "1"})
MOMENT = Moment(NOW, "0" * 32, {"api": "tcp://127.0.0.1:11111"})


def raw(row: dict[str, Any]) -> bytes:
    return json.dumps(row).encode()


def asked(cursor: str | None, since: date | None = None, account: AccountTold = ACCOUNT) -> Call:
    return Call(account, since, date(2026, 11, 25), cursor, NOW)


def body(request: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(request.body)["c2s"]
    return found


def ok(**result: Any) -> Response:
    return Response(200, {}, raw({"retType": 0, "s2c": {"header": {}, **result}}))


def test_fills_of_today_come_first_then_windows_of_90_days_in_the_market_s_time() -> None:
    first = reads.take_fills(ok(orderFillList=[]), asked(None))
    window = body(reads.ask_fills(asked(first.cursor)))["filterConditions"]
    second = reads.take_fills(ok(orderFillList=[]), asked(first.cursor))

    assert reads.ask_fills(asked(None)).url == "/2211"
    assert window == {"beginTime": "2026-08-28 00:00:00", "endTime": "2026-11-25 23:59:59"}
    assert second.cursor == "2026-08-27"


def test_a_window_ends_where_new_rows_are_wanted_from() -> None:
    since = date(2026, 11, 10)

    window = body(reads.ask_fills(asked("2026-11-25", since)))["filterConditions"]

    assert window["beginTime"] == "2026-11-10 00:00:00"
    assert reads.take_fills(ok(orderFillList=[]), asked("2026-11-25", since)).cursor is None


def test_each_business_day_of_cash_is_a_call_and_a_week_is_a_page() -> None:
    page = reads.take_cash(ok(flowSummaryInfoList=[]), asked(None))

    named = [key for row in page.rows for key in parse.needed_by_day(row)]
    assert body(reads.ask_cash(asked(None)))["clearingDate"] == "2026-11-25"
    assert named == ["flows:2026-11-24", "flows:2026-11-23"]
    assert page.cursor == "2026-11-22"
    assert len(reads.take_cash(ok(flowSummaryInfoList=[]), asked("2026-11-22")).rows) == 5


def test_in_the_evening_of_new_york_the_day_of_hong_kong_is_the_next() -> None:
    late = replace(asked(None, account=HONG_KONG), now=datetime(2026, 11, 25, 23, 0, tzinfo=UTC))

    assert body(reads.ask_cash(late))["clearingDate"] == "2026-11-26"


def test_the_orders_of_a_window_may_have_been_placed_90_days_before_it() -> None:
    told = body(reads.ask_orders(("order:FT1",), asked("2026-11-25")))["filterConditions"]

    assert told["beginTime"] == "2026-05-29 00:00:00"
    assert told["orderIDExList"] == ["FT1"]


def test_at_most_400_orders_are_asked_for_their_fees_at_once() -> None:
    (fees,) = [one for one in CARD.doors[0].references if one.scheme == "fee"]
    assert fees.batch == 400


def test_windows_of_history_follow_one_another_for_five_years() -> None:
    cursor: str | None = "2026-11-25"
    days = []
    while cursor is not None:
        told = body(reads.ask_fills(asked(cursor)))["filterConditions"]
        begin, end = (date.fromisoformat(told[name][:10]) for name in ("beginTime", "endTime"))
        days.append((end - begin).days + 1)
        cursor = reads.take_fills(ok(orderFillList=[]), asked(cursor)).cursor

    assert max(days) == 90
    assert sum(days) == 5 * 365 + 1


# ---- limits


@pytest.mark.parametrize(("group", "calls"), [("fills", 10), ("orders", 10), ("fees", 10), ("flows", 20)])
def test_history_is_asked_ten_times_in_thirty_seconds_and_cash_twenty(group: str, calls: int) -> None:
    rate = CARD.doors[0].rates[group]

    assert (rate.calls, rate.per, rate.counted) == (calls, 30, Counted.CREDENTIAL)


@pytest.mark.parametrize("ask", [reads.ask_accounts, reads.ask_funds, reads.ask_positions])
def test_what_opend_remembers_is_free_and_nothing_is_asked_to_be_refreshed(
    ask: Callable[[Call], Request],
) -> None:
    request = ask(asked(None))

    assert request.group == "default"
    assert "refreshCache" not in body(request)


def test_no_trade_password_is_asked_for() -> None:
    (door,) = CARD.doors

    assert [field.key for field in door.facts.fields] == ["address", "rsa_key"]


# ---- refusals


def refusal(code: int, text: str | None = None) -> Failure | None:
    told = {"retType": code} if text is None else {"retType": code, "retMsg": text}
    return speech.told_failure(Response(200, {}, raw(told)))


@pytest.mark.parametrize("text", ["request frequency too high", "Too many requests", "请求频率太快", "频繁"])
def test_too_often_is_a_text_and_waits_for_the_next_window_of_thirty_seconds(text: str) -> None:
    found = refusal(-1, text)

    assert type(found) is BrokerageRateLimited
    assert found.retry_after == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("code", "text", "failure"),
    [(-1, "No one available account!", ReauthorizationRequired),
     (-1, "Nonexisting acc_id 1!", ReauthorizationRequired), (-1, "Not logged in", ReauthorizationRequired),
     (-1, "login password changed", ReauthorizationRequired), (-1, "未登录", ReauthorizationRequired),
     (-1, "encrypt key is needed", PermissionInsufficient), (-1, "不加密", PermissionInsufficient),
     (-1, "please unlock trade", PermissionInsufficient),
     (-1, "trade is not unlocked", PermissionInsufficient), (-1, "the account is locked", AccountLocked),
     (-1, "please finish the questionnaire", PermissionInsufficient),
     (-1, "Simulated trading is not supported", HistoryUnavailable), (-1, "网络断开", BrokerageUnavailable)],
)  # fmt: skip
def test_a_refusal_is_a_text_and_its_words_tell_what_it_means(
    code: int, text: str, failure: type[Failure]
) -> None:
    assert type(refusal(code, text)) is failure


@pytest.mark.parametrize(
    "text", ["Something wrong with the specified securities firm", "缺少必要的参数: securityFirm", "不对", ""]
)
def test_a_text_that_nobody_has_seen_is_ours_to_look_at(text: str) -> None:
    assert type(refusal(-1, text)) is UnreadableReply


@pytest.mark.parametrize(
    ("code", "failure"),
    [(-100, BrokerageUnavailable), (-200, GatewayOffline), (-400, UnreadableReply), (-500, UnreadableReply)],
)
def test_codes_stand_for_timeouts_lost_connections_and_what_is_no_packet(
    code: int, failure: type[Failure]
) -> None:
    assert type(refusal(code)) is failure
    assert refusal(0) is None


def test_the_code_of_an_error_is_for_logs_only() -> None:
    told = {"retType": 0, "errCode": 7, "s2c": {"accList": []}}

    assert speech.told_failure(Response(200, {}, raw(told))) is None


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"retType": 0},
        {"s2c": {"accList": []}},
        {"retType": 0, "s2c": {}},
        {"retType": None, "s2c": {"accList": []}},
    ],
)
def test_what_is_no_success_is_never_an_empty_list(answer: dict[str, Any]) -> None:
    with pytest.raises(UnreadableReply):
        speech.rows_of(Response(200, {}, raw(answer)), "accList")


# ---- signing in


def begin(**given: str) -> tuple[Send, signin.Knocking]:
    move = signin.begin(Given(given, ""), MOMENT)
    assert isinstance(move, Send)
    assert isinstance(move.state, signin.Knocking)
    return move, move.state


def test_signing_in_asks_the_gateway_how_it_is_and_keeps_its_address() -> None:
    move, state = begin(address="127.0.0.1:11111")
    done = signin.hear(state, ok(trdLogined=True, qotLogined=True), MOMENT)

    assert (move.request.url, move.request.host) == ("/1002", "tcp://127.0.0.1:11111")
    assert isinstance(done, Done)
    assert done.grant.values == {"address": "tcp://127.0.0.1:11111"}


def test_without_an_address_it_is_the_operator_s_gateway() -> None:
    assert begin()[0].request.host == "api"


def test_trading_servers_that_are_down_at_the_weekend_are_maintenance() -> None:
    with pytest.raises(BrokerageMaintenance):
        signin.hear(begin()[1], ok(trdLogined=False, qotLogined=True), MOMENT)


@pytest.mark.parametrize(
    "address", ["10.0.0.5:11111", "db.internal:5432", "169.254.169.254:8080", "[fe80::1]:11111"]
)
def test_no_caller_makes_us_connect_to_where_the_operator_did_not_allow(address: str) -> None:
    with pytest.raises(DoorClosed):
        begin(address=address)


@pytest.mark.parametrize("gateways", ["10.0.0.0/8", "*.opend.example:11111, 10.0.0.5"])
def test_the_operator_lists_gateways_as_networks_or_names(gateways: str) -> None:
    assert begin(address="10.0.0.5:11111", gateways=gateways)[0].request.host == "tcp://10.0.0.5:11111"


@pytest.mark.parametrize(
    "address", ["opend", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:99999", "http://127.0.0.1:11111"]
)
def test_what_is_no_address_is_refused_before_anything_is_sent(address: str) -> None:
    with pytest.raises(FieldInvalid):
        begin(address=address)


def test_every_currency_can_be_asked_for() -> None:
    assert {words.NUMBERS[home] for _, home in words.FIRMS.values()} == {1, 2, 4, 5, 6, 7, 8}
