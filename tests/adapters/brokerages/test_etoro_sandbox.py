"""eToro's sign-in, and its sandbox: what it refuses, and that reading it gives the truth."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import conformance
import doors
import msgspec
import pytest

from adapters.brokerages.etoro import signin
from adapters.kit.signin import Ask, Done, Given, Moment, Send
from adapters.kit.wire import Response, get
from adapters.sandbox.create import create
from adapters.sandbox.play import Sandbox
from adapters.sandbox.stage import Stage
from domain.challenges import Answer
from domain.errors import (
    BrokerageUnavailable,
    ChallengeExpired,
    CredentialsRejected,
    FieldInvalid,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Asked, Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
MOMENT = Moment(NOW, "5e" * 16, {"sso": "https://www.etoro.com/sso"})
KEYS = {"api_key": "public-key", "user_key": "user-key-long"}
APP = {"client_id": "app", "client_secret": "", "callback_url": "https://example.com/back"}
ID = "3f2b8f0e-7d0c-4b5e-9a57-0f3a2f6f9a10"


def answer(body: object, status: int = 200) -> Response:
    return Response(status, {}, msgspec.json.encode(body))


# ---- a pair of keys


def checking(fields: dict[str, str] = KEYS) -> Send:
    move = signin.KEYS.begin(Given(fields, ""), MOMENT)
    assert isinstance(move, Send)
    return move


def test_keys_are_tried_once_by_reading_the_profile() -> None:
    sent = checking()
    done = signin.KEYS.hear(sent.state, answer({"scopes": ["etoro-public:demo:read"]}), MOMENT)  # type: ignore[arg-type]

    assert sent.request.url == "/api/v1/me"
    assert {"x-api-key": "public-key", "x-user-key": "user-key-long"}.items() <= dict(
        sent.request.headers
    ).items()
    assert isinstance(done, Done)
    assert done.grant.expires_at is None


@pytest.mark.parametrize("name", ["api_key", "user_key"])
def test_what_looks_like_an_e_mail_address_is_refused_before_anything_is_sent(name: str) -> None:
    with pytest.raises(FieldInvalid, match="two keys"):
        checking(KEYS | {name: "somebody@example.com"})


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (401, {"errorCode": "Unauthorized"}, CredentialsRejected),
        (403, {"errorCode": "Forbidden"}, PermissionInsufficient),
        (200, {"scopes": ["etoro-public:user-info:read"]}, PermissionInsufficient),
        (500, {"errorCode": "GeneralError"}, BrokerageUnavailable),
    ],
)
def test_keys_that_are_refused(status: int, body: object, failure: type[Exception]) -> None:
    with pytest.raises(failure):
        signin.KEYS.hear(checking().state, answer(body, status), MOMENT)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "sent"),
    [
        (KEYS, {"x-request-id", "x-api-key", "x-user-key"}),
        ({"access_token": "a", "refresh_token": "r"}, {"x-request-id", "Authorization"}),
    ],
)
def test_keys_and_a_token_never_go_together_and_each_request_has_an_id(
    values: dict[str, str], sent: set[str]
) -> None:
    headers = dict(signin.authorise(get("/"), Grant(values), MOMENT).headers)

    assert headers.keys() == sent
    assert headers["x-request-id"] == "5e5e5e5e-5e5e-4e5e-9e5e-5e5e5e5e5e5e"


# ---- Login with eToro


def asked(fields: dict[str, str] = APP) -> Ask:
    move = signin.LOGIN.begin(Given(fields, ""), MOMENT)
    assert isinstance(move, Ask)
    return move


def query_of(move: Ask) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(move.challenge.authorize_url or "").query))


def came_back(move: Ask, **more: str) -> Any:
    told = {"code": "c", "state": query_of(move)["state"]} | more
    url = f"https://example.com/back?{urlencode(told)}"
    return signin.LOGIN.hear(move.state, Answer(callback_url=url), MOMENT)  # type: ignore[arg-type]


def exchanged(body: object, status: int = 200) -> Any:
    return signin.LOGIN.hear(came_back(asked()).state, answer(body, status), MOMENT)


TOKENS = {"access_token": "a", "refresh_token": "r", "expires_in": 3600, "token_type": "Bearer"}


def test_the_browser_is_sent_with_a_challenge_whose_proof_goes_with_the_code() -> None:
    move = asked()
    form = dict(parse_qsl(came_back(move).request.body.decode()))

    assert (move.challenge.authorize_url or "").startswith("https://www.etoro.com/sso/oauth2/authorize?")
    assert query_of(move)["scope"] == "openid offline_access"
    assert query_of(move)["code_challenge_method"] == "S256"
    assert form["code_verifier"] not in (move.challenge.authorize_url or "")
    assert "client_secret" not in form
    assert came_back(move).request.host == "sso"


def test_an_app_with_a_secret_sends_it() -> None:
    form = dict(parse_qsl(came_back(asked(APP | {"client_secret": "s"})).request.body.decode()))

    assert form["client_secret"] == "s"


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (400, {"error": "invalid_grant"}, ChallengeExpired),
        (401, {"error": "invalid_client"}, CredentialsRejected),
        (503, {}, BrokerageUnavailable),
        (200, TOKENS | {"refresh_token": None}, UnreadableReply),
        (200, TOKENS | {"expires_in": -1}, UnreadableReply),
    ],
)  # fmt: skip
def test_an_exchange_that_is_refused(status: int, body: object, failure: type[Exception]) -> None:
    with pytest.raises(failure):
        exchanged(body, status)


def test_each_renewal_brings_the_refresh_token_of_the_next() -> None:
    grant = exchanged(TOKENS).grant
    renewed = signin.LOGIN.take_renewal(grant, answer(TOKENS | {"refresh_token": "r2"}), MOMENT)
    without = {name: value for name, value in TOKENS.items() if name != "refresh_token"}

    assert (grant.values["refresh_token"], renewed.values["refresh_token"]) == ("r", "r2")
    assert renewed.expires_at == NOW + timedelta(hours=1)
    with pytest.raises(ReauthorizationRequired):
        signin.LOGIN.take_renewal(grant, answer({"error": "invalid_grant"}, 400), MOMENT)
    with pytest.raises(UnreadableReply):  # the old one is dead: it is not kept
        signin.LOGIN.take_renewal(grant, answer(without), MOMENT)


GUARD = Response(403, {"content-type": "text/html"}, b"<html>")


def test_the_guard_in_front_refuses_neither_keys_nor_codes_nor_renewals() -> None:
    with pytest.raises(BrokerageUnavailable):
        signin.KEYS.hear(checking().state, GUARD, MOMENT)  # type: ignore[arg-type]
    with pytest.raises(BrokerageUnavailable):
        signin.LOGIN.hear(came_back(asked()).state, GUARD, MOMENT)
    with pytest.raises(BrokerageUnavailable):
        signin.LOGIN.take_renewal(exchanged(TOKENS).grant, GUARD, MOMENT)


@pytest.mark.parametrize("seconds", [60, 3600, 86_400])
def test_how_long_a_token_lives_varies_and_is_read(seconds: int) -> None:
    assert exchanged(TOKENS | {"expires_in": seconds}).grant.expires_at == NOW + timedelta(seconds=seconds)


def test_the_token_endpoint_is_sent_forms() -> None:
    sent = came_back(asked()).request, signin.LOGIN.ask_renewal(exchanged(TOKENS).grant, MOMENT)

    for request in sent:
        assert dict(request.headers)["Content-Type"] == "application/x-www-form-urlencoded"


# ---- with the sandbox


async def signed_in(name: str, door: Any, sandbox: Sandbox, **fields: str) -> Grant:
    known = sandbox.credentials() | fields
    move = await door.begin(doors.given(name, known), known["callback_url"])
    if isinstance(move, Asked):
        url = move.challenge.authorize_url or ""
        page = Stage([sandbox]).hear("GET", url, {}, b"", datetime.now(UTC), conformance.BASE)
        move = await door.hear(move.state, Answer(callback_url=page.response.headers["location"]))
    assert isinstance(move, Grant)
    return move


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("persona", ["plain", "empty"])
@pytest.mark.parametrize("name", ["etoro", "etoro/login"])
async def test_reading_the_sandbox_gives_the_truth(name: str, persona: str, seed: int) -> None:
    door, sandbox = conformance.played(name, seed, persona)
    grant = await signed_in(name, door, sandbox)

    told = await conformance.read_all(door, grant)

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_a_long_history_comes_in_pages() -> None:
    door, sandbox = conformance.played("etoro", rows=700)
    grant = await signed_in("etoro", door, sandbox)

    told = await conformance.read_all(door, grant)

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_keys_for_virtual_money_lead_to_the_virtual_account_alone() -> None:
    door, sandbox = conformance.played("etoro")
    grant = await signed_in("etoro", door, sandbox, user_key=sandbox.credentials()["demo_user_key"])

    (account,) = (await door.accounts(grant)).rows
    page = await door.history(grant, account, "history", None, "2026-01-01|1")

    assert account.name == "eToro trading (demo)"
    assert (await door.balances(grant, account)).rows
    assert page.transactions


async def test_both_doors_lead_to_the_same_accounts() -> None:
    """Whoever signs in is known by the account's number, not by a token that differs for each app."""
    keys = []
    for name in ("etoro", "etoro/login"):
        door, sandbox = conformance.played(name)
        listing = await door.accounts(await signed_in(name, door, sandbox))
        keys.append([account.key for account in listing.rows])

    assert keys[0] == keys[1]


