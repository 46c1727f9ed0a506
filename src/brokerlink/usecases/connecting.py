"""What all moves of a connect session share: how an outcome is stored, and what a grant leads to."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from brokerlink.usecases.safe import Safe
from brokerlink.usecases.start_sync import RUN_LIFE, begun, new_run
from domain.accounts import Account, AccountTold, masked
from domain.connections import Connection, ConnectionState, ConnectSession, SessionState
from domain.errors import Failure, FailureRecord, IdentityMismatch, NotFound
from domain.events import Event, EventType
from domain.ids import account_id
from domain.ports.brokerage import Asked, Brokerages, Grant, OpenDoor
from domain.ports.clock import Chance, Clock
from domain.ports.dispatch import Dispatch
from domain.ports.storage import Link, Storage, UnitOfWork
from domain.syncs import Lane, SyncRun, Trigger

log = logging.getLogger("brokerlink.connect")
SESSION_LIFE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session with what it led to."""

    session: ConnectSession
    connection: Connection | None = None
    accounts: tuple[Account, ...] = ()


@dataclass(frozen=True, slots=True)
class Connecting:
    """The ports that all moves of a connect session need, and what the moves share."""

    storage: Storage
    brokerages: Brokerages
    safe: Safe
    clock: Clock
    chance: Chance
    dispatch: Dispatch
    life: timedelta = RUN_LIFE

    async def view(self, session: ConnectSession) -> SessionView:
        def deed(uow: UnitOfWork) -> SessionView:
            connection = uow.connections.get(session.connection_id) if session.connection_id else None
            links = uow.accounts.links(connection.id) if connection else []
            accounts = uow.accounts.get_many([link.account_id for link in links])
            return SessionView(session, connection, tuple(accounts.values()))

        return await self.storage.read(deed)

    async def settle(self, session: ConnectSession, outcome: Asked | Grant, door: OpenDoor) -> SessionView:
        """Store what a move of the conversation came to."""
        if isinstance(outcome, Asked):
            return await self.view(await self._ask(session, outcome))
        try:
            listing = await door.accounts(outcome)
        except Failure as failure:
            return await self.view(await self.fail(session, failure))
        try:
            done, run = await self.storage.write(
                lambda uow: self._succeed(uow, session, outcome, listing.rows, door)
            )
        except IdentityMismatch as failure:
            return await self.view(await self.fail(session, failure))
        self.dispatch.wake(run)
        log.info("connected", extra={"brokerage_id": done.brokerage_id, "connection_id": done.connection_id})
        return await self.view(done)

    async def _ask(self, session: ConnectSession, asked: Asked) -> ConnectSession:
        expires = asked.challenge.expires_at
        until = self.clock.now() + SESSION_LIFE
        waiting = replace(
            session,
            state=SessionState.NEEDS_INPUT,
            challenge=asked.challenge,
            expires_at=min(until, expires) if expires else until,
        )

        def deed(uow: UnitOfWork) -> ConnectSession:
            uow.sessions.put_state(
                session.id, self.safe.seal_talk(uow, session.user_id, session.id, asked.state)
            )
            return uow.sessions.save(waiting)

        return await self.storage.write(deed)

    async def fail(self, session: ConnectSession, failure: Failure) -> ConnectSession:
        record = FailureRecord.of(failure)
        log.warning("connect failed", extra={"brokerage_id": session.brokerage_id, "reason": failure.reason})
        return await self.end(session, SessionState.FAILED, record)

    async def end(
        self, session: ConnectSession, state: SessionState, failure: FailureRecord | None = None
    ) -> ConnectSession:
        """End a session without a connection, and forget what it was told."""
        ended = replace(session, state=state, challenge=None, failure=failure)

        def deed(uow: UnitOfWork) -> ConnectSession:
            _forget(uow, session.id)
            return uow.sessions.save(ended)

        return await self.storage.write(deed)

    async def reopen(self, session: ConnectSession) -> ConnectSession:
        """Wait for the same answer again; the conversation stands where it stood."""
        waiting = replace(session, state=SessionState.NEEDS_INPUT)
        return await self.storage.write(lambda uow: uow.sessions.save(waiting))

    def _succeed(
        self,
        uow: UnitOfWork,
        session: ConnectSession,
        grant: Grant,
        told: Sequence[AccountTold],
        door: OpenDoor,
    ) -> tuple[ConnectSession, SyncRun]:
        now = self.clock.now()
        ids = {self._account_id(session, account): account for account in told}
        connection = self._connection(uow, session, tuple(ids), grant, now)
        self.safe.put_grant(uow, connection, grant, now)
        if grant.handle:
            uow.handles.put(self.safe.handle_key(session.brokerage_id, grant.handle), connection.id)
        link_accounts(uow, self.safe, connection, ids, now)
        _forget(uow, session.id)
        run = new_run(self.chance.id("run"), connection, Trigger.CONNECT, Lane.INTERACTIVE, now, self.life)
        run = begun(uow, run)
        succeeded = replace(
            session, state=SessionState.SUCCEEDED, challenge=None, connection_id=connection.id
        )
        return uow.sessions.save(succeeded), run

    def _account_id(self, session: ConnectSession, told: AccountTold) -> str:
        key = self.safe.vault.identity_key
        return account_id(key, session.user_id, session.brokerage_id, told.key)

    def _connection(
        self, uow: UnitOfWork, session: ConnectSession, ids: Sequence[str], grant: Grant, now: datetime
    ) -> Connection:
        """The connection that this grant belongs to: the one to reconnect, the one that already leads to
        these accounts through this door, or a new one."""
        existing: Connection | None
        if session.reconnect_connection_id:
            existing = uow.connections.get(session.reconnect_connection_id)
            if existing is None:
                raise NotFound("connection")
            linked = {link.account_id for link in uow.accounts.links(existing.id)}
            if linked and not linked & set(ids):
                raise IdentityMismatch
        else:
            leading = uow.connections.with_accounts(session.user_id, session.brokerage_id, ids)
            existing = next((c for c in leading if c.door_id == session.door_id), None)
        if existing is None:
            made = Connection(
                id=self.chance.id("con"),
                user_id=session.user_id,
                brokerage_id=session.brokerage_id,
                door_id=session.door_id,
                state=ConnectionState.PENDING,
                since=now,
                created_at=now,
                expires_at=grant.expires_at,
                renewable_until=grant.renewable_until,
            )
            uow.connections.add(made)
            uow.events.add(Event(made.user_id, EventType.CONNECTION_CREATED, now, made.id))
            return made
        state = ConnectionState.ACTIVE if existing.last_success_at else ConnectionState.PENDING
        renewed = replace(
            existing.moved(state, now),
            failures=0,
            door_id=session.door_id,
            expires_at=grant.expires_at,
            renewable_until=grant.renewable_until,
        )
        uow.events.add(
            Event(
                existing.user_id,
                EventType.CONNECTION_STATE_CHANGED,
                now,
                existing.id,
                facts={"state": state.value},
            )
        )
        return uow.connections.save(renewed)


