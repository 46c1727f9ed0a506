"""Answering a sandbox's challenges without a person: follows its pages, knows its fixed codes."""

import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import httpx
from rich.text import Text

from brokerlink.cli.channel import is_loopback
from brokerlink.cli.errors import Refused
from brokerlink.cli.reasons import Exit
from brokerlink.cli.terminal import clean
from brokerlink.v1 import brokerages_pb2
from brokerlink.v1 import connections_pb2 as pb

if TYPE_CHECKING:
    from rich.console import Console

MOST_HOPS = 10
QUICK = 1.0  # a sandbox does not mind being asked more often than a brokerage would
# Where the sandbox's --credentials file may hold the fixed codes.
_CODE_KEYS = {
    pb.CHALLENGE_KIND_SMS_CODE: ("sms_code", "code", "mfa_code"),
    pb.CHALLENGE_KIND_EMAIL_CODE: ("email_code", "code", "mfa_code"),
    pb.CHALLENGE_KIND_APP_CODE: ("app_code", "totp_code", "mfa_code", "code"),
    pb.CHALLENGE_KIND_VERIFIER_CODE: ("verifier", "verifier_code", "code"),
}


@dataclass(frozen=True, slots=True)
class Automatic:
    """Plays the person against a sandbox on this machine. `known`: the sandbox's credentials file."""

    out: "Console"
    known: Mapping[str, str] = field(repr=False)

    def field(self, asked: brokerages_pb2.CredentialField) -> str:
        return ""

    def redirect(self, challenge: pb.Challenge) -> str:
        """Follow the page as a browser would, up to where it leaves the sandbox."""
        self._say(f"opens {_short(challenge.authorize_url)}")
        page = challenge.authorize_url
        for _ in range(MOST_HOPS):
            answer = self._get(page)
            target: str = urljoin(page, str(answer.headers.get("location", "")))
            if not answer.is_redirect:
                break
            if urlsplit(target).netloc != urlsplit(challenge.authorize_url).netloc:
                self._say(f"is sent back to {_short(target)} with a code")
                return target
            page = target
        raise _beyond("The page wants a person to click.")

    def code(self, challenge: pb.Challenge) -> str:
        if challenge.kind == pb.CHALLENGE_KIND_VERIFIER_CODE:
            self._say(f"opens {_short(challenge.authorize_url)}")
            shown = _verifier(self._get(challenge.authorize_url).text)
            if shown:
                self._say("types in the code that the page shows")
                return shown
        for key in _CODE_KEYS.get(challenge.kind, ()):
            if self.known.get(key):
                self._say("types in the code")
                return self.known[key]
        raise _beyond("The fields file holds no code for this.")

    def choice(self, challenge: pb.Challenge) -> str:
        return challenge.options[0].key if challenge.options else ""

    def text(self, challenge: pb.Challenge) -> str:
        raise _beyond("A question wants a person.")

    def approve(self, challenge: pb.Challenge, seconds: float) -> None:
        self._say("looks whether the approval on the device has come")
        time.sleep(min(seconds, QUICK))

    def _get(self, url: str) -> httpx.Response:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not is_loopback(f"{parts.hostname}:1"):
            raise _beyond("--auto only follows pages of a sandbox on this machine.")
        try:
            # A sandbox that speaks TLS has an authority of its own, which nobody else trusts.
            trusted = ssl.create_default_context(cafile=self.known.get("ca_file"))
            return httpx.get(url, follow_redirects=False, trust_env=False, timeout=10, verify=trusted)
        except (httpx.HTTPError, OSError):
            raise Refused("The sandbox's page cannot be reached.", code=Exit.UNAVAILABLE) from None

    def _say(self, deed: str) -> None:
        self.out.print(Text("  ↳ ", style="cyan") + Text(clean(deed), style="dim"))


def _verifier(page: str) -> str | None:
    """The code a page shows: in an input's value, or as the only word of letters and digits in a tag."""
    found = re.search(
        r'value="([A-Z0-9]{4,12})"|<(?:b|code|strong|p|h1|h2)[^>]*>\s*([A-Z0-9]{4,12})\s*<', page
    )
    return (found[1] or found[2]) if found else None


def _short(url: str) -> str:
    """An address without its query: that holds codes and states."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _beyond(sentence: str) -> Refused:
    return Refused(sentence, hint="Leave --auto out and answer yourself.", code=Exit.USER_MUST_ACT)
