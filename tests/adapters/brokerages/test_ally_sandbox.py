"""Ally's sandbox: strict about four secrets, and its truth read back."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import conformance
import pytest

from adapters.brokerages import NAMES, card
from adapters.brokerages.ally import tell
from adapters.kit.catalogue import Catalogue
from adapters.kit.http import MemoryWire
from adapters.kit.oauth import oauth1
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response, get
from adapters.sandbox.create import create
from adapters.sandbox.oauth1 import signature
from adapters.sandbox.stage import Stage
from domain.errors import DoorClosed, ReauthorizationRequired

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SEEDS = range(1, 1 + int(os.environ.get("BROKERLINK_TEST_SEEDS", "6")))
BASE = conformance.BASE


def test_the_signing_vector_of_the_sheet_holds_here_too() -> None:
    pairs = [
        ("oauth_nonce", "a1b2c3d4e5f60718"), ("oauth_timestamp", "1774267200"), ("oauth_version", "1.0"),
        ("oauth_signature_method", "HMAC-SHA1"), ("oauth_consumer_key", "demoKey"),
        ("oauth_token", "tok+en/1="),
        ("range", "all"), ("transactions", "all"),
    ]  # fmt: skip
    url = "https://devapi.invest.ally.com/v1/accounts/12345678/history.json"

    assert signature("GET", url, pairs, "demo/Secret=", "sec+ret/2=") == "Gq67rEAVJXmrANLD+AGGGmk9y4k="


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_is_read_equals_the_truth(seed: int) -> None:
    door, sandbox = conformance.played("ally", seed)
    grant = await door.begin(sandbox.credentials(), "")

    told = await conformance.read_all(door, grant)  # type: ignore[arg-type]  # keys need nobody to be asked

    assert conformance.differences(told, conformance.expected(sandbox)) == []


class Desk:
    """The sandbox, asked by hand."""

    def __init__(self, persona: str = "plain") -> None:
        self.sandbox = create("ally", 7, persona)
        self.stage = Stage([self.sandbox])
        self.keys = dict(self.sandbox.credentials())
        self.account = self.sandbox.play.accounts[0].number
        self._nonce = 0

    def signed(self, path: str, *query: tuple[str, str], now: datetime = NOW, **keys: str) -> Request:
        self._nonce += 1
        told = {**self.keys, **keys}
        moment = Moment(now, f"{self._nonce:032d}", {"api": f"{BASE}/ally"})
        return oauth1(
            get(path, *query), moment, key=told["consumer_key"], secret=told["consumer_secret"],
            token=told["oauth_token"], token_secret=told["oauth_token_secret"],
        )  # fmt: skip

    def send(self, request: Request) -> Response:
        url = f"{BASE}/ally{request.target}"
        return self.stage.hear(request.method, url, dict(request.headers), request.body, NOW, BASE).response

    def ask(self, path: str, *query: tuple[str, str], **more: Any) -> Response:
        return self.send(self.signed(path, *query, **more))


@pytest.fixture
def desk() -> Desk:
    return Desk()


ACCOUNTS = "/v1/accounts.json"


def words(response: Response) -> str:
    return str(json.loads(response.body)["response"]["error"])


def test_the_right_keys_are_let_in_once_for_each_nonce(desk: Desk) -> None:
    request = desk.signed(ACCOUNTS)

    assert desk.send(request).status == 200
    assert (desk.send(request).status, words(desk.send(request))) == (401, "Nonce was used")


@pytest.mark.parametrize("name", ["consumer_key", "consumer_secret", "oauth_token", "oauth_token_secret"])
def test_each_of_the_four_secrets_counts(desk: Desk, name: str) -> None:
    assert desk.ask(ACCOUNTS, **{name: "wrong"}).status == 401


@pytest.mark.parametrize(("seconds", "status"), [(9, 200), (-9, 200), (12, 401), (-12, 401)])
def test_the_clock_may_be_ten_seconds_off(desk: Desk, seconds: int, status: int) -> None:
    assert desk.ask(ACCOUNTS, now=NOW + timedelta(seconds=seconds)).status == status


def test_version_and_method_are_needed(desk: Desk) -> None:
    request = desk.signed(ACCOUNTS)
    header = dict(request.headers)["Authorization"]
    for changed in (
        header.replace("oauth_version", "x"),
        header.replace("HMAC-SHA1", "PLAINTEXT"),
        "Bearer x",
        "",
    ):
        bare = Request(request.method, request.url, headers=(("Authorization", changed),))
        assert desk.send(bare).status == 401


def test_query_parameters_are_signed_and_known_ones_only(desk: Desk) -> None:
    history = f"/v1/accounts/{desk.account}/history.json"
    signed = desk.signed(history, ("range", "all"))
    tampered = Request(signed.method, signed.url, (("range", "today"),), signed.headers)

    assert desk.ask(history, ("range", "all"), ("transactions", "trade")).status == 200
    assert desk.send(tampered).status == 401
    assert desk.ask(history, ("range", "ever")).status == 400
    assert desk.ask(ACCOUNTS, ("page", "2")).status == 400


def test_accounts_of_others_and_unknown_paths_are_refused_in_its_words(desk: Desk) -> None:
    assert desk.ask("/v1/accounts/99999999/balances.json").status == 403
    missing = desk.ask("/v1/accounts/1/secrets.json")
    assert (missing.status, json.loads(missing.body)["response"]["type"]) == (404, "Error")


def test_the_headers_of_the_limit_count_each_minute_and_end_at_a_time_that_is_off(desk: Desk) -> None:
    def limits() -> dict[str, str]:
        headers = desk.ask(ACCOUNTS).headers
        return {
            name: headers[f"x-ratelimit-{name.lower()}"] for name in ("Limit", "Used", "Remaining", "Expire")
        }

    first, second = limits(), limits()

    assert (first["Limit"], first["Used"], first["Remaining"]) == ("180", "1", "179")
    assert (second["Used"], second["Remaining"]) == ("2", "178")
    assert abs(float(first["Expire"]) - NOW.timestamp()) > 60


def test_a_refusal_may_be_plain_text() -> None:
    revoked = Desk("revoked")
    told = [revoked.ask(ACCOUNTS) for _ in range(4)][-1]

    assert (told.status, told.body) == (401, b"Token is revoked")


def test_a_list_of_one_is_no_list_and_none_is_an_empty_object() -> None:
    empty = Desk("empty")

    history = json.loads(empty.ask(f"/v1/accounts/{empty.account}/history.json").body)["response"]
    held = json.loads(empty.ask(f"/v1/accounts/{empty.account}/holdings.json").body)["response"]

    assert history["transactions"] == {}
    assert held["accountholdings"]["holding"] == {}
    assert tell.listed([{"a": "1"}]) == {"a": "1"}


async def test_keys_that_were_made_anew_end_the_old_ones() -> None:
    door, sandbox = conformance.played("ally", persona="revoked")
    grant: Any = await door.begin(sandbox.credentials(), "")

    await door.accounts(grant)

    with pytest.raises(ReauthorizationRequired, match="probably closed"):
        await door.accounts(grant)


def test_files_are_handed_out_and_only_those(desk: Desk) -> None:
    def fetched(path: str) -> Response:
        return desk.stage.hear("GET", f"{BASE}/ally{path}", {}, b"", NOW, BASE).response

    names = fetched("/statements").body.decode().split()

    assert names == ["all.qfx", "all.ofx", "account-1.qfx", "account-2.qfx"]
    assert all(fetched(f"/statements/{name}").status == 200 for name in names)
    assert fetched("/statements/other.qfx").status == 404
    assert "attachment" in fetched("/statements/all.qfx").headers["content-disposition"]


def test_the_legacy_door_is_closed_by_default() -> None:
    known = Catalogue(NAMES, card, MemoryWire(lambda _request, _url: Response(401)))

    with pytest.raises(DoorClosed):
        known.door("ally", "legacy")
