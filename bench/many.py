"""One brokerage's sandbox, with an answer for any number of users: each has a credential of their own, and
all of them see the same portfolio.

python -m bench.many BROKERAGE LATENCY_MS     prints {"address", "grant"} as JSON, then serves until killed
"""

import asyncio
import json
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime

import uvloop

from adapters.brokerages import card
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from adapters.sandbox.asked import Asked
from adapters.sandbox.create import create
from adapters.sandbox.play import Sandbox
from adapters.sandbox.server import serve
from adapters.sandbox.stage import Stage
from domain.ports.brokerage import Grant

BASE = "http://bench"
ROWS = 60
# What tells one user's credential from another's: the sandbox itself knows a single one.
SUFFIX = re.compile(r"~\d+")


class Many:
    """A sandbox that does not look at what comes after the credential that it issued."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.id, self.profile, self.play = sandbox.id, sandbox.profile, sandbox.play
        self.credentials, self.announce = sandbox.credentials, sandbox.announce

    def answer(self, asked: Asked) -> Response:
        headers = {name: SUFFIX.sub("", value) for name, value in asked.headers.items()}
        self.play.log.clear()  # it would grow all day
        return self._sandbox.answer(replace(asked, headers=headers))


def of_user(grant: Grant, number: int) -> Grant:
    """The grant as one of many users holds it: a budget of its own, as a credential of its own has."""
    return replace(grant, values={name: f"{value}~{number}" for name, value in grant.values.items()})


async def sign_in(sandbox: Sandbox) -> Grant:
    """Through the door's own conversation. Raises TypeError for a brokerage that asks a person."""
    stage = Stage([sandbox])

    def answer(request: Request, url: str) -> Response:
        headers = dict(request.headers)
        return stage.hear(request.method, url, headers, request.body, datetime.now(UTC), BASE).response

    written = card(sandbox.id)
    door = CardDoor(written, written.doors[0], MemoryWire(answer), hosts=addresses(sandbox.id, BASE))
    grant = await door.begin(sandbox.credentials(), "")
    if not isinstance(grant, Grant):
        raise TypeError(f"{sandbox.id} asks a person")
    return grant


def addresses(brokerage: str, base: str) -> dict[str, str]:
    """Where each host of a brokerage's first door is, on a sandbox at that address."""
    names = card(brokerage).doors[0].hosts
    return {name: f"{base}/{brokerage}" + ("" if name == "api" else f"/{name}") for name in names}


async def main(brokerage: str, latency_ms: float) -> None:
    sandbox = create(brokerage, 5, rows=ROWS)
    grant = await sign_in(sandbox)
    running = await serve([Many(sandbox)], latency_ms=latency_ms)
    expires = grant.expires_at.timestamp() if grant.expires_at else None
    print(json.dumps({"address": running.address, "values": grant.values, "expires": expires}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], float(sys.argv[2])))
