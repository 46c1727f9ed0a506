"""IBKR, signing in: by OAuth 1.0a for a live session token, or by a gateway that somebody logs in to.

Both ways end with a look whether the Flex token is good for the query: history needs it.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import timedelta

from adapters.brokerages.ibkr import sign
from adapters.brokerages.ibkr.refusals import explain, said_by
from adapters.kit import rows
from adapters.kit.replies import failure_of
from adapters.kit.signin import Ask, Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response, get
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.errors import (
    ChallengeUnsupported,
    CredentialsRejected,
    FieldInvalid,
    HistoryUnavailable,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

API, GATEWAY, FLEX = "api", "gateway", "ndcdyn"
SESSION_TOKEN = Request("POST", "/v1/api/oauth/live_session_token", group="auth")
TICKLE = Request("POST", "/v1/api/tickle", host=GATEWAY, group="auth")
LOGOUT = Request("POST", "/v1/api/logout", group="auth")
SEND_REQUEST = "/AccountManagement/FlexWebService/SendRequest"
LOOK_AGAIN = timedelta(seconds=5)
REALMS = {"TESTCONS": "test_realm"}
OAUTH_FIELDS = (
    "consumer_key", "access_token", "access_token_secret", "private_signature", "private_encryption",
    "dh_param", "sign_query",
)  # fmt: skip
FLEX_FIELDS = ("flex_token", "flex_query_id")


@dataclass(frozen=True, slots=True)
class Requesting:
    """A live session token is being asked for; `exponent` is our secret half of the exchange, in hex."""

    fields: dict[str, str] = field(repr=False)
    exponent: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Looking:
    """Is somebody logged in to the gateway?"""

    fields: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckingFlex:
    """`values` are the grant's, `until` its end in epoch milliseconds (0: it has none)."""

    values: dict[str, str] = field(repr=False)
    until: int


def begin(given: Given, moment: Moment) -> Move:
    """OAuth, first-party: the owner of the account has made keys and tokens on IBKR's page."""
    told = _of(given, (*OAUTH_FIELDS, *FLEX_FIELDS))
    request, exponent = _ask_session_token(told, moment)
    return Send(request, Requesting(told, exponent))


def begin_gateway(given: Given, moment: Moment) -> Move:
    return Send(TICKLE, Looking(_of(given, FLEX_FIELDS)))


def hear(state: Requesting | Looking | CheckingFlex, heard: Heard, moment: Moment) -> Move:
    match state, heard:
        case Requesting(), Response(status=200):
            values, until = _session(state.fields, state.exponent, heard)
            return _check_flex(CheckingFlex(values, until), moment)
        case Requesting(), Response(status=401):
            # IBKR's servers learn new keys when they are started anew.
            raise CredentialsRejected(
                "IBKR does not accept these keys. New ones work only after about a day, or a weekend."
            )
        case Requesting(), Response(status=400 | 403):
            raise CredentialsRejected(
                "IBKR refuses these keys: were the public ones uploaded as they are, line ends included?"
            )
        case Looking(), Response() if _logged_in(heard):
            return _check_flex(CheckingFlex(state.fields, 0), moment)
        case Looking(), Response(status=200 | 401):
            return _ask_to_log_in(state, moment)
        case Looking(), Answer(approved=True):
            return Send(TICKLE, state)
        case CheckingFlex(), Response():
            _check(heard, moment)
            grant = Grant(state.values)
            if state.until:
                grant = replace(grant, expires_at=rows.epoch_milliseconds(state.until, "expiration"))
            return Done(grant)
        case _, Response():
            raise explain(heard) or failure_of(heard, moment.now) or UnreadableReply()
        case _:
            raise ChallengeUnsupported


# ---- authorising


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    """HMAC-SHA256 under the live session token; Flex has its token in the query and nothing else."""
    if request.group == "flex":
        return _with_flex(request, grant.values)
    told = grant.values
    pairs = _parameters(told, moment, "HMAC-SHA256")
    signed = list(pairs)
    if told.get("sign_query") != "no":
        signed += [(name, sign.encoded(value)) for name, value in request.query]
    base = sign.base_string(request.method, _url(request, moment), signed)
    return _with_header(request, told, pairs, sign.hmac_sha256(base, told["session_token"]))


def authorise_gateway(request: Request, grant: Grant, moment: Moment) -> Request:
    """The gateway knows who is logged in to it; only Flex wants a token."""
    return _with_flex(request, grant.values) if request.group == "flex" else request


def ask_renewal(grant: Grant, moment: Moment) -> Request:
    return _ask_session_token(grant.values, moment)[0]


def take_renewal(grant: Grant, response: Response, moment: Moment) -> Grant:
    """Another live session token with the same keys: no person is needed."""
    if response.status != 200:
        if response.status in {400, 401, 403}:
            raise ReauthorizationRequired
        raise explain(response) or failure_of(response, moment.now) or UnreadableReply()
    values, until = _session(grant.values, _exponent(moment), response)
    return replace(grant, values=values, expires_at=rows.epoch_milliseconds(until, "expiration"))


