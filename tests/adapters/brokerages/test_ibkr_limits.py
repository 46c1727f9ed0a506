"""Interactive Brokers: how often it is asked, what is never asked, and what each refusal means."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import conformance
import pytest
from tws import NOW, World

from adapters.brokerages.ibkr import CARD, refusals
from adapters.kit.card import Counted
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.replies import failure_of
from adapters.kit.wire import Request, Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    BudgetSpent,
    Failure,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

OAUTH, GATEWAY = CARD.doors
OWN = AccountTold("U7654321", "Robin", "U7654321", AccountKind.OTHER, "USD")
PENALTY_BOX = timedelta(minutes=10)
HOLDER, ANOTHER = (Grant({"flex_token": token, "flex_query_id": "1"}) for token in ("7777777", "8888888"))


# ---- how often


def test_oauth_is_asked_less_than_50_times_a_second() -> None:
    rate = OAUTH.rates["default"]

    assert (rate.calls / rate.per, rate.counted) == (20, Counted.UNTOLD)


def test_a_gateway_is_asked_less_than_10_times_a_second() -> None:
    rate = GATEWAY.rates["default"]

    assert rate.calls / rate.per == 8


@pytest.mark.parametrize("group", ["accounts", "trades"])
def test_accounts_and_trades_are_listed_once_in_5_seconds(group: str) -> None:
    for door in CARD.doors:
        assert (door.rates[group].calls, door.rates[group].per) == (1, 5)


def test_signs_of_life_are_a_second_apart() -> None:
    assert (GATEWAY.rates["auth"].calls, GATEWAY.rates["auth"].per) == (1, 1)


def test_flex_is_asked_10_times_a_minute_for_each_token_and_never_twice_in_a_second() -> None:
    for door in CARD.doors:
        rate = door.rates["flex"]
        assert (rate.calls, rate.per, rate.counted) == (1, 6, Counted.CREDENTIAL)


class Boxed:
    """A gateway whose first answer is a 429, and the paths that reached it."""

    def __init__(self, **headers: str) -> None:
        self.now = NOW
        self.heard: list[str] = []
        first = [Response(429, headers)]

        def answer(request: Request, url: str) -> Response:
            self.heard.append(request.url)
            return first.pop() if first else Response(200, {}, b"[]")

        wire = MemoryWire(answer)
        self.door = CardDoor(CARD, GATEWAY, wire, clock=lambda: self.now)

    async def asked(self) -> None:
        with pytest.raises(BrokerageRateLimited):
            await self.door.positions(HOLDER, OWN)


async def test_a_429_means_ten_minutes_in_the_penalty_box_for_there_is_no_retry_after() -> None:
    boxed = Boxed()
    await boxed.asked()

    boxed.now += PENALTY_BOX - timedelta(seconds=1)
    with pytest.raises(BudgetSpent):
        await boxed.door.accounts(HOLDER)
    boxed.now += timedelta(seconds=1)
    await boxed.door.accounts(HOLDER)

    assert len(boxed.heard) == 2


async def test_a_retry_after_is_obeyed_if_it_comes_one_day() -> None:
    boxed = Boxed(**{"retry-after": "30"})
    await boxed.asked()

    boxed.now += timedelta(seconds=30)
    await boxed.door.accounts(HOLDER)

    assert len(boxed.heard) == 2


async def test_who_is_shut_out_is_our_address_so_everybody_waits_and_for_everything() -> None:
    boxed = Boxed()
    await boxed.asked()

    for grant in (HOLDER, ANOTHER):
        with pytest.raises(BudgetSpent):
            await boxed.door.accounts(grant)
        with pytest.raises(BudgetSpent):
            await boxed.door.balances(grant, OWN)

    assert len(boxed.heard) == 1


async def test_flex_is_another_service_that_no_429_of_the_web_api_silences() -> None:
    boxed = Boxed()
    await boxed.asked()

    with pytest.raises(UnreadableReply):  # "[]" is no statement
        await boxed.door.history(HOLDER, OWN, "gateway_history", None, None)

    assert len(boxed.heard) == 2


# ---- what is never asked

ASKED = {
    "/v1/api/oauth/live_session_token", "/v1/api/iserver/auth/ssodh/init", "/v1/api/iserver/accounts",
    "/v1/api/iserver/account/trades", "/v1/api/portfolio/accounts", "/v1/api/portfolio/*/ledger",
    "/v1/api/portfolio/*/summary", "/v1/api/portfolio/*/positions/*", "/v1/api/trsrv/secdef",
    "/AccountManagement/FlexWebService/SendRequest", "/AccountManagement/FlexWebService/GetStatement",
}  # fmt: skip


async def test_quotes_scanners_orders_and_reports_with_limits_of_their_own_are_never_asked() -> None:
    """Nor `/pa/transactions` (a contract a call, one in 15 minutes), nor `/portfolio2` (without pages)."""
    world = World()
    await conformance.read_all(world.door, await world.sign_in())

    paths = {re.sub(r"/ndcdyn|/gdcdyn", "", path) for path in world.paths}
    plain = {re.sub(r"(?<=portfolio/)U\d+|(?<=positions/)\d+", "*", path) for path in paths}
    assert plain == ASKED


async def test_accounts_are_listed_before_anything_else_of_a_session_is_asked() -> None:
    world = World()
    await conformance.read_all(world.door, await world.sign_in())

    asked = [path for path in world.paths if "/portfolio/" in path or "/iserver/" in path]
    assert asked[0] == "/v1/api/portfolio/accounts"
    first = {name: min(n for n, path in enumerate(asked) if path.endswith(name)) for name in
             ("/ssodh/init", "/iserver/accounts", "/account/trades")}  # fmt: skip
    assert first["/ssodh/init"] < first["/iserver/accounts"] < first["/account/trades"]


# ---- what a refusal means


def told(status: int, body: object = None) -> Failure | None:
    content = b"" if body is None else json.dumps(body).encode()
    response = Response(status, {"content-type": "application/json"}, content)
    return refusals.explain(response) or failure_of(response, datetime(2026, 11, 25, tzinfo=UTC))


Body = Callable[[int, str], object]
BODIES = pytest.mark.parametrize(
    "body",
    [lambda status, words: {"error": words, "statusCode": status}, lambda _, words: {"error": words}],
    ids=["with its status", "plain"],
)


@BODIES
def test_400_no_bridge_is_a_brokerage_session_that_is_missing(body: Body) -> None:
    assert type(told(400, body(400, "Bad Request: no bridge"))) is BrokerageUnavailable
    assert type(told(400, body(400, "Bad Request: page"))) is UnreadableReply


@BODIES
def test_401_is_a_session_token_that_ended_and_is_renewed(body: Body) -> None:
    assert type(told(401, body(401, "not authenticated"))) is ReauthorizationRequired
    assert OAUTH.renewal is not None


def test_403_is_no_expired_token() -> None:
    assert type(told(403)) is PermissionInsufficient


def test_404_is_an_address_of_ours_that_is_wrong() -> None:
    assert type(told(404, {"error": "Not Found", "statusCode": 404})) is UnreadableReply


def test_410_is_a_host_that_serves_the_session_no_more_and_is_tried_again() -> None:
    assert type(told(410)) is BrokerageUnavailable


@BODIES
@pytest.mark.parametrize("status", [500, 501, 503])
def test_500_501_and_503_may_pass(status: int, body: Body) -> None:
    """500 stands for bad input as well, 501 for an account that is selected already, 503 for maintenance."""
    assert type(told(status, body(status, "Service Unavailable"))) is BrokerageUnavailable


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503])
def test_the_sandbox_refuses_in_ibkr_s_own_words(status: int) -> None:
    played = World().box.refusal(None, status)

    assert set(played.json) == {"error", "statusCode"}
    assert (played.status, played.json["statusCode"]) == (status, status)
