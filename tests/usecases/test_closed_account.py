"""An account that its brokerage lists as closed is kept, and nothing of it is asked for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date

import house
import pytest_asyncio
from handmade import buy
from paged import PagedDoor, Teller, teller

from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.ports.brokerage import Grant, Listing, Page, Recall
from domain.positions import Balance, Position
from domain.syncs import RunState

OPEN = AccountTold("A-1", "Individual", "123456789", AccountKind.CASH)
CLOSED = replace(OPEN, key="A-2", number="987654321", open=False)


@dataclass
class RefusingDoor(PagedDoor):
    """Whatever is asked about the closed account is refused, as Tradier does it."""

    told: list[AccountTold] = field(default_factory=lambda: [OPEN, CLOSED])

    async def balances(self, grant: Grant, account: AccountTold) -> Listing[Balance]:
        _refuse(account)
        return await super().balances(grant, account)

    async def positions(self, grant: Grant, account: AccountTold) -> Listing[Position]:
        _refuse(account)
        return await super().positions(grant, account)

    async def history(
        self,
        grant: Grant,
        account: AccountTold,
        feed: str,
        since: date | None,
        cursor: str | None,
        recall: Recall | None = None,
    ) -> Page:
        _refuse(account)
        return await super().history(grant, account, feed, since, cursor, recall)


def _refuse(account: AccountTold) -> None:
    if account.key == CLOSED.key:
        raise UnreadableReply("Account not found")


@pytest_asyncio.fixture
async def told(database: str) -> AsyncIterator[Teller]:
    made = house.build(database)
    yield await teller(made, RefusingDoor())
    made.store.close()


async def test_a_closed_account_is_kept_and_nothing_of_it_is_asked_for(told: Teller) -> None:
    run = await told.tell([buy(1, date(2026, 5, 4))])

    known = told.made.store.read_now(lambda uow: uow.accounts.of_user("user-1", None, "", 10))
    assert (run.state, run.failure) == (RunState.SUCCEEDED, None)
    assert sorted(account.open for account in known) == [False, True]
