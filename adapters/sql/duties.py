"""What one process does for all: a lease by the database's clock, so that it outlives nobody for long."""

from datetime import timedelta

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import delete, or_

from adapters.sql.statements import insert
from adapters.sql.tables import duties
from adapters.sql.types import MICROSECOND, DatabaseNow


class SqlDuties:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def take(self, name: str, owner: str, duration: timedelta) -> bool:
        until = DatabaseNow() + duration // MICROSECOND
        free = or_(duties.c.lease_until < DatabaseNow(), duties.c.owner == owner)
        statement = insert(self._sql, duties).values(name=name, owner=owner, lease_until=until)
        taken = statement.on_conflict_do_update(
            index_elements=["name"], set_={"owner": owner, "lease_until": until}, where=free
        )
        # The driver counts no inserted rows by itself.
        return self._sql.execute(taken.returning(duties.c.name)).first() is not None

    def leave(self, name: str, owner: str) -> None:
        self._sql.execute(delete(duties).where(duties.c.name == name, duties.c.owner == owner))
