"""Tradier, signing in: a personal token that is tried once, or OAuth 2.0 in the browser.

OAuth's access token lives a day. Only some partners get a refresh token; without one the person has to come
again, and the grant says so ahead of time.
"""

from adapters.brokerages.tradier import reads
from adapters.kit import oauth
from adapters.kit.code_grant import ClientIn, CodeGrant, Refresh
from adapters.kit.key_trial import KeyTrial
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response, get
from domain.ports.brokerage import Grant

LOGIN = CodeGrant(
    "Tradier",
    page=("api", "/v1/oauth/authorize"),
    tokens=("api", "/v1/oauth/accesstoken"),
    renewals=("api", "/v1/oauth/refreshtoken"),
    client_in=ClientIn.HEADER,
    asked=(("scope", "read,market"),),  # comma separated here, blanks in answers (2b)
    fixed=True,
    refresh=Refresh.RARE,
)


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    """The personal token, or that of the browser."""
    return request.with_headers(oauth.bearer(grant.values.get("token") or grant.values["access_token"]))


def _look(profile: Response) -> None:
    """An error may come with status 200 (4)."""
    told = reads.explain(profile)
    if told is not None:
        raise told
    reads.listed(profile, "profile", "account")


TRIAL = KeyTrial(
    ("token",), get("/v1/user/profile", group="auth"), authorise, look=_look, explain=reads.explain
)
