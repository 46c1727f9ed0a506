"""Lists in pages: cut in any size they are the same list, and a token is good for its own list only."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import grpc
import pytest
from answering import WHO, World, told
from handmade import DAY, buy

from brokerlink.v1 import accounts_pb2, brokerages_pb2, connections_pb2, syncs_pb2
from brokerlink.v1 import transactions_pb2 as tx
from domain.syncs import RunState

Call = Callable[..., Awaitable[Any]]


async def pages(call: Call, request: Any, rows: str, size: int) -> list[Any]:
    """The whole list, page by page; and each page but the last is full."""
    found: list[Any] = []
    request.page_size = size
    while True:
        answer = await call(request)
        page = list(getattr(answer, rows))
        found += page
        assert len(page) <= size
        if not answer.next_page_token:
            return found
        assert len(page) == size
        request.page_token = answer.next_page_token


async def refused(awaited: Awaitable[Any]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await awaited
    failure = told(caught.value)
    assert (failure.code, failure.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
    assert list(failure.fields) == ["page_token"]


@pytest.fixture
def account(world: World) -> str:
    """23 transactions on 8 days; on most days several."""
    account = world.rows.account()
    world.rows.transact(account, [buy(i, DAY - timedelta(days=i // 3), f"S{i % 4}") for i in range(1, 24)])
    return account


@pytest.mark.parametrize("size", [1, 2, 3, 7, 22, 23, 24, 1000])
async def test_transactions_cut_in_any_size_are_the_same_list(world: World, account: str, size: int) -> None:
    call = world.transactions.ListTransactions

    whole = (await call(tx.ListTransactionsRequest(account_id=account))).transactions
    cut = await pages(call, tx.ListTransactionsRequest(account_id=account), "transactions", size)

    assert cut == list(whole)
    days = [(t.trade_date.year, t.trade_date.month, t.trade_date.day) for t in cut]
    assert (len(cut), days) == (23, sorted(days, reverse=True))


@pytest.mark.parametrize("size", [1, 2, 5, 20, 100])
async def test_transactions_of_several_accounts_are_merged_into_one_list(
    world: World, account: str, size: int
) -> None:
    """The second account holds the same keys on the same days: only the accounts' ids tell them apart."""
    for _ in range(2):
        more = [buy(i, DAY - timedelta(days=i // 3)) for i in range(1, 40)]
        world.rows.transact(world.rows.account(), more)
    world.rows.transact(world.rows.account("user-2"), [buy(1)])
    request = tx.ListTransactionsRequest(user_id="user-1")

    cut = await pages(world.transactions.ListTransactions, request, "transactions", size)

    assert len({t.id for t in cut}) == len(cut) == 23 + 2 * 39
    days = [(t.trade_date.year, t.trade_date.month, t.trade_date.day) for t in cut]
    assert days == sorted(days, reverse=True)


async def test_filtered_pages_are_the_filtered_list(world: World, account: str) -> None:
    request = tx.ListTransactionsRequest(account_id=account, symbol="s1")

    cut = await pages(world.transactions.ListTransactions, request, "transactions", 2)

    assert [t.instrument.symbol for t in cut] == ["S1"] * 6


async def test_rows_that_come_meanwhile_move_nothing(world: World, account: str) -> None:
    request = tx.ListTransactionsRequest(account_id=account, page_size=10)
    before = [t.id for t in (await world.transactions.ListTransactions(request)).transactions]
    first = await world.transactions.ListTransactions(request)
    world.rows.transact(account, [buy(100), buy(101, DAY + timedelta(days=1))])

    request.page_token = first.next_page_token
    second = await world.transactions.ListTransactions(request)

    assert not {t.id for t in second.transactions} & set(before)
    assert len(second.transactions) == 10


@pytest.mark.parametrize("size", [1, 2, 3, 10])
async def test_the_other_lists_come_in_pages_too(world: World, size: int) -> None:
    connections = [world.rows.connection() for _ in range(5)]
    for connection in connections:
        world.rows.account(connection=connection)
    for _ in range(5):
        world.rows.step(world.rows.run(connections[0]), RunState.SUCCEEDED)
    runs = syncs_pb2.ListSyncRunsRequest(connection_id=connections[0])

    found = {
        "accounts": await pages(
            world.accounts.ListAccounts, accounts_pb2.ListAccountsRequest(user_id="user-1"), "accounts", size
        ),
        "connections": await pages(
            world.connections.ListConnections,
            connections_pb2.ListConnectionsRequest(user_id="user-1"),
            "connections",
            size,
        ),
        "sync_runs": await pages(world.syncs.ListSyncRuns, runs, "sync_runs", size),
        "brokerages": await pages(
            world.catalogue.ListBrokerages, brokerages_pb2.ListBrokeragesRequest(), "brokerages", size
        ),
    }

    assert {name: len({one.id for one in rows}) for name, rows in found.items()} == {
        "accounts": 5,
        "connections": 5,
        "sync_runs": 5,
        "brokerages": 3,
    }
    times = [run.create_time.ToNanoseconds() for run in found["sync_runs"]]
    assert times == sorted(times, reverse=True)


async def first_token(world: World, account: str) -> str:
    request = tx.ListTransactionsRequest(account_id=account, page_size=5)
    return (await world.transactions.ListTransactions(request)).next_page_token


async def test_a_token_of_another_list_is_refused(world: World, account: str) -> None:
    token = await first_token(world, account)
    other = world.rows.account()
    call = world.transactions.ListTransactions
    others = [
        tx.ListTransactionsRequest(account_id=other, page_token=token),
        tx.ListTransactionsRequest(user_id="user-1", page_token=token),
        tx.ListTransactionsRequest(account_id=account, symbol="S1", page_token=token),
        tx.ListTransactionsRequest(account_id=account, types=[tx.TRANSACTION_TYPE_BUY], page_token=token),
    ]

    for request in others:
        await refused(call(request))
    await refused(
        world.accounts.ListAccounts(accounts_pb2.ListAccountsRequest(user_id="user-1", page_token=token))
    )


async def test_a_token_of_another_caller_is_refused(world: World, account: str) -> None:
    token = await first_token(world, account)
    request = tx.ListTransactionsRequest(account_id=account, page_token=token)

    await refused(world.transactions.ListTransactions(request, metadata=((WHO, "user-1"),)))


async def test_a_forged_token_is_refused(world: World, account: str) -> None:
    token = await first_token(world, account)
    whole = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    flipped = [whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1 :] for i in range(len(whole))]
    forged = [urlsafe_b64encode(one).decode().rstrip("=") for one in flipped]

    for text in [*forged, "x", "AAAA", "é", token[:-4], token + "AAAA", "=" * 50, "A" * 2048]:
        await refused(
            world.transactions.ListTransactions(
                tx.ListTransactionsRequest(account_id=account, page_token=text)
            )
        )


async def test_an_old_token_is_refused(world: World, account: str) -> None:
    token = await first_token(world, account)
    world.clock.ahead = timedelta(days=1, minutes=1)

    await refused(
        world.transactions.ListTransactions(tx.ListTransactionsRequest(account_id=account, page_token=token))
    )


async def test_the_size_of_pages_may_change_on_the_way(world: World, account: str) -> None:
    token = await first_token(world, account)
    request = tx.ListTransactionsRequest(account_id=account, page_size=1000, page_token=token)

    rest = await world.transactions.ListTransactions(request)

    assert len(rest.transactions) == 18
