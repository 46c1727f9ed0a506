"""Plaid's errors, each of those that the sheets list."""

import json
from datetime import timedelta

import pytest

from adapters.kit.wire import Response
from adapters.plaid.failures import explain
from domain.errors import (
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


@pytest.mark.parametrize(
    ("status", "type_", "code", "failure"),
    [
        (400, "ITEM_ERROR", "ITEM_LOGIN_REQUIRED", ReauthorizationRequired),
        (400, "ITEM_ERROR", "PRODUCT_NOT_READY", BrokerageUnavailable),
        (400, "ITEM_ERROR", "NO_INVESTMENT_ACCOUNTS", PermissionInsufficient),
        (400, "ITEM_ERROR", "NO_ACCOUNTS", PermissionInsufficient),
        (400, "ITEM_ERROR", "PRODUCTS_NOT_SUPPORTED", CapabilityUnsupported),
        (400, "INVALID_INPUT", "ADDITIONAL_CONSENT_REQUIRED", ReauthorizationRequired),
        (400, "ITEM_ERROR", "ITEM_NOT_FOUND", ConsentRevoked),
        (400, "INVALID_INPUT", "INVALID_ACCESS_TOKEN", ReauthorizationRequired),
        (400, "INVALID_INPUT", "INVALID_API_KEYS", OperatorSettingMissing),
        (400, "INVALID_INPUT", "UNAUTHORIZED_ENVIRONMENT", OperatorSettingMissing),
        (400, "INSTITUTION_ERROR", "INSTITUTION_DOWN", BrokerageUnavailable),
        (400, "INSTITUTION_ERROR", "INSTITUTION_NOT_RESPONDING", BrokerageUnavailable),
        (500, "API_ERROR", "INTERNAL_SERVER_ERROR", BrokerageUnavailable),
        (500, "API_ERROR", "PLANNED_MAINTENANCE", BrokerageMaintenance),
        (500, "API_ERROR", "SOMETHING_NEW", BrokerageUnavailable),
        (429, "RATE_LIMIT_EXCEEDED", "INVESTMENT_HOLDINGS_GET_LIMIT", BrokerageRateLimited),
        (429, "RATE_LIMIT_EXCEEDED", "INVESTMENT_TRANSACTIONS_LIMIT", BrokerageRateLimited),
        (429, "RATE_LIMIT_EXCEEDED", "RATE_LIMIT", BrokerageRateLimited),
        (400, "INVALID_REQUEST", "INVALID_FIELD", type(None)),
    ],
)
def test_each_error_says_who_must_act(status: int, type_: str, code: str, failure: type[Failure]) -> None:
    body = {"error_type": type_, "error_code": code, "error_code_reason": None, "display_message": None}

    assert type(explain(Response(status, {}, json.dumps(body).encode()))) is failure


def test_an_institution_that_is_down_is_left_alone_for_a_while_and_loses_nothing() -> None:
    found = explain(Response(400, {}, b'{"error_type":"INSTITUTION_ERROR","error_code":"INSTITUTION_DOWN"}'))

    assert found is not None
    assert found.retry_after == timedelta(minutes=15)


def test_data_that_are_not_ready_are_asked_for_again_in_half_a_minute() -> None:
    found = explain(Response(400, {}, b'{"error_type":"ITEM_ERROR","error_code":"PRODUCT_NOT_READY"}'))

    assert found is not None
    assert found.retry_after == timedelta(seconds=30)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error_code":7}', b'{"error_type":[]}'])
def test_what_is_no_error_of_plaids_goes_by_its_status(body: bytes) -> None:
    assert explain(Response(400, {}, body)) is None


def test_a_good_answer_is_no_failure() -> None:
    assert explain(Response(200, {}, b'{"error_code":"ITEM_LOGIN_REQUIRED"}')) is None
