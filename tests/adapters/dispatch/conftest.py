"""Dispatchers of both kinds over a real database, and runs that end when a test says so."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from adapters.dispatch.inprocess import InProcessDispatch
from adapters.dispatch.spread import SpreadDispatch
from adapters.sql.engine import SqlStorage
from adapters.sql.store import open_store
from domain.syncs import Lane, RunState, SyncRun, Trigger

LEASE = timedelta(seconds=3)
Dispatcher = InProcessDispatch | SpreadDispatch


@dataclass
class Works:
    """What runs do here: each is noted, and goes on until its test opens the gate."""

    store: SqlStorage
    taken: list[tuple[str, str]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    end: Callable[[SyncRun], None] = lambda run: setattr(run, "state", RunState.SUCCEEDED)
    dispatchers: list[Dispatcher] = field(default_factory=list)

    def dispatcher(self, owner: str = "a", places: int = 4, lease: timedelta = LEASE) -> Dispatcher:
        async def carry_on(run: SyncRun) -> None:
            self.taken.append((owner, run.id))
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                self.stopped.append(run.id)
                raise
            self.end(run)
            await self.store.write(lambda uow: uow.runs.save(run, None))

        kind = InProcessDispatch if self.store.embedded else SpreadDispatch
        made = kind(self.store, carry_on, owner, lease, places)
        self.dispatchers.append(made)
        made.start()
        return made

    async def queue(self, name: str, lane: Lane = Lane.INTERACTIVE) -> SyncRun:
        now = datetime.now(UTC)
        made = SyncRun(
            name, f"con_{name}", "user", RunState.QUEUED, Trigger.REQUEST, lane, now, now + timedelta(hours=1)
        )
        assert await self.store.write(lambda uow: uow.runs.add(made))
        return made

    async def until(self, what: Callable[[], bool], seconds: float = 15) -> None:
        async with asyncio.timeout(seconds):
            while not what():  # noqa: ASYNC110 - what it waits for has no event
                await asyncio.sleep(0.02)

    async def state(self, run_id: str) -> RunState:
        found = await self.store.read(lambda uow: uow.runs.get(run_id))
        assert found is not None
        return found.state

    async def until_ended(self, *run_ids: str) -> None:
        async with asyncio.timeout(15):
            while not all(  # noqa: ASYNC110 - the same
                [(await self.state(run_id)).terminal for run_id in run_ids]
            ):
                await asyncio.sleep(0.02)


@pytest.fixture
async def works(database: str) -> AsyncIterator[Works]:
    made = Works(open_store(database))
    yield made
    for dispatcher in made.dispatchers:
        await dispatcher.stop(5)
        await dispatcher.close()
    await asyncio.to_thread(made.store.close)
