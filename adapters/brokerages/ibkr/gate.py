"""The door of the sandbox: IBKR's OAuth 1.0a computed here on its own, sessions, and the gateway's login.

Part of the sandbox: shares nothing with the signing that it is there to test.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from adapters.brokerages.ibkr import keys
from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say
from adapters.sandbox.page import button, say_page, text
from adapters.sandbox.play import Play

HEXES = "0123456789abcdef"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LIFE = timedelta(hours=24)
IDLE = timedelta(minutes=6)
CLOCK_OFF = timedelta(minutes=5)
KEPT = 200
REQUIRED = ("consumer_key", "nonce", "signature_method", "timestamp", "token", "signature")


class Refused(Exception):
    """Not let in, or not like that: IBKR's own body."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.response = say({"error": error, "statusCode": status}, status)


NOT_AUTHENTICATED = "not authenticated"
NO_BRIDGE = "Bad Request: no bridge"


@dataclass(slots=True)
class Session:
    """One live session token, or the login of the gateway. `brokerage`: since when it may use /iserver, as
    long as it is not idle. `listed`: whether the accounts were listed in it."""

    token: bytes
    until: datetime
    used: datetime
    brokerage: bool = False
    listed: bool = False
    orders: bool = False

    def awake(self, now: datetime) -> bool:
        return self.brokerage and now - self.used <= IDLE


def encoded(value: str) -> str:
    return quote(value, safe="-._~")


def text_to_sign(method: str, address: str, pairs: list[tuple[str, str]], front: str = "") -> bytes:
    """`address` without a query; the whole list is encoded once."""
    joined = "&".join(name + "=" + value for name, value in sorted(pairs))
    return (front + "&".join((method, encoded(address), encoded(joined)))).encode()


def key_bytes(shared: int) -> bytes:
    """As Java writes a BigInteger: two's complement, so a zero byte where the first bit is set."""
    digits = f"{shared:x}"
    digits = digits if len(digits) % 2 == 0 else "0" + digits
    plain = bytes.fromhex(digits)
    return b"\0" + plain if plain[0] >= 0x80 else plain


def live_session_token(shared: int, secret: bytes) -> bytes:
    return hmac.new(key_bytes(shared), secret, hashlib.sha1).digest()


