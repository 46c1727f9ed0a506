"""Robinhood, signing in: password grant, then whatever proof of the person it asks for (sheet, 2B).

    password grant ──┬─ tokens ──────────────────────────────────────────────────────► Done
                     ├─ mfa_required ── code ── password grant with mfa_code ─────────► ...
                     ├─ challenge ── code ── respond ── password grant with its header ► ...
                     └─ verification_workflow ── user_machine ── user_view
                          ├ prompt ── looked at again and again ──┐
                          └ sms, email, app ── code ── respond ───┴ continue ── password grant ► ...

Here are the beginning, the password grant and what comes after the sign-in; `workflow` has the proofs,
`conversation` the states. The password stays in the sealed state only until the last password grant: each
proof ends in one.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from adapters.brokerages.robinhood import conversation, workflow
from adapters.brokerages.robinhood.conversation import (
    Continuing,
    LoggingIn,
    Opening,
    Proof,
    Proving,
    State,
    Viewing,
    Who,
)
from adapters.kit import rows
from adapters.kit.oauth import bearer
from adapters.kit.replies import failure_of
from adapters.kit.signin import Done, Given, Heard, Moment, Move
from adapters.kit.wire import Request, Response, post_form
from domain.challenges import Answer
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

MFA_TRIES = 3  # the old flow does not tell how many are left


def begin(given: Given, moment: Moment) -> Move:
    request = str(uuid.uuid5(uuid.NAMESPACE_URL, moment.nonce))
    # A device that Robinhood knows is asked for no proof: a reconnect stays the same one.
    device = given.former.get("device_token") or str(uuid.UUID(moment.nonce))
    who = Who(given.fields["username"], given.fields["password"], device, request)
    return conversation.log_in(LoggingIn(who))


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
        case Opening():
            return workflow.opened(state, response, moment)
        case Viewing():
            return workflow.viewed(state, response, moment)
        case Proving():
            return workflow.proved(state, response, moment)
        case Continuing():
            return workflow.continued(state, response, moment)


def _told_by_person(state: State, answer: Answer, moment: Moment) -> Move:
    """An answer to a proof; or the person, or who asks for them, has waited a little: look again."""
    match state:
        case Proving():
            return workflow.answered(state, answer, moment)
        case Opening(until=until):
            return conversation.open_machine(state) if moment.now < until else conversation.expired()
        case Viewing(until=until):
            return conversation.view(state) if moment.now < until else conversation.expired()
        case Continuing(until=until):
            return conversation.go_on(state) if moment.now < until else conversation.expired()
        case LoggingIn(until=datetime() as until):
            return conversation.log_in(state) if moment.now < until else conversation.expired()
        case _:
            raise ChallengeUnsupported


# ---- the password grant


def _logged_in(state: LoggingIn, response: Response, moment: Moment) -> Move:
    if conversation.busy(response):
        if state.until is not None:
            return conversation.wait(state, state.until)
        raise conversation.throttled(response) or failure_of(response, moment.now) or BrokerageUnavailable()
    told = conversation.object_of(response)
    if "access_token" in told:
        return Done(_grant(told, state.who.device, moment))
    if told.get("mfa_required") is True:
        return _mfa(state, str(told.get("mfa_type")), moment)
    if isinstance(told.get("challenge"), dict) and state.proved < MFA_TRIES:
        return conversation.ask(
            Proving(state.who, conversation.proof_of(told["challenge"], moment), proved=state.proved)
        )
    if isinstance(told.get("verification_workflow"), dict):
        if state.until is not None:
            # Approved, and asked for again: going on would go round in circles.
            raise ChallengeExpired
        workflow = conversation.id_of(told["verification_workflow"])
        return conversation.open_machine(Opening(state.who, workflow, moment.now + conversation.WINDOW))
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
    return conversation.ask(
        Proving(state.who, Proof("", word, moment.now + conversation.WINDOW, left), proved=state.proved)
    )


def _grant(told: dict[str, Any], device: str, moment: Moment) -> Grant:
    lasts = rows.number(told, "expires_in")
    if not 0 < lasts < 10**9:
        raise UnreadableReply("expires_in is no span of time")
    tokens = {name: rows.text(told, name) for name in ("access_token", "refresh_token")}
    return Grant({**tokens, "device_token": device}, expires_at=moment.now + timedelta(seconds=int(lasts)))


# ---- afterwards


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    return request.with_headers(bearer(grant.values["access_token"]))


def ask_renewal(grant: Grant, moment: Moment) -> Request:
    return post_form(
        conversation.LOGIN,
        ("grant_type", "refresh_token"),
        ("refresh_token", grant.values["refresh_token"]),
        ("scope", "internal"),
        ("client_id", conversation.CLIENT_ID),
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
    return _grant(conversation.object_of(response), grant.values["device_token"], moment)


def ask_revocation(grant: Grant, moment: Moment) -> Request:
    """Unconfirmed: no open client does it."""
    return post_form(
        "/oauth2/revoke_token/",
        ("client_id", conversation.CLIENT_ID),
        ("token", grant.values["refresh_token"]),
    )
