"""The limits that syncs are held against: the same pages fetched by a bare client, and ready rows put into
the table in one statement. Nothing that keeps what a brokerage tells can be faster in the same store."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
from httpx_aiohttp import AiohttpTransport
from sqlalchemy import make_url

from adapters.sql.tables import transactions

NAMES = ", ".join(column.name for column in transactions.columns)
_SET = ", ".join(
    f"{column.name} = excluded.{column.name}" for column in transactions.columns if not column.primary_key
)
_UPSERT = f"ON CONFLICT (account_id, key) DO UPDATE SET {_SET} WHERE transactions.hash <> excluded.hash"


class Fetch:
    """The pages of one sync, one after the other, through the client and transport that we use, with nothing
    of ours around it; nothing is done with them."""

    def __init__(self, address: str, targets: list[str]) -> None:
        self._urls = [address + target for target in targets]
        self._client = httpx.AsyncClient(transport=AiohttpTransport(), trust_env=False)

    async def __call__(self) -> None:
        for url in self._urls:
            await self._client.get(url)

    async def close(self) -> None:
        await self._client.aclose()


class Bound:
    """Ready rows, as one synced account has them, put into the table under other accounts' names."""

    def __init__(self, url: str, account: str, at_once: int) -> None:
        parsed = make_url(url)
        self._account = account
        self._postgresql = parsed.get_backend_name() == "postgresql"
        self._url = url.replace("postgresql+psycopg", "postgresql") if self._postgresql else parsed.database
        # SQLite has one writer at a time, whatever we do.
        self._free: asyncio.Queue[Any] = asyncio.Queue()
        for _ in range(at_once if self._postgresql else 1):
            self._free.put_nowait(self._opened())
        self._threads = ThreadPoolExecutor(at_once)
        self._ready = self._rows()

    def _opened(self) -> Any:  # noqa: ANN401 - a connection of either driver
        if not self._postgresql:
            sqlite = sqlite3.connect(str(self._url), check_same_thread=False, isolation_level=None)
            sqlite.execute("PRAGMA synchronous=FULL")
            return sqlite
        connection = psycopg.connect(str(self._url))
        connection.execute("CREATE TEMP TABLE staging (LIKE transactions) ON COMMIT DELETE ROWS")
        connection.commit()
        return connection

    def _rows(self) -> Any:  # noqa: ANN401 - bytes of COPY, or tuples
        connection = self._free.get_nowait()
        self._free.put_nowait(connection)
        if not self._postgresql:
            found = connection.execute(
                f"SELECT {NAMES} FROM transactions WHERE account_id = ?",  # noqa: S608 - our own names
                (self._account,),
            )
            return found.fetchall()
        chosen = f"SELECT {NAMES} FROM transactions WHERE account_id = '{self._account}'"  # noqa: S608
        with connection.cursor() as cursor, cursor.copy(f"COPY ({chosen}) TO STDOUT") as copy:
            told = b"".join(bytes(part) for part in copy)
        connection.rollback()
        return told

    def renamed(self, name: str) -> Any:  # noqa: ANN401 - the same as `_rows`
        """The ready rows of another account."""
        if self._postgresql:
            return self._ready.replace(self._account.encode(), name.encode())
        at = NAMES.split(", ").index("account_id")
        return [(*row[:at], name, *row[at + 1 :]) for row in self._ready]

    async def put(self, ready: Any) -> None:  # noqa: ANN401 - the same
        connection = await self._free.get()
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._threads, self._put, connection, ready)
        finally:
            self._free.put_nowait(connection)

    def _put(self, connection: Any, ready: Any) -> None:  # noqa: ANN401 - the same
        if self._postgresql:
            with connection.cursor() as cursor:
                with cursor.copy(f"COPY staging ({NAMES}) FROM STDIN") as copy:
                    copy.write(ready)
                cursor.execute(
                    f"INSERT INTO transactions ({NAMES}) SELECT {NAMES} FROM staging {_UPSERT}"  # noqa: S608
                )
            connection.commit()
            return
        marks = ", ".join("?" * len(transactions.columns))
        connection.execute("BEGIN IMMEDIATE")
        statement = f"INSERT INTO transactions ({NAMES}) VALUES ({marks}) {_UPSERT}"  # noqa: S608 - our names
        connection.executemany(statement, ready)
        connection.execute("COMMIT")

    def close(self) -> None:
        self._threads.shutdown()
        while not self._free.empty():
            self._free.get_nowait().close()
