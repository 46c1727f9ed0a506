"""Runs that kill whoever takes them up: they are put aside, and those beside them get on."""

from collections.abc import Iterator

import house
import pytest
from house import House
from poison import Poison, live_on, put_aside, queued
from told import connection

from brokerlink.usecases.in_vain import MOST_IN_VAIN
from domain.connections import ConnectionState
from domain.syncs import RunState


@pytest.fixture
def poison() -> Poison:
    return Poison()


@pytest.fixture
def made(database: str, poison: Poison) -> Iterator[House]:
    built = house.build(database, rows=250, before=poison)
    yield built
    built.store.close()


async def test_a_run_that_always_kills_is_put_aside_for_an_operator(made: House, poison: Poison) -> None:
    known, run_id = await put_aside(made, poison)

    run = made.store.read_now(lambda uow: uow.runs.get(run_id))
    assert run is not None
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
