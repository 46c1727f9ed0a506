"""Persons and batch at a brokerage that enforces its quota, in virtual time: it never has to refuse."""

import asyncio
import random
from collections import Counter, deque
from dataclasses import dataclass, field

import pytest

from adapters.kit.budgets import InProcessBudgets
from adapters.kit.card import Counted, Rate
from adapters.kit.limits import Limits
from bench.virtual import VirtualClock, VirtualLoop
from domain.budgets import Turn
from domain.errors import BudgetSpent

CALLS, PER = 120, 60.0
MINUTES = 10
# How long a call is on its way, one way: calls that left evenly arrive bunched.
WAY = (0.02, 1.0)
# Where the fixed windows begin: a brokerage counts by its own clock.
PHASE = 17.0


@dataclass
class Brokerage:
    """Counts what arrives in fixed and in sliding windows, and refuses what is too much in either."""

    limits: Limits
    way: tuple[float, float] = WAY
    dice: random.Random = field(default_factory=lambda: random.Random(3))  # noqa: S311 - the same each time
    answered: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    _fixed: Counter[int] = field(default_factory=Counter)
    _sliding: deque[float] = field(default_factory=deque)

    async def call(self, turn: Turn, made: int) -> None:
        await self.limits.place("default", "everybody's", turn, made)
        await asyncio.sleep(self.dice.uniform(*self.way))
        self._arrives(asyncio.get_running_loop().time())
        await asyncio.sleep(self.dice.uniform(*self.way))

    def _arrives(self, now: float) -> None:
        while self._sliding and now - self._sliding[0] >= PER:
            self._sliding.popleft()
        self._sliding.append(now)
        window = int((now + PHASE) // PER)
        self._fixed[window] += 1
        self.refused["sliding"] += len(self._sliding) > CALLS
        self.refused["fixed"] += self._fixed[window] > CALLS
        self.answered += 1


async def carry_on(brokerage: Brokerage, turn: Turn, calls: int) -> float:
    """A run of so many calls, which parks where it has to; how many seconds it took."""
    loop = asyncio.get_running_loop()
    start, made = loop.time(), 0
    while calls:
        try:
            await brokerage.call(turn, made)
        except BudgetSpent as spent:
            await asyncio.sleep(spent.retry_after.total_seconds() if spent.retry_after else 0)
            turn, made = Turn.PERSON if turn is Turn.PERSON else Turn.LISTED, 0
            continue
        made, calls = made + 1, calls - 1
        turn = Turn.PERSON if turn is Turn.PERSON else Turn.STARTED
    return loop.time() - start


async def persons(brokerage: Brokerage, every: float, calls: int) -> list[float]:
    """One comes every so many seconds, with a run of so many calls."""
    runs = []
    while asyncio.get_running_loop().time() < MINUTES * 60:
        runs.append(asyncio.create_task(carry_on(brokerage, Turn.PERSON, calls)))
        await asyncio.sleep(every)
    return list(await asyncio.gather(*runs))


async def batch(brokerage: Brokerage, places: int) -> None:
    async def place() -> None:
        while asyncio.get_running_loop().time() < MINUTES * 60:
            await carry_on(brokerage, Turn.NEW, 5)

    await asyncio.gather(*(place() for _ in range(places)))


@pytest.fixture
def runner() -> asyncio.Runner:
    return asyncio.Runner(loop_factory=VirtualLoop)


def opened(way: tuple[float, float] = WAY) -> Brokerage:
    shared = InProcessBudgets(VirtualClock().now)
    return Brokerage(Limits("bank/api", {"default": Rate(CALLS, PER, Counted.APP)}, shared), way)


def test_a_quota_is_kept_whatever_persons_and_batch_ask_for(runner: asyncio.Runner) -> None:
    brokerage = opened()

    async def all_at_once() -> None:
        await asyncio.gather(
            batch(brokerage, 8),
            persons(brokerage, 37, 10),
            persons(brokerage, 150, 40),
            persons(brokerage, 290, 200),
        )

    with runner:
        runner.run(all_at_once())

    assert brokerage.answered > 0.8 * CALLS * MINUTES, "there was too little to do"
    assert not any(brokerage.refused.values())


def test_a_person_who_comes_into_a_crowd_is_served_as_if_there_were_none(runner: asyncio.Runner) -> None:
    alone, crowded = opened(), opened()

    async def in_the_crowd() -> list[float]:
        _, took = await asyncio.gather(batch(crowded, 8), persons(crowded, 60, 25))
        return took

    with runner:
        quiet = runner.run(persons(alone, 60, 25))
    with asyncio.Runner(loop_factory=VirtualLoop) as another:
        busy = another.run(in_the_crowd())

    assert max(busy) < max(quiet) + 2
    assert not any(crowded.refused.values())


def test_a_long_sync_of_one_person_does_not_keep_another_waiting(runner: asyncio.Runner) -> None:
    brokerage = opened((0.02, 0.1))

    async def together() -> tuple[float, float]:
        long = asyncio.create_task(carry_on(brokerage, Turn.PERSON, 150))
        await asyncio.sleep(50)
        short = await carry_on(brokerage, Turn.PERSON, 10)
        return await long, short

    with runner:
        long, short = runner.run(together())

    assert long > 60, "it was no long one"
    assert short < 10 * 2 * 0.1 + 1
    assert not any(brokerage.refused.values())
