"""Two servers that take turns and two workers that share the runs: what is answered equals the truth.

BROKERLINK_TEST_SEEDS asks for more seeds than the two of every test run.
"""

import asyncio
import os

import conformance
import pytest
from clustered import BROKERAGES, Cluster
from truths import expected, in_order
from wired import Caller

from brokerlink.v1 import connections_pb2, syncs_pb2

SEEDS = int(os.environ.get("BROKERLINK_TEST_SEEDS", "2"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + 60 * SEEDS)]


async def synced(caller: Caller, brokerage: str, user: str) -> list[str]:
    """A newcomer's first sync through the whole service: where what is shown differs from the truth."""
    session = await caller.connect(brokerage, user)
    assert session.state == connections_pb2.CONNECT_SESSION_STATE_SUCCEEDED, session.failure
    progress = await caller.follow(connection_id=session.connection.id)
    assert progress[-1].state == syncs_pb2.SYNC_RUN_STATE_SUCCEEDED, progress[-1]
    told = in_order(await caller.told(user))
    return conformance.differences(told, expected(caller.sandboxes.faulty(brokerage).sandbox))


async def test_what_any_server_answers_of_what_any_worker_read_equals_the_truth(cluster: Cluster) -> None:
    calls, runs = cluster.answered(), cluster.carried()
    async with cluster.caller() as caller:
        for seed in range(SEEDS):
            if seed:
                await cluster.forget()
            for brokerage in BROKERAGES:
                cluster.play(brokerage, seed)

            found = await asyncio.gather(
                *(synced(caller, brokerage, f"truth-{brokerage}-{seed}") for brokerage in BROKERAGES)
            )

            assert found == [[] for _ in BROKERAGES], seed

    shares = [now - before for now, before in zip(cluster.answered(), calls, strict=True)]
    carried = cluster.carried() - runs
    print(
        f"\n{SEEDS} seeds of {len(BROKERAGES)} brokerages; calls answered {shares}, runs taken up"
        f" {dict(carried)}"
    )
    assert carried.total() == SEEDS * len(BROKERAGES)
    assert all(carried[worker.name] for worker in cluster.workers)
    assert min(shares) > sum(shares) / 3
