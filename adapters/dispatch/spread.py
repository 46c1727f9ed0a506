"""The dispatcher that spreads runs over processes and machines, by procrastinate on the PostgreSQL we have.

It delivers run ids and decides nothing: a job leases exactly its run, and whoever does not get the lease
goes away. So a job may come twice, late, or never (see `reaper`).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import uniform

from procrastinate import App, PsycopgConnector
from procrastinate.jobs import DeleteJobCondition, Job

from adapters.dispatch.inprocess import Clockwork, every
from adapters.dispatch.reaper import forgotten, free_stalled, overdue
from adapters.sql.engine import SqlStorage
from domain.syncs import Lane, RunState, SyncRun

log = logging.getLogger("brokerlink.dispatch")
TASK = "look_at"
QUEUES = {Lane.INTERACTIVE: "people", Lane.BATCH: "batch"}
# A person waiting goes first, wherever both are taken from the same queue's worker.
PRIORITIES = {Lane.INTERACTIVE: 1, Lane.BATCH: 0}
AT_ONCE = 500
# A job that another one of its connection kept off is not announced again when that one ends.
LOOK_EVERY = 0.5
REAP_EVERY, SWEEP_EVERY, TIDY_EVERY = 2.0, 15.0, 5.0
# How long a worker that lost the engine lets its runs go on before they are handed over.
PATIENCE = 1.0


@dataclass(slots=True)
class SpreadDispatch:
    """`places` 0: this process wakes runs, and others carry them on."""

    storage: SqlStorage
    carry_on: Callable[[SyncRun], Awaitable[None]]
    owner: str
    lease: timedelta
    places: int = 16
    tidy: Clockwork | None = None
    _app: App = field(init=False)
    _waking: dict[tuple[str, str | None], Job] = field(default_factory=dict)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)
    _workers: list["asyncio.Task[None]"] = field(default_factory=list)
    _loops: list["asyncio.Task[None]"] = field(default_factory=list)
    _stopping: bool = False

    def __post_init__(self) -> None:
        self._app = App(connector=PsycopgConnector(conninfo=self.storage.conninfo, min_size=1, max_size=4))
        self._app.task(name=TASK)(self._look_at)

    # ---- waking

    def wake(self, run: SyncRun) -> None:
        # Two jobs of one connection at once would only stand in each other's way.
        self._put(run, run.connection_id, None)

    def _put(self, run: SyncRun, lock: str | None, at: datetime | None) -> None:
        self._waking[run.id, lock] = Job(
            queue=QUEUES[run.lane],
            priority=PRIORITIES[run.lane],
            lock=lock,
            queueing_lock=None,
            task_name=TASK,
            task_kwargs={"run_id": run.id},
            scheduled_at=at,
        )
        self._woken.set()

    def _again(self, run: SyncRun, at: datetime | None = None) -> None:
        """Without the connection's lock: a job for later would keep off all that come after it, and one
        that is handed over would wait for its own end."""
        self._put(run, None, at)

    async def _tell(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            await self._flush()

    async def _flush(self) -> None:
        jobs = list(self._waking.values())
        self._waking.clear()
        for start in range(0, len(jobs), AT_ONCE):
            try:
                await self._app.job_manager.batch_defer_jobs_async(jobs[start : start + AT_ONCE])
            except Exception:
                # Their rows are committed: the next sweep wakes them.
                log.exception("waking failed", extra={"count": len(jobs)})

    # ---- starting and stopping

    def start(self) -> None:
        self._loops = [asyncio.create_task(self._begin(), name="dispatch")]
        if self.tidy is not None:
            self._loops.append(asyncio.create_task(every(TIDY_EVERY, self.tidy), name="tidy"))

    async def _begin(self) -> None:
        while True:
            try:
                await self._app.open_async()
                break
            except Exception:
                log.exception("the engine cannot be reached")
                await asyncio.sleep(PATIENCE)
        if self.places:
            # Half of the places are kept for people: batch runs never take the last ones.
            shared = max(self.places // 2, 1)
            self._work(list(QUEUES.values()), shared)
            if self.places > shared:
                self._work([QUEUES[Lane.INTERACTIVE]], self.places - shared)
            self._loops.append(asyncio.create_task(self._reap(), name="reap"))
        await self._tell()

    async def stop(self, grace: float = 10.0) -> None:
        """Take nothing new, let the step in flight be stored, and hand the rest over at once."""
        self._stopping = True
        for loop in self._loops[1:]:
            loop.cancel()
        for task in [*self._workers, *self._running.values()]:
            task.cancel()
        if self._workers:
            await asyncio.wait(self._workers, timeout=grace)

    async def close(self) -> None:
        """After `stop`, and after the last wake: say what was woken, and leave the engine."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.wait(self._loops)
        await self._flush()
        await self._app.close_async()

    # ---- working

    def _work(self, queues: list[str], places: int) -> None:
        self._workers.append(asyncio.create_task(self._keep_working(queues, places), name=f"work {queues}"))

    async def _keep_working(self, queues: list[str], places: int) -> None:
        beat = self.lease.total_seconds() / 3
        while not self._stopping:
            try:
                await self._app.run_worker_async(
                    queues=queues,
                    concurrency=places,
                    install_signal_handlers=False,
                    fetch_job_polling_interval=LOOK_EVERY,
                    delete_jobs=DeleteJobCondition.ALWAYS,
                    shutdown_graceful_timeout=PATIENCE,
                    update_heartbeat_interval=beat,
                    stalled_worker_timeout=4 * beat,
                )
            except asyncio.CancelledError:
                raise
            except Exception:
                # The engine gives up when its database goes away; we have to outlive that.
                log.exception("the engine broke off")
            await asyncio.sleep(PATIENCE * uniform(0.5, 1))  # noqa: S311 - no secret

    async def _look_at(self, run_id: str) -> None:
        """One job: carry its run on, if it is due and nobody else does."""
        run = await self.storage.write(lambda uow: uow.runs.lease_one(run_id, self.owner, self.lease))
        if run is None:
            return
        former = self._running.get(run_id)
        if former is not None:
            # Our own lease ran out while the run still goes on here: its old task would be refused.
            log.warning("lease ran out in this process", extra={"run_id": run_id})
            former.cancel()
        task = self._running[run_id] = asyncio.create_task(self._carry(run), name=run_id)
        if self._stopping:
            task.cancel()
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            raise
        finally:
            if self._running.get(run_id) is task:
                del self._running[run_id]
            if task.cancelled() and former is not task:
                await self._hand_over(run)
        if run.state is RunState.WAITING and run.retry_at is not None:
            self._again(run, run.retry_at)

    async def _carry(self, run: SyncRun) -> None:
        try:
            await self.carry_on(run)
        except Exception:
            # A fault of ours: the lease runs out and the run is tried again, a bounded number of times.
            log.exception("a run broke off", extra={"run_id": run.id})

    async def _hand_over(self, run: SyncRun) -> None:
        try:
            await self.storage.write(lambda uow: uow.runs.hand_over(run.id, run.token))
        except Exception:
            log.exception("handing over failed, the lease has to run out", extra={"run_id": run.id})
        else:
            self._again(run)

    async def _reap(self) -> None:
        """In every process that works, without a lock that a dead one could keep: what two of them find
        is found once, or woken twice, which does no harm."""
        loop, swept = asyncio.get_running_loop(), 0.0
        while True:
            await asyncio.sleep(REAP_EVERY * uniform(0.5, 1))  # noqa: S311 - no secret
            try:
                found = await self.storage.write(overdue)
                if loop.time() - swept >= SWEEP_EVERY:
                    await self.storage.write(lambda uow: free_stalled(uow, self.lease))
                    found += await self.storage.read(forgotten)
                    swept = loop.time()
            except Exception:
                log.exception("looking for runs that nobody looks at failed")
                continue
            for run in found:
                self._again(run)
            if found:
                log.info("runs that nobody looked at were woken", extra={"count": len(found)})
