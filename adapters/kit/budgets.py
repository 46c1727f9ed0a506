"""The port `Budgets` in one process: for the embedded size, where nobody else calls the brokerages."""

import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

from domain.budgets import Again, Budget, Place, Standing, Turn, ask, fresh, held, quiet
from domain.errors import CircuitOpen
from domain.policy import Breaker, BreakerState, after_call, may_call

log = logging.getLogger("brokerlink.breakers")
MOST = 10_000  # budgets that are remembered at once; the longest unused is forgotten


def credential_name(secret: bytes, credential: str) -> str:
    """A keyed hash: without the key nobody can tell whether they hold the credential that it names."""
    return blake2b(credential.encode(), key=secret[:64], digest_size=12, person=b"budget").hexdigest()


@dataclass(slots=True)
class InProcessBudgets:
    clock: Callable[[], datetime]
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _standing: OrderedDict[str, Standing] = field(default_factory=OrderedDict)
    _breakers: dict[str, Breaker] = field(default_factory=dict)

    async def ask(
        self, budget: Budget | None, turn: Turn, waited: timedelta, breaker: str | None
    ) -> Place | Again:
        now = self.clock()
        probing = None if breaker is None else checked(self._breakers.get(breaker, Breaker()), now)
        answer: Place | Again = Place()
        if budget is not None:
            answer = self._place(budget, turn, now, waited)
        if breaker is not None and probing is not None and isinstance(answer, Place):
            # A probe is counted only when it goes out.
            self._breakers[breaker] = probing
        return answer

    async def quiet(self, budget: Budget, pause: timedelta) -> None:
        now = self.clock()
        for key in {budget.key, budget.crowd or budget.key}:
            self._keep(key, quiet(self._of(key, now), pause, now))

    async def called(self, breaker: str, *, worked: bool) -> None:
        found = self._breakers.get(breaker, Breaker())
        after = after_call(found, worked, self.clock())
        self._breakers[breaker] = after
        tell(breaker, found, after)

    def name(self, credential: str) -> str:
        return credential_name(self._secret, credential)

    async def forget(self) -> None:
        """Nothing: what is remembered is bounded."""

    def _place(self, budget: Budget, turn: Turn, now: datetime, waited: timedelta) -> Place | Again:
        if budget.crowd is not None:
            crowd = self._of(budget.crowd, now)
            all_wait = held(crowd, now)
            if all_wait is not None:
                # Looked at, so that it is not the longest unused.
                self._keep(budget.crowd, crowd)
                return all_wait
        answer, standing = ask(budget, self._of(budget.key, now), turn, now, waited)
        self._keep(budget.key, standing)
        return answer

    def _of(self, key: str, now: datetime) -> Standing:
        return self._standing.get(key) or fresh(now)

    def _keep(self, key: str, standing: Standing) -> None:
        self._standing[key] = standing
        self._standing.move_to_end(key)
        if len(self._standing) > MOST:
            self._standing.popitem(last=False)


def tell(door: str, before: Breaker, after: Breaker) -> None:
    """One line when an outage begins and one when it is over, however many connections suffer from it."""
    if before.state is BreakerState.CLOSED and after.state is BreakerState.OPEN:
        log.error("a brokerage is out", extra={"door": door})
    elif before.state is not BreakerState.CLOSED and after.state is BreakerState.CLOSED:
        log.warning("a brokerage answers again", extra={"door": door})


def checked(breaker: Breaker, now: datetime) -> Breaker:
    """The breaker after a call was let through. Raises CircuitOpen where none is."""
    allowed, after = may_call(breaker, now)
    if not allowed:
        until = breaker.until
        raise CircuitOpen(retry_after=None if until is None else max(until - now, timedelta(seconds=1)))
    return after
