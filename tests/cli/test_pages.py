"""Pages of a sign-in: a sandbox's are followed, a browser that comes back is caught."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from brokerlink.cli import loopback
from brokerlink.v1 import connections_pb2 as pb
from tests.cli.conftest import Fake, Run
from tests.cli.sessions import DONE, asks


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/verifier"):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<p>Your code:</p><b>5A9RA</b>")
            return
        target = (
            "/second?x=1" if self.path.startswith("/first") else "https://127.0.0.1:8182/?code=C0.x&state=s"
        )
        self.send_response(302)
        self.send_header("location", target)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


@pytest.fixture
def pages() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


AUTO = ["--auto", "--no-sync", "--field", "key_id=k", "--field", "secret_key=s"]


def test_auto_follows_the_pages_to_where_they_leave_the_sandbox(
    brokerage: Fake, run: Run, pages: str
) -> None:
    brokerage.answers["Connect"].clear()
    brokerage.says("Connect", asks(pb.CHALLENGE_KIND_REDIRECT, authorize_url=f"{pages}/first?state=s"))
    brokerage.says("ContinueConnect", DONE)

    result = run("connect", "x", *AUTO)

    (asked,) = brokerage.asked("ContinueConnect")
    assert asked.callback_url == "https://127.0.0.1:8182/?code=C0.x&state=s"
    assert "C0.x" not in result.output


def test_auto_reads_the_code_a_page_shows(brokerage: Fake, run: Run, pages: str) -> None:
    brokerage.answers["Connect"].clear()
    brokerage.says("Connect", asks(pb.CHALLENGE_KIND_VERIFIER_CODE, authorize_url=f"{pages}/verifier"))
    brokerage.says("ContinueConnect", DONE)

    run("connect", "x", *AUTO)

    assert brokerage.asked("ContinueConnect")[0].code == "5A9RA"


@pytest.mark.parametrize("url", ["https://brokerage.example/login", "file:///etc/passwd", "javascript:1"])
def test_auto_opens_nothing_but_a_sandbox_on_this_machine(brokerage: Fake, run: Run, url: str) -> None:
    brokerage.answers["Connect"].clear()
    brokerage.says("Connect", asks(pb.CHALLENGE_KIND_REDIRECT, authorize_url=url))

    result = run("connect", "x", *AUTO)

    assert result.exit_code == 3
    assert brokerage.asked("ContinueConnect") == []


def test_the_redirect_is_caught_on_this_machine(free_port: int) -> None:
    address = f"http://127.0.0.1:{free_port}/callback"
    server = loopback.catcher(address)
    assert server is not None
    caught: list[str | None] = []
    thread = threading.Thread(target=lambda: caught.append(loopback.wait(server, 10, keyboard=False)))
    thread.start()

    for path in ("/favicon.ico", "/callback?code=abc&state=d"):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{free_port}{path}", timeout=5) as page:
                assert b"close this window" in page.read()
        except urllib.error.HTTPError as error:
            error.close()
            assert path == "/favicon.ico"
    thread.join()
    server.server_close()

    assert caught == [f"{address}?code=abc&state=d"]


@pytest.fixture
def free_port() -> int:
    with HTTPServer(("127.0.0.1", 0), _Page) as one:
        return one.server_port


@pytest.mark.parametrize(
    "address", ["https://127.0.0.1:8182", "http://example.com/x", "http://0.0.0.0:1", "urn:x", ""]
)
def test_only_a_plain_loopback_address_is_listened_on(address: str) -> None:
    assert loopback.catcher(address) is None


def test_a_port_that_is_taken_is_left_alone(pages: str) -> None:
    assert loopback.catcher(f"{pages}/callback") is None


def test_nobody_comes_back_in_time(free_port: int) -> None:
    server = loopback.catcher(f"http://127.0.0.1:{free_port}/")
    assert server is not None

    assert loopback.wait(server, 0.1, keyboard=False) is None
    server.server_close()
