"""Webull: what its sandbox refuses, how its tokens live and die, and that the truth comes out."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import conformance
import pytest

from adapters.brokerages.webull import pages, sign, signin
from adapters.brokerages.webull.sandbox import Webull
from adapters.kit.door import CardDoor
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response, get, post_json
from adapters.sandbox.create import create
from adapters.sandbox.stage import Stage
from domain.challenges import Answer, ChallengeKind
from domain.errors import (
    ChallengeExpired,
    ChallengeWrong,
    CredentialsRejected,
    HistoryUnavailable,
    PermissionInsufficient,
    ReauthorizationRequired,
)
from domain.ports.brokerage import Asked, Grant
from domain.transactions import Transaction

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
BASE = f"{conformance.BASE}/webull"
Json = dict[str, Any]


def played(seed: int = 3, persona: str = "plain", **more: Any) -> tuple[CardDoor, Webull]:
    door, sandbox = conformance.played("webull", seed, persona, **more)
    return door, cast("Webull", sandbox)


async def signed_in(door: CardDoor, sandbox: Webull) -> Grant:
    outcome = await door.begin(sandbox.credentials(), "")
    while isinstance(outcome, Asked):
        outcome = await door.hear(outcome.state, Answer(approved=True))
    return outcome


# ---- what the sandbox refuses


class Table:
    """The sandbox, asked directly with requests of the adapter's making."""

    def __init__(self, persona: str = "plain") -> None:
        self.sandbox = cast("Webull", create("webull", 3, persona, TODAY))
        self._stage = Stage([self.sandbox])
        self.known = self.sandbox.credentials()
        self.n = 0
        self.now = NOW
        self.token = ""

    @property
    def account(self) -> str:
        return self.sandbox.play.accounts[0].key

    def signed(self, request: Request, algorithm: str = sign.SHA256, at: datetime | None = None) -> Request:
        self.n += 1
        moment = Moment(at or self.now, f"{self.n:032x}", {"api": BASE})
        more = (("x-access-token", self.token),) if self.token else ()
        key, secret = self.known["app_key"], self.known["app_secret"]
        return sign.signed(request.with_headers(*more), key, secret, moment, algorithm)

    def raw(self, request: Request) -> Response:
        url, headers = BASE + request.target, dict(request.headers)
        return self._stage.hear(
            request.method, url, headers, request.body, self.now, conformance.BASE
        ).response

    def send(self, request: Request, version: str = "v2") -> Response:
        return self.raw(self.signed(request.with_headers(("x-version", version))))

    def get(self, path: str, *query: tuple[str, str], version: str = "v2") -> Any:
        told = self.send(get(path, *query), version)
        assert told.status == 200, told.text
        return json.loads(told.body)

    def post(self, path: str, body: Json, version: str = "v3") -> Any:
        return json.loads(self.send(post_json(path, body), version).body)

    def code(self, path: str, *query: tuple[str, str], version: str = "v2") -> tuple[int, str]:
        told = self.send(get(path, *query), version)
        body = json.loads(told.body)
        return told.status, body.get("error_code", body.get("error_msg"))


@pytest.fixture
def table() -> Table:
    made = Table()
    made.token = made.post("/auth/tokens/create", {})["token"]
    return made


LIST = get("/openapi/account/list").with_headers(("x-version", "v2"))


def without(request: Request, name: str) -> Request:
    return replace(request, headers=tuple(pair for pair in request.headers if pair[0] != name))


def changed(request: Request, name: str, value: str) -> Request:
    return without(request, name).with_headers((name, value))


def test_both_algorithms_are_taken(table: Table) -> None:
    assert [table.raw(table.signed(LIST, one)).status for one in (sign.SHA1, sign.SHA256)] == [200, 200]


