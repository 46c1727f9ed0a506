"""FDX in any dialect: a door and a desk of our own making, at a time of our own, without sockets."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import conformance

from adapters import fdx
from adapters.fdx import profiles
from adapters.fdx.desk import HUB_HOSTS, OWN_HOSTS, FdxDesk
from adapters.kit.card import Card
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from adapters.plaid.profiles import profile
from adapters.sandbox.asked import Asked, to_json
from adapters.sandbox.create import play_of
from adapters.sandbox.play import Play
from adapters.sandbox.profile import Profile
from adapters.sandbox.reply import Reply
from adapters.sandbox.stage import Stage
from adapters.sandbox.truth import Truth
from domain.brokerages import BrokerageStatus
from domain.challenges import Answer
from domain.ports import brokerage

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
DIALECTS = {"akoya": fdx.AKOYA, "v5": fdx.V5, "v6": fdx.V6}
Json = dict[str, Any]


class ProviderSandbox:
    """A made-up brokerage that answers in one dialect only."""

    id = "sample"

    def __init__(self, play: Play, style: str) -> None:
        self.play, self.profile = play, play.profile
        self.desk = FdxDesk(play, style, provider="sample")

    def answer(self, asked: Asked) -> Response:
        return self.desk.answer(asked)

    def credentials(self) -> dict[str, str]:
        return self.desk.credentials()

    def announce(self) -> list[str]:
        return self.desk.announce()

    def refusal(self, asked: Asked, status: int) -> Response | None:
        return self.desk.refusal(asked, status)

    def seen_by(self, door: str) -> tuple[Truth, Profile]:
        return self.play.truth_now(), profiles.seen(self.profile)


@dataclass
class World:
    """`heard`: every request. `told`: answers that are given instead, by a part of their path, once."""

    style: str = "akoya"
    seed: int = 7
    persona: str = "plain"
    rows: int | None = None
    now: datetime = NOW
    heard: list[Request] = field(default_factory=list)
    told: dict[str, tuple[int, object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        hub = self.style == "akoya"
        hosts = HUB_HOSTS if hub else OWN_HOSTS
        known = profile(
            "sample", hosts=hosts, kinds=frozenset({"equity", "etf", "mutual_fund", "option", "bond"})
        )
        made = play_of(
            known,
            lambda play: ProviderSandbox(play, self.style),
            self.seed,
            self.persona,
            NOW.date(),
            rows=self.rows,
        )
        assert isinstance(made, ProviderSandbox)
        self.box = made
        self.stage = Stage([made])
        self.known = made.credentials()
        facing = fdx.door(
            DIALECTS[self.style],
            brokerage="Sample",
            access="",
            scope=fdx.AKOYA_SCOPE if hub else fdx.DIRECT_SCOPE,
        )
        card = Card("sample", "Sample", BrokerageStatus.AGGREGATED, "", (facing,))
        at = {name: f"{conformance.BASE}/sample/{name}" for name in hosts}
        self.door = CardDoor(
            card,
            facing,
            MemoryWire(self._answer),
            hosts=at,
            clock=lambda: self.now,
            limited=False,
            breaks=False,
        )

    def _answer(self, request: Request, url: str) -> Response:
        self.heard.append(request)
        for part, (status, body) in list(self.told.items()):
            if part in url:
                del self.told[part]
                return Response(status, {"content-type": "application/json"}, to_json(body))
        return self.hear(request.method, url, dict(request.headers), request.body).response

    def hear(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Reply:
        return self.stage.hear(method, url, headers, body, self.now, conformance.BASE)

    def form(
        self, path: str, pairs: dict[str, str], headers: dict[str, str] | None = None
    ) -> tuple[int, Json]:
        """What the desk says to a form, sent by whoever."""
        url = f"{conformance.BASE}/sample/{self.box.desk.hosts[0]}{path}"
        named = {"Content-Type": "application/x-www-form-urlencoded"} | (headers or {})
        reply = self.hear("POST", url, named, urlencode(pairs).encode())
        return reply.status, json.loads(reply.body or b"{}")

    def ask(self, path: str, token: str, headers: dict[str, str] | None = None) -> tuple[int, Json]:
        url = f"{conformance.BASE}/sample/{self.box.desk.hosts[1]}{path}"
        own = (
            {} if self.style == "akoya" else {"x-fapi-interaction-id": "0b3d7f4e-9c1a-4a57-8d38-f6b5a2c4e190"}
        )
        named = {"Authorization": f"Bearer {token}", "Accept": "application/json"} | own | (headers or {})
        reply = self.hear("GET", url, named)
        return reply.status, json.loads(reply.body)

    async def begin(self, redirect: str = "", **changed: str) -> brokerage.Asked:
        outcome = await self.door.begin(self.known | changed, redirect)
        assert isinstance(outcome, brokerage.Asked)
        return outcome

    def visit(self, asked: brokerage.Asked) -> str:
        """What a person does at the consent page; where it leads back to."""
        return dict(self.hear("GET", asked.challenge.authorize_url or "", {}).headers)["location"]

    async def back(self, asked: brokerage.Asked, url: str) -> brokerage.Grant:
        outcome = await self.door.hear(asked.state, Answer(callback_url=url))
        assert isinstance(outcome, brokerage.Grant)
        return outcome

    async def linked(self) -> brokerage.Grant:
        asked = await self.begin()
        return await self.back(asked, self.visit(asked))

    def later(self, **much: int) -> None:
        self.now += timedelta(**much)