async def test_a_login_is_renewed_by_tokens_that_are_good_once_and_can_be_taken_back() -> None:
    door, sandbox = conformance.played("etoro/login")
    grant = await signed_in("etoro/login", door, sandbox)
    renewed = await door.renew(grant)

    with pytest.raises(ReauthorizationRequired):
        await door.renew(grant)
    assert await door.revoke(renewed)
    assert not await door.revoke(renewed)
    with pytest.raises(ReauthorizationRequired):
        await door.accounts(renewed)


PLAYED = create("etoro", 7, "plain", NOW.date())
KNOWN = PLAYED.credentials()
READ = {"x-api-key": KNOWN["api_key"], "x-user-key": KNOWN["user_key"], "x-request-id": ID}
WRITE = READ | {"x-user-key": KNOWN["write_user_key"]}
VIRTUAL = READ | {"x-user-key": KNOWN["demo_user_key"]}


def ask(path: str, headers: dict[str, str] = READ, method: str = "GET", body: object = None) -> Response:
    sent, more = b"", {"content-type": "application/json"}
    if body is not None:
        sent = json.dumps(body).encode()
    url = f"{conformance.BASE}/etoro{path}"
    return Stage([PLAYED]).hear(method, url, headers | more, sent, NOW, conformance.BASE).response


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({}, 200, None), ({"x-user-key": "x"}, 401, "Unauthorized"),
        ({"x-api-key": "x"}, 401, "Unauthorized"),
        ({"authorization": "Bearer x"}, 401, "Unauthorized"), ({"x-request-id": ""}, 400, "ValidationFailed"),
        ({"x-request-id": "7"}, 400, "ValidationFailed"),
    ],
)  # fmt: skip
def test_each_request_proves_itself_in_one_way_and_has_an_id(
    wrong: dict[str, str], status: int, code: str | None
) -> None:
    told = ask("/api/v1/me", READ | wrong)

    assert (told.status, told.json.get("errorCode")) == (status, code)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/api/v1/trading/info/real/pnl", VIRTUAL), ("/api/v1/trading/info/demo/pnl", READ),
        ("/api/v1/balances", VIRTUAL), ("/api/v1/trading/info/trade/history?minDate=2026-01-01", VIRTUAL),
    ],
)  # fmt: skip
def test_a_key_works_in_one_environment(path: str, headers: dict[str, str]) -> None:
    told = ask(path, headers)

    assert (told.status, told.json["errorCode"]) == (403, "InsufficientPermissions")


