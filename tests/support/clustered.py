"""A small cluster: two `brokerlink serve` and two `brokerlink work`, real processes on one PostgreSQL.

The servers run no syncs. The sandboxes are in the test's process, so that it can change what they tell.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc.aio
import psycopg
from marker import MARKER
from served import Server
from wired import Caller
from working import Worker

from adapters.sandbox.create import create
from adapters.sandbox.faults import Faulty
from adapters.sandbox.server import Running, serving

# Of each kind of sign-in and paging one: every brokerage has tests of its own, and these take processes.
BROKERAGES = ("alpaca", "schwab", "etrade", "robinhood")
LEASE_SECONDS = 3
# Fewer than the syncs of one test, so that no worker can take them all.
PLACES = 2
# gRPC's own balancing: calls take turns, and a server that is down is left out.
IN_TURN = json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})
RECONNECT_MS = 200


@dataclass
class Cluster:
    """What is asked of all four together; each is killed and started by itself."""

    folder: Path
    url: str
    sandboxes: Running
    servers: list[Server] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)

    def play(
        self,
        brokerage: str,
        seed: int,
        persona: str = "plain",
        rows: int | None = None,
        latency_ms: float = 0,
    ) -> Faulty:
        """Another customer of a brokerage, at the same address. See `forget`."""
        sandbox = create(brokerage, seed, persona, marker=MARKER, rows=rows)
        faulty = Faulty(sandbox, persona, latency=latency_ms / 1000)
        self.sandboxes.stage.faulty[brokerage] = faulty
        return faulty

    async def forget(self) -> None:
        """The workers are started anew: what a door remembers of instruments is of the customer before,
        whose sandbox has another market."""
        await asyncio.gather(*(asyncio.to_thread(worker.stop) for worker in self.workers))
        await self.whole()

    async def whole(self) -> None:
        """All four processes are there, whichever was killed or stopped."""
        dead = [one for one in self.processes if not alive(one)]
        await asyncio.gather(*(asyncio.to_thread(one.start) for one in dead))
        await self.quiet_minute()

    async def quiet_minute(self) -> None:
        """As if nobody had called a brokerage for a while: budgets are full, and no breaker is open."""
        for statement in ("DELETE FROM budgets RETURNING 1", "DELETE FROM breakers RETURNING 1"):
            await asyncio.to_thread(self.rows, statement)

    @property
    def processes(self) -> tuple[Server | Worker, ...]:
        return (*self.servers, *self.workers)

    @asynccontextmanager
    async def caller(self, *servers: int) -> AsyncIterator[Caller]:
        """A client of the servers with these numbers, or of both; several take turns."""
        named = [self.servers[number].address for number in servers or range(len(self.servers))]
        options = [
            ("grpc.service_config", IN_TURN),
            ("grpc.initial_reconnect_backoff_ms", RECONNECT_MS),
            ("grpc.max_reconnect_backoff_ms", RECONNECT_MS),
            ("grpc.use_local_subchannel_pool", 1),
        ]
        async with grpc.aio.insecure_channel(f"ipv4:{','.join(named)}", options) as channel:
            yield Caller(sandboxes=self.sandboxes, channel=channel)

    def rows(self, query: str, given: Sequence[Any] = ()) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query, given).fetchall()

    def carrier(self, run_id: str) -> Worker | None:
        """The worker that holds a run's lease now."""
        held = self.rows(
            "SELECT lease_owner FROM sync_runs WHERE id = %s AND lease_until IS NOT NULL", [run_id]
        )
        owner = held[0][0] if held else ""
        return next((w for w in self.workers if w.process and owner.startswith(f"{w.process.pid}@")), None)

    def carried(self) -> Counter[str]:
        """How many runs each worker has taken up until now, by its log."""
        return Counter({worker.name: worker.said('"sync runs"') for worker in self.workers})

    def answered(self) -> list[int]:
        """How many calls each server has answered until now, by its log."""
        return [server.log.read_text().count('"event": "call"') for server in self.servers]


def alive(one: Server | Worker) -> bool:
    return one.process is not None and one.process.poll() is None


@contextmanager
def running(folder: Path, url: str) -> Iterator[Cluster]:
    """A cluster, and sandboxes of its brokerages. Its processes are started by whoever needs them whole."""
    with ExitStack() as stack:
        sandboxes = stack.enter_context(serving([create(name, 7, marker=MARKER) for name in BROKERAGES]))
        made = Cluster(folder, url, sandboxes)
        settings = {
            "DATABASE_URL": url,
            "BROKERLINK_LEASE_SECONDS": str(LEASE_SECONDS),
            "BROKERLINK_SYNC_CONCURRENCY": str(PLACES),
            "BROKERLINK_SYNC_CADENCE": "manual",
        }
        apart = {"BROKERLINK_WORK": "false", "BROKERLINK_PROCESSES": "1"}
        for number in range(2):
            place = folder / f"server-{number}"
            place.mkdir()
            made.servers.append(Server(place, sandboxes.address, {**settings, **apart}))
        made.servers[1].key = key = made.servers[0].key
        secrets = {"BROKERAGE_ENCRYPTION_KEY": key, "BROKERLINK_SANDBOX_URL": sandboxes.address}
        made.workers = [Worker(folder, f"worker-{number}", {**settings, **secrets}) for number in range(2)]
        stack.callback(lambda: [one.kill() for one in made.processes if alive(one)])
        yield made
