"""List the runs that were put aside and still wait for an operator."""

from dataclasses import dataclass
from datetime import datetime

from domain.ports.storage import Storage
from domain.syncs import DeadLetter


@dataclass(frozen=True, slots=True)
class ListDeadLetters:
    storage: Storage

    async def __call__(
        self,
        brokerage_id: str,
        before: tuple[datetime, str] | None,
        limit: int,
        user_id: str | None = None,
    ) -> list[DeadLetter]:
        """The latest first, those before (time, connection); of one brokerage if one is named, and of one
        user if the caller is bound to one. What was retried, reconnected or disconnected waits no more."""
        return await self.storage.read(
            lambda uow: uow.runs.dead_letters(user_id, brokerage_id, before, limit)
        )
