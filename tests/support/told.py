"""What a house shows, as values to compare; and ways to change what a brokerage tells from now on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeVar

from house import House
from sqlalchemy import Select, select

from adapters.sandbox.truth import Truth, TruthAccount
from adapters.sql.tables import accounts, balances, positions, transactions
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.connections import Connection
from domain.freshness import Freshness
from domain.syncs import SyncRun

T = TypeVar("T")
Figure = Decimal | None


@dataclass(frozen=True)
class Shown:
    """Everything that a reader can see of a user's accounts, by primary key, without times of writing."""

    balances: dict[Any, Any]
    positions: dict[Any, Any]
    transactions: dict[Any, Any]

    @property
    def sizes(self) -> tuple[int, int, int]:
        return len(self.balances), len(self.positions), len(self.transactions)


def shown(made: House, user: str = "user-1") -> Shown:
    b, p, t = balances.c, positions.c, transactions.c
    held = select(p.account_id, p.instrument_id, p.occurrence, p.quantity, p.average_cost, p.cost_basis)
    held = held.add_columns(p.price, p.market_value, p.unrealized_gain)
    rows = select(t.account_id, t.key, t.version, t.status, t.type, t.trade_date, t.executed_at)
    rows = rows.add_columns(t.instrument_id, t.quantity, t.price, t.gross, t.fees, t.taxes, t.net)
    cash = select(b.account_id, b.currency, b.cash, b.buying_power, b.settled_cash, b.total_value)

    mine = select(accounts.c.id).where(accounts.c.user_id == user)
    cash, held, rows = (
        cash.where(b.account_id.in_(mine)),
        held.where(p.account_id.in_(mine)),
        rows.where(t.account_id.in_(mine)),
    )

    def deed(uow: SqlUnitOfWork) -> Shown:
        return Shown(_by_key(uow, cash, 2), _by_key(uow, held, 3), _by_key(uow, rows, 2))

    return made.store.read_now(deed)


def _by_key(uow: SqlUnitOfWork, rows: Select[Any], parts: int) -> dict[Any, Any]:
    return {tuple(row[:parts]): tuple(row[parts:]) for row in uow.sql.execute(rows)}


def connection(made: House, identifier: str) -> Connection:
    found = made.store.read_now(lambda uow: uow.connections.get(identifier))
    assert found is not None
    return found


def freshness(made: House, user: str = "user-1") -> list[Freshness]:
    def deed(uow: SqlUnitOfWork) -> list[Freshness]:
        mine = uow.accounts.of_user(user, None, "", 100)
        return [row for account in mine for row in uow.freshness.of_account(account.id)]

    return made.store.read_now(deed)


def stale(made: House) -> dict[str, str]:
    """Dataset to reason, of what is stale in any account."""
    return {row.dataset.value: row.stale_reason for row in freshness(made) if row.stale_since is not None}


def changes(run: SyncRun) -> tuple[int, int, int]:
    """(added, modified, removed) of all datasets of a run."""
    told = [(r.added, r.modified, r.removed) for r in run.results]
    return sum(t[0] for t in told), sum(t[1] for t in told), sum(t[2] for t in told)


def truth(made: House, brokerage: str) -> Truth:
    return made.stage.faulty[brokerage].sandbox.play.truth


def turn(made: House, brokerage: str, change: Callable[[Truth], Truth]) -> Truth:
    """From now on the brokerage tells this truth. Returns the one before."""
    play = made.stage.faulty[brokerage].sandbox.play
    before = play.truth
    play.truth = change(before)
    return before


def turn_account(
    made: House, brokerage: str, change: Callable[[TruthAccount], TruthAccount], number: int = 0
) -> Truth:
    """The same for one of its accounts."""

    def changed(truth: Truth) -> Truth:
        accounts = list(truth.accounts)
        accounts[number] = change(accounts[number])
        return replace(truth, accounts=tuple(accounts))

    return turn(made, brokerage, changed)
