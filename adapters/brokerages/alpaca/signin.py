"""Alpaca, signing in: a key pair is all; one read of the account tells whether it works."""

from dataclasses import replace

from adapters.kit.key_trial import KeyTrial
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response, get
from domain.errors import Failure, ReauthorizationRequired
from domain.ports.brokerage import Grant


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    """Two headers on every call; paper keys (PK…) live on a host of their own."""
    key = grant.values["key_id"]
    host = "paper" if key.startswith("PK") else "api"
    return replace(request, host=host).with_headers(
        ("APCA-API-KEY-ID", key), ("APCA-API-SECRET-KEY", grant.values["secret_key"])
    )


# Some edges answer 403 {"message":"forbidden."} for bad keys: sheet, 2a.
TRIAL = KeyTrial(
    ("key_id", "secret_key"), get("/v2/account", group="auth"), authorise, refused=frozenset({401, 403})
)


def explain(response: Response) -> Failure | None:
    """A 403 that is an edge's and not Alpaca's own, which has a code, says that the keys are bad."""
    edge = response.status == 403 and b'"code"' not in response.body
    return ReauthorizationRequired() if edge else None
