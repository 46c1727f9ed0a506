"""A steady day: thousands of connections every quarter of an hour, real workers, PostgreSQL, sandboxes that
take 50 ms for each answer. First what the cadence asks for; then as much as one worker gives, and two.

Quotas hold nothing up here: each connection has a credential, and so a budget, of its own.
"""

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from subprocess import PIPE, Popen
from sys import executable
from typing import Any

import psycopg
from dependency_injector import providers
from pydantic import SecretStr

from adapters.aesgcm.keyring import generate
from bench import synced
from bench.databases import NewDatabase
from bench.figures import Figure, least
from bench.loops import run
from bench.many import addresses
from bench.used import Process, busy, postgresql
from brokerlink.container import Container
from brokerlink.settings import Settings
from domain.ports.brokerage import Grant

# Of ten connections. One of Alpaca makes 4 calls for a sync, one of Robinhood with three accounts 69.
OF_TEN = {"alpaca": 9, "robinhood": 1}
LATENCY_MS = 50
CADENCE = timedelta(minutes=15)
# The first runs find cold caches, and the scheduler looks every five seconds.
WARM_UP = 10.0
# Many more than the default, so that the processor is what ends first.
MANY_PLACES = 64
# So many runs become due in a second where a worker shall do as many as it can.
TOO_MANY = 40
ROUNDS = 2
ENDED = (
    "SELECT started_at, ended_at, connection_id, state, results FROM sync_runs"
    " WHERE ended_at BETWEEN %s AND %s"
)


@dataclass(slots=True)
class Plan:
    """What the command line asks for. `profile`: where the shares of a worker's time go, as JSON."""

    connections: int = 10_000
    seconds: float = 180.0
    profile: Path | None = None


PLAN = Plan()


@dataclass(frozen=True, slots=True)
class Play:
    """A sandbox in a process of its own."""

    brokerage: str
    process: "Popen[str]"
    address: str
    grant: Grant


@dataclass(frozen=True, slots=True)
class Period:
    """What ended between two moments, and what it cost: cores and megabytes of each process. `others`: cores
    that everybody else on the machine used meanwhile."""

    seconds: float
    runs: list[tuple[int, int, str, str, str]]
    cpu: dict[str, float]
    memory: dict[str, float]
    others: float

    @property
    def rate(self) -> float:
        return len(self.runs) / self.seconds

    @property
    def unchanged(self) -> float:
        """The share of runs that succeeded and wrote nothing."""
        return sum(state == "succeeded" and _nothing(results) for *_, state, results in self.runs) / len(
            self.runs
        )


def measure(new: NewDatabase) -> list[Figure]:
    url = new()
    if url.startswith("sqlite"):
        return []  # there is one process only
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        plays = [stack.enter_context(_played(brokerage)) for brokerage in OF_TEN]
        bench = _Bench(Path(name), url, plays)
        print(f"  {PLAN.connections:,} connections were made in {bench.seed():.0f} s", flush=True)
        return [*bench.cadence(), *bench.most()]


