"""The port of the hot reads: rows as the store keeps them, for whoever renders them.

No object of the domain is made on this way: figures are plain decimals in text, instants are
microseconds since 1970, days are numbers yyyymmdd, words are the values of the domain's enums.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol


class AccountRow(NamedTuple):
    """What a portfolio shows of its account. `version` rises with everything that a portfolio shows."""

    id: str
    user_id: str
    version: int
    currency: str
    reconciliation: str
    told_total: str | None
    computed_total: str | None


class BalanceRow(NamedTuple):
    currency: str
    cash: str | None
    buying_power: str | None
    settled_cash: str | None
    total_value: str | None


class PositionRow(NamedTuple):
    """`flags` are joined by commas."""

    instrument_id: str
    quantity: str
    currency: str
    average_cost: str | None
    cost_basis: str | None
    price: str | None
    market_value: str | None
    unrealized_gain: str | None
    flags: str
    as_of: int | None


class FreshnessRow(NamedTuple):
    dataset: str
    completeness: str
    as_of: int | None
    fetched_at: int | None
    stale_since: int | None
    stale_reason: str


class InstrumentRow(NamedTuple):
    """`identifiers` are those that are valid today, as (scheme, value)."""

    id: str
    kind: str
    symbol: str
    name: str | None
    currency: str | None
    underlying: str | None
    expiration: int | None
    option_right: str | None
    strike: str | None
    multiplier: str | None
    identifiers: tuple[tuple[str, str], ...] = ()


class Holdings(NamedTuple):
    """All that an account holds, as one consistent view. Freshness of balances and positions only."""

    account: AccountRow
    balances: list[BalanceRow]
    positions: list[PositionRow]
    freshness: list[FreshnessRow]


class Place(NamedTuple):
    """Where a transaction stands in a list, newest first, and which version of it stands there.

    Lists are ordered by (trade_date, key, account_id), all descending. Key and version name the content:
    a row never changes without a new version.
    """

    trade_date: int
    key: str
    account_id: str
    version: int


class TransactionRow(NamedTuple):
    account_id: str
    key: str
    version: int
    status: str
    type: str
    source_type: str
    trade_date: int
    executed_at: int | None
    settlement_date: int | None
    instrument_id: str | None
    quantity: str | None
    price: str | None
    currency: str
    gross: str | None
    fees: str | None
    taxes: str | None
    net: str | None
    description: str
    removed_reason: str | None
    created_at: int
    updated_at: int

    @property
    def place(self) -> Place:
        return Place(self.trade_date, self.key, self.account_id, self.version)


class TransactionQuery(NamedTuple):
    """Whose transactions (of an account, or of all accounts of a user) and which. `types` empty: all.

    `symbol` compares without regard to case, with an option's underlying as well. `after` is the last
    place of the page before.
    """

    account_id: str | None
    user_id: str | None
    start: int | None
    end: int | None
    types: tuple[str, ...]
    symbol: str
    after: Place | None
    limit: int


class TransactionPage(NamedTuple):
    """`owner` is the user of the account that was asked for; None if there is no such account, or if a
    user was asked for. `rows` are those of the places that were not known."""

    owner: str | None
    places: list[Place]
    rows: list[TransactionRow]


class Versioned(NamedTuple):
    user_id: str
    version: int


Known = Callable[[Place], bool]


class Reading(Protocol):
    async def version(self, account_id: str) -> Versioned | None:
        """Whose the account is and which version its holdings have: cheap enough to ask at each read."""

    async def holdings(self, account_id: str) -> Holdings | None: ...

    async def holdings_of_user(self, user_id: str) -> list[Holdings]:
        """Of each open account, by account id; all in one consistent view."""

    async def transactions(self, query: TransactionQuery, known: Known | None) -> TransactionPage:
        """A page of what is not removed. Rows whose place the caller knows are not read again; None says
        at once that it knows none of them."""

    async def transaction(self, account_id: str, key: str) -> tuple[str, TransactionRow] | None:
        """(user id, row) of one transaction, removed or not; also by a key that it had before it posted."""

    async def instruments(self, instrument_ids: Sequence[str]) -> list[InstrumentRow]: ...
