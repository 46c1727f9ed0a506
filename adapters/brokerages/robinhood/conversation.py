"""Signing in to Robinhood: the states of the conversation, and the move that leads into each of them."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from adapters.kit import rows
from adapters.kit.signin import Ask, Moment, Move, Send
from adapters.kit.wire import Response, get, post_form, post_json
from domain.challenges import Challenge, ChallengeKind
from domain.errors import (
    BrokerageRateLimited,
    ChallengeExpired,
    ChallengeUnsupported,
    Failure,
    UnreadableReply,
)

CLIENT_ID = "c82SH0WZOsabOXGP2sxqcj34FxkvfnWRZBKlBjFS"  # the public web client, the same for everybody
LOGIN = "/oauth2/token/"
POLL = timedelta(seconds=5)
WINDOW = timedelta(minutes=5)  # the whole verification has about 2 to 5 minutes
_AVAILABLE = re.compile(r"available in (\d{1,5}) second")

KINDS = {
    "app": ChallengeKind.APP_CODE,
    "sms": ChallengeKind.SMS_CODE,
    "email": ChallengeKind.EMAIL_CODE,
    "prompt": ChallengeKind.DEVICE_APPROVAL,
}
PROMPTS = {
    ChallengeKind.APP_CODE: "Enter the code that your authenticator app shows for Robinhood.",
    ChallengeKind.SMS_CODE: "Enter the code that Robinhood sent to your phone.",
    ChallengeKind.EMAIL_CODE: "Enter the code that Robinhood sent to your e-mail address.",
    ChallengeKind.DEVICE_APPROVAL: "Open the Robinhood app on your phone and approve this sign-in.",
}


@dataclass(frozen=True, slots=True)
class Who:
    """Who signs in, from which device. A new device token would ask for a new approval."""

    username: str = field(repr=False)
    password: str = field(repr=False)
    device: str = field(repr=False)
    request: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What is asked of the person: a challenge of Robinhood's, or (without an id) an mfa code."""

    id: str
    type: str
    expires_at: datetime
    attempts_left: int | None = None


@dataclass(frozen=True, slots=True)
class LoggingIn:
    """The password grant is under way. `proved`: how often a proof went before it; `until` is set when
    the workflow was approved, and tells how long that is worth something."""

    who: Who
    proof: Proof | None = None
    proved: int = 0
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """A verification machine is being made for the workflow."""

    who: Who
    workflow: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Viewing:
    """The machine is being asked which challenge it has; again while it has none yet."""

    who: Who
    machine: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Proving:
    """The person has to give a code or to approve. `machine` is empty in the two old flows."""

    who: Who
    proof: Proof
    machine: str = ""
    proved: int = 0


@dataclass(frozen=True, slots=True)
class Continuing:
    """The proof was good; the machine is told to go on, until it says that the workflow is approved."""

    who: Who
    machine: str
    until: datetime


STATES = (LoggingIn, Opening, Viewing, Proving, Continuing)
State = LoggingIn | Opening | Viewing | Proving | Continuing


# ---- requests


def log_in(state: LoggingIn, *more: tuple[str, str], challenge: str = "") -> Send:
    who = state.who
    request = post_form(
        LOGIN,
        ("client_id", CLIENT_ID),
        ("grant_type", "password"),
        ("scope", "internal"),
        ("username", who.username),
        ("password", who.password),
        ("device_token", who.device),
        ("expires_in", "86400"),
        ("try_passkeys", "false"),
        ("token_request_path", "/login"),
        ("create_read_only_secondary_token", "true"),
        ("request_id", who.request),
        *more,
    )
    if challenge:
        request = request.with_headers(("X-ROBINHOOD-CHALLENGE-RESPONSE-ID", challenge))
    return Send(request, state)


def open_machine(state: Opening) -> Send:
    opening = {"device_id": state.who.device, "flow": "suv", "input": {"workflow_id": state.workflow}}
    return Send(post_json("/pathfinder/user_machine/", opening), state)


def view(state: Viewing) -> Send:
    return Send(get(f"/pathfinder/inquiries/{state.machine}/user_view/", group="auth"), state)


def go_on(state: Continuing) -> Send:
    going_on = {"sequence": 0, "user_input": {"status": "continue"}}
    return Send(post_json(f"/pathfinder/inquiries/{state.machine}/user_view/", going_on), state)


# ---- what is put to the person


def ask(state: Proving) -> Ask:
    kind = KINDS.get(state.proof.type)
    if kind is None:
        raise ChallengeUnsupported
    challenge = Challenge(kind, PROMPTS[kind], expires_at=state.proof.expires_at)
    if kind is ChallengeKind.DEVICE_APPROVAL:
        return Ask(replace(challenge, poll_after=POLL), state)
    return Ask(replace(challenge, attempts_left=state.proof.attempts_left), state)


def wait(state: LoggingIn | Opening | Viewing | Continuing, until: datetime) -> Ask:
    """Nothing for the person to do but to wait: the caller looks again, as with an approval."""
    text = "Robinhood is still working on this sign-in. It goes on by itself."
    return Ask(Challenge(ChallengeKind.DEVICE_APPROVAL, text, expires_at=until, poll_after=POLL), state)


def expired() -> Move:
    raise ChallengeExpired


# ---- what Robinhood tells


def proof_of(told: dict[str, Any], moment: Moment) -> Proof:
    left = rows.optional_number(told, "remaining_attempts")
    expires = told.get("expires_at")
    until = moment.now + WINDOW if expires is None else rows.instant(expires, "expires_at")
    return Proof(id_of(told), rows.text(told, "type"), until, None if left is None else int(left))


def id_of(told: dict[str, Any]) -> str:
    """An id that becomes part of an address."""
    value = rows.text(told, "id")
    if len(value) > 64 or not value.replace("-", "").isalnum():
        raise UnreadableReply("an id is none")
    return value


def busy(response: Response) -> bool:
    return response.status == 429 or response.status >= 500


def throttled(response: Response) -> Failure | None:
    """How long to leave it alone, in Robinhood's own words, where no header says so (4)."""
    found = _AVAILABLE.search(response.text[:400]) if response.status == 429 else None
    if found is None or response.headers.get("retry-after"):
        return None
    return BrokerageRateLimited(retry_after=timedelta(seconds=int(found[1])))


def object_of(response: Response) -> dict[str, Any]:
    return rows.fields(response.body)
