"""Sign-ins that go wrong: how often the brokerage is asked for a login, and what outlives a process."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import conformance
import house
import pytest
from house import Chance, House, Woken
from told import connection

from adapters.aesgcm.keyring import generate
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from brokerlink.usecases.connecting import SessionView
from brokerlink.usecases.schedule_syncs import ScheduleSyncs
from domain.challenges import Answer, Challenge
from domain.connections import ConnectionState, SessionState
from domain.errors import Busy, ChallengeExpired, ChallengeWrong, SessionOver
from domain.policy import SyncPolicy
from domain.syncs import RunState

LOGIN = "/robinhood/oauth2/token/"
WRONG = Answer(code="000000")


class Opens:
    """A market that never closes."""

    async def opening(self, now: datetime, grace: timedelta) -> datetime | None:
        return None


class Killed(BaseException):
    """As `kill -9`: nothing may catch it and tidy up."""


class Processes:
    """One after the other over the same database, with the same keys, before the same brokerage."""

    def __init__(self, database: str) -> None:
        self._database, self._key = database, generate()
        self._first = house.build(database, "robinhood", persona="mfa", rows=20, key=self._key)
        self.dies_at = ""
        self.calls: list[str] = []
        self._running: list[House] = [self._first]

    def start(self) -> House:
        stage, clock = self._first.stage, self._first.clock

        def answer(request: Request, url: str) -> Response:
            self.calls.append(url)
            if self.dies_at and url.endswith(self.dies_at):
                self.dies_at = ""
                raise Killed
            headers = dict(request.headers)
            return stage.hear(
                request.method, url, headers, request.body, clock.now(), conformance.BASE
            ).response

        made = house.furnished(
            self._database, stage, MemoryWire(answer), conformance.BASE, clock, key=self._key
        )
        self._running.append(made)
        return made

    @property
    def logins(self) -> int:
        return sum(url.endswith(LOGIN) for url in self.calls)

    @property
    def known(self) -> dict[str, str]:
        return self._first.stage.faulty["robinhood"].sandbox.credentials()

    def close(self) -> None:
        for made in self._running:
            made.store.close()


@pytest.fixture
def processes(database: str) -> Iterator[Processes]:
    made = Processes(database)
    yield made
    made.close()


async def asked(made: House, known: dict[str, str]) -> tuple[SessionView, Challenge]:
    given = {"username": known["username"], "password": known["password"]}
    view = await made.connect("user-1", "robinhood", credentials=given)
    assert view.session.state is SessionState.NEEDS_INPUT
    assert view.session.challenge is not None
    return view, view.session.challenge


async def test_a_code_that_is_wrong_three_times_ends_the_sign_in_without_another_login(
    processes: Processes,
) -> None:
    made = processes.start()
    view, challenge = await asked(made, processes.known)
    logins, left = processes.logins, [challenge.attempts_left]

    for _ in range(2):
        with pytest.raises(ChallengeWrong):
            await made.go_on(view.session.id, WRONG)
        found = await made.store.read(lambda uow: uow.sessions.get(view.session.id))
        assert found is not None
        assert found.challenge is not None
        left.append(found.challenge.attempts_left)
    over = await made.go_on(view.session.id, WRONG)

    assert left == [3, 2, 1]
    assert over.session.state is SessionState.FAILED
    with pytest.raises(SessionOver):
        await made.go_on(view.session.id, Answer(code=processes.known[challenge.kind.value]))
    assert processes.logins == logins == 1


async def test_a_process_that_dies_while_a_code_is_awaited_costs_nothing(processes: Processes) -> None:
    view, challenge = await asked(processes.start(), processes.known)
    logins = processes.logins

    another = processes.start()
    done = await another.go_on(view.session.id, another.answer(challenge, processes.known))

    assert done.session.state is SessionState.SUCCEEDED
    assert processes.logins - logins == 1, "the one that the code was for"


async def test_of_two_answers_at_once_one_is_heard(processes: Processes) -> None:
    one, other = processes.start(), processes.start()
    view, challenge = await asked(one, processes.known)
    answer, before = one.answer(challenge, processes.known), len(processes.calls)

    told = await asyncio.gather(
        *(made.go_on(view.session.id, answer) for made in (one, other)), return_exceptions=True
    )

    assert sum(isinstance(each, SessionView) for each in told) == 1
    assert sum(isinstance(each, Busy | SessionOver) for each in told) == 1
    answers = [url for url in processes.calls[before:] if "respond" in url]
    assert len(answers) == 1


async def test_a_process_that_dies_while_it_hears_an_answer_never_logs_in_a_second_time(
    processes: Processes,
) -> None:
    made = processes.start()
    view, challenge = await asked(made, processes.known)
    answer = made.answer(challenge, processes.known)
    processes.dies_at = LOGIN
    with pytest.raises(Killed):
        await made.go_on(view.session.id, answer)
    logins, another = processes.logins, processes.start()

    with pytest.raises(Busy):
        await another.go_on(view.session.id, answer)
    another.clock.ahead = timedelta(minutes=16)
    with pytest.raises(ChallengeExpired):
        await another.go_on(view.session.id, answer)

    assert processes.logins == logins


async def test_a_code_that_comes_too_late_is_not_even_sent(processes: Processes) -> None:
    made = processes.start()
    view, challenge = await asked(made, processes.known)
    answer, calls = made.answer(challenge, processes.known), len(processes.calls)
    made.clock.ahead = timedelta(minutes=16)

    with pytest.raises(ChallengeExpired):
        await made.go_on(view.session.id, answer)

    assert len(processes.calls) == calls


# ---- what the brokerage does not accept any more


@pytest.mark.parametrize("name", ["username", "password"])
async def test_a_password_that_is_refused_is_tried_once(processes: Processes, name: str) -> None:
    made = processes.start()
    given = {key: processes.known[key] for key in ("username", "password")} | {name: "of yesterday"}

    view = await made.connect("user-1", "robinhood", credentials=given)

    assert view.session.state is SessionState.FAILED
    assert view.session.failure is not None
    assert view.session.failure.reason == "CREDENTIALS_REJECTED"
    assert processes.logins == 1


@pytest.mark.parametrize("brokerage", ["alpaca", "robinhood", "schwab"])
async def test_credentials_that_are_refused_meanwhile_are_never_tried_again_by_themselves(
    tmp_path: Path, brokerage: str
) -> None:
    """Changed at the brokerage: keys, a password (which ends the tokens it gave), a consent."""
    made = house.build(tmp_path, brokerage, rows=20)
    view = await made.connected(brokerage)
    assert view.connection is not None
    await made.run()
    schedule = ScheduleSyncs(
        made.store, made.catalogue, made.clock, Chance(), Woken(), Opens(), "one", SyncPolicy()
    )
    made.stage.faulty[brokerage].sandbox.play.revoked = True
    made.clock.ahead = timedelta(hours=27)
    calls = len(made.calls)

    started = await schedule()
    run = await made.run()
    refused = len(made.calls) - calls
    for days in range(2, 32):
        made.clock.ahead = timedelta(days=days)
        assert await schedule() == 0

    assert started == 1
    assert run is not None
    assert run.state is RunState.FAILED
    assert connection(made, view.connection.id).state is ConnectionState.ACTION_REQUIRED
    print(f"{brokerage}: {refused} refused, {len(made.calls) - calls - refused} in the month after it")
    assert 1 <= refused <= 2, "one read, and one renewal where there is one"
    assert len(made.calls) - calls == refused
    made.store.close()
