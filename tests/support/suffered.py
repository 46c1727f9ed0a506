"""What the complaints of users look at: a house with one brokerage, and what its store holds, by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import house
from house import House
from sqlalchemy import RowMapping, Select, select
from told import turn

from adapters.sql.tables import accounts, balances, instruments, positions, transactions
from domain.syncs import SyncRun

ROWS = 24


@contextmanager
def home(place: Path, brokerage: str, **more: Any) -> Iterator[House]:
    """A house of SQLite with the sandbox of one brokerage, where the user has one account with few rows."""
    made = house.build(place, brokerage, **{"rows": ROWS, **more})
    turn(made, brokerage, lambda truth: replace(truth, accounts=truth.accounts[:1]))
    try:
        yield made
    finally:
        made.store.close()


async def first(made: House, user: str = "user-1", **more: str) -> str:
    """Connect through the brokerage's own conversation, and sync. The connection's id."""
    (brokerage,) = made.stage.faulty
    view = await made.connected(brokerage, user, **more)
    assert view.connection is not None
    await made.run()
    return view.connection.id


async def again(made: House, connection_id: str, *, force: bool = False) -> SyncRun:
    return await made.synced(connection_id, force=force)


def held(made: House) -> dict[str, RowMapping]:
    """Positions of all accounts by symbol, as they are stored."""
    found = select(positions, instruments.c.symbol, instruments.c.kind, instruments.c.multiplier)
    found = found.join(instruments, instruments.c.id == positions.c.instrument_id)
    return {row["symbol"]: row for row in _all(made, found)}


def history(made: House, **where: Any) -> list[RowMapping]:
    """Transactions of all accounts that are not removed, the oldest first, with their symbols."""
    found = select(transactions, instruments.c.symbol)
    found = found.outerjoin(instruments, instruments.c.id == transactions.c.instrument_id)
    found = found.where(
        transactions.c.status != "removed", *(transactions.c[n] == v for n, v in where.items())
    )
    return _all(made, found.order_by(transactions.c.trade_date, transactions.c.key))


def cash(made: House) -> dict[tuple[str, str], RowMapping]:
    """Balances by account and currency."""
    return {(row["account_id"], row["currency"]): row for row in _all(made, select(balances))}


def kept(made: House) -> dict[str, RowMapping]:
    """Accounts by id, with what was made of their totals."""
    return {row["id"]: row for row in _all(made, select(accounts))}


def _all(made: House, found: Select[Any]) -> list[RowMapping]:
    return made.store.read_now(lambda uow: list(uow.sql.execute(found).mappings()))