@pytest.mark.parametrize(
    "name",
    ["x-signature", "x-timestamp", "x-signature-version", "x-signature-algorithm", "x-signature-nonce"],
)
def test_a_header_that_lacks_or_is_changed_is_refused(table: Table, name: str) -> None:
    for wrong in (without(table.signed(LIST), name), changed(table.signed(LIST), name, "x")):
        told = table.raw(wrong)

        assert (told.status, json.loads(told.body)["error_code"]) == (401, "UNAUTHORIZED")


def test_another_key_and_none_are_refused_in_its_words(table: Table) -> None:
    other = table.raw(changed(table.signed(LIST), "x-app-key", "k" * 32))
    none = table.raw(without(table.signed(LIST), "x-app-key"))

    assert "correct environment" in json.loads(other.body)["message"]
    assert (other.status, none.status) == (401, 401)
    assert json.loads(none.body)["error_code"] == "MISSING_APP_KEY"


def test_another_query_path_or_body_than_was_signed_is_refused(table: Table) -> None:
    request = table.signed(LIST)
    create = table.signed(post_json("/auth/tokens/create", {}).with_headers(("x-version", "v3")))

    assert table.raw(replace(request, query=(("a", "1"),))).status == 401
    assert table.raw(replace(request, url="/trading/accounts/list")).status == 401
    assert table.raw(replace(create, body=b'{"token":"x"}')).status == 401


def test_a_nonce_is_good_once_and_a_time_for_some_minutes(table: Table) -> None:
    request = table.signed(LIST)

    assert [table.raw(request).status, table.raw(request).status] == [200, 401]
    for minutes in (-11, 11):
        assert table.raw(table.signed(LIST, at=NOW + timedelta(minutes=minutes))).status == 401


def test_errors_come_with_417_and_a_number_of_the_request(table: Table) -> None:
    assert table.code("/openapi/account/list", version="v1") == (417, "ILLEGAL_PARAMETER")
    assert table.code("/openapi/account/list", ("page", "2")) == (417, "ILLEGAL_PARAMETER")
    assert table.code("/openapi/assets/balance", ("account_id", "x")) == (417, "ILLEGAL_PARAMETER")
    assert table.code("/nowhere") == (404, "404 Route Not Found")
    assert table.send(LIST).headers["x-request-id"]


def test_without_a_token_nothing_is_told_unless_none_is_needed(table: Table) -> None:
    table.token = ""

    assert table.code("/openapi/account/list") == (401, "UNAUTHORIZED")
    table.sandbox.gate.token_check = False
    assert table.get("/openapi/config", version="v3") == {"token_check_enabled": False}
    assert len(table.get("/openapi/account/list")) == 2


HISTORY, THIRD = "/openapi/trade/order/history", "/trading/orders/historical-orders/list"


def test_without_dates_history_goes_back_seven_days(table: Table) -> None:
    own = ("account_id", table.account)
    usual = table.get(HISTORY, own, ("page_size", "100"))
    whole = table.get(HISTORY, own, ("page_size", "100"), ("start_date", "2024-11-25"))

    assert len(usual) < len(whole) // 4
    assert table.code(HISTORY, own, ("start_date", "2024-01-01")) == (417, "ILLEGAL_PARAMETER")
    assert table.code(HISTORY, own, ("page_size", "101")) == (417, "ILLEGAL_PARAMETER")
    assert table.code(HISTORY, own, ("last_client_order_id", "x")) == (417, "ILLEGAL_PARAMETER")


def test_the_version_and_not_the_path_chooses_the_paging(table: Table) -> None:
    own, since = ("account_id", table.account), ("start_date", "2024-11-25")
    span = ("start_time", "2024-11-25T00:00:00.000+0000"), ("end_time", "2026-11-21T00:00:00.000Z")
    table.sandbox.of_a_key = 20

    old = table.get(THIRD, own, since, ("page_size", "50"))
    new = table.get(THIRD, own, *span, version="v3")
    rows = list(new["data"])
    while "pagination_key" in new:
        new = table.get(THIRD, own, *span, ("pagination_key", new["pagination_key"]), version="v3")
        rows += new["data"]

    assert rows[:50] == old
    assert table.code(THIRD, own, ("page_size", "50"), version="v3") == (417, "ILLEGAL_PARAMETER")
    assert table.code(THIRD, own, span[0], version="v2") == (417, "ILLEGAL_PARAMETER")


