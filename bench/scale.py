"""One account's reads and writes while the table fills with rows of others. Plans are looked at, too."""

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

from adapters.sql.engine import SqlStorage
from adapters.sql.reading import SqlReading
from adapters.sql.reading_statements import Statements
from adapters.sql.store import open_store
from adapters.sql.tables import accounts
from bench.databases import NewDatabase
from bench.figures import Figure, most
from domain.ports.reading import TransactionQuery
from domain.ports.storage import Changes, Keyed, UnitOfWork
from domain.transactions import Transaction, TransactionType

SIZES = [10_000, 1_000_000]
READS, WRITES, ROWS = 200, 15, 1_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)
QUERY = TransactionQuery(
    account_id="mine", user_id=None, start=None, end=None, types=(), symbol="", after=None, limit=101
)
_COLUMNS = (
    "account_id, key, feed, version, status, type, source_type, trade_date, quantity, price, currency, "
    "gross, net, description, created_at, updated_at, hash, raw"
)


async def measure(new: NewDatabase) -> list[Figure]:
    store = open_store(new())
    reading = SqlReading(store.engine)
    store.write_now(_own_account)
    store.write_now(lambda uow: _write(uow, "mine"))
    told: dict[int, tuple[float, float]] = {}
    filled, figures = 0, []
    for size in SIZES:
        _fill(store, filled, size)
        filled = size
        reads = [await _read(reading) for _ in range(READS)][READS // 10 :]
        names = [f"{size}-{one}" for one in range(WRITES)]
        writes = [_seconds(partial(_written, store, name)) for name in names]
        told[size] = statistics.median(reads) * 1000, statistics.median(writes[2:]) * 1000
        figures += [
            Figure(f"page of 100 at {size:,} rows, ms", told[size][0]),
            Figure(f"1,000 new rows at {size:,} rows, ms", told[size][1]),
        ]
        _check_plans(store)
    small, large = told[SIZES[0]], told[SIZES[-1]]
    name = f"at {SIZES[-1]:,} rows over {SIZES[0]:,}"
    figures.append(most(f"read {name}", large[0] / small[0], "P12", 1.3, 1.1))
    figures.append(most(f"write {name}", large[1] / small[1], "P12", 1.3, 1.1))
    reading.close()
    store.close()
    return figures


def _own_account(uow: UnitOfWork) -> None:
    row = {"id": "mine", "user_id": "me", "brokerage_id": "alpaca", "name": "", "masked_number": ""}
    more = {"kind": "cash", "currency": "USD", "open": True, "version": 1, "created_at": NOW}
    uow.sql.execute(accounts.insert(), {**row, **more, "reconciliation": "unknown"})  # type: ignore[attr-defined]


def _rows(account: str) -> Iterator[Keyed]:
    for number in range(ROWS):
        told = Transaction(
            source_key=str(number),
            type=TransactionType.BUY,
            trade_date=date(2020, 1, 1) + timedelta(days=number),
            currency="USD",
            source_type="FILL buy",
            quantity=Decimal(number + 1),
            price=Decimal("12.34"),
            net=Decimal("-12.34") * (number + 1),
            raw=b"x" * 300,
        )
        yield Keyed(f"{account}-{number}", told, None)


def _write(uow: UnitOfWork, account: str) -> Changes:
    rows = list(_rows(account))
    stored = uow.transactions.stored(account, [row.key for row in rows])
    return uow.transactions.apply(account, "all", rows, stored, lambda _, raw: raw, NOW)


def _written(store: SqlStorage, account: str) -> None:
    store.write_now(lambda uow: _write(uow, account))


async def _read(reading: SqlReading) -> float:
    start = time.perf_counter()
    page = await reading.transactions(QUERY, None)
    if len(page.rows) != QUERY.limit:
        raise RuntimeError("a page is too short")
    return time.perf_counter() - start


def _seconds(deed: Callable[[], object]) -> float:
    start = time.perf_counter()
    deed()
    return time.perf_counter() - start


def _fill(store: SqlStorage, before: int, after: int) -> None:
    """Rows of others, a thousand an account, made by the database itself."""
    postgresql = store.engine.dialect.name == "postgresql"
    series = "WITH RECURSIVE n(i) AS (SELECT {} UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT i FROM n"
    numbers = f"({series.format(before, after - 1)}) AS n"
    if postgresql:
        numbers = f"generate_series({before}, {after - 1}) AS n(i)"
    blob = "decode(repeat('ab', 300), 'hex')" if postgresql else "zeroblob(300)"
    short = "decode(repeat('ab', 16), 'hex')" if postgresql else "zeroblob(16)"
    text = "md5(i::text)" if postgresql else "printf('%016x', i * 2654435761)"
    values = (
        f"'other-' || (i / 1000), {text}, 'all', 1, 'posted', 'buy', 'FILL buy', 20200101 + i - i / 28 * 28, "
        f"'1', '12.34', 'USD', '-12.34', '-12.34', '', 0, 0, {short}, {blob}"
    )
    if postgresql:
        values = values.replace("'1', '12.34', 'USD', '-12.34', '-12.34'", "1, 12.34, 'USD', -12.34, -12.34")
    with store.engine.connect() as plain:
        connection = plain.execution_options(brokerlink_writes=True)
        with connection.begin():
            if postgresql:
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql(
                f"INSERT INTO transactions ({_COLUMNS}) SELECT {values} FROM {numbers}"  # noqa: S608 - numbers
            )
    with store.engine.connect() as plain:
        if postgresql:
            plain.execution_options(isolation_level="AUTOCOMMIT")
            plain.exec_driver_sql("SET statement_timeout = 0")
            plain.exec_driver_sql("VACUUM ANALYZE transactions")
            plain.exec_driver_sql("CHECKPOINT")
            plain.exec_driver_sql("RESET statement_timeout")


def _check_plans(store: SqlStorage) -> None:
    """Raises RuntimeError where a hot statement would walk over other accounts' rows."""
    postgresql = store.engine.dialect.name == "postgresql"
    statements = Statements(postgresql)
    walk = statements.walk("", start=False, end=False, types=False, symbol=False, whole=True)
    listed = statements.listed(["a", "b"])
    explain = "EXPLAIN " if postgresql else "EXPLAIN QUERY PLAN "
    with store.engine.connect() as connection:
        for statement, bound in ((walk, ("mine", 101)), (statements.rows, ("mine", listed))):
            plan = " ".join(str(row) for row in connection.exec_driver_sql(explain + statement, bound))
            if "Seq Scan" in plan or "SCAN transactions" in plan or "Index" not in plan.title():
                raise RuntimeError(f"a walk over all rows: {plan}")
