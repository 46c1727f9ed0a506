"""The Crypto Trading API, signing: Ed25519 over key, time, path, method and body of each request (2C)."""

import binascii
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.kit.replies import failure_of
from adapters.kit.signin import Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response, get
from domain.challenges import Answer
from domain.errors import (
    BrokerageUnavailable,
    ChallengeUnsupported,
    CredentialsRejected,
    FieldInvalid,
    PermissionInsufficient,
)
from domain.ports.brokerage import Grant

HOST = "trading"
ROOT = "/api/v1/crypto"
ACCOUNT = f"{ROOT}/trading/accounts/"


@dataclass(frozen=True, slots=True)
class Checking:
    """The account is being read with the key."""

    api_key: str
    private_key: str = field(repr=False)


def begin(given: Given, moment: Moment) -> Move:
    secret = "".join(given.fields["crypto_private_key"].split())
    state = Checking(given.fields["crypto_api_key"].strip(), secret)
    private_key(secret)
    return Send(authorise(get(ACCOUNT, host=HOST, group="auth"), _grant(state), moment), state)


def hear(state: Checking, heard: Heard, moment: Moment) -> Move:
    match heard:
        case Response(status=200):
            return Done(_grant(state))
        case Response(status=401):
            raise CredentialsRejected
        case Response(status=403):
            raise PermissionInsufficient("The key lacks the permission to read the crypto account.")
        case Response():
            raise failure_of(heard, moment.now) or BrokerageUnavailable()
        case Answer():
            raise ChallengeUnsupported


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


def _grant(state: Checking) -> Grant:
    return Grant({"api_key": state.api_key, "private_key": state.private_key})
