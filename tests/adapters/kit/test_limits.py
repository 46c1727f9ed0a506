"""Budgets of a door: what the card says, and what the brokerage says on top."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.kit.budgets import InProcessBudgets
from adapters.kit.card import Counted, Rate
from adapters.kit.limits import Limits
from adapters.kit.wire import Response
from domain.budgets import Turn
from domain.errors import BrokerageRateLimited

SECOND = timedelta(seconds=1)


class Time:
    now = datetime(2026, 6, 1, tzinfo=UTC)


def limits(**rates: Rate) -> tuple[Limits, Time]:
    time = Time()
    budgets = InProcessBudgets(lambda: time.now)
    return Limits("bank/api", {"default": Rate(1000, 1), **rates}, budgets), time


def slow_down(seconds: int) -> Response:
    return Response(429, {"retry-after": str(seconds)})


async def place(budget: Limits, group: str = "default", credential: str = "key") -> None:
    await budget.place(group, credential, Turn.PERSON)


async def test_a_429_holds_back_the_next_calls_until_its_time_is_over() -> None:
    budget, time = limits()

    await budget.learn("default", "key", slow_down(30), time.now)

    time.now += 10 * SECOND
    with pytest.raises(BrokerageRateLimited) as held:
        await place(budget)
    assert held.value.retry_after == 20 * SECOND
    time.now += 20 * SECOND
    await place(budget)


async def test_a_429_that_does_not_say_for_how_long_holds_back_for_a_moment() -> None:
    budget, time = limits()

    await budget.learn("default", "key", Response(429), time.now)

    with pytest.raises(BrokerageRateLimited):
        await place(budget)
    time.now += 5 * SECOND
    await place(budget)


async def test_where_each_credential_is_counted_a_429_of_one_leaves_another_alone() -> None:
    budget, time = limits(default=Rate(1000, 1, Counted.CREDENTIAL))

    await budget.learn("default", "key", slow_down(30), time.now)

    await place(budget, credential="another")


async def test_where_a_brokerage_does_not_say_whom_it_counts_a_429_holds_back_everybody() -> None:
    budget, time = limits()

    await budget.learn("default", "key", slow_down(30), time.now)

    time.now += 10 * SECOND
    with pytest.raises(BrokerageRateLimited) as held:
        await place(budget, credential="another")
    assert held.value.retry_after == 20 * SECOND
    time.now += 20 * SECOND
    await place(budget, credential="another")


async def test_where_an_address_is_shut_out_a_429_holds_back_all_groups_of_the_crowd() -> None:
    budget, time = limits(
        default=Rate(1000, 1, crowd="web"), orders=Rate(1000, 1, crowd="web"), files=Rate(1000, 1)
    )

    await budget.learn("orders", "key", slow_down(30), time.now)

    await place(budget, "files", "another")
    with pytest.raises(BrokerageRateLimited):
        await place(budget, "default", "another")
    time.now += 30 * SECOND
    await place(budget, "default", "another")


async def test_batch_that_was_held_back_with_everybody_does_not_come_back_in_one_moment() -> None:
    budget, time = limits()
    await budget.learn("default", "key", slow_down(30), time.now)

    waits = set()
    for number in range(20):
        with pytest.raises(BrokerageRateLimited) as held:
            await budget.place("default", f"key-{number}", Turn.NEW)
        waits.add(held.value.retry_after or SECOND)

    assert min(waits) >= 30 * SECOND
    assert max(waits) <= 60 * SECOND
    assert max(waits) - min(waits) > 5 * SECOND


async def test_where_the_app_is_counted_a_429_holds_back_everybody() -> None:
    budget, time = limits(default=Rate(120, counted=Counted.APP))

    await budget.learn("default", "key", slow_down(30), time.now)

    with pytest.raises(BrokerageRateLimited):
        await place(budget, credential="another")


async def test_groups_without_a_rate_of_their_own_share_the_default() -> None:
    budget, time = limits(auth=Rate(10))

    await budget.learn("quotes", "key", slow_down(30), time.now)

    await place(budget, "auth")
    with pytest.raises(BrokerageRateLimited):
        await place(budget)


async def test_a_quota_that_is_used_up_holds_back_until_it_starts_anew() -> None:
    budget, time = limits()
    reset = str(int((time.now + 12 * SECOND).timestamp()))

    used_up = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    await budget.learn("default", "key", Response(200, used_up), time.now)

    with pytest.raises(BrokerageRateLimited) as held:
        await place(budget)
    assert held.value.retry_after == 12 * SECOND
    await place(budget, credential="another")


async def test_a_quota_whose_end_is_told_in_milliseconds_holds_back_as_well() -> None:
    budget, time = limits()
    expiry = str(int((time.now + 12 * SECOND).timestamp() * 1000))

    used_up = {"x-ratelimit-available": "0", "x-ratelimit-expiry": expiry}
    await budget.learn("default", "key", Response(200, used_up), time.now)

    with pytest.raises(BrokerageRateLimited) as held:
        await place(budget)
    assert held.value.retry_after == 12 * SECOND


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-available": "3", "x-ratelimit-expiry": "9" * 14},
        {"x-ratelimit-available": "0", "x-ratelimit-expiry": "9" * 30},
        {"x-ratelimit-remaining": "5", "x-ratelimit-reset": "99999999999"},
        {"x-ratelimit-remaining": "0"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" * 30},
    ],
)
async def test_headers_that_say_nothing_hold_back_nothing(headers: dict[str, str]) -> None:
    budget, time = limits()

    await budget.learn("default", "key", Response(200, headers), time.now)

    await place(budget)


async def test_a_brokerage_cannot_silence_us_for_longer_than_an_hour() -> None:
    budget, time = limits()

    await budget.learn("default", "key", slow_down(86_000), time.now)

    time.now += timedelta(hours=1)
    await place(budget)
