"""SoFi by Plaid: the sandbox refuses what Plaid refuses, and reading it gives the truth."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import conformance
import pytest

from adapters.brokerages.sofi.sandbox import SofiSandbox
from adapters.kit.door import CardDoor
from adapters.kit.wire import Response
from adapters.plaid import hooks
from adapters.sandbox.create import create
from adapters.sandbox.stage import Stage
from domain.errors import ReauthorizationRequired
from domain.ports.brokerage import Grant
from domain.transactions import Transaction

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
Json = dict[str, Any]
WINDOW = {"start_date": "2024-11-26", "end_date": "2026-12-02"}


@dataclass
class Plaid:
    """A sandbox of SoFi's, asked in memory at a time of our own."""

    persona: str = "plain"
    now: datetime = NOW

    def __post_init__(self) -> None:
        box = create("sofi", 7, self.persona, NOW.date(), rows=60)
        assert isinstance(box, SofiSandbox)
        self.box = box
        self.stage = Stage([self.box])
        self.known = self.box.credentials()

    @property
    def keys(self) -> dict[str, str]:
        return {"PLAID-CLIENT-ID": self.known["plaid_client_id"], "PLAID-SECRET": self.known["plaid_secret"]}

    def post(
        self, path: str, body: object, headers: dict[str, str] | None = None, host: str = "/plaid"
    ) -> tuple[int, Json]:
        named = {"Content-Type": "application/json"} | (self.keys if headers is None else headers)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = f"{conformance.BASE}/sofi{host}{path}"
        reply = self.stage.hear("POST", url, named, content, self.now, conformance.BASE)
        return reply.status, json.loads(reply.body)

    def ask(self, path: str, body: Json) -> Json:
        status, told = self.post(path, body)
        assert status == 200, told
        return told

    def refused(self, path: str, body: object, headers: dict[str, str] | None = None) -> tuple[int, str]:
        status, told = self.post(path, body, headers)
        return status, str(told.get("error_code"))

    def token(self, **options: str) -> str:
        body = {"institution_id": "ins_900001", "initial_products": ["investments"], "options": options}
        public = self.ask("/sandbox/public_token/create", body)["public_token"]
        return str(self.ask("/item/public_token/exchange", {"public_token": public})["access_token"])


@pytest.fixture
def plaid() -> Plaid:
    return Plaid()


async def linked(door: CardDoor, sandbox: SofiSandbox, now: datetime) -> Grant:
    desk = sandbox.desk
    item = desk.gate.link("ins_900001", "", now)
    public = desk.gate.public_token(item, now)
    outcome = await door.begin({**sandbox.credentials(), "plaid_public_token": public}, "")
    assert isinstance(outcome, Grant)
    return outcome


# The truth.


@pytest.mark.parametrize("seed", range(6))
async def test_what_is_read_equals_the_truth(seed: int) -> None:
    door, sandbox = conformance.played("sofi", seed)
    assert isinstance(sandbox, SofiSandbox)

    told = await conformance.read_all(door, await linked(door, sandbox, datetime.now(UTC)))

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_another_item_of_the_same_login_has_other_ids_and_the_same_accounts_and_rows() -> None:
    door, sandbox = conformance.played("sofi", rows=60)
    assert isinstance(sandbox, SofiSandbox)
    grants = [await linked(door, sandbox, datetime.now(UTC)) for _ in range(2)]
    first, second = [(await door.accounts(grant)).rows for grant in grants]
    (feed,) = door.feeds

    rows = [
        (await door.history(grant, account, feed.name, None, None)).transactions
        for grant, (account, *_) in zip(grants, (first, second), strict=True)
    ]

    assert [account.key for account in first] == [account.key for account in second]
    assert first[0].routing != second[0].routing
    assert [row.source_key for row in rows[0]] == [row.source_key for row in rows[1]]
    raw = [json.loads(told[0].raw)["investment_transaction_id"] for told in rows]
    assert raw[0] != raw[1]


