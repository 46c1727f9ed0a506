"""Reading E*TRADE's sandbox through its card gives the truth, figure by figure."""

from dataclasses import replace
from datetime import UTC, date, datetime

import conformance
import pytest

from adapters.brokerages.etrade import API, CARD, pages
from adapters.kit.card import Door
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.sandbox.create import create
from adapters.sandbox.stage import Stage
from domain.challenges import Answer
from domain.ports.brokerage import Asked, Grant, Notes

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
# Small pages, so that a history of a hundred rows has many.
SMALL = replace(
    API,
    positions=(replace(API.positions[0], ask=pages.Portfolio(3).ask, take=pages.Portfolio(3).take),),
    transactions=(replace(API.transactions[0], ask=pages.History(7).ask, take=pages.History(7).take),),
)


class World:
    """A sandbox, and our own door to it."""

    def __init__(self, seed: int = 8, persona: str = "plain", door: Door = API) -> None:
        self.sandbox = create("etrade", seed, persona, NOW.date())
        stage = Stage([self.sandbox])
        wire = MemoryWire(
            lambda sent, url: (
                stage.hear(sent.method, url, dict(sent.headers), sent.body, NOW, conformance.BASE).response
            )
        )
        self.door = CardDoor(
            CARD, door, wire, hosts=conformance.hosts("etrade"), clock=lambda: NOW, limited=False
        )

    async def sign_in(self) -> Grant:
        known = self.sandbox.credentials()
        fields = {name: known[name] for name in ("consumer_key", "consumer_secret")}
        asked = await self.door.begin(fields, "")
        assert isinstance(asked, Asked)
        grant = await self.door.hear(asked.state, Answer(code=known["verifier"]))
        assert isinstance(grant, Grant)
        return grant

    async def read(self) -> list[conformance.Json]:
        return await conformance.read_all(self.door, await self.sign_in())

    def differences(self, told: list[conformance.Json]) -> list[str]:
        return conformance.differences(told, conformance.expected(self.sandbox))


@pytest.mark.parametrize("seed", range(30))
async def test_reading_the_sandbox_gives_the_truth(seed: int) -> None:
    world = World(seed, door=SMALL if seed % 2 else API)

    told = await world.read()

    assert world.differences(told) == []
    assert all(len(account["transactions"]) >= 75 for account in told)


@pytest.mark.parametrize("seed", [8, 9], ids=["by 204", "by an empty answer"])
async def test_an_empty_customer_is_read_as_empty(seed: int) -> None:
    world = World(seed, persona="empty")

    told = await world.read()

    assert world.differences(told) == []
    assert [(account["positions"], account["transactions"]) for account in told] == [([], []), ([], [])]


async def test_rows_that_come_while_one_pages_are_there_at_the_next_read() -> None:
    world = World(persona="growing", door=SMALL)
    before = await world.read()

    world.sandbox.play.persona = "plain"
    after = await world.read()

    assert world.differences(after) == []
    old, new = ([len(account["transactions"]) for account in told] for told in (before, after))
    assert all(earlier < later for earlier, later in zip(old, new, strict=True))


@pytest.mark.parametrize("seed", range(3))
async def test_the_parser_knows_every_field_and_word_of_the_sandbox(seed: int) -> None:
    world = World(seed)
    grant, notes = await world.sign_in(), Notes()
    listing = await world.door.accounts(grant)

    for account in listing.rows:
        for read in (world.door.balances, world.door.positions):
            notes.add((await read(grant, account)).notes)
        cursor: str | None = None
        while (page := await world.door.history(grant, account, "transactions", None, cursor)).cursor:
            notes.add(page.notes)
            cursor = page.cursor

    assert (listing.notes, notes) == (Notes(), Notes())


async def test_pending_rows_tell_their_instant_and_others_do_not() -> None:
    world = World()
    grant = await world.sign_in()
    account = (await world.door.accounts(grant)).rows[0]

    page = await world.door.history(grant, account, "transactions", date(2026, 11, 1), None)

    told = {row.executed_at for row in page.transactions if row.executed_at}
    truth = world.sandbox.play.accounts[0].transactions
    assert told == {row.executed_at for row in truth if row.status == "PENDING"} != set()
