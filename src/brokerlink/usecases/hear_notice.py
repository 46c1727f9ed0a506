"""Hear what a brokerage tells by itself: a sync of the connection that it is about, or its user must act."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from brokerlink.usecases.safe import Safe
from brokerlink.usecases.start_sync import StartSync
from domain.connections import Connection, ConnectionState
from domain.errors import (
    ConnectionDisconnected,
    ConnectionPaused,
    ConnectionQuarantined,
    FailureRecord,
    NotFound,
)
from domain.events import Event, EventType
from domain.ports.clock import Clock
from domain.ports.notices import Deed, Notice, Notices
from domain.ports.storage import Storage, UnitOfWork
from domain.syncs import Trigger

log = logging.getLogger("brokerlink.notices")
_STAY = frozenset({ConnectionState.PAUSED, ConnectionState.DISCONNECTED, ConnectionState.QUARANTINED})


@dataclass(frozen=True, slots=True)
class HearNotice:
    """A notice may come twice, late, or for a connection that is gone: none of it does harm."""

    storage: Storage
    notices: Notices
    safe: Safe
    start: StartSync
    clock: Clock

    async def __call__(self, brokerage_id: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raises Forged, BrokerageUnknown, CapabilityUnsupported, UnreadableReply, NobodyYet."""
        notice = await self.notices.read(brokerage_id, headers, body)
        key = self.safe.handle_key(brokerage_id, notice.handle)
        connection_id = await self.storage.read(lambda uow: uow.handles.find(key)) if notice.handle else None
        told = {"brokerage_id": brokerage_id, "connection_id": connection_id or "", "word": notice.word[:64]}
        log.info("notice heard", extra=told)
        if connection_id is None:
            return
        match notice.deed:
            case Deed.SYNC:
                await self._sync(connection_id)
            case Deed.MENDED:
                await self.storage.write(lambda uow: self._moved(uow, connection_id, notice))
                await self._sync(connection_id)
            case Deed.ASK_USER | Deed.WARN_USER:
                await self.storage.write(lambda uow: self._moved(uow, connection_id, notice))

    async def _sync(self, connection_id: str) -> None:
        try:
            await self.start(connection_id=connection_id, trigger=Trigger.SCHEDULE)
        except (ConnectionPaused, ConnectionDisconnected, ConnectionQuarantined, NotFound) as failure:
            log.info("no sync", extra={"connection_id": connection_id, "reason": failure.reason})

    def _moved(self, uow: UnitOfWork, connection_id: str, notice: Notice) -> None:
        connection = uow.connections.get(connection_id)
        if connection is None or connection.state in _STAY:
            return
        now = self.clock.now()
        if notice.deed is Deed.WARN_USER and notice.until is not None:
            # It still works: syncs go on, and the end is told ahead. A warning that comes again, counted
            # from its own day, puts off no end that is known.
            known = connection.renewable_until
            ends = min(known, notice.until) if known is not None and known > now else notice.until
            uow.connections.save(replace(connection, renewable_until=ends))
        elif notice.deed is Deed.MENDED and connection.renewable_until is not None:
            uow.connections.save(replace(connection, renewable_until=None))
        elif notice.failure is not None:
            self._ask(uow, connection, FailureRecord.of(notice.failure), now)

    @staticmethod
    def _ask(uow: UnitOfWork, connection: Connection, why: FailureRecord, now: datetime) -> None:
        asked = connection.moved(ConnectionState.ACTION_REQUIRED, now, why)
        if (asked.state, asked.reason) == (connection.state, connection.reason):
            return
        uow.connections.save(asked)
        facts: dict[str, str | int] = {"state": asked.state.value, "reason": asked.reason}
        kind = EventType.CONNECTION_STATE_CHANGED
        uow.events.add(Event(connection.user_id, kind, now, connection.id, facts=facts))
