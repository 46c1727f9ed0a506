"""Following a run: nothing is missed, every stream ends."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from answering import World, answering

from brokerlink.v1 import syncs_pb2 as pb
from domain.ports.storage import UnitOfWork
from domain.syncs import Progress, ProgressKind, RunState, SyncRun

SNAPSHOT, PROGRESS, HEARTBEAT, TERMINAL = (
    pb.SYNC_PROGRESS_KIND_SNAPSHOT,
    pb.SYNC_PROGRESS_KIND_PROGRESS,
    pb.SYNC_PROGRESS_KIND_HEARTBEAT,
    pb.SYNC_PROGRESS_KIND_TERMINAL,
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """One whose heart beats fast."""
    fast = timedelta(seconds=0.1)
    async with answering(tmp_path, heartbeat=fast, patience=timedelta(seconds=0.2)) as world:
        yield world


def watched(world: World, run: SyncRun, after: int = 0) -> AsyncIterator[pb.SyncProgress]:
    return aiter(world.syncs.WatchSync(pb.WatchSyncRequest(sync_run_id=run.id, after_sequence=after)))


async def whole(world: World, run: SyncRun, after: int = 0) -> list[pb.SyncProgress]:
    async with asyncio.timeout(10):
        return [message async for message in watched(world, run, after)]


def walked(world: World, steps: int, end: RunState | None = RunState.SUCCEEDED) -> SyncRun:
    run = world.rows.run(world.rows.connection())
    for _ in range(steps):
        world.rows.step(run)
    if end is not None:
        world.rows.step(run, end)
    return run


@pytest.mark.parametrize("after", range(8))
async def test_a_watcher_that_comes_back_misses_nothing(world: World, after: int) -> None:
    run = walked(world, 6)

    told = await whole(world, run, after)

    assert [(one.kind, one.sequence) for one in told] == [
        (SNAPSHOT, after),
        *((PROGRESS, sequence) for sequence in range(after + 1, 7)),
        (TERMINAL, 7),
    ]
    assert told[0].run.sequence == 7
    assert told[-1].run.state == pb.SYNC_RUN_STATE_SUCCEEDED


async def test_a_long_log_is_replayed_whole(world: World) -> None:
    run = walked(world, 450)

    told = await whole(world, run)

    assert [one.sequence for one in told[1:]] == list(range(1, 452))


async def test_what_moves_while_one_watches_is_told_at_once_and_once(world: World) -> None:
    run = walked(world, 2, end=None)
    watching = asyncio.create_task(whole(world, run))
    for _ in range(20):
        await asyncio.sleep(0.01)
        world.rows.step(run)
        world.hub.publish(run.id, run.sequence)
    world.rows.step(run, RunState.PARTIALLY_SUCCEEDED)
    world.hub.publish(run.id, run.sequence)
    told = await watching

    sequences = [one.sequence for one in told if one.kind != HEARTBEAT]
    assert sequences == list(range(24))
    assert told[-1].state == pb.SYNC_RUN_STATE_PARTIALLY_SUCCEEDED


async def test_a_hint_that_is_lost_costs_time_and_nothing_else(world: World) -> None:
    run = walked(world, 1, end=None)
    watching = asyncio.create_task(whole(world, run))
    await asyncio.sleep(0.15)

    world.rows.step(run, RunState.FAILED)

    assert (await watching)[-1].state == pb.SYNC_RUN_STATE_FAILED


async def test_a_stream_where_nothing_moves_lives(world: World) -> None:
    run = walked(world, 3, end=None)
    following = watched(world, run)

    told = [await anext(following) for _ in range(7)]

    assert [one.kind for one in told] == [SNAPSHOT, PROGRESS, PROGRESS, PROGRESS] + [HEARTBEAT] * 3
    assert {one.sequence for one in told[4:]} == {3}


async def test_a_run_whose_log_was_pruned_still_has_an_end(world: World) -> None:
    run = walked(world, 3)
    later = world.clock.now() + timedelta(seconds=1)
    world.rows.store.write_now(lambda uow: uow.progress.prune(later))

    told = await whole(world, run)

    assert [(one.kind, one.sequence) for one in told] == [(SNAPSHOT, 0), (TERMINAL, 4)]


async def test_a_run_that_nobody_ends_ends_for_its_watchers(world: World) -> None:
    run = world.rows.run(world.rows.connection(), life=timedelta(seconds=0.3))

    told = await whole(world, run)

    last = told[-1]
    assert (last.kind, last.state) == (TERMINAL, pb.SYNC_RUN_STATE_EXPIRED)
    assert last.run.state == pb.SYNC_RUN_STATE_EXPIRED
    assert last.sequence == 1


async def test_following_what_one_started_begins_where_it_stands(world: World) -> None:
    connection = world.rows.connection()
    run = world.rows.run(connection)
    for _ in range(5):
        world.rows.step(run)

    following = aiter(world.syncs.SyncAccount(pb.SyncAccountRequest(connection_id=connection)))
    snapshot = await anext(following)
    world.rows.step(run, RunState.CANCELLED)
    world.hub.publish(run.id, run.sequence)
    rest = [message async for message in following]

    assert (snapshot.sync_run_id, snapshot.kind, snapshot.sequence) == (run.id, SNAPSHOT, 5)
    assert [one.kind for one in rest if one.kind != HEARTBEAT] == [TERMINAL]


async def test_an_account_is_synced_through_the_connection_that_reads_it(world: World) -> None:
    connection = world.rows.connection()
    account = world.rows.account(connection=connection)

    run = await world.syncs.StartSync(pb.StartSyncRequest(account_id=account))
    joined = await world.syncs.StartSync(pb.StartSyncRequest(connection_id=connection))
    cancelled = await world.syncs.CancelSync(pb.CancelSyncRequest(sync_run_id=run.id))

    assert (run.connection_id, run.state) == (connection, pb.SYNC_RUN_STATE_QUEUED)
    assert (joined.id, cancelled.id) == (run.id, run.id)

    def stored(uow: UnitOfWork) -> bool:
        found = uow.runs.get(run.id)
        return found is not None and found.cancel_requested

    assert world.rows.store.read_now(stored)


async def test_cancelling_what_is_over_changes_nothing(world: World) -> None:
    run = walked(world, 1)

    answer = await world.syncs.CancelSync(pb.CancelSyncRequest(sync_run_id=run.id))

    assert answer.state == pb.SYNC_RUN_STATE_SUCCEEDED


async def test_a_watcher_who_does_not_read_fills_no_memory_and_still_misses_nothing(world: World) -> None:
    run = walked(world, 1, None)
    long, text = 5_000, "." * 4_000  # twenty megabytes

    def log(uow: UnitOfWork) -> None:
        for sequence in range(run.sequence + 1, long):
            uow.progress.add(
                Progress(run.id, sequence, ProgressKind.PROGRESS, world.clock.now(), run.state, message=text)
            )

    world.rows.store.write_now(log)
    run.sequence = long - 1
    world.rows.step(run, RunState.SUCCEEDED)
    patient, stalled = watched(world, run), watched(world, run)
    for watcher in (patient, stalled):
        await anext(watcher)
    await asyncio.sleep(0.5)  # whatever flows without being read has flown

    told = [message.sequence async for message in patient]
    world.rows.store.write_now(lambda uow: uow.progress.prune(world.clock.now() + timedelta(days=1)))
    held = [message async for message in stalled]

    assert told == list(range(1, long + 1))
    assert held[-1].kind == TERMINAL
    # What the server had sent before the log was pruned: bounded, however long the log is.
    assert len(held) < long / 2
