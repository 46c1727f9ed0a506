"""No-op sync runs a second through a dispatcher: queued, leased, ended. Embedded, and by procrastinate."""

import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta

from adapters.dispatch.inprocess import InProcessDispatch
from adapters.dispatch.spread import SpreadDispatch
from adapters.sql.store import open_store
from bench.databases import NewDatabase
from bench.figures import Figure, least
from domain.ports.storage import UnitOfWork
from domain.syncs import Lane, RunState, SyncRun, Trigger

RUNS = 500
ROUNDS = 5
LEASE = timedelta(seconds=15)


async def measure(new: NewDatabase) -> list[Figure]:
    url = new()
    rate = statistics.median([await _round(url, number) for number in range(ROUNDS)])
    if url.startswith("sqlite"):
        return [least("no-op runs/s, embedded", rate, "P11", 1_000, 5_000)]
    return [least("no-op runs/s, procrastinate", rate, "P11", 300, 600)]


async def _round(url: str, number: int) -> float:
    store = open_store(url)
    now, left = datetime.now(UTC), RUNS
    over = asyncio.Event()
    until = now + timedelta(hours=1)
    runs = [
        SyncRun(name, f"c{name}", "u", RunState.QUEUED, Trigger.REQUEST, Lane.INTERACTIVE, now, until)
        for name in (f"{number}-{one}" for one in range(RUNS))
    ]

    def queue(uow: UnitOfWork) -> None:
        for run in runs:
            uow.runs.add(run)

    async def end(run: SyncRun) -> None:
        nonlocal left
        run.state, run.ended_at = RunState.SUCCEEDED, now
        await store.write(lambda uow: uow.runs.save(run, None))
        left -= 1
        if not left:
            over.set()

    await store.write(queue)
    kind = InProcessDispatch if store.embedded else SpreadDispatch
    dispatch = kind(store, end, "bench", LEASE, 16)
    for run in runs:
        dispatch.wake(run)
    start = time.perf_counter()
    dispatch.start()
    await over.wait()
    took = time.perf_counter() - start
    await dispatch.stop()
    await dispatch.close()
    store.close()
    return RUNS / took
