"""TransactionService: pages of transactions and single ones, from rows to bytes."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from functools import lru_cache

from brokerlink.rpc import page_tokens, values
from brokerlink.rpc.page_tokens import PageTokens
from brokerlink.rpc.principals import caller
from brokerlink.rpc.rendering import Instruments, Kept, delimited, length, tag
from brokerlink.rpc.statements import Requests, StatementImports
from brokerlink.usecases.list_transactions import GetTransaction, ListTransactions
from brokerlink.v1 import transactions_pb2 as pb
from brokerlink.v1 import transactions_pb2_grpc as pb_grpc
from domain.errors import FieldInvalid
from domain.ids import transaction_id
from domain.ports.reading import Place, TransactionQuery, TransactionRow
from domain.transactions import GROUPS, TransactionStatus, TransactionType

TYPES = values.words(pb.TransactionType, "TRANSACTION_TYPE", TransactionType)
STATUSES = values.words(pb.TransactionStatus, "TRANSACTION_STATUS", TransactionStatus)
WORD_OF_TYPE = {number: word for word, number in TYPES.items()}
GROUP_OF = {pb.TransactionGroup.Value(f"TRANSACTION_GROUP_{name.upper()}"): GROUPS[name] for name in GROUPS}
USUAL, MOST = 100, 1000

_ITEM = tag(pb.ListTransactionsResponse.TRANSACTIONS_FIELD_NUMBER)
_INSTRUMENT = tag(pb.Transaction.INSTRUMENT_FIELD_NUMBER)

# All of a transaction but its instrument, which may change by itself; and the instrument's id.
Rendered = tuple[bytes, str | None]


class TransactionServicer(pb_grpc.TransactionServiceServicer):
    def __init__(
        self,
        list_transactions: ListTransactions,
        get_transaction: GetTransaction,
        instruments: Instruments,
        tokens: PageTokens,
        imports: StatementImports,
        *,
        kept: int = 20_000,
    ) -> None:
        self._list = list_transactions
        self._get = get_transaction
        self._instruments = instruments
        self._tokens = tokens
        self._imports = imports
        self._kept: Kept[Place, Rendered] = Kept(kept)
        # Accounts of which something is kept: of others nothing need be asked for.
        self._accounts: Kept[str, bool] = Kept(kept // 20)

    async def ListTransactions(  # type: ignore[override]  # a message that is ready
        self, request: pb.ListTransactionsRequest, context: object
    ) -> bytes:
        if request.HasField("user_id"):
            caller().check_user(request.user_id)
        listing, after = self._tokens.open(request)
        size = page_tokens.size(request.page_size, USUAL, MOST)
        # One more than the page holds: it tells whether there is another page.
        query = _query(request, _place(after), size + 1)
        recalled: dict[Place, Rendered] = {}

        def known(place: Place) -> bool:
            kept = self._kept.get(place)
            if kept is not None:
                recalled[place] = kept
            return kept is not None

        something = request.HasField("user_id") or self._accounts.get(request.account_id)
        page = await self._list(query, known if something else None, caller().user_id)
        places = page.places[:size]
        token = listing.token(*places[-1][:3]) if len(page.places) > size else ""
        return await self._page(places, page.rows, recalled, token)

    async def GetTransaction(  # type: ignore[override]  # the same
        self, request: pb.GetTransactionRequest, context: object
    ) -> bytes:
        row = await self._get(request.transaction_id, caller().user_id)
        found = await self._instruments.rendered([row.instrument_id])
        tail = found.get(row.instrument_id or "")
        body = to_proto(row).SerializeToString()
        return body if tail is None else body + delimited(_INSTRUMENT, tail)

    async def ImportStatement(
        self, request_iterator: Requests, context: object
    ) -> AsyncIterator[pb.ImportStatementResponse]:
        async with aclosing(self._imports(request_iterator)) as told:
            async for response in told:
                yield response

    async def _page(
        self,
        places: Sequence[Place],
        rows: Sequence[TransactionRow],
        recalled: Mapping[Place, Rendered],
        next_page_token: str,
    ) -> bytes:
        """A ListTransactionsResponse of rows that were read and rows that were recalled."""
        ready = {**recalled, **dict(self._render(rows))}
        chosen = [ready[place] for place in places if place in ready]
        instruments = await self._instruments.rendered(instrument for _, instrument in chosen)
        tails = {one: delimited(_INSTRUMENT, told) for one, told in instruments.items()}
        parts: list[bytes] = []
        for body, instrument in chosen:
            tail = b"" if instrument is None else tails.get(instrument, b"")
            parts += (_ITEM, length(len(body) + len(tail)), body, tail)
        end = pb.ListTransactionsResponse(next_page_token=next_page_token)
        return b"".join((*parts, end.SerializeToString()))

    def _render(self, rows: Sequence[TransactionRow]) -> Iterator[tuple[Place, Rendered]]:
        for row in rows:
            place = row.place
            rendered = (to_proto(row).SerializeToString(), row.instrument_id)
            self._kept.put(place, rendered)
            yield place, rendered
        for account in {row.account_id for row in rows}:
            self._accounts.put(account, value=True)


def to_proto(row: TransactionRow) -> pb.Transaction:
    """All of a transaction but its instrument."""
    message = pb.Transaction(
        id=transaction_id(row.account_id, row.key),
        account_id=row.account_id,
        type=TYPES[row.type],
        status=STATUSES[row.status],
        quantity=row.quantity,
        price=row.price,
        currency_code=row.currency,
        gross_amount=row.gross,
        fees=row.fees,
        taxes=row.taxes,
        net_amount=row.net,
        description=row.description,
        brokerage_type=row.source_type,
        version=row.version,
        removed_reason=row.removed_reason,
    )
    # Days, and the instants of one step of a sync, repeat from row to row: half the time is saved.
    message.trade_date.MergeFromString(_day(row.trade_date))
    if row.executed_at is not None:
        message.execute_time.seconds, rest = divmod(row.executed_at, 1_000_000)
        message.execute_time.nanos = rest * 1000
    if row.settlement_date is not None:
        message.settlement_date.MergeFromString(_day(row.settlement_date))
    message.create_time.MergeFromString(_instant(row.created_at))
    message.update_time.MergeFromString(_instant(row.updated_at))
    return message


@lru_cache(maxsize=4096)
def _day(number: int) -> bytes:
    told: bytes = values.day(number).SerializeToString()
    return told


@lru_cache(maxsize=4096)
def _instant(value: int) -> bytes:
    return values.micros(value).SerializeToString()


def _query(request: pb.ListTransactionsRequest, after: Place | None, limit: int) -> TransactionQuery:
    types = {WORD_OF_TYPE[number] for number in request.types}
    types |= {one.value for group in request.groups for one in GROUP_OF[group]}
    return TransactionQuery(
        account_id=request.account_id if request.HasField("account_id") else None,
        user_id=request.user_id if request.HasField("user_id") else None,
        start=_number(request, "start_date"),
        end=_number(request, "end_date"),
        types=tuple(sorted(types)),
        symbol=request.symbol,
        after=after,
        limit=limit,
    )


def _number(request: pb.ListTransactionsRequest, field: str) -> int | None:
    """A day as the store keeps it. The rules of the contract have seen that it is one."""
    if not request.HasField(field):
        return None
    day = getattr(request, field)
    return int(day.year * 10_000 + day.month * 100 + day.day)


def _place(after: Sequence[page_tokens.Part]) -> Place | None:
    match after:
        case []:
            return None
        case [int(trade_date), str(key), str(account_id)]:
            return Place(trade_date, key, account_id, 0)
    raise FieldInvalid(page_tokens.FIELD, "This page token is not one of this list.")
