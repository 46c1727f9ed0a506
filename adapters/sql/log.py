"""The event log, answered requests, data keys and the root secret."""

from datetime import datetime

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import String, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.prepared import Prepared
from adapters.sql.statements import insert_new, to_json
from adapters.sql.tables import data_keys, event_heads, events, requests, roots
from domain.events import Event
from domain.ports.storage import Answered
from domain.ports.vault import DataKey

ROOT = "root"
_KEY = Prepared(select(data_keys).where(data_keys.c.scope == bindparam("of_scope", type_=String)))
_ADD_KEY = Prepared(data_keys.insert(), ("id", "scope", "kek_id", "wrapped"))
_COUNT = {
    name: Prepared(
        dialect.insert(event_heads)
        .on_conflict_do_update(index_elements=["user_id"], set_={"sequence": event_heads.c.sequence + 1})
        .returning(event_heads.c.sequence),
        ("user_id", "sequence"),
    )
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}
_TELL = Prepared(events.insert())


class SqlDataKeys:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def of(self, scope: str) -> DataKey | None:
        row = _KEY.first(self._sql, of_scope=scope)
        return None if row is None else DataKey(row["id"], row["scope"], row["kek_id"], row["wrapped"])

    def add(self, key: DataKey) -> None:
        row = {"id": key.id, "scope": key.scope, "kek_id": key.kek_id, "wrapped": key.wrapped}
        _ADD_KEY.run(self._sql, **row)

    def drop(self, scope: str) -> None:
        self._sql.execute(delete(data_keys).where(data_keys.c.scope == scope))

    def wrapped_under(self) -> dict[str, int]:
        """How many data keys each key-encryption key wraps."""
        counted = select(data_keys.c.kek_id, func.count()).group_by(data_keys.c.kek_id)
        return {row[0]: row[1] for row in self._sql.execute(counted)}

    def not_under(self, kek_id: str, limit: int) -> list[DataKey]:
        """Data keys that another key-encryption key wraps."""
        found = select(data_keys).where(data_keys.c.kek_id != kek_id).order_by(data_keys.c.id).limit(limit)
        return [
            DataKey(row["id"], row["scope"], row["kek_id"], row["wrapped"])
            for row in self._sql.execute(found).mappings()
        ]

    def rewrapped(self, key: DataKey) -> None:
        """The same data key in another wrapping."""
        self._sql.execute(
            update(data_keys).where(data_keys.c.id == key.id).values(kek_id=key.kek_id, wrapped=key.wrapped)
        )

    def root(self) -> bytes | None:
        """The sealed root secret, if this database has one yet."""
        row = self._sql.execute(select(roots.c.value).where(roots.c.name == ROOT)).first()
        return None if row is None else bytes(row[0])

    def put_root(self, value: bytes) -> None:
        """Only the first one counts: two processes that start at once end with the same root."""
        insert_new(self._sql, roots, {"name": ROOT, "value": value})

    def replace_root(self, former: bytes, value: bytes) -> None:
        """The same root under a newer key; nothing happens if somebody else was faster."""
        same = (roots.c.name == ROOT) & (roots.c.value == former)
        self._sql.execute(update(roots).where(same).values(value=value))


class SqlEvents:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def add(self, event: Event) -> None:
        # The head row is locked until the transaction ends: a user's log has no gaps and no swaps.
        sequence = _COUNT[self._sql.dialect.name].scalar(self._sql, user_id=event.user_id, sequence=1)
        row = {
            "user_id": event.user_id,
            "sequence": sequence,
            "type": event.type.value,
            "at": event.at,
            "connection_id": event.connection_id,
            "account_id": event.account_id,
            "facts": to_json(event.facts),
        }
        _TELL.run(self._sql, **row)

    def count(self, user_id: str) -> int:
        found = select(event_heads.c.sequence).where(event_heads.c.user_id == user_id)
        return int(self._sql.execute(found).scalar_one_or_none() or 0)


class SqlRequests:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def begin(
        self, caller: str, request_id: str, method: str, digest: bytes, now: datetime
    ) -> Answered | None:
        row = {
            "caller": caller,
            "request_id": request_id,
            "method": method,
            "digest": digest,
            "started_at": now,
            "response": None,
        }
        if insert_new(self._sql, requests, row):
            return None
        found = select(requests).where(requests.c.caller == caller, requests.c.request_id == request_id)
        seen = self._sql.execute(found).mappings().one()
        return Answered(seen["method"], seen["digest"], seen["response"], seen["started_at"])

    def finish(self, caller: str, request_id: str, response: bytes) -> None:
        here = (requests.c.caller == caller) & (requests.c.request_id == request_id)
        self._sql.execute(update(requests).where(here).values(response=response))

    def forget(self, caller: str, request_id: str) -> None:
        here = (requests.c.caller == caller) & (requests.c.request_id == request_id)
        self._sql.execute(delete(requests).where(here))

    def prune(self, before: datetime) -> int:
        return self._sql.execute(delete(requests).where(requests.c.started_at < before)).rowcount
