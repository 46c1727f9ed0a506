"""Twenty processes race on an expired token of a brokerage that kills the login of who renews twice."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import house
import pytest
from house import Clock, House
from marker import MARKER
from postgres import Postgres

from adapters.aesgcm.keyring import generate
from adapters.kit.http import HttpWire
from adapters.sandbox.create import create
from adapters.sandbox.faults import Faulty, parse_fault
from adapters.sandbox.server import serving
from domain.connections import ConnectionState
from domain.syncs import RunState, SyncRun

ROOT = Path(__file__).resolve().parent.parent.parent
PROCESSES = 20
# 100 were run for docs/reliability.md; the suite needs fewer to find a race that is there.
ROUNDS = int(os.environ.get("RENEWAL_ROUNDS", "5"))
TOKEN = "/v1/oauth/token"


@contextmanager
def racing(*given: str) -> Iterator[subprocess.Popen[str]]:
    path = os.pathsep.join([str(ROOT), str(ROOT / "src"), str(ROOT / "tests" / "support")])
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "support" / "renewing.py"), *given, str(PROCESSES)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def asked(faulty: Faulty, path: str) -> int:
    return sum(heard.path == path for heard in faulty.sandbox.play.log)


@pytest.mark.slow
@pytest.mark.timeout(60 + 15 * ROUNDS)
async def test_of_twenty_processes_one_renews_and_all_go_on(postgresql: Postgres) -> None:
    url, key, clock, wire = postgresql.create(), generate(), Clock(), HttpWire()
    faulty = Faulty(create("schwab", 7, "plain", marker=MARKER), "plain")
    with serving([faulty], time=clock.now) as running:
        made = house.furnished(url, running.stage, wire, running.address, clock, key=key)
        view = await made.connected("schwab")
        assert view.connection is not None
        renewals, winners = [], []
        with racing(url, running.address, key, view.connection.id) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for number in range(1, ROUNDS + 1):
                clock.ahead = timedelta(minutes=31 * number)  # a token lives for 30
                before = asked(faulty, TOKEN)
                start = time.perf_counter()
                process.stdin.write(f"{31 * number}\n")
                process.stdin.flush()
                winners.append(int(await asyncio.to_thread(process.stdout.readline)))
                renewals.append(asked(faulty, TOKEN) - before)
                print(f"round {number}: {renewals[-1]} renewal, {time.perf_counter() - start:.1f} s")
        stored = await made.store.read(lambda uow: uow.credentials.get(view.connection.id))  # type: ignore[union-attr]
        await wire.close()
        made.store.close()
    postgresql.drop(url)

    assert renewals == [1] * ROUNDS
    assert winners == [PROCESSES] * ROUNDS
    assert stored is not None
    assert stored.version == ROUNDS + 1


# ---- an answer to a renewal that is lost


async def expired(made: House, brokerage: str, after: timedelta) -> str:
    """A connection whose token has expired since it was synced."""
    view = await made.connected(brokerage)
    await made.run()
    made.clock.ahead = after
    assert view.connection is not None
    return view.connection.id


async def gone_on(made: House) -> SyncRun | None:
    """The run that waits, taken up again: its time is by our clock, which is ahead of the database's."""
    await made.store.write(lambda uow: uow.sql.exec_driver_sql("UPDATE sync_runs SET retry_at = 0").rowcount)
    return await made.run()


async def state(made: House, connection_id: str) -> ConnectionState:
    found = await made.store.read(lambda uow: uow.connections.get(connection_id))
    assert found is not None
    return found.state


async def moves(made: House) -> int:
    """How many events tell that the connection's state changed."""
    count = "SELECT count(*) FROM events WHERE type = 'connection.state_changed'"
    return await made.store.read(lambda uow: int(uow.sql.exec_driver_sql(count).scalar_one()))


def at_noon(clock: Clock) -> None:
    """E*TRADE's tokens die at midnight in New York whatever one does: not in the middle of a test."""
    now = clock.now()
    clock.ahead += now.replace(hour=16, minute=0, second=0) + timedelta(days=1) - now


@pytest.mark.parametrize("lost", ["reset-after", "truncated"])
async def test_where_a_renewal_may_be_repeated_a_lost_answer_costs_nothing(tmp_path: Path, lost: str) -> None:
    async with house.on_sockets(tmp_path, "etrade", rows=20) as made:
        faulty = made.stage.faulty["etrade"]
        at_noon(made.clock)
        known = await expired(made, "etrade", made.clock.ahead + timedelta(hours=3))
        faulty.set_faults([parse_fault(f"{lost}@/oauth/renew_access_token#1")])
        await made.start(connection_id=known)

        first = await made.run()
        second = await gone_on(made)

        assert first is not None
        assert second is not None
        assert (first.state, second.state) == (RunState.WAITING, RunState.SUCCEEDED)
        assert await state(made, known) is ConnectionState.ACTIVE


@pytest.mark.parametrize("lost", ["reset-after", "truncated"])
async def test_where_it_may_not_the_user_is_asked_once_and_the_brokerage_no_more(
    tmp_path: Path, lost: str
) -> None:
    async with house.on_sockets(tmp_path, "schwab", rows=20) as made:
        faulty = made.stage.faulty["schwab"]
        known = await expired(made, "schwab", timedelta(minutes=31))
        faulty.set_faults([parse_fault(f"{lost}@{TOKEN}#1")])
        await made.start(connection_id=known)
        await made.run()
        await gone_on(made)
        before, calls = await moves(made), len(faulty.sandbox.play.log)

        again = await made.synced(known)

        assert await state(made, known) is ConnectionState.ACTION_REQUIRED
        assert again.failure is not None
        assert again.failure.reason == "REAUTHORIZATION_REQUIRED"
        assert await moves(made) == before, "it was told when it happened"
        assert len(faulty.sandbox.play.log) == calls, "not one more call"
        told = "SELECT count(*) FROM events WHERE facts LIKE '%action_required%'"
        assert await made.store.read(lambda uow: uow.sql.exec_driver_sql(told).scalar_one()) == 1
