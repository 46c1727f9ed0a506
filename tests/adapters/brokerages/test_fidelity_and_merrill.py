"""Fidelity and Merrill: every door tells the truth, and all doors of one name an account alike."""

from datetime import UTC, datetime

import conformance
import doors
import pytest

from adapters.brokerages import card
from adapters.kit.door import CardDoor
from adapters.sandbox.play import Sandbox
from adapters.sandbox.stage import Stage
from domain.accounts import AccountTold
from domain.brokerages import Dataset, Support
from domain.challenges import Answer
from domain.ports.brokerage import Asked, Grant

DOORS = ("fidelity", "fidelity/plaid", "merrill", "merrill/plaid", "merrill/direct")


async def linked(door: CardDoor, name: str, sandbox: Sandbox) -> Grant:
    asked = await door.begin(doors.given(name, sandbox.credentials()), "")
    assert isinstance(asked, Asked)
    url, now = asked.challenge.authorize_url or "", datetime.now(UTC)
    reply = Stage([sandbox]).hear("GET", url, {}, b"", now, conformance.BASE)
    outcome = await door.hear(asked.state, Answer(callback_url=dict(reply.headers)["location"]))
    assert isinstance(outcome, Grant)
    return outcome


async def accounts(name: str, seed: int) -> list[AccountTold]:
    door, sandbox = conformance.played(name, seed, "empty")
    return list((await door.accounts(await linked(door, name, sandbox))).rows)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", DOORS)
async def test_what_is_read_equals_the_truth(name: str, seed: int) -> None:
    door, sandbox = conformance.played(name, seed)

    told = await conformance.read_all(door, await linked(door, name, sandbox))

    assert conformance.differences(told, conformance.expected(sandbox, name)) == []


@pytest.mark.parametrize("brokerage", ["fidelity", "merrill"])
async def test_all_doors_name_an_account_alike_and_route_to_it_each_in_its_own_way(brokerage: str) -> None:
    names = [name for name in DOORS if name.partition("/")[0] == brokerage]
    told = [await accounts(name, seed=5) for name in names]

    for other in told[1:]:
        assert [(a.key, a.number, a.kind) for a in other] == [(a.key, a.number, a.kind) for a in told[0]]
    plaid = told[names.index(f"{brokerage}/plaid")]
    assert plaid[0].routing.keys() != told[0][0].routing.keys()


def test_doors_that_tell_rows_under_keys_of_their_own_have_feeds_of_their_own() -> None:
    for brokerage in ("fidelity", "merrill"):
        feeds = [read.name for door in card(brokerage).doors for read in door.transactions]

        assert len(feeds) == len(set(feeds))


def test_the_banks_own_server_stays_closed_until_somebody_knows_where_it_is() -> None:
    (direct,) = [door for door in card("merrill").doors if door.facts.id == "direct"]

    assert not direct.open
    assert all(address.endswith(".invalid") for address in direct.hosts.values())


@pytest.mark.parametrize("brokerage", ["fidelity", "merrill"])
def test_the_providers_id_at_akoya_is_not_published_and_the_operators_to_configure(brokerage: str) -> None:
    (fdx,) = [door for door in card(brokerage).doors if door.facts.id == "fdx"]
    (provider,) = [field for field in fdx.facts.fields if field.key == "fdx_provider"]

    assert provider.operator
    assert provider.required


@pytest.mark.parametrize(("brokerage", "days"), [("fidelity", 730), ("merrill", 300)])
def test_how_far_back_fdx_goes_is_a_guess_that_the_card_has(brokerage: str, days: int) -> None:
    (fdx,) = [door for door in card(brokerage).doors if door.facts.id == "fdx"]

    assert fdx.facts.history_days == days


@pytest.mark.parametrize("brokerage", ["fidelity", "merrill"])
def test_no_way_in_has_orders_or_needs_a_password_of_the_user(brokerage: str) -> None:
    facts = [door.facts for door in card(brokerage).doors] + [form.facts for form in card(brokerage).files]

    orders = [c for one in facts for c in one.capabilities if c.dataset is Dataset.ORDERS]
    assert {c.support for c in orders} == {Support.UNSUPPORTED}
    assert not [field.key for one in facts for field in one.fields if not field.operator and field.required]
