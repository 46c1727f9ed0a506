"""The listener for notices, over real sockets: what Plaid has signed is heard, and nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import house
import pytest_asyncio
from house import House
from told import connection

from adapters.brokerages import NAMES, card
from adapters.brokerages.sofi.sandbox import SofiSandbox
from adapters.kit.catalogue import Configured
from adapters.kit.http import MemoryWire
from adapters.kit.notices import LOOK_UPS, ProvedNotices
from adapters.kit.wire import Request, Response
from brokerlink.http.hooks import ANSWER_WITHIN, LARGEST_BODY, Hooks
from brokerlink.usecases.disconnect import Disconnect
from brokerlink.usecases.hear_notice import HearNotice
from brokerlink.usecases.start_sync import StartSync
from domain.connections import ConnectionState
from domain.syncs import RunState, SyncRun

HEADER = "Plaid-Verification"


@dataclass
class World:
    """A user of SoFi who was synced once, and a listener on a port of this machine."""

    made: House
    connection_id: str
    url: str
    looked_up: list[str] = field(default_factory=list)

    @property
    def sandbox(self) -> SofiSandbox:
        found = self.made.stage.faulty["sofi"].sandbox
        assert isinstance(found, SofiSandbox)
        return found

    def notice(self, kind: str, code: str, **changed: object) -> bytes:
        """A notice of the item of the connection."""
        desk = self.sandbox.desk
        (item,) = desk.gate.items.values()
        told = json.loads(desk.notices.body(item, kind, code))
        return json.dumps(told | changed).encode()

    def signed(self, body: bytes) -> str:
        return self.sandbox.desk.notices.signed(body, self.made.clock.now())

    async def post(self, body: bytes, header: str | None = None, brokerage: str = "sofi") -> int:
        headers = {HEADER: self.signed(body) if header is None else header}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/hooks/{brokerage}", data=body, headers=headers) as answer,
        ):
            assert await answer.read() == b"" or answer.status == 413
            return answer.status

    def active(self) -> SyncRun | None:
        return self.made.store.read_now(lambda uow: uow.runs.active(self.connection_id))

    @property
    def state(self) -> ConnectionState:
        return connection(self.made, self.connection_id).state


@asynccontextmanager
async def listening(made: House, world_of: list[str], **operator: str) -> AsyncIterator[Hooks]:
    """The real listener, use case and proof; Plaid's answers come from the sandbox in memory."""

    def answer(request: Request, url: str) -> Response:
        world_of.append(url)
        now = made.clock.now()
        return made.stage.hear(
            request.method, url, dict(request.headers), request.body, now, made.base
        ).response

    def configured(name: str) -> Configured:
        return Configured({"plaid": f"{made.base}/{name}/plaid"}, operator=operator)

    notices = ProvedNotices(NAMES, card, MemoryWire(answer), configured, made.clock.now)
    start: StartSync = made.start
    hooks = Hooks(HearNotice(made.store, notices, made.safe, start, made.clock))
    try:
        yield hooks
    finally:
        await hooks.stop()


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = house.build(tmp_path, "sofi", persona="empty")
    view = await made.connected("sofi")
    assert view.connection is not None
    await made.run()
    known = made.stage.faulty["sofi"].sandbox.credentials()
    keys = {name: known[name] for name in ("plaid_client_id", "plaid_secret")}
    looked_up: list[str] = []
    async with listening(made, looked_up, **keys) as hooks:
        port = await hooks.start("127.0.0.1", 0)
        yield World(made, view.connection.id, f"http://127.0.0.1:{port}", looked_up)
    made.store.close()


async def test_news_start_a_sync_of_the_connection(world: World) -> None:
    assert world.active() is None

    assert await world.post(world.notice("HOLDINGS", "DEFAULT_UPDATE")) == 200

    run = world.active()
    assert run is not None
    assert run.state is RunState.QUEUED


async def test_news_that_come_again_join_the_sync_that_is_due(world: World) -> None:
    body = world.notice("INVESTMENTS_TRANSACTIONS", "DEFAULT_UPDATE")
    await world.post(body)
    first = world.active()

    assert await world.post(body) == 200
    assert first is not None
    assert world.active() == first
    assert len(world.looked_up) == 1, "the key is kept"


async def test_a_login_that_is_lost_asks_the_user_once(world: World) -> None:
    body = world.notice("ITEM", "ERROR")
    events = world.made.store.read_now(lambda uow: uow.events.count("user-1"))

    assert [await world.post(body) for _ in range(2)] == [200, 200]

    asked = connection(world.made, world.connection_id)
    assert (asked.state, asked.reason) == (ConnectionState.ACTION_REQUIRED, "REAUTHORIZATION_REQUIRED")
    assert world.made.store.read_now(lambda uow: uow.events.count("user-1")) == events + 1


async def test_a_login_that_is_repaired_is_synced_and_active_again(world: World) -> None:
    await world.post(world.notice("ITEM", "ERROR"))

    assert await world.post(world.notice("ITEM", "LOGIN_REPAIRED")) == 200
    await world.made.run()

    assert world.state is ConnectionState.ACTIVE


async def test_consent_that_ends_is_told_ahead_and_works_until_then(world: World) -> None:
    assert await world.post(world.notice("ITEM", "PENDING_EXPIRATION")) == 200

    told = connection(world.made, world.connection_id)
    assert told.state is ConnectionState.ACTIVE
    assert told.renewable_until is not None
    assert told.renewable_until.year == 2030


