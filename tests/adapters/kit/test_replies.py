"""What each status means, and how long a brokerage asks us to wait."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kit.replies import MAX_WAIT, failure_of, retry_after
from adapters.kit.wire import Response
from domain.errors import Actor, NobodyYet

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)


def answer(status: int = 429, body: bytes = b"", **headers: str) -> Response:
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "REAUTHORIZATION_REQUIRED"),
        (403, "PERMISSION_INSUFFICIENT"),
        (404, "BROKERAGE_RESPONSE_UNREADABLE"),
        (410, "BROKERAGE_RESPONSE_UNREADABLE"),
        (400, "BROKERAGE_RESPONSE_UNREADABLE"),
        (418, "BROKERAGE_RESPONSE_UNREADABLE"),
        (429, "BROKERAGE_RATE_LIMITED"),
        (500, "BROKERAGE_UNAVAILABLE"),
        (408, "BROKERAGE_UNAVAILABLE"),
        (425, "BROKERAGE_UNAVAILABLE"),
        (502, "BROKERAGE_UNAVAILABLE"),
        (503, "BROKERAGE_UNAVAILABLE"),
        (599, "BROKERAGE_UNAVAILABLE"),
        (301, "BROKERAGE_RESPONSE_UNREADABLE"),
        (302, "BROKERAGE_RESPONSE_UNREADABLE"),
        (304, "BROKERAGE_RESPONSE_UNREADABLE"),
    ],
)
def test_a_status_has_one_meaning(status: int, reason: str) -> None:
    failure = failure_of(answer(status), NOW)

    assert failure is not None
    assert (failure.reason, failure.status) == (reason, status)


@pytest.mark.parametrize("status", [200, 201, 204, 206])
def test_a_success_is_none_and_its_body_is_not_looked_into(status: int) -> None:
    assert failure_of(answer(status, b'{"error":"no"}', content_type="application/json"), NOW) is None


@pytest.mark.parametrize(
    "page",
    [
        answer(200, b"{}", content_type="text/html; charset=utf-8"),
        answer(200, b"{}", content_type="TEXT/HTML"),
        answer(200, b"\n\n  <!DOCTYPE html><html>"),
        answer(200, b"<HTML>"),
        answer(200, b"<html lang=en>", content_type="application/json"),
        answer(200, b"", content_type="application/xhtml+xml"),
    ],
)
def test_a_page_where_data_belongs_is_no_success(page: Response) -> None:
    failure = failure_of(page, NOW)

    assert failure is not None
    assert (failure.reason, failure.actor) == ("BROKERAGE_RESPONSE_UNREADABLE", Actor.OPERATOR)


def test_a_page_with_503_is_maintenance_and_tells_until_when() -> None:
    failure = failure_of(answer(503, b"<html>", retry_after="120"), NOW)

    assert failure is not None
    assert (failure.reason, failure.retry_after) == ("BROKERAGE_MAINTENANCE", timedelta(minutes=2))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_carries_the_wait_that_was_asked_for(status: int) -> None:
    failure = failure_of(answer(status, retry_after="7"), NOW)

    assert isinstance(failure, NobodyYet)
    assert failure.retry_after == timedelta(seconds=7)


@given(st.integers(0, 99_999_999))
def test_seconds_are_seconds_and_at_most_a_day(seconds: int) -> None:
    assert retry_after(answer(retry_after=f" {seconds} "), NOW) == min(timedelta(seconds=seconds), MAX_WAIT)


@given(st.integers(-100_000, 100_000))
def test_a_date_is_the_time_until_then_and_never_negative(seconds: int) -> None:
    then = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)

    told = retry_after(answer(retry_after=then), NOW)

    assert told == min(max(timedelta(seconds=seconds), timedelta(0)), MAX_WAIT)


def test_a_date_without_a_zone_is_taken_for_utc() -> None:
    assert retry_after(answer(retry_after="Mon, 04 May 2026 12:31:00"), NOW) == timedelta(minutes=1)


@pytest.mark.parametrize(
    "told", ["", "soon", "-1", "1e5", "1.5", "9" * 40, "²", "\u0661", "Mon, 99 Foo 2020 99:99:99 GMT"]
)
def test_what_is_no_wait_is_none(told: str) -> None:
    assert retry_after(answer(retry_after=told), NOW) is None


@given(st.text(st.characters(codec="latin-1"), max_size=40))
def test_no_header_whatever_it_says_breaks_the_reading(told: str) -> None:
    wait = retry_after(answer(retry_after=told), NOW)

    assert wait is None or timedelta(0) <= wait <= MAX_WAIT
