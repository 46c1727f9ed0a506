"""Webull, signing in: app key and secret, and a token that the user approves in the app (2.2).

config ──┬─ token_check_enabled false ───────────────────────────────┬─ list of accounts ──► Done
         └─ create ──┬─ NORMAL ─────────────────────────────────────┤
                     └─ PENDING ── looked at again and again ───────┘

Paths that nobody serves are tried in the other generation; which one answered is kept with the grant. A token
that is used lives on; 15 days without a call kill it, and each refresh says until when it will live.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from adapters.brokerages.webull import pages
from adapters.brokerages.webull.sign import signed
from adapters.kit import rows
from adapters.kit.replies import failure_of
from adapters.kit.signin import Ask, Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response, get, post_json
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    ChallengeExpired,
    ChallengeUnsupported,
    ChallengeWrong,
    CredentialsRejected,
    Failure,
    HistoryUnavailable,
    NobodyYet,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

POLL, WINDOW = timedelta(seconds=5), timedelta(minutes=5)
READS, TOKENS = timedelta(seconds=2), timedelta(seconds=30)
PENDING, NORMAL, INVALID, EXPIRED = "PENDING", "NORMAL", "INVALID", "EXPIRED"
NUMBERED = {"0": PENDING, "1": NORMAL, "2": INVALID, "3": EXPIRED}  # some pages of the documentation say so
LATER = frozenset({"SERVICE_NOT_AVAILABLE", "GATEWAY_TIMEOUT", "INTERNAL_ERROR", "SYSTEM_ERROR"})


@dataclass(frozen=True, slots=True)
class Key:
    """The application, the generation of paths that it is served, and its token ("": none is needed)."""

    app_key: str
    app_secret: str = field(repr=False)
    generation: str = pages.SECOND
    token: str = field(repr=False, default="")
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Configuring:
    """Whether tokens are needed is being asked. `key` has the token of before, where there was one."""

    key: Key


@dataclass(frozen=True, slots=True)
class Creating:
    """A token is being made, or the one of before taken up again."""

    key: Key


@dataclass(frozen=True, slots=True)
class Approving:
    """The person has to approve the token in the app."""

    key: Key
    until: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """Accounts are being listed: the proof that all of it works. `turned`: in the other generation now."""

    key: Key
    turned: bool = False


STATES = (Configuring, Creating, Approving, Listing)
State = Configuring | Creating | Approving | Listing


def begin(given: Given, moment: Moment) -> Move:
    key = Key(given.fields["app_key"].strip(), given.fields["app_secret"].strip())
    if given.former.get("app_key") == key.app_key:
        key = replace(key, token=given.former.get("token", ""))
    return _send(get("/openapi/config", group="auth"), Configuring(key), moment)


def hear(state: State, heard: Heard, moment: Moment) -> Move:
    match state, heard:
        case Configuring(), Response():
            return _configured(state, heard, moment)
        case Creating(), Response():
            return _created(state, heard, moment)
        case Approving(), Response():
            return _approved(state, heard, moment)
        case Listing(), Response():
            return _listed(state, heard, moment)
        case Approving(), Answer():
            if moment.now >= state.until:
                raise ChallengeExpired
            looking = post_json("/openapi/auth/token/check", {"token": state.key.token})
            return _send(looking, state, moment)
        case _:
            raise ChallengeUnsupported


def _configured(state: Configuring, response: Response, moment: Moment) -> Move:
    if pages.unrouted(response):  # not told: then a token is needed
        return _create(state.key, moment)
    _accepted(response, moment)
    needed = rows.fields(response.body).get("token_check_enabled")
    if not isinstance(needed, bool):
        raise UnreadableReply("token_check_enabled is neither true nor false")
    return _create(state.key, moment) if needed else _list(replace(state.key, token=""), moment)


def _created(state: Creating, response: Response, moment: Moment) -> Move:
    if pages.unrouted(response) and state.key.generation == pages.SECOND:
        return _create(replace(state.key, generation=pages.THIRD), moment)
    _accepted(response, moment)
    key, status = _token(state.key, response)
    if state.key.token and status in {INVALID, EXPIRED}:  # the one of before is dead: another, then
        return _create(replace(state.key, token=""), moment)
    return _by(status, Approving(key, moment.now + WINDOW), moment)


def _approved(state: Approving, response: Response, moment: Moment) -> Move:
    _accepted(response, moment)
    key, status = _token(state.key, response)
    return _by(status, replace(state, key=key), moment)


def _by(status: str, state: Approving, moment: Moment) -> Move:
    match status:
        case "NORMAL":
            return _list(state.key, moment)
        case "PENDING":
            prompt = "Open the Webull app and confirm that this application may use your account."
            kind = ChallengeKind.DEVICE_APPROVAL
            return Ask(Challenge(kind, prompt, expires_at=state.until, poll_after=POLL), state)
        case "EXPIRED":
            raise ChallengeExpired
        case "INVALID":
            raise ChallengeWrong("Webull did not approve this sign-in.")
        case _:
            raise UnreadableReply("the token has a status that we do not know")


def _listed(state: Listing, response: Response, moment: Moment) -> Move:
    if pages.unrouted(response) and not state.turned:
        other = pages.THIRD if state.key.generation == pages.SECOND else pages.SECOND
        return _list(replace(state.key, generation=other), moment, turned=True)
    _accepted(response, moment)
    pages.bare(response)
    return Done(_grant(state.key))


def _create(key: Key, moment: Moment) -> Send:
    body = {"token": key.token} if key.token else {}
    return _send(post_json("/openapi/auth/token/create", body), Creating(key), moment)


def _list(key: Key, moment: Moment, *, turned: bool = False) -> Send:
    return Send(authorise(get("/openapi/account/list"), _grant(key), moment), Listing(key, turned))


def _send(request: Request, state: State, moment: Moment) -> Send:
    return Send(_spoken(request, state.key.generation, _grant(state.key), moment), state)


def _accepted(response: Response, moment: Moment) -> None:
    if response.status == 401:
        raise CredentialsRejected
    failure = explain(response) or failure_of(response, moment.now)
    if failure is not None:
        raise failure


def _token(key: Key, response: Response) -> tuple[Key, str]:
    """The token of an answer, until when it lives, and its status."""
    told = rows.fields(response.body)
    status = rows.text(told, "status").upper()
    expires_at = rows.epoch_milliseconds(told.get("expires_at") or told.get("expires"), "expires")
    key = replace(key, token=rows.text(told, "token"), expires_at=expires_at)
    return key, NUMBERED.get(status, status)


def _grant(key: Key) -> Grant:
    values = {"app_key": key.app_key, "app_secret": key.app_secret, "generation": key.generation}
    return Grant({**values, "token": key.token} if key.token else values, key.expires_at)


# ---- afterwards


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    """The request in the grant's generation, signed, with the token where there is one."""
    request = _spoken(request, grant.values["generation"], grant, moment)
    token = grant.values.get("token")
    return request.with_headers(("x-access-token", token)) if token else request


