"""Whose a statement is, what becomes of its holdings, and what an import that was killed leaves behind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import house
import pytest
from house import House
from told import freshness, shown

from adapters.brokerages import NAMES, card
from adapters.files.tell import File
from adapters.kit.statements import Files
from adapters.sandbox.truth import TruthAccount
from brokerlink.usecases import import_statement
from brokerlink.usecases.import_statement import LIVE_KEPT, NEWER_KEPT, ImportOutcome, ImportStatement, Wanted
from domain.brokerages import Dataset
from domain.errors import (
    BrokerageUnknown,
    CapabilityUnsupported,
    FieldInvalid,
    IdentityMismatch,
    NotFound,
    StatementUnreadable,
)
from domain.freshness import Completeness

USER = "user-1"
NOBODY = Wanted(USER, "vanguard")


class Killed(BaseException):
    """The process is gone: nothing catches it."""


async def imported(
    made: House, wanted: Wanted, content: bytes, *, kill_at: int | None = None
) -> ImportOutcome:
    steps = 0

    async def tell(done: int, whole: int) -> None:
        nonlocal steps
        steps += 1
        if steps == kill_at:
            raise Killed

    deed = ImportStatement(made.store, Files(NAMES, card), made.safe, made.clock)
    return await deed(wanted, content, tell)


def file_named(made: House, name: str) -> File:
    (brokerage,) = made.stage.faulty
    sandbox: Any = made.stage.faulty[brokerage].sandbox
    found: File = next(file for file in sandbox.statements.files() if file.name == name)
    return found


@pytest.fixture
def made(tmp_path: Path) -> House:
    return house.build(tmp_path, "vanguard", seed=5)


def rows_of(file: File) -> int:
    return sum(sum(row.posted for row in account.transactions) for account in file.accounts)


async def test_a_file_alone_makes_accounts_with_history_and_holdings(made: House) -> None:
    file = file_named(made, "all.qfx")

    outcome = await imported(made, NOBODY, file.content)

    assert [one.is_new for one in outcome.accounts] == [True, True]
    assert sum(one.added for one in outcome.accounts) == rows_of(file)
    assert all(one.holdings_updated for one in outcome.accounts)
    assert shown(made).sizes == (2, sum(len(a.positions) for a in file.accounts), rows_of(file))
    told = {(row.dataset, row.completeness) for row in freshness(made)}
    assert (Dataset.POSITIONS, Completeness.COMPLETE) in told
    assert (Dataset.TRANSACTIONS, Completeness.PARTIAL) in told


async def test_the_same_file_again_changes_nothing(made: House) -> None:
    file = file_named(made, "all.qfx")
    await imported(made, NOBODY, file.content)
    before = shown(made)

    again = await imported(made, NOBODY, file.content)

    assert [one.is_new for one in again.accounts] == [False, False]
    assert [(one.added, one.modified) for one in again.accounts] == [(0, 0), (0, 0)]
    assert sum(one.unchanged for one in again.accounts) == rows_of(file)
    assert shown(made) == before


async def test_sgml_xml_and_csv_of_one_history_are_one_history(made: House) -> None:
    await imported(made, NOBODY, file_named(made, "all.qfx").content)
    before = shown(made).transactions

    for name in ("all.ofx", "account-1.qfx", "account-2.qfx", "OfxDownload.csv"):
        told = await imported(made, NOBODY, file_named(made, name).content)
        assert [one.added for one in told.accounts] == [0] * len(told.accounts), name

    assert shown(made).transactions == before


@pytest.mark.parametrize("name", ["all.qfx", "OfxDownload.csv"])
@pytest.mark.parametrize("kill_at", [1, 2, 4, 7])
async def test_a_kill_between_steps_and_a_second_import(
    made: House, name: str, kill_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_statement, "STEP", 20)
    file = file_named(made, name)
    with pytest.raises(Killed):
        await imported(made, NOBODY, file.content, kill_at=kill_at)
    left = shown(made).transactions

    await imported(made, NOBODY, file.content)

    assert len(left) == min(20 * (kill_at - 1), len(left))
    assert set(left) <= set(shown(made).transactions)
    assert len(shown(made).transactions) == rows_of(file)


async def test_a_dry_run_says_what_is_in_it_and_stores_nothing(made: House) -> None:
    file = file_named(made, "all.qfx")

    outcome = await imported(made, replace(NOBODY, dry=True), file.content)

    assert [one.is_new for one in outcome.accounts] == [True, True]
    assert sum(one.rows for one in outcome.accounts) == rows_of(file)
    assert shown(made).sizes == (0, 0, 0)
    assert made.store.read_now(lambda uow: uow.accounts.of_user(USER, None, "", 10)) == []


# ---- whose it is


async def connected(made: House) -> dict[str, str]:
    """The accounts of a live connection by the last four digits of their numbers."""
    (brokerage,) = made.stage.faulty
    await made.connected(brokerage)
    found = made.store.read_now(lambda uow: uow.accounts.of_user(USER, None, "", 10))
    return {account.masked_number[-4:]: account.id for account in found}


def end(account: TruthAccount) -> str:
    return account.number[-4:]


async def test_a_file_of_another_account_is_refused(made: House) -> None:
    ids = await connected(made)
    first, second = file_named(made, "account-1.qfx"), file_named(made, "account-2.qfx")

    with pytest.raises(IdentityMismatch):
        await imported(made, Wanted(USER, "vanguard", ids[end(first.accounts[0])]), second.content)

    assert shown(made).transactions == {}


async def test_a_number_that_ends_like_that_of_a_known_account_must_be_meant(made: House) -> None:
    """Plaid tells the last digits alone, so that the file's number cannot be compared."""
    ids = await connected(made)
    file = file_named(made, "account-1.qfx")

    with pytest.raises(FieldInvalid, match=ids[end(file.accounts[0])]):
        await imported(made, NOBODY, file.content)
    outcome = await imported(made, replace(NOBODY, new_account=True), file.content)

    assert outcome.accounts[0].is_new


