"""E*TRADE's sandbox: what its endpoints refuse, and how its answers look."""

import json
from datetime import date
from typing import Any

import pytest
from etrade_client import World, access, code

SignedIn = tuple[World, tuple[str, str], str]
Json = dict[str, Any]


def opened(seed: int = 8, persona: str = "plain") -> SignedIn:
    """A sandbox, an access token, and the path of its first account."""
    world = World(persona, seed=seed)
    return world, access(world), f"/v1/accounts/{world.sandbox.play.accounts[0].key}"


@pytest.fixture
def signed_in() -> SignedIn:
    return opened()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/transactions.json?startDate=01012026", 2002),
        ("/transactions.json?startDate=01012020&endDate=01012021", 2002),
        ("/transactions.json?startDate=01022026&endDate=01012026", 2003),
        ("/transactions.json?startDate=2026-01-01&endDate=01012026", 2004),
        ("/transactions.json?count=51", 2005),
        ("/transactions.json?count=0", 2005),
        ("/transactions.json?sortOrder=UP", 2007),
        ("/transactions.json?marker=1_1&pageMarkers=x", 2008),
        ("/transactions.json?marker=1_1", 2001),
        ("/transactions.json?colour=red", 2001),
        ("/balance.json?instType=BROKERAGE", 1011),
        ("/orders.json?count=101", 2005),
        ("/orders.json?fromDate=01012026", 2002),
    ],
)
def test_a_call_that_asks_wrongly_is_told_so_with_a_code(
    signed_in: SignedIn, path: str, expected: int
) -> None:
    world, token, account = signed_in

    answer = world.call(account + path, token)

    assert (answer.status, code(answer)) == (400, expected)


def test_another_account_and_another_path_are_refused(signed_in: SignedIn) -> None:
    world, token, _ = signed_in

    assert code(world.call("/v1/accounts/nobody/portfolio.json", token)) == 102
    assert world.call("/v1/nothing.json", token).status == 404
    assert world.call("/v1/accounts/list.json", token, method="DELETE").status == 405


def test_answers_and_errors_are_xml_where_json_is_not_asked_for(signed_in: SignedIn) -> None:
    world, token, account = signed_in

    listed = world.call("/v1/accounts/list", token)
    refused = world.call("/v1/accounts/nobody/portfolio", token)
    rows = world.call(account + "/transactions", token)

    assert listed.headers["content-type"] == "application/xml"
    assert listed.text.count("<Account>") == 2
    assert "<Error><code>102</code>" in refused.text
    assert "<Brokerage><Product>" in rows.text


@pytest.mark.parametrize("size", [1, 2, 7])
def test_markers_lead_through_all_rows_and_never_say_that_more_follow(signed_in: SignedIn, size: int) -> None:
    world, token, account = signed_in
    wanted = f"{account}/transactions.json?startDate=11302024&endDate=11252026&count={size}"
    seen: list[str] = []
    repeats, marker = 0, ""

    while True:
        answer = world.call(wanted + (f"&marker={marker}" if marker else ""), token)
        if answer.status == 204:
            break
        told = json.loads(answer.body)["TransactionListResponse"]
        fresh = [row["transactionId"] for row in told["Transaction"] if row["transactionId"] not in seen]
        repeats += len(told["Transaction"]) - len(fresh)
        assert told["moreTransactions"] is False
        if not fresh:
            break
        seen += fresh
        marker = told["marker"]

    assert len(seen) == len(world.sandbox.play.accounts[0].transactions)
    assert (repeats > 0) == (size > 1)


def test_without_dates_only_the_last_ninety_days_are_told(signed_in: SignedIn) -> None:
    world, token, account = signed_in

    told = json.loads(world.call(account + "/transactions.json", token).body)["TransactionListResponse"]

    recent = [
        row for row in world.sandbox.play.accounts[0].transactions if row.trade_date >= date(2026, 8, 27)
    ]
    assert told["totalCount"] == len(recent) > 0


def get(signed_in: SignedIn, path: str) -> Any:
    world, token, account = signed_in
    answer = world.call(path if path.startswith(("http", "/v1")) else account + path, token)
    assert answer.status == 200, answer.text
    return json.loads(answer.body)


def listed(signed_in: SignedIn) -> list[Json]:
    dates = "startDate=11302024&endDate=11252026"
    found: list[Json] = get(signed_in, f"/transactions.json?{dates}")["TransactionListResponse"][
        "Transaction"
    ]
    return found


def test_the_id_of_a_row_is_a_text_in_the_list_and_a_number_in_its_details(signed_in: SignedIn) -> None:
    (row, *_) = listed(signed_in)

    path = f"/transactions/{row['transactionId']}.json?storeId=0"
    alone = get(signed_in, path)["TransactionDetailsResponse"]

    assert isinstance(row["transactionId"], str)
    assert alone["transactionId"] == int(row["transactionId"])


def test_the_address_of_the_details_leads_nowhere_and_some_rows_have_none(signed_in: SignedIn) -> None:
    world, token, _ = signed_in
    rows = listed(signed_in)
    bare = [row for row in rows if row["transactionType"] in {"Fee", "Bill Payment", "POS"}]

    assert world.call(rows[0]["detailsURI"].partition("?")[0], token).status == 404
    assert bare
    assert not any("detailsURI" in row for row in bare)
    assert all("description2" in row for row in bare)


