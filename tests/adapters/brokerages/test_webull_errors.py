"""Webull's limits and errors: what it counts, how long to wait, what its codes mean, and what shows late."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import conformance
import pytest
import stamina

from adapters.brokerages.webull import CARD, OPENAPI, pages, reads, signin
from adapters.brokerages.webull.sandbox import Webull
from adapters.kit.card import Call, Counted, Rate
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.signin import Given, Moment, Send
from adapters.kit.wire import Request, Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    Failure,
    HistoryUnavailable,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
MOMENT = Moment(NOW, "ab" * 16, {"api": "https://api.webull.com"})
GRANT = Grant({"app_key": "k" * 8, "app_secret": "s" * 8, "generation": "2", "token": "t"})
ACCOUNT = AccountTold("ACC1", "Individual Margin", "5XX00001", AccountKind.MARGIN)


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """Repetitions do not wait."""
    with stamina.set_testing(True, attempts=3):
        yield


def coded(code: str, status: int = 417, url: str = "", **headers: str) -> Response:
    return Response(status, headers, json.dumps({"error_code": code, "message": "x"}).encode(), url)


# ---- limits


def test_reads_are_two_in_two_seconds_for_each_key() -> None:
    call = Call(ACCOUNT, None, date(2026, 11, 20), None, NOW)
    heads = (reads.ask_accounts, reads.ask_balance, reads.ask_positions)
    histories = (reads.ask_orders, reads.ask_activities, reads.ask_transfers)

    assert OPENAPI.rates["default"] == Rate(2, 2.0, Counted.CREDENTIAL)
    assert {ask(call).group for ask in (*heads, *histories)} == {"default"}


def test_tokens_are_made_and_looked_at_ten_times_in_thirty_seconds() -> None:
    move = signin.begin(Given({"app_key": "k" * 8, "app_secret": "s" * 8}, "", {}), MOMENT)
    assert isinstance(move, Send)
    made = signin.hear(cast("Any", move.state), Response(404, {}, b"Route Not Found"), MOMENT)

    assert OPENAPI.rates["auth"] == Rate(10, 30.0, Counted.CREDENTIAL)
    assert isinstance(made, Send)
    assert {move.request.group, made.request.group, signin.ask_renewal(GRANT, MOMENT).group} == {"auth"}


@pytest.mark.parametrize("status", [417, 429])
@pytest.mark.parametrize(("path", "seconds"), [("/openapi/assets/balance", 2), ("/auth/tokens/check", 30)])
def test_too_many_requests_never_say_for_how_long_so_their_budget_is_waited_out(
    status: int, path: str, seconds: int
) -> None:
    found = signin.explain(coded("TOO_MANY_REQUESTS", status, f"https://api.webull.com{path}"))

    assert isinstance(found, BrokerageRateLimited)
    assert found.retry_after == timedelta(seconds=seconds)


def test_a_wait_that_a_header_asks_for_goes_first() -> None:
    assert signin.explain(coded("TOO_MANY_REQUESTS", 429, **{"retry-after": "9"})) is None


# ---- errors


ACTIVITIES = "https://api.webull.com/trading/activities/transfer-activities/list?account_id=A"


@pytest.mark.parametrize(
    ("status", "body", "url", "failure"),
    [
        (401, b'{"error_code":"UNAUTHORIZED","message":"correct environment"}', "", ReauthorizationRequired),
        (403, b'{"error_code":"ACCOUNT_ACCESS_DENIED"}', "", PermissionInsufficient),
        (403, b'{"error_code":"MARKET_DATA_NOT_SUBSCRIBED"}', "", PermissionInsufficient),
        (404, b'{"error_msg":"404 Route Not Found"}', "", UnreadableReply),
        (404, b'{"error_msg":"404 Route Not Found"}', ACTIVITIES, HistoryUnavailable),
        (417, b'{"error_code":"ILLEGAL_PARAMETER"}', "", UnreadableReply),
        (417, b'{"error_code":"UNSUPPORTED_CATEGORY"}', "", UnreadableReply),
        (417, b'{"error_code":"UNSUPPORTED_SYMBOL"}', "", UnreadableReply),
        (417, b'{"error_code":"TOO_MANY_REQUESTS"}', "", BrokerageRateLimited),
        (429, b'{"error_code":"TOO_MANY_REQUESTS"}', "", BrokerageRateLimited),
        (417, b'{"error_code":"SERVICE_NOT_AVAILABLE"}', "", BrokerageUnavailable),
        (417, b'{"error_code":"GATEWAY_TIMEOUT"}', "", BrokerageUnavailable),
        (417, b'{"error_code":"INTERNAL_ERROR"}', "", BrokerageUnavailable),
        (417, b'{"error_code":"SYSTEM_ERROR"}', "", BrokerageUnavailable),
        (417, b"not json", "", UnreadableReply),
    ],
)
def test_417_may_be_anything_and_its_code_tells(
    status: int, body: bytes, url: str, failure: type[Failure]
) -> None:
    found = conformance.meant(CardDoor(CARD, OPENAPI, cast("Any", None)), Response(status, {}, body, url))

    assert type(found) is failure


@pytest.mark.parametrize(
    "code", ["SERVICE_NOT_AVAILABLE", "GATEWAY_TIMEOUT", "INTERNAL_ERROR", "SYSTEM_ERROR"]
)
async def test_what_may_pass_is_read_again(code: str) -> None:
    answers = [coded(code), Response(200, {}, b"[]")]
    door = CardDoor(CARD, OPENAPI, MemoryWire(lambda _request, _url: answers.pop(0)), limited=False)

    assert (await door.positions(GRANT, ACCOUNT)).rows == ()
    assert answers == []


async def test_too_many_requests_are_read_again_after_the_wait() -> None:
    answers = [coded("TOO_MANY_REQUESTS", 429), Response(200, {}, b"[]")]
    door = CardDoor(CARD, OPENAPI, MemoryWire(lambda _request, _url: answers.pop(0)), limited=False)

    assert (await door.positions(GRANT, ACCOUNT)).rows == ()


async def test_what_is_no_mishap_is_not_asked_again() -> None:
    sent: list[Request] = []

    def answer(request: Request, _url: str) -> Response:
        sent.append(request)
        return coded("ILLEGAL_PARAMETER")

    with pytest.raises(UnreadableReply):
        await CardDoor(CARD, OPENAPI, MemoryWire(answer), limited=False).positions(GRANT, ACCOUNT)
    assert len(sent) == 1


# ---- what shows late, and pages of a length that nobody tells


async def read(door: CardDoor, grant: Grant, feed: str) -> list[str]:
    (account, *_) = (await door.accounts(grant)).rows
    read = conformance.pages(door, grant, account, feed)
    return [row.source_key or "" async for page in read for row in page.transactions]


async def test_an_order_that_shows_late_is_found_by_a_later_read() -> None:
    door, sandbox = conformance.played("webull", 3)
    played = cast("Webull", sandbox)
    grant = await conformance.signed_in(door, sandbox, "webull")
    played.late = timedelta(days=60)

    early = await read(door, grant, "orders")
    played.late = timedelta(0)
    late = set(await read(door, grant, "orders")) - set(early)

    assert late
    assert {feed.name: feed.overlap_days for feed in door.feeds}["orders"] == 90


@pytest.mark.parametrize("feed", ["orders", "cash"])
async def test_a_page_that_is_shorter_than_was_asked_for_may_not_be_the_last(feed: str) -> None:
    door, sandbox = conformance.played("webull", 3)
    grant = await conformance.signed_in(door, sandbox, "webull")
    whole = await read(door, grant, feed)

    cast("Webull", sandbox).most = 20
    capped = await read(door, grant, feed)

    assert len(whole) > 20
    assert capped == whole
    assert pages.SIZE == 100