async def test_a_disconnect_that_is_pending_is_told_ahead_and_data_still_come(world: World) -> None:
    body = world.notice("ITEM", "PENDING_DISCONNECT")
    assert await world.post(body) == 200

    told = connection(world.made, world.connection_id)
    assert (told.state, told.reason) == (ConnectionState.ACTIVE, "")
    ends = told.renewable_until
    assert ends is not None
    assert abs(ends - world.made.clock.now() - timedelta(days=7)) < timedelta(minutes=1)

    world.made.clock.ahead += timedelta(days=1)
    await world.post(body)
    assert connection(world.made, world.connection_id).renewable_until == ends, "it comes again: no later"


async def test_an_end_that_was_told_is_forgotten_when_the_login_is_repaired(world: World) -> None:
    await world.post(world.notice("ITEM", "PENDING_DISCONNECT"))

    assert await world.post(world.notice("ITEM", "LOGIN_REPAIRED")) == 200

    assert connection(world.made, world.connection_id).renewable_until is None
    assert world.active() is not None


async def test_permission_that_is_revoked_asks_the_user(world: World) -> None:
    assert await world.post(world.notice("ITEM", "USER_PERMISSION_REVOKED")) == 200
    assert connection(world.made, world.connection_id).reason == "CONSENT_REVOKED"


# What is not believed, and what is of nobody.


async def test_a_signature_that_is_wrong_is_refused_and_changes_nothing(world: World) -> None:
    body = world.notice("ITEM", "ERROR")
    other = world.signed(b"{}")

    assert await world.post(body, other) == 401
    assert await world.post(body, "") == 401
    assert await world.post(body, "not.a.token") == 401
    assert world.state is ConnectionState.ACTIVE
    assert world.active() is None


async def test_a_notice_that_is_old_is_refused(world: World) -> None:
    body = world.notice("HOLDINGS", "DEFAULT_UPDATE")
    header = world.signed(body)
    world.made.clock.ahead = timedelta(minutes=6)

    assert await world.post(body, header) == 401


async def test_a_key_that_plaid_does_not_know_is_refused_and_asked_for_once(world: World) -> None:
    notices = world.sandbox.desk.notices
    body, kid = world.notice("HOLDINGS", "DEFAULT_UPDATE"), notices.kid
    notices.kid = "00000000-0000-4000-a000-000000000000"
    header = world.signed(body)
    notices.kid = kid

    assert [await world.post(body, header) for _ in range(3)] == [401, 401, 401]
    assert len(world.looked_up) == 1


async def test_names_of_keys_cannot_be_tried_out_through_us(world: World) -> None:
    notices = world.sandbox.desk.notices
    body, kid = world.notice("HOLDINGS", "DEFAULT_UPDATE"), notices.kid
    headers = []
    for n in range(LOOK_UPS + 5):
        notices.kid = f"made up {n}"
        headers.append(world.signed(body))
    notices.kid = kid

    statuses = [await world.post(body, header) for header in headers]

    assert statuses == [401] * LOOK_UPS + [503] * 5
    assert len(world.looked_up) == LOOK_UPS


async def test_a_notice_of_an_unknown_item_is_heard_and_does_nothing(world: World) -> None:
    assert await world.post(world.notice("ITEM", "ERROR", item_id="of nobody")) == 200
    assert world.state is ConnectionState.ACTIVE


async def test_after_a_disconnect_the_item_is_nobodys(world: World) -> None:
    made = world.made
    body = world.notice("HOLDINGS", "DEFAULT_UPDATE")
    await Disconnect(made.store, made.catalogue, made.engine.grants, made.clock, house.Woken())(
        connection_id=world.connection_id
    )

    assert await world.post(body) == 200
    assert world.active() is None


async def test_a_paused_connection_stays_paused(world: World) -> None:
    now = world.made.clock.now()
    found = connection(world.made, world.connection_id)
    world.made.store.write_now(lambda uow: uow.connections.save(found.moved(ConnectionState.PAUSED, now)))

    assert await world.post(world.notice("ITEM", "ERROR")) == 200
    assert await world.post(world.notice("HOLDINGS", "DEFAULT_UPDATE")) == 200
    assert world.state is ConnectionState.PAUSED
    assert world.active() is None


async def test_what_is_signed_and_unreadable_is_said_so(world: World) -> None:
    assert await world.post(b"[]") == 400


async def test_what_is_for_nobody_or_too_large_is_not_looked_into(world: World) -> None:
    assert [await world.post(b"{}", brokerage=name) for name in ("alpaca", "nobody")] == [404, 404]
    assert await world.post(b" " * (LARGEST_BODY + 1), "x") == 413
    assert world.looked_up == []


async def test_without_the_operators_keys_nothing_can_be_proved(world: World) -> None:
    async with listening(world.made, world.looked_up) as hooks:
        port = await hooks.start("127.0.0.1", 0)
        other = replace(world, url=f"http://127.0.0.1:{port}")

        assert await other.post(world.notice("HOLDINGS", "DEFAULT_UPDATE")) == 404


def test_an_answer_comes_before_the_brokerage_gives_up() -> None:
    assert ANSWER_WITHIN < 10, "seconds"


async def test_who_takes_too_long_is_told_to_try_again(world: World) -> None:
    async def sleeps(*_: object) -> None:
        await asyncio.sleep(30)

    hooks = Hooks(sleeps, within=0.05)
    port = await hooks.start("127.0.0.1", 0)
    try:
        assert await replace(world, url=f"http://127.0.0.1:{port}").post(b"{}", "x") == 503
    finally:
        await hooks.stop()
