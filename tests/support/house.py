"""The whole house: real store, real vault, sandboxes in memory or on real sockets."""

import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import conformance
import doors
from marker import MARKER

from adapters.aesgcm.keyring import KeyRing, generate
from adapters.aesgcm.roots import Roots
from adapters.aesgcm.vault import AesGcmVault
from adapters.brokerages import NAMES, card
from adapters.dispatch.hub import InProcessHub
from adapters.kit.catalogue import Catalogue, Configured
from adapters.kit.http import HttpWire, MemoryWire, Wire
from adapters.kit.wire import Request, Response
from adapters.sandbox.create import create
from adapters.sandbox.faults import Faulty
from adapters.sandbox.reply import Reply
from adapters.sandbox.server import serving
from adapters.sandbox.stage import Stage
from adapters.sql.engine import SqlStorage
from adapters.sql.store import identity_key, open_store
from brokerlink.usecases.connect import Connect, ContinueConnect
from brokerlink.usecases.connecting import Connecting, SessionView
from brokerlink.usecases.course import Engine
from brokerlink.usecases.grants import Grants
from brokerlink.usecases.run_sync import RunSync
from brokerlink.usecases.safe import Safe
from brokerlink.usecases.start_sync import StartSync
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.connections import SessionState
from domain.ids import random_id
from domain.policy import Patience
from domain.syncs import SyncRun

LEASE = timedelta(seconds=30)


@dataclass
class Clock:
    """The real time, and an offset that tests turn."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Chance:
    def id(self, prefix: str) -> str:
        return random_id(prefix, os.urandom(12))

    def fraction(self) -> float:
        return random.random()  # noqa: S311 - jitter


class Woken:
    def __init__(self) -> None:
        self.times = 0

    def wake(self, run: SyncRun) -> None:
        self.times += 1


@dataclass
class House:
    store: SqlStorage
    stage: Stage
    catalogue: Catalogue
    safe: Safe
    clock: Clock
    engine: Engine
    connecting: Connecting
    calls: list[str] = field(default_factory=list)
    base: str = conformance.BASE

    @property
    def connect(self) -> Connect:
        return Connect(self.connecting)

    @property
    def go_on(self) -> ContinueConnect:
        return ContinueConnect(self.connecting)

    @property
    def start(self) -> StartSync:
        return StartSync(self.store, self.clock, Chance(), Woken())

    async def run(self) -> SyncRun | None:
        """Lease the next run that is due and carry it on until it ends or waits."""
        run = await self.store.write(lambda uow: uow.runs.lease("test", self.engine.lease, None))
        if run is not None:
            await RunSync(self.engine)(run)
            identifier = run.id
            return await self.store.read(lambda uow: uow.runs.get(identifier))
        return None

    async def connected(self, brokerage: str = "alpaca", user: str = "user-1", **more: str) -> SessionView:
        """A user who has signed in through the brokerage's real conversation, as its sandbox plays it."""
        known = self.stage.faulty[brokerage].sandbox.credentials()
        door = f"{brokerage}/{more['door_id']}" if more.get("door_id") else brokerage
        given, redirect = doors.given(door, known), doors.redirect(door, known)
        view = await self.connect(user, brokerage, credentials=given, redirect_uri=redirect, **more)
        for _ in range(20):
            challenge = view.session.challenge
            if view.session.state is not SessionState.NEEDS_INPUT or challenge is None:
                break
            view = await self.go_on(view.session.id, self.answer(challenge, known))
        return view

    def answer(self, challenge: Challenge, known: dict[str, str]) -> Answer:
        """What a person would do, at once."""
        match challenge.kind:
            case ChallengeKind.REDIRECT:
                return Answer(
                    callback_url=dict(self.visit(challenge.authorize_url or "").headers)["location"]
                )
            case ChallengeKind.VERIFIER_CODE:
                self.visit(challenge.authorize_url or "")
                return Answer(code=known["verifier"])
            case ChallengeKind.DEVICE_APPROVAL:
                return Answer(approved=True)
            case _:
                return Answer(code=known[challenge.kind.value])

    def visit(self, url: str) -> Reply:
        return self.stage.hear("GET", url, {}, b"", self.clock.now(), self.base)

    async def synced(self, connection_id: str, *, force: bool = False) -> SyncRun:
        await self.start(connection_id=connection_id, force=force)
        run = await self.run()
        assert run is not None
        return run


def build(
    place: Path | str,
    *brokerages: str,
    seed: int = 7,
    persona: str = "plain",
    rows: int | None = None,
    before: Callable[[str], None] | None = None,
    lease: timedelta = LEASE,
    key: str = "",
) -> House:
    """A house with these sandboxes (alpaca if none is named) whose data lie in this directory, or in the
    database of this address. `before` is told of each call."""
    stage = Stage(_faulty(brokerages, seed, persona, rows))
    clock, calls = Clock(), list[str]()

    def answer(request: Request, url: str) -> Response:
        calls.append(url)
        if before is not None:
            before(url)
        headers = dict(request.headers)
        return stage.hear(request.method, url, headers, request.body, clock.now(), conformance.BASE).response

    made = furnished(place, stage, MemoryWire(answer), conformance.BASE, clock, lease, key)
    made.calls = calls
    return made


@asynccontextmanager
async def on_sockets(
    place: Path | str,
    *brokerages: str,
    seed: int = 7,
    persona: str = "plain",
    rows: int | None = None,
    lease: timedelta = LEASE,
    total_seconds: float = 5.0,
) -> AsyncIterator[House]:
    """The same with everything between us and the brokerage: sockets, and the client that production has."""
    clock, wire = Clock(), HttpWire(total_seconds=total_seconds)
    with serving(_faulty(brokerages, seed, persona, rows), time=clock.now) as running:
        made = furnished(place, running.stage, wire, running.address, clock, lease)
        try:
            yield made
        finally:
            await wire.close()
            made.store.close()


def _faulty(brokerages: tuple[str, ...], seed: int, persona: str, rows: int | None) -> list[Faulty]:
    return [
        Faulty(create(name, seed, persona, rows=rows, marker=MARKER), persona)
        for name in brokerages or ("alpaca",)
    ]


def furnished(
    place: Path | str,
    stage: Stage,
    wire: Wire,
    base: str,
    clock: Clock,
    lease: timedelta = LEASE,
    key: str = "",
) -> House:
    """A house whose brokerages are on this stage and reached over this wire."""

    def configured(name: str) -> Configured:
        return Configured(conformance.hosts(name, base), open=True)

    store = open_store(place if isinstance(place, str) else f"sqlite:///{place}/brokerlink.db")
    ring = KeyRing.parse(key or generate())
    safe = Safe(AesGcmVault(ring, identity_key(store, Roots(ring).unlock)))
    catalogue = Catalogue(NAMES, card, wire, configured, clock.now, breaks=False, limited=False)
    chance = Chance()
    grants = Grants(store, safe, clock, chance)
    engine = Engine(
        store,
        catalogue,
        safe,
        grants,
        clock,
        chance,
        InProcessHub(),
        lease,
        Patience(timedelta(milliseconds=1)),
    )
    connecting = Connecting(store, catalogue, safe, clock, chance, Woken())
    return House(store, stage, catalogue, safe, clock, engine, connecting, base=base)
