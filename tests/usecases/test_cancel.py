"""A run that is cancelled at any moment: it ends once, in one state, and what it has read stays."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import house
import pytest
from house import House
from sqlalchemy import func, select

from adapters.sql.tables import transactions
from adapters.sql.unit_of_work import SqlUnitOfWork
from brokerlink.usecases.get_sync_run import found
from domain.syncs import Progress, ProgressKind, RunState, SyncRun

ROWS = 450  # five pages of a hundred
# It is noticed by whoever holds the lease on, three times in its duration.
LEASE = timedelta(milliseconds=30)
MOMENTS = [-1, 0.0, 0.01, 0.03, 0.06, 0.1, 0.15, 0.25, 0.6]


@pytest.fixture
def made(database: str) -> Iterator[House]:
    built = house.build(database, rows=ROWS, lease=LEASE)
    yield built
    built.store.close()


def stored(made: House) -> int:
    def deed(uow: SqlUnitOfWork) -> int:
        return uow.sql.execute(select(func.count()).select_from(transactions)).scalar_one()

    return made.store.read_now(deed)


async def cancelled(made: House, run_id: str, moment: float) -> tuple[SyncRun, list[Progress]]:
    """Cancel a run so many seconds after it was taken up, or before; how it ended, and its log."""
    if moment < 0:
        await made.store.write(lambda uow: uow.runs.request_cancel(run_id))
    going = asyncio.create_task(made.run())
    await asyncio.sleep(max(moment, 0))
    await made.store.write(lambda uow: uow.runs.request_cancel(run_id))
    await going
    # Whoever looked for a run in the moment in which it was being cancelled did not get it.
    while not (ended := made.store.read_now(lambda uow: found(uow, run_id, None))).state.terminal:
        await made.run()
    return ended, made.store.read_now(lambda uow: uow.progress.after(run_id, 0, 10_000))


async def test_a_run_that_is_cancelled_at_any_moment_ends_once_and_keeps_whole_pages(made: House) -> None:
    view = await made.connected()
    assert view.connection is not None
    known, ends = view.connection.id, []
    await made.run()
    truth = stored(made)

    for moment in MOMENTS:
        run = await made.start(connection_id=known, force=True)
        ended, log = await cancelled(made, run.id, moment)
        ends.append(ended.state)

        assert [m.sequence for m in log] == list(range(1, ended.sequence + 1))
        assert [m.state for m in log if m.kind is ProgressKind.TERMINAL] == [ended.state]
        assert stored(made) == truth

    assert set(ends) <= {RunState.CANCELLED, RunState.SUCCEEDED}
    assert ends[0] is RunState.CANCELLED, "nobody had taken it up"
    again = await made.synced(known)
    assert again.state is RunState.SUCCEEDED


async def test_a_first_sync_that_is_cancelled_keeps_pages_and_the_next_reads_the_rest(made: House) -> None:
    view = await made.connected()
    assert view.connection is not None
    known = view.connection.id
    run = made.store.read_now(lambda uow: uow.runs.active(known))
    assert run is not None

    going = asyncio.create_task(made.run())
    async with asyncio.timeout(30):
        while not stored(made):  # noqa: ASYNC110 - only the store knows
            await asyncio.sleep(0.001)
    await made.store.write(lambda uow: uow.runs.request_cancel(run.id))
    await going
    kept = stored(made)
    done = await made.synced(known)

    assert kept % 100 == 0 or kept == stored(made), "a page is kept whole or not at all"
    assert done.state is RunState.SUCCEEDED
    rows = len(made.stage.faulty["alpaca"].sandbox.play.truth.accounts[0].transactions)
    assert stored(made) == rows
