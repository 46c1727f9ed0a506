"""What is done now and then: sync what is due, end what is overdue, forget what nobody asks for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from brokerlink.usecases.start_sync import StartSync
from domain.errors import CallerMustAct, OperatorMustAct
from domain.ports.clock import Clock
from domain.ports.dispatch import ProgressHub
from domain.ports.storage import Storage, UnitOfWork
from domain.syncs import Progress, ProgressKind, RunState, Trigger

KEEP_PROGRESS = timedelta(days=1)
KEEP_REQUESTS = timedelta(hours=24)
DUE_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Tidy:
    storage: Storage
    clock: Clock
    start: StartSync
    hub: ProgressHub

    async def __call__(self) -> None:
        await self._start_due()
        await self._end_overdue()
        await self._forget()

    async def _start_due(self) -> None:
        now = self.clock.now()
        due = await self.storage.read(lambda uow: uow.connections.due(now, DUE_AT_ONCE))
        for connection in due:
            # Moved on first: a connection whose start fails must not be due again at the next look.
            await self._postpone(connection.id, now + KEEP_PROGRESS)
            try:
                await self.start(connection_id=connection.id, trigger=Trigger.SCHEDULE)
            except (CallerMustAct, OperatorMustAct):
                continue  # paused, disconnected or quarantined meanwhile

    async def _postpone(self, connection_id: str, until: datetime) -> None:
        await self.storage.write(lambda uow: uow.connections.postpone(connection_id, until))

    async def _end_overdue(self) -> None:
        """A run whose deadline is over and that nobody holds: its watchers wait for a last message."""
        now = self.clock.now()
        ended: list[tuple[str, int]] = []

        def deed(uow: UnitOfWork) -> None:
            ended.clear()
            for found in uow.runs.expired(now):
                run = uow.runs.seize(found)
                if run is None:
                    continue
                run.state, run.ended_at, run.retry_at = RunState.EXPIRED, now, None
                run.sequence += 1
                uow.runs.save(run, None)
                uow.progress.add(
                    Progress(run.id, run.sequence, ProgressKind.TERMINAL, now, run.state, run=run)
                )
                ended.append((run.id, run.sequence))

        await self.storage.write(deed)
        for run_id, sequence in ended:
            self.hub.publish(run_id, sequence)

    async def _forget(self) -> None:
        now = self.clock.now()

        def deed(uow: UnitOfWork) -> None:
            uow.sessions.expire(now)
            uow.progress.prune(now - KEEP_PROGRESS)
            uow.requests.prune(now - KEEP_REQUESTS)

        await self.storage.write(deed)
