"""Rows made by hand: users with connections, accounts, holdings, transactions and runs, without a sync."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from adapters.sql.engine import SqlStorage
from brokerlink.usecases.safe import Safe
from brokerlink.usecases.start_sync import RUN_LIFE, new_run
from domain.accounts import Account, AccountKind, AccountTold
from domain.brokerages import Dataset
from domain.connections import Connection, ConnectionState
from domain.errors import ConnectionQuarantined, FailureRecord
from domain.freshness import Completeness, Freshness
from domain.ids import account_id, transaction_id, transaction_key
from domain.instruments import CUSIP, Instrument, InstrumentKind
from domain.ports.brokerage import Grant
from domain.ports.clock import Chance, Clock
from domain.ports.storage import Keyed, Link, UnitOfWork
from domain.positions import Balance, Position
from domain.reconciliation import reconcile
from domain.syncs import Lane, Progress, ProgressKind, RunState, SyncRun, Trigger
from domain.transactions import Transaction, TransactionType

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = date(2026, 5, 4)


def share(symbol: str) -> Instrument:
    return Instrument(
        InstrumentKind.EQUITY, symbol, name=f"{symbol} Inc.", identifiers=((CUSIP, f"{symbol}000000"[:9]),)
    )


def buy(number: int, day: date = DAY, symbol: str = "VTI", **more: object) -> Transaction:
    """A purchase; `number` names it."""
    plain = Transaction(
        source_key=f"t{number}",
        type=TransactionType.BUY,
        trade_date=day,
        currency="USD",
        source_type="BUY",
        executed_at=datetime(day.year, day.month, day.day, 15, 30, 0, number, UTC),
        instrument=share(symbol),
        quantity=Decimal(number) / 8,
        price=Decimal("220.31"),
        gross=Decimal("-2753.875"),
        fees=Decimal("0.50"),
        net=Decimal("-2754.375"),
        description=f"Bought {symbol}",
        raw=b"{}",
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # fields of a transaction


@dataclass
class Rows:
    store: SqlStorage
    safe: Safe
    clock: Clock
    chance: Chance
    _accounts: int = field(default=0, init=False)

    def connection(
        self, user: str = "user-1", brokerage: str = "played", state: ConnectionState = ConnectionState.ACTIVE
    ) -> str:
        """A connection with a grant in the safe."""
        made = Connection(self.chance.id("con"), user, brokerage, "official", state, NOON, NOON)

        def deed(uow: UnitOfWork) -> None:
            uow.connections.add(made)
            self.safe.put_grant(uow, made, Grant({"token": "t"}), NOON)

        self.store.write_now(deed)
        return made.id

    def account(
        self,
        user: str = "user-1",
        connection: str | None = None,
        brokerage: str = "played",
        *,
        in_use: bool = True,
    ) -> str:
        self._accounts += 1
        key = f"A-{self._accounts}"
        identifier = account_id(self.safe.vault.identity_key, user, brokerage, key)
        made = Account(
            identifier,
            user,
            brokerage,
            "Individual",
            "…6789",
            AccountKind.MARGIN,
            "USD",
            in_use,
            created_at=NOON,
        )
        told = AccountTold(key, "Individual", "123456789", AccountKind.MARGIN)

        def deed(uow: UnitOfWork) -> None:
            uow.accounts.put(made)
            if connection is not None:
                sealed = self.safe.seal_account(
                    self.safe.key(uow, f"connection:{connection}"), user, identifier, told
                )
                uow.accounts.link(Link(connection, identifier, sealed), NOON)

        self.store.write_now(deed)
        return identifier

    def hold(
        self,
        account: str,
        positions: Sequence[Position],
        balances: Sequence[Balance],
        fetched: datetime = NOON,
        completeness: Completeness = Completeness.COMPLETE,
    ) -> None:
        """A snapshot, as a sync publishes it."""

        def deed(uow: UnitOfWork) -> None:
            ids = uow.instruments.resolve((p.instrument for p in positions), DAY)
            uow.holdings.replace_positions(account, positions, ids, [b"raw"] * len(positions))
            uow.holdings.replace_balances(account, balances)
            uow.holdings.reconciled(account, reconcile(balances, positions))
            for dataset in (Dataset.BALANCES, Dataset.POSITIONS):
                uow.freshness.put(Freshness(account, dataset, completeness, None, fetched))
            uow.holdings.bump(account)

        self.store.write_now(deed)

    def transact(self, account: str, rows: Sequence[Transaction]) -> list[str]:
        """Store transactions; their ids."""
        keys = [transaction_key(f"id:{row.source_key}") for row in rows]

        def deed(uow: UnitOfWork) -> None:
            ids = uow.instruments.resolve((r.instrument for r in rows if r.instrument), DAY)
            keyed = [
                Keyed(key, row, ids[row.instrument] if row.instrument else None)
                for key, row in zip(keys, rows, strict=True)
            ]
            stored = uow.transactions.stored(account, keys)
            uow.transactions.apply(account, "all", keyed, stored, lambda _, raw: raw, self.clock.now())

        self.store.write_now(deed)
        return [transaction_id(account, key) for key in keys]

    def remove(self, account: str, transaction: str) -> None:
        key = transaction[-24:]
        self.store.write_now(
            lambda uow: uow.transactions.remove(account, [key], "not_told", self.clock.now())
        )

    def run(self, connection: str, *, life: timedelta = RUN_LIFE) -> SyncRun:
        """A queued run."""

        def deed(uow: UnitOfWork) -> SyncRun:
            owner = uow.connections.get(connection)
            assert owner is not None
            now = self.clock.now()
            made = new_run(self.chance.id("run"), owner, Trigger.REQUEST, Lane.INTERACTIVE, now, life)
            assert uow.runs.add(made)
            return made

        return self.store.write_now(deed)

    def put_aside(self, user: str = "user-1", brokerage: str = "played", since: datetime = NOON) -> SyncRun:
        """A run that was put aside then; its connection waits for an operator."""
        connection = self.connection(user, brokerage)
        run = self.run(connection)
        self.step(run, RunState.FAILED)
        why = FailureRecord.of(ConnectionQuarantined())

        def deed(uow: UnitOfWork) -> None:
            found = uow.connections.get(connection)
            assert found is not None
            moved = found.moved(ConnectionState.QUARANTINED, since, why)
            uow.connections.save(replace(moved, last_run_id=run.id))

        self.store.write_now(deed)
        return run

    def step(self, run: SyncRun, state: RunState = RunState.RUNNING) -> Progress:
        """Move a run by one committed step, to its end if the state is one."""
        run.sequence += 1
        run.state = state
        now = self.clock.now()
        if state.terminal:
            run.ended_at = now
        kind = ProgressKind.TERMINAL if state.terminal else ProgressKind.PROGRESS
        whole = run if state.terminal else None
        progress = Progress(run.id, run.sequence, kind, now, state, run=whole)

        def deed(uow: UnitOfWork) -> None:
            uow.progress.add(progress)
            uow.runs.save(run, None)

        self.store.write_now(deed)
        return progress
