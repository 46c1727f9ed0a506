"""Connections, their credentials, and the sessions that make them."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Integer, RowMapping, String, bindparam, delete, func, or_, select, update

from adapters.sql.prepared import Prepared
from adapters.sql.statements import from_json, to_json, upsert
from adapters.sql.tables import connect_sessions, connections, credentials, data_keys, links
from adapters.sql.types import MICROSECOND, DatabaseNow
from domain.challenges import Challenge
from domain.connections import Connection, ConnectionState, ConnectSession, SessionState
from domain.errors import Actor, Busy, EtagMismatch, FailureRecord
from domain.ports.storage import Sealed
from domain.ports.vault import DataKey

# Among so many of those that wait longest a user's second connection stands back: a backlog of any length
# costs the same to look at.
LOOKED_AT = 2_000
_SYNCABLE = [
    state.value
    for state in (
        ConnectionState.PENDING,
        ConnectionState.ACTIVE,
        ConnectionState.DEGRADED,
        ConnectionState.WAITING,
    )
]
_COLUMNS = [f.name for f in fields(Connection)]
_SESSION_COLUMNS = [f.name for f in fields(ConnectSession)]


_THIS = bindparam("of_connection", type_=String)
_GET = Prepared(select(connections).where(connections.c.id == _THIS))
_SAVE = Prepared(
    update(connections)
    .where(
        connections.c.id == bindparam("id", type_=String),
        connections.c.version == bindparam("before", type_=Integer),
    )
    .values({name: bindparam(name, type_=connections.c[name].type) for name in _COLUMNS if name != "id"})
)
_GRANT = Prepared(
    select(credentials.c.value, credentials.c.version, data_keys)
    .join(data_keys, data_keys.c.id == credentials.c.data_key_id)
    .where(credentials.c.connection_id == _THIS)
)
_REFUSED = Prepared(
    select(credentials.c.version).where(
        credentials.c.connection_id == _THIS, credentials.c.refused_version == credentials.c.version
    )
)


def _row(connection: Connection) -> dict[str, Any]:
    row = {name: getattr(connection, name) for name in _COLUMNS}
    return {**row, "state": connection.state.value, "actor": connection.actor.value}


def _connection(row: Mapping[Any, Any]) -> Connection:
    told = {name: row[name] for name in _COLUMNS}
    return Connection(**{**told, "state": ConnectionState(row["state"]), "actor": Actor(row["actor"])})


class SqlConnections:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def get(self, connection_id: str) -> Connection | None:
        row = _GET.first(self._sql, of_connection=connection_id)
        return None if row is None else _connection(row)

    def of_user(self, user_id: str, after: str, limit: int) -> list[Connection]:
        found = (
            select(connections)
            .where(connections.c.user_id == user_id, connections.c.id > after)
            .order_by(connections.c.id)
            .limit(limit)
        )
        return [_connection(row) for row in self._sql.execute(found).mappings()]

    def with_accounts(self, user_id: str, brokerage_id: str, account_ids: Sequence[str]) -> list[Connection]:
        linked = select(links.c.connection_id).where(links.c.account_id.in_(account_ids))
        found = (
            select(connections)
            .where(
                connections.c.user_id == user_id,
                connections.c.brokerage_id == brokerage_id,
                connections.c.state != ConnectionState.DISCONNECTED.value,
                connections.c.id.in_(linked),
            )
            .order_by(connections.c.created_at)
        )
        return [_connection(row) for row in self._sql.execute(found).mappings()]

    def add(self, connection: Connection) -> None:
        self._sql.execute(connections.insert(), _row(connection))

    def save(self, connection: Connection) -> Connection:
        following = replace(connection, version=connection.version + 1)
        if _SAVE.run(self._sql, before=connection.version, **_row(following)) != 1:
            raise EtagMismatch
        return following

    def due(self, brokerage_id: str, now: datetime, limit: int) -> list[Connection]:
        looked_at = (
            select(connections)
            .where(
                connections.c.brokerage_id == brokerage_id,
                connections.c.next_sync_at <= now,
                connections.c.state.in_(_SYNCABLE),
            )
            .order_by(connections.c.next_sync_at)
            .limit(max(limit, LOOKED_AT))
            .subquery()
        )
        turn = func.row_number().over(partition_by=looked_at.c.user_id, order_by=looked_at.c.next_sync_at)
        found = select(looked_at).order_by(turn, looked_at.c.next_sync_at).limit(limit)
        return [_connection(row) for row in self._sql.execute(found).mappings()]

    def postpone(self, connection_id: str, until: datetime) -> None:
        self._sql.execute(
            update(connections).where(connections.c.id == connection_id).values(next_sync_at=until)
        )


class SqlCredentials:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def get(self, connection_id: str) -> Sealed | None:
        row = _GRANT.first(self._sql, of_connection=connection_id)
        if row is None:
            return None
        key = DataKey(row["id"], row["scope"], row["kek_id"], row["wrapped"])
        return Sealed(key, row["value"], row["version"])

    def put(self, connection_id: str, value: Sealed, now: datetime) -> None:
        row = {
            "connection_id": connection_id,
            "data_key_id": value.key.id,
            "value": value.value,
            "version": value.version,
            "updated_at": now,
        }
        upsert(self._sql, credentials, [row])

    def drop(self, connection_id: str) -> None:
        self._sql.execute(delete(credentials).where(credentials.c.connection_id == connection_id))

    def lease_renewal(self, connection_id: str, owner: str, duration: timedelta) -> bool:
        free = or_(
            credentials.c.renewal_until.is_(None),
            credentials.c.renewal_until < DatabaseNow(),
            credentials.c.renewal_owner == owner,
        )
        done = self._sql.execute(
            update(credentials)
            .where(credentials.c.connection_id == connection_id, free)
            .values(renewal_owner=owner, renewal_until=DatabaseNow() + duration // MICROSECOND)
        )
        return done.rowcount == 1

    def end_renewal(self, connection_id: str, owner: str) -> None:
        self._sql.execute(
            update(credentials)
            .where(credentials.c.connection_id == connection_id, credentials.c.renewal_owner == owner)
            .values(renewal_owner=None, renewal_until=None)
        )

    def refuse(self, connection_id: str, version: int) -> None:
        self._sql.execute(
            update(credentials)
            .where(credentials.c.connection_id == connection_id, credentials.c.version == version)
            .values(refused_version=version)
        )

    def refused(self, connection_id: str) -> bool:
        return _REFUSED.first(self._sql, of_connection=connection_id) is not None


def _session_row(session: ConnectSession) -> dict[str, Any]:
    row = {name: getattr(session, name) for name in _SESSION_COLUMNS}
    return {
        **row,
        "state": session.state.value,
        "challenge": to_json(session.challenge),
        "failure": to_json(session.failure),
    }


def _session(row: RowMapping) -> ConnectSession:
    told = {name: row[name] for name in _SESSION_COLUMNS}
    told["state"] = SessionState(row["state"])
    told["challenge"] = from_json(row["challenge"], Challenge)
    told["failure"] = from_json(row["failure"], FailureRecord)
    return ConnectSession(**told)


class SqlSessions:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def get(self, session_id: str) -> ConnectSession | None:
        found = select(connect_sessions).where(connect_sessions.c.id == session_id)
        row = self._sql.execute(found).mappings().first()
        return None if row is None else _session(row)

    def add(self, session: ConnectSession) -> None:
        self._sql.execute(connect_sessions.insert(), _session_row(session))

    def save(self, session: ConnectSession) -> ConnectSession:
        following = replace(session, version=session.version + 1)
        done = self._sql.execute(
            update(connect_sessions)
            .where(connect_sessions.c.id == session.id, connect_sessions.c.version == session.version)
            .values(**_session_row(following))
        )
        if done.rowcount != 1:
            raise Busy
        return following

    def state(self, session_id: str) -> Sealed | None:
        found = (
            select(connect_sessions.c.talk, connect_sessions.c.talk_version, data_keys)
            .join(data_keys, data_keys.c.id == connect_sessions.c.data_key_id)
            .where(connect_sessions.c.id == session_id, connect_sessions.c.talk.is_not(None))
        )
        row = self._sql.execute(found).mappings().first()
        if row is None:
            return None
        key = DataKey(row["id"], row["scope"], row["kek_id"], row["wrapped"])
        return Sealed(key, row["talk"], row["talk_version"])

    def put_state(self, session_id: str, value: Sealed | None) -> None:
        told = {
            "data_key_id": value.key.id if value else None,
            "talk": value.value if value else None,
            "talk_version": value.version if value else None,
        }
        self._sql.execute(update(connect_sessions).where(connect_sessions.c.id == session_id).values(**told))

    def expire(self, now: datetime) -> int:
        waiting = [SessionState.IN_PROGRESS.value, SessionState.NEEDS_INPUT.value]
        late = select(connect_sessions.c.id).where(
            connect_sessions.c.expires_at < now, connect_sessions.c.state.in_(waiting)
        )
        ids = [row[0] for row in self._sql.execute(late.limit(1000))]
        if ids:
            self._sql.execute(
                update(connect_sessions)
                .where(connect_sessions.c.id.in_(ids))
                .values(
                    state=SessionState.EXPIRED.value,
                    challenge=None,
                    talk=None,
                    data_key_id=None,
                    version=connect_sessions.c.version + 1,
                )
            )
            scopes = [f"session:{session_id}" for session_id in ids]
            self._sql.execute(delete(data_keys).where(data_keys.c.scope.in_(scopes)))
        return len(ids)
