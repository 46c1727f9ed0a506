"""A crowd of connections due in the same second, in virtual time: `python -m bench.schedule`, but small."""

import pytest

from bench.schedule import Outcome, p95, simulate

CROWD = 480


@pytest.fixture(scope="module")
def crowded() -> Outcome:
    return simulate(CROWD, persons=30)


@pytest.fixture(scope="module")
def alone() -> Outcome:
    return simulate(0, persons=30)


def test_every_sync_of_the_crowd_comes_to_its_end(crowded: Outcome) -> None:
    assert crowded.states == {"succeeded": CROWD}
    assert crowded.parked > 0, "it was too small a crowd to wait for anything"


def test_no_brokerage_has_to_tell_us_to_slow_down(crowded: Outcome) -> None:
    assert sum(crowded.wire.calls.values()) > 4 * CROWD
    assert not any(crowded.wire.refused.values())


def test_a_person_waits_no_longer_than_without_the_crowd(crowded: Outcome, alone: Outcome) -> None:
    for name, waited in crowded.waited.items():
        assert p95(waited) <= p95(alone.waited[name]) + 0.5


def test_a_user_of_many_connections_goes_behind_those_of_one(crowded: Outcome) -> None:
    users = crowded.done["large"]
    others = [times[0] for user, times in users.items() if user != "whale"]

    assert len(users["whale"]) > 20
    assert max(others) < max(users["whale"])


def test_the_brokerage_with_the_small_quota_holds_no_other_up(crowded: Outcome) -> None:
    last = {name: max(t for times in users.values() for t in times) for name, users in crowded.done.items()}

    assert last["small"] > max(last["large"], last["each"])
