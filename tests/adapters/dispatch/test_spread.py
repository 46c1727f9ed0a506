"""What only the spread dispatcher can get wrong: what the engine stores, locks of the dead, lost backends."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import psycopg
import pytest
from postgres import Postgres
from sqlalchemy import text

from adapters.dispatch.notify import NotifyHub
from adapters.sql.store import open_store

from .conftest import LEASE, Works


@pytest.fixture
def database(postgresql: Postgres) -> Iterator[str]:
    address = postgresql.create()
    yield address
    postgresql.drop(address)


def jobs(works: Works) -> list[dict[str, object]]:
    found = text(
        "SELECT args, lock, queueing_lock, status::text, priority FROM procrastinate_jobs ORDER BY id"
    )
    return works.store.read_now(lambda uow: [dict(row) for row in uow.sql.execute(found).mappings()])


async def test_a_job_holds_the_id_of_its_run_and_nothing_else(works: Works) -> None:
    dispatch = works.dispatcher(places=0)

    dispatch.wake(await works.queue("run_1"))
    await works.until(lambda: bool(jobs(works)))

    assert jobs(works) == [
        {
            "args": {"run_id": "run_1"},
            "lock": "con_run_1",
            "queueing_lock": None,
            "status": "todo",
            "priority": 1,
        }
    ]


async def test_nothing_is_left_of_a_job_that_is_done(works: Works) -> None:
    works.gate.set()
    dispatch = works.dispatcher()

    dispatch.wake(await works.queue("run_1"))
    await works.until_ended("run_1")

    await works.until(lambda: jobs(works) == [])


# Who has the job: a worker that has been silent for so many seconds, or one that was forgotten.
@pytest.mark.parametrize("silence", [60, 0, None])
async def test_the_lock_of_a_job_that_nobody_is_at_is_freed_although_its_twin_waits(
    works: Works, silence: int | None
) -> None:
    """procrastinate's own recipe fails here (#1446): the twin of the dead job has to come through."""
    run = await works.queue("run_1")
    leave = text("""
        WITH worker AS (
            INSERT INTO procrastinate_workers (last_heartbeat)
            SELECT now() - make_interval(secs => CAST(:silence AS float))
            WHERE CAST(:silence AS float) IS NOT NULL
            RETURNING id
        )
        INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args, status, worker_id)
        SELECT 'people', 'look_at', 'con_run_1', CAST(:args AS jsonb), 'doing', (SELECT id FROM worker)
    """)
    told = {"silence": silence, "args": '{"run_id": "run_0"}'}
    works.store.write_now(lambda uow: uow.sql.execute(leave, told).rowcount)
    works.gate.set()
    dispatch = works.dispatcher()

    dispatch.wake(run)
    await works.until_ended("run_1")

    await works.until(lambda: jobs(works) == [], seconds=20)


async def test_it_outlives_the_loss_of_every_backend(works: Works) -> None:
    dispatch = works.dispatcher()
    await asyncio.sleep(0.5)
    works.gate.set()

    for n in range(3):
        with psycopg.connect(works.store.conninfo, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        dispatch.wake(await works.queue(f"run_{n}"))
        await asyncio.sleep(0.5)

    await works.until_ended("run_0", "run_1", "run_2")


async def test_a_stale_writer_is_refused_as_soon_as_its_lease_was_taken_away(works: Works) -> None:
    await works.queue("run_1")
    stale = await works.store.write(
        lambda uow: uow.runs.lease_one("run_1", "dead", timedelta(milliseconds=1))
    )
    assert stale is not None
    works.dispatcher("b")

    await works.until(lambda: bool(works.taken))

    assert not await works.store.write(lambda uow: uow.runs.renew("run_1", stale.token, LEASE))


@pytest.fixture
async def hubs(database: str) -> AsyncIterator[tuple[NotifyHub, NotifyHub]]:
    store = open_store(database)
    here, there = NotifyHub(store.conninfo), NotifyHub(store.conninfo)
    here.start()
    there.start()
    await asyncio.sleep(0.5)
    yield here, there
    await here.stop()
    await there.stop()
    await asyncio.to_thread(store.close)


async def told(hub: NotifyHub, run_id: str, sequence: int, seconds: float) -> float:
    loop = asyncio.get_running_loop()
    before = loop.time()
    await hub.wait(run_id, sequence, seconds)
    return loop.time() - before


async def test_what_moves_in_one_process_is_known_in_the_other(hubs: tuple[NotifyHub, NotifyHub]) -> None:
    here, there = hubs
    waiting = asyncio.create_task(told(there, "run_1", 0, 10))
    await asyncio.sleep(0.1)

    for sequence in range(1, 200):
        here.publish(f"run_{sequence}", sequence)
    here.publish("run_1", 1)

    assert await waiting < 5
    assert await told(there, "run_199", 198, 10) < 5


async def test_a_hub_that_lost_its_connection_finds_another(
    hubs: tuple[NotifyHub, NotifyHub], database: str
) -> None:
    here, there = hubs
    with psycopg.connect(database, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    async def publish() -> None:
        for sequence in range(1, 100):
            here.publish("run_1", sequence)
            await asyncio.sleep(0.1)

    publishing = asyncio.create_task(publish())

    assert await told(there, "run_1", 0, 9) < 8
    publishing.cancel()
