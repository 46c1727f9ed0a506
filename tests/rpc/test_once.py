"""A request with a request_id has its effect once, however often it comes."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from answering import WHO, World, failing, heard, told

from brokerlink.v1 import connections_pb2 as pb
from brokerlink.v1 import syncs_pb2
from domain.errors import FieldInvalid
from domain.ports.brokerage import Asked, Grant
from domain.syncs import RunState


def connect(request_id: str, **more: Any) -> pb.ConnectRequest:
    given = {"user_id": "user-1", "brokerage_id": "played", "credentials": {"key": "k", "secret": "s"}}
    return pb.ConnectRequest(**{**given, "request_id": request_id, **more})


async def test_the_same_request_gets_the_same_answer_and_does_nothing_twice(world: World) -> None:
    request = connect(str(uuid4()))

    first = await world.connections.Connect(request)
    again = await world.connections.Connect(request)

    assert again == first
    assert world.brokerages.open_door.begun == 1


async def test_another_request_under_the_same_id_is_refused(world: World) -> None:
    identifier = str(uuid4())
    await world.connections.Connect(connect(identifier))

    other = await failing(
        world.connections.Connect(connect(identifier, credentials={"key": "x", "secret": "s"}))
    )
    method = await failing(
        world.connections.CancelConnect(pb.CancelConnectRequest(session_id="s", request_id=identifier))
    )

    for failure in (other, method):
        assert (failure.code, failure.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED")
        assert list(failure.fields) == ["request_id"]
    assert world.brokerages.open_door.begun == 1


async def test_callers_do_not_share_ids(world: World) -> None:
    identifier = str(uuid4())
    await world.connections.Connect(connect(identifier))

    other = await world.connections.Connect(
        connect(identifier, user_id="user-2"), metadata=((WHO, "user-2"),)
    )

    assert other.user_id == "user-2"


async def test_of_many_at_once_one_has_the_effect(world: World) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def begin(_: dict[str, str]) -> Asked | Grant:
        entered.set()
        await go_on.wait()
        return Grant({"token": "t"})

    world.brokerages.open_door.begins = begin
    request = connect(str(uuid4()))
    first = asyncio.ensure_future(world.connections.Connect(request))
    await entered.wait()

    busy = await asyncio.gather(*(failing(world.connections.Connect(request)) for _ in range(10)))
    go_on.set()
    session = await first
    again = await world.connections.Connect(request)

    assert {(one.code, one.reason) for one in busy} == {(grpc.StatusCode.ABORTED, "BUSY")}
    assert all(one.retry_after is not None for one in busy)
    assert again == session
    assert world.brokerages.open_door.begun == 1


async def test_racing_requests_have_one_effect(world: World) -> None:
    request = connect(str(uuid4()))

    outcomes = await asyncio.gather(
        *(world.connections.Connect(request) for _ in range(20)), return_exceptions=True
    )

    sessions = [one for one in outcomes if isinstance(one, pb.ConnectSession)]
    failures = [told(one) for one in outcomes if isinstance(one, grpc.aio.AioRpcError)]
    assert len({one.id for one in sessions}) == 1
    assert {one.reason for one in failures} <= {"BUSY"}
    assert world.brokerages.open_door.begun == 1


async def test_a_caller_that_goes_away_gets_the_answer_when_it_comes_back(world: World) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def begin(_: dict[str, str]) -> Asked | Grant:
        entered.set()
        await go_on.wait()
        return Grant({"token": "t"})

    world.brokerages.open_door.begins = begin
    request = connect(str(uuid4()))
    first = world.connections.Connect(request)
    waiting = asyncio.ensure_future(first)
    await entered.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go_on.set()
    await world.once.settle(5)

    session = await world.connections.Connect(request)

    assert session.state == pb.CONNECT_SESSION_STATE_SUCCEEDED
    assert world.brokerages.open_door.begun == 1


async def test_a_failure_is_not_remembered(world: World) -> None:
    async def begin(_: dict[str, str]) -> Asked | Grant:
        if world.brokerages.open_door.begun == 1:
            raise FieldInvalid("credentials[key]", "no")
        return Grant({"token": "t"})

    world.brokerages.open_door.begins = begin
    request = connect(str(uuid4()))

    await failing(world.connections.Connect(request))
    session = await world.connections.Connect(request)

    assert session.state == pb.CONNECT_SESSION_STATE_SUCCEEDED


async def begun_and_lost(world: World, request: pb.ConnectRequest) -> None:
    """As a process leaves it that dies between the effect and the answer."""
    await world.connections.Connect(request)

    def lose(uow: Any) -> None:
        uow.sql.exec_driver_sql("UPDATE requests SET response = NULL")

    world.rows.store.write_now(lose)


async def test_what_a_dead_process_left_may_be_taken_up_after_a_while(world: World) -> None:
    request = connect(str(uuid4()))
    await begun_and_lost(world, request)

    early = await failing(world.connections.Connect(request))
    world.clock.ahead = timedelta(minutes=2, seconds=1)
    session = await world.connections.Connect(request)

    assert early.reason == "BUSY"
    assert session.state == pb.CONNECT_SESSION_STATE_SUCCEEDED
    assert world.brokerages.open_door.begun == 2


async def test_what_a_dead_process_left_is_still_another_request(world: World) -> None:
    request = connect(str(uuid4()))
    await begun_and_lost(world, request)
    world.clock.ahead = timedelta(hours=1)

    failure = await failing(world.connections.Connect(connect(request.request_id, door_id="official")))

    assert failure.reason == "REQUEST_ID_REUSED"


async def test_after_a_day_an_id_is_new(world: World) -> None:
    request = connect(str(uuid4()))
    await world.connections.Connect(request)
    world.clock.ahead = timedelta(hours=24, seconds=1)

    await world.connections.Connect(request)

    assert world.brokerages.open_door.begun == 2


async def test_without_an_id_each_request_is_a_new_one(world: World) -> None:
    await world.connections.Connect(connect(""))
    await world.connections.Connect(connect(""))

    assert world.brokerages.open_door.begun == 2


async def test_a_sync_asked_for_twice_is_one_run_even_when_it_is_over(world: World) -> None:
    connection = world.rows.connection()
    start = syncs_pb2.StartSyncRequest(connection_id=connection, request_id=str(uuid4()))
    run = await world.syncs.StartSync(start)
    stored = world.rows.store.read_now(lambda uow: uow.runs.get(run.id))
    assert stored is not None
    world.rows.step(stored, RunState.SUCCEEDED)

    again = await world.syncs.StartSync(start)

    assert again == run
    listed = await world.syncs.ListSyncRuns(syncs_pb2.ListSyncRunsRequest(connection_id=connection))
    assert len(listed.sync_runs) == 1


async def test_a_stream_asked_for_twice_follows_the_same_run(world: World) -> None:
    connection = world.rows.connection()
    request = syncs_pb2.SyncAccountRequest(connection_id=connection, request_id=str(uuid4()))
    first = world.syncs.SyncAccount(request)
    snapshot = await heard(first)
    first.cancel()
    stored = world.rows.store.read_now(lambda uow: uow.runs.get(snapshot.sync_run_id))
    assert stored is not None
    world.rows.step(stored, RunState.SUCCEEDED)

    again = [message async for message in world.syncs.SyncAccount(request)]

    assert {message.sync_run_id for message in again} == {snapshot.sync_run_id}
    assert again[-1].kind == syncs_pb2.SYNC_PROGRESS_KIND_TERMINAL


async def test_the_store_keeps_no_credentials(world: World) -> None:
    await world.connections.Connect(connect(str(uuid4()), credentials={"key": "k", "secret": "planted-7391"}))
    rows = world.rows.store.read_now(lambda uow: uow.sql.exec_driver_sql("SELECT * FROM requests").fetchall())

    assert len(rows) == 1
    assert "planted-7391" not in str(rows)
