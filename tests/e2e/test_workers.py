"""Real workers on a real PostgreSQL that are killed, stand still and are stopped: others go on, and
nothing is lost or doubled.

BROKERLINK_TEST_SYNCS asks for more syncs at once than the five of every test run, BROKERLINK_TEST_LEASE for
another lease than three seconds. BROKERLINK_TEST_DUTY=1 waits until the schedule of a dead worker is free by
itself.
"""

import asyncio
import os
import signal
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc.aio
import psycopg
import pytest
from marker import MARKER, leaks, tables
from postgres import Postgres
from served import Server
from working import Worker

from adapters.sandbox.create import create
from adapters.sandbox.faults import Faulty, parse_fault
from adapters.sandbox.server import serving
from brokerlink.v1 import (
    connections_pb2,
    connections_pb2_grpc,
    syncs_pb2,
    syncs_pb2_grpc,
)

SYNCS = int(os.environ.get("BROKERLINK_TEST_SYNCS", "5"))
LEASE = int(os.environ.get("BROKERLINK_TEST_LEASE", "3"))
# Six pages, slowly: all use one key, for which the brokerage takes two hundred calls a minute.
ROWS = 600
WAITS_FOR_THE_DUTY = os.environ.get("BROKERLINK_TEST_DUTY") == "1"
# After a lease has ended: somebody notices, wakes the run, and takes it.
NOTICED_WITHIN = 5.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass
class Site:
    """One server that runs nothing itself, and workers, on one database."""

    folder: Path
    url: str
    server: Server
    sandbox: Any
    brokerage: Faulty
    channel: grpc.aio.Channel
    environment: dict[str, str]
    workers: dict[str, Worker] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)

    async def worker(self, name: str) -> Worker:
        made = self.workers[name] = Worker(self.folder, name, self.environment)
        await asyncio.to_thread(made.start)
        return made

    async def connect(self, count: int) -> None:
        """So many users who connect, each with a first sync that is queued."""
        stub = connections_pb2_grpc.ConnectionServiceStub(self.channel)
        syncs = syncs_pb2_grpc.SyncServiceStub(self.channel)
        for number in range(len(self.users), len(self.users) + count):
            session = await stub.Connect(
                connections_pb2.ConnectRequest(
                    user_id=f"user-{number}", brokerage_id="alpaca", credentials=self.sandbox.credentials()
                )
            )
            run = await syncs.StartSync(syncs_pb2.StartSyncRequest(connection_id=session.connection.id))
            self.users.append(f"user-{number}")
            self.runs.append(run.id)

    def rows(self, query: str, *given: int) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query, given).fetchall()

    async def until(self, query: str, *given: int, seconds: float = 240) -> None:
        """Until a query's first figure is not 0."""
        until = time.monotonic() + seconds
        while not (await asyncio.to_thread(self.rows, query, *given))[0][0]:
            if time.monotonic() > until:
                states = self.rows("SELECT state, attempt, count(*) FROM sync_runs GROUP BY 1, 2")
                raise AssertionError(f"{query} never came: {states}")
            await asyncio.sleep(0.1)

    async def all_running(self) -> None:
        """Each has stored pages, and none is through."""
        slow = "SELECT count(*) FILTER (WHERE sequence < 5 OR state <> 'running') = 0 FROM sync_runs"
        await self.until(slow)

    def hold_pages(self) -> None:
        """No page comes any more: what runs goes on running, however long another process takes to start."""
        self.brokerage.set_faults([parse_fault("hang@/account/activities")])

    def let_pages_come(self) -> None:
        """Those that are asked for from now on."""
        self.brokerage.set_faults([])

    async def all_ended(self) -> None:
        done = "SELECT count(*) FILTER (WHERE state = 'succeeded') = %s FROM sync_runs"
        await self.until(done, len(self.runs))

    def taken_up_after(self, instant: datetime) -> list[float]:
        """How long after this instant each run was taken up again, in order: it says so first of all."""
        micros = int(instant.timestamp() * 1_000_000)
        taken = """
            SELECT (min(at) - %s) / 1e6 FROM sync_progress
            WHERE at > %s AND message::jsonb->>'kind' = 'progress' AND message::jsonb->>'result' IS NULL
            GROUP BY run_id
        """
        return sorted(float(seconds) for (seconds,) in self.rows(taken, micros, micros))

    def whole(self) -> None:
        """Every user has every row of the truth once."""
        wanted = len(self.sandbox.play.truth.accounts[0].transactions)
        found = self.rows(
            "SELECT count(*), count(DISTINCT key), sum(net) FROM transactions GROUP BY account_id"
        )
        assert len(found) == len(self.users)
        assert {(count, keys) for count, keys, _ in found} == {(wanted, wanted)}
        total = sum(t.net for t in self.sandbox.play.truth.accounts[0].transactions if t.net is not None)
        assert {net for _, _, net in found} == {total}
        gaps = self.rows(
            "SELECT count(*) FROM (SELECT run_id FROM sync_progress GROUP BY run_id"
            " HAVING count(*) <> max(sequence)) AS broken"
        )
        assert gaps == [(0,)]


