"""What the card says bounds our calls through one door; what the brokerage says goes before it."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import uniform

from adapters.kit.card import Counted, Rate
from adapters.kit.replies import retry_after
from adapters.kit.wire import Response
from domain.budgets import Again, Budget, Place, Turn
from domain.errors import BudgetSpent
from domain.ports.budgets import Budgets

LONGEST = timedelta(hours=1)
# A 429 that does not say for how long.
UNTOLD = timedelta(seconds=2)
# What is left of a quota, when it starts anew, and into how many parts of a second that is told.
_QUOTAS = (
    ("x-ratelimit-remaining", "x-ratelimit-reset", 1),
    ("x-ratelimit-available", "x-ratelimit-expiry", 1000),
)
_LAST_SECOND = 253_402_300_799  # of the year 9999
# Where everybody was held back, batch comes again over as long as that took, but not over more than this.
SPREAD = timedelta(minutes=1)


@dataclass(slots=True)
class Limits:
    """A door's budgets: by group of endpoints, and by credential where the brokerage counts each.

    A 429, or a quota that is used up, holds back all calls of that budget, of all users and processes
    that share it: they fail at once with the time that is left, instead of being sent. A 429 holds back
    all other credentials as well, unless the card says that each is counted for itself. `off` is for
    benchmarks and tests, which have no brokerage to be polite to. `breaks`: see Budgets.
    """

    door: str
    rates: dict[str, Rate]
    budgets: Budgets
    off: bool = False
    breaks: bool = True

    async def place(self, group: str, credential: str, turn: Turn, made: int = 0) -> None:
        """Wait for a place for one call of a run that has `made` so many. Raises BudgetSpent where that would
        take long, CircuitOpen."""
        breaker = self.door if self.breaks else None
        budget = None if self.off else self._budget(group, credential)
        if budget is not None and turn is Turn.PERSON and made >= budget.short:
            turn = Turn.LONG
        waited = timedelta(0)
        while True:
            answer = await self.budgets.ask(budget, turn, waited, breaker)
            if isinstance(answer, Place):
                return await _sleep(answer.wait)
            if not answer.in_place:
                raise BudgetSpent(retry_after=answer.wait + _spread(answer, turn))
            await _sleep(answer.wait)
            waited += answer.wait

    async def learn(self, group: str, credential: str, response: Response, now: datetime) -> None:
        """Take in what an answer says of the budget and of the brokerage's health."""
        if self.breaks:
            await self.budgets.called(self.door, worked=response.status < 500)
        if self.off:
            return
        budget = self._budget(group, credential)
        if response.status == 429:
            told = retry_after(response, now)
            await self.budgets.quiet(budget, min(UNTOLD if told is None else told, LONGEST))
        elif (pause := _used_up(response, now)) is not None:
            # These headers speak of one quota: whoever has another goes on.
            await self.budgets.quiet(replace(budget, crowd=None), min(pause, LONGEST))

    async def hold(self, group: str, credential: str, pause: timedelta) -> None:
        """The brokerage says in words of its own that it was asked too often, and for how long it is to be
        left alone."""
        if not self.off:
            await self.budgets.quiet(self._budget(group, credential), min(pause, LONGEST))

    async def failed(self) -> None:
        """No answer came."""
        if self.breaks:
            await self.budgets.called(self.door, worked=False)

    def _budget(self, group: str, credential: str) -> Budget:
        name = group if group in self.rates else "default"
        rate = self.rates[name]
        key = f"{self.door}/{name}"
        per = timedelta(seconds=rate.per)
        if rate.counted is Counted.APP:
            return Budget(key, rate.calls, per)
        crowd = None if rate.counted is Counted.CREDENTIAL else f"{self.door}/{rate.crowd or name}"
        return Budget(f"{key}/{self.budgets.name(credential)}", rate.calls, per, crowd)


async def _sleep(wait: timedelta) -> None:
    if wait > timedelta(0):
        await asyncio.sleep(wait.total_seconds())


def _spread(answer: Again, turn: Turn) -> timedelta:
    """What batch waits longer, so that not all of a brokerage's users come back in the same moment."""
    if not answer.everybody or turn.of_person:
        return timedelta(0)
    return min(answer.wait, SPREAD) * uniform(0, 1)  # noqa: S311 - no secret


def _used_up(response: Response, now: datetime) -> timedelta | None:
    """How long a quota stays used up, by what remains and when it starts anew: Alpaca and others say the
    second of the epoch, Tradier the millisecond."""
    for remaining, reset, parts in _QUOTAS:
        told = response.headers.get(reset, "").strip()
        if response.headers.get(remaining, "").strip() == "0" and told.isdigit() and len(told) < 15:
            seconds = int(told) // parts
            pause = datetime.fromtimestamp(min(seconds, _LAST_SECOND), UTC) - now
            return pause if pause > timedelta(0) else None
    return None
