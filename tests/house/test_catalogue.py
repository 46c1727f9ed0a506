"""The catalogue tells the truth: what a card claims is tried, and what is not claimed is not there."""

from pathlib import Path
from urllib.parse import urlsplit

import conformance
import doors
import pytest

from adapters.brokerages import NAMES, card
from adapters.kit.door import CardDoor
from domain.accounts import AccountTold
from domain.brokerages import BrokerageStatus, Dataset, DoorFacts, DoorKind, Support
from domain.ports.brokerage import Grant

ROOT = Path(__file__).resolve().parents[2]
GIVEN = {Support.NATIVE, Support.DERIVED}
EACH_DOOR = pytest.mark.parametrize("name", doors.DOORS)
EACH_CARD = pytest.mark.parametrize("name", NAMES)


async def rows_of(door: CardDoor, grant: Grant, account: AccountTold, dataset: Dataset) -> int:
    match dataset:
        case Dataset.BALANCES:
            return len((await door.balances(grant, account)).rows)
        case Dataset.POSITIONS:
            return len((await door.positions(grant, account)).rows)
        case _:
            return sum([await told_by(door, grant, account, feed.name) for feed in door.feeds])


async def told_by(door: CardDoor, grant: Grant, account: AccountTold, feed: str) -> int:
    """The rows of the first page of a feed that has any."""
    cursor = None
    while True:
        page = await door.history(grant, account, feed, None, cursor)
        if page.transactions or page.cursor is None:
            return len(page.transactions)
        cursor = page.cursor


@EACH_DOOR
async def test_what_a_door_claims_to_read_is_read(name: str) -> None:
    door, sandbox = conformance.played(name)
    grant = await conformance.signed_in(door, sandbox, name)
    accounts = [one for one in (await door.accounts(grant)).rows if one.open]
    claimed = [one.dataset for one in door.facts.capabilities if one.support in GIVEN]

    read = {Dataset.ACCOUNTS: len(accounts)}
    for dataset in claimed:
        if dataset is not Dataset.ACCOUNTS:
            read[dataset] = sum([await rows_of(door, grant, one, dataset) for one in accounts])

    assert [dataset.value for dataset in claimed if not read[dataset]] == []


def ways(name: str) -> list[DoorFacts]:
    found = card(name)
    return [*(door.facts for door in found.doors), *(way.facts for way in found.files)]


@EACH_CARD
def test_every_way_in_says_something_of_every_dataset(name: str) -> None:
    for facts in ways(name):
        assert {one.dataset for one in facts.capabilities} == set(Dataset), facts.id


@EACH_CARD
def test_what_we_work_out_ourselves_says_from_what(name: str) -> None:
    derived = [one for facts in ways(name) for one in facts.capabilities if one.support is Support.DERIVED]

    assert [one for one in derived if not one.note] == []


@EACH_CARD
def test_a_retired_brokerage_names_its_successor_and_has_no_door(name: str) -> None:
    found = card(name)
    retired = found.status is BrokerageStatus.RETIRED

    assert retired is (found.successor is not None)
    assert bool(found.doors or found.files) is not retired
    assert found.successor is None or found.successor in NAMES


@EACH_CARD
def test_ways_into_a_brokerage_are_told_apart(name: str) -> None:
    found = card(name)
    names = [facts.id for facts in ways(name)]

    assert len(set(names)) == len(names)
    assert {way.facts.kind for way in found.files} <= {DoorKind.FILE_IMPORT}
    assert DoorKind.FILE_IMPORT not in {door.facts.kind for door in found.doors}
    assert all(not door.open for door in found.doors if door.facts.kind is DoorKind.UNOFFICIAL_API)


@EACH_CARD
def test_a_door_to_a_program_on_our_own_machine_is_closed(name: str) -> None:
    """Whoever connects there sees the accounts of whoever is logged in to that program."""
    for door in card(name).doors:
        shared = [
            host for host in door.hosts.values() if urlsplit(host).hostname in {"localhost", "127.0.0.1"}
        ]
        assert not (shared and door.open), door.facts.id


@EACH_CARD
def test_a_field_that_is_a_secret_says_so(name: str) -> None:
    words = ("secret", "password", "token", "private")
    fields = [field for door in card(name).doors for field in door.facts.fields]

    assert [field.key for field in fields if any(w in field.key for w in words) and not field.secret] == []


@pytest.mark.parametrize("folder", ["brokerages", "plaid", "fdx", "files"])
def test_no_parser_looks_at_the_time(folder: str) -> None:
    """A row that comes again byte for byte is not parsed again: what it says may not change with the day."""
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "adapters" / folder).rglob("*.py")}

    assert sources
    assert [path.relative_to(ROOT).as_posix() for path, text in sources.items() if "scene.now" in text] == []
