"""What the doctor asks of a database: whether it answers, is ours, is up to date, and may be written."""

import os
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

PATIENCE = 3  # seconds
# What a driver says, and what we say instead: its text names users and hosts.
COMPLAINTS = {
    "password authentication failed": "it refuses the user or the password",
    "no password supplied": "it asks for a password",
    "does not exist": "it has no such database or user",
    "refused": "nothing listens at that address",
    "resolve": "its host has no address",
    "not a database": "the file is no SQLite database",
    "locked": "another program holds it",
    "unable to open": "the file cannot be opened",
    "readonly": "the file may only be read",
    "read-only": "it may only be read",
    "permission denied": "the user lacks a permission",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found. `complaint` empty: it answers. `fresh`: there is nothing in it yet.

    `revision` and `newest`: the schema it has, and the one this program needs. `seconds_off`: how far its
    clock is from ours; None where it is the same clock. `root`: the sealed root secret, see roots.py.
    """

    complaint: str = ""
    fresh: bool = False
    revision: str | None = None
    newest: str | None = None
    refuses_writes: str = ""
    journal: str | None = None
    exposed: bool = False
    seconds_off: float | None = None
    root: bytes | None = field(default=None, repr=False)


class Database(Protocol):
    def facts(self) -> Facts:
        """All at once. It never raises, and changes nothing."""


class SqlDatabase:
    """Asks by SQLAlchemy, with a connection of its own, so that looking neither makes nor changes a file."""

    def __init__(self, url: str) -> None:
        self._url = url

    def facts(self) -> Facts:
        try:
            url = make_url(self._url)
            if url.get_backend_name() != "sqlite":
                timeout = {"connect_timeout": PATIENCE}
                engine = create_engine(url, hide_parameters=True, connect_args=timeout)
                return self._asked(engine, None)
            path = Path(url.database or "").absolute()
            if not path.exists():
                return _of_missing(path)
            creator = lambda: sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=PATIENCE)  # noqa: E731
            return self._asked(create_engine("sqlite://", creator=creator, hide_parameters=True), path)
        except (SQLAlchemyError, OSError) as error:
            return Facts(complaint=_said(error))

    def _asked(self, engine: Engine, path: Path | None) -> Facts:
        try:
            with engine.connect() as connection:
                tables = set(inspect(connection).get_table_names())
                return Facts(
                    fresh="alembic_version" not in tables,
                    revision=_revision(connection) if "alembic_version" in tables else None,
                    newest=_newest(),
                    refuses_writes=_refusal(engine),
                    journal=connection.scalar(text("PRAGMA journal_mode")) if path else None,
                    exposed=path is not None and _exposed(path),
                    seconds_off=None if path else _seconds_off(connection),
                    root=_root(connection) if "roots" in tables else None,
                )
        finally:
            engine.dispose()


def _of_missing(path: Path) -> Facts:
    """A file that the first start makes, if it may."""
    parent = next(place for place in path.parents if place.exists())
    refusal = "" if os.access(parent, os.W_OK | os.X_OK) else "the directory for it may not be written"
    return Facts(fresh=True, newest=_newest(), refuses_writes=refusal)


def _revision(connection: Connection) -> str | None:
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def _newest() -> str | None:
    # Late: alembic is slow to import, and who only wants a Check need not wait for it.
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    from adapters.sql import migrate  # noqa: PLC0415

    return ScriptDirectory(str(migrate.HERE)).get_current_head()


def _refusal(engine: Engine) -> str:
    """Why it takes no writes; empty if it does. A transaction is begun for writing and given up."""
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                connection.rollback()
                return ""
            only_read = connection.scalar(text("SHOW transaction_read_only")) == "on"
            may = connection.scalar(text("SELECT has_schema_privilege(current_schema(), 'CREATE')"))
            return "it may only be read" if only_read else "" if may else "the user lacks a permission"
    except SQLAlchemyError as error:
        return _said(error)


def _exposed(path: Path) -> bool:
    """Whether other users of this machine can read the file."""
    return bool(path.stat().st_mode & 0o044) and bool(path.parent.stat().st_mode & 0o011)


def _seconds_off(connection: Connection) -> float:
    before = time.time()
    told = connection.scalar(text("SELECT CAST(extract(epoch FROM clock_timestamp()) AS double precision)"))
    return float(told or 0) - (before + time.time()) / 2


def _root(connection: Connection) -> bytes | None:
    found = connection.scalar(text("SELECT value FROM roots ORDER BY name LIMIT 1"))
    return None if found is None else bytes(found)


def _said(error: Exception) -> str:
    told = str(error.orig if isinstance(error, DBAPIError) else error).lower()
    return next((ours for theirs, ours in COMPLAINTS.items() if theirs in told), "it does not answer")
