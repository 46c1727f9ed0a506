"""Transactions: only the difference is written; what was once told is kept as a former version."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import RowMapping, func, select, update

from adapters.sql.statements import chunks, upsert
from adapters.sql.tables import instruments, transaction_aliases, transaction_versions, transactions
from domain.matching import PendingRow
from domain.money import plain
from domain.ports.storage import Changes, Keyed, Stored
from domain.transactions import TransactionStatus

_FIGURES = ("quantity", "price", "gross", "fees", "taxes", "net")


class SqlTransactions:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def stored(self, account_id: str, keys: Sequence[str]) -> dict[str, Stored]:
        found = self._by_key(account_id, keys)
        unknown = [key for key in keys if key not in found]
        aliases = self._aliases(account_id, unknown) if unknown else {}
        if aliases:
            aliased = self._by_key(account_id, list(aliases.values()))
            found.update((told, aliased[key]) for told, key in aliases.items() if key in aliased)
        return found

    def _by_key(self, account_id: str, keys: Sequence[str]) -> dict[str, Stored]:
        c = transactions.c
        columns = select(c.key, c.hash, c.status, c.version, c.created_at, c.instrument_id)
        found: dict[str, Stored] = {}
        for some in chunks(keys):
            for row in self._sql.execute(columns.where(c.account_id == account_id, c.key.in_(some))):
                found[row[0]] = Stored(*row)
        return found

    def _aliases(self, account_id: str, keys: Sequence[str]) -> dict[str, str]:
        c = transaction_aliases.c
        found: dict[str, str] = {}
        for some in chunks(keys):
            these = select(c.alias, c.key).where(c.account_id == account_id, c.alias.in_(some))
            found.update((row[0], row[1]) for row in self._sql.execute(these))
        return found

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
        new: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        removed = 0
        for key, row in told.items():
            digest = _hash(row)
            before = stored.get(key)
            if before is not None and before.hash == digest:
                continue
            values = _row(account_id, feed, row, digest, now)
            values["raw"] = seal(key, row.transaction.raw)
            if before is None:
                new.append({**values, "version": 1, "created_at": now})
                continue
            gone = row.transaction.status is TransactionStatus.REMOVED
            removed += gone and before.status != TransactionStatus.REMOVED.value
            changed.append({**values, "version": before.version + 1, "created_at": before.created_at})
        self._keep_versions(account_id, [row["key"] for row in changed], now)
        if new:
            self._sql.execute(transactions.insert(), new)
        upsert(self._sql, transactions, changed)
        return Changes(len(new), len(changed) - removed, removed, len(told) - len(new) - len(changed))

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
        found = (
            select(
                transactions.c.key,
                transactions.c.trade_date,
                instruments.c.symbol,
                transactions.c.quantity,
                transactions.c.net,
            )
            .outerjoin(instruments, instruments.c.id == transactions.c.instrument_id)
            .where(
                transactions.c.account_id == account_id,
                transactions.c.feed == feed,
                transactions.c.status == TransactionStatus.PENDING.value,
            )
        )
        return [PendingRow(row[0], row[1], row[2] or "", row[3], row[4]) for row in self._sql.execute(found)]

    def alias(self, account_id: str, aliases: Mapping[str, str]) -> None:
        rows = [{"account_id": account_id, "alias": a, "key": k} for a, k in aliases.items()]
        upsert(self._sql, transaction_aliases, rows)

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
        self._keep_versions(account_id, keys, now)
        removed = 0
        for some in chunks(keys):
            done = self._sql.execute(
                update(transactions)
                .where(
                    transactions.c.account_id == account_id,
                    transactions.c.key.in_(some),
                    transactions.c.status != TransactionStatus.REMOVED.value,
                )
                .values(
                    status=TransactionStatus.REMOVED.value,
                    removed_reason=reason,
                    version=transactions.c.version + 1,
                    updated_at=now,
                    hash=b"",
                )
            )
            removed += done.rowcount
        return removed

    def newest(self, account_id: str, feed: str) -> date | None:
        found = select(func.max(transactions.c.trade_date)).where(
            transactions.c.account_id == account_id,
            transactions.c.feed == feed,
            transactions.c.status == TransactionStatus.POSTED.value,
        )
        newest: date | None = self._sql.execute(found).scalar_one()
        return newest

    def oldest(self, account_id: str) -> date | None:
        found = select(func.min(transactions.c.trade_date)).where(transactions.c.account_id == account_id)
        oldest: date | None = self._sql.execute(found).scalar_one()
        return oldest


def _text(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def _hash(row: Keyed) -> bytes:
    """Over everything that a reader can see, and nothing else: a shuffled raw row is no change."""
    t = row.transaction
    figures = (_text(t.quantity), _text(t.price), _text(t.gross), _text(t.fees), _text(t.taxes), _text(t.net))
    whole = (
        f"{t.status.value}|{t.type.value}|{t.source_type}|{t.trade_date}|{t.executed_at}|{t.settlement_date}"
        f"|{row.instrument_id}|{'|'.join(figures)}|{t.currency}|{t.removed_reason}|{t.description}"
    )
    return hashlib.blake2b(whole.encode(), digest_size=16).digest()


def _row(account_id: str, feed: str, row: Keyed, digest: bytes, now: datetime) -> dict[str, Any]:
    t = row.transaction
    return {
        "account_id": account_id,
        "key": row.key,
        "feed": feed,
        "status": t.status.value,
        "type": t.type.value,
        "source_type": t.source_type[:64],
        "trade_date": t.trade_date,
        "executed_at": t.executed_at,
        "settlement_date": t.settlement_date,
        "instrument_id": row.instrument_id,
        "quantity": t.quantity,
        "price": t.price,
        "currency": t.currency,
        "gross": t.gross,
        "fees": t.fees,
        "taxes": t.taxes,
        "net": t.net,
        "description": t.description,
        "removed_reason": t.removed_reason,
        "updated_at": now,
        "hash": digest,
    }


def _told(row: RowMapping) -> str:
    """A stored row as JSON for its former version; figures as plain text."""
    told: dict[str, Any] = {name: row[name] for name in row if name not in {"raw", "hash"}}
    for name in _FIGURES:
        told[name] = None if row[name] is None else plain(row[name])
    return msgspec.json.encode(told).decode()
