"""Interactive Brokers' sandbox: what it refuses, and that it tells the truth."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import conformance
import doors
import pytest
import stamina
from tws import ACCOUNTS, BASE, NOW, OWN, World

from adapters.brokerages.ibkr import signin
from adapters.brokerages.ibkr.signin import SEND_REQUEST
from adapters.kit.wire import Request, Response, get, post_json
from adapters.sandbox.mutations import MUTATIONS
from domain.errors import (
    BrokerageUnavailable,
    Failure,
)
from domain.ports.brokerage import Grant

TRANSPORT = {"truncated", "gzip-bomb", "broken-gzip", "drip", "reset", "reset-after", "hang"}
WRONG = sorted(name for name, one in MUTATIONS.items() if not one.sound and name not in TRANSPORT)


# ---- the truth


@pytest.mark.parametrize("door", ["ibkr", "ibkr/gateway"])
@pytest.mark.parametrize("seed", range(6))
async def test_reading_gives_the_truth(door: str, seed: int) -> None:
    facing, sandbox = conformance.played(door, seed=seed)
    grant = await facing.begin(doors.given(door, sandbox.credentials()), "")
    assert isinstance(grant, Grant)

    told = await conformance.read_all(facing, grant)

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_an_empty_customer_is_told_as_one() -> None:
    facing, sandbox = conformance.played("ibkr", persona="empty")
    grant = await facing.begin(doors.given("ibkr", sandbox.credentials()), "")
    assert isinstance(grant, Grant)

    assert (
        conformance.differences(await conformance.read_all(facing, grant), conformance.expected(sandbox))
        == []
    )


async def test_trades_that_flex_lacks_come_from_the_web_api_and_are_the_same_rows_the_next_day() -> None:
    world = World(seed=7)
    world.box.flex.behind = NOW.date() - timedelta(days=5)
    grant = await world.sign_in()

    early = {row.source_key: row for row in await world.history(grant)}
    world.box.flex.behind = None
    late = {row.source_key: row for row in await world.history(grant)}

    newest = [row for row in early.values() if row.source_type in {"B", "S"}]
    assert newest
    assert early.keys() <= late.keys()
    for row in newest:
        same = late[row.source_key]
        assert (same.quantity, same.price, same.gross, same.net) == (
            row.quantity,
            row.price,
            row.gross,
            row.net,
        )
        assert (same.trade_date, same.executed_at) == (row.trade_date, row.executed_at)
        assert (row.settlement_date, same.settlement_date is None) == (None, False)
    assert len(late) == len(world.box.play.truth.accounts[0].transactions)


async def test_a_user_in_tws_keeps_the_session_and_flex_tells_the_trades_later() -> None:
    world = World()
    world.box.gate.competing = True
    grant = await world.sign_in()
    (account, *_) = (await world.door.accounts(grant)).rows

    page = await conformance.first_page(world.door, grant, account, "history")

    assert page.transactions
    assert page.notes.words == {"recent_trades.not_told": 1}
    assert world.box.gate.competing


async def test_a_statement_that_takes_long_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.box.flex.pending = 1
    monkeypatch.setattr("adapters.brokerages.ibkr.refusals.IN_PROGRESS", timedelta(0))
    grant = await world.sign_in()

    assert len(await world.history(grant)) == len(world.box.play.truth.accounts[0].transactions)


async def test_reference_codes_that_are_forgotten_cost_nothing() -> None:
    world = World()
    grant = await world.sign_in()
    (account, *_) = (await world.door.accounts(grant)).rows
    made = await world.door.history(grant, account, "history", None, None)
    world.box.flex.forget()

    again = await world.door.history(grant, account, "history", None, made.cursor)
    asked = await world.door.history(grant, account, "history", None, again.cursor)
    fetched = await world.door.history(grant, account, "history", None, asked.cursor)

    assert (again.transactions, asked.transactions) == ((), ())
    assert fetched.transactions


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_statement_is_a_failure_and_never_an_empty_history(name: str) -> None:
    world = World()
    grant = await world.sign_in()
    (account, *_) = (await world.door.accounts(grant)).rows
    made = await world.door.history(grant, account, "history", None, None)
    right = await world.door.history(grant, account, "history", None, made.cursor)
    world.mutation = name

    try:
        with stamina.set_testing(True, attempts=1):
            told = await world.door.history(grant, account, "history", None, made.cursor)
    except Failure:
        return
    assert told.transactions == right.transactions


# ---- what is refused


@pytest.mark.parametrize(
    "change",
    [lambda h: h.replace("oauth_signature=\"", "oauth_signature=\"A"),
     lambda h: h.replace("limited_poa", "test_realm"),
     lambda h: h.replace("oauth_timestamp=\"1795", "oauth_timestamp=\"1695"),
     lambda h: h.replace("OAuth ", "Bearer "),
     lambda h: h + ", oauth_version=\"1.0\"", lambda h: h.replace("HMAC-SHA256", "HMAC-SHA1"),
     lambda h: h[:0]],
)  # fmt: skip
async def test_a_header_that_is_not_right_is_refused(change: Any) -> None:
    world = World()
    grant = await world.sign_in()
    signed = world.signed(get(ACCOUNTS), grant)
    headers = tuple(
        (name, change(value) if name == "Authorization" else value) for name, value in signed.headers
    )

    refused = world.send(replace(signed, headers=headers), BASE + ACCOUNTS)

    assert refused.status == 401
    assert json.loads(refused.body) == {"error": "not authenticated", "statusCode": 401}
    assert world.ask(get(ACCOUNTS), grant).status == 200


async def test_a_nonce_works_once() -> None:
    world = World()
    signed = world.signed(get(ACCOUNTS), await world.sign_in())

    assert [world.send(signed, BASE + ACCOUNTS).status for _ in range(2)] == [200, 401]


async def test_who_does_not_say_its_name_is_refused_with_403() -> None:
    world = World()
    signed = world.signed(get(ACCOUNTS), await world.sign_in())
    nameless = replace(signed, headers=signed.headers[1:])

    assert world.send(nameless, BASE + ACCOUNTS).status == 403
    assert world.send(Request("GET", ""), f"{BASE}/ndcdyn{SEND_REQUEST}?t=1&q=1&v=3").status == 403


async def test_the_signature_is_over_the_address_that_was_sent_to_whatever_host_says() -> None:
    """ibind signs the address it was given, and says api.ibkr.com as Host."""
    world = World()
    grant = await world.sign_in()
    signed = signin.authorise(
        get(ACCOUNTS).with_headers(("User-Agent", "x")), grant, replace(world.fresh(), urls={"api": OWN})
    )
    for own in (OWN, "http://localhost:9"):
        world.box.play._nonces.clear()
        assert world.send(signed, f"http://api.ibkr.com{ACCOUNTS}", own).status == 200


@pytest.mark.parametrize("signs", ["yes", "no"])
async def test_queries_are_signed_or_not(signs: str) -> None:
    world = World()
    grant = await world.sign_in()
    changed = replace(grant, values=grant.values | {"sign_query": signs})
    known = next(iter(world.box.desk.instruments()))
    asking = get("/v1/api/trsrv/secdef", ("conids", f"{known},1"))

    assert world.ask(asking, changed).status == 200
    moment = world.fresh()
    bare, full = (signin.authorise(one, changed, moment) for one in (replace(asking, query=()), asking))
    assert (dict(bare.headers)["Authorization"] == dict(full.headers)["Authorization"]) is (signs == "no")


async def test_paths_answer_with_and_without_a_final_slash() -> None:
    world = World()
    grant = await world.sign_in()

    assert [world.ask(get(f"{ACCOUNTS}{end}"), grant).status for end in ("", "/")] == [200, 200]
    doubled = ACCOUNTS.replace("/api/", "/api//")
    assert world.ask(get(doubled), grant).status == 200
    assert world.ask(get(ACCOUNTS, ("novelty", "1")), grant).status == 400
    assert world.ask(get("/v1/api/nothing"), grant).status == 404


SESSION = post_json("/v1/api/iserver/auth/ssodh/init", {"publish": True, "compete": True})
TRADES = get("/v1/api/iserver/account/trades", ("days", "7"))


async def test_before_the_accounts_are_listed_nothing_is_told_of_one() -> None:
    world = World()
    grant = await world.sign_in()
    ledger = get(f"/v1/api/portfolio/{world.box.play.accounts[0].number}/ledger")

    assert world.ask(ledger, grant).status == 500
    world.ask(get(ACCOUNTS), grant)
    assert world.ask(ledger, grant).status == 200


async def test_without_a_brokerage_session_there_is_no_bridge() -> None:
    world = World()
    grant = await world.sign_in()

    assert world.ask(TRADES, grant).json == {"error": "Bad Request: no bridge", "statusCode": 400}
    assert world.ask(SESSION, grant).json["authenticated"] is True
    assert world.ask(TRADES, grant).status == 200


async def test_a_brokerage_session_that_idles_loses_its_bridge() -> None:
    world = World()
    grant = await world.sign_in()
    world.ask(SESSION, grant)
    world.now += timedelta(minutes=7)

    assert world.ask(TRADES, grant).status == 400


async def test_the_nightly_reset_costs_nothing_for_each_sync_opens_its_own_session() -> None:
    world = World(seed=7)
    world.box.flex.behind = NOW.date() - timedelta(days=5)
    grant = await world.sign_in()
    told = await world.history(grant)
    for session in world.box.gate._sessions:
        session.brokerage = False

    again = await world.history(grant)

    assert any(row.source_type in {"B", "S"} for row in told)
    assert again == told


async def test_a_session_that_competes_throws_out_another_and_one_that_does_not_leaves_it() -> None:
    world = World()
    world.box.gate.competing = True
    grant = await world.sign_in()
    polite = post_json("/v1/api/iserver/auth/ssodh/init", {"publish": True, "compete": False})

    assert world.ask(polite, grant).json["authenticated"] is False
    assert world.ask(SESSION, grant).json["authenticated"] is True


async def test_trades_are_told_of_seven_days_at_most() -> None:
    world = World()
    grant = await world.sign_in()
    world.ask(SESSION, grant)

    assert world.ask(get("/v1/api/iserver/account/trades", ("days", "8")), grant).status == 400


async def test_the_near_real_time_list_has_other_keys_and_no_pages() -> None:
    world = World()
    world.box.portfolio.page_size = 7
    grant = await world.sign_in()
    world.ask(get(ACCOUNTS), grant)
    own = world.box.play.accounts[0]

    told = world.ask(get(f"/v1/api/portfolio2/{own.number}/positions"), grant).json

    assert len(told) == len(own.positions) > 7
    assert {"description", "marketPrice", "marketValue", "secType"} <= set(told[0])
    assert isinstance(told[0]["conid"], str)


async def test_the_web_api_tells_history_of_one_contract_a_call_with_days_as_java_writes_them() -> None:
    world = World()
    grant = await world.sign_in()
    world.ask(get(ACCOUNTS), grant)
    own, known = world.box.play.accounts[0], list(world.box.desk.instruments())

    def asked(*conids: int) -> Response:
        body = {"acctIds": [own.number], "conids": list(conids), "currency": "USD", "days": 180}
        return world.ask(post_json("/v1/api/pa/transactions", body), grant)

    assert asked(*known[:2]).status == 400
    told = [row for conid in known for row in asked(conid).json["transactions"]]
    assert {row["type"] for row in told} >= {"Buy", "Sell"}
    assert re.fullmatch(r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d 00:00:00 EDT 2026", told[0]["date"])


async def test_an_account_that_is_selected_already_is_501() -> None:
    world = World("ibkr/gateway")
    own = world.box.play.accounts[0].number
    select = post_json("/v1/api/iserver/account", {"acctId": own}).with_headers(("User-Agent", "x"))

    assert world.send(select, f"{BASE}/gateway/v1/api/iserver/account").status == 501


class Trading:
    """A client of the sandbox's that places orders, as a real one may."""

    def __init__(self) -> None:
        self.world = World("ibkr/gateway")
        self.own = self.world.box.play.accounts[0].number
        conid = next(iter(self.world.box.desk.instruments()))
        self.ticket = {"conid": conid, "side": "BUY", "orderType": "LMT", "price": 130.0, "quantity": 10}

    def ask(self, method: str, path: str, body: object = None) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        request = Request(method, path, headers=(("User-Agent", "x"),), body=content)
        return self.world.send(request, f"{BASE}/gateway/v1/api{path}").json

    def place(self) -> Any:
        return self.ask("POST", f"/iserver/account/{self.own}/orders", {"orders": [self.ticket]})

    def placed(self) -> str:
        self.ask("GET", "/iserver/accounts")
        (question,) = self.place()
        (told,) = self.ask("POST", f"/iserver/reply/{question['id']}", {"confirmed": True})
        return str(told["order_id"])


