"""Moomoo: accounts are told in three lists, and those of futures and of coins are read in their own ways."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import stamina

from adapters.brokerages.moomoo import CARD, parse, reads
from adapters.kit.card import Call, Scene
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import BrokerageUnavailable, Failure, GatewayOffline
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Grant, Notes
from domain.transactions import Transaction, TransactionType

NOW = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)  # a Saturday
SECURITIES, FUTURES, COINS = 1, 2, 3
OLD = {"retType": -1, "retMsg": "unknown trdCategory"}
Answer = dict[str, Any] | Failure


def listed(number: int, *markets: int, env: int = 1, kind: int = 2) -> dict[str, Any]:
    row = {"trdEnv": env, "accID": f"28175645598824791{number}", "trdMarketAuthList": list(markets)}
    return row | {"accType": kind, "cardNum": f"100{number}", "securityFirm": 1, "accStatus": 0}


def ok(*rows: dict[str, Any]) -> Answer:
    return {"retType": 0, "s2c": {"accList": list(rows)}}


def door(lists: dict[int, Answer]) -> CardDoor:
    """An OpenD with these lists of accounts."""

    def answer(request: Request, url: str) -> Response:
        told = lists[msgspec.json.decode(request.body)["c2s"]["trdCategory"]]
        if isinstance(told, Failure):
            raise told
        return Response(200, {}, json.dumps(told).encode())

    return CardDoor(CARD, CARD.doors[0], MemoryWire(answer), limited=False, breaks=False)


async def accounts(securities: Answer, futures: Answer, coins: Answer) -> tuple[list[AccountTold], Notes]:
    with stamina.set_testing(True, attempts=1):
        told = await door({SECURITIES: securities, FUTURES: futures, COINS: coins}).accounts(Grant({}))
    return list(told.rows), told.notes


# ---- the lists


async def test_accounts_of_futures_and_of_coins_are_lists_of_their_own() -> None:
    told, _ = await accounts(ok(listed(1, 1, 2)), ok(listed(2, 5)), ok(listed(3, 7)))

    assert [(one.number, one.name, one.kind, one.routing["market"]) for one in told] == [
        ("1001", "Futu HK Margin", AccountKind.MARGIN, "1"),
        ("1002", "Futu HK Futures", AccountKind.MARGIN, "5"),
        ("1003", "Futu HK Crypto", AccountKind.CRYPTO, "7"),
    ]


async def test_an_account_that_two_lists_have_is_one() -> None:
    both = listed(1, 1, 2)

    told, _ = await accounts(ok(both), ok(both | {"cardNum": "other"}), ok(both))

    assert [one.number for one in told] == ["1001"]


async def test_who_has_only_futures_has_an_account() -> None:
    told, _ = await accounts(ok(), ok(listed(2, 5)), ok())

    assert [one.number for one in told] == ["1002"]


async def test_paper_accounts_of_futures_are_left_out_as_well() -> None:
    told, _ = await accounts(ok(listed(1, 2)), ok(listed(2, 11, env=0)), ok())

    assert [one.number for one in told] == ["1001"]


async def test_an_opend_of_before_there_were_coins_may_refuse_to_list_them() -> None:
    told, notes = await accounts(ok(listed(1, 2)), ok(), OLD)

    assert [one.number for one in told] == ["1001"]
    assert notes.words == {"coins.BROKERAGE_RESPONSE_UNREADABLE": 1}


@pytest.mark.parametrize(
    "failure",
    [GatewayOffline(), {"retType": -100}, {"retType": -1, "retMsg": "频率太快"}],
    ids=["gone", "timeout", "too often"],
)
async def test_a_list_that_fails_for_now_is_no_empty_list(failure: Answer) -> None:
    with pytest.raises(BrokerageUnavailable):
        await accounts(ok(listed(1, 2)), ok(), failure)


async def test_futures_that_are_refused_fail_the_list() -> None:
    with pytest.raises(Failure):
        await accounts(ok(listed(1, 2)), OLD, ok())


# ---- what is read of them


def of(market: int) -> AccountTold:
    return AccountTold("1", "x", "1", AccountKind.OTHER, "HKD", {"account": "1", "market": str(market)})


def call(market: int, cursor: str | None = None) -> Call:
    return Call(of(market), None, date(2026, 11, 28), cursor, NOW)


def asked(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(request.body)["c2s"]
    return found


def scene(market: int) -> Scene:
    return Scene(of(market), {}, Notes(), NOW)


@pytest.mark.parametrize("market", [5, 7])
@pytest.mark.parametrize("ask", [reads.ask_funds, reads.ask_positions, reads.ask_fills, reads.ask_cash])
def test_each_read_names_the_market_that_the_account_may_trade_at(
    ask: Callable[[Call], Request], market: int
) -> None:
    assert asked(ask(call(market)))["header"] == {"trdEnv": 1, "accID": "1", "trdMarket": market}


def fill(**changed: Any) -> Transaction:
    row = {
        "trdSide": 1, "fillID": "7", "fillIDEx": "X7", "orderIDEx": "FT1", "code": "HSI2612", "name": "HSI",
        "qty": 2.0, "price": 25000.0, "createTime": "2026-11-27 09:30:00", "secMarket": 1, "trdMarket": 5,
    }  # fmt: skip
    (told,) = parse.fill(json.dumps(row | changed).encode(), scene(5))
    return told


def test_a_fill_of_a_future_has_no_value_for_nobody_tells_its_contract() -> None:
    told = fill()

    assert told.instrument is not None
    assert (told.instrument.kind, told.instrument.symbol) == (InstrumentKind.FUTURE, "HSI2612.HK")
    assert (told.quantity, told.price, told.gross, told.net) == (Decimal(2), Decimal(25000), None, None)


def test_times_of_futures_are_in_opend_s_own_zone_which_is_that_of_hong_kong() -> None:
    assert fill(secMarket=2).executed_at == datetime(2026, 11, 27, 1, 30, tzinfo=UTC)
    late = replace(call(5), now=datetime(2026, 11, 26, 23, 0, tzinfo=UTC))
    assert asked(reads.ask_cash(late))["clearingDate"] == "2026-11-27"


def flow(market: int, **changed: Any) -> list[Transaction]:
    row = {
        "clearingDate": "2026-11-27", "settlementDate": "2026-11-30", "currency": 1, "cashFlowID": "5",
        "cashFlowType": "Futures Trading", "cashFlowAmount": -120.5, "createTime": "2026-11-28 04:00:00",
    }  # fmt: skip
    told = {name: value for name, value in (row | changed).items() if value is not None}
    return list(parse.flow(json.dumps(told).encode(), scene(market)))


def test_what_trades_of_futures_gained_or_lost_is_told_by_cash_alone() -> None:
    assert flow(1) == []
    (told,) = flow(5)
    assert (told.type, told.net, told.source_type) == (
        TransactionType.OTHER, Decimal("-120.5"), "Futures Trading",
    )  # fmt: skip


def test_the_costs_of_futures_are_told_by_their_orders() -> None:
    assert flow(5, cashFlowType="Commission") == []


def test_cash_of_coins_is_asked_by_its_day_of_creation_on_all_days_of_the_week() -> None:
    told = json.dumps({"retType": 0, "s2c": {"flowSummaryInfoList": []}}).encode()
    page = reads.take_cash(Response(200, {}, told), call(7))

    assert asked(reads.ask_cash(call(7))) | {"header": {}} == {
        "header": {}, "clearingDate": "2026-11-28", "startCreateDate": "2026-11-28",
        "endCreateDate": "2026-11-28",
    }  # fmt: skip
    assert len(page.rows) == 6
    assert "startCreateDate" not in asked(reads.ask_cash(call(2)))
    assert len(reads.take_cash(Response(200, {}, told), call(2)).rows) == 5


def test_cash_of_coins_has_a_time_of_creation_and_is_not_settled() -> None:
    (told,) = flow(7, cashFlowType="Deposit", clearingDate=None, settlementDate="")

    assert (told.trade_date, told.settlement_date) == (date(2026, 11, 28), None)


def test_what_is_older_than_a_year_of_coins_is_not_asked_for() -> None:
    old = (NOW.date() - timedelta(days=365)).isoformat()

    told = json.dumps({"retType": 0, "s2c": {"flowSummaryInfoList": []}}).encode()
    assert reads.take_cash(Response(200, {}, told), call(7, old)).cursor is None
