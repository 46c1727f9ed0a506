"""Limits, health, reflection and the end of a server."""

import asyncio
from pathlib import Path

import grpc
import grpc.aio
import pytest
from answering import WHO, World, answering, failing, heard
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc  # type: ignore[import-untyped]

from brokerlink.rpc import methods
from brokerlink.rpc.interceptors import Deadlines
from brokerlink.rpc.server import Limits
from brokerlink.rpc.streams import Streams
from brokerlink.v1 import connections_pb2 as pb
from brokerlink.v1 import syncs_pb2
from domain.ports.brokerage import Asked, Grant

CONNECT = {"user_id": "user-1", "brokerage_id": "played", "credentials": {"key": "k", "secret": "s"}}


# ---- limits


async def test_streams_of_one_caller_are_bounded_and_starve_nobody(tmp_path: Path) -> None:
    streams = Streams(each=3, most=5)
    async with answering(tmp_path, streams=streams) as world:
        run = world.rows.run(world.rows.connection())
        request = syncs_pb2.WatchSyncRequest(sync_run_id=run.id)
        mine = [world.syncs.WatchSync(request, metadata=((WHO, "user-1"),)) for _ in range(3)]
        for call in mine:
            await call.read()

        fourth = await failing(world.syncs.WatchSync(request, metadata=((WHO, "user-1"),)).read())
        others = [world.syncs.WatchSync(request) for _ in range(2)]
        for call in others:
            await call.read()
        sixth = await failing(world.syncs.WatchSync(request).read())
        unary = await world.syncs.GetSyncRun(syncs_pb2.GetSyncRunRequest(sync_run_id=run.id))
        mine[0].cancel()
        others[0].cancel()
        await asyncio.sleep(0.1)
        again = await heard(world.syncs.WatchSync(request, metadata=((WHO, "user-1"),)))

        assert (fourth.code, fourth.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED")
        assert fourth.retry_after is not None
        assert sixth.reason == "QUOTA_EXCEEDED"
        assert unary.id == run.id
        assert again.sync_run_id == run.id
        for call in (*mine, *others):
            call.cancel()


async def test_a_call_without_a_deadline_gets_one(tmp_path: Path) -> None:
    async with answering(tmp_path, deadlines=Deadlines(0.2, 0.2)) as world:

        async def begin(_: dict[str, str]) -> Asked | Grant:
            await asyncio.sleep(60)
            raise AssertionError

        world.brokerages.open_door.begins = begin

        failure = await failing(world.connections.Connect(pb.ConnectRequest(**CONNECT)))  # type: ignore[arg-type]

    assert (failure.code, failure.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")


async def test_cancelled_calls_leave_nothing_behind(world: World) -> None:
    run = world.rows.run(world.rows.connection())
    calls = [world.syncs.WatchSync(syncs_pb2.WatchSyncRequest(sync_run_id=run.id)) for _ in range(50)]
    for call in calls:
        await call.read()
    for call in calls:
        call.cancel()

    await asyncio.sleep(0.2)

    assert not world.gate._following
    assert world.gate._streams._open.total() == 0


# ---- health, reflection, shutdown


async def test_health_and_reflection_answer(world: World) -> None:
    health = health_pb2_grpc.HealthStub(world.channel)
    names = ("", *methods.services())

    states = [(await health.Check(health_pb2.HealthCheckRequest(service=name))).status for name in names]
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await health.Check(health_pb2.HealthCheckRequest(service="nosuch"))
    reflection = reflection_pb2_grpc.ServerReflectionStub(world.channel).ServerReflectionInfo()
    await reflection.write(reflection_pb2.ServerReflectionRequest(list_services=""))
    listed = {one.name for one in (await reflection.read()).list_services_response.service}
    reflection.cancel()

    assert states == [health_pb2.HealthCheckResponse.SERVING] * len(names)
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
    assert set(methods.services()) <= listed


async def test_malformed_bytes_to_a_service_of_grpc_are_refused_like_others(world: World) -> None:
    failure = await failing(world.raw("/grpc.health.v1.Health/Check")(b"\xff\xff\xff"))

    assert failure.reason == "REQUEST_UNREADABLE"


async def test_an_unknown_method_is_unimplemented(world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await world.raw("/brokerlink.v1.AccountService/Nosuch")(b"")

    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_server_that_stops_sends_its_streams_elsewhere(world: World) -> None:
    run = world.rows.run(world.rows.connection())
    health = health_pb2_grpc.HealthStub(world.channel).Watch(health_pb2.HealthCheckRequest())
    await health.read()
    watching = world.syncs.WatchSync(syncs_pb2.WatchSyncRequest(sync_run_id=run.id))
    await watching.read()

    stopping = asyncio.create_task(world.server.stop(grace=2))
    status = (await health.read()).status
    failure = await failing(watching.read())
    await stopping

    assert status == health_pb2.HealthCheckResponse.NOT_SERVING
    assert (failure.code, failure.reason) == (grpc.StatusCode.UNAVAILABLE, "SERVER_STOPPING")
    assert failure.retry_after is not None


async def test_sockets_that_say_nothing_are_closed(tmp_path: Path) -> None:
    async with answering(tmp_path, limits=Limits(handshake=0.5)) as world:
        reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
        writer.write(b"PRI * HTTP/2.0\r\n")
        await writer.drain()

        async with asyncio.timeout(5):
            while await reader.read(1024):
                pass
        writer.close()
