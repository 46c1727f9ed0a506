"""eToro, signing in: a pair of keys that is tried once, or OpenID Connect with PKCE in the browser.

There is no API for user name and password. Refresh tokens rotate: each is good once (2b).
"""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from adapters.brokerages.etoro.reads import explain
from adapters.kit import oauth, rows
from adapters.kit.replies import failure_of
from adapters.kit.signin import Ask, Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response, get, post_form
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.errors import (
    BrokerageUnavailable,
    ChallengeExpired,
    ChallengeWrong,
    CredentialsRejected,
    Failure,
    FieldInvalid,
    OperatorSettingMissing,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

SCOPES = "openid offline_access"
READS = frozenset(f"etoro-public:{where}:{what}" for where in ("real", "demo") for what in ("read", "write"))
LONGEST_ACCESS = 86_400 * 7
PROMPT = "Sign in at eToro, agree, and come back with the address you land on."


@dataclass(frozen=True, slots=True)
class Checking:
    """The profile is being read with the keys."""

    api_key: str = field(repr=False)
    user_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AtEtoro:
    """The person is in the browser. `proof` is the PKCE verifier."""

    client_id: str
    client_secret: str = field(repr=False)
    callback: str
    state: str = field(repr=False)
    proof: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exchanging:
    """The code is being exchanged for tokens."""

    client_id: str
    client_secret: str = field(repr=False)


State = Checking | AtEtoro | Exchanging


def begin_keys(given: Given, moment: Moment) -> Move:
    for name in ("api_key", "user_key"):
        if "@" in given.fields[name]:
            told = "This is an e-mail address. eToro's API takes the two keys of API Key Management instead."
            raise FieldInvalid(f"credentials[{name}]", told)
    state = Checking(given.fields["api_key"], given.fields["user_key"])
    keys = Grant({"api_key": state.api_key, "user_key": state.user_key})
    return Send(authorise(get("/api/v1/me", group="auth"), keys, moment), state)


def begin_login(given: Given, moment: Moment) -> Move:
    client_id = given.fields.get("client_id")
    callback = given.redirect_uri or given.fields.get("callback_url", "")
    if not client_id:
        raise OperatorSettingMissing("Neither the caller nor the operator gave the id of an eToro app.")
    if not callback:
        raise FieldInvalid("redirect_uri", "eToro sends people back to an address of the app only.")
    state, proof, challenge = oauth.state_and_proof(moment.nonce)
    url = oauth.authorize_url(
        moment.urls["sso"].rstrip("/") + "/oauth2/authorize",
        client_id,
        callback,
        state,
        scope=SCOPES,
        code_challenge=challenge,
        code_challenge_method="S256",
    )
    waiting = AtEtoro(client_id, given.fields.get("client_secret", ""), callback, state, proof)
    return Ask(Challenge(ChallengeKind.REDIRECT, PROMPT, authorize_url=url), waiting)


def hear(state: State, heard: Heard, moment: Moment) -> Move:
    match state, heard:
        case Checking(api_key, user_key), Response(status=200):
            scopes = rows.fields(heard.body).get("scopes")
            if isinstance(scopes, list) and READS.isdisjoint(map(str, scopes)):
                raise PermissionInsufficient("These keys may not read an account.")
            return Done(Grant({"api_key": api_key, "user_key": user_key}))
        case Checking(), Response(status=401):
            raise CredentialsRejected
        case AtEtoro(), Answer(callback_url=str(url)):
            code = oauth.callback_value(url, "code", state.state)
            pairs = (("code", code), ("redirect_uri", state.callback), ("code_verifier", state.proof))
            request = _token("authorization_code", state.client_id, state.client_secret, *pairs)
            return Send(request, Exchanging(state.client_id, state.client_secret))
        case AtEtoro(), Answer():
            raise ChallengeWrong(
                "eToro's sign-in is answered by the whole address that the browser came back to."
            )
        case Exchanging(client_id, secret), Response(status=200):
            return Done(_grant({"client_id": client_id, "client_secret": secret}, heard, moment))
        case Exchanging(), Response(status=400 | 401):
            if "invalid_grant" in heard.text:
                raise ChallengeExpired("eToro did not take the code. Sign in again.")
            raise CredentialsRejected("eToro does not accept the app's id and secret.")
        case ((Checking() | Exchanging()), Response()):
            raise _failure(heard, moment)
        case _:
            raise AssertionError("no such move in eToro's sign-in")


def _failure(response: Response, moment: Moment) -> Failure:
    return explain(response) or failure_of(response, moment.now) or BrokerageUnavailable()


def ask_renewal(grant: Grant, moment: Moment) -> Request:
    refresh = ("refresh_token", grant.values["refresh_token"])
    return _token("refresh_token", grant.values["client_id"], grant.values["client_secret"], refresh)


def take_renewal(grant: Grant, response: Response, moment: Moment) -> Grant:
    if response.status in {400, 401}:
        raise ReauthorizationRequired
    if response.status != 200:
        raise _failure(response, moment)
    return _grant(grant.values, response, moment)


def ask_revocation(grant: Grant, moment: Moment) -> Request:
    pairs = (("token", grant.values["refresh_token"]), ("client_id", grant.values["client_id"]))
    secret = grant.values["client_secret"]
    more = (("client_secret", secret),) if secret else ()
    return post_form("/v1/revoke", *pairs, *more, host="sso")


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    """Either the keys or a token: both together are refused, even if each is good (2a). Each request has an
    id of its own, a UUID of version 4."""
    once = ("x-request-id", str(UUID(hex=moment.nonce, version=4)))
    if "access_token" in grant.values:
        return request.with_headers(once, oauth.bearer(grant.values["access_token"]))
    keys = ("x-api-key", grant.values["api_key"]), ("x-user-key", grant.values["user_key"])
    return request.with_headers(once, *keys)


def _token(kind: str, client_id: str, secret: str, *pairs: tuple[str, str]) -> Request:
    own = (("client_id", client_id), *((("client_secret", secret),) if secret else ()))
    return post_form("/oidc/token", ("grant_type", kind), *own, *pairs, host="sso")


def _grant(values: dict[str, str], response: Response, moment: Moment) -> Grant:
    """A renewal's refresh token replaces the one before, which is dead by then."""
    told = rows.fields(response.body)
    seconds = int(rows.number(told, "expires_in"))
    if not 0 < seconds <= LONGEST_ACCESS:
        raise UnreadableReply("expires_in is not a plausible time")
    tokens = {name: rows.text(told, name) for name in ("access_token", "refresh_token")}
    return Grant(values | tokens, moment.now + timedelta(seconds=seconds))
