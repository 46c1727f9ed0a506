"""What a person who waits sees: positions at once, history behind, and a stream that always ends."""

import asyncio
import time
from pathlib import Path

import pytest
from wired import Wired, wired

from brokerlink.v1 import connections_pb2, syncs_pb2, syncs_pb2_grpc

LATENCY_MS = 50


@pytest.mark.timeout(300)
async def test_positions_are_there_long_before_twenty_thousand_transactions(tmp_path: Path) -> None:
    async with wired(tmp_path, ["alpaca"], latency_ms=LATENCY_MS) as service:
        truth = service.play("alpaca", 3, "large").sandbox.play.truth.accounts[0]
        session = await service.connect("alpaca", "user-1")
        start = time.monotonic()
        assert session.state == connections_pb2.CONNECT_SESSION_STATE_SUCCEEDED
        following = asyncio.create_task(service.follow(connection_id=session.connection.id))

        (account,) = await service.accounts("user-1")
        while not (portfolio := await service.portfolio(account.id)).positions:  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # as a page that is reloaded would
        seen = time.monotonic() - start
        run = await running(service, session.connection.id)

        assert len(portfolio.positions) == len(truth.positions)
        assert run.state == syncs_pb2.SYNC_RUN_STATE_RUNNING, "the history came too soon to prove anything"
        # Two seconds are promised; a test on a shared machine only refuses what is far from it.
        assert seen < 10
        print(f"\nfirst positions {seen:.2f} s after sign-in, {LATENCY_MS} ms a call")
        progress = await following
        assert progress[-1].kind == syncs_pb2.SYNC_PROGRESS_KIND_TERMINAL
        assert len(await service.transactions(account.id)) == len(truth.transactions)


async def test_a_watcher_that_comes_back_after_any_message_misses_nothing(tmp_path: Path) -> None:
    async with wired(tmp_path, ["schwab"]) as service:
        session = await service.connect("schwab", "user-1")
        progress = await service.follow(connection_id=session.connection.id)
        stub = syncs_pb2_grpc.SyncServiceStub(service.channel)
        whole = [p.sequence for p in progress if p.kind != syncs_pb2.SYNC_PROGRESS_KIND_HEARTBEAT]

        assert whole == sorted(set(whole))
        for after in range(1, whole[-1]):
            request = syncs_pb2.WatchSyncRequest(sync_run_id=progress[0].sync_run_id, after_sequence=after)
            again = [p async for p in stub.WatchSync(request)]

            moved = [p.sequence for p in again if p.kind != syncs_pb2.SYNC_PROGRESS_KIND_SNAPSHOT]
            assert moved == list(range(after + 1, whole[-1] + 1)), after
            assert again[-1].kind == syncs_pb2.SYNC_PROGRESS_KIND_TERMINAL


async def running(service: Wired, connection_id: str) -> syncs_pb2.SyncRun:
    stub = syncs_pb2_grpc.SyncServiceStub(service.channel)
    told = await stub.ListSyncRuns(syncs_pb2.ListSyncRunsRequest(connection_id=connection_id))
    return told.sync_runs[0]
