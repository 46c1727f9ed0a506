"""A request as a sandbox hears it, and the answers it gives."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from adapters.kit.wire import Response
from domain.money import plain


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. Nothing in it is decoded but `query`: signatures are over `url` as it was sent.

    `path` is raw and without the prefix that names brokerage and host. `host` is "api" or the name
    of another host of the brokerage ("nummus"). Addresses handed out to be followed start with
    `base`, or with `at(host)` for the other hosts. `now` is aware, in UTC: a sandbox reads no clock.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    raw_query: str
    headers: dict[str, str]
    body: bytes
    host: str
    base: str
    url: str
    now: datetime
    names: dict[str, str] = field(default_factory=dict)

    def param(self, name: str, default: str = "") -> str:
        """The first query parameter of that name."""
        return next((value for key, value in self.query if key == name), default)

    def params(self, name: str) -> list[str]:
        return [value for key, value in self.query if key == name]

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    @property
    def bearer(self) -> str:
        """The bearer token, or nothing."""
        scheme, _, token = self.header("authorization").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def form(self) -> dict[str, str]:
        """The body as form fields; a JSON object's text members too where the client sent JSON."""
        if "json" in self.header("content-type"):
            value = self.json()
            members = value.items() if isinstance(value, dict) else ()
            return {key: member if isinstance(member, str) else str(member) for key, member in members}
        pairs = parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return dict(pairs)

    def json(self) -> Any:  # noqa: ANN401  it is whatever a client sent
        """The body as JSON, or None when it is none."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None

    def at(self, host: str) -> str:
        """The base address of another host of the same brokerage, on this very server."""
        return self.base if host == "api" else f"{self.base}/{host}"


_encoder = msgspec.json.Encoder(decimal_format="number")


def _plainly(value: object) -> object:
    """Decimals as msgspec must write them: never with an exponent."""
    match value:
        case Decimal():
            return msgspec.Raw(plain(value).encode())
        case dict():
            return {key: _plainly(member) for key, member in value.items()}
        case list() | tuple():
            return [_plainly(member) for member in value]
        case _:
            return value


def to_json(value: object) -> bytes:
    """JSON text. A Decimal becomes a number without exponent; a msgspec.Raw is taken as it is."""
    return _encoder.encode(_plainly(value))


def number(value: Decimal) -> msgspec.Raw:
    """A figure as floats are printed, with a point: 4 as 4.0."""
    text = plain(value)
    return msgspec.Raw((text if "." in text else f"{text}.0").encode())


def say(value: object, status: int = 200, **headers: str) -> Response:
    """A JSON answer. Header names are given with underscores: retry_after="3"."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Response(status, {"content-type": "application/json"} | named, to_json(value))


def say_text(text: str, status: int = 200, kind: str = "text/plain; charset=utf-8") -> Response:
    return Response(status, {"content-type": kind}, text.encode())


def say_nothing(status: int = 204) -> Response:
    return Response(status, {}, b"")


def redirect(url: str, status: int = 302) -> Response:
    return Response(status, {"location": url}, b"")
