"""E*TRADE: what its errors mean, in whatever form and under whatever status they come, and its limits."""

from typing import Any, cast

import conformance
import pytest
from etrade_client import NOW, World, access

from adapters.brokerages.etrade import API, CARD
from adapters.kit.card import Counted
from adapters.kit.door import CardDoor
from adapters.kit.wire import Response
from domain.errors import (
    BrokerageMaintenance,
    BrokerageUnavailable,
    CredentialsRejected,
    Failure,
    HistoryUnavailable,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)


def meant(status: int, body: str, kind: str = "text/plain") -> type[Failure]:
    """What the door makes of an answer."""
    door = CardDoor(CARD, API, cast("Any", None))
    found = conformance.meant(door, Response(status, {"content-type": kind}, body.encode()))
    assert found is not None
    return type(found)


# --- errors with a code


FORMS = (
    '{"Error":{"code":%d,"message":"no"}}',
    '{"Error":{"code":"%d","message":"no"}}',
    "<Error><code>%d</code><message>no</message></Error>",
)


@pytest.mark.parametrize("form", FORMS, ids=["a number", "a text", "XML"])
@pytest.mark.parametrize("status", [400, 500])
def test_a_code_means_the_same_in_json_and_xml_and_under_either_status(form: str, status: int) -> None:
    assert meant(status, form % 102) is PermissionInsufficient


def of_code(code: int, status: int = 400) -> type[Failure]:
    return meant(status, FORMS[0] % code)


@pytest.mark.parametrize("code", [100, 102])
def test_the_account_of_somebody_else_is_a_permission_that_is_lacking(code: int) -> None:
    assert of_code(code) is PermissionInsufficient


def test_a_range_that_is_too_old_is_a_history_that_is_not_there() -> None:
    assert of_code(2002) is HistoryUnavailable


@pytest.mark.parametrize("code", [2003, 2004, 2005, 2006, 2007, 2008])
@pytest.mark.parametrize("status", [400, 500])
def test_a_question_that_is_wrong_is_no_outage_whatever_its_status(code: int, status: int) -> None:
    assert of_code(code, status) is UnreadableReply


@pytest.mark.parametrize("code", [1011, 2001, 53])
def test_a_code_that_says_nothing_of_its_own_goes_by_its_status(code: int) -> None:
    assert of_code(code, 500) is BrokerageUnavailable
    assert of_code(code, 400) is UnreadableReply


def test_a_good_answer_is_not_searched_for_codes() -> None:
    door = CardDoor(CARD, API, cast("Any", None))

    assert conformance.meant(door, Response(200, {}, (FORMS[0] % 100).encode())) is None


def test_errors_of_the_gate_are_text_though_json_was_asked_for() -> None:
    world = World()

    answer = world.call("/v1/accounts/list.json", access(world), signature="AAAA")

    assert (answer.status, answer.headers["content-type"]) == (401, "text/plain")
    assert answer.text == "oauth_problem=signature_invalid"


# --- 401


@pytest.mark.parametrize("word", ["token_expired", "token_rejected", "signature_invalid"])
def test_a_token_that_is_refused_is_renewed_and_then_asked_for_anew(word: str) -> None:
    assert meant(401, f"oauth_problem={word}") is ReauthorizationRequired
    assert API.renewal is not None


@pytest.mark.parametrize("word", ["nonce_used", "timestamp_refused"])
def test_a_nonce_or_a_clock_that_is_refused_is_no_matter_of_the_user_s(word: str) -> None:
    assert meant(401, f"oauth_problem={word}&oauth_acceptable_timestamps=1-2") is BrokerageUnavailable


def test_a_key_that_is_unknown_is_rejected_as_one_of_the_sandbox_is_at_production() -> None:
    assert meant(401, "oauth_problem=consumer_key_unknown") is CredentialsRejected


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("oauth_problem=consumer_key_unknown&oauth_problem_advice=x", "application/x-www-form-urlencoded"),
        ("<html><body>HTTP 401: oauth_problem=consumer_key_unknown,realm=x</body></html>", "text/html"),
        ('OAuth realm="x", oauth_problem="consumer_key_unknown"', "text/plain"),
    ],
    ids=["form", "page", "header"],
)
def test_a_401_may_be_text_a_page_or_a_form(body: str, kind: str) -> None:
    assert meant(401, body, kind) is CredentialsRejected


async def test_a_clock_that_is_more_than_five_minutes_off_is_told_from_a_wrong_key() -> None:
    world = World()
    stamp = str(int(NOW.timestamp()) - 301)

    answer = world.call("/oauth/request_token", callback="oob", timestamp=stamp)

    assert meant(answer.status, answer.text) is BrokerageUnavailable


# --- limits and nights


def test_no_more_than_two_calls_a_second_are_made_over_a_minute_as_nothing_is_documented() -> None:
    assert {rate.calls / rate.per for rate in API.rates.values()} == {2.0}
    assert {rate.counted for rate in API.rates.values()} == {Counted.UNTOLD}


@pytest.mark.parametrize(
    ("status", "failure"), [(503, BrokerageMaintenance), (502, BrokerageUnavailable), (200, UnreadableReply)]
)
def test_a_page_about_the_nightly_maintenance_is_no_answer(status: int, failure: type[Failure]) -> None:
    assert meant(status, "<html>We are performing maintenance.</html>", "text/html") is failure
