"""The embedded dispatcher: leases due runs out of the store and carries them on in this process.

The store is the queue. A wake-up is only a hint that saves waiting for the next look. Half of the
places are kept for people who wait: batch runs never take the last ones.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from domain.ports.storage import Storage, UnitOfWork
from domain.syncs import Lane, SyncRun

log = logging.getLogger("brokerlink.dispatch")
LOOK_EVERY = 0.5
TIDY_EVERY = 5.0


class Clockwork(Protocol):
    """What has to be done now and then besides: expire, prune, schedule."""

    async def __call__(self) -> None: ...


@dataclass(slots=True)
class InProcessDispatch:
    storage: Storage
    carry_on: Callable[[SyncRun], Awaitable[None]]
    owner: str
    lease: timedelta
    places: int = 16
    tidy: Clockwork | None = None
    _running: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)
    _lanes: dict[str, Lane] = field(default_factory=dict)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _loops: list["asyncio.Task[None]"] = field(default_factory=list)
    _stopping: bool = False

    def wake(self, run: SyncRun) -> None:
        self._woken.set()

    def start(self) -> None:
        self._loops = [asyncio.create_task(self._look(), name="dispatch")]
        if self.tidy is not None:
            self._loops.append(asyncio.create_task(every(TIDY_EVERY, self.tidy), name="tidy"))

    async def stop(self, grace: float = 10.0) -> None:
        """Take nothing new and let the step in flight be stored. What is not done by then goes on where
        its lease ends: a run is never lost by stopping."""
        self._stopping = True
        for loop in self._loops:
            loop.cancel()
        running = dict(self._running)
        for task in running.values():
            task.cancel()
        if running:
            await asyncio.wait(running.values(), timeout=grace)
            # Handed over at once, instead of after the lease's end.
            await self.storage.write(lambda uow: self._hand_over(uow, list(running)))

    async def close(self) -> None:
        """Nothing is left to say: the store is the queue."""

    def _hand_over(self, uow: UnitOfWork, run_ids: list[str]) -> None:
        for run_id in run_ids:
            uow.runs.release(run_id, self.owner)

    async def _look(self) -> None:
        while not self._stopping:
            try:
                taken = await self._take()
            except asyncio.CancelledError:
                raise
            except Exception:
                # The store may be gone for a while; the dispatcher has to outlive that.
                log.exception("looking for runs failed")
                taken = False
                await asyncio.sleep(LOOK_EVERY)
            if not taken:
                self._woken.clear()
                try:
                    async with asyncio.timeout(LOOK_EVERY):
                        await self._woken.wait()
                except TimeoutError:
                    pass

    async def _take(self) -> bool:
        """Take what is due, as far as there are places, in one transaction. False if nothing was."""
        free = self.places - len(self._running)
        batch = max(self.places // 2, 1) - sum(lane is Lane.BATCH for lane in self._lanes.values())
        runs = await self.storage.write(lambda uow: self._leased(uow, free, batch)) if free > 0 else []
        for run in runs:
            self._begin(run)
        return bool(runs)

    def _leased(self, uow: UnitOfWork, free: int, batch: int) -> list[SyncRun]:
        """At most `free` runs, and at most `batch` of them in the lane of batch."""
        taken: list[SyncRun] = []
        while len(taken) < free:
            lane = None if sum(run.lane is Lane.BATCH for run in taken) < batch else Lane.INTERACTIVE
            run = uow.runs.lease(self.owner, self.lease, lane)
            if run is None:
                break
            taken.append(run)
        return taken

    def _begin(self, run: SyncRun) -> None:
        if run.id in self._running:
            # Our own lease ran out while the run still goes on here: its old task will be refused.
            log.warning("lease ran out in this process", extra={"run_id": run.id})
            self._running[run.id].cancel()
        task = asyncio.create_task(self._carry(run), name=run.id)
        self._running[run.id], self._lanes[run.id] = task, run.lane
        task.add_done_callback(lambda done: self._ended(run.id, done))

    def _ended(self, run_id: str, task: "asyncio.Task[None]") -> None:
        if self._running.get(run_id) is task:
            del self._running[run_id]
            self._lanes.pop(run_id, None)
        self._woken.set()

    async def _carry(self, run: SyncRun) -> None:
        try:
            await self.carry_on(run)
        except asyncio.CancelledError:
            raise
        except Exception:
            # A fault of ours: the lease runs out and the run is tried again, a bounded number of times.
            log.exception("a run broke off", extra={"run_id": run.id})


async def every(seconds: float, tidy: Clockwork) -> None:
    """Do it now and then, whatever goes wrong with it."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await tidy()
        except Exception:
            log.exception("tidying up failed")
