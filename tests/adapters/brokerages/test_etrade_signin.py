"""E*TRADE: signing in and signing calls, keeping and losing the grant."""

from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest

from adapters.brokerages.etrade import API, signin
from adapters.kit.oauth import oauth1
from adapters.kit.signin import Ask, Done, Given, Moment, Send
from adapters.kit.wire import Request, Response, get
from domain.challenges import Answer, ChallengeKind
from domain.errors import (
    BrokerageUnavailable,
    ChallengeExpired,
    ChallengeUnsupported,
    ChallengeWrong,
    ConsentRevoked,
    CredentialsRejected,
    Failure,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

NOW = datetime(2026, 3, 23, 16, 0, tzinfo=UTC)  # noon in New York
TOKEN = "tok+en/1="
FIELDS = {"consumer_key": "demoKey", "consumer_secret": "demo/Secret="}


def moment(now: datetime = NOW) -> Moment:
    return Moment(now, "a1b2c3d4e5f60718", API.hosts)


def form(**pairs: str) -> Response:
    return Response(200, {}, "&".join(f"{name}={value}" for name, value in pairs.items()).encode())


def problem(word: str, status: int = 401) -> Response:
    return Response(status, {"content-type": "text/plain"}, f"oauth_problem={word}".encode())


def oauth(request: Request) -> dict[str, str]:
    parts = (part.partition("=") for part in dict(request.headers)["Authorization"][6:].split(", "))
    return {name: unquote(value.strip('"')) for name, _, value in parts}


def requested(redirect_uri: str = "") -> Send:
    move = signin.begin(Given(FIELDS, redirect_uri), moment())
    assert isinstance(move, Send)
    return move


def asked(redirect_uri: str = "") -> Ask:
    answer = form(oauth_token="tok%2Ben%2F1%3D", oauth_token_secret="sec%2Bret%2F2%3D")
    state = requested(redirect_uri).state
    assert isinstance(state, signin.Requesting)
    move = signin.hear(state, answer, moment())
    assert isinstance(move, Ask)
    return move


def exchanged(answer: Answer, redirect_uri: str = "", now: datetime = NOW) -> Send:
    talk = API.sign_in
    state = talk.unpack(talk.pack(asked(redirect_uri).state))  # it may be another process that goes on
    move = talk.hear(state, answer, moment(now))
    assert isinstance(move, Send)
    return move


def finished(now: datetime = NOW) -> Grant:
    state = exchanged(Answer(code="X1Y2Z"), now=NOW).state
    assert isinstance(state, signin.Exchanging)
    move = signin.hear(state, form(oauth_token="acc%2B1%3D", oauth_token_secret="s%2F2"), moment(now))
    assert isinstance(move, Done)
    return move.grant


# --- signing: made-up vectors, cross-checked against another implementation of OAuth 1.0a

GRANT = Grant({**FIELDS, "token": TOKEN, "token_secret": "sec+ret/2="})
AT_VECTORS = Moment(
    datetime.fromtimestamp(1774267200, UTC),
    "a1b2c3d4e5f60718",
    API.hosts | {"api": "https://apisb.etrade.com"},
)
TRANSACTIONS = get(
    "/v1/accounts/AbC_dEf-123/transactions.json",
    ("startDate", "01022026"),
    ("endDate", "03312026"),
    ("count", "50"),
)


def test_the_request_token_is_asked_for_with_the_right_signature() -> None:
    move = signin.begin(Given(FIELDS, ""), AT_VECTORS)

    assert isinstance(move, Send)
    assert oauth(move.request)["oauth_signature"] == "hp2HBrHVFusYn8z8n+9td+KY/Do="


def test_the_access_token_is_asked_for_with_the_right_signature() -> None:
    state = signin.Authorizing(
        signin.Requesting("demoKey", "demo/Secret=", "oob"), TOKEN, "sec+ret/2=", until=1774267500
    )

    move = signin.hear(state, Answer(code=" X1Y2Z "), AT_VECTORS)

    assert isinstance(move, Send)
    assert oauth(move.request)["oauth_signature"] == "TjOVXDkA/RZBFZJfhZ1yjRDDkyc="


def test_calls_are_signed_with_their_query_with_and_without_a_version() -> None:
    plainly = signin.authorise(TRANSACTIONS, GRANT, AT_VECTORS)
    versioned = oauth1(
        TRANSACTIONS, AT_VECTORS, key="demoKey", secret="demo/Secret=", token=TOKEN, token_secret="sec+ret/2="
    )

    assert oauth(plainly)["oauth_signature"] == "QZBep46tsO/g7jkbbhF0GWVhs0Q="
    assert "oauth_version" not in oauth(plainly)
    assert oauth(versioned)["oauth_signature"] == "k9IN87EA7KnpR3WfZ3ZrPgb8i/U="


# --- signing in


def test_tokens_of_a_form_are_decoded_once_and_encoded_again_where_they_sign() -> None:
    state = asked().state
    assert isinstance(state, signin.Authorizing)

    header = dict(exchanged(Answer(code="X1Y2Z")).request.headers)["Authorization"]

    assert (state.token, state.token_secret) == (TOKEN, "sec+ret/2=")
    assert 'oauth_token="tok%2Ben%2F1%3D"' in header


def test_tokens_come_from_the_production_host_for_keys_of_the_sandbox_as_well() -> None:
    requests = [
        requested().request,
        exchanged(Answer(code="X1Y2Z")).request,
        signin.ask_renewal(finished(), moment()),
        signin.ask_revocation(finished(), moment()),
    ]

    assert {request.host for request in requests} == {"oauth"}
    assert API.hosts["oauth"] == "https://api.etrade.com"


def test_without_a_redirect_the_person_types_in_a_code() -> None:
    move = asked()

    assert oauth(requested().request)["oauth_callback"] == "oob"
    assert move.challenge.kind is ChallengeKind.VERIFIER_CODE
    assert move.challenge.authorize_url == (
        "https://us.etrade.com/e/t/etws/authorize?key=demoKey&token=tok%2Ben%2F1%3D"
    )
    assert move.challenge.expires_at == NOW + timedelta(minutes=5)


def test_with_a_registered_redirect_the_person_is_sent_back() -> None:
    move = asked("https://app.example/back")

    request = exchanged(
        Answer(callback_url="https://app.example/back?oauth_token=tok%2Ben%2F1%3D&oauth_verifier=X1Y2Z"),
        "https://app.example/back",
    ).request

    assert move.challenge.kind is ChallengeKind.REDIRECT
    assert (oauth(request)["oauth_token"], oauth(request)["oauth_verifier"]) == (TOKEN, "X1Y2Z")


def test_a_redirect_that_is_not_registered_becomes_a_code() -> None:
    first = requested("https://app.example/back")
    assert isinstance(first.state, signin.Requesting)

    second = signin.hear(first.state, problem("callback_rejected"), moment())

    assert oauth(first.request)["oauth_callback"] == "https://app.example/back"
    assert isinstance(second, Send)
    assert oauth(second.request)["oauth_callback"] == "oob"


def test_the_grant_sleeps_after_two_hours_and_dies_at_midnight_in_new_york() -> None:
    noon = finished()
    evening = finished(datetime(2026, 3, 24, 3, 30, tzinfo=UTC))  # 23:30 in New York

    assert noon.values["token"] == "acc+1="
    assert noon.expires_at == NOW + timedelta(hours=2)
    assert noon.renewable_until == datetime(2026, 3, 24, 4, 0, tzinfo=UTC)
    assert evening.expires_at == evening.renewable_until == datetime(2026, 3, 24, 4, 0, tzinfo=UTC)


def test_midnight_in_winter_is_an_hour_later_in_utc() -> None:
    assert finished(datetime(2026, 12, 1, 3, 0, tzinfo=UTC)).renewable_until == datetime(
        2026, 12, 1, 5, 0, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("refusal", "failure"),
    [
        (problem("consumer_key_unknown"), CredentialsRejected),
        (problem("signature_invalid"), CredentialsRejected),
        (problem("timestamp_refused"), BrokerageUnavailable),
        (problem("nonce_used"), BrokerageUnavailable),
        (Response(500), BrokerageUnavailable),
        (Response(200, {}, b"<html>maintenance</html>"), UnreadableReply),
        (form(oauth_token="only"), UnreadableReply),
    ],
)
def test_a_refused_beginning_says_why(refusal: Response, failure: type[Failure]) -> None:
    state = requested().state
    assert isinstance(state, signin.Requesting)

    with pytest.raises(failure):
        signin.hear(state, refusal, moment())


@pytest.mark.parametrize(
    ("refusal", "failure"),
    [
        (problem("verifier_invalid"), ChallengeWrong),
        (problem("token_rejected"), ChallengeWrong),
        (problem("token_expired"), ChallengeExpired),
        (problem("token_used"), ChallengeExpired),
        (problem("permission_denied"), ConsentRevoked),
        (problem("consumer_key_unknown"), CredentialsRejected),
        (problem("timestamp_refused"), BrokerageUnavailable),
        (Response(503), BrokerageUnavailable),
        (Response(200), UnreadableReply),
    ],
)
def test_a_refused_code_says_why(refusal: Response, failure: type[Failure]) -> None:
    state = exchanged(Answer(code="WRONG")).state
    assert isinstance(state, signin.Exchanging)

    with pytest.raises(failure):
        signin.hear(state, refusal, moment())


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (Answer(), ChallengeWrong),
        (Answer(code=" "), ChallengeWrong),
        (Answer(callback_url="https://a.example/?oauth_token=other&oauth_verifier=X"), ChallengeWrong),
        (Answer(callback_url="https://a.example/?oauth_token=tok%2Ben%2F1%3D"), ChallengeWrong),
        (Answer(callback_url="https://a.example/?oauth_problem=user_refused"), ConsentRevoked),
    ],
)
def test_an_answer_that_cannot_be_right_is_not_sent(answer: Answer, failure: type[Failure]) -> None:
    with pytest.raises(failure):
        exchanged(answer)


