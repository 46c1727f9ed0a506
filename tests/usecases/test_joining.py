"""Who asks for a sync gets one that is there: a new one, or the one that goes on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import house
import pytest
from house import Chance, House, Woken
from sqlalchemy import update

from adapters.sql.tables import sync_runs
from adapters.sql.unit_of_work import SqlUnitOfWork
from brokerlink.usecases.start_sync import StartSync
from domain.syncs import RunState, SyncRun

T = TypeVar("T")


@dataclass
class EndsMeanwhile:
    """The runs of a unit of work, whose run that goes on ends, elsewhere, as soon as it was met."""

    runs: Any
    end: Callable[[], None]

    def add(self, run: SyncRun) -> bool:
        done: bool = self.runs.add(run)
        if not done:
            self.end()
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self.runs, name)


@dataclass
class Busy:
    """The port `Storage`, in which that happens in each transaction that writes."""

    made: House

    async def read(self, deed: Callable[[Any], T]) -> T:
        return await self.made.store.read(deed)

    async def write(self, deed: Callable[[Any], T]) -> T:
        def disturbed(uow: SqlUnitOfWork) -> T:
            uow.runs = EndsMeanwhile(uow.runs, self._end)  # type: ignore[assignment]
            return deed(uow)

        return await self.made.store.write(disturbed)

    def _end(self) -> None:
        ended = update(sync_runs).values(state=RunState.SUCCEEDED.value)
        self.made.store.write_now(lambda uow: uow.sql.execute(ended).rowcount)


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
async def test_a_run_that_ends_while_it_is_joined_makes_room_for_one_that_is_stored(database: str) -> None:
    made = house.build(database)
    view = await made.connected()
    assert view.connection is not None
    known = view.connection.id
    before = await made.store.read(lambda uow: uow.runs.active(known))
    assert before is not None

    run = await StartSync(Busy(made), made.clock, Chance(), Woken())(connection_id=known)

    assert run.id != before.id
    assert await made.store.read(lambda uow: uow.runs.get(run.id)) is not None
    made.store.close()
