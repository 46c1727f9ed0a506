"""The port to the store, for sync runs: who has which, what they tell, and what one process does for all."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from domain.syncs import DeadLetter, Lane, Progress, SyncRun


class Runs(Protocol):
    def get(self, run_id: str) -> SyncRun | None: ...

    def active(self, connection_id: str) -> SyncRun | None: ...

    def latest(self, connection_id: str) -> SyncRun | None: ...

    def add(self, run: SyncRun) -> bool:
        """False if the connection already has an active run (the store's own unique key says so)."""

    def lease(self, owner: str, duration: timedelta, lane: Lane | None) -> SyncRun | None:
        """Take the most urgent run that is due and free, with a new fencing token."""

    def lease_one(self, run_id: str, owner: str, duration: timedelta) -> SyncRun | None:
        """Take exactly this run, if it is due and free."""

    def held(self) -> list[tuple[str, str]]:
        """(run id, owner) of all leases that have not ended."""

    def release(self, run_id: str, owner: str) -> None:
        """End the lease of an owner that is dead or has stopped. What it may still write is refused."""

    def hand_over(self, run_id: str, token: int) -> None:
        """Give the lease with this token up, and queue the run for somebody else to go on at once."""

    def renew(self, run_id: str, token: int, duration: timedelta) -> bool:
        """Hold the lease on. False if it was lost."""

    def save(self, run: SyncRun, duration: timedelta | None) -> None:
        """Write the run under its token and hold the lease on (None: give it up).
        Raises LeaseLost if the token is stale."""

    def request_cancel(self, run_id: str) -> None: ...

    def hurry(self, run_id: str) -> None:
        """A person waits for this batch run now: it goes first, and no longer waits for its time."""

    def at_work(self, lane: Lane) -> dict[str, int]:
        """How many runs of a lane have not ended, for each brokerage that has any."""

    def recent(
        self, user_id: str | None, connection_id: str | None, before: str, limit: int
    ) -> list[SyncRun]:
        """Newest first, those before the run id `before`."""

    def requeue(self, run_id: str) -> bool:
        """Take an active run from whoever has it, and queue it to go on at once. False if it is over."""

    def dead_letters(
        self, user_id: str | None, brokerage_id: str, before: tuple[datetime, str] | None, limit: int
    ) -> list[DeadLetter]:
        """What was put aside and still waits for an operator, the latest first: of one user or brokerage
        if one is named, those before (time, connection)."""

    def expired(self, now: datetime) -> Sequence[SyncRun]:
        """Runs that nobody holds and whose deadline is over."""

    def seize(self, run: SyncRun) -> SyncRun | None:
        """Take a run that nobody holds, to end it from outside. None if somebody was faster."""


class ProgressLog(Protocol):
    def add(self, progress: Progress) -> None: ...

    def after(self, run_id: str, sequence: int, limit: int) -> list[Progress]: ...

    def prune(self, before: datetime) -> int: ...


class Duties(Protocol):
    """What one process does for all of them."""

    def take(self, name: str, owner: str, duration: timedelta) -> bool:
        """Take a duty, or keep it on, by the database's clock. False while somebody else has it."""

    def leave(self, name: str, owner: str) -> None:
        """Let somebody else take it at once."""


class LeaseLost(Exception):
    """Somebody else has taken the run: stop without writing anything."""
