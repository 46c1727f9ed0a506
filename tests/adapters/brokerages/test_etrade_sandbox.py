"""E*TRADE's sandbox: how one signs in to it, what it refuses, and how its answers look."""

import json
from datetime import UTC, date, datetime, timedelta
from html import escape
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import clickable
import pytest

from adapters.brokerages.etrade import API, CARD
from adapters.brokerages.etrade.gate import CALLBACK
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from adapters.sandbox.create import create
from adapters.sandbox.oauth1 import encoded, signature
from adapters.sandbox.stage import Stage
from domain.challenges import Answer, ChallengeKind
from domain.errors import ChallengeWrong, CredentialsRejected, ReauthorizationRequired
from domain.ports.brokerage import Asked, Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
OWN = "http://127.0.0.1:9"
BASE = f"{OWN}/etrade"
HOSTS = {"api": BASE, "oauth": f"{BASE}/oauth", "authorize": f"{BASE}/authorize"}


class World:
    """A sandbox with a clock, a client that signs by hand, and our own door."""

    def __init__(self, persona: str = "plain", *, interactive: bool = False) -> None:
        self.sandbox = create("etrade", 8, persona, NOW.date(), interactive=interactive)
        self.stage = Stage([self.sandbox])
        self.now = NOW
        self.known = self.sandbox.credentials()
        self.door = CardDoor(
            CARD, API, MemoryWire(self._hear), hosts=HOSTS, clock=lambda: self.now, limited=False
        )
        self._nonces = count()

    def _hear(self, request: Request, url: str) -> Response:
        return self.send(request.method, url, dict(request.headers), request.body)

    def send(
        self, method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Response:
        return self.stage.hear(method, url, headers or {}, body, self.now, OWN).response

    def signed(self, method: str, url: str, signer: tuple[str, str] | None, **changed: str) -> dict[str, str]:
        """The header, made here; `changed` are OAuth parameters, an empty one is left out."""
        told = {
            "oauth_consumer_key": self.known["consumer_key"],
            "oauth_nonce": str(next(self._nonces)),
            "oauth_signature_method": "HMAC-SHA1",
            "oauth_timestamp": str(int(self.now.timestamp())),
        }
        told |= {"oauth_token": signer[0]} if signer else {}
        told |= {f"oauth_{name}": value for name, value in changed.items()}
        told = {name: value for name, value in told.items() if value}
        address, _, query = url.partition("?")
        pairs = [*told.items(), *parse_qsl(query, keep_blank_values=True)]
        keys = self.known["consumer_secret"], signer[1] if signer else ""
        told.setdefault("oauth_signature", signature(method, address, pairs, *keys))
        header = ",".join(f'{name}="{encoded(value)}"' for name, value in told.items())
        return {"Authorization": f'OAuth realm="",{header}'}

    def call(
        self, path: str, signer: tuple[str, str] | None = None, *, method: str = "GET", **changed: str
    ) -> Response:
        url = path if "://" in path else BASE + path
        return self.send(method, url, self.signed(method, url, signer, **changed))

    async def begin(self, redirect_uri: str = "", **changed: str) -> Asked:
        fields = {name: self.known[name] for name in ("consumer_key", "consumer_secret")}
        asked = await self.door.begin(fields | changed, redirect_uri)
        assert isinstance(asked, Asked)
        return asked

    async def sign_in(self) -> Grant:
        asked = await self.begin()
        grant = await self.door.hear(asked.state, Answer(code=self.known["verifier"]))
        assert isinstance(grant, Grant)
        return grant


def tokens(response: Response) -> tuple[str, str]:
    told = dict(parse_qsl(response.text))
    return told["oauth_token"], told["oauth_token_secret"]


def access(world: World) -> tuple[str, str]:
    request = tokens(world.call("/oauth/request_token", callback="oob"))
    return tokens(world.call("/oauth/access_token", request, verifier=world.known["verifier"]))


def code(response: Response) -> int:
    found: int = json.loads(response.body)["Error"]["code"]
    return found


# --- signing in


async def test_a_wrong_code_may_be_followed_by_the_right_one() -> None:
    world = World()
    asked = await world.begin()

    with pytest.raises(ChallengeWrong):
        await world.door.hear(asked.state, Answer(code="WRONG"))

    assert isinstance(await world.door.hear(asked.state, Answer(code=world.known["verifier"])), Grant)


async def test_wrong_keys_are_refused() -> None:
    for field in ("consumer_key", "consumer_secret"):
        with pytest.raises(CredentialsRejected):
            await World().begin(**{field: "something-else"})


async def test_only_the_registered_address_is_sent_back_to() -> None:
    world = World()
    code_asked = await world.begin("https://app.example/back")
    asked = await world.begin(CALLBACK)

    page = world.send("GET", str(asked.challenge.authorize_url))
    grant = await world.door.hear(asked.state, Answer(callback_url=page.headers["location"]))

    assert code_asked.challenge.kind is ChallengeKind.VERIFIER_CODE
    assert asked.challenge.kind is ChallengeKind.REDIRECT
    assert page.status == 302
    assert isinstance(grant, Grant)


async def test_a_person_may_click_and_may_decline() -> None:
    world = World(interactive=True)
    asked = await world.begin(CALLBACK)
    address = str(asked.challenge.authorize_url)

    page = world.send("GET", address)
    (form,) = clickable.forms(page.body)
    accepted = world.send(form.method, form.url)
    declined = world.send("GET", address + "&answer=decline")

    assert page.status == 200
    assert world.known["verifier"] not in page.text
    assert f"oauth_verifier={world.known['verifier']}" in accepted.headers["location"]
    assert f"{escape(address)}&amp;answer=decline" in page.text
    assert dict(parse_qsl(urlsplit(declined.headers["location"]).query))["oauth_problem"] == "user_refused"


def test_the_page_shows_the_code_that_was_announced() -> None:
    world = World()
    token, _ = tokens(world.call("/oauth/request_token", callback="oob"))

    page = world.send(
        "GET", f"{BASE}/authorize/e/t/etws/authorize?key={world.known['consumer_key']}&token={encoded(token)}"
    )

    assert f'value="{world.known["verifier"]}"' in page.text
    assert any(world.known["verifier"] in line for line in world.sandbox.announce())
    assert world.send("GET", f"{BASE}/authorize/e/t/etws/authorize?key=x&token=y").status == 400


async def test_a_token_sleeps_after_two_hours_is_woken_and_dies_at_midnight() -> None:
    world = World()
    grant = await world.sign_in()

    world.now += timedelta(hours=2, minutes=1)
    with pytest.raises(ReauthorizationRequired):
        await world.door.accounts(grant)
    renewed = await world.door.renew(grant)
    assert len((await world.door.accounts(renewed)).rows) == 2

    world.now = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)
    with pytest.raises(ReauthorizationRequired):
        await world.door.accounts(renewed)
    with pytest.raises(ReauthorizationRequired):
        await world.door.renew(renewed)


