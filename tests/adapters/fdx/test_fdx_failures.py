"""What FDX's errors are for us (section 4): by its own codes first, then by the status."""

import json
from datetime import timedelta

import conformance
import pytest
from consented import DIALECTS, NOW, World

from adapters import fdx
from adapters.fdx.failures import explain
from adapters.kit.card import Rate
from adapters.kit.replies import failure_of
from adapters.kit.wire import Response
from adapters.sandbox.asked import to_json
from adapters.sandbox.faults import parse_fault
from domain.errors import (
    Actor,
    BrokerageRateLimited,
    BrokerageUnavailable,
    Failure,
    HistoryUnavailable,
    OperatorSettingMissing,
    PermissionInsufficient,
    ReauthorizationRequired,
)


def told(status: int, code: object) -> Failure | None:
    """What a refusal means."""
    return explain(Response(status, {}, to_json({"code": code, "message": "…", "debugMessage": "…"})))


@pytest.mark.parametrize("code", [602, "602", " 602 "])
def test_codes_are_numbers_at_akoya_and_texts_elsewhere(code: object) -> None:
    assert type(told(401, code)) is ReauthorizationRequired


def test_602_is_a_consent_that_is_over_and_the_users() -> None:
    found = told(401, 602)

    assert found is not None
    assert found.actor is Actor.USER


@pytest.mark.parametrize("code", [701, 705, 706])
def test_an_account_that_is_not_found_closed_or_forbidden_is_not_shown(code: int) -> None:
    assert type(told({701: 404, 705: 409, 706: 403}[code], str(code))) is PermissionInsufficient


@pytest.mark.parametrize("code", [702, 703])
def test_dates_that_a_provider_does_not_take_are_no_history(code: int) -> None:
    assert type(told(400, code)) is HistoryUnavailable


@pytest.mark.parametrize("code", [403, "403", 999])
def test_403_is_a_wrong_provider_or_no_subscription_and_the_operators(code: object) -> None:
    found = told(403, code)

    assert type(found) is OperatorSettingMissing
    assert found.actor is Actor.OPERATOR


def test_408_is_a_provider_that_took_more_than_ten_seconds_and_is_asked_again_in_half_a_minute() -> None:
    found = told(408, 408)

    assert type(found) is BrokerageUnavailable
    assert found.retry_after == timedelta(seconds=30)


def test_1207_is_too_many_requests() -> None:
    assert type(told(429, 1207)) is BrokerageRateLimited


@pytest.mark.parametrize("status", [500, 501, 503])
def test_trouble_of_a_provider_passes(status: int) -> None:
    answer = Response(status, {}, to_json({"code": status, "message": "…"}))

    assert isinstance(explain(answer) or failure_of(answer, NOW), BrokerageUnavailable)


@pytest.mark.parametrize(
    ("status", "body"), [(500, b"{}"), (503, b"<html>"), (400, b'{"code":true}'), (200, b'{"code":602}')]
)
def test_what_has_no_code_of_fdx_goes_by_its_status(status: int, body: bytes) -> None:
    assert explain(Response(status, {}, body)) is None


def test_no_limit_is_published_and_ours_is_120_a_minute() -> None:
    assert fdx.door(fdx.AKOYA, brokerage="Sample", access="").rates["default"] == Rate(120)


# At the sandbox.


@pytest.mark.parametrize("style", DIALECTS)
@pytest.mark.parametrize(("status", "code"), [(429, 1207), (500, 500), (503, 503), (401, 602)])
def test_refusals_have_the_providers_body_and_never_say_how_long_to_wait(
    style: str, status: int, code: int
) -> None:
    world = World(style, persona="empty")
    world.stage.faulty["sample"].set_faults([parse_fault(f"{status}@*")])

    reply = world.hear("GET", f"{conformance.BASE}/sample/{world.box.desk.hosts[1]}/accounts", {})

    assert reply.status == status
    assert "retry-after" not in dict(reply.headers)
    body = json.loads(reply.body)
    assert body["code"] == (code if style == "akoya" else str(code))
    assert ("debugMessage" in body) == (style == "akoya")