def test_fees_stand_in_the_detail_only_and_only_since_july_2026(table: Table) -> None:
    own = ("account_id", table.account)
    for listed in table.get(HISTORY, own, ("page_size", "100"), ("start_date", "2024-11-25"))[1:]:
        (order, *_) = listed["orders"]
        known = ("client_order_id", order["client_order_id"])
        (detail, *_) = table.get("/openapi/trade/order/detail", own, known)["orders"]

        assert not {"fees", "commission"} & set(order)
        assert ("fees" in detail) is (order["filled_time_at"] >= "2026-07-18T04:00")


def test_the_first_generation_tells_numbers_for_quantities(table: Table) -> None:
    own = ("account_id", table.account)

    first = table.get("/account/positions", own)
    assert isinstance(first["holdings"][0]["qty"], int | float)
    assert isinstance(first["has_next"], bool)
    assert table.get("/account/balance", own)["account_currency_assets"][0]["margin_power"]
    assert len(table.get("/app/subscriptions/list")) == 2


def test_orders_are_placed_changed_and_cancelled_and_never_filled(table: Table) -> None:
    order = {
        "combo_type": "NORMAL", "client_order_id": "c1", "symbol": "XMPL", "instrument_type": "EQUITY",
        "market": "US", "order_type": "LIMIT", "limit_price": "188", "quantity": "1", "side": "BUY",
        "time_in_force": "DAY", "entrust_type": "QTY",
    }  # fmt: skip
    body: Json = {"account_id": table.account, "new_orders": [order]}
    own = ("account_id", table.account)

    assert table.post("/trading/orders/preview", body)["estimated_cost"] == "188"
    assert table.post("/trading/orders/place", body)["client_order_id"] == "c1"
    changes = {"account_id": table.account, "modify_orders": [{"client_order_id": "c1", "quantity": "2"}]}
    table.post("/trading/orders/replace", changes)
    (waiting,) = table.get("/trading/orders/open-orders/list", own, version="v3")["data"]
    assert (waiting["orders"][0]["total_quantity"], waiting["orders"][0]["status"]) == ("2", "SUBMITTED")
    table.post("/trading/orders/cancel", {"account_id": table.account, "client_order_id": "c1"})
    assert table.get("/openapi/trade/order/open", own) == []
    wrong = {"account_id": table.account, "new_orders": [{**order, "side": "HOVER"}]}
    assert table.post("/trading/orders/place", wrong)["error_code"] == "ILLEGAL_PARAMETER"


# ---- tokens


def test_a_token_is_pending_until_it_is_approved_and_expires_after_five_minutes() -> None:
    table = Table("device-approval")
    made = table.post("/auth/tokens/create", {})
    token = {"token": made["token"]}

    assert made["status"] == "PENDING"
    assert [table.post("/auth/tokens/check", token)["status"] for _ in range(2)] == ["PENDING", "NORMAL"]
    late = {"token": table.post("/auth/tokens/create", {})["token"]}
    table.now += timedelta(minutes=5)
    assert table.post("/auth/tokens/check", late)["status"] == "EXPIRED"


def test_a_token_lives_while_it_is_used_and_is_taken_up_again_while_it_lives(table: Table) -> None:
    for _ in range(3):
        table.now += timedelta(days=14)
        assert table.send(LIST).status == 200

    refreshed = table.post("/openapi/auth/token/refresh", {"token": table.token})
    assert refreshed["expires"] == int((table.now + timedelta(days=15)).timestamp() * 1000)
    assert table.post("/auth/tokens/create", {"token": table.token})["token"] == table.token
    table.now += timedelta(days=15)
    assert table.send(LIST).status == 401
    assert table.post("/openapi/auth/token/refresh", {"token": table.token})["status"] == "INVALID"
    assert table.post("/auth/tokens/create", {"token": table.token})["token"] != table.token


