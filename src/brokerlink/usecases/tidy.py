"""What is done now and then: start what is due, end what is overdue, forget what nobody asks for."""

from dataclasses import dataclass
from datetime import timedelta

from brokerlink.usecases.course import TOO_LONG
from brokerlink.usecases.endings import end_unopened
from brokerlink.usecases.schedule_syncs import ScheduleSyncs
from domain import policy
from domain.ports.budgets import Budgets
from domain.ports.clock import Clock
from domain.ports.dispatch import ProgressHub
from domain.ports.storage import Storage, UnitOfWork
from domain.syncs import RunState

KEEP_PROGRESS = timedelta(days=1)
KEEP_REQUESTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Tidy:
    storage: Storage
    clock: Clock
    schedule: ScheduleSyncs
    hub: ProgressHub
    budgets: Budgets

    async def __call__(self) -> None:
        await self.schedule()
        await self._end_overdue()
        await self._forget()

    async def _end_overdue(self) -> None:
        """A run whose deadline is over and that nobody holds: its watchers wait for a last message, and the
        connection shows that nothing came of it."""
        now = self.clock.now()
        due = policy.next_sync(self.schedule.wish, timedelta(0), now, self.schedule.chance.fraction())
        ended: list[tuple[str, int]] = []

        def deed(uow: UnitOfWork) -> None:
            ended.clear()
            for found in uow.runs.expired(now):
                run = uow.runs.seize(found)
                if run is None:
                    continue
                run.sequence += 1
                end_unopened(uow, run, RunState.EXPIRED, run.failure or TOO_LONG, now, due=due)
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
        await self.budgets.forget()
