"""Connect: begin a session, hear the person's answers, and end with a connection and its accounts."""

from dataclasses import dataclass, replace

from brokerlink.usecases.answers import asked_again, attempts_left, check_answer, checked_fields
from brokerlink.usecases.connecting import SESSION_LIFE, Connecting, SessionView, find_session
from domain.challenges import Answer
from domain.connections import Connection, ConnectSession, SessionState
from domain.errors import (
    Busy,
    ChallengeExpired,
    ChallengeWrong,
    DecryptionFailed,
    Failure,
    FieldInvalid,
    NobodyYet,
    NotFound,
    ReauthorizationRequired,
    SessionOver,
)
from domain.ports.brokerage import Asked, Grant, OpenDoor


@dataclass(frozen=True, slots=True)
class Connect:
    """Start to connect, reconnect or widen access. Never repeats a login by itself."""

    connecting: Connecting

    async def __call__(
        self,
        user_id: str,
        brokerage_id: str,
        *,
        door_id: str | None = None,
        credentials: dict[str, str],
        reconnect_connection_id: str | None = None,
        redirect_uri: str = "",
    ) -> SessionView:
        """Raises FieldInvalid, BrokerageUnknown, BrokerageRetired, DoorClosed, NotFound. What the
        brokerage refuses ends in a FAILED session instead."""
        ports = self.connecting
        ports.brokerages.facts(brokerage_id)
        reconnect = await self._reconnect(user_id, brokerage_id, reconnect_connection_id)
        if reconnect and not door_id:
            door_id = reconnect.door_id
        door = ports.brokerages.door(brokerage_id, door_id)
        given = checked_fields(door.facts, credentials)
        now = ports.clock.now()
        session = ConnectSession(
            id=ports.chance.id("ses"),
            user_id=user_id,
            brokerage_id=brokerage_id,
            door_id=door.facts.id,
            state=SessionState.IN_PROGRESS,
            redirect_uri=redirect_uri,
            created_at=now,
            expires_at=now + SESSION_LIFE,
            reconnect_connection_id=reconnect.id if reconnect else None,
        )
        await ports.storage.write(lambda uow: uow.sessions.add(session))
        try:
            outcome = await door.begin(given, redirect_uri, await self._former(reconnect, door))
        except FieldInvalid:
            await ports.end(session, SessionState.CANCELLED)
            raise
        except Failure as failure:
            return await ports.view(await ports.fail(session, failure))
        return await ports.settle(session, outcome, door)

    async def _former(self, reconnect: Connection | None, door: OpenDoor) -> Grant | None:
        """The grant that is to be mended; None where there is none any more, or it cannot be opened."""
        if reconnect is None or reconnect.door_id != door.facts.id:
            return None
        ports = self.connecting
        try:
            grant, _ = await ports.storage.read(lambda uow: ports.safe.grant(uow, reconnect))
        except (ReauthorizationRequired, DecryptionFailed):
            return None
        return grant

    async def _reconnect(
        self, user_id: str, brokerage_id: str, connection_id: str | None
    ) -> Connection | None:
        if not connection_id:
            return None
        found = await self.connecting.storage.read(lambda uow: uow.connections.get(connection_id))
        if found is None or found.user_id != user_id:
            raise NotFound("connection")
        if found.brokerage_id != brokerage_id:
            raise FieldInvalid("brokerage_id", "The connection to reconnect is one of another brokerage.")
        return found


@dataclass(frozen=True, slots=True)
class ContinueConnect:
    """Hear a person's answer. A wrong answer leaves the session waiting for another, while there are
    attempts left; an outage of the brokerage leaves it as it was."""

    connecting: Connecting

    async def __call__(self, session_id: str, answer: Answer, user_id: str | None = None) -> SessionView:
        ports = self.connecting
        session = await find_session(ports, session_id, user_id)
        if session.over:
            raise SessionOver
        now = ports.clock.now()
        if now >= session.expires_at:
            await ports.end(session, SessionState.EXPIRED)
            raise ChallengeExpired
        challenge = session.challenge
        if session.state is not SessionState.NEEDS_INPUT or challenge is None:
            raise Busy
        check_answer(challenge, answer)
        door = ports.brokerages.door(session.brokerage_id, session.door_id)
        # Claiming the session first makes the second of two answers at once a Busy, not a second login.
        hearing = await ports.storage.write(
            lambda uow: uow.sessions.save(replace(session, state=SessionState.IN_PROGRESS))
        )
        sealed = await ports.storage.read(lambda uow: uow.sessions.state(session_id))
        if sealed is None:
            raise SessionOver
        state = ports.safe.open_talk(session.user_id, session_id, sealed)
        try:
            outcome = await door.hear(state, answer)
        except ChallengeWrong as failure:
            if challenge.attempts_left is not None and challenge.attempts_left <= 1:
                return await ports.view(await ports.fail(hearing, failure))
            await ports.reopen(hearing)
            raise
        except (NobodyYet, FieldInvalid):
            await ports.reopen(hearing)
            raise
        except Failure as failure:
            return await ports.view(await ports.fail(hearing, failure))
        view = await ports.settle(hearing, outcome, door)
        if isinstance(outcome, Asked) and asked_again(challenge, outcome.challenge, answer):
            raise ChallengeWrong(attempts_left(outcome.challenge))
        return view


@dataclass(frozen=True, slots=True)
class GetConnectSession:
    connecting: Connecting

    async def __call__(self, session_id: str, user_id: str | None = None) -> SessionView:
        session = await find_session(self.connecting, session_id, user_id)
        if not session.over and self.connecting.clock.now() >= session.expires_at:
            session = await self.connecting.end(session, SessionState.EXPIRED)
        return await self.connecting.view(session)


@dataclass(frozen=True, slots=True)
class CancelConnect:
    connecting: Connecting

    async def __call__(self, session_id: str, user_id: str | None = None) -> SessionView:
        session = await find_session(self.connecting, session_id, user_id)
        if not session.over:
            session = await self.connecting.end(session, SessionState.CANCELLED)
        return await self.connecting.view(session)
