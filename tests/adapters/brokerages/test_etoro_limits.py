"""How often eToro may be asked, and what its refusals mean: bodies of three kinds, and the guard in front."""

from typing import Any

import pytest
from etoro_rows import NOW, answer, call, portfolio

from adapters.brokerages.etoro import KEYS, LOGIN, history, reads
from adapters.kit.card import Counted, Rate
from adapters.kit.replies import failure_of
from adapters.kit.wire import Response
from adapters.sandbox.asked import to_json
from adapters.sandbox.create import create
from adapters.sandbox.faults import Faulty, parse_fault
from adapters.sandbox.stage import Stage
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    Failure,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)

BASE = "http://127.0.0.1:9"


def failure(response: Response) -> Failure | None:
    """As the door finds it."""
    return reads.explain(response) or failure_of(response, NOW)


@pytest.mark.parametrize("door", [KEYS, LOGIN], ids=["keys", "login"])
def test_each_user_key_has_sixty_requests_a_minute(door: Any) -> None:
    assert door.rates["default"] == Rate(60, 60, Counted.CREDENTIAL)


def test_market_data_are_counted_with_all_else() -> None:
    """One source gives them a pool of their own; to count them with the rest is never too many."""
    asked = reads.ask_instruments(("instrument:1",), call()), reads.ask_types(("types:",), call())

    assert {request.group for request in asked} == {reads.ask_positions(call()).group} == {"default"}


def test_a_429_says_how_long_to_wait() -> None:
    body = {"errorCode": "TooManyRequests", "errorMessage": "Too many requests"}
    found = failure(Response(429, {"retry-after": "17"}, to_json(body)))

    assert isinstance(found, BrokerageRateLimited)
    assert found.retry_after is not None
    assert found.retry_after.total_seconds() == 17


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "ValidationFailed", UnreadableReply), (401, "Unauthorized", ReauthorizationRequired),
        (403, "Forbidden", PermissionInsufficient), (403, "InsufficientPermissions", PermissionInsufficient),
        (429, "TooManyRequests", BrokerageRateLimited), (500, "GeneralError", BrokerageUnavailable),
        (500, "UnhandledException", BrokerageUnavailable),
    ],
)  # fmt: skip
def test_each_code_of_an_error_means_what_its_status_says(
    status: int, code: str, kind: type[Failure]
) -> None:
    assert type(failure(answer({"errorCode": code, "errorMessage": code}, status))) is kind


@pytest.mark.parametrize(
    "body",
    [
        {"errorCode": "Forbidden", "errorMessage": "no"},
        {"code": "Forbidden", "message": "no", "requestId": "3f2b8f0e"},
        {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "no"},
    ],
    ids=["usual", "balances", "problem details"],
)
def test_an_error_s_body_has_one_of_three_forms(body: dict[str, Any]) -> None:
    assert type(failure(answer(body, 403))) is PermissionInsufficient


def test_a_web_page_with_403_is_the_guard_in_front() -> None:
    guard = Response(403, {"content-type": "text/html; charset=UTF-8"}, b"<html>")

    assert isinstance(failure(guard), BrokerageUnavailable)


def test_instruments_are_asked_for_by_25_at_most_and_never_again() -> None:
    (instruments,) = [one for one in KEYS.references if one.scheme == "instrument"]

    assert (instruments.batch, instruments.lasting) == (25, True)


def test_pages_are_no_longer_than_they_may_be_and_the_first_day_less_than_a_year_ago() -> None:
    first = history.take(answer(portfolio()), call())
    query = dict(history.ask(call(cursor=first.cursor)).query)

    assert int(query["pageSize"]) <= 200
    assert query["minDate"] > NOW.date().replace(year=NOW.year - 1).isoformat()
    assert history.LEDGER_SIZE <= 500


# ---- the sandbox


def test_the_sandbox_tells_limits_in_etoro_s_words_and_headers() -> None:
    played = create("etoro", 7, "plain", NOW.date())
    known = played.credentials()
    headers = {
        "x-api-key": known["api_key"], "x-user-key": known["user_key"],
        "x-request-id": "3f2b8f0e-7d0c-4b5e-9a57-0f3a2f6f9a10",
    }  # fmt: skip
    stage = Stage([Faulty(played, faults=[parse_fault("429@2")])])
    good, refused = (
        stage.hear("GET", f"{BASE}/etoro/api/v1/me", headers, b"", NOW, BASE).response for _ in range(2)
    )

    assert (good.status, good.headers["x-ratelimit-limit"]) == (200, "60")
    assert refused.json == {"errorCode": "TooManyRequests", "errorMessage": "Too many requests"}
    assert refused.headers["retry-after"].isdigit()
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert int(refused.headers["x-ratelimit-reset"]) > NOW.timestamp()
