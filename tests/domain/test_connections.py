"""The moves of a connection and of a session, and what they leave behind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.connections import Connection, ConnectionState, ConnectSession, SessionState
from domain.errors import (
    BrokerageRateLimited,
    ConnectionDisconnected,
    ConnectionPaused,
    ConnectionQuarantined,
    Failure,
    FailureRecord,
    ReauthorizationRequired,
)

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ACTIVE = Connection("con_1", "user-1", "alpaca", "keys", ConnectionState.ACTIVE, NOW, NOW)
REFUSED = FailureRecord.of(ReauthorizationRequired())


def test_a_move_tells_the_reason_who_must_act_and_when_it_is_tried_again() -> None:
    why = FailureRecord.of(BrokerageRateLimited(), retry_at=LATER)

    moved = ACTIVE.moved(ConnectionState.WAITING, LATER, why)

    assert (moved.state, moved.since, moved.reason) == (
        ConnectionState.WAITING,
        LATER,
        "BROKERAGE_RATE_LIMITED",
    )
    assert (moved.actor, moved.message, moved.next_retry_at) == (why.actor, why.message, LATER)


def test_the_same_state_for_the_same_reason_keeps_its_since() -> None:
    once = ACTIVE.moved(ConnectionState.ACTION_REQUIRED, NOW, REFUSED)

    assert once.moved(ConnectionState.ACTION_REQUIRED, LATER, REFUSED).since == NOW
    assert once.moved(ConnectionState.ACTION_REQUIRED, LATER, None).since == LATER
    assert once.moved(ConnectionState.DEGRADED, LATER, REFUSED).since == LATER


def test_what_is_well_again_has_no_reason_left() -> None:
    well = ACTIVE.moved(ConnectionState.DEGRADED, NOW, REFUSED).moved(ConnectionState.ACTIVE, LATER)

    assert well == replace(ACTIVE, since=LATER)


@pytest.mark.parametrize(
    ("state", "failure"),
    [
        (ConnectionState.PAUSED, ConnectionPaused),
        (ConnectionState.DISCONNECTED, ConnectionDisconnected),
        (ConnectionState.QUARANTINED, ConnectionQuarantined),
    ],
)
def test_what_was_stopped_on_purpose_may_not_sync(state: ConnectionState, failure: type[Failure]) -> None:
    with pytest.raises(failure):
        replace(ACTIVE, state=state).check_may_sync()


@pytest.mark.parametrize(
    "state",
    [
        ConnectionState.PENDING,
        ConnectionState.ACTIVE,
        ConnectionState.DEGRADED,
        ConnectionState.WAITING,
        ConnectionState.ACTION_REQUIRED,  # the user may have acted at the brokerage meanwhile
    ],
)
def test_all_others_may(state: ConnectionState) -> None:
    replace(ACTIVE, state=state).check_may_sync()


def test_only_what_is_disconnected_lives_no_more() -> None:
    dead = [state for state in ConnectionState if not replace(ACTIVE, state=state).live]

    assert dead == [ConnectionState.DISCONNECTED]


def test_a_session_is_over_when_nobody_is_waited_for() -> None:
    session = ConnectSession("ses_1", "u", "alpaca", "keys", SessionState.IN_PROGRESS, "", NOW, LATER)
    going_on = [state for state in SessionState if not replace(session, state=state).over]

    assert going_on == [SessionState.IN_PROGRESS, SessionState.NEEDS_INPUT]
