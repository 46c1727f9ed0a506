"""However a user connects again, and through whichever server: accounts and rows are the same ones."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from clustered import BROKERAGES, Cluster
from wired import Caller

from adapters.sandbox.truth import Truth
from brokerlink.v1 import (
    connections_pb2,
    connections_pb2_grpc,
    syncs_pb2,
    transactions_pb2,
)

ROWS = 30
# New rows come in with the calls of a sync: so many syncs at most until they have all come.
TRIES = 25
GONE = transactions_pb2.TRANSACTION_STATUS_REMOVED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@dataclass(frozen=True)
class Known:
    """The connection, and what it leads to: every id, without which nothing is the same."""

    connection_id: str
    accounts: frozenset[str]
    rows: tuple[str, ...]


@dataclass
class Customer:
    """One user of one brokerage, whose calls go to either server as a test says."""

    cluster: Cluster
    brokerage: str
    user: str
    callers: tuple[Caller, Caller]

    async def connected(self, server: int, **more: str) -> tuple[Known, list[syncs_pb2.DatasetResult]]:
        """Connect at one server and sync to the end at the other: what is known then, and what had moved."""
        here, there = self.callers[server], self.callers[1 - server]
        session = await here.connect(self.brokerage, self.user, **more)
        assert session.state == connections_pb2.CONNECT_SESSION_STATE_SUCCEEDED, session.failure
        results = await self.synced(there, session.connection.id)
        return await self.known(here, session.connection.id), results

    async def synced(self, caller: Caller, connection_id: str) -> list[syncs_pb2.DatasetResult]:
        last = (await caller.follow(connection_id=connection_id))[-1]
        assert last.state == syncs_pb2.SYNC_RUN_STATE_SUCCEEDED, last
        return list(last.run.results)

    async def known(self, caller: Caller, connection_id: str) -> Known:
        accounts = [account.id for account in await caller.accounts(self.user)]
        rows = [row.id for account in accounts for row in await caller.transactions(account)]
        return Known(connection_id, frozenset(accounts), tuple(sorted(rows)))

    async def disconnected(self, server: int, connection_id: str) -> None:
        stub = connections_pb2_grpc.ConnectionServiceStub(self.callers[server].channel)
        await stub.Disconnect(connections_pb2.DisconnectRequest(connection_id=connection_id))

    @property
    def truth(self) -> Truth:
        return self.cluster.sandboxes.faulty(self.brokerage).sandbox.play.truth_now()


def moved(results: list[syncs_pb2.DatasetResult]) -> int:
    return sum(result.added + result.modified + result.removed for result in results)


def rows_of(truth: Truth) -> int:
    return sum(len(account.transactions) for account in truth.accounts)


def twins(truth: Truth) -> int:
    """How many trades are equal to another in all but their ids."""
    trades = [
        (account.number, row.type, row.trade_date, row.instrument, row.quantity, row.price)
        for account in truth.accounts
        for row in account.transactions
        if row.trade
    ]
    return sum(count - 1 for count in Counter(trades).values())


async def each(
    cluster: Cluster, name: str, persona: str, rows: int, deed: Callable[[Customer], Awaitable[None]]
) -> None:
    """The same for a customer of every brokerage, all at once."""
    for brokerage in BROKERAGES:
        cluster.play(brokerage, 7, persona, rows)
    await cluster.forget()
    async with cluster.caller(0) as here, cluster.caller(1) as there:
        customers = [Customer(cluster, one, f"{name}-{one}", (here, there)) for one in BROKERAGES]
        await asyncio.gather(*(deed(customer) for customer in customers))


async def test_connecting_again_at_any_server_lands_on_the_same_accounts_and_rows(cluster: Cluster) -> None:
    async def deed(customer: Customer) -> None:
        first, _ = await customer.connected(0)
        assert len(first.rows) == len(set(first.rows)) == rows_of(customer.truth)
        assert twins(customer.truth) > 0, "the truth has no twins to lose"

        await cluster.quiet_minute()
        reconnected, again = await customer.connected(1, reconnect_connection_id=first.connection_id)
        assert (reconnected, moved(again)) == (first, 0)

        await cluster.quiet_minute()
        plain, again = await customer.connected(0)
        assert (plain, moved(again)) == (first, 0)

        await cluster.quiet_minute()
        await customer.disconnected(1, first.connection_id)
        anew, again = await customer.connected(1)
        assert anew.connection_id != first.connection_id
        assert (anew.accounts, anew.rows, moved(again)) == (first.accounts, first.rows, 0)

    await each(cluster, "identity", "plain", ROWS, deed)


async def test_what_grows_while_it_is_read_loses_nothing_and_doubles_nothing(cluster: Cluster) -> None:
    async def deed(customer: Customer) -> None:
        began_with = rows_of(customer.truth)
        known, _ = await customer.connected(0)
        for turn in range(TRIES):
            before = customer.truth
            await cluster.quiet_minute()
            await customer.synced(customer.callers[turn % 2], known.connection_id)
            if before == customer.truth:
                break

        caller = customer.callers[1]
        grown = await customer.known(caller, known.connection_id)
        assert rows_of(customer.truth) > began_with
        assert len(grown.rows) == len(set(grown.rows)) == rows_of(customer.truth)
        assert set(known.rows) <= set(grown.rows)
        assert known.accounts == grown.accounts
        told = [row for account in grown.accounts for row in await caller.transactions(account)]
        assert not [row for row in told if row.status == GONE]

    await each(cluster, "growing", "growing", 120, deed)
