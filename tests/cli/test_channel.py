"""How the program reaches the server: retries, tokens, TLS, and what it refuses to send where."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from brokerlink.cli import certificate
from brokerlink.cli.channel import READS, is_loopback
from brokerlink.v1 import accounts_pb2, connections_pb2
from tests.cli.conftest import Failing, Fake, Run, services, without_side_effects

AWAY = Failing(grpc.StatusCode.UNAVAILABLE, "restarting")
MARKER = "MARKER-token-51"


def test_the_reads_are_those_the_contract_marks() -> None:
    marked = {
        name: tuple(method.name for method in service.methods if without_side_effects(method))
        for name, service in services().items()
    }

    assert {name: set(methods) for name, methods in marked.items() if methods} == {
        name: set(methods) for name, methods in READS.items()
    }


def test_a_read_survives_a_server_that_restarts(fake: Fake, run: Run) -> None:
    fake.says("ListAccounts", AWAY, AWAY, accounts_pb2.ListAccountsResponse())

    result = run("accounts", "--output", "json")

    assert result.exit_code == 0
    assert len(fake.asked("ListAccounts")) == 3


def test_a_change_is_never_repeated_by_the_channel(fake: Fake, run: Run) -> None:
    fake.says("PauseConnection", AWAY, connections_pb2.Connection(id="con_1"))

    result = run("connections", "pause", "con_1")

    assert result.exit_code == 5
    assert len(fake.asked("PauseConnection")) == 1


def test_every_answer_has_a_deadline(fake: Fake, run: Run) -> None:
    fake.says("ListAccounts", accounts_pb2.ListAccountsResponse())

    run("accounts")

    assert fake.deadlines[0] is not None
    assert 0 < fake.deadlines[0] <= 31  # a slow machine reads the clock late


def test_the_token_is_sent_as_bearer(fake: Fake, run: Run) -> None:
    fake.says("ListAccounts", accounts_pb2.ListAccountsResponse())

    run("accounts", BROKERLINK_TOKEN=MARKER)

    assert fake.metadata[0]["authorization"] == f"Bearer {MARKER}"


@pytest.mark.parametrize("output", ["table", "json"])
def test_a_token_is_never_sent_in_plaintext_to_another_machine(run: Run, output: str) -> None:
    result = run("accounts", "--address", "192.0.2.1:443", "-o", output, BROKERLINK_TOKEN=MARKER)

    assert result.exit_code == 2
    assert "it is not sent" in result.stderr
    assert "--ca FILE" in result.stderr
    assert MARKER not in result.output


def test_options_hold_before_and_after_the_command_and_go_before_the_environment(
    fake: Fake, run: Run
) -> None:
    fake.says("ListAccounts", accounts_pb2.ListAccountsResponse())

    run("--user", "before", "accounts", BROKERLINK_USER="environment")
    run("accounts", "--user", "after", BROKERLINK_USER="environment")
    run("--user", "before", "accounts", "--user", "after")
    run("accounts", BROKERLINK_USER="environment")
    run("accounts")

    users = [request.user_id for request in fake.asked("ListAccounts")]
    assert users == ["before", "after", "after", "environment", "demo"]


def test_tls_with_an_authority_of_ones_own(fake: Fake, run: Run, tmp_path: Path) -> None:
    fake.says("ListAccounts", accounts_pb2.ListAccountsResponse())
    issued = certificate.issue(tmp_path, "localhost")
    server = grpc.server(ThreadPoolExecutor(2), handlers=[fake])
    credentials = grpc.ssl_server_credentials([(issued.key.read_bytes(), issued.certificate.read_bytes())])
    port = server.add_secure_port("localhost:0", credentials)
    server.start()

    good = run("accounts", "--ca", str(issued.authority), "--address", f"localhost:{port}", "-o", "json")
    bad = run("accounts", "--tls", "--address", f"localhost:{port}", "-o", "json")
    server.stop(None).wait()

    assert json.loads(good.stdout) == {"accounts": []}
    assert bad.exit_code == 5


HERE = """127.0.0.1:50051 127.9.9.9:1 localhost:1 [::1]:1 unix:/tmp/x dns:///localhost:1 ipv4:127.0.0.1:1"""
ELSEWHERE = """0.0.0.0:1 10.0.0.1:1 example.com:443 localhost.example.com:1 127.0.0.1.example.com:1
    [2001:db8::1]:1 dns:///example.com:443 :1"""


@pytest.mark.parametrize("address", HERE.split())
def test_knows_this_machine(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize("address", ELSEWHERE.split())
def test_knows_other_machines(address: str) -> None:
    assert not is_loopback(address)
