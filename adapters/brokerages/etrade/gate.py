"""The door of the sandbox: E*TRADE's OAuth 1.0a, checked byte by byte, on its own.

Part of the sandbox: shares nothing with the sign-in that it is there to test.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, redirect, say_text
from adapters.sandbox.oauth1 import encoded, header, signatures
from adapters.sandbox.page import button, link, say_page, shown, text
from adapters.sandbox.play import Grant, Play

NEW_YORK = ZoneInfo("America/New_York")
CLOCK_OFF = timedelta(minutes=5)
REQUEST_SECONDS = 300
IDLE = timedelta(hours=2)
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
HEXES = "0123456789abcdef"
# The one address registered for the consumer key, besides "oob".
CALLBACK = "https://127.0.0.1/etrade/callback"
REQUIRED = ("consumer_key", "nonce", "signature_method", "timestamp", "signature")


class Refused(Exception):
    """Not let in; the answer says why."""

    def __init__(self, problem: str, status: int = 401) -> None:
        super().__init__(problem)
        self.response = say_text(f"oauth_problem={problem}", status, "text/plain")


class Gate:
    """Tokens, signatures, and the page where a person says yes."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self.consumer_key = play.word("consumer key", 32, HEXES)
        self.consumer_secret = play.token("consumer secret", 0, 64, HEXES)
        self.verifier = play.word("verifier", 5)

    # --- what is asked at the door ---

    def request_token(self, asked: Asked) -> Response:
        told = self._proven(asked, "")
        callback = told.get("oauth_callback", "")
        if not callback:
            raise Refused("parameter_absent&oauth_parameters_absent=oauth_callback")
        if callback not in {"oob", CALLBACK}:
            raise Refused("callback_rejected")
        token, secret = self._token("request"), self._token("request secret")
        self._play.issue(token, "request", asked.now, REQUEST_SECONDS, secret=secret, callback=callback)
        return self._pair(token, secret, "&oauth_callback_confirmed=true")

    def authorize(self, asked: Asked) -> Response:
        """The page. It says yes by itself, unless a person is to click."""
        token = asked.param("token")
        request = self._play.grant(token, "request", asked.now)
        if request is None or asked.param("key") != self.consumer_key:
            return say_page("E*TRADE", text("Due to a logon delay or other issue, try again."), status=400)
        answer = asked.param("answer") or ("" if self._play.interactive else "accept")
        if not answer:
            address = f"{asked.at(asked.host)}{asked.path}"
            return say_page(
                "E*TRADE",
                text("An application asks to read all your accounts."),
                button("Accept", address, (*asked.query, ("answer", "accept"))),
                link("Decline", f"{address}?{asked.raw_query}&answer=decline"),
            )
        request.facts["answer"] = answer
        callback = request.facts["callback"]
        if callback != "oob":
            outcome = (
                ("oauth_verifier", self.verifier) if answer == "accept" else ("oauth_problem", "user_refused")
            )
            return redirect(f"{callback}?oauth_token={encoded(token)}&{outcome[0]}={outcome[1]}")
        if answer != "accept":
            return say_page("E*TRADE", text("You have declined."))
        return say_page("E*TRADE", shown("Type this code where you came from:", self.verifier))

    def access_token(self, asked: Asked) -> Response:
        told = self._proven(asked, "request")
        token = told["oauth_token"]
        request = self._living(token, "request", asked.now)
        answer = request.facts.get("answer", "" if self._play.interactive else "accept")
        if answer != "accept":
            raise Refused("permission_denied" if answer else "permission_unknown")
        if told.get("oauth_verifier") != self.verifier:
            raise Refused("verifier_invalid")
        self._play.spend(token, "request", asked.now)
        token, secret = self._token("access"), self._token("access secret")
        seconds = (_midnight(asked.now) - asked.now).total_seconds()
        self._play.issue(token, "access", asked.now, seconds, secret=secret, used_at=asked.now.isoformat())
        return self._pair(token, secret)

    def renew(self, asked: Asked) -> Response:
        """Wakes a token that slept; a dead one stays dead."""
        grant = self._admitted(asked)
        grant.facts["used_at"] = asked.now.isoformat()
        return say_text("Access Token has been renewed")

    def revoke(self, asked: Asked) -> Response:
        self._admitted(asked).revoked = True
        return say_text("Revoked Access Token")

    def admit(self, asked: Asked) -> None:
        """Let a call for data in, or raise Refused. Being used keeps a token awake."""
        grant = self._admitted(asked)
        if asked.now - datetime.fromisoformat(grant.facts["used_at"]) > IDLE:
            raise Refused("token_expired")
        grant.facts["used_at"] = asked.now.isoformat()

    # --- checks ---

    def _admitted(self, asked: Asked) -> Grant:
        told = self._proven(asked, "access")
        grant = self._living(told["oauth_token"], "access", asked.now)
        if self._play.withdrawn():
            raise Refused("token_rejected")
        return grant

    def _living(self, token: str, kind: str, now: datetime) -> Grant:
        grant = self._play.grant(token, kind, now)
        if grant is not None:
            return grant
        known = self._play.find(token)
        if known is None or known.kind != kind:
            raise Refused("token_rejected")
        if known.used:
            raise Refused("token_used")
        raise Refused("token_revoked" if known.revoked else "token_expired")

    def _proven(self, asked: Asked, kind: str) -> dict[str, str]:
        """The OAuth parameters of a request whose signature is right; `kind` is whose token signs."""
        told = _header(asked)
        missing = [f"oauth_{name}" for name in REQUIRED if not told.get(f"oauth_{name}")]
        if kind and not told.get("oauth_token"):
            missing.append("oauth_token")
        if missing:
            raise Refused("parameter_absent&oauth_parameters_absent=" + encoded("&".join(missing)))
        if told["oauth_signature_method"] != "HMAC-SHA1":
            raise Refused("signature_method_rejected")
        if told.get("oauth_version", "1.0") != "1.0":
            raise Refused("version_rejected")
        if told["oauth_consumer_key"] != self.consumer_key:
            raise Refused("consumer_key_unknown")
        stamp = told["oauth_timestamp"]
        if not stamp.isdigit() or abs(asked.now.timestamp() - int(stamp)) > CLOCK_OFF.total_seconds():
            raise Refused("timestamp_refused")
        secrets = (self.consumer_secret, self._secret(told, kind))
        if told["oauth_signature"] not in signatures(asked, told, *secrets, real=".etrade.com"):
            raise Refused("signature_invalid")
        if not self._play.once(f"{stamp} {told.get('oauth_token', '')} {told['oauth_nonce']}"):
            raise Refused("nonce_used")
        return told

    def _secret(self, told: dict[str, str], kind: str) -> str:
        if not kind:
            return ""
        known = self._play.find(told["oauth_token"])
        if known is None or known.kind != kind:
            raise Refused("token_rejected")
        return known.facts["secret"]

    def _token(self, kind: str) -> str:
        """44 letters or more, with all three signs that break when they are decoded twice."""
        word = self._play.token(kind, length=41, alphabet=BASE64)
        return f"{word[:7]}+/{word[7:]}="

    @staticmethod
    def _pair(token: str, secret: str, more: str = "") -> Response:
        body = f"oauth_token={encoded(token)}&oauth_token_secret={encoded(secret)}{more}"
        return say_text(body, kind="application/x-www-form-urlencoded")


def _header(asked: Asked) -> dict[str, str]:
    if not asked.header("authorization").lower().startswith("oauth "):
        raise Refused("parameter_absent&oauth_parameters_absent=oauth_consumer_key")
    told = header(asked)
    if told is None:
        raise Refused("parameter_rejected")
    return told


def _midnight(now: datetime) -> datetime:
    """The next midnight in New York: then every token is dead."""
    tomorrow = now.astimezone(NEW_YORK).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), NEW_YORK).astimezone(UTC)
