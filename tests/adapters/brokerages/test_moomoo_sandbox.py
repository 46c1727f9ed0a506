"""Moomoo's sandbox: what OpenD refuses it refuses, and it is heard over TCP as OpenD is."""

import hashlib
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import conformance
import msgspec
import pytest
import stamina

from adapters.brokerages.moomoo import CARD
from adapters.kit.door import CardDoor
from adapters.kit.opend import OpendWire
from adapters.sandbox.create import create
from adapters.sandbox.faults import Faulty, parse_fault
from adapters.sandbox.server import Running, serve
from adapters.sandbox.stage import Stage
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    Failure,
    GatewayOffline,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
Json = dict[str, Any]


class OpenD:
    """A sandbox, asked in memory."""

    def __init__(self, persona: str = "plain") -> None:
        self.box = create("moomoo", 7, persona, date(2026, 11, 25))
        self.stage = Stage([Faulty(self.box)])
        self.account = self.box.play.accounts[0]
        self.header = {"trdEnv": 1, "accID": self.account.key, "trdMarket": 2}

    def hear(self, protocol: int, body: object) -> Json:
        url, sent = f"{conformance.BASE}/moomoo/{protocol}", msgspec.json.encode(body)
        told: Json = msgspec.json.decode(self.stage.hear("GET", url, {}, sent, NOW, "").body)
        return told

    def ask(self, protocol: int, **message: Any) -> Json:
        return self.hear(protocol, {"c2s": message})

    def about(self, protocol: int, **message: Any) -> Json:
        return self.ask(protocol, header=self.header, **message)


def window(begin: str = "2026-09-01 00:00:00", end: str = "2026-11-25 23:59:59", **more: Any) -> Json:
    return {"filterConditions": {"beginTime": begin, "endTime": end, **more}}


@pytest.mark.parametrize(
    ("protocol", "body", "code"),
    [
        (2001, {}, -500),
        (2001, {"c2s": {}}, -500),
        (2001, {"c2s": {"userID": 0, "unknown": 1}}, -500),
        (2001, {"c2s": {"userID": True}}, -500),
        (9999, {"c2s": {}}, -400),
    ],
    ids=["no envelope", "missing field", "unknown field", "wrong type", "unknown protocol"],
)
def test_a_message_that_is_none_is_refused(protocol: int, body: object, code: int) -> None:
    assert OpenD().hear(protocol, body)["retType"] == code


@pytest.mark.parametrize(
    ("header", "text"),
    [({"accID": "1"}, "acc_id"), ({"trdMarket": 1}, "permission"), ({"trdEnv": 0}, "acc_id")],
)
def test_account_environment_and_market_must_go_together(header: Json, text: str) -> None:
    box = OpenD()
    box.header |= header

    assert text in box.about(2102)["retMsg"]


@pytest.mark.parametrize(
    ("protocol", "message", "text"),
    [
        (2101, {}, "currency"),
        (2101, {"currency": 9}, "currency"),
        (2222, window("2026-09-01"), "beginTime"),
        (2222, window("2026-09-31 00:00:00"), "no time"),
        (2222, window("2026-11-26 00:00:00"), "range"),
        (2222, window("2020-01-01 00:00:00"), "range"),
        (2222, {}, "filterConditions"),
        (2225, {"orderIdExList": []}, "400"),
        (2225, {"orderIdExList": ["x"] * 401}, "400"),
        (2226, {}, "clearingDate"),
        (2226, {"clearingDate": "20261120"}, "format"),
        (2226, {"clearingDate": "2026-11-20", "startCreateDate": "2026-11-20"}, "clearingDate"),
    ],
)
def test_what_opend_refuses_is_refused_with_a_text(protocol: int, message: Json, text: str) -> None:
    told = OpenD().about(protocol, **message)

    assert told["retType"] != 0
    assert text in told["retMsg"]


