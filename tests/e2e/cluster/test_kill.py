"""`kill -9` of whichever process of the cluster, again and again, while one long sync goes on.

BROKERLINK_TEST_KILLS asks for more kills than every test run has, BROKERLINK_TEST_ROWS for a longer sync.
"""

import asyncio
import os
import random
from dataclasses import dataclass, field

import pytest
from clustered import Cluster, alive
from following import Watcher
from served import Server
from truths import expected, in_order
from working import Worker

from adapters.sandbox.faults import Faulty
from brokerlink.v1 import syncs_pb2, syncs_pb2_grpc

KILLS = int(os.environ.get("BROKERLINK_TEST_KILLS", "4"))
ROWS = int(os.environ.get("BROKERLINK_TEST_ROWS", "2000"))
PAGES = ROWS // 100
# Slow enough that the kills fall into the sync, each from another page on.
LATENCY_MS = 150

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180 + 15 * KILLS + ROWS // 50)]


@dataclass
class Reaper:
    """Kills processes; each is started again at once. `struck` counts kills that a sync had to outlive."""

    cluster: Cluster
    workers: int = 0
    servers: int = 0
    struck: int = 0
    _starting: dict[int, "asyncio.Task[Server | Worker]"] = field(default_factory=dict)

    async def kill(self, victim: Server | Worker, run_id: str) -> None:
        await self._ready(victim)
        if isinstance(victim, Worker):
            self.workers += 1
            self.struck += await asyncio.to_thread(self.cluster.carrier, run_id) is victim
        else:
            self.servers += 1
        await asyncio.to_thread(victim.kill)
        self._starting[id(victim)] = asyncio.create_task(asyncio.to_thread(victim.start))

    async def _ready(self, victim: Server | Worker) -> None:
        starting = self._starting.pop(id(victim), None)
        if starting is not None:
            await starting
        assert alive(victim)

    async def over(self) -> None:
        await asyncio.gather(*self._starting.values())


def pages(faulty: Faulty) -> int:
    return sum(heard.path.endswith("/account/activities") for heard in faulty.sandbox.play.log)


async def carrier(cluster: Cluster, run_id: str) -> Worker:
    """The worker that carries the run, as soon as one does."""
    async with asyncio.timeout(60):
        while (found := await asyncio.to_thread(cluster.carrier, run_id)) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # only the database knows
    return found


async def reached(faulty: Faulty, wanted: int) -> None:
    async with asyncio.timeout(120):
        while pages(faulty) < wanted:  # noqa: ASYNC110 - the sandbox counts in another thread
            await asyncio.sleep(0.005)


async def test_kills_of_workers_and_servers_cost_a_page_each_at_most_and_lose_nothing(
    cluster: Cluster,
) -> None:
    chance = random.Random(KILLS)  # noqa: S311 - so that a failure can be repeated
    faulty = cluster.play("alpaca", 11, "large", rows=ROWS, latency_ms=LATENCY_MS)
    reaper = Reaper(cluster)
    async with cluster.caller() as caller:
        session = await caller.connect("alpaca", "killed")
        started = syncs_pb2.StartSyncRequest(connection_id=session.connection.id)
        run = await syncs_pb2_grpc.SyncServiceStub(caller.channel).StartSync(started)
        watching = asyncio.create_task(Watcher(run.id).insist(caller.channel))

        for number, page in enumerate(sorted(chance.sample(range(1, PAGES), KILLS))):
            await reached(faulty, page)
            # Whoever carries the run goes first, so that at least one kill strikes it; then any process.
            victim = chance.choice(cluster.processes) if number else await carrier(cluster, run.id)
            await reaper.kill(victim, run.id)
        watcher = await watching
        await reaper.over()
        told = in_order(await caller.told("killed"))

    print(
        f"\n{reaper.workers} workers killed, {reaper.struck} of them at work, and {reaper.servers} servers:"
        f" {pages(faulty)} pages asked for, {PAGES + 1} needed; the watcher came back {watcher.breaks} times"
    )
    assert watcher.moved[-1].state == syncs_pb2.SYNC_RUN_STATE_SUCCEEDED
    assert watcher.sequences == list(range(1, watcher.seen + 1))
    assert told == expected(faulty.sandbox)
    assert reaper.struck
    # The last page is a short or an empty one.
    assert pages(faulty) <= PAGES + 1 + reaper.workers
