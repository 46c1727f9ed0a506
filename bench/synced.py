"""Thousands of connections that have synced before, without syncing each: one is synced for real, the others
get its rows, and whatever is sealed is sealed anew for each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Table

from adapters.sql.engine import SqlStorage
from adapters.sql.tables import balances, feeds, freshness, positions, transactions
from adapters.sql.unit_of_work import SqlUnitOfWork
from bench.many import of_user
from brokerlink.container import Container
from brokerlink.usecases.connecting import link_accounts
from brokerlink.usecases.safe import Safe
from brokerlink.usecases.start_sync import RUN_LIFE, new_run
from domain.accounts import AccountTold
from domain.connections import Connection, ConnectionState
from domain.ids import account_id
from domain.ports.brokerage import Grant
from domain.syncs import Lane, RunState, Trigger

COPIED: tuple[Table, ...] = (balances, positions, transactions, feeds, freshness)
TOGETHER = 100
Due = dict[str, datetime]


@dataclass(frozen=True, slots=True)
class Template:
    """A connection that was synced for real, and what its brokerage told of its accounts."""

    connection: Connection
    grant: Grant
    told: tuple[AccountTold, ...]


async def template(house: Container, brokerage: str, grant: Grant) -> Template:
    """Connect and sync once. Raises RuntimeError where that does not succeed."""
    store, safe, now = house.store(), house.safe(), datetime.now(UTC)
    made = Connection(
        f"con_{brokerage}",
        f"{brokerage}-0",
        brokerage,
        _door(house, brokerage),
        ConnectionState.ACTIVE,
        now,
        now,
    )
    mine = of_user(grant, 0)
    run = new_run(f"run_{brokerage}", made, Trigger.REQUEST, Lane.INTERACTIVE, now, RUN_LIFE)

    def deed(uow: SqlUnitOfWork) -> None:
        uow.connections.add(made)
        safe.put_grant(uow, made, mine, now)
        uow.runs.add(run)

    store.write_now(deed)
    leased = store.write_now(lambda uow: uow.runs.lease("bench", house.lease(), None))
    if leased is None:
        raise RuntimeError("there is nothing to sync")
    await house.run_sync()(leased)
    if leased.state is not RunState.SUCCEEDED:
        raise RuntimeError(f"the first sync of {brokerage} ended as {leased.state}: {leased.failure}")
    told = (await house.brokerages().door(brokerage).accounts(mine)).rows
    return Template(made, mine, tuple(told))


def _door(house: Container, brokerage: str) -> str:
    return house.brokerages().door(brokerage).facts.id


def spread(
    house: Container,
    templates: Sequence[tuple[Template, Grant]],
    count: int,
    first: datetime,
    over: timedelta,
) -> Due:
    """So many connections, of these in turn, due one after the other over that time."""
    store, safe, due = house.store(), house.safe(), dict[str, datetime]()
    store.write_now(lambda uow: uow.sql.exec_driver_sql("CREATE TABLE bench_copies (of text, id text)"))
    for start in range(0, count, TOGETHER):
        numbers = range(start, min(start + TOGETHER, count))

        def deed(uow: SqlUnitOfWork, numbers: range = numbers) -> None:
            pairs: list[tuple[str, str]] = []
            for number in numbers:
                one, grant = templates[number % len(templates)]
                at = first + over * (number / count)
                made = _copy(one.connection, number + 1, at)
                due[made.id] = at
                pairs += _put(uow, safe, one, made, of_user(grant, number + 1))
            values = ", ".join(f"('{old}', '{new}')" for old, new in pairs)
            uow.sql.exec_driver_sql(f"INSERT INTO bench_copies VALUES {values}")  # noqa: S608 - our own ids

        store.write_now(deed)
    _copy_rows(store)
    return due


def _copy(one: Connection, number: int, due: datetime) -> Connection:
    name = f"{one.brokerage_id}-{number}"
    return replace(one, id=f"con_{name}", user_id=name, next_sync_at=due, last_success_at=one.created_at)


def _put(
    uow: SqlUnitOfWork, safe: Safe, one: Template, made: Connection, grant: Grant
) -> Iterator[tuple[str, str]]:
    """A connection with its own credential and its own accounts: which account is like which."""
    uow.connections.add(made)
    safe.put_grant(uow, made, grant, made.created_at)
    key, brokerage = safe.vault.identity_key, made.brokerage_id
    ids = {account_id(key, made.user_id, brokerage, told.key): told for told in one.told}
    link_accounts(uow, safe, made, ids, made.created_at)
    for identifier, told in ids.items():
        safe.key(uow, f"account:{identifier}")
        yield account_id(key, one.connection.user_id, brokerage, told.key), identifier


def _copy_rows(store: SqlStorage) -> None:
    def deed(uow: SqlUnitOfWork) -> None:
        uow.sql.exec_driver_sql("SET LOCAL statement_timeout = 0")
        for table in COPIED:
            names = [column.name for column in table.c]
            told = ", ".join("c.id" if name == "account_id" else f"t.{name}" for name in names)
            uow.sql.exec_driver_sql(
                f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {told}"  # noqa: S608 - names of columns
                f" FROM {table.name} AS t JOIN bench_copies AS c ON c.of = t.account_id"
            )
        uow.sql.exec_driver_sql("DROP TABLE bench_copies")

    store.write_now(deed)
    with store.engine.connect() as plain:
        plain.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")
