"""Budgets of one door in this process: by group of endpoints and credential, corrected by the brokerage."""

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiolimiter import AsyncLimiter

from adapters.kit.card import Rate
from adapters.kit.replies import retry_after
from adapters.kit.wire import Response
from domain.errors import BrokerageRateLimited

MOST = 10_000  # budgets and pauses that are remembered at once
LONGEST = timedelta(hours=1)

Key = tuple[str, str]


@dataclass(slots=True)
class Limits:
    """What the card says bounds our calls; what the brokerage says goes before it.

    A 429 that asks for a pause, or a quota that is used up, holds back all calls of that budget: they
    fail at once with the time that is left, instead of being sent. `off` is for benchmarks and tests,
    which have no brokerage to be polite to.
    """

    rates: dict[str, Rate]
    off: bool = False
    _made: dict[Key, AsyncLimiter] = field(default_factory=dict)
    _until: dict[Key, datetime] = field(default_factory=dict)

    def place(self, group: str, credential: str, now: datetime) -> AbstractAsyncContextManager[None]:
        """A place for one call, waited for if the budget is used up. Raises BrokerageRateLimited while
        the brokerage wants quiet."""
        if self.off:
            return nullcontext()
        rate, key = self._budget(group, credential)
        until = self._until.get(key)
        if until is not None:
            if now < until:
                raise BrokerageRateLimited(retry_after=until - now)
            del self._until[key]
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= MOST:
                self._made.clear()
            found = self._made[key] = AsyncLimiter(rate.calls, rate.per)
        return found

    def learn(self, group: str, credential: str, response: Response, now: datetime) -> None:
        """Take in what an answer says of the budget."""
        pause = retry_after(response, now) if response.status == 429 else _used_up(response, now)
        if pause is None:
            return
        if len(self._until) >= MOST:
            self._until.clear()
        self._until[self._budget(group, credential)[1]] = now + min(pause, LONGEST)

    def _budget(self, group: str, credential: str) -> tuple[Rate, Key]:
        name = group if group in self.rates else "default"
        rate = self.rates[name]
        return rate, (name, "" if rate.shared else credential)


def _used_up(response: Response, now: datetime) -> timedelta | None:
    """How long a quota stays used up, by the headers that Alpaca and others send: what remains, and the
    epoch second at which it starts anew."""
    remaining = response.headers.get("x-ratelimit-remaining", "").strip()
    reset = response.headers.get("x-ratelimit-reset", "").strip()
    if remaining != "0" or not reset.isdigit() or len(reset) > 11:
        return None
    pause = datetime.fromtimestamp(int(reset), UTC) - now
    return pause if pause > timedelta(0) else None
