"""Tradier, signing in: a personal token that is tried once, or OAuth 2.0 in the browser.

OAuth's access token lives a day. Only some partners get a refresh token; without one the person has to come
again, and the grant says so ahead of time.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from adapters.brokerages.tradier import reads
from adapters.kit import oauth, rows
from adapters.kit.key_trial import KeyTrial
from adapters.kit.replies import failure_of
from adapters.kit.signin import Ask, Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response, get, post_form
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.errors import (
    BrokerageUnavailable,
    ChallengeExpired,
    ChallengeWrong,
    CredentialsRejected,
    OperatorSettingMissing,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

SCOPES = "read,market"  # comma separated here, blanks in answers (2b)
LONGEST_ACCESS = 86_400 * 7
PROMPT = "Sign in at Tradier, agree, and come back with the address you land on."


@dataclass(frozen=True, slots=True)
class AtTradier:
    """The person is in the browser."""

    client_id: str
    client_secret: str = field(repr=False)
    state: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exchanging:
    client_id: str
    client_secret: str = field(repr=False)


State = AtTradier | Exchanging


def begin_oauth(given: Given, moment: Moment) -> Move:
    client_id, secret = given.fields.get("client_id"), given.fields.get("client_secret")
    if not client_id or not secret:
        raise OperatorSettingMissing(
            "Neither the caller nor the operator gave the id and secret of the Tradier app."
        )
    state = AtTradier(client_id, secret, moment.nonce)
    endpoint = moment.urls["api"].rstrip("/") + "/v1/oauth/authorize"
    # The callback is fixed where the app is registered: none is named (2b).
    request = get(endpoint, ("client_id", client_id), ("scope", SCOPES), ("state", state.state))
    return Ask(Challenge(ChallengeKind.REDIRECT, PROMPT, authorize_url=request.target), state)


def hear(state: State, heard: Heard, moment: Moment) -> Move:
    match state, heard:
        case AtTradier(), Answer(callback_url=str(url)):
            code = oauth.callback_value(url, "code", state.state)
            pairs = (("grant_type", "authorization_code"), ("code", code))
            request = _tokens("accesstoken", state.client_id, state.client_secret, *pairs)
            return Send(request, Exchanging(state.client_id, state.client_secret))
        case AtTradier(), Answer():
            raise ChallengeWrong(
                "Tradier's sign-in is answered by the whole address that the browser came back to."
            )
        case Exchanging(client_id, secret), Response(status=200):
            return Done(_grant({"client_id": client_id, "client_secret": secret}, heard, moment))
        case Exchanging(), Response(status=401):
            raise CredentialsRejected("Tradier does not accept the app's id and secret.")
        case Exchanging(), Response(status=400):
            raise ChallengeExpired("Tradier did not take the code; it lives ten minutes. Sign in again.")
        case Exchanging(), Response():
            raise failure_of(heard, moment.now) or BrokerageUnavailable()
        case _:
            raise AssertionError("no such move in Tradier's sign-in")


def ask_renewal(grant: Grant, moment: Moment) -> Request:
    refresh = grant.values.get("refresh_token")
    if refresh is None:
        raise ReauthorizationRequired
    pairs = (("grant_type", "refresh_token"), ("refresh_token", refresh))
    return _tokens("refreshtoken", grant.values["client_id"], grant.values["client_secret"], *pairs)


def take_renewal(grant: Grant, response: Response, moment: Moment) -> Grant:
    if response.status in {400, 401}:
        raise ReauthorizationRequired
    if response.status != 200:
        raise failure_of(response, moment.now) or BrokerageUnavailable()
    return _grant(grant.values, response, moment)


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    return request.with_headers(oauth.bearer(grant.values["token"]))


def _look(profile: Response) -> None:
    """An error may come with status 200 (4)."""
    told = reads.explain(profile)
    if told is not None:
        raise told
    reads.listed(profile, "profile", "account")


TRIAL = KeyTrial(
    ("token",), get("/v1/user/profile", group="auth"), authorise, look=_look, explain=reads.explain
)


def _tokens(what: str, client_id: str, secret: str, *pairs: tuple[str, str]) -> Request:
    return post_form(f"/v1/oauth/{what}", *pairs).with_headers(oauth.basic(client_id, secret))


def _grant(values: dict[str, str], response: Response, moment: Moment) -> Grant:
    told = rows.fields(response.body)
    seconds = int(rows.number(told, "expires_in"))
    if not 0 < seconds <= LONGEST_ACCESS:
        raise UnreadableReply("expires_in is not a plausible time")
    until = moment.now + timedelta(seconds=seconds)
    refresh = rows.optional_text(told, "refresh_token") or values.get("refresh_token")
    tokens = {"token": rows.text(told, "access_token")} | ({"refresh_token": refresh} if refresh else {})
    return Grant({**values, **tokens}, until, None if refresh else until)
