"""tastytrade, signing in: OAuth 2.0 with a personal grant, or in the browser for a trusted partner's app (2).

The login with user name and password ended on 2026-02-11. Refresh tokens do not expire; access tokens live
900 seconds. The token's endpoint answers flat and with underscores, unlike all others.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from adapters.brokerages.tastytrade.reads import code, explain
from adapters.kit import oauth, rows
from adapters.kit.replies import failure_of
from adapters.kit.signin import Ask, Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response, post_json
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.errors import (
    BrokerageUnavailable,
    ChallengeExpired,
    ChallengeWrong,
    CredentialsRejected,
    FieldInvalid,
    OperatorSettingMissing,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

SCOPE = "read"
LONGEST_ACCESS = 86_400
PROMPT = "Sign in at tastytrade, agree, and come back with the address you land on."


@dataclass(frozen=True, slots=True)
class Renewing:
    """The personal grant's refresh token is being tried."""

    secret: str = field(repr=False)
    refresh: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AtTastytrade:
    """The person is in the browser."""

    app_id: str
    secret: str = field(repr=False)
    callback: str
    state: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exchanging:
    """The code is being exchanged for tokens."""

    app_id: str
    secret: str = field(repr=False)


State = Renewing | AtTastytrade | Exchanging


def begin_personal(given: Given, moment: Moment) -> Move:
    state = Renewing(given.fields["client_secret"], given.fields["refresh_token"])
    return Send(_refresh(state.secret, state.refresh), state)


def begin_partner(given: Given, moment: Moment) -> Move:
    app_id, secret = given.fields.get("app_id"), given.fields.get("app_secret")
    if not app_id or not secret:
        raise OperatorSettingMissing(
            "Neither the caller nor the operator gave the id and secret of the tastytrade app."
        )
    callback = given.redirect_uri or given.fields.get("callback_url", "")
    if urlsplit(callback).scheme not in {"http", "https"}:
        raise FieldInvalid(
            "redirect_uri", "tastytrade sends people back to the app's registered address only."
        )
    state = AtTastytrade(app_id, secret, callback, moment.nonce)
    endpoint = moment.urls["my"].rstrip("/") + "/auth.html"
    url = oauth.authorize_url(endpoint, app_id, callback, state.state, scope=SCOPE)
    return Ask(Challenge(ChallengeKind.REDIRECT, PROMPT, authorize_url=url), state)


def hear(state: State, heard: Heard, moment: Moment) -> Move:
    match state, heard:
        case Renewing(secret, refresh), Response(status=200):
            return Done(_grant({"client_secret": secret, "refresh_token": refresh}, heard, moment))
        case AtTastytrade(), Answer(callback_url=str(url)):
            told = oauth.callback_value(url, "code", state.state)
            return Send(_exchange(state, told), Exchanging(state.app_id, state.secret))
        case AtTastytrade(), Answer():
            raise ChallengeWrong(
                "tastytrade's sign-in is answered by the whole address that the browser came back to."
            )
        case Exchanging(app_id, secret), Response(status=200):
            return Done(_grant({"client_id": app_id, "client_secret": secret}, heard, moment))
        case ((Renewing() | Exchanging()), Response()):
            raise _refused(state, heard, moment)
        case _:
            raise AssertionError("no such move in tastytrade's sign-in")


def _refused(state: Renewing | Exchanging, response: Response, moment: Moment) -> Exception:
    """Why there is no token. The body of a bad grant is not settled (2a): any refusal of these means it."""
    explained = explain(response)
    if explained is not None or response.status not in {400, 401}:
        return explained or failure_of(response, moment.now) or BrokerageUnavailable()
    if isinstance(state, Exchanging) and code(response) == "invalid_grant":
        return ChallengeExpired("tastytrade did not take the code. Sign in again.")
    return CredentialsRejected()


def ask_renewal(grant: Grant, moment: Moment) -> Request:
    values = grant.values
    return _refresh(values["client_secret"], values["refresh_token"], values.get("client_id"))


def take_renewal(grant: Grant, response: Response, moment: Moment) -> Grant:
    """A new access token; the refresh token stays, unless another one comes with it."""
    explained = explain(response)
    if explained is None and response.status in {400, 401}:
        raise ReauthorizationRequired
    if response.status != 200:
        raise explained or failure_of(response, moment.now) or BrokerageUnavailable()
    return _grant(grant.values, response, moment)


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    return request.with_headers(oauth.bearer(grant.values["access_token"]))


def _refresh(secret: str, refresh: str, app_id: str | None = None) -> Request:
    named = {"client_id": app_id} if app_id else {}
    told = {"grant_type": "refresh_token", "refresh_token": refresh, "client_secret": secret}
    return post_json("/oauth/token", told | named)


def _exchange(state: AtTastytrade, told: str) -> Request:
    asked = {"grant_type": "authorization_code", "code": told, "redirect_uri": state.callback}
    return post_json("/oauth/token", asked | {"client_id": state.app_id, "client_secret": state.secret})


def _grant(values: dict[str, str], response: Response, moment: Moment) -> Grant:
    told = rows.fields(response.body)
    seconds = int(rows.number(told, "expires_in"))
    if not 0 < seconds <= LONGEST_ACCESS:
        raise UnreadableReply("expires_in is not a plausible time")
    refresh = rows.optional_text(told, "refresh_token") or values.get("refresh_token")
    if refresh is None:
        raise UnreadableReply("refresh_token is missing")
    tokens = {"access_token": rows.text(told, "access_token"), "refresh_token": refresh}
    return Grant({**values, **tokens}, moment.now + timedelta(seconds=seconds))
