"""Several deeds in one COMMIT: where only one writer may write at a time, those that wait for it share the
wait for the disk.

Each deed has a savepoint of its own: one that fails takes back what it did, and nothing else. Nobody hears
of an end, good or bad, before the COMMIT: until then it may have been about what was not kept.
"""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection, Engine

from adapters.sql.retrying import PASSING
from adapters.sql.unit_of_work import SqlUnitOfWork

Deed = Callable[[SqlUnitOfWork], Any]
# What has run so long is kept before more is begun: the first one waits for the last.
LONGEST_SECONDS = 0.02
# A deed, who waits for it, and how it ended.
Waiting = tuple[Deed, "Future[Any]"]
Ended = tuple["Future[Any]", Any, BaseException | None]


class _BrokenOff(Exception):
    """The database failed under a deed: nothing of the group is kept."""


class GroupedWriter:
    """One thread that writes. `alone` does one deed in a transaction of its own, with all repetitions."""

    def __init__(self, engine: Engine, alone: Callable[[Deed], Any]) -> None:
        self._engine, self._alone = engine, alone
        self._waiting: deque[Waiting] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-write")

    def submit(self, deed: Deed) -> "Future[Any]":
        """A deed that was not begun yet can be cancelled."""
        future: Future[Any] = Future()
        self._waiting.append((deed, future))
        self._thread.submit(self._write)
        return future

    def close(self) -> None:
        """What was submitted is done first."""
        self._thread.shutdown(wait=True)

    def _write(self) -> None:
        begun: list[Waiting] = []
        try:
            ended = self._group(begun)
        except (*PASSING, _BrokenOff):
            # Of a group nothing was kept. Each by itself may pass, or fail as it would have.
            for deed, future in begun:
                _tell(future, *_done(lambda deed=deed: self._alone(deed)))  # type: ignore[misc]
        except BaseException as broken:  # noqa: BLE001 - it is told to those who wait
            for _, future in begun:
                _tell(future, None, broken)
        else:
            for future, result, error in ended:
                _tell(future, result, error)

    def _group(self, begun: list[Waiting]) -> list[Ended]:
        """All that waits, in one transaction. `begun` are those that were taken up."""
        ended: list[Ended] = []
        first = self._next(begun)
        if first is None:
            return ended
        with self._engine.connect() as plain:
            connection = plain.execution_options(brokerlink_writes=True)
            with connection.begin():
                ends = time.monotonic() + LONGEST_SECONDS
                one: Waiting | None = first
                while one is not None:
                    ended.append((one[1], *_within(connection, one[0])))
                    one = self._next(begun) if time.monotonic() < ends else None
        return ended

    def _next(self, begun: list[Waiting]) -> Waiting | None:
        while self._waiting:
            one = self._waiting.popleft()
            if one[1].set_running_or_notify_cancel():
                begun.append(one)
                return one
        return None


def _within(connection: Connection, deed: Deed) -> tuple[Any, BaseException | None]:
    connection.exec_driver_sql("SAVEPOINT deed")
    result, error = _done(lambda: deed(SqlUnitOfWork(connection)))
    if isinstance(error, PASSING):
        raise _BrokenOff from error
    if error is not None:
        connection.exec_driver_sql("ROLLBACK TO deed")
    connection.exec_driver_sql("RELEASE deed")
    return result, error


def _done(deed: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return deed(), None
    except BaseException as error:  # noqa: BLE001 - it is told to whoever waits
        return None, error


def _tell(future: "Future[Any]", result: Any, error: BaseException | None) -> None:
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
