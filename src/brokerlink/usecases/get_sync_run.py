"""Read sync runs, and ask one to stop."""

from dataclasses import dataclass

from brokerlink.usecases.list_connections import found as found_connection
from domain.errors import NotFound
from domain.ports.dispatch import Dispatch
from domain.ports.storage import Storage, UnitOfWork
from domain.syncs import SyncRun


@dataclass(frozen=True, slots=True)
class GetSyncRun:
    storage: Storage

    async def __call__(self, run_id: str, user_id: str | None = None) -> SyncRun:
        """Raises NotFound, in the same words for what is another user's."""
        return await self.storage.read(lambda uow: found(uow, run_id, user_id))


@dataclass(frozen=True, slots=True)
class ListSyncRuns:
    storage: Storage

    async def __call__(
        self, *, connection_id: str | None, owner: str | None, before: str, limit: int, user_id: str | None
    ) -> list[SyncRun]:
        """Of a connection or of a user (`owner`), newest first, those before the run `before`. `user_id`
        is whose connection it must be. Raises NotFound."""

        def deed(uow: UnitOfWork) -> list[SyncRun]:
            if connection_id is not None:
                found_connection(uow, connection_id, user_id)
            return uow.runs.recent(owner, connection_id, before, limit)

        return await self.storage.read(deed)


@dataclass(frozen=True, slots=True)
class CancelSync:
    storage: Storage
    dispatch: Dispatch

    async def __call__(self, run_id: str, user_id: str | None = None) -> SyncRun:
        """Ask a run to stop after the step it is in. One that is over stays as it is. Raises NotFound."""

        def deed(uow: UnitOfWork) -> SyncRun:
            run = found(uow, run_id, user_id)
            if not run.state.terminal:
                uow.runs.request_cancel(run_id)
            return run

        run = await self.storage.write(deed)
        self.dispatch.wake(run)
        return run


def found(uow: UnitOfWork, run_id: str, user_id: str | None) -> SyncRun:
    run = uow.runs.get(run_id)
    if run is None or (user_id is not None and run.user_id != user_id):
        raise NotFound("sync_run")
    return run
