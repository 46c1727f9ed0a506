"""A statement from a file joins the history that is there: nothing doubles, whoever comes first."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import house
import pytest
from house import House
from told import changes, shown, truth

from adapters.brokerages import NAMES, card
from adapters.files.tell import File
from adapters.kit.statements import Files
from adapters.sandbox.truth import TruthAccount
from brokerlink.usecases.import_statement import Imported, ImportOutcome, ImportStatement, Wanted
from domain.accounts import Account
from domain.syncs import RunState

USER = "user-1"
# Brokerages and those of their files that tell what their live door tells.
PAIRS = [
    ("fidelity", "History_for"),
    ("merrill", "activity"),
    ("schwab", "transactions"),
    ("vanguard", "account"),
    ("vanguard", "OfxDownload"),
]
# BROKERLINK_TEST_SEEDS=25 tries more of them.
SEEDS = range(1, 1 + int(os.environ.get("BROKERLINK_TEST_SEEDS", "2")))


async def imported(made: House, wanted: Wanted, content: bytes) -> ImportOutcome:
    async def tell(done: int, whole: int) -> None:
        assert done <= whole

    deed = ImportStatement(made.store, Files(NAMES, card), made.safe, made.clock)
    return await deed(wanted, content, tell)


def files(made: House, brokerage: str, kind: str) -> list[File]:
    sandbox: Any = made.stage.faulty[brokerage].sandbox
    return [file for file in sandbox.statements.files() if file.name.startswith(kind)]


def accounts(made: House, brokerage: str) -> list[Account]:
    return made.store.read_now(lambda uow: list(uow.accounts.of_user(USER, brokerage, "", 100)))


async def import_all(made: House, brokerage: str, kind: str) -> list[Imported]:
    """Each account's file, by somebody who says whose it is: doors may know no more than a number's end."""
    by_end = {account.masked_number[-4:]: account for account in accounts(made, brokerage)}
    found: list[Imported] = []
    for file in files(made, brokerage, kind):
        for n, told in enumerate(file.accounts):
            wanted = Wanted(USER, brokerage, by_end[told.number[-4:]].id)
            found += (await imported(made, wanted, one_of(file, n))).accounts
    return found


def one_of(file: File, n: int) -> bytes:
    """A file of several accounts, as it would be of one of them."""
    others = [account.number for place, account in enumerate(file.accounts) if place != n]
    lines = file.content.decode().splitlines(keepends=True)
    return "".join(line for line in lines if not any(other in line for other in others)).encode()


async def synced(made: House) -> tuple[int, int, int]:
    (connection,) = made.store.read_now(lambda uow: uow.connections.of_user(USER, "", 10))
    run = await made.synced(connection.id, force=True)
    assert run.state is RunState.SUCCEEDED
    return changes(run)


def counted(told: list[Imported]) -> tuple[int, int, int, int]:
    """Rows (added, modified, unchanged, told by another source)."""
    sums = Counter[str]()
    for one in told:
        sums.update(added=one.added, modified=one.modified, unchanged=one.unchanged, matched=one.matched)
    return sums["added"], sums["modified"], sums["unchanged"], sums["matched"]


def posted(account: TruthAccount) -> int:
    return sum(row.posted for row in account.transactions)


@pytest.mark.parametrize(("brokerage", "kind"), PAIRS)
@pytest.mark.parametrize("seed", SEEDS)
async def test_a_file_after_the_api_adds_nothing(
    brokerage: str, kind: str, seed: int, tmp_path: Path
) -> None:
    made = house.build(tmp_path, brokerage, seed=seed)
    await made.connected(brokerage)
    await made.run()
    before = shown(made)

    first = await import_all(made, brokerage, kind)
    second = await import_all(made, brokerage, kind)

    rows = sum(one.rows for one in first)
    assert rows == sum(posted(account) for account in truth(made, brokerage).accounts)
    assert counted(first) == (0, 0, 0, rows)
    assert counted(second) == (0, 0, 0, rows)
    assert shown(made) == before
    assert await synced(made) == (0, 0, 0)
    assert shown(made) == before
    made.store.close()


@pytest.mark.parametrize(("brokerage", "kind"), PAIRS)
@pytest.mark.parametrize("seed", SEEDS)
async def test_the_api_after_a_file_takes_its_rows_over(
    brokerage: str, kind: str, seed: int, tmp_path: Path
) -> None:
    made = house.build(tmp_path, brokerage, seed=seed)
    await made.connected(brokerage)

    first = await import_all(made, brokerage, kind)
    from_file = shown(made).transactions
    run = await made.run()
    after = shown(made)
    second = await import_all(made, brokerage, kind)

    assert run is not None
    assert counted(first) == (len(from_file), 0, 0, 0)
    assert set(from_file) <= set(after.transactions), "an id that was given must resolve"
    whole = truth(made, brokerage).accounts
    assert len(after.transactions) == sum(len(account.transactions) for account in whole)
    assert counted(second)[:2] == (0, 0)
    assert shown(made) == after
    assert await synced(made) == (0, 0, 0)
    made.store.close()


def twins(rows: Iterable[tuple[object, ...]]) -> int:
    """How many rows are equal to another one in all that a file can tell."""
    return sum(count - 1 for count in Counter(rows).values())


@pytest.mark.parametrize("order", ["file first", "api first"])
async def test_two_identical_fills_stay_two(order: str, tmp_path: Path) -> None:
    made = house.build(tmp_path, "schwab", seed=1)
    wanted = twins(
        (a.number, r.trade_date, r.type, r.instrument, r.quantity, r.price, r.net)
        for a in truth(made, "schwab").accounts
        for r in a.transactions
        if r.trade
    )
    await made.connected("schwab")

    if order == "api first":
        await made.run()
    await import_all(made, "schwab", "transactions")
    if order == "file first":
        await made.run()

    stored = shown(made).transactions.items()
    # version, status, type, day, instant, instrument, quantity, price, gross, fees, taxes, net
    told = twins((key[0], row[2], row[3], row[5], row[6], row[7], row[11]) for key, row in stored if row[7])
    assert wanted > 0
    assert told == wanted
    made.store.close()
