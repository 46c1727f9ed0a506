"""Virtual time: an event loop that never waits, and a database whose clock is the loop's.

When nothing is left to do the loop's clock jumps to the next timer. Work for threads is done at once, in
the loop, so that no time passes while it is under way.
"""

import asyncio
import selectors
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import event

from adapters.sql.engine import SqlStorage, open_engine
from adapters.sql.store import open_store
from adapters.sql.unit_of_work import SqlUnitOfWork

T = TypeVar("T")

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
JULIAN_EPOCH = 2440587.5
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Jumping(selectors.DefaultSelector):
    """A selector that lets time pass instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found and timeout:
            self.passed += timeout
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.passed

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  whoever awaits it gets it
            future.set_exception(error)
        return future


class VirtualClock:
    """The port `Clock`, by the loop that runs."""

    def now(self) -> datetime:
        try:
            passed = asyncio.get_running_loop().time()
        except RuntimeError:
            passed = 0.0
        return START + timedelta(seconds=passed)


class VirtualStorage(SqlStorage):
    """A store that works in the loop, so that no time passes meanwhile."""

    async def write(self, deed: Callable[[SqlUnitOfWork], T], *, marked: bool = True) -> T:
        return self.write_now(deed, marked=marked)


def virtual_store(url: str, clock: VirtualClock) -> VirtualStorage:
    """An SQLite store whose own clock is the virtual one; what it acknowledges is not forced to the disk."""

    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.create_function("julianday", 1, lambda _: (clock.now() - EPOCH) / DAY + JULIAN_EPOCH)
        connection.execute("PRAGMA synchronous=OFF")

    open_store(url).close()
    engine = open_engine(url)
    event.listen(engine, "connect", prepare)
    return VirtualStorage(engine)
