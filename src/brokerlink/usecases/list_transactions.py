"""Read transactions: pages of them, newest first, or one by its id. Never calls a brokerage."""

from dataclasses import dataclass

from domain.errors import NotFound
from domain.ids import split_transaction_id
from domain.ports.reading import Known, Reading, TransactionPage, TransactionQuery, TransactionRow


@dataclass(frozen=True, slots=True)
class ListTransactions:
    reading: Reading

    async def __call__(
        self, query: TransactionQuery, known: Known | None, user_id: str | None = None
    ) -> TransactionPage:
        """Rows that are `known` in their present version are told by their place only. Raises NotFound
        for an account that does not exist, or is another user's."""
        page = await self.reading.transactions(query, known)
        if query.account_id is not None and (
            page.owner is None or (user_id is not None and page.owner != user_id)
        ):
            raise NotFound("account")
        return page


@dataclass(frozen=True, slots=True)
class GetTransaction:
    reading: Reading

    async def __call__(self, transaction_id: str, user_id: str | None = None) -> TransactionRow:
        """Also a removed one, and one by an id that it had before it posted. Raises NotFound."""
        parts = split_transaction_id(transaction_id)
        found = None if parts is None else await self.reading.transaction(*parts)
        if found is None or (user_id is not None and found[0] != user_id):
            raise NotFound("transaction")
        return found[1]
