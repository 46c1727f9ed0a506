"""Notices when something keeps the event loop busy: calls, streams and leases wait behind it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

log = logging.getLogger("brokerlink.loop")
EVERY = 0.5
LATE = 0.25  # seconds: well above a garbage collection, well below a lease


async def watch(every: float = EVERY, late: float = LATE) -> None:
    """For ever: a line in the log each time the loop comes back later than that, and by how much."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every
        await asyncio.sleep(every)
        lag = loop.time() - due
        if lag > late:
            log.warning("event loop was kept busy", extra={"milliseconds": round(lag * 1000)})


@contextlib.asynccontextmanager
async def watched() -> AsyncIterator[None]:
    """Watch the loop meanwhile."""
    task = asyncio.create_task(watch())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
