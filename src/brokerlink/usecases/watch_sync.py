"""Watch a sync run to its end: the run as it stands, what moved since, and always a last message."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from brokerlink.usecases.get_sync_run import found
from domain.ports.clock import Clock
from domain.ports.dispatch import ProgressHub
from domain.ports.storage import Storage, UnitOfWork
from domain.syncs import Progress, ProgressKind, RunState, SyncRun

# How many messages of the log are read at once; the reader's pace decides when the next are read.
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class WatchSync:
    """The hub's hint saves waiting; the stored log is the truth. So a watcher may sit in any process,
    and a hint that is lost costs at most `look_every`.

    After the deadline of a run somebody ends it; `patience` is how long the watcher waits for that
    before it ends the stream by itself.
    """

    storage: Storage
    hub: ProgressHub
    clock: Clock
    heartbeat: timedelta = timedelta(seconds=5)
    look_every: timedelta = timedelta(seconds=2)
    patience: timedelta = timedelta(seconds=30)

    async def __call__(
        self, run_id: str, after_sequence: int = 0, user_id: str | None = None
    ) -> AsyncGenerator[Progress, None]:
        """Starts with a SNAPSHOT, goes on with every message after `after_sequence`, ends with a TERMINAL.
        Sequences rise: the snapshot has the one that the watcher has seen. Raises NotFound."""
        run = await self.storage.read(lambda uow: found(uow, run_id, user_id))
        seen, state = after_sequence, run.state
        # Pauses are measured by a clock that nobody sets; the times in messages by the one on the wall.
        moment = asyncio.get_running_loop().time
        said = moment()
        now = self.clock.now()
        yield Progress(
            run_id, seen, ProgressKind.SNAPSHOT, now, state, run=run, retry_at=run.retry_at, message=_why(run)
        )
        while True:
            messages, run = await self.storage.read(partial(_look, run_id=run_id, seen=seen))
            for message in messages:
                seen, state, said = message.sequence, message.state, moment()
                yield message
                if message.kind is ProgressKind.TERMINAL:
                    return
            if len(messages) == AT_ONCE:
                continue
            now = self.clock.now()
            last = self._last(run, seen, now)
            if last is not None:
                yield last
                return
            if moment() - said >= self.heartbeat.total_seconds():
                said = moment()
                yield Progress(run_id, seen, ProgressKind.HEARTBEAT, now, state, retry_at=run.retry_at)
            left = said + self.heartbeat.total_seconds() - moment()
            await self.hub.wait(run_id, seen, max(min(self.look_every.total_seconds(), left), 0.001))

    def _last(self, run: SyncRun, seen: int, now: datetime) -> Progress | None:
        """The TERMINAL that the log does not hold: it was pruned, or seen before, or nobody wrote one."""
        if run.state.terminal:
            return _terminal(run, max(seen, run.sequence), run.ended_at or now)
        if now >= run.deadline + self.patience:
            expired = replace(run, state=RunState.EXPIRED, ended_at=run.deadline, retry_at=None)
            return _terminal(expired, max(seen, run.sequence) + 1, now)
        return None


def _look(uow: UnitOfWork, run_id: str, seen: int) -> tuple[list[Progress], SyncRun]:
    """The next messages and the run as it stands, in one view: a run that is over has all in its log."""
    return uow.progress.after(run_id, seen, AT_ONCE), found(uow, run_id, None)


def _terminal(run: SyncRun, sequence: int, at: datetime) -> Progress:
    return Progress(run.id, sequence, ProgressKind.TERMINAL, at, run.state, run=run, message=_why(run))


def _why(run: SyncRun) -> str:
    return run.failure.message if run.failure else ""
