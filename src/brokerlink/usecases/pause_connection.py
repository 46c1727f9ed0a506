"""Pause a connection, and resume it. Credentials are kept; a run that is going on is stopped."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from brokerlink.usecases.list_connections import ConnectionView, found, view
from brokerlink.usecases.start_sync import RUN_LIFE, begun, new_run
from domain.connections import Connection, ConnectionState
from domain.errors import ConnectionDisconnected, ConnectionQuarantined, EtagMismatch
from domain.events import Event, EventType
from domain.ports.clock import Chance, Clock
from domain.ports.dispatch import Dispatch
from domain.ports.storage import Storage, UnitOfWork
from domain.syncs import Lane, SyncRun, Trigger

T = TypeVar("T")
TRIES = 3


def etag(connection: Connection) -> str:
    """Changes with every change of the connection."""
    return f"v{connection.version}"


def check_etag(connection: Connection, given: str) -> None:
    """Raises EtagMismatch unless the caller has seen the present version, or does not care."""
    if given and given != etag(connection):
        raise EtagMismatch


@dataclass(frozen=True, slots=True)
class PauseConnection:
    storage: Storage
    clock: Clock
    dispatch: Dispatch

    async def __call__(
        self, connection_id: str, given_etag: str, user_id: str | None = None
    ) -> ConnectionView:
        """Does nothing to one that is paused. Raises NotFound, EtagMismatch, ConnectionDisconnected, and
        ConnectionQuarantined: pausing and resuming must not lead around the operator."""

        def deed(uow: UnitOfWork) -> tuple[ConnectionView, SyncRun | None]:
            connection, run = found(uow, connection_id, user_id), None
            check_etag(connection, given_etag)
            _check_live(connection)
            if connection.state is not ConnectionState.PAUSED:
                idle = replace(connection, next_sync_at=None)
                connection = move(uow, idle, ConnectionState.PAUSED, self.clock)
                run = stop_run(uow, connection)
            return view(uow, connection), run

        paused, stopped = await insist(self.storage, deed, given_etag)
        if stopped is not None:
            self.dispatch.wake(stopped)
        return paused


@dataclass(frozen=True, slots=True)
class ResumeConnection:
    storage: Storage
    clock: Clock
    chance: Chance
    dispatch: Dispatch
    life: timedelta = RUN_LIFE

    async def __call__(
        self, connection_id: str, given_etag: str, user_id: str | None = None
    ) -> ConnectionView:
        """Does nothing to one that is not paused. Raises NotFound, EtagMismatch, ConnectionDisconnected,
        ConnectionQuarantined."""

        def deed(uow: UnitOfWork) -> tuple[ConnectionView, SyncRun | None]:
            connection, run = found(uow, connection_id, user_id), None
            check_etag(connection, given_etag)
            _check_live(connection)
            if connection.state is ConnectionState.PAUSED:
                connection, run = set_going(uow, connection, self.clock, self.chance, self.life)
            return view(uow, connection), run

        resumed, queued = await insist(self.storage, deed, given_etag)
        if queued is not None:
            self.dispatch.wake(queued)
        return resumed


def set_going(
    uow: UnitOfWork,
    connection: Connection,
    clock: Clock,
    chance: Chance,
    life: timedelta,
    *,
    force: bool = False,
) -> tuple[Connection, SyncRun]:
    """Let a connection that stood still sync again: as it is now, and the run that was queued for it."""
    now = clock.now()
    state = ConnectionState.ACTIVE if connection.last_success_at else ConnectionState.PENDING
    # Due at once: if a run that was stopped has not ended yet, the next look starts another.
    fresh = replace(connection, failures=0, next_sync_at=now)
    going = move(uow, fresh, state, clock)
    run = new_run(chance.id("run"), going, Trigger.RESUME, Lane.INTERACTIVE, now, life, force=force)
    return going, begun(uow, run)


def move(uow: UnitOfWork, connection: Connection, state: ConnectionState, clock: Clock) -> Connection:
    """Save the connection in another state, and tell it."""
    now = clock.now()
    moved = uow.connections.save(connection.moved(state, now))
    facts: dict[str, str | int] = {"state": state.value, "reason": ""}
    uow.events.add(Event(moved.user_id, EventType.CONNECTION_STATE_CHANGED, now, moved.id, facts=facts))
    return moved


def stop_run(uow: UnitOfWork, connection: Connection) -> SyncRun | None:
    """Ask the run that is going on to stop, if there is one: it has to be woken after the commit."""
    run = uow.runs.active(connection.id)
    if run is not None:
        uow.runs.request_cancel(run.id)
    return run


def _check_live(connection: Connection) -> None:
    match connection.state:
        case ConnectionState.DISCONNECTED:
            raise ConnectionDisconnected
        case ConnectionState.QUARANTINED:
            raise ConnectionQuarantined


async def insist(storage: Storage, deed: Callable[[UnitOfWork], T], given_etag: str) -> T:
    """Run a deed; again if a sync saved the connection meanwhile and the caller named no etag."""
    for _ in range(TRIES):
        try:
            return await storage.write(deed)
        except EtagMismatch:
            if given_etag:
                raise
    return await storage.write(deed)
