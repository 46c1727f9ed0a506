"""Tradier's limits, and its errors: four shapes, some with status 200, and one that passes by itself."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.brokerages.tradier import CARD, TOKEN, reads
from adapters.kit.card import Counted
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.replies import failure_of
from adapters.kit.wire import Request, Response
from domain.errors import (
    BrokerageMaintenance,
    BrokerageRateLimited,
    BrokerageUnavailable,
    Failure,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)


def failure(body: str, status: int = 200, kind: str = "application/json") -> Failure | None:
    answer = Response(status, {"content-type": kind}, body.encode())
    return reads.explain(answer) or failure_of(answer, NOW)


@pytest.mark.parametrize("group", ["default", "market"])
def test_120_calls_a_minute_and_120_for_quotes_are_counted_for_each_token(group: str) -> None:
    rate = TOKEN.rates[group]

    assert (rate.calls, rate.per, rate.counted) == (120, 60, Counted.CREDENTIAL)
    assert reads.ask_quotes(("quote:X",), None).group == "market"  # type: ignore[arg-type]  # not looked at


async def test_every_request_asks_for_json() -> None:
    heard: list[Request] = []

    def answer(request: Request, _url: str) -> Response:
        heard.append(request)
        return Response(
            200, {}, b'{"profile":{"account":{"account_number":"1","type":"cash","status":"active"}}}'
        )

    door = CardDoor(CARD, TOKEN, MemoryWire(answer), limited=False)
    grant = await door.begin({"token": "secret-token"}, "")
    assert isinstance(grant, Grant)
    await door.accounts(grant)

    assert [dict(request.headers)["Accept"] for request in heard] == ["application/json"] * 2


@pytest.mark.parametrize("error", ['"Account not found"', '["Sell order cannot be placed", "Too late"]'])
@pytest.mark.parametrize("status", [200, 400, 404])
def test_an_error_is_one_sentence_or_a_list_of_them_sometimes_with_status_200(
    error: str, status: int
) -> None:
    assert isinstance(failure(f'{{"errors":{{"error":{error}}}}}', status), UnreadableReply)


@pytest.mark.parametrize("word", ["invalid_access_token", "access_token_expired"])
@pytest.mark.parametrize("status", [200, 401, 500])
def test_a_fault_about_the_token_asks_the_user(word: str, status: int) -> None:
    body = f'{{"fault":{{"faultstring":"No","detail":{{"errorcode":"keymanagement.service.{word}"}}}}}}'

    assert isinstance(failure(body, status), ReauthorizationRequired)


@pytest.mark.parametrize("status", [200, 401, 403, 500])
def test_a_datastore_error_passes_by_itself_whatever_its_status(status: int) -> None:
    body = '{"fault":{"faultstring":"Datastore Error","detail":{"errorcode":"datastore.ErrorResponse"}}}'

    assert isinstance(failure(body, status), BrokerageUnavailable)


@pytest.mark.parametrize("text", ["Invalid account", "order already in finalized state: filled"])
def test_an_error_may_be_plain_text(text: str) -> None:
    assert isinstance(failure(text, 400, "text/plain"), UnreadableReply)


@pytest.mark.parametrize(("status", "kind"), [(200, UnreadableReply), (503, BrokerageMaintenance)])
def test_maintenance_is_a_page_and_never_data(status: int, kind: type[Failure]) -> None:
    assert isinstance(failure("<html>Back soon</html>", status, "text/html"), kind)


def test_a_quota_violation_with_400_waits_for_the_next_minute() -> None:
    told = failure("Quota Violation", 400, "text/plain")

    assert isinstance(told, BrokerageRateLimited)
    assert told.retry_after == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, '{"errors":{"error":"Unauthorized"}}', ReauthorizationRequired),
        (401, '{"fault":{"faultstring":"Invalid ApiKey"}}', ReauthorizationRequired),
        (403, '{"errors":{"error":"Forbidden"}}', PermissionInsufficient),
        (429, '{"errors":{"error":"Too many requests"}}', BrokerageRateLimited),
        (502, '{"errors":{"error":"Bad gateway"}}', BrokerageUnavailable),
        (503, '{"errors":{"error":"Try later"}}', BrokerageUnavailable),
    ],
)
def test_where_the_status_says_who_must_act_the_body_does_not_say_it_better(
    status: int, body: str, kind: type[Failure]
) -> None:
    assert isinstance(failure(body, status), kind)


@pytest.mark.parametrize("body", ["Invalid account", '{"history":"null"}', "<html>"])
def test_what_is_no_error_of_tradier_s_goes_by_its_status(body: str) -> None:
    assert reads.explain(Response(400, {}, body.encode())) is None
