"""Webull's sandbox, asked directly and through its door, for the tests of its tokens and of what it tells."""

import json
from datetime import UTC, date, datetime
from typing import Any, cast

import conformance

from adapters.brokerages.webull import sign
from adapters.brokerages.webull.sandbox import Webull
from adapters.kit.door import CardDoor
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response, get, post_json
from adapters.sandbox.create import create
from adapters.sandbox.stage import Stage
from domain.challenges import Answer
from domain.ports.brokerage import Asked, Grant

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
BASE = f"{conformance.BASE}/webull"
Json = dict[str, Any]


def played(seed: int = 3, persona: str = "plain", **more: Any) -> tuple[CardDoor, Webull]:
    door, sandbox = conformance.played("webull", seed, persona, **more)
    return door, cast("Webull", sandbox)


async def signed_in(door: CardDoor, sandbox: Webull) -> Grant:
    outcome = await door.begin(sandbox.credentials(), "")
    while isinstance(outcome, Asked):
        outcome = await door.hear(outcome.state, Answer(approved=True))
    return outcome


class Table:
    """The sandbox, asked directly with requests of the adapter's making."""

    def __init__(self, persona: str = "plain") -> None:
        self.sandbox = cast("Webull", create("webull", 3, persona, TODAY))
        self._stage = Stage([self.sandbox])
        self.known = self.sandbox.credentials()
        self.n = 0
        self.now = NOW
        self.token = ""

    @property
    def account(self) -> str:
        return self.sandbox.play.accounts[0].key

    def signed(self, request: Request, algorithm: str = sign.SHA256, at: datetime | None = None) -> Request:
        self.n += 1
        moment = Moment(at or self.now, f"{self.n:032x}", {"api": BASE})
        more = (("x-access-token", self.token),) if self.token else ()
        key, secret = self.known["app_key"], self.known["app_secret"]
        return sign.signed(request.with_headers(*more), key, secret, moment, algorithm)

    def raw(self, request: Request) -> Response:
        url, headers = BASE + request.target, dict(request.headers)
        return self._stage.hear(
            request.method, url, headers, request.body, self.now, conformance.BASE
        ).response

    def send(self, request: Request, version: str = "v2") -> Response:
        return self.raw(self.signed(request.with_headers(("x-version", version))))

    def get(self, path: str, *query: tuple[str, str], version: str = "v2") -> Any:
        told = self.send(get(path, *query), version)
        assert told.status == 200, told.text
        return json.loads(told.body)

    def post(self, path: str, body: Json, version: str = "v3") -> Any:
        return json.loads(self.send(post_json(path, body), version).body)

    def code(self, path: str, *query: tuple[str, str], version: str = "v2") -> tuple[int, str]:
        told = self.send(get(path, *query), version)
        body = json.loads(told.body)
        return told.status, body.get("error_code", body.get("error_msg"))


def opened() -> Table:
    """With a token."""
    made = Table()
    made.token = made.post("/auth/tokens/create", {})["token"]
    return made


LIST = get("/openapi/account/list").with_headers(("x-version", "v2"))
