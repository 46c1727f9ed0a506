"""The Crypto Trading API, signing: Ed25519 over key, time, path, method and body of each request (2C)."""

import binascii
from base64 import b64decode, b64encode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.kit.key_trial import KeyTrial
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response, get
from domain.errors import Failure, FieldInvalid, PermissionInsufficient
from domain.ports.brokerage import Grant

HOST = "trading"
ROOT = "/api/v1/crypto"
ACCOUNT = f"{ROOT}/trading/accounts/"


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    """The request with its three headers. Addresses of further pages are signed as they were told."""
    key, time = grant.values["api_key"], str(int(moment.now.timestamp()))
    message = f"{key}{time}{path(request, moment)}{request.method}".encode() + request.body
    return request.with_headers(
        ("x-api-key", key),
        ("x-timestamp", time),
        ("x-signature", signature(grant.values["private_key"], message)),
        ("Content-Type", "application/json; charset=utf-8"),
    )


def signature(secret: str, message: bytes) -> str:
    return b64encode(private_key(secret).sign(message)).decode()


def path(request: Request, moment: Moment) -> str:
    """Path and query behind the address of the host, byte for byte as they are sent."""
    return request.target.removeprefix(moment.urls.get(HOST, "").rstrip("/"))


def private_key(text: str) -> Ed25519PrivateKey:
    """Base64 of 32 bytes; some tools write the public half behind them. Raises FieldInvalid."""
    try:
        secret = b64decode(text, validate=True)
        return Ed25519PrivateKey.from_private_bytes(secret[:32] if len(secret) == 64 else secret)
    except (ValueError, binascii.Error):
        told = "This is not base64 of the 32 bytes of an Ed25519 key."
        raise FieldInvalid("credentials[crypto_private_key]", told) from None


def _keep(given: dict[str, str]) -> dict[str, str]:
    secret = "".join(given["crypto_private_key"].split())
    private_key(secret)
    return {"api_key": given["crypto_api_key"].strip(), "private_key": secret}


def _explain(response: Response) -> Failure | None:
    if response.status == 403:
        return PermissionInsufficient("The key lacks the permission to read the crypto account.")
    return None


TRIAL = KeyTrial(
    ("crypto_api_key", "crypto_private_key"),
    get(ACCOUNT, host=HOST, group="auth"),
    authorise,
    keep=_keep,
    explain=_explain,
)
