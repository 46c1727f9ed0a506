"""Which connection a brokerage's notice is about."""

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import delete, select

from adapters.sql.statements import upsert
from adapters.sql.tables import handles


class SqlHandles:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def put(self, key: str, connection_id: str) -> None:
        upsert(self._sql, handles, [{"key": key, "connection_id": connection_id}])

    def find(self, key: str) -> str | None:
        found: str | None = self._sql.scalar(select(handles.c.connection_id).where(handles.c.key == key))
        return found

    def drop(self, connection_id: str) -> None:
        self._sql.execute(delete(handles).where(handles.c.connection_id == connection_id))
