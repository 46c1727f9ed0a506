"""Records what a sandbox answers to one whole sync, so that it can be repeated at full speed."""

import json
import pickle
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE, Popen
from sys import executable

from adapters.brokerages import card
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from adapters.sandbox.create import create
from adapters.sandbox.stage import Stage
from bench.replay import Recorded
from domain.ports.brokerage import Grant

BROKERAGE = "alpaca"
BASE = "http://replay"
POSITIONS = 50


@dataclass(frozen=True, slots=True)
class Recording:
    """The answers by path and query, the credentials that belong to them, and the rows they hold."""

    answers: Recorded
    credentials: dict[str, str]
    rows: int


async def record(rows: int) -> Recording:
    """Read everything once from a sandbox with so many transactions, and fifty positions."""
    sandbox = create(BROKERAGE, 5, rows=rows)
    stage = Stage([sandbox])
    answers: Recorded = {}

    def answer(request: Request, url: str) -> Response:
        heard = stage.hear(request.method, url, dict(request.headers), request.body, datetime.now(UTC), BASE)
        response = heard.response
        body = _more(response.body) if url.endswith("/v2/positions") else response.body
        kind = response.headers.get("content-type", "application/json").partition(";")[0]
        answers[url.removeprefix(BASE)] = (response.status, kind, body)
        return Response(response.status, response.headers, body, url)

    written = card(BROKERAGE)
    hosts = dict.fromkeys(written.doors[0].hosts, f"{BASE}/{BROKERAGE}")
    door = CardDoor(written, written.doors[0], MemoryWire(answer), hosts=hosts, limited=False)
    grant = await door.begin(sandbox.credentials(), "")
    if not isinstance(grant, Grant):
        raise TypeError("this sandbox asks a person")
    count = 0
    for account in (await door.accounts(grant)).rows:
        await door.positions(grant, account)
        for feed in door.feeds:
            cursor = None
            while True:
                page = await door.history(grant, account, feed.name, None, cursor)
                count, cursor = count + len(page.transactions), page.cursor
                if cursor is None:
                    break
    return Recording(answers, sandbox.credentials(), count)


def _more(body: bytes) -> bytes:
    """The positions, repeated under other names until there are fifty."""
    told = json.loads(body)
    stocks = [p for p in told if p["asset_class"] == "us_equity"]
    for number in range(POSITIONS - len(told)):
        like = stocks[number % len(stocks)]
        told.append({**like, "symbol": f"BN{number:03d}", "asset_id": f"bench-{number}"})
    return json.dumps(told).encode()


def replayed(recording: Recording, folder: Path) -> tuple["Popen[str]", str]:
    """A replay server in a process of its own, and its address."""
    path = folder / "recording"
    path.write_bytes(pickle.dumps(recording.answers))
    process = Popen([executable, "-m", "bench.replay", str(path)], stdout=PIPE, text=True)  # noqa: S603 - ourselves
    if process.stdout is None:
        raise RuntimeError("the replay server has no output")
    return process, f"http://127.0.0.1:{int(process.stdout.readline())}"
