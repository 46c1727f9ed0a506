"""A sync parses only what it has not stored as it came, and finds the same changes all the same."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import house
import pytest
import pytest_asyncio
from house import House
from sqlalchemy import func, select, update

from adapters.brokerages import card
from adapters.kit import recall
from adapters.kit.card import Card, Read, Scene
from adapters.sql.tables import transactions
from brokerlink.usecases import recalled
from domain.connections import Connection
from domain.syncs import RunState, SyncRun

parsed: list[bytes] = []


def listening(name: str) -> Card:
    """The card, whose parsers of history tell what they are given."""
    written = card(name)

    def heard(read: Read[Any]) -> Read[Any]:
        def parse(raw: bytes, scene: Scene) -> Iterator[Any]:
            parsed.append(raw)
            yield from read.parse(raw, scene)

        return replace(read, parse=parse)

    doors = tuple(replace(d, transactions=tuple(map(heard, d.transactions))) for d in written.doors)
    return replace(written, doors=doors)


@pytest_asyncio.fixture(params=["alpaca", "schwab", "etrade", "robinhood"])
async def synced(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[House, Connection]]:
    """A user whose whole history was read once."""
    made = house.build(tmp_path, request.param, rows=120)
    made.catalogue.load = listening
    view = await made.connected(request.param)
    assert view.connection is not None
    await made.run()
    yield made, view.connection
    parsed.clear()
    made.store.close()


def counts(run: SyncRun) -> tuple[int, int, int]:
    told = [(r.added, r.modified, r.removed) for r in run.results if r.dataset.value == "transactions"]
    added, modified, removed = (sum(column) for column in zip(*told, strict=True))
    return added, modified, removed


def stored(made: House, *conditions: Any) -> int:
    found = select(func.count()).select_from(transactions).where(*conditions)
    return made.store.read_now(lambda uow: uow.sql.execute(found).scalar_one())


async def test_what_is_stored_as_it_came_is_not_parsed_again(synced: tuple[House, Connection]) -> None:
    made, connection = synced
    rows, marked, first = stored(made), stored(made, transactions.c.mark.is_not(None)), len(parsed)
    parsed.clear()

    run = await made.synced(connection.id, force=True)

    assert (run.state, counts(run)) == (RunState.SUCCEEDED, (0, 0, 0))
    # What else there is: rows of other accounts, of several movements, and words that we do not know.
    assert len(parsed) <= first - marked + 1
    assert marked > rows / 2
    assert stored(made, transactions.c.status == "removed") == 0
    assert sum(r.unchanged for r in run.results if r.dataset.value == "transactions") == rows


async def test_after_a_change_of_the_code_all_rows_are_parsed_once_more(
    synced: tuple[House, Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, connection = synced
    first, marked = len(parsed), stored(made, transactions.c.mark.is_not(None))
    monkeypatch.setattr(recall, "version", lambda: b"next")
    parsed.clear()

    await made.synced(connection.id, force=True)
    once = len(parsed)
    await made.synced(connection.id, force=True)

    assert once == first
    assert len(parsed) - once <= first - marked + 1


async def test_a_history_longer_than_a_piece_is_looked_up_piece_by_piece(
    synced: tuple[House, Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, connection = synced
    monkeypatch.setattr(recalled, "PIECE", 7)

    run = await made.synced(connection.id, force=True)

    assert (run.state, counts(run)) == (RunState.SUCCEEDED, (0, 0, 0))


async def test_a_stored_row_that_lost_its_mark_is_compared_by_what_it_says(
    synced: tuple[House, Connection],
) -> None:
    made, connection = synced
    unmarked = stored(made, transactions.c.mark.is_(None))
    lose = update(transactions).values(mark=None)
    made.store.write_now(lambda uow: uow.sql.execute(lose))

    run = await made.synced(connection.id, force=True)

    assert (run.state, counts(run)) == (RunState.SUCCEEDED, (0, 0, 0))
    assert stored(made, transactions.c.mark.is_(None)) == unmarked
