"""Webull: signatures, the sign-in move by move, and its errors, by the vectors and words of its sheet."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.brokerages.webull import OPENAPI, gate, pages, sign, signin
from adapters.kit.signin import Ask, Done, Given, Moment, Move, Send
from adapters.kit.wire import Request, Response, get
from adapters.sandbox.asked import Asked
from domain.challenges import Answer, ChallengeKind
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    ChallengeExpired,
    ChallengeUnsupported,
    ChallengeWrong,
    CredentialsRejected,
    Failure,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
MOMENT = Moment(NOW, "ab" * 16, {"api": "https://api.webull.com"})
FIELDS = {"app_key": "the-app-key", "app_secret": "the-app-secret"}
EXPIRES = int((NOW + timedelta(days=15)).timestamp() * 1000)
UNROUTED = Response(404, {}, b'{"error_msg":"404 Route Not Found"}')

# ---- signatures: the documentation's vector (section 2.1), and the same input with the newer algorithm.

SECRET = "0f50a2e853334a9aae1a783bee120c1f"
BODY = b'{"k1":123,"k2":"this is the api request body","k3":true,"k4":{"foo":[1,2]}}'
QUERY = (("a1", "webull"), ("a2", "123"), ("a3", "xxx"), ("q1", "yyy"))
VECTORS = [
    ("HMAC-SHA1", "kvlS6opdZDhEBo5jq40nHYXaLvM="),
    ("HMAC-SHA256", "WmKFpDtQMSUhCYjmgA66EX5dQo+pS4qOwu3Kl0tb6KU="),
]


def headers_of(algorithm: str) -> dict[str, str]:
    return {
        "x-app-key": "776da210ab4a452795d74e726ebd74b6",
        "x-timestamp": "2022-01-04T03:55:31Z",
        "x-signature-version": "1.0",
        "x-signature-algorithm": algorithm,
        "x-signature-nonce": "48ef5afed43d4d91ae514aaeafbc29ba",
    }


@pytest.mark.parametrize(("algorithm", "signature"), VECTORS)
def test_the_vector_of_the_documentation_holds_in_the_adapter(algorithm: str, signature: str) -> None:
    moment = Moment(
        datetime(2022, 1, 4, 3, 55, 31, tzinfo=UTC),
        "48ef5afed43d4d91ae514aaeafbc29ba",
        {"api": "https://api.webull.com:8443"},  # the port is not signed
    )
    request = Request("POST", "/trade/place_order", QUERY, (), BODY)

    sent = sign.signed(request, headers_of(algorithm)["x-app-key"], SECRET, moment, algorithm)

    assert dict(sent.headers) == {**headers_of(algorithm), "x-signature": signature}
    assert SECRET not in repr(sent)


@pytest.mark.parametrize(("algorithm", "signature"), VECTORS)
def test_the_vector_of_the_documentation_holds_in_the_sandbox(algorithm: str, signature: str) -> None:
    asked = Asked(
        method="POST",
        path="/trade/place_order",
        query=QUERY,
        raw_query="",
        headers=headers_of(algorithm),
        body=BODY,
        host="api",
        base="",
        url="https://api.webull.com:8443/trade/place_order?a1=webull",
        now=NOW,
    )

    assert gate.expected_signature(asked, SECRET) == signature


def test_a_parameter_called_like_a_header_stands_behind_it_and_values_are_signed_raw() -> None:
    text = sign.to_sign("h", "/p", {"x-app-key": "k"}, (("x-app-key", "a b"),), b"", "HMAC-SHA256")

    assert text == "%2Fp%26host%3Dh%26x-app-key%3Dk%26a%20b"


def test_version_token_and_content_type_are_not_signed() -> None:
    grant = Grant({**FIELDS, "generation": "2", "token": "t"})
    request = get("/openapi/account/list")

    sent = dict(signin.authorise(request, grant, MOMENT).headers)
    bare = dict(signin.authorise(request, Grant({**FIELDS, "generation": "2"}), MOMENT).headers)

    assert sent["x-signature"] == bare["x-signature"]
    assert (sent["x-version"], sent["x-access-token"]) == ("v2", "t")
    assert "x-access-token" not in bare
    assert "the-app-secret" not in str(sent)


@pytest.mark.parametrize(
    ("path", "third", "version"),
    [
        ("/openapi/account/list", "/trading/accounts/list", "v3"),
        ("/openapi/assets/balance", "/trading/assets/balances/get", "v3"),
        ("/openapi/assets/positions", "/trading/assets/positions/list", "v3"),
        ("/openapi/trade/order/history", "/trading/orders/historical-orders/list", "v2"),
        ("/openapi/trade/order/detail", "/trading/orders/get", "v3"),
        ("/openapi/trade/activities/cash", "/trading/activities/cash-activities/list", "v3"),
        ("/openapi/auth/token/refresh", "/openapi/auth/token/refresh", "v3"),
    ],
)
def test_the_third_generation_has_other_paths_and_its_version_chooses_the_paging(
    path: str, third: str, version: str
) -> None:
    sent = pages.spoken(get(path, ("page_size", "100")), "3")

    assert (sent.url, dict(sent.headers)["x-version"]) == (third, version)
    assert (("page_size", "100") in sent.query) is (third != "/trading/activities/cash-activities/list")
    assert dict(pages.spoken(get(path), "2").headers)["x-version"] == "v2"


def test_transfers_have_one_form_in_both_generations() -> None:
    for generation in ("2", "3"):
        sent = pages.spoken(get(f"{pages.TRANSFERS}/list"), generation)

        assert (sent.url, dict(sent.headers)["x-version"]) == (f"{pages.TRANSFERS}/list", "v3")


# ---- signing in, move by move


def told(status: object = "NORMAL", token: str = "tok", **more: object) -> Response:
    body = {"token": token, "expires": EXPIRES, "status": status, **more}
    return Response(200, {}, json.dumps(body).encode())


CONFIG = Response(200, {}, b'{"token_check_enabled":true}')


def hear(state: Any, heard: Response | Answer, moment: Moment) -> Move:
    return signin.hear(state, heard, moment)


def sent(move: Move) -> Request:
    assert isinstance(move, Send)
    return move.request


def starting(former: dict[str, str] | None = None) -> Send:
    move = signin.begin(Given(FIELDS, "", former or {}), MOMENT)
    assert isinstance(move, Send)
    return move


def creating(former: dict[str, str] | None = None) -> Send:
    move = hear(starting(former).state, CONFIG, MOMENT)
    assert isinstance(move, Send)
    return move


def pending() -> Ask:
    move = hear(creating().state, told("PENDING"), MOMENT)
    assert isinstance(move, Ask)
    return move


def later(**more: float) -> Moment:
    return replace(MOMENT, now=NOW + timedelta(**more))


def test_it_asks_first_whether_a_token_is_needed_and_makes_one() -> None:
    assert sent(starting()).target == "/openapi/config"
    assert dict(sent(starting()).headers)["x-version"] == "v3"
    assert (sent(creating()).url, sent(creating()).body) == ("/openapi/auth/token/create", b"{}")


def test_a_normal_token_lists_the_accounts_and_is_the_grant() -> None:
    listing = hear(creating().state, told(), MOMENT)
    request = sent(listing)

    assert (request.url, dict(request.headers)["x-access-token"]) == ("/openapi/account/list", "tok")
    assert isinstance(listing, Send)
    done = hear(listing.state, Response(200, {}, b"[]"), MOMENT)
    assert isinstance(done, Done)
    assert done.grant.values == {**FIELDS, "generation": "2", "token": "tok"}
    assert done.grant.expires_at == NOW + timedelta(days=15)
    assert done.grant.renewable_until is None


def test_a_pending_token_is_approved_in_the_app_and_looked_at_every_five_seconds() -> None:
    asked = pending()

    assert asked.challenge.kind is ChallengeKind.DEVICE_APPROVAL
    assert asked.challenge.poll_after == timedelta(seconds=5)
    assert asked.challenge.expires_at == NOW + timedelta(minutes=5)
    looking = hear(asked.state, Answer(approved=True), later(seconds=5))
    assert (sent(looking).url, sent(looking).body) == ("/openapi/auth/token/check", b'{"token":"tok"}')
    assert isinstance(looking, Send)
    assert isinstance(hear(looking.state, told("PENDING"), later(seconds=5)), Ask)
    assert sent(hear(looking.state, told(), later(seconds=9))).url == "/openapi/account/list"


@pytest.mark.parametrize("status", ["1", 1, "normal"])
def test_statuses_are_told_as_numbers_too(status: object) -> None:
    assert sent(hear(creating().state, told(status), MOMENT)).url == "/openapi/account/list"


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        ("INVALID", ChallengeWrong),
        (2, ChallengeWrong),
        ("EXPIRED", ChallengeExpired),
        ("3", ChallengeExpired),
        ("FROZEN", UnreadableReply),
    ],
)
def test_a_token_that_is_refused_expired_or_of_a_status_unknown_ends_the_sign_in(
    status: object, failure: type[Failure]
) -> None:
    with pytest.raises(failure):
        hear(pending().state, told(status), MOMENT)


def test_after_five_minutes_nobody_looks_any_more() -> None:
    with pytest.raises(ChallengeExpired):
        hear(pending().state, Answer(approved=True), later(minutes=5))


def test_an_answer_that_nobody_waits_for_is_unsupported() -> None:
    with pytest.raises(ChallengeUnsupported):
        hear(creating().state, Answer(code="1"), MOMENT)


def test_where_no_token_is_needed_the_list_of_accounts_proves_the_key() -> None:
    unneeded = Response(200, {}, b'{"token_check_enabled":false}')
    listing = hear(starting({**FIELDS, "token": "old"}).state, unneeded, MOMENT)

    assert "x-access-token" not in dict(sent(listing).headers)
    assert isinstance(listing, Send)
    done = hear(listing.state, Response(200, {}, b'{"data":[]}'), MOMENT)
    assert isinstance(done, Done)
    assert (done.grant.values.get("token"), done.grant.expires_at) == (None, None)
    with pytest.raises(ReauthorizationRequired):
        signin.ask_renewal(done.grant, MOMENT)


def test_without_a_configuration_a_token_is_made_all_the_same() -> None:
    assert sent(hear(starting().state, UNROUTED, MOMENT)).url == "/openapi/auth/token/create"


@pytest.mark.parametrize(
    ("response", "failure"),
    [
        (Response(500), BrokerageUnavailable),
        (Response(200, {}, b""), UnreadableReply),
        (Response(200, {}, b"{}"), UnreadableReply),
        (Response(200, {}, b'{"token_check_enabled":"no"}'), UnreadableReply),
    ],
)
def test_a_configuration_that_cannot_be_read_ends_the_sign_in(
    response: Response, failure: type[Failure]
) -> None:
    with pytest.raises(failure):
        hear(starting().state, response, MOMENT)


def test_unrouted_paths_lead_to_the_other_generation_once() -> None:
    third = hear(creating().state, UNROUTED, MOMENT)

    assert sent(third).url == "/auth/tokens/create"
    assert isinstance(third, Send)
    with pytest.raises(UnreadableReply):
        hear(third.state, UNROUTED, MOMENT)
    listing = hear(third.state, told(), MOMENT)
    assert sent(listing).url == "/trading/accounts/list"
    assert isinstance(listing, Send)
    turned = hear(listing.state, UNROUTED, MOMENT)
    assert sent(turned).url == "/openapi/account/list"
    assert isinstance(turned, Send)
    with pytest.raises(UnreadableReply):
        hear(turned.state, UNROUTED, MOMENT)


def test_reconnecting_takes_the_token_of_before_up_again_or_another_where_it_is_dead() -> None:
    again = creating({**FIELDS, "token": "old"})

    assert sent(again).body == b'{"token":"old"}'
    assert sent(hear(again.state, told("INVALID"), MOMENT)).body == b"{}"
    assert sent(creating({"app_key": "another", "token": "old"})).body == b"{}"


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (401, "UNAUTHORIZED", CredentialsRejected),
        (401, "MISSING_APP_KEY", CredentialsRejected),
        (403, "ACCOUNT_ACCESS_DENIED", PermissionInsufficient),
        (417, "TOO_MANY_REQUESTS", BrokerageRateLimited),
        (417, "SERVICE_NOT_AVAILABLE", BrokerageUnavailable),
        (417, "ILLEGAL_PARAMETER", UnreadableReply),
    ],
)
def test_a_refusal_at_any_move_of_the_sign_in_says_why(
    status: int, code: str, failure: type[Failure]
) -> None:
    refused = Response(status, {}, json.dumps({"error_code": code, "message": "x"}).encode())
    for state in (starting().state, creating().state, pending().state):
        with pytest.raises(failure):
            hear(state, refused, MOMENT)


@pytest.mark.parametrize("missing", ["token", "status", "expires"])
def test_an_answer_without_one_of_the_three_is_no_token(missing: str) -> None:
    with pytest.raises(UnreadableReply):
        hear(creating().state, told(**{missing: None}), MOMENT)  # type: ignore[arg-type]


def test_expires_at_of_newer_answers_goes_before_expires() -> None:
    until = EXPIRES + 60_000
    listing = hear(creating().state, told(expires_at=until), MOMENT)

    assert isinstance(listing, Send)
    done = hear(listing.state, Response(200, {}, b"[]"), MOMENT)
    assert isinstance(done, Done)
    assert done.grant.expires_at == NOW + timedelta(days=15, minutes=1)


def test_every_state_survives_being_stored() -> None:
    talk = OPENAPI.sign_in
    listing = hear(creating().state, told(), MOMENT)
    assert isinstance(listing, Send)

    for state in (starting().state, creating().state, pending().state, listing.state):
        assert talk.unpack(talk.pack(state)) == state
        assert "the-app-secret" not in repr(state)


# ---- afterwards


def test_there_is_no_revocation_but_new_keys_in_the_portal() -> None:
    assert OPENAPI.revoke is None


GRANT = Grant({**FIELDS, "generation": "3", "token": "tok"}, NOW)


def test_a_token_is_refreshed_at_the_one_path_there_is() -> None:
    request = signin.ask_renewal(GRANT, MOMENT)

    assert (request.url, request.body) == ("/openapi/auth/token/refresh", b'{"token":"tok"}')
    renewed = signin.take_renewal(GRANT, told(token="newer"), MOMENT)
    assert renewed.values == {**GRANT.values, "token": "newer"}
    assert renewed.expires_at == NOW + timedelta(days=15)


@pytest.mark.parametrize(
    ("response", "failure"),
    [
        (told("INVALID"), ReauthorizationRequired),
        (told("EXPIRED"), ReauthorizationRequired),
        (told("PENDING"), ReauthorizationRequired),
        (Response(401, {}, b'{"error_code":"UNAUTHORIZED"}'), ReauthorizationRequired),
        (Response(417, {}, b'{"error_code":"ILLEGAL_PARAMETER"}'), ReauthorizationRequired),
        (Response(417, {}, b'{"error_code":"SYSTEM_ERROR"}'), BrokerageUnavailable),
        (Response(429, {}, b'{"error_code":"TOO_MANY_REQUESTS"}'), BrokerageRateLimited),
        (Response(500, {}, b""), BrokerageUnavailable),
    ],
)
def test_a_dead_token_is_the_users_to_mend_and_an_outage_is_not(
    response: Response, failure: type[Failure]
) -> None:
    with pytest.raises(failure):
        signin.take_renewal(GRANT, response, MOMENT)
