"""What operators do: list what was put aside, try it again, release connections, requeue runs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import house
import pytest
from house import Chance, House, Woken
from poison import Poison, live_on, put_aside
from told import connection

from brokerlink.usecases.list_dead_letters import ListDeadLetters
from brokerlink.usecases.release_connection import ReleaseConnection
from brokerlink.usecases.requeue_sync import RequeueSync
from brokerlink.usecases.retry_dead_letter import RetryDeadLetter
from brokerlink.usecases.run_sync import RunSync
from domain.connections import ConnectionState
from domain.errors import (
    ConnectionDisconnected,
    ConnectionQuarantined,
    DecryptionFailed,
    EtagMismatch,
    FailureRecord,
    NotFound,
)
from domain.syncs import RunState, SyncRun

LEASE = timedelta(minutes=5)


@dataclass
class Operator:
    made: House
    poison: Poison

    def __post_init__(self) -> None:
        store, clock, chance, woken = self.made.store, self.made.clock, Chance(), Woken()
        self.list = ListDeadLetters(store)
        self.retry = RetryDeadLetter(store, clock, chance, woken)
        self.release = ReleaseConnection(store, clock, chance, woken)
        self.requeue = RequeueSync(store, self.made.start, woken)

    async def listed(self, brokerage: str = "", user_id: str | None = None) -> list[str]:
        return [one.run.id for one in await self.list(brokerage, None, 10, user_id)]

    def run(self, run_id: str) -> SyncRun:
        found = self.made.store.read_now(lambda uow: uow.runs.get(run_id))
        assert found is not None
        return found

    def quarantine(self, identifier: str) -> None:
        """As a key that is missing does."""
        why = FailureRecord.of(DecryptionFailed())

        def deed(uow: object) -> None:
            found = uow.connections.get(identifier)  # type: ignore[attr-defined]
            moved = found.moved(ConnectionState.QUARANTINED, self.made.clock.now(), why)
            uow.connections.save(replace(moved, next_sync_at=None))  # type: ignore[attr-defined]

        self.made.store.write_now(deed)


@pytest.fixture
def operator(database: str) -> Iterator[Operator]:
    poison = Poison()
    built = house.build(database, rows=20, before=poison)
    yield Operator(built, poison)
    built.store.close()


async def test_what_was_put_aside_is_listed_until_it_is_tried_again(operator: Operator) -> None:
    known, run_id = await put_aside(operator.made, operator.poison)
    (letter,) = await operator.list("", None, 10)

    again = await operator.retry(run_id)
    left = await operator.listed()
    done = await operator.made.run()

    assert (letter.run.id, letter.brokerage_id) == (run_id, "alpaca")
    assert left == []
    assert again.id != run_id
    assert done is not None
    assert (done.id, done.state) == (again.id, RunState.SUCCEEDED)
    assert connection(operator.made, known).state is ConnectionState.ACTIVE
    assert operator.run(run_id).state is RunState.FAILED, "what ended stays as it ended"


async def test_nothing_is_tried_twice(operator: Operator) -> None:
    _, run_id = await put_aside(operator.made, operator.poison)
    again = await operator.retry(run_id)

    for stale in (run_id, again.id, "run_nowhere"):
        with pytest.raises(NotFound) as refused:
            await operator.retry(stale)
        assert refused.value.noun == "dead_letter"


async def test_a_run_that_kills_again_is_put_aside_again(operator: Operator) -> None:
    known, run_id = await put_aside(operator.made, operator.poison)
    again = await operator.retry(run_id)

    operator.poison.on = True
    while not (await live_on(operator.made, again.id)).state.terminal:
        pass

    assert await operator.listed() == [again.id]
    assert connection(operator.made, known).last_run_id == again.id


async def test_the_list_can_be_of_one_brokerage_or_user(operator: Operator) -> None:
    _, run_id = await put_aside(operator.made, operator.poison)

    assert await operator.listed("alpaca", "user-1") == [run_id]
    assert await operator.listed("schwab") == []
    assert await operator.listed(user_id="user-2") == []
    with pytest.raises(NotFound):
        await operator.retry(run_id, "user-2")


async def test_whoever_signs_in_again_takes_it_off_the_list(operator: Operator) -> None:
    known, run_id = await put_aside(operator.made, operator.poison)
    assert await operator.listed() == [run_id]

    await operator.made.connected(reconnect_connection_id=known)

    assert await operator.listed() == []


async def test_a_quarantined_connection_is_released_and_synced(operator: Operator) -> None:
    view = await operator.made.connected()
    assert view.connection is not None
    known = view.connection.id
    await operator.made.run()
    operator.quarantine(known)

    with pytest.raises(ConnectionQuarantined):
        await operator.made.start(connection_id=known)
    listed = await operator.listed()
    with pytest.raises(EtagMismatch):
        await operator.release(known, "v1")
    released = await operator.release(known, "")
    done = await operator.made.run()

    assert listed == [], "no run was put aside: a secret could not be opened"
    assert released.connection.state is ConnectionState.ACTIVE
    assert done is not None
    assert done.state is RunState.SUCCEEDED


async def test_releasing_what_is_not_quarantined_changes_nothing(operator: Operator) -> None:
    view = await operator.made.connected()
    assert view.connection is not None
    before = connection(operator.made, view.connection.id)

    await operator.release(before.id, "")

    assert connection(operator.made, before.id) == before


async def test_what_was_disconnected_is_not_released(operator: Operator) -> None:
    view = await operator.made.connected()
    assert view.connection is not None
    known = view.connection.id

    def end(uow: object) -> None:
        found = uow.connections.get(known)  # type: ignore[attr-defined]
        uow.connections.save(found.moved(ConnectionState.DISCONNECTED, operator.made.clock.now()))  # type: ignore[attr-defined]

    operator.made.store.write_now(end)

    with pytest.raises(ConnectionDisconnected):
        await operator.release(known, "")


async def test_a_run_is_taken_from_whoever_has_it_and_goes_on(operator: Operator) -> None:
    await operator.made.connected()
    store = operator.made.store
    held = store.write_now(lambda uow: uow.runs.lease("somebody who hangs", LEASE, None))
    assert held is not None
    assert await operator.made.run() is None, "nobody else gets it"

    queued = await operator.requeue(held.id)
    done = await operator.made.run()
    calls = len(operator.made.calls)
    await RunSync(operator.made.engine)(held)  # who hung wakes up

    assert (queued.id, queued.state) == (held.id, RunState.QUEUED)
    assert done is not None
    assert (done.id, done.state) == (held.id, RunState.SUCCEEDED)
    assert len(operator.made.calls) == calls
    assert operator.run(held.id) == done


async def test_a_run_that_waits_goes_on_at_once(operator: Operator) -> None:
    await operator.made.connected()
    store = operator.made.store
    held = store.write_now(lambda uow: uow.runs.lease("a", LEASE, None))
    assert held is not None
    held.state, held.retry_at = RunState.WAITING, operator.made.clock.now() + LEASE
    store.write_now(lambda uow: uow.runs.save(held, None))
    assert await operator.made.run() is None

    await operator.requeue(held.id)

    done = await operator.made.run()
    assert done is not None
    assert done.state is RunState.SUCCEEDED


async def test_one_that_is_over_stays_over_and_its_connection_gets_another(operator: Operator) -> None:
    await operator.made.connected()
    over = await operator.made.run()
    assert over is not None

    another = await operator.requeue(over.id)
    joined = await operator.requeue(over.id)

    assert another.id != over.id
    assert (another.connection_id, another.state) == (over.connection_id, RunState.QUEUED)
    assert joined.id == another.id
    assert operator.run(over.id) == over


async def test_requeueing_leads_around_no_operator(operator: Operator) -> None:
    _, run_id = await put_aside(operator.made, operator.poison)

    with pytest.raises(ConnectionQuarantined):
        await operator.requeue(run_id)
    with pytest.raises(NotFound):
        await operator.requeue("run_nowhere")