def ask_revocation(grant: Grant, moment: Moment) -> Request:
    """Ends the session. The access token itself is the owner's to take back, on IBKR's page."""
    return authorise(LOGOUT, grant, moment)


# ---- the live session token


def _ask_session_token(told: dict[str, str], moment: Moment) -> tuple[Request, str]:
    prime, generator = _prime(told)
    exponent = _exponent(moment)
    prepend = _prepend(told)
    challenge = sign.challenge(int(exponent, 16), prime, generator)
    pairs = [("diffie_hellman_challenge", challenge), *_parameters(told, moment, "RSA-SHA256")]
    base = sign.base_string("POST", _url(SESSION_TOKEN, moment), pairs, prepend)
    key = sign.private_key(told["private_signature"], "private_signature")
    return _with_header(SESSION_TOKEN, told, pairs, sign.rsa_sha256(base, key)), exponent


def _session(told: dict[str, str], exponent: str, response: Response) -> tuple[dict[str, str], int]:
    """The grant's values with the token in them, and when it ends."""
    answer = rows.fields(response.body)
    key = sign.shared_key(rows.text(answer, "diffie_hellman_response"), int(exponent, 16), _prime(told)[0])
    token = sign.session_token(key, _prepend(told))
    if sign.token_signature(token, told["consumer_key"]) != rows.text(answer, "live_session_token_signature"):
        raise UnreadableReply("IBKR has computed another session token than we have")
    until = int(rows.number(answer, "live_session_token_expiration"))
    rows.epoch_milliseconds(until, "live_session_token_expiration")
    return {**told, "session_token": token}, until


def _prime(told: dict[str, str]) -> tuple[int, int]:
    prime, generator = sign.prime_of(told["dh_param"], "dh_param")
    if prime.bit_length() < 64 or not 1 < generator < prime:
        raise FieldInvalid("credentials[dh_param]", "These are no Diffie-Hellman parameters.")
    return prime, generator


def _prepend(told: dict[str, str]) -> str:
    key = sign.private_key(told["private_encryption"], "private_encryption")
    return sign.prepend_of(told["access_token_secret"], key)


def _exponent(moment: Moment) -> str:
    """256 secret bits for one exchange; what is sent as a nonce tells nothing of them."""
    return hashlib.sha256(f"ibkr exponent {moment.nonce}".encode()).hexdigest()


def _nonce(moment: Moment) -> str:
    return hashlib.sha256(f"ibkr nonce {moment.nonce}".encode()).hexdigest()[:16]


def _parameters(told: dict[str, str], moment: Moment, method: str) -> list[tuple[str, str]]:
    return [
        ("oauth_consumer_key", told["consumer_key"]),
        ("oauth_nonce", _nonce(moment)),
        ("oauth_signature_method", method),
        ("oauth_timestamp", str(int(moment.now.timestamp()))),
        ("oauth_token", told["access_token"]),
    ]


def _with_header(
    request: Request, told: dict[str, str], pairs: list[tuple[str, str]], signature: str
) -> Request:
    realm = REALMS.get(told["consumer_key"], "limited_poa")
    return request.with_headers(("Authorization", sign.header(pairs, signature, realm)))


def _url(request: Request, moment: Moment) -> str:
    return moment.urls[request.host].rstrip("/") + request.url


# ---- Flex, and the gateway


def _with_flex(request: Request, told: dict[str, str]) -> Request:
    mine = [("t", told["flex_token"])]
    if request.url == SEND_REQUEST:
        mine.append(("q", told["flex_query_id"]))
    return replace(request, query=(*mine, *request.query))


def _check_flex(state: CheckingFlex, moment: Moment) -> Send:
    request = get(SEND_REQUEST, ("v", "3"), host=FLEX, group="flex")
    return Send(_with_flex(request, state.values), state)


def _check(response: Response, moment: Moment) -> None:
    """Raises what makes the token or the query useless. What is only for now may pass: it is asked again."""
    found = explain(response) or failure_of(response, moment.now)
    if isinstance(found, ReauthorizationRequired):
        raise CredentialsRejected("The Flex Web Service token has expired: make a new one.")
    if isinstance(found, CredentialsRejected | PermissionInsufficient | HistoryUnavailable):
        raise found
    if found is None and said_by(response) is None:
        raise UnreadableReply("the answer of the Flex Web Service is none")


def _logged_in(response: Response) -> bool:
    if response.status != 200:
        return False
    session = rows.optional_mapping(rows.fields(response.body), "iserver")
    return rows.optional_mapping(session, "authStatus").get("authenticated") is True


def _ask_to_log_in(state: Looking, moment: Moment) -> Ask:
    challenge = Challenge(
        ChallengeKind.DEVICE_APPROVAL,
        "Log in to IBKR on the gateway's page, and say so here.",
        authorize_url=moment.urls[GATEWAY].rstrip("/") + "/",
        poll_after=LOOK_AGAIN,
    )
    return Ask(challenge, state)


def _of(given: Given, names: tuple[str, ...]) -> dict[str, str]:
    return {name: given.fields[name].strip() for name in names if given.fields.get(name)}