# ---- the door and the sandbox together


async def test_the_approval_is_looked_for_until_it_comes() -> None:
    door, sandbox = played(persona="mfa")

    first = await door.begin(sandbox.credentials(), "")
    assert isinstance(first, Asked)
    assert first.challenge.kind is ChallengeKind.DEVICE_APPROVAL
    second = await door.hear(first.state, Answer(approved=True))
    assert isinstance(second, Asked)
    grant = await door.hear(second.state, Answer(approved=True))
    assert isinstance(grant, Grant)
    assert len((await door.accounts(grant)).rows) == 2


async def test_a_no_in_the_app_and_a_wrong_secret_end_the_sign_in() -> None:
    door, sandbox = played(persona="device-approval")
    asked = await door.begin(sandbox.credentials(), "")
    assert isinstance(asked, Asked)

    sandbox.gate.refuse_approval()
    with pytest.raises(ChallengeWrong):
        await door.hear(asked.state, Answer(approved=True))
    with pytest.raises(CredentialsRejected):
        await door.begin({**sandbox.credentials(), "app_secret": "not the secret"}, "")


async def test_who_approves_too_late_starts_again() -> None:
    door, sandbox = played(persona="device-approval")
    asked = await door.begin(sandbox.credentials(), "")
    assert isinstance(asked, Asked)

    door._clock = lambda: datetime.now(UTC) + timedelta(minutes=6)
    with pytest.raises(ChallengeExpired):
        await door.hear(asked.state, Answer(approved=True))


async def test_a_key_without_a_linked_account_says_so() -> None:
    door, sandbox = played()
    sandbox.gate.linked = False

    with pytest.raises(PermissionInsufficient):
        await signed_in(door, sandbox)


async def test_a_grant_is_renewed_and_a_revoked_one_is_not() -> None:
    door, sandbox = played()
    grant = await signed_in(door, sandbox)

    renewed = await door.renew(grant)
    assert renewed.values == grant.values
    assert len((await door.accounts(renewed)).rows) == 2
    sandbox.play.revoked = True
    for refused in (door.accounts, door.renew):
        with pytest.raises(ReauthorizationRequired):
            await refused(renewed)


async def test_reconnecting_keeps_a_token_that_lives() -> None:
    door, sandbox = played(persona="device-approval")
    grant = await signed_in(door, sandbox)

    again = await door.begin(sandbox.credentials(), "", grant)

    assert isinstance(again, Grant)
    assert again.values == grant.values


@pytest.mark.parametrize("seed", range(6))
async def test_what_the_sandbox_tells_comes_out_of_the_parser(seed: int) -> None:
    door, sandbox = played(seed)

    told = await conformance.read_all(door, await signed_in(door, sandbox))

    assert conformance.differences(told, conformance.expected(sandbox)) == []


