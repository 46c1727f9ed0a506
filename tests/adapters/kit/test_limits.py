"""Budgets: what the card says, and what the brokerage says on top."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from adapters.kit.card import Rate
from adapters.kit.limits import Limits
from adapters.kit.wire import Response
from domain.errors import BrokerageRateLimited

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def limits(**rates: Rate) -> Limits:
    return Limits({"default": Rate(1000, 1), **rates})


def slow_down(seconds: int) -> Response:
    return Response(429, {"retry-after": str(seconds)})


def test_a_429_holds_back_the_next_calls_until_its_time_is_over() -> None:
    budget = limits()

    budget.learn("default", "key", slow_down(30), NOW)

    with pytest.raises(BrokerageRateLimited) as held:
        budget.place("default", "key", NOW + 10 * SECOND)
    assert held.value.retry_after == 20 * SECOND
    budget.place("default", "key", NOW + 30 * SECOND)


def test_a_429_of_one_credential_leaves_another_alone() -> None:
    budget = limits()

    budget.learn("default", "key", slow_down(30), NOW)

    budget.place("default", "another", NOW)


def test_where_the_app_is_counted_a_429_holds_back_everybody() -> None:
    budget = limits(default=Rate(120, shared=True))

    budget.learn("default", "key", slow_down(30), NOW)

    with pytest.raises(BrokerageRateLimited):
        budget.place("default", "another", NOW)


def test_groups_without_a_rate_of_their_own_share_the_default() -> None:
    budget = limits(auth=Rate(10))

    budget.learn("quotes", "key", slow_down(30), NOW)

    budget.place("auth", "key", NOW)
    with pytest.raises(BrokerageRateLimited):
        budget.place("default", "key", NOW)


def test_a_quota_that_is_used_up_holds_back_until_it_starts_anew() -> None:
    budget = limits()
    reset = str(int((NOW + 12 * SECOND).timestamp()))

    used_up = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    budget.learn("default", "key", Response(200, used_up), NOW)

    with pytest.raises(BrokerageRateLimited) as held:
        budget.place("default", "key", NOW)
    assert held.value.retry_after == 12 * SECOND


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-remaining": "5", "x-ratelimit-reset": "99999999999"},
        {"x-ratelimit-remaining": "0"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" * 30},
    ],
)
def test_headers_that_say_nothing_hold_back_nothing(headers: dict[str, str]) -> None:
    budget = limits()

    budget.learn("default", "key", Response(200, headers), NOW)

    budget.place("default", "key", NOW)


def test_a_brokerage_cannot_silence_us_for_longer_than_an_hour() -> None:
    budget = limits()

    budget.learn("default", "key", slow_down(86_000), NOW)

    budget.place("default", "key", NOW + timedelta(hours=1))


async def test_calls_beyond_the_budget_wait_for_their_place() -> None:
    budget = Limits({"default": Rate(10, 0.5)})
    start = time.perf_counter()

    async def call() -> None:
        async with budget.place("default", "key", NOW):
            pass

    await asyncio.gather(*(call() for _ in range(20)))

    assert time.perf_counter() - start >= 0.4
