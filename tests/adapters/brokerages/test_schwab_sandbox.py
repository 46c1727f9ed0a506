"""Schwab's sandbox refuses what Schwab refuses, and reading it gives the truth."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import clickable
import conformance
import msgspec
import pytest

from adapters.brokerages.schwab import CARD
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from adapters.sandbox.create import create
from adapters.sandbox.faults import Faulty, parse_fault
from adapters.sandbox.stage import Stage
from domain.challenges import Answer
from domain.errors import Failure, ReauthorizationRequired, UnreadableReply
from domain.ports.brokerage import Asked, Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
Asking = Callable[[str], Response]
HOURS = "startDate=2026-01-01T00:00:00.000Z&endDate=2026-11-25T00:00:00.000Z"


@dataclass
class Schwab:
    """A sandbox, asked in memory at a time of our own."""

    seed: int = 7
    persona: str = "plain"
    rows: int | None = None
    faults: tuple[str, ...] = ()
    now: datetime = NOW
    paths: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.box = create("schwab", self.seed, self.persona, NOW.date(), rows=self.rows)
        self.stage = Stage([Faulty(self.box, faults=[parse_fault(fault) for fault in self.faults])])
        self.given = self.box.credentials()
        self.wire = MemoryWire(self._answer)
        hosts = conformance.hosts("schwab")
        self.door = CardDoor(
            CARD, CARD.doors[0], self.wire, hosts=hosts, clock=lambda: self.now, limited=False
        )

    def _answer(self, request: Request, url: str) -> Response:
        self.paths.append(urlsplit(url).path.removeprefix("/schwab"))
        headers = dict(request.headers)
        return self.stage.hear(
            request.method, url, headers, request.body, self.now, conformance.BASE
        ).response

    def ask(self, method: str, path: str, token: str = "", body: str = "", **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            named["authorization"] = f"Bearer {token}"
        url = f"{conformance.BASE}/schwab{path}"
        return self.stage.hear(method, url, named, body.encode(), self.now, conformance.BASE).response

    def authorize(self, **changes: str) -> Response:
        query = {"client_id": self.given["app_key"], "redirect_uri": self.given["callback_url"], "state": "s"}
        return self.ask("GET", f"/v1/oauth/authorize?{urlencode(query | changes)}")

    def code(self) -> str:
        return parse_qs(urlsplit(self.authorize().headers["location"]).query)["code"][0]

    def token(self, **form: str) -> Response:
        basic = base64.b64encode(f"{self.given['app_key']}:{self.given['app_secret']}".encode()).decode()
        kind = "application/x-www-form-urlencoded"
        return self.ask(
            "POST", "/v1/oauth/token", "", urlencode(form), authorization=f"Basic {basic}", content_type=kind
        )

    def exchanged(self) -> dict[str, Any]:
        callback = self.given["callback_url"]
        told = self.token(grant_type="authorization_code", code=self.code(), redirect_uri=callback)
        assert told.status == 200
        tokens: dict[str, Any] = decoded(told)
        return tokens

    async def signed_in(self) -> Grant:
        return await signed_in(self.door, self.wire, self.given)


def decoded(response: Response) -> Any:
    return msgspec.json.decode(response.body)


async def signed_in(door: CardDoor, wire: MemoryWire, given: dict[str, str]) -> Grant:
    asked = await door.begin(given, "")
    assert isinstance(asked, Asked)
    hosts = conformance.hosts("schwab")
    page = await wire.send(Request("GET", asked.challenge.authorize_url or ""), hosts)
    grant = await door.hear(asked.state, Answer(callback_url=page.headers["location"]))
    assert isinstance(grant, Grant)
    return grant


# Reading gives the truth.


@pytest.mark.parametrize("seed", range(1, 31))
async def test_reading_the_sandbox_gives_the_truth_figure_by_figure(seed: int) -> None:
    schwab = Schwab(seed)

    told = await conformance.read_all(schwab.door, await schwab.signed_in())

    assert conformance.differences(told, conformance.expected(schwab.box)) == []


async def test_a_history_of_more_rows_than_an_answer_holds_is_read_in_halves() -> None:
    schwab = Schwab(rows=10_500)

    told = await conformance.read_all(schwab.door, await schwab.signed_in())

    assert conformance.differences(told, conformance.expected(schwab.box)) == []
    assert max(len(account["transactions"]) for account in told) == 10_500


async def test_an_account_without_holdings_is_read_as_empty() -> None:
    schwab = Schwab(persona="empty")

    told = await conformance.read_all(schwab.door, await schwab.signed_in())

    assert [(account["positions"], account["transactions"]) for account in told] == [([], []), ([], [])]


async def test_rows_that_come_while_one_reads_are_all_there_at_the_next_read() -> None:
    schwab = Schwab(persona="growing")
    grant = await schwab.signed_in()
    first = await conformance.read_all(schwab.door, grant)
    await conformance.read_all(schwab.door, grant)

    told = await conformance.read_all(schwab.door, grant)

    assert conformance.differences(told, conformance.expected(schwab.box)) == []
    assert len(told[0]["transactions"]) > len(first[0]["transactions"])


async def test_failing_preferences_and_market_data_hide_neither_accounts_nor_history() -> None:
    schwab = Schwab(faults=("500@/userPreference", "401@/marketdata/"))
    grant = await schwab.signed_in()

    accounts = await schwab.door.accounts(grant)
    page = await schwab.door.history(grant, accounts.rows[0], "transactions", None, None)

    assert [account.name for account in accounts.rows] == [f"Schwab {a.number[-4:]}" for a in accounts.rows]
    assert accounts.notes.words == {"preference.BROKERAGE_UNAVAILABLE": 1}
    assert page.notes.words["name.REAUTHORIZATION_REQUIRED"] == 1
    assert len(page.transactions) > 10
    assert schwab.paths.count("/marketdata/v1/instruments") <= 2


async def test_failing_account_types_fail_the_list() -> None:
    schwab = Schwab(faults=("html-200@/trader/v1/accounts#2",))
    grant = await schwab.signed_in()

    with pytest.raises(UnreadableReply):
        await schwab.door.accounts(grant)


async def test_a_grant_is_renewed_until_the_login_is_seven_days_old() -> None:
    schwab = Schwab()
    grant = await schwab.signed_in()
    for _ in range(6):
        schwab.now += timedelta(days=1)
        grant = await schwab.door.renew(grant)
    assert grant.renewable_until == NOW + timedelta(days=7)
    assert (await schwab.door.accounts(grant)).rows

    schwab.now = NOW + timedelta(days=7, seconds=1)

    with pytest.raises(ReauthorizationRequired):
        await schwab.door.renew(grant)


async def test_a_customer_who_takes_the_consent_back_must_sign_in_again() -> None:
    schwab = Schwab()
    grant = await schwab.signed_in()
    schwab.box.play.revoked = True

    with pytest.raises(ReauthorizationRequired):
        await schwab.door.accounts(grant)
    with pytest.raises(ReauthorizationRequired):
        await schwab.door.renew(grant)


async def test_what_a_read_cannot_trust_is_a_failure_and_never_empty() -> None:
    for name in ("400", "403", "404", "410", "html-200", "empty-object", "null-body", "missing-key", "nan"):
        schwab = Schwab(faults=(f"{name}@/accounts/#2",))
        grant = await schwab.signed_in()
        account = (await schwab.door.accounts(grant)).rows[0]

        with pytest.raises(Failure):
            await schwab.door.positions(grant, account)


# What the sandbox refuses.


def test_the_redirect_brings_a_code_that_ends_in_an_encoded_at_sign_and_the_state() -> None:
    schwab = Schwab()

    told = schwab.authorize(state="a b")

    assert told.status == 302
    assert told.headers["location"].startswith("https://127.0.0.1:8182?code=C0.")
    assert "%40&session=" in told.headers["location"]
    assert told.headers["location"].endswith("&state=a%20b")


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "https://127.0.0.1:8182/"},
        {"redirect_uri": "http://127.0.0.1:8182"},
        {"redirect_uri": "https://localhost:8182"},
        {"redirect_uri": "http://app.example/back"},
        {"client_id": "SOMEBODY-ELSE"},
        {"response_type": "token"},
    ],
)
def test_a_wrong_callback_or_key_gets_a_page_and_no_redirect(change: dict[str, str]) -> None:
    told = Schwab().authorize(**change)

    assert told.status >= 400
    assert b"Access Denied" in told.body


def test_with_a_person_there_is_a_page_to_click_first() -> None:
    box = create("schwab", 7, interactive=True)
    given = box.credentials()
    wanted = {
        "client_id": given["app_key"],
        "redirect_uri": given["callback_url"],
        "state": '"><script>&amp;',
    }
    address = f"{conformance.BASE}/schwab/v1/oauth/authorize"
    stage = Stage([box])

    told = stage.hear("GET", f"{address}?{urlencode(wanted)}", {}, b"", NOW, conformance.BASE)
    (form,) = clickable.forms(told.body)
    agreed = stage.hear(form.method, form.url, {}, b"", NOW, conformance.BASE)

    assert told.status == 200
    assert b"<script>" not in told.body
    assert form.url == f"{address}?{urlencode(wanted | {'agreed': 'yes'})}"
    assert agreed.status == 302
    assert parse_qs(urlsplit(dict(agreed.headers)["location"]).query)["state"] == [wanted["state"]]


def test_a_code_is_good_once_for_half_a_minute_and_with_its_own_callback() -> None:
    schwab = Schwab()
    form = {"grant_type": "authorization_code", "redirect_uri": schwab.given["callback_url"]}
    used, late, other = schwab.code(), schwab.code(), schwab.code()
    assert schwab.token(**form, code=used).status == 200

    assert schwab.token(**form, code=used).status == 400
    assert schwab.token(**form | {"redirect_uri": "https://127.0.0.1"}, code=other).status == 400
    assert schwab.token(**form, code="C0.guessed@").status == 400
    schwab.now += timedelta(seconds=31)
    assert decoded(schwab.token(**form, code=late)) == {"error": "invalid_grant"}


def test_the_token_endpoint_wants_basic_authentication_and_a_form() -> None:
    schwab = Schwab()
    wrong = base64.b64encode(b"key:secret").decode()
    kind = "application/x-www-form-urlencoded"
    path = "/v1/oauth/token"

    refused = schwab.ask("POST", path, "", "grant_type=x", authorization=f"Basic {wrong}", content_type=kind)

    assert (refused.status, decoded(refused)["error"]) == (401, "invalid_client")
    assert schwab.ask("POST", path, "", "{}", content_type="application/json").status == 400
    assert schwab.token(grant_type="password").status == 400


def test_a_refresh_token_is_rotated_and_using_the_old_one_kills_the_lineage() -> None:
    schwab = Schwab()
    first = schwab.exchanged()

    second = decoded(schwab.token(grant_type="refresh_token", refresh_token=first["refresh_token"]))
    again = schwab.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    dead = schwab.token(grant_type="refresh_token", refresh_token=second["refresh_token"])

    assert second["refresh_token"] != first["refresh_token"]
    assert (again.status, dead.status) == (400, 400)
    assert b"refresh_token_authentication_error" in dead.body


def test_data_wants_a_living_token() -> None:
    schwab = Schwab()
    access = schwab.exchanged()["access_token"]
    assert schwab.ask("GET", "/trader/v1/accounts", access).status == 200

    for token in ("", "I0.guessed@"):
        refused = schwab.ask("GET", "/trader/v1/accounts", token)
        assert refused.status == 401
        assert decoded(refused)["errors"][0]["detail"] == "Client not authorized"
        assert refused.headers["schwab-client-correlid"]
    schwab.now += timedelta(minutes=30)
    assert schwab.ask("GET", "/trader/v1/accounts", access).status == 401


def test_a_plain_number_is_no_path_and_the_list_takes_a_final_slash() -> None:
    schwab = Schwab()
    access = schwab.exchanged()["access_token"]
    number = schwab.box.play.accounts[0].number

    refused = schwab.ask("GET", f"/trader/v1/accounts/{number}", access)

    assert (refused.status, decoded(refused)) == (400, {"message": "Invalid account number"})
    assert len(decoded(schwab.ask("GET", "/trader/v1/accounts/?fields=positions", access))) == 2
    assert schwab.ask("GET", "/trader/v1/accounts/accountNumbers/", access).status == 404
    assert schwab.ask("GET", "/trader/v1/nothing", access).status == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (HOURS, 200),
        (f"{HOURS}&types=TRADE", 200),
        (f"{HOURS}&types=TRADE,JOURNAL", 200),
        ("startDate=2026-01-01T00:00:00Z&endDate=2026-11-25T00:00:00Z", 200),
        (f"{HOURS}&types=TRADE,RAFFLE", 400),
        ("startDate=2026-01-01&endDate=2026-11-25", 400),
        ("startDate=2026-01-01T00:00:00.000Z", 400),
        ("startDate=2025-01-01T00:00:00.000Z&endDate=2026-11-25T00:00:00.000Z", 400),
        ("startDate=2026-11-25T00:00:00.000Z&endDate=2026-01-01T00:00:00.000Z", 400),
    ],
)
def test_history_wants_a_year_at_most_and_takes_one_type_a_list_or_none(query: str, status: int) -> None:
    schwab = Schwab()
    access = schwab.exchanged()["access_token"]
    account = schwab.box.play.accounts[0]

    told = schwab.ask("GET", f"/trader/v1/accounts/{account.hash}/transactions?{query}", access)

    assert told.status == status


WINDOW = HOURS.replace("startDate", "fromEnteredTime").replace("endDate", "toEnteredTime")


@pytest.fixture(scope="module")
def asking() -> Asking:
    schwab = Schwab()
    access = schwab.exchanged()["access_token"]
    base = f"/trader/v1/accounts/{schwab.box.play.accounts[0].hash}"
    return lambda path: schwab.ask("GET", path.replace("~", base, 1), access)


def test_a_single_transaction_comes_as_a_list_of_one(asking: Asking) -> None:
    row = decoded(asking(f"~/transactions?{HOURS}&types=TRADE"))[0]

    assert decoded(asking(f"~/transactions/{row['activityId']}")) == [row]
    assert asking("~/transactions/1").status == 404


def test_an_order_tells_its_account_as_a_number(asking: Asking) -> None:
    order = decoded(asking(f"~/orders?{WINDOW}"))[0]

    assert isinstance(order["accountNumber"], int)
    assert decoded(asking(f"~/orders/{order['orderId']}")) == order


def test_a_cancelled_order_may_show_an_execution_that_is_none(asking: Asking) -> None:
    order = decoded(asking(f"~/orders?{WINDOW}&status=CANCELED"))[0]

    (activity,) = order["orderActivityCollection"]
    assert (activity["activityType"], activity["executionType"]) == ("EXECUTION", "CANCELED")
    assert (order["filledQuantity"], "executionLegs" in activity) == (0, False)


def test_orders_of_all_accounts_go_back_sixty_days_and_those_of_one_a_year(asking: Asking) -> None:
    recent = WINDOW.replace("2026-01-01", "2026-10-01")

    assert [asking(f"/trader/v1/orders?{one}").status for one in (WINDOW, recent)] == [400, 200]
    assert asking(f"~/orders?{WINDOW}").status == 200


def test_symbols_that_nobody_knows_stand_beside_the_quotes(asking: Asking) -> None:
    order = decoded(asking(f"~/orders?{WINDOW}"))[0]
    symbol = order["orderLegCollection"][0]["instrument"]["symbol"]

    quotes = decoded(asking(f"/marketdata/v1/quotes?symbols={quote(symbol)},NOPE"))

    assert set(quotes) == {symbol, "errors"}
    assert quotes["errors"] == {"invalidSymbols": ["NOPE"]}
    assert asking(f"/marketdata/v1/quotes?symbols={'A,' * 501}").status == 400


def test_an_error_of_market_data_tells_its_status_as_a_text_or_a_number(asking: Asking) -> None:
    refused = asking("/marketdata/v1/instruments?symbol=XMPL")
    unknown = Schwab().ask("GET", "/marketdata/v1/instruments?symbol=XMPL")

    assert (refused.status, decoded(refused)["errors"][0]["status"]) == (400, "400")
    assert (unknown.status, decoded(unknown)["errors"][0]["status"]) == (401, 401)
    assert decoded(refused)["errors"][0]["source"] == {"parameter": "projection"}


def test_an_error_of_the_trader_may_be_a_message_alone(asking: Asking) -> None:
    known, unknown = asking("~/orders"), asking("/trader/v1/accounts/70001234")

    assert decoded(known).keys() == {"message", "errors"}
    assert decoded(unknown) == {"message": "Invalid account number"}


def test_every_answer_but_pages_carries_an_id_to_tell_schwab(asking: Asking) -> None:
    for path in ("/trader/v1/accounts", "/trader/v1/nothing", "/marketdata/v1/quotes"):
        assert asking(path).headers["schwab-client-correlid"]


def test_an_internal_error_is_a_page_and_no_json() -> None:
    schwab = Schwab(faults=("500@/trader/v1/accounts",))

    told = schwab.ask("GET", "/trader/v1/accounts", schwab.exchanged()["access_token"])

    assert (told.status, b"Whitelabel Error Page" in told.body) == (500, True)


def test_every_fifth_customer_gets_other_shapes_and_false_for_figures() -> None:
    schwab = Schwab(seed=5)
    access = schwab.exchanged()["access_token"]

    listed = decoded(schwab.ask("GET", "/trader/v1/accounts?fields=positions", access))
    preferences = decoded(schwab.ask("GET", "/trader/v1/userPreference", access))

    held = [row for one in listed["accounts"] for row in one["securitiesAccount"].get("positions", ())]
    assert False in [row["shortQuantity"] for row in held]
    assert isinstance(preferences, list)
