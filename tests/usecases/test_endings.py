"""How runs end, and what a connection and its figures say afterwards."""

from collections.abc import Iterator
from datetime import timedelta

import house
import pytest
from aim import aimed
from house import House
from sqlalchemy import select, update
from told import connection, stale

from adapters.sql.tables import connections, events
from brokerlink.usecases.course import TOO_LONG
from domain.brokerages import Dataset
from domain.connections import ConnectionState
from domain.events import EventType
from domain.policy import PAUSE_AFTER_FAILURES
from domain.syncs import RunState

STALE = {"balances", "positions", "transactions"}


@pytest.fixture
def alpaca(database: str) -> Iterator[House]:
    made = house.build(database, rows=20)
    yield made
    made.store.close()


async def first(made: House) -> str:
    view = await made.connected()
    await made.run()
    assert view.connection is not None
    return view.connection.id


def last_change(made: House) -> str:
    """The facts of the last event that told another state of a connection."""
    changed = select(events.c.facts).where(events.c.type == EventType.CONNECTION_STATE_CHANGED.value)
    newest = changed.order_by(events.c.sequence.desc()).limit(1)
    return str(made.store.read_now(lambda uow: uow.sql.execute(newest).scalar_one()))


async def test_what_a_refused_run_did_not_come_to_read_is_stale_as_well(alpaca: House) -> None:
    sights, known = aimed(alpaca, "alpaca"), await first(alpaca)
    sights.at("401", Dataset.ACCOUNTS)

    run = await alpaca.synced(known)

    assert run.state is RunState.FAILED
    assert connection(alpaca, known).state is ConnectionState.ACTION_REQUIRED
    assert stale(alpaca) == dict.fromkeys(STALE, "REAUTHORIZATION_REQUIRED")


async def test_a_good_run_makes_all_of_it_fresh_again(alpaca: House) -> None:
    sights, known = aimed(alpaca, "alpaca"), await first(alpaca)
    sights.at("401", Dataset.ACCOUNTS)
    await alpaca.synced(known)
    sights.lift()

    await alpaca.synced(known)

    assert stale(alpaca) == {}
    assert connection(alpaca, known).state is ConnectionState.ACTIVE


async def test_a_run_that_cannot_even_begin_makes_its_figures_stale(alpaca: House) -> None:
    known = await first(alpaca)
    alpaca.store.write_now(lambda uow: uow.credentials.drop(known))

    run = await alpaca.synced(known)

    assert run.state is RunState.FAILED
    assert stale(alpaca) == dict.fromkeys(STALE, "REAUTHORIZATION_REQUIRED")


async def test_a_dataset_that_always_fails_never_stops_the_others(alpaca: House) -> None:
    sights, known = aimed(alpaca, "alpaca"), await first(alpaca)
    sights.at("410", Dataset.TRANSACTIONS)

    for _ in range(PAUSE_AFTER_FAILURES + 1):
        run = await alpaca.synced(known)

    found = connection(alpaca, known)
    assert run.result(run.results[-1].account_id, Dataset.BALANCES).failure is None
    assert (found.state, found.reason) == (ConnectionState.DEGRADED, "BROKERAGE_RESPONSE_UNREADABLE")
    assert found.failures == 0


async def test_many_failed_runs_pause_a_connection_with_an_event_that_says_so(alpaca: House) -> None:
    sights, known = aimed(alpaca, "alpaca"), await first(alpaca)
    failed = PAUSE_AFTER_FAILURES - 1
    alpaca.store.write_now(lambda uow: uow.sql.execute(update(connections).values(failures=failed)))
    sights.at("html-200", *Dataset)

    await alpaca.synced(known)

    found = connection(alpaca, known)
    assert (found.state, found.reason) == (ConnectionState.PAUSED, "BROKERAGE_RESPONSE_UNREADABLE")
    assert '"state":"paused"' in last_change(alpaca)


async def test_a_pause_never_hides_that_the_user_must_act(alpaca: House) -> None:
    sights, known = aimed(alpaca, "alpaca"), await first(alpaca)
    sights.at("401", Dataset.ACCOUNTS)

    for _ in range(PAUSE_AFTER_FAILURES + 1):
        await alpaca.synced(known)

    assert connection(alpaca, known).state is ConnectionState.ACTION_REQUIRED


async def test_a_run_that_nobody_took_in_its_time_ends_and_says_why(alpaca: House) -> None:
    known = await first(alpaca)
    await alpaca.start(connection_id=known)
    alpaca.clock.ahead = timedelta(days=1)

    run = await alpaca.run()

    assert run is not None
    assert (run.state, run.failure) == (RunState.EXPIRED, TOO_LONG)
    assert connection(alpaca, known).state is ConnectionState.WAITING
    assert set(stale(alpaca)) == STALE


async def test_a_run_that_reads_on_and_on_ends_at_its_deadline(database: str) -> None:
    def slowly(_: str) -> None:
        made.clock.ahead += timedelta(hours=2)

    made = house.build(database, rows=450, before=slowly)
    view = await made.connected()
    calls = len(made.calls)

    run = await made.run()

    assert run is not None
    assert (run.state, run.failure) == (RunState.EXPIRED, TOO_LONG)
    assert len(made.calls) - calls <= 4
    assert view.connection is not None
    assert connection(made, view.connection.id).state is ConnectionState.WAITING
    made.store.close()
