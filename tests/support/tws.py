"""Interactive Brokers' sandbox with a clock of our own, and a door to it."""

from datetime import UTC, datetime
from typing import Any

import conformance
import doors

from adapters.brokerages.ibkr import signin
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response
from adapters.sandbox.create import create
from adapters.sandbox.mutations import MUTATIONS
from adapters.sandbox.play import Sandbox
from adapters.sandbox.stage import Stage
from domain.ports.brokerage import Asked, Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
OWN = "http://127.0.0.1:9"
BASE = f"{OWN}/ibkr"
ACCOUNTS = "/v1/api/portfolio/accounts"


class World:
    """A sandbox with a clock of our own, and a door to it."""

    def __init__(self, door: str = "ibkr", persona: str = "plain", seed: int = 8) -> None:
        self.box: Any = create("ibkr", seed, persona, NOW.date())
        self.stage = Stage([self.box])
        self.now = NOW
        self.paths: list[str] = []
        self.mutation = ""
        self.known = self.box.credentials()
        self.given = doors.given(door, self.known)
        card, facing = doors.found(door)
        hosts = conformance.hosts("ibkr", OWN)
        wire = MemoryWire(self._hear)
        self.door = CardDoor(
            card, facing, wire, hosts=hosts, clock=lambda: self.now, limited=False, breaks=False
        )
        self.moment = Moment(NOW, "00", hosts)
        self._nonce = 0

    def _hear(self, request: Request, url: str) -> Response:
        self.paths.append(url.removeprefix(BASE).partition("?")[0])
        response = self.send(request, url)
        if self.mutation and "GetStatement" in url:
            return MUTATIONS[self.mutation].change(response, self.now).response
        return response

    def send(self, request: Request, url: str, own: str = OWN) -> Response:
        headers = dict(request.headers)
        return self.stage.hear(request.method, url, headers, request.body, self.now, own).response

    def fresh(self) -> Moment:
        self._nonce += 1
        return Moment(self.now, f"{self._nonce:032x}", self.moment.urls)

    def signed(self, request: Request, grant: Grant) -> Request:
        agent = request.with_headers(("User-Agent", "test"))
        return signin.authorise(agent, grant, self.fresh())

    def ask(self, request: Request, grant: Grant) -> Response:
        return self.send(self.signed(request, grant), BASE + request.target)

    async def begin(self, **changed: str) -> Asked | Grant:
        return await self.door.begin(self.given | changed, "")

    async def sign_in(self) -> Grant:
        grant = await self.begin()
        assert isinstance(grant, Grant)
        return grant

    async def history(self, grant: Grant) -> list[Any]:
        (account, *_) = (await self.door.accounts(grant)).rows
        found: list[Any] = []
        cursor = None
        while True:
            page = await self.door.history(grant, account, self.door.feeds[0].name, None, cursor)
            found += page.transactions
            cursor = page.cursor
            if cursor is None:
                return found


def downloaded(sandbox: Sandbox) -> bytes:
    """What its owner would download: the last 365 days."""
    stage, base = Stage([sandbox]), f"{conformance.BASE}/ibkr/ndcdyn/AccountManagement/FlexWebService"
    known = sandbox.credentials()
    headers = {"user-agent": "x"}

    def ask(what: str, query: str) -> bytes:
        url = f"{base}/{what}?t={known['flex_token']}&q={query}&v=3"
        return stage.hear("GET", url, headers, b"", datetime.now(UTC), conformance.BASE).body

    made = ask("SendRequest", known["flex_query_id"])
    reference = made.split(b"<ReferenceCode>")[1].split(b"<")[0].decode()
    return ask("GetStatement", reference)
