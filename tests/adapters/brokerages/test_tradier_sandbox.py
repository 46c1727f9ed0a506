"""Tradier's sandbox: its truth comes out of the parser, and it refuses what Tradier refuses, in its words."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import conformance
import doors
import msgspec
import pytest

from adapters.brokerages.tradier import CARD
from adapters.kit.wire import Response
from adapters.sandbox.create import create
from adapters.sandbox.faults import Faulty, parse_fault
from adapters.sandbox.stage import Stage
from domain.ports.brokerage import Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("persona", ["plain", "empty"])
async def test_reading_the_sandbox_gives_the_truth(seed: int, persona: str) -> None:
    door, sandbox = conformance.played("tradier", seed, persona)
    grant = await door.begin(doors.given("tradier", sandbox.credentials()), "")
    assert isinstance(grant, Grant)

    assert (
        conformance.differences(await conformance.read_all(door, grant), conformance.expected(sandbox)) == []
    )


class Desk:
    """The sandbox, asked by hand."""

    def __init__(self, persona: str = "plain", *faults: str) -> None:
        self.box = create("tradier", 7, persona, NOW.date())
        self.stage = Stage([Faulty(self.box, faults=[parse_fault(fault) for fault in faults])])
        self.known = self.box.credentials()
        self.account = self.known["account_number"]

    def send(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b"", now: datetime = NOW
    ) -> Response:
        url = f"{conformance.BASE}/tradier{path}"
        return self.stage.hear(method, url, headers, body, now, conformance.BASE).response

    def ask(
        self, path: str, token: str = "", accept: str = "application/json", now: datetime = NOW
    ) -> Response:
        token = token or self.known["token"]
        return self.send("GET", path, {"authorization": f"Bearer {token}", "accept": accept}, now=now)

    def get(self, path: str, now: datetime = NOW) -> Any:
        told = self.ask(path, now=now)
        assert told.status == 200, told.body
        return msgspec.json.decode(told.body)

    def code(self) -> str:
        asked = urlencode({"client_id": self.known["client_id"], "scope": "read,market", "state": "s"})
        page = self.send("GET", f"/v1/oauth/authorize?{asked}", {})
        return parse_qs(urlsplit(page.headers["location"]).query)["code"][0]

    def exchange(self, code: str, now: datetime = NOW, kind: str = "x-www-form-urlencoded") -> Response:
        pair = f"{self.known['client_id']}:{self.known['client_secret']}"
        headers = {
            "authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
            "content-type": f"application/{kind}",
        }
        form = {"grant_type": "authorization_code", "code": code}
        body = urlencode(form).encode() if "form" in kind else msgspec.json.encode(form)
        return self.send("POST", "/v1/oauth/accesstoken", headers, body, now)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_wrong_token_is_refused_with_the_gateway_s_fault(desk: Desk) -> None:
    refused = desk.ask("/v1/user/profile", "wrong")

    assert (refused.status, b"keymanagement.service.invalid_access_token" in refused.body) == (401, True)


def test_an_account_of_nobody_is_not_found(desk: Desk) -> None:
    for path in ("balances", "positions", "history"):
        told = desk.ask(f"/v1/accounts/nobody/{path}")
        assert (told.status, told.body) == (404, b'{"errors":{"error":"Account not found"}}')


@pytest.mark.parametrize("question", ["limit=5000", "limit=0", "page=0", "page=x", "start=soon"])
def test_a_parameter_that_makes_no_sense_is_refused_in_plain_text(desk: Desk, question: str) -> None:
    told = desk.ask(f"/v1/accounts/{desk.account}/history?{question}")

    assert (told.status, told.headers["content-type"].partition(";")[0]) == (400, "text/plain")
    assert told.body.startswith(b"Invalid parameter")


def test_without_accept_the_answer_is_xml(desk: Desk) -> None:
    told = desk.ask("/v1/user/profile", accept="*/*")

    assert told.headers["content-type"] == "application/xml"
    assert told.body.startswith(b"<?xml")


def test_the_headers_of_the_limit_count_each_minute_and_quotes_for_themselves(desk: Desk) -> None:
    def limits(path: str, now: datetime = NOW) -> tuple[str, ...]:
        headers = desk.ask(path, now=now).headers
        return tuple(headers[f"x-ratelimit-{name}"] for name in ("allowed", "used", "available", "expiry"))

    soon = str((int(NOW.timestamp()) + 60) * 1000)
    assert limits("/v1/user/profile") == ("120", "1", "119", soon)
    assert limits("/v1/user/profile") == ("120", "2", "118", soon)
    assert limits("/v1/markets/quotes?symbols=X") == ("120", "1", "119", soon)
    assert limits("/v1/user/profile", NOW + timedelta(minutes=1))[1] == "1"


def test_too_many_calls_are_told_with_nothing_left_of_the_quota() -> None:
    told = Desk("plain", "429@*").ask("/v1/user/profile")

    assert (told.status, told.headers["x-ratelimit-available"]) == (429, "0")


def test_a_fault_of_the_backend_is_told_as_a_datastore_error() -> None:
    told = Desk("plain", "500@*").ask("/v1/user/profile")

    assert (told.status, b'"faultstring":"Datastore Error"' in told.body) == (500, True)


def test_history_is_filled_at_night(desk: Desk) -> None:
    path = f"/v1/accounts/{desk.account}/history?limit=1"
    newest = desk.get(path)["history"]["event"]["date"][:10]
    that_day = datetime.fromisoformat(f"{newest}T17:00:00Z")

    assert desk.get(path, that_day)["history"]["event"]["date"][:10] < newest
    assert desk.get(path, that_day + timedelta(days=1))["history"]["event"]["date"][:10] == newest


def test_orders_of_earlier_days_are_not_told(desk: Desk) -> None:
    assert desk.get(f"/v1/accounts/{desk.account}/orders") == {"orders": "null"}


def test_one_row_is_an_object_and_none_is_the_word_null(desk: Desk) -> None:
    path = f"/v1/accounts/{desk.account}/history"

    assert isinstance(desk.get(f"{path}?limit=1")["history"]["event"], dict)
    assert isinstance(desk.get(f"{path}?limit=2")["history"]["event"], list)
    assert desk.get(f"{path}?page=1000") == {"history": "null"}


def test_equity_is_zero_and_close_is_null_while_the_market_is_open(desk: Desk) -> None:
    balances = desk.get(f"/v1/accounts/{desk.account}/balances")["balances"]
    symbol = desk.get(f"/v1/accounts/{desk.account}/positions")["positions"]["position"][0]["symbol"]

    assert balances["equity"] == 0 < balances["total_equity"]
    assert desk.get(f"/v1/markets/quotes?symbols={symbol}")["quotes"]["quote"]["close"] is None


def test_a_symbol_that_is_not_known_is_named_apart(desk: Desk) -> None:
    def quotes(symbols: str) -> Any:
        return desk.get(f"/v1/markets/quotes?symbols={symbols}")["quotes"]

    assert quotes("NOTREAL") == {"unmatched_symbols": {"symbol": "NOTREAL"}}
    assert quotes("NOTREAL,NEITHER") == {"unmatched_symbols": {"symbol": ["NOTREAL", "NEITHER"]}}


@pytest.mark.parametrize(("seconds", "status"), [(599, 200), (600, 400)])
def test_a_code_lives_ten_minutes(desk: Desk, seconds: int, status: int) -> None:
    assert desk.exchange(desk.code(), NOW + timedelta(seconds=seconds)).status == status


def test_a_code_works_once_and_is_told_in_a_form(desk: Desk) -> None:
    code = desk.code()

    assert desk.exchange(code, kind="json").status == 400
    assert [desk.exchange(code).status for _ in range(2)] == [200, 400]


def test_an_access_token_lives_a_day(desk: Desk) -> None:
    token = msgspec.json.decode(desk.exchange(desk.code()).body)["access_token"]

    assert desk.ask("/v1/user/profile", token, now=NOW + timedelta(hours=23, minutes=59)).status == 200
    assert desk.ask("/v1/user/profile", token, now=NOW + timedelta(hours=24)).status == 401


def test_the_card_keeps_one_feed_for_both_doors() -> None:
    assert {read.name for door in CARD.doors for read in door.transactions} == {"history"}
