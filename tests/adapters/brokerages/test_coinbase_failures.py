"""Coinbase: what it says when it refuses, in v3 and in v2, and how much may be asked of it."""

import json
from datetime import UTC, datetime
from typing import Any, cast

import conformance
import pytest

from adapters.brokerages.coinbase import CARD, KEY, ledger, reads, signin
from adapters.kit.card import Call, Counted, Rate
from adapters.kit.door import CardDoor
from adapters.kit.key_trial import Trying
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response, get
from adapters.sandbox.create import create
from adapters.sandbox.faults import parse_fault
from adapters.sandbox.stage import Stage
from domain.accounts import AccountKind, AccountTold
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    ConsentRevoked,
    CredentialsRejected,
    Failure,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)
V3 = "/api/v3/brokerage"
ACCOUNT = AccountTold("b87a2d3f", "Primary", "b87a2d3f", AccountKind.CRYPTO)
Json = dict[str, Any]


def meant(status: int, body: bytes | Json) -> type[Failure]:
    """What the door makes of an answer."""
    told = body if isinstance(body, bytes) else json.dumps(body).encode()
    found = conformance.meant(CardDoor(CARD, KEY, cast("Any", None)), Response(status, {}, told))
    assert found is not None
    assert found.status == status
    return type(found)


def v2(ident: str) -> Json:
    return {"errors": [{"id": ident, "message": "x"}]}


# ---- v2: {"errors": [{"id", "message"}]}


@pytest.mark.parametrize("ident", ["authentication_error", "unauthorized", "invalid_token", "expired_token"])
def test_a_key_that_v2_does_not_take_asks_the_user_again(ident: str) -> None:
    assert meant(401, v2(ident)) is ReauthorizationRequired


def test_a_token_that_v2_calls_revoked_was_taken_back_by_the_user() -> None:
    assert meant(401, v2("revoked_token")) is ConsentRevoked


@pytest.mark.parametrize(
    "ident", ["personal_details_required", "identity_verification_required", "unverified_email"]
)
def test_what_the_user_has_to_complete_at_coinbase_is_not_our_fault_though_it_is_400(ident: str) -> None:
    assert meant(400, v2(ident)) is PermissionInsufficient


@pytest.mark.parametrize("ident", ["param_required", "validation_error", "invalid_request"])
def test_a_question_that_v2_finds_wrong_is_our_fault(ident: str) -> None:
    assert meant(400, v2(ident)) is UnreadableReply


def test_402_wants_a_second_factor_which_reading_should_not_need() -> None:
    assert meant(402, v2("two_factor_required")) is PermissionInsufficient


def test_a_scope_that_is_lacking_is_a_permission_that_is_lacking() -> None:
    assert meant(403, v2("invalid_scope")) is PermissionInsufficient


def test_what_v2_does_not_find_is_unknown_and_not_nothing() -> None:
    assert meant(404, v2("not_found")) is UnreadableReply


def test_an_error_inside_v2_may_pass() -> None:
    assert meant(500, v2("internal_server_error")) is BrokerageUnavailable


# ---- v3: {"error", "error_details", "message"}, or as its gateway says it, or text


@pytest.mark.parametrize(
    ("status", "error", "failure"),
    [
        (400, "INVALID_ARGUMENT", UnreadableReply),
        (404, "NOT_FOUND", UnreadableReply),
        (404, "unknown", UnreadableReply),
        (500, "INTERNAL", BrokerageUnavailable),
    ],
)
def test_an_error_of_v3_goes_by_its_status_in_either_of_its_forms(
    status: int, error: str, failure: type[Failure]
) -> None:
    own = {"error": error, "error_details": "x", "message": "x"}
    gateway = {"error": error, "code": 5, "message": "x", "details": [{"type_url": "x", "value": "x"}]}

    assert meant(status, own) is meant(status, gateway) is failure


