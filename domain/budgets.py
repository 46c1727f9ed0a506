"""Budgets of calls to a brokerage, as arithmetic over a clock: who may call now, who waits, who comes again.

Two counts. The window holds every call of the last `per`: whatever else is so, no window ever holds more than
`calls`, wherever it begins. This alone bounds the short sync of a person. The pace is one number, the time up
to which a budget is spent (`spent_until`; the literature calls the way to count it GCRA): each call moves it
on by the time that one call takes up. Batch, and whoever has made many calls, goes by it besides: a few calls
may come at once, the rest in even steps, and room is left in the window for whoever comes next.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum

NONE = timedelta(0)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Calls leave us evenly and arrive bunched: a twentieth is left to the network.
MARGIN = 1.05
# The window is counted in so many slots. A call counts as if it were made at its slot's end: rather too late.
SLOTS = 20
# How long a call is waited for in place. Longer waits are the run's, which can say so and gives its place up.
PERSON_WAITS = timedelta(seconds=30)
STARTED_WAITS = timedelta(seconds=30)
# How many calls a sync is thought to need, until some have run: the distance between two on the waiting list.
CALLS_OF_A_RUN = 6
# The calls of about so many runs are remembered.
REMEMBERED_RUNS = 64


class Turn(Enum):
    """Who asks. A person's call may use all that the window holds. A person's run that has made many calls
    goes by the pace, so that the next person finds room; both book their places ahead, before all batch.
    Batch goes by the pace and books nothing: a run that has begun goes on before one that comes from the
    waiting list, and that one before a new one."""

    PERSON = "person"
    LONG = "long"
    STARTED = "started"
    LISTED = "listed"
    NEW = "new"

    @property
    def of_person(self) -> bool:
        return self in {Turn.PERSON, Turn.LONG}


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `calls` in `per`, counted under `key`, which names no credential. `crowd`: the key under
    which the brokerage's word to be quiet reaches everybody; None where each is counted for itself."""

    key: str
    calls: int
    per: timedelta
    crowd: str | None = None

    @property
    def burst(self) -> int:
        """How many calls may come at once by the pace."""
        return max(self.calls // 8, 1)

    @property
    def short(self) -> int:
        """A person's run that makes more calls than this is a long one: two short ones fit into a window."""
        return self.calls * 3 // 8

    @property
    def step(self) -> timedelta:
        """The time that one call takes up: the pace leaves a quarter of the quota to persons."""
        return self.per * MARGIN / max(self.calls - self.calls // 4, 1)

    @property
    def room(self) -> timedelta:
        """How far ahead of the clock the budget may be spent by whoever goes by the pace."""
        return self.step * (self.burst - 1)

    @property
    def slot(self) -> timedelta:
        return self.per / SLOTS

    def window(self, sent: "Sent", now: datetime) -> "Sent":
        """Without what is over. What lies too far ahead was counted in slots of another length."""
        oldest, newest = (now - self.per * MARGIN, now + PERSON_WAITS)
        first, last = ((moment - EPOCH) // self.slot for moment in (oldest, newest))
        return tuple((slot, count) for slot, count in sent if first <= slot <= last)

    def free_at(self, sent: "Sent", now: datetime) -> datetime:
        """From when on the window has room for one call more, whoever makes it."""
        room = self.calls
        for slot, count in reversed(self.window(sent, now)):
            room -= count
            if room <= 0:
                return max(EPOCH + self.slot * (slot + 1) + self.per * MARGIN, now)
        return now


# How many calls each slot holds, by its number since 1970, the oldest first; slots without any are left out.
Sent = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a budget stands. `quiet_until`: the brokerage wants no calls before; `listed_until`: the time of
    the last run on the waiting list; `calls` were made by `runs` of late; `sent`: the calls of the window,
    with those that are booked."""

    spent_until: datetime
    quiet_until: datetime
    listed_until: datetime
    calls: int = CALLS_OF_A_RUN
    runs: int = 1
    sent: Sent = ()

    def with_call(self, budget: Budget, turn: Turn, at: datetime, now: datetime) -> "Standing":
        """With one call more, made at `at`."""
        slots = dict(budget.window(self.sent, now))
        slot = (at - EPOCH) // budget.slot
        slots[slot] = slots.get(slot, 0) + 1
        spent = max(self.spent_until, at) + budget.step
        return replace(self, spent_until=spent, sent=tuple(sorted(slots.items()))).counted(turn)

    def counted(self, turn: Turn) -> "Standing":
        """With one call of a batch run more. What persons do says nothing of the list."""
        if turn.of_person:
            return self
        calls, runs = self.calls + 1, self.runs + (turn is not Turn.STARTED)
        if runs > REMEMBERED_RUNS:
            calls, runs = calls // 2, runs // 2
        return replace(self, calls=calls, runs=runs)


@dataclass(frozen=True, slots=True)
class Place:
    """The call may go out after this wait."""

    wait: timedelta = NONE


@dataclass(frozen=True, slots=True)
class Again:
    """No place now: ask again after this wait. Standing in line, a started run asks where it is; all
    others give up what they hold until then. `everybody`: all who call wait for the same moment."""

    wait: timedelta
    in_place: bool = False
    everybody: bool = False


def ask(
    budget: Budget, standing: Standing, turn: Turn, now: datetime, waited: timedelta = NONE
) -> tuple[Place | Again, Standing]:
    """The answer to one who wants to call, and how the budget stands after it.

    `waited`: how long a started run has stood in line for this call already.
    """
    if now < standing.quiet_until:
        if turn.of_person:
            return Again(standing.quiet_until - now), standing
        return _listed(budget, standing, now)
    at = budget.free_at(standing.sent, now)
    if turn is not Turn.PERSON:
        at = max(at, standing.spent_until - budget.room)
    wait, spent = at - now, standing.with_call(budget, turn, at, now)
    if turn.of_person:
        return (Place(wait), spent) if wait <= PERSON_WAITS else (Again(wait), standing)
    if turn is Turn.NEW and now < standing.listed_until:
        return _listed(budget, standing, now)
    if wait == NONE:
        return Place(), spent
    if turn is Turn.STARTED and waited + wait <= STARTED_WAITS:
        return Again(wait, in_place=True), standing
    return _listed(budget, standing, now)


def _listed(budget: Budget, standing: Standing, now: datetime) -> tuple[Again, Standing]:
    """The next time on the waiting list: as many runs come back as the budget has calls for. All at once
    they would find it used up again, each after a start for nothing."""
    free = budget.free_at(standing.sent, now)
    first = max(standing.quiet_until, standing.spent_until - budget.room, free)
    at = max(standing.listed_until, first) + budget.step * (standing.calls / standing.runs)
    return Again(at - now), replace(standing, listed_until=at)


def quiet(standing: Standing, pause: timedelta, now: datetime) -> Standing:
    """After the brokerage asked for a pause: the longest one asked for counts."""
    return replace(standing, quiet_until=max(standing.quiet_until, now + pause))


def held(crowd: Standing, now: datetime) -> Again | None:
    """What one hears who comes while everybody is held back. None: nobody is."""
    return Again(crowd.quiet_until - now, everybody=True) if now < crowd.quiet_until else None


def fresh(now: datetime) -> Standing:
    """A budget that nobody has used yet."""
    return Standing(now, now, now)
