"""No-op sync runs a second through the embedded dispatcher: queued, leased, ended."""

import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta

from adapters.dispatch.inprocess import InProcessDispatch
from adapters.sql.store import open_store
from bench.databases import NewDatabase
from bench.figures import Figure, least
from domain.ports.storage import UnitOfWork
from domain.syncs import Lane, RunState, SyncRun, Trigger

RUNS = 500
ROUNDS = 3


async def measure(new: NewDatabase) -> list[Figure]:
    url = new()
    if not url.startswith("sqlite"):
        return []  # there an engine wakes workers
    rates = [await _round(url, number) for number in range(ROUNDS)]
    return [least("no-op runs/s, embedded", statistics.median(rates), "P11", 1_000, 5_000)]


async def _round(url: str, number: int) -> float:
    store = open_store(url)
    now, left = datetime.now(UTC), RUNS
    over = asyncio.Event()

    def queue(uow: UnitOfWork) -> None:
        for one in range(RUNS):
            name = f"{number}-{one}"
            until = now + timedelta(hours=1)
            uow.runs.add(
                SyncRun(name, f"c{name}", "u", RunState.QUEUED, Trigger.REQUEST, Lane.INTERACTIVE, now, until)
            )

    async def end(run: SyncRun) -> None:
        nonlocal left
        run.state, run.ended_at = RunState.SUCCEEDED, now
        await store.write(lambda uow: uow.runs.save(run, None))
        left -= 1
        if not left:
            over.set()

    await store.write(queue)
    dispatch = InProcessDispatch(store, end, "bench", timedelta(seconds=15), 16)
    start = time.perf_counter()
    dispatch.start()
    await over.wait()
    took = time.perf_counter() - start
    await dispatch.stop()
    store.close()
    return RUNS / took
