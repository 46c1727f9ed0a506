"""Brokerages of a few lines whose sandboxes keep quotas, and a crowd of connections to them."""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from adapters.kit.card import Call, Card, Counted, Door, Rate, Read, Scene
from adapters.kit.paging import OnePage
from adapters.kit.signin import Conversation, Given, Heard, Moment, Move
from adapters.kit.wire import Request, Response, decode, get
from adapters.sql.unit_of_work import SqlUnitOfWork
from bench.virtual import START, VirtualClock
from brokerlink.usecases.safe import Safe
from domain.accounts import AccountKind, AccountTold
from domain.brokerages import BrokerageStatus, DoorFacts, DoorKind
from domain.connections import Connection, ConnectionState
from domain.ports.brokerage import Grant
from domain.positions import Balance, Position
from domain.transactions import Transaction

LATENCY = 0.05
JSON = {"content-type": "application/json"}
BALANCE = b'[{"cash":"1000"}]'
# What each counts: one budget for the whole app, small and large, and one for each credential.
RATES = {
    "small": Rate(120, 60, Counted.APP),
    "large": Rate(6000, 60, Counted.APP),
    "each": Rate(200, 60, Counted.CREDENTIAL),
}


def _asked(path: str) -> "Read[object]":
    def ask(call: Call) -> Request:
        return get(path)

    def parse(raw: bytes, scene: Scene) -> Iterator[object]:
        row = decode(raw)
        if path == "/accounts":
            yield AccountTold(str(row["id"]), "Individual", str(row["id"]), AccountKind.CASH)
        if path == "/balances":
            yield Balance("USD", cash=Decimal(str(row["cash"])))

    return Read(path.strip("/"), ask, OnePage().rows, parse)


def _nobody(given: Given, moment: Moment) -> Move:
    raise AssertionError("nobody signs in here")


def _nothing(state: object, heard: Heard, moment: Moment) -> Move:
    raise AssertionError("nobody signs in here")


def _signed(request: Request, grant: Grant, moment: Moment) -> Request:
    return request.with_headers(("Authorization", grant.values["token"]))


def card(name: str) -> Card:
    facts = DoorFacts("api", "API", DoorKind.OFFICIAL_API, (), (), "", "")
    accounts: Read[AccountTold] = _asked("/accounts")  # type: ignore[assignment]  # told by its path
    balances: Read[Balance] = _asked("/balances")  # type: ignore[assignment]
    positions: Read[Position] = _asked("/positions")  # type: ignore[assignment]
    history: Read[Transaction] = _asked("/history")  # type: ignore[assignment]
    door = Door(
        facts=facts,
        hosts={"api": f"https://{name}.example"},
        sign_in=Conversation(_nobody, _nothing, ()),
        authorise=_signed,
        accounts=accounts,
        balances=(balances,),
        positions=(positions,),
        transactions=(history,),
        rates={"default": RATES[name]},
    )
    return Card(name, name, BrokerageStatus.OFFICIAL, "", (door,))


@dataclass
class Counting:
    """The wire to sandboxes that count calls in a sliding window, and say 429 to what is too much."""

    clock: VirtualClock
    calls: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RATES, 0))
    refused: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RATES, 0))
    fullest: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RATES, 0))
    _windows: dict[str, deque[datetime]] = field(default_factory=dict)

    async def send(self, request: Request, hosts: dict[str, str]) -> Response:
        await asyncio.sleep(LATENCY / 2)
        response = self._answer(hosts["api"].removeprefix("https://").partition(".")[0], request)
        await asyncio.sleep(LATENCY / 2)
        return response

    def _answer(self, name: str, request: Request) -> Response:
        rate, token, now = RATES[name], dict(request.headers)["Authorization"], self.clock.now()
        window = self._windows.setdefault(name if rate.counted is Counted.APP else f"{name} {token}", deque())
        while window and now - window[0] >= timedelta(seconds=rate.per):
            window.popleft()
        self.calls[name] += 1
        if len(window) >= rate.calls:
            self.refused[name] += 1
            return Response(429, {**JSON, "retry-after": "10"})
        window.append(now)
        self.fullest[name] = max(self.fullest[name], len(window))
        match request.target:
            case "/accounts":
                return Response(200, JSON, f'[{{"id":"{token}"}}]'.encode())
            case "/balances":
                return Response(200, JSON, BALANCE)
        return Response(200, JSON, b"[]")


def connect(uow: SqlUnitOfWork, safe: Safe, names: list[tuple[str, str, str]], due: datetime | None) -> None:
    """Connections that have signed in: (id, user, brokerage). All are due in the same second, or never."""
    for name, user, brokerage in names:
        made = Connection(
            name, user, brokerage, "api", ConnectionState.ACTIVE, START, START, next_sync_at=due
        )
        uow.connections.add(made)
        safe.put_grant(uow, made, Grant({"token": name}), START)
