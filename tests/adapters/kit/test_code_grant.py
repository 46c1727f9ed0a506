"""An OAuth 2.0 code grant as data: what is asked, what is sent, and what each answer means."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from adapters.kit import oauth
from adapters.kit.code_grant import AtPage, ClientIn, CodeGrant, Exchanging, Refresh
from adapters.kit.signin import Ask, Conversation, Done, Given, Moment, Send
from adapters.kit.wire import Response
from domain.challenges import Answer
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    ChallengeExpired,
    ChallengeWrong,
    ConsentRevoked,
    CredentialsRejected,
    Failure,
    FieldInvalid,
    OperatorSettingMissing,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
MOMENT = Moment(NOW, "0123456789abcdef0123456789abcdef", {"login": "https://login.acme.example/"})
GIVEN = Given({"client_id": "app-1", "client_secret": "hush"}, "https://ours.example/back")
TOKENS = {"access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 1800}
ACME = CodeGrant("Acme", page=("login", "/authorize"), tokens=("login", "/token"))


def asked(login: CodeGrant = ACME, given: Given = GIVEN) -> tuple[AtPage, dict[str, str]]:
    """The state in which the person is at the page, and the page's parameters."""
    move = login.begin(given, MOMENT)
    assert isinstance(move, Ask)
    assert isinstance(move.state, AtPage)
    return move.state, dict(parse_qsl(urlsplit(move.challenge.authorize_url or "").query))


def back(state: AtPage, more: dict[str, str] | None = None) -> Answer:
    query = "&".join(f"{k}={v}" for k, v in ({"code": "c-1", "state": state.state} | (more or {})).items())
    return Answer(callback_url=f"https://ours.example/back?{query}")


def exchanged(login: CodeGrant = ACME, given: Given = GIVEN) -> Send:
    state, _ = asked(login, given)
    move = login.hear(state, back(state), MOMENT)
    assert isinstance(move, Send)
    return move


def answer(told: Any, status: int = 200) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(told).encode())


def granted(told: Any = TOKENS, login: CodeGrant = ACME) -> Grant:
    move = login.hear(Exchanging("app-1", "hush"), answer(told), MOMENT)
    assert isinstance(move, Done)
    return move.grant


# The page.


def test_the_page_is_asked_for_a_code_for_our_app_and_address() -> None:
    state, page = asked(replace(ACME, asked=(("scope", "read"), ("audience", "acme"))))

    assert page == {
        "response_type": "code",
        "client_id": "app-1",
        "redirect_uri": "https://ours.example/back",
        "state": state.state,
        "scope": "read",
        "audience": "acme",
    }


def test_the_address_that_the_operator_configured_is_used_where_the_caller_names_none() -> None:
    _, page = asked(given=Given({**GIVEN.fields, "callback_url": "https://operator.example/back"}, ""))

    assert page["redirect_uri"] == "https://operator.example/back"


def test_a_page_whose_address_is_registered_hears_none() -> None:
    fixed = replace(ACME, fixed=True, asked=(("scope", "read,market"),))
    state, page = asked(fixed, Given(GIVEN.fields, ""))

    assert page == {"client_id": "app-1", "scope": "read,market", "state": state.state}
    assert b"redirect_uri" not in exchanged(fixed).request.body


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_without_an_app_it_is_the_operator_s_matter(missing: str) -> None:
    given = Given({k: v for k, v in GIVEN.fields.items() if k != missing}, GIVEN.redirect_uri)

    with pytest.raises(OperatorSettingMissing):
        ACME.begin(given, MOMENT)


def test_without_an_address_to_come_back_to_the_caller_is_told() -> None:
    with pytest.raises(FieldInvalid):
        ACME.begin(Given(GIVEN.fields, ""), MOMENT)


