"""A thousand watchers of a hundred runs over two servers, while two workers run them: four processes on one
PostgreSQL. What each watcher costs, whether each hears of the end once, and how soon.
"""

import asyncio
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import grpc.aio
import psycopg

from adapters.sandbox.create import create
from adapters.sandbox.play import Sandbox
from adapters.sandbox.server import serving as serving_sandboxes
from bench.databases import NewDatabase
from bench.figures import Figure, most
from bench.processes import Serving, cpu_seconds, resident, serving, working
from brokerlink.v1 import connections_pb2, connections_pb2_grpc, syncs_pb2, syncs_pb2_grpc

WATCHERS, RUNS = 1_000, 100
# Eight steps or so for each run; brokerages take about so long.
ROWS, LATENCY_MS = 300, 500
IDLE_SECONDS = 10
END_WITHIN = 300
TERMINAL = syncs_pb2.SYNC_PROGRESS_KIND_TERMINAL
STANDING = {syncs_pb2.SYNC_PROGRESS_KIND_SNAPSHOT, syncs_pb2.SYNC_PROGRESS_KIND_HEARTBEAT}


@dataclass
class Watcher:
    """One stream, opened once. `late` is how long after it was said each message came, in milliseconds."""

    channel: grpc.aio.Channel
    run_id: str
    there: asyncio.Event = field(default_factory=asyncio.Event)
    sequences: list[int] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    ends: int = 0
    last: syncs_pb2.SyncProgress | None = None

    async def watch(self) -> None:
        asked = syncs_pb2.WatchSyncRequest(sync_run_id=self.run_id)
        async for message in syncs_pb2_grpc.SyncServiceStub(self.channel).WatchSync(asked):
            self.there.set()
            self.last = message
            if message.kind not in STANDING:
                self.sequences.append(message.sequence)
                self.late.append((time.time() - message.time.ToMicroseconds() / 1e6) * 1000)
            self.ends += message.kind == TERMINAL

    @property
    def whole(self) -> bool:
        """Every message came once, in order, and the last one last."""
        gapless = self.sequences == list(range(1, len(self.sequences) + 1))
        return gapless and self.ends == 1 and self.last is not None and self.last.kind == TERMINAL


async def measure(new: NewDatabase) -> list[Figure]:
    """Nothing where the database is embedded: there is one process."""
    database = new()
    if database.startswith("sqlite"):
        return []
    sandbox = create("alpaca", 11, "large", rows=ROWS)
    with (
        tempfile.TemporaryDirectory() as name,
        serving_sandboxes([sandbox], latency_ms=LATENCY_MS) as sandboxes,
    ):
        settings = {"BROKERLINK_SANDBOX_URL": sandboxes.address, "BROKERLINK_SYNC_CADENCE": "manual"}
        apart = {**settings, "BROKERLINK_WORK": "false"}
        with (
            serving(Path(name), database, **apart) as one,
            serving(Path(name), database, **apart) as other,
            ExitStack() as workers,
        ):

            def work() -> None:
                for _ in range(2):
                    workers.enter_context(working(Path(name), database, **settings))

            async with (
                grpc.aio.insecure_channel(one.address) as here,
                grpc.aio.insecure_channel(other.address) as there,
            ):
                quota = asyncio.create_task(_no_quota(database))
                runs = [await _queued(here, sandbox, f"user-{number}") for number in range(RUNS)]
                await _warm((here, there), runs[0])
                crowd = [Watcher((here, there)[n % 2], runs[n // 2 % RUNS]) for n in range(WATCHERS)]
                before = [resident(server.pid) for server in (one, other)]
                watching = [asyncio.create_task(watcher.watch()) for watcher in crowd]
                figures = await _idle((one, other), before, crowd)
                work()
                figures += await _ended(crowd, watching)
                quota.cancel()
                return figures


async def _queued(channel: grpc.aio.Channel, sandbox: Sandbox, user: str) -> str:
    """A user who has connected; the first sync waits for a worker."""
    session = await connections_pb2_grpc.ConnectionServiceStub(channel).Connect(
        connections_pb2.ConnectRequest(user_id=user, brokerage_id="alpaca", credentials=sandbox.credentials())
    )
    asked = syncs_pb2.StartSyncRequest(connection_id=session.connection.id)
    return (await syncs_pb2_grpc.SyncServiceStub(channel).StartSync(asked)).id


async def _warm(channels: tuple[grpc.aio.Channel, ...], run_id: str) -> None:
    """What a server's first streams cost is not a watcher's."""
    few = [Watcher(channel, run_id) for channel in channels for _ in range(20)]
    watching = [asyncio.create_task(watcher.watch()) for watcher in few]
    await asyncio.gather(*(watcher.there.wait() for watcher in few))
    for task in watching:
        task.cancel()
    await asyncio.wait(watching)
    await asyncio.sleep(1)


async def _idle(servers: tuple[Serving, ...], before: list[float], crowd: list[Watcher]) -> list[Figure]:
    """All are there, and nothing moves yet."""
    await asyncio.gather(*(watcher.there.wait() for watcher in crowd))
    spent, start = sum(cpu_seconds(server.pid) for server in servers), time.perf_counter()
    await asyncio.sleep(IDLE_SECONDS)
    spent, passed = sum(cpu_seconds(s.pid) for s in servers) - spent, time.perf_counter() - start
    grown = sum(resident(server.pid) for server in servers) - sum(before)
    each = len(crowd)
    return [
        most(f"KB an idle watcher, of {each // len(servers)} at each server", grown / each, "P9", 100, 30),
        Figure("CPU an idle watcher and second, microseconds", spent / passed / each * 1e6),
    ]


async def _ended(crowd: list[Watcher], watching: list["asyncio.Task[None]"]) -> list[Figure]:
    """The workers are there: every stream ends by itself."""
    start = time.perf_counter()
    done, late = await asyncio.wait(watching, timeout=END_WITHIN)
    passed = time.perf_counter() - start
    for task in late:
        task.cancel()
    broken = sum(task.exception() is not None for task in done)
    lates = sorted(late for watcher in crowd for late in watcher.late)
    ends = sorted(watcher.late[-1] for watcher in crowd if watcher.ends)
    return [
        Figure(f"runs that {len(crowd):,} watchers saw to the end", len({w.run_id for w in crowd if w.ends})),
        Figure("messages that were told them", len(lates)),
        most("streams that broke, or never ended", broken + len(late), "P9", 0, 0),
        most("watchers that missed a message, or the end", sum(not w.whole for w in crowd), "P9", 0, 0),
        Figure("seconds until the last of them ended", passed),
        Figure("message said to message seen, ms, p50", statistics.median(lates)),
        Figure("the same, p99", lates[int(len(lates) * 0.99)]),
        Figure("the end of a run, p99", ends[int(len(ends) * 0.99)]),
    ]


async def _no_quota(database: str) -> None:
    """All have one key, and what is measured is us: its budget is always full."""
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        while True:
            await connection.execute("DELETE FROM budgets")
            await asyncio.sleep(0.2)
