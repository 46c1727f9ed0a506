"""How a run ends that nobody carries on: the same for one that could not begin and one that is overdue."""

from dataclasses import replace
from datetime import datetime

from brokerlink.usecases.course import mark_unread
from domain import policy
from domain.connections import ConnectionState
from domain.errors import FailureRecord
from domain.events import Event, EventType
from domain.ports.storage import UnitOfWork
from domain.syncs import Progress, ProgressKind, RunState, SyncRun

_STAY = frozenset({ConnectionState.PAUSED, ConnectionState.QUARANTINED})


def end_unopened(
    uow: UnitOfWork,
    run: SyncRun,
    state: RunState,
    why: FailureRecord | None,
    now: datetime,
    *,
    quarantine: bool = False,
    due: datetime | None = None,
) -> None:
    """The terminal state with its last message and event; with a failure the figures are stale from now on,
    and the connection shows why. `due`: when it is synced next, where no time is set yet."""
    run.state, run.ended_at, run.failure, run.retry_at = state, now, why, None
    uow.runs.save(run, None)
    uow.progress.add(Progress(run.id, run.sequence, ProgressKind.TERMINAL, now, state, run=run))
    facts: dict[str, str | int] = {"run_id": run.id, "state": state.value}
    uow.events.add(Event(run.user_id, EventType.SYNC_ENDED, now, run.connection_id, facts=facts))
    connection = uow.connections.get(run.connection_id)
    if connection is None or not connection.live or why is None:
        return
    mark_unread(uow, run, now)
    if connection.state in _STAY and not quarantine:
        return  # somebody has stopped it meanwhile: that is what it shows
    if state is RunState.EXPIRED and connection.state is ConnectionState.ACTION_REQUIRED:
        return  # that nobody came to it does not change what the user has to do
    moved = connection.moved(
        ConnectionState.QUARANTINED if quarantine else policy.state_after(state, why), now, why
    )
    if (moved.state, moved.reason) != (connection.state, connection.reason):
        changed: dict[str, str | int] = {"state": moved.state.value, "reason": moved.reason}
        kind = EventType.CONNECTION_STATE_CHANGED
        uow.events.add(Event(moved.user_id, kind, now, moved.id, facts=changed))
    uow.connections.save(replace(moved, last_run_id=run.id, next_sync_at=connection.next_sync_at or due))