def test_orders_need_the_list_of_accounts_first() -> None:
    assert Trading().place()["error"].startswith("Please query")


def test_an_order_is_a_question_until_it_is_confirmed_or_the_question_suppressed() -> None:
    trading = Trading()
    number = trading.placed()
    (question,) = trading.place()
    trading.ask("POST", "/iserver/questions/suppress", {"messageIds": question["messageIds"]})
    (told,) = trading.place()

    assert number.isdigit()
    assert (told["order_status"], "message" in question) == ("Submitted", True)
    assert "error" in trading.ask("POST", "/iserver/questions/suppress", {"messageIds": ["o1"] * 52})


def test_the_first_list_of_orders_comes_back_empty() -> None:
    trading = Trading()
    trading.placed()

    first, second = (trading.ask("GET", "/iserver/account/orders") for _ in range(2))

    assert first == {"orders": [], "snapshot": False}
    assert [order["status"] for order in second["orders"]] == ["Submitted"]


def test_a_change_is_one_order_that_is_not_wrapped() -> None:
    trading = Trading()
    path = f"/iserver/account/{trading.own}/order/{trading.placed()}"

    assert "error" in trading.ask("POST", path, {"orders": [trading.ticket]})
    assert trading.ask("POST", path, trading.ticket)[0]["order_status"] == "Submitted"