class _Bench:
    def __init__(self, folder: Path, url: str, plays: Sequence[Play]) -> None:
        self._folder, self._url, self._plays = folder, url, plays
        self._key = generate()
        self._server = postgresql(url)
        self._due: synced.Due = {}

    def seed(self) -> float:
        began = time.monotonic()
        house = self._house()

        async def made() -> list[Figure]:
            templates = []
            for play in self._plays:
                one = await synced.template(house, play.brokerage, play.grant)
                templates += [(one, play.grant)] * OF_TEN[play.brokerage]
            # The last connection of the first quarter of an hour is due when the copying has long ended.
            self._due = synced.spread(house, templates, PLAN.connections, datetime.now(UTC), CADENCE)
            await house.http().close()
            return []

        run(made())
        house.store().close()
        return time.monotonic() - began

    def cadence(self) -> list[Figure]:
        """As the cadence asks, by one worker with default settings."""
        self._due_from(datetime.now(UTC) + timedelta(seconds=5))
        with self._workers(1) as workers:
            period = self._period(workers, WARM_UP, PLAN.seconds)
        found = [
            (start / 1e6 - self._due[name].timestamp())
            for start, _, name, *_ in period.runs
            if name in self._due
        ]
        asked = PLAN.connections / CADENCE.total_seconds()
        return [
            *_figures(f"asked {asked:.1f}/s", period),
            Figure("  share of what was asked", period.rate / asked),
            Figure("  due to start, p50 s", statistics.median(found)),
            Figure("  due to start, p95 s", quantiles(found, n=20)[-1]),
        ]

    def most(self) -> list[Figure]:
        """As many are due as nobody can do."""
        seconds = PLAN.seconds / 6
        periods: dict[int, list[Period]] = {1: [], 2: []}
        for _ in range(ROUNDS):
            for count, found in periods.items():
                found.append(self._too_much(count, seconds))
        wide = self._too_much(1, seconds, BROKERLINK_SYNC_CONCURRENCY=str(MANY_PLACES))
        rates = {count: statistics.median(p.rate for p in found) for count, found in periods.items()}
        return [
            *_figures("too much asked, one worker", periods[1][-1]),
            *_figures("too much asked, two workers", periods[2][-1]),
            *_figures(f"too much asked, one worker with {MANY_PLACES} places", wide),
            least(
                f"two workers over one ({os.cpu_count()} cores for all)",
                rates[2] / rates[1],
                "P13",
                1.8,
                1.95,
            ),
        ]

    def _too_much(self, count: int, seconds: float, **environment: str) -> Period:
        # One after the other: all at once, the scheduler would queue one brokerage's before the next one's.
        self._do(
            "UPDATE connections SET next_sync_at = %s + due.place * 1000000 / %s FROM"
            " (SELECT id, row_number() OVER (ORDER BY md5(id)) AS place FROM connections) AS due"
            " WHERE due.id = connections.id",
            int(time.time() * 1e6),
            TOO_MANY,
        )
        with self._workers(count, **environment) as workers:
            return self._period(workers, WARM_UP, seconds)

    def _due_from(self, first: datetime) -> None:
        """Move all due times, so that the first is due then."""
        moved = first - min(self._due.values())
        self._due = {name: at + moved for name, at in self._due.items()}
        micros = moved // timedelta(microseconds=1)
        self._do(
            "UPDATE connections SET next_sync_at = next_sync_at + %s WHERE next_sync_at IS NOT NULL", micros
        )

    def _period(self, workers: Sequence[Process], warm_up: float, seconds: float) -> Period:
        time.sleep(warm_up)
        processes = [*workers, *(Process(f"sandbox {p.brokerage}", p.process.pid) for p in self._plays)]
        if self._server is not None:
            processes.append(self._server)
        began, all_before, before = time.time(), busy(), {p.name: p.cpu() for p in processes}
        time.sleep(seconds)
        ended, cpu = time.time(), {p.name: p.cpu() - before[p.name] for p in processes}
        others = max(busy() - all_before - sum(cpu.values()), 0.0)
        memory = {p.name: p.megabytes() for p in processes}
        with psycopg.connect(self._url) as connection:
            runs = connection.execute(ENDED, (int(began * 1e6), int(ended * 1e6))).fetchall()
        took = ended - began
        if not runs:
            said = (self._folder / "worker-0.log").read_text()[-2000:]
            raise RuntimeError(
                f"no run ended in {took:.0f} s: too few connections, or a worker that does nothing: {said}"
            )
        cores = {name: used / took for name, used in cpu.items()}
        return Period(took, runs, cores, memory, others / took)

    @contextmanager
    def _workers(self, count: int, **environment: str) -> Iterator[list[Process]]:
        """They are told to stop at the end, and what they left is taken off the table."""
        program = ["-m", "brokerlink", "work"]
        if PLAN.profile is not None:
            program = ["-m", "bench.sampled", str(PLAN.profile), "work"]
        started = []
        for number in range(count):
            with (self._folder / f"worker-{number}.log").open("wb") as log:
                given = {**self._environment(), **environment}
                started.append(Popen([executable, *program], env=given, stdout=log, stderr=log))  # noqa: S603 - ourselves
        try:
            self._wait(count)
            yield [Process(f"worker {n}", process.pid) for n, process in enumerate(started, start=1)]
        finally:
            for process in started:
                process.terminate()
            for process in started:
                _end(process)
            self._do("UPDATE sync_runs SET state = 'cancelled', ended_at = 0 WHERE ended_at IS NULL")
            self._do("DELETE FROM procrastinate_jobs")

    def _wait(self, count: int) -> None:
        until = time.monotonic() + 60
        logs = [self._folder / f"worker-{number}.log" for number in range(count)]
        while any('"working"' not in log.read_text() for log in logs):
            if time.monotonic() > until:
                raise RuntimeError(f"a worker does not come up: {[log.read_text()[-1000:] for log in logs]}")
            time.sleep(0.2)

    def _environment(self) -> dict[str, str]:
        hosts = {
            f"BROKERLINK_BROKERAGES__{play.brokerage.upper()}__HOSTS__{host.upper()}": address
            for play in self._plays
            for host, address in addresses(play.brokerage, play.address).items()
        }
        opened = {f"BROKERLINK_BROKERAGES__{play.brokerage.upper()}__OPEN": "true" for play in self._plays}
        ours = {name: value for name, value in os.environ.items() if not name.startswith("BROKERLINK_")}
        return {
            **ours,
            **hosts,
            **opened,
            "DATABASE_URL": self._url,
            "BROKERAGE_ENCRYPTION_KEY": self._key,
            "BROKERLINK_DATA_DIR": str(self._folder),
            "BROKERLINK_LOG_FORMAT": "json",
            "BROKERLINK_SYNC_CADENCE": "minutes",
            "BROKERLINK_SYNC_MINUTES": str(int(CADENCE.total_seconds() / 60)),
        }

    def _house(self) -> Container:
        told: dict[str, Any] = {
            play.brokerage: {"hosts": addresses(play.brokerage, play.address), "open": True}
            for play in self._plays
        }
        settings = Settings(  # type: ignore[call-arg]
            data_dir=self._folder,
            database_url=SecretStr(self._url),
            BROKERAGE_ENCRYPTION_KEY=self._key,
            insecure_dev=True,
            brokerages=told,
        )
        return Container(settings=providers.Object(settings))

    def _do(self, statement: str, *given: int) -> None:
        with psycopg.connect(self._url) as connection:
            connection.execute(statement.encode(), given or None)


