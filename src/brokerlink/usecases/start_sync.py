"""Start a sync, or join the one that is going on: there is one run for each connection."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.connections import Connection
from domain.errors import FieldInvalid, NotFound
from domain.ports.clock import Chance, Clock
from domain.ports.dispatch import Dispatch
from domain.ports.storage import Storage, UnitOfWork
from domain.syncs import Lane, RunState, SyncRun, Trigger

RUN_LIFE = timedelta(hours=6)


def new_run(
    identifier: str,
    connection: Connection,
    trigger: Trigger,
    lane: Lane,
    now: datetime,
    life: timedelta,
    *,
    force: bool = False,
) -> SyncRun:
    """A queued run that ends by its deadline, `life` from now, whatever happens."""
    return SyncRun(
        id=identifier,
        connection_id=connection.id,
        user_id=connection.user_id,
        state=RunState.QUEUED,
        trigger=trigger,
        lane=lane,
        created_at=now,
        deadline=now + life,
        force=force,
    )


def begun(uow: UnitOfWork, run: SyncRun) -> SyncRun:
    """This run, stored, or the one that goes on for its connection already."""
    while not uow.runs.add(run):
        going_on = uow.runs.active(run.connection_id)
        if going_on is not None:
            return going_on
        # It ended between the two statements, which an engine without a write lock allows: there is room now.
    return run


@dataclass(frozen=True, slots=True)
class StartSync:
    """Start or join. `force` reads the whole history again, not only the window since the last sync."""

    storage: Storage
    clock: Clock
    chance: Chance
    dispatch: Dispatch
    life: timedelta = RUN_LIFE

    async def __call__(
        self,
        *,
        connection_id: str | None = None,
        account_id: str | None = None,
        force: bool = False,
        user_id: str | None = None,
        trigger: Trigger = Trigger.REQUEST,
    ) -> SyncRun:
        """Raises NotFound, ConnectionPaused, ConnectionDisconnected, ConnectionQuarantined."""

        def deed(uow: UnitOfWork) -> SyncRun:
            connection = self._connection(uow, connection_id, account_id, user_id)
            connection.check_may_sync()
            lane = Lane.BATCH if trigger is Trigger.SCHEDULE else Lane.INTERACTIVE
            now = self.clock.now()
            made = new_run(self.chance.id("run"), connection, trigger, lane, now, self.life, force=force)
            run = begun(uow, made)
            if run.id != made.id and lane is Lane.INTERACTIVE and run.lane is Lane.BATCH:
                uow.runs.hurry(run.id)
                return uow.runs.get(run.id) or run
            return run

        run = await self.storage.write(deed)
        self.dispatch.wake(run)
        return run

    def _connection(
        self, uow: UnitOfWork, connection_id: str | None, account_id: str | None, user_id: str | None
    ) -> Connection:
        if connection_id:
            found = uow.connections.get(connection_id)
            if found is None or (user_id is not None and found.user_id != user_id):
                raise NotFound("connection")
            return found
        if not account_id:
            raise FieldInvalid("account_id", "Name an account or a connection.")
        account = uow.accounts.get(account_id)
        if account is None or (user_id is not None and account.user_id != user_id):
            raise NotFound("account")
        leading = uow.accounts.links_of_accounts([account_id]).get(account_id, [])
        connections = [c for c in (uow.connections.get(i) for i in leading) if c is not None]
        if not connections:
            raise NotFound("connection")
        return connections[0]
