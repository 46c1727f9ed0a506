"""Many watchers of many runs at both servers: each hears of every step, and of the end exactly once.

A small crowd; `python -m bench watchers` has a thousand.
"""

import asyncio

import pytest
from clustered import Cluster
from following import Watcher
from wired import Caller

from brokerlink.v1 import syncs_pb2, syncs_pb2_grpc

RUNS = 10
WATCHERS = 100

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def started(caller: Caller, user: str) -> str:
    session = await caller.connect("alpaca", user)
    stub = syncs_pb2_grpc.SyncServiceStub(caller.channel)
    return (await stub.StartSync(syncs_pb2.StartSyncRequest(connection_id=session.connection.id))).id


async def test_each_of_many_watchers_gets_every_message_and_the_last_one_once(cluster: Cluster) -> None:
    cluster.play("alpaca", 11, "large", rows=300, latency_ms=100)
    async with cluster.caller() as caller, cluster.caller(0) as here, cluster.caller(1) as there:
        runs = await asyncio.gather(*(started(caller, f"watched-{number}") for number in range(RUNS)))
        watchers = [Watcher(runs[number % RUNS]) for number in range(WATCHERS)]

        # Each on one stream, which it does not open again.
        await asyncio.gather(
            *(one.listen((here, there)[n // RUNS % 2].channel) for n, one in enumerate(watchers))
        )

    for watcher in watchers:
        assert watcher.ends == 1
        assert watcher.moved[-1].kind == syncs_pb2.SYNC_PROGRESS_KIND_TERMINAL
        assert watcher.moved[-1].state == syncs_pb2.SYNC_RUN_STATE_SUCCEEDED
        assert watcher.sequences == list(range(1, watcher.seen + 1))
        assert watcher.moved == watchers[runs.index(watcher.run_id)].moved