def test_an_app_without_a_secret_proves_itself_by_pkce() -> None:
    login = replace(ACME, public=True, proof=None)
    given = Given({"client_id": "app-1"}, GIVEN.redirect_uri)
    state, page = asked(login, given)
    sent = parse_qs(exchanged(login, given).request.body.decode())

    assert page["code_challenge"] == oauth.challenge(sent["code_verifier"][0])
    assert page["code_challenge_method"] == "S256"
    assert page["state"] not in sent["code_verifier"][0]
    assert "client_secret" not in sent
    assert "code_challenge" not in asked(login)[1]  # an app with one has no need of it
    assert state.proof


# The address that the person comes back with.


def test_the_code_is_sent_once_with_who_we_are() -> None:
    request = exchanged().request

    assert (request.method, request.host, request.target) == ("POST", "login", "/token")
    assert dict(parse_qsl(request.body.decode())) == {
        "grant_type": "authorization_code",
        "code": "c-1",
        "redirect_uri": "https://ours.example/back",
        "client_id": "app-1",
        "client_secret": "hush",
    }


def test_who_we_are_may_stand_in_the_header_or_in_a_json_body() -> None:
    header = exchanged(replace(ACME, client_in=ClientIn.HEADER)).request
    body = exchanged(replace(ACME, client_in=ClientIn.JSON)).request

    assert dict(header.headers)["Authorization"] == oauth.basic("app-1", "hush")[1]
    assert b"hush" not in header.body
    assert json.loads(body.body)["client_secret"] == "hush"


@pytest.mark.parametrize(
    ("more", "failure"),
    [
        ({"error": "access_denied"}, ConsentRevoked),
        ({"state": "another"}, ChallengeWrong),
        ({"code": ""}, ChallengeWrong),
        ({"error": "temporarily_unavailable"}, BrokerageUnavailable),
        ({"error": "server_error"}, BrokerageUnavailable),
        ({"error": "unauthorized_client"}, OperatorSettingMissing),
    ],
)
def test_what_the_page_leads_back_with_is_told_by_its_reason(
    more: dict[str, str], failure: type[Failure]
) -> None:
    state, _ = asked()

    with pytest.raises(failure):
        ACME.hear(state, back(state, more), MOMENT)


def test_a_code_alone_is_no_answer() -> None:
    with pytest.raises(ChallengeWrong):
        ACME.hear(asked()[0], Answer(code="c-1"), MOMENT)


@pytest.mark.parametrize(
    ("told", "status", "failure"),
    [
        ({"error": "invalid_grant"}, 400, ChallengeExpired),
        ({"error": "invalid_grant"}, 401, ChallengeExpired),
        ({"error": "unsupported_token_type"}, 400, ChallengeExpired),
        ({"error": "invalid_client"}, 400, CredentialsRejected),
        ({"error": "unauthorized_client"}, 400, CredentialsRejected),
        ({"error": "invalid_client"}, 401, CredentialsRejected),
        ({}, 429, BrokerageRateLimited),
        ({}, 204, BrokerageUnavailable),
        ({**TOKENS, "expires_in": 0}, 200, UnreadableReply),
        ({**TOKENS, "expires_in": 86_400 * 8}, 200, UnreadableReply),
        ({"access_token": "a", "expires_in": 60}, 200, UnreadableReply),
        ({"refresh_token": "r", "expires_in": 60}, 200, UnreadableReply),
    ],
)
def test_an_answer_without_good_tokens_is_told_by_its_reason(
    told: Any, status: int, failure: type[Failure]
) -> None:
    with pytest.raises(failure):
        ACME.hear(Exchanging("app-1", "hush"), answer(told, status), MOMENT)


def test_tokens_are_kept_with_the_app_they_belong_to() -> None:
    grant = granted(login=replace(ACME, client=("app_key", "app_secret")))

    assert grant.values == {
        "app_key": "app-1",
        "app_secret": "hush",
        "access_token": "access-1",
        "refresh_token": "refresh-1",
    }
    assert (grant.expires_at, grant.renewable_until) == (NOW + timedelta(minutes=30), None)


# Afterwards.


def renewed(told: Any, login: CodeGrant = ACME, status: int = 200) -> Grant:
    return login.take_renewal(granted(), answer(told, status), MOMENT)