@pytest.mark.parametrize("protocol", [2211, 2222, 2221, 2226])
def test_a_paper_account_has_no_deals_and_no_cash_flow(protocol: int) -> None:
    box = OpenD()
    box.header = {"trdEnv": 0, "accID": box.account.key[6:], "trdMarket": 2}
    message = {2211: {}, 2226: {"clearingDate": "2026-11-20"}}.get(protocol, window())

    assert "imulate" in box.about(protocol, **message)["retMsg"]


ORDER = {
    "packetID": {"connID": "1", "serialNo": 1}, "trdSide": 1, "orderType": 1, "code": "XMPL", "qty": 1.0,
}  # fmt: skip
CHANGE = {"packetID": {"connID": "1", "serialNo": 1}, "orderID": "1", "modifyOrderOp": 2}


@pytest.mark.parametrize(("protocol", "message"), [(2202, ORDER), (2205, CHANGE)])
def test_orders_need_the_trade_password_as_md5_and_are_not_played(protocol: int, message: Json) -> None:
    box = OpenD()
    password = box.box.credentials()["trade_password"]
    digest = hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()

    assert "unlock" in box.about(protocol, **message)["retMsg"]
    assert "wrong" in box.ask(2005, unlock=True, pwdMD5=digest.upper())["retMsg"]
    assert box.ask(2005, unlock=True, pwdMD5=digest)["retType"] == 0
    assert "takes no orders" in box.about(protocol, **message)["retMsg"]


def test_reading_needs_no_trade_password() -> None:
    box = OpenD()

    assert [box.about(protocol, **more)["retType"] for protocol, more in (
        (2101, {"currency": 2}), (2102, {}), (2222, window()), (2226, {"clearingDate": "2026-11-20"}),
    )] == [0, 0, 0, 0]  # fmt: skip


@pytest.mark.parametrize(("category", "markets"), [(2, [11]), (3, [])])
def test_accounts_of_futures_and_coins_are_in_no_list_of_securities(
    category: int, markets: list[int]
) -> None:
    box = OpenD()
    told = box.ask(2001, userID=0, trdCategory=category, needGeneralSecAccount=True)["s2c"]["accList"]
    first = box.ask(2001, userID=0, trdCategory=1, needGeneralSecAccount=True)["s2c"]["accList"]

    assert [market for row in told for market in row["trdMarketAuthList"]] == markets
    assert not {row["accID"] for row in told} & {row["accID"] for row in first}
    for row in told:
        box.header = {"trdEnv": 0, "accID": row["accID"], "trdMarket": 11}
        assert box.about(2102)["s2c"]["positionList"] == []


def test_a_reply_holds_everything_of_its_window() -> None:
    box = OpenD()
    whole = box.about(2222, **window("2026-01-01 00:00:00"))["s2c"]["orderFillList"]
    parts = [
        row
        for begin, end in (("2026-01-01", "2026-06-30"), ("2026-07-01", "2026-11-25"))
        for row in box.about(2222, **window(f"{begin} 00:00:00", f"{end} 23:59:59"))["s2c"]["orderFillList"]
    ]

    assert sorted(row["fillIDEx"] for row in parts) == sorted(row["fillIDEx"] for row in whole)
    assert len(whole) > 20


def test_times_are_in_the_market_s_own_zone() -> None:
    box = OpenD()
    (row, *_) = box.about(2222, **window())["s2c"]["orderFillList"]
    moment = datetime.fromtimestamp(row["createTimestamp"], ZoneInfo("America/New_York"))

    assert row["createTime"] == f"{moment:%Y-%m-%d %H:%M:%S.%f}"[:-3]


def test_the_amounts_of_orders_and_fees_are_those_of_their_fills() -> None:
    box = OpenD()
    fills = box.about(2222, **window())["s2c"]["orderFillList"]
    ids = list(dict.fromkeys(fill["orderIDEx"] for fill in fills))

    orders = box.about(2221, **window(orderIDExList=ids))["s2c"]["orderList"]
    fees = box.about(2225, orderIdExList=ids)["s2c"]["orderFeeList"]

    assert len(orders) == len(fees) == len(ids) > 0
    assert sum(order["fillQty"] for order in orders) == pytest.approx(sum(fill["qty"] for fill in fills))


