"""Try a run that was put aside once more: its connection is released, and gets a new run."""

from dataclasses import dataclass
from datetime import timedelta

from brokerlink.usecases.get_sync_run import found as found_run
from brokerlink.usecases.pause_connection import insist, set_going
from brokerlink.usecases.start_sync import RUN_LIFE
from domain.errors import NotFound
from domain.ports.clock import Chance, Clock
from domain.ports.dispatch import Dispatch
from domain.ports.storage import Storage, UnitOfWork
from domain.syncs import SyncRun


@dataclass(frozen=True, slots=True)
class RetryDeadLetter:
    storage: Storage
    clock: Clock
    chance: Chance
    dispatch: Dispatch
    life: timedelta = RUN_LIFE

    async def __call__(self, run_id: str, user_id: str | None = None) -> SyncRun:
        """The new run, which reads as much as the old one was to. Raises NotFound, also where somebody has
        acted already."""
        run = await insist(self.storage, lambda uow: self._retry(uow, run_id, user_id), "")
        self.dispatch.wake(run)
        return run

    def _retry(self, uow: UnitOfWork, run_id: str, user_id: str | None) -> SyncRun:
        try:
            run = found_run(uow, run_id, user_id)
        except NotFound:
            raise NotFound("dead_letter") from None
        connection = uow.connections.get(run.connection_id)
        if connection is None or not connection.waits_for_an_operator(run_id):
            raise NotFound("dead_letter")
        _, started = set_going(uow, connection, self.clock, self.chance, self.life, force=run.force)
        return started
