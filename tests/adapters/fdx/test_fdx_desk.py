"""The desk refuses what a provider refuses, with its error bodies, and tells what a provider tells."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from consented import World

from adapters.kit.oauth import basic

RETURN = "https://app.example/fdx/return"


def consent(world: World, **changed: str) -> Any:
    """Where the page leads to, or its status where it leads nowhere."""
    hub = world.style == "akoya"
    asked = {
        "client_id": world.known["fdx_client_id"], "redirect_uri": RETURN, "response_type": "code",
        "state": "12345678", "scope": "openid profile offline_access" if hub else "fdx:investments:read",
    }  # fmt: skip
    own = {"code_challenge": "c" * 43, "code_challenge_method": "S256"}
    asked |= ({"connector": "sample"} if hub else own) | changed
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    host, path = ("idp", "/auth") if hub else ("consent", "/authorize")
    reply = world.hear("GET", f"http://127.0.0.1:9/sample/{host}{path}?{query}", {})
    if reply.status != 302:
        return reply.status
    return {k: v for k, (v,) in parse_qs(urlsplit(dict(reply.headers)["location"]).query).items()}


@pytest.mark.parametrize(
    ("style", "changed", "error"),
    [
        ("akoya", {"connector": "another"}, "unauthorized_client"),
        ("akoya", {"state": "short"}, "invalid_request"),
        ("akoya", {"scope": "openid everything"}, "invalid_scope"),
        ("akoya", {"response_type": "token"}, "unsupported_response_type"),
        ("v6", {"code_challenge_method": "plain"}, "invalid_request"),
        ("v6", {"code_challenge": "short"}, "invalid_request"),
        ("v6", {"scope": "openid"}, "invalid_scope"),
    ],
)
def test_the_page_leads_back_with_an_error(style: str, changed: dict[str, str], error: str) -> None:
    told = consent(World(style, persona="empty"), **changed)

    assert told["error"] == error
    assert "code" not in told


@pytest.mark.parametrize("changed", [{"client_id": "nobody"}, {"redirect_uri": "https://elsewhere.example/"}])
def test_the_page_leads_nowhere_for_strangers(changed: dict[str, str]) -> None:
    assert consent(World(persona="empty"), **changed) == 400


def client(world: World) -> dict[str, str]:
    return dict([basic(world.known["fdx_client_id"], world.known["fdx_client_secret"])])


def test_tokens_are_refused_in_the_words_of_oauth() -> None:
    world = World(persona="empty")
    code = consent(world)["code"]
    good = {"grant_type": "authorization_code", "code": code, "redirect_uri": RETURN}

    assert world.form("/token", good) == (
        401, {"error": "invalid_client", "error_description": "Invalid client credentials."},
    )  # fmt: skip
    assert (
        world.form("/token", {"grant_type": "password"}, client(world))[1]["error"]
        == "unsupported_grant_type"
    )
    wrong = good | {"code": "unknown"}
    assert world.form("/token", wrong, client(world))[1]["error"] == "invalid_grant"
    assert world.form("/token", good, client(world))[0] == 200
    assert world.form("/token", good, client(world))[1]["error"] == "invalid_grant", "once"
    other = {"Content-Type": "application/json"}
    assert world.form("/token", good, client(world) | other)[1]["error"] == "invalid_request"


async def test_akoya_renews_nothing_by_basic() -> None:
    world = World(persona="empty")
    grant = await world.linked()
    refresh = {"grant_type": "refresh_token", "refresh_token": grant.values["refresh_token"]}

    assert world.form("/token", refresh, client(world))[0] == 401
    own = {"client_id": grant.values["client_id"], "client_secret": grant.values["client_secret"]}
    assert world.form("/token", refresh | own)[0] == 200
    status, told = world.form("/token", refresh | own)
    assert (status, told["error"]) == (400, "invalid_request")
    assert "already been claimed" in told["error_description"]


async def test_pkce_is_checked() -> None:
    world = World("v6", persona="empty")
    code = consent(world)["code"]
    pairs = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": RETURN,
        "code_verifier": "v" * 64,
    }

    assert world.form("/token", pairs, client(world))[1]["error"] == "invalid_grant"


HUB = "/transactions/v2/sample/{id}"
OWN = "/accounts/{id}/transactions"


@pytest.mark.parametrize(
    ("style", "path", "status", "code"),
    [
        ("akoya", "/accounts-info/v2/another", 403, 403),
        ("akoya", "/accounts-info/v2/sample?colour=blue", 400, 400),
        ("akoya", "/accounts-info/v2/sample?mode=fast", 400, 400),
        ("akoya", "/accounts/v2/sample?accountIds=unknown", 404, 701),
        ("akoya", "/transactions/v2/sample/unknown", 404, 701),
        ("akoya", HUB + "?startTime=2026-11-01&endTime=2026-11-20", 400, 702),
        ("akoya", HUB + "?startTime=2026-11-01T00:00:00Z", 400, 702),
        ("akoya", HUB + "?startTime=2026-11-20T00:00:00Z&endTime=2026-11-01T00:00:00Z", 400, 703),
        ("akoya", HUB + "?limit=101", 400, 400),
        ("akoya", "/nothing", 404, 404),
        ("v6", "/accounts/unknown", 404, "701"),
        ("v6", OWN + "?startTime=soon&endTime=later", 400, "702"),
        ("v6", OWN + "?startTime=2026-11-20&endTime=2026-11-01", 400, "703"),
        ("v6", "/accounts?pageKey=x", 400, "400"),
    ],
)
async def test_questions_that_make_no_sense_are_refused(
    style: str, path: str, status: int, code: object
) -> None:
    world = World(style, rows=20)
    bearer = (await world.linked()).values["bearer"]
    identifier = world.box.desk.speech.account_id(world.box.play.accounts[0])

    answered, told = world.ask(path.replace("{id}", identifier), bearer)

    assert (answered, told["code"]) == (status, code)
    assert ("debugMessage" in told) == (style == "akoya")


async def test_headers_are_looked_at() -> None:
    hub, own = World(persona="empty"), World("v6", persona="empty")
    bearers = [(await world.linked()).values["bearer"] for world in (hub, own)]

    assert hub.ask("/accounts-info/v2/sample", bearers[0], {"Accept": "text/html"})[0] == 406
    assert own.ask("/accounts", bearers[1], {"x-fapi-interaction-id": "not one"})[0] == 400
    assert own.ask("/accounts", "nobody")[1] == {"code": "602", "message": "Customer not authorized"}


async def test_a_question_without_bounds_is_about_the_last_fifteen_days() -> None:
    world = World(rows=60)
    bearer = (await world.linked()).values["bearer"]
    identifier = world.box.desk.speech.account_id(world.box.play.accounts[0])

    _, told = world.ask(f"/transactions/v2/sample/{identifier}", bearer)

    days = {row["investmentTransaction"]["transactionTimestamp"][:10] for row in told["transactions"]}
    assert days
    assert min(days) >= "2026-11-08"


async def test_before_the_history_begins_there_is_nothing_and_no_error() -> None:
    world = World(rows=20)
    bearer = (await world.linked()).values["bearer"]
    identifier = world.box.desk.speech.account_id(world.box.play.accounts[0])
    query = "startTime=2010-01-01T00:00:00Z&endTime=2010-02-01T00:00:00Z"

    assert world.ask(f"/transactions/v2/sample/{identifier}?{query}", bearer) == (
        200, {"links": {}, "transactions": []},
    )  # fmt: skip


async def test_akoyas_links_are_relative_encoded_and_left_out_at_the_ends() -> None:
    world = World(rows=30)
    bearer = (await world.linked()).values["bearer"]
    identifier = world.box.desk.speech.account_id(world.box.play.accounts[0])
    path = f"/transactions/v2/sample/{identifier}"
    query = "startTime=2024-12-01T00:00:00Z&endTime=2026-12-01T00:00:00Z&limit=20"

    _, first = world.ask(f"{path}?{query}", bearer)

    href = first["links"]["next"]["href"]
    assert href == (
        f"{path}?endTime=2026-12-01T00%3A00%3A00Z&limit=20&offset=20&startTime=2024-12-01T00%3A00%3A00Z"
    )
    assert first["links"].keys() == {"next"}
    _, last = world.ask(href, bearer)
    while "next" in last["links"]:
        _, last = world.ask(last["links"]["next"]["href"], bearer)
    assert last["links"].keys() == {"prev"}


@pytest.mark.parametrize(
    ("style", "header"), [("akoya", "x-akoya-interaction-id"), ("v6", "x-fapi-interaction-id")]
)
def test_answers_carry_an_interaction_id(style: str, header: str) -> None:
    world = World(style, persona="empty")
    own = {"Authorization": "Bearer x", header: "0b3d7f4e-9c1a-4a57-8d38-f6b5a2c4e190"}

    reply = world.hear("GET", f"http://127.0.0.1:9/sample/{world.box.desk.hosts[1]}/accounts", own)

    told = dict(reply.headers)[header]
    assert told if style == "akoya" else told == own[header]


@pytest.mark.parametrize("path", ["/revoke", "/token/revoke"])
async def test_a_consent_is_revoked_at_either_path_with_an_empty_answer(path: str) -> None:
    world = World(persona="empty")
    grant = await world.linked()
    who = {"client_id": grant.values["client_id"], "client_secret": grant.values["client_secret"]}
    pairs = {"token_type_hint": "refresh_token", "token": grant.values["refresh_token"]}

    assert world.form(path, pairs | who) == (200, {})
    assert world.ask("/accounts-info/v2/sample", grant.values["bearer"])[0] == 401
