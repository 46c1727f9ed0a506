"""The port to budgets and breakers, which all callers of a brokerage share: in one process, or over all."""

from datetime import timedelta
from typing import Protocol

from domain.budgets import Again, Budget, Place, Turn


class Budgets(Protocol):
    """`breaker` names the brokerage's breaker; None asks none."""

    async def ask(
        self, budget: Budget | None, turn: Turn, waited: timedelta, breaker: str | None
    ) -> Place | Again:
        """A place for one call; nobody else gets the same. Without a budget there always is one.
        Raises CircuitOpen."""

    async def quiet(self, budget: Budget, pause: timedelta) -> None:
        """The brokerage wants no call of that budget for so long, nor of its crowd if it has one."""

    async def called(self, breaker: str, *, worked: bool) -> None:
        """How a call ended. Only outages are no success: a refusal is an answer."""

    def name(self, credential: str) -> str:
        """What a credential is called in keys of budgets: the same in all processes that share them, and
        of no use to anybody who reads it."""

    async def forget(self) -> None:
        """Forget budgets that have not been used for long: they stand as if they never had."""
