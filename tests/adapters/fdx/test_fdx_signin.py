"""FDX's sign-in, move by move, against its desk: consent, tokens that rotate, and what is refused."""

import base64
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from consented import NOW, World

from adapters.kit.oauth import basic
from domain.challenges import Answer, ChallengeKind
from domain.errors import (
    BrokerageUnavailable,
    ChallengeExpired,
    ChallengeWrong,
    ConsentRevoked,
    FieldInvalid,
    OperatorSettingMissing,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant

EACH = pytest.mark.parametrize("style", ["akoya", "v5", "v6"])


@EACH
async def test_a_person_consents_and_comes_back(style: str) -> None:
    world = World(style, persona="empty")
    asked = await world.begin()
    assert asked.challenge.kind is ChallengeKind.REDIRECT

    grant = await world.back(asked, world.visit(asked))

    assert grant.expires_at == NOW + timedelta(seconds=86_399 if style == "akoya" else 900)
    assert grant.renewable_until is None
    assert len((await world.door.accounts(grant)).rows) == 2


async def test_akoya_is_asked_for_its_connector_and_scopes() -> None:
    asked = await World(persona="empty").begin(redirect="https://app.example/fdx/return")

    told = {k: v for k, (v,) in parse_qs(urlsplit(asked.challenge.authorize_url or "").query).items()}
    assert len(told.pop("state")) >= 8
    assert told.pop("client_id")
    assert told == {
        "connector": "sample",
        "redirect_uri": "https://app.example/fdx/return",
        "response_type": "code",
        "scope": "openid profile offline_access",
    }


async def test_a_providers_own_server_is_asked_with_pkce() -> None:
    world = World("v6", persona="empty")
    asked = await world.begin()
    told = parse_qs(urlsplit(asked.challenge.authorize_url or "").query)
    assert told["code_challenge_method"] == ["S256"]
    assert "connector" not in told

    await world.back(asked, world.visit(asked))

    (sent,) = [r for r in world.heard if r.url == "/token"]
    verifier = parse_qs(sent.body.decode())["code_verifier"][0]
    assert verifier not in (asked.challenge.authorize_url or "")


async def test_the_id_token_is_what_akoyas_data_calls_carry() -> None:
    world = World(persona="empty")
    grant = await world.linked()
    assert grant.values["bearer"].count(".") == 2

    await world.door.accounts(grant)

    assert ("Authorization", f"Bearer {grant.values['bearer']}") in world.heard[-1].headers
    assert world.ask("/accounts-info/v2/sample", "an access_token")[0] == 401


async def test_calls_to_a_providers_own_server_carry_an_interaction_id() -> None:
    world = World("v6", persona="empty")

    await world.door.accounts(await world.linked())

    ids = {
        dict(request.headers)["x-fapi-interaction-id"] for request in world.heard if request.method == "GET"
    }
    assert len(ids) == 2, "each page has its own"


# Renewal (2.3).


@EACH
async def test_each_renewal_gives_another_refresh_token_and_kills_the_former(style: str) -> None:
    world = World(style, persona="empty")
    grant = await world.linked()

    renewed = await world.door.renew(grant)

    assert renewed.values["refresh_token"] != grant.values["refresh_token"]
    assert renewed.values["bearer"] != grant.values["bearer"]
    assert (await world.door.accounts(renewed)).rows
    with pytest.raises(ReauthorizationRequired):
        await world.door.renew(grant)


async def test_akoya_hears_who_we_are_by_basic_with_a_code_and_in_the_body_with_a_refresh_token() -> None:
    world = World(persona="empty")
    grant = await world.linked()
    await world.door.renew(grant)

    exchange, renewal = [request for request in world.heard if request.url == "/token"]
    client = (world.known["fdx_client_id"], world.known["fdx_client_secret"])
    assert basic(*client) in exchange.headers
    assert b"client_secret" not in exchange.body
    assert "Authorization" not in dict(renewal.headers)
    told = parse_qs(renewal.body.decode())
    assert (told["client_id"], told["client_secret"]) == ([client[0]], [client[1]])


async def test_a_wrong_client_is_the_operators_matter() -> None:
    world = World(persona="empty")
    asked = await world.begin(fdx_client_secret="another secret")
    with pytest.raises(OperatorSettingMissing):
        await world.back(asked, world.visit(asked))

    grant = await world.linked()
    other = Grant(grant.values | {"client_secret": "another secret"})
    with pytest.raises(OperatorSettingMissing):
        await world.door.renew(other)


async def test_a_refresh_token_that_does_not_rotate_is_kept() -> None:
    world = World(persona="empty")
    grant = await world.linked()
    world.told["/token"] = (200, {"id_token": "a.b.c", "expires_in": 60})

    renewed = await world.door.renew(grant)

    assert renewed.values["refresh_token"] == grant.values["refresh_token"]
    assert renewed.expires_at == NOW + timedelta(seconds=60)


async def test_where_expires_in_is_not_told_the_token_says_it() -> None:
    world = World(persona="empty")
    grant = await world.linked()
    claims = base64.urlsafe_b64encode(json.dumps({"exp": 1_800_000_000}).encode()).rstrip(b"=").decode()
    for token, expires in ((f"e.{claims}.s", 1_800_000_000), ("opaque", None), ("e.###.s", None)):
        world.told["/token"] = (200, {"id_token": token, "refresh_token": "r"})

        renewed = await world.door.renew(grant)

        assert (renewed.expires_at.timestamp() if renewed.expires_at else None) == expires


@pytest.mark.parametrize("wrong", [0, -1, 10**9, "soon"])
async def test_an_absurd_lifetime_is_not_believed(wrong: object) -> None:
    world = World(persona="empty")
    grant = await world.linked()
    world.told["/token"] = (200, {"id_token": "a.b.c", "refresh_token": "r", "expires_in": wrong})

    with pytest.raises(UnreadableReply):
        await world.door.renew(grant)


async def test_an_expired_token_is_refused_until_it_is_renewed() -> None:
    world = World(persona="empty")
    grant = await world.linked()
    world.later(days=1)

    with pytest.raises(ReauthorizationRequired):
        await world.door.accounts(grant)
    assert (await world.door.accounts(await world.door.renew(grant))).rows


@EACH
async def test_disconnecting_revokes_the_consent(style: str) -> None:
    world = World(style, persona="empty")
    grant = await world.linked()

    assert await world.door.revoke(grant)

    with pytest.raises(ReauthorizationRequired):
        await world.door.accounts(grant)
    with pytest.raises(ReauthorizationRequired):
        await world.door.renew(grant)


async def test_a_consent_that_is_withdrawn_asks_for_another() -> None:
    world = World(persona="revoked", rows=20)
    grant = await world.linked()
    await world.door.accounts(grant)
    await world.door.accounts(grant)

    with pytest.raises(ReauthorizationRequired):
        await world.door.accounts(grant)
    with pytest.raises(ReauthorizationRequired):
        await world.door.renew(grant)


# What goes wrong at the page.


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        ("access_denied", ConsentRevoked),
        ("unauthorized_client", OperatorSettingMissing),
        ("invalid_request", OperatorSettingMissing),
        ("temporarily_unavailable", BrokerageUnavailable),
    ],
)
async def test_errors_that_the_page_leads_back_with(error: str, failure: type[Exception]) -> None:
    world = World(persona="empty")
    asked = await world.begin()
    state = parse_qs(urlsplit(world.visit(asked)).query)["state"][0]

    with pytest.raises(failure):
        await world.back(asked, f"https://app.example/fdx/return?error={error}&state={state}")


async def test_an_address_of_another_sign_in_is_refused() -> None:
    world = World(persona="empty")
    asked, other = await world.begin(), await world.begin()

    with pytest.raises(ChallengeWrong):
        await world.back(asked, world.visit(other))
    with pytest.raises(ChallengeWrong):
        await world.door.hear(asked.state, Answer(code="a code alone"))


async def test_a_code_lives_five_minutes_and_once() -> None:
    world = World(persona="empty")
    asked = await world.begin()
    late = world.visit(asked)
    world.later(minutes=5)
    with pytest.raises(ChallengeExpired):
        await world.back(asked, late)

    again = await world.begin()
    used = world.visit(again)
    await world.back(again, used)
    with pytest.raises(ChallengeExpired):
        await world.back(again, used)


async def test_an_outage_at_the_token_endpoint_is_nobodys_fault() -> None:
    world = World(persona="empty")
    asked = await world.begin()
    world.told["/token"] = (503, {})

    with pytest.raises(BrokerageUnavailable):
        await world.back(asked, world.visit(asked))


async def test_a_return_address_is_needed() -> None:
    with pytest.raises(FieldInvalid):
        await World(persona="empty").begin(fdx_redirect_uri="")
