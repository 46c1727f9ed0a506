"""Ten thousand connections due in the same second, in virtual time: policy, scheduler, dispatcher, limits.

Everything is the real thing, with a store on SQLite; only the clock jumps, and the brokerages are small
ones that count calls and say 429. `python -m bench.schedule [CONNECTIONS]`
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

from adapters.aesgcm.keyring import KeyRing, generate
from adapters.aesgcm.roots import Roots
from adapters.aesgcm.vault import AesGcmVault
from adapters.dispatch.hub import InProcessHub
from adapters.dispatch.inprocess import InProcessDispatch
from adapters.kit.catalogue import Catalogue
from adapters.sql.engine import SqlStorage
from adapters.sql.store import identity_key
from adapters.telemetry.logs import configure
from bench.crowd import RATES, Counting, card, connect
from bench.virtual import START, VirtualClock, VirtualLoop, virtual_store
from brokerlink.usecases.course import Engine
from brokerlink.usecases.grants import Grants
from brokerlink.usecases.run_sync import RunSync
from brokerlink.usecases.safe import Safe
from brokerlink.usecases.schedule_syncs import ScheduleSyncs
from brokerlink.usecases.start_sync import StartSync
from domain.ids import random_id
from domain.syncs import Lane, SyncRun

# Of all connections: so many at each brokerage. Every fifth of those at `large` is one user's.
SHARES = {"small": 0.05, "large": 0.65, "each": 0.30}
LEASE = timedelta(seconds=30)
A_PERSON_EVERY = 10.0
PERSONS = 120
LONGEST = timedelta(hours=12)


class Dice:
    """The port `Chance`, the same in each run."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def id(self, prefix: str) -> str:
        return random_id(prefix, self._random.randbytes(12))

    def fraction(self) -> float:
        return self._random.random()


@dataclass
class Outcome:
    """`waited`: seconds from asking to the end, of each sync that a person asked for. `done`: seconds until
    the sync of each connection of the crowd has ended; by brokerage and user."""

    wire: Counting
    waited: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in RATES})
    done: dict[str, dict[str, list[float]]] = field(default_factory=lambda: {name: {} for name in RATES})
    states: Counter[str] = field(default_factory=Counter)
    parked: int = 0


@dataclass
class Play:
    """The house: two dispatchers stand for two workers, and share store and budgets."""

    store: SqlStorage
    safe: Safe
    clock: VirtualClock
    outcome: Outcome

    def __post_init__(self) -> None:
        dice = Dice(7)
        catalogue = Catalogue(tuple(RATES), card, self.outcome.wire, clock=self.clock.now)
        grants = Grants(self.store, self.safe, self.clock, dice)
        engine = Engine(self.store, catalogue, self.safe, grants, self.clock, dice, InProcessHub(), LEASE)
        run = RunSync(engine)
        self.workers = [InProcessDispatch(self.store, run, f"worker {n}", LEASE, 16) for n in range(2)]
        self.start = StartSync(self.store, self.clock, dice, self.workers[0])
        self.workers[0].tidy = ScheduleSyncs(  # type: ignore[assignment]  # it tells how many it started
            self.store, catalogue, self.clock, dice, self.workers[0], _Open(), "scheduler"
        )

    async def run(self, crowd: int, persons: list[tuple[str, str]]) -> None:
        for worker in self.workers:
            worker.start()
        asked = [asyncio.create_task(self._person(n, *who)) for n, who in enumerate(persons)]
        await asyncio.gather(*asked)
        loop = asyncio.get_running_loop()
        while crowd and loop.time() < LONGEST.total_seconds():
            await asyncio.sleep(30)
            if self.store.read_now(_ended_batch) >= crowd:
                break
        for worker in self.workers:
            await worker.stop()

    async def _person(self, number: int, connection_id: str, brokerage: str) -> None:
        await asyncio.sleep(5 + number * A_PERSON_EVERY)
        run = await self.start(connection_id=connection_id)
        while True:
            await asyncio.sleep(0.1)
            found = self.store.read_now(lambda uow: uow.runs.get(run.id))
            if found is not None and found.ended_at is not None:
                self.outcome.waited[brokerage].append(_seconds(found.ended_at - found.created_at))
                return


class _Open:
    """A market that never closes."""

    async def opening(self, now: datetime, grace: timedelta) -> datetime | None:
        return None


