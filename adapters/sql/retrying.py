"""Which failures of the database pass by themselves, and how long somebody goes on trying.

A conflict with another writer passes at once. A lost connection passes when the database is back: for some
seconds we wait for that, so that a restart is not seen from outside; in a longer outage everybody is
refused at once instead, and told to come again.
"""

import logging
import random
import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

from psycopg import Error as DriverError
from psycopg import InterfaceError as DriverMisused
from psycopg import OperationalError as DriverFailed
from sqlalchemy.exc import IntegrityError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from adapters.sql.scrubbing import scrubbed
from domain.errors import StorageUnavailable

T = TypeVar("T")
log = logging.getLogger("brokerlink.store")
CONFLICT_TRIES = 6
# Longer than a restart takes, shorter than a lease: a run whose database was away goes on where it was.
AWAY_SECONDS = 8.0
LONGEST_PAUSE = 0.5
# Serialization failure, deadlock, and a row that another writer was faster to insert.
CONFLICT_CODES = frozenset({"40001", "40P01", "23505"})
# Shut down, crashed, starting up, too long idle, too many connections. Class 08 is the connection itself.
LOST_CODES = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03", "53300"})
# The database is away, full, locked for too long, or all connections are taken.
OUTAGES = (
    OperationalError,
    InterfaceError,
    InternalError,
    PoolTimeout,
    sqlite3.Error,
    DriverError,
)
PASSING = (*OUTAGES, IntegrityError)


class Retrying:
    """Does a thing again while what makes it fail passes. One for everything that shares a database."""

    def __init__(self) -> None:
        self._away_since: float | None = None

    def __call__(self, attempt: Callable[[], T]) -> T:
        """Raises StorageUnavailable when it does not pass."""
        tries = 0
        while True:
            try:
                done = attempt()
            except PASSING as error:
                tries += 1
                if not self._again(error, tries):
                    raise unavailable(error) from None
                pause(tries)
            else:
                self._away_since = None
                return done

    def _again(self, error: Exception, tries: int) -> bool:
        if conflict(error):
            return tries < CONFLICT_TRIES
        if not lost(error):
            return False
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
        return now - self._away_since < AWAY_SECONDS


def pause(tries: int) -> None:
    """A little chance, so that two that collided do not collide again."""
    time.sleep(min(0.01 * 2**tries, LONGEST_PAUSE) * (0.5 + random.random() / 2))  # noqa: S311 - no secret


def unavailable(error: Exception) -> StorageUnavailable:
    """The failure that callers see. The driver's own words are for the log: they hold no values."""
    log.error("the database failed", exc_info=scrubbed(error))
    return StorageUnavailable()


def conflict(error: Exception) -> bool:
    """Whether another writer was in the way: nothing was changed, and the next try may succeed."""
    cause = getattr(error, "orig", error)
    return _state(cause) in CONFLICT_CODES or "database is locked" in str(cause)


def lost(error: Exception) -> bool:
    """Whether the connection to the server broke or could not be made. Only of a COMMIT does that leave
    open whether it was done."""
    cause = getattr(error, "orig", error)
    state = _state(cause)
    if state is None:  # nothing that the server said
        return isinstance(cause, DriverFailed | DriverMisused)
    return state in LOST_CODES or state.startswith("08")


def _state(cause: object) -> str | None:
    state: str | None = getattr(cause, "sqlstate", None)
    return state
