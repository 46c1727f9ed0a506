"""The README's commands, word by word, against a real server and real sandboxes."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from doors import CONNECTABLE
from served import Server

from adapters.brokerages import NAMES
from adapters.sandbox.create import create
from adapters.sandbox.server import serving

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOT_FOUND = 8 * 5  # buf curl ends with eight times the gRPC code
ADDRESS = re.compile(r"^export BROKERLINK_ADDRESS=.*$", re.MULTILINE)


def block(name: str) -> str:
    """The commands behind a mark of the README."""
    found = re.search(
        rf"<!-- {name}: run by tests/e2e/test_readme\.py.*?-->\n\n```\n(.*?)^```$",
        README,
        re.MULTILINE | re.DOTALL,
    )
    assert found is not None, name
    return found[1]


def each(commands: str) -> list[str]:
    """The commands of a block one by one; lines that go on stay together."""
    return [c for c in re.split(r"(?<!\\)\n", commands) if c.strip() and not c.startswith("#")]


class Shell:
    """A directory like a clone after `make setup` and `make run`, with another port in the environment."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        (folder / ".venv").mkdir()
        (folder / ".venv/bin").symlink_to(Path(sys.executable).parent)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "COLUMNS": "110",
            "PYTHONPATH": os.pathsep.join(sys.path),
            "BROKERLINK_ADDRESS": address,
        }

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def must(self, script: str) -> str:
        done = self.run(script)
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("clone")
    with (
        serving([create(name) for name in CONNECTABLE]) as sandboxes,
        Server(folder, sandboxes.address) as server,
    ):
        made = Shell(folder, server.address)
        (folder / "data").mkdir(exist_ok=True)
        (folder / "data/credentials.json").write_text(json.dumps(sandboxes.credentials()))
        for command in each(block("call")):
            if " connect " in command:
                made.must(command)
        yield made


@pytest.mark.slow
def test_the_commands_connect_show_and_sync(shell: Shell) -> None:
    commands = each(ADDRESS.sub("", block("call")))

    told = {command.split()[1]: shell.must(command) for command in commands}

    assert set(NAMES) <= set(told["brokerages"].split())
    assert "✓ agrees with the brokerage's own total" in told["portfolio"]
    assert len(told["transactions"].splitlines()) == 22
    assert told["sync"].count("✓ succeeded") == 2


@pytest.mark.slow
def test_buf_curl_lists_follows_and_is_refused_as_the_readme_says(shell: Shell) -> None:
    lists, run, watch, refused = each(block("buf"))

    accounts = json.loads(shell.must(lists))["accounts"]
    stream = shell.must(f"{run}\n{watch}")
    failure = shell.run(refused)

    assert {account["brokerageId"] for account in accounts} == {"alpaca", "schwab"}
    kinds = re.findall(r'"kind": "SYNC_PROGRESS_KIND_(\w+)"', stream)
    assert (kinds[0], kinds[-1]) == ("SNAPSHOT", "TERMINAL")
    assert failure.returncode == NOT_FOUND
    told = json.loads(failure.stderr)
    assert (told["code"], told["message"]) == ("not_found", "There is no such account.")
    assert [detail["type"] for detail in told["details"]] == ["google.rpc.ErrorInfo"]


@pytest.mark.slow
def test_the_command_line_decodes_the_same_failure(shell: Shell) -> None:
    (command,) = re.findall(r"`(\.venv/bin/brokerlink portfolio acc_0)`", README)

    done = shell.run(command)

    assert (done.returncode, "ACCOUNT_NOT_FOUND" in done.stderr) == (4, True)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("grpcurl") is None, reason="there is no grpcurl here")
def test_grpcurl_lists_services_and_accounts(shell: Shell) -> None:
    services, accounts = each(block("grpcurl"))

    assert "brokerlink.v1.AccountService" in shell.must(services).splitlines()
    assert json.loads(shell.must(accounts))["accounts"]