async def test_a_history_that_grows_while_it_is_paged_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.plaid.reads.COUNT", 40)
    door, sandbox = conformance.played("sofi", persona="growing", rows=120)
    assert isinstance(sandbox, SofiSandbox)
    grant = await linked(door, sandbox, datetime.now(UTC))
    (account, *_) = (await door.accounts(grant)).rows
    (feed,) = door.feeds
    rows: dict[str | None, Transaction] = {}
    pages = 0
    async for page in conformance.pages(door, grant, account, feed.name):
        rows.update((row.source_key, row) for row in page.transactions)
        pages += 1

    grown = sandbox.play.truth_now().accounts[0].transactions
    assert pages > 10, "the read did not start again"
    assert len(rows) == len(grown) > 120


async def test_a_consent_that_is_withdrawn_asks_for_a_login() -> None:
    door, sandbox = conformance.played("sofi", persona="revoked", rows=30)
    assert isinstance(sandbox, SofiSandbox)
    grant = await linked(door, sandbox, datetime.now(UTC))
    (account, *_) = (await door.accounts(grant)).rows
    await door.balances(grant, account)

    with pytest.raises(ReauthorizationRequired):
        await door.positions(grant, account)


# What is refused (2 and 4).


def test_keys_are_taken_in_headers_or_in_the_body(plaid: Plaid) -> None:
    body = {"query": "SoFi", "country_codes": ["US"], "products": ["investments"]}
    own = {"client_id": plaid.known["plaid_client_id"], "secret": plaid.known["plaid_secret"]}

    assert plaid.post("/institutions/search", body)[0] == 200
    assert plaid.post("/institutions/search", body | own, headers={})[0] == 200
    assert plaid.refused("/institutions/search", body, headers={}) == (400, "INVALID_API_KEYS")
    wrong = plaid.keys | {"PLAID-SECRET": "wrong"}
    assert plaid.refused("/institutions/search", body, headers=wrong) == (400, "INVALID_API_KEYS")


def test_errors_have_plaids_members(plaid: Plaid) -> None:
    _, told = plaid.post("/accounts/get", {"access_token": "access-sandbox-none"})

    assert told.keys() == {
        "error_type", "error_code", "error_code_reason", "error_message", "display_message", "request_id",
        "documentation_url", "suggested_action",
    }  # fmt: skip
    assert (told["error_type"], told["error_code"]) == ("INVALID_INPUT", "INVALID_ACCESS_TOKEN")


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/accounts/get", {}, "MISSING_FIELDS"),
        ("/accounts/get", b"[]", "INVALID_BODY"),
        ("/accounts/get", b"{", "INVALID_BODY"),
        ("/nothing", {}, "NOT_FOUND"),
        ("/item/public_token/exchange", {"public_token": "public-sandbox-x"}, "INVALID_PUBLIC_TOKEN"),
        ("/link/token/get", {"link_token": "link-sandbox-x"}, "INVALID_LINK_TOKEN"),
        ("/link/token/create", {"language": "en", "country_codes": ["US"], "user": {}}, "MISSING_FIELDS"),
        ("/institutions/get_by_id", {"institution_id": "x", "country_codes": ["US"]}, "INVALID_INSTITUTION"),
        ("/webhook_verification_key/get", {"key_id": "x"}, "INVALID_WEBHOOK_VERIFICATION_KEY_ID"),
    ],
)
def test_questions_that_make_no_sense_are_refused(plaid: Plaid, path: str, body: object, code: str) -> None:
    assert plaid.refused(path, body)[1] == code


LINK: Json = {
    "client_name": "Our App", "language": "en", "country_codes": ["US"], "user": {"client_user_id": "u"},
    "products": ["investments"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"client_name": "x" * 31}, "INVALID_FIELD"),
        ({"user": {"client_user_id": ""}}, "MISSING_FIELDS"),
        ({"products": None}, "INVALID_FIELD"),
        ({"colour": "blue"}, "UNKNOWN_FIELDS"),
        ({"access_token": "access-sandbox-none"}, "INVALID_ACCESS_TOKEN"),
    ],
)
def test_link_tokens_that_make_no_sense_are_refused(plaid: Plaid, changed: Json, code: str) -> None:
    assert plaid.refused("/link/token/create", LINK | changed) == (400, code)


def test_in_update_mode_products_are_left_out(plaid: Plaid) -> None:
    token = {"access_token": plaid.token()}

    assert plaid.refused("/link/token/create", LINK | token) == (400, "INVALID_FIELD")
    without = {name: value for name, value in LINK.items() if name != "products"}
    assert plaid.post("/link/token/create", without | token)[0] == 200


