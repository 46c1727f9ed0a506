"""Transactions: only the difference is written; what was once told is kept as a former version."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import RowMapping, String, and_, bindparam, func, literal_column, select, update

from adapters.sql import bulk
from adapters.sql.prepared import Prepared, among
from adapters.sql.statements import chunks, upsert
from adapters.sql.tables import instruments, transaction_aliases, transaction_versions, transactions
from adapters.sql.types import micros
from domain.matching import PendingRow
from domain.money import plain
from domain.ports.storage import Changes, Keyed, Marked, Stored
from domain.stitching import ToldElsewhere
from domain.transactions import TransactionStatus, TransactionType

# What a mark begins with: the version of the code that parsed the row.
VERSION_BYTES = 4
_FIGURES = ("quantity", "price", "gross", "fees", "taxes", "net")


_T = transactions.c
_ACCOUNT = bindparam("of_account", type_=String)
_OF_FEED = and_(_T.account_id == _ACCOUNT, _T.feed == bindparam("of_feed", type_=String))
_PENDING = Prepared(
    select(_T.key, _T.trade_date, instruments.c.symbol, _T.quantity, _T.net)
    .outerjoin(instruments, instruments.c.id == _T.instrument_id)
    # Written out: the index over pending rows is one over just these.
    .where(_OF_FEED, _T.status == literal_column("'pending'"))
)
_ALIASES = Prepared(
    select(transaction_aliases.c.alias, transaction_aliases.c.key).where(
        transaction_aliases.c.account_id == _ACCOUNT, among(transaction_aliases.c.alias, "told")
    )
)
_NEWEST = Prepared(
    select(func.max(_T.trade_date)).where(_OF_FEED, _T.status == TransactionStatus.POSTED.value)
)
_OLDEST = Prepared(select(func.min(_T.trade_date)).where(_T.account_id == _ACCOUNT))


def _lives(row: Stored) -> bool:
    return row.status != TransactionStatus.REMOVED.value


def _ages(before: Stored, row: Keyed) -> bool:
    """Whether a row that says what it said has to be marked anew: it has no mark, or one of other code. What
    only its brokerage tells in other words each time keeps the mark that it has."""
    if row.mark is None:
        return False
    return before.mark is None or before.mark[:VERSION_BYTES] != row.mark[:VERSION_BYTES]


class SqlTransactions:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def stored(self, account_id: str, keys: Sequence[str]) -> dict[str, Stored]:
        found = bulk.look_up(self._sql, account_id, keys)
        unknown = [key for key in keys if key not in found]
        aliases = self._aliases(account_id, unknown) if unknown else {}
        if aliases:
            aliased = bulk.look_up(self._sql, account_id, list(aliases.values()))
            found.update((told, aliased[key]) for told, key in aliases.items() if key in aliased)
        return found

    def _aliases(self, account_id: str, keys: Sequence[str]) -> dict[str, str]:
        return dict(_ALIASES.tuples(self._sql, of_account=account_id, told=keys))

    def apply(
        self,
        account_id: str,
        feed: str,
        rows: Sequence[Keyed],
        stored: Mapping[str, Stored],
        seal: Callable[[str, bytes], bytes],
        now: datetime,
    ) -> Changes:
        """Hashes first: a row that is stored as it is told costs no write."""
        # A brokerage may tell a row twice on one page: the last word counts.
        told = {row.key: row for row in rows}
        moment = micros(now)
        new: list[bulk.Values] = []
        changed: list[tuple[str, int, bulk.Values]] = []
        remarked: list[bulk.Values] = []
        removed = 0
        for key, row in told.items():
            shown = bulk.shown(row)
            digest = bulk.digest(shown)
            before = stored.get(key)
            if before is not None and before.hash == digest:
                if _ages(before, row):
                    remarked.append((row.mark, account_id, key))
                continue
            written = (*shown, feed, moment, digest, seal(key, row.transaction.raw), row.mark)
            if before is None:
                new.append((account_id, key, 1, moment, *written))
                continue
            gone = row.transaction.status is TransactionStatus.REMOVED
            removed += gone and before.status != TransactionStatus.REMOVED.value
            changed.append((key, before.version + 1, written))
        if new:
            bulk.insert(self._sql, new)
        if changed:
            self._keep_versions(account_id, [key for key, _, _ in changed], now)
            bulk.update(self._sql, account_id, changed)
        if remarked:
            bulk.remark(self._sql, remarked)
        return Changes(len(new), len(changed) - removed, removed, len(told) - len(new) - len(changed))

    def unchanged(self, account_id: str, rows: Sequence[Keyed]) -> bool:
        stored = bulk.look_up(self._sql, account_id, [row.key for row in rows])

        def same(row: Keyed) -> bool:
            before = stored.get(row.key)
            if before is None or _ages(before, row):
                return False
            return before.hash == bulk.digest(bulk.shown(row))

        return all(map(same, rows))

    def marked(
        self, account_id: str, feed: str, since: date | None, after: Marked | None, limit: int
    ) -> list[Marked]:
        return bulk.marked(self._sql, account_id, feed, since, after, limit)

    def _keep_versions(self, account_id: str, keys: Sequence[str], now: datetime) -> None:
        for some in chunks(keys):
            here = select(transactions).where(
                transactions.c.account_id == account_id, transactions.c.key.in_(some)
            )
            kept = [
                {
                    "account_id": account_id,
                    "key": row["key"],
                    "version": row["version"],
                    "replaced_at": now,
                    "fields": _told(row),
                    "raw": row["raw"],
                }
                for row in self._sql.execute(here).mappings()
            ]
            upsert(self._sql, transaction_versions, kept)

    def pending(self, account_id: str, feed: str) -> list[PendingRow]:
        found = _PENDING.tuples(self._sql, of_account=account_id, of_feed=feed)
        return [PendingRow(key, day, symbol or "", *figures) for key, day, symbol, *figures in found]

    def alias(self, account_id: str, aliases: Mapping[str, str], feed: str = "") -> None:
        rows = [{"account_id": account_id, "alias": a, "key": k, "feed": feed} for a, k in aliases.items()]
        upsert(self._sql, transaction_aliases, rows)

    def told_elsewhere(
        self, account_id: str, own: Collection[str], first: date, last: date
    ) -> list[ToldElsewhere]:
        t, a = transactions.c, transaction_aliases
        claimed = select(a.c.key).where(a.c.account_id == account_id, a.c.feed.in_(own))
        found = (
            select(
                t.key, t.trade_date, t.settlement_date, t.type, t.instrument_id, instruments.c.symbol,
                t.quantity, t.gross, t.net, t.currency, t.status,
            )
            .outerjoin(instruments, instruments.c.id == t.instrument_id)
            .where(
                t.account_id == account_id,
                t.trade_date.between(first, last),
                t.feed.not_in(own),
                t.status != TransactionStatus.REMOVED.value,
                t.key.not_in(claimed),
            )
        )  # fmt: skip
        return [
            ToldElsewhere(
                key, day, settled, TransactionType(kind), of, symbol or "", q, gross, net, unit,
                status == TransactionStatus.POSTED.value,
            )
            for key, day, settled, kind, of, symbol, q, gross, net, unit, status in self._sql.execute(found)
        ]  # fmt: skip

    def posted_since(self, account_id: str, feed: str, since: date | None) -> set[str]:
        found = select(transactions.c.key).where(
            transactions.c.account_id == account_id,
            transactions.c.feed == feed,
            transactions.c.status == TransactionStatus.POSTED.value,
        )
        if since is not None:
            found = found.where(transactions.c.trade_date >= since)
        return {row[0] for row in self._sql.execute(found)}

    def remove(self, account_id: str, keys: Sequence[str], reason: str, now: datetime) -> int:
        living = [row.key for row in bulk.look_up(self._sql, account_id, keys).values() if _lives(row)]
        self._keep_versions(account_id, living, now)
        removed = 0
        for some in chunks(living):
            done = self._sql.execute(
                update(transactions)
                .where(transactions.c.account_id == account_id, transactions.c.key.in_(some))
                .values(
                    status=TransactionStatus.REMOVED.value,
                    removed_reason=reason,
                    version=transactions.c.version + 1,
                    updated_at=now,
                    hash=b"",
                    mark=None,
                )
            )
            removed += done.rowcount
        return removed

    def newest(self, account_id: str, feed: str) -> date | None:
        newest: date | None = _NEWEST.scalar(self._sql, of_account=account_id, of_feed=feed)
        return newest

    def oldest(self, account_id: str) -> date | None:
        oldest: date | None = _OLDEST.scalar(self._sql, of_account=account_id)
        return oldest


def _told(row: RowMapping) -> str:
    """A stored row as JSON for its former version; figures as plain text."""
    told: dict[str, Any] = {name: row[name] for name in row if name not in {"raw", "hash", "mark"}}
    for name in _FIGURES:
        told[name] = None if row[name] is None else plain(row[name])
    return msgspec.json.encode(told).decode()
