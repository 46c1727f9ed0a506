"""What became of a COMMIT whose answer was lost: on PostgreSQL each transaction leaves a mark.

A connection that breaks while COMMIT is under way leaves open whether it was done: done again it would
be doubled, given up it would be lost. So each writing thread has a row of its own, and every transaction
writes a fresh mark into it: the mark is there if, and only if, the transaction was kept. That is exact
after a crash, and after a failover as well, where a transaction's number would not be.
"""

import secrets
import threading
import time
from datetime import timedelta

from sqlalchemy import Connection, Engine, String, bindparam, delete, select, update

from adapters.sql.prepared import Prepared
from adapters.sql.retrying import OUTAGES, conflict, lost, pause, unavailable
from adapters.sql.tables import writers
from adapters.sql.types import MICROSECOND, DatabaseNow
from domain.errors import StorageUnavailable

# How long somebody who does not know waits for the database, to know.
RESOLVE_SECONDS = 60.0
LOCK_NOT_AVAILABLE = "55P03"
# Rows of threads that ended long ago.
FORGOTTEN = timedelta(days=2) // MICROSECOND
UNKNOWN = "The database went away while it kept this change. Look whether it was made before trying again."

_MARK = Prepared(
    update(writers)
    .where(writers.c.id == bindparam("writer", type_=String))
    .values(mark=bindparam("token", type_=String), at=DatabaseNow())
)


class CommitMarks:
    """The marks of one process's writing threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mine = threading.local()

    def prepare(self) -> None:
        """Make this thread's row, in a transaction of its own: one that is still under way must be seen."""
        if getattr(self._mine, "writer", None) is not None:
            return
        writer = secrets.token_hex(8)
        with self._engine.begin() as connection:
            old = DatabaseNow() - FORGOTTEN
            connection.execute(delete(writers).where(writers.c.at < old))
            connection.execute(writers.insert().values(id=writer, mark="", at=DatabaseNow()))
        self._mine.writer = writer

    def mark(self, connection: Connection) -> str:
        """Leave a fresh mark, as the last act before the COMMIT."""
        token = secrets.token_hex(8)
        if _MARK.run(connection, writer=self._mine.writer, token=token) != 1:
            self._mine.writer = None
            raise StorageUnavailable  # the row was cleared away: nothing is kept, and the next try has one
        return token

    def kept(self, token: str) -> bool:
        """Whether the transaction with this mark was kept. It waits for the database, and for a server
        process that has not noticed yet that we are gone. Raises StorageUnavailable if it cannot know."""
        mine = select(writers.c.mark).where(writers.c.id == self._mine.writer).with_for_update()
        gives_up, tries = time.monotonic() + RESOLVE_SECONDS, 0
        while True:
            tries += 1
            try:
                with self._engine.begin() as connection:
                    return connection.execute(mine).scalar_one_or_none() == token
            except OUTAGES as error:
                held = getattr(getattr(error, "orig", error), "sqlstate", None) == LOCK_NOT_AVAILABLE
                passes = held or lost(error) or conflict(error)
                if not passes or time.monotonic() > gives_up:
                    unavailable(error)
                    raise StorageUnavailable(UNKNOWN) from None
            pause(tries)
