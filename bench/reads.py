"""Reads of one account, as a share of an empty unary call of the same server in the same run."""

import json
import statistics
import tempfile
from pathlib import Path
from subprocess import PIPE, Popen, check_output
from sys import executable

from bench.recording import record, replayed

ROUNDS = 3
SECONDS = 2.0
IN_FLIGHT = 16
Figures = dict[str, float]


async def measure() -> Figures:
    """Calls a second, and shares of echo: out of the database, and unchanged since it was last read."""
    recording = await record(1000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "credentials").write_text(json.dumps(recording.credentials))
        replay, address = replayed(recording, folder)
        try:
            figures = _served(folder / "fresh", address, recording.credentials, "fresh")
            figures |= _served(folder / "kept", address, recording.credentials, "kept")
        finally:
            replay.kill()
            replay.wait()
    return figures


def _served(folder: Path, address: str, credentials: dict[str, str], kept: str) -> Figures:
    folder.mkdir()
    (folder / "credentials").write_text(json.dumps(credentials))
    command = [executable, "-m", "bench.serving", str(folder), address, kept]
    with Popen(command, stdout=PIPE, text=True) as server:  # noqa: S603 - ourselves
        try:
            if server.stdout is None:
                raise RuntimeError("the server has no output")
            port, account = server.stdout.readline().split()
            rounds = [_round(port, account) for _ in range(ROUNDS)]
        finally:
            server.kill()
    rate = {kind: statistics.median(r[kind] for r in rounds) for kind in rounds[0]}
    share = {k: statistics.median(r[k] / r["echo"] for r in rounds) for k in ("portfolio", "transactions")}
    words = {"fresh": "from the database", "kept": "unchanged"}
    figures = {f"{kind}/s, {words[kept]}": value for kind, value in rate.items()}
    return figures | {f"{kind} / echo, {words[kept]}": value for kind, value in share.items()}


def _round(port: str, account: str) -> dict[str, float]:
    """Each kind in turn, so that a noisy moment hits all of them alike."""

    def load(kind: str) -> float:
        command = [executable, "-m", "bench.load", port, account, kind, str(SECONDS), str(IN_FLIGHT)]
        return float(check_output(command, text=True))  # noqa: S603 - ourselves

    return {kind: load(kind) for kind in ("echo", "portfolio", "transactions")}