def test_a_renewal_asks_with_the_refresh_token_at_its_own_place() -> None:
    request = replace(ACME, renewals=("login", "/refresh")).ask_renewal(granted(), MOMENT)

    assert request.target == "/refresh"
    assert dict(parse_qsl(request.body.decode()))["refresh_token"] == "refresh-1"


@pytest.mark.parametrize("refresh", [Refresh.KEPT, Refresh.RARE])
def test_a_renewal_that_brings_no_refresh_token_keeps_the_old_one(refresh: Refresh) -> None:
    values = renewed({"access_token": "access-2", "expires_in": 60}, replace(ACME, refresh=refresh)).values

    assert (values["access_token"], values["refresh_token"]) == ("access-2", "refresh-1")


def test_where_each_refresh_token_is_good_once_the_next_must_come() -> None:
    once = replace(ACME, refresh=Refresh.ROTATES)

    assert renewed({**TOKENS, "refresh_token": "refresh-2"}, once).values["refresh_token"] == "refresh-2"
    with pytest.raises(UnreadableReply):
        renewed({"access_token": "access-2", "expires_in": 60}, once)


def test_without_a_refresh_token_the_person_has_to_come_again_when_the_access_ends() -> None:
    login = replace(ACME, refresh=Refresh.RARE)
    grant = granted({"access_token": "a", "expires_in": 3600}, login)

    assert grant.renewable_until == grant.expires_at == NOW + timedelta(hours=1)
    with pytest.raises(ReauthorizationRequired):
        login.ask_renewal(grant, MOMENT)


def test_the_end_of_a_login_is_not_put_off_by_a_renewal() -> None:
    week = replace(ACME, lasts=timedelta(days=7))
    grant, later = granted(login=week), replace(MOMENT, now=NOW + timedelta(days=3))

    assert grant.renewable_until == NOW + timedelta(days=7)
    assert week.take_renewal(grant, answer(TOKENS), later).renewable_until == NOW + timedelta(days=7)


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, ReauthorizationRequired),
        (401, ReauthorizationRequired),
        (429, BrokerageRateLimited),
        (204, BrokerageUnavailable),
    ],
)
def test_a_refused_renewal_asks_for_the_person_and_a_broken_one_waits(
    status: int, failure: type[Failure]
) -> None:
    with pytest.raises(failure):
        renewed({}, status=status)


def test_what_is_waited_for_shows_no_secret_and_can_be_stored() -> None:
    state, _ = asked(replace(ACME, proof=True))
    talk = ACME.conversation

    assert talk.unpack(talk.pack(state)) == state
    for secret in (state.secret, state.proof, state.state):
        assert secret not in repr(state)


def test_a_sign_in_that_an_older_program_began_is_begun_again() -> None:
    state, _ = asked()
    packed = ACME.conversation.pack(state)

    with pytest.raises(ChallengeExpired):
        Conversation(ACME.begin, ACME.hear, (Exchanging,)).unpack(packed)
    with pytest.raises(ChallengeExpired):
        ACME.conversation.unpack(packed.replace(b'"callback"', b'"former_name"'))


@pytest.mark.parametrize("status", [400, 401, 403, 502])
def test_a_web_page_is_no_refusal_but_of_some_guard_in_front(status: int) -> None:
    page = Response(status, {"content-type": "text/html"}, b"<html>Access Denied</html>")

    with pytest.raises(BrokerageUnavailable):
        ACME.hear(Exchanging("app-1", "hush"), page, MOMENT)
    with pytest.raises(BrokerageUnavailable):
        ACME.take_renewal(granted(), page, MOMENT)


def test_the_brokerage_s_own_words_go_before_the_status() -> None:
    login = replace(ACME, explain=lambda _: PermissionInsufficient("Confirm the address first."))

    with pytest.raises(PermissionInsufficient):
        login.hear(Exchanging("app-1", "hush"), answer({"error": "invalid_grant"}, 400), MOMENT)
    with pytest.raises(PermissionInsufficient):
        login.take_renewal(granted(), answer({}, 400), MOMENT)
