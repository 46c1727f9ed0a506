"""Whole syncs over loopback sockets, eight at a time, as a share of the limit measured in the same round."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from bench.bounds import Bound, Fetch
from bench.databases import NewDatabase
from bench.figures import Figure, least
from bench.house import house_at
from bench.recording import BROKERAGE, Recording, record, replayed
from brokerlink.usecases.connect import Connect
from domain.syncs import RunState, SyncRun

ROUNDS = 5
AT_ONCE = 8
ROWS = 1000


async def measure(new: NewDatabase) -> list[Figure]:
    """Accounts a second of each kind of sync, and their shares of the limits."""
    recording = await record(ROWS)
    with tempfile.TemporaryDirectory() as name:
        process, address = replayed(recording, Path(name))
        try:
            return await _Rounds(recording, address, Path(name), new()).measure()
        finally:
            process.kill()
            process.wait()


class _Rounds:
    """Rounds of the same: connect, sync first, again, and by window; and each limit beside it."""

    def __init__(self, recording: Recording, address: str, folder: Path, database: str) -> None:
        self._recording, self._address, self._database = recording, address, database
        self._house = house_at(address, folder, database)

    async def measure(self) -> list[Figure]:
        first_account = (await self._connect("warm"))[1]
        await self._sync(1)
        bound = Bound(self._database, first_account, AT_ONCE)
        whole = Fetch(self._address, list(self._recording.answers))
        window = Fetch(self._address, self._asked_by_window())
        try:
            await self._round(-1, bound, whole, window)
            rounds = [await self._round(number, bound, whole, window) for number in range(ROUNDS)]
        finally:
            await whole.close()
            await window.close()
            bound.close()
            await self._house.http().close()
            self._house.store().close()
        return _figures(rounds)

    async def _round(self, number: int, bound: Bound, whole: Fetch, window: Fetch) -> dict[str, float]:
        names = [f"bound-{number}-{one}" for one in range(AT_ONCE)]
        ready = [bound.renamed(name) for name in names]

        async def put(rows: object) -> None:
            await whole()
            await bound.put(rows)

        found: dict[str, float] = {}
        for kind in ("bound first", "bound again"):
            found[kind] = await _rate(lambda one: put(ready[one]))
        found["fetch"] = await _rate(lambda _: whole())
        found["fetch window"] = await _rate(lambda _: window())
        connections = [(await self._connect(f"{number}-{one}"))[0] for one in range(AT_ONCE)]
        found["first"] = await self._sync(AT_ONCE)
        for kind, force in (("again", True), ("window", False)):
            for connection in connections:
                await self._house.start_sync()(connection_id=connection, force=force)
            found[kind] = await self._sync(AT_ONCE)
        return found

    def _asked_by_window(self) -> list[str]:
        """What a sync asks that only looks for what is new: one page of history instead of all."""
        pages = [target for target in self._recording.answers if "activities" in target]
        others = [target for target in self._recording.answers if target not in pages]
        return [*others, f"{pages[0]}&after=2026-01-01"]

    async def _connect(self, user: str) -> tuple[str, str]:
        connect = Connect(self._house.connecting())
        view = await connect(user, BROKERAGE, credentials=self._recording.credentials)
        if view.connection is None:
            raise RuntimeError("the replay does not let us connect")
        return view.connection.id, view.accounts[0].id

    async def _sync(self, count: int) -> float:
        """Carry all queued runs to their ends, at once; accounts a second."""
        store, lease = self._house.store(), self._house.lease()
        runs = [await store.write(lambda uow: uow.runs.lease("bench", lease, None)) for _ in range(count)]
        leased = [run for run in runs if run is not None]
        if len(leased) != count:
            raise RuntimeError("a run is missing")
        start = time.perf_counter()
        await asyncio.gather(*(self._house.run_sync()(run) for run in leased))
        took = time.perf_counter() - start
        await self._check(leased)
        return count / took

    async def _check(self, runs: Iterable[SyncRun]) -> None:
        for run in runs:
            done = await self._house.store().read(lambda uow, run=run: uow.runs.get(run.id))  # type: ignore[misc]
            if done is None or done.state is not RunState.SUCCEEDED:
                raise RuntimeError(f"a sync did not succeed: {done}")


async def _rate(deed: Callable[[int], Awaitable[None]]) -> float:
    start = time.perf_counter()
    await asyncio.gather(*(deed(one) for one in range(AT_ONCE)))
    return AT_ONCE / (time.perf_counter() - start)


def _figures(rounds: list[dict[str, float]]) -> list[Figure]:
    def share(kind: str, limit: str) -> float:
        return statistics.median(one[kind] / one[limit] for one in rounds)

    figures = [
        Figure(f"{kind}, accounts/s", statistics.median(one[kind] for one in rounds)) for kind in rounds[0]
    ]
    return [
        *figures,
        least("first sync / bound", share("first", "bound first"), "P4", 0.40, 0.60),
        least("again, nothing new / bound", share("again", "bound again"), "P5", 0.9, 1.3),
        least("again by window / fetch only", share("window", "fetch window"), "P6", 0.35, 0.55),
    ]
