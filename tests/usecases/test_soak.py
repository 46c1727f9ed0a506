"""Many syncs in one process: they leave nothing behind in it, and the loop answers meanwhile.

BROKERLINK_TEST_SOAK asks for more syncs than the forty of every test run.
"""

import asyncio
import gc
import os
import time
from pathlib import Path

import house
import psutil
import pytest
from house import House

from domain.syncs import RunState

SYNCS = int(os.environ.get("BROKERLINK_TEST_SOAK", "40"))
WARM = 15
# Of a run that is kept by mistake there would be hundreds.
OBJECTS_OF_A_SYNC = 20


async def repeat(made: House, connection_id: str, times: int) -> tuple[int, int]:
    """Sync so often: how many objects there are afterwards, and bytes in memory."""
    for _ in range(times):
        assert (await made.synced(connection_id)).state is RunState.SUCCEEDED
        # What the sandbox and the house note for tests is no leak of ours.
        made.calls.clear()
        made.stage.faulty["alpaca"].sandbox.play.log.clear()
    gc.collect()
    return len(gc.get_objects()), psutil.Process().memory_info().rss


@pytest.mark.timeout(120 + SYNCS)
async def test_syncs_leave_nothing_behind_in_memory(tmp_path: Path) -> None:
    made = house.build(tmp_path, rows=20)
    view = await made.connected()
    await made.run()
    assert view.connection is not None
    known = view.connection.id
    before, bytes_before = await repeat(made, known, WARM)

    after, bytes_after = await repeat(made, known, SYNCS)
    made.store.close()

    growth = (after - before) / SYNCS
    print(
        f"\n{SYNCS} syncs: {growth:+.2f} objects each, "
        f"{(bytes_after - bytes_before) / 1e6:+.1f} MB in memory, {bytes_after / 1e6:.0f} MB now"
    )
    assert growth < OBJECTS_OF_A_SYNC


async def test_the_loop_answers_while_a_long_history_is_read(tmp_path: Path) -> None:
    made = house.build(tmp_path, persona="large", rows=2_000)
    await made.connected()
    gaps: list[float] = []

    async def beat() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    beating = asyncio.create_task(beat())
    began = time.perf_counter()
    run = await made.run()
    took = time.perf_counter() - began
    beating.cancel()
    made.store.close()

    gaps.sort()
    print(
        f"\na sync of {took:.1f} s: the loop answered {len(gaps)} times, after "
        f"{gaps[int(len(gaps) * 0.99)] * 1e3:.0f} ms (p99), {gaps[-1] * 1e3:.0f} ms (worst)"
    )
    assert run is not None
    assert run.state is RunState.SUCCEEDED
    # It is never taken for a whole sync, nor for the better part of one.
    assert gaps[-1] < took / 2
    assert len(gaps) > 20
