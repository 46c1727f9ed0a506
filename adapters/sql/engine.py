"""Engines and transactions: how a deed is run in one transaction, on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy import Connection as SqlConnection

from adapters.sql.commits import CommitMarks
from adapters.sql.grouping import GroupedWriter
from adapters.sql.retrying import OUTAGES, Retrying, lost
from adapters.sql.scrubbing import scrub_errors
from adapters.sql.unit_of_work import SqlUnitOfWork

T = TypeVar("T")
BUSY_MILLISECONDS = 10_000
# FULL: an acknowledged change survives a power cut, not only a crash of the process.
SYNCHRONOUS = "FULL"
# How long somebody waits for a connection of the pool, and for the server to take a new one.
POOL_SECONDS = CONNECT_SECONDS = 5
DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
# Nothing of ours takes that long, so what does is stuck. A process that stands still in the middle of a
# transaction loses its locks before its lease ends; an operator's own `options` in the URL come last.
LIMITS = {
    "statement_timeout": "60s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "10s",
}
# A server that vanished without a word (a failover, a cut cable) is noticed after fifteen seconds.
WATCHFUL = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}


def open_engine(url: str, *, pool_size: int = 16) -> Engine:
    """An engine for a database URL. Bound values never show in errors: they may be secrets."""
    parsed = make_url(url)
    if parsed.drivername in DRIVERS:
        parsed = parsed.set(drivername=DRIVERS[parsed.drivername])
    if parsed.get_backend_name() == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = create_engine(
            parsed, hide_parameters=True, pool_size=pool_size, max_overflow=0, connect_args={"timeout": 10}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        parsed,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=pool_size,
        pool_timeout=POOL_SECONDS,
        max_overflow=0,
        connect_args=_session(parsed),
    )
    scrub_errors(engine)
    return engine


def _session(url: URL) -> dict[str, Any]:
    """How our connections to PostgreSQL behave. What the URL says goes before it."""
    given = dict(url.query)
    options = " ".join(f"-c {name}={limit}" for name, limit in LIMITS.items())
    ours = {**WATCHFUL, "application_name": "brokerlink"}
    kept = {name: value for name, value in ours.items() if name not in given}
    return {**kept, "options": f"{options} {given.get('options', '')}".strip()}


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # The driver's own transaction handling is off: BEGIN is ours, see _begin_sqlite.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute(f"PRAGMA synchronous={SYNCHRONOUS}")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-32000")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.close()


def _begin_sqlite(connection: SqlConnection) -> None:
    # A deed that writes takes the write lock at once: upgrading a read later could fail half-way.
    writes = connection.get_execution_options().get("brokerlink_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class SqlStorage:
    """The port `Storage`. Deeds are plain functions, run in threads; SQLite has one writing thread."""

    def __init__(self, engine: Engine, *, readers: int = 4, writers: int = 8) -> None:
        self.engine = engine
        self.embedded = engine.dialect.name == "sqlite"
        # A read of several statements sees one moment: SQLite's way, PostgreSQL's on request.
        self._viewed = (
            engine if self.embedded else engine.execution_options(isolation_level="REPEATABLE READ")
        )
        self._retrying = Retrying()
        # Only a server can be lost between a COMMIT and its answer.
        self._marks = None if self.embedded else CommitMarks(engine)
        self._grouped = GroupedWriter(engine, self.write_now) if self.embedded else None
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="store-read")

    async def read(self, deed: Callable[[SqlUnitOfWork], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self.read_now, deed)

    async def write(self, deed: Callable[[SqlUnitOfWork], T], *, marked: bool = True) -> T:
        """Whoever is cancelled meanwhile hears of it when the transaction is over: then it is known that
        nothing more will be written. Not `marked`, it may be done twice where the answer to a COMMIT is
        lost, and costs a statement less."""
        if self._grouped is None:
            work = self._writers.submit(self.write_now, deed, marked=marked)
        else:
            work = self._grouped.submit(deed)
        waiting = asyncio.wrap_future(work)
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            if not work.cancel():
                await asyncio.wait([waiting])
                waiting.exception()  # known to nobody any more; asked for, so that nobody complains
            raise

    @property
    def conninfo(self) -> str:
        """Where the database is, in the driver's own words. It may hold a password: not for logs."""
        return self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def read_now(self, deed: Callable[[SqlUnitOfWork], T]) -> T:
        """The same without a loop: for start-up, tools and tests."""
        return self._retrying(lambda: self._read_once(deed))

    def write_now(self, deed: Callable[[SqlUnitOfWork], T], *, marked: bool = True) -> T:
        return self._retrying(lambda: self._write_once(deed, self._marks if marked else None))

    def _read_once(self, deed: Callable[[SqlUnitOfWork], T]) -> T:
        with self._viewed.connect() as connection, connection.begin():
            return deed(SqlUnitOfWork(connection))

    def _write_once(self, deed: Callable[[SqlUnitOfWork], T], marks: CommitMarks | None) -> T:
        token: str | None = None
        if marks is not None:
            marks.prepare()
        try:
            with self.engine.connect() as plain:
                connection = plain.execution_options(brokerlink_writes=True)
                with connection.begin():
                    done = deed(SqlUnitOfWork(connection))
                    if marks is not None:
                        token = marks.mark(connection)
        except OUTAGES as error:
            # Without a mark no COMMIT was sent. With one, it may have been done although nobody said so.
            if marks is None or token is None or not lost(error) or not marks.kept(token):
                raise
        return done

    def close(self) -> None:
        if self._grouped is not None:
            self._grouped.close()
        self._writers.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self.engine.dispose()
