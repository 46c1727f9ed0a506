"""Runs in the store: one at a time for a connection, leased by the database's clock, fenced by a token."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from adapters.sql.engine import SqlStorage
from adapters.sql.tables import sync_runs
from domain.connections import Connection, ConnectionState
from domain.errors import EtagMismatch
from domain.ports.runs import LeaseLost
from domain.ports.storage import Sealed
from domain.ports.vault import DataKey
from domain.syncs import Lane, RunState, SyncRun, Trigger

NOW = datetime.now(UTC)
LONG, OVER = timedelta(minutes=5), timedelta(microseconds=-1)
RACERS = 8


def run(name: str, connection: str = "con_1", lane: Lane = Lane.INTERACTIVE, age: int = 0) -> SyncRun:
    made = NOW - timedelta(seconds=age)
    return SyncRun(name, connection, "user", RunState.QUEUED, Trigger.REQUEST, lane, made, NOW + LONG)


def leased(
    store: SqlStorage, owner: str, duration: timedelta = LONG, lane: Lane | None = None
) -> SyncRun | None:
    return store.write_now(lambda uow: uow.runs.lease(owner, duration, lane))


def test_a_second_run_of_a_connection_is_refused_by_the_store_itself(store: SqlStorage) -> None:
    first = store.write_now(lambda uow: uow.runs.add(run("run_1")))
    second = store.write_now(lambda uow: uow.runs.add(run("run_2")))
    other = store.write_now(lambda uow: uow.runs.add(run("run_3", "con_2")))

    assert (first, second, other) == (True, False, True)


def test_an_ended_run_makes_room_for_the_next(store: SqlStorage) -> None:
    store.write_now(lambda uow: uow.runs.add(run("run_1")))
    held = leased(store, "a")
    assert held is not None
    held.state = RunState.SUCCEEDED
    store.write_now(lambda uow: uow.runs.save(held, None))

    assert store.write_now(lambda uow: uow.runs.add(run("run_2")))


def test_a_lease_is_held_by_one_owner_at_a_time(store: SqlStorage) -> None:
    store.write_now(lambda uow: uow.runs.add(run("run_1")))

    assert leased(store, "a") is not None
    assert leased(store, "b") is None


def test_of_many_who_ask_at_once_one_gets_the_lease(store: SqlStorage) -> None:
    store.write_now(lambda uow: uow.runs.add(run("run_1")))
    start, won = threading.Barrier(RACERS), list[str]()

    def race(owner: str) -> None:
        start.wait()
        if leased(store, owner) is not None:
            won.append(owner)

    racers = [threading.Thread(target=race, args=(str(n),)) for n in range(RACERS)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert len(won) == 1


def test_who_wakes_up_after_its_lease_is_refused(store: SqlStorage) -> None:
    store.write_now(lambda uow: uow.runs.add(run("run_1")))
    stale = leased(store, "a", OVER)
    fresh = leased(store, "b")
    assert stale is not None
    assert fresh is not None
    assert fresh.token > stale.token

    with pytest.raises(LeaseLost):
        store.write_now(lambda uow: uow.runs.save(stale, LONG))
    assert store.write_now(lambda uow: uow.runs.renew("run_1", stale.token, LONG)) is False

    store.write_now(lambda uow: uow.runs.save(fresh, LONG))


def test_what_a_stale_writer_wrote_besides_is_undone_with_it(store: SqlStorage) -> None:
    store.write_now(lambda uow: uow.runs.add(run("run_1")))
    stale = leased(store, "a", OVER)
    leased(store, "b")
    assert stale is not None

    def step(uow: object) -> None:
        uow.runs.add(run("run_2", "con_2"))  # type: ignore[attr-defined]
        uow.runs.save(stale, LONG)  # type: ignore[attr-defined]

    with pytest.raises(LeaseLost):
        store.write_now(step)
    assert store.read_now(lambda uow: uow.runs.get("run_2")) is None


def test_a_person_who_waits_goes_before_batch(store: SqlStorage) -> None:
    store.write_now(lambda uow: uow.runs.add(run("run_batch", "con_1", Lane.BATCH, age=60)))
    store.write_now(lambda uow: uow.runs.add(run("run_person", "con_2", age=1)))

    first, second = leased(store, "a"), leased(store, "a")

    assert [r.id for r in (first, second) if r] == ["run_person", "run_batch"]


def test_a_waiting_run_is_due_only_when_its_time_has_come(store: SqlStorage) -> None:
    store.write_now(lambda uow: uow.runs.add(run("run_1")))
    held = leased(store, "a")
    assert held is not None
    held.state, held.retry_at = RunState.WAITING, datetime.now(UTC) + LONG
    store.write_now(lambda uow: uow.runs.save(held, None))

    assert leased(store, "a") is None
    past = datetime.now(UTC) - timedelta(seconds=1)
    store.write_now(lambda uow: uow.sql.execute(update(sync_runs).values(retry_at=past)))
    assert leased(store, "a") is not None


def test_a_waiting_run_that_is_cancelled_is_taken_up_at_once(store: SqlStorage) -> None:
    store.write_now(lambda uow: uow.runs.add(run("run_1")))
    held = leased(store, "a")
    assert held is not None
    held.state, held.retry_at = RunState.WAITING, datetime.now(UTC) + LONG
    store.write_now(lambda uow: uow.runs.save(held, None))

    store.write_now(lambda uow: uow.runs.request_cancel("run_1"))

    taken = leased(store, "a")
    assert taken is not None
    assert taken.cancel_requested


def test_an_ended_run_cannot_be_written_any_more(store: SqlStorage) -> None:
    store.write_now(lambda uow: uow.runs.add(run("run_1")))
    held = leased(store, "a")
    assert held is not None
    held.state = RunState.FAILED
    store.write_now(lambda uow: uow.runs.save(held, None))

    held.state = RunState.RUNNING
    with pytest.raises(LeaseLost):
        store.write_now(lambda uow: uow.runs.save(held, LONG))


def test_a_connection_that_changed_meanwhile_is_not_overwritten(store: SqlStorage) -> None:
    made = Connection("con_1", "user", "alpaca", "keys", ConnectionState.PENDING, NOW, NOW)
    store.write_now(lambda uow: uow.connections.add(made))
    store.write_now(lambda uow: uow.connections.save(made.moved(ConnectionState.ACTIVE, NOW)))

    with pytest.raises(EtagMismatch):
        store.write_now(lambda uow: uow.connections.save(made.moved(ConnectionState.PAUSED, NOW)))


def test_one_of_many_renews_a_grant(store: SqlStorage) -> None:

    key = DataKey("key_1", "connection:con_1", "kek", b"wrapped")

    def prepare(uow: object) -> None:
        uow.data_keys.add(key)  # type: ignore[attr-defined]
        uow.credentials.put("con_1", Sealed(key, b"sealed", 1), NOW)  # type: ignore[attr-defined]

    store.write_now(prepare)
    minute = timedelta(minutes=1)

    def lease(owner: str) -> bool:
        return store.write_now(lambda uow: uow.credentials.lease_renewal("con_1", owner, minute))

    assert [lease("a"), lease("b"), lease("a")] == [True, False, True]
    store.write_now(lambda uow: uow.credentials.end_renewal("con_1", "a"))
    assert lease("b")


def test_a_requeued_run_is_free_and_its_former_holder_is_refused(store: SqlStorage) -> None:
    store.write_now(lambda uow: uow.runs.add(run("run_1")))
    held = leased(store, "hangs")
    assert held is not None

    assert store.write_now(lambda uow: uow.runs.requeue("run_1"))

    with pytest.raises(LeaseLost):
        store.write_now(lambda uow: uow.runs.save(held, LONG))
    taken = leased(store, "another")
    assert taken is not None
    assert (taken.id, taken.state) == ("run_1", RunState.QUEUED)


def test_a_run_that_waits_is_due_once_it_is_requeued_and_one_that_is_over_is_not(store: SqlStorage) -> None:
    store.write_now(lambda uow: uow.runs.add(run("run_1")))
    held = leased(store, "a")
    assert held is not None
    held.state, held.retry_at = RunState.WAITING, NOW + LONG
    store.write_now(lambda uow: uow.runs.save(held, None))
    assert leased(store, "b") is None

    store.write_now(lambda uow: uow.runs.requeue("run_1"))
    taken = leased(store, "b")
    assert taken is not None
    taken.state = RunState.SUCCEEDED
    store.write_now(lambda uow: uow.runs.save(taken, None))

    assert not store.write_now(lambda uow: uow.runs.requeue("run_1"))
    assert not store.write_now(lambda uow: uow.runs.requeue("run_0"))
    assert leased(store, "b") is None
