"""Runs and the budgets of brokerages: who waits where, what counts as an attempt, how often one may come."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import house
import pytest
from house import House
from played import OFFICIAL, PlayedBrokerages, PlayedDoor
from told import connection

from adapters.kit.budgets import InProcessBudgets
from adapters.kit.card import Card, Counted, Rate
from adapters.kit.catalogue import Catalogue
from brokerlink.usecases.run_sync import RunSync, turn_of
from brokerlink.usecases.start_sync import StartSync
from domain.budgets import Budget, Turn
from domain.connections import ConnectionState
from domain.policy import Cadence, SyncPolicy
from domain.syncs import Lane, RunState, SyncRun, Trigger

QUIET = timedelta(minutes=20)


@pytest.fixture
def alpaca(database: str) -> Iterator[House]:
    made = house.build(database, rows=20)
    yield made
    made.store.close()


def limited(made: House) -> InProcessBudgets:
    """The house's brokerages with one budget for all, as most apps have it."""
    shared = InProcessBudgets(made.clock.now)
    ours = made.catalogue

    def card(name: str) -> Card:
        told = ours.load(name)
        rates = {"default": Rate(120, counted=Counted.APP)}
        return replace(told, doors=tuple(replace(door, rates=rates) for door in told.doors))

    strict = Catalogue(ours.names, card, ours.wire, ours.configured, made.clock.now, budgets=shared)
    made.engine = replace(made.engine, brokerages=strict)
    return shared


async def scheduled(made: House, connection_id: str) -> SyncRun:
    start: StartSync = made.start
    await start(connection_id=connection_id, trigger=Trigger.SCHEDULE)
    run = await made.run()
    assert run is not None
    return run


async def test_a_batch_run_that_finds_the_budget_spent_parks_and_says_until_when(alpaca: House) -> None:
    view = await alpaca.connected()
    await alpaca.run()
    assert view.connection is not None
    budgets, calls = limited(alpaca), len(alpaca.calls)
    (door,) = (d.facts.id for d in alpaca.catalogue.load("alpaca").doors[:1])
    await budgets.quiet(Budget(f"alpaca/{door}/default", 120, timedelta(minutes=1)), QUIET)

    run = await scheduled(alpaca, view.connection.id)

    assert run.state is RunState.WAITING
    assert run.retry_at is not None
    assert run.failure is not None
    assert QUIET <= run.retry_at - alpaca.clock.now() + timedelta(seconds=5) <= QUIET * 1.2
    assert run.failure.reason == "BROKERAGE_RATE_LIMITED"
    assert run.attempt == 0, "nothing was tried"
    assert len(alpaca.calls) == calls, "nothing was sent"
    assert turn_of(run) is Turn.LISTED


async def test_it_does_not_give_up_however_often_it_finds_the_budget_spent(alpaca: House) -> None:
    view = await alpaca.connected()
    await alpaca.run()
    assert view.connection is not None
    budgets = limited(alpaca)
    (door,) = (d.facts.id for d in alpaca.catalogue.load("alpaca").doors[:1])
    await budgets.quiet(Budget(f"alpaca/{door}/default", 120, timedelta(minutes=1)), QUIET)
    await scheduled(alpaca, view.connection.id)
    for _ in range(30):
        again = await alpaca.store.write(
            lambda uow: uow.sql.exec_driver_sql("UPDATE sync_runs SET retry_at = 0").rowcount
        )
        assert again
        run = await alpaca.run()
        assert run is not None
        assert run.state is RunState.WAITING

    alpaca.clock.ahead = 2 * QUIET
    await alpaca.store.write(
        lambda uow: uow.sql.exec_driver_sql("UPDATE sync_runs SET retry_at = 0").rowcount
    )
    done = await alpaca.run()

    assert done is not None
    assert done.state is RunState.SUCCEEDED
    assert connection(alpaca, view.connection.id).state is ConnectionState.ACTIVE


@pytest.mark.parametrize(
    ("lane", "state", "started", "turn"),
    [
        (Lane.INTERACTIVE, RunState.WAITING, True, Turn.PERSON),
        (Lane.BATCH, RunState.QUEUED, False, Turn.NEW),
        (Lane.BATCH, RunState.WAITING, True, Turn.LISTED),
        (Lane.BATCH, RunState.RUNNING, True, Turn.STARTED),
    ],
    ids=["a person", "new", "from the list", "taken over"],
)
async def test_the_turn_of_a_run(
    alpaca: House, lane: Lane, state: RunState, started: bool, turn: Turn
) -> None:
    view = await alpaca.connected()
    run = await alpaca.store.read(lambda uow: uow.runs.latest(view.connection.id))  # type: ignore[union-attr]
    assert run is not None
    run.lane, run.state = lane, state
    run.started_at = alpaca.clock.now() if started else None

    assert turn_of(run) is turn


async def test_a_connection_comes_no_sooner_than_its_brokerage_likes(database: str) -> None:
    made = house.build(database)
    door = PlayedDoor(facts=replace(OFFICIAL, minimum_interval=timedelta(hours=6)))
    made.connecting = replace(made.connecting, brokerages=PlayedBrokerages(door))
    wish = SyncPolicy(Cadence.HOURLY)
    made.engine = replace(made.engine, brokerages=PlayedBrokerages(door), cadence=wish)
    view = await made.connect("user-1", "played", credentials={"key": "k", "secret": "s"})
    run = await made.store.write(lambda uow: uow.runs.lease("test", made.engine.lease, None))
    assert run is not None

    await RunSync(made.engine)(run)

    assert view.connection is not None
    due = connection(made, view.connection.id).next_sync_at
    assert due is not None
    assert timedelta(hours=5.9) < due - made.clock.now() < timedelta(hours=6.7)
    made.store.close()