async def test_a_file_that_names_nobody_needs_to_be_told_whose_it_is(tmp_path: Path) -> None:
    made = house.build(tmp_path, "schwab", seed=5)
    file = file_named(made, "transactions-1.csv")

    with pytest.raises(FieldInvalid, match="whose") as refused:
        await imported(made, Wanted(USER, "schwab"), file.content)
    assert refused.value.field == "account_id"

    ids = await connected(made)
    outcome = await imported(made, Wanted(USER, "schwab", ids[end(file.accounts[0])]), file.content)
    assert outcome.accounts[0].added == rows_of(file)


async def test_a_file_of_several_accounts_is_not_for_one(made: House) -> None:
    ids = await connected(made)

    with pytest.raises(FieldInvalid, match="several accounts"):
        await imported(
            made, Wanted(USER, "vanguard", next(iter(ids.values()))), file_named(made, "all.qfx").content
        )


async def test_an_unknown_account_and_another_users_are_not_found(made: House) -> None:
    ids = await connected(made)
    file = file_named(made, "account-1.qfx")
    for user, identifier in ((USER, "acc_0"), ("user-2", ids[end(file.accounts[0])])):
        with pytest.raises(NotFound):
            await imported(made, Wanted(user, "vanguard", identifier), file.content)


async def test_a_file_is_not_imported_into_an_account_of_another_brokerage(made: House) -> None:
    ids = await connected(made)

    with pytest.raises(FieldInvalid, match="another brokerage"):
        await imported(
            made, Wanted(USER, "ally", next(iter(ids.values()))), file_named(made, "account-1.qfx").content
        )


async def test_brokerages_without_files_and_without_a_name(made: House) -> None:
    with pytest.raises(BrokerageUnknown):
        await imported(made, Wanted(USER, "nobody"), b"x")
    for name in ("tdameritrade", "alpaca"):
        with pytest.raises(CapabilityUnsupported):
            await imported(made, Wanted(USER, name), b"x")


async def test_a_file_that_cannot_be_read_changes_nothing(made: House) -> None:
    content = file_named(made, "all.qfx").content

    with pytest.raises(StatementUnreadable):
        await imported(made, NOBODY, content[: len(content) - 500])

    assert made.store.read_now(lambda uow: uow.accounts.of_user(USER, None, "", 10)) == []


# ---- holdings


async def test_holdings_are_a_live_connections_where_there_is_one(made: House) -> None:
    ids = await connected(made)
    await made.run()
    before = shown(made)
    file = file_named(made, "account-1.qfx")

    outcome = await imported(made, Wanted(USER, "vanguard", ids[end(file.accounts[0])]), file.content)

    assert (outcome.accounts[0].holdings_updated, outcome.accounts[0].holdings_kept) == (False, LIVE_KEPT)
    assert (shown(made).positions, shown(made).balances) == (before.positions, before.balances)


async def test_holdings_of_an_older_file_do_not_replace_newer_ones(made: House) -> None:
    file = file_named(made, "account-1.qfx")
    await imported(made, NOBODY, file.content)
    before = shown(made)
    # A statement that was made a year earlier, when nothing was held.
    at = file.content.index(b"<DTASOF>") + len(b"<DTASOF>")
    year = int(file.content[at : at + 4])
    older = file.content[:at] + str(year - 1).encode() + file.content[at + 4 :]
    start, stop = older.index(b"<INVPOSLIST>") + len(b"<INVPOSLIST>"), older.index(b"</INVPOSLIST>")

    outcome = await imported(made, NOBODY, older[:start] + older[stop:])

    assert (outcome.accounts[0].holdings_updated, outcome.accounts[0].holdings_kept) == (False, NEWER_KEPT)
    assert shown(made).positions == before.positions


async def test_figures_of_a_file_say_how_old_they_are(made: House) -> None:
    await imported(made, NOBODY, file_named(made, "account-1.qfx").content)

    (held,) = [row for row in freshness(made) if row.dataset is Dataset.POSITIONS]
    assert held.as_of is not None
    assert timedelta(0) < datetime.now(UTC) - held.as_of < timedelta(days=4)
