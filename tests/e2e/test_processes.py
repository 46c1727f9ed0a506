"""Several server processes on one port and one PostgreSQL: one that dies is replaced, all stop together."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc.aio
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]
from marker import MARKER
from postgres import Postgres
from served import Server

from adapters.sandbox.create import create
from adapters.sandbox.server import serving
from brokerlink.supervisor import Supervisor
from brokerlink.v1 import connections_pb2, connections_pb2_grpc, syncs_pb2, syncs_pb2_grpc

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
COUNT = 2


@pytest.fixture
def url(postgresql: Postgres) -> Iterator[str]:
    address = postgresql.create()
    yield address
    postgresql.drop(address)


def server(folder: Path, url: str, sandbox: str = "http://127.0.0.1:9") -> Server:
    return Server(folder, sandbox, {"DATABASE_URL": url, "BROKERLINK_PROCESSES": str(COUNT)})


def children(made: Server) -> set[int]:
    assert made.process is not None
    return {child.pid for child in psutil.Process(made.process.pid).children()}


async def serves(address: str) -> bool:
    options = [("grpc.use_local_subchannel_pool", 1)]  # a connection of its own: any process may get it
    async with grpc.aio.insecure_channel(address, options) as channel:
        try:
            told = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
        except grpc.aio.AioRpcError:
            return False
    return bool(told.status == health_pb2.HealthCheckResponse.SERVING)


def until(what: object, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)


async def test_a_process_that_dies_is_replaced_and_calls_go_on(tmp_path: Path, url: str) -> None:
    with server(tmp_path, url) as made:
        await asyncio.to_thread(until, lambda: made.log.read_text().count('"serving"') == COUNT)
        before = children(made)
        assert len(before) == COUNT

        os.kill(min(before), signal.SIGKILL)
        await asyncio.to_thread(until, lambda: made.log.read_text().count('"serving"') == COUNT + 1)

        after = children(made)
        assert len(after) == COUNT
        assert min(before) not in after
        assert all([await serves(made.address) for _ in range(20)])
        assert await asyncio.to_thread(made.stop) == 0
        assert not any(psutil.pid_exists(pid) for pid in after)


def test_whoever_kills_the_parent_gets_the_children_as_well(tmp_path: Path, url: str) -> None:
    with server(tmp_path, url) as made:
        until(lambda: made.log.read_text().count('"serving"') == COUNT)
        left = children(made)

        assert made.process is not None
        made.process.kill()

        until(lambda: not any(psutil.pid_exists(pid) for pid in left))


def test_one_that_has_just_ended_keeps_nobody_else_from_being_stopped() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    living = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    supervisor = Supervisor(2, lambda: None)
    supervisor._born.update({ended.pid: 0.0, living.pid: 0.0})

    supervisor._stop(signal.SIGTERM, None)

    assert living.wait(30) == -signal.SIGTERM


def test_nobody_is_started_any_more_after_the_word_to_stop() -> None:
    supervisor = Supervisor(1, lambda: None)
    supervisor._stop(signal.SIGTERM, None)

    supervisor._start()

    assert supervisor._born == {}


def test_a_port_that_is_taken_is_not_shared_with_a_stranger(tmp_path: Path, url: str) -> None:
    with server(tmp_path, url) as made:
        environment = {
            **made.settings,
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            "BROKERAGE_ENCRYPTION_KEY": made.key,
            "BROKERLINK_LISTEN": made.address,
            "BROKERLINK_DATA_DIR": str(tmp_path / "other"),
        }
        second = subprocess.run(
            [sys.executable, "-m", "brokerlink", "serve"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert second.returncode != 0
        assert re.search(r"not possible to listen on 127\.0\.0\.1:\d+", second.stderr)


async def test_a_watcher_sees_what_another_process_does_and_is_told_where_to_go_on(
    tmp_path: Path, url: str
) -> None:
    sandbox = create("alpaca", 11, "large", marker=MARKER, rows=1_000)
    with serving([sandbox], latency_ms=400) as sandboxes, server(tmp_path, url, sandboxes.address) as made:
        async with grpc.aio.insecure_channel(made.address) as channel:
            session = await connections_pb2_grpc.ConnectionServiceStub(channel).Connect(
                connections_pb2.ConnectRequest(
                    user_id="user-1", brokerage_id="alpaca", credentials=sandbox.credentials()
                )
            )
            stub = syncs_pb2_grpc.SyncServiceStub(channel)
            run = await stub.StartSync(syncs_pb2.StartSyncRequest(connection_id=session.connection.id))
            seen: list[int] = []

            async def watch() -> grpc.StatusCode:
                options = [("grpc.use_local_subchannel_pool", 1)]
                async with grpc.aio.insecure_channel(made.address, options) as own:
                    following = syncs_pb2_grpc.SyncServiceStub(own).WatchSync(
                        syncs_pb2.WatchSyncRequest(sync_run_id=run.id)
                    )
                    try:
                        async for progress in following:
                            seen.append(progress.sequence)  # noqa: PERF401 - seen while it goes on
                    except grpc.aio.AioRpcError as error:
                        return error.code()
                return grpc.StatusCode.OK

            # With ten connections over two processes both have some.
            watching = [asyncio.create_task(watch()) for _ in range(10)]
            async with asyncio.timeout(30):
                while sum(sequence >= 4 for sequence in seen) < len(watching):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            before = time.monotonic()
            code = await asyncio.to_thread(made.stop)
            seconds = time.monotonic() - before
            ends = await asyncio.gather(*watching)

    print(f"stopped within {seconds:.1f} s while a run and ten watchers went on")
    assert code == 0
    assert seconds < 12
    assert set(ends) == {grpc.StatusCode.UNAVAILABLE}
