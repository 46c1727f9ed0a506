"""Plaid's sign-in, move by move, against its sandbox: Link, its end, and the item that is mended."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import conformance
import pytest

from adapters.brokerages.sofi import CARD
from adapters.brokerages.sofi.sandbox import SofiSandbox
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from adapters.sandbox.asked import to_json
from adapters.sandbox.create import create
from adapters.sandbox.reply import Reply
from adapters.sandbox.stage import Stage
from domain.challenges import Answer, ChallengeKind
from domain.errors import (
    CapabilityUnsupported,
    ChallengeExpired,
    FieldInvalid,
    IdentityMismatch,
    OperatorSettingMissing,
    PermissionInsufficient,
    ReauthorizationRequired,
)
from domain.ports.brokerage import Asked, Grant

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
Json = dict[str, Any]


@dataclass
class World:
    """The door of SoFi and its sandbox, at a time of our own. `heard`: paths and bodies."""

    now: datetime = NOW
    heard: list[tuple[str, Json]] = field(default_factory=list)
    told: dict[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        box = create("sofi", persona="empty", today=NOW.date())
        assert isinstance(box, SofiSandbox)
        self.box = box
        self.stage = Stage([self.box])
        self.known = self.box.credentials()
        self.door = CardDoor(
            CARD, CARD.doors[0], MemoryWire(self._answer), hosts=conformance.hosts("sofi"),
            clock=lambda: self.now, limited=False, breaks=False,
        )  # fmt: skip

    def _answer(self, request: Request, url: str) -> Response:
        path = url.partition("/plaid")[2]
        self.heard.append((path, json.loads(request.body)))
        if path in self.told:
            return Response(self.told[path].pop("status", 200), {}, to_json(self.told.pop(path)))
        return self.hear(request.method, url, dict(request.headers), request.body).response

    def hear(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Reply:
        return self.stage.hear(method, url, headers, body, self.now, conformance.BASE)

    def visit(self, asked: Asked) -> str:
        """What a person does on Plaid's page; where it leads back to."""
        reply = self.hear("GET", asked.challenge.authorize_url or "", {})
        return dict(reply.headers).get("location", "")

    def mint(self, institution: str = "ins_900001") -> str:
        """A public token, as a caller gets it that runs Link itself."""
        body = {"institution_id": institution, "initial_products": ["investments"]}
        return str(self.ask("/sandbox/public_token/create", body)["public_token"])

    def ask(self, path: str, body: Json) -> Json:
        keys = {
            "PLAID-CLIENT-ID": self.known["plaid_client_id"],
            "PLAID-SECRET": self.known["plaid_secret"],
            "Content-Type": "application/json",
        }
        reply = self.hear("POST", f"{conformance.BASE}/sofi/plaid{path}", keys, json.dumps(body).encode())
        told: Json = json.loads(reply.body)
        return told

    async def begin(self, former: Grant | None = None, redirect: str = "", **changed: str) -> Asked:
        outcome = await self.door.begin(self.known | changed, redirect, former)
        assert isinstance(outcome, Asked)
        return outcome

    async def back(self, asked: Asked, url: str = "https://app.example/plaid/return") -> Asked | Grant:
        return await self.door.hear(asked.state, Answer(callback_url=url))

    async def linked(self) -> Grant:
        asked = await self.begin()
        outcome = await self.back(asked, self.visit(asked))
        assert isinstance(outcome, Grant)
        return outcome

    def paths(self) -> list[str]:
        return [path for path, _ in self.heard]

    def sent(self, path: str) -> Json:
        return [body for heard, body in self.heard if heard == path][-1]


@pytest.fixture
def world() -> World:
    return World()


# The first time.


async def test_a_person_goes_through_plaids_page_and_comes_back(world: World) -> None:
    asked = await world.begin()
    assert asked.challenge.kind is ChallengeKind.REDIRECT
    assert asked.challenge.expires_at == NOW + timedelta(hours=4)

    grant = await world.back(asked, world.visit(asked))

    assert isinstance(grant, Grant)
    assert grant.values.keys() == {"plaid_client_id", "plaid_secret", "access_token", "item_id"}
    assert (grant.expires_at, grant.renewable_until) == (None, None)
    assert world.paths() == [
        "/institutions/search",
        "/link/token/create",
        "/link/token/get",
        "/item/public_token/exchange",
        "/item/get",
    ]
    assert (await world.door.accounts(grant)).rows


async def test_the_link_token_asks_for_investments_and_names_where_to_come_back_to(world: World) -> None:
    await world.begin(redirect="https://caller.example/back", plaid_webhook="https://hooks.example/plaid")

    body = world.sent("/link/token/create")
    assert body["products"] == ["investments"]
    assert body["hosted_link"] == {"completion_redirect_uri": "https://caller.example/back"}
    assert body["webhook"] == "https://hooks.example/plaid"
    assert body["client_name"] == "brokerlink"
    assert "access_token" not in body


async def test_who_comes_back_too_early_is_asked_again(world: World) -> None:
    asked = await world.begin()

    again = await world.back(asked)

    assert isinstance(again, Asked)
    assert again.challenge == asked.challenge
    assert isinstance(await world.back(again, world.visit(again)), Grant)