def _ended_batch(uow: object) -> int:
    statement = "SELECT count(*) FROM sync_runs WHERE lane = 1 AND ended_at IS NOT NULL"
    return int(uow.sql.exec_driver_sql(statement).scalar_one())  # type: ignore[attr-defined]


def _seconds(span: timedelta) -> float:
    return span.total_seconds()


def people(crowd: int) -> list[tuple[str, str, str]]:
    """The crowd: (connection, user, brokerage)."""
    found = []
    for brokerage, share in SHARES.items():
        for number in range(round(crowd * share)):
            user = "whale" if brokerage == "large" and number % 5 == 0 else f"{brokerage}-{number}"
            found.append((f"con_{brokerage}_{number}", user, brokerage))
    return found


def simulate(crowd: int, persons: int = PERSONS) -> Outcome:
    """Play it through: so many connections due in the first second, so many persons who come and ask."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=VirtualLoop) as runner:
        clock = VirtualClock()
        store = virtual_store(f"sqlite:///{Path(folder)}/bench.db", clock)
        ring = KeyRing.parse(generate())
        safe = Safe(AesGcmVault(ring, identity_key(store, Roots(ring).unlock)))
        waiting = people(crowd)
        asking = [(f"con_person_{n}", f"person-{n}", tuple(RATES)[n % len(RATES)]) for n in range(persons)]
        store.write_now(lambda uow: connect(uow, safe, waiting, START))
        store.write_now(lambda uow: connect(uow, safe, asking, None))
        outcome = Outcome(Counting(clock))
        play = Play(store, safe, clock, outcome)
        runner.run(play.run(len(waiting), [(name, brokerage) for name, _, brokerage in asking]))
        store.read_now(lambda uow: _tell(uow, outcome, waiting))
        store.close()
    return outcome


def _tell(uow: object, outcome: Outcome, waiting: list[tuple[str, str, str]]) -> None:
    runs: dict[str, SyncRun] = {}
    for name, user, brokerage in waiting:
        run = uow.runs.latest(name)  # type: ignore[attr-defined]
        if run is None or run.lane is not Lane.BATCH:
            continue
        runs[name] = run
        outcome.states[run.state.value] += 1
        if run.ended_at is not None:
            outcome.done[brokerage].setdefault(user, []).append(_seconds(run.ended_at - START))
    statement = 'SELECT count(*) FROM sync_progress WHERE message LIKE \'%"state":"waiting"%\''
    outcome.parked = int(uow.sql.exec_driver_sql(statement).scalar_one())  # type: ignore[attr-defined]


def p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.schedule")
    parser.add_argument("connections", nargs="?", type=int, default=10_000)
    given = parser.parse_args()
    configure("ERROR")
    began = time.perf_counter()
    alone, crowded = simulate(0), simulate(given.connections)
    print(f"{given.connections} connections due in one second ({time.perf_counter() - began:.0f} s to play)")
    print(f"  runs: {dict(crowded.states)}, parked {crowded.parked} times")
    for name, rate in RATES.items():
        told = crowded.wire
        users = crowded.done[name]
        last = max((t for times in users.values() for t in times), default=0.0)
        print(f"\n{name}: {rate.calls} calls in {rate.per:.0f} s, {rate.counted.value}")
        print(f"  calls {told.calls[name]}, 429 {told.refused[name]}, fullest window {told.fullest[name]}")
        print(f"  crowd done after {last:.0f} s")
        for title, outcome in (("alone", alone), ("in the crowd", crowded)):
            waited = outcome.waited[name]
            print(f"  a person {title}: p50 {median(waited):.2f} s, p95 {p95(waited):.2f} s")
    whale, others = _fairness(crowded)
    print("\nfairness at large, where one user has a fifth of all connections and all others have one:")
    print(f"  theirs are done after {p95(others):.0f} s (p95), {max(others):.0f} s (the last one)")
    print(f"  the one user's first after {whale[0]:.0f} s, the last after {whale[-1]:.0f} s")


def _fairness(outcome: Outcome) -> tuple[list[float], list[float]]:
    users = outcome.done["large"]
    return sorted(users["whale"]), [min(times) for user, times in users.items() if user != "whale"]


if __name__ == "__main__":
    main()
