"""What real client libraries ask the sandboxes, beyond what our own adapters do: each was missing once."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from defusedxml.ElementTree import fromstring
from webull_table import opened

from adapters.brokerages.ally.tell_orders import NAMESPACE, orders
from adapters.sandbox.create import create
from adapters.sandbox.play import Sandbox
from adapters.sandbox.server import serving
from adapters.sandbox.stage import Stage
from domain.money import plain

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
BASE = "http://127.0.0.1:9000"
FORM = {"content-type": "application/x-www-form-urlencoded"}
Json = dict[str, Any]


def heard(sandbox: Sandbox, method: str, path: str, headers: dict[str, str], body: str = "") -> Any:
    url = f"{BASE}/{sandbox.id}{path}"
    told = Stage([sandbox]).hear(method, url, headers, body.encode(), NOW, BASE)
    assert told.status == 200, told.body
    return json.loads(told.body)


def test_webull_details_each_order_that_it_has_told() -> None:
    table = opened()
    own = ("account_id", table.account)
    history = "/openapi/trade/order/history"
    groups = table.get(history, own, ("page_size", "100"), ("start_date", "2024-11-25"))
    told = [order["client_order_id"] for group in groups for order in group["orders"]]

    for name in told:
        detail = table.get("/openapi/trade/order/detail", own, ("client_order_id", name))
        assert name in [order["client_order_id"] for order in detail["orders"]]
    made_up = ("client_order_id", f"z{told[0][1:]}")
    assert table.code("/openapi/trade/order/detail", own, made_up) == (417, "ILLEGAL_PARAMETER")


def test_webull_s_older_list_of_instruments_has_pages() -> None:
    table, path = opened(), "/openapi/instrument/stock/list"
    everything = table.get(path, ("category", "US_STOCK"), ("page_size", "1000"))

    paged: list[Json] = []
    while page := table.get(
        path,
        ("page_size", "2"),
        *([("last_instrument_id", paged[-1]["instrument_id"])] if paged else []),
    ):
        paged += page

    assert paged == everything
    assert len(paged) > 2


@pytest.mark.parametrize("key", ["", "public_"])
def test_a_tradestation_client_begins_with_a_refresh_token_of_its_own_key(key: str) -> None:
    sandbox = create("tradestation", 3, "plain", TODAY)

    assert _tradestation(sandbox, key)["authorization"] != "Bearer "


def _tradestation(sandbox: Sandbox, key: str = "") -> dict[str, str]:
    known = sandbox.credentials()
    form = {name: known[f"{key}{name}"] for name in ("client_id", "refresh_token")}
    form |= {} if key else {"client_secret": known["client_secret"]}
    grant = urlencode({"grant_type": "refresh_token"} | form)
    token = heard(sandbox, "POST", "/signin/oauth/token", FORM, grant)["access_token"]
    return {"authorization": f"Bearer {token}"}


def test_an_order_that_tradestation_told_is_found_although_new_ones_have_come() -> None:
    sandbox = create("tradestation", 3, "growing", TODAY)
    granted, account = _tradestation(sandbox), sandbox.play.accounts[0].number
    orders = f"/v3/brokerage/accounts/{account}/historicalorders"
    told = heard(sandbox, "GET", f"{orders}?since=2026-09-01", granted)["Orders"][:5]

    for order in told:
        again = heard(sandbox, "GET", f"{orders}/{order['OrderID']}?since=2026-09-01", granted)
        assert ([one["OrderID"] for one in again["Orders"]], again["Errors"]) == ([order["OrderID"]], [])


def test_robinhood_s_orders_without_fills_stay_where_they_are_while_others_come() -> None:
    sandbox = create("robinhood", 3, "growing", TODAY)
    books = sandbox.books  # type: ignore[attr-defined]
    account = sandbox.play.accounts[:1]

    first = [item.id for item in books.items("orders", account)]
    last = [item.id for item in [books.items("orders", account) for _ in range(30)][-1]]

    assert last[-len(first) :] == first
    assert len(last) > len(first)


def test_coinbase_s_clients_may_ask_for_the_time_and_for_prices_without_a_key() -> None:
    sandbox, market = create("coinbase", 3, "plain", TODAY), "/api/v3/brokerage/market"
    coin = heard(sandbox, "GET", f"{market}/products", {})["products"][0]

    clock = heard(sandbox, "GET", "/api/v3/brokerage/time", {})
    book = heard(sandbox, "GET", f"{market}/product_book?product_id={coin['product_id']}&limit=1", {})
    trades = heard(sandbox, "GET", f"{market}/products/{coin['product_id']}/ticker?limit=5", {})

    assert (clock["iso"][:19], clock["epochSeconds"]) == ("2026-11-20T15:00:00", str(int(NOW.timestamp())))
    assert clock["epochMillis"] == f"{clock['epochSeconds']}000"
    assert book["pricebook"]["product_id"] == coin["product_id"]
    assert (book["last"], trades["trades"][0]["price"]) == (coin["price"], coin["price"])


@pytest.mark.parametrize("path", ["/transactions/sync", "/transactions/get", "/liabilities/get"])
def test_plaid_says_of_other_products_that_the_institution_has_none(path: str) -> None:
    sandbox = create("sofi", 3, "plain", TODAY)
    known = sandbox.credentials()
    keys = {"client_id": known["plaid_client_id"], "secret": known["plaid_secret"]}

    def call(path: str, **body: object) -> Any:
        url, sent = f"{BASE}/sofi/plaid{path}", json.dumps(keys | body).encode()
        told = Stage([sandbox]).hear("POST", url, {"content-type": "application/json"}, sent, NOW, BASE)
        return json.loads(told.body)

    wanted = {"institution_id": "ins_900001", "initial_products": ["investments"]}
    public = call("/sandbox/public_token/create", **wanted)["public_token"]
    access = call("/item/public_token/exchange", public_token=public)["access_token"]

    assert call(path, access_token=access)["error_code"] == "PRODUCTS_NOT_SUPPORTED"
    assert call(path, access_token="access-sandbox-none")["error_code"] == "INVALID_ACCESS_TOKEN"


def test_a_seed_of_schwab_s_that_is_odd_says_so() -> None:
    told = {seed: " ".join(create("schwab", seed, "plain", TODAY).announce()) for seed in (5, 7, 12)}

    assert ["odd seed" in told[seed] for seed in (5, 7, 12)] == [True, False, False]


def test_ally_names_its_accounts_for_clients_must_be_told_one() -> None:
    sandbox = create("ally", 3, "plain", TODAY)

    numbers = [account.number for account in sandbox.play.accounts]
    assert f"accounts {', '.join(numbers)}" in sandbox.announce()


def test_where_a_brokerage_s_other_hosts_are_is_told_in_print_and_in_the_file() -> None:
    with serving([create("robinhood", 3, "plain", TODAY)]) as running:
        first, second = "https://api.robinhood.com", "https://nummus.robinhood.com"
        told = running.announce({"robinhood": {"api": first, "nummus": second, "bonfire": first}})
        known = running.credentials()["robinhood"]

    nummus = f"{known['base_url']}/nummus"
    assert f"  https://nummus.robinhood.com is {nummus}" in told
    assert known["nummus_url"] == nummus
    assert not [line for line in told if line.startswith(f"  {first} is")]


@pytest.mark.parametrize("seed", range(6))
def test_ally_s_orders_are_the_trades_of_the_newest_day_as_fixml(seed: int) -> None:
    account = create("ally", seed, "plain", TODAY).play.accounts[0]
    traded = [row for row in account.transactions if row.trade and not (row.quantity or 0) % 1]
    wanted = [row for row in traded if row.trade_date == traded[0].trade_date]

    told = orders(account, account.transactions)["orderstatus"]["order"]

    reports = [fromstring(one["fixmlmessage"])[0] for one in (told if isinstance(told, list) else [told])]
    quantities = [one.find(f"{{{NAMESPACE}}}OrdQty").get("Qty") for one in reports]  # type: ignore[union-attr]
    assert quantities == [plain(abs(row.quantity or Decimal(0))) for row in wanted]
    assert [one.get("Acct") for one in reports] == [account.number] * len(wanted)
    assert orders(account, ()) == {"orderstatus": {}}
