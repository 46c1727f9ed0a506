"""Robinhood's sign-in, move by move: what it may ask for, what leads nowhere, and what comes afterwards."""

from datetime import timedelta
from typing import Any, cast
from urllib.parse import parse_qsl

import clickable
import conformance
import pytest
from robinhood_table import LOOK, NOW, Table, asked, granted, signed_in

from adapters.brokerages.robinhood import PRIVATE, signin
from adapters.brokerages.robinhood.conversation import Continuing, LoggingIn, Opening, Viewing, Who
from adapters.kit.signin import Ask, Done, Moment, Move, Send
from adapters.kit.wire import Request, Response, get
from domain.challenges import Answer, ChallengeKind
from domain.errors import (
    BrokerageRateLimited,
    ChallengeExpired,
    ChallengeUnsupported,
    ChallengeWrong,
    CredentialsRejected,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

# ---- the conversation


def test_a_password_alone_may_be_enough_and_the_device_is_remembered() -> None:
    table = Table()

    grant = granted(table.begin())

    assert grant.expires_at == NOW + timedelta(days=1)
    assert grant.values.keys() == {"access_token", "refresh_token", "device_token"}
    assert grant.values["device_token"] == "00000000-0000-0000-0000-000000000001"


def test_the_password_grant_says_what_robinhoods_own_page_says() -> None:
    table = Table()
    grant = granted(table.begin())
    (sent,) = table.sent
    web = "c82SH0WZOsabOXGP2sxqcj34FxkvfnWRZBKlBjFS"

    asked_for = dict(parse_qsl(sent.body.decode()))
    renewal = dict(parse_qsl(signin.ask_renewal(grant, table.moment()).body.decode()))

    assert (sent.method, sent.url) == ("POST", "/oauth2/token/")
    assert asked_for.items() >= {
        "client_id": web, "grant_type": "password", "scope": "internal", "expires_in": "86400",
        "try_passkeys": "false", "token_request_path": "/login", "create_read_only_secondary_token": "true",
    }.items()  # fmt: skip
    assert renewal == {
        "client_id": web, "grant_type": "refresh_token", "scope": "internal", "expires_in": "86400",
        "refresh_token": grant.values["refresh_token"], "device_token": grant.values["device_token"],
    }  # fmt: skip
    assert dict(PRIVATE.headers)["X-Robinhood-API-Version"] == "1.431.4"


def test_a_grant_lasts_as_long_as_the_server_says_and_not_as_long_as_was_asked_for() -> None:
    body = b'{"access_token":"a","refresh_token":"r","expires_in":2562387,"token_type":"Bearer"}'

    done = signin.hear(LoggingIn(WHO), Response(200, {}, body), Moment(NOW, "0" * 32))

    assert isinstance(done, Done)
    assert done.grant.expires_at == NOW + timedelta(seconds=2562387)


@pytest.mark.parametrize("field", ["username", "password"])
def test_wrong_credentials_are_rejected(field: str) -> None:
    with pytest.raises(CredentialsRejected):
        Table().begin(**{field: "nobody"})


@pytest.mark.parametrize(
    ("proof", "kind"),
    [
        ("sms", ChallengeKind.SMS_CODE),
        ("email", ChallengeKind.EMAIL_CODE),
        ("app", ChallengeKind.APP_CODE),
        ("mfa-app", ChallengeKind.APP_CODE),
        ("mfa-sms", ChallengeKind.SMS_CODE),
        ("challenge-sms", ChallengeKind.SMS_CODE),
        ("challenge-email", ChallengeKind.EMAIL_CODE),
    ],
)
def test_a_code_opens_the_door_and_a_wrong_one_costs_an_attempt(proof: str, kind: ChallengeKind) -> None:
    table = Table(proof)
    first = table.begin()

    second = table.answer(first, Answer(code="000000"))
    third = table.answer(second, table.code(proof.rpartition("-")[2]))

    assert asked(first) == (kind, 3)
    assert asked(second) == (kind, 2)
    assert granted(third).values["access_token"]


@pytest.mark.parametrize("proof", ["sms", "email", "app", "mfa-app", "challenge-sms"])
def test_with_no_attempt_left_the_sign_in_has_failed(proof: str) -> None:
    table = Table(proof)
    move = table.answer(table.answer(table.begin(), Answer(code="1")), Answer(code="2"))

    with pytest.raises(ChallengeWrong):
        table.answer(move, Answer(code="3"))


@pytest.mark.parametrize("proof", ["sms", "prompt", "mfa-app", "challenge-email"])
def test_an_answer_that_comes_too_late_is_told_so(proof: str) -> None:
    table = Table(proof)
    move = table.begin()
    table.now += timedelta(minutes=6)

    with pytest.raises(ChallengeExpired):
        table.answer(move, Answer(code="123456", approved=True))


def test_an_answer_without_a_code_is_asked_for_again() -> None:
    table = Table("sms")
    move = table.begin()

    assert table.answer(move, LOOK) == move


def test_an_approval_is_looked_for_until_it_is_there() -> None:
    table = Table("prompt")
    first = table.begin()
    assert isinstance(first, Ask)

    second = table.answer(first, LOOK)
    third = table.answer(second, LOOK)

    assert first.challenge.kind is ChallengeKind.DEVICE_APPROVAL
    assert first.challenge.poll_after == timedelta(seconds=5)
    assert first.challenge.expires_at == NOW + timedelta(minutes=5)
    assert second == first
    assert granted(third).values["access_token"]


def test_an_approval_shows_at_its_challenge_and_at_no_other_address() -> None:
    table = Table("prompt")

    table.answer(table.begin(), LOOK)

    (view,) = (one for one in table.sent if one.url.endswith("/user_view/"))
    challenge = table.sandbox.play.uuid("challenge", 0)
    assert table.sent[-1].url == f"/push/{challenge}/get_prompts_status/"
    assert challenge not in view.url


def test_the_login_after_an_approval_is_the_same_device_and_the_same_request() -> None:
    table = Table("prompt")

    table.answer(table.answer(table.begin(), LOOK), LOOK)

    first, last = (request.body for request in table.sent if request.url == "/oauth2/token/")
    assert first == last


def test_a_brokerage_that_stumbles_after_the_approval_is_asked_again() -> None:
    table = Table("prompt", stumbles=2)
    move = table.answer(table.answer(table.begin(), LOOK), LOOK)

    assert asked(move)[0] is ChallengeKind.DEVICE_APPROVAL
    assert granted(table.answer(table.answer(move, LOOK), LOOK))


def heard(state: object, status: int, body: bytes) -> Move:
    return signin.hear(cast("Any", state), Response(status, {}, body), Moment(NOW, "0" * 32))


WHO = Who("name", "secret", "device", "request")
OPENING = Opening(WHO, "workflow-1", NOW + timedelta(minutes=5))
VIEWING = Viewing(WHO, "machine-1", NOW + timedelta(minutes=5))
CONTINUING = Continuing(WHO, "machine-1", NOW + timedelta(minutes=5))


def test_a_challenge_may_stand_in_the_inner_context_or_come_later() -> None:
    challenge = b'{"id":"c-1","type":"sms","status":"issued","remaining_attempts":3}'
    inner = heard(
        VIEWING, 200, b'{"context":null,"type_context":{"context":{"sheriff_challenge":%s}}}' % challenge
    )
    later = heard(VIEWING, 200, b'{"context":{"sheriff_challenge":null}}')

    assert asked(inner) == (ChallengeKind.SMS_CODE, 3)
    assert asked(later)[0] is ChallengeKind.DEVICE_APPROVAL


def test_a_challenge_that_was_met_elsewhere_goes_straight_on() -> None:
    challenge = b'{"id":"c-1","type":"prompt","status":"validated"}'

    move = heard(VIEWING, 200, b'{"context":{"sheriff_challenge":%s}}' % challenge)

    assert isinstance(move, Send)
    assert (move.request.method, move.request.url) == ("POST", "/pathfinder/inquiries/machine-1/user_view/")


@pytest.mark.parametrize("status", [400, 401, 402, 403])
def test_a_workflow_comes_with_any_status_of_refusal(status: int) -> None:
    move = heard(LoggingIn(WHO), status, b'{"verification_workflow":{"id":"workflow-1"}}')

    assert isinstance(move, Send)
    assert move.state == OPENING


@pytest.mark.parametrize("status", [429, 500, 504])
@pytest.mark.parametrize("state", [OPENING, VIEWING, CONTINUING])
def test_a_step_of_the_workflow_that_stumbles_is_made_again(state: object, status: int) -> None:
    move = heard(state, status, b"")

    assert asked(move)[0] is ChallengeKind.DEVICE_APPROVAL
    again = signin.hear(cast("Any", state), LOOK, Moment(NOW, "0" * 32))
    assert isinstance(again, Send)
    assert again.state == state
    with pytest.raises(ChallengeExpired):
        signin.hear(cast("Any", state), LOOK, Moment(NOW + timedelta(minutes=5), "0" * 32))


@pytest.mark.parametrize(
    ("state", "status", "body", "failure"),
    [
        (VIEWING, 200, b'{"context":{"sheriff_challenge":{"id":"c","type":"iris"}}}', ChallengeUnsupported),
        (VIEWING, 200, b'{"context":{"sheriff_challenge":{"id":"../x","type":"sms"}}}', UnreadableReply),
        (CONTINUING, 200, b'{"type_context":{"result":"workflow_status_denied"}}', ChallengeWrong),
        (CONTINUING, 200, b"{}", UnreadableReply),
        (LoggingIn(WHO), 200, b"<html>", UnreadableReply),
        (LoggingIn(WHO), 200, b'{"access_token":"a","expires_in":"soon"}', UnreadableReply),
        (LoggingIn(WHO), 429, b"{}", BrokerageRateLimited),
        (LoggingIn(WHO), 200, b'{"mfa_required":true,"mfa_type":"pigeon"}', ChallengeUnsupported),
        (LoggingIn(WHO), 400, b'{"non_field_errors":["no"]}', CredentialsRejected),
        (LoggingIn(WHO, until=NOW), 403, b'{"verification_workflow":{"id":"w"}}', ChallengeExpired),
    ],
)
def test_what_leads_nowhere_ends_with_its_reason(
    state: object, status: int, body: bytes, failure: type[Exception]
) -> None:
    with pytest.raises(failure):
        heard(state, status, body)


def test_a_pending_workflow_is_looked_at_again_while_there_is_time() -> None:
    pending = b'{"verification_workflow":{"id":"w","workflow_status":"workflow_status_internal_pending"}}'
    late = Moment(NOW + timedelta(minutes=5), "0" * 32)

    assert asked(heard(CONTINUING, 200, pending))[0] is ChallengeKind.DEVICE_APPROVAL
    with pytest.raises(ChallengeExpired):
        signin.hear(CONTINUING, LOOK, late)


def test_no_state_shows_the_password_in_its_text() -> None:
    states = [LoggingIn(WHO), OPENING, VIEWING, CONTINUING]

    assert not [state for state in states if "secret" in repr(state)]


async def test_a_reconnect_is_the_same_device_and_is_asked_for_no_proof() -> None:
    door, sandbox = conformance.played("robinhood", persona="device-approval")
    grant = await signed_in(door, sandbox)
    given = {name: sandbox.credentials()[name] for name in ("username", "password")}

    again = await door.begin(given, "", grant)

    assert isinstance(again, Grant)
    assert again.values["device_token"] == grant.values["device_token"]
    assert not isinstance(await door.begin(given, ""), Grant), "another device"


# ---- renewal and revocation


def test_a_refresh_token_works_once_and_brings_a_new_pair() -> None:
    table = Table()
    grant = granted(table.begin())

    renewed = signin.take_renewal(
        grant, table.send(signin.ask_renewal(grant, table.moment())), table.moment()
    )

    assert renewed.values["refresh_token"] != grant.values["refresh_token"]
    assert renewed.values["device_token"] == grant.values["device_token"]
    again = table.send(signin.ask_renewal(grant, table.moment()))
    with pytest.raises(ReauthorizationRequired):
        signin.take_renewal(grant, again, table.moment())


def test_a_revoked_grant_reads_nothing_any_more() -> None:
    table = Table()
    grant = granted(table.begin())
    read = signin.authorise(get("/accounts/"), grant, table.moment())
    assert table.send(read).status == 200

    table.send(signin.ask_revocation(grant, table.moment()))

    assert table.send(read).status == 401
    assert table.send(signin.ask_renewal(grant, table.moment())).status == 401


# ---- the page that stands for the phone


def test_a_person_says_yes_on_a_page_and_the_sign_in_goes_on() -> None:
    table = Table("prompt", interactive=True)
    empty = table.send(get("/_approve/"))
    move = table.begin()
    for _ in range(5):  # nobody approves by itself
        move = table.answer(move, LOOK)
    assert isinstance(move, Ask)

    (form,) = clickable.forms(table.send(get("/_approve/")).body)
    thanks = table.send(Request("POST", form.url))
    done = table.answer(move, LOOK)

    assert clickable.forms(empty.body) == []
    assert empty.headers["refresh"]
    assert thanks.status == 200
    assert isinstance(done, Done)
    assert clickable.forms(table.send(get("/_approve/")).body) == []
    assert table.send(Request("POST", "/_approve/nobody/")).status == 404