def test_funds_can_be_told_in_another_currency_and_cash_stays_as_it_is() -> None:
    box = OpenD()
    dollars, local = (box.about(2101, currency=number)["s2c"]["funds"] for number in (2, 1))

    assert local["totalAssets"] == pytest.approx(dollars["totalAssets"] * 7.8)
    assert local["cashInfoList"] == dollars["cashInfoList"]


# ---- over TCP


class Tcp:
    """A sandbox that listens, and doors into it."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.known = running.credentials()["moomoo"]
        self.wire = OpendWire(total_seconds=2)

    @property
    def faulty(self) -> Faulty:
        return self.running.faulty("moomoo")

    def door(self) -> CardDoor:
        return CardDoor(CARD, CARD.doors[0], self.wire, breaks=False, limited=False)

    async def signed_in(self, **more: str) -> Grant:
        found = await self.door().begin({"address": self.known["plain_address"], **more}, "")
        assert isinstance(found, Grant)
        return found


@pytest.fixture
async def tcp() -> Any:
    running = await serve([create("moomoo", 3)])
    made = Tcp(running)
    yield made
    await made.wire.close()
    await running.stop()


@pytest.mark.parametrize("secure", [False, True], ids=["in clear", "with an RSA key"])
async def test_over_tcp_everything_equals_the_truth(tcp: Tcp, secure: bool) -> None:
    more = {"address": tcp.known["address"], "rsa_key": tcp.known["rsa_key"]} if secure else {}
    grant = await tcp.signed_in(**more)

    told = await conformance.read_all(tcp.door(), grant)

    assert conformance.differences(told, conformance.expected(tcp.faulty.sandbox)) == []


async def test_a_gateway_with_a_key_hears_nobody_without_and_nobody_with_another(tcp: Tcp) -> None:
    other = await serve([create("moomoo", 4)])
    try:
        key = other.credentials()["moomoo"]["rsa_key"]
        for more in ({}, {"rsa_key": key}):
            with pytest.raises(GatewayOffline):
                await tcp.signed_in(address=tcp.known["address"], **more)
    finally:
        await other.stop()


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        ("reset@/2102", GatewayOffline),
        ("hang@/2102", GatewayOffline),
        ("drip@/2102", GatewayOffline),
        ("truncated@/2102", GatewayOffline),
        ("429@/2102", BrokerageRateLimited),
        ("500@/2102", BrokerageUnavailable),
        ("401@/2102", ReauthorizationRequired),
        ("html-200@/2102", UnreadableReply),
        ("nan@/2102", UnreadableReply),
        ("cut-json@/2102", UnreadableReply),
        ("empty-body@/2102", UnreadableReply),
        ("null-body@/2102", UnreadableReply),
        ("error-200@/2102", UnreadableReply),
    ],
)
async def test_a_damaged_packet_is_a_failure_and_never_an_empty_list(
    tcp: Tcp, fault: str, failure: type[Failure]
) -> None:
    tcp.wire = OpendWire(total_seconds=0.6)
    grant = await tcp.signed_in()
    (account, *_) = (await tcp.door().accounts(grant)).rows
    tcp.faulty.set_faults([parse_fault(fault)])

    with stamina.set_testing(True, attempts=1), pytest.raises(failure):
        await tcp.door().positions(grant, account)


async def test_when_the_user_has_signed_out_of_opend_they_are_asked_to_sign_in_again(tcp: Tcp) -> None:
    grant = await tcp.signed_in()
    tcp.faulty.sandbox.play.revoked = True

    with pytest.raises(ReauthorizationRequired):
        await tcp.door().accounts(grant)


async def test_a_gateway_that_stops_is_offline_until_it_is_back(tcp: Tcp) -> None:
    grant = await tcp.signed_in()
    await tcp.running.stop()

    with stamina.set_testing(True, attempts=1), pytest.raises(GatewayOffline):
        await tcp.door().accounts(grant)
