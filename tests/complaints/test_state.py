"""What goes on is shown: a sync ends (24), a grant tells its end ahead (23), a wait ends by itself (25)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from house import Chance, House, Woken
from sqlalchemy import select, update
from suffered import again, first, held, home
from told import connection, shown, stale

from adapters.dispatch.hub import InProcessHub
from adapters.kit.budgets import InProcessBudgets
from adapters.sandbox import mutations
from adapters.sandbox.faults import Fault
from adapters.sql.tables import events, sync_runs
from brokerlink.usecases.schedule_syncs import ScheduleSyncs
from brokerlink.usecases.tidy import Tidy
from domain.connections import ConnectionState
from domain.errors import Actor
from domain.syncs import ProgressKind, RunState

DATASETS = {"balances", "positions", "transactions"}


@pytest.fixture
def made(tmp_path: Path) -> Iterator[House]:
    with home(tmp_path, "schwab") as built:
        yield built


class Open:
    """A market that never closes."""

    async def opening(self, now: datetime, late: timedelta) -> datetime | None:
        return None


def tidy(made: House) -> Tidy:
    """What a process does now and then, beside the syncs."""
    schedule = ScheduleSyncs(made.store, made.catalogue, made.clock, Chance(), Woken(), Open(), "test")
    return Tidy(made.store, made.clock, schedule, InProcessHub(), InProcessBudgets(made.clock.now))


def told(made: House) -> list[tuple[str, dict[str, Any]]]:
    """Events: their types and facts."""
    found = select(events.c.type, events.c.facts)
    return made.store.read_now(lambda uow: [(row[0], json.loads(row[1])) for row in uow.sql.execute(found)])


async def test_24_a_run_that_nobody_ever_took_up_ends_and_the_connection_says_so(made: House) -> None:
    """Naive: a spinner, and a connection that looks well, because whoever should have failed never ran."""
    known = await first(made)
    before = shown(made)
    run = await made.start(connection_id=known)
    made.clock.ahead = timedelta(days=1)

    await tidy(made)()

    ended = made.store.read_now(lambda uow: uow.runs.get(run.id))
    assert ended is not None
    assert (ended.state, ended.failure is not None) == (RunState.EXPIRED, True)
    (last,) = made.store.read_now(lambda uow: uow.progress.after(run.id, ended.sequence - 1, 9))
    assert last.kind is ProgressKind.TERMINAL
    shows = connection(made, known)
    assert (shows.state, shows.reason) == (ConnectionState.WAITING, "BROKERAGE_UNAVAILABLE")
    assert set(stale(made)) == DATASETS
    assert shown(made) == before
    assert [facts for kind, facts in told(made) if kind == "sync.ended"][-1]["state"] == "expired"


async def test_24_a_first_run_that_never_began_is_followed_by_another(made: House) -> None:
    """Naive: what was never synced has no time of its last sync, and is never due."""
    view = await made.connected("schwab")
    assert view.connection is not None
    assert connection(made, view.connection.id).next_sync_at is None
    made.clock.ahead = timedelta(days=1)

    await tidy(made)()

    due = connection(made, view.connection.id).next_sync_at
    assert due is not None
    assert due > made.clock.now()


@pytest.mark.parametrize("state", [ConnectionState.PAUSED, ConnectionState.ACTION_REQUIRED])
async def test_24_the_end_of_a_run_hides_neither_a_pause_nor_that_the_user_must_act(
    state: ConnectionState, made: House
) -> None:
    """Naive: the error of a run in the background overwrites what the user has decided, or has to do."""
    known = await first(made)
    await made.start(connection_id=known)
    made.store.write_now(
        lambda uow: uow.connections.save(connection(made, known).moved(state, made.clock.now()))
    )
    made.clock.ahead = timedelta(days=1)

    await tidy(made)()

    assert connection(made, known).state is state


async def test_23_a_grant_tells_its_end_ahead_and_what_was_read_stays(made: House) -> None:
    """Naive: one day there are no new figures, and nobody knows why."""
    known = await first(made)
    before, well = shown(made), connection(made, known)
    week = timedelta(days=7)
    assert well.renewable_until is not None
    assert timedelta(0) < well.renewable_until - datetime.now(UTC) <= week
    made.clock.ahead = week + timedelta(hours=1)

    run = await again(made, known)

    shows = connection(made, known)
    assert (run.state, shows.state, shows.actor) == (
        RunState.FAILED,
        ConnectionState.ACTION_REQUIRED,
        Actor.USER,
    )
    assert shown(made) == before
    assert set(stale(made)) == DATASETS
    calls = len(made.calls)
    await again(made, known)
    assert [url for url in made.calls[calls:] if "token" in url] == []  # it was refused once for good

    view = await made.connected("schwab", reconnect_connection_id=known)
    await made.run()

    assert view.connection is not None
    assert (view.connection.id, connection(made, known).state) == (known, ConnectionState.ACTIVE)
    assert stale(made) == {}
    renewed = connection(made, known).renewable_until
    assert renewed is not None
    assert renewed > made.clock.now()


async def test_25_a_429_parks_the_run_which_says_until_when_and_goes_on_by_itself(
    made: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Naive: the sync fails, or hammers on until the brokerage locks the key."""
    monkeypatch.setattr(mutations, "RETRY_AFTER", 60)
    known = await first(made)
    made.stage.faulty["schwab"].set_faults([Fault("429", first=1, last=1)])

    waits = await again(made, known)

    assert waits.state is RunState.WAITING
    assert waits.retry_at is not None
    assert connection(made, known).next_retry_at == waits.retry_at
    assert connection(made, known).reason == "BROKERAGE_RATE_LIMITED"
    assert held(made)
    assert waits.retry_at - made.clock.now() > timedelta(seconds=50)
    assert await made.run() is None  # not before its time
    made.stage.faulty["schwab"].set_faults([])
    over = datetime.now(UTC) - timedelta(seconds=1)  # the minute goes by
    made.store.write_now(lambda uow: uow.sql.execute(update(sync_runs).values(retry_at=over)))

    resumed = await made.run()

    assert resumed is not None
    assert (resumed.id, resumed.state) == (waits.id, RunState.SUCCEEDED)
    assert (connection(made, known).state, stale(made)) == (ConnectionState.ACTIVE, {})
