"""The hot reads: the driver's own statements and rows, without object mapping.

On SQLite a small read runs where it is asked for, on a connection of its own: it takes less time than
handing it to a thread, and in WAL mode no writer makes it wait. Everything else runs in threads.
"""

import asyncio
import heapq
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Engine, PoolProxiedConnection

from adapters.sql.reading_statements import Statements
from adapters.sql.retrying import Retrying
from domain.ports.reading import (
    AccountRow,
    BalanceRow,
    FreshnessRow,
    Holdings,
    InstrumentRow,
    Known,
    Place,
    PositionRow,
    TransactionPage,
    TransactionQuery,
    TransactionRow,
    Versioned,
)

T = TypeVar("T")
Row = tuple[Any, ...]
Execute = Callable[[str, Sequence[object]], list[Row]]
Deed = Callable[[Execute], T]

# Up to so many rows a page is read in place on SQLite: about half a millisecond.
SMALL = 251
# The first bite of each account when several are merged.
BITE = 16


class SqlReading:
    """The port `Reading`."""

    def __init__(self, engine: Engine, *, threads: int = 4) -> None:
        self._engine = engine
        self._retrying = Retrying()
        self._statements = Statements(engine.dialect.name == "postgresql")
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="store-read-hot")
        self._mine = threading.local()
        self._opened: set[Any] = set()
        self._here = None if self._statements.postgresql else _of_its_own(engine)

    async def version(self, account_id: str) -> Versioned | None:
        def deed(execute: Execute) -> Versioned | None:
            found = execute(self._statements.version, (account_id,))
            return Versioned._make(found[0]) if found else None

        return await self._run(deed, small=True, several=False)

    async def holdings(self, account_id: str) -> Holdings | None:
        def deed(execute: Execute) -> Holdings | None:
            return self._holdings(execute, account_id)

        return await self._run(deed, small=True, several=False)

    async def holdings_of_user(self, user_id: str) -> list[Holdings]:
        def deed(execute: Execute) -> list[Holdings]:
            accounts = execute(self._statements.open_accounts, (user_id,))
            held = [self._holdings(execute, account) for (account,) in accounts]
            return [one for one in held if one is not None]

        return await self._run(deed, small=False, several=True)

    async def transactions(self, query: TransactionQuery, known: Known | None) -> TransactionPage:
        def deed(execute: Execute) -> TransactionPage:
            return self._page(execute, query, known)

        # A filter may have to look at every row of an account to find few.
        small = query.account_id is not None and query.limit <= SMALL and not (query.types or query.symbol)
        return await self._run(deed, small=small, several=True)

    async def transaction(self, account_id: str, key: str) -> tuple[str, TransactionRow] | None:
        def deed(execute: Execute) -> tuple[str, TransactionRow] | None:
            found = execute(self._statements.transaction, (account_id, key, account_id, key, key))
            return (found[0][0], TransactionRow._make(found[0][1:])) if found else None

        return await self._run(deed, small=True, several=False)

    async def instruments(self, instrument_ids: Sequence[str]) -> list[InstrumentRow]:
        def deed(execute: Execute) -> list[InstrumentRow]:
            listed = self._statements.listed(instrument_ids)
            named: dict[str, list[tuple[str, str]]] = {}
            for owner, scheme, value in execute(self._statements.identifiers, (listed,)):
                named.setdefault(owner, []).append((scheme, value))
            found = execute(self._statements.instruments, (listed,))
            return [InstrumentRow._make((*row, tuple(named.get(row[0], ())))) for row in found]

        return await self._run(deed, small=len(instrument_ids) <= SMALL, several=True)

    def close(self) -> None:
        self._threads.shutdown(wait=True)
        while self._opened:
            self._opened.pop().close()
        if self._here is not None:
            self._here[0].close()
            self._here = None

    # ---- what is read

    def _holdings(self, execute: Execute, account_id: str) -> Holdings | None:
        account: AccountRow | None = None
        balances: list[BalanceRow] = []
        positions: list[tuple[str, int, PositionRow]] = []
        freshness: list[FreshnessRow] = []
        for part, *row in execute(self._statements.holdings, (account_id,) * 4):
            match part:
                case 0:
                    account = AccountRow._make((*row[:2], int(row[2]), *row[3:7]))
                case 1:
                    balances.append(BalanceRow._make(row[:5]))
                case 2:
                    position = PositionRow._make((*row[:9], _number(row[9])))
                    positions.append((row[0], int(row[10]), position))
                case _:
                    freshness.append(FreshnessRow._make((*row[:2], *map(_number, row[2:5]), row[5])))
        if account is None:
            return None
        # A compound statement has no order of its own; this one lasts while the version does.
        balances.sort()
        positions.sort()
        freshness.sort()
        return Holdings(account, balances, [position for _, _, position in positions], freshness)

    def _page(self, execute: Execute, query: TransactionQuery, known: Known | None) -> TransactionPage:
        if query.account_id is None:
            accounts = [row[0] for row in execute(self._statements.accounts, (query.user_id,))]
            # Few bites of each account, as many as the merge turns out to need.
            walks = [self._walk(execute, query, account, BITE) for account in accounts]
            places = list(islice(heapq.merge(*walks, reverse=True), query.limit))
            return TransactionPage(None, places, self._rows(execute, places, known))
        found = execute(self._statements.owner, (query.account_id,))
        if not found:
            return TransactionPage(None, [], [])
        owner: str = found[0][0]
        if known is not None:
            places = list(self._walk(execute, query, query.account_id, query.limit))
            if 2 * sum(map(known, places)) >= len(places):
                return TransactionPage(owner, places, self._rows(execute, places, known))
        # Walking along whole rows is cheaper than looking up most of them one by one.
        whole = execute(*self._step(query, query.account_id, query.after, query.limit, whole=True))
        rows = list(map(TransactionRow._make, whole))
        return TransactionPage(owner, [row.place for row in rows], rows)

    def _rows(self, execute: Execute, places: list[Place], known: Known | None) -> list[TransactionRow]:
        """The rows of the places that are not known."""
        missing: dict[str, list[str]] = {}
        for place in places:
            if known is None or not known(place):
                missing.setdefault(place.account_id, []).append(place.key)
        return [
            TransactionRow._make(row)
            for account, keys in missing.items()
            for row in execute(self._statements.rows, (account, self._statements.listed(keys)))
        ]

    def _walk(self, execute: Execute, query: TransactionQuery, account: str, bite: int) -> Iterator[Place]:
        """The places of one account behind the query's, newest first, read bite by bite."""
        after, left = query.after, query.limit
        while left > 0:
            bite = min(bite, left)
            found = execute(*self._step(query, account, after, bite))
            yield from map(Place._make, found)
            if len(found) < bite:
                return
            left -= bite
            after = Place._make(found[-1])
            bite *= 2

    def _step(
        self, query: TransactionQuery, account: str, after: Place | None, limit: int, *, whole: bool = False
    ) -> tuple[str, list[object]]:
        """The statement of one bite, and what is bound in it."""
        comparison = ""
        bound: list[object] = [account]
        bound += [day for day in (query.start, query.end) if day is not None]
        if after is not None:
            # Two accounts may hold the same key on the same day: then the account's id decides.
            comparison = "<=" if account < after.account_id else "<"
            bound += [after.trade_date, after.key]
        if query.types:
            bound.append(self._statements.listed(query.types))
        if query.symbol:
            bound += [query.symbol.upper()] * 2
        statement = self._statements.walk(
            comparison,
            start=query.start is not None,
            end=query.end is not None,
            types=bool(query.types),
            symbol=bool(query.symbol),
            whole=whole,
        )
        return statement, [*bound, limit]

    # ---- where it is read

    async def _run(self, deed: Deed[T], *, small: bool, several: bool) -> T:
        """`several`: the deed has more than one statement, and all must see the same state."""
        begin = self._statements.begin if several else ""
        if small and self._here is not None:
            try:
                return _read(self._here[1], deed, begin)
            except sqlite3.OperationalError:
                # Somebody holds the whole file for a moment (a checkpoint, a migration): waiting for
                # that is for a thread, and if it is something else the thread will say so.
                pass
        loop = asyncio.get_running_loop()
        attempt = partial(self._read_in_thread, deed, begin)
        return await loop.run_in_executor(self._threads, self._retrying, attempt)

    def _read_in_thread(self, deed: Deed[T], begin: str) -> T:
        if not self._statements.postgresql:
            pooled = self._engine.raw_connection()
            try:
                return _read(pooled.driver_connection, deed, begin)
            finally:
                pooled.close()
        driver = self._of_this_thread()
        try:
            return _read(driver, deed, begin)
        finally:
            if driver.closed:  # it broke: the next read, or this one again, opens another
                self._opened.discard(driver)
                del self._mine.driver

    def _of_this_thread(self) -> Any:
        """PostgreSQL's connection of a reading thread. The pool would ask whether it still lives, and
        clean it up, before and after each read: two ways to the database more than the read has."""
        driver: Any = getattr(self._mine, "driver", None)
        if driver is None:
            pooled = self._engine.raw_connection()
            driver = pooled.driver_connection
            pooled.detach()
            driver.autocommit = True
            self._mine.driver = driver
            self._opened.add(driver)
        return driver


def _of_its_own(engine: Engine) -> tuple[PoolProxiedConnection, Any]:
    """A connection that is ours from now on: the pool may open another one in its place."""
    pooled = engine.raw_connection()
    driver: Any = pooled.driver_connection
    pooled.detach()
    driver.execute("PRAGMA busy_timeout=0")
    return pooled, driver


def _read(driver: Any, deed: Deed[T], begin: str) -> T:
    def execute(statement: str, bound: Sequence[object]) -> list[Row]:
        found: list[Row] = driver.execute(statement, bound).fetchall()
        return found

    if not begin:
        return deed(execute)
    driver.execute(begin)
    try:
        return deed(execute)
    finally:
        driver.execute("ROLLBACK")


def _number(value: int | str | None) -> int | None:
    return None if value is None else int(value)
