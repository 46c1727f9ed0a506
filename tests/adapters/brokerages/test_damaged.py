"""No answer, whatever a single value of it has become, makes a read end in anything but rows or a failure."""

import json
import random
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import quoteattr

import conformance
import doors
import house
import msgspec
import pytest
import stamina

from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from adapters.sandbox.asked import to_json
from domain.accounts import AccountTold
from domain.errors import Failure
from domain.ports.brokerage import Grant

CASES = 240
WRONG: list[object] = [
    None, [], {}, "", "x", " ", True, False, 0, -1, 10**25, Decimal("-0.5"), "NaN", "Infinity", "1E+1000000",
    "1E-30", "0", "-1", "²", "\x00", "x" * 5000, [None], [[]], [{}], {"x": None}, "0001-01-01T00:00:00+14:00",
    "9999-12-31", "2026-02-30", "https://elsewhere.example/1/", "@elsewhere.example", "/", 10**14, -(10**13),
]  # fmt: skip
Path = tuple[str | int, ...]
IN_XML = re.compile(rb'"([^"]*)"|>([^<>\s][^<>]*)<')


def paths(value: object, here: Path = ()) -> Iterator[Path]:
    """Every place of a document; of a list, the first three members stand for all."""
    yield here
    match value:
        case dict():
            for key, member in value.items():
                yield from paths(member, (*here, key))
        case list():
            for place, member in enumerate(value[:3]):
                yield from paths(member, (*here, place))


def put(value: Any, where: Path, new: object) -> Any:
    if not where:
        return new
    copied: Any = dict(value) if isinstance(value, dict) else list(value)
    copied[where[0]] = put(value[where[0]], where[1:], new)
    return copied


def damaged(body: bytes, where: Path, new: object) -> bytes:
    if body.startswith(b"<"):
        start, end = where
        text = quoteattr(new if isinstance(new, str) else to_json(new).decode())[1:-1]
        return body[: int(start)] + text.encode() + body[int(end) :]
    return to_json(put(parsed(body), where, new))


def places(body: bytes) -> list[Path]:
    """Where a body can be damaged: every value of a JSON document, every attribute and text of an XML one."""
    if body.startswith(b"<"):
        return [found.span(found.lastindex or 0) for found in IN_XML.finditer(body)]
    return list(paths(parsed(body)))


class Damaging:
    """A wire on which the answer to one of the calls has one value that is wrong."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.heard: list[bytes] = []
        self.damage: tuple[int, Path, object] | None = None

    def __call__(self, request: Request, url: str) -> Response:
        response: Response = self._answer(request, url)
        number = len(self.heard)
        self.heard.append(response.body)
        if self.damage is None or self.damage[0] != number:
            return response
        _, where, new = self.damage
        body = damaged(response.body, where, new)
        return Response(response.status, response.headers, body, response.url)


def parsed(body: bytes) -> Any:
    return json.loads(body, parse_float=lambda text: msgspec.Raw(text.encode()))


async def signed_in(door: str, tmp_path: Any) -> tuple[house.House, Grant]:
    card, facing = doors.found(door)
    made = house.build(tmp_path, card.id, rows=40)
    view = await made.connected(card.id, door_id=facing.facts.id)
    assert view.connection is not None
    held = await made.engine.grants.open(view.connection)
    return made, held.grant


@pytest.mark.parametrize("name", doors.DOORS)
async def test_a_wrong_value_anywhere_ends_in_rows_or_in_a_failure_of_ours(name: str, tmp_path: Any) -> None:
    made, grant = await signed_in(name, tmp_path)
    chance = random.Random(name)  # noqa: S311 - a seed that repeats what failed
    damaging = Damaging(made.catalogue.wire._answer)  # type: ignore[attr-defined]  # the wire in memory

    def door() -> CardDoor:
        # Fresh each time: a remembered look-up would hide the next.
        found, facing = doors.found(name)
        wire = MemoryWire(damaging)
        hosts = conformance.hosts(found.id)
        return CardDoor(found, facing, wire, hosts=hosts, breaks=False, limited=False)

    (account, *_) = (await door().accounts(grant)).rows
    reads = [read for read in every_read(account) if read is not None]
    refused = 0
    with stamina.set_testing(True, attempts=1):
        for turn in range(CASES):
            read = reads[turn % len(reads)]
            damaging.heard, damaging.damage = [], None
            await read(door(), grant)
            bodies = [(n, body) for n, body in enumerate(damaging.heard) if body.strip()[:1] in b"[{<"]
            if not bodies:
                continue
            number, body = chance.choice(bodies)
            where = chance.choice(places(body))
            damaging.heard, damaging.damage = [], (number, where, chance.choice(WRONG))
            try:
                await read(door(), grant)
            except Failure:
                refused += 1
    assert refused > CASES // 12, "hardly anything was refused: was anything damaged?"
    made.store.close()


def every_read(account: AccountTold) -> Iterator[Any]:
    yield lambda door, grant: door.accounts(grant)
    yield lambda door, grant: door.balances(grant, account)
    yield lambda door, grant: door.positions(grant, account)
    for feed in ("first", "second", "third", "fourth", "last"):
        yield history(account, feed)


def history(account: AccountTold, which: str) -> Any:
    place = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}[which]

    async def read(door: CardDoor, grant: Grant) -> None:
        feed = door.feeds[place if place < len(door.feeds) else 0]
        await conformance.first_page(door, grant, account, feed.name)

    return read
