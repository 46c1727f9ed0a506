"""What a person who waits sees through the other server: positions at once, and every message of a run.

BROKERLINK_TEST_ROWS asks for a longer history than every test run has.
"""

import asyncio
import os
import time

import pytest
from clustered import Cluster
from following import Watcher

from brokerlink.v1 import connections_pb2, syncs_pb2, syncs_pb2_grpc

ROWS = int(os.environ.get("BROKERLINK_TEST_ROWS", "4000"))
LATENCY_MS = 50

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + ROWS // 50)]


async def test_positions_are_seen_at_the_other_server_while_history_still_streams(cluster: Cluster) -> None:
    faulty = cluster.play("alpaca", 3, "large", rows=ROWS, latency_ms=LATENCY_MS)
    truth = faulty.sandbox.play.truth.accounts[0]
    async with cluster.caller(0) as here, cluster.caller(1) as there:
        session = await here.connect("alpaca", "waiting")
        start = time.monotonic()
        assert session.state == connections_pb2.CONNECT_SESSION_STATE_SUCCEEDED
        following = asyncio.create_task(here.follow(connection_id=session.connection.id))

        (account,) = await there.accounts("waiting")
        while not (portfolio := await there.portfolio(account.id)).positions:  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # as a page that is reloaded would
        seen = time.monotonic() - start
        asked = syncs_pb2.ListSyncRunsRequest(connection_id=session.connection.id)
        (run,) = (await syncs_pb2_grpc.SyncServiceStub(there.channel).ListSyncRuns(asked)).sync_runs

        assert len(portfolio.positions) == len(truth.positions)
        assert run.state == syncs_pb2.SYNC_RUN_STATE_RUNNING, "the history came too soon to prove anything"
        progress = await following
        rows = await there.transactions(account.id)

    print(f"\nfirst positions at the other server {seen:.2f} s after sign-in, {LATENCY_MS} ms a call")
    # Two seconds are promised; a test on a shared machine only refuses what is far from it.
    assert seen < 10
    assert progress[-1].kind == syncs_pb2.SYNC_PROGRESS_KIND_TERMINAL
    assert len(rows) == len(truth.transactions)


async def test_a_watcher_who_changes_servers_after_every_message_misses_nothing(cluster: Cluster) -> None:
    cluster.play("alpaca", 5, "large", rows=1_000, latency_ms=LATENCY_MS)
    async with cluster.caller(0) as here, cluster.caller(1) as there:
        session = await here.connect("alpaca", "wandering")
        asked = syncs_pb2.StartSyncRequest(connection_id=session.connection.id)
        run = await syncs_pb2_grpc.SyncServiceStub(there.channel).StartSync(asked)
        staying = asyncio.create_task(Watcher(run.id).insist(here.channel))

        wandering, turns = Watcher(run.id), 0
        while not wandering.ends:
            await wandering.listen((there, here)[turns % 2].channel, most=1)
            turns += 1
        stayed = await staying

        assert wandering.moved == stayed.moved
        assert turns == len(stayed.moved)
        for after in range(1, stayed.seen):
            late = Watcher(run.id, stayed.moved[:after])
            await late.listen(there.channel)
            assert late.moved == stayed.moved, after
