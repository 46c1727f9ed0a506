"""Tells watchers in all processes that a run moved, by PostgreSQL's LISTEN and NOTIFY."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from psycopg import AsyncConnection

from adapters.dispatch.hub import InProcessHub

log = logging.getLogger("brokerlink.progress")
CHANNEL = "brokerlink_progress"
# PostgreSQL takes 8,000 bytes in one message.
MOST_BYTES = 7_000
AGAIN_AFTER = 1.0
STILL_THERE = 30.0
Talk = Callable[[AsyncConnection], Awaitable[None]]


class NotifyHub:
    """The port `ProgressHub` across processes. `listens` False: nobody watches here, we only tell.

    Told after the commit and not in it: PostgreSQL lets transactions that notify commit one after the
    other. What piles up while one message is sent goes with the next; a lost one costs a watcher its
    next look at the log.
    """

    def __init__(self, conninfo: str, *, listens: bool = True) -> None:
        self._conninfo = conninfo
        self._listens = listens
        self._here = InProcessHub()
        self._untold: dict[str, int] = {}
        self._moved = asyncio.Event()
        self._told = asyncio.Event()
        self._told.set()
        self._loops: list[asyncio.Task[None]] = []

    def publish(self, run_id: str, sequence: int) -> None:
        self._here.publish(run_id, sequence)
        self._untold[run_id] = sequence
        self._told.clear()
        self._moved.set()

    async def wait(self, run_id: str, sequence: int, seconds: float) -> None:
        await self._here.wait(run_id, sequence, seconds)

    def start(self) -> None:
        self._loops = [asyncio.create_task(self._keep(self._tell), name="tell")]
        if self._listens:
            self._loops.append(asyncio.create_task(self._keep(self._hear), name="hear"))

    async def stop(self) -> None:
        """What was published until now is still told, if that goes at once."""
        if self._loops:
            await asyncio.wait([asyncio.create_task(self._told.wait())], timeout=AGAIN_AFTER)
        for loop in self._loops:
            loop.cancel()
        if self._loops:
            await asyncio.wait(self._loops)

    async def _keep(self, talk: Talk) -> None:
        while True:
            try:
                connection = await AsyncConnection.connect(self._conninfo, autocommit=True)
                async with connection:
                    await talk(connection)
            except Exception as error:  # noqa: BLE001 - the database may be away for a while
                log.warning("progress is not told now", extra={"exception_type": type(error).__name__})
            await asyncio.sleep(AGAIN_AFTER)

    async def _tell(self, connection: AsyncConnection) -> None:
        while True:
            await self._moved.wait()
            self._moved.clear()
            while self._untold:
                await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, self._next_words()))
            self._told.set()

    def _next_words(self) -> str:
        words, size = [], 0
        while self._untold and size < MOST_BYTES:
            run_id, sequence = self._untold.popitem()
            words.append(f"{run_id}:{sequence}")
            size += len(words[-1]) + 1
        return " ".join(words)

    async def _hear(self, connection: AsyncConnection) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        while True:
            async for told in connection.notifies(timeout=STILL_THERE):
                for word in told.payload.split():
                    run_id, _, sequence = word.rpartition(":")
                    self._here.publish(run_id, int(sequence))
            # A connection that was cut without a word is noticed only by asking.
            await connection.execute("SELECT 1")
