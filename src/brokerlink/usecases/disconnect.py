"""Disconnect: destroy the credentials of a connection. Legal in every state, whatever else is broken."""

import asyncio
import logging
from dataclasses import dataclass, replace
from functools import partial

from brokerlink.usecases.grants import Grants
from brokerlink.usecases.list_connections import ConnectionView, found, view
from brokerlink.usecases.pause_connection import check_etag, insist, stop_run
from domain.connections import Connection, ConnectionState
from domain.errors import NotFound
from domain.events import Event, EventType
from domain.ports.brokerage import Brokerages
from domain.ports.clock import Clock
from domain.ports.dispatch import Dispatch
from domain.ports.storage import Storage, UnitOfWork
from domain.syncs import SyncRun

log = logging.getLogger("brokerlink.connect")
REVOKING_TAKES_AT_MOST = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Tell the brokerage, if it listens; then forget the credentials and the key that sealed them.
    Accounts, links and history stay."""

    storage: Storage
    brokerages: Brokerages
    grants: Grants
    clock: Clock
    dispatch: Dispatch
    revoking: float = REVOKING_TAKES_AT_MOST

    async def __call__(
        self,
        *,
        connection_id: str | None = None,
        account_id: str | None = None,
        given_etag: str = "",
        user_id: str | None = None,
    ) -> list[ConnectionView]:
        """The connection, or every live one that reads the account. Raises NotFound, EtagMismatch."""
        if connection_id:
            identifier = connection_id
            targets = [await self.storage.read(lambda uow: found(uow, identifier, user_id))]
            check_etag(targets[0], given_etag)
        else:
            targets = await self.storage.read(lambda uow: _reading(uow, account_id or "", user_id))
        await asyncio.gather(*(self._revoke(connection) for connection in targets if connection.live))
        views = []
        for one in targets:
            forget = partial(self._forget, connection_id=one.id, given_etag=given_etag)
            shown, run = await insist(self.storage, forget, given_etag)
            views.append(shown)
            if run is not None:
                self.dispatch.wake(run)
        return views

    async def _revoke(self, connection: Connection) -> None:
        """Best effort: nothing that goes wrong here may keep a user from disconnecting."""
        try:
            async with asyncio.timeout(self.revoking):
                held = await self.grants.open(connection)
                door = self.brokerages.door(connection.brokerage_id, connection.door_id)
                revoked = await door.revoke(held.grant)
        except Exception as error:  # noqa: BLE001 - a lost key, a brokerage that is down, anything
            log.warning(
                "not revoked at the brokerage",
                extra={"connection_id": connection.id, "exception_type": type(error).__name__},
            )
        else:
            log.info("revoked" if revoked else "nothing to revoke", extra={"connection_id": connection.id})

    def _forget(
        self, uow: UnitOfWork, connection_id: str, given_etag: str
    ) -> tuple[ConnectionView, SyncRun | None]:
        """The connection as it is then, and the run that has to stop."""
        connection, run = found(uow, connection_id, None), None
        check_etag(connection, given_etag)
        # Also where it is disconnected already: what must not be there is dropped again.
        uow.credentials.drop(connection_id)
        uow.handles.drop(connection_id)
        uow.data_keys.drop(f"connection:{connection_id}")
        if connection.live:
            run = stop_run(uow, connection)
            now = self.clock.now()
            ended = replace(
                connection.moved(ConnectionState.DISCONNECTED, now),
                next_sync_at=None,
                expires_at=None,
                renewable_until=None,
            )
            connection = uow.connections.save(ended)
            uow.events.add(Event(connection.user_id, EventType.CONNECTION_DISCONNECTED, now, connection.id))
        return view(uow, connection), run


def _reading(uow: UnitOfWork, account_id: str, user_id: str | None) -> list[Connection]:
    account = uow.accounts.get(account_id)
    if account is None or (user_id is not None and account.user_id != user_id):
        raise NotFound("account")
    leading = uow.accounts.links_of_accounts([account_id]).get(account_id, [])
    connections = [uow.connections.get(one) for one in leading]
    return [one for one in connections if one is not None and one.live]
