"""Page tokens: opaque, signed, and good for one list of one caller only.

A token says where a list goes on. Its signature covers the method, the filter, the caller and the time,
so a token that is forged, old, another caller's or another list's is refused, all in the same words.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from google.protobuf.message import Message

from brokerlink.rpc.principals import caller
from domain.errors import FieldInvalid
from domain.ports.clock import Clock

LIFE = timedelta(days=1)
FIELD = "page_token"
_MAC_BYTES = 16
_TIME_BYTES = 6
_FORMAT = b"\x01"

Part = str | int


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of one caller: what a token of it is bound to."""

    tokens: "PageTokens"
    binding: bytes

    def token(self, *place: Part) -> str:
        """The token of the page that goes on behind a place."""
        return self.tokens.sign(self.binding, place)


class PageTokens:
    """`identity_key` is the vault's: all processes of one store read each other's tokens."""

    def __init__(self, identity_key: bytes, clock: Clock) -> None:
        self._key = hmac.new(identity_key, b"brokerlink page tokens", hashlib.sha256).digest()
        self._clock = clock

    def open(self, request: Message) -> tuple[Listing, list[Part]]:
        """The list that a request asks for, and where to go on: empty for the first page. Raises
        FieldInvalid."""
        token: str = request.page_token  # type: ignore[attr-defined]  # every request of a list has it
        alike = type(request)()
        alike.CopyFrom(request)
        for field in (FIELD, "page_size"):
            alike.ClearField(field)
        kind = request.DESCRIPTOR.full_name.encode()
        filtered = alike.SerializeToString(deterministic=True)
        binding = hashlib.sha256(b"\x1f".join((kind, caller().key.encode(), filtered))).digest()
        return Listing(self, binding), self._read(binding, token) if token else []

    def sign(self, binding: bytes, place: tuple[Part, ...]) -> str:
        expires = int((self._clock.now() + LIFE).timestamp())
        told = json.dumps(place, separators=(",", ":")).encode()
        body = _FORMAT + expires.to_bytes(_TIME_BYTES, "big") + told
        return urlsafe_b64encode(body + self._mac(binding, body)).rstrip(b"=").decode()

    def _read(self, binding: bytes, token: str) -> list[Part]:
        try:
            whole = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except ValueError:
            _refuse()
        body, mac = whole[:-_MAC_BYTES], whole[-_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(binding, body)) or body[:1] != _FORMAT:
            _refuse()
        start = len(_FORMAT) + _TIME_BYTES
        if int.from_bytes(body[len(_FORMAT) : start], "big") < self._clock.now().timestamp():
            _refuse()
        place: list[Part] = json.loads(body[start:])
        return place

    def _mac(self, binding: bytes, body: bytes) -> bytes:
        return hmac.new(self._key, binding + body, hashlib.sha256).digest()[:_MAC_BYTES]


def _refuse() -> NoReturn:
    raise FieldInvalid(
        FIELD, "This page token is not one of this list, or it is too old. Start at the first page."
    )


def size(asked: int, usual: int, most: int) -> int:
    """How many entries a page has: 0 means the usual number, too many means the most."""
    return min(asked or usual, most)


def word(place: list[Part]) -> str:
    """The place of a list that is ordered by one id: empty for the first page. Raises FieldInvalid."""
    match place:
        case []:
            return ""
        case [str(identifier)]:
            return identifier
    _refuse()
