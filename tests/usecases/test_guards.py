"""What a brokerage suddenly does not tell any more is believed only when it is plausible."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import house
import pytest
from aim import aimed
from house import House
from paged import PagedDoor, teller
from told import changes, connection, freshness, shown, stale, turn, turn_account

from adapters.sandbox.truth import TruthAccount
from domain.brokerages import Dataset
from domain.connections import ConnectionState
from domain.positions import Balance
from domain.syncs import RunState

BROKERAGES = ["alpaca", "schwab"]
HELD_BACK = "SNAPSHOT_HELD_BACK"


@pytest.fixture(params=BROKERAGES)
def made(request: pytest.FixtureRequest, database: str) -> Iterator[House]:
    built = house.build(database, request.param, rows=20)
    yield built
    built.store.close()


def only(made: House) -> str:
    (brokerage,) = made.stage.faulty
    return brokerage


async def first(made: House) -> str:
    view = await made.connected(only(made))
    await made.run()
    assert view.connection is not None
    return view.connection.id


def emptied(account: TruthAccount, cash: Decimal = Decimal(0)) -> TruthAccount:
    """Nothing held any more, and so much more cash."""
    total = account.cash + cash
    return replace(account, positions=(), cash=total, settled_cash=total, total_value=total)


async def test_everything_vanished_is_held_back_once(made: House) -> None:
    known, brokerage = await first(made), only(made)
    before = shown(made)
    turn_account(made, brokerage, emptied)

    run = await made.synced(known)

    assert shown(made).positions == before.positions
    assert run.state is RunState.PARTIALLY_SUCCEEDED
    assert [r.held_back for r in run.results if r.dataset is Dataset.POSITIONS].count(True) == 1
    assert stale(made) == {"positions": HELD_BACK}
    assert (connection(made, known).state, connection(made, known).reason) == (
        ConnectionState.DEGRADED,
        HELD_BACK,
    )


async def test_everything_vanished_is_believed_when_it_is_shown_twice_in_a_row(made: House) -> None:
    known, brokerage = await first(made), only(made)
    held = len(shown(made).positions)
    turn_account(made, brokerage, emptied)
    await made.synced(known)

    run = await made.synced(known)

    assert run.state is RunState.SUCCEEDED
    assert changes(run)[2] > 0
    assert len(shown(made).positions) < held
    assert stale(made) == {}


async def test_a_failure_in_between_is_no_second_showing(made: House) -> None:
    known, brokerage = await first(made), only(made)
    sights = aimed(made, brokerage)
    before = shown(made)
    turn_account(made, brokerage, emptied)
    await made.synced(known)
    sights.at("html-200", Dataset.POSITIONS)
    await made.synced(known)
    sights.lift()

    await made.synced(known)

    assert shown(made).positions == before.positions
    assert stale(made) == {"positions": HELD_BACK}


async def test_everything_sold_is_believed_at_once_because_the_cash_came_in(made: House) -> None:
    known, brokerage = await first(made), only(made)
    held = len(shown(made).positions)
    turn_account(made, brokerage, lambda account: emptied(account, Decimal(50_000)))

    run = await made.synced(known)

    assert run.state is RunState.SUCCEEDED
    assert changes(run)[2] > 0
    assert len(shown(made).positions) < held


async def test_a_cent_of_interest_is_no_cash_for_all_that_was_held(made: House) -> None:
    known, brokerage = await first(made), only(made)
    before = shown(made)

    def empty(account: TruthAccount) -> TruthAccount:
        return replace(emptied(account, Decimal("0.01")), total_value=account.total_value)

    turn_account(made, brokerage, empty)
    await made.synced(known)

    assert shown(made).positions == before.positions
    assert stale(made) == {"positions": HELD_BACK}


async def test_no_balance_at_all_is_not_a_balance_of_nothing(database: str) -> None:
    made = house.build(database)
    door = PagedDoor(money=[Balance("USD", cash=Decimal(5)), Balance("EUR", cash=Decimal(7))])
    told = await teller(made, door)
    before = shown(made)
    door.money = []

    run = await told.tell()

    assert before.sizes[0] == 2
    assert shown(made) == before
    assert run.state is RunState.PARTIALLY_SUCCEEDED
    assert stale(made) == {"balances": HELD_BACK}
    made.store.close()


async def test_what_was_never_there_is_simply_empty(database: str) -> None:
    made = house.build(database, "schwab", persona="empty")

    await first(made)

    assert shown(made).positions == {}
    assert {row.completeness.value for row in freshness(made)} == {"complete"}
    assert stale(made) == {}
    made.store.close()


@pytest.mark.parametrize("made", ["etrade", "schwab"], indirect=True)
async def test_an_account_that_is_not_listed_any_more_stays_and_says_so(made: House) -> None:
    known, brokerage = await first(made), only(made)
    before = shown(made)
    turn(made, brokerage, lambda truth: replace(truth, accounts=truth.accounts[1:]))

    run = await made.synced(known)
    again = await made.synced(known)

    assert shown(made) == before
    assert run.state is RunState.PARTIALLY_SUCCEEDED
    assert run.failure is not None
    assert run.failure.reason == HELD_BACK
    # It was told once; the figures go on saying it.
    assert again.state is RunState.SUCCEEDED
    assert stale(made) == dict.fromkeys(("balances", "positions", "transactions"), HELD_BACK)
    assert len([row for row in freshness(made) if row.stale_since]) == 3


@pytest.mark.parametrize("made", ["etrade", "schwab"], indirect=True)
async def test_an_account_that_is_listed_again_is_read_again(made: House) -> None:
    known, brokerage = await first(made), only(made)
    whole = turn(made, brokerage, lambda truth: replace(truth, accounts=truth.accounts[1:]))
    await made.synced(known)
    turn(made, brokerage, lambda _: whole)

    run = await made.synced(known)

    assert run.state is RunState.SUCCEEDED
    assert changes(run) == (0, 0, 0)
    assert stale(made) == {}


@pytest.mark.parametrize("made", ["etrade", "schwab"], indirect=True)
async def test_an_empty_list_of_accounts_says_nothing_about_anyone(made: House) -> None:
    known, brokerage = await first(made), only(made)
    sights, before = aimed(made, brokerage), shown(made)
    sights.at("empty-list", Dataset.ACCOUNTS)

    run = await made.synced(known)

    assert shown(made) == before
    assert run.result("", Dataset.ACCOUNTS).failure is not None
    assert connection(made, known).state is ConnectionState.DEGRADED
