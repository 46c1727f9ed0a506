"""Brokerages that say "too often" or nothing useful for hours, and all who wait for them, in virtual time."""

import itertools
import os
from collections import Counter
from datetime import timedelta
from email.utils import format_datetime

import pytest
from outage import HOUR, play

from adapters.kit.wire import Response
from bench.crowd import RATES
from bench.virtual import START
from domain.connections import ConnectionState
from domain.policy import ATTEMPTS_OF_A_RUN, BREAKER_OPENS_AFTER, BREAKER_STAYS_OPEN
from domain.syncs import RunState

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
# A thousand connections and a day were played for docs/reliability.md. They have a quota to match.
CONNECTIONS = int(os.environ.get("BROKERLINK_TEST_CONNECTIONS", "40"))
CROWDED = "small" if CONNECTIONS <= 100 else "large"
HOURS = int(os.environ.get("BROKERLINK_TEST_HOURS", "1"))
MAINTENANCE = Response(503, {"content-type": "text/html"}, b"<!DOCTYPE html><title>Back soon</title>")
FAILED = Response(500, {"content-type": "application/json"}, b"{}")


def until(wait: timedelta, *, skew: timedelta = timedelta(0)) -> dict[str, str]:
    """The same wait as seconds, and as a date of a clock that is so far ahead."""
    theirs = START + skew
    date = {"date": format_datetime(theirs, usegmt=True)}
    return date | {"retry-after": format_datetime(theirs + wait, usegmt=True)}


@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after": "90"},
        until(90 * SECOND),
        until(90 * SECOND, skew=-10 * MINUTE),
    ],
    ids=["seconds", "a date", "a date of a clock that is slow"],
)
def test_the_wait_that_one_429_asks_for_is_kept_by_all_connections_of_the_brokerage(
    headers: dict[str, str],
) -> None:
    refusals = [Response(429, headers)]

    after = play(lambda _: refusals.pop() if refusals else None, connections=20, lasts=5 * MINUTE)

    told = min(after.wire.times)
    free = told + 90 * SECOND
    early = after.calls(told + SECOND / 10, free)
    extra = min(time for time in after.wire.times if time >= free) - free
    print(f"429: {early} early calls of {len(after.wire.times)}, {extra.total_seconds():.1f} s extra wait")
    assert after.wire.struck == 1
    assert early == 0
    assert extra < 30 * SECOND
    assert Counter(run.state for run in after.runs) == {RunState.SUCCEEDED: 20}


def test_an_hour_of_429_that_names_no_wait_costs_a_few_calls_and_ends_the_run_with_its_reason() -> None:
    after = play(lambda since: Response(429) if since < HOUR else None, connections=1, lasts=HOUR * 5 / 4)

    calls = after.calls(timedelta(0), HOUR)
    first, *rest = after.runs
    quota = RATES["large"].calls * 60
    print(f"429 for an hour: {calls} calls, of a quota of {quota}")
    assert calls == after.wire.struck == ATTEMPTS_OF_A_RUN
    assert first.state is RunState.FAILED
    assert first.failure is not None
    assert first.failure.reason == "BROKERAGE_RATE_LIMITED"
    assert [run.state for run in rest] == [RunState.SUCCEEDED], "the next one by schedule"
    assert after.connections[0].state is ConnectionState.ACTIVE


def test_a_burst_of_500_opens_the_breaker_and_one_probe_closes_it() -> None:
    lasts = 95 * SECOND
    after = play(lambda since: FAILED if since < lasts else None, connections=20, lasts=10 * MINUTE)

    times = after.wire.times
    opened = times[BREAKER_OPENS_AFTER - 1]
    # Those that were on their way when it opened.
    under_way = after.calls(opened + SECOND / 100, opened + SECOND)
    while_open = [time for time in times if opened + SECOND <= time < lasts]
    probes = (lasts - opened) // BREAKER_STAYS_OPEN
    recovered = min(time for time in times if time >= lasts) - lasts
    print(
        f"breaker: {under_way} calls under way, {len(while_open)} probes in {lasts - opened}, "
        f"recovered {recovered.total_seconds():.0f} s after the outage"
    )
    assert 1 <= len(while_open) <= probes
    assert all(b - a >= BREAKER_STAYS_OPEN for a, b in itertools.pairwise(while_open))
    assert recovered <= BREAKER_STAYS_OPEN + 10 * SECOND
    assert Counter(run.state for run in after.runs) == {RunState.SUCCEEDED: 20}


def test_a_maintenance_that_lasts_is_told_once_and_nobody_stampedes_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lasts = HOURS * HOUR
    after = play(
        lambda since: MAINTENANCE if since < lasts else None,
        brokerage=CROWDED,
        connections=CONNECTIONS,
        lasts=lasts + 2 * HOUR,
    )

    quota = RATES[CROWDED].calls
    during, fullest = after.calls(timedelta(0), lasts), after.fullest(lasts, MINUTE)
    print(
        f"{CONNECTIONS} connections, {HOURS} h of maintenance: {during} calls meanwhile, "
        f"after it at most {after.fullest(lasts)} in a second and {fullest} in a minute of {quota}"
    )
    alerts = [(line.levelname, line.message) for line in caplog.records if line.levelname != "WARNING"]
    assert [alert for alert in alerts if alert[0] == "ERROR"] == [("ERROR", "a brokerage is out")]
    assert [line.message for line in caplog.records].count("a brokerage answers again") == 1
    assert during <= lasts / BREAKER_STAYS_OPEN + CONNECTIONS
    assert quota < 4 * CONNECTIONS or CONNECTIONS > 100, "too small a crowd to stampede"
    assert fullest <= quota
    assert not any(after.wire.refused.values())
    assert {one.state for one in after.connections} == {ConnectionState.ACTIVE}
    last = {run.connection_id: run.state for run in after.runs}
    assert set(last.values()) == {RunState.SUCCEEDED}