@pytest.mark.parametrize(
    ("changed", "options"),
    [
        ({"start_date": "yesterday"}, {}),
        ({"start_date": "2027-01-01"}, {}),
        ({}, {"count": 501}),
        ({}, {"count": 0}),
        ({}, {"count": "many"}),
        ({}, {"offset": -1}),
        ({}, {"account_ids": ["of somebody else"]}),
        ({}, {"account_ids": []}),
    ],
)
def test_questions_about_history_that_make_no_sense_are_refused(
    plaid: Plaid, changed: Json, options: Json
) -> None:
    body = {"access_token": plaid.token()} | WINDOW | changed | {"options": options}

    assert plaid.refused("/investments/transactions/get", body) == (400, "INVALID_FIELD")


def test_a_removed_item_is_not_found_and_a_rotated_token_is_unknown(plaid: Plaid) -> None:
    token = {"access_token": plaid.token()}
    new = {"access_token": plaid.ask("/item/access_token/invalidate", token)["new_access_token"]}
    assert plaid.refused("/accounts/get", token) == (400, "INVALID_ACCESS_TOKEN")

    plaid.ask("/item/remove", new)

    assert plaid.refused("/accounts/get", new) == (400, "ITEM_NOT_FOUND")


def test_items_of_the_sandbox_ask_for_a_login_after_30_days(plaid: Plaid) -> None:
    token = {"access_token": plaid.token()}
    plaid.now += timedelta(days=30, seconds=1)

    assert plaid.refused("/accounts/get", token) == (400, "ITEM_LOGIN_REQUIRED")
    item = plaid.ask("/item/get", token)["item"]
    assert item["error"]["error_code"] == "ITEM_LOGIN_REQUIRED"


def test_a_page_names_the_securities_of_its_rows_only(plaid: Plaid) -> None:
    body = {"access_token": plaid.token()} | WINDOW | {"options": {"count": 3}}

    page = plaid.ask("/investments/transactions/get", body)

    named = {row["security_id"] for row in page["investment_transactions"]}
    assert {security["security_id"] for security in page["securities"]} == named
    days = [row["date"] for row in page["investment_transactions"]]
    assert days == sorted(days, reverse=True)
    assert page["total_investment_transactions"] > 60


def test_the_default_page_has_a_hundred_rows(plaid: Plaid) -> None:
    page = plaid.ask("/investments/transactions/get", {"access_token": plaid.token()} | WINDOW)

    assert len(page["investment_transactions"]) == 100


def test_a_client_finds_plaid_at_the_root_as_well(plaid: Plaid) -> None:
    body = {"institution_id": "ins_900001", "country_codes": ["US"]}

    assert plaid.post("/institutions/get_by_id", body, host="")[0] == 200


def test_a_fired_webhook_is_signed_so_that_it_is_believed(plaid: Plaid) -> None:
    token = plaid.token(webhook="https://app.example/hooks/plaid")
    body = {"access_token": token, "webhook_type": "HOLDINGS", "webhook_code": "DEFAULT_UPDATE"}
    assert plaid.ask("/sandbox/item/fire_webhook", body)["webhook_fired"]
    (sent,) = plaid.box.desk.sent
    kid = hooks.kid_of(sent.verification)
    told = plaid.ask("/webhook_verification_key/get", {"key_id": kid})

    key = hooks.key_of(Response(200, {}, json.dumps(told).encode()))
    hooks.check(sent.verification, sent.body, key, plaid.now)

    assert sent.url == "https://app.example/hooks/plaid"
    item = plaid.ask("/item/get", {"access_token": token})["item"]
    assert hooks.notice_of(sent.body, plaid.now).handle == item["item_id"]


def test_webhooks_that_plaid_cannot_fire_are_refused(plaid: Plaid) -> None:
    token = plaid.token(webhook="https://app.example/hooks/plaid")
    wrong = {"access_token": token, "webhook_type": "ITEM", "webhook_code": "DEFAULT_UPDATE"}
    nowhere = {"access_token": plaid.token(), "webhook_type": "HOLDINGS", "webhook_code": "DEFAULT_UPDATE"}

    assert plaid.refused("/sandbox/item/fire_webhook", wrong) == (400, "INVALID_FIELD")
    assert plaid.refused("/sandbox/item/fire_webhook", nowhere) == (400, "INVALID_FIELD")
