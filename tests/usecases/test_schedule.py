"""When syncs start by themselves: once, in turn, and never more than a brokerage can take."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from house import Chance, Clock
from played import PlayedBrokerages

from adapters.calendar import sessions
from adapters.calendar.sessions import ExchangeCalendar
from adapters.sql.engine import SqlStorage
from adapters.sql.store import open_store
from adapters.sql.unit_of_work import SqlUnitOfWork
from brokerlink.usecases.schedule_syncs import HELD_FOR, ScheduleSyncs
from brokerlink.usecases.start_sync import StartSync
from domain.connections import Connection, ConnectionState
from domain.policy import Cadence, SyncPolicy, after_opening
from domain.ports.calendar import CalendarMissing
from domain.syncs import Lane, RunState, SyncRun, Trigger

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MARKET = SyncPolicy(Cadence.MARKET_HOURS, timedelta(minutes=15))


@dataclass
class Woken:
    runs: list[SyncRun] = field(default_factory=list)

    def wake(self, run: SyncRun) -> None:
        self.runs.append(run)


@dataclass
class Opens:
    """A market that opens then; None: it is open. Without a calendar nobody knows."""

    at: datetime | None = None
    missing: bool = False

    async def opening(self, now: datetime, grace: timedelta) -> datetime | None:
        if self.missing:
            raise CalendarMissing("There is none.")
        return self.at


@pytest.fixture
def store(database: str) -> Iterator[SqlStorage]:
    opened = open_store(database)
    yield opened
    opened.close()


def scheduler(store: SqlStorage, owner: str = "one", **more: object) -> ScheduleSyncs:
    made = ScheduleSyncs(store, PlayedBrokerages(), Clock(), Chance(), Woken(), Opens(), owner)
    return replace(made, **more)  # type: ignore[arg-type]  # its fields


def due(store: SqlStorage, *of: tuple[str, str, int], since: timedelta = HOUR) -> None:
    """Connections that have been due for so long: (brokerage, user, how many)."""
    now = datetime.now(UTC)
    made = [
        Connection(
            f"con_{brokerage}_{user}_{number}", user, brokerage, "api", ConnectionState.ACTIVE, now, now,
            next_sync_at=now - since + timedelta(seconds=number),
        )
        for brokerage, user, many in of
        for number in range(many)
    ]  # fmt: skip

    def deed(uow: SqlUnitOfWork) -> None:
        for connection in made:
            uow.connections.add(connection)

    store.write_now(deed)


def started(made: ScheduleSyncs) -> list[str]:
    woken = made.dispatch
    assert isinstance(woken, Woken)
    return [run.connection_id for run in woken.runs]


def ended(store: SqlStorage, run: SyncRun) -> None:
    leased = store.write_now(lambda uow: uow.runs.lease_one(run.id, "test", HOUR))
    assert leased is not None
    leased.state = RunState.SUCCEEDED
    store.write_now(lambda uow: uow.runs.save(leased, None))


async def test_what_is_due_starts_once_in_the_lane_of_batch(store: SqlStorage) -> None:
    due(store, ("played", "ann", 3))
    made = scheduler(store)

    first, again = await made(), await made()

    assert (first, again) == (3, 0)
    woken = made.dispatch
    assert isinstance(woken, Woken)
    assert {(run.lane, run.trigger) for run in woken.runs} == {(Lane.BATCH, Trigger.SCHEDULE)}


async def test_after_an_outage_a_backlog_is_started_only_as_it_is_done(store: SqlStorage) -> None:
    due(store, *[("played", f"user-{n}", 1) for n in range(130)], since=timedelta(days=3))
    made = scheduler(store, at_work=60)

    assert await made() == 60
    assert await made() == 0
    woken = made.dispatch
    assert isinstance(woken, Woken)
    for run in woken.runs[:25]:
        ended(store, run)
    assert await made() == 25


async def test_the_backlog_of_one_brokerage_leaves_another_alone(store: SqlStorage) -> None:
    due(store, *[("played", f"user-{n}", 1) for n in range(80)], since=timedelta(days=3))
    due(store, ("other", "ann", 5))
    made = scheduler(store, at_work=20)

    await made()

    assert Counter(name.split("_")[1] for name in started(made)) == {"played": 20, "other": 5}


async def test_no_user_s_second_connection_goes_before_another_s_first(store: SqlStorage) -> None:
    due(store, ("played", "many", 50), since=timedelta(days=1))
    due(store, ("played", "one", 1), ("played", "another", 1))
    made = scheduler(store, at_work=6)

    await made()

    assert Counter(name.split("_")[2] for name in started(made)) == {"many": 4, "one": 1, "another": 1}


async def test_one_of_many_schedules_and_another_goes_on_when_it_is_gone(
    store: SqlStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brokerlink.usecases.schedule_syncs.HELD_FOR", timedelta(milliseconds=300))
    due(store, ("played", "ann", 1))
    first, second = scheduler(store, "first"), scheduler(store, "second")
    await first()
    due(store, ("played", "bob", 1))

    assert await second() == 0, "the first one has the duty"
    monkeypatch.setattr("brokerlink.usecases.schedule_syncs.HELD_FOR", HELD_FOR)
    store.write_now(lambda uow: uow.sql.exec_driver_sql("UPDATE duties SET lease_until = 0"))  # it died
    assert await second() == 1
    due(store, ("played", "eve", 1))
    assert await first() == 0
    await second.leave()
    assert await first() == 1


async def test_manual_means_that_nothing_starts_by_itself(store: SqlStorage) -> None:
    due(store, ("played", "ann", 1))

    assert await scheduler(store, wish=SyncPolicy(Cadence.MANUAL))() == 0


async def test_what_is_due_while_the_market_is_closed_waits_for_it_to_open(store: SqlStorage) -> None:
    due(store, *[("played", f"user-{n}", 1) for n in range(60)])
    opening = datetime.now(UTC) + timedelta(hours=12)
    made = scheduler(store, wish=MARKET, calendar=Opens(opening))

    assert await made() == 0

    found = store.read_now(lambda uow: uow.connections.due("played", opening + HOUR, 100))
    times = [c.next_sync_at for c in found if c.next_sync_at is not None]
    assert len(times) == 60
    assert opening <= min(times) <= max(times) <= after_opening(MARKET, opening, 1.0)
    assert max(times) - min(times) > timedelta(minutes=5), "not all of them at the bell"


async def test_while_it_is_open_they_start(store: SqlStorage) -> None:
    due(store, ("played", "ann", 1))

    assert await scheduler(store, wish=MARKET)() == 1


async def test_without_a_calendar_nothing_starts_and_nothing_breaks(store: SqlStorage) -> None:
    due(store, ("played", "ann", 1))

    assert await scheduler(store, wish=MARKET, calendar=Opens(missing=True))() == 0


async def test_a_person_who_asks_for_a_batch_run_makes_it_hurry(store: SqlStorage) -> None:
    due(store, ("played", "ann", 1))
    made = scheduler(store)
    await made()
    run = store.write_now(lambda uow: uow.runs.lease("w", HOUR, None))
    assert run is not None
    run.state, run.retry_at = RunState.WAITING, datetime.now(UTC) + HOUR
    store.write_now(lambda uow: uow.runs.save(run, None))
    assert store.write_now(lambda uow: uow.runs.lease("w", HOUR, None)) is None

    joined = await StartSync(store, Clock(), Chance(), Woken())(connection_id=run.connection_id)

    assert (joined.id, joined.lane) == (run.id, Lane.INTERACTIVE)
    leased = store.write_now(lambda uow: uow.runs.lease("w", HOUR, Lane.INTERACTIVE))
    assert leased is not None


# ---- the calendar


NEW_YORK = ExchangeCalendar()


@pytest.mark.filterwarnings("ignore:.*values returning an ndarray")  # what pandas says to the calendar
@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (datetime(2026, 6, 1, 15, tzinfo=UTC), None),
        (datetime(2026, 6, 1, 20, 10, tzinfo=UTC), None),  # ten minutes after the close
        (datetime(2026, 6, 1, 23, tzinfo=UTC), datetime(2026, 6, 2, 13, 30, tzinfo=UTC)),
        (datetime(2026, 7, 3, 15, tzinfo=UTC), datetime(2026, 7, 6, 13, 30, tzinfo=UTC)),  # a holiday
        (datetime(2026, 11, 27, 19, tzinfo=UTC), datetime(2026, 11, 30, 14, 30, tzinfo=UTC)),  # a half day
    ],
    ids=["open", "just closed", "night", "holiday", "half day"],
)
async def test_new_york_keeps_its_hours_and_holidays(now: datetime, opens: datetime | None) -> None:
    assert await NEW_YORK.opening(now, timedelta(minutes=18)) == opens


async def test_a_calendar_that_is_not_installed_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "PACKAGE", "no_such_calendar")

    with pytest.raises(CalendarMissing, match=r"install brokerlink\[calendar\]"):
        await ExchangeCalendar().opening(datetime.now(UTC), HOUR)


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["a day ahead", "a day back"])
async def test_a_clock_that_jumps_by_a_day_starts_nothing_twice(store: SqlStorage, jump: timedelta) -> None:
    """Leases and the duty go by the database's clock. A run that is going on is joined by no second one."""
    due(store, ("played", "ann", 2))
    right, wrong = scheduler(store, "right"), scheduler(store, "wrong", clock=Jumped(jump))
    await right()
    held = store.write_now(lambda uow: uow.runs.lease("right", HOUR, None))
    assert held is not None

    while_held = await wrong()
    await right.leave()
    while_both_run = await wrong()
    await wrong.leave()
    stolen = store.write_now(lambda uow: uow.runs.lease_one(held.id, "wrong", HOUR))

    assert (while_held, while_both_run, stolen) == (0, 0, None)
    assert len(started(right)) == 2
    assert await right() == 0


@dataclass
class Jumped:
    by: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by
