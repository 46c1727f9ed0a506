"""Progress streams: messages a second over a bare stream, what an idle watcher costs, and how long a message
takes from the commit of one process to a watcher of another."""

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE, Popen
from sys import executable

import grpc.aio

from bench.databases import NewDatabase
from bench.figures import Figure, least, most
from bench.house import house_at
from bench.processes import resident
from bench.streaming import IDLE, LONG, run
from brokerlink.v1 import syncs_pb2 as pb
from brokerlink.v1 import syncs_pb2_grpc as pb_grpc
from domain.ports.storage import UnitOfWork
from domain.syncs import Progress, ProgressKind, RunState

MESSAGES = 5_000
ROUNDS = 5
WATCHERS = 450  # fewer than one caller may have open
STEPS = 200
FOLLOWED = "run-followed"


async def measure(new: NewDatabase) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder, database = Path(name), new()
        command = [executable, "-m", "bench.streaming", str(folder), database, str(MESSAGES)]
        with Popen(command, stdout=PIPE, text=True) as server:  # noqa: S603, ASYNC220 - ourselves, and nothing runs yet
            try:
                if server.stdout is None:
                    raise RuntimeError("the server has no output")
                port, bare = server.stdout.readline().split()
                figures = [*await _rates(port, bare), await _memory(port, server.pid)]
            finally:
                server.kill()
        if not database.startswith("sqlite"):
            figures += await _latency(folder, new())
        return figures


async def _rates(port: str, bare: str) -> list[Figure]:
    async with (
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as ours,
        grpc.aio.insecure_channel(f"127.0.0.1:{bare}") as theirs,
    ):
        watch = pb_grpc.SyncServiceStub(ours).WatchSync
        tell = theirs.unary_stream("/bare/Tell", None, pb.SyncProgress.FromString)
        rounds = []
        for _ in range(ROUNDS):
            told = await _rate(watch(pb.WatchSyncRequest(sync_run_id=LONG)))
            rounds.append((told, await _rate(tell(b""))))
    share = statistics.median(told / limit for told, limit in rounds)
    return [
        Figure("progress messages/s", statistics.median(told for told, _ in rounds)),
        Figure("bare stream, messages/s", statistics.median(limit for _, limit in rounds)),
        least("progress / bare stream", share, "P9", 0.3, 0.6),
    ]


async def _rate(stream: grpc.aio.UnaryStreamCall[object, object]) -> float:
    start, count = time.perf_counter(), 0
    async for _ in stream:
        count += 1
    if count < MESSAGES:
        raise RuntimeError(f"only {count} messages came")
    return count / (time.perf_counter() - start)


async def _memory(port: str, process: int) -> Figure:
    before = resident(process)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        watch = pb_grpc.SyncServiceStub(channel).WatchSync
        streams = [watch(pb.WatchSyncRequest(sync_run_id=IDLE)) for _ in range(WATCHERS)]
        await asyncio.gather(*(stream.read() for stream in streams))
        await asyncio.sleep(3)  # each has looked again by now
        each = (resident(process) - before) / WATCHERS
        for stream in streams:
            stream.cancel()
    return most(f"KB an idle watcher, of {WATCHERS}", each, "P9", 100, 30)


async def _latency(folder: Path, database: str) -> list[Figure]:
    """Two houses on one database, each with its own hub, as two processes have."""
    writing, watching = (house_at("http://127.0.0.1:9", folder / one, database) for one in ("a", "b"))
    now = datetime.now(UTC)
    await writing.store().write(lambda uow: uow.runs.add(run(FOLLOWED, now)))
    hubs = writing.hub(), watching.hub()
    for hub in hubs:
        hub.start()
    await asyncio.sleep(0.5)
    committed: dict[int, float] = {}
    took: list[float] = []

    async def watch() -> None:
        seen = 0
        while seen < STEPS:
            await watching.hub().wait(FOLLOWED, seen, 2.0)
            told = await watching.store().read(lambda uow, seen=seen: uow.progress.after(FOLLOWED, seen, 200))  # type: ignore[misc]
            for message in told:
                seen = message.sequence
                took.append((time.perf_counter() - committed[seen]) * 1000)

    watcher = asyncio.create_task(watch())
    for number in range(1, STEPS + 1):
        message = Progress(FOLLOWED, number, ProgressKind.PROGRESS, now, RunState.RUNNING)

        def deed(uow: UnitOfWork, message: Progress = message) -> None:
            uow.progress.add(message)

        committed[number] = time.perf_counter()
        await writing.store().write(deed)
        committed[number] = time.perf_counter()
        writing.hub().publish(FOLLOWED, number)
        await asyncio.sleep(0.02)
    await watcher
    for hub in hubs:
        await hub.stop()
    took.sort()
    return [
        Figure("commit to watcher, ms, p50", statistics.median(took)),
        most("commit to watcher, ms, p99", took[int(len(took) * 0.99)], "P10", 500, 100),
    ]
