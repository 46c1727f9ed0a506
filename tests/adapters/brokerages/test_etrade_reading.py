"""Reading E*TRADE's sandbox through its card gives the truth, figure by figure."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.etrade import API, CARD, pages
from adapters.kit.card import Door
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.sandbox.create import create
from adapters.sandbox.stage import Stage
from domain.challenges import Answer
from domain.instruments import Instrument
from domain.money import plain
from domain.ports.brokerage import Asked, Grant, Notes
from domain.transactions import Transaction

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
OWN = "http://127.0.0.1:9"
BASE = f"{OWN}/etrade"
HOSTS = {"api": BASE, "oauth": f"{BASE}/oauth", "authorize": f"{BASE}/authorize"}
# Small pages, so that a history of a hundred rows has many.
SMALL = replace(
    API,
    positions=(replace(API.positions[0], ask=pages.Portfolio(3).ask, take=pages.Portfolio(3).take),),
    transactions=(replace(API.transactions[0], ask=pages.History(7).ask, take=pages.History(7).take),),
)
Told = dict[str, Any]


class World:
    """A sandbox, and our own door to it."""

    def __init__(self, seed: int = 8, persona: str = "plain", door: Door = API) -> None:
        self.sandbox = create("etrade", seed, persona, NOW.date())
        stage = Stage([self.sandbox])
        wire = MemoryWire(
            lambda sent, url: stage.hear(sent.method, url, dict(sent.headers), sent.body, NOW, OWN).response
        )
        self.door = CardDoor(CARD, door, wire, hosts=HOSTS, clock=lambda: NOW)

    async def sign_in(self) -> Grant:
        known = self.sandbox.credentials()
        fields = {name: known[name] for name in ("consumer_key", "consumer_secret")}
        asked = await self.door.begin(fields, "")
        assert isinstance(asked, Asked)
        grant = await self.door.hear(asked.state, Answer(code=known["verifier"]))
        assert isinstance(grant, Grant)
        return grant

    @property
    def truth(self) -> object:
        return self.sandbox.play.truth_now().as_json(self.sandbox.profile)["accounts"]


def instrument(told: Instrument | None) -> Told | None:
    if told is None:
        return None
    option = told.option
    terms = None
    if option is not None:
        terms = {
            "underlying": option.underlying,
            "expiration": option.expiration.isoformat(),
            "right": option.right.value,
            "strike": plain(option.strike),
            "multiplier": figure(option.multiplier),
        }
    return {"kind": told.kind.value, "symbol": told.symbol, "cusip": None, "option": terms}


def figure(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def figures(noun: object, *names: str) -> Told:
    return {name: figure(getattr(noun, name)) for name in names}


async def read(world: World) -> list[Told]:
    """Everything our own door reads, in the words of the truth."""
    grant, notes = await world.sign_in(), Notes()
    found: list[Told] = []
    listing = await world.door.accounts(grant)
    for account in listing.rows:
        (balance,) = (await world.door.balances(grant, account)).rows
        positions = await world.door.positions(grant, account)
        notes.add(positions.notes)
        rows: dict[str | None, Transaction] = {}
        cursor: str | None = None
        while True:
            page = await world.door.history(grant, account, "transactions", None, cursor)
            notes.add(page.notes)
            rows |= {row.source_key: row for row in page.transactions}
            cursor = page.cursor
            if cursor is None:
                break
        money = figures(balance, "cash", "settled_cash", "buying_power", "total_value")
        held: list[Told] = [
            {"instrument": instrument(each.instrument), "currency": each.currency}
            | figures(
                each, "quantity", "average_cost", "cost_basis", "price", "market_value", "unrealized_gain"
            )
            for each in positions.rows
        ]
        happened = [
            {
                "number": int((row.source_key or "")[5:]),
                "type": row.type.name,
                "status": row.status.name,
                "trade_date": row.trade_date.isoformat(),
                "settlement_date": row.settlement_date.isoformat() if row.settlement_date else None,
                "instrument": instrument(row.instrument),
                "currency": row.currency,
            }
            | figures(row, "quantity", "price", "gross", "fees", "taxes", "net")
            for row in rows.values()
        ]
        found.append(
            {
                "number": account.number,
                "key": account.routing["accountIdKey"],
                "name": account.name,
                "kind": account.kind.value,
                "currency": account.currency,
                "balance": money | {"currency": balance.currency},
                "positions": sorted(held, key=lambda told: told["instrument"]["symbol"]),
                "transactions": happened,
            }
        )
    assert (notes.words, notes.fields) == ({}, {})
    return found


@pytest.mark.parametrize("seed", range(24))
async def test_reading_the_sandbox_gives_the_truth(seed: int) -> None:
    world = World(seed, door=SMALL if seed % 2 else API)

    found = await read(world)

    assert found == world.truth
    assert all(len(account["transactions"]) >= 75 for account in found)


async def test_an_empty_customer_is_read_as_empty() -> None:
    found = await read(World(persona="empty"))

    assert [(account["positions"], account["transactions"]) for account in found] == [([], []), ([], [])]


async def test_rows_that_come_while_one_pages_are_there_at_the_next_read() -> None:
    world = World(persona="growing", door=SMALL)
    before = await read(world)

    world.sandbox.play.persona = "plain"
    after = await read(world)

    assert after == world.truth
    old = [{row["number"] for row in account["transactions"]} for account in before]
    new = [{row["number"] for row in account["transactions"]} for account in after]
    assert all(earlier < later for earlier, later in zip(old, new, strict=True))


async def test_pending_rows_tell_their_instant() -> None:
    world = World()
    grant = await world.sign_in()
    account = (await world.door.accounts(grant)).rows[0]

    page = await world.door.history(grant, account, "transactions", date(2026, 11, 1), None)

    told = {row.executed_at for row in page.transactions if row.executed_at}
    truth = world.sandbox.play.accounts[0].transactions
    assert told == {row.executed_at for row in truth if row.status == "PENDING"} != set()
