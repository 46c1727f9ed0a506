"""A process that dies at any point of a sync: the next one goes on, and nothing is lost or doubled."""

from collections.abc import Awaitable, Callable
from typing import Any

import house
import pytest
from house import House
from sqlalchemy import select, update

from adapters.sql.tables import positions, sync_runs, transactions
from domain.syncs import RunState

ROWS = 450  # five pages of a hundred


class Killed(BaseException):
    """As `kill -9`: nothing may catch it and tidy up."""


class Deadly:
    """Dies at the n-th thing that happens: a call to the brokerage, or a write before or after its commit."""

    def __init__(self, at: int) -> None:
        self.at, self.count = at, 0

    def tick(self, *_: object) -> None:
        self.count += 1
        if self.count == self.at:
            raise Killed

    def watch(self, made: House) -> None:
        setattr(made.store, "write", self.around(made.store.write))  # noqa: B010 - a method

    def around(self, write: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        async def deadly(deed: Any) -> Any:
            self.tick()
            done = await write(deed)
            self.tick()
            return done

        return deadly


def contents(made: House) -> tuple[list[Any], list[Any]]:
    """All that a reader can see, without the times of writing."""

    def deed(uow: Any) -> tuple[list[Any], list[Any]]:
        held = select(positions.c.instrument_id, positions.c.quantity, positions.c.market_value)
        rows = select(
            transactions.c.key, transactions.c.version, transactions.c.net, transactions.c.quantity
        ).order_by(transactions.c.key)
        return sorted(map(tuple, uow.sql.execute(held))), [tuple(r) for r in uow.sql.execute(rows)]

    return made.store.read_now(deed)


async def undisturbed(database: str) -> tuple[Any, int, int]:
    """What a sync that nobody kills leaves, how many calls it makes, and how many things happen in it."""
    counting = Deadly(-1)
    made = house.build(database, rows=ROWS, before=counting.tick)
    await made.connected()
    calls = len(made.calls)
    counting.count = 0
    counting.watch(made)
    await made.run()
    told = contents(made)
    made.store.close()
    return told, len(made.calls) - calls, counting.count


async def test_a_kill_at_any_point_loses_and_doubles_nothing(
    databases: Callable[[], str],
) -> None:
    wanted, calls_wanted, things = await undisturbed(databases())
    assert things >= 20, "too few points to be killed at"

    for point in range(1, things + 1):
        deadly = Deadly(-1)
        made = house.build(databases(), rows=ROWS, before=deadly.tick)
        await made.connected()
        before = len(made.calls)
        deadly.at, deadly.count = point, 0
        honest = made.store.write
        deadly.watch(made)
        with pytest.raises(Killed):
            await made.run()
        setattr(made.store, "write", honest)  # noqa: B010 - a method is not for assigning, they say

        made.store.write_now(lambda uow: uow.sql.execute(update(sync_runs).values(lease_until=0)))
        run = await made.run()

        if run is not None:  # None: it was killed after its last commit
            assert run.state is RunState.SUCCEEDED, point
        assert contents(made) == wanted, point
        # The accounts, and one page; before the head was published, balances and positions.
        assert len(made.calls) - before <= calls_wanted + 2, point
        made.store.close()
