"""ImportStatement's places: few files at once, and no longer than a file may take to come."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import pytest
from google.protobuf.message import Message

from brokerlink.rpc import principals, statements
from brokerlink.rpc.errors import TooSlow
from brokerlink.rpc.once import Once
from brokerlink.rpc.statements import AT_ONCE, StatementImports
from brokerlink.usecases.import_statement import ImportOutcome, ImportStatement
from brokerlink.v1 import transactions_pb2 as pb
from domain.errors import Overloaded
from domain.ports.statements import Statement

Deed = Callable[[], Awaitable[bytes]]


class Held:
    """An import that goes on until it is let go, and a `Once` that brings it to its end whoever listens."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.begun = asyncio.Semaphore(0)
        self.tasks: list[asyncio.Future[bytes]] = []

    async def __call__(self, *_: Any) -> ImportOutcome:
        self.begun.release()
        await self.let_go.wait()
        return ImportOutcome(Statement("csv", ()))

    async def once(self, caller: str, method: str, request: Message, deed: Deed) -> bytes:
        self.tasks.append(asyncio.ensure_future(deed()))
        return await asyncio.shield(self.tasks[-1])


@pytest.fixture
def held() -> Held:
    principals.enter(principals.Principal("test"))
    return Held()


def imports(held: Held) -> StatementImports:
    return StatementImports(cast("ImportStatement", held), cast("Once", held.once))


async def parts(size: int, *later: bytes, pause: float = 0.0) -> AsyncIterator[pb.ImportStatementRequest]:
    yield pb.ImportStatementRequest(
        user_id="user-1", brokerage_id="played", request_id="r", size_bytes=size, content=b"x"
    )
    for content in later:
        await asyncio.sleep(pause)
        yield pb.ImportStatementRequest(content=content)


async def test_a_place_stays_taken_while_what_a_caller_left_behind_goes_on(held: Held) -> None:
    rpc = imports(held)
    for _ in range(AT_ONCE):
        left = asyncio.ensure_future(anext(rpc(parts(1))))
        await held.begun.acquire()
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)

    with pytest.raises(Overloaded):
        await anext(rpc(parts(1)))

    held.let_go.set()
    await asyncio.gather(*held.tasks)
    await asyncio.sleep(0.01)
    assert [told.stage async for told in rpc(parts(1))][-1] == pb.IMPORT_STAGE_DONE


async def test_a_file_that_comes_by_drips_loses_its_place(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "WHOLE_TAKES_AT_MOST", 0.2)

    with pytest.raises(TooSlow):
        await anext(imports(held)(parts(1_000, *[b"x"] * 999, pause=0.01)))