def test_five_minutes_are_all_there_is_to_answer() -> None:
    with pytest.raises(ChallengeExpired):
        exchanged(Answer(code="X1Y2Z"), now=NOW + timedelta(minutes=5))


def test_an_answer_where_none_was_asked_for_is_unsupported() -> None:
    state = requested().state
    assert isinstance(state, signin.Requesting)

    with pytest.raises(ChallengeUnsupported):
        signin.hear(state, Answer(code="X1Y2Z"), moment())


# --- keeping and losing the grant


def test_a_renewal_puts_off_sleep_and_not_midnight() -> None:
    grant, later = finished(), NOW + timedelta(hours=5)

    request = signin.ask_renewal(grant, moment(later))
    renewed = signin.take_renewal(grant, Response(200, {}, b"Access Token has been renewed"), moment(later))

    assert (request.host, request.url) == ("oauth", "/oauth/renew_access_token")
    assert renewed.expires_at == later + timedelta(hours=2)
    assert (renewed.values, renewed.renewable_until) == (grant.values, grant.renewable_until)


def test_after_midnight_no_renewal_is_tried() -> None:
    with pytest.raises(ReauthorizationRequired):
        signin.ask_renewal(finished(), moment(datetime(2026, 3, 24, 4, 0, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (problem("token_expired"), ReauthorizationRequired),
        (problem("token_rejected"), ReauthorizationRequired),
        (problem("nonce_used"), BrokerageUnavailable),
        (Response(503, {"content-type": "text/html"}, b"<html>"), Failure),
        (Response(200, {}, b"<html>maintenance</html>"), UnreadableReply),
    ],
)
def test_a_refused_renewal_says_who_must_act(answer: Response, failure: type[Failure]) -> None:
    with pytest.raises(failure):
        signin.take_renewal(finished(), answer, moment())


def test_a_revocation_is_signed_with_the_token() -> None:
    assert API.revoke is not None
    request = API.revoke(finished(), moment())

    assert (request.host, request.url) == ("oauth", "/oauth/revoke_access_token")
    assert oauth(request)["oauth_token"] == "acc+1="
