"""Webull's sandbox: whether a request was signed by its customer's application, and its tokens (2.1, 2.2)."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.play import Grant, Play

SKEW = timedelta(minutes=10)
APPROVED_WITHIN = timedelta(minutes=5)
IDLE = timedelta(days=15)
LOOKS = 1  # so many looks find the token still pending, where the person has to approve it
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
SIGNED = ("x-app-key", "x-timestamp", "x-signature-version", "x-signature-algorithm", "x-signature-nonce")


def error(status: int, code: str, message: str) -> Response:
    return say({"error_code": code, "message": message}, status)


def unauthorized(why: str) -> Response:
    return error(401, "UNAUTHORIZED", f"Unauthorized: {why}. Please use the correct environment.")


def expected_signature(asked: Asked, app_secret: str) -> str:
    """The signature that a request should have, by the steps of the documentation."""
    parts = urlsplit(asked.url)
    pairs = {name: asked.header(name) for name in SIGNED}
    pairs["host"] = parts.hostname or ""
    for name, value in asked.query:
        pairs[name] = pairs[name] + "&" + value if name in pairs else value
    text = parts.path
    for name, value in sorted(pairs.items()):
        text += "&" + name + "=" + value
    new = asked.header("x-signature-algorithm") == "HMAC-SHA256"
    if asked.body:
        digest = hashlib.new("sha256" if new else "md5", asked.body)
        text += "&" + digest.hexdigest().upper()
    encoded = "".join(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in text.encode())
    mac = hmac.new((app_secret + "&").encode(), encoded.encode(), "sha256" if new else "sha1")
    return base64.b64encode(mac.digest()).decode()


@dataclass
class Gate:
    """`token_check`: whether calls need a token. `linked`: whether the key has an account to show."""

    play: Play
    token_check: bool = True
    linked: bool = True

    @property
    def app_key(self) -> str:
        return self.play.word("app key", 32, "0123456789abcdef")

    @property
    def app_secret(self) -> str:
        return self.play.token("app secret", 0, 32, "0123456789abcdef")

    def refuses(self, asked: Asked) -> Response | None:
        """Why a request is not let in, as far as its signature goes."""
        if not asked.header("x-app-key"):
            return error(401, "MISSING_APP_KEY", "x-app-key is missing")
        sound = {
            "x-app-key": asked.header("x-app-key") == self.app_key,
            "x-signature-version": asked.header("x-signature-version") == "1.0",
            "x-signature-algorithm": asked.header("x-signature-algorithm") in {"HMAC-SHA1", "HMAC-SHA256"},
            "x-timestamp": _just_now(asked.header("x-timestamp"), asked.now),
            "x-signature": asked.header("x-signature") == expected_signature(asked, self.app_secret),
        }
        wrong = next((name for name, good in sound.items() if not good), None)
        if wrong is None and not self.play.once(asked.header("x-signature-nonce")):
            wrong = "x-signature-nonce"
        if wrong is not None:
            return unauthorized(wrong)
        if asked.header("x-version") not in {"v2", "v3"}:
            return error(417, "ILLEGAL_PARAMETER", "x-version")
        return None

    def refuses_data(self, asked: Asked) -> Response | None:
        """The same for what needs a token as well."""
        refused = self.refuses(asked)
        if refused is not None:
            return refused
        if self.play.withdrawn():
            return unauthorized("access token")
        if self.token_check:
            grant = self.play.find(asked.header("x-access-token"))
            if grant is None or self.status(grant, asked.now) != "NORMAL":
                return unauthorized("access token")
            grant.facts["last"] = asked.now.isoformat()
        if not self.linked:
            return error(403, "ACCOUNT_ACCESS_DENIED", "Account access denied")
        return None

    # ---- tokens

    def create(self, asked: Asked) -> Response:
        body = asked.json()
        if not isinstance(body, dict) or set(body) - {"token"}:
            return error(417, "ILLEGAL_PARAMETER", 'the body is {} or {"token"}')
        former = self.play.find(str(body.get("token", "")))
        if former is not None and self.status(former, asked.now) == "NORMAL":
            return self._told(former, asked.now)
        asks = self.play.persona in {"mfa", "device-approval"}
        token = self.play.token("access", length=48)
        issued = self.play.issue(token, "access", asked.now, status="PENDING" if asks else "NORMAL")
        issued.facts["last"] = asked.now.isoformat()
        return self._told(issued, asked.now)

    def check(self, asked: Asked) -> Response:
        """The person approves while one looks."""
        grant = self._named(asked)
        if grant is None:
            return error(417, "ILLEGAL_PARAMETER", "unknown token")
        if self.status(grant, asked.now) == "PENDING":
            grant.used += 1
            if grant.used > LOOKS:
                grant.facts |= {"status": "NORMAL", "last": asked.now.isoformat()}
        return self._told(grant, asked.now)

    def refresh(self, asked: Asked) -> Response:
        grant = self._named(asked)
        if grant is None or self.play.withdrawn():
            return unauthorized("access token")
        if self.status(grant, asked.now) == "NORMAL":
            grant.facts["last"] = asked.now.isoformat()
        return self._told(grant, asked.now)

    def refuse_approval(self) -> None:
        """The person says no in the app."""
        self.play.revoke("access")

    def status(self, grant: Grant, now: datetime) -> str:
        if grant.kind != "access" or grant.revoked:
            return "INVALID"
        told = grant.facts["status"]
        if told == "PENDING":
            return "EXPIRED" if now >= grant.issued_at + APPROVED_WITHIN else told
        return "INVALID" if now >= datetime.fromisoformat(grant.facts["last"]) + IDLE else told

    def _named(self, asked: Asked) -> Grant | None:
        body = asked.json()
        token = body.get("token") if isinstance(body, dict) else None
        return self.play.find(token) if isinstance(token, str) else None

    def _told(self, grant: Grant, now: datetime) -> Response:
        until = datetime.fromisoformat(grant.facts["last"]) + IDLE
        expires = int(until.timestamp() * 1000)
        told = {"token": grant.token, "expires": expires, "status": self.status(grant, now)}
        return say(told | {"expires_at": expires} if grant.used else told)


def _just_now(text: str, now: datetime) -> bool:
    try:
        told = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(told - now) <= SKEW