@contextmanager
def _played(brokerage: str) -> Iterator[Play]:
    command = [executable, "-m", "bench.many", brokerage, str(LATENCY_MS)]
    with Popen(command, stdout=PIPE, text=True) as process:  # noqa: S603 - ourselves
        try:
            told = json.loads(process.stdout.readline() if process.stdout else "")
            expires = None if told["expires"] is None else datetime.fromtimestamp(told["expires"], UTC)
            yield Play(brokerage, process, told["address"], Grant(told["values"], expires, expires))
        finally:
            process.kill()


def _end(process: "Popen[bytes]") -> None:
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()


def _nothing(results: str) -> bool:
    changes = ("added", "modified", "removed")
    return not any(result.get(name) for result in json.loads(results) for name in changes)


def _durations(period: Period) -> Iterator[Figure]:
    for brokerage in OF_TEN:
        took = [
            (end - start) / 1e6
            for start, end, name, *_ in period.runs
            if name.startswith(f"con_{brokerage}-")
        ]
        yield Figure(f"  {brokerage}: runs/s", len(took) / period.seconds)
        yield Figure(f"  {brokerage}: a run, median s", statistics.median(took) if took else 0.0)


def _figures(title: str, period: Period) -> list[Figure]:
    return [
        Figure(f"{title}: runs/s", period.rate),
        Figure("  share that changed nothing", period.unchanged),
        *_durations(period),
        *(Figure(f"  {name}, cores", cores) for name, cores in period.cpu.items()),
        Figure("  everybody else on this machine, cores", period.others),
        *(
            Figure(f"  {name}, ms of a core a run", 1000 * cores / period.rate)
            for name, cores in period.cpu.items()
        ),
        *(Figure(f"  {name}, MB", megabytes) for name, megabytes in period.memory.items()),
    ]
