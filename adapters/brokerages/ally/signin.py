"""Ally, signing in: four fixed secrets of a personal application; one read of the accounts checks them.

OAuth 1.0a, signed anew for each call; the clock may be ten seconds off. Sheet: ally, 2 and 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.brokerages.ally import envelope
from adapters.kit.oauth import oauth1
from adapters.kit.signin import Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response, get
from domain.challenges import Answer
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    ChallengeUnsupported,
    CredentialsRejected,
    Failure,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

KEYS = ("consumer_key", "consumer_secret", "oauth_token", "oauth_token_secret")
CLOSED = "Ally's API is probably closed: it does not answer to these keys any more."
GONE = "Ally's API is probably closed: its address does not exist any more."
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Checking:
    """The accounts are being read with the keys."""

    values: dict[str, str] = field(repr=False)


def begin(given: Given, moment: Moment) -> Move:
    values = {name: given.fields[name] for name in KEYS}
    return Send(_signed(get("/v1/accounts.json", group="auth"), values, moment), Checking(values))


def hear(state: Checking, heard: Heard, moment: Moment) -> Move:
    match heard:
        case Response(status=200):
            envelope.told(heard, "accounts")
            return Done(Grant(dict(state.values)))
        case Response(status=401):
            raise CredentialsRejected(CLOSED)
        case Response(status=403 | 404 | 410):
            raise explain(heard) or CredentialsRejected(CLOSED)
        case Response():
            raise BrokerageUnavailable
        case Answer():
            raise ChallengeUnsupported


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    return _signed(request, grant.values, moment)


def _signed(request: Request, values: Mapping[str, str], moment: Moment) -> Request:
    """oauth_version is sent, and signed."""
    return oauth1(
        request,
        moment,
        key=values["consumer_key"],
        secret=values["consumer_secret"],
        token=values["oauth_token"],
        token_secret=values["oauth_token_secret"],
    )


def explain(response: Response) -> Failure | None:
    """What a refusal most likely means. The time that headers of 429 tell is a minute off: wait a minute."""
    match response.status:
        case 401:
            return ReauthorizationRequired(CLOSED)
        case 403:
            return PermissionInsufficient(CLOSED)
        case 404 | 410:
            return UnreadableReply(GONE)
        case 429:
            return BrokerageRateLimited(retry_after=A_MINUTE)
        case _:
            return None
