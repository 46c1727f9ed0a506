"""Requests and responses as values, and JSON with exact numbers."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from domain.errors import UnreadableReply
from domain.money import MAX_EXPONENT, exact

Pairs = tuple[tuple[str, str], ...]
# A value costs a hundred bytes and its text may have two: a body of thirty megabytes may ask for
# gigabytes. No brokerage's answer has a tenth of this.
MAX_VALUES = 1_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """What to send. `url` is absolute, or a path on the door's host named by `host` (or, where a user runs
    a gateway of their own, the address of that: `tcp://host:port`).

    `query` is encoded once, here, with %20 for blanks: what is signed is what is sent.
    `group` names the rate limit it counts for. Only GET is repeated after a failure, unless
    `idempotent` says otherwise.
    """

    method: str
    url: str
    query: Pairs = ()
    headers: Pairs = ()
    body: bytes = b""
    host: str = "api"
    group: str = "default"
    idempotent: bool | None = None

    @property
    def target(self) -> str:
        """Path (or absolute URL) with the encoded query."""
        if not self.query:
            return self.url
        mark = "&" if "?" in self.url else "?"
        return f"{self.url}{mark}{urlencode(self.query, quote_via=quote)}"

    @property
    def repeatable(self) -> bool:
        return self.method == "GET" if self.idempotent is None else self.idempotent

    def with_headers(self, *more: tuple[str, str]) -> "Request":
        return replace(self, headers=(*self.headers, *more))


def get(url: str, *query: tuple[str, str | None], host: str = "api", group: str = "default") -> Request:
    """A GET; pairs whose value is None are left out."""
    return Request("GET", url, tuple((k, v) for k, v in query if v is not None), host=host, group=group)


def post_form(url: str, *pairs: tuple[str, str], host: str = "api", group: str = "auth") -> Request:
    """A POST of form-encoded pairs. Never repeated by itself: it may have been heard."""
    body = urlencode(pairs, quote_via=quote).encode()
    headers = (("Content-Type", "application/x-www-form-urlencoded"),)
    return Request("POST", url, (), headers, body, host, group)


def post_json(url: str, value: object, host: str = "api", group: str = "auth") -> Request:
    headers = (("Content-Type", "application/json"),)
    return Request("POST", url, (), headers, msgspec.json.encode(value), host, group)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. Header names are lower-case. `body` is bounded by the loop that read it."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    url: str = ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body as JSON; numbers with a point are Decimal. Raises UnreadableReply."""
        return decode(self.body)


def _decimal(text: str) -> Decimal:
    if len(text) <= MAX_EXPONENT and "e" not in text and "E" not in text:
        return Decimal(text)  # JSON's grammar was seen to, and so few digits break no bound
    return exact(text, "a number")


_decoder = msgspec.json.Decoder(float_hook=_decimal)
_rows = msgspec.json.Decoder(list[msgspec.Raw])
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _bounded(body: bytes | msgspec.Raw) -> None:
    """Raises UnreadableReply if an answer holds more values than we read. (A Raw is a part of one that
    was looked at.)"""
    large = isinstance(body, bytes) and len(body) > 2 * MAX_VALUES
    if large and sum(bytes(body).count(mark) for mark in (b",", b"[", b"{")) > MAX_VALUES:
        raise UnreadableReply("the answer holds more than we read")


def decode(body: bytes | msgspec.Raw) -> Any:
    """JSON with exact numbers. Raises UnreadableReply for all that is no JSON, or absurd JSON."""
    _bounded(body)
    try:
        return _decoder.decode(body)
    except UnreadableReply:
        raise
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise UnreadableReply("the answer is not the JSON that was expected") from None


def raw_rows(body: bytes | msgspec.Raw) -> list[bytes]:
    """The elements of a JSON array, each as its own bytes, untouched. Raises UnreadableReply."""
    _bounded(body)
    try:
        return [bytes(raw) for raw in _rows.decode(body)]
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise UnreadableReply("the answer is not the list that was expected") from None


def raw_fields(body: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    """The members of a JSON object, each as its own bytes. Raises UnreadableReply."""
    _bounded(body)
    try:
        return _object.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise UnreadableReply("the answer is not the object that was expected") from None
