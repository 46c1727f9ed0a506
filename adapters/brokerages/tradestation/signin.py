"""TradeStation, signing in: OAuth 2.0 code grant at Auth0, renewed every 20 minutes.

A refresh token lives for ever, and no answer brings another; keys for which it rotates get a new one each
time, for 24 hours altogether (2.3).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from adapters.brokerages.tradestation.reads import explain
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

AUDIENCE = "https://api.tradestation.com"  # SIM's as well
SCOPES = "openid offline_access MarketData ReadAccount"  # no more than what is read
ROTATING_LASTS = timedelta(hours=24)
LONGEST_ACCESS = 86_400
REFUSALS = frozenset({400, 401, 403})
PROMPT = "Sign in at TradeStation, agree, and come back with the address you land on."


@dataclass(frozen=True, slots=True)
class AtTradeStation:
    """The person is in the browser. `proof` is the PKCE verifier where the key has no secret."""

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


def begin(given: Given, moment: Moment) -> Move:
    client_id, secret = given.fields.get("client_id"), given.fields.get("client_secret", "")
    callback = given.redirect_uri or given.fields.get("callback_url", "")
    if not client_id:
        raise OperatorSettingMissing("Neither the caller nor the operator gave TradeStation's API key.")
    if not callback:
        raise FieldInvalid("redirect_uri", "TradeStation sends people back to an address of the key only.")
    state, proof, challenge = oauth.state_and_proof(moment.nonce)
    more = {} if secret else {"code_challenge": challenge, "code_challenge_method": "S256"}
    endpoint = moment.urls["signin"].rstrip("/") + "/authorize"
    url = oauth.authorize_url(endpoint, client_id, callback, state, audience=AUDIENCE, scope=SCOPES, **more)
    waiting = AtTradeStation(client_id, secret, callback, state, "" if secret else proof)
    return Ask(Challenge(ChallengeKind.REDIRECT, PROMPT, authorize_url=url), waiting)


def hear(state: AtTradeStation | Exchanging, heard: Heard, moment: Moment) -> Move:
    match state, heard:
        case AtTradeStation(), Answer(callback_url=str(url)):
            code = oauth.callback_value(url, "code", state.state)
            pairs = [("code", code), ("redirect_uri", state.callback)]
            if state.proof:
                pairs.append(("code_verifier", state.proof))
            request = _token("authorization_code", state.client_id, state.client_secret, *pairs)
            return Send(request, Exchanging(state.client_id, state.client_secret))
        case AtTradeStation(), Answer():
            raise ChallengeWrong(
                "TradeStation's sign-in is answered by the whole address that the browser came back to."
            )
        case Exchanging(), Response(status=200):
            values = {
                "client_id": state.client_id,
                "client_secret": state.client_secret,
                "signed_in_at": moment.now.isoformat(),
            }
            return Done(_grant(values, heard, moment, None))
        case Exchanging(), Response(status=400 | 401 | 403) if explain(heard) is None:
            if "invalid_grant" in heard.text:
                raise ChallengeExpired("TradeStation did not take the code. Sign in again.")
            raise CredentialsRejected("TradeStation does not accept the API key and secret.")
        case Exchanging(), Response():
            raise _failure(heard, moment)
        case _:
            raise AssertionError("no such move in TradeStation's sign-in")


def _failure(response: Response, moment: Moment) -> Failure:
    """Of what is no refusal: a page of the gateway in front, whatever its status, is none either."""
    return explain(response) or failure_of(response, moment.now) or BrokerageUnavailable()


def ask_renewal(grant: Grant, moment: Moment) -> Request:
    refresh = ("refresh_token", grant.values["refresh_token"])
    return _token("refresh_token", grant.values["client_id"], grant.values["client_secret"], refresh)


def take_renewal(grant: Grant, response: Response, moment: Moment) -> Grant:
    """A refresh token that comes replaces the old one, and says that the key's rotate: then the login ends a
    day after it began. None that comes: the old one stays good."""
    if response.status in REFUSALS and explain(response) is None:
        raise ReauthorizationRequired
    if response.status != 200:
        raise _failure(response, moment)
    rotates = rows.optional_text(rows.fields(response.body), "refresh_token") is not None
    began = datetime.fromisoformat(grant.values["signed_in_at"]).astimezone(UTC)
    return _grant(
        grant.values, response, moment, began + ROTATING_LASTS if rotates else grant.renewable_until
    )


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    return request.with_headers(oauth.bearer(grant.values["access_token"]))


def _token(kind: str, client_id: str, secret: str, *pairs: tuple[str, str]) -> Request:
    own = (("client_id", client_id), *((("client_secret", secret),) if secret else ()))
    return post_form("/oauth/token", ("grant_type", kind), *own, *pairs, host="signin")


def _grant(values: dict[str, str], response: Response, moment: Moment, until: datetime | None) -> Grant:
    told = rows.fields(response.body)
    seconds = int(rows.number(told, "expires_in"))
    if not 0 < seconds <= LONGEST_ACCESS:
        raise UnreadableReply("expires_in is not a plausible time")
    refresh = rows.optional_text(told, "refresh_token") or values.get("refresh_token")
    if refresh is None:
        raise UnreadableReply("refresh_token is missing")  # the key lacks offline_access
    tokens = {"access_token": rows.text(told, "access_token"), "refresh_token": refresh}
    return Grant(values | tokens, moment.now + timedelta(seconds=seconds), until)
