"""FDX, signing in: an OAuth 2.0 code grant at the provider's consent page (sheet, section 2).

    Ask: consent page ── address that it led back to ── token ── Done

Akoya's data calls carry the `id_token`; each renewal there replaces the refresh token, and the former one is
dead at once. A provider's own server takes the ordinary `access_token`, and asks for PKCE.
"""

from base64 import urlsafe_b64decode
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from adapters.fdx.dialects import Dialect
from adapters.kit import oauth, rows
from adapters.kit.replies import failure_of
from adapters.kit.signin import Ask, Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response, post_form
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.errors import (
    BrokerageUnavailable,
    ChallengeExpired,
    ChallengeWrong,
    FieldInvalid,
    OperatorSettingMissing,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

LONGEST = timedelta(days=31)  # what a token may live, to be believed
OUR_KEYS = "The client id and secret of our app are not accepted."


@dataclass(frozen=True, slots=True)
class Desk:
    """What a door asks of its provider. `prefix` is that of its credential fields."""

    dialect: Dialect
    brokerage: str
    prefix: str
    scope: str


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are."""

    id: str
    secret: str = field(repr=False)
    provider: str
    redirect: str


@dataclass(frozen=True, slots=True)
class Consenting:
    """The person is at the consent page."""

    client: Client
    state: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exchanging:
    client: Client


State = Consenting | Exchanging
STATES = (Client, Consenting, Exchanging)


def begin(desk: Desk, given: Given, moment: Moment) -> Move:
    told = {name: given.fields.get(desk.prefix + name, "") for name in ("client_id", "client_secret")}
    if not all(told.values()):
        raise OperatorSettingMissing("Neither the caller nor the operator gave the id and secret of our app.")
    redirect = given.redirect_uri or given.fields.get(desk.prefix + "redirect_uri", "")
    if not redirect:
        raise FieldInvalid("redirect_uri", "The consent page needs a registered address to lead back to.")
    provider = given.fields.get(desk.prefix + "provider", "")
    client = Client(told["client_id"], told["client_secret"], provider, redirect)
    state, verifier, challenge = oauth.state_and_proof(moment.nonce)
    waiting = Consenting(client, state, verifier)
    prompt = f"Sign in at {desk.brokerage}, choose the accounts to share, and come back."
    url = _consent_page(desk, waiting, challenge, moment)
    return Ask(Challenge(ChallengeKind.REDIRECT, prompt, authorize_url=url), waiting)


def _consent_page(desk: Desk, waiting: Consenting, challenge: str, moment: Moment) -> str:
    dialect, client = desk.dialect, waiting.client
    more = {"scope": desk.scope}
    if "{provider}" in dialect.accounts:
        more["connector"] = client.provider
    else:
        more |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    endpoint = moment.urls[dialect.auth_host].rstrip("/") + dialect.authorize
    return oauth.authorize_url(endpoint, client.id, client.redirect, waiting.state, **more)


def hear(desk: Desk, state: State, heard: Heard, moment: Moment) -> Move:
    match state, heard:
        case Consenting(client), Answer(callback_url=str(url)):
            pairs = [
                ("grant_type", "authorization_code"),
                ("code", oauth.callback_value(url, "code", state.state)),
                ("redirect_uri", client.redirect),
            ]
            if "{provider}" not in desk.dialect.accounts:
                pairs.append(("code_verifier", state.verifier))
            request = post_form(desk.dialect.tokens, *pairs, host=desk.dialect.auth_host)
            return Send(request.with_headers(oauth.basic(client.id, client.secret)), Exchanging(client))
        case Consenting(), Answer():
            raise ChallengeWrong("This sign-in is answered by the whole address that the page led back to.")
        case Exchanging(client), Response(status=200):
            values = {"client_id": client.id, "client_secret": client.secret, "provider": client.provider}
            return Done(_grant(desk, values, heard, moment))
        case Exchanging(), Response(status=400):
            raise ChallengeExpired("The code was not taken: it lives five minutes, and once. Sign in again.")
        case Exchanging(), Response(status=401):
            raise OperatorSettingMissing(OUR_KEYS)
        case Exchanging(), Response():
            raise failure_of(heard, moment.now) or BrokerageUnavailable()
        case _:
            raise AssertionError("no such move in FDX's sign-in")


# Afterwards.


def ask_renewal(desk: Desk, grant: Grant, moment: Moment) -> Request:
    pairs = (("grant_type", "refresh_token"), ("refresh_token", _refresh_token(grant)))
    return _as_client(desk, desk.dialect.tokens, grant, *pairs)


def take_renewal(desk: Desk, grant: Grant, response: Response, moment: Moment) -> Grant:
    """400 means that the consent is over, or that somebody else has used the refresh token."""
    match response.status:
        case 200:
            return _grant(desk, grant.values, response, moment)
        case 400:
            raise ReauthorizationRequired
        case 401:
            raise OperatorSettingMissing(OUR_KEYS)
        case _:
            raise failure_of(response, moment.now) or BrokerageUnavailable()


def revoke(desk: Desk, grant: Grant, moment: Moment) -> Request:
    pairs = (("token_type_hint", "refresh_token"), ("token", _refresh_token(grant)))
    return _as_client(desk, desk.dialect.revoke, grant, *pairs)


def authorise(desk: Desk, request: Request, grant: Grant, moment: Moment) -> Request:
    """The token, and the provider's id where the path has one."""
    provider = quote(grant.values["provider"], safe="")
    placed = replace(request, url=request.url.replace("{provider}", provider))
    signed = placed.with_headers(oauth.bearer(grant.values["bearer"]))
    if "{provider}" in desk.dialect.accounts:
        return signed
    return signed.with_headers(("x-fapi-interaction-id", str(UUID(hex=moment.nonce))))


def _as_client(desk: Desk, path: str, grant: Grant, *pairs: tuple[str, str]) -> Request:
    client, secret = grant.values["client_id"], grant.values["client_secret"]
    if desk.dialect.refresh_in_body:
        pairs = (*pairs, ("client_id", client), ("client_secret", secret))
        return post_form(path, *pairs, host=desk.dialect.auth_host)
    return post_form(path, *pairs, host=desk.dialect.auth_host).with_headers(oauth.basic(client, secret))


def _refresh_token(grant: Grant) -> str:
    token = grant.values.get("refresh_token", "")
    if not token:
        raise ReauthorizationRequired
    return token


def _grant(desk: Desk, values: dict[str, str], response: Response, moment: Moment) -> Grant:
    told = rows.fields(response.body)
    bearer = rows.text(told, desk.dialect.bearer)
    # A provider that does not rotate it sends none.
    refresh = rows.optional_text(told, "refresh_token") or values.get("refresh_token", "")
    kept = {**values, "bearer": bearer, "refresh_token": refresh}
    return Grant(kept, _expiry(told, bearer, moment.now))


def _expiry(told: dict[str, Any], bearer: str, now: datetime) -> datetime | None:
    """By `expires_in`; where it is not told, by what the token says of itself."""
    seconds = rows.optional_number(told, "expires_in")
    if seconds is None:
        return _expiry_of(bearer)
    if not 0 < seconds <= int(LONGEST.total_seconds()):
        raise UnreadableReply("expires_in is not a plausible time")
    return now + timedelta(seconds=int(seconds))


def _expiry_of(token: str) -> datetime | None:
    """`exp` of a JWT; None where there is none. It is only a hint: nobody is believed because of it."""
    part = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = rows.fields(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        told = rows.optional_number(claims, "exp")
        return None if told is None else datetime.fromtimestamp(int(told), tz=UTC)
    except (UnreadableReply, ValueError, OverflowError, OSError):
        return None