@asynccontextmanager
async def site(folder: Path, url: str, latency: float = 800) -> AsyncIterator[Site]:
    sandbox = create("alpaca", 11, "large", marker=MARKER, rows=ROWS)
    with serving([sandbox], latency_ms=latency) as sandboxes:
        settings = {
            "DATABASE_URL": url,
            "BROKERLINK_LEASE_SECONDS": str(LEASE),
            "BROKERLINK_SYNC_CONCURRENCY": str(2 * SYNCS),
            # All users have one key, whose quota they would wait for.
            "BROKERLINK_BROKERAGES__ALPACA__LIMITED": "false",
        }
        server = Server(folder, sandboxes.address, {**settings, "BROKERLINK_WORK": "false"})
        server.settings["BROKERLINK_PROCESSES"] = "1"
        await asyncio.to_thread(server.start)
        environment = {
            **settings,
            "BROKERAGE_ENCRYPTION_KEY": server.key,
            "BROKERLINK_SANDBOX_URL": sandboxes.address,
        }
        async with grpc.aio.insecure_channel(server.address) as channel:
            made = Site(folder, url, server, sandbox, sandboxes.faulty("alpaca"), channel, environment)
            try:
                yield made
            finally:
                for worker in made.workers.values():
                    worker.kill()
                server.kill()


@pytest.fixture
def url(postgresql: Postgres) -> Any:
    address = postgresql.create()
    yield address
    postgresql.drop(address)


async def watch(site: Site, run_id: str) -> list[syncs_pb2.SyncProgress]:
    stub = syncs_pb2_grpc.SyncServiceStub(site.channel)
    return [p async for p in stub.WatchSync(syncs_pb2.WatchSyncRequest(sync_run_id=run_id))]


async def test_the_runs_of_a_killed_worker_end_on_another(tmp_path: Path, url: str) -> None:
    async with site(tmp_path, url) as made:
        await made.connect(SYNCS)
        first = await made.worker("first")
        await made.all_running()
        made.hold_pages()
        await made.worker("second")
        watching = [asyncio.create_task(watch(made, run_id)) for run_id in made.runs]
        await asyncio.sleep(0.5)
        going = made.rows("SELECT count(*) FROM sync_runs WHERE state = 'running'")[0][0]

        killed = datetime.now(UTC)
        first.kill()
        made.let_pages_come()
        await made.all_ended()

        times = made.taken_up_after(killed)
        print(
            f"{going} runs of a killed worker, lease {LEASE} s: taken up after"
            f" {statistics.median(times):.1f} s (median), {times[-1]:.1f} s (worst)"
        )
        told = await asyncio.gather(*watching)
        made.whole()
        lies_open = [*tables(url), *leaks(tmp_path)]

    assert lies_open == []
    assert going == SYNCS
    assert len(times) == SYNCS
    assert times[-1] <= LEASE + NOTICED_WITHIN
    for messages in told:
        assert messages[-1].kind == syncs_pb2.SYNC_PROGRESS_KIND_TERMINAL
        assert [m.sequence for m in messages] == sorted(m.sequence for m in messages)


