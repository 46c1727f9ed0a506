"""Engines and transactions: how a deed is run in one transaction, on SQLite and on PostgreSQL."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from psycopg import Error as DriverError
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from adapters.sql.scrubbing import scrub_errors, scrubbed
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.errors import StorageUnavailable

T = TypeVar("T")
log = logging.getLogger("brokerlink.store")
BUSY_MILLISECONDS = 10_000
CONFLICT_TRIES = 6
# Serialization failure, deadlock, and a row that another writer was faster to insert.
CONFLICT_CODES = frozenset({"40001", "40P01", "23505"})
# The database is away, full, locked for too long, or all connections are taken.
OUTAGES = (OperationalError, InterfaceError, PoolTimeout)
DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}


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
        parsed, hide_parameters=True, pool_pre_ping=True, pool_size=pool_size, max_overflow=0
    )
    scrub_errors(engine)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # The driver's own transaction handling is off: BEGIN is ours, see _begin_sqlite.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL: an acknowledged change survives a power cut, not only a crash of the process.
    cursor.execute("PRAGMA synchronous=FULL")
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

    def __init__(self, engine: Engine, *, readers: int = 4) -> None:
        self.engine = engine
        self.embedded = engine.dialect.name == "sqlite"
        # A read of several statements sees one moment: SQLite's way, PostgreSQL's on request.
        self._viewed = (
            engine if self.embedded else engine.execution_options(isolation_level="REPEATABLE READ")
        )
        writers = 1 if self.embedded else readers
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="store-read")

    async def read(self, deed: Callable[[SqlUnitOfWork], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self.read_now, deed)

    async def write(self, deed: Callable[[SqlUnitOfWork], T]) -> T:
        """Whoever is cancelled meanwhile hears of it when the transaction is over: then it is known that
        nothing more will be written."""
        work = self._writers.submit(self.write_now, deed)
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
        try:
            with self._viewed.connect() as connection, connection.begin():
                return deed(SqlUnitOfWork(connection))
        except OUTAGES as error:
            raise _unavailable(error) from None

    def write_now(self, deed: Callable[[SqlUnitOfWork], T]) -> T:
        for attempt in range(CONFLICT_TRIES):
            try:
                with self.engine.connect() as plain:
                    connection = plain.execution_options(brokerlink_writes=True)
                    with connection.begin():
                        return deed(SqlUnitOfWork(connection))
            except (*OUTAGES, IntegrityError, DriverError) as error:
                if attempt + 1 == CONFLICT_TRIES or not _conflict(error):
                    raise _unavailable(error) from None
                # A little chance, so that two that collided do not collide again.
                time.sleep(0.01 * 2**attempt * (0.5 + random.random() / 2))  # noqa: S311 - no secret
        raise AssertionError("unreachable")

    def close(self) -> None:
        self._writers.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self.engine.dispose()


def _unavailable(error: Exception) -> StorageUnavailable:
    """The failure that callers see. The driver's own words are for the log: they hold no bound values."""
    log.error("the database failed", exc_info=scrubbed(error))
    return StorageUnavailable()


def _conflict(error: Exception) -> bool:
    cause = getattr(error, "orig", error)
    code = getattr(cause, "sqlstate", None)
    return code in CONFLICT_CODES or "database is locked" in str(cause)
