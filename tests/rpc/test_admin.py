"""AdminService: dead letters in pages, trying them again, requeueing, releasing; and who may."""

from datetime import timedelta
from uuid import uuid4

import grpc
import pytest
from answering import WHO, World, failing
from handmade import NOON

from brokerlink.rpc import methods
from brokerlink.v1 import admin_pb2 as pb
from brokerlink.v1 import connections_pb2, syncs_pb2
from domain.connections import ConnectionState
from domain.syncs import RunState


@pytest.mark.parametrize("size", [1, 2, 3, 10])
async def test_dead_letters_come_in_pages_the_latest_first(world: World, size: int) -> None:
    # Two in the same moment: their connections tell them apart.
    runs = [world.rows.put_aside(since=NOON + timedelta(seconds=n // 2)) for n in range(5)]
    request, found = pb.ListDeadLettersRequest(page_size=size), list[pb.DeadLetter]()

    while True:
        page = await world.admin.ListDeadLetters(request)
        assert len(page.dead_letters) <= size
        found += page.dead_letters
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    assert {one.sync_run.id for one in found} == {run.id for run in runs}
    assert len(found) == 5
    times = [one.put_aside_time.seconds for one in found]
    assert times == sorted(times, reverse=True)
    assert {one.brokerage_id for one in found} == {"played"}
    assert {one.sync_run.state for one in found} == {syncs_pb2.SYNC_RUN_STATE_FAILED}


async def test_a_page_goes_on_where_it_was_though_the_last_one_was_tried_again(world: World) -> None:
    runs = [world.rows.put_aside(since=NOON + timedelta(seconds=n)) for n in range(4)]
    request = pb.ListDeadLettersRequest(page_size=2)
    first = await world.admin.ListDeadLetters(request)

    await world.admin.RetryDeadLetter(
        pb.RetryDeadLetterRequest(sync_run_id=first.dead_letters[-1].sync_run.id)
    )
    request.page_token = first.next_page_token
    second = await world.admin.ListDeadLetters(request)

    assert [one.sync_run.id for one in second.dead_letters] == [runs[1].id, runs[0].id]


async def test_dead_letters_of_one_brokerage(world: World) -> None:
    world.rows.put_aside()
    other = world.rows.put_aside(brokerage="other")

    page = await world.admin.ListDeadLetters(pb.ListDeadLettersRequest(brokerage_id="other"))

    assert [one.sync_run.id for one in page.dead_letters] == [other.id]


async def test_a_retry_is_a_new_run_and_the_same_request_starts_no_second(world: World) -> None:
    run = world.rows.put_aside()
    request = pb.RetryDeadLetterRequest(sync_run_id=run.id, request_id=str(uuid4()))

    first = await world.admin.RetryDeadLetter(request)
    second = await world.admin.RetryDeadLetter(request)
    again = await failing(world.admin.RetryDeadLetter(pb.RetryDeadLetterRequest(sync_run_id=run.id)))

    assert first == second
    assert first.id != run.id
    assert first.connection_id == run.connection_id
    assert first.state == syncs_pb2.SYNC_RUN_STATE_QUEUED
    assert world.dispatch.times == 1
    assert (again.code, again.reason) == (grpc.StatusCode.NOT_FOUND, "DEAD_LETTER_NOT_FOUND")


async def test_a_requeued_run_is_queued_and_woken(world: World) -> None:
    run = world.rows.run(world.rows.connection())
    world.rows.step(run, RunState.WAITING)

    told = await world.admin.RequeueSync(pb.RequeueSyncRequest(sync_run_id=run.id, request_id=str(uuid4())))

    assert (told.id, told.state) == (run.id, syncs_pb2.SYNC_RUN_STATE_QUEUED)
    assert world.dispatch.times == 1


async def test_a_quarantined_connection_is_released(world: World) -> None:
    known = world.rows.connection(state=ConnectionState.QUARANTINED)
    request = pb.ReleaseConnectionRequest(connection_id=known, request_id=str(uuid4()))

    told = await world.admin.ReleaseConnection(request)
    stale = await failing(
        world.admin.ReleaseConnection(pb.ReleaseConnectionRequest(connection_id=known, etag="v0"))
    )

    assert (told.id, told.state) == (known, connections_pb2.CONNECTION_STATE_PENDING)
    assert stale.reason == "ETAG_MISMATCH"


async def test_whoever_lacks_the_scope_is_refused(world: World) -> None:
    run = world.rows.put_aside()
    world.principals.scopes = methods.scopes() - {"admin"}

    refused = await failing(world.admin.RetryDeadLetter(pb.RetryDeadLetterRequest(sync_run_id=run.id)))

    assert (refused.code, refused.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")


async def test_one_who_is_bound_to_a_user_sees_that_user_s_only(world: World) -> None:
    world.rows.put_aside("user-2")
    mine = world.rows.put_aside("user-1")

    page = await world.admin.ListDeadLetters(pb.ListDeadLettersRequest(), metadata=((WHO, "user-1"),))

    assert [one.sync_run.id for one in page.dead_letters] == [mine.id]
