"""The hot reads: exact text, one view, pages along the index, and nobody in anybody's way."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from answering import Chance, Clock
from handmade import DAY, NOON, Rows, buy, share
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.aesgcm.keyring import KeyRing, generate
from adapters.aesgcm.vault import AesGcmVault
from adapters.sql.engine import SqlStorage
from adapters.sql.reading import SqlReading
from adapters.sql.reading_statements import Statements
from adapters.sql.unit_of_work import SqlUnitOfWork
from brokerlink.usecases.safe import Safe
from domain.ports.reading import Place, TransactionQuery
from domain.positions import Balance, Position

SLOW_STEPS = ("SCAN transactions", "TEMP B-TREE", "SCAN i", "Seq Scan", "Sort")
NOTHING_KNOWN = lambda _: False  # noqa: E731 - a value


@pytest.fixture
def rows(store: SqlStorage) -> Rows:
    return Rows(store, Safe(AesGcmVault(KeyRing.parse(generate()), b"k" * 32)), Clock(), Chance())


@pytest.fixture
def reading(rows: Rows) -> Iterator[SqlReading]:
    made = SqlReading(rows.store.engine)
    yield made
    made.close()


def query(
    account: str | None = None, user: str | None = None, limit: int = 100, **more: object
) -> TransactionQuery:
    return TransactionQuery(account, user, None, None, (), "", None, limit)._replace(**more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        ("0.10", "0.1"),
        ("1E+3", "1000"),
        ("-0.00", "0"),
        ("123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"),
        ("0.000000000000000001", "0.000000000000000001"),
    ],
)
async def test_figures_leave_as_the_plain_text_they_are(
    rows: Rows, reading: SqlReading, figure: str, text: str
) -> None:
    account = rows.account()
    rows.hold(account, [Position(share("A"), Decimal(figure), "USD", price=Decimal(figure))], [])

    held = await reading.holdings(account)

    assert held is not None
    (position,) = held.positions
    assert (position.quantity, position.price, position.market_value) == (text, text, None)


async def test_instants_and_days_are_whole_numbers(rows: Rows, reading: SqlReading) -> None:
    account = rows.account()
    rows.transact(account, [buy(1, date(2026, 2, 28), settlement_date=date(2026, 3, 2))])

    (row,) = (await reading.transactions(query(account), NOTHING_KNOWN)).rows

    executed = datetime(2026, 2, 28, 15, 30, 0, 1, UTC)
    since = executed - datetime(1970, 1, 1, tzinfo=UTC)
    assert (row.trade_date, row.settlement_date) == (20260228, 20260302)
    assert row.executed_at == since // timedelta(microseconds=1)


async def test_what_is_known_is_not_read_again(rows: Rows, reading: SqlReading) -> None:
    account = rows.account()
    rows.transact(account, [buy(i) for i in range(10)])
    places = (await reading.transactions(query(account), NOTHING_KNOWN)).places

    few = await reading.transactions(query(account), lambda place: place not in places[:2])
    most = await reading.transactions(query(account), lambda place: place in places[:2])

    assert few.places == most.places == places
    assert {row.key for row in few.rows} == {place.key for place in places[:2]}
    assert {row.key for row in most.rows} >= {place.key for place in places[2:]}


async def test_a_new_version_stands_at_another_place(rows: Rows, reading: SqlReading) -> None:
    account = rows.account()
    rows.transact(account, [buy(1)])
    before = (await reading.transactions(query(account), NOTHING_KNOWN)).places
    rows.transact(account, [buy(1, price=Decimal(1))])

    after = (await reading.transactions(query(account), NOTHING_KNOWN)).places

    assert before != after
    assert before[0][:3] == after[0][:3]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=st.lists(st.lists(st.integers(0, 4), max_size=12), min_size=1, max_size=4),
    size=st.integers(1, 9),
)
async def test_a_merged_list_is_the_sorted_list(
    rows: Rows, reading: SqlReading, days: list[list[int]], size: int
) -> None:
    """Accounts whose rows share keys and days, cut into pages of any size; a new user each time."""
    user = rows.chance.id("user")
    for account_days in days:
        told = [buy(i, DAY - timedelta(days=back)) for i, back in enumerate(account_days)]
        if told:
            rows.transact(rows.account(user), told)
    whole = (await reading.transactions(query(user=user, limit=1000), NOTHING_KNOWN)).places

    found: list[Place] = []
    while page := await reading.transactions(
        query(user=user, limit=size, after=found[-1] if found else None), NOTHING_KNOWN
    ):
        found += page.places
        if len(page.places) < size:
            break

    assert found == whole == sorted(whole, reverse=True)
    assert len(found) == sum(map(len, days))


async def test_an_account_that_is_not_there_is_none(reading: SqlReading) -> None:
    page = await reading.transactions(query("acc_0"), NOTHING_KNOWN)

    assert await reading.version("acc_0") is None
    assert await reading.holdings("acc_0") is None
    assert await reading.transaction("acc_0", "0") is None
    assert (page.owner, page.places) == (None, [])
    assert await reading.holdings_of_user("nobody") == []


async def test_a_writer_keeps_no_reader_waiting(rows: Rows, reading: SqlReading) -> None:
    account = rows.account()
    rows.hold(account, [], [Balance("USD", Decimal(1))])
    writing, go_on = threading.Event(), threading.Event()

    def write(uow: object) -> None:
        uow.holdings.replace_balances(account, [Balance("USD", Decimal(2))])  # type: ignore[attr-defined]
        uow.holdings.bump(account)  # type: ignore[attr-defined]
        writing.set()
        go_on.wait(10)

    task = asyncio.create_task(rows.store.write(write))
    await asyncio.to_thread(writing.wait, 10)
    async with asyncio.timeout(1):
        during = await reading.holdings(account)
        await reading.holdings_of_user("user-1")
    go_on.set()
    await task
    after = await reading.holdings(account)

    assert during is not None
    assert after is not None
    assert (during.balances[0].cash, during.account.version) == ("1", 1)
    assert (after.balances[0].cash, after.account.version) == ("2", 2)


async def test_a_view_is_never_a_mixture_of_two(rows: Rows, reading: SqlReading) -> None:
    """Every snapshot that is written says its number in each part."""
    account = rows.account()

    def snapshot(number: int) -> None:
        figure = Decimal(number)
        positions = [Position(share(f"S{i}"), figure, "USD") for i in range(5)]
        rows.hold(account, positions, [Balance("USD", figure)], NOON + timedelta(microseconds=number))

    def write() -> None:
        for number in range(1, 30):
            snapshot(number)

    snapshot(0)
    writer = asyncio.create_task(asyncio.to_thread(write))
    seen = 0
    while not writer.done():
        held = await reading.holdings(account)
        (of_user,) = await reading.holdings_of_user("user-1")
        for view in (held, of_user):
            assert view is not None
            number = str(view.account.version - 1)
            assert {row.quantity for row in view.positions} == {number}
            assert view.balances[0].cash == number
            assert {str(row.fetched_at)[-len(number) :] for row in view.freshness} == {number}
        seen += 1
    await writer

    assert seen > 1


@pytest.mark.parametrize("symbol", ["", "VTI"])
@pytest.mark.parametrize("after", ["", "<", "<="])
def test_pages_walk_an_index(rows: Rows, symbol: str, after: str) -> None:
    embedded = rows.store.embedded
    walk = Statements(not embedded).walk(
        after, start=True, end=True, types=True, symbol=bool(symbol), whole=True
    )
    bound: list[object] = ["acc_1", 20200101, 20261231]
    bound += [20260101, "key"] if after else []
    bound += ['["buy"]' if embedded else ["buy"], *([symbol] * 2 if symbol else []), 100]

    if embedded:
        steps = rows.store.read_now(
            lambda uow: [
                row[3] for row in uow.sql.exec_driver_sql(f"EXPLAIN QUERY PLAN {walk}", tuple(bound))
            ]
        )
    else:
        # A sequential walk over a nearly empty table is cheaper than any index: here it must not be.
        def explained(uow: SqlUnitOfWork) -> list[str]:
            uow.sql.exec_driver_sql("SET LOCAL enable_seqscan = off")
            uow.sql.exec_driver_sql("SET LOCAL enable_sort = off")
            return list(uow.sql.exec_driver_sql(f"EXPLAIN {walk}", tuple(bound)).scalars())

        steps = rows.store.read_now(explained)

    assert any("ix_transactions_account_id_trade_date_key" in step for step in steps)
    assert not any(word in step for step in steps for word in SLOW_STEPS)


def test_every_statement_binds_its_values_on_both_engines() -> None:
    for postgresql in (False, True):
        statements = Statements(postgresql)
        made = [
            getattr(statements, name)
            for name in dir(Statements)
            if not name.startswith("_") and isinstance(getattr(statements, name), str)
        ]
        made.append(statements.walk("<=", start=True, end=True, types=True, symbol=True, whole=True))

        assert len(made) > 8
        assert all(("?" in one) is not postgresql for one in made if "SELECT" in one)
        assert all(("%s" in one) is postgresql for one in made if "SELECT" in one)


async def test_a_reading_thread_outlives_the_end_of_its_connection(rows: Rows, reading: SqlReading) -> None:
    if rows.store.engine.dialect.name != "postgresql":
        pytest.skip("a file has no connections that somebody else could end")
    account = rows.account()
    await reading.holdings(account)
    with rows.store.engine.connect() as other:
        ended = other.exec_driver_sql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).all()

    assert ended
    assert await reading.holdings(account) is not None
    assert await reading.version(account) is not None
