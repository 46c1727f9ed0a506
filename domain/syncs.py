"""Sync runs: states, results for each account and dataset, and the progress a watcher sees."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from domain.brokerages import Dataset
from domain.errors import FailureRecord


class RunState(Enum):
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    PARTIALLY_SUCCEEDED = "partially_succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def terminal(self) -> bool:
        return self not in {RunState.QUEUED, RunState.RUNNING, RunState.WAITING}


class Trigger(Enum):
    CONNECT = "connect"
    REQUEST = "request"
    SCHEDULE = "schedule"
    RESUME = "resume"


class Lane(Enum):
    """A person waiting goes before batch."""

    INTERACTIVE = 0
    BATCH = 1


class ResultState(Enum):
    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def done(self) -> bool:
        return self not in {ResultState.PENDING, ResultState.RUNNING}


@dataclass(slots=True)
class DatasetResult:
    """What a run did for one account and dataset. `account_id` is empty for the list of accounts.

    `held_back`: a snapshot came that we do not believe yet (everything vanished at once). `totals_differ`:
    of BALANCES; the brokerage's total is not the sum of cash and positions that it tells.
    """

    account_id: str
    dataset: Dataset
    state: ResultState = ResultState.PENDING
    added: int = 0
    modified: int = 0
    removed: int = 0
    unchanged: int = 0
    pages: int = 0
    failure: FailureRecord | None = None
    unknown_fields: dict[str, int] = field(default_factory=dict)
    unknown_words: dict[str, int] = field(default_factory=dict)
    held_back: bool = False
    totals_differ: bool = False


@dataclass(slots=True)
class SyncRun:
    """One execution of a sync of a connection. The row is the truth; an engine only wakes workers.

    `token` is the fencing token: it rises each time somebody takes the lease, and a writer with an
    older one is refused. `head_done`: balances and positions are published, history goes on.
    """

    id: str
    connection_id: str
    user_id: str
    state: RunState
    trigger: Trigger
    lane: Lane
    created_at: datetime
    deadline: datetime
    force: bool = False
    attempt: int = 0
    sequence: int = 0
    token: int = 0
    head_done: bool = False
    cancel_requested: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    retry_at: datetime | None = None
    failure: FailureRecord | None = None
    results: list[DatasetResult] = field(default_factory=list)

    def result(self, account_id: str, dataset: Dataset) -> DatasetResult:
        """The result for an account and dataset, made when first asked for."""
        for found in self.results:
            if found.account_id == account_id and found.dataset is dataset:
                return found
        made = DatasetResult(account_id, dataset)
        self.results.append(made)
        return made


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A run that was put aside: it ended with whoever took it up, again and again. `since`: when."""

    run: SyncRun
    brokerage_id: str
    since: datetime


class ProgressKind(Enum):
    SNAPSHOT = "snapshot"
    PROGRESS = "progress"
    HEARTBEAT = "heartbeat"
    TERMINAL = "terminal"


@dataclass(frozen=True, slots=True)
class Progress:
    """One message of a progress stream. SNAPSHOT and TERMINAL carry the run, PROGRESS one result.

    `sequence` rises with every committed step of the run; a HEARTBEAT repeats the last one.
    """

    run_id: str
    sequence: int
    kind: ProgressKind
    at: datetime
    state: RunState
    run: SyncRun | None = None
    result: DatasetResult | None = None
    retry_at: datetime | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class FeedState:
    """Where a feed of an account stands: what is known for certain, and where a read goes on.

    `watermark`: the newest confirmed trade date. `whole`: the history was once read to its end.
    `cursor`, `since`, `carry`, `done` belong to the read by `run_id`, the last one that began.
    """

    account_id: str
    feed: str
    watermark: date | None = None
    whole: bool = False
    whole_at: datetime | None = None
    run_id: str | None = None
    since: date | None = None
    cursor: str | None = None
    carry: str = ""
    done: bool = False


def outcome(results: list[DatasetResult]) -> RunState:
    """The terminal state that the results add up to."""
    states = {r.state for r in results}
    if states <= {ResultState.SUCCEEDED, ResultState.SKIPPED}:
        return RunState.SUCCEEDED
    if ResultState.SUCCEEDED in states or ResultState.PARTIAL in states:
        return RunState.PARTIALLY_SUCCEEDED
    return RunState.FAILED
