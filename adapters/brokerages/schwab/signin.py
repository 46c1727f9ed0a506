"""Schwab, signing in: OAuth 2.0 code grant in the browser, renewed every 30 minutes, for 7 days."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from adapters.kit import oauth, rows
from adapters.kit.replies import failure_of
from adapters.kit.signin import Ask, Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response, post_form
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.errors import (
    BrokerageUnavailable,
    ChallengeExpired,
    ChallengeWrong,
    CredentialsRejected,
    Failure,
    FieldInvalid,
    OperatorSettingMissing,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

# Section 2.3: the refresh token dies 7 days after the login; refreshes do not extend it.
LOGIN_LASTS = timedelta(days=7)
LONGEST_ACCESS = 86_400
PROMPT = (
    "Sign in at Charles Schwab, choose the accounts to share, and come back with the address you land on."
)


@dataclass(frozen=True, slots=True)
class AtSchwab:
    """The person is in the browser."""

    app_key: str
    app_secret: str = field(repr=False)
    callback: str
    state: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exchanging:
    """The code is being exchanged for tokens."""

    app_key: str
    app_secret: str = field(repr=False)


def begin(given: Given, moment: Moment) -> Move:
    app_key, app_secret = given.fields.get("app_key"), given.fields.get("app_secret")
    if not app_key or not app_secret:
        raise OperatorSettingMissing(
            "Neither the caller nor the operator gave the key and secret of the Schwab app."
        )
    callback = given.redirect_uri or given.fields.get("callback_url", "")
    address = urlsplit(callback)
    if address.scheme != "https" or address.hostname in {None, "localhost"}:
        # Schwab registers nothing else (section 1) and would show an "Access Denied" page instead.
        raise FieldInvalid(
            "redirect_uri", "Schwab sends people back to the app's registered https address only."
        )
    state = AtSchwab(app_key, app_secret, callback, moment.nonce)
    endpoint = moment.urls["api"].rstrip("/") + "/v1/oauth/authorize"
    url = oauth.authorize_url(endpoint, state.app_key, state.callback, state.state)
    return Ask(Challenge(ChallengeKind.REDIRECT, PROMPT, authorize_url=url), state)


def hear(state: AtSchwab | Exchanging, heard: Heard, moment: Moment) -> Move:
    match state, heard:
        case AtSchwab(), Answer(callback_url=str(url)):
            # The code ends in "@": decoded once here, form-encoded again in the request (2.1).
            code = oauth.callback_value(url, "code", state.state)
            pairs = (("grant_type", "authorization_code"), ("code", code), ("redirect_uri", state.callback))
            return Send(
                _token(state.app_key, state.app_secret, *pairs), Exchanging(state.app_key, state.app_secret)
            )
        case AtSchwab(), Answer():
            raise ChallengeWrong(
                "Schwab's sign-in is answered by the whole address that the browser came back to."
            )
        case Exchanging(), Response(status=200):
            values = {"app_key": state.app_key, "app_secret": state.app_secret}
            return Done(_grant(values, heard, moment, moment.now + LOGIN_LASTS))
        case Exchanging(), Response(status=400 | 401):
            if heard.status == 401 or "invalid_client" in heard.text:
                raise CredentialsRejected("Schwab does not accept the app key and secret.")
            raise ChallengeExpired("Schwab did not take the code; it lives for seconds only. Sign in again.")
        case Exchanging(), Response():
            raise failure_of(heard, moment.now) or BrokerageUnavailable()
        case _:
            raise AssertionError("no such move in Schwab's sign-in")


def ask_renewal(grant: Grant, moment: Moment) -> Request:
    refresh = ("refresh_token", grant.values["refresh_token"])
    return _token(
        grant.values["app_key"], grant.values["app_secret"], ("grant_type", "refresh_token"), refresh
    )


def take_renewal(grant: Grant, response: Response, moment: Moment) -> Grant:
    """A refresh token that comes back replaces the old one; the end of the 7 days stays where it was."""
    if response.status in {400, 401}:
        # The bodies differ and are not even proper JSON (2.3): all of them mean "sign in again".
        raise ReauthorizationRequired
    if response.status != 200:
        raise failure_of(response, moment.now) or BrokerageUnavailable()
    return _grant(grant.values, response, moment, grant.renewable_until)


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    return request.with_headers(oauth.bearer(grant.values["access_token"]))


def _token(app_key: str, app_secret: str, *pairs: tuple[str, str]) -> Request:
    return post_form("/v1/oauth/token", *pairs).with_headers(oauth.basic(app_key, app_secret))


def _grant(values: dict[str, str], response: Response, moment: Moment, until: datetime | None) -> Grant:
    told = rows.fields(response.body)
    seconds = int(rows.number(told, "expires_in"))
    if not 0 < seconds <= LONGEST_ACCESS:
        raise UnreadableReply("expires_in is not a plausible time")
    refresh = rows.optional_text(told, "refresh_token") or values.get("refresh_token")
    if refresh is None:
        raise UnreadableReply("refresh_token is missing")
    tokens = {"access_token": rows.text(told, "access_token"), "refresh_token": refresh}
    return Grant(values | tokens, moment.now + timedelta(seconds=seconds), until)


def explain(response: Response) -> Failure | None:
    """What Schwab's errors say better than their status (4).

    A window of history that is older than what Schwab keeps may be refused by 400. Another 400 must not be
    taken for that: one about the hash of the account, or one of the gateway and its pages.
    """
    if "Whitelabel Error Page" in response.text[:4000]:
        return BrokerageUnavailable(
            "Schwab's server failed. It does so as well for apps that are not ready for use, and for accounts"
            " that it does not support."
        )
    if response.status != 400:
        return None
    try:
        told = rows.fields(response.body)
    except UnreadableReply:
        told = {}
    if "account number" in str(told.get("message")).lower():
        return UnreadableReply("Schwab does not know the account by the name that it gave it itself.")
    if not told.keys() & {"message", "errors"}:
        return UnreadableReply("Not Schwab itself refused the request, but something in front of it.")
    return None
