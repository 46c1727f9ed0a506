"""Plaid's errors, each of those that the sheets list: told by a body, and met by a door at its sandbox."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import conformance
import pytest

from adapters import plaid
from adapters.brokerages.sofi.sandbox import SofiSandbox
from adapters.kit.card import Counted, Rate
from adapters.kit.door import CardDoor
from adapters.kit.wire import Response
from adapters.plaid import hooks
from adapters.plaid.failures import explain
from adapters.sandbox.faults import parse_fault
from adapters.sandbox.stage import Stage
from domain.errors import (
    Actor,
    BrokerageMaintenance,
    BrokerageRateLimited,
    BrokerageUnavailable,
    CapabilityUnsupported,
    ConsentRevoked,
    Failure,
    OperatorSettingMissing,
    PermissionInsufficient,
    ReauthorizationRequired,
)
from domain.ports.brokerage import Grant
from domain.ports.notices import Deed


def told(code: str, type_: str = "ITEM_ERROR", status: int = 400, **more: object) -> Failure | None:
    """What an answer with this error means."""
    body: dict[str, Any] = {"error_type": type_, "error_code": code, "error_code_reason": None} | more
    return explain(Response(status, {}, json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        (None, ReauthorizationRequired),
        ("OAUTH_INVALID_TOKEN", ReauthorizationRequired),
        ("OAUTH_CONSENT_EXPIRED", ReauthorizationRequired),
        ("OAUTH_USER_REVOKED", ConsentRevoked),
    ],
)
def test_a_login_that_is_lost_is_the_users_and_its_reason_tells_a_consent_taken_back(
    reason: str | None, failure: type[Failure]
) -> None:
    found = told("ITEM_LOGIN_REQUIRED", error_code_reason=reason)

    assert type(found) is failure
    assert found.actor is Actor.USER


def test_a_consent_without_investments_asks_the_user_to_sign_in_again() -> None:
    assert type(told("ADDITIONAL_CONSENT_REQUIRED", "INVALID_INPUT")) is ReauthorizationRequired


@pytest.mark.parametrize(
    ("code", "type_", "failure"),
    [
        ("ITEM_NOT_FOUND", "ITEM_ERROR", ConsentRevoked),
        ("ITEM_NOT_FOUND", "INVALID_INPUT", ConsentRevoked),
        ("INVALID_ACCESS_TOKEN", "INVALID_INPUT", ReauthorizationRequired),
    ],
)
def test_an_item_that_is_gone_asks_the_user(code: str, type_: str, failure: type[Failure]) -> None:
    assert type(told(code, type_)) is failure


@pytest.mark.parametrize("code", ["NO_INVESTMENT_ACCOUNTS", "NO_ACCOUNTS"])
def test_who_has_shared_no_investment_account_is_told_so(code: str) -> None:
    found = told(code)

    assert type(found) is PermissionInsufficient
    assert found.actor is Actor.USER


@pytest.mark.parametrize("code", ["PRODUCTS_NOT_SUPPORTED", "PRODUCT_NOT_SUPPORTED"])
def test_an_institution_without_investments_is_for_good(code: str) -> None:
    assert type(told(code)) is CapabilityUnsupported


@pytest.mark.parametrize("code", ["INVALID_API_KEYS", "UNAUTHORIZED_ENVIRONMENT"])
def test_keys_and_environments_are_the_operators(code: str) -> None:
    found = told(code, "INVALID_INPUT")

    assert type(found) is OperatorSettingMissing
    assert found.actor is Actor.OPERATOR


@pytest.mark.parametrize("code", ["INSTITUTION_DOWN", "INSTITUTION_NOT_RESPONDING"])
def test_an_institution_that_is_down_is_left_alone_for_a_while_and_loses_nothing(code: str) -> None:
    found = told(code, "INSTITUTION_ERROR")

    assert type(found) is BrokerageUnavailable
    assert found.retry_after == timedelta(minutes=15)


def test_data_that_are_not_ready_are_asked_for_again_in_half_a_minute() -> None:
    found = told("PRODUCT_NOT_READY")

    assert type(found) is BrokerageUnavailable
    assert found.retry_after == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("INTERNAL_SERVER_ERROR", BrokerageUnavailable),
        ("PLANNED_MAINTENANCE", BrokerageMaintenance),
        ("SOMETHING_NEW", BrokerageUnavailable),
    ],
)
def test_plaids_own_trouble_comes_with_500_and_passes(code: str, failure: type[Failure]) -> None:
    assert type(told(code, "API_ERROR", 500)) is failure


@pytest.mark.parametrize(
    "code", ["INVESTMENT_HOLDINGS_GET_LIMIT", "INVESTMENT_TRANSACTIONS_LIMIT", "RATE_LIMIT", "A_NEW_LIMIT"]
)
def test_too_many_calls_are_told_by_the_type_whatever_the_code(code: str) -> None:
    assert type(told(code, "RATE_LIMIT_EXCEEDED", 429)) is BrokerageRateLimited


def test_a_question_that_plaid_does_not_like_is_no_failure_of_the_user() -> None:
    assert told("INVALID_FIELD", "INVALID_REQUEST") is None


def test_an_error_may_have_causes_and_words_and_any_of_its_members_may_be_null() -> None:
    found = told(
        "ITEM_LOGIN_REQUIRED", causes=[{"error_code": "X"}], display_message=None, suggested_action=None,
        documentation_url=None, error_message=None, request_id="r",
    )  # fmt: skip

    assert type(found) is ReauthorizationRequired


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error_code":7}', b'{"error_type":[]}'])
def test_what_is_no_error_of_plaids_goes_by_its_status(body: bytes) -> None:
    assert explain(Response(400, {}, body)) is None


def test_a_good_answer_is_no_failure() -> None:
    assert explain(Response(200, {}, b'{"error_code":"ITEM_LOGIN_REQUIRED"}')) is None


def test_the_limits_of_an_item_are_kept_15_holdings_and_30_transactions_a_minute() -> None:
    rates = plaid.door(institution="SoFi", access="").rates

    assert rates["holdings"] == Rate(15, 60, Counted.CREDENTIAL)
    assert rates["transactions"] == Rate(30, 60, Counted.CREDENTIAL)


# At the sandbox.


async def linked(persona: str = "empty") -> tuple[CardDoor, SofiSandbox, Grant]:
    """A door into SoFi whose item is there already."""
    door, sandbox = conformance.played("sofi", persona=persona)
    assert isinstance(sandbox, SofiSandbox)
    gate, now = sandbox.desk.gate, datetime.now(UTC)
    public = gate.public_token(gate.link("ins_900001", "https://app.example/hooks", now), now)
    grant = await door.begin({**sandbox.credentials(), "plaid_public_token": public}, "")
    assert isinstance(grant, Grant)
    return door, sandbox, grant


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("ITEM_LOGIN_REQUIRED", ReauthorizationRequired),
        ("ADDITIONAL_CONSENT_REQUIRED", ReauthorizationRequired),
        ("PRODUCT_NOT_READY", BrokerageUnavailable),
        ("NO_INVESTMENT_ACCOUNTS", PermissionInsufficient),
        ("NO_ACCOUNTS", PermissionInsufficient),
        ("PRODUCTS_NOT_SUPPORTED", CapabilityUnsupported),
        ("UNAUTHORIZED_ENVIRONMENT", OperatorSettingMissing),
        ("INSTITUTION_DOWN", BrokerageUnavailable),
        ("INSTITUTION_NOT_RESPONDING", BrokerageUnavailable),
        ("PLANNED_MAINTENANCE", BrokerageMaintenance),
        ("INTERNAL_SERVER_ERROR", BrokerageUnavailable),
        ("INVESTMENT_HOLDINGS_GET_LIMIT", BrokerageRateLimited),
    ],
)
async def test_each_error_is_played_and_reaches_whoever_must_act(code: str, failure: type[Failure]) -> None:
    door, sandbox, grant = await linked()
    (item,) = sandbox.desk.gate.items.values()
    item.broken = (code, None)

    with pytest.raises(failure) as met:
        await door.accounts(grant)

    assert type(met.value) is failure


def test_plaid_does_not_say_how_long_to_wait() -> None:
    _, sandbox = conformance.played("sofi", persona="empty")
    stage = Stage([sandbox])
    stage.faulty["sofi"].set_faults([parse_fault("429@*")])
    url = f"{conformance.BASE}/sofi/plaid/investments/holdings/get"

    reply = stage.hear("POST", url, {}, b"{}", datetime.now(UTC), conformance.BASE)

    assert reply.status == 429
    assert "retry-after" not in dict(reply.headers)
    assert json.loads(reply.body)["error_code"] == "INVESTMENT_HOLDINGS_GET_LIMIT"


async def test_the_error_of_a_webhook_has_a_status_and_no_request_id() -> None:
    _, sandbox, _ = await linked()
    (item,) = sandbox.desk.gate.items.values()
    body = sandbox.desk.notices.body(item, "ITEM", "ERROR")

    error = json.loads(body)["error"]
    assert error["status"] == 400
    assert "request_id" not in error
    assert hooks.notice_of(body, datetime.now(UTC)).deed is Deed.ASK_USER
