"""E*TRADE, signing in: OAuth 1.0a with a code that the person types in, once a day.

A token sleeps after two hours without use (`renewal` wakes it, no person needed) and is dead at
midnight in New York: then the whole conversation again.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from adapters.kit.oauth import callback_value, oauth1
from adapters.kit.replies import failure_of
from adapters.kit.rows import NEW_YORK
from adapters.kit.signin import Ask, Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response, get
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.errors import (
    BrokerageUnavailable,
    ChallengeExpired,
    ChallengeUnsupported,
    ChallengeWrong,
    ConsentRevoked,
    CredentialsRejected,
    Failure,
    HistoryUnavailable,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

OOB = "oob"  # out of band: the page shows a code instead of sending the person back
REQUEST_TOKEN_LIFE = timedelta(minutes=5)
INACTIVE_AFTER = timedelta(hours=2)

REQUEST_TOKEN = get("/oauth/request_token", host="oauth", group="auth")
ACCESS_TOKEN = get("/oauth/access_token", host="oauth", group="auth")
RENEW = get("/oauth/renew_access_token", host="oauth", group="auth")
REVOKE = get("/oauth/revoke_access_token", host="oauth", group="auth")

_PROBLEM = re.compile(r"oauth_problem[\"=:\s]+(\w+)")
_CODE = re.compile(r"\"code\"\s*:\s*\"?(\d{1,6})|<code>\s*(\d{1,6})")
_CONSUMER = frozenset(
    {"consumer_key_unknown", "consumer_key_rejected", "consumer_key_refused", "signature_invalid"}
)
_OVER = frozenset({"token_expired", "token_used", "token_revoked"})
_REFUSED = frozenset({"permission_denied", "user_refused"})


@dataclass(frozen=True, slots=True)
class Requesting:
    """A request token is being asked for. `callback` is "oob" or where E*TRADE sends the person back."""

    consumer_key: str
    consumer_secret: str = field(repr=False)
    callback: str


@dataclass(frozen=True, slots=True)
class Authorizing:
    """The person is at E*TRADE's page. `until` is when the request token dies (epoch seconds)."""

    app: Requesting
    token: str = field(repr=False)
    token_secret: str = field(repr=False)
    until: int


@dataclass(frozen=True, slots=True)
class Exchanging:
    """The code is being exchanged for the access token."""

    app: Requesting


def begin(given: Given, moment: Moment) -> Move:
    told = given.fields
    return _ask_request_token(
        Requesting(told["consumer_key"], told["consumer_secret"], given.redirect_uri or OOB), moment
    )


def hear(state: Requesting | Authorizing | Exchanging, heard: Heard, moment: Moment) -> Move:
    match state, heard:
        case Requesting(), Response(status=200):
            return _ask_person(state, heard, moment)
        case Requesting(), Response(status=400 | 401 | 403) if state.callback != OOB:
            # Only a callback registered for the key is taken; without one the page shows a code.
            return _ask_request_token(replace(state, callback=OOB), moment)
        case Authorizing(), Answer():
            if moment.now.timestamp() >= state.until:
                raise ChallengeExpired
            verifier = _verifier(heard, state)
            tokens = {"token": state.token, "token_secret": state.token_secret}
            signed = _signed(ACCESS_TOKEN, moment, state.app, verifier=verifier, **tokens)
            return Send(signed, Exchanging(state.app))
        case Exchanging(), Response(status=200):
            return Done(_grant(state.app, *_tokens(heard), moment))
        case ((Requesting() | Exchanging()), Response()):
            raise _refusal(heard, moment, exchanging=isinstance(state, Exchanging))
        case _:
            raise ChallengeUnsupported


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    """Every call is signed with the access token over its very URL."""
    told = grant.values
    app = Requesting(told["consumer_key"], told["consumer_secret"], OOB)
    return _signed(request, moment, app, token=told["token"], token_secret=told["token_secret"])


def ask_renewal(grant: Grant, moment: Moment) -> Request:
    """Wakes a sleeping token. After midnight in New York nothing does."""
    if grant.renewable_until is not None and moment.now >= grant.renewable_until:
        raise ReauthorizationRequired
    return authorise(RENEW, grant, moment)


def take_renewal(grant: Grant, response: Response, moment: Moment) -> Grant:
    """The tokens stay as they are; they may now be idle for another two hours."""
    if response.status == 200 and not response.body.lstrip().startswith(b"<"):
        return replace(grant, expires_at=_sleeps_at(moment.now, grant.renewable_until))
    raise explain(response) or failure_of(response, moment.now) or UnreadableReply()


def ask_revocation(grant: Grant, moment: Moment) -> Request:
    return authorise(REVOKE, grant, moment)


