"""Webull: what its sandbox refuses, and that the truth comes out."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta

import conformance
import pytest
from webull_table import LIST, NOW, TODAY, Json, Table, opened, played, signed_in

from adapters.brokerages.webull import pages, sign
from adapters.kit.wire import Request, get, post_json
from domain.errors import HistoryUnavailable
from domain.transactions import Transaction

# ---- what the sandbox refuses


@pytest.fixture
def table() -> Table:
    return opened()


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


def test_under_openapi_a_signature_is_looked_at_before_the_path(table: Table) -> None:
    paths = ("/openapi/nowhere", "/nowhere")

    assert [table.raw(get(path)).status for path in paths] == [401, 404]
    assert [table.send(get(path)).status for path in paths] == [404, 404]


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


def test_figures_are_texts_in_every_answer(table: Table) -> None:
    own = ("account_id", table.account)
    history = ("page_size", "100"), ("start_date", "2024-11-25")
    for path, query in (
        ("/openapi/account/list", ()),
        ("/openapi/assets/balance", (own,)),
        ("/openapi/assets/positions", (own,)),
        (HISTORY, (own, *history)),
    ):
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", table.send(get(path, *query)).text)
        assert not re.search(r"\d", bare), path


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
    changes: Json = {"account_id": table.account}
    changes["modify_orders"] = [{"client_order_id": "c1", "quantity": "2"}]
    table.post("/trading/orders/replace", changes)
    (waiting,) = table.get("/trading/orders/open-orders/list", own, version="v3")["data"]
    assert (waiting["orders"][0]["total_quantity"], waiting["orders"][0]["status"]) == ("2", "SUBMITTED")
    table.post("/trading/orders/cancel", {"account_id": table.account, "client_order_id": "c1"})
    assert table.get("/openapi/trade/order/open", own) == []
    again = [table.post("/trading/orders/place", body)["order_id"] for _ in range(2)]
    assert again[0] == again[1], "its own id makes a repetition safe"
    coin = {**order, "client_order_id": "c2", "instrument_type": "CRYPTO"}
    table.post("/trading/orders/place", {"account_id": table.account, "new_orders": [coin]})
    changes["modify_orders"] = [{"client_order_id": "c2", "quantity": "2"}]
    assert table.post("/trading/orders/replace", changes)["error_code"] == "ILLEGAL_PARAMETER"
    wrong = {"account_id": table.account, "new_orders": [{**order, "side": "HOVER"}]}
    assert table.post("/trading/orders/place", wrong)["error_code"] == "ILLEGAL_PARAMETER"


# ---- the door and the sandbox together


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
        async for page in conformance.pages(door, grant, account, feed.name, since):
            rows += page.transactions
            assert not page.notes.fields
            assert not page.notes.words
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
