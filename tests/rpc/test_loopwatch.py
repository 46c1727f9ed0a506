"""A loop that is kept busy is noticed by the process itself."""

import asyncio
import time

import pytest

from brokerlink import loopwatch


async def test_a_loop_that_is_kept_busy_is_told_with_how_late_it_was(
    caplog: pytest.LogCaptureFixture,
) -> None:
    task = asyncio.create_task(loopwatch.watch(every=0.01, late=0.15))
    await asyncio.sleep(0)

    time.sleep(0.3)  # noqa: ASYNC251 - this is what must not happen
    await asyncio.sleep(0.03)
    task.cancel()

    told = [record for record in caplog.records if record.name == "brokerlink.loop"]
    assert told[0].message == "event loop was kept busy"
    assert told[0].__dict__["milliseconds"] >= 150


async def test_what_is_on_time_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    task = asyncio.create_task(loopwatch.watch(every=0.001, late=60))
    await asyncio.sleep(0.05)
    task.cancel()

    assert [record for record in caplog.records if record.name == "brokerlink.loop"] == []
