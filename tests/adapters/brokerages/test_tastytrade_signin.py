"""tastytrade's sign-in: a personal grant, and a partner's page, move by move."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from adapters.brokerages.tastytrade import signin
from adapters.kit.signin import Ask, Done, Given, Moment, Send
from adapters.kit.wire import Response
from domain.challenges import Answer
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    ChallengeExpired,
    CredentialsRejected,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
URLS = {"api": "https://api.tastyworks.com", "my": "https://my.tastytrade.com"}
MOMENT = Moment(NOW, "5e" * 16, URLS)


def answer(body: Any, status: int = 200) -> Response:
    return Response(status, {}, body if isinstance(body, bytes) else msgspec.json.encode(body))


TOKENS = {"access_token": "a", "token_type": "Bearer", "expires_in": 900}


def renewing() -> Send:
    move = signin.begin(Given({"client_secret": "s", "refresh_token": "r"}, ""), MOMENT)
    assert isinstance(move, Send)
    return move


def test_a_personal_grant_is_tried_once_and_lives_until_it_is_deleted() -> None:
    sent = renewing()
    done = signin.hear(sent.state, answer(TOKENS), MOMENT)  # type: ignore[arg-type]

    assert msgspec.json.decode(sent.request.body) == {
        "grant_type": "refresh_token", "refresh_token": "r", "client_secret": "s",
    }  # fmt: skip
    assert "Authorization" not in dict(sent.request.headers)
    assert isinstance(done, Done)
    assert done.grant.values == {"client_secret": "s", "refresh_token": "r", "access_token": "a"}
    assert (done.grant.expires_at, done.grant.renewable_until) == (NOW + timedelta(seconds=900), None)
    assert ("Authorization", "Bearer a") in signin.PERSONAL.authorise(
        sent.request, done.grant, MOMENT
    ).headers


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (400, {"error_code": "invalid_grant"}, CredentialsRejected), (401, b"<html>", UnreadableReply),
        (403, {"error": {"code": "unconfirmed_user"}}, PermissionInsufficient),
        (429, {}, BrokerageRateLimited), (502, b"<html>", BrokerageUnavailable),
    ],
)  # fmt: skip
def test_why_there_is_no_token(status: int, body: Any, failure: type[Exception]) -> None:
    with pytest.raises(failure):
        signin.hear(renewing().state, answer(body, status), MOMENT)  # type: ignore[arg-type]


GRANT = Grant({"client_secret": "s", "refresh_token": "r", "access_token": "a"}, NOW)


def test_renewal_keeps_the_refresh_token_unless_another_comes() -> None:
    assert signin.PERSONAL.take_renewal(GRANT, answer(TOKENS), MOMENT).values == GRANT.values
    renewed = signin.PERSONAL.take_renewal(GRANT, answer(TOKENS | {"refresh_token": "r2"}), MOMENT)
    assert renewed.values["refresh_token"] == "r2"
    assert b"client_id" not in signin.PERSONAL.ask_renewal(GRANT, MOMENT).body
    named = replace(GRANT, values={**GRANT.values, "client_id": "app"})
    assert msgspec.json.decode(signin.PERSONAL.ask_renewal(named, MOMENT).body)["client_id"] == "app"


@pytest.mark.parametrize(("status", "failure"), [(400, ReauthorizationRequired), (503, BrokerageUnavailable)])
def test_a_deleted_grant_asks_the_user_and_an_outage_nobody(status: int, failure: type[Exception]) -> None:
    with pytest.raises(failure):
        signin.PERSONAL.take_renewal(GRANT, answer({"error_code": "invalid_grant"}, status), MOMENT)


def test_a_refused_user_agent_is_no_bad_grant() -> None:
    """It is a 401 with a web page, here as everywhere: the user has nothing to do with it."""
    page = answer(b"<html>401 Authorization Required</html>", 401)

    with pytest.raises(UnreadableReply):
        signin.PERSONAL.take_renewal(GRANT, page, MOMENT)


@pytest.mark.parametrize("wrong", [{"expires_in": 0}, {"expires_in": 10**9}, {"access_token": None}])
def test_an_answer_without_a_plausible_token_is_unreadable(wrong: dict[str, Any]) -> None:
    with pytest.raises(UnreadableReply):
        signin.PERSONAL.take_renewal(GRANT, answer(TOKENS | wrong), MOMENT)


def asked() -> Ask:
    move = signin.PARTNER.begin(Given({"app_id": "id", "app_secret": "s"}, "https://x/back"), MOMENT)
    assert isinstance(move, Ask)
    return move


def exchanged(body: Any, status: int = 200) -> Any:
    state: Any = asked().state
    back = Answer(callback_url=f"https://x/back?code=c&state={state.state}")
    sent = signin.PARTNER.hear(state, back, MOMENT)
    assert isinstance(sent, Send)
    return signin.PARTNER.hear(sent.state, answer(body, status), MOMENT)  # type: ignore[arg-type]


def test_a_partner_s_user_signs_in_on_tastytrade_s_page_and_brings_a_code() -> None:
    url = asked().challenge.authorize_url or ""
    grant = exchanged(TOKENS | {"refresh_token": "r"}).grant

    assert url.startswith("https://my.tastytrade.com/auth.html?response_type=code&client_id=id&redirect_uri=")
    assert "scope=read&" in f"{url}&"  # offline_access is none of theirs
    assert "code_challenge" not in url
    assert grant.values == {
        "app_id": "id",
        "app_secret": "s",
        "access_token": "a",
        "refresh_token": "r",
    }


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [(400, {"error_code": "invalid_grant"}, ChallengeExpired),
     (400, {"error_code": "invalid_client"}, CredentialsRejected),
     (200, TOKENS, UnreadableReply)],
)  # fmt: skip
def test_a_code_or_an_app_that_is_not_taken_is_told_apart(
    status: int, body: Any, failure: type[Exception]
) -> None:
    with pytest.raises(failure):
        exchanged(body, status)
