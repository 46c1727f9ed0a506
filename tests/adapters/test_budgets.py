"""What budgets promise to all who share them: the same in one process and over all of them."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from postgres import Postgres

from adapters.kit.budgets import InProcessBudgets
from adapters.kit.card import Rate
from adapters.kit.limits import Limits
from adapters.kit.wire import Response
from adapters.sql.budgets import SharedBudgets
from adapters.sql.engine import SqlStorage
from adapters.sql.store import open_store
from adapters.sql.tables import budgets as rows
from domain.budgets import Again, Budget, Place, Turn
from domain.errors import CircuitOpen
from domain.policy import BREAKER_OPENS_AFTER
from domain.ports.budgets import Budgets

SECOND = timedelta(seconds=1)
AT_ONCE = timedelta(0)
BUDGET = Budget("bank/api/default", 200, 60 * SECOND)
SECRET = b"a secret that all processes know"
# Who shares a budget: the same object in one process, another one for each process over the database.
Sharers = Callable[[], Budgets]


@pytest.fixture
def database_url(postgresql: Postgres) -> Iterator[str]:
    address = postgresql.create()
    yield address
    postgresql.drop(address)


@pytest.fixture(params=["in process", "shared"])
def sharer(request: pytest.FixtureRequest) -> Iterator[Sharers]:
    if request.param == "in process":
        one = InProcessBudgets(lambda: datetime.now(UTC))
        yield lambda: one
        return
    url, opened = request.getfixturevalue("database_url"), list[SqlStorage]()

    def another() -> Budgets:
        opened.append(open_store(url, migrate=False))
        return SharedBudgets(opened[-1], SECRET)

    yield another
    for store in opened:
        store.close()


async def test_what_one_takes_another_does_not_get(sharer: Sharers) -> None:
    workers = [sharer() for _ in range(4)]

    async def taken(budgets: Budgets) -> int:
        places = 0
        while isinstance(await budgets.ask(BUDGET, Turn.LISTED, AT_ONCE, None), Place):
            places += 1
        return places

    places = await asyncio.gather(*(taken(budgets) for budgets in workers))

    # What comes anew while the test runs is a call or two.
    assert BUDGET.burst <= sum(places) <= BUDGET.burst + 3


async def test_a_429_of_one_holds_back_all(sharer: Sharers) -> None:
    told, other = sharer(), sharer()

    await told.quiet(BUDGET, 30 * SECOND)

    answer = await other.ask(BUDGET, Turn.PERSON, AT_ONCE, None)
    assert isinstance(answer, Again)
    assert 29 * SECOND < answer.wait <= 30 * SECOND
    elsewhere = Budget("bank/api/auth", 60, 60 * SECOND)
    assert await other.ask(elsewhere, Turn.PERSON, AT_ONCE, None) == Place()


async def test_a_429_is_obeyed_by_every_credential_of_a_crowd(sharer: Sharers) -> None:
    told, other = sharer(), sharer()
    mine, another = (Budget(f"bank/api/default/{who}", 200, 60 * SECOND, "bank/api/default") for who in "ab")

    await told.quiet(mine, 30 * SECOND)

    for budget in (mine, another):
        answer = await other.ask(budget, Turn.PERSON, AT_ONCE, None)
        assert isinstance(answer, Again)
        assert 29 * SECOND < answer.wait <= 30 * SECOND
    alone = Budget("bank/api/default/c", 200, 60 * SECOND)
    assert await other.ask(alone, Turn.PERSON, AT_ONCE, None) == Place()


async def test_the_list_is_one_list(sharer: Sharers) -> None:
    first, second = sharer(), sharer()
    await first.quiet(BUDGET, 30 * SECOND)

    waits = []
    for budgets in (first, second, first, second):
        answer = await budgets.ask(BUDGET, Turn.NEW, AT_ONCE, None)
        assert isinstance(answer, Again)
        waits.append(answer.wait)

    assert waits == sorted(waits)
    assert waits[-1] - waits[0] > 5 * SECOND


async def test_outages_of_all_open_the_breaker_for_all(sharer: Sharers) -> None:
    workers = [sharer() for _ in range(3)]
    for number in range(BREAKER_OPENS_AFTER):
        await workers[number % 3].called("bank/api", worked=False)

    for budgets in workers:
        with pytest.raises(CircuitOpen) as caught:
            await budgets.ask(BUDGET, Turn.PERSON, AT_ONCE, "bank/api")
        assert caught.value.retry_after is not None
    await workers[0].ask(BUDGET, Turn.PERSON, AT_ONCE, "another/api")


async def test_an_outage_is_told_once_by_one_and_its_end_once(
    sharer: Sharers, caplog: pytest.LogCaptureFixture
) -> None:
    workers = [sharer() for _ in range(3)]
    for number in range(4 * BREAKER_OPENS_AFTER):
        await workers[number % 3].called("bank/api", worked=False)

    with pytest.raises(CircuitOpen):
        await workers[0].ask(None, Turn.PERSON, AT_ONCE, "bank/api")
    for _ in range(3):
        await workers[0].called("bank/api", worked=True)

    told = [(line.levelname, line.message, vars(line)["door"]) for line in caplog.records]
    assert told == [
        ("ERROR", "a brokerage is out", "bank/api"),
        ("WARNING", "a brokerage answers again", "bank/api"),
    ]


async def test_a_success_of_one_ends_the_count_of_all(sharer: Sharers) -> None:
    failing, working = sharer(), sharer()
    for _ in range(3):
        for _ in range(BREAKER_OPENS_AFTER - 1):
            await failing.called("bank/api", worked=False)
        await working.ask(None, Turn.PERSON, AT_ONCE, "bank/api")
        await working.called("bank/api", worked=True)

    assert await failing.ask(None, Turn.PERSON, AT_ONCE, "bank/api") == Place()


async def test_after_its_time_one_probe_goes_out_over_all(
    sharer: Sharers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.policy.BREAKER_STAYS_OPEN", timedelta(seconds=0.5))
    workers = [sharer() for _ in range(5)]
    for _ in range(BREAKER_OPENS_AFTER):
        await workers[0].called("bank/api", worked=False)
    await asyncio.sleep(0.6)

    async def probes(budgets: Budgets) -> bool:
        try:
            await budgets.ask(BUDGET, Turn.PERSON, AT_ONCE, "bank/api")
        except CircuitOpen:
            return False
        return True

    went = await asyncio.gather(*(probes(budgets) for budgets in workers))

    assert went.count(True) == 1
    await workers[went.index(True)].called("bank/api", worked=True)
    assert await asyncio.gather(*(probes(budgets) for budgets in workers)) == [True] * 5


async def test_calls_of_several_processes_together_keep_the_card(sharer: Sharers) -> None:
    """No window holds more than the card allows, by when each may go out at the earliest and at the latest:
    how long the answer took is all that is not known."""
    loop, budget, go_out = asyncio.get_running_loop(), Budget("bank/api/default", 20, SECOND), []

    async def worker(budgets: Budgets) -> None:
        for _ in range(8):
            before = loop.time()
            answer = await budgets.ask(budget, Turn.PERSON, AT_ONCE, None)
            assert isinstance(answer, Place)
            wait = answer.wait.total_seconds()
            go_out.append((before + wait, loop.time() + wait))

    await asyncio.gather(*(worker(sharer()) for _ in range(5)))

    earliest, latest = (sorted(times) for times in zip(*go_out, strict=True))
    assert len(earliest) == 40
    assert min(later - first for first, later in zip(earliest, latest[20:], strict=False)) >= 1


async def test_the_database_holds_no_credential(database_url: str) -> None:
    store = open_store(database_url, migrate=False)
    door = Limits("bank/api", {"default": Rate(20)}, SharedBudgets(store, SECRET))
    await door.place("default", "token=very-secret", Turn.PERSON)
    await door.learn("default", "token=very-secret", Response(429), datetime.now(UTC))

    crowd, key = store.read_now(
        lambda uow: uow.sql.execute(rows.select().order_by(rows.c.key)).mappings().all()
    )

    assert crowd["key"] == "bank/api/default"
    assert key["key"].startswith("bank/api/default/")
    assert "secret" not in str(dict(key))
    other = SharedBudgets(store, b"another secret").name("token=very-secret")
    assert not key["key"].endswith(other), "whoever lacks the secret cannot tell"
    store.close()


async def test_budgets_that_nobody_uses_are_forgotten(database_url: str) -> None:
    store = open_store(database_url, migrate=False)
    shared = SharedBudgets(store, SECRET)
    for key in ("old", "young"):
        await shared.ask(Budget(key, 1, SECOND), Turn.PERSON, AT_ONCE, None)
    long_ago = datetime.now(UTC) - timedelta(days=2)
    store.write_now(
        lambda uow: uow.sql.execute(rows.update().where(rows.c.key == "old").values(used_at=long_ago))
    )

    await shared.forget()

    assert store.read_now(lambda uow: uow.sql.execute(rows.select()).scalars().all()) == ["young"]
    store.close()