def test_a_cancellation_is_only_asked_for() -> None:
    trading = Trading()
    number = trading.placed()

    cancelled = trading.ask("DELETE", f"/iserver/account/{trading.own}/order/{number}")

    assert cancelled["msg"] == "Request was submitted"
    assert trading.ask("GET", f"/iserver/account/order/status/{number}")["order_status"] == "Cancelled"


async def test_a_first_quote_tells_only_the_instrument() -> None:
    world = World("ibkr/gateway")
    conid = next(iter(world.box.desk.instruments()))
    request = Request("GET", "", headers=(("User-Agent", "x"),))
    path = f"{BASE}/gateway/v1/api/iserver/marketdata/snapshot?conids={conid}&fields=31,84"

    first, second = (world.send(request, path).json for _ in range(2))

    assert first == [{"conid": conid, "conidEx": str(conid)}]
    assert second[0]["31"] == second[0]["84"]


@pytest.mark.parametrize(
    ("query", "code"),
    [("t=x&q=1&v=3", "1015"), ("t={t}&q=1&v=3", "1014"), ("t={t}&q={q}&v=2", "1020"),
     ("t={t}&q={q}&v=3&fd=20200101&td=20260101", "1020"), ("t={t}&q={q}&v=3&fd=x&td=y", "1020"),
     ("", "1020")],
)  # fmt: skip
def test_flex_refuses_with_its_codes_and_status_200(query: str, code: str) -> None:
    world = World()
    told = query.format(t=world.known["flex_token"], q=world.known["flex_query_id"])
    request = Request("GET", "", headers=(("User-Agent", "x"),))

    for host in ("ndcdyn/", "gdcdyn/", ""):
        refused = world.send(request, f"{BASE}/{host}AccountManagement/FlexWebService/SendRequest?{told}")
        assert refused.status == 200
        assert f"<ErrorCode>{code}</ErrorCode>" in refused.text


def test_flex_answers_at_its_older_address_as_well() -> None:
    world = World()
    query = f"t={world.known['flex_token']}&q={world.known['flex_query_id']}&v=3"
    older = "gdcdyn/Universal/servlet/FlexStatementService.SendRequest"

    told = world.send(Request("GET", "", headers=(("User-Agent", "x"),)), f"{BASE}/{older}?{query}")

    assert "<Status>Success</Status>" in told.text


async def test_growing_customers_lose_nothing_when_they_are_read_again() -> None:
    door, sandbox = conformance.played("ibkr", persona="growing")
    grant = await door.begin(doors.given("ibkr", sandbox.credentials()), "")
    assert isinstance(grant, Grant)
    for _ in range(12):
        told = await conformance.read_all(door, grant)

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_trouble_of_flex_ends_in_a_failure_with_a_wait() -> None:
    world = World()
    grant = await world.sign_in()
    (account, *_) = (await world.door.accounts(grant)).rows
    world.box.flex.trouble = ["1009"] * 5

    with pytest.raises(BrokerageUnavailable) as failed:
        await world.door.history(grant, account, "history", None, None)

    assert failed.value.retry_after == timedelta(minutes=1)
