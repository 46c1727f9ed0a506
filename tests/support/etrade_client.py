"""E*TRADE's sandbox with a clock, asked by hand: a client that signs OAuth 1.0a itself, and our own door."""

import json
from datetime import UTC, datetime
from itertools import count
from urllib.parse import parse_qsl

from adapters.brokerages.etrade import API, CARD
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from adapters.sandbox.create import create
from adapters.sandbox.oauth1 import encoded, signature
from adapters.sandbox.stage import Stage
from domain.challenges import Answer
from domain.ports.brokerage import Asked, Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
OWN = "http://127.0.0.1:9"
BASE = f"{OWN}/etrade"
HOSTS = {"api": BASE, "oauth": f"{BASE}/oauth", "authorize": f"{BASE}/authorize"}


class World:
    """A sandbox with a clock, a client that signs by hand, and our own door."""

    def __init__(self, persona: str = "plain", *, seed: int = 8, interactive: bool = False) -> None:
        self.sandbox = create("etrade", seed, persona, NOW.date(), interactive=interactive)
        self.stage = Stage([self.sandbox])
        self.now = NOW
        self.known = self.sandbox.credentials()
        self.door = CardDoor(
            CARD, API, MemoryWire(self._hear), hosts=HOSTS, clock=lambda: self.now, limited=False
        )
        self._nonces = count()

    def _hear(self, request: Request, url: str) -> Response:
        return self.send(request.method, url, dict(request.headers), request.body)

    def send(
        self, method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Response:
        return self.stage.hear(method, url, headers or {}, body, self.now, OWN).response

    def signed(self, method: str, url: str, signer: tuple[str, str] | None, **changed: str) -> dict[str, str]:
        """The header, made here; `changed` are OAuth parameters, an empty one is left out."""
        told = {
            "oauth_consumer_key": self.known["consumer_key"],
            "oauth_nonce": str(next(self._nonces)),
            "oauth_signature_method": "HMAC-SHA1",
            "oauth_timestamp": str(int(self.now.timestamp())),
        }
        told |= {"oauth_token": signer[0]} if signer else {}
        told |= {f"oauth_{name}": value for name, value in changed.items()}
        told = {name: value for name, value in told.items() if value}
        address, _, query = url.partition("?")
        pairs = [*told.items(), *parse_qsl(query, keep_blank_values=True)]
        keys = self.known["consumer_secret"], signer[1] if signer else ""
        told.setdefault("oauth_signature", signature(method, address, pairs, *keys))
        header = ",".join(f'{name}="{encoded(value)}"' for name, value in told.items())
        return {"Authorization": f'OAuth realm="",{header}'}

    def call(
        self, path: str, signer: tuple[str, str] | None = None, *, method: str = "GET", **changed: str
    ) -> Response:
        url = path if "://" in path else BASE + path
        return self.send(method, url, self.signed(method, url, signer, **changed))

    async def begin(self, redirect_uri: str = "", **changed: str) -> Asked:
        fields = {name: self.known[name] for name in ("consumer_key", "consumer_secret")}
        asked = await self.door.begin(fields | changed, redirect_uri)
        assert isinstance(asked, Asked)
        return asked

    async def sign_in(self) -> Grant:
        asked = await self.begin()
        grant = await self.door.hear(asked.state, Answer(code=self.known["verifier"]))
        assert isinstance(grant, Grant)
        return grant


def tokens(response: Response) -> tuple[str, str]:
    told = dict(parse_qsl(response.text))
    return told["oauth_token"], told["oauth_token_secret"]


def access(world: World) -> tuple[str, str]:
    request = tokens(world.call("/oauth/request_token", callback="oob"))
    return tokens(world.call("/oauth/access_token", request, verifier=world.known["verifier"]))


def code(response: Response) -> int:
    found: int = json.loads(response.body)["Error"]["code"]
    return found
