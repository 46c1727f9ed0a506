"""A run that kills whoever takes it up, in one process: what comes of it is decided by the next one."""

import asyncio
from contextlib import suppress

from house import House
from sqlalchemy import update

from adapters.sql.tables import sync_runs
from brokerlink.usecases.in_vain import MOST_IN_VAIN
from domain.syncs import SyncRun


class Killed(BaseException):
    """As `kill -9`: nothing may catch it and tidy up."""


class Poison:
    """Kills the process that asks for a page of a history, as long as it is on."""

    on = False
    pages = 0

    def __call__(self, url: str) -> None:
        if "/account/activities" in url:
            self.pages += 1
            if self.on:
                raise Killed


async def live_on(made: House, run_id: str) -> SyncRun:
    """Another process takes the run up: the lease of the dead one is over, and so is any wait."""

    def over(uow: object) -> None:
        uow.sql.execute(update(sync_runs).values(lease_until=0))  # type: ignore[attr-defined]

    made.store.write_now(over)
    await asyncio.sleep(0.05)
    with suppress(Killed):
        await made.run()
    found = made.store.read_now(lambda uow: uow.runs.get(run_id))
    assert found is not None
    return found


async def queued(made: House, **whose: str) -> tuple[str, str]:
    view = await made.connected(**whose)
    assert view.connection is not None
    identifier = view.connection.id
    run = made.store.read_now(lambda uow: uow.runs.active(identifier))
    assert run is not None
    return identifier, run.id


async def put_aside(made: House, poison: Poison, **whose: str) -> tuple[str, str]:
    """Connect, and let its first run kill until it is put aside: (connection, run)."""
    known, run_id = await queued(made, **whose)
    poison.on = True
    lives = 0
    while not (await live_on(made, run_id)).state.terminal:
        lives += 1
        assert lives < 5 * MOST_IN_VAIN
    poison.on = False
    return known, run_id