def test_a_401_of_v3_is_plain_text() -> None:
    assert meant(401, b"Unauthorized\n") is ReauthorizationRequired


def test_missing_scopes_are_a_permission_that_is_lacking() -> None:
    told = {"error": "PERMISSION_DENIED", "error_details": "Missing required scopes", "message": "x"}

    assert meant(403, told) is PermissionInsufficient


async def test_a_key_that_is_refused_while_signing_in_is_wrong_in_text_and_in_json() -> None:
    for body in (b"Unauthorized\n", json.dumps(v2("authentication_error")).encode()):
        with pytest.raises(CredentialsRejected):
            signin.TRIAL.hear(Trying({}), Response(401, {}, body), Moment(NOW, ""))


# ---- limits


@pytest.mark.parametrize("status", [400, 429, 503])
@pytest.mark.parametrize(
    "body",
    [v2("rate_limit_exceeded"), {"error": "resource_exhausted", "code": 8, "message": "x", "details": []}],
    ids=["v2", "v3"],
)
def test_too_many_requests_are_told_in_two_forms_and_wait_under_any_status(status: int, body: Json) -> None:
    assert meant(status, body) is BrokerageRateLimited


def test_v3_allows_30_requests_a_second_for_each_key() -> None:
    asked = {reads.ask_permissions(call()).group, reads.ask_wallets(call()).group, ledger.ask(call()).group}

    assert KEY.rates[asked.pop()] == KEY.rates["auth"] == Rate(30, 1.0, Counted.CREDENTIAL)
    assert not asked


def test_v2_allows_10_000_requests_an_hour_for_each_key() -> None:
    place = ledger.Place([ledger.Wallet("a", "BTC")])
    asked = [ledger.ask(call(spot.cursor)) for spot in (place, ledger.Place(place.wallets, listing=""))]

    assert {request.group for request in asked} == {"ledger"}
    assert all(request.url.startswith("/v2/") for request in asked)
    assert KEY.rates["ledger"] == Rate(10_000, 3600.0, Counted.CREDENTIAL)


def call(cursor: str | None = None) -> Call:
    return Call(ACCOUNT, None, NOW.date(), cursor, NOW)


# ---- the sandbox says all that as well


def said(path: str, status: int) -> Response:
    """Its answer when it is planned to refuse."""
    sandbox = create("coinbase", 3)
    stage = Stage([sandbox])
    stage.faulty["coinbase"].set_faults([parse_fault(f"{status}@*")])
    known = sandbox.credentials()
    grant = Grant({name: known[name] for name in ("key_name", "private_key")})
    request: Request = get(path)
    base = f"{conformance.BASE}/coinbase"
    headers = dict(signin.authorise(request, grant, Moment(NOW, "a" * 32, {"api": base})).headers)
    return stage.hear("GET", base + path, headers, b"", NOW, conformance.BASE).response


@pytest.mark.parametrize(
    ("status", "ident"),
    [
        (403, "invalid_scope"),
        (404, "not_found"),
        (429, "rate_limit_exceeded"),
        (500, "internal_server_error"),
    ],
)
def test_v2_of_the_sandbox_names_its_errors_by_an_id(status: int, ident: str) -> None:
    told = said("/v2/accounts", status)

    assert (told.status, json.loads(told.body)["errors"][0]["id"]) == (status, ident)


@pytest.mark.parametrize(("status", "error"), [(403, "PERMISSION_DENIED"), (404, "NOT_FOUND")])
def test_v3_of_the_sandbox_has_another_form_for_errors(status: int, error: str) -> None:
    told = said(f"{V3}/accounts", status)

    assert (told.status, json.loads(told.body)["error"]) == (status, error)


def test_v3_of_the_sandbox_says_too_many_as_its_gateway_does() -> None:
    told = json.loads(said(f"{V3}/accounts", 429).body)

    assert (told["error"], told["code"], told["details"]) == ("resource_exhausted", 8, [])