def test_the_name_of_a_foreign_issuer_begins_with_stars() -> None:
    told = [row for seed in range(3) for row in listed(opened(seed)) if row["description"].startswith("***")]

    assert told
    assert all(row["description"].endswith("ADR") for row in told)


def test_a_sale_may_come_without_its_product() -> None:
    told = [row for seed in range(6) for row in listed(opened(seed)) if "product" not in row["brokerage"]]

    assert {row["transactionType"] for row in told} == {"Sold"}


def test_an_empty_portfolio_is_204_or_an_empty_answer() -> None:
    told = []
    for seed in (8, 9):
        world, token, account = opened(seed, "empty")
        answer = world.call(account + "/portfolio.json", token)
        told.append((answer.status, answer.body))

    assert told == [(204, b""), (200, b"")]


def test_lots_are_told_where_a_position_says(signed_in: SignedIn) -> None:
    (part,) = get(signed_in, "/portfolio.json")["PortfolioResponse"]["AccountPortfolio"]
    held = part["Position"][0]

    (lot,) = get(signed_in, held["lotsDetails"])["PositionLotsResponse"]["PositionLot"]

    assert lot["remainingQty"] == held["quantity"]


# --- orders


def orders(signed_in: SignedIn, query: str = "") -> list[Json]:
    found: list[Json] = get(signed_in, f"/orders.json?count=100{query}")["OrdersResponse"]["Order"]
    return found


def only(signed_in: SignedIn, status: str) -> Json:
    told = get(signed_in, f"/orders.json?status={status}&count=2")["OrdersResponse"]["Order"]
    (order,) = told if isinstance(told, list) else [told]
    assert order["OrderDetail"][0]["status"] == status
    found: Json = order["OrderDetail"][0]
    return found


def test_orders_go_on_behind_a_marker_and_each_is_told_alone(signed_in: SignedIn) -> None:
    first = get(signed_in, "/orders.json?count=2")["OrdersResponse"]
    more = get(signed_in, f"/orders.json?count=2&marker={first['marker']}")["OrdersResponse"]
    one = get(signed_in, f"/orders/{first['Order'][0]['orderId']}.json")["OrdersResponse"]["Order"]

    assert first["Order"][1]["orderId"] == more["Order"][0]["orderId"] + 1
    assert one == first["Order"][:1]


def test_orders_are_counted_within_their_account(signed_in: SignedIn) -> None:
    world, token, _ = signed_in
    firsts = [
        orders((world, token, f"/v1/accounts/{account.key}"))[-1]["orderId"]
        for account in world.sandbox.play.accounts
    ]

    assert firsts == [1, 1]


def test_an_order_that_waits_has_no_time_of_execution_and_no_price(signed_in: SignedIn) -> None:
    waiting = only(signed_in, "OPEN")

    assert "executedTime" not in waiting
    assert "averageExecutionPrice" not in waiting["Instrument"][0]
    assert waiting["Instrument"][0]["filledQuantity"] == 0


def test_the_time_of_a_cancelled_order_is_cut_to_32_bits(signed_in: SignedIn) -> None:
    cancelled = only(signed_in, "CANCELLED")

    assert cancelled["executedTime"] < 2**32 < cancelled["placedTime"]
    ended = cancelled["placedTime"] // 2**32 * 2**32 + cancelled["executedTime"]
    assert ended % 1000 == 0


@pytest.mark.parametrize("path", ["preview", "place", "cancel", "1/change/preview", "1/change/place"])
def test_no_order_is_taken(signed_in: SignedIn, path: str) -> None:
    world, token, account = signed_in

    for method in ("POST", "PUT"):
        assert world.call(f"{account}/orders/{path}.json", token, method=method).status in {404, 405}


# --- quotes


def quotes(signed_in: SignedIn, symbols: str, query: str = "") -> Json:
    found: Json = get(signed_in, f"/v1/market/quote/{symbols}.json{query}")["QuoteResponse"]
    return found


def test_the_flag_of_after_hours_is_a_word_and_the_time_is_in_seconds(signed_in: SignedIn) -> None:
    (quote,) = quotes(signed_in, "XMPL")["QuoteData"]

    assert quote["ahFlag"] == "false"
    assert quote["dateTimeUTC"] == quote["All"]["timeOfLastTrade"] < 10**10


def test_a_symbol_that_nobody_knows_is_a_warning_beside_the_others(signed_in: SignedIn) -> None:
    told = quotes(signed_in, "XMPL,NOSUCH")

    assert [quote["Product"]["symbol"] for quote in told["QuoteData"]] == ["XMPL"]
    assert told["Messages"]["Message"][0]["description"] == "NOSUCH is invalid"


def test_25_symbols_are_quoted_at_once_and_50_when_asked_for(signed_in: SignedIn) -> None:
    many = ",".join(["XMPL"] * 60)

    assert len(quotes(signed_in, many)["QuoteData"]) == 25
    assert len(quotes(signed_in, many, "?overrideSymbolCount=true")["QuoteData"]) == 50
