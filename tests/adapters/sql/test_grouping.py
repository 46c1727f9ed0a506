"""Deeds that wait for SQLite's one writer share a COMMIT, and nothing else."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from adapters.sql.engine import SqlStorage
from adapters.sql.store import open_store
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.errors import StorageUnavailable

Deed = Callable[[SqlUnitOfWork], Any]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStorage]:
    opened = open_store(f"sqlite:///{tmp_path}/one.db")
    yield opened
    opened.close()


def put(name: str) -> Deed:
    return lambda uow: _put(uow, name)


def _put(uow: SqlUnitOfWork, name: str) -> str:
    uow.sql.execute(text("INSERT INTO roots (name, value) VALUES (:name, x'00')"), {"name": name})
    return name


def there(store: SqlStorage) -> set[str]:
    return store.read_now(lambda uow: {row[0] for row in uow.sql.execute(text("SELECT name FROM roots"))})


async def together(store: SqlStorage, *deeds: Deed) -> list[Any]:
    """Hand all deeds in while the writer is busy with another; results and failures in their order."""
    free, busy = threading.Event(), threading.Event()

    def hold(uow: SqlUnitOfWork) -> None:
        busy.set()
        free.wait(10)

    first = asyncio.create_task(store.write(hold))
    await asyncio.to_thread(busy.wait, 10)
    tasks = [asyncio.create_task(store.write(deed)) for deed in deeds]
    await asyncio.sleep(0)  # all of them are handed in
    free.set()
    await first
    return await asyncio.gather(*tasks, return_exceptions=True)


def commits(store: SqlStorage) -> list[str]:
    found: list[str] = []
    event.listen(store.engine, "commit", lambda _: found.append("COMMIT"))
    return found


async def test_those_that_wait_share_one_commit(store: SqlStorage) -> None:
    counted = commits(store)

    assert await together(store, *(put(name) for name in "abcd")) == list("abcd")

    assert there(store) == set("abcd")
    # Theirs, that of our own look, and that of the busy one if it ran longer than a group may grow.
    assert len(counted) in {2, 3}


async def test_one_that_fails_takes_back_its_own_and_nothing_else(store: SqlStorage) -> None:
    def fails(uow: SqlUnitOfWork) -> None:
        _put(uow, "lost")
        raise LookupError("mine")

    told = await together(store, put("a"), fails, put("b"))

    assert (told[0], told[2]) == ("a", "b")
    assert isinstance(told[1], LookupError)
    assert there(store) == {"a", "b"}


@pytest.mark.parametrize("where", ["deed", "commit"])
async def test_when_the_database_fails_under_a_group_each_is_done_again_by_itself(
    store: SqlStorage, where: str
) -> None:
    struck: list[int] = []

    def strike(*_: object) -> None:
        if len(struck) < 1:
            struck.append(1)
            raise sqlite3.OperationalError("database is locked")

    def struck_deed(uow: SqlUnitOfWork) -> str:
        _put(uow, "b")
        strike()
        return "b"

    def armed(uow: SqlUnitOfWork) -> str:
        if where == "commit" and not struck:
            event.listen(store.engine, "commit", strike)
        return _put(uow, "a")

    told = await together(store, armed, struck_deed if where == "deed" else put("b"), put("c"))

    assert told == ["a", "b", "c"]
    assert (there(store), struck) == ({"a", "b", "c"}, [1])


async def test_one_that_can_never_pass_fails_alone(store: SqlStorage) -> None:
    def broken(uow: SqlUnitOfWork) -> None:
        uow.sql.execute(text("SELECT * FROM nothing"))

    told = await together(store, put("a"), broken, put("b"))

    assert (told[0], told[2]) == ("a", "b")
    assert isinstance(told[1], StorageUnavailable)
    assert there(store) == {"a", "b"}


async def test_one_that_is_cancelled_before_it_begins_is_not_done(store: SqlStorage) -> None:
    free, busy = threading.Event(), threading.Event()

    def hold(uow: SqlUnitOfWork) -> None:
        busy.set()
        free.wait(10)

    first = asyncio.create_task(store.write(hold))
    await asyncio.to_thread(busy.wait, 10)
    second, third = (asyncio.create_task(store.write(put(name))) for name in "ab")
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    free.set()

    await asyncio.gather(first, third)
    with pytest.raises(asyncio.CancelledError):
        await second
    assert there(store) == {"b"}


async def test_what_was_handed_in_is_done_before_the_store_closes(tmp_path: Path) -> None:
    opened = open_store(f"sqlite:///{tmp_path}/two.db")
    tasks = [asyncio.create_task(opened.write(put(name))) for name in "abc"]
    await asyncio.sleep(0)

    opened.close()

    assert await asyncio.gather(*tasks) == list("abc")
