"""The port that wakes sync runs. It may deliver twice or late: what counts is the run's row."""

from typing import Protocol

from domain.syncs import SyncRun


class Dispatch(Protocol):
    def wake(self, run: SyncRun) -> None:
        """This run was queued, or something about it has changed: somebody should look at it.

        Called after the commit. Neither waits nor fails: a run whose waking is lost is found by whoever
        looks for runs that nobody looks at.
        """


class ProgressHub(Protocol):
    """Tells watchers that a run moved. A hint: the stored log is the truth."""

    def publish(self, run_id: str, sequence: int) -> None:
        """The run has moved to this sequence, and that is committed."""

    async def wait(self, run_id: str, sequence: int, seconds: float) -> None:
        """Return when the run has moved past `sequence`, as far as this process knows, or after so many
        seconds: then look at the stored log."""
