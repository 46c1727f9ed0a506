"""A sign-in at Robinhood's sandbox, move by move, for the tests of the sign-in and of the sandbox."""

from datetime import UTC, date, datetime
from typing import Any, cast

import conformance

from adapters.brokerages.robinhood import PRIVATE, signin
from adapters.brokerages.robinhood.sandbox import Robinhood
from adapters.kit.door import CardDoor
from adapters.kit.signin import Ask, Done, Given, Moment, Move, Send
from adapters.kit.wire import Request, Response
from adapters.sandbox.create import create
from adapters.sandbox.stage import Stage
from domain.challenges import Answer, ChallengeKind
from domain.ports.brokerage import Grant

NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)
TODAY = date(2026, 6, 1)
LOOK = Answer(approved=True)


class Table:
    """One sign-in at one sandbox, with a clock of its own; every state goes through its sealed form."""

    def __init__(
        self,
        proof: str = "",
        seed: int = 3,
        persona: str = "plain",
        stumbles: int = 0,
        *,
        interactive: bool = False,
    ) -> None:
        made = create("robinhood", seed, persona, TODAY, interactive=interactive)
        self.sandbox = cast("Robinhood", made)
        self.sandbox.gate.proof, self.sandbox.gate.stumbles = proof, stumbles
        self.now = NOW
        self.nonces = 0
        self.sent: list[Request] = []
        self._stage = Stage([self.sandbox])

    def moment(self) -> Moment:
        self.nonces += 1
        return Moment(self.now, f"{self.nonces:032x}")

    def send(self, request: Request) -> Response:
        self.sent.append(request)
        url = request.target if "://" in request.target else f"{conformance.BASE}/robinhood{request.target}"
        headers = dict(request.headers)
        return self._stage.hear(
            request.method, url, headers, request.body, self.now, conformance.BASE
        ).response

    def begin(self, **fields: str) -> Move:
        given = Given({**self.sandbox.credentials(), **fields}, "")
        return self.go_on(signin.begin(given, self.moment()))

    def go_on(self, move: Move) -> Move:
        while isinstance(move, Send):
            move = signin.hear(self._sealed(move.state), self.send(move.request), self.moment())
        return move

    def answer(self, move: Move, answer: Answer) -> Move:
        assert isinstance(move, Ask)
        return self.go_on(signin.hear(self._sealed(move.state), answer, self.moment()))

    def code(self, kind: str) -> Answer:
        return Answer(code=self.sandbox.credentials()[f"{kind}_code"])

    @staticmethod
    def _sealed(state: object) -> Any:
        return PRIVATE.sign_in.unpack(PRIVATE.sign_in.pack(state))


def asked(move: Move) -> tuple[ChallengeKind, int | None]:
    assert isinstance(move, Ask)
    return move.challenge.kind, move.challenge.attempts_left


def granted(move: Move) -> Grant:
    assert isinstance(move, Done)
    return move.grant


async def signed_in(door: CardDoor, sandbox: Any) -> Grant:
    given = sandbox.credentials()
    outcome = await door.begin({"username": given["username"], "password": given["password"]}, "")
    while not isinstance(outcome, Grant):
        kind = outcome.challenge.kind
        code = None if kind is ChallengeKind.DEVICE_APPROVAL else given[kind.value]
        outcome = await door.hear(outcome.state, Answer(code=code, approved=code is None))
    return outcome
