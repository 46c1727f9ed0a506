"""Who answers the challenges of a sign-in: a person at the terminal."""

import getpass
import os
import sys
import time
import webbrowser
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from rich.text import Text

from brokerlink.cli import loopback
from brokerlink.cli.errors import Refused
from brokerlink.cli.reasons import Exit
from brokerlink.cli.show.figures import ago, instant, word
from brokerlink.cli.terminal import clean
from brokerlink.v1 import brokerages_pb2
from brokerlink.v1 import connections_pb2 as pb

if TYPE_CHECKING:
    from rich.console import Console

LONGEST_WAIT = 15 * 60.0
Say = Callable[[Text], None]


class Person(Protocol):
    """Answers what a challenge asks. Raises Refused where nobody can."""

    def field(self, asked: brokerages_pb2.CredentialField) -> str: ...

    def redirect(self, challenge: pb.Challenge) -> str: ...

    def code(self, challenge: pb.Challenge) -> str: ...

    def choice(self, challenge: pb.Challenge) -> str: ...

    def text(self, challenge: pb.Challenge) -> str: ...

    def approve(self, challenge: pb.Challenge, seconds: float) -> None:
        """Let the person approve on the device for so long."""
        ...


def can_ask() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


@dataclass(frozen=True, slots=True)
class AtTerminal:
    """A person with a keyboard. `browser` opens pages; without it they are only printed."""

    out: "Console"
    browser: bool = True

    def field(self, asked: brokerages_pb2.CredentialField) -> str:
        if asked.help:
            self.out.print(Text(f"  {clean(asked.help)}", style="dim"))
        alone = " (Enter: what the operator has set)" if asked.operator else ""
        return self._ask(f"  {clean(asked.label or asked.key)}{alone}: ", hidden=asked.secret)

    def redirect(self, challenge: pb.Challenge) -> str:
        target = loopback.redirect_of(challenge.authorize_url)
        server = loopback.catcher(target)
        self._open(challenge.authorize_url)
        keyboard = can_ask()
        if server is not None:
            tail = ", or paste the address it ends at" if keyboard else ""
            self.out.print(Text(f"  Waiting for the browser to come back{tail} ...", style="dim"))
        elif keyboard:
            self.out.print(
                Text("  When the browser has come back (even to a page that does not load), copy the whole")
            )
            self.out.print(Text("  address from its address bar and paste it here:"))
        try:
            answer = loopback.wait(server, _seconds(challenge), keyboard=keyboard)
        finally:
            if server is not None:
                server.server_close()
        if not answer:
            raise _nobody("The address the browser came back to is needed.")
        return answer

    def code(self, challenge: pb.Challenge) -> str:
        if challenge.kind == pb.CHALLENGE_KIND_VERIFIER_CODE:
            self._open(challenge.authorize_url)
        where = f" sent to {clean(challenge.masked_destination)}" if challenge.masked_destination else ""
        return self._ask(f"  Code{where}: ", hidden=False).strip()

    def choice(self, challenge: pb.Challenge) -> str:
        options = list(challenge.options)
        for place, option in enumerate(options, 1):
            self.out.print(Text(f"  {place}  {clean(option.label or option.key)}"))
        while True:
            said = self._ask(f"  Which one (1 to {len(options)})? ", hidden=False).strip()
            if said.isdigit() and 0 < int(said) <= len(options):
                return options[int(said) - 1].key
            if said in {option.key for option in options}:
                return said

    def text(self, challenge: pb.Challenge) -> str:
        return self._ask("  Answer (not shown): ", hidden=True)

    def approve(self, challenge: pb.Challenge, seconds: float) -> None:
        until = instant(challenge, "expire_time")
        limit = f" (possible until {ago(until)})".replace("until in", "for another") if until else ""
        with self._spinner(f"Waiting for the approval on the device{limit}; Ctrl-C to stop"):
            time.sleep(seconds)

    def _spinner(self, text: str) -> AbstractContextManager[object]:
        return self.out.status(Text(text)) if self.out.is_terminal else nullcontext()

    def _open(self, url: str) -> None:
        if not url.startswith(("https://", "http://")):
            raise Refused("The server names a page that is no web address; it is not opened.")
        self.out.print(Text("  Open this page:"))
        self.out.print(Text(f"  {clean(url)}", style="underline cyan"), soft_wrap=True)
        if self.browser and self.out.is_terminal and _has_screen():
            webbrowser.open(url)

    def _ask(self, prompt: str, *, hidden: bool) -> str:
        if not can_ask():
            raise _nobody("Something has to be typed in, and this is no terminal.")
        try:
            if hidden:
                return getpass.getpass(prompt)
            self.out.print(Text(prompt), end="")
            self.out.file.flush()
            line = sys.stdin.readline()
        except EOFError:
            line = ""
        if not line:
            raise _nobody("Nothing was typed in.")
        return line.rstrip("\r\n")


def _has_screen() -> bool:
    """Whether a browser can open a window. Without one a text browser would take over the terminal."""
    return sys.platform in {"darwin", "win32"} or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _nobody(sentence: str) -> Refused:
    return Refused(
        sentence,
        hint="Run it in a terminal. The session stays open for a while: connect --session SESSION.",
        code=Exit.USER_MUST_ACT,
        reason="CHALLENGE_REQUIRED",
    )


def _seconds(challenge: pb.Challenge) -> float:
    until = instant(challenge, "expire_time")
    return LONGEST_WAIT if until is None else max(1.0, (until - datetime.now(UTC)).total_seconds())


def kind(challenge: pb.Challenge) -> str:
    return word(pb.ChallengeKind, challenge.kind, "CHALLENGE_KIND")
