"""A real server that is told to stop in the middle of syncs and streams: all of them go on at another one.

BROKERLINK_TEST_SYNCS and BROKERLINK_TEST_STREAMS ask for more of them than every test run has.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import grpc.aio
import psycopg
import pytest
from answering import told
from following import Watcher
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]
from marker import MARKER
from postgres import Postgres
from served import Server

from adapters.sandbox.create import create
from adapters.sandbox.faults import parse_fault
from adapters.sandbox.server import serving
from brokerlink.server import GRACE
from brokerlink.v1 import connections_pb2, connections_pb2_grpc, syncs_pb2, syncs_pb2_grpc

SYNCS = int(os.environ.get("BROKERLINK_TEST_SYNCS", "4"))
STREAMS = int(os.environ.get("BROKERLINK_TEST_STREAMS", "6"))
ROWS = 300
# Whoever takes a run up says so first of all.
TAKEN_UP = """
    SELECT count(*) FROM sync_progress
    WHERE message::jsonb->>'kind' = 'progress' AND message::jsonb->>'result' IS NULL GROUP BY run_id
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def url(postgresql: Postgres) -> Iterator[str]:
    address = postgresql.create()
    yield address
    postgresql.drop(address)


async def watched(watcher: Watcher, first: grpc.aio.Channel, second: grpc.aio.Channel) -> str:
    """Follow a run at the first server, and to its end at the second where that sends us away; its reason."""
    try:
        await watcher.listen(first)
    except grpc.aio.AioRpcError as error:
        await watcher.insist(second)
        return told(error).reason
    return ""


async def health(channel: grpc.aio.Channel, heard: list[int]) -> None:
    """What a balancer hears of the server, until it is gone."""
    asked = health_pb2.HealthCheckRequest(service="brokerlink.v1.SyncService")
    try:
        async for answer in health_pb2_grpc.HealthStub(channel).Watch(asked):
            heard.append(answer.status)  # noqa: PERF401 - heard while it goes on
    except grpc.aio.AioRpcError:
        pass


async def connect(channel: grpc.aio.Channel, keys: dict[str, str]) -> list[str]:
    """So many users with a sync each: their runs."""
    connections = connections_pb2_grpc.ConnectionServiceStub(channel)
    syncs, runs = syncs_pb2_grpc.SyncServiceStub(channel), []
    for number in range(SYNCS):
        asked = connections_pb2.ConnectRequest(
            user_id=f"user-{number}", brokerage_id="alpaca", credentials=keys
        )
        session = await connections.Connect(asked)
        started = syncs_pb2.StartSyncRequest(connection_id=session.connection.id)
        runs.append((await syncs.StartSync(started)).id)
    return runs


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query).fetchall()


async def all_running(url: str) -> None:
    """Each has stored its positions, and none is through."""
    query = "SELECT count(*) FROM sync_runs WHERE NOT head_done OR state <> 'running'"
    async with asyncio.timeout(120):
        while (await asyncio.to_thread(rows, url, query))[0][0]:  # noqa: ASYNC110 - only the database knows
            await asyncio.sleep(0.1)


async def test_syncs_and_streams_of_a_server_that_stops_go_on_at_another(tmp_path: Path, url: str) -> None:
    sandbox = create("alpaca", 11, "large", marker=MARKER, rows=ROWS)
    settings = {
        "DATABASE_URL": url,
        "BROKERLINK_PROCESSES": "1",
        "BROKERLINK_SYNC_CONCURRENCY": str(2 * SYNCS),
        # Nothing that goes on may have waited for a lease to end.
        "BROKERLINK_LEASE_SECONDS": "600",
        # All users have one key, whose quota they would wait for.
        "BROKERLINK_BROKERAGES__ALPACA__LIMITED": "false",
    }
    with serving([sandbox]) as sandboxes:
        brokerage = sandboxes.faulty("alpaca")
        first = Server(tmp_path, sandboxes.address, settings)
        second = Server(tmp_path, sandboxes.address, settings, key=first.key)
        with first:
            async with grpc.aio.insecure_channel(first.address) as channel:
                # No page of a history comes until the signal: it falls into the middle of all syncs.
                brokerage.set_faults([parse_fault("hang@/account/activities")])
                runs, heard = await connect(channel, sandbox.credentials()), list[int]()
                await all_running(url)
                with second:
                    async with grpc.aio.insecure_channel(second.address) as other:
                        watchers = [Watcher(runs[n % SYNCS]) for n in range(STREAMS)]
                        following = [asyncio.create_task(watched(w, channel, other)) for w in watchers]
                        balancer = asyncio.create_task(health(channel, heard))
                        await asyncio.sleep(0.5)
                        began = time.monotonic()
                        code = await asyncio.to_thread(first.stop)
                        seconds = time.monotonic() - began
                        brokerage.set_faults([])
                        reasons = await asyncio.gather(*following)
                        await balancer
    ended = rows(url, "SELECT state FROM sync_runs")
    taken_up = rows(url, TAKEN_UP)
    found = rows(url, "SELECT count(*), count(DISTINCT key) FROM transactions GROUP BY account_id")

    print(
        f"\nstopped within {seconds:.1f} s of {SYNCS} syncs and {STREAMS} streams; "
        f"{len(ended)} syncs ended elsewhere, {ended.count(('succeeded',))} of them well"
    )
    assert (code, seconds < GRACE) == (0, True)
    assert heard == [health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING]
    assert set(reasons) == {"SERVER_STOPPING"}
    assert ended == [("succeeded",)] * SYNCS
    # Each once more than by the first server, where a page that never comes may cost an attempt by itself.
    assert min(taken_up) >= (2,)
    assert len(taken_up) == SYNCS
    wanted = len(sandbox.play.truth.accounts[0].transactions)
    assert found == [(wanted, wanted)] * SYNCS
    for watcher in watchers:
        assert watcher.ends == 1
        assert watcher.sequences == list(range(1, watcher.seen + 1))
