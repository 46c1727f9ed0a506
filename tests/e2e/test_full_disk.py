"""A PostgreSQL whose disk is full: changes are refused, reads go on, and it recovers when there is room.

The file of a table leads to /dev/full: where the server needs another page, it meets a device without space.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import psycopg
import pytest
from answering import failing
from postgres import GIVEN, Postgres
from wired import Wired, wired

from brokerlink.v1 import connections_pb2, connections_pb2_grpc

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(GIVEN), reason="a server of somebody else: its files are not ours to change"),
    pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full"),
]


class Disk:
    """A place for tables that has no room, on the server's machine."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._place = Path(tempfile.mkdtemp(prefix="brokerlink-full-"))
        # Whoever the server runs as, it is the one who owns its data.
        data = self._ask("SHOW data_directory")
        owner = Path(data).stat()
        os.chown(self._place, owner.st_uid, owner.st_gid)
        self._name = f"full_{uuid4().hex}"
        self._ask(f"CREATE TABLESPACE {self._name} LOCATION '{self._place}'")

    def fill(self, table: str) -> None:
        """From now on there is no room for another row of this table, which has none yet."""
        assert self._ask(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 - a name of ours
        self._ask(f"ALTER TABLE {table} SET TABLESPACE {self._name}")
        file = Path(self._ask("SHOW data_directory"), self._ask(f"SELECT pg_relation_filepath('{table}')"))
        file.unlink()
        file.symlink_to("/dev/full")

    def free(self, table: str) -> None:
        self._ask(f"ALTER TABLE {table} SET TABLESPACE pg_default")

    def close(self) -> None:
        self._ask(f"DROP TABLESPACE {self._name}")
        shutil.rmtree(self._place, ignore_errors=True)

    def _ask(self, query: str) -> Any:
        with psycopg.connect(self._url, autocommit=True) as connection:
            done = connection.execute(query)
            row = done.fetchone() if done.description else None
        return None if row is None else row[0]


@pytest.fixture
def url(postgresql: Postgres) -> Iterator[str]:
    address = postgresql.create()
    yield address
    postgresql.drop(address)


@pytest.fixture
def disk(url: str) -> Iterator[Disk]:
    made = Disk(url)
    yield made
    made.close()


async def figures(made: Wired) -> list[object]:
    return [await made.portfolio(account.id) for account in await made.accounts("user-1")]


async def test_on_a_full_disk_changes_are_refused_and_reads_go_on(
    tmp_path: Path, url: str, disk: Disk, capsys: pytest.CaptureFixture[str]
) -> None:
    async with wired(tmp_path, ["alpaca"], database=url) as made:
        session = await made.connect("alpaca", "user-1")
        await made.follow(connection_id=session.connection.id)
        before = await figures(made)
        connections = connections_pb2_grpc.ConnectionServiceStub(made.channel)
        pause = connections_pb2.PauseConnectionRequest(
            connection_id=session.connection.id, request_id=str(uuid4())
        )
        asked = connections_pb2.GetConnectionRequest(connection_id=session.connection.id)

        disk.fill("requests")
        refused = await failing(connections.PauseConnection(pause))
        again = await failing(connections.PauseConnection(pause))
        meanwhile = await figures(made)
        untouched = await connections.GetConnection(asked)
        disk.free("requests")
        paused = await connections.PauseConnection(pause)

    assert "psycopg.errors.DiskFull" in capsys.readouterr().err, "it was something else that failed"
    for failure in (refused, again):
        assert (failure.code, failure.reason) == (grpc.StatusCode.UNAVAILABLE, "STORAGE_UNAVAILABLE")
        assert failure.retry_after is not None
        assert failure.metadata["actor"] == "operator"
    assert meanwhile == before != []
    assert untouched.state == connections_pb2.CONNECTION_STATE_ACTIVE
    assert paused.state == connections_pb2.CONNECTION_STATE_PAUSED