async def test_without_an_address_to_come_back_to_it_is_looked_at_until_it_is_done(world: World) -> None:
    asked = await world.begin(plaid_redirect_uri="")
    assert asked.challenge.kind is ChallengeKind.DEVICE_APPROVAL
    assert asked.challenge.poll_after is not None

    again = await world.door.hear(asked.state, Answer(approved=True))
    assert isinstance(again, Asked)
    assert world.visit(again) == ""

    assert isinstance(await world.door.hear(again.state, Answer(approved=True)), Grant)


async def test_a_link_that_has_expired_is_over(world: World) -> None:
    asked = await world.begin()
    world.now += timedelta(hours=4)

    with pytest.raises(ChallengeExpired):
        await world.back(asked)


@pytest.mark.parametrize("missing", ["plaid_client_id", "plaid_secret"])
async def test_without_keys_nothing_is_sent(world: World, missing: str) -> None:
    with pytest.raises((OperatorSettingMissing, FieldInvalid)):
        await world.door.begin({**world.known, missing: ""}, "")
    assert world.heard == []


async def test_keys_that_plaid_refuses_are_the_operators_business(world: World) -> None:
    with pytest.raises(OperatorSettingMissing):
        await world.begin(plaid_secret="wrong-wrong-wrong")


async def test_an_institution_that_plaid_does_not_read_is_refused_before_anybody_signs_in(
    world: World,
) -> None:
    world.told["/institutions/search"] = {"institutions": [], "request_id": "r"}

    with pytest.raises(CapabilityUnsupported):
        await world.begin()
    assert world.paths() == ["/institutions/search"]


# A caller that runs Link itself.


async def test_a_public_token_that_is_given_needs_no_person(world: World) -> None:
    outcome = await world.door.begin({**world.known, "plaid_public_token": world.mint()}, "")

    assert isinstance(outcome, Grant)
    assert "/link/token/create" not in world.paths()


async def test_a_public_token_works_once(world: World) -> None:
    given = {**world.known, "plaid_public_token": world.mint()}
    await world.door.begin(given, "")

    with pytest.raises(ChallengeExpired):
        await world.door.begin(given, "")


async def test_a_public_token_lives_half_an_hour(world: World) -> None:
    given = {**world.known, "plaid_public_token": world.mint()}
    world.now += timedelta(minutes=30)

    with pytest.raises(ChallengeExpired):
        await world.door.begin(given, "")


async def test_a_login_at_another_institution_is_refused_and_its_item_removed(world: World) -> None:
    """Link lets the person choose; an item that nobody reads would cost money."""
    given = {**world.known, "plaid_public_token": world.mint("ins_109508")}

    with pytest.raises(IdentityMismatch):
        await world.door.begin(given, "")

    assert world.paths()[-1] == "/item/remove"
    assert all(item.removed for item in world.box.desk.gate.items.values())


# Mending (update mode).


async def test_reconnecting_mends_the_item_and_keeps_its_token(world: World) -> None:
    grant = await world.linked()
    world.ask("/sandbox/item/reset_login", {"access_token": grant.values["access_token"]})
    with pytest.raises(ReauthorizationRequired):
        await world.door.accounts(grant)
    world.heard.clear()

    asked = await world.begin(former=grant)
    assert asked.challenge.expires_at == world.now + timedelta(minutes=30)
    again = await world.back(asked)
    assert isinstance(again, Asked), "still broken"
    mended = await world.back(again, world.visit(again))

    assert isinstance(mended, Grant)
    assert mended.values == grant.values
    assert "/item/public_token/exchange" not in world.paths()
    body = world.sent("/link/token/create")
    assert body["access_token"] == grant.values["access_token"]
    assert "products" not in body
    assert "additional_consented_products" not in body
    assert (await world.door.accounts(mended)).rows


async def test_an_item_without_investments_is_asked_for_consent_to_them(world: World) -> None:
    grant = await world.linked()
    item = {"item_id": "I", "institution_id": "ins_900001", "error": None, "products": ["transactions"]}
    world.told["/item/get"] = {"item": item, "request_id": "r"}

    await world.begin(former=grant)

    assert world.sent("/link/token/create")["additional_consented_products"] == ["investments"]


async def test_an_item_that_is_gone_is_linked_anew(world: World) -> None:
    grant = await world.linked()
    assert await world.door.revoke(grant)

    asked = await world.begin(former=grant)
    renewed = await world.back(asked, world.visit(asked))

    assert isinstance(renewed, Grant)
    assert renewed.values["access_token"] != grant.values["access_token"]
    before = [account.key for account in (await world.door.accounts(await world.linked())).rows]
    assert [account.key for account in (await world.door.accounts(renewed)).rows] == before


async def test_consent_that_ends_is_told_ahead(world: World) -> None:
    item = {"item_id": "I", "institution_id": "ins_900001", "error": None}
    world.told["/item/get"] = {"item": item | {"consent_expiration_time": "2027-11-20T00:00:00Z"}}

    outcome = await world.door.begin({**world.known, "plaid_public_token": world.mint()}, "")

    assert isinstance(outcome, Grant)
    assert outcome.renewable_until == datetime(2027, 11, 20, tzinfo=UTC)


async def test_who_shared_bank_accounts_only_is_told_so(world: World) -> None:
    grant = await world.linked()
    error = {"error_type": "ITEM_ERROR", "error_code": "NO_INVESTMENT_ACCOUNTS", "status": 400}
    world.told["/accounts/get"] = error

    with pytest.raises(PermissionInsufficient):
        await world.door.accounts(grant)
