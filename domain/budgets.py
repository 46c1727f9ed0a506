"""Budgets of calls to a brokerage, as arithmetic over a clock: who may call now, who waits, who comes again.

A budget is one number, the time up to which it is spent (`spent_until`; the literature calls the way to
count it GCRA). Each call moves it on by the time that one call takes up. A few calls may come at once, the
rest in even steps, so that no window of `per` ever holds more than `calls`, wherever it begins.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

NONE = timedelta(0)
# Calls leave us evenly and arrive bunched: a twentieth is left to the network.
MARGIN = 1.05
# How long a call is waited for in place. Longer waits are the run's, which can say so and gives its place up.
PERSON_WAITS = timedelta(seconds=30)
STARTED_WAITS = timedelta(seconds=30)
# How many calls a sync is thought to need, until some have run: the distance between two on the waiting list.
CALLS_OF_A_RUN = 6
# The calls of about so many runs are remembered.
REMEMBERED_RUNS = 64


class Turn(Enum):
    """Who asks. A person's call may use the whole budget, and books its place ahead. Batch leaves half of
    what may come at once to persons, and books nothing: a run that has begun goes on before one that
    comes from the waiting list, and that one before a new one."""

    PERSON = "person"
    STARTED = "started"
    LISTED = "listed"
    NEW = "new"


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
        """How many calls may come at once: a quarter, and what is left comes in even steps. More would make
        a person's sync quicker, and leave less for each minute after it."""
        return max(self.calls // 4, 1)

    @property
    def step(self) -> timedelta:
        """The time that one call takes up."""
        return self.per * MARGIN / max(self.calls - self.burst, 1)

    def room(self, turn: Turn) -> timedelta:
        """How far ahead of the clock the budget may be spent for whoever has this turn."""
        kept = self.burst // 2 if turn is not Turn.PERSON else 0
        return self.step * (self.burst - kept - 1)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a budget stands. `quiet_until`: the brokerage wants no calls before; `listed_until`: the time of
    the last run on the waiting list; `calls` were made by `runs` of late."""

    spent_until: datetime
    quiet_until: datetime
    listed_until: datetime
    calls: int = CALLS_OF_A_RUN
    runs: int = 1

    def counted(self, turn: Turn) -> "Standing":
        """With one call of a batch run more. What persons do says nothing of the list."""
        if turn is Turn.PERSON:
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
        if turn is Turn.PERSON:
            return Again(standing.quiet_until - now), standing
        return _listed(budget, standing, now)
    wait = max(standing.spent_until - now - budget.room(turn), NONE)
    spent = replace(standing, spent_until=max(standing.spent_until, now) + budget.step).counted(turn)
    if turn is Turn.PERSON:
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
    first = max(standing.quiet_until, standing.spent_until - budget.room(Turn.LISTED), now)
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
