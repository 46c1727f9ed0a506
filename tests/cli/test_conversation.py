"""Driving a sign-in: every kind of challenge, wrong answers, and patience."""

from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from rich.console import Console

from brokerlink.cli.conversation import Conversation
from brokerlink.cli.fields import Given
from brokerlink.v1 import brokerages_pb2
from brokerlink.v1 import connections_pb2 as pb
from tests.cli.conftest import failing
from tests.cli.sessions import DONE, HIDDEN, KEY, SUCCEEDED, asks


class Scripted:
    """A person whose answers are known."""

    def __init__(self, *codes: str) -> None:
        self.codes = list(codes)
        self.waited: list[float] = []

    def field(self, asked: brokerages_pb2.CredentialField) -> str:
        return f"value of {asked.key}"

    def redirect(self, challenge: pb.Challenge) -> str:
        return "https://127.0.0.1/?code=1"

    def code(self, challenge: pb.Challenge) -> str:
        return self.codes.pop(0)

    def choice(self, challenge: pb.Challenge) -> str:
        return challenge.options[1].key

    def text(self, challenge: pb.Challenge) -> str:
        return "Rex"

    def approve(self, challenge: pb.Challenge, seconds: float) -> None:
        self.waited.append(seconds)


class Moves:
    """The sessions' RPCs, answering in order."""

    def __init__(self, *answers: pb.ConnectSession | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[pb.ContinueConnectRequest] = []
        self.looks = 0

    def _next(self) -> pb.ConnectSession:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def ContinueConnect(self, request: pb.ContinueConnectRequest) -> pb.ConnectSession:
        self.asked.append(request)
        return self._next()

    def GetConnectSession(self, request: pb.GetConnectSessionRequest) -> pb.ConnectSession:
        self.looks += 1
        return self._next()


def talk(session: pb.ConnectSession, moves: Moves, person: Scripted) -> tuple[pb.ConnectSession, str]:
    out = Console(record=True, quiet=False, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    ended = Conversation(moves, person, out, Given(), lambda _: None).drive(session)
    out.file.close()
    return ended, out.export_text()


OPTIONS = [pb.ChallengeOption(key="a", label="A"), pb.ChallengeOption(key="b", label="B")]
ANSWERS = {
    "a page that comes back": (asks(pb.CHALLENGE_KIND_REDIRECT), "callback_url", "https://127.0.0.1/?code=1"),
    "a page with a code": (asks(pb.CHALLENGE_KIND_VERIFIER_CODE), "code", "1"),
    "a text message": (asks(pb.CHALLENGE_KIND_SMS_CODE), "code", "1"),
    "an e-mail": (asks(pb.CHALLENGE_KIND_EMAIL_CODE), "code", "1"),
    "an app": (asks(pb.CHALLENGE_KIND_APP_CODE), "code", "1"),
    "a choice": (asks(pb.CHALLENGE_KIND_CHOICE, options=OPTIONS), "choice", "b"),
    "a question": (asks(pb.CHALLENGE_KIND_QUESTION), "answer_text", "Rex"),
    "an approval": (asks(pb.CHALLENGE_KIND_DEVICE_APPROVAL), "approval", True),
}


@pytest.mark.parametrize(("session", "field", "value"), ANSWERS.values(), ids=ANSWERS.keys())
def test_each_challenge_is_answered_in_its_own_field(
    session: pb.ConnectSession, field: str, value: object
) -> None:
    moves = Moves(DONE)

    ended, _ = talk(session, moves, Scripted("1"))

    (asked,) = moves.asked
    assert ended.state == SUCCEEDED
    assert asked.WhichOneof("answer") == field
    assert getattr(asked, field) == value
    assert len(asked.request_id) == 36


def test_more_credentials_are_asked_for_and_sent() -> None:
    moves = Moves(DONE)

    talk(asks(pb.CHALLENGE_KIND_MORE_CREDENTIALS, fields=[KEY, HIDDEN]), moves, Scripted())

    assert dict(moves.asked[0].credentials) == {
        "key_id": "value of key_id",
        "secret_key": "value of secret_key",
    }


def test_a_wrong_code_is_said_and_asked_for_again() -> None:
    sms = pb.CHALLENGE_KIND_SMS_CODE
    moves = Moves(asks(sms, attempts_left=1), DONE)

    _, said = talk(asks(sms, attempts_left=2), moves, Scripted("wrong", "right"))

    assert [one.code for one in moves.asked] == ["wrong", "right"]
    assert "That was not it." in said
    assert "2 attempts left" in said
    assert "1 attempt left" in said


def test_a_wrong_code_that_is_refused_as_an_error_is_asked_for_again() -> None:
    class Wrong(grpc.RpcError):
        def code(self) -> grpc.StatusCode:
            return grpc.StatusCode.FAILED_PRECONDITION

        def trailing_metadata(self) -> Any:
            return failing(grpc.StatusCode.FAILED_PRECONDITION, "CHALLENGE_WRONG").status().trailing_metadata

    sms = asks(pb.CHALLENGE_KIND_SMS_CODE)
    moves = Moves(Wrong(), sms, DONE)

    ended, said = talk(sms, moves, Scripted("wrong", "right"))

    assert ended.state == SUCCEEDED
    assert "does not accept this answer" in said


def test_an_approval_is_looked_for_as_often_as_the_server_wants() -> None:
    wait = asks(pb.CHALLENGE_KIND_DEVICE_APPROVAL, poll_after=Duration(seconds=5))
    person = Scripted()

    _, said = talk(wait, Moves(wait, wait, DONE), person)

    assert person.waited == [5, 5, 5]
    assert said.count("Please.") == 1


def test_an_approval_on_a_page_shows_the_page() -> None:
    wait = asks(pb.CHALLENGE_KIND_DEVICE_APPROVAL, authorize_url="https://secure.example/page")

    _, said = talk(wait, Moves(wait, DONE), Scripted())

    assert said.count("https://secure.example/page") == 1


def test_a_session_that_works_is_looked_at_until_it_moves() -> None:
    busy = pb.ConnectSession(id="ses_1", state=pb.CONNECT_SESSION_STATE_IN_PROGRESS)
    moves = Moves(busy, DONE)

    ended, _ = talk(busy, moves, Scripted())

    assert ended.state == SUCCEEDED
    assert moves.looks == 2
