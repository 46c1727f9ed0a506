"""A brokerage that answers wrongly for a while, and a crowd of connections to it, in virtual time.

after = play(lambda since: Response(503) if since < HOUR else None, connections=40, lasts=2 * HOUR)
"""

import asyncio
import tempfile
from bisect import bisect_left
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from adapters.aesgcm.keyring import KeyRing, generate
from adapters.aesgcm.roots import Roots
from adapters.aesgcm.vault import AesGcmVault
from adapters.dispatch import inprocess
from adapters.dispatch.hub import InProcessHub
from adapters.dispatch.inprocess import InProcessDispatch
from adapters.kit.catalogue import Catalogue
from adapters.kit.wire import Request, Response
from adapters.sql.engine import SqlStorage
from adapters.sql.store import identity_key
from bench.crowd import RATES, Counting, card, connect
from bench.schedule import Dice, _Open
from bench.virtual import START, VirtualClock, VirtualLoop, virtual_store
from brokerlink.usecases.course import Engine
from brokerlink.usecases.grants import Grants
from brokerlink.usecases.run_sync import RunSync
from brokerlink.usecases.safe import Safe
from brokerlink.usecases.schedule_syncs import ScheduleSyncs
from domain.connections import Connection
from domain.policy import Cadence, SyncPolicy
from domain.syncs import SyncRun

HOUR = timedelta(hours=1)
LEASE = timedelta(seconds=30)
# A process that looks less often has fewer looks in a day; all other waits are those of production.
SELDOM = {"LOOK_EVERY": 5.0, "TIDY_EVERY": 30.0}
# What the brokerage answers so long after the start; None: as it should.
Wrong = Callable[[timedelta], Response | None]


@dataclass
class Away(Counting):
    """`times`: when each call came, since the start; `struck`: how many were answered wrongly."""

    wrong: Wrong = lambda _: None
    times: list[timedelta] = field(default_factory=list)
    struck: int = 0

    def _answer(self, name: str, request: Request) -> Response:
        since = self.clock.now() - START
        self.times.append(since)
        found = self.wrong(since)
        self.struck += found is not None
        return super()._answer(name, request) if found is None else found


@dataclass
class Played:
    """What came of it. `runs` are all runs, the oldest first."""

    wire: Away
    runs: list[SyncRun]
    connections: list[Connection]

    def calls(self, since: timedelta, until: timedelta) -> int:
        return sum(since <= time < until for time in self.wire.times)

    def fullest(self, since: timedelta, window: timedelta = timedelta(seconds=1)) -> int:
        """The most calls in any window after that time."""
        times = sorted(time for time in self.wire.times if time >= since)
        return max((bisect_left(times, time + window) - n for n, time in enumerate(times)), default=0)


def play(wrong: Wrong, *, brokerage: str = "large", connections: int, lasts: timedelta) -> Played:
    """So many connections due in the first second, synced every hour by one worker, for so long."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        for name, seconds in SELDOM.items() if lasts > HOUR else ():
            stack.enter_context(patch.object(inprocess, name, seconds))
        runner = stack.enter_context(asyncio.Runner(loop_factory=VirtualLoop))
        clock, wire = VirtualClock(), Away(VirtualClock(), wrong=wrong)
        store = virtual_store(f"sqlite:///{Path(folder)}/outage.db", clock)
        stack.callback(store.close)
        ring = KeyRing.parse(generate())
        safe = Safe(AesGcmVault(ring, identity_key(store, Roots(ring).unlock)))
        crowd = [(f"con_{n}", f"user-{n}", brokerage) for n in range(connections)]
        store.write_now(lambda uow: connect(uow, safe, crowd, START))
        runner.run(_work(_worker(store, safe, clock, wire), lasts))
        runs = store.read_now(
            lambda uow: [run for name, *_ in crowd for run in uow.runs.recent(None, name, "", 1000)]
        )
        found = store.read_now(lambda uow: [uow.connections.get(name) for name, *_ in crowd])
    return Played(
        wire, sorted(runs, key=lambda run: run.created_at), [one for one in found if one is not None]
    )


def _worker(store: SqlStorage, safe: Safe, clock: VirtualClock, wire: Away) -> InProcessDispatch:
    dice, wish = Dice(7), SyncPolicy(Cadence.HOURLY)
    catalogue = Catalogue(tuple(RATES), card, wire, clock=clock.now)
    grants = Grants(store, safe, clock, dice)
    engine = Engine(store, catalogue, safe, grants, clock, dice, InProcessHub(), LEASE, cadence=wish)
    worker = InProcessDispatch(store, RunSync(engine), "worker", LEASE, 64)
    worker.tidy = ScheduleSyncs(  # type: ignore[assignment]  # it tells how many it started
        store, catalogue, clock, dice, worker, _Open(), "scheduler", wish
    )
    return worker


async def _work(worker: InProcessDispatch, lasts: timedelta) -> None:
    worker.start()
    await asyncio.sleep(lasts.total_seconds())
    await worker.stop()
