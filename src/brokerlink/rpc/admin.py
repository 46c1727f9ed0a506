"""AdminService: what was put aside, what stands still, and who waits for an operator."""

from datetime import datetime

from brokerlink.rpc import connections, page_tokens, syncs, values
from brokerlink.rpc.page_tokens import PageTokens, Part
from brokerlink.rpc.principals import caller
from brokerlink.usecases.list_dead_letters import ListDeadLetters
from brokerlink.usecases.release_connection import ReleaseConnection
from brokerlink.usecases.requeue_sync import RequeueSync
from brokerlink.usecases.retry_dead_letter import RetryDeadLetter
from brokerlink.v1 import admin_pb2 as pb
from brokerlink.v1 import admin_pb2_grpc as pb_grpc
from brokerlink.v1 import connections_pb2, syncs_pb2
from domain.syncs import DeadLetter

USUAL, MOST = 50, 500


class AdminServicer(pb_grpc.AdminServiceServicer):
    def __init__(
        self,
        *,
        list_dead_letters: ListDeadLetters,
        retry_dead_letter: RetryDeadLetter,
        requeue_sync: RequeueSync,
        release_connection: ReleaseConnection,
        tokens: PageTokens,
    ) -> None:
        self._list = list_dead_letters
        self._retry = retry_dead_letter
        self._requeue = requeue_sync
        self._release = release_connection
        self._tokens = tokens

    async def ListDeadLetters(
        self, request: pb.ListDeadLettersRequest, context: object
    ) -> pb.ListDeadLettersResponse:
        listing, after = self._tokens.open(request)
        size = page_tokens.size(request.page_size, USUAL, MOST)
        found = await self._list(request.brokerage_id, _place(after), size + 1, caller().user_id)
        shown = found[:size]
        token = ""
        if len(found) > size:
            token = listing.token(shown[-1].since.isoformat(), shown[-1].run.connection_id)
        return pb.ListDeadLettersResponse(
            dead_letters=[to_proto(one) for one in shown], next_page_token=token
        )

    async def RetryDeadLetter(self, request: pb.RetryDeadLetterRequest, context: object) -> syncs_pb2.SyncRun:
        return syncs.to_proto(await self._retry(request.sync_run_id, caller().user_id))

    async def RequeueSync(self, request: pb.RequeueSyncRequest, context: object) -> syncs_pb2.SyncRun:
        return syncs.to_proto(await self._requeue(request.sync_run_id, caller().user_id))

    async def ReleaseConnection(
        self, request: pb.ReleaseConnectionRequest, context: object
    ) -> connections_pb2.Connection:
        released = await self._release(request.connection_id, request.etag, caller().user_id)
        return connections.to_proto(released)


def to_proto(one: DeadLetter) -> pb.DeadLetter:
    return pb.DeadLetter(
        sync_run=syncs.to_proto(one.run), brokerage_id=one.brokerage_id, put_aside_time=values.at(one.since)
    )


def _place(after: list[Part]) -> tuple[datetime, str] | None:
    """Where the list goes on: the time and the connection of the last one. None for the first page."""
    match after:
        case [str(since), str(connection_id)]:
            return datetime.fromisoformat(since), connection_id
    return None
