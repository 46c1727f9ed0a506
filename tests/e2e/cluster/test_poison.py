"""A run that kills whichever worker takes it up: it is kept apart, at last put aside for an operator, and
those beside it get on.

Every test run looks until it is kept apart. BROKERLINK_TEST_POISON=1 goes on until it is put aside, and looks
longer at those beside it: half a minute and more.
"""

import asyncio
import os
import time
from dataclasses import dataclass, field

import grpc.aio
import pytest
from clustered import Cluster
from following import Watcher
from wired import Caller
from working import Worker

from adapters.sandbox.faults import Faulty, parse_fault
from brokerlink.usecases.in_vain import AT_ONCE, MOST_IN_VAIN
from brokerlink.v1 import (
    admin_pb2,
    admin_pb2_grpc,
    connections_pb2,
    connections_pb2_grpc,
    syncs_pb2,
    syncs_pb2_grpc,
)

WHOLE = os.environ.get("BROKERLINK_TEST_POISON") == "1"
SECONDS = 10.0 if WHOLE else 2.0
HEALTHY = 3
BETWEEN = 0.3
# No page of the history comes: the worker dies while it waits for one.
UNANSWERED = "hang@/transactions"
# As if the lease of the dead had ended: how long that takes is measured elsewhere.
HURRY = "UPDATE sync_runs SET lease_until = 1 WHERE lease_owner LIKE %s AND lease_until > 1 RETURNING 1"
OVER = {"failed", "succeeded", "cancelled", "expired"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass
class Beside:
    """Users who sync again and again. `ended` holds the moment and the state of each run's end."""

    caller: Caller
    ended: list[tuple[float, syncs_pb2.SyncRunState]] = field(default_factory=list)
    over: bool = False

    async def live(self, user: str) -> None:
        session = await self.caller.connect("alpaca", user)
        stub = syncs_pb2_grpc.SyncServiceStub(self.caller.channel)
        while not self.over:
            run = await stub.StartSync(syncs_pb2.StartSyncRequest(connection_id=session.connection.id))
            watcher = await Watcher(run.id).insist(self.caller.channel)
            self.ended.append((time.monotonic(), watcher.moved[-1].state))
            await asyncio.sleep(BETWEEN)

    async def afford(self, cluster: Cluster) -> None:
        """As if each of them had a quota of its own at the brokerage."""
        while not self.over:
            await cluster.quiet_minute()
            await asyncio.sleep(1)

    def rate(self, since: float, until: float) -> float:
        """How many runs ended in a second."""
        return sum(since <= at < until for at, _ in self.ended) / (until - since)


@dataclass
class Poison:
    """Kills each worker that asks for a page of this run's history."""

    cluster: Cluster
    faulty: Faulty
    run_id: str
    kills: int = 0
    _seen: int = 0
    _starting: "asyncio.Task[Worker] | None" = None

    async def strike(self, until: set[str]) -> str:
        """Until the run is in one of these states, and which."""
        while (state := await asyncio.to_thread(self._state)) not in until:
            asked = sum("/transactions" in heard.path for heard in self.faulty.sandbox.play.log)
            carrier = (
                await asyncio.to_thread(self.cluster.carrier, self.run_id) if asked > self._seen else None
            )
            if carrier is not None and carrier.process is not None:
                self._seen, self.kills = asked, self.kills + 1
                await self._kill(carrier, carrier.process.pid)
            await asyncio.sleep(0.02)
        await self.over()
        return state

    async def _kill(self, carrier: Worker, pid: int) -> None:
        # One of the two is there at any time.
        await self.over()
        await asyncio.to_thread(carrier.kill)
        await asyncio.to_thread(self.cluster.rows, HURRY, [f"{pid}@%"])
        self._starting = asyncio.create_task(asyncio.to_thread(carrier.start))

    async def over(self) -> None:
        if self._starting is not None:
            await self._starting

    def _state(self) -> str:
        ((state,),) = self.cluster.rows("SELECT state FROM sync_runs WHERE id = %s", [self.run_id])
        return str(state)


async def put_aside(poison: Poison, channel: grpc.aio.Channel) -> None:
    """Until it is over. It is kept apart for a random while each time, which an operator cuts short."""
    admin = admin_pb2_grpc.AdminServiceStub(channel)
    while await poison.strike(OVER | {"waiting"}) not in OVER:
        await admin.RequeueSync(admin_pb2.RequeueSyncRequest(sync_run_id=poison.run_id))


async def test_a_run_that_kills_its_workers_is_kept_apart_and_those_beside_it_get_on(
    cluster: Cluster,
) -> None:
    cluster.play("alpaca", 11, rows=20)
    faulty = cluster.play("etrade", 11, rows=20)
    faulty.set_faults([parse_fault(UNANSWERED)])
    async with cluster.caller() as caller:
        beside = Beside(caller)
        lives = [asyncio.create_task(beside.live(f"healthy-{n}")) for n in range(HEALTHY)]
        lives.append(asyncio.create_task(beside.afford(cluster)))
        await asyncio.sleep(1 + SECONDS)

        began = time.monotonic()
        session = await caller.connect("etrade", "poisoned")
        started = syncs_pb2.StartSyncRequest(connection_id=session.connection.id)
        run = await syncs_pb2_grpc.SyncServiceStub(caller.channel).StartSync(started)
        poison = Poison(cluster, faulty, run.id)
        apart = await poison.strike(OVER | {"waiting"})
        if WHOLE:
            await put_aside(poison, caller.channel)
        ended = time.monotonic()
        beside.over = True
        await asyncio.gather(*lives)
        faulty.set_faults([])
        again = await (retried if WHOLE else hurried)(caller, session.connection.id, run.id)

    before, meanwhile = beside.rate(began - SECONDS, began), beside.rate(began, ended)
    print(
        f"\n{poison.kills} times one of {len(cluster.workers)} workers died in {ended - began:.1f} s; "
        f"{meanwhile:.1f} runs a second beside it, {before:.1f} before it: {meanwhile / before:.0%}"
    )
    assert apart == "waiting"
    # The first attempt came to something: balances and positions.
    assert poison.kills == 1 + (MOST_IN_VAIN if WHOLE else AT_ONCE)
    assert {state for _, state in beside.ended} == {syncs_pb2.SYNC_RUN_STATE_SUCCEEDED}
    assert sum(at > began for at, _ in beside.ended) >= HEALTHY
    assert again == syncs_pb2.SYNC_RUN_STATE_SUCCEEDED


async def hurried(caller: Caller, _: str, run_id: str) -> syncs_pb2.SyncRunState:
    """How it ends once nothing kills any more."""
    admin = admin_pb2_grpc.AdminServiceStub(caller.channel)
    await admin.RequeueSync(admin_pb2.RequeueSyncRequest(sync_run_id=run_id))
    return (await Watcher(run_id).insist(caller.channel)).moved[-1].state


async def retried(caller: Caller, connection_id: str, run_id: str) -> syncs_pb2.SyncRunState:
    """How the next one ends, after an operator has seen what was put aside."""
    admin = admin_pb2_grpc.AdminServiceStub(caller.channel)
    stub = connections_pb2_grpc.ConnectionServiceStub(caller.channel)
    letters = (await admin.ListDeadLetters(admin_pb2.ListDeadLettersRequest())).dead_letters
    assert [(one.sync_run.id, one.brokerage_id) for one in letters] == [(run_id, "etrade")]
    asked = connections_pb2.GetConnectionRequest(connection_id=connection_id)
    assert (await stub.GetConnection(asked)).state == connections_pb2.CONNECTION_STATE_QUARANTINED
    again = await admin.RetryDeadLetter(admin_pb2.RetryDeadLetterRequest(sync_run_id=run_id))
    return (await Watcher(again.id).insist(caller.channel)).moved[-1].state
