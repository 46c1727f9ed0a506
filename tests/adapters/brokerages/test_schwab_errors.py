"""Schwab's limits and errors: whose calls it counts, and what its bodies and pages mean."""

import json

import conformance
import pytest

from adapters.brokerages.schwab import CARD, OAUTH
from adapters.kit.card import Counted, Rate
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import (
    BrokerageUnavailable,
    Failure,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant, Page

GRANT = Grant({"access_token": "I0.a@"})
ACCOUNT = AccountTold("70001234", "Trading", "70001234", AccountKind.MARGIN, routing={"hash": "9F2C"})
JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html"}
FAULT = {
    "fault": {"faultstring": "Body buffer overflow", "detail": {"errorcode": "protocol.http.TooBigBody"}}
}
DENIED = b"<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD></HTML>"
WHITELABEL = b"<html><body><h1>Whitelabel Error Page</h1></body></html>"


def said(status: int, value: object) -> Response:
    return Response(status, JSON, json.dumps(value).encode())


def door(response: Response) -> CardDoor:
    return CardDoor(CARD, OAUTH, MemoryWire(lambda _request, _url: response), limited=False)


async def old(response: Response) -> Page:
    """A window that lies beyond the two years that are known to work."""
    cursor = "2020-01-01T00:00:00+00:00/31449600"
    return await door(response).history(GRANT, ACCOUNT, "transactions", None, cursor)


def test_the_limit_is_120_calls_a_minute_for_all_users_of_an_app() -> None:
    assert OAUTH.rates["default"] == Rate(120, 60.0, Counted.APP)


async def test_a_400_in_the_traders_own_words_ends_a_history_beyond_two_years() -> None:
    page = await old(said(400, {"message": "Bad Request", "errors": ["startDate"]}))

    assert (page.transactions, page.cursor) == ((), None)


async def test_a_hash_that_is_not_known_is_a_failure_and_never_the_end_of_a_history() -> None:
    with pytest.raises(UnreadableReply):
        await old(said(400, {"message": "Invalid account number"}))


@pytest.mark.parametrize("response", [said(400, FAULT), Response(400, HTML, DENIED), Response(400, JSON)])
async def test_what_the_gateway_refuses_is_a_failure_and_never_the_end_of_a_history(
    response: Response,
) -> None:
    with pytest.raises(UnreadableReply):
        await old(response)


@pytest.mark.parametrize(
    ("response", "failure"),
    [
        (Response(500, HTML, WHITELABEL), BrokerageUnavailable),
        (said(502, FAULT), BrokerageUnavailable),
        (Response(403, HTML, DENIED), PermissionInsufficient),
        (Response(200, HTML, DENIED), UnreadableReply),
        (Response(200, {}, DENIED), UnreadableReply),
    ],
)
def test_pages_and_faults_of_the_gateway_are_told_by_type_and_status(
    response: Response, failure: type[Failure]
) -> None:
    assert type(conformance.meant(door(response), response)) is failure


def test_a_whitelabel_page_says_that_the_app_may_not_be_ready() -> None:
    found = conformance.meant(door(Response(204)), Response(500, HTML, WHITELABEL))

    assert found is not None
    assert "not ready for use" in found.message


@pytest.mark.parametrize("status", [401, "401"])
async def test_a_client_that_is_not_authorized_is_asked_to_sign_in_again(status: object) -> None:
    error = {"id": "x", "status": status, "title": "Unauthorized", "detail": "Client not authorized"}

    with pytest.raises(ReauthorizationRequired):
        await door(said(401, {"errors": [error]})).accounts(GRANT)