async def test_a_worker_that_stood_still_past_its_lease_is_refused(tmp_path: Path, url: str) -> None:
    async with site(tmp_path, url) as made:
        await made.connect(SYNCS)
        first = await made.worker("first")
        await made.all_running()
        second = await made.worker("second")

        first.signal(signal.SIGSTOP)
        await made.until("SELECT count(*) FILTER (WHERE attempt < 2) = 0 FROM sync_runs")
        first.signal(signal.SIGCONT)
        await made.all_ended()
        await asyncio.sleep(1)

        made.whole()
        refused = first.said("lease lost")
        print(f"{refused} stale writers of {SYNCS} were refused; accepted: {second.said('lease lost')}")

    assert refused == SYNCS
    assert second.said("lease lost") == 0


async def test_a_worker_that_is_told_to_stop_hands_its_runs_over_at_once(tmp_path: Path, url: str) -> None:
    async with site(tmp_path, url) as made:
        made.environment["BROKERLINK_LEASE_SECONDS"] = "600"
        await made.connect(SYNCS)
        first = await made.worker("first")
        await made.all_running()
        made.hold_pages()
        await made.worker("second")
        watching = [asyncio.create_task(watch(made, run_id)) for run_id in made.runs]
        await asyncio.sleep(0.5)

        made.let_pages_come()
        told_to_stop = datetime.now(UTC)
        code, seconds = await asyncio.to_thread(first.stop)
        await made.all_ended()

        times = made.taken_up_after(told_to_stop)
        print(
            f"{len(times)} runs: stopped within {seconds:.1f} s with exit code {code}, all taken up"
            f" {times[-1]:.1f} s after the signal"
        )
        told = await asyncio.gather(*watching)
        made.whole()

    assert (code, seconds < 10) == (0, True)
    assert len(times) == SYNCS
    assert times[-1] < 5
    assert all(messages[-1].kind == syncs_pb2.SYNC_PROGRESS_KIND_TERMINAL for messages in told)


async def test_a_run_of_a_disconnected_user_calls_nobody(tmp_path: Path, url: str) -> None:
    async with site(tmp_path, url) as made:
        await made.connect(1)
        stub = connections_pb2_grpc.ConnectionServiceStub(made.channel)
        (connection,) = (
            await stub.ListConnections(connections_pb2.ListConnectionsRequest(user_id="user-0"))
        ).connections
        await stub.Disconnect(connections_pb2.DisconnectRequest(connection_id=connection.id))
        calls = len(made.sandbox.play.log)

        await made.worker("first")
        await made.until("SELECT count(*) FROM sync_runs WHERE state = 'cancelled'")

        assert len(made.sandbox.play.log) == calls


async def test_the_schedule_of_a_killed_worker_goes_on_at_another(tmp_path: Path, url: str) -> None:
    async with site(tmp_path, url, latency=0) as made:
        made.environment["BROKERLINK_SYNC_CADENCE"] = "hourly"
        await made.connect(1)
        holder = await made.worker("first")
        await made.all_ended()
        await made.until("SELECT count(*) FROM duties WHERE name = 'schedule'")
        other = await made.worker("second")
        assert (holder.process, other.process) != (None, None)
        assert owner(made) == holder.process.pid  # type: ignore[union-attr]

        killed = time.monotonic()
        holder.kill()
        made.rows("UPDATE connections SET next_sync_at = 1 RETURNING 1")
        if not WAITS_FOR_THE_DUTY:
            made.rows("UPDATE duties SET lease_until = 1 RETURNING 1")
        await made.until("SELECT count(*) FROM sync_runs WHERE trigger = 'schedule' AND state = 'succeeded'")

        print(f"the schedule went on {time.monotonic() - killed:.1f} s after its worker was killed")
        assert owner(made) == other.process.pid  # type: ignore[union-attr]
        assert made.rows("SELECT count(*) FROM sync_runs WHERE trigger = 'schedule'") == [(1,)]
        made.whole()


def owner(site: Site) -> int:
    """The process that has the schedule."""
    ((name,),) = site.rows("SELECT owner FROM duties WHERE name = 'schedule'")
    return int(name.partition("@")[0])
