"""How often tastytrade is asked, and what its refusals mean: codes, statuses, and pages of web servers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from adapters.brokerages.tastytrade import PARTNER, PERSONAL, reads
from adapters.kit.card import Counted, Door, Rate
from adapters.kit.replies import failure_of
from adapters.kit.wire import Response
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    Failure,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
DOORS = pytest.mark.parametrize("door", [PERSONAL, PARTNER], ids=["personal", "partner"])


def answer(body: Any, status: int) -> Response:
    return Response(status, {}, body if isinstance(body, bytes) else msgspec.json.encode(body))


def refused(status: int, code: Any, **more: Any) -> Response:
    return answer({"error": {"code": code, "message": "no", **more}}, status)


def failure(response: Response) -> Failure | None:
    """As the door finds it."""
    return reads.explain(response) or failure_of(response, NOW)


@DOORS
def test_no_limit_is_published_so_each_credential_is_held_to_120_a_minute(door: Door) -> None:
    assert door.rates["default"] == Rate(120, 60, Counted.CREDENTIAL)
    assert "None are published" in (door.facts.limits or "")


@DOORS
def test_failed_logins_block_an_address_for_hours_so_few_are_tried(door: Door) -> None:
    assert door.rates["auth"] == Rate(30)


@DOORS
def test_access_is_renewed_a_minute_before_it_ends(door: Door) -> None:
    assert door.renewal is not None
    assert door.renewal.ahead == timedelta(minutes=1)


@DOORS
def test_no_version_is_asked_for(door: Door) -> None:
    """The paper host takes none."""
    assert door.headers == (("Accept", "application/json"),)


def test_a_429_does_not_say_for_how_long() -> None:
    found = failure(answer({}, 429))

    assert isinstance(found, BrokerageRateLimited)
    assert found.retry_after is None


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "token_invalid", ReauthorizationRequired), (401, "unauthorized", ReauthorizationRequired),
        (401, "invalid_credentials", ReauthorizationRequired), (403, "not_permitted", PermissionInsufficient),
        (404, "record_not_found", UnreadableReply), (400, "validation_error", UnreadableReply),
        (422, "preflight_check_failure", UnreadableReply),
    ],
)  # fmt: skip
def test_each_code_of_an_error_means_what_its_status_says(
    status: int, code: str, kind: type[Failure]
) -> None:
    assert type(failure(refused(status, code))) is kind


@pytest.mark.parametrize("errors", [[{"code": "a", "message": "b"}], [{"domain": "legs", "reason": "c"}]])
def test_errors_within_an_error_have_one_of_two_forms(errors: list[dict[str, str]]) -> None:
    response = refused(422, "validation_error", errors=errors)

    assert (reads.code(response), type(failure(response))) == ("validation_error", UnreadableReply)


@pytest.mark.parametrize("status", [401, 403, 422])
def test_an_e_mail_address_that_is_not_confirmed_is_told_whatever_the_status(status: int) -> None:
    found = failure(refused(status, "unconfirmed_user"))

    assert isinstance(found, PermissionInsufficient)
    assert "e-mail" in found.message


def test_a_401_with_a_web_page_is_the_user_agent_and_no_token() -> None:
    page = answer(b"<html>401 Authorization Required</html>", 401)

    assert type(failure(page)) is UnreadableReply


def test_the_code_of_406_is_a_number() -> None:
    assert reads.code(refused(406, 406)) == "406"
    assert type(failure(refused(406, 406))) is UnreadableReply


def test_the_token_s_endpoint_tells_its_code_flat() -> None:
    assert reads.code(answer({"error_code": "invalid_grant"}, 400)) == "invalid_grant"
    assert reads.code(answer({"error": "invalid_grant"}, 400)) == "invalid_grant"
    assert reads.code(answer(b"<html>", 400)) == ""


@pytest.mark.parametrize("status", [500, 502, 503])
def test_what_is_their_trouble_is_asked_again(status: int) -> None:
    assert type(failure(answer(b"oops", status))) is BrokerageUnavailable