@pytest.mark.parametrize(
    "query", ["", "minDate=01.01.2026", "minDate=2025-11-25", "minDate=2026-01-01&pageSize=201",
              "minDate=2026-01-01&page=0", "minDate=2026-01-01&limit=3"],
)  # fmt: skip
def test_the_history_refuses_what_it_does_not_know_or_keep(query: str) -> None:
    told = ask(f"/api/v1/trading/info/trade/history?{query}")

    assert (told.status, told.json["errorCode"]) == (400, "ValidationFailed")


def test_encoded_commas_are_not_understood_and_too_many_numbers_too_large() -> None:
    path = "/api/v1/market-data/instruments?instrumentIds="

    assert len(ask(f"{path}1001,1002").json["instrumentDisplayDatas"]) == 2
    assert ask(f"{path}1001%2C1002").status == 500
    assert ask(path + ",".join(map(str, range(60)))).status == 413


def test_names_have_capitals_in_portfolios_and_none_in_history() -> None:
    portfolio = ask("/api/v1/trading/info/real/pnl").json["clientPortfolio"]
    closed = ask("/api/v1/trading/info/trade/history?minDate=2026-01-01").json

    assert "positionID" in portfolio["positions"][0]
    assert "unrealizedPnL" in portfolio["positions"][0]
    assert (
        "unrealizedPnL" not in ask("/api/v1/trading/info/portfolio").json["clientPortfolio"]["positions"][0]
    )
    assert "positionId" in closed[0]


ORDER = {"InstrumentID": 1001, "IsBuy": True, "Leverage": 1, "Amount": 100}
LIMIT = ORDER | {"Rate": 5, "StopLossRate": 1, "TakeProfitRate": 9}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/trading/execution/limit-orders", LIMIT | {"StopLossRate": 0, "IsNoStopLoss": True}),
        ("/api/v1/trading/execution/market-open-orders/by-amount", ORDER | {"InstrumentID": 9}),
        ("/api/v2/trading/execution/orders", {"action": "close", "transaction": "sell", "orderType": "mkt"}),
        ("/api/v2/trading/execution/orders",
         {"action": "open", "transaction": "buy", "orderType": "mkt", "amount": 1, "units": 1}),
    ],
)  # fmt: skip
def test_the_desk_refuses_what_the_real_one_refuses(path: str, body: object) -> None:
    assert ask(path, WRITE, "POST", body).status == 400
    assert ask(path, READ, "POST", body).status == 403


