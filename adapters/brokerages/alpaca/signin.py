"""Alpaca, signing in: a key pair is all; one read of the account tells whether it works."""

from dataclasses import dataclass, field, replace

from adapters.kit.signin import Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response, get
from domain.challenges import Answer
from domain.errors import (
    BrokerageUnavailable,
    ChallengeUnsupported,
    CredentialsRejected,
    Failure,
    ReauthorizationRequired,
)
from domain.ports.brokerage import Grant


@dataclass(frozen=True, slots=True)
class Checking:
    """The account is being read with the keys."""

    key_id: str
    secret_key: str = field(repr=False)


def begin(given: Given, moment: Moment) -> Move:
    state = Checking(given.fields["key_id"], given.fields["secret_key"])
    return Send(authorise(get("/v2/account", group="auth"), _grant(state), moment), state)


def hear(state: Checking, heard: Heard, moment: Moment) -> Move:
    match heard:
        case Response(status=200):
            return Done(_grant(state))
        case Response(status=401 | 403):
            # Some edges answer 403 {"message":"forbidden."} for bad keys: sheet, 2a.
            raise CredentialsRejected
        case Response():
            raise BrokerageUnavailable
        case Answer():
            raise ChallengeUnsupported


def explain(response: Response) -> Failure | None:
    """Reading needs no permission but the keys: a 403 says that they are bad, as it does at sign-in."""
    return ReauthorizationRequired() if response.status == 403 else None


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    """Two headers on every call; paper keys (PK…) live on a host of their own."""
    key = grant.values["key_id"]
    host = "paper" if key.startswith("PK") else "api"
    return replace(request, host=host).with_headers(
        ("APCA-API-KEY-ID", key), ("APCA-API-SECRET-KEY", grant.values["secret_key"])
    )


def _grant(state: Checking) -> Grant:
    return Grant({"key_id": state.key_id, "secret_key": state.secret_key})