async def test_a_revoked_token_opens_nothing() -> None:
    world = World()
    grant = await world.sign_in()

    assert await world.door.revoke(grant) is True
    with pytest.raises(ReauthorizationRequired):
        await world.door.accounts(grant)


async def test_a_consent_that_is_withdrawn_ends_reading_and_renewing() -> None:
    world = World(persona="revoked")
    grant = await world.sign_in()
    account = (await world.door.accounts(grant)).rows[0]
    await world.door.balances(grant, account)

    with pytest.raises(ReauthorizationRequired):
        await world.door.positions(grant, account)
    with pytest.raises(ReauthorizationRequired):
        await world.door.renew(grant)


# --- what the gate refuses


def test_the_signature_is_right_byte_by_byte() -> None:
    """Made-up vectors, cross-checked against another implementation."""
    first = [
        ("oauth_consumer_key", "demoKey"),
        ("oauth_nonce", "a1b2c3d4e5f60718"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "1774267200"),
    ]
    then = [*first, ("oauth_token", "tok+en/1=")]
    asked = [*then, ("startDate", "01022026"), ("endDate", "03312026"), ("count", "50")]
    api, apisb = "https://api.etrade.com", "https://apisb.etrade.com"
    listed = f"{apisb}/v1/accounts/AbC_dEf-123/transactions.json"

    def signed(url: str, pairs: list[tuple[str, str]], token_secret: str = "sec+ret/2=") -> str:
        return signature("get", url, pairs, "demo/Secret=", token_secret)

    request_token = signed(f"{api}/oauth/request_token", [*first, ("oauth_callback", "oob")], "")
    assert request_token == "hp2HBrHVFusYn8z8n+9td+KY/Do="
    access_token = signed(f"{api}/oauth/access_token", [*then, ("oauth_verifier", "X1Y2Z")])
    assert access_token == "TjOVXDkA/RZBFZJfhZ1yjRDDkyc="
    assert signed(listed, asked) == "QZBep46tsO/g7jkbbhF0GWVhs0Q="
    assert signed(listed, [*asked, ("oauth_version", "1.0")]) == "k9IN87EA7KnpR3WfZ3ZrPgb8i/U="
    assert signed(listed.replace("apisb.etrade.com", "APISB.etrade.com:443"), asked) == signed(listed, asked)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"consumer_key": "unknown"}, "consumer_key_unknown"),
        ({"signature": "AAAA"}, "signature_invalid"),
        ({"signature_method": "PLAINTEXT"}, "signature_method_rejected"),
        ({"version": "2.0"}, "version_rejected"),
        ({"timestamp": str(int(NOW.timestamp()) - 301)}, "timestamp_refused"),
        ({"timestamp": str(int(NOW.timestamp()) + 301)}, "timestamp_refused"),
        ({"timestamp": "noon"}, "timestamp_refused"),
        ({"nonce": ""}, "parameter_absent"),
        ({"token": ""}, "parameter_absent"),
        ({"token": "other"}, "token_rejected"),
    ],
)
def test_a_call_that_is_not_signed_as_it_must_be_is_refused(changed: dict[str, str], problem: str) -> None:
    world = World()

    answer = world.call("/v1/accounts/list.json", access(world), **changed)

    assert (answer.status, answer.text.partition("&")[0]) == (401, f"oauth_problem={problem}")


