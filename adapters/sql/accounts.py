"""Accounts and what links them to connections."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import LargeBinary, String, bindparam, delete, select, update

from adapters.sql.prepared import Prepared, among
from adapters.sql.statements import upsert
from adapters.sql.tables import accounts, connections, links
from domain.accounts import Account, AccountKind
from domain.connections import ConnectionState
from domain.ports.storage import Link

_THESE = Prepared(select(accounts).where(among(accounts.c.id, "ids")))
_LINKS = Prepared(
    select(links)
    .where(links.c.connection_id == bindparam("of_connection", type_=String))
    .order_by(links.c.account_id)
)
_RELINK = Prepared(
    update(links)
    .where(
        links.c.connection_id == bindparam("its_connection", type_=String),
        links.c.account_id == bindparam("its_account", type_=String),
    )
    .values(routing=bindparam("routing", type_=LargeBinary), missing_since=None)
)


def _account(row: Mapping[Any, Any]) -> Account:
    return Account(
        row["id"],
        row["user_id"],
        row["brokerage_id"],
        row["name"],
        row["masked_number"],
        AccountKind(row["kind"]),
        row["currency"],
        row["open"],
        row["version"],
        row["created_at"],
    )


class SqlAccounts:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def get(self, account_id: str) -> Account | None:
        return self.get_many([account_id]).get(account_id)

    def get_many(self, account_ids: Sequence[str]) -> dict[str, Account]:
        return {row["id"]: _account(row) for row in _THESE.all(self._sql, ids=account_ids)}

    def of_user(self, user_id: str, brokerage_id: str | None, after: str, limit: int) -> list[Account]:
        found = select(accounts).where(accounts.c.user_id == user_id, accounts.c.id > after)
        if brokerage_id:
            found = found.where(accounts.c.brokerage_id == brokerage_id)
        return [_account(r) for r in self._sql.execute(found.order_by(accounts.c.id).limit(limit)).mappings()]

    def put(self, account: Account) -> bool:
        stored = self.get(account.id)
        told = {
            "name": account.name,
            "masked_number": account.masked_number,
            "kind": account.kind.value,
            "currency": account.currency,
            "open": account.open,
        }
        if stored is None:
            new = {
                "id": account.id,
                "user_id": account.user_id,
                "brokerage_id": account.brokerage_id,
                "version": 0,
                "created_at": account.created_at,
                "reconciliation": "unknown",
            }
            self._sql.execute(accounts.insert(), {**new, **told})
            return True
        before = {
            "name": stored.name,
            "masked_number": stored.masked_number,
            "kind": stored.kind.value,
            "currency": stored.currency,
            "open": stored.open,
        }
        if told != before:
            self._sql.execute(update(accounts).where(accounts.c.id == account.id).values(**told))
        return False

    def link(self, link: Link, now: datetime) -> bool:
        row = {
            "connection_id": link.connection_id,
            "account_id": link.account_id,
            "routing": link.routing,
            "missing_since": link.missing_since,
        }
        if (
            _RELINK.run(
                self._sql,
                its_connection=link.connection_id,
                its_account=link.account_id,
                routing=link.routing,
            )
            == 1
        ):
            return False
        upsert(self._sql, links, [{**row, "linked_at": now}])
        return True

    def hold(self, account_id: str) -> None:
        # A file has one writer at a time as it is; PostgreSQL holds the row.
        if self._sql.dialect.name == "postgresql":
            self._sql.execute(select(accounts.c.id).where(accounts.c.id == account_id).with_for_update())

    def links(self, connection_id: str) -> list[Link]:
        return [
            Link(row["connection_id"], row["account_id"], row["routing"], row["missing_since"])
            for row in _LINKS.all(self._sql, of_connection=connection_id)
        ]

    def links_of_accounts(self, account_ids: Sequence[str]) -> dict[str, list[str]]:
        found = (
            select(links.c.account_id, links.c.connection_id)
            .join(connections, connections.c.id == links.c.connection_id)
            .where(
                links.c.account_id.in_(account_ids), connections.c.state != ConnectionState.DISCONNECTED.value
            )
            .order_by(links.c.linked_at)
        )
        told: dict[str, list[str]] = {}
        for account_id, connection_id in self._sql.execute(found):
            told.setdefault(account_id, []).append(connection_id)
        return told

    def mark_missing(self, connection_id: str, account_ids: Sequence[str], now: datetime) -> None:
        self._sql.execute(
            update(links)
            .where(
                links.c.connection_id == connection_id,
                links.c.account_id.in_(account_ids),
                links.c.missing_since.is_(None),
            )
            .values(missing_since=now)
        )

    def unlink(self, connection_id: str) -> None:
        self._sql.execute(delete(links).where(links.c.connection_id == connection_id))
