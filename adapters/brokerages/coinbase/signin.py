"""Coinbase, signing: a key of the CDP portal signs a token of its own for every request (sheet, 2a)."""

import binascii
import json
from base64 import b64decode, urlsafe_b64encode

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from adapters.kit import rows
from adapters.kit.key_trial import KeyTrial
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response, get
from domain.errors import (
    BrokerageRateLimited,
    ConsentRevoked,
    Failure,
    FieldInvalid,
    PermissionInsufficient,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

LASTS = 120  # seconds that a token is good for
VERSION = "2026-01-01"  # without one v2 warns in each answer (4)
# What v2 calls a refusal that only the user can lift, at Coinbase (4).
UNVERIFIED = frozenset({"personal_details_required", "identity_verification_required", "unverified_email"})
PrivateKey = EllipticCurvePrivateKey | Ed25519PrivateKey


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    """The request with a token that names it. `uri` is method, host and path, never the query."""
    target = request.target
    url = target if "://" in target else moment.urls[request.host].rstrip("/") + target
    uri = f"{request.method} {url.partition('://')[2].partition('?')[0]}"
    token = jwt(grant.values["key_name"], grant.values["private_key"], uri, moment)
    headers = [("Authorization", f"Bearer {token}"), ("Content-Type", "application/json")]
    if request.group == "ledger":
        headers.append(("CB-VERSION", VERSION))
    return request.with_headers(*headers)


def jwt(key_name: str, secret: str, uri: str, moment: Moment) -> str:
    """The token of one request."""
    key, start = private_key(secret), int(moment.now.timestamp())
    algorithm = "EdDSA" if isinstance(key, Ed25519PrivateKey) else "ES256"
    header = {"alg": algorithm, "typ": "JWT", "kid": key_name, "nonce": moment.nonce}
    claims = {"sub": key_name, "iss": "cdp", "nbf": start, "exp": start + LASTS, "uri": uri}
    return signed(key, b".".join(_base64(json.dumps(part).encode()) for part in (header, claims)))


def signed(key: PrivateKey, message: bytes) -> str:
    """A message with its signature behind it, as JWS writes both. ES256 is r and s, 32 bytes each, and (by
    RFC 6979) takes no chance."""
    if isinstance(key, Ed25519PrivateKey):
        signature = key.sign(message)
    else:
        r, s = decode_dss_signature(key.sign(message, ECDSA(SHA256(), deterministic_signing=True)))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return (message + b"." + _base64(signature)).decode()


def private_key(text: str) -> PrivateKey:
    """ECDSA in PEM (SEC1 or PKCS8, pasted with its line ends or with a backslash and n for each), Ed25519 in
    base64 of 32 or 64 bytes, or in PEM. Raises FieldInvalid."""
    try:
        if text.lstrip().startswith("-----BEGIN"):
            key = load_pem_private_key(text.replace("\\n", "\n").strip().encode(), None)
        else:
            secret = b64decode("".join(text.split()), validate=True)
            key = Ed25519PrivateKey.from_private_bytes(secret[:32] if len(secret) == 64 else secret)
    except (ValueError, TypeError, UnsupportedAlgorithm, binascii.Error):
        raise FieldInvalid("credentials[private_key]", "This is no private key.") from None
    if isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return key
    raise FieldInvalid("credentials[private_key]", "The key is of another kind than ECDSA P-256 and Ed25519.")


def explain(response: Response) -> Failure | None:
    """The error bodies that say more than their status (4)."""
    ident = _error_id(response) if response.status >= 400 else None
    if ident == "revoked_token":
        return ConsentRevoked()
    if ident in UNVERIFIED:
        return PermissionInsufficient("Coinbase wants the user to complete or verify personal details first.")
    if ident == "two_factor_required":
        return PermissionInsufficient("Coinbase wants a second factor for this; for reading it should not.")
    if ident in {"rate_limit_exceeded", "resource_exhausted"} and response.status != 429:
        return BrokerageRateLimited()
    return None


def _error_id(response: Response) -> str | None:
    """v2: {"errors":[{"id"}]}. v3: {"error"}. Others say no more than their status."""
    try:
        told = rows.fields(response.body)
    except UnreadableReply:
        return None
    errors = told.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else told
    ident = first.get("id", first.get("error")) if isinstance(first, dict) else None
    return ident if isinstance(ident, str) else None


def _base64(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")


def _keep(given: dict[str, str]) -> dict[str, str]:
    private_key(given["private_key"])
    return given | {"key_name": given["key_name"].strip()}


def _look(permissions: Response) -> None:
    if rows.fields(permissions.body).get("can_view") is not True:
        raise PermissionInsufficient("The key lacks the permission View.")


TRIAL = KeyTrial(
    ("key_name", "private_key"),
    get("/api/v3/brokerage/key_permissions", group="auth"),
    authorise,
    keep=_keep,
    look=_look,
    explain=explain,
)
