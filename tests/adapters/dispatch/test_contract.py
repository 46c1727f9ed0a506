"""What every dispatcher promises, whatever wakes its runs: tried on the embedded and on the spread one."""

import asyncio
from datetime import UTC, datetime, timedelta

from domain.syncs import Lane, RunState, SyncRun

from .conftest import LEASE, Works


async def test_a_run_that_is_woken_is_carried_on_under_a_lease_of_its_own(works: Works) -> None:
    dispatch = works.dispatcher()
    run = await works.queue("run_1")

    dispatch.wake(run)
    await works.until(lambda: works.taken == [("a", "run_1")])
    held = await works.store.read(lambda uow: uow.runs.held())
    works.gate.set()
    await works.until_ended("run_1")

    assert held == [("run_1", "a")]


async def test_a_run_that_is_woken_ten_times_at_once_by_two_is_carried_on_once(works: Works) -> None:
    dispatchers = [works.dispatcher("a"), works.dispatcher("b")]
    run = await works.queue("run_1")

    for _ in range(5):
        for dispatch in dispatchers:
            dispatch.wake(run)
            await asyncio.sleep(0)
    await works.until(lambda: bool(works.taken))
    await asyncio.sleep(1)
    works.gate.set()
    await works.until_ended("run_1")
    for dispatch in dispatchers:
        dispatch.wake(run)
    await asyncio.sleep(1)

    assert len(works.taken) == 1


async def test_a_run_that_nobody_woke_is_found(works: Works) -> None:
    works.gate.set()
    await works.queue("run_1")

    works.dispatcher()

    await works.until_ended("run_1")


async def test_a_person_who_waits_goes_before_batch(works: Works) -> None:
    runs = [await works.queue(f"run_{n}", Lane.BATCH) for n in range(5)] + [await works.queue("run_person")]
    works.gate.set()
    dispatch = works.dispatcher(places=1)

    for run in runs:
        dispatch.wake(run)
    await works.until_ended(*(run.id for run in runs))

    # Whatever was in hand already when the person came.
    assert "run_person" in [run_id for _, run_id in works.taken[:2]]


async def test_batch_leaves_places_for_people(works: Works) -> None:
    dispatch = works.dispatcher(places=4)
    for n in range(6):
        dispatch.wake(await works.queue(f"run_{n}", Lane.BATCH))
    await works.until(lambda: len(works.taken) == 2)
    await asyncio.sleep(1)
    assert len(works.taken) == 2

    dispatch.wake(await works.queue("run_person"))

    await works.until(lambda: ("a", "run_person") in works.taken)


async def test_a_run_that_waits_comes_back_at_its_time_and_not_before(works: Works) -> None:
    pause, ends = timedelta(seconds=2), list[datetime]()

    def wait_once(run: SyncRun) -> None:
        ends.append(datetime.now(UTC))
        run.state = RunState.WAITING if len(ends) == 1 else RunState.SUCCEEDED
        run.retry_at = ends[0] + pause if len(ends) == 1 else None

    works.end = wait_once
    works.gate.set()
    dispatch = works.dispatcher()

    dispatch.wake(await works.queue("run_1"))
    await works.until_ended("run_1")

    waited = ends[1] - ends[0]
    assert pause <= waited < pause + timedelta(seconds=3)


async def test_a_run_that_waits_is_taken_up_at_once_when_it_is_cancelled(works: Works) -> None:
    def wait(run: SyncRun) -> None:
        run.state = RunState.SUCCEEDED if run.cancel_requested else RunState.WAITING
        run.retry_at = datetime.now(UTC) + timedelta(hours=1)

    works.end = wait
    works.gate.set()
    dispatch = works.dispatcher()
    run = await works.queue("run_1")
    dispatch.wake(run)
    await works.until(lambda: len(works.taken) == 1)
    await asyncio.sleep(1)
    assert await works.state("run_1") is RunState.WAITING

    await works.store.write(lambda uow: uow.runs.request_cancel("run_1"))
    dispatch.wake(run)

    await works.until_ended("run_1")


async def test_the_run_of_a_dead_owner_goes_on_elsewhere_when_its_lease_ends(works: Works) -> None:
    await works.queue("run_1")
    await works.store.write(lambda uow: uow.runs.lease_one("run_1", "dead", LEASE))
    works.gate.set()
    works.dispatcher("b")

    await asyncio.sleep(1)
    assert works.taken == []
    await works.until_ended("run_1")

    assert works.taken == [("b", "run_1")]


async def test_stopping_hands_runs_over_at_once(works: Works) -> None:
    first = works.dispatcher("a", lease=timedelta(minutes=10))
    first.wake(await works.queue("run_1"))
    await works.until(lambda: bool(works.taken))
    second = works.dispatcher("b", lease=timedelta(minutes=10))

    await first.stop(5)
    await first.close()

    await works.until(lambda: works.taken[1:] == [("b", "run_1")])
    assert works.stopped == ["run_1"]
    works.gate.set()
    await works.until_ended("run_1")
    assert second is works.dispatchers[1]


async def test_a_fault_of_ours_costs_a_run_its_lease_and_no_more(works: Works) -> None:
    broken: list[str] = []

    def break_once(run: SyncRun) -> None:
        broken.append(run.id)
        if len(broken) == 1:
            raise RuntimeError("a fault")
        run.state = RunState.SUCCEEDED

    works.end = break_once
    works.gate.set()
    dispatch = works.dispatcher()

    dispatch.wake(await works.queue("run_1"))

    await works.until_ended("run_1")
    assert broken == ["run_1", "run_1"]
