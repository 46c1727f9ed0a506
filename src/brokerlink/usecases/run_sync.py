"""Run one leased sync: the list of accounts, then balances and positions, then history."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from brokerlink.usecases.course import TOO_LONG, Course, Engine, Stopped
from brokerlink.usecases.endings import end_unopened
from brokerlink.usecases.grants import Held
from brokerlink.usecases.in_vain import AT_ONCE, LOOK_BACK, MOST_IN_VAIN, attempts_in_vain
from brokerlink.usecases.sync_head import list_accounts, read_head
from brokerlink.usecases.sync_history import read_history
from domain import policy
from domain.budgets import Turn
from domain.connections import Connection
from domain.errors import (
    ConnectionDisconnected,
    ConnectionQuarantined,
    DecryptionFailed,
    Failure,
    FailureRecord,
)
from domain.events import Event, EventType
from domain.ports.runs import LeaseLost
from domain.ports.storage import UnitOfWork
from domain.syncs import Lane, Progress, ProgressKind, RunState, SyncRun, outcome

log = logging.getLogger("brokerlink.sync")
GIVEN_UP = "This sync was taken up again and again, and nothing ever came of it."


def turn_of(run: SyncRun) -> Turn:
    """The turn of a run that is taken up, in the budgets of its brokerage."""
    if run.lane is Lane.INTERACTIVE:
        return Turn.PERSON
    if run.state is RunState.WAITING:
        return Turn.LISTED
    return Turn.NEW if run.started_at is None else Turn.STARTED


@dataclass(frozen=True, slots=True)
class RunSync:
    """Carry a leased run on until it ends or waits. Never raises for what a brokerage does."""

    engine: Engine

    async def __call__(self, run: SyncRun) -> None:
        try:
            await self._run(run)
        except Stopped:
            return
        except LeaseLost:
            log.warning("lease lost, somebody else goes on", extra={"run_id": run.id})

    async def _run(self, run: SyncRun) -> None:
        course = await self._begin(run)
        if course is None:
            return
        beat = asyncio.create_task(self._hold(course))
        try:
            accounts = await list_accounts(course)
            if not run.head_done:
                await read_head(course, accounts)
            await read_history(course, accounts)
            await course.end(outcome(run.results))
        finally:
            beat.cancel()

    async def _begin(self, run: SyncRun) -> Course | None:
        """Open what the run needs. None if it ended here."""
        engine, now = self.engine, self.engine.clock.now()
        connection, held = await engine.storage.read(lambda uow: self._look(uow, run))
        run.attempt += 1
        if connection is None or not connection.live or run.cancel_requested:
            await self._end_unopened(run, RunState.CANCELLED, None)
            return None
        if now >= run.deadline:
            why = run.failure or TOO_LONG
            await self._end_unopened(run, RunState.EXPIRED, why)
            return None
        vain = await self._in_vain(run)
        if AT_ONCE <= vain < MOST_IN_VAIN:
            await self._keep_apart(run, vain)
            return None
        try:
            if vain >= MOST_IN_VAIN:
                raise ConnectionQuarantined(GIVEN_UP)
            door = engine.brokerages.door(connection.brokerage_id, connection.door_id, turn_of(run))
            if isinstance(held, Failure):
                raise held
        except Failure as failure:
            record = FailureRecord.of(failure)
            quarantine = isinstance(failure, DecryptionFailed | ConnectionQuarantined)
            await self._end_unopened(run, RunState.FAILED, record, quarantine)
            return None
        course = Course(engine, run, connection, door, held)
        await self._announce(course)
        return course

    def _look(self, uow: UnitOfWork, run: SyncRun) -> tuple[Connection | None, Held | Failure]:
        """The connection and its grant, or why there is none."""
        connection = uow.connections.get(run.connection_id)
        if connection is None:
            return None, ConnectionDisconnected()
        try:
            return connection, self.engine.grants.look(uow, connection)
        except Failure as failure:
            return connection, failure

    async def _in_vain(self, run: SyncRun) -> int:
        """How often it was taken up for nothing, where whoever had it last left it in the middle."""
        if run.state is not RunState.RUNNING:
            return 0
        start = max(run.sequence - LOOK_BACK, 0)
        log = await self.engine.storage.read(lambda uow: uow.progress.after(run.id, start, LOOK_BACK))
        return attempts_in_vain(log)

    async def _keep_apart(self, run: SyncRun, vain: int) -> None:
        """Let some time go by, so that it is not tried again beside those that ended with it."""
        engine, now = self.engine, self.engine.clock.now()
        pause = engine.patience.backoff(vain, engine.chance.fraction())
        run.state, run.retry_at = RunState.WAITING, min(now + pause, run.deadline)
        run.sequence += 1
        waits = Progress(
            run.id,
            run.sequence,
            ProgressKind.PROGRESS,
            now,
            run.state,
            retry_at=run.retry_at,
            message="Whoever ran this sync did not come back; it is tried again a little later.",
        )

        def deed(uow: UnitOfWork) -> None:
            uow.runs.save(run, None)
            uow.progress.add(waits)

        await engine.storage.write(deed)
        engine.hub.publish(run.id, run.sequence)
        log.warning("sync is kept apart", extra={"run_id": run.id, "attempts": vain})

    async def _announce(self, course: Course) -> None:
        run, now = course.run, self.engine.clock.now()
        first = run.started_at is None
        run.state, run.retry_at, run.failure = RunState.RUNNING, None, None
        run.started_at = run.started_at or now

        def deed(uow: UnitOfWork) -> None:
            if first:
                uow.events.add(
                    Event(
                        run.user_id, EventType.SYNC_STARTED, now, run.connection_id, facts={"run_id": run.id}
                    )
                )

        await course.commit(None, deed)
        log.info(
            "sync runs", extra={"run_id": run.id, "connection_id": run.connection_id, "attempt": run.attempt}
        )

    async def _end_unopened(
        self, run: SyncRun, state: RunState, why: FailureRecord | None, quarantine: bool = False
    ) -> None:
        """End a run that could not even begin; the connection shows why."""
        engine, now = self.engine, self.engine.clock.now()
        due = policy.next_sync(engine.cadence, timedelta(0), now, engine.chance.fraction())
        run.sequence += 1
        await engine.storage.write(
            lambda uow: end_unopened(uow, run, state, why, now, quarantine=quarantine, due=due)
        )
        engine.hub.publish(run.id, run.sequence)

    async def _hold(self, course: Course) -> None:
        """Hold the lease on while a call takes long, and notice that somebody wants the run to stop."""
        engine, run = self.engine, course.run
        while True:
            await asyncio.sleep(engine.lease.total_seconds() / 3)

            def deed(uow: UnitOfWork) -> bool:
                if not uow.runs.renew(run.id, run.token, engine.lease):
                    return True
                stored = uow.runs.get(run.id)
                return stored is None or stored.cancel_requested

            try:
                course.cancelled = await engine.storage.write(deed)
            except Exception:
                # The store may be away for a moment; if the lease ends meanwhile, the next commit is refused.
                log.exception("holding the lease failed", extra={"run_id": run.id})
