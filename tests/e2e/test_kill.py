"""`kill -9` of the real server, at many points of one sync of 20,000 transactions.

BROKERLINK_TEST_KILLS asks for more kills than every test run has."""

import asyncio
import os
from pathlib import Path

import grpc.aio
import pytest
from marker import MARKER, leaks
from served import Server

from adapters.sandbox.create import create
from adapters.sandbox.server import serving
from brokerlink.v1 import (
    accounts_pb2,
    accounts_pb2_grpc,
    connections_pb2,
    connections_pb2_grpc,
    syncs_pb2,
    syncs_pb2_grpc,
    transactions_pb2,
    transactions_pb2_grpc,
)

KILLS = int(os.environ.get("BROKERLINK_TEST_KILLS", "8"))
PAGES = 200  # 20,000 rows, a hundred a page
USER = "user-1"


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_a_sync_that_is_killed_again_and_again_ends_whole_and_fetches_a_page_again_at_most(
    tmp_path: Path,
) -> None:
    sandbox = create("alpaca", 11, "large", marker=MARKER)
    truth = sandbox.play.truth.accounts[0]
    with serving([sandbox], latency_ms=5) as sandboxes:
        server = Server(tmp_path, sandboxes.address, {"BROKERLINK_LEASE_SECONDS": "3"}).start()
        try:
            run_id = await connect(server, sandbox.credentials())

            for kill in range(KILLS):
                await asyncio.to_thread(wait_for_pages, sandbox, (kill + 1) * PAGES // (KILLS + 1))
                server.kill()
                server.start()

            async with grpc.aio.insecure_channel(server.address) as channel:
                run = await ended(channel, run_id)
                told = await transactions(channel)
        finally:
            server.kill()

    assert run.state == syncs_pb2.SYNC_RUN_STATE_SUCCEEDED
    assert len(told) == len({row.id for row in told}) == len(truth.transactions)
    assert sorted(row.net_amount for row in told) == sorted(str_of(t.net) for t in truth.transactions)
    print(f"\n{pages(sandbox)} pages asked for, {PAGES + 1} needed, {KILLS} kills")
    # A kill can cost the page in flight, never more; the last page is a short or an empty one.
    assert pages(sandbox) <= PAGES + 1 + KILLS
    assert leaks(tmp_path) == []


def str_of(figure: object) -> str:
    from domain.money import plain  # noqa: PLC0415 - only to word a figure

    return plain(figure)  # type: ignore[arg-type]


def pages(sandbox: object) -> int:
    return sum(heard.path.endswith("/account/activities") for heard in sandbox.play.log)  # type: ignore[attr-defined]


def wait_for_pages(sandbox: object, wanted: int) -> None:
    import time  # noqa: PLC0415 - the sandbox counts in another thread

    deadline = time.monotonic() + 60
    while pages(sandbox) < wanted:
        if time.monotonic() > deadline:
            raise AssertionError(f"the sync stopped at page {pages(sandbox)}")
        time.sleep(0.002)


async def connect(server: Server, keys: dict[str, str]) -> str:
    async with grpc.aio.insecure_channel(server.address) as channel:
        connections = connections_pb2_grpc.ConnectionServiceStub(channel)
        session = await connections.Connect(
            connections_pb2.ConnectRequest(user_id=USER, brokerage_id="alpaca", credentials=keys)
        )
        runs = syncs_pb2_grpc.SyncServiceStub(channel)
        run = await runs.StartSync(syncs_pb2.StartSyncRequest(connection_id=session.connection.id))
        return run.id


async def ended(channel: grpc.aio.Channel, run_id: str) -> syncs_pb2.SyncRun:
    stub = syncs_pb2_grpc.SyncServiceStub(channel)
    async with asyncio.timeout(120):
        last = [p async for p in stub.WatchSync(syncs_pb2.WatchSyncRequest(sync_run_id=run_id))][-1]
    assert last.kind == syncs_pb2.SYNC_PROGRESS_KIND_TERMINAL
    return last.run


async def transactions(channel: grpc.aio.Channel) -> list[transactions_pb2.Transaction]:
    accounts = accounts_pb2_grpc.AccountServiceStub(channel)
    (account,) = (await accounts.ListAccounts(accounts_pb2.ListAccountsRequest(user_id=USER))).accounts
    stub = transactions_pb2_grpc.TransactionServiceStub(channel)
    found: list[transactions_pb2.Transaction] = []
    token = ""
    while True:
        page = await stub.ListTransactions(
            transactions_pb2.ListTransactionsRequest(account_id=account.id, page_size=1000, page_token=token)
        )
        found.extend(page.transactions)
        token = page.next_page_token
        if not token:
            return found
