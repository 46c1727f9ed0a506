"""Schwab's sign-in, move by move: the login in the browser, its code, tokens that are renewed for a week."""

import base64
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.brokerages.schwab import CARD, OAUTH, signin
from adapters.kit import oauth
from adapters.kit.code_grant import AtPage, Exchanging
from adapters.kit.signin import Ask, Done, Given, Moment, Send
from adapters.kit.wire import Response
from domain.challenges import Answer, ChallengeKind
from domain.errors import (
    BrokerageUnavailable,
    ChallengeExpired,
    CredentialsRejected,
    Failure,
    FieldInvalid,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)


def answer(value: object, status: int = 200) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(value).encode())


MOMENT = Moment(NOW, "nonce", {"api": "https://api.schwabapi.com"})
STATE = oauth.state_and_proof(MOMENT.nonce)[0]
GIVEN = {"app_key": "KEY-of-the-app", "app_secret": "SECRET-of-the-app"}
BACK = "https://127.0.0.1:8182"
TOKENS = {"expires_in": 1800, "token_type": "Bearer", "access_token": "I0.a@", "refresh_token": "r1@"}


def redirected() -> AtPage:
    move = signin.begin(Given(GIVEN, BACK), MOMENT)
    assert isinstance(move, Ask)
    assert isinstance(move.state, AtPage)
    return move.state


def came_back(query: str) -> Answer:
    return Answer(callback_url=f"{BACK}?{query}")


def test_the_person_is_sent_to_schwab_with_key_callback_and_state() -> None:
    move = signin.begin(Given(GIVEN, BACK), MOMENT)

    assert isinstance(move, Ask)
    assert move.challenge.kind is ChallengeKind.REDIRECT
    address = urlsplit(move.challenge.authorize_url or "")
    assert address.path == "/v1/oauth/authorize"
    assert parse_qs(address.query) == {
        "response_type": ["code"],
        "client_id": ["KEY-of-the-app"],
        "redirect_uri": [BACK],
        "state": [STATE],
    }
    assert "SECRET" not in (move.challenge.authorize_url or "")


def test_the_operators_callback_serves_when_connect_names_none() -> None:
    move = signin.begin(Given(GIVEN | {"callback_url": BACK}, ""), MOMENT)

    assert isinstance(move, Ask)
    assert "redirect_uri=https%3A%2F%2F127.0.0.1%3A8182" in (move.challenge.authorize_url or "")


@pytest.mark.parametrize("callback", ["", "http://127.0.0.1:8182", "https://localhost/back", "nonsense"])
def test_a_callback_that_schwab_never_registers_is_refused_before_anything_is_sent(callback: str) -> None:
    with pytest.raises(FieldInvalid):
        signin.begin(Given(GIVEN, callback), MOMENT)


def test_the_code_is_decoded_once_and_sent_form_encoded_with_basic_authentication() -> None:
    move = signin.LOGIN.hear(redirected(), came_back(f"code=C0.abc%40&session=1&state={STATE}"), MOMENT)

    assert isinstance(move, Send)
    assert move.request.body == (
        b"grant_type=authorization_code&code=C0.abc%40&redirect_uri=https%3A%2F%2F127.0.0.1%3A8182"
    )
    basic = base64.b64encode(b"KEY-of-the-app:SECRET-of-the-app").decode()
    assert ("Authorization", f"Basic {basic}") in move.request.headers


@pytest.mark.parametrize(
    ("response", "failure"),
    [
        (answer({"error": "invalid_grant"}, 400), ChallengeExpired),
        (answer({"error": "invalid_client"}, 401), CredentialsRejected),
        (answer({"error": "invalid_client"}, 400), CredentialsRejected),
        (Response(503), BrokerageUnavailable),
        (answer({"expires_in": 1800, "access_token": "I0.a@"}), UnreadableReply),
        (answer(TOKENS | {"expires_in": 0}), UnreadableReply),
        (Response(200, {}, b"<html>"), UnreadableReply),
    ],
)
def test_a_refused_exchange_says_who_must_act(response: Response, failure: type[Failure]) -> None:
    with pytest.raises(failure):
        signin.LOGIN.hear(Exchanging("KEY", "SECRET"), response, MOMENT)


def granted() -> Grant:
    move = signin.LOGIN.hear(Exchanging("KEY", "SECRET"), answer(TOKENS), MOMENT)
    assert isinstance(move, Done)
    return move.grant


def test_a_grant_lasts_half_an_hour_and_can_be_renewed_for_seven_days() -> None:
    grant = granted()

    assert grant.expires_at == NOW + timedelta(minutes=30)
    assert grant.renewable_until == NOW + timedelta(days=7)
    assert "I0.a@" not in repr(grant)


@pytest.mark.parametrize("scope", ["api", "openid", "readonly", None])
def test_no_scope_is_asked_for_and_none_is_depended_on(scope: str | None) -> None:
    move = signin.LOGIN.hear(Exchanging("KEY", "SECRET"), answer(TOKENS | {"scope": scope}), MOMENT)

    assert isinstance(move, Done)
    asked = signin.begin(Given(GIVEN, BACK), MOMENT)
    assert isinstance(asked, Ask)
    assert "scope" not in (asked.challenge.authorize_url or "")


def test_there_is_no_revocation_and_the_customer_takes_the_app_out_of_the_settings() -> None:
    assert OAUTH.revoke is None


def test_a_renewal_keeps_the_rotated_token_and_the_end_of_the_login() -> None:
    later = Moment(NOW + timedelta(days=3), "other", MOMENT.urls)

    renewed = signin.LOGIN.take_renewal(granted(), answer(TOKENS | {"refresh_token": "r2@"}), later)
    kept = signin.LOGIN.take_renewal(granted(), answer({"expires_in": 1800, "access_token": "I0.b@"}), later)

    assert signin.LOGIN.ask_renewal(granted(), later).body == b"grant_type=refresh_token&refresh_token=r1%40"
    assert renewed.values["refresh_token"] == "r2@"
    assert renewed.renewable_until == NOW + timedelta(days=7)
    assert renewed.expires_at == later.now + timedelta(minutes=30)
    assert kept.values["refresh_token"] == "r1@"


# As they are seen. The JSON inside the first is not escaped as JSON wants it.
REFUSALS = (
    b'{"error":"unsupported_token_type","error_description":"400: "{"error":"refresh_token"}""}',
    b'{"error":"invalid_client","error_description":"refresh token invalid"}',
    b'{"error":"invalid_grant"}',
    b"",
)


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("body", REFUSALS)
def test_every_refusal_of_a_renewal_means_to_sign_in_again_whatever_its_body(
    status: int, body: bytes
) -> None:
    with pytest.raises(ReauthorizationRequired):
        signin.LOGIN.take_renewal(granted(), Response(status, {}, body), MOMENT)


def test_a_renewal_that_fails_for_now_is_tried_again_later() -> None:
    with pytest.raises(BrokerageUnavailable):
        signin.LOGIN.take_renewal(granted(), Response(502), MOMENT)


def test_a_state_of_the_sign_in_survives_being_stored() -> None:
    talk = CARD.doors[0].sign_in

    assert talk.unpack(talk.pack(redirected())) == redirected()
    assert "SECRET" not in repr(redirected())
