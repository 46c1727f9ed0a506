"""A server with one long run that is over, one that never begins, and a bare stream of the same messages.

python -m bench.streaming FOLDER DATABASE MESSAGES     prints both ports, the bare one last, then serves
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import grpc.aio
import uvloop

from adapters.telemetry.logs import configure
from bench.house import house_at
from brokerlink.rpc.syncs import progress_to_proto
from domain.brokerages import Dataset
from domain.ports.storage import UnitOfWork
from domain.syncs import DatasetResult, Lane, Progress, ProgressKind, RunState, SyncRun, Trigger

LONG, IDLE = "run-long", "run-idle"


def run(identifier: str, now: datetime) -> SyncRun:
    until = now + timedelta(hours=1)
    return SyncRun(
        identifier, f"of-{identifier}", "bench", RunState.QUEUED, Trigger.REQUEST, Lane.BATCH, now, until
    )


def messages(count: int, now: datetime) -> list[Progress]:
    kinds = [ProgressKind.PROGRESS] * (count - 1) + [ProgressKind.TERMINAL]
    result = DatasetResult("account", Dataset.TRANSACTIONS, added=100, pages=1)
    return [
        Progress(LONG, number, kind, now, RunState.SUCCEEDED, result=result)
        for number, kind in enumerate(kinds, start=1)
    ]


async def main(folder: Path, database: str, count: int) -> None:
    configure("WARNING", "json", (folder / "streaming.log").open("w"))
    house = house_at("http://127.0.0.1:9", folder, database)
    now = datetime.now(UTC)
    told = messages(count, now)

    def deed(uow: UnitOfWork) -> None:
        for identifier in (LONG, IDLE):
            uow.runs.add(run(identifier, now))
        for message in told:
            uow.progress.add(message)

    await house.store().write(deed)
    rpc = house.rpc()
    port = rpc.listen("127.0.0.1:0")
    await rpc.start()
    print(port, await _bare([progress_to_proto(one).SerializeToString() for one in told]), flush=True)
    await asyncio.Event().wait()


async def _bare(told: list[bytes]) -> int:
    """A server that does nothing but send these."""

    async def tell(_: bytes, __: object) -> AsyncIterator[bytes]:
        for message in told:
            yield message

    server = grpc.aio.server()
    handler = grpc.unary_stream_rpc_method_handler(tell)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bare", {"Tell": handler}),))
    port: int = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    _bare_servers.append(server)
    return port


_bare_servers: list[grpc.aio.Server] = []  # a server that nobody holds stops

if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
