"""Read accounts, with the connections that read them and how old their figures are."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.accounts import Account
from domain.errors import NotFound
from domain.freshness import Freshness
from domain.ports.storage import Storage, UnitOfWork


@dataclass(frozen=True, slots=True)
class AccountView:
    account: Account
    connection_ids: tuple[str, ...]
    freshness: tuple[Freshness, ...]


@dataclass(frozen=True, slots=True)
class ListAccounts:
    storage: Storage

    async def __call__(self, user_id: str, brokerage_id: str, after: str, limit: int) -> list[AccountView]:
        """By id, those after the id `after`; of one brokerage if one is named."""

        def deed(uow: UnitOfWork) -> list[AccountView]:
            return views(uow, uow.accounts.of_user(user_id, brokerage_id or None, after, limit))

        return await self.storage.read(deed)

    async def named(self, account_ids: Sequence[str]) -> list[AccountView]:
        """These accounts, for whoever has been shown to be allowed to see them."""

        def deed(uow: UnitOfWork) -> list[AccountView]:
            accounts = uow.accounts.get_many(account_ids)
            return views(uow, [accounts[one] for one in sorted(accounts)])

        return await self.storage.read(deed)


@dataclass(frozen=True, slots=True)
class GetAccount:
    storage: Storage

    async def __call__(self, account_id: str, user_id: str | None = None) -> AccountView:
        """Raises NotFound, in the same words for what is another user's."""

        def deed(uow: UnitOfWork) -> AccountView:
            account = uow.accounts.get(account_id)
            if account is None or (user_id is not None and account.user_id != user_id):
                raise NotFound("account")
            return views(uow, [account])[0]

        return await self.storage.read(deed)


def views(uow: UnitOfWork, accounts: Sequence[Account]) -> list[AccountView]:
    ids = [account.id for account in accounts]
    links = uow.accounts.links_of_accounts(ids)
    freshness = uow.freshness.of_accounts(ids)
    return [
        AccountView(one, tuple(links.get(one.id, ())), tuple(freshness.get(one.id, ()))) for one in accounts
    ]
