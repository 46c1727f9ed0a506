"""ImportStatement: a file comes in by parts, is imported once, and is answered with how far it is."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

from google.type import date_pb2

from brokerlink.rpc.errors import RequestTooLarge, TooSlow
from brokerlink.rpc.once import Once
from brokerlink.rpc.principals import caller
from brokerlink.usecases.import_statement import Imported, ImportOutcome, ImportStatement, Wanted
from brokerlink.v1 import transactions_pb2 as pb
from domain.errors import FieldInvalid, Overloaded

METHOD = "/brokerlink.v1.TransactionService/ImportStatement"
LARGEST = 25 * 1024 * 1024
# A file is in memory while it is imported: so many at once, and no longer for those who send slowly.
AT_ONCE = 4
PART_TAKES_AT_MOST = 30.0
WHOLE_TAKES_AT_MOST = 300.0
TELL_EVERY = 1024 * 1024
SKIPPED_AT_MOST = 1_000
NAMES_AT_MOST = 500

Requests = AsyncIterator[pb.ImportStatementRequest]


class StatementImports:
    def __init__(self, import_statement: ImportStatement, once: Once) -> None:
        self._import = import_statement
        self._once = once
        self._busy = 0

    async def __call__(self, requests: Requests) -> AsyncGenerator[pb.ImportStatementResponse, None]:
        until = asyncio.get_running_loop().time() + WHOLE_TAKES_AT_MOST
        async with self._place() as busy:
            first = await _next(requests, until)
            if first is None:
                raise FieldInvalid("user_id", "The first request says whose statement it is.")
            wanted = _wanted(first)
            caller().check_user(wanted.user_id)
            content = bytearray(first.content)
            told = 0
            while (part := await _next(requests, until)) is not None:
                content += part.content
                if len(content) > min(first.size_bytes, LARGEST):
                    raise _wrong_size(first, content)
                if len(content) - told >= TELL_EVERY:
                    told = len(content)
                    yield _progress(pb.IMPORT_STAGE_RECEIVING, told)
            if len(content) != first.size_bytes:
                raise _wrong_size(first, content)
            async for response in self._imported(wanted, first, bytes(content), busy):
                yield response

    async def _imported(
        self,
        wanted: Wanted,
        first: pb.ImportStatementRequest,
        content: bytes,
        busy: "set[asyncio.Task[bytes]]",
    ) -> AsyncIterator[pb.ImportStatementResponse]:
        steps: asyncio.Queue[tuple[int, int] | None] = asyncio.Queue()

        async def tell(stored: int, total: int) -> None:
            steps.put_nowait((stored, total))

        async def deed() -> bytes:
            outcome = await self._import(wanted, content, tell)
            return to_proto(outcome, dry=wanted.dry).SerializeToString()

        # What is compared of a request that comes again: all that was said, and the content by its digest.
        whole = pb.ImportStatementRequest()
        whole.CopyFrom(first)
        whole.content = hashlib.sha256(content).digest()
        doing = asyncio.create_task(self._once(caller().key, METHOD, whole, deed))
        busy.add(doing)
        doing.add_done_callback(lambda _: steps.put_nowait(None))
        stored = total = 0
        try:
            while (step := await steps.get()) is not None:
                stored, total = step
                yield _progress(pb.IMPORT_STAGE_STORING, len(content), stored, total)
            result = pb.StatementResult.FromString(await doing)
        finally:
            if not first.request_id:
                doing.cancel()  # nobody could ask for its answer again
        total = sum(account.total_rows for account in result.accounts)
        done = _progress(pb.IMPORT_STAGE_DONE, len(content), 0 if result.validate_only else total, total)
        done.result.CopyFrom(result)
        yield done

    @asynccontextmanager
    async def _place(self) -> "AsyncIterator[set[asyncio.Task[bytes]]]":
        """A place for one file. It stays taken until what is done with the file has ended: a caller who goes
        away leaves it behind."""
        if self._busy >= AT_ONCE:
            raise Overloaded("Too many statements are being imported. Try again in a moment.")
        self._busy += 1
        doing: set[asyncio.Task[bytes]] = set()
        try:
            yield doing
        finally:
            if not doing:
                self._leave()
            for task in doing:
                task.add_done_callback(self._leave)

    def _leave(self, _: object = None) -> None:
        self._busy -= 1


async def _next(requests: Requests, until: float) -> pb.ImportStatementRequest | None:
    try:
        now = asyncio.get_running_loop().time()
        async with asyncio.timeout_at(min(until, now + PART_TAKES_AT_MOST)):
            return await anext(requests, None)
    except TimeoutError:
        raise TooSlow("The file did not come in time.") from None


def _wanted(first: pb.ImportStatementRequest) -> Wanted:
    for name in ("user_id", "brokerage_id", "size_bytes"):
        if not getattr(first, name):
            raise FieldInvalid(name, f"{name} is needed in the first request.")
    return Wanted(
        first.user_id,
        first.brokerage_id,
        first.account_id or None,
        new_account=first.new_account,
        dry=first.validate_only,
    )


def _wrong_size(first: pb.ImportStatementRequest, content: bytearray) -> Exception:
    if len(content) > LARGEST:
        return RequestTooLarge("A statement has at most 25 MiB.")
    told = f"The file was said to have {first.size_bytes} bytes, and "
    came = "more came." if len(content) > first.size_bytes else f"{len(content)} came."
    return FieldInvalid("size_bytes", told + came)


def _progress(stage: int, received: int, stored: int = 0, total: int = 0) -> pb.ImportStatementResponse:
    return pb.ImportStatementResponse(
        stage=pb.ImportStage.Name(stage), received_bytes=received, stored_rows=stored, total_rows=total
    )


def to_proto(outcome: ImportOutcome, *, dry: bool) -> pb.StatementResult:
    statement = outcome.statement
    return pb.StatementResult(
        format=statement.format,
        accounts=[_account(one) for one in outcome.accounts],
        skipped=[
            pb.SkippedLine(line=one.line, reason=one.reason) for one in statement.skipped[:SKIPPED_AT_MOST]
        ],
        skipped_count=len(statement.skipped),
        unknown_words=dict(statement.notes.words.most_common(NAMES_AT_MOST)),
        unknown_fields=dict(statement.notes.fields.most_common(NAMES_AT_MOST)),
        validate_only=dry,
    )


def _account(one: Imported) -> pb.ImportedAccount:
    return pb.ImportedAccount(
        account_id=one.account.id,
        masked_number=one.account.masked_number,
        is_new=one.is_new,
        start_date=_day(one.start),
        end_date=_day(one.end),
        total_rows=one.rows,
        added=one.added,
        modified=one.modified,
        unchanged=one.unchanged,
        matched=one.matched,
        holdings_updated=one.holdings_updated,
        holdings_kept_reason=one.holdings_kept,
    )


def _day(day: date | None) -> date_pb2.Date | None:
    return None if day is None else date_pb2.Date(year=day.year, month=day.month, day=day.day)
