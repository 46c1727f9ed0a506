"""History page by page: which rows are new, which are the same, which are gone, whatever a page holds."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import house
import pytest
import pytest_asyncio
from handmade import buy
from paged import Killed, PagedDoor, Teller, teller
from sqlalchemy import select, update
from told import changes, connection, shown, stale

from adapters.sql.tables import sync_runs, transaction_versions, transactions
from domain.connections import ConnectionState
from domain.ids import transaction_key
from domain.ports.storage import Stored
from domain.syncs import ResultState, RunState, SyncRun
from domain.transactions import Transaction, TransactionStatus

TODAY = datetime.now(UTC).date()
PENDING = TransactionStatus.PENDING


def day(ago: int) -> date:
    return TODAY - timedelta(days=ago)


def row(number: int, ago: int = 1, **more: Any) -> Transaction:
    return buy(number, day(ago), **more)


def nameless(number: int, ago: int = 1, **more: Any) -> Transaction:
    """A row to which the brokerage gives no id."""
    return row(number, ago, source_key=None, **more)


@pytest_asyncio.fixture
async def told(database: str) -> AsyncIterator[Teller]:
    made = house.build(database)
    yield await teller(made)
    made.store.close()


def rows(told: Teller) -> dict[str, tuple[str, str | None]]:
    """Key to (status, reason of the removal) of all stored rows."""
    t = transactions.c
    found = select(t.key, t.status, t.removed_reason)
    return told.made.store.read_now(lambda uow: {row[0]: (row[1], row[2]) for row in uow.sql.execute(found)})


def living(told: Teller) -> int:
    return [status for status, _ in rows(told).values()].count("posted")


def resolved(told: Teller, source: str) -> Stored:
    """What is stored under the id that the brokerage gives a row."""
    key = transaction_key(f"id:{source}")
    (account,) = {key[0] for key in shown(told.made).transactions}
    return told.made.store.read_now(lambda uow: uow.transactions.stored(account, [key])[key])


def versions(told: Teller) -> list[tuple[str, int]]:
    v = transaction_versions.c
    kept = select(v.key, v.version).order_by(v.key, v.version)
    return told.made.store.read_now(lambda uow: [(r[0], r[1]) for r in uow.sql.execute(kept)])


async def goes_on(told: Teller) -> SyncRun:
    """Another process takes up the run of one that was killed."""
    told.made.store.write_now(lambda uow: uow.sql.execute(update(sync_runs).values(lease_until=0)))
    run = await told.made.run()
    assert run is not None
    return run


# ---- the same row, told again


async def test_a_page_told_twice_in_one_read_adds_nothing(told: Teller) -> None:
    page = [row(2), row(1)]

    run = await told.tell(page, page)

    assert changes(run) == (2, 0, 0)
    assert living(told) == 2


async def test_a_corrected_row_is_a_new_version_and_the_old_one_is_kept(told: Teller) -> None:
    await told.tell([row(1), row(2)])

    run = await told.tell([row(1, net=Decimal("-99.50")), row(2)])

    key = transaction_key("id:t1")
    assert changes(run) == (0, 1, 0)
    assert resolved(told, "t1").version == 2
    assert versions(told) == [(key, 1)]


async def test_a_cancelled_row_is_a_tombstone_with_its_reason(told: Teller) -> None:
    await told.tell([row(1), row(2)])
    gone = row(1, status=TransactionStatus.REMOVED, removed_reason="CANCELLED_BY_BROKERAGE")

    run = await told.tell([gone, row(2)])

    assert changes(run) == (0, 0, 1)
    assert rows(told)[transaction_key("id:t1")] == ("removed", "CANCELLED_BY_BROKERAGE")
    assert versions(told) == [(transaction_key("id:t1"), 1)]


# ---- rows without ids


async def test_twins_without_ids_stay_two_and_are_two_when_told_again(told: Teller) -> None:
    page = [nameless(1), nameless(1), nameless(2)]

    first = await told.tell(page)
    second = await told.tell(page)

    assert (changes(first), changes(second)) == ((3, 0, 0), (0, 0, 0))


async def test_twins_without_ids_may_be_cut_apart_by_pages(told: Teller) -> None:
    whole = [nameless(3), nameless(1), nameless(1), nameless(1), nameless(2, ago=2)]
    await told.tell(whole)
    known = rows(told).keys()

    for cut in range(len(whole) + 1):
        run = await told.tell(whole[:cut], whole[cut:], force=True)

        assert changes(run) == (0, 0, 0), cut
        assert rows(told).keys() == known


async def test_twins_survive_a_kill_between_their_pages(told: Teller) -> None:
    told.door.dies_at = 1
    with pytest.raises(Killed):
        await told.tell([nameless(1), nameless(1)], [nameless(1), nameless(2)])

    run = await goes_on(told)

    assert run.state is RunState.SUCCEEDED
    assert living(told) == 4
    again = await told.tell([nameless(1), nameless(1), nameless(1), nameless(2)], force=True)
    assert changes(again) == (0, 0, 0)


async def test_a_feed_ordered_by_another_day_keeps_its_twins(told: Teller) -> None:
    late = nameless(1, ago=5)
    await told.tell([late, nameless(2)], [nameless(3), late], [nameless(4, ago=40)], force=True)

    assert living(told) == 5


async def test_an_older_twin_keeps_its_id_when_a_younger_comes(told: Teller) -> None:
    older = buy(1, day(1), source_key=None, quantity=Decimal(5))
    younger = buy(2, day(1), source_key=None, quantity=Decimal(5))  # the same, at another instant
    await told.tell([older])
    before = shown(told.made).transactions

    run = await told.tell([younger, older])

    assert changes(run) == (1, 0, 0)
    assert before.items() <= shown(told.made).transactions.items()


# ---- pending rows


async def test_a_pending_row_that_posts_under_another_id_keeps_its_own(told: Teller) -> None:
    await told.tell([row(1, status=PENDING), row(5)])
    known = resolved(told, "t1").key

    run = await told.tell([row(1, source_key="posted-1"), row(5)])

    assert changes(run) == (0, 1, 0)
    assert resolved(told, "posted-1").key == known
    assert rows(told)[known] == ("posted", None)
    assert changes(await told.tell([row(1, source_key="posted-1"), row(5)])) == (0, 0, 0)


async def test_a_pending_row_that_vanishes_never_happened(told: Teller) -> None:
    await told.tell([row(1, status=PENDING), row(5)])

    run = await told.tell([row(5)])

    assert changes(run) == (0, 0, 1)
    assert rows(told)[transaction_key("id:t1")] == ("removed", "NOT_TOLD_ANY_MORE")


async def test_a_posted_twin_of_a_row_that_is_still_pending_is_a_row_of_its_own(told: Teller) -> None:
    pending = row(1, status=PENDING)
    await told.tell([pending, row(5)])

    run = await told.tell([pending, row(6)], [row(1, source_key="twin"), row(5)])

    assert changes(run) == (2, 0, 0)
    assert resolved(told, "t1").status == "pending"
    assert resolved(told, "twin").status == "posted"


async def test_rows_without_a_figure_are_never_taken_for_one_another(told: Teller) -> None:
    bare: dict[str, Any] = {"quantity": None, "net": None, "gross": None, "price": None}
    await told.tell([row(1, status=PENDING, **bare), row(5)])

    run = await told.tell([row(2, **bare), row(5)])

    assert changes(run) == (1, 0, 1)


# ---- rows that are not told any more


@pytest.mark.parametrize(("many", "gone"), [(20, 1), (20, 3), (20, 4), (4, 3), (60, 12)])
async def test_a_few_posted_rows_that_vanish_are_gone(told: Teller, many: int, gone: int) -> None:
    whole = [row(n, ago=1 + n // 20) for n in range(1, many + 1)]
    await told.tell(whole)

    run = await told.tell(whole[gone:])

    assert changes(run) == (0, 0, gone)
    assert run.state is RunState.SUCCEEDED
    assert living(told) == many - gone


@pytest.mark.parametrize(("many", "gone"), [(20, 5), (5, 4), (60, 13), (60, 59)])
async def test_many_posted_rows_that_vanish_at_once_are_held_back(told: Teller, many: int, gone: int) -> None:
    whole = [row(n) for n in range(1, many + 1)]
    await told.tell(whole)

    run = await told.tell(whole[gone:])

    (result,) = [r for r in run.results if r.dataset.value == "transactions"]
    assert living(told) == many
    assert (result.state, result.held_back) == (ResultState.PARTIAL, True)
    assert run.state is RunState.PARTIALLY_SUCCEEDED
    assert stale(told.made) == {"transactions": "SNAPSHOT_HELD_BACK"}
    assert connection(told.made, told.connection.id).state is ConnectionState.DEGRADED


async def test_rows_that_come_back_after_they_vanished_have_their_old_ids(told: Teller) -> None:
    whole = [row(n) for n in range(1, 9)]
    await told.tell(whole)
    known = rows(told).keys()
    await told.tell(whole[2:])

    run = await told.tell(whole)

    assert changes(run) == (0, 2, 0)
    assert rows(told).keys() == known
    assert living(told) == 8


async def test_what_a_brokerage_does_not_keep_any_longer_is_not_gone(told: Teller) -> None:
    whole = [row(n, ago=n) for n in range(1, 40)]
    await told.tell(whole)

    run = await told.tell(whole[:33], force=True)
    cut = await told.tell([*whole[:32], row(100, ago=33)], force=True)

    assert changes(run) == (0, 0, 0)
    assert changes(cut) == (1, 0, 0), "retention may end in the middle of a day"
    assert living(told) == 40


async def test_an_interrupted_read_proves_nothing_about_what_it_did_not_see(told: Teller) -> None:
    whole = [row(n) for n in range(1, 9)]
    await told.tell(whole)
    told.door.dies_at = 1
    with pytest.raises(Killed):
        await told.tell(whole[2:4], whole[4:])

    run = await goes_on(told)

    assert changes(run) == (0, 0, 0)
    assert living(told) == 8


async def test_a_feed_that_removes_nothing_removes_nothing(database: str) -> None:
    made = house.build(database)
    (feed,) = PagedDoor().feeds
    teller_ = await teller(made, PagedDoor(feeds=(type(feed)("all", removes=False),)))
    await teller_.tell([row(1), row(2)])

    run = await teller_.tell([row(2)])

    assert changes(run) == (0, 0, 0)
    made.store.close()


# ---- windows and ends


async def test_pages_that_go_round_in_circles_end_the_read(told: Teller) -> None:
    told.door.turns = "1"

    run = await told.tell([row(1)], [row(2)], [row(3)])

    assert run.failure is not None
    assert run.failure.reason == "BROKERAGE_RESPONSE_UNREADABLE"
    assert len(told.door.asked) <= 4


async def test_the_next_read_goes_back_over_the_overlap_and_over_all_that_is_pending(told: Teller) -> None:
    await told.tell([row(1, ago=1), row(2, ago=30)])
    assert told.door.asked.pop() == (None, None)
    await told.tell([row(1, ago=1), row(3, ago=9, status=PENDING)])
    assert told.door.asked.pop() == (day(11), None)

    told.made.clock.ahead = timedelta(days=6)
    await told.tell([row(4, ago=-5), row(1, ago=1), row(3, ago=9, status=PENDING)])
    await told.tell([row(4, ago=-5), row(1, ago=1), row(3, ago=9, status=PENDING)])

    assert told.door.asked.pop() == (day(9), None)


async def test_a_row_that_is_dated_ahead_does_not_hide_what_comes_next(told: Teller) -> None:
    await told.tell([row(1, ago=-200), row(2, ago=1)])

    run = await told.tell([row(1, ago=-200), row(3, ago=0), row(2, ago=1)])

    assert changes(run) == (1, 0, 0)


async def test_what_was_known_of_a_row_stays_known_when_its_look_up_fails(told: Teller) -> None:
    await told.tell([row(1), row(2)])
    before = shown(told.made)

    run = await told.tell([row(1, instrument=None), row(2)])

    assert changes(run) == (0, 0, 0)
    assert shown(told.made) == before
