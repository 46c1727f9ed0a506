"""A PostgreSQL that breaks off, stands in the way or is full: nothing is lost or doubled, it passes."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from adapters.sql.engine import SqlStorage, open_engine
from adapters.sql.reading import SqlReading
from adapters.sql.store import open_store
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.errors import StorageUnavailable
from domain.events import Event, EventType
from domain.ports.vault import DataKey

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)

pytestmark = pytest.mark.parametrize("databases", ["postgresql"], indirect=True)


def tell(uow: SqlUnitOfWork) -> int:
    """Something that shows when it is done twice: the user's log gets longer."""
    uow.events.add(Event("user", EventType.SYNC_STARTED, NOW))
    return uow.events.count("user")


def told(store: SqlStorage) -> int:
    return store.read_now(lambda uow: uow.events.count("user"))


def terminate(database: str, uow: SqlUnitOfWork) -> None:
    """As an operator or a failover ends the server's side of a connection."""
    mine = uow.sql.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (mine,))


def lose_the_next_commit(store: SqlStorage, *, kept: bool) -> None:
    """The connection breaks while COMMIT is under way: before it was done, or before anybody heard so."""
    dialect: Any = store.engine.dialect
    commit = dialect.do_commit

    def lose(connection: Any) -> None:
        dialect.do_commit = commit
        if kept:
            commit(connection)
        connection.driver_connection.close()
        raise psycopg.OperationalError("the connection is lost")

    dialect.do_commit = lose


@pytest.mark.parametrize("kept", [True, False])
def test_a_commit_whose_answer_is_lost_is_done_exactly_once(store: SqlStorage, kept: bool) -> None:
    store.write_now(tell)
    lose_the_next_commit(store, kept=kept)

    assert store.write_now(tell) == 2
    assert told(store) == 2


@pytest.mark.parametrize("when", ["before the first statement", "in the middle", "before the commit"])
def test_a_transaction_whose_server_process_ends_is_done_again(
    store: SqlStorage, database: str, when: str
) -> None:
    tries = 0

    def deed(uow: SqlUnitOfWork) -> int:
        nonlocal tries
        tries += 1
        if tries == 1 and when == "before the first statement":
            terminate(database, uow)
        tell(uow)
        if tries == 1 and when == "in the middle":
            terminate(database, uow)
        uow.data_keys.add(DataKey("key", "scope", "kek", b"wrapped"))
        if tries == 1 and when == "before the commit":
            terminate(database, uow)
        return tries

    assert store.write_now(deed) == 2
    assert told(store) == 1


def test_a_read_whose_server_process_ends_is_answered(store: SqlStorage, database: str) -> None:
    tries = 0

    def deed(uow: SqlUnitOfWork) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            terminate(database, uow)
        return uow.events.count("user")

    assert (store.read_now(deed), tries) == (0, 2)


async def test_so_is_a_hot_read_and_no_connection_stays_broken(store: SqlStorage, database: str) -> None:
    reading = SqlReading(store.engine)
    await reading.version("acc_0")

    for _ in range(3):
        with psycopg.connect(database, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert await reading.version("acc_0") is None
        assert await reading.holdings_of_user("nobody") == []

    reading.close()


def test_two_that_lock_each_other_out_both_get_through(store: SqlStorage) -> None:
    store.write_now(tell)
    store.write_now(lambda uow: uow.events.add(Event("other", EventType.SYNC_STARTED, NOW)))
    met = threading.Barrier(2)
    tries: list[str] = []

    def cross(first: str, second: str) -> None:
        def deed(uow: SqlUnitOfWork) -> None:
            tries.append(first)
            uow.events.add(Event(first, EventType.SYNC_ENDED, NOW))
            if len(tries) <= 2:
                met.wait(5)
            uow.events.add(Event(second, EventType.SYNC_ENDED, NOW))

        store.write_now(deed)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(cross, ("user", "other"), ("other", "user")))

    assert len(tries) > 2, "nobody was in anybody's way"
    assert told(store) == 3
    assert store.read_now(lambda uow: uow.events.count("other")) == 3


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_conflict_is_tried_again_and_not_for_ever(store: SqlStorage, state: str) -> None:
    tries = 0

    def deed(uow: SqlUnitOfWork) -> None:
        nonlocal tries
        tries += 1
        tell(uow)
        uow.sql.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$"))

    with pytest.raises(StorageUnavailable):
        store.write_now(deed)

    assert (tries, told(store)) == (6, 0)


# ---- nobody waits for ever


@pytest.fixture
def limited(database: str) -> Iterator[Callable[[str], SqlStorage]]:
    """A store with another limit, as an operator gives it in the URL."""
    opened: list[SqlStorage] = []

    def make(options: str) -> SqlStorage:
        mark = "&" if "?" in database else "?"
        opened.append(open_store(f"{database}{mark}options=-c%20{options}"))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def test_our_connections_have_limits(store: SqlStorage) -> None:
    wanted = {
        "statement_timeout": "1min",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "10s",
        "application_name": "brokerlink",
    }

    def shown(uow: SqlUnitOfWork) -> dict[str, str]:
        return {name: uow.sql.execute(text(f"SHOW {name}")).scalar_one() for name in wanted}

    assert store.read_now(shown) == wanted


def test_a_statement_that_takes_too_long_is_given_up(limited: Callable[[str], SqlStorage]) -> None:
    store = limited("statement_timeout=200")
    began = time.monotonic()

    with pytest.raises(StorageUnavailable):
        store.read_now(lambda uow: uow.sql.execute(text("SELECT pg_sleep(20)")).all())

    assert time.monotonic() - began < 5
    assert told(store) == 0


def test_a_lock_that_is_not_given_back_stops_one_writer_and_not_for_ever(
    store: SqlStorage, limited: Callable[[str], SqlStorage]
) -> None:
    other = limited("lock_timeout=200")
    store.write_now(tell)

    def hold(uow: SqlUnitOfWork) -> None:
        tell(uow)
        with pytest.raises(StorageUnavailable):
            other.write_now(tell)

    store.write_now(hold)

    assert other.write_now(tell) == 3


def test_who_stands_still_in_a_transaction_loses_its_locks_and_does_it_again(
    store: SqlStorage, limited: Callable[[str], SqlStorage]
) -> None:
    still, tries = limited("idle_in_transaction_session_timeout=300"), 0
    store.write_now(tell)

    def stand(uow: SqlUnitOfWork) -> int:
        nonlocal tries
        tries += 1
        done = tell(uow)
        if tries == 1:
            store.write_now(tell)  # waits for the lock, until its holder is thrown out
            time.sleep(0.5)
        return done

    assert still.write_now(stand) == 3
    assert (tries, told(store)) == (2, 3)


def test_a_pool_that_is_empty_refuses_and_recovers(database: str) -> None:
    store = SqlStorage(open_engine(database, pool_size=2))
    with store.engine.connect(), store.engine.connect(), pytest.raises(StorageUnavailable):
        store.read_now(lambda uow: uow.events.count("user"))

    assert store.write_now(tell) == 1
    store.close()


def test_a_database_that_stays_away_refuses_and_later_at_once(database: str) -> None:
    store = open_store(database)
    away: Any = store.engine.url.set(query={"host": "/nowhere"})
    lost = SqlStorage(open_engine(away.render_as_string(hide_password=False)))
    took: list[float] = []

    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(StorageUnavailable):
            lost.write_now(tell)
        took.append(time.monotonic() - began)

    assert took[0] > 5, "a restart would have been seen from outside"
    assert took[1] < 1, "everybody waited again"
    assert told(store) == 0
    lost.close()
    store.close()
