"""Coinbase's sandbox: the keys of its customer, and whether a request's token was made with one (2a)."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from adapters.kit.wire import Response
from adapters.sandbox.asked import Asked, say, say_text
from adapters.sandbox.play import Play

LONGEST, SKEW = 120, 5  # seconds
ISSUERS = ("cdp", "coinbase-cloud")
PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
MISSING_SCOPES = {
    "error": "PERMISSION_DENIED",
    "error_details": "Missing required scopes",
    "message": "Missing required scopes",
}


class Wrong(Exception):
    """What is wrong with a token; said to nobody but the log of a test."""


@dataclass
class Gate:
    """One key of each kind, fixed by the seed. `can_view` is the permission of both."""

    play: Play
    can_view: bool = True
    _keys: dict[str, PublicKey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # One byte less: the number must be below the order of the curve.
        number = int.from_bytes(self.play.seed_of("ecdsa")[1:], "big")
        self._ecdsa = ec.derive_private_key(number, ec.SECP256R1())
        self._ed25519 = ed25519.Ed25519PrivateKey.from_private_bytes(self.play.seed_of("ed25519"))
        ids = [self.play.uuid("api key", n) + self.play.marker for n in range(2)]
        self._names = (f"organizations/{self.play.uuid('organization', 0)}/apiKeys/{ids[0]}", ids[1])
        publics = (self._ecdsa.public_key(), self._ed25519.public_key())
        self._keys.update(zip(self._names, publics, strict=True))

    def credentials(self) -> dict[str, str]:
        """The card's fields with one of the two keys, and both of them."""
        pem = self._ecdsa.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        seed = self._ed25519.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        public = self._ed25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        secrets = (pem.decode(), b64encode(seed + public).decode())
        which = self.play.seed % 2
        return {
            "key_name": self._names[which],
            "private_key": secrets[which],
            "ecdsa_key_name": self._names[0],
            "ecdsa_private_key": secrets[0],
            "ed25519_key_name": self._names[1],
            "ed25519_private_key": secrets[1],
        }

    def refuses(self, asked: Asked) -> Response | None:
        """Why a request is not answered, if it is not."""
        try:
            verified(asked.bearer, self._keys, _uri(asked), asked.now.timestamp())
        except Wrong:
            return unauthorized(asked)
        if self.play.withdrawn():
            return unauthorized(asked)
        if not self.can_view:
            return say(MISSING_SCOPES, 403)
        return None


def unauthorized(asked: Asked) -> Response:
    """v3 says it in plain text, v2 in its own form."""
    if asked.path.startswith("/v2/"):
        said = {"id": "authentication_error", "message": "Unauthorized"}
        return say({"errors": [said]}, 401)
    return say_text("Unauthorized\n", 401)


def verified(token: str, keys: dict[str, PublicKey], uri: str, now: float) -> None:
    """Raises Wrong unless one of these keys made the token, for this request, just now."""
    parts = token.split(".")
    if len(parts) != 3:
        raise Wrong("no token")
    header, claims = _object(parts[0]), _object(parts[1])
    key = keys.get(str(header.get("kid")))
    if key is None or header.get("typ", "JWT") != "JWT" or claims.get("sub") != header.get("kid"):
        raise Wrong("another key")
    if claims.get("iss") not in ISSUERS:
        raise Wrong("another issuer")
    start, end = claims.get("nbf"), claims.get("exp")
    if not isinstance(start, int) or not isinstance(end, int):
        raise Wrong("no times")
    if not (start <= now + SKEW and now < end <= now + LONGEST + SKEW):
        raise Wrong("another time")
    listed = claims.get("uris")
    named = [claims.get("uri"), *(listed if isinstance(listed, list) else [])]
    if uri not in named:
        raise Wrong("another request")
    signed(f"{parts[0]}.{parts[1]}".encode(), _bytes(parts[2]), key, str(header.get("alg")))


def signed(message: bytes, signature: bytes, key: PublicKey, algorithm: str) -> None:
    """Raises Wrong unless the signature is that of the message."""
    if len(signature) != 64:
        raise Wrong("a signature of another length")
    try:
        if isinstance(key, ed25519.Ed25519PublicKey) and algorithm == "EdDSA":
            key.verify(signature, message)
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm == "ES256":
            r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
            key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
        else:
            raise Wrong("another algorithm")
    except InvalidSignature:
        raise Wrong("another signature") from None


def _uri(asked: Asked) -> str:
    """What a token must name: method, host and path as they were sent, without the query."""
    return f"{asked.method} {asked.url.partition('://')[2].partition('?')[0]}"


def _bytes(part: str) -> bytes:
    if "=" in part:
        raise Wrong("padding")
    try:
        return b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise Wrong("no base64url") from None


def _object(part: str) -> dict[str, Any]:
    try:
        told = json.loads(_bytes(part))
    except ValueError:
        raise Wrong("no JSON") from None
    if not isinstance(told, dict):
        raise Wrong("no object")
    return told
