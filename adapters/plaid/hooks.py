"""Plaid's webhooks (section 3.5): is it Plaid that speaks, and what does it say? Pure: keys are given.

    kid_of(header)                          which key is needed
    ask_key(kid, ...) / key_of(response)    how it is had
    check(header, body, key, now)           raises Forged
    notice_of(body, now)                    what it means

A notice is a hint and no data: what it leads to is a sync of its item, or asking the user.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from adapters.kit import rows
from adapters.kit.card import SignedNotices
from adapters.kit.wire import Request, Response, post_json
from adapters.plaid import failures
from adapters.plaid.reads import HOST
from domain.errors import ConsentRevoked, ReauthorizationRequired, UnreadableReply
from domain.ports.notices import Deed, Forged, Notice

HEADER = "plaid-verification"
OLDEST = timedelta(minutes=5)
AHEAD = timedelta(minutes=1)  # clocks differ
DISCONNECTS_IN = timedelta(days=7)  # so long before it happens Plaid tells of it, says its reference
MOST_HEADER = 8192
SCALAR = 32


@dataclass(frozen=True, slots=True)
class Key:
    """A key that Plaid signs with, until it expires."""

    kid: str
    public: ec.EllipticCurvePublicKey
    expires_at: datetime | None = None


def kid_of(header: str) -> str:
    """Raises Forged also where another algorithm is named than ES256: "none" must never be believed."""
    told, _, _ = _parts(header)
    kid = told.get("kid")
    if told.get("alg") != "ES256" or not isinstance(kid, str) or not 0 < len(kid) <= 100:
        raise Forged
    return kid


def check(header: str, body: bytes, key: Key, now: datetime) -> None:
    """The signature, its age, and that it is over these very bytes."""
    if kid_of(header) != key.kid or (key.expires_at is not None and now >= key.expires_at):
        raise Forged
    _, claims, signature = _parts(header)
    if len(signature) != 2 * SCALAR:
        raise Forged
    r, s = (int.from_bytes(half, "big") for half in (signature[:SCALAR], signature[SCALAR:]))
    signed = header.rpartition(".")[0].encode()
    try:
        key.public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise Forged from None
    issued, told = claims.get("iat"), claims.get("request_body_sha256")
    if not isinstance(issued, int) or isinstance(issued, bool) or not isinstance(told, str):
        raise Forged
    age = now.timestamp() - issued
    if not -AHEAD.total_seconds() <= age <= OLDEST.total_seconds():
        raise Forged
    if not hmac.compare_digest(told.encode(), hashlib.sha256(body).hexdigest().encode()):
        raise Forged


def _parts(header: str) -> tuple[Mapping[str, Any], Mapping[str, Any], bytes]:
    """Header, claims and signature of a compact JWT."""
    pieces = header.split(".")
    if len(pieces) != 3 or len(header) > MOST_HEADER:
        raise Forged
    try:
        head, claims, signature = (_unbase64(piece) for piece in pieces)
        return rows.fields(head), rows.fields(claims), signature
    except (ValueError, binascii.Error, UnreadableReply):
        raise Forged from None


def _unbase64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def ask_key(kid: str, client_id: str, secret: str) -> Request:
    keys = (("PLAID-CLIENT-ID", client_id), ("PLAID-SECRET", secret))
    return post_json("/webhook_verification_key/get", {"key_id": kid}, HOST).with_headers(*keys)


def key_of(response: Response) -> Key:
    """The key of an answer. Raises UnreadableReply, or what Plaid's refusal means."""
    failure = failures.explain(response)
    if failure is not None or response.status != 200:
        raise failure or UnreadableReply("Plaid does not tell this key.")
    told = rows.mapping(rows.fields(response.body), "key")
    if (told.get("kty"), told.get("crv"), told.get("alg")) != ("EC", "P-256", "ES256"):
        raise UnreadableReply("the key is none for ES256")
    try:
        x, y = (int.from_bytes(_unbase64(rows.text(told, name)), "big") for name in ("x", "y"))
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except (ValueError, binascii.Error):
        raise UnreadableReply("the key is no point of its curve") from None
    ends = told.get("expired_at")
    until = rows.epoch_milliseconds(ends * 1000, "expired_at") if isinstance(ends, int) else None
    return Key(rows.text(told, "kid"), public, until)


SYNCS = frozenset(
    {
        "HOLDINGS/DEFAULT_UPDATE",
        "INVESTMENTS_TRANSACTIONS/DEFAULT_UPDATE",
        "INVESTMENTS_TRANSACTIONS/HISTORICAL_UPDATE",
    }
)


def notice_of(body: bytes, now: datetime) -> Notice:
    """Raises UnreadableReply. A notice that we do not know asks for nothing. `now`: where it tells of an end
    without its day, that is counted from here."""
    told = rows.fields(body)
    word = f"{rows.text(told, 'webhook_type')}/{rows.text(told, 'webhook_code')}"
    item = rows.optional_text(told, "item_id") or ""
    if word in SYNCS:
        return Notice(item, Deed.SYNC, word)
    if word == "ITEM/PENDING_EXPIRATION":
        ends = rows.instant(told.get("consent_expiration_time"), "consent_expiration_time")
        return Notice(item, Deed.WARN_USER, word, until=ends)
    if word == "ITEM/PENDING_DISCONNECT":
        return Notice(item, Deed.WARN_USER, word, until=now + DISCONNECTS_IN)
    if word == "ITEM/LOGIN_REPAIRED":
        return Notice(item, Deed.MENDED, word)
    if word == "ITEM/USER_PERMISSION_REVOKED":
        return Notice(item, Deed.ASK_USER, word, ConsentRevoked())
    if word == "ITEM/ERROR":
        failure = failures.failure_of(rows.optional_mapping(told, "error"))
        asks = isinstance(failure, ReauthorizationRequired | ConsentRevoked)
        return Notice(item, Deed.ASK_USER if asks else Deed.SYNC, word, failure if asks else None)
    return Notice(item, Deed.NOTHING, word)


def header_of(headers: Mapping[str, str]) -> str:
    return headers.get(HEADER, "")


NOTICES = SignedNotices(
    key_name=lambda headers: kid_of(header_of(headers)),
    ask_key=lambda kid, told: ask_key(kid, told["plaid_client_id"], told["plaid_secret"]),
    take_key=key_of,
    check=lambda headers, body, key, now: check(header_of(headers), body, key, now),
    read=notice_of,
    needs=("plaid_client_id", "plaid_secret"),
)
