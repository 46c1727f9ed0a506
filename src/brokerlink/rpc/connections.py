"""ConnectionService: connect sessions with their challenges, and the connections they lead to."""

from collections.abc import Sequence

from google.protobuf.duration_pb2 import Duration

from brokerlink.rpc import accounts, brokerages, page_tokens, values
from brokerlink.rpc.page_tokens import PageTokens
from brokerlink.rpc.principals import caller
from brokerlink.usecases.connect import CancelConnect, Connect, ContinueConnect, GetConnectSession
from brokerlink.usecases.connecting import SessionView
from brokerlink.usecases.disconnect import Disconnect
from brokerlink.usecases.list_accounts import AccountView, ListAccounts
from brokerlink.usecases.list_brokerages import GetBrokerage
from brokerlink.usecases.list_connections import ConnectionView, GetConnection, ListConnections
from brokerlink.usecases.pause_connection import PauseConnection, ResumeConnection, etag
from brokerlink.v1 import brokerages_pb2, types_pb2
from brokerlink.v1 import connections_pb2 as pb
from brokerlink.v1 import connections_pb2_grpc as pb_grpc
from domain.brokerages import CredentialField
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.connections import ConnectionState, SessionState

SESSION_STATES = values.words(pb.ConnectSessionState, "CONNECT_SESSION_STATE", SessionState)
STATES = values.words(pb.ConnectionState, "CONNECTION_STATE", ConnectionState)
CHALLENGE_KINDS = values.words(pb.ChallengeKind, "CHALLENGE_KIND", ChallengeKind)
USUAL, MOST = 50, 500


class ConnectionServicer(pb_grpc.ConnectionServiceServicer):
    def __init__(  # noqa: PLR0913 - a service of nine deeds
        self,
        *,
        connect: Connect,
        continue_connect: ContinueConnect,
        get_connect_session: GetConnectSession,
        cancel_connect: CancelConnect,
        list_connections: ListConnections,
        get_connection: GetConnection,
        pause_connection: PauseConnection,
        resume_connection: ResumeConnection,
        disconnect: Disconnect,
        list_accounts: ListAccounts,
        get_brokerage: GetBrokerage,
        tokens: PageTokens,
    ) -> None:
        self._connect = connect
        self._continue = continue_connect
        self._get_session = get_connect_session
        self._cancel = cancel_connect
        self._list = list_connections
        self._get = get_connection
        self._pause = pause_connection
        self._resume = resume_connection
        self._disconnect = disconnect
        self._accounts = list_accounts
        self._brokerage = get_brokerage
        self._tokens = tokens

    # ---- sessions

    async def Connect(self, request: pb.ConnectRequest, context: object) -> pb.ConnectSession:
        caller().check_user(request.user_id)
        view = await self._connect(
            request.user_id,
            request.brokerage_id,
            door_id=request.door_id or None,
            credentials=dict(request.credentials),
            reconnect_connection_id=request.reconnect_connection_id or None,
            redirect_uri=request.redirect_uri,
        )
        return await self._session(view)

    async def ContinueConnect(self, request: pb.ContinueConnectRequest, context: object) -> pb.ConnectSession:
        return await self._session(
            await self._continue(request.session_id, _answer(request), caller().user_id)
        )

    async def GetConnectSession(
        self, request: pb.GetConnectSessionRequest, context: object
    ) -> pb.ConnectSession:
        return await self._session(await self._get_session(request.session_id, caller().user_id))

    async def CancelConnect(self, request: pb.CancelConnectRequest, context: object) -> pb.ConnectSession:
        return await self._session(await self._cancel(request.session_id, caller().user_id))

    async def _session(self, view: SessionView) -> pb.ConnectSession:
        """The session with what it led to: the connection and its accounts as they are now."""
        session = view.session
        connection, read = None, list[AccountView]()
        if session.state is SessionState.SUCCEEDED and view.connection is not None:
            connection = await self._get(view.connection.id)
            read = await self._accounts.named([account.id for account in view.accounts])
        fields = self._brokerage(session.brokerage_id).facts.doors if session.challenge else ()
        declared = {
            field.key: field for door in fields if door.id == session.door_id for field in door.fields
        }
        return session_to_proto(view, connection, read, declared)

    # ---- connections

    async def ListConnections(
        self, request: pb.ListConnectionsRequest, context: object
    ) -> pb.ListConnectionsResponse:
        caller().check_user(request.user_id)
        listing, after = self._tokens.open(request)
        size = page_tokens.size(request.page_size, USUAL, MOST)
        found = await self._list(request.user_id, request.brokerage_id, page_tokens.word(after), size + 1)
        shown = found[:size]
        return pb.ListConnectionsResponse(
            connections=[to_proto(view) for view in shown],
            next_page_token=listing.token(shown[-1].connection.id) if len(found) > size else "",
        )

    async def GetConnection(self, request: pb.GetConnectionRequest, context: object) -> pb.Connection:
        return to_proto(await self._get(request.connection_id, caller().user_id))

    async def PauseConnection(self, request: pb.PauseConnectionRequest, context: object) -> pb.Connection:
        return to_proto(await self._pause(request.connection_id, request.etag, caller().user_id))

    async def ResumeConnection(self, request: pb.ResumeConnectionRequest, context: object) -> pb.Connection:
        return to_proto(await self._resume(request.connection_id, request.etag, caller().user_id))

    async def Disconnect(self, request: pb.DisconnectRequest, context: object) -> pb.DisconnectResponse:
        ended = await self._disconnect(
            connection_id=request.connection_id or None,
            account_id=request.account_id or None,
            given_etag=request.etag,
            user_id=caller().user_id,
        )
        return pb.DisconnectResponse(connections=[to_proto(view) for view in ended])


