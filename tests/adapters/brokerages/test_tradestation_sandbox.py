"""TradeStation's sign-in, and its sandbox: what it refuses, and that reading it gives the truth."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import conformance
import doors
import msgspec
import pytest

from adapters.brokerages.tradestation import signin
from adapters.kit import oauth
from adapters.kit.signin import Ask, Given, Moment, Send
from adapters.kit.wire import Response
from adapters.sandbox.create import create
from adapters.sandbox.play import Sandbox
from adapters.sandbox.stage import Stage
from domain.challenges import Answer
from domain.errors import (
    BrokerageUnavailable,
    ChallengeExpired,
    CredentialsRejected,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Asked, Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
MOMENT = Moment(NOW, "5e" * 16, {"signin": "https://signin.tradestation.com"})
GIVEN = {"client_id": "the-api-key", "client_secret": "the-secret", "callback_url": "http://localhost:3000"}


def answer(body: object, status: int = 200) -> Response:
    return Response(status, {}, msgspec.json.encode(body))


TOKENS = {"access_token": "a", "refresh_token": "r", "expires_in": 1200, "token_type": "Bearer"}

# ---- signing in, move by move


def asked(fields: dict[str, str] = GIVEN) -> Ask:
    move = signin.LOGIN.begin(Given(fields, ""), MOMENT)
    assert isinstance(move, Ask)
    return move


def query_of(move: Ask) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(move.challenge.authorize_url or "").query))


def came_back(move: Ask, **more: str) -> Any:
    told = {"code": "c", "state": query_of(move)["state"]} | more
    return signin.hear(move.state, Answer(callback_url=f"http://localhost:3000?{urlencode(told)}"), MOMENT)  # type: ignore[arg-type]


def exchanged(body: object, status: int = 200) -> Any:
    sent = came_back(asked())
    assert isinstance(sent, Send)
    return signin.hear(sent.state, answer(body, status), MOMENT)  # type: ignore[arg-type]


def test_the_browser_is_sent_with_the_audience_and_no_more_scopes_than_are_read() -> None:
    told = query_of(asked())

    assert told["audience"] == "https://api.tradestation.com"
    assert told["scope"] == "openid offline_access MarketData ReadAccount"
    assert "code_challenge" not in told


def test_a_key_without_a_secret_proves_itself_by_pkce() -> None:
    move = asked(GIVEN | {"client_secret": ""})
    sent = came_back(move)
    form = dict(parse_qsl(sent.request.body.decode()))

    assert query_of(move)["code_challenge_method"] == "S256"
    assert form["code_verifier"] not in (move.challenge.authorize_url or "")
    assert "client_secret" not in form


def test_state_and_verifier_of_one_move_do_not_tell_each_other() -> None:
    state, verifier, _ = oauth.state_and_proof(MOMENT.nonce)

    assert state not in verifier
    assert verifier not in state
    assert 43 <= len(verifier) <= 128
    # RFC 7636, appendix B
    assert oauth.challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


def test_the_code_is_exchanged_in_the_body() -> None:
    sent = came_back(asked())

    assert dict(parse_qsl(sent.request.body.decode())) == {
        "grant_type": "authorization_code", "client_id": "the-api-key", "client_secret": "the-secret",
        "code": "c", "redirect_uri": "http://localhost:3000",
    }  # fmt: skip
    assert (sent.request.host, sent.request.url) == ("signin", "/oauth/token")


def test_the_grant_lasts_twenty_minutes_and_is_renewed_for_ever() -> None:
    grant = exchanged(TOKENS).grant

    assert (grant.expires_at, grant.renewable_until) == (NOW + timedelta(minutes=20), None)


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (403, {"error": "invalid_grant"}, ChallengeExpired),
        (401, {"error": "access_denied", "error_description": "Unauthorized"}, CredentialsRejected),
        (401, {"error": "invalid_client"}, CredentialsRejected),
        (503, {}, BrokerageUnavailable),
        (200, TOKENS | {"refresh_token": None}, UnreadableReply),
        (200, TOKENS | {"expires_in": 10**9}, UnreadableReply),
    ],
)
def test_an_exchange_that_is_refused(status: int, body: object, failure: type[Exception]) -> None:
    with pytest.raises(failure):
        exchanged(body, status)


LATER = Moment(NOW + timedelta(hours=3), "5e" * 16)


def test_the_old_refresh_token_stays_where_none_comes() -> None:
    grant = exchanged(TOKENS).grant
    renewed = signin.take_renewal(grant, answer(TOKENS | {"refresh_token": None, "access_token": "b"}), LATER)

    assert (renewed.values["refresh_token"], renewed.values["access_token"]) == ("r", "b")
    assert renewed.renewable_until is None


def test_a_refresh_token_that_comes_replaces_the_old_one_and_the_login_ends_a_day_after_it_began() -> None:
    grant = exchanged(TOKENS).grant
    renewed = signin.take_renewal(grant, answer(TOKENS | {"refresh_token": "r2"}), LATER)

    assert renewed.values["refresh_token"] == "r2"
    assert renewed.renewable_until == NOW + timedelta(hours=24)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_renewal_that_is_refused_asks_the_person(status: int) -> None:
    with pytest.raises(ReauthorizationRequired):
        signin.take_renewal(exchanged(TOKENS).grant, answer({"error": "invalid_grant"}, status), LATER)


# ---- with the sandbox


async def signed_in(door: Any, sandbox: Sandbox, **fields: str) -> Grant:
    known = sandbox.credentials() | fields
    waiting = await door.begin(doors.given("tradestation", known), known["callback_url"])
    assert isinstance(waiting, Asked)
    page = Stage([sandbox]).hear(
        "GET", waiting.challenge.authorize_url or "", {}, b"", datetime.now(UTC), conformance.BASE
    )
    grant = await door.hear(waiting.state, Answer(callback_url=page.response.headers["location"]))
    assert isinstance(grant, Grant)
    return grant


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("persona", ["plain", "empty"])
async def test_reading_the_sandbox_gives_the_truth(seed: int, persona: str) -> None:
    door, sandbox = conformance.played("tradestation", seed, persona)
    grant = await signed_in(door, sandbox)

    told = await conformance.read_all(door, grant)

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_a_long_history_comes_in_pages() -> None:
    door, sandbox = conformance.played("tradestation", rows=1500)
    grant = await signed_in(door, sandbox)

    told = await conformance.read_all(door, grant)

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_a_public_key_signs_in_by_its_proof() -> None:
    door, sandbox = conformance.played("tradestation")
    public = sandbox.credentials()["public_client_id"]
    grant = await signed_in(door, sandbox, client_id=public, client_secret="")

    assert (await door.renew(grant)).values["access_token"] != grant.values["access_token"]


async def test_a_refresh_token_that_rotates_is_good_for_a_short_time_only() -> None:
    door, sandbox = conformance.played("tradestation")
    sandbox.rotating = True  # type: ignore[attr-defined]  # TradeStation's own
    grant = await signed_in(door, sandbox)

    renewed = await door.renew(grant)

    assert renewed.values["refresh_token"] != grant.values["refresh_token"]
    assert renewed.renewable_until is not None
    kept = sandbox.play.find(grant.values["refresh_token"])
    assert kept is not None
    assert kept.expires_at is not None
    assert kept.expires_at <= datetime.now(UTC) + timedelta(minutes=30)


async def test_a_consent_that_was_taken_back_asks_the_person() -> None:
    door, sandbox = conformance.played("tradestation")
    grant = await signed_in(door, sandbox)
    sandbox.play.revoked = True

    with pytest.raises(ReauthorizationRequired):
        await door.accounts(grant)
    with pytest.raises(ReauthorizationRequired):
        await door.renew(grant)


PLAYED = create("tradestation", 7, "plain", NOW.date())
KNOWN = PLAYED.credentials()
NUMBER = PLAYED.play.accounts[0].number


def ask(
    path: str, method: str = "GET", body: dict[str, str] | str = "", token: str = "", now: datetime = NOW
) -> Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    if isinstance(body, dict):
        headers["content-type"], body = "application/x-www-form-urlencoded", urlencode(body)
    url = f"{conformance.BASE}/tradestation{path}"
    return Stage([PLAYED]).hear(method, url, headers, body.encode(), now, conformance.BASE).response


def token(scope: str = "ReadAccount MarketData Trade offline_access") -> str:
    PLAYED.play.issue(issued := PLAYED.play.token("test"), "access", NOW, 1200, scope=scope)
    return issued


AUTHORIZE = {
    "response_type": "code", "client_id": KNOWN["client_id"], "audience": "https://api.tradestation.com",
    "redirect_uri": "http://localhost:3000", "scope": "openid offline_access ReadAccount", "state": "s",
}  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "x"}, {"redirect_uri": "http://localhost:9"}, {"redirect_uri": "http://elsewhere.example"},
        {"audience": ""}, {"response_type": "token"}, {"scope": "openid Novelty"},
        {"client_id": KNOWN["public_client_id"]},  # without a proof
    ],
)  # fmt: skip
def test_the_page_refuses_what_the_key_has_not_registered(wrong: dict[str, str]) -> None:
    assert ask(f"/signin/authorize?{urlencode(AUTHORIZE)}").status == 302
    assert ask(f"/signin/authorize?{urlencode(AUTHORIZE | wrong)}").status == 403


REFRESH = {
    "grant_type": "refresh_token", "client_id": KNOWN["client_id"], "client_secret": KNOWN["client_secret"],
    "refresh_token": KNOWN["refresh_token"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "status", "error"),
    [
        ({}, 200, None), ({"refresh_token": "x"}, 403, "invalid_grant"),
        ({"client_secret": "x"}, 401, "access_denied"), ({"grant_type": "password"}, 400, "invalid_request"),
        ({"client_id": KNOWN["public_client_id"]}, 403, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "x"}, 403, "invalid_grant"),
    ],
)  # fmt: skip
def test_tokens_are_refused_in_auth0_s_words(wrong: dict[str, str], status: int, error: str | None) -> None:
    told = ask("/signin/oauth/token", "POST", REFRESH | wrong)

    assert (told.status, told.json.get("error")) == (status, error)


def test_a_code_is_good_once_and_for_its_address() -> None:
    form = REFRESH | {"grant_type": "authorization_code", "redirect_uri": "http://localhost:3000"}
    codes = [
        dict(parse_qsl(urlsplit(ask(f"/signin/authorize?{urlencode(AUTHORIZE)}").headers["location"]).query))[
            "code"
        ]
        for _ in range(2)
    ]

    def exchange(code: str, **more: str) -> int:
        return ask("/signin/oauth/token", "POST", form | {"code": code} | more).status

    assert [exchange(codes[0]), exchange(codes[0])] == [200, 403]
    assert exchange(codes[1], redirect_uri="http://localhost:8080") == 403


def test_access_ends_after_twenty_minutes_and_scopes_bind() -> None:
    good = token()
    path = "/v3/brokerage/accounts"

    assert ask(path, token=good).status == 200
    assert ask(path, token=good, now=NOW + timedelta(minutes=21)).json["Error"] == "Unauthorized"
    assert ask(path).status == 401
    assert ask(path, token=token("MarketData")).json["Error"] == "Forbidden"


@pytest.mark.parametrize(
    "query",
    ["", "since=2026-08-26", "since=25.11.2026", "since=2026-11-01&pageSize=601",
     "since=2026-11-01&pageSize=0", "since=2026-11-01&nextToken=x", "since=2026-11-01&limit=3"],
)  # fmt: skip
def test_the_history_refuses_what_it_does_not_know_or_keep(query: str) -> None:
    refused = ask(f"/v3/brokerage/accounts/{NUMBER}/historicalorders?{query}", token=token())

    assert (refused.status, refused.json["Error"]) == (400, "BadRequest")


@pytest.mark.parametrize("since", ["2026-11-01", "11-01-2026", "2026/11/01", "11/01/2026"])
def test_since_is_taken_in_four_forms(since: str) -> None:
    assert ask(f"/v3/brokerage/accounts/{NUMBER}/historicalorders?since={since}", token=token()).status == 200


def test_a_page_s_token_is_good_once_for_an_hour_and_the_last_page_has_none() -> None:
    path = f"/v3/brokerage/accounts/{NUMBER}/historicalorders?since=2026-09-01&pageSize="
    many = len(ask(f"{path}600", token=token()).json["Orders"])
    first = ask(f"{path}{many - 1}", token=token()).json
    following = f"{path}600&nextToken={first['NextToken']}"

    assert "NextToken" not in ask(f"{path}{many}", token=token()).json  # exactly full, and the last
    assert len(ask(following, token=token()).json["Orders"]) == 1
    assert ask(following, token=token()).status == 400
    dead = ask(f"{path}1", token=token()).json["NextToken"]
    late = NOW + timedelta(minutes=61)
    PLAYED.play.issue(fresh := PLAYED.play.token("late"), "access", late, 60, scope="ReadAccount")
    assert ask(f"{path}1&nextToken={dead}", token=fresh, now=late).status == 400


@pytest.mark.parametrize("what", ["balances", "positions", "orders", "bodbalances"])
def test_a_wrong_account_is_an_error_beside_the_list_with_status_200(what: str) -> None:
    told = ask(f"/v3/brokerage/accounts/{NUMBER},999/{what}", token=token()).json

    assert told["Errors"] == [{"AccountID": "999", "Error": "Forbidden", "Message": "Invalid Account ID."}]
    assert next(rows for name, rows in told.items() if name != "Errors")


def test_order_ids_have_no_dashes_in_paths() -> None:
    orders = ask(f"/v3/brokerage/accounts/{NUMBER}/orders", token=token()).json["Orders"]
    path = f"/v3/brokerage/accounts/{NUMBER}/orders/{orders[0]['OrderID']}"

    assert len(ask(path, token=token()).json["Orders"]) == 1
    assert ask(f"{path},1-2345", token=token()).status == 400


def test_an_order_waits_until_it_is_called_off_and_status_200_says_nothing_of_acceptance() -> None:
    symbol = next(
        held.instrument.symbol for held in PLAYED.play.accounts[0].positions if not held.instrument.option
    )
    order = {
        "AccountID": NUMBER,
        "Symbol": symbol,
        "Quantity": "10",
        "OrderType": "Market",
        "TradeAction": "BUY",
    }
    path = "/v3/orderexecution/orders"

    def placed(**more: str) -> Any:
        return ask(path, "POST", msgspec.json.encode(order | more).decode(), token()).json["Orders"][0]

    assert placed(Symbol="NOSUCH")["Error"] == "FAILED"
    number = placed()["OrderID"]
    assert ask(f"{path}/{number}", "DELETE", token=token()).json["OrderID"] == number
    assert ask(f"{path}/{number}", "DELETE", token=token()).status == 400
    assert ask(path, "POST", msgspec.json.encode(order).decode(), token("ReadAccount")).status == 403


def test_a_stream_begins_with_a_snapshot_and_says_where_it_ends() -> None:
    told = ask(f"/v3/brokerage/stream/accounts/{NUMBER}/positions", token=token())
    frames = [msgspec.json.decode(line) for line in told.body.splitlines()]

    assert told.headers["content-type"] == "application/vnd.tradestation.streams.v3+json"
    assert [frame["StreamStatus"] for frame in frames if "StreamStatus" in frame] == ["EndSnapshot", "GoAway"]


def test_market_data_names_the_symbols_that_it_does_not_know() -> None:
    for what in ("quotes", "symbols"):
        told = ask(f"/v3/marketdata/{what}/XMPL,NOSUCH", token=token()).json

        assert told["Errors"] == [{"Symbol": "NOSUCH", "Error": "FAILED, INVALID SYMBOL"}]
