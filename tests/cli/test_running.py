"""Commands that call no server, and the program as a process."""

import json
import os
import resource
import signal
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from adapters.aesgcm.keyring import generate
from brokerlink.cli.reasons import Exit
from tests.cli.conftest import Run

LATE = ("grpc", "google.protobuf", "plotext", "httpx", "pydantic", "sqlalchemy", "cryptography", "aiohttp")


def program(*words: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "brokerlink", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def test_help_is_fast_and_loads_nothing_it_does_not_need() -> None:
    probe = (
        "import sys; sys.argv = ['brokerlink', '--help']\n"
        "from brokerlink.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: code = end.code\n"
        f"print([name for name in {LATE!r} if name in sys.modules], code)\n"
    )
    best = 9.9
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # Processor time, not the clock's: other tests run beside this one.
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    assert done.stdout.splitlines()[-1] == "[] 0"
    assert best < 0.8


COMMANDS = """brokerages, connect, connections, connections pause, connections resume,
    connections disconnect, accounts, portfolio, transactions, sync, runs, cancel, serve, work, sandbox,
    keys generate, doctor, demo, version"""


def test_a_worker_without_postgresql_is_refused_in_plain_words(tmp_path: Path) -> None:
    started = program(
        "work", BROKERLINK_DATA_DIR=str(tmp_path), BROKERAGE_ENCRYPTION_KEY=generate(), DATABASE_URL=""
    )

    _, said = started.communicate(timeout=60)

    assert started.returncode == Exit.USAGE
    assert "`brokerlink work` needs PostgreSQL" in " ".join(said.split())


@pytest.mark.parametrize("words", [words.strip() for words in COMMANDS.split(",")])
def test_every_command_explains_itself_and_takes_output(run: Run, words: str) -> None:
    result = run(*words.split(), "--help")

    assert result.exit_code == 0
    assert "--output" in result.stdout


def test_the_exit_codes_are_documented(run: Run) -> None:
    said = " ".join(run("--help").stdout.split())

    assert "3 the user must act" in said
    assert "4 there is no such thing" in said


def test_a_key_can_be_made_and_is_another_one_each_time(run: Run) -> None:
    first, second = (run("keys", "generate").stdout.strip() for _ in range(2))

    assert first != second
    assert len(json.loads(run("keys", "generate", "-o", "json").stdout)["key"]) == len(first) == 44


def test_a_key_file_is_private_and_never_overwritten(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "keys"

    first = run("keys", "generate", "--file", str(path))
    key = path.read_text()
    second = run("keys", "generate", "--file", str(path))

    assert first.exit_code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key.splitlines()[-1] not in first.output
    assert second.exit_code == 2
    assert path.read_text() == key


def test_the_version_is_told(run: Run) -> None:
    assert "version" in json.loads(run("version", "-o", "json").stdout)


def test_settings_that_do_not_fit_are_refused_in_plain_sentences(run: Run) -> None:
    result = run("serve", "--listen", "0.0.0.0:1", BROKERAGE_ENCRYPTION_KEY="")

    assert result.exit_code == 2
    assert "brokerlink keys generate" in result.stderr
    assert "Traceback" not in result.output


def test_the_doctor_says_what_to_do_and_ends_with_1_while_something_is_wrong(
    run: Run, tmp_path: Path
) -> None:
    data = {"BROKERLINK_DATA_DIR": str(tmp_path), "BROKERLINK_LISTEN": f"unix:{tmp_path}/s"}

    sick = run("doctor", BROKERAGE_ENCRYPTION_KEY="", **data)
    key = run("keys", "generate").stdout.strip()
    well = run("doctor", "-o", "json", BROKERAGE_ENCRYPTION_KEY=key, **data)

    assert sick.exit_code == 1
    assert "→ Make one with `brokerlink keys generate`" in sick.stdout
    assert well.exit_code == 0
    assert all(check["ok"] for check in json.loads(well.stdout)["checks"])
    assert key not in well.output


# ---- sandboxes


@pytest.mark.parametrize(
    "words",
    [
        ["nobody"],
        ["alpaca", "--persona", "x"],
        ["alpaca", "--persona", "schwab:plain"],
        ["alpaca", "--fault", "x@1"],
    ],
)
def test_sandboxes_that_there_are_not_are_refused_with_what_there_is(run: Run, words: list[str]) -> None:
    result = run("sandbox", *words)

    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_the_truth_can_be_printed_and_belongs_to_the_seed(run: Run) -> None:
    first, same, other = (
        run("sandbox", "alpaca", "--truth", "--seed", seed).stdout for seed in ("7", "7", "8")
    )

    assert first == same != other
    assert json.loads(first)["alpaca"]["accounts"]


def test_a_sandbox_serves_until_it_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    process = program("sandbox", "alpaca", "schwab", "--port", "0", "--credentials", str(path), "-o", "json")
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    with urllib.request.urlopen(f"{told['address']}/_sandbox/", timeout=5) as page:  # noqa: S310  our own
        assert page.status == 200

    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=10)

    assert told["environment"] == {"BROKERLINK_SANDBOX_URL": told["address"]}
    assert told["address"].startswith("http://127.0.0.1:")
    assert set(json.loads(path.read_text())) == {"alpaca", "schwab"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert process.returncode == 0, errors
