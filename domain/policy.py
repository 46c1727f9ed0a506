"""When to sync, how far back, how soon to try again. Pure functions: time and chance are passed in."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from domain.connections import ConnectionState
from domain.errors import (
    Actor,
    BrokerageMaintenance,
    BrokerageRateLimited,
    BudgetSpent,
    Failure,
    FailureRecord,
    NobodyYet,
    PermissionInsufficient,
)
from domain.ports.brokerage import Feed
from domain.syncs import FeedState, RunState

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

ATTEMPTS_OF_A_RUN = 5
PAUSE_AFTER_FAILURES = 10
DEEP_READ_EVERY = timedelta(days=30)


class Cadence(Enum):
    """How often a connection is synced. MARKET_HOURS is MINUTES while the market is open: when that is
    only the scheduler knows, so what is due while it is closed is moved on by it."""

    MANUAL = "manual"
    MINUTES = "minutes"
    HOURLY = "hourly"
    DAILY = "daily"
    MARKET_HOURS = "market_hours"


@dataclass(frozen=True, slots=True)
class SyncPolicy:
    """A user's wish. `every` counts for MINUTES and MARKET_HOURS. The brokerage's minimum goes before it."""

    cadence: Cadence = Cadence.DAILY
    every: timedelta = timedelta(minutes=15)


def next_sync(policy: SyncPolicy, minimum: timedelta, last: datetime, chance: float) -> datetime | None:
    """When a connection is due next; None for MANUAL.

    `chance` in [0, 1) spreads the due times over a tenth of the interval, always later, never earlier:
    a brokerage's minimum interval is kept.
    """
    match policy.cadence:
        case Cadence.MANUAL:
            return None
        case Cadence.MINUTES | Cadence.MARKET_HOURS:
            interval = policy.every
        case Cadence.HOURLY:
            interval = HOUR
        case Cadence.DAILY:
            interval = DAY
    interval = max(interval, minimum)
    return last + interval + interval * chance / 10


def after_opening(policy: SyncPolicy, opening: datetime, chance: float) -> datetime:
    """When a connection is due that waited for the market to open: spread over one interval, because all
    of them wait for the same moment."""
    return opening + policy.every * chance


@dataclass(frozen=True, slots=True)
class Patience:
    """How a run waits between attempts: exponential with full jitter, from `first` up to `most`."""

    first: timedelta = timedelta(seconds=10)
    most: timedelta = HOUR

    def backoff(self, attempt: int, chance: float, asked: timedelta | None = None) -> timedelta:
        """How long to wait after attempt `attempt` (1 is the first).

        What the brokerage asked for (Retry-After) is the floor, jittered upwards by at most a tenth; where
        it asks for none at all, the smallest of our own waits still is.
        """
        doublings: int = 1 << min(attempt - 1, 16)
        ceiling = min(self.first * doublings, self.most)
        if asked is not None:
            return max(asked + asked * chance / 10, self.first / 20)
        return max(ceiling * chance, ceiling / 20)


def try_again(failure: Failure, attempt: int) -> bool:
    """Whether a run that met this failure waits and goes on, instead of ending."""
    if not isinstance(failure, NobodyYet):
        return False
    if isinstance(failure, BudgetSpent):
        return True  # nothing was tried
    patient = (
        isinstance(failure, BrokerageRateLimited | BrokerageMaintenance) and failure.retry_after is not None
    )
    return attempt < ATTEMPTS_OF_A_RUN or (patient and attempt < 4 * ATTEMPTS_OF_A_RUN)


def should_pause(failures: int, state: ConnectionState) -> bool:
    """Whether so many failed runs in a row stop the automatic ones. Where the user must act nothing runs
    by itself anyway, and a pause would hide what to do. An outage of the brokerage is over some day: a
    pause would then leave all of its connections to be resumed by hand."""
    hopeful = {ConnectionState.ACTION_REQUIRED, ConnectionState.WAITING}
    return failures >= PAUSE_AFTER_FAILURES and state not in hopeful


def window_start(feed: Feed, state: FeedState, oldest_pending: date | None, now: datetime) -> date | None:
    """From which day on a feed is read again; None for the whole history.

    The overlap is always read again, because rows come late and change; back to the oldest pending
    row; and now and then everything. A row that is dated ahead (a payment to come) moves no window into
    the future, where nothing new would ever be found.
    """
    if not state.whole or state.watermark is None:
        return None
    if state.whole_at is not None and now - state.whole_at >= DEEP_READ_EVERY:
        return None
    start = min(state.watermark, now.date()) - timedelta(days=feed.overlap_days)
    return min(start, oldest_pending) if oldest_pending else start


class BreakerState(Enum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """Failures in a row of one brokerage. Opened, nothing is sent until `until`; then one probe is."""

    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    until: datetime | None = None


BREAKER_OPENS_AFTER = 8
BREAKER_STAYS_OPEN = timedelta(seconds=30)


def may_call(breaker: Breaker, now: datetime) -> tuple[bool, Breaker]:
    """Whether a call may go out, and the breaker after that was asked: one probe at a time."""
    match breaker.state:
        case BreakerState.CLOSED:
            return True, breaker
        case BreakerState.OPEN if breaker.until is not None and now >= breaker.until:
            probing = Breaker(BreakerState.HALF_OPEN, breaker.failures, now + BREAKER_STAYS_OPEN)
            return True, probing
        case BreakerState.HALF_OPEN if breaker.until is not None and now >= breaker.until:
            # The probe never came back: another may go.
            return True, Breaker(BreakerState.HALF_OPEN, breaker.failures, now + BREAKER_STAYS_OPEN)
        case _:
            return False, breaker


def after_call(breaker: Breaker, worked: bool, now: datetime) -> Breaker:
    """The breaker after a call. Only outages count as not working; a refusal is an answer."""
    if worked:
        return Breaker()
    failures = breaker.failures + 1
    if breaker.state is BreakerState.HALF_OPEN or failures >= BREAKER_OPENS_AFTER:
        return Breaker(BreakerState.OPEN, failures, now + BREAKER_STAYS_OPEN)
    return Breaker(BreakerState.CLOSED, failures)


def state_after(run: RunState, why: FailureRecord | None) -> ConnectionState:
    """The state of a connection after a run that ended so, for this reason."""
    if run is RunState.SUCCEEDED or why is None:
        return ConnectionState.ACTIVE
    if why.actor is Actor.USER and why.reason != PermissionInsufficient.reason:
        return ConnectionState.ACTION_REQUIRED
    if why.actor in {Actor.BROKERAGE, Actor.NOBODY} and run in {RunState.FAILED, RunState.EXPIRED}:
        return ConnectionState.WAITING
    return ConnectionState.DEGRADED


def worst(failures: list[FailureRecord]) -> FailureRecord | None:
    """The failure that a connection shows when several datasets failed: who can help most, first."""
    order = [Actor.USER, Actor.OPERATOR, Actor.CALLER, Actor.BROKERAGE, Actor.NOBODY]
    return min(failures, key=lambda f: order.index(f.actor), default=None)
