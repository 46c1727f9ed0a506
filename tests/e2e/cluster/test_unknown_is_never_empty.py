"""Whatever a brokerage tells a worker, no figure changes that any server shows, and all are told why.

A few wrong answers of each brokerage: BROKERLINK_TEST_MUTATIONS=all asks for every one of each.
"""

import asyncio
import os
from dataclasses import dataclass

import pytest
from clustered import BROKERAGES, Cluster
from reasons import PASSING, REASONS, UNREADABLE
from wired import Caller, Json

from adapters.sandbox.faults import Fault, Faulty
from adapters.sandbox.mutations import MUTATIONS
from brokerlink.v1 import (
    accounts_pb2,
    connections_pb2,
    connections_pb2_grpc,
    syncs_pb2,
    syncs_pb2_grpc,
)

# Where each brokerage tells positions or history: parts of paths.
TOLD_AT = {
    "alpaca": ("/positions", "/activities"),
    "schwab": ("/transactions",),
    "etrade": ("/portfolio", "/transactions"),
    "robinhood": ("/positions/", "/dividends/"),
}
# Each that lasts is waited for as long as the product waits, again and again.
ENDLESS = {"hang", "drip"}
SOME = {
    "alpaca": ("401", "404", "500", "html-200", "missing-key"),
    "schwab": ("empty-object",),
    "etrade": ("403", "cut-json", "truncated"),
    "robinhood": ("429", "null-body"),
}
WRONG = tuple(name for name, mutation in MUTATIONS.items() if not mutation.sound and name not in ENDLESS)
ALL = os.environ.get("BROKERLINK_TEST_MUTATIONS", "") == "all"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800 if ALL else 240)]


@dataclass
class World:
    """A user of one brokerage whose figures are whole."""

    cluster: Cluster
    caller: Caller
    faulty: Faulty
    brokerage: str
    user: str
    connection_id: str

    async def connection(self) -> connections_pb2.Connection:
        stub = connections_pb2_grpc.ConnectionServiceStub(self.caller.channel)
        asked = connections_pb2.GetConnectionRequest(connection_id=self.connection_id)
        return await stub.GetConnection(asked)

    async def figures(self) -> list[Json]:
        return await self.caller.told(self.user)

    async def stale(self) -> set[str]:
        """Why something is stale that any of the accounts has."""
        accounts: list[accounts_pb2.Account] = await self.caller.accounts(self.user)
        return {f.stale_reason for a in accounts for f in a.freshness if f.HasField("stale_since")}

    async def tried(self) -> syncs_pb2.SyncRun:
        """A sync that ends, or waits for better times."""
        stub = syncs_pb2_grpc.SyncServiceStub(self.caller.channel)
        run = await stub.StartSync(syncs_pb2.StartSyncRequest(connection_id=self.connection_id))
        stream = stub.WatchSync(syncs_pb2.WatchSyncRequest(sync_run_id=run.id, after_sequence=run.sequence))
        async for message in stream:
            waits = message.state == syncs_pb2.SYNC_RUN_STATE_WAITING
            if waits or message.kind == syncs_pb2.SYNC_PROGRESS_KIND_TERMINAL:
                break
        stream.cancel()
        return await stub.GetSyncRun(syncs_pb2.GetSyncRunRequest(sync_run_id=run.id))

    async def meets(self, mutation: str) -> None:
        before, mishaps = await self.figures(), self.faulty.mishaps[mutation]
        reason = REASONS.get(mutation, UNREADABLE)
        self.faulty.set_faults([Fault(mutation, path) for path in TOLD_AT[self.brokerage]])

        run = await self.tried()

        told = await self.connection()
        assert self.faulty.mishaps[mutation] > mishaps, "the fault did not strike"
        assert await self.figures() == before
        assert (told.state, told.reason) == (state(reason), reason)
        assert reason in {run.failure.reason, *(result.failure.reason for result in run.results)}
        assert await self.stale() == {reason}

    async def recovers(self) -> None:
        """The fault is over, and time has passed: nothing was lost, and all is well again."""
        before = await self.figures()
        self.faulty.set_faults([])
        await self.cluster.quiet_minute()
        due = "UPDATE sync_runs SET retry_at = 0 WHERE connection_id = %s AND state = 'waiting' RETURNING id"
        await asyncio.to_thread(self.cluster.rows, due, [self.connection_id])

        last = (await self.caller.follow(connection_id=self.connection_id))[-1]

        assert last.state == syncs_pb2.SYNC_RUN_STATE_SUCCEEDED, last
        assert sum(r.added + r.modified + r.removed for r in last.run.results) == 0
        assert await self.figures() == before
        assert await self.stale() == set()
        assert (await self.connection()).state == connections_pb2.CONNECTION_STATE_ACTIVE


def state(reason: str) -> connections_pb2.ConnectionState:
    if reason == "REAUTHORIZATION_REQUIRED":
        return connections_pb2.CONNECTION_STATE_ACTION_REQUIRED
    if reason in PASSING:
        return connections_pb2.CONNECTION_STATE_WAITING
    return connections_pb2.CONNECTION_STATE_DEGRADED


@pytest.mark.parametrize("brokerage", BROKERAGES)
async def test_wrong_answers_change_no_figure_at_any_server_and_are_told(
    cluster: Cluster, brokerage: str
) -> None:
    faulty = cluster.play(brokerage, 7, rows=30)
    await cluster.forget()
    async with cluster.caller() as caller:
        user = f"unknown-{brokerage}"
        session = await caller.connect(brokerage, user)
        await caller.follow(connection_id=session.connection.id)
        world = World(cluster, caller, faulty, brokerage, user, session.connection.id)

        for mutation in WRONG if ALL else SOME[brokerage]:
            await world.meets(mutation)
            await world.recovers()

    print(f"\n{brokerage}: {len(WRONG if ALL else SOME[brokerage])} wrong answers")