class Gate:
    """Who may call, and what is signed how."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self.consumer_key = play.word("consumer key", 9, LETTERS)
        self.access_token = play.token("access token", 0, 20, HEXES)
        self.secret = play.digest("access token secret")[:32]
        sealed = keys.sealed(self.secret, play.digest("padding"))
        self.access_token_secret = base64.b64encode(sealed).decode()
        self._sessions: list[Session] = []
        # Nobody is logged in to the gateway of a customer who has to approve.
        self.logged_in = play.persona not in {"device-approval", "mfa"}
        self._gateway: Session | None = None
        # Another program of the same user has the brokerage session.
        self.competing = False

    # --- the live session token

    def session_token(self, asked: Asked) -> Response:
        told = self._header(asked)
        if told["oauth_signature_method"] != "RSA-SHA256" or not told.get("diffie_hellman_challenge"):
            raise Refused(401, NOT_AUTHENTICATED)
        pairs = _signed_pairs(told)
        signature = _decoded(told["oauth_signature"])
        if not any(
            _verified(signature, text_to_sign(asked.method, address, pairs, self.secret.hex()))
            for address in addresses(asked)
        ):
            raise Refused(401, NOT_AUTHENTICATED)
        self._once(told)
        if self._sessions and self._play.withdrawn():
            raise Refused(401, NOT_AUTHENTICATED)
        return say(self._exchange(told["diffie_hellman_challenge"], asked.now))

    def _exchange(self, challenge: str, now: datetime) -> dict[str, object]:
        try:
            theirs = int(challenge, 16)
        except ValueError:
            raise Refused(500, "invalid diffie_hellman_challenge") from None
        ours = int.from_bytes(self._play.digest("exponent", str(self._play.count("exponent")))[:32], "big")
        token = live_session_token(pow(theirs, ours, keys.PRIME), self.secret)
        self._sessions = [*self._sessions, Session(token, now + LIFE, now)][-KEPT:]
        return {
            "diffie_hellman_response": f"{pow(keys.GENERATOR, ours, keys.PRIME):x}",
            "live_session_token_signature": hmac.new(
                token, self.consumer_key.encode(), hashlib.sha1
            ).hexdigest(),
            "live_session_token_expiration": int((now + LIFE).timestamp()) * 1000,
        }

    # --- every other call

    def admit(self, asked: Asked) -> Session:
        """The session of a call, or Refused. Being used keeps its brokerage session awake."""
        if not asked.header("user-agent"):
            raise Refused(403, "Forbidden")
        session = self._of_gateway(asked) if asked.host == "gateway" else self._of_token(asked)
        if self._play.withdrawn():
            raise Refused(401, NOT_AUTHENTICATED)
        if not session.awake(asked.now):
            session.brokerage = False
        session.used = asked.now
        return session

    def brokerage(self, asked: Asked) -> Session:
        """As `admit`, for what needs a brokerage session."""
        session = self.admit(asked)
        if not session.brokerage:
            raise Refused(400, NO_BRIDGE)
        return session

    def end(self, session: Session) -> None:
        self._sessions = [other for other in self._sessions if other is not session]
        if session is self._gateway:
            self._gateway, self.logged_in = None, False

    def log_in(self, asked: Asked) -> Response:
        """The gateway's page. It says yes by itself, unless a person is to click."""
        if self._play.interactive and asked.param("answer") != "yes":
            address = asked.at(asked.host) + "/"
            return say_page("IBKR Login", text("Log in?"), button("Log in", address, [("answer", "yes")]))
        self.logged_in = True
        return say_page("Client login succeeds", text("You may close this page."))

    def _of_gateway(self, asked: Asked) -> Session:
        if not self.logged_in:
            raise Refused(401, NOT_AUTHENTICATED)
        if self._gateway is None or self._gateway.until <= asked.now:
            self._gateway = Session(b"", asked.now + LIFE, asked.now, brokerage=True)
        return self._gateway

    def _of_token(self, asked: Asked) -> Session:
        told = self._header(asked)
        if told["oauth_signature_method"] != "HMAC-SHA256":
            raise Refused(401, NOT_AUTHENTICATED)
        signature = _decoded(told["oauth_signature"])
        pairs = _signed_pairs(told)
        # Whether query parameters are signed is not certain: both are taken.
        query = [
            (encoded(name), encoded(value))
            for name, value in parse_qsl(asked.raw_query, keep_blank_values=True)
        ]
        texts = [
            text_to_sign(asked.method, address, listed)
            for address in addresses(asked)
            for listed in (pairs, pairs + query)
        ]
        for session in self._sessions:
            if session.until > asked.now and any(
                hmac.compare_digest(hmac.new(session.token, each, hashlib.sha256).digest(), signature)
                for each in texts
            ):
                self._once(told)
                return session
        raise Refused(401, NOT_AUTHENTICATED)

    def _header(self, asked: Asked) -> dict[str, str]:
        """The OAuth parameters, all there and all as they must be; the signature is not looked at yet."""
        if not asked.header("user-agent"):
            raise Refused(403, "Forbidden")
        told = _header(asked.header("authorization"))
        realm = "test_realm" if self.consumer_key == "TESTCONS" else "limited_poa"
        stamp = told.get("oauth_timestamp", "")
        sound = (
            all(told.get(f"oauth_{name}") for name in REQUIRED)
            and told.get("realm") == realm
            and "oauth_version" not in told
            and told["oauth_consumer_key"] == self.consumer_key
            and told["oauth_token"] == self.access_token
            and len(stamp) == 10
            and stamp.isdigit()
            and abs(asked.now.timestamp() - int(stamp)) <= CLOCK_OFF.total_seconds()
        )
        if not sound:
            raise Refused(401, NOT_AUTHENTICATED)
        return told

    def _once(self, told: dict[str, str]) -> None:
        if not self._play.once(f"{told['oauth_timestamp']} {told['oauth_nonce']}"):
            raise Refused(401, NOT_AUTHENTICATED)


def addresses(asked: Asked) -> list[str]:
    """What the client may have signed: its own words, or our address where it sends IBKR's name as Host."""
    path = urlsplit(asked.url).path
    own = urlsplit(asked.base)
    names = {
        own.netloc,
        own.netloc.replace("127.0.0.1", "localhost"),
        own.netloc.replace("localhost", "127.0.0.1"),
    }
    return [asked.url.partition("?")[0], *(f"{own.scheme}://{name}{path}" for name in sorted(names))]


def _signed_pairs(told: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in told.items() if name not in {"realm", "oauth_signature"}]


def _header(value: str) -> dict[str, str]:
    """`OAuth k="v", k="v"`; the signature stays percent-encoded."""
    scheme, _, rest = value.partition(" ")
    if scheme != "OAuth":
        raise Refused(401, NOT_AUTHENTICATED)
    told: dict[str, str] = {}
    for part in rest.split(","):
        name, equals, quoted = part.strip().partition("=")
        if not equals or len(quoted) < 2 or quoted[0] != '"' or quoted[-1] != '"' or name in told:
            raise Refused(401, NOT_AUTHENTICATED)
        told[name] = quoted[1:-1]
    return told


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(unquote(signature), validate=True)
    except ValueError:
        raise Refused(401, NOT_AUTHENTICATED) from None


def _verified(signature: bytes, signed: bytes) -> bool:
    try:
        keys.signature_key().public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