def test_a_nonce_works_once_and_a_clock_may_be_five_minutes_off() -> None:
    world = World()
    token = access(world)
    old = str(int(NOW.timestamp()) - 299)

    answers = [world.call("/v1/accounts/list.json", token, nonce="same", timestamp=old) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 401]
    assert "nonce_used" in answers[1].text


def test_a_call_without_a_header_is_refused_and_so_is_a_changed_query() -> None:
    world = World()
    token = access(world)
    headers = world.signed("GET", f"{BASE}/v1/accounts/list.json?a=1", token)

    assert "parameter_absent" in world.send("GET", f"{BASE}/v1/accounts/list.json").text
    assert "signature_invalid" in world.send("GET", f"{BASE}/v1/accounts/list.json?a=2", headers).text


def test_tokens_work_once_or_for_what_they_are() -> None:
    world = World()
    request = tokens(world.call("/oauth/request_token", callback="oob"))
    verifier = world.known["verifier"]

    assert "token_rejected" in world.call("/v1/accounts/list.json", request).text
    assert "verifier_invalid" in world.call("/oauth/access_token", request, verifier="NOPE5").text
    assert world.call("/oauth/access_token", request, verifier=verifier).status == 200
    assert "token_used" in world.call("/oauth/access_token", request, verifier=verifier).text
    late = tokens(world.call("/oauth/request_token", callback="oob"))
    world.now += timedelta(minutes=5)
    assert "token_expired" in world.call("/oauth/access_token", late, verifier=verifier).text
    assert "callback_rejected" in world.call("/oauth/request_token", callback="https://x.example").text


def test_tokens_hold_the_signs_that_break_when_decoded_twice() -> None:
    world = World()

    raw = world.call("/oauth/request_token", callback="oob").text
    token, secret = access(world)

    assert {"+", "/", "="} <= set(token) & set(secret)
    assert unquote(raw.partition("&")[0].partition("=")[2]) != raw.partition("&")[0].partition("=")[2]


def test_a_client_that_believes_to_speak_to_etrade_signs_its_name() -> None:
    world = World()
    token = access(world)
    here, real = "http://api.etrade.com/v1/accounts/list.json", "https://api.etrade.com/v1/accounts/list.json"
    told = {
        "oauth_consumer_key": world.known["consumer_key"],
        "oauth_nonce": "n",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(NOW.timestamp())),
        "oauth_token": token[0],
    }
    told["oauth_signature"] = signature(
        "GET", real, list(told.items()), world.known["consumer_secret"], token[1]
    )
    header = ", ".join(f'{name}="{encoded(value)}"' for name, value in told.items())

    assert world.send("GET", here, {"Authorization": f"OAuth {header}"}).status == 200


# --- what the endpoints refuse, and their shapes


@pytest.fixture
def signed_in() -> tuple[World, tuple[str, str], str]:
    world = World()
    return world, access(world), f"/v1/accounts/{world.sandbox.play.accounts[0].key}"


SignedIn = tuple[World, tuple[str, str], str]


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


def test_single_rows_orders_lots_and_quotes_are_told(signed_in: SignedIn) -> None:
    world, token, account = signed_in

    def get(path: str) -> Any:
        return json.loads(world.call(path, token).body)

    (row, *_) = get(account + "/transactions.json?count=5")["TransactionListResponse"]["Transaction"]
    alone = get(f"{account}/transactions/{row['transactionId']}.json?storeId=0")["TransactionDetailsResponse"]
    orders = get(account + "/orders.json?count=2")["OrdersResponse"]
    more = get(f"{account}/orders.json?count=2&marker={orders['marker']}")["OrdersResponse"]
    one = get(f"{account}/orders/{orders['Order'][0]['orderId']}.json")["OrdersResponse"]["Order"]
    (part,) = get(account + "/portfolio.json")["PortfolioResponse"]["AccountPortfolio"]
    lots = get(part["Position"][0]["lotsDetails"])["PositionLotsResponse"]["PositionLot"]
    quotes = get("/v1/market/quote/XMPL,NOSUCH.json")["QuoteResponse"]

    assert alone["transactionId"] == int(row["transactionId"])
    assert orders["Order"][1]["orderId"] == more["Order"][0]["orderId"] + 1
    assert one == orders["Order"][:1]
    assert lots[0]["remainingQty"] == part["Position"][0]["quantity"]
    assert quotes["QuoteData"][0]["Product"]["symbol"] == "XMPL"
    assert quotes["Messages"]["Message"][0]["description"] == "NOSUCH is invalid"
