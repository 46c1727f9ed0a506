"""Parsing and normalising a thousand rows of each brokerage, over `json.loads` of the same text."""

import asyncio
import json
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import localcontext
from typing import Any

from adapters.brokerages import NAMES, card
from adapters.kit.card import Door, Read, Scene
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from adapters.sandbox.create import create
from adapters.sandbox.stage import Stage
from bench.figures import Figure, most
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.errors import Failure
from domain.money import EXACTLY
from domain.ports.brokerage import Asked

ROWS = 1000
TRIES = 9
BASE = "http://127.0.0.1:9"  # never reached
Parse = Callable[[bytes, Scene], Iterable[Any]]
Kept = list[tuple[Parse, bytes, Scene]]


def measure() -> list[Figure]:
    """Only brokerages that tell JSON: there is nothing to hold the others against."""
    figures = []
    for name in NAMES:
        rows = asyncio.run(_rows(name))
        over = _over_json(rows) if len(rows) >= ROWS // 2 else None
        if over is not None:
            figures.append(most(f"{name}: parse / json.loads", over, "P8", 3.0, 1.8))
    return figures


async def _rows(name: str) -> Kept:
    """The rows that a whole read of the history meets, each with its parser and its scene."""
    kept: Kept = []
    try:
        sandbox = create(name, 5, rows=ROWS)
    except LookupError:  # a brokerage that is retired has none
        return kept
    stage = Stage([sandbox])

    def answer(request: Request, url: str) -> Response:
        heard = stage.hear(request.method, url, dict(request.headers), request.body, datetime.now(UTC), BASE)
        return Response(heard.response.status, heard.response.headers, heard.response.body, url)

    written = card(name)
    door = _listening(written.doors[0], kept)
    hosts = {host: f"{BASE}/{name}" if host == "api" else f"{BASE}/{name}/{host}" for host in door.hosts}
    opened = CardDoor(written, door, MemoryWire(answer), hosts=hosts, limited=False)
    known = sandbox.credentials()
    given = {one.key: known[one.key] for one in door.facts.fields if one.key in known}
    try:
        grant = await opened.begin(given, known.get("callback_url", ""))
        while isinstance(grant, Asked):
            grant = await opened.hear(grant.state, _person(stage, grant.challenge, known))
        for account in (await opened.accounts(grant)).rows:
            for feed in opened.feeds:
                cursor = None
                while (page := await opened.history(grant, account, feed.name, None, cursor)).cursor:
                    cursor = page.cursor
    except Failure as failure:
        print(f"  {name}: {failure.reason}")
    return kept


def _person(stage: Stage, asked: Challenge, known: dict[str, str]) -> Answer:
    """What a person would do, at once."""
    match asked.kind:
        case ChallengeKind.REDIRECT | ChallengeKind.VERIFIER_CODE:
            shown = stage.hear("GET", asked.authorize_url or "", {}, b"", datetime.now(UTC), BASE)
            if asked.kind is ChallengeKind.REDIRECT:
                return Answer(callback_url=dict(shown.headers)["location"])
            return Answer(code=known["verifier"])
        case ChallengeKind.DEVICE_APPROVAL:
            return Answer(approved=True)
        case _:
            return Answer(code=known[asked.kind.value])


def _listening(door: Door, kept: Kept) -> Door:
    """The same door; what its history's parsers are given is kept."""

    def listening(read: Read[Any]) -> Read[Any]:
        def parse(raw: bytes, scene: Scene) -> Iterable[Any]:
            kept.append((read.parse, raw, scene))
            return read.parse(raw, scene)

        return replace(read, parse=parse)

    return replace(door, transactions=tuple(map(listening, door.transactions)))


def _over_json(rows: Kept) -> float | None:
    text = b"[" + b",".join(raw for _, raw, _ in rows) + b"]"
    try:
        json.loads(text)
    except ValueError:
        return None  # OFX, CSV, XML: there is nothing to compare with

    def parsed() -> None:
        with localcontext(EXACTLY):
            for parse, raw, scene in rows:
                for _ in parse(raw, scene):
                    pass

    pairs = [(_seconds(parsed), _seconds(lambda: json.loads(text))) for _ in range(TRIES)]
    return statistics.median(ours / theirs for ours, theirs in pairs)


def _seconds(deed: Callable[[], object]) -> float:
    start = time.process_time()
    deed()
    return time.process_time() - start
