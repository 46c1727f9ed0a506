"""A person at a terminal: a real pseudo-terminal with the program in it."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain

import pytest

from brokerlink.v1 import accounts_pb2, syncs_pb2
from brokerlink.v1 import connections_pb2 as pb
from tests.cli.conftest import Fake
from tests.cli.sessions import DONE, SECRET, asks


class Terminal:
    """The program on a pseudo-terminal: what it shows, and hands to type with."""

    def __init__(self, words: list[str], address: str) -> None:
        self.keyboard, theirs = pty.openpty()
        environment = {
            **os.environ, "BROKERLINK_ADDRESS": address, "TERM": "xterm", "COLUMNS": "120", "BROWSER": "true",
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", "brokerlink", *words],
            stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.shown = ""

    def until(self, text: str, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while text not in self.shown and time.monotonic() < end:
            if not self._read():
                break
        assert text in self.shown, self.shown

    def _read(self) -> bool:
        ready, _, _ = select.select([self.keyboard], [], [], 0.2)
        if ready:
            try:
                found = os.read(self.keyboard, 65536).decode(errors="replace")
            except OSError:  # the other end is closed
                return False
            self.shown += found
            return bool(found)
        return True

    def type(self, text: str) -> None:
        os.write(self.keyboard, f"{text}\n".encode())

    def end(self) -> int:
        while self._read():
            pass
        return self.process.wait(20)


Open = Callable[..., Terminal]


@pytest.fixture
def terminal(brokerage: Fake) -> Iterator[Open]:
    opened: list[Terminal] = []

    def start(*words: str) -> Terminal:
        opened.append(Terminal(list(words), brokerage.address))
        return opened[-1]

    yield start
    for one in opened:
        one.process.kill()
        one.process.wait()
        os.close(one.keyboard)


def test_fields_are_asked_for_and_secrets_do_not_show(brokerage: Fake, terminal: Open) -> None:
    screen = terminal("connect", "x", "--no-sync")

    screen.until("Key: ")
    screen.type("k-123")
    screen.until("Secret: ")
    screen.type(SECRET)

    assert screen.end() == 0
    assert dict(brokerage.asked("Connect")[0].credentials) == {"key_id": "k-123", "secret_key": SECRET}
    assert SECRET not in screen.shown
    assert "k-123" in screen.shown


def test_a_wrong_code_is_asked_for_again(brokerage: Fake, terminal: Open) -> None:
    brokerage.answers["Connect"].clear()
    sms = pb.CHALLENGE_KIND_SMS_CODE
    brokerage.says("Connect", asks(sms, masked_destination="***12", attempts_left=2))
    brokerage.says("ContinueConnect", asks(sms, masked_destination="***12", attempts_left=1), DONE)

    screen = terminal("connect", "x", "--no-sync", "--field", "key_id=k", "--field", "secret_key=s")
    screen.until("Code sent to ***12: ")
    screen.type("000000")
    screen.until("1 attempt left")
    screen.type("123456")

    assert screen.end() == 0
    assert [one.code for one in brokerage.asked("ContinueConnect")] == ["000000", "123456"]


def test_the_address_of_a_page_can_be_pasted(brokerage: Fake, terminal: Open) -> None:
    brokerage.answers["Connect"].clear()
    page = "https://brokerage.example/authorize?redirect_uri=https%3A%2F%2F127.0.0.1%3A8182&state=s"
    brokerage.says("Connect", asks(pb.CHALLENGE_KIND_REDIRECT, authorize_url=page))
    brokerage.says("ContinueConnect", DONE)

    screen = terminal(
        "connect", "x", "--no-sync", "--no-browser", "--field", "key_id=k", "--field", "secret_key=s"
    )
    screen.until("paste it here")
    screen.type("https://127.0.0.1:8182/?code=abc&state=s")

    assert screen.end() == 0
    assert page in screen.shown.replace("\r\n", "")
    assert brokerage.asked("ContinueConnect")[0].callback_url == "https://127.0.0.1:8182/?code=abc&state=s"


def test_a_choice_is_made_by_its_number(brokerage: Fake, terminal: Open) -> None:
    brokerage.answers["Connect"].clear()
    options = [
        pb.ChallengeOption(key="sms", label="Text message"),
        pb.ChallengeOption(key="mail", label="E-mail"),
    ]
    brokerage.says("Connect", asks(pb.CHALLENGE_KIND_CHOICE, options=options))
    brokerage.says("ContinueConnect", DONE)

    screen = terminal("connect", "x", "--no-sync", "--field", "key_id=k", "--field", "secret_key=s")
    screen.until("Which one")
    screen.type("9")
    screen.until("Which one")
    screen.type("2")

    assert screen.end() == 0
    assert brokerage.asked("ContinueConnect")[0].choice == "mail"


def test_ctrl_c_leaves_the_session_open_and_says_how_to_go_on(brokerage: Fake, terminal: Open) -> None:
    brokerage.answers["Connect"].clear()
    brokerage.says("Connect", asks(pb.CHALLENGE_KIND_APP_CODE))

    screen = terminal("connect", "x", "--no-sync", "--field", "key_id=k", "--field", "secret_key=s")
    screen.until("Code: ")
    screen.process.send_signal(signal.SIGINT)

    assert screen.end() == 130
    assert "brokerlink connect --session ses_1" in screen.shown
    assert "Traceback" not in screen.shown


def test_bars_are_drawn_and_ctrl_c_detaches(brokerage: Fake, terminal: Open) -> None:
    run = syncs_pb2.SyncRun(id="run_1", state=syncs_pb2.SYNC_RUN_STATE_RUNNING)
    run.results.add(
        account_id="acc_1", dataset=4, state=syncs_pb2.DATASET_RESULT_STATE_RUNNING, added=120, pages=3
    )
    first = syncs_pb2.SyncProgress(
        sync_run_id="run_1", sequence=1, kind=syncs_pb2.SYNC_PROGRESS_KIND_SNAPSHOT, run=run, state=run.state
    )

    brokerage.says("WatchSync", lambda _: chain([first], _beats()))
    brokerage.says("ListAccounts", accounts_pb2.ListAccountsResponse())

    screen = terminal("sync", "--watch", "run_1")
    screen.until("transactions")
    screen.until("+120")
    screen.process.send_signal(signal.SIGINT)

    assert screen.end() == 130
    assert "━" in screen.shown
    assert "brokerlink sync --watch run_1" in screen.shown


def _beats() -> Iterator[syncs_pb2.SyncProgress]:
    for _ in range(300):
        time.sleep(0.05)
        yield syncs_pb2.SyncProgress(
            sync_run_id="run_1", sequence=1, kind=syncs_pb2.SYNC_PROGRESS_KIND_HEARTBEAT
        )
