"""Whole syncs over loopback sockets, against fetching the same pages and doing nothing with them."""

import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from dependency_injector import providers

from adapters.aesgcm.keyring import generate
from adapters.brokerages import NAMES, card
from adapters.kit.catalogue import Catalogue, Configured
from adapters.kit.http import HttpWire
from adapters.kit.wire import Request
from adapters.sql.engine import SqlStorage
from adapters.sql.tables import transactions
from bench.recording import BROKERAGE, Recording, record, replayed
from brokerlink.container import Container
from brokerlink.settings import Settings
from brokerlink.usecases.connect import Connect
from domain.syncs import RunState

TRIES = 7
Figures = dict[str, float]


async def measure(rows: int = 1000) -> Figures:
    """Milliseconds of each kind of sync, and their ratios to a bare fetch in the same run."""
    recording = await record(rows)
    with tempfile.TemporaryDirectory() as folder:
        process, address = replayed(recording, Path(folder))
        try:
            return await _measure(recording, address, Path(folder))
        finally:
            process.kill()
            process.wait()


async def _measure(recording: Recording, address: str, folder: Path) -> Figures:
    house = house_at(address, folder)
    fetched = await _median(lambda: _fetch(house, recording, address))
    first, again, window = [], [], []
    for attempt in range(TRIES):
        view = await Connect(house.connecting())(
            f"bench-{attempt}", BROKERAGE, credentials=recording.credentials
        )
        if view.connection is None:
            raise RuntimeError("the replay does not let us connect")
        first.append(await _sync(house, view.connection.id, force=True))
        again.append(await _sync(house, view.connection.id, force=True))
        window.append(await _sync(house, view.connection.id, force=False))
    store: SqlStorage = house.store()
    bound = await _median(lambda: _bound(house, recording, address, store))
    await house.http().close()
    figures = {
        "window ms": statistics.median(window),
        "rows": float(recording.rows),
        "fetch ms": fetched,
        "bound ms": bound,
        "first ms": statistics.median(first),
        "again ms": statistics.median(again),
    }
    return figures | {
        "first / fetch": figures["first ms"] / fetched,
        "again / fetch": figures["again ms"] / fetched,
        "bound / first": bound / figures["first ms"],
        "fetch / again": fetched / figures["again ms"],
    }


def house_at(address: str, folder: Path) -> Container:
    settings = Settings(
        data_dir=folder, BROKERAGE_ENCRYPTION_KEY=generate(), sandbox_url=address, insecure_dev=True
    )  # type: ignore[call-arg]
    house = Container(settings=providers.Object(settings))
    hosts = dict.fromkeys(card(BROKERAGE).doors[0].hosts, f"{address}/{BROKERAGE}")
    house.brokerages.override(
        providers.Singleton(
            Catalogue, NAMES, card, house.http, lambda _: Configured(hosts), limited=False, breaks=False
        )
    )
    return house


async def _sync(house: Container, connection_id: str, *, force: bool) -> float:
    run = await house.start_sync()(connection_id=connection_id, force=force)
    leased = await house.store().write(lambda uow: uow.runs.lease("bench", house.lease(), None))
    if leased is None or leased.id != run.id:
        raise RuntimeError("another run is in the way")
    start = time.perf_counter()
    await house.run_sync()(leased)
    took = (time.perf_counter() - start) * 1000
    done = await house.store().read(lambda uow: uow.runs.get(run.id))
    if done is None or done.state is not RunState.SUCCEEDED:
        raise RuntimeError(f"the sync did not succeed: {done}")
    return took


async def _fetch(house: Container, recording: Recording, address: str) -> list[bytes]:
    """The same pages, one after the other, through the same wire; nothing is done with them."""
    wire: HttpWire = house.http()
    hosts = {"api": f"{address}/{BROKERAGE}"}
    bodies = []
    for target in recording.answers:
        response = await wire.send(Request("GET", target.removeprefix(f"/{BROKERAGE}")), hosts)
        bodies.append(response.body)
    return bodies


async def _bound(house: Container, recording: Recording, address: str, store: SqlStorage) -> None:
    """Fetch, and put ready rows into the table in one statement: nothing can be faster in this store."""
    await _fetch(house, recording, address)
    await store.write(lambda uow: _put_ready_rows(uow.sql, recording.rows))


def _put_ready_rows(sql: object, rows: int) -> None:
    names = [column.name for column in transactions.columns]
    marks = ", ".join("?" * len(names))
    columns = ", ".join(names)
    statement = f"INSERT OR REPLACE INTO transactions ({columns}) VALUES ({marks})"  # noqa: S608 - our names
    values = dict.fromkeys(names, "bound")
    like = {
        "version": 1,
        "trade_date": 20260101,
        "created_at": 0,
        "updated_at": 0,
        "hash": b"",
        "raw": b"x" * 300,
    }
    ready = [tuple({**values, **like, "key": f"{n:024x}"}.values()) for n in range(rows)]
    cursor = sql.connection.cursor()  # type: ignore[attr-defined]
    cursor.executemany(statement, ready)


async def _median(deed: Callable[[], Awaitable[object]]) -> float:
    times = []
    for _ in range(TRIES):
        start = time.perf_counter()
        await deed()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)
