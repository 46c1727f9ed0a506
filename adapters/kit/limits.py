"""What the card says bounds our calls through one door; what the brokerage says goes before it."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adapters.kit.card import Rate
from adapters.kit.replies import retry_after
from adapters.kit.wire import Response
from domain.budgets import Budget, Place, Turn
from domain.errors import BudgetSpent
from domain.ports.budgets import Budgets

LONGEST = timedelta(hours=1)
# A 429 that does not say for how long.
UNTOLD = timedelta(seconds=2)


@dataclass(slots=True)
class Limits:
    """A door's budgets: by group of endpoints, and by credential where the brokerage counts each.

    A 429, or a quota that is used up, holds back all calls of that budget, of all users and processes
    that share it: they fail at once with the time that is left, instead of being sent. `off` is for
    benchmarks and tests, which have no brokerage to be polite to. `breaks`: see Budgets.
    """

    door: str
    rates: dict[str, Rate]
    budgets: Budgets
    off: bool = False
    breaks: bool = True

    async def place(self, group: str, credential: str, turn: Turn) -> None:
        """Wait for a place for one call. Raises BudgetSpent where that would take long, CircuitOpen."""
        breaker = self.door if self.breaks else None
        budget = None if self.off else self._budget(group, credential)
        waited = timedelta(0)
        while True:
            answer = await self.budgets.ask(budget, turn, waited, breaker)
            if isinstance(answer, Place):
                return await _sleep(answer.wait)
            if not answer.in_place:
                raise BudgetSpent(retry_after=answer.wait)
            await _sleep(answer.wait)
            waited += answer.wait

    async def learn(self, group: str, credential: str, response: Response, now: datetime) -> None:
        """Take in what an answer says of the budget and of the brokerage's health."""
        if self.breaks:
            await self.budgets.called(self.door, worked=response.status < 500)
        pause = _pause(response, now)
        if pause is not None and not self.off:
            await self.budgets.quiet(self._budget(group, credential), min(pause, LONGEST))

    async def failed(self) -> None:
        """No answer came."""
        if self.breaks:
            await self.budgets.called(self.door, worked=False)

    def _budget(self, group: str, credential: str) -> Budget:
        name = group if group in self.rates else "default"
        rate = self.rates[name]
        key = f"{self.door}/{name}"
        whose = key if rate.shared else f"{key}/{self.budgets.name(credential)}"
        return Budget(whose, rate.calls, timedelta(seconds=rate.per))


async def _sleep(wait: timedelta) -> None:
    if wait > timedelta(0):
        await asyncio.sleep(wait.total_seconds())


def _pause(response: Response, now: datetime) -> timedelta | None:
    if response.status == 429:
        told = retry_after(response, now)
        return UNTOLD if told is None else told
    return _used_up(response, now)


def _used_up(response: Response, now: datetime) -> timedelta | None:
    """How long a quota stays used up, by the headers that Alpaca and others send: what remains, and the
    epoch second at which it starts anew."""
    remaining = response.headers.get("x-ratelimit-remaining", "").strip()
    reset = response.headers.get("x-ratelimit-reset", "").strip()
    if remaining != "0" or not reset.isdigit() or len(reset) > 11:
        return None
    pause = datetime.fromtimestamp(int(reset), UTC) - now
    return pause if pause > timedelta(0) else None
