"""Ally, signing in: four fixed secrets of a personal application; one read of the accounts checks them.

OAuth 1.0a, signed anew for each call; the clock may be ten seconds off. Sheet: ally, 2 and 4.
"""

from datetime import timedelta

from adapters.brokerages.ally import envelope
from adapters.kit.key_trial import KeyTrial
from adapters.kit.oauth import oauth1
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response, get
from domain.errors import (
    BrokerageRateLimited,
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


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    """oauth_version is sent, and signed."""
    values = grant.values
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


def _refusal(response: Response) -> Failure | None:
    return CredentialsRejected(CLOSED) if response.status == 401 else explain(response)


def _look(accounts: Response) -> None:
    envelope.told(accounts, "accounts")


TRIAL = KeyTrial(KEYS, get("/v1/accounts.json", group="auth"), authorise, look=_look, explain=_refusal)
