"""The grant of a connection: opened from the safe, renewed by one process only, stored before it is used."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from brokerlink.usecases.safe import Safe
from domain.connections import Connection
from domain.errors import (
    BrokerageUnavailable,
    ConnectionDisconnected,
    ConsentRevoked,
    EtagMismatch,
    ReauthorizationRequired,
    StorageUnavailable,
)
from domain.ports.brokerage import Grant, OpenDoor
from domain.ports.clock import Chance, Clock
from domain.ports.storage import Storage, UnitOfWork

T = TypeVar("T")
log = logging.getLogger("brokerlink.grants")
RENEW_AHEAD = timedelta(minutes=2)
LEASE = timedelta(seconds=60)
WAIT_FOR_OTHERS = timedelta(seconds=90)
LOOK_EVERY = timedelta(milliseconds=250)
KEEP_TRYING = (0.05, 0.2, 1.0, 3.0, 6.0)


@dataclass(slots=True)
class Held:
    """A grant in use, with the version under which it is stored."""

    connection_id: str
    grant: Grant
    version: int


@dataclass(frozen=True, slots=True)
class Grants:
    storage: Storage
    safe: Safe
    clock: Clock
    chance: Chance

    async def open(self, connection: Connection) -> Held:
        """Raises ReauthorizationRequired, also where the brokerage has refused to renew this very grant:
        it is asked once. Raises DecryptionFailed."""

        return await self.storage.read(lambda uow: self.look(uow, connection))

    def look(self, uow: UnitOfWork, connection: Connection) -> Held:
        """The same, in a unit of work that is under way."""
        if uow.credentials.refused(connection.id):
            raise ReauthorizationRequired
        grant, version = self.safe.grant(uow, connection)
        return Held(connection.id, grant, version)

    async def use(self, held: Held, door: OpenDoor, deed: Callable[[Grant], Awaitable[T]]) -> T:
        """Do something with the grant: renewed ahead of its end, and once more when it is refused."""
        expires = held.grant.expires_at
        if door.renewable and expires is not None and expires - self.clock.now() < RENEW_AHEAD:
            await self._renew(held, door)
        try:
            return await deed(held.grant)
        except ReauthorizationRequired:
            if not door.renewable:
                raise
            log.warning("grant refused, renewing once", extra={"connection_id": held.connection_id})
            await self._renew(held, door)
            return await deed(held.grant)

    async def _renew(self, held: Held, door: OpenDoor) -> None:
        """Exactly one renewal over all processes: whoever gets the lease renews, the others wait for
        what it stored. Rotating refresh tokens are in the store before they are used."""
        owner = self.chance.id("own")
        for _ in range(WAIT_FOR_OTHERS // LOOK_EVERY):
            if await self._refreshed_by_another(held):
                return
            if await self.storage.write(
                lambda uow: uow.credentials.lease_renewal(held.connection_id, owner, LEASE)
            ):
                break
            await asyncio.sleep(LOOK_EVERY.total_seconds() * (0.5 + self.chance.fraction()))
        else:
            raise BrokerageUnavailable("The renewal of the sign-in takes too long.")
        try:
            # Somebody may have renewed between our look and our lease.
            if not await self._refreshed_by_another(held):
                await self._ask(held, door)
        finally:
            await self.storage.write(lambda uow: uow.credentials.end_renewal(held.connection_id, owner))

    async def _ask(self, held: Held, door: OpenDoor) -> None:
        try:
            grant = await door.renew(held.grant)
        except (ReauthorizationRequired, ConsentRevoked):
            # A process that stood still past its lease may have renewed meanwhile: then ours was the old one.
            if await self._refreshed_by_another(held):
                return
            refused = held.version
            await self.storage.write(lambda uow: uow.credentials.refuse(held.connection_id, refused))
            raise
        held.version = await self._keep(held, grant)
        held.grant = grant

    async def _keep(self, held: Held, grant: Grant) -> int:
        """Store a new grant, whatever it takes for a while: where tokens rotate the old one is dead already,
        and a new one that is lost locks the user out."""
        for pause in KEEP_TRYING:
            try:
                return await self.storage.write(lambda uow: self._store(uow, held, grant))
            except (EtagMismatch, StorageUnavailable):
                await asyncio.sleep(pause)
        return await self.storage.write(lambda uow: self._store(uow, held, grant))

    async def _refreshed_by_another(self, held: Held) -> bool:
        def deed(uow: UnitOfWork) -> tuple[Grant, int]:
            if uow.credentials.refused(held.connection_id):
                raise ReauthorizationRequired
            return self.safe.grant(uow, self._connection(uow, held))

        grant, version = await self.storage.read(deed)
        if version == held.version:
            return False
        held.grant, held.version = grant, version
        return True

    def _connection(self, uow: UnitOfWork, held: Held) -> Connection:
        found = uow.connections.get(held.connection_id)
        if found is None:
            raise ReauthorizationRequired
        return found

    def _store(self, uow: UnitOfWork, held: Held, grant: Grant) -> int:
        connection = self._connection(uow, held)
        if not connection.live:
            # Disconnected while the renewal was on its way: what was forgotten stays forgotten.
            raise ConnectionDisconnected
        self.safe.put_grant(uow, connection, grant, self.clock.now())
        uow.connections.save(
            replace(connection, expires_at=grant.expires_at, renewable_until=grant.renewable_until)
        )
        stored = uow.credentials.get(held.connection_id)
        return stored.version if stored else held.version
