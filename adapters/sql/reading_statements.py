"""The statements of the hot reads, written once for each engine. Every value is bound, none is written in.

Figures leave the database as text, so that nothing on the way can round them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import msgspec

from adapters.sql.tables import metadata
from adapters.sql.types import Exact

_TRANSACTION = (
    "account_id key version status type source_type trade_date executed_at settlement_date instrument_id "
    "quantity price currency gross fees taxes net description removed_reason created_at updated_at"
)
_FIGURES = frozenset(
    column.name for table in metadata.tables.values() for column in table.c if isinstance(column.type, Exact)
)
# The parts of what an account holds, in the order of the rows of domain/ports/reading.py.
_PARTS = {
    "accounts": "id user_id version currency reconciliation told_total computed_total",
    "balances": "currency cash buying_power settled_cash total_value",
    "positions": (
        "instrument_id quantity currency average_cost cost_basis price market_value unrealized_gain flags "
        "as_of occurrence"
    ),
    "freshness": "dataset completeness as_of fetched_at stale_since stale_reason",
}
_WIDTH = max(len(names.split()) for names in _PARTS.values())


@dataclass(frozen=True)
class Statements:
    """All statements for one engine, written once. Not slotted: cached properties need a dict."""

    postgresql: bool

    @property
    def begin(self) -> str:
        """Begins a transaction whose statements all see the same state."""
        return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if self.postgresql else "BEGIN"

    @cached_property
    def version(self) -> str:
        return self.bound("SELECT user_id, version FROM accounts WHERE id = ?")

    @cached_property
    def owner(self) -> str:
        return self.bound("SELECT user_id FROM accounts WHERE id = ?")

    @cached_property
    def accounts(self) -> str:
        return self.bound("SELECT id FROM accounts WHERE user_id = ? ORDER BY id")

    @cached_property
    def open_accounts(self) -> str:
        return self.bound("SELECT id FROM accounts WHERE user_id = ? AND open ORDER BY id")

    @cached_property
    def holdings(self) -> str:
        """One statement, so that it is one view and one way to the database and back. The first column
        says which part a row is of; the others are that part's, filled up with NULL."""
        parts = []
        for number, (table, names) in enumerate(_PARTS.items()):
            columns = [self._as_text(name) for name in names.split()]
            columns += ["NULL"] * (_WIDTH - len(columns))
            key = "id" if table == "accounts" else "account_id"
            only = " AND dataset IN ('balances', 'positions')" if table == "freshness" else ""
            parts.append(f"SELECT {number}, {', '.join(columns)} FROM {table} WHERE {key} = ?{only}")  # noqa: S608 - every part is written here
        return self.bound(" UNION ALL ".join(parts))

    @cached_property
    def rows(self) -> str:
        """Transactions of an account by their keys."""
        return self.bound(
            f"SELECT {self.transaction_columns} FROM transactions "  # noqa: S608 - every part is written here
            f"WHERE account_id = ? AND {self.among('key')}"
        )

    @cached_property
    def transaction(self) -> str:
        """One transaction by its key or by one it had before; the owner of its account first."""
        owner = "(SELECT user_id FROM accounts WHERE id = transactions.account_id)"
        columns = self.transaction_columns
        former = "(SELECT a.key FROM transaction_aliases a WHERE a.account_id = ? AND a.alias = ?)"
        return self.bound(
            f"SELECT {owner}, {columns} FROM transactions WHERE account_id = ? AND key IN (?, {former}) "  # noqa: S608 - every part is written here
            "ORDER BY CASE WHEN key = ? THEN 0 ELSE 1 END LIMIT 1"
        )

    @cached_property
    def instruments(self) -> str:
        names = "id kind symbol name currency underlying expiration option_right strike multiplier"
        columns = ", ".join(self._plain(name) for name in names.split())
        return self.bound(f"SELECT {columns} FROM instruments WHERE {self.among('id')}")  # noqa: S608 - every part is written here

    @cached_property
    def identifiers(self) -> str:
        return self.bound(
            "SELECT instrument_id, scheme, value FROM instrument_identifiers "  # noqa: S608 - every part is written here
            f"WHERE {self.among('instrument_id')} AND valid_until IS NULL "
            "ORDER BY instrument_id, scheme, value"
        )

    def walk(self, after: str, *, start: bool, end: bool, types: bool, symbol: bool, whole: bool) -> str:
        """A walk along the index (account_id, trade_date, key), newest first: places, or whole rows.
        `after` is "", "<" or "<="."""
        return _walk(self, after, start, end, types, symbol, whole)

    def listed(self, values: Sequence[str]) -> object:
        """A list as one bound value: the statement stays the same however long it is."""
        return list(values) if self.postgresql else msgspec.json.encode(values).decode()

    @cached_property
    def transaction_columns(self) -> str:
        return ", ".join(self._plain(name) for name in _TRANSACTION.split())

    def among(self, column: str) -> str:
        listed = "= ANY(?)" if self.postgresql else "IN (SELECT value FROM json_each(?))"
        return f"{column} {listed}"

    def _plain(self, name: str) -> str:
        """A column; a figure as plain text without trailing zeros. SQLite keeps that text already."""
        return f"trim_scale({name})::text" if self.postgresql and name in _FIGURES else name

    def _as_text(self, name: str) -> str:
        """The same for rows of several parts, whose columns must have one type on PostgreSQL."""
        plain = self._plain(name)
        return plain if plain.endswith("::text") or not self.postgresql else f"{plain}::text"

    def bound(self, statement: str) -> str:
        return statement.replace("?", "%s") if self.postgresql else statement


@lru_cache(maxsize=256)
def _walk(
    statements: Statements, after: str, start: bool, end: bool, types: bool, symbol: bool, whole: bool
) -> str:
    conditions = ["account_id = ?", "status <> 'removed'"]
    if start:
        conditions.append("trade_date >= ?")
    if end:
        conditions.append("trade_date <= ?")
    if after:
        conditions.append(f"(trade_date, key) {after} (?, ?)")
    if types:
        conditions.append(statements.among("type"))
    if symbol:
        # From the account's own rows to their instruments: never a walk over everybody's instruments.
        conditions.append(
            "EXISTS (SELECT 1 FROM instruments i WHERE i.id = transactions.instrument_id "
            "AND (upper(i.symbol) = ? OR upper(i.underlying) = ?))"
        )
    columns = statements.transaction_columns if whole else "trade_date, key, account_id, version"
    return statements.bound(
        f"SELECT {columns} FROM transactions "  # noqa: S608 - every part is written here
        f"WHERE {' AND '.join(conditions)} ORDER BY trade_date DESC, key DESC LIMIT ?"
    )