def test_a_limit_order_waits_in_the_portfolio_until_it_is_called_off() -> None:
    told = ask("/api/v1/trading/execution/limit-orders", WRITE, "POST", LIMIT).json
    (order,) = ask("/api/v1/trading/info/real/pnl").json["clientPortfolio"]["orders"]
    cancelled = [
        ask(f"/api/v1/trading/execution/limit-orders/{order['orderID']}", WRITE, "DELETE") for _ in range(2)
    ]

    assert told.keys() == {"token"}
    assert [one.status for one in cancelled] == [200, 200]
    assert ask("/api/v1/trading/info/real/pnl").json["clientPortfolio"]["orders"] == []


def test_the_id_of_a_request_makes_an_order_of_the_second_version_once() -> None:
    body = {"action": "open", "transaction": "buy", "orderType": "mkt", "amount": 1, "instrumentId": 1001}
    told = [ask("/api/v2/trading/execution/orders", WRITE, "POST", body).json["orderId"] for _ in range(2)]
    found = ask(f"/api/v2/trading/info/orders:lookup?referenceId={ID}").json

    assert told[0] == told[1] == found["orderId"]
    assert found["status"]["name"] == "Executed"


def test_a_token_s_refusals_have_words_of_their_own() -> None:
    form = urlencode({"grant_type": "refresh_token", "refresh_token": "x", "client_id": KNOWN["client_id"]})
    url, headers = (
        f"{conformance.BASE}/etoro/sso/oidc/token",
        {"content-type": "application/x-www-form-urlencoded"},
    )
    told = Stage([PLAYED]).hear("POST", url, headers, form.encode(), NOW, conformance.BASE).response

    assert (told.status, told.json["error"]) == (400, "invalid_grant")
    assert told.json["error_description"]


def test_orders_of_the_first_version_are_answered_as_it_does() -> None:
    path = "/api/v1/trading/execution"
    market = ask(f"{path}/market-open-orders/by-amount", WRITE, "POST", ORDER).json
    position = ask("/api/v1/trading/info/real/pnl").json["clientPortfolio"]["positions"][0]
    body = {"InstrumentId": position["instrumentID"], "UnitsToDeduct": None}
    where = f"{path}/market-close-orders/positions/{position['positionID']}"
    closing = ask(where, WRITE, "POST", body).json["orderForClose"]

    assert market["orderForOpen"]["orderType"] == 17
    assert (closing["orderType"], closing["unitsToDeduct"]) == (19, None)


def test_no_closing_price_is_minus_one_in_the_year_one() -> None:
    told = ask("/api/v1/market-data/instruments/history/closing-price").json

    assert told[0]["closingPrices"]["weekly"] == {"price": -1, "date": "0001-01-01 00:00:00Z"}


def test_a_rate_leaves_out_what_it_does_not_know() -> None:
    (rate,) = ask("/api/v1/market-data/instruments/rates?instrumentIds=1001").json["rates"]

    assert None not in rate.values()
    assert "bidDiscounted" not in rate


def test_candles_are_a_thousand_at_most() -> None:
    path = "/api/v1/market-data/instruments/1001/history/candles/asc/OneDay"

    assert ask(f"{path}/1000").status == 200
    assert ask(f"{path}/1001").status == 400


def test_the_search_looks_at_page_and_not_at_page_number() -> None:
    path = "/api/v1/market-data/search?fields=instrumentId&pageSize=1"

    assert ask(f"{path}&page=2").json["items"] != ask(path).json["items"]
    assert ask(f"{path}&pageNumber=2").json["items"] == ask(path).json["items"]


AUTHORIZE = {
    "response_type": "code", "client_id": KNOWN["client_id"], "redirect_uri": "https://example.com/back",
    "scope": "openid offline_access", "state": "s", "code_challenge": "x", "code_challenge_method": "S256",
}  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "x"},
        {"redirect_uri": "x"},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"scope": ""},
    ],
)
def test_the_page_refuses_what_is_not_valid(wrong: dict[str, str]) -> None:
    assert ask(f"/sso/oauth2/authorize?{urlencode(AUTHORIZE)}").status == 302
    assert ask(f"/sso/oauth2/authorize?{urlencode(AUTHORIZE | wrong)}").status == 400


def test_the_token_endpoint_takes_forms_only() -> None:
    assert ask("/sso/oidc/token", method="POST", body={"grant_type": "refresh_token"}).json == {"error": ""}