def explain(response: Response) -> Failure | None:
    """What E*TRADE's own error bodies say better than their status. They come as form text,
    as JSON or as XML whatever was asked for; 400 and 500 are used alike."""
    if response.status < 400:
        return None
    match _problem(response):
        case "consumer_key_unknown" | "consumer_key_rejected":
            return CredentialsRejected()
        case "timestamp_refused" | "nonce_used":
            return BrokerageUnavailable("The brokerage refuses our clock or the number of the call.")
    if response.status == 401:
        return None
    found = _CODE.search(response.text[:4000])
    match int(found[1] or found[2]) if found else None:
        case 100 | 102:
            return PermissionInsufficient("The brokerage says that this login cannot read the account.")
        case 2002:
            return HistoryUnavailable()
        case 2003 | 2004 | 2005 | 2006 | 2007 | 2008:
            return UnreadableReply("The brokerage refused the request.")
    return None


def _signed(request: Request, moment: Moment, app: Requesting, **more: str) -> Request:
    # oauth_version is optional; the fact sheet's header goes without it.
    return oauth1(request, moment, key=app.consumer_key, secret=app.consumer_secret, version=False, **more)


def _ask_request_token(state: Requesting, moment: Moment) -> Send:
    return Send(_signed(REQUEST_TOKEN, moment, state, callback=state.callback), state)


def _ask_person(state: Requesting, response: Response, moment: Moment) -> Ask:
    token, secret = _tokens(response)
    until = moment.now + REQUEST_TOKEN_LIFE
    page = get("/e/t/etws/authorize", ("key", state.consumer_key), ("token", token))
    kind, prompt = ChallengeKind.REDIRECT, "Sign in at E*TRADE and accept; it sends you back here."
    if state.callback == OOB:
        kind = ChallengeKind.VERIFIER_CODE
        prompt = "Sign in at E*TRADE, accept, and type in the code of five characters that the page shows."
    address = moment.urls["authorize"].rstrip("/") + page.target
    challenge = Challenge(kind, prompt, authorize_url=address, expires_at=until)
    return Ask(challenge, Authorizing(state, token, secret, int(until.timestamp())))


def _verifier(answer: Answer, state: Authorizing) -> str:
    if answer.callback_url:
        told = dict(parse_qsl(urlsplit(answer.callback_url.strip()).query))
        if told.get("oauth_problem") in _REFUSED:
            raise ConsentRevoked("The user did not give the consent at the brokerage.")
        if told.get("oauth_token", state.token) != state.token:
            raise ChallengeWrong("This address does not belong to this sign-in.")
        return callback_value(answer.callback_url, "oauth_verifier")
    code = (answer.code or answer.text or "").strip()
    if not code or len(code) > 64:
        raise ChallengeWrong
    return code


def _tokens(response: Response) -> tuple[str, str]:
    """Both tokens of a form answer, decoded once: they hold `+`, `/` and `=`."""
    told = dict(parse_qsl(response.text.strip()))
    if not told.get("oauth_token") or not told.get("oauth_token_secret"):
        raise UnreadableReply("the answer has no token")
    return told["oauth_token"], told["oauth_token_secret"]


def _refusal(response: Response, moment: Moment, *, exchanging: bool) -> Failure:
    problem = _problem(response)
    if response.status in {400, 401, 403} and problem not in {"timestamp_refused", "nonce_used"}:
        if problem in _REFUSED:
            return ConsentRevoked("The user did not give the consent at the brokerage.")
        if not exchanging or problem in _CONSUMER:
            return CredentialsRejected()
        return ChallengeExpired() if problem in _OVER else ChallengeWrong()
    return explain(response) or failure_of(response, moment.now) or UnreadableReply()


def _problem(response: Response) -> str:
    found = _PROBLEM.search(response.text[:4000])
    return found[1] if found else ""


def _grant(app: Requesting, token: str, secret: str, moment: Moment) -> Grant:
    values = {
        "consumer_key": app.consumer_key,
        "consumer_secret": app.consumer_secret,
        "token": token,
        "token_secret": secret,
    }
    midnight = _next_midnight(moment.now)
    return Grant(values, _sleeps_at(moment.now, midnight), midnight)


def _sleeps_at(now: datetime, midnight: datetime | None) -> datetime:
    """Two hours from now: each use puts it off, so this is the earliest it can be."""
    sleeps = now + INACTIVE_AFTER
    return sleeps if midnight is None else min(sleeps, midnight)


def _next_midnight(now: datetime) -> datetime:
    tomorrow = now.astimezone(NEW_YORK).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=NEW_YORK).astimezone(UTC)
