"""What all tests share: a clean environment, hypothesis without a clock, and databases of both engines."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import postgres
import pytest
from hypothesis import settings
from postgres import ENGINES, Postgres

from adapters.sql import engine

# A slow machine is not a fault; a fault is repeated with its blob.
settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")

# A shell that runs us in the background has us ignore Ctrl-C, and what we start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

OURS = {"DATABASE_URL", "BROKERAGE_ENCRYPTION_KEY"}
# Makes a new database: its address.
Databases = Callable[[], str]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them."""
    for name in [name for name in os.environ if name.startswith("BROKERLINK_") or name in OURS]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit of SQLite in this process waits for no disk, as ours of PostgreSQL do not: only a machine that
    loses power could tell. The tests of that, and all processes that are started, are as in production."""
    if request.node.path.name != "test_power_cut.py":
        monkeypatch.setattr(engine, "SYNCHRONOUS", "OFF")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgres]:
    """The PostgreSQL server of this test run."""
    try:
        with postgres.running() as server:
            yield server
    except postgres.Unusable as reason:
        if postgres.GIVEN:
            raise  # whoever names a server wants to know what is wrong with it
        pytest.skip(str(reason))


@pytest.fixture(params=ENGINES)
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """New databases on one engine, as many as a test asks for. On PostgreSQL they are migrated already."""
    if request.param == "sqlite":
        numbers = iter(range(1_000_000))
        yield lambda: f"sqlite:///{tmp_path}/{next(numbers)}/brokerlink.db"
        return
    server: Postgres = request.getfixturevalue("postgresql")
    made: list[str] = []

    def make() -> str:
        made.append(server.create())
        return made[-1]

    yield make
    for address in made:
        server.drop(address)


@pytest.fixture
def database(databases: Databases) -> str:
    """The address of a new database."""
    return databases()
