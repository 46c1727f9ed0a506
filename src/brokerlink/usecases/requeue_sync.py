"""Take a run from whoever has it, and let somebody go on with it at once."""

from dataclasses import dataclass

from brokerlink.usecases.get_sync_run import found
from brokerlink.usecases.start_sync import StartSync
from domain.ports.dispatch import Dispatch
from domain.ports.storage import Storage, UnitOfWork
from domain.syncs import SyncRun


@dataclass(frozen=True, slots=True)
class RequeueSync:
    storage: Storage
    start: StartSync
    dispatch: Dispatch

    async def __call__(self, run_id: str, user_id: str | None = None) -> SyncRun:
        """The run, queued; or a new one of its connection where it is over. Whoever still works on it is
        refused at its next step. Raises NotFound, and for one that is over what StartSync raises."""

        def deed(uow: UnitOfWork) -> tuple[SyncRun, bool]:
            active = uow.runs.requeue(found(uow, run_id, user_id).id)
            return found(uow, run_id, user_id), active

        run, active = await self.storage.write(deed)
        if not active:
            return await self.start(connection_id=run.connection_id, force=run.force, user_id=user_id)
        self.dispatch.wake(run)
        return run
