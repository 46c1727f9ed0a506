"""eToro, signing in: a pair of keys that is tried once, or OpenID Connect with PKCE in the browser.

There is no API for user name and password. Refresh tokens rotate: each is good once (2b).
"""

from uuid import UUID

from adapters.brokerages.etoro.reads import explain
from adapters.kit import oauth, rows
from adapters.kit.code_grant import CodeGrant, Refresh
from adapters.kit.key_trial import KeyTrial
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response, get, post_form
from domain.errors import FieldInvalid, PermissionInsufficient
from domain.ports.brokerage import Grant

READS = frozenset(f"etoro-public:{where}:{what}" for where in ("real", "demo") for what in ("read", "write"))


def _keep(given: dict[str, str]) -> dict[str, str]:
    for name, value in given.items():
        if "@" in value:
            told = "This is an e-mail address. eToro's API takes the two keys of API Key Management instead."
            raise FieldInvalid(f"credentials[{name}]", told)
    return given


def _may_read(response: Response) -> None:
    scopes = rows.fields(response.body).get("scopes")
    if isinstance(scopes, list) and READS.isdisjoint(map(str, scopes)):
        raise PermissionInsufficient("These keys may not read an account.")


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    """Either the keys or a token: both together are refused, even if each is good (2a). Each request has an
    id of its own, a UUID of version 4."""
    once = ("x-request-id", str(UUID(hex=moment.nonce, version=4)))
    if "access_token" in grant.values:
        return request.with_headers(once, oauth.bearer(grant.values["access_token"]))
    keys = ("x-api-key", grant.values["api_key"]), ("x-user-key", grant.values["user_key"])
    return request.with_headers(once, *keys)


KEYS = KeyTrial(
    ("api_key", "user_key"),
    get("/api/v1/me", group="auth"),
    authorise,
    keep=_keep,
    look=_may_read,
    explain=explain,
)
LOGIN = CodeGrant(
    "eToro",
    page=("sso", "/oauth2/authorize"),
    tokens=("sso", "/oidc/token"),
    asked=(("scope", "openid offline_access"),),
    public=True,
    proof=True,
    refresh=Refresh.ROTATES,
)


def ask_revocation(grant: Grant, moment: Moment) -> Request:
    pairs = (("token", grant.values["refresh_token"]), ("client_id", grant.values["client_id"]))
    secret = grant.values["client_secret"]
    more = (("client_secret", secret),) if secret else ()
    return post_form("/v1/revoke", *pairs, *more, host="sso")
