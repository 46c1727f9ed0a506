"""When to sync, how far back, how soon to try again: pure functions of time and chance."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import policy
from domain.connections import ConnectionState
from domain.errors import (
    Actor,
    BrokerageRateLimited,
    BrokerageUnavailable,
    FailureRecord,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.policy import Breaker, BreakerState, Cadence, Patience, SyncPolicy
from domain.ports.brokerage import Feed
from domain.syncs import FeedState, RunState

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CHANCE = st.floats(0, 0.999)


@given(st.sampled_from([Cadence.MINUTES, Cadence.HOURLY, Cadence.DAILY]), st.integers(0, 100_000), CHANCE)
def test_a_sync_is_never_due_before_the_brokerages_minimum(
    cadence: Cadence, minimum: int, chance: float
) -> None:
    least = timedelta(seconds=minimum)

    due = policy.next_sync(SyncPolicy(cadence), least, NOW, chance)

    assert due is not None
    assert due - NOW >= least


def test_a_manual_connection_is_never_due() -> None:
    assert policy.next_sync(SyncPolicy(Cadence.MANUAL), MINUTE, NOW, 0.5) is None


@given(st.integers(1, 200), CHANCE)
def test_a_backoff_stays_between_its_bounds(attempt: int, chance: float) -> None:
    patience = Patience(timedelta(seconds=10), timedelta(hours=1))

    pause = patience.backoff(attempt, chance)

    assert timedelta(0) < pause <= patience.most


@given(st.integers(1, 50), CHANCE, st.integers(0, 86_400))
def test_what_the_brokerage_asks_for_is_the_floor(attempt: int, chance: float, asked: int) -> None:
    wanted = timedelta(seconds=asked)

    pause = Patience().backoff(attempt, chance, wanted)

    assert wanted <= pause <= max(wanted * 1.1, timedelta(seconds=1))
    assert pause > timedelta(0), "no wait at all would be a storm"


def test_an_outage_is_tried_again_a_bounded_number_of_times() -> None:
    tries = [n for n in range(1, 100) if policy.try_again(BrokerageUnavailable(), n)]

    assert tries == list(range(1, policy.ATTEMPTS_OF_A_RUN))


def test_a_wait_that_the_brokerage_asks_for_burns_fewer_attempts() -> None:
    asked = BrokerageRateLimited(retry_after=MINUTE)

    assert policy.try_again(asked, policy.ATTEMPTS_OF_A_RUN)
    assert not policy.try_again(asked, 1000)


@pytest.mark.parametrize("failure", [ReauthorizationRequired(), PermissionInsufficient(), UnreadableReply()])
def test_what_time_does_not_heal_is_not_tried_again(failure: Exception) -> None:
    assert not policy.try_again(failure, 1)  # type: ignore[arg-type]


FEED = Feed("trades", overlap_days=10)
READ = FeedState("acc", "trades", watermark=date(2026, 5, 30), whole=True, whole_at=NOW - timedelta(days=1))


def test_the_overlap_is_read_again() -> None:
    assert policy.window_start(FEED, READ, None, NOW) == date(2026, 5, 20)


def test_a_pending_row_keeps_the_window_open() -> None:
    assert policy.window_start(FEED, READ, date(2026, 4, 1), NOW) == date(2026, 4, 1)


@pytest.mark.parametrize(
    "state",
    [
        FeedState("acc", "trades"),
        replace(READ, whole=False),
        replace(READ, watermark=None),
        replace(READ, whole_at=NOW - policy.DEEP_READ_EVERY),
    ],
)
def test_what_was_never_read_whole_or_long_ago_is_read_whole(state: FeedState) -> None:
    assert policy.window_start(FEED, state, None, NOW) is None


def test_the_breaker_opens_after_failures_in_a_row_and_lets_one_probe_through() -> None:
    breaker = Breaker()
    for _ in range(policy.BREAKER_OPENS_AFTER):
        allowed, breaker = policy.may_call(breaker, NOW)
        assert allowed
        breaker = policy.after_call(breaker, worked=False, now=NOW)

    assert breaker.state is BreakerState.OPEN
    assert policy.may_call(breaker, NOW)[0] is False
    later = NOW + policy.BREAKER_STAYS_OPEN
    probe, probing = policy.may_call(breaker, later)
    second, _ = policy.may_call(probing, later)
    assert (probe, second) == (True, False)
    assert policy.after_call(probing, worked=True, now=later) == Breaker()
    assert policy.after_call(probing, worked=False, now=later).state is BreakerState.OPEN


def test_a_probe_that_never_comes_back_does_not_close_the_door_for_ever() -> None:
    probing = Breaker(BreakerState.HALF_OPEN, 8, NOW)

    assert policy.may_call(probing, NOW + MINUTE)[0]


def test_a_success_in_between_starts_the_count_anew() -> None:
    breaker = Breaker()
    for _ in range(3 * policy.BREAKER_OPENS_AFTER):
        breaker = policy.after_call(breaker, worked=False, now=NOW)
        breaker = policy.after_call(breaker, worked=True, now=NOW)

    assert breaker == Breaker()


@pytest.mark.parametrize(
    ("run", "actor", "reason", "state"),
    [
        (RunState.SUCCEEDED, None, "", ConnectionState.ACTIVE),
        (RunState.FAILED, Actor.USER, "REAUTHORIZATION_REQUIRED", ConnectionState.ACTION_REQUIRED),
        (RunState.PARTIALLY_SUCCEEDED, Actor.USER, "PERMISSION_INSUFFICIENT", ConnectionState.DEGRADED),
        (RunState.FAILED, Actor.BROKERAGE, "BROKERAGE_UNAVAILABLE", ConnectionState.WAITING),
        (RunState.PARTIALLY_SUCCEEDED, Actor.BROKERAGE, "BROKERAGE_UNAVAILABLE", ConnectionState.DEGRADED),
        (RunState.FAILED, Actor.OPERATOR, "BROKERAGE_RESPONSE_UNREADABLE", ConnectionState.DEGRADED),
    ],
)
def test_the_state_of_a_connection_follows_from_how_a_run_ended_and_why(
    run: RunState, actor: Actor | None, reason: str, state: ConnectionState
) -> None:
    why = None if actor is None else FailureRecord(reason, actor, "")

    assert policy.state_after(run, why) is state


def test_of_several_failures_the_one_is_shown_that_the_user_can_mend() -> None:
    outage = FailureRecord("BROKERAGE_UNAVAILABLE", Actor.BROKERAGE, "")
    denied = FailureRecord("PERMISSION_INSUFFICIENT", Actor.USER, "")

    assert policy.worst([outage, denied]) is denied
    assert policy.worst([]) is None


@pytest.mark.parametrize(
    ("state", "paused"),
    [
        (ConnectionState.DEGRADED, True),
        (ConnectionState.ACTION_REQUIRED, False),
        (ConnectionState.WAITING, False),
    ],
    ids=["a fault of ours", "the user must act", "an outage"],
)
def test_failures_in_a_row_pause_a_connection_unless_a_pause_would_not_help(
    state: ConnectionState, paused: bool
) -> None:
    assert policy.should_pause(policy.PAUSE_AFTER_FAILURES, state) is paused
    assert policy.should_pause(policy.PAUSE_AFTER_FAILURES - 1, state) is False