def link_accounts(
    uow: UnitOfWork, safe: Safe, connection: Connection, ids: dict[str, AccountTold], now: datetime
) -> tuple[int, int]:
    """Put accounts and link them: (how many links are new, how many were there)."""
    key = safe.key(uow, f"connection:{connection.id}")
    new = 0
    for identifier, told in ids.items():
        account = Account(
            identifier,
            connection.user_id,
            connection.brokerage_id,
            told.name,
            masked(told.number),
            told.kind,
            told.currency,
            told.open,
            created_at=now,
        )
        uow.accounts.put(account)
        sealed = safe.seal_account(key, connection.user_id, identifier, told)
        if uow.accounts.link(Link(connection.id, identifier, sealed), now):
            new += 1
            uow.events.add(
                Event(connection.user_id, EventType.ACCOUNT_LINKED, now, connection.id, identifier)
            )
    return new, len(ids) - new


async def find_session(ports: Connecting, session_id: str, user_id: str | None) -> ConnectSession:
    session = await ports.storage.read(lambda uow: uow.sessions.get(session_id))
    if session is None or (user_id is not None and session.user_id != user_id):
        raise NotFound("connect_session")
    return session


def _forget(uow: UnitOfWork, session_id: str) -> None:
    uow.sessions.put_state(session_id, None)
    uow.data_keys.drop(f"session:{session_id}")
