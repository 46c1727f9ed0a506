"""What every store promises whatever it holds: whole deeds, no lost ones, no values in its errors."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import Select, select, text
from sqlalchemy.exc import SQLAlchemyError

from adapters.sql.engine import SqlStorage
from adapters.sql.store import open_store
from adapters.sql.tables import events, requests
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.events import Event, EventType
from domain.ports.storage import Answered
from domain.ports.vault import DataKey

T = TypeVar("T")
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
WRITERS = 8
CROWD, TURNS = 16, 15
SECRET = "MARKER-of-a-secret"
REQUEST = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def at_once(deed: Callable[[int], T], many: int = WRITERS) -> list[T]:
    """Done by as many threads at the same moment."""
    start = threading.Barrier(many)

    def one(number: int) -> T:
        start.wait()
        return deed(number)

    with ThreadPoolExecutor(many) as threads:
        return list(threads.map(one, range(many)))


def tell(store: SqlStorage, event: Event) -> None:
    store.write_now(lambda uow: uow.events.add(event))


def count(store: SqlStorage, user: str) -> int:
    return store.read_now(lambda uow: uow.events.count(user))


def numbers(store: SqlStorage, query: Select[int]) -> list[int]:
    return store.read_now(lambda uow: list(uow.sql.execute(query).scalars()))


def keep(store: SqlStorage, scope: str) -> None:
    store.write_now(lambda uow: uow.data_keys.add(DataKey(f"key of {scope}", scope, "kek", b"w")))


# ---- deeds


def test_a_deed_that_fails_leaves_nothing_behind(store: SqlStorage) -> None:
    class Refused(Exception):
        pass

    def half(uow: SqlUnitOfWork) -> None:
        uow.data_keys.add(DataKey("key_1", "connection:con_1", "kek", b"wrapped"))
        raise Refused

    with pytest.raises(Refused):
        store.write_now(half)

    assert store.read_now(lambda uow: uow.data_keys.of("connection:con_1")) is None


def test_a_read_sees_one_moment_whatever_is_written_meanwhile(store: SqlStorage) -> None:
    def read(uow: SqlUnitOfWork) -> tuple[int, int]:
        before = uow.events.count("user")
        store.write_now(lambda other: other.events.add(Event("user", EventType.SYNC_STARTED, NOW)))
        return before, uow.events.count("user")

    assert store.read_now(read) == (0, 0)
    assert store.read_now(lambda uow: uow.events.count("user")) == 1


def test_many_writers_at_once_all_get_through(store: SqlStorage) -> None:
    """On SQLite "database is locked" is what they would hear without waiting for one another."""
    took: list[float] = []

    def write(number: int) -> None:
        for turn in range(TURNS):
            key = DataKey(f"key_{number}_{turn}", f"scope:{number}:{turn}", "kek", b"wrapped")

            def deed(uow: SqlUnitOfWork, key: DataKey = key) -> None:
                assert uow.data_keys.of(key.scope) is None  # a read first, then a write: the hard way
                uow.data_keys.add(key)

            began = time.perf_counter()
            store.write_now(deed)
            took.append(time.perf_counter() - began)

    at_once(write, CROWD)

    took.sort()
    print(f"\n{CROWD} writers: p99 {took[int(len(took) * 0.99)] * 1e3:.0f} ms, worst {took[-1] * 1e3:.0f} ms")
    kept = "SELECT count(*) FROM data_keys"
    assert store.read_now(lambda uow: uow.sql.execute(text(kept)).scalar_one()) == CROWD * TURNS


def test_processes_that_share_a_database_get_through_as_well(url: str) -> None:
    stores = [open_store(url) for _ in range(3)]

    def write(number: int) -> None:
        own = stores[number % len(stores)]
        for turn in range(10):
            event = Event(f"user-{turn % 2}", EventType.SYNC_STARTED, NOW)
            tell(own, event)

    at_once(write, 6)

    assert [count(stores[0], f"user-{n}") for n in range(2)] == [30, 30]
    for opened in stores:
        opened.close()


async def test_the_loop_goes_on_while_a_deed_waits(store: SqlStorage) -> None:
    gate = threading.Event()

    def wait(_: SqlUnitOfWork) -> bool:
        return gate.wait(5)

    waiting = asyncio.ensure_future(store.write(wait))
    await asyncio.sleep(0.05)

    assert not waiting.done()
    gate.set()
    assert await waiting


# ---- the log


def test_a_user_s_log_has_no_gaps_and_no_swaps_however_many_write_it(store: SqlStorage) -> None:
    def write(number: int) -> None:
        for _ in range(10):
            event = Event(f"user-{number % 2}", EventType.SYNC_ENDED, NOW, facts={"by": number})
            tell(store, event)

    at_once(write)

    for user in ("user-0", "user-1"):
        told = select(events.c.sequence).where(events.c.user_id == user).order_by(events.c.sequence)
        assert numbers(store, told) == list(range(1, 41))


def test_an_event_of_a_deed_that_fails_leaves_no_gap(store: SqlStorage) -> None:
    def fails(uow: SqlUnitOfWork) -> None:
        uow.events.add(Event("user", EventType.SYNC_STARTED, NOW))
        raise KeyError

    with pytest.raises(KeyError):
        store.write_now(fails)
    store.write_now(lambda uow: uow.events.add(Event("user", EventType.SYNC_STARTED, NOW)))

    assert store.read_now(lambda uow: uow.sql.execute(select(events.c.sequence)).scalar_one()) == 1


# ---- requests that come twice


def begun(store: SqlStorage, caller: str = "app", digest: bytes = b"d") -> Answered | None:
    return store.write_now(lambda uow: uow.requests.begin(caller, REQUEST, "Connect", digest, NOW))


def test_of_many_equal_requests_at_once_one_is_new(store: SqlStorage) -> None:
    told = at_once(lambda _: begun(store))

    assert told.count(None) == 1
    assert {answer.response for answer in told if answer} == {None}


def test_a_request_that_was_done_is_answered_as_it_was(store: SqlStorage) -> None:
    begun(store)
    store.write_now(lambda uow: uow.requests.finish("app", REQUEST, b"answer"))

    again = begun(store, digest=b"another")

    assert again is not None
    assert (again.method, again.response, again.digest) == ("Connect", b"answer", b"d")
    assert again.started_at == NOW


def test_another_caller_s_request_of_that_id_is_another(store: SqlStorage) -> None:
    begun(store)

    assert begun(store, "other") is None


def test_a_request_that_was_forgotten_is_new(store: SqlStorage) -> None:
    begun(store)
    store.write_now(lambda uow: uow.requests.forget("app", REQUEST))

    assert begun(store) is None


def test_only_old_requests_are_pruned(store: SqlStorage) -> None:
    begun(store)

    early = store.write_now(lambda uow: uow.requests.prune(NOW))
    late = store.write_now(lambda uow: uow.requests.prune(NOW + timedelta(seconds=1)))

    assert (early, late) == (0, 1)


def test_finishing_and_beginning_race_without_losing_the_answer(store: SqlStorage) -> None:
    begun(store)

    def race(number: int) -> Answered | None:
        if number == 0:
            store.write_now(lambda uow: uow.requests.finish("app", REQUEST, b"answer"))
            return None
        return begun(store)

    told = at_once(race)

    assert {answer.response for answer in told if answer} <= {None, b"answer"}
    kept = store.read_now(lambda uow: uow.sql.execute(select(requests.c.response)).scalar_one())
    assert kept == b"answer"


# ---- no value in an error


@pytest.mark.parametrize(
    "deed",
    [
        lambda uow: uow.sql.execute(text("SELECT :secret FROM nowhere"), {"secret": SECRET}),
        lambda uow: [uow.data_keys.add(DataKey("k", f"scope:{SECRET}", SECRET, b"w")) for _ in range(2)],
        lambda uow: uow.sql.execute(text("INSERT INTO data_keys (id) VALUES (:id)"), {"id": SECRET}),
    ],
    ids=["no such table", "twice", "half a row"],
)
def test_no_error_of_the_database_shows_a_bound_value(
    store: SqlStorage, deed: Callable[[SqlUnitOfWork], object], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - of whatever kind
        store.write_now(deed)

    told = [str(caught.value), repr(caught.value), caplog.text]
    cause: BaseException | None = caught.value
    while cause is not None:
        told += [str(cause), repr(cause), repr(cause.args)]
        cause = cause.__cause__ or cause.__context__
    assert SECRET not in "".join(told)


def test_parameters_are_hidden_by_the_engine_itself(store: SqlStorage) -> None:
    with store.engine.connect() as connection, pytest.raises(SQLAlchemyError) as caught:
        connection.execute(text("SELECT :secret FROM nowhere"), {"secret": SECRET})

    assert SECRET not in str(caught.value)
    assert "hidden" in str(caught.value)


# ---- data keys and the root


def test_the_root_is_made_once_whoever_starts_first(store: SqlStorage) -> None:
    at_once(lambda n: store.write_now(lambda uow: uow.data_keys.put_root(f"root {n}".encode())))

    first = store.read_now(lambda uow: uow.data_keys.root())
    store.write_now(lambda uow: uow.data_keys.put_root(b"late"))

    assert first is not None
    assert store.read_now(lambda uow: uow.data_keys.root()) == first


def test_a_dropped_key_is_gone_and_no_other(store: SqlStorage) -> None:
    for scope in ("connection:con_1", "connection:con_2"):
        keep(store, scope)

    store.write_now(lambda uow: uow.data_keys.drop("connection:con_1"))

    assert store.read_now(lambda uow: uow.data_keys.of("connection:con_1")) is None
    assert store.read_now(lambda uow: uow.data_keys.of("connection:con_2")) is not None