@pytest.mark.parametrize("generation", ["2", "3"])
async def test_so_it_does_in_either_generation_with_small_pages(
    generation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SIZE", 9)
    door, sandbox = played(2)
    sandbox.generations, sandbox.of_a_key = {generation, "3"} - ({"2", "3"} - {generation}), 7
    grant = await signed_in(door, sandbox)
    assert grant.values["generation"] == generation
    sandbox.generations = {generation, "3"}  # transfers have one form only

    told = await conformance.read_all(door, grant)

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_where_transfers_are_not_served_the_history_says_so_and_the_rest_is_read() -> None:
    door, sandbox = played()
    sandbox.generations = {"2"}
    grant = await signed_in(door, sandbox)
    (account, *_) = (await door.accounts(grant)).rows

    with pytest.raises(HistoryUnavailable):
        await door.history(grant, account, "transfers", None, None)
    assert (await door.history(grant, account, "orders", None, None)).transactions


async def test_rows_that_come_while_one_pages_are_read_and_none_is_lost() -> None:
    door, sandbox = played(persona="growing")
    grant = await signed_in(door, sandbox)

    for _ in range(22):
        told = await conformance.read_all(door, grant)

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_an_empty_customer_has_accounts_with_nothing_in_them() -> None:
    door, sandbox = played(persona="empty")

    told = await conformance.read_all(door, await signed_in(door, sandbox))

    assert [(one["positions"], one["transactions"], one["balance"]["cash"]) for one in told] == [
        ([], [], "0")
    ] * 2


async def history_of(since: date | None = None) -> list[Transaction]:
    door, sandbox = played(4)
    grant = await signed_in(door, sandbox)
    (account, *_) = (await door.accounts(grant)).rows
    rows: list[Transaction] = []
    for feed in door.feeds:
        cursor: str | None = None
        while True:
            page = await door.history(grant, account, feed.name, since, cursor)
            rows += page.transactions
            assert not page.notes.fields
            assert not page.notes.words
            cursor = page.cursor
            if cursor is None:
                break
    return rows


async def test_an_event_of_two_feeds_is_one_transaction() -> None:
    rows = await history_of()
    (account, *_) = played(4)[1].play.accounts

    assert len(rows) == len({row.source_key for row in rows}) == len(account.transactions)


async def test_a_later_read_tells_all_that_is_new() -> None:
    since = TODAY - timedelta(days=60)
    whole, later = await history_of(), await history_of(since)

    wanted = {row.source_key for row in whole if row.trade_date >= since}
    assert wanted <= {row.source_key for row in later}
    assert len(later) < len(whole)


async def test_a_look_up_of_fees_is_made_once_for_each_order() -> None:
    door, sandbox = played()
    grant = await signed_in(door, sandbox)
    (account, *_) = (await door.accounts(grant)).rows

    first = await door.history(grant, account, "orders", None, None)
    before = len(sandbox.play.log)
    again = await door.history(grant, account, "orders", None, None)

    charged = [row for row in first.transactions if row.fees is not None]
    assert again.transactions == first.transactions
    assert len(charged) > 3
    assert len(sandbox.play.log) == before + 1
    assert all(
        row.net == row.gross - row.fees for row in charged if row.gross is not None and row.fees is not None
    )


async def test_an_order_whose_detail_is_refused_is_told_without_its_fees(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    door, sandbox = played()
    grant = await signed_in(door, sandbox)
    (account, *_) = (await door.accounts(grant)).rows
    monkeypatch.setattr(sandbox, "_ordered", lambda _known: {})

    page = await door.history(grant, account, "orders", None, None)

    assert len(page.transactions) > 20
    assert {row.fees for row in page.transactions} == {None}
    assert page.notes.words == {"order.BROKERAGE_RESPONSE_UNREADABLE": 1}


def test_the_adapters_paths_are_those_that_are_served(table: Table) -> None:
    own = ("account_id", table.account)
    for path, third in pages.THIRDS.items():
        if "/auth/" not in path and "detail" not in path:
            query = () if path.endswith("/account/list") else (own,)
            assert table.send(get(path, *query)).status == 200, path
            assert table.send(get(third.path, *query), third.version).status == 200, third


async def test_a_renewal_is_due_a_day_before_the_token_would_die() -> None:
    door, sandbox = played()
    grant = await signed_in(door, sandbox)

    assert grant.expires_at is not None
    assert timedelta(days=14) < grant.expires_at - datetime.now(UTC) <= timedelta(days=15)
    assert door.renew_ahead == timedelta(days=1)
    assert timedelta(seconds=5) == signin.POLL
