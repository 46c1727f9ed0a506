"""ImportStatement as callers see it: progress, the result, and every way to send it wrongly."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import filed
import grpc
import pytest
from answering import WHO, World, failing
from marker import MARKER

from brokerlink.rpc import statements
from brokerlink.v1 import transactions_pb2 as pb

FILE = filed.named("vanguard", "account-1.qfx")
ROWS = sum(row.posted for row in FILE.accounts[0].transactions)
PART = 30_000


def first(size: int = len(FILE.content), **more: Any) -> pb.ImportStatementRequest:
    given = {"user_id": "user-1", "brokerage_id": "vanguard", "size_bytes": size}
    return pb.ImportStatementRequest(**{**given, **more})


async def sent(
    request: pb.ImportStatementRequest, content: bytes = FILE.content, pause: float = 0
) -> AsyncIterator[pb.ImportStatementRequest]:
    yield request
    for start in range(0, len(content), PART):
        await asyncio.sleep(pause)
        yield pb.ImportStatementRequest(content=content[start : start + PART])


async def imported(
    world: World,
    request: pb.ImportStatementRequest | None = None,
    content: bytes = FILE.content,
    *,
    pause: float = 0,
    **more: Any,
) -> list[pb.ImportStatementResponse]:
    """`pause`: what the first request is refused for is told before the next one is sent. (A client of
    grpc.aio that is just sending when it is refused tells its own error instead.)"""
    call = world.transactions.ImportStatement(sent(request or first(len(content)), content, pause), **more)
    return [told async for told in call]


async def count(world: World, account: str) -> int:
    request = pb.ListTransactionsRequest(account_id=account, page_size=500)
    return len((await world.transactions.ListTransactions(request)).transactions)


async def test_a_file_by_parts_its_progress_and_its_result(world: World) -> None:
    told = await imported(world)

    stages = [one.stage for one in told]
    assert stages == sorted(stages)
    assert (stages[0], stages[-1]) == (pb.IMPORT_STAGE_STORING, pb.IMPORT_STAGE_DONE)
    assert (told[-1].received_bytes, told[-1].stored_rows, told[-1].total_rows) == (
        len(FILE.content),
        ROWS,
        ROWS,
    )
    (account,) = told[-1].result.accounts
    assert (told[-1].result.format, account.is_new, account.added, account.total_rows) == (
        "ofx",
        True,
        ROWS,
        ROWS,
    )
    assert account.masked_number == f"…{FILE.accounts[0].number[-4:]}"
    assert account.holdings_updated
    assert await count(world, account.account_id) == ROWS


async def test_a_dry_run_stores_nothing(world: World) -> None:
    told = await imported(world, first(validate_only=True))

    (account,) = told[-1].result.accounts
    assert told[-1].result.validate_only
    assert (account.is_new, account.total_rows, account.added) == (True, ROWS, 0)
    again = await imported(world)
    assert again[-1].result.accounts[0].is_new


async def test_a_request_that_comes_again_is_answered_and_imports_nothing_twice(world: World) -> None:
    request = first(request_id=str(uuid4()))
    told = await imported(world, request)

    again = await imported(world, request)
    fresh = await imported(world, first(request_id=str(uuid4())))

    assert again[-1].result == told[-1].result
    assert fresh[-1].result.accounts[0].unchanged == ROWS


async def test_another_file_under_the_same_request_id_is_refused(world: World) -> None:
    request = first(request_id=str(uuid4()))
    await imported(world, request)
    other = FILE.content.replace(b"Vanguard", b"Wanguard")

    failure = await failing(imported(world, request, other))

    assert failure.reason == "REQUEST_ID_REUSED"


@pytest.mark.parametrize(("more", "said"), [(-1, "more came"), (1, "came")])
async def test_a_file_of_another_size_than_was_said_is_refused(world: World, more: int, said: str) -> None:
    failure = await failing(imported(world, first(len(FILE.content) + more)))

    assert (failure.reason, list(failure.fields), said in failure.message) == (
        "FIELD_INVALID",
        ["size_bytes"],
        True,
    )


async def test_a_file_that_is_too_large_is_not_even_begun(world: World) -> None:
    failure = await failing(imported(world, first(26_214_401), pause=1))

    assert (failure.code, list(failure.fields)) == (grpc.StatusCode.INVALID_ARGUMENT, ["size_bytes"])


@pytest.mark.parametrize("name", ["user_id", "brokerage_id", "size_bytes"])
async def test_the_first_request_says_what_it_is_about(world: World, name: str) -> None:
    request = first()
    request.ClearField(name)

    failure = await failing(imported(world, request, pause=1))

    assert (failure.reason, list(failure.fields)) == ("FIELD_INVALID", [name])


async def test_nothing_sent_is_a_wrong_request(world: World) -> None:
    async def nothing() -> AsyncIterator[pb.ImportStatementRequest]:
        return
        yield first()

    async def called() -> None:
        async for _ in world.transactions.ImportStatement(nothing()):
            pass

    assert (await failing(called())).reason == "FIELD_INVALID"


async def test_a_part_of_more_than_sixty_thousand_bytes_is_refused(world: World) -> None:
    failure = await failing(imported(world, first(70_000, content=b"x" * 60_001), pause=1))

    assert (failure.code, list(failure.fields)) == (grpc.StatusCode.INVALID_ARGUMENT, ["content"])


async def test_a_sender_who_stops_is_let_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "PART_TAKES_AT_MOST", 0.05)

    async def called() -> None:
        async for _ in world.transactions.ImportStatement(sent(first(), pause=5)):
            pass

    failure = await failing(called())

    assert failure.code is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_so_many_at_once_and_no_more(world: World) -> None:
    waiting = [world.transactions.ImportStatement(sent(first(), pause=30)) for _ in range(statements.AT_ONCE)]
    for call in waiting:
        await call.wait_for_connection()
    await asyncio.sleep(0.1)

    failure = await failing(imported(world, pause=1))

    assert (failure.reason, failure.code) == ("QUOTA_EXCEEDED", grpc.StatusCode.RESOURCE_EXHAUSTED)
    for call in waiting:
        call.cancel()


async def test_a_file_for_another_user_is_refused(world: World) -> None:
    failure = await failing(imported(world, metadata=((WHO, "user-2"),), pause=1))

    assert failure.reason == "USER_NOT_FOUND"


async def test_what_cannot_be_read_says_why_and_where_and_not_what(world: World) -> None:
    content = FILE.content.replace(b"<TOTAL>", b"<TOTAL>" + MARKER.encode(), 1)

    failure = await failing(imported(world, content=content))

    assert failure.reason == "STATEMENT_UNREADABLE"
    assert failure.message.startswith("Line ")
    assert MARKER not in failure.message


async def test_an_unknown_account_is_not_found_and_a_retired_brokerage_reads_nothing(world: World) -> None:
    assert (await failing(imported(world, first(account_id="acc_0")))).reason == "ACCOUNT_NOT_FOUND"
    assert (
        await failing(imported(world, first(brokerage_id="tdameritrade")))
    ).reason == "CAPABILITY_UNSUPPORTED"
    assert (await failing(imported(world, first(brokerage_id="nobody")))).reason == "BROKERAGE_UNKNOWN"
