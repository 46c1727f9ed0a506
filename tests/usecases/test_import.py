"""A statement from a file joins the history that is there: nothing doubles, whoever comes first."""

from collections import Counter
from pathlib import Path

import house
import pytest
from house import House
from told import changes, shown, truth

from adapters.brokerages import NAMES, card
from adapters.files.tell import File
from adapters.kit.statements import Files
from brokerlink.usecases.import_statement import Imported, ImportOutcome, ImportStatement, Wanted
from domain.accounts import Account
from domain.syncs import RunState

USER = "user-1"
# Which files of a brokerage tell the same as its live door does.
PAIRS = {"schwab": "transactions"}


def importing(made: House) -> ImportStatement:
    return ImportStatement(made.store, Files(NAMES, card), made.safe, made.clock)


async def imported(made: House, wanted: Wanted, content: bytes) -> ImportOutcome:
    async def tell(done: int, whole: int) -> None:
        assert done <= whole

    return await importing(made)(wanted, content, tell)


def accounts(made: House, brokerage: str) -> list[Account]:
    return made.store.read_now(lambda uow: list(uow.accounts.of_user(USER, brokerage, "", 100)))


def files_of(made: House, brokerage: str) -> list[tuple[Account, File]]:
    """Each account with the file that tells its history."""
    sandbox = made.stage.faulty[brokerage].sandbox
    told = [file for file in sandbox.statements.files() if file.name.startswith(PAIRS[brokerage])]  # type: ignore[attr-defined]
    by_end = {account.masked_number[-4:]: account for account in accounts(made, brokerage)}
    return [(by_end[file.accounts[0].number[-4:]], file) for file in told]


async def import_all(made: House, brokerage: str) -> list[Imported]:
    found = []
    for account, file in files_of(made, brokerage):
        wanted = Wanted(USER, brokerage, account.id)
        found += (await imported(made, wanted, file.content)).accounts
    return found


async def synced(made: House, brokerage: str) -> tuple[int, int, int]:
    (connection,) = made.store.read_now(lambda uow: uow.connections.of_user(USER, "", 10))
    run = await made.synced(connection.id, force=True)
    assert run.state is RunState.SUCCEEDED
    return changes(run)


def counted(told: list[Imported]) -> tuple[int, int, int, int]:
    return (
        sum(one.added for one in told),
        sum(one.modified for one in told),
        sum(one.unchanged for one in told),
        sum(one.matched for one in told),
    )


@pytest.mark.parametrize("brokerage", PAIRS)
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_file_after_the_api_adds_nothing(brokerage: str, seed: int, tmp_path: Path) -> None:
    made = house.build(tmp_path, brokerage, seed=seed)
    await made.connected(brokerage)
    await made.run()
    before = shown(made)

    first = await import_all(made, brokerage)
    second = await import_all(made, brokerage)

    rows = sum(one.rows for one in first)
    assert rows == sum(len(a.transactions) - pending(a) for a in truth(made, brokerage).accounts)
    assert counted(first) == (0, 0, 0, rows)
    assert counted(second) == (0, 0, 0, rows)
    assert shown(made) == before
    assert await synced(made, brokerage) == (0, 0, 0)
    assert shown(made) == before
    made.store.close()


@pytest.mark.parametrize("brokerage", PAIRS)
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_api_after_a_file_takes_its_rows_over(brokerage: str, seed: int, tmp_path: Path) -> None:
    made = house.build(tmp_path, brokerage, seed=seed)
    await made.connected(brokerage)

    first = await import_all(made, brokerage)
    from_file = shown(made).transactions
    run = await made.run()
    after = shown(made)
    second = await import_all(made, brokerage)

    whole = truth(made, brokerage).accounts
    assert run is not None
    assert counted(first) == (len(from_file), 0, 0, 0)
    assert set(from_file) <= set(after.transactions), "an id that was given must resolve"
    assert len(after.transactions) == sum(len(account.transactions) for account in whole)
    assert counted(second)[:2] == (0, 0)
    assert shown(made) == after
    assert await synced(made, brokerage) == (0, 0, 0)
    made.store.close()


def pending(account: object) -> int:
    return Counter(row.posted for row in account.transactions)[False]  # type: ignore[attr-defined]
