"""What the service answers over gRPC equals the sandbox's truth, figure by figure."""

import os
from pathlib import Path

import conformance
import pytest
from doors import DOORS, found
from truths import expected, in_order
from wired import wired

from brokerlink.v1 import connections_pb2, syncs_pb2

# Few by default, since there are so many doors: BROKERLINK_TEST_SEEDS asks for more.
SEEDS = os.environ.get("BROKERLINK_TEST_SEEDS")
EACH_DOOR = pytest.mark.parametrize("door", DOORS)


@EACH_DOOR
async def test_what_is_answered_equals_the_truth(door: str, tmp_path: Path) -> None:
    await equal(door, range(int(SEEDS or 6)), tmp_path, None)


# What a database makes of figures does not depend on who told them: four very different doors show it.
@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
@pytest.mark.parametrize("door", ["alpaca", "etrade", "ibkr", "robinhood"])
async def test_so_it_does_on_postgresql(door: str, database: str, tmp_path: Path) -> None:
    await equal(door, range(int(SEEDS or 2)), tmp_path, database)


async def equal(door: str, seeds: range, folder: Path, database: str | None) -> None:
    brokerage = found(door)[0].id
    async with wired(folder, [brokerage], database=database) as service:
        for seed in seeds:
            sandbox = service.play(brokerage, seed).sandbox
            user = f"user-{seed}"

            session = await service.connect(door, user)
            assert session.state == connections_pb2.CONNECT_SESSION_STATE_SUCCEEDED, session.failure
            progress = await service.follow(connection_id=session.connection.id)

            assert progress[-1].state == syncs_pb2.SYNC_RUN_STATE_SUCCEEDED
            told = in_order(await service.told(user))
            assert conformance.differences(told, expected(sandbox, door)) == [], seed
