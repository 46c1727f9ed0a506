"""Runs that kill whoever takes them up: they are put aside, and those beside them get on."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import house
import pytest
from house import House
from sqlalchemy import update
from told import connection

from adapters.sql.tables import sync_runs
from brokerlink.usecases.in_vain import MOST_IN_VAIN
from domain.connections import ConnectionState
from domain.syncs import RunState, SyncRun


class Killed(BaseException):
    """As `kill -9`: nothing may catch it and tidy up."""


class Poison:
    """Kills the process that asks for a page of a history, as long as it is on."""

    on = False
    pages = 0

    def __call__(self, url: str) -> None:
        if "/account/activities" in url:
            self.pages += 1
            if self.on:
                raise Killed


@pytest.fixture
def poison() -> Poison:
    return Poison()


@pytest.fixture
def made(database: str, poison: Poison) -> Iterator[House]:
    built = house.build(database, rows=250, before=poison)
    yield built
    built.store.close()


async def live_on(made: House, run_id: str) -> SyncRun:
    """Another process takes the run up: the lease of the dead one is over, and so is any wait."""

    def over(uow: object) -> None:
        uow.sql.execute(update(sync_runs).values(lease_until=0))  # type: ignore[attr-defined]

    made.store.write_now(over)
    await asyncio.sleep(0.05)
    with suppress(Killed):
        await made.run()
    found = made.store.read_now(lambda uow: uow.runs.get(run_id))
    assert found is not None
    return found


async def queued(made: House) -> tuple[str, str]:
    view = await made.connected()
    assert view.connection is not None
    identifier = view.connection.id
    run = made.store.read_now(lambda uow: uow.runs.active(identifier))
    assert run is not None
    return identifier, run.id


async def test_a_run_that_always_kills_is_put_aside_for_an_operator(made: House, poison: Poison) -> None:
    known, run_id = await queued(made)
    poison.on = True

    lives = 0
    while not (run := await live_on(made, run_id)).state.terminal:
        lives += 1
        assert lives < 5 * MOST_IN_VAIN

    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert run.failure.reason == "CONNECTION_QUARANTINED"
    assert connection(made, known).state is ConnectionState.QUARANTINED
    # The first one came to something: balances and positions.
    assert poison.pages == 1 + MOST_IN_VAIN


async def test_a_run_that_was_killed_for_a_while_is_not(made: House, poison: Poison) -> None:
    known, run_id = await queued(made)
    poison.on = True
    while poison.pages < MOST_IN_VAIN:
        await live_on(made, run_id)
    poison.on = False

    while not (run := await live_on(made, run_id)).state.terminal:
        pass

    assert run.state is RunState.SUCCEEDED
    assert connection(made, known).state is ConnectionState.ACTIVE


async def test_after_two_attempts_in_vain_it_waits_so_that_those_beside_it_get_on(
    made: House, poison: Poison
) -> None:
    _, run_id = await queued(made)
    poison.on = True
    for _ in range(3):
        await live_on(made, run_id)
    assert poison.pages == 3

    run = await live_on(made, run_id)

    assert (run.state, poison.pages) == (RunState.WAITING, 3)
    assert run.retry_at is not None
