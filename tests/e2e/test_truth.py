"""What the service answers over gRPC equals the sandbox's truth, figure by figure."""

import os
from pathlib import Path

import conformance
import pytest
from truths import expected, in_order
from wired import wired

from brokerlink.v1 import connections_pb2, syncs_pb2

BROKERAGES = ("alpaca", "schwab", "etrade", "robinhood")
SEEDS = 50
AT_ONCE = 10
SEEDS_ON_POSTGRESQL = int(os.environ.get("BROKERLINK_TEST_SEEDS", "3"))


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
@pytest.mark.parametrize("brokerage", BROKERAGES)
async def test_what_is_answered_equals_the_truth(brokerage: str, first: int, tmp_path: Path) -> None:
    await equal(brokerage, range(first, first + AT_ONCE), tmp_path, None)


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
@pytest.mark.parametrize("brokerage", BROKERAGES)
async def test_so_it_does_on_postgresql(brokerage: str, database: str, tmp_path: Path) -> None:
    """Few seeds: BROKERLINK_TEST_SEEDS asks for more."""
    await equal(brokerage, range(SEEDS_ON_POSTGRESQL), tmp_path, database)


async def equal(brokerage: str, seeds: range, folder: Path, database: str | None) -> None:
    async with wired(folder, [brokerage], database=database) as service:
        for seed in seeds:
            sandbox = service.play(brokerage, seed).sandbox
            user = f"user-{seed}"

            session = await service.connect(brokerage, user)
            assert session.state == connections_pb2.CONNECT_SESSION_STATE_SUCCEEDED, session.failure
            progress = await service.follow(connection_id=session.connection.id)

            assert progress[-1].state == syncs_pb2.SYNC_RUN_STATE_SUCCEEDED
            told = in_order(await service.told(user))
            assert conformance.differences(told, expected(sandbox)) == [], seed
