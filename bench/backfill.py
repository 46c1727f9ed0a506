"""One first sync of a long history in a process of its own; its peak of memory is what is asked for.

python -m bench.backfill FOLDER DATABASE ROWS     prints rows a second and the peak in MB
"""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import uvloop
from dependency_injector import providers

from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from adapters.telemetry.logs import configure
from bench.house import house_at
from bench.recording import BROKERAGE, Recording, record
from brokerlink.usecases.connect import Connect
from domain.syncs import RunState

PAGE = 100
BASE = "http://127.0.0.1:9"  # never reached


class Endless:
    """A brokerage whose history is that long: pages are made when they are asked for."""

    def __init__(self, recording: Recording, rows: int) -> None:
        self._answers, self._rows = recording.answers, rows
        pages = [body for target, (_, _, body) in recording.answers.items() if "activities" in target]
        self._like = [row for row in json.loads(pages[0]) if row["activity_type"] == "FILL"]

    def __call__(self, request: Request, url: str) -> Response:
        target = url.removeprefix(BASE)
        headers = {"content-type": "application/json"}
        if "activities" not in target:
            return Response(200, headers, self._answers[target][2], url)
        asked = parse_qs(urlsplit(target).query)
        start = int(asked.get("page_token", ["0"])[0].rpartition("::")[2]) if "page_token" in asked else 0
        rows = range(start + 1, min(start + PAGE, self._rows) + 1)
        page = [{**self._like[n % len(self._like)], "id": f"20260101000000000::{n}"} for n in rows]
        return Response(200, headers, json.dumps(page).encode(), url)


async def main(folder: Path, database: str, rows: int) -> None:
    configure("WARNING")
    recording = await record(300)
    house = house_at(BASE, folder, database)
    house.http.override(providers.Object(MemoryWire(Endless(recording, rows))))
    view = await Connect(house.connecting())("bench", BROKERAGE, credentials=recording.credentials)
    run = await house.store().write(lambda uow: uow.runs.lease("bench", house.lease(), None))
    if view.connection is None or run is None:
        raise RuntimeError("nothing to sync")
    start = time.perf_counter()
    await house.run_sync()(run)
    took = time.perf_counter() - start
    done = await house.store().read(lambda uow: uow.runs.get(run.id))
    if done is None or done.state is not RunState.SUCCEEDED:
        raise RuntimeError(f"the sync did not succeed: {done}")
    print(rows / took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