def session_to_proto(
    view: SessionView,
    connection: ConnectionView | None,
    read: Sequence[AccountView],
    declared: dict[str, CredentialField],
) -> pb.ConnectSession:
    session = view.session
    challenge = session.challenge if session.state is SessionState.NEEDS_INPUT else None
    return pb.ConnectSession(
        id=session.id,
        user_id=session.user_id,
        brokerage_id=session.brokerage_id,
        door_id=session.door_id,
        state=SESSION_STATES[session.state.value],
        challenge=None if challenge is None else challenge_to_proto(challenge, declared),
        connection=None if connection is None else to_proto(connection),
        accounts=[accounts.to_proto(one) for one in read],
        failure=values.failure(session.failure, session.brokerage_id),
        create_time=values.at(session.created_at),
        expire_time=values.at(session.expires_at),
    )


def challenge_to_proto(challenge: Challenge, declared: dict[str, CredentialField]) -> pb.Challenge:
    poll_after = None
    if challenge.poll_after is not None:
        poll_after = Duration()
        poll_after.FromTimedelta(challenge.poll_after)
    return pb.Challenge(
        kind=CHALLENGE_KINDS[challenge.kind.value],
        prompt=challenge.prompt,
        options=[pb.ChallengeOption(key=key, label=label) for key, label in challenge.options],
        masked_destination=challenge.destination or "",
        authorize_url=challenge.authorize_url or "",
        attempts_left=challenge.attempts_left,
        expire_time=values.at(challenge.expires_at),
        poll_after=poll_after,
        fields=[_field(key, declared) for key in challenge.fields],
    )


def to_proto(view: ConnectionView) -> pb.Connection:
    connection = view.connection
    return pb.Connection(
        id=connection.id,
        user_id=connection.user_id,
        brokerage_id=connection.brokerage_id,
        door_id=connection.door_id,
        state=STATES[connection.state.value],
        reason=connection.reason,
        actor=values.ACTORS[connection.actor.value] if connection.reason else types_pb2.ACTOR_UNSPECIFIED,
        message=connection.message,
        since=values.at(connection.since),
        next_retry_time=values.at(connection.next_retry_at),
        expire_time=values.at(connection.expires_at),
        renewable_until_time=values.at(connection.renewable_until),
        account_ids=view.account_ids,
        last_sync_run_id=connection.last_run_id or "",
        last_success_time=values.at(connection.last_success_at),
        next_sync_time=values.at(connection.next_sync_at),
        create_time=values.at(connection.created_at),
        etag=etag(connection),
    )


def _answer(request: pb.ContinueConnectRequest) -> Answer:
    given = request.WhichOneof("answer")
    return Answer(
        code=request.code if given == "code" else None,
        choice=request.choice if given == "choice" else None,
        callback_url=request.callback_url if given == "callback_url" else None,
        approved=request.approval,
        text=request.answer_text if given == "answer_text" else None,
        credentials=tuple(sorted(request.credentials.items())),
    )


def _field(key: str, declared: dict[str, CredentialField]) -> brokerages_pb2.CredentialField:
    """A field that a challenge asks for: as the door declares it, or by its name only."""
    return brokerages.field_to_proto(declared.get(key) or CredentialField(key, key))
