"""The demo, whole: real processes, real sign-ins, a second sync that finds nothing, nothing left behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.slow


def demo(tmp_path: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "brokerlink", "demo", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path), "NO_COLOR": "1"},
    )


def left_behind(tmp_path: Path) -> list[object]:
    """Processes that still know the demo's directory, and files in it."""
    running = [
        one.pid
        for one in psutil.process_iter(["cmdline"])
        if any(str(tmp_path) in word for word in one.info["cmdline"] or ())
    ]
    return [*running, *tmp_path.iterdir()]


def test_shows_four_sign_ins_and_ends_with_nothing_to_change(tmp_path: Path) -> None:
    process = demo(tmp_path)
    said, errors = process.communicate(timeout=110)

    assert process.returncode == 0, said + errors
    for words in (
        "connected alpaca",
        "is sent back to https://127.0.0.1:8182 with a code",
        "connected schwab",
        "types in the code that the page shows",
        "connected etrade",
        "looks whether the approval on the device has come",
        "connected robinhood",
        "Unrealised P&L",
        "Allocation of",
        "The newest 15 transactions",
    ):
        assert words in said, said + errors
    assert re.search(r"second sync: 0 added, 0 modified, 0 removed, [1-9]\d* unchanged", said)
    assert "\x1b" not in said
    assert left_behind(tmp_path) == []


def test_as_json_it_is_lines_for_programs(tmp_path: Path) -> None:
    process = demo(tmp_path, "--output", "json", "--seed", "11")
    said, errors = process.communicate(timeout=110)

    lines = [json.loads(line) for line in said.splitlines()]
    second = lines[-1]["second_sync"]
    assert process.returncode == 0, errors
    assert [
        one["brokerage_id"] for one in lines if one.get("state") == "CONNECT_SESSION_STATE_SUCCEEDED"
    ] == [
        "alpaca",
        "schwab",
        "etrade",
        "robinhood",
    ]
    assert (second["added"], second["modified"], second["removed"]) == (0, 0, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_stops_what_it_started(tmp_path: Path, number: signal.Signals) -> None:
    process = demo(tmp_path)
    until = time.monotonic() + 30
    while not list(tmp_path.glob("brokerlink-demo-*/credentials.json")) and time.monotonic() < until:
        time.sleep(0.05)

    process.send_signal(number)
    _, errors = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "Traceback" not in errors
    assert left_behind(tmp_path) == []
