"""Reads of one account, as a share of an empty unary call of the same server in the same run."""

import json
import statistics
import tempfile
from pathlib import Path
from subprocess import PIPE, Popen, check_output
from sys import executable

from bench.databases import NewDatabase
from bench.figures import Figure, least
from bench.recording import record, replayed

ROUNDS = 5
SECONDS = 2.0
IN_FLIGHT = 16
KINDS = ("echo", "portfolio", "transactions")
# What is read, and how: goal, must, hard.
GOALS = {
    ("portfolio", "fresh"): ("P1", 0.25, 0.40),
    ("portfolio", "kept"): ("P1", 0.6, 0.85),
    ("transactions", "fresh"): ("P2", 0.20, 0.40),
    ("transactions", "kept"): ("P2", 0.20, 0.40),
}
WORDS = {"fresh": "from the database", "kept": "unchanged since it was read"}


async def measure(new: NewDatabase) -> list[Figure]:
    """Calls a second, and shares of echo: out of the database, and unchanged since it was last read."""
    recording = await record(1000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        replay, address = replayed(recording, folder)
        try:
            return [
                figure
                for kept in WORDS
                for figure in _served(folder / kept, address, recording.credentials, new(), kept)
            ]
        finally:
            replay.kill()
            replay.wait()


def _served(
    folder: Path, address: str, credentials: dict[str, str], database: str, kept: str
) -> list[Figure]:
    folder.mkdir()
    (folder / "credentials").write_text(json.dumps(credentials))
    command = [executable, "-m", "bench.serving", str(folder), address, database, kept]
    with Popen(command, stdout=PIPE, text=True) as server:  # noqa: S603 - ourselves
        try:
            if server.stdout is None:
                raise RuntimeError("the server has no output")
            port, account = server.stdout.readline().split()
            rounds = [_round(port, account) for _ in range(ROUNDS)]
        finally:
            server.kill()
    figures = [
        Figure(f"{kind} calls/s, {WORDS[kept]}", statistics.median(one[kind] for one in rounds))
        for kind in KINDS
    ]
    for kind in KINDS[1:]:
        share = statistics.median(one[kind] / one["echo"] for one in rounds)
        figures.append(least(f"{kind} / echo, {WORDS[kept]}", share, *GOALS[kind, kept]))
    return figures


def _round(port: str, account: str) -> dict[str, float]:
    """Each kind in turn, so that a noisy moment hits all of them alike."""

    def load(kind: str) -> float:
        command = [executable, "-m", "bench.load", port, account, kind, str(SECONDS), str(IN_FLIGHT)]
        return float(check_output(command, text=True))  # noqa: S603 - ourselves

    return {kind: load(kind) for kind in KINDS}
