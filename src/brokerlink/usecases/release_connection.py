"""Let a connection sync again that waited for an operator."""

from dataclasses import dataclass
from datetime import timedelta

from brokerlink.usecases.list_connections import ConnectionView, found, view
from brokerlink.usecases.pause_connection import check_etag, insist, set_going
from brokerlink.usecases.start_sync import RUN_LIFE
from domain.connections import ConnectionState
from domain.errors import ConnectionDisconnected
from domain.ports.clock import Chance, Clock
from domain.ports.dispatch import Dispatch
from domain.ports.storage import Storage, UnitOfWork
from domain.syncs import SyncRun


@dataclass(frozen=True, slots=True)
class ReleaseConnection:
    storage: Storage
    clock: Clock
    chance: Chance
    dispatch: Dispatch
    life: timedelta = RUN_LIFE

    async def __call__(
        self, connection_id: str, given_etag: str, user_id: str | None = None
    ) -> ConnectionView:
        """Does nothing to one that is not quarantined. Raises NotFound, EtagMismatch,
        ConnectionDisconnected. What quarantined it may do so again."""

        def deed(uow: UnitOfWork) -> tuple[ConnectionView, SyncRun | None]:
            connection, run = found(uow, connection_id, user_id), None
            check_etag(connection, given_etag)
            if not connection.live:
                raise ConnectionDisconnected
            if connection.state is ConnectionState.QUARANTINED:
                connection, run = set_going(uow, connection, self.clock, self.chance, self.life)
            return view(uow, connection), run

        released, queued = await insist(self.storage, deed, given_etag)
        if queued is not None:
            self.dispatch.wake(queued)
        return released
