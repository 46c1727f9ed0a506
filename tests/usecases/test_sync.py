"""The engine on a real store: what is synced, what a second sync finds, what a crash costs."""

from collections.abc import Iterator

import house
import pytest
from house import House
from sqlalchemy import func, select

from adapters.sql.tables import positions, transactions
from domain.connections import ConnectionState, SessionState
from domain.syncs import RunState


@pytest.fixture
def alpaca(database: str) -> Iterator[House]:
    made = house.build(database)
    yield made
    made.store.close()


def count(made: House, table: object) -> int:
    return made.store.read_now(
        lambda uow: uow.sql.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]
    )


async def test_connecting_queues_a_first_sync_that_brings_everything(alpaca: House) -> None:
    view = await alpaca.connected()

    run = await alpaca.run()

    assert view.session.state is SessionState.SUCCEEDED
    assert run is not None
    assert run.state is RunState.SUCCEEDED
    truth = alpaca.stage.faulty["alpaca"].sandbox.play.truth
    assert count(alpaca, transactions) == len(truth.accounts[0].transactions)
    assert count(alpaca, positions) == len(truth.accounts[0].positions)


async def test_a_second_sync_changes_nothing(alpaca: House) -> None:
    view = await alpaca.connected()
    await alpaca.run()
    assert view.connection is not None

    run = await alpaca.synced(view.connection.id, force=True)

    assert [(r.added, r.modified, r.removed) for r in run.results] == [(0, 0, 0)] * len(run.results)
    connection = await alpaca.store.read(lambda uow: uow.connections.get(run.connection_id))
    assert connection is not None
    assert connection.state is ConnectionState.ACTIVE