def _spoken(request: Request, generation: str, grant: Grant, moment: Moment) -> Request:
    request = pages.spoken(request, generation)
    return signed(request, grant.values["app_key"], grant.values["app_secret"], moment)


def ask_renewal(grant: Grant, moment: Moment) -> Request:
    if not grant.values.get("token"):
        raise ReauthorizationRequired
    return authorise(
        post_json("/openapi/auth/token/refresh", {"token": grant.values["token"]}), grant, moment
    )


def take_renewal(grant: Grant, response: Response, moment: Moment) -> Grant:
    failure = explain(response) or failure_of(response, moment.now)
    if response.status in {400, 401, 403, 417} and not isinstance(failure, NobodyYet):
        raise ReauthorizationRequired
    if failure is not None:
        raise failure
    values = grant.values
    before = Key(values["app_key"], values["app_secret"], values["generation"])
    key, status = _token(before, response)
    if status != NORMAL:
        raise ReauthorizationRequired
    return _grant(key)


def explain(response: Response) -> Failure | None:
    """What Webull's error bodies say better than their status: 417 may be anything (4)."""
    if response.status < 400:
        return None
    if pages.unrouted(response):
        if "/activities" in response.url.partition("?")[0]:
            return HistoryUnavailable("Webull does not tell movements of cash or transfers in this region.")
        return None
    match _code(response):
        case "ACCOUNT_ACCESS_DENIED":
            return PermissionInsufficient(
                "Webull does not show the account to this key; in its sandbox a test account must be linked."
            )
        case "TOO_MANY_REQUESTS" if not response.headers.get("retry-after"):
            # It never says for how long (4); its budgets are by 2 seconds, those of tokens by 30.
            return BrokerageRateLimited(retry_after=TOKENS if "/auth/" in response.url else READS)
        case "MISSING_APP_KEY" | "UNAUTHORIZED":
            return ReauthorizationRequired()
        case str(code) if code in LATER:
            return BrokerageUnavailable()
    return None


def _code(response: Response) -> str | None:
    try:
        code = rows.fields(response.body).get("error_code")
    except UnreadableReply:
        return None
    return code if isinstance(code, str) else None
