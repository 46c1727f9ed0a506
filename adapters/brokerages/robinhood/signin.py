"""Robinhood, signing in: password grant, then whatever proof of the person it asks for (sheet, 2B).

    password grant ──┬─ tokens ──────────────────────────────────────────────────────► Done
                     ├─ mfa_required ── code ── password grant with mfa_code ─────────► ...
                     ├─ challenge ── code ── respond ── password grant with its header ► ...
                     └─ verification_workflow ── user_machine ── user_view
                          ├ prompt ── looked at again and again ──┐
                          └ sms, email, app ── code ── respond ───┴ continue ── password grant ► ...

The password stays in the sealed state only until the last password grant: each proof ends in one.
"""

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from adapters.kit import rows
from adapters.kit.oauth import bearer
from adapters.kit.replies import failure_of
from adapters.kit.signin import Ask, Done, Given, Heard, Moment, Move, Send
from adapters.kit.wire import Request, Response, get, post_form, post_json
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.errors import (
    BrokerageUnavailable,
    ChallengeExpired,
    ChallengeUnsupported,
    ChallengeWrong,
    CredentialsRejected,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

CLIENT_ID = "c82SH0WZOsabOXGP2sxqcj34FxkvfnWRZBKlBjFS"  # the public web client, the same for everybody
LOGIN = "/oauth2/token/"
POLL = timedelta(seconds=5)
WINDOW = timedelta(minutes=5)  # the whole verification has about 2 to 5 minutes
MFA_TRIES = 3  # the old flow does not tell how many are left

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


def begin(given: Given, moment: Moment) -> Move:
    request = str(uuid.uuid5(uuid.NAMESPACE_URL, moment.nonce))
    who = Who(given.fields["username"], given.fields["password"], str(uuid.UUID(moment.nonce)), request)
    return _log_in(LoggingIn(who))


def hear(state: State, heard: Heard, moment: Moment) -> Move:
    match heard:
        case Response():
            return _told(state, heard, moment)
        case Answer():
            return _told_by_person(state, heard, moment)


def _told(state: State, response: Response, moment: Moment) -> Move:
    match state:
        case LoggingIn():
            return _logged_in(state, response, moment)
        case Opening(who):
            if response.status not in {200, 201}:
                raise failure_of(response, moment.now) or UnreadableReply()
            return _view(Viewing(who, _id(_object(response)), moment.now + WINDOW))
        case Viewing():
            return _viewed(state, response, moment)
        case Proving():
            return _proved(state, response, moment)
        case Continuing():
            return _continued(state, response, moment)


def _told_by_person(state: State, answer: Answer, moment: Moment) -> Move:
    """An answer to a proof; or the person, or who asks for them, has waited a little: look again."""
    match state:
        case Proving():
            return _answered(state, answer, moment)
        case Viewing(until=until):
            return _view(state) if moment.now < until else _expired()
        case Continuing(until=until):
            return _continue(state) if moment.now < until else _expired()
        case LoggingIn(until=datetime() as until):
            return _log_in(state) if moment.now < until else _expired()
        case _:
            raise ChallengeUnsupported


# ---- the password grant


def _log_in(state: LoggingIn, *more: tuple[str, str], challenge: str = "") -> Send:
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


def _logged_in(state: LoggingIn, response: Response, moment: Moment) -> Move:
    if _busy(response):
        if state.until is not None:
            return _wait(state, state.until)
        raise failure_of(response, moment.now) or BrokerageUnavailable()
    told = _object(response)
    if "access_token" in told:
        return Done(_grant(told, state.who.device, moment))
    if told.get("mfa_required") is True:
        return _mfa(state, str(told.get("mfa_type")), moment)
    if isinstance(told.get("challenge"), dict) and state.proved < MFA_TRIES:
        return _ask(Proving(state.who, _challenge(told["challenge"], moment), proved=state.proved))
    if isinstance(told.get("verification_workflow"), dict):
        if state.until is not None:
            # Approved, and asked for again: going on would go round in circles.
            raise ChallengeExpired
        workflow = _id(told["verification_workflow"])
        opening = {"device_id": state.who.device, "flow": "suv", "input": {"workflow_id": workflow}}
        return Send(post_json("/pathfinder/user_machine/", opening), Opening(state.who))
    if response.status == 400 and state.proof is not None:
        return _mfa(state, state.proof.type, moment)
    if response.status in {400, 401} and (
        "non_field_errors" in told or "Unable to log in" in str(told.get("detail"))
    ):
        raise CredentialsRejected
    raise failure_of(response, moment.now) or UnreadableReply()


def _mfa(state: LoggingIn, word: str, moment: Moment) -> Move:
    """Ask for the code of the old flow, or once more: it was refused."""
    if state.proof is not None and state.proved >= MFA_TRIES:
        raise ChallengeWrong
    left = MFA_TRIES - state.proved
    return _ask(Proving(state.who, Proof("", word, moment.now + WINDOW, left), proved=state.proved))


def _grant(told: dict[str, Any], device: str, moment: Moment) -> Grant:
    lasts = rows.number(told, "expires_in")
    if not 0 < lasts < 10**9:
        raise UnreadableReply("expires_in is no span of time")
    tokens = {name: rows.text(told, name) for name in ("access_token", "refresh_token")}
    return Grant({**tokens, "device_token": device}, expires_at=moment.now + timedelta(seconds=int(lasts)))


# ---- the verification workflow


def _view(state: Viewing) -> Send:
    return Send(get(f"/pathfinder/inquiries/{state.machine}/user_view/", group="auth"), state)


def _viewed(state: Viewing, response: Response, moment: Moment) -> Move:
    if _busy(response):
        return _wait(state, state.until)
    if response.status != 200:
        raise failure_of(response, moment.now) or UnreadableReply()
    told = _object(response)
    context = rows.optional_mapping(told, "context")
    if "sheriff_challenge" not in context:
        context = rows.optional_mapping(rows.optional_mapping(told, "type_context"), "context")
    if not context.get("sheriff_challenge"):
        return _wait(state, state.until)
    challenge = rows.mapping(context, "sheriff_challenge")
    proof = _challenge(challenge, moment)
    if challenge.get("status") == "validated":
        return _continue(Continuing(state.who, state.machine, state.until))
    return _ask(Proving(state.who, proof, state.machine))


def _continue(state: Continuing) -> Send:
    going_on = {"sequence": 0, "user_input": {"status": "continue"}}
    return Send(post_json(f"/pathfinder/inquiries/{state.machine}/user_view/", going_on), state)


def _continued(state: Continuing, response: Response, moment: Moment) -> Move:
    if _busy(response):  # 500 is seen for some seconds after the approval
        return _wait(state, state.until)
    if response.status >= 400:
        raise failure_of(response, moment.now) or UnreadableReply()
    told = _object(response)
    result = rows.optional_mapping(told, "type_context").get("result")
    status = result or rows.optional_mapping(told, "verification_workflow").get("workflow_status")
    match status:
        case "workflow_status_approved":
            return _log_in(LoggingIn(state.who, until=state.until))
        case "workflow_status_internal_pending":
            return _wait(state, state.until)
        case str():
            raise ChallengeWrong("Robinhood did not approve this sign-in.")
        case _:
            raise UnreadableReply("the verification has no result")


# ---- the proofs


def _challenge(told: dict[str, Any], moment: Moment) -> Proof:
    left = rows.optional_number(told, "remaining_attempts")
    expires = told.get("expires_at")
    until = moment.now + WINDOW if expires is None else rows.instant(expires, "expires_at")
    return Proof(_id(told), rows.text(told, "type"), until, None if left is None else int(left))


def _id(told: dict[str, Any]) -> str:
    """An id that becomes part of an address."""
    value = rows.text(told, "id")
    if len(value) > 64 or not value.replace("-", "").isalnum():
        raise UnreadableReply("an id is none")
    return value


def _ask(state: Proving) -> Ask:
    kind = KINDS.get(state.proof.type)
    if kind is None:
        raise ChallengeUnsupported
    challenge = Challenge(kind, PROMPTS[kind], expires_at=state.proof.expires_at)
    if kind is ChallengeKind.DEVICE_APPROVAL:
        return Ask(replace(challenge, poll_after=POLL), state)
    return Ask(replace(challenge, attempts_left=state.proof.attempts_left), state)


def _wait(state: LoggingIn | Viewing | Continuing, until: datetime) -> Ask:
    """Nothing for the person to do but to wait: the caller looks again, as with an approval."""
    text = "Robinhood is still working on this sign-in. It goes on by itself."
    return Ask(Challenge(ChallengeKind.DEVICE_APPROVAL, text, expires_at=until, poll_after=POLL), state)


def _answered(state: Proving, answer: Answer, moment: Moment) -> Move:
    proof = state.proof
    if moment.now >= proof.expires_at:
        return _expired()
    if proof.type == "prompt":
        return Send(get(f"/push/{proof.id}/get_prompts_status/", group="auth"), state)
    code = (answer.code or "").strip()
    if not code:
        return _ask(state)
    if not proof.id:
        return _log_in(LoggingIn(state.who, proof, state.proved + 1), ("mfa_code", code))
    return Send(post_form(f"/challenge/{proof.id}/respond/", ("response", code)), state)


def _proved(state: Proving, response: Response, moment: Moment) -> Move:
    if _busy(response):
        if state.proof.type == "prompt":
            return _ask(state)
        raise failure_of(response, moment.now) or BrokerageUnavailable()
    told = _object(response)
    word = told.get("challenge_status", told.get("status"))
    if response.status == 200 and word == "validated":
        if state.machine:
            return _continue(Continuing(state.who, state.machine, moment.now + WINDOW))
        return _log_in(LoggingIn(state.who, proved=state.proved + 1), challenge=state.proof.id)
    if response.status == 200 and state.proof.type == "prompt" and isinstance(word, str):
        return _ask(state)
    if response.status == 400 and isinstance(told.get("challenge"), dict):
        refused = told["challenge"]
        if refused.get("status") == "expired":
            return _expired()
        again = _challenge(refused, moment)
        if again.attempts_left is not None and again.attempts_left <= 0:
            raise ChallengeWrong
        return _ask(replace(state, proof=again))
    raise failure_of(response, moment.now) or UnreadableReply()


def _busy(response: Response) -> bool:
    return response.status == 429 or response.status >= 500


def _expired() -> Move:
    raise ChallengeExpired


def _object(response: Response) -> dict[str, Any]:
    return rows.fields(response.body)


# ---- afterwards


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    return request.with_headers(bearer(grant.values["access_token"]))


def ask_renewal(grant: Grant, moment: Moment) -> Request:
    return post_form(
        LOGIN,
        ("grant_type", "refresh_token"),
        ("refresh_token", grant.values["refresh_token"]),
        ("scope", "internal"),
        ("client_id", CLIENT_ID),
        ("device_token", grant.values["device_token"]),
        ("expires_in", "86400"),
    )


def take_renewal(grant: Grant, response: Response, moment: Moment) -> Grant:
    """A new pair: the refresh token just used is dead. Any definite no is for the person to mend."""
    if response.status in {400, 401, 403}:
        raise ReauthorizationRequired
    failure = failure_of(response, moment.now)
    if failure is not None:
        raise failure
    return _grant(_object(response), grant.values["device_token"], moment)


def ask_revocation(grant: Grant, moment: Moment) -> Request:
    """Unconfirmed: no open client does it."""
    return post_form(
        "/oauth2/revoke_token/", ("client_id", CLIENT_ID), ("token", grant.values["refresh_token"])
    )
