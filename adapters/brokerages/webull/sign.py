"""Webull, signing: every request carries an HMAC of where it goes, what it asks and what it brings (2.1)."""

import hashlib
import hmac
from base64 import b64encode
from urllib.parse import quote, urlsplit

from adapters.kit.signin import Moment
from adapters.kit.wire import Request

SHA1, SHA256 = "HMAC-SHA1", "HMAC-SHA256"
# The hash of the body goes with the one of the signature.
_HASHES = {SHA1: (hashlib.md5, hashlib.sha1), SHA256: (hashlib.sha256, hashlib.sha256)}


def signed(
    request: Request, app_key: str, app_secret: str, moment: Moment, algorithm: str = SHA256
) -> Request:
    """The request with its signature. The secret itself is never sent; x-version, x-access-token and
    Content-Type are not signed."""
    headers = {
        "x-app-key": app_key,
        "x-timestamp": f"{moment.now:%Y-%m-%dT%H:%M:%SZ}",
        "x-signature-version": "1.0",
        "x-signature-algorithm": algorithm,
        "x-signature-nonce": moment.nonce,
    }
    url = urlsplit(moment.urls[request.host].rstrip("/") + request.url)
    text = to_sign(url.hostname or "", url.path, headers, request.query, request.body, algorithm)
    return request.with_headers(*headers.items(), ("x-signature", signature(text, app_secret, algorithm)))


def to_sign(
    host: str,
    path: str,
    headers: dict[str, str],
    query: tuple[tuple[str, str], ...],
    body: bytes,
    algorithm: str,
) -> str:
    """What is signed: path, sorted pairs, digest of the body; then percent-encoded as a whole. `host` has no
    port, values are raw. A query parameter that is called like a header stands behind the header's value."""
    pairs = {**headers, "host": host}
    for name, value in query:
        pairs[name] = f"{pairs[name]}&{value}" if name in pairs else value
    parts = [path, *(f"{name}={pairs[name]}" for name in sorted(pairs))]
    if body:
        parts.append(_HASHES[algorithm][0](body).hexdigest().upper())
    return quote("&".join(parts), safe="")


def signature(text: str, app_secret: str, algorithm: str) -> str:
    return b64encode(hmac.digest(f"{app_secret}&".encode(), text.encode(), _HASHES[algorithm][1])).decode()
