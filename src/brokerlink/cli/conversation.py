"""Driving a connect session: each challenge is put to a person and the answer sent, to its final state."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import grpc
from rich.text import Text

from brokerlink.cli.channel import new_request_id
from brokerlink.cli.errors import Refused, reason_of
from brokerlink.cli.fields import Given, complete
from brokerlink.cli.person import Person, kind
from brokerlink.cli.reasons import Exit
from brokerlink.cli.terminal import clean
from brokerlink.v1 import connections_pb2 as pb

if TYPE_CHECKING:
    from rich.console import Console

Pause = Callable[[float], None]

LOOK_AGAIN = 0.5  # seconds between two looks at a session that speaks with the brokerage
POLL = 3.0  # seconds between two looks for an approval, where the server does not say
LONGEST_POLL = 30.0
LONGEST_TALK = 200  # moves; a conversation that has more goes round in circles
FINAL = frozenset(
    {
        pb.CONNECT_SESSION_STATE_SUCCEEDED,
        pb.CONNECT_SESSION_STATE_FAILED,
        pb.CONNECT_SESSION_STATE_EXPIRED,
        pb.CONNECT_SESSION_STATE_CANCELLED,
    }
)
_WRONG = {"CHALLENGE_WRONG", "FIELD_INVALID"}
_CODES = {
    pb.CHALLENGE_KIND_SMS_CODE,
    pb.CHALLENGE_KIND_EMAIL_CODE,
    pb.CHALLENGE_KIND_APP_CODE,
    pb.CHALLENGE_KIND_VERIFIER_CODE,
}


class Sessions(Protocol):
    """The two RPCs a conversation needs."""

    def ContinueConnect(self, request: pb.ContinueConnectRequest) -> pb.ConnectSession: ...  # noqa: N802

    def GetConnectSession(self, request: pb.GetConnectSessionRequest) -> pb.ConnectSession: ...  # noqa: N802


@dataclass(slots=True)
class Conversation:
    """One session, one person. `given` holds what was given beforehand for MORE_CREDENTIALS."""

    sessions: Sessions
    person: Person
    out: "Console"
    given: Given
    pause: Pause = time.sleep
    _asked: tuple[int, str] | None = None

    def drive(self, session: pb.ConnectSession) -> pb.ConnectSession:
        """Go on until the session is over."""
        for _ in range(LONGEST_TALK):
            if session.state in FINAL:
                return session
            if session.state == pb.CONNECT_SESSION_STATE_NEEDS_INPUT:
                session = self._answer(session)
            else:
                self.pause(LOOK_AGAIN)
                session = self._look(session)
        raise Refused("The sign-in does not come to an end.", code=Exit.FAILED)

    def _answer(self, session: pb.ConnectSession) -> pb.ConnectSession:
        challenge = session.challenge
        self._tell(challenge)
        request = pb.ContinueConnectRequest(session_id=session.id, request_id=new_request_id())
        self._fill(request, challenge)
        try:
            return self.sessions.ContinueConnect(request)
        except grpc.RpcError as error:
            if reason_of(error) not in _WRONG:
                raise
            again = self._look(session)
            if again.state != pb.CONNECT_SESSION_STATE_NEEDS_INPUT:
                raise
            self._say("  The brokerage does not accept this answer.", "yellow")
            self._asked = None
            return again

    def _look(self, session: pb.ConnectSession) -> pb.ConnectSession:
        return self.sessions.GetConnectSession(pb.GetConnectSessionRequest(session_id=session.id))

    def _tell(self, challenge: pb.Challenge) -> None:
        """Say what is asked, once; when the same is asked again, that the answer was wrong."""
        asked = (challenge.kind, challenge.prompt)
        if asked != self._asked:
            self._say(f"• {clean(challenge.prompt) or kind(challenge)}", "bold")
            if challenge.kind == pb.CHALLENGE_KIND_DEVICE_APPROVAL and challenge.authorize_url:
                self._say(f"  {clean(challenge.authorize_url)}", "underline cyan")
        elif challenge.kind != pb.CHALLENGE_KIND_DEVICE_APPROVAL:
            self._say("  That was not it.", "yellow")
        self._asked = asked
        if challenge.HasField("attempts_left"):
            left = challenge.attempts_left
            self._say(f"  {left} attempt{'' if left == 1 else 's'} left", "yellow" if left < 2 else "dim")

    def _fill(self, request: pb.ContinueConnectRequest, challenge: pb.Challenge) -> None:
        match challenge.kind:
            case pb.CHALLENGE_KIND_REDIRECT:
                request.callback_url = self.person.redirect(challenge)
            case number if number in _CODES:
                request.code = self.person.code(challenge)
            case pb.CHALLENGE_KIND_CHOICE:
                request.choice = self.person.choice(challenge)
            case pb.CHALLENGE_KIND_DEVICE_APPROVAL:
                self.person.approve(challenge, _poll(challenge))
                request.approval = True
            case pb.CHALLENGE_KIND_QUESTION:
                request.answer_text = self.person.text(challenge)
            case pb.CHALLENGE_KIND_MORE_CREDENTIALS:
                request.credentials.update(
                    complete(challenge.fields, self._known(challenge), self.person.field)
                )
            case _:
                raise Refused(
                    "The brokerage asks for something that this command line is too old for.",
                    code=Exit.USER_MUST_ACT,
                    reason="CHALLENGE_UNSUPPORTED",
                )

    def _known(self, challenge: pb.Challenge) -> Given:
        """Options that were meant for the first form are no error in a later one."""
        keys = {one.key for one in challenge.fields}
        return Given({k: v for k, v in self.given.options.items() if k in keys}, self.given.file)

    def _say(self, text: str, style: str) -> None:
        self.out.print(Text(text, style=style))


def _poll(challenge: pb.Challenge) -> float:
    asked = challenge.poll_after.ToTimedelta().total_seconds() if challenge.HasField("poll_after") else POLL
    return min(LONGEST_POLL, max(0.2, asked))
