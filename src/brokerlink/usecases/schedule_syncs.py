"""Starts the syncs that are due: one process does it for all, and never more than the brokerages can take."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from brokerlink.usecases.start_sync import RUN_LIFE, new_run
from domain import policy
from domain.connections import Connection
from domain.errors import StorageUnavailable
from domain.policy import Cadence, SyncPolicy
from domain.ports.brokerage import Brokerages
from domain.ports.calendar import CalendarMissing, MarketCalendar
from domain.ports.clock import Chance, Clock
from domain.ports.dispatch import Dispatch
from domain.ports.storage import Storage, UnitOfWork
from domain.syncs import Lane, SyncRun, Trigger

log = logging.getLogger("brokerlink.schedule")
DUTY = "schedule"
# Whoever does it looks every few seconds. If it dies, another goes on after this.
HELD_FOR = timedelta(seconds=15)
# So many batch runs of one brokerage are at work or wait for it at once. After an outage of any length
# the backlog is started only as it is done, and the backlog of one brokerage leaves the others alone.
AT_WORK = 500
# So many runs are queued in one transaction.
TOGETHER = 50
# A connection whose run ends in no ordinary way is due again after this.
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ScheduleSyncs:
    storage: Storage
    brokerages: Brokerages
    clock: Clock
    chance: Chance
    dispatch: Dispatch
    calendar: MarketCalendar
    owner: str
    wish: SyncPolicy = field(default_factory=SyncPolicy)
    life: timedelta = RUN_LIFE
    at_work: int = AT_WORK

    async def __call__(self) -> int:
        """Start what is due; how many were started. Nothing while another process has the duty."""
        if self.wish.cadence is Cadence.MANUAL:
            return 0
        if not await self.storage.write(lambda uow: uow.duties.take(DUTY, self.owner, HELD_FOR)):
            return 0
        try:
            opening = await self._opening()
        except CalendarMissing as why:
            log.error("nothing is scheduled", extra={"reason": str(why)})  # noqa: TRY400  no fault of ours
            return 0
        busy = await self.storage.read(lambda uow: uow.runs.at_work(Lane.BATCH))
        started = 0
        for facts in self.brokerages.all():
            room = self.at_work if opening else self.at_work - busy.get(facts.id, 0)
            started += await self._brokerage(facts.id, room, opening)
        return started

    async def leave(self) -> None:
        """Let another process take over at once. Where the store is away the duty ends by itself."""
        try:
            await self.storage.write(lambda uow: uow.duties.leave(DUTY, self.owner))
        except StorageUnavailable:
            log.warning("the schedule is not handed over")

    async def _opening(self) -> datetime | None:
        """When the market opens, if syncs wait for it."""
        if self.wish.cadence is not Cadence.MARKET_HOURS:
            return None
        # What was due shortly after the close still runs: it sees the day's last figures.
        return await self.calendar.opening(self.clock.now(), self.wish.every * 1.2)

    async def _brokerage(self, brokerage_id: str, room: int, opening: datetime | None) -> int:
        started = 0
        while room > 0:
            now, limit = self.clock.now(), min(room, TOGETHER)
            start = partial(self._start, brokerage_id=brokerage_id, now=now, limit=limit, opening=opening)
            runs, seen = await self.storage.write(start)
            for run in runs:
                self.dispatch.wake(run)
            started, room = started + len(runs), room - seen
            if seen < limit:
                break
        return started

    def _start(
        self, uow: UnitOfWork, brokerage_id: str, now: datetime, limit: int, opening: datetime | None
    ) -> tuple[list[SyncRun], int]:
        """Queue the next runs; what was queued, and how many connections were due."""
        due = uow.connections.due(brokerage_id, now, limit)
        if opening is not None:
            self._postpone(uow, due, opening)
            return [], len(due)
        runs = []
        for connection in due:
            # Moved on in the same transaction: it is not due again at the next look, whatever happens.
            uow.connections.postpone(connection.id, now + FORGOTTEN_AFTER)
            run = new_run(self.chance.id("run"), connection, Trigger.SCHEDULE, Lane.BATCH, now, self.life)
            if uow.runs.add(run):
                runs.append(run)
        return runs, len(due)

    def _postpone(self, uow: UnitOfWork, due: Sequence[Connection], opening: datetime) -> None:
        for connection in due:
            at = policy.after_opening(self.wish, opening, self.chance.fraction())
            uow.connections.postpone(connection.id, at)
