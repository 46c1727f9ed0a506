"""A sandbox that speaks TLS: its own authority, which clients are told to trust, and nobody else's."""

import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from rich.console import Console

from brokerlink.cli.automatic import Automatic
from brokerlink.cli.certificate import issue
from brokerlink.cli.errors import Refused
from brokerlink.v1 import connections_pb2 as pb


@contextmanager
def served(*words: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "brokerlink", "sandbox", "--port", "0", "--tls", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "40"},
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)


def test_who_trusts_the_authority_of_the_run_reads_and_nobody_else_does(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    with served("alpaca", "--credentials", str(path), "-o", "json") as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        known = json.loads(path.read_text())["alpaca"]
        keys = {"APCA-API-KEY-ID": known["key_id"], "APCA-API-SECRET-KEY": known["secret_key"]}
        trusted = ssl.create_default_context(cafile=known["ca_file"])
        trusted.verify_flags |= ssl.VERIFY_X509_STRICT  # what Python 3.13 does by itself

        for host in ("127.0.0.1", "localhost"):
            url = known["base_url"].replace("127.0.0.1", host)
            assert httpx.get(f"{url}/v2/account", headers=keys, verify=trusted).status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{known['base_url']}/v2/account", headers=keys)

    assert told["address"].startswith("https://127.0.0.1:")
    assert known["ca_file"] == told["authority"] == told["environment"]["SSL_CERT_FILE"]
    assert told["environment"]["BROKERLINK_SANDBOX_URL"] == told["address"]
    assert not Path(told["authority"]).exists()  # it ended with the run


def test_the_lines_that_are_printed_tell_how_to_trust_it_each_in_one_piece() -> None:
    with served("alpaca") as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or "Ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline().rstrip())

        authority = next(line for line in lines if line.startswith("export SSL_CERT_FILE=")).partition("=")[2]
        assert Path(authority).read_text().startswith("-----BEGIN CERTIFICATE-----")
        assert any(line.startswith(f"export REQUESTS_CA_BUNDLE={authority}") for line in lines)
        assert f'httpx.Client(verify=ssl.create_default_context(cafile="{authority}"))' in lines
        assert f"curl --cacert {authority} ..." in lines


def test_pages_of_a_sandbox_are_followed_over_tls_too(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    with served("schwab", "--credentials", str(path), "-o", "json") as process:
        assert process.stdout is not None
        process.stdout.readline()
        known = json.loads(path.read_text())["schwab"]
        query = httpx.QueryParams(client_id=known["app_key"], redirect_uri=known["callback_url"])
        asked = pb.Challenge(
            kind=pb.CHALLENGE_KIND_REDIRECT,
            authorize_url=f"{known['base_url']}/v1/oauth/authorize?{query}",
        )

        went = Automatic(Console(quiet=True), known).redirect(asked)
        with pytest.raises(Refused):
            Automatic(Console(quiet=True), {**known, "ca_file": ""}).redirect(asked)

    assert went.startswith(f"{known['callback_url']}?code=")


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "sandbox.example"])  # noqa: S104  only a name
def test_the_certificate_is_for_the_host_and_is_no_authority(tmp_path: Path, host: str) -> None:
    issued = issue(tmp_path, host, datetime(2026, 11, 25, tzinfo=UTC))

    made = x509.load_pem_x509_certificate(issued.certificate.read_bytes())
    authority = x509.load_pem_x509_certificate(issued.authority.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    made.verify_directly_issued_by(authority)
    assert host in {str(name.value) for name in names}
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert issued.key.stat().st_mode & 0o777 == 0o600
