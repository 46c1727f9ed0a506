"""Reads that break in the middle, fail in one dataset only, or do not add up."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import house
import pytest
import stamina
from aim import aimed
from house import House
from sqlalchemy import select, update
from told import connection, freshness, shown, stale, truth, turn_account

from adapters.sandbox.faults import parse_fault
from adapters.sandbox.truth import TruthAccount
from adapters.sql.tables import accounts, sync_runs
from adapters.sql.types import EPOCH
from brokerlink.rpc.syncs import result_to_proto
from domain.brokerages import Dataset
from domain.connections import ConnectionState
from domain.syncs import ResultState, RunState

HISTORY = "/v2/account/activities"
ROWS = 250


@pytest.fixture
def made(tmp_path: Path) -> Iterator[House]:
    built = house.build(tmp_path, rows=20)
    yield built
    built.store.close()


async def first(made: House, brokerage: str = "alpaca") -> str:
    view = await made.connected(brokerage)
    await made.run()
    assert view.connection is not None
    return view.connection.id


def heard(made: House, path: str) -> int:
    return sum(path in asked.path for asked in made.stage.faulty["alpaca"].sandbox.play.log)


def whole(made: House) -> int:
    return sum(len(account.transactions) for account in truth(made, "alpaca").accounts)


def stored(made: House) -> int:
    return shown(made).sizes[2]


# ---- an answer that stops half way


async def test_a_page_that_is_cut_short_is_asked_for_again_in_the_same_run(tmp_path: Path) -> None:
    async with house.on_sockets(tmp_path, rows=ROWS) as made:
        with stamina.set_testing(True, attempts=3):
            faulty = made.stage.faulty["alpaca"]
            await made.connected()
            faulty.set_faults([parse_fault(f"truncated@{HISTORY}#2")])

            run = await made.run()

        pages = heard(made, HISTORY)
        print(f"one page cut short: {faulty.mishaps['truncated']} cut, {pages} asked for")
        assert run is not None
        assert run.state is RunState.SUCCEEDED
        assert faulty.mishaps["truncated"] == 1
        assert stored(made) == whole(made)


async def test_of_a_page_that_is_always_cut_short_nothing_is_stored(tmp_path: Path) -> None:
    async with house.on_sockets(tmp_path, rows=ROWS) as made:
        faulty = made.stage.faulty["alpaca"]
        with stamina.set_testing(True, attempts=2):
            await made.connected()
            faulty.set_faults([parse_fault(f"truncated@{HISTORY}#2-")])

            waiting = await made.run()

            rows, cut = stored(made), faulty.mishaps["truncated"]
            faulty.set_faults([])
            made.store.write_now(lambda uow: uow.sql.execute(update(sync_runs).values(retry_at=EPOCH)))
            done = await made.run()

        print(f"{cut} cuts: {rows} rows stored of the page before, {stored(made)} in the end")
        assert waiting is not None
        assert done is not None
        assert cut == 2
        assert 0 < rows < whole(made)
        assert (waiting.state, done.state) == (RunState.WAITING, RunState.SUCCEEDED)
        assert stored(made) == whole(made)


# ---- one dataset that is closed


def richer(account: TruthAccount) -> TruthAccount:
    cash, total = account.cash + 5, account.total_value + 5
    return replace(account, cash=cash, settled_cash=cash, total_value=total)


@pytest.mark.parametrize(
    ("mutation", "reason"),
    [("403", "PERMISSION_INSUFFICIENT"), ("410", "BROKERAGE_RESPONSE_UNREADABLE")],
)
async def test_where_positions_alone_are_closed_they_stay_and_the_rest_goes_on(
    tmp_path: Path, mutation: str, reason: str
) -> None:
    made = house.build(tmp_path, "etrade", rows=20)
    known = await first(made, "etrade")
    before, sights = shown(made), aimed(made, "etrade")
    turn_account(made, "etrade", richer)
    sights.at(mutation, Dataset.POSITIONS)

    run = await made.synced(known)

    assert sights.hits[Dataset.POSITIONS]
    assert run.state is RunState.PARTIALLY_SUCCEEDED
    failed = {result.dataset for result in run.results if result.state is not ResultState.SUCCEEDED}
    assert failed == {Dataset.POSITIONS}
    assert shown(made).positions == before.positions != {}
    assert shown(made).balances != before.balances, "the new balance is shown"
    assert stale(made) == {"positions": reason}
    found = connection(made, known)
    assert (found.state, found.reason) == (ConnectionState.DEGRADED, reason)
    made.store.close()


async def test_an_account_that_is_empty_is_told_from_one_whose_positions_are_closed(tmp_path: Path) -> None:
    made = house.build(tmp_path, "etrade", persona="empty")
    known = await first(made, "etrade")
    empty = {row.dataset: row for row in freshness(made)}[Dataset.POSITIONS]
    sights = aimed(made, "etrade")
    sights.at("403", Dataset.POSITIONS)

    await made.synced(known)

    closed = {row.dataset: row for row in freshness(made)}[Dataset.POSITIONS]
    assert shown(made).positions == {}
    assert (empty.stale_since, empty.stale_reason) == (None, "")
    assert closed.stale_since is not None
    assert closed.stale_reason == "PERMISSION_INSUFFICIENT"
    assert closed.fetched_at == empty.fetched_at, "when it was last known to be empty"
    made.store.close()


# ---- totals that are none


async def test_a_total_that_is_not_the_sum_is_flagged_and_both_are_kept(made: House) -> None:
    def dearer(account: TruthAccount) -> TruthAccount:
        return replace(account, total_value=account.total_value + 100)

    known = await first(made)
    agreed, before = outcome(made), shown(made)
    assert not any(result.totals_differ for result in (await made.synced(known)).results)
    turn_account(made, "alpaca", dearer)

    run = await made.synced(known)

    state, told, computed = outcome(made)
    assert agreed[0] == "reconciled"
    assert state == "differs"
    assert [r.dataset for r in run.results if r.totals_differ] == [Dataset.BALANCES]
    assert [one.totals_differ for one in map(result_to_proto, run.results)].count(True) == 1
    assert run.state is RunState.SUCCEEDED, "what was told was stored"
    assert told - computed == told - agreed[1] == Decimal(100)
    assert shown(made).positions == before.positions, "none is bent to fit"


def outcome(made: House) -> tuple[str, Decimal, Decimal]:
    a = accounts.c
    wanted = select(a.reconciliation, a.told_total, a.computed_total)
    return tuple(made.store.read_now(lambda uow: uow.sql.execute(wanted).one()))
