"""tastytrade's sandbox: its truth is what the adapter reads, and it refuses what the real one refuses."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import conformance
import doors
import msgspec
import pytest

from adapters.kit.wire import Response
from adapters.sandbox.create import create
from adapters.sandbox.play import Sandbox
from adapters.sandbox.stage import Stage
from domain.challenges import Answer
from domain.errors import CredentialsRejected, ReauthorizationRequired, UnreadableReply
from domain.ports.brokerage import Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
AGENT = {"user-agent": "tests/1.0", "content-type": "application/json"}


def heard(
    sandbox: Sandbox, method: str, path: str, body: Any = None, now: datetime = NOW, **headers: str
) -> Response:
    sent = AGENT | {name.replace("_", "-"): value for name, value in headers.items()}
    raw = b"" if body is None else msgspec.json.encode(body)
    url = path if "://" in path else f"{conformance.BASE}/tastytrade{path}"
    return Stage([sandbox]).hear(method, url, sent, raw, now, conformance.BASE).response


def json(response: Response) -> Any:
    return msgspec.json.decode(response.body)


def tokens(sandbox: Sandbox, **more: str) -> Response:
    known = sandbox.credentials()
    body = {"grant_type": "refresh_token", **{n: known[n] for n in ("refresh_token", "client_secret")}} | more
    return heard(sandbox, "POST", "/oauth/token", body)


@pytest.fixture
def sandbox() -> Sandbox:
    return create("tastytrade", 7, "plain", NOW.date())


@pytest.fixture
def bearer(sandbox: Sandbox) -> str:
    return f"Bearer {json(tokens(sandbox))['access_token']}"


# ---- with the adapter


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("persona", ["plain", "empty"])
async def test_reading_the_sandbox_gives_the_truth(seed: int, persona: str) -> None:
    door, sandbox = conformance.played("tastytrade", seed, persona)
    grant = await door.begin(doors.given("tastytrade", sandbox.credentials()), "")
    assert isinstance(grant, Grant)

    told = await conformance.read_all(door, grant)

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_a_partner_s_user_reads_the_same_and_may_not_trade() -> None:
    door, sandbox = conformance.played("tastytrade/partner", 3)
    known = sandbox.credentials()
    asked = await door.begin(doors.given("tastytrade/partner", known), known["callback_url"])
    assert not isinstance(asked, Grant)
    now = datetime.now(UTC)
    landed = heard(sandbox, "GET", asked.challenge.authorize_url or "", now=now).headers["location"]
    grant = await door.hear(asked.state, Answer(callback_url=landed))
    assert isinstance(grant, Grant)

    told = await conformance.read_all(door, grant)
    order = heard(
        sandbox, "POST", f"/accounts/{known['account_number']}/orders", ORDER, now,
        authorization=f"Bearer {grant.values['access_token']}",
    )  # fmt: skip

    assert conformance.differences(told, conformance.expected(sandbox)) == []
    assert (order.status, json(order)["error"]["code"]) == (403, "not_permitted")


async def test_a_long_history_comes_in_pages_and_none_is_lost() -> None:
    door, sandbox = conformance.played("tastytrade", 1, rows=1_200)
    grant = await door.begin(doors.given("tastytrade", sandbox.credentials()), "")
    assert isinstance(grant, Grant)
    (account, *_) = (await door.accounts(grant)).rows

    sizes, cursor = [], None
    for _ in range(3):
        page = await door.history(grant, account, "transactions", None, cursor)
        sizes.append(len(page.transactions))
        cursor = page.cursor

    assert (sizes, cursor) == ([500, 500, 200], None)


async def test_a_wrong_grant_is_refused_and_a_deleted_one_asks_the_user() -> None:
    door, sandbox = conformance.played("tastytrade", persona="revoked")
    fields = doors.given("tastytrade", sandbox.credentials())
    with pytest.raises(CredentialsRejected):
        await door.begin(fields | {"refresh_token": "eyJwrong-token"}, "")
    grant = await door.begin(fields, "")
    assert isinstance(grant, Grant)
    (account, *_) = (await door.accounts(grant)).rows

    with pytest.raises(ReauthorizationRequired):
        await door.balances(grant, account)
    with pytest.raises(ReauthorizationRequired):
        await door.renew(grant)


# ---- as strict as the real one


@pytest.mark.parametrize("agent", ["", "curl", "/1.0"])
def test_without_a_product_in_the_user_agent_everything_is_refused(sandbox: Sandbox, agent: str) -> None:
    refused = heard(sandbox, "POST", "/oauth/token", {}, user_agent=agent)

    assert (refused.status, refused.headers["content-type"]) == (401, "text/html")


def test_an_access_token_lives_900_seconds_and_must_be_a_bearer(sandbox: Sandbox, bearer: str) -> None:
    def ask(authorization: str, seconds: int = 0) -> int:
        later = NOW + timedelta(seconds=seconds)
        return heard(
            sandbox, "GET", "/customers/me/accounts", None, later, authorization=authorization
        ).status

    assert (ask(bearer), ask(bearer, 899), ask(bearer, 900)) == (200, 200, 401)
    assert ask(bearer.removeprefix("Bearer ")) == 401  # as legacy session tokens were sent
    assert json(heard(sandbox, "GET", "/customers/me/accounts"))["error"]["code"] == "token_invalid"


def test_the_token_s_answer_is_flat_and_its_client_must_match(sandbox: Sandbox) -> None:
    good = json(tokens(sandbox, client_id=sandbox.credentials()["app_id"]))

    assert good.keys() == {"access_token", "token_type", "expires_in"}
    assert good["expires_in"] == 900
    for wrong in ({"client_id": "another"}, {"client_secret": "another"}, {"refresh_token": "another"}):
        refused = tokens(sandbox, **wrong)
        assert (refused.status, set(json(refused))) == (400, {"error_code", "error_description"})


def test_the_token_s_endpoint_takes_a_form_as_well(sandbox: Sandbox) -> None:
    known = sandbox.credentials()
    form = {"grant_type": "refresh_token", **{n: known[n] for n in ("refresh_token", "client_secret")}}
    headers = AGENT | {"content-type": "application/x-www-form-urlencoded"}
    url, sent = f"{conformance.BASE}/tastytrade/oauth/token", urlencode(form).encode()

    assert Stage([sandbox]).hear("POST", url, headers, sent, NOW, conformance.BASE).status == 200


def test_user_name_and_password_are_no_way_in_any_more(sandbox: Sandbox) -> None:
    body = {"login": "sample", "password": "word", "remember-me": True}

    assert heard(sandbox, "POST", "/sessions", body).status == 401


def test_a_version_that_is_none_is_refused_with_a_number_for_a_code(sandbox: Sandbox, bearer: str) -> None:
    refused = heard(sandbox, "GET", "/customers/me", authorization=bearer, accept_version="20200101")

    assert json(refused) == {"error": {"code": 406, "message": "The requested version is not supported."}}
    assert (
        heard(sandbox, "GET", "/customers/me", authorization=bearer, accept_version="20251101").status == 200
    )


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("per-page=2000", 200), ("per-page=2001", 400), ("page-offset=-1", 400), ("novelty=1", 400),
        ("types[]=Trade&types[]=Money%20Movement", 200), ("type=Trade&types[]=Trade", 400),
        ("type=Novelty", 400),
        ("start-date=yesterday", 400), ("start-at=2026-05-04T14:31:11Z", 200),
    ],
)  # fmt: skip
def test_parameters_that_are_not_known_or_not_possible_are_refused(
    sandbox: Sandbox, bearer: str, query: str, status: int
) -> None:
    number = sandbox.credentials()["account_number"]
    answered = heard(sandbox, "GET", f"/accounts/{number}/transactions?{query}", authorization=bearer)

    assert answered.status == status


def test_another_s_account_is_not_found(sandbox: Sandbox, bearer: str) -> None:
    refused = heard(sandbox, "GET", "/accounts/5WT99999/positions", authorization=bearer)

    assert (refused.status, json(refused)["error"]["code"]) == (404, "record_not_found")


def test_marks_are_told_only_to_whom_asks_and_quantities_are_of_two_kinds(
    sandbox: Sandbox, bearer: str
) -> None:
    number = sandbox.credentials()["account_number"]
    bare, marked = (
        json(heard(sandbox, "GET", f"/accounts/{number}/positions{query}", authorization=bearer))["data"][
            "items"
        ]
        for query in ("", "?include-marks=true")
    )

    assert not any("mark-price" in row for row in bare)
    assert all("mark-price" in row for row in marked)
    assert {type(row["quantity"]) for row in bare} == {int, str}
    assert {row["quantity-direction"] for row in bare} == {"Long", "Short"}


ORDER = {
    "time-in-force": "Day", "order-type": "Limit", "price": "10.0", "price-effect": "Debit",
    "legs": [{"instrument-type": "Equity", "symbol": "XMPL", "quantity": 1, "action": "Buy to Open"}],
}  # fmt: skip


def test_an_order_that_is_cancelled_is_first_only_asked_to(sandbox: Sandbox, bearer: str) -> None:
    path = f"/accounts/{sandbox.credentials()['account_number']}/orders"
    placed = heard(sandbox, "POST", path, ORDER, authorization=bearer)
    order = json(placed)["data"]["order"]
    asked = heard(sandbox, "DELETE", f"{path}/{order['id']}", authorization=bearer)
    after = heard(sandbox, "GET", f"{path}/{order['id']}", authorization=bearer)

    assert (placed.status, order["status"]) == (201, "Live")
    assert isinstance(order["updated-at"], int)  # milliseconds, unlike all other times
    assert (asked.status, json(asked)["data"]["status"]) == (200, "Cancel Requested")
    assert json(after)["data"]["status"] == "Cancelled"


def test_a_market_order_good_till_cancelled_fails_its_preflight_check(sandbox: Sandbox, bearer: str) -> None:
    path = f"/accounts/{sandbox.credentials()['account_number']}/orders/dry-run"
    wrong = ORDER | {"order-type": "Market", "time-in-force": "GTC"}
    refused = heard(sandbox, "POST", path, wrong, authorization=bearer)

    assert (refused.status, json(refused)["error"]["code"]) == (422, "preflight_check_failure")
    assert json(refused)["error"]["errors"][0]["code"] == "gtc_market_orders_not_supported"


def test_an_order_that_is_sent_twice_is_two_orders_that_keep_the_name_one_gave_them(
    sandbox: Sandbox, bearer: str
) -> None:
    path = f"/accounts/{sandbox.credentials()['account_number']}/orders"
    named = ORDER | {"external-identifier": "mine"}
    first, second = (
        json(heard(sandbox, "POST", path, named, authorization=bearer))["data"]["order"] for _ in range(2)
    )

    assert first["id"] != second["id"]
    assert first["external-identifier"] == second["external-identifier"] == "mine"


def test_coins_are_not_traded_through_the_api_any_more(sandbox: Sandbox, bearer: str) -> None:
    path = f"/accounts/{sandbox.credentials()['account_number']}/orders"
    leg = {"instrument-type": "Cryptocurrency", "symbol": "BTC/USD", "quantity": 1, "action": "Buy to Open"}

    assert heard(sandbox, "POST", path, ORDER | {"legs": [leg]}, authorization=bearer).status == 403


def test_a_list_of_orders_says_since_when_from_a_version_on(sandbox: Sandbox, bearer: str) -> None:
    path = f"/accounts/{sandbox.credentials()['account_number']}/orders"

    def listed(query: str, version: str) -> int:
        return heard(sandbox, "GET", path + query, authorization=bearer, accept_version=version).status

    assert (listed("", "20251101"), listed("", "20261012")) == (200, 400)
    assert listed("?start-date=2026-11-01", "20261012") == 200


def test_quotes_are_of_a_hundred_symbols_at_most(sandbox: Sandbox, bearer: str) -> None:
    def asked(count: int) -> int:
        path = f"/market-data/by-type?equity={','.join(map(str, range(count)))}"
        return heard(sandbox, "GET", path, authorization=bearer).status

    assert (asked(100), asked(101)) == (200, 400)


def test_money_is_text_with_a_decimal_and_its_sign_is_a_word_beside_it(sandbox: Sandbox, bearer: str) -> None:
    number = sandbox.credentials()["account_number"]
    rows = json(heard(sandbox, "GET", f"/accounts/{number}/transactions", authorization=bearer))["data"][
        "items"
    ]

    for row in rows:
        assert "." in row["value"]
        assert not row["value"].startswith("-")
        assert row.get("value-effect", "None") in {"Credit", "Debit", "None"}
    assert {row["value-effect"] for row in rows if "value-effect" in row} == {"Credit", "Debit", "None"}


def test_one_effect_of_a_balance_has_an_irregular_name_and_cash_has_none(
    sandbox: Sandbox, bearer: str
) -> None:
    number = sandbox.credentials()["account_number"]
    told = json(heard(sandbox, "GET", f"/accounts/{number}/balances", authorization=bearer))["data"]

    assert {"unsettled-cryptocurrency-fiat-amount", "unsettled-cryptocurrency-fiat-effect"} <= told.keys()
    assert not {"cash-balance-effect", "net-liquidating-value-effect"} & told.keys()


async def test_a_refused_user_agent_does_not_ask_the_user_to_sign_in_again() -> None:
    door, sandbox = conformance.played("tastytrade")
    grant = await door.begin(doors.given("tastytrade", sandbox.credentials()), "")
    assert isinstance(grant, Grant)
    named = "none"
    door._sender.wire._answer = lambda request, url: heard(  # type: ignore[attr-defined]  # the wire in memory
        sandbox, request.method, url, user_agent=named
    )

    with pytest.raises(UnreadableReply):
        await door.accounts(grant)
