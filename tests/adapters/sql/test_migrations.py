"""Migrations: up, down and up again, killed half way, and nothing in the tables that they do not make."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from postgres import ENGINES, Postgres
from sqlalchemy import Engine, event, inspect, select

from adapters.sql.engine import open_engine
from adapters.sql.migrate import HERE, downgrade, pending, upgrade
from adapters.sql.tables import metadata, roots

# A program that migrates, and dies as by `kill -9` before the statement with a number; 0 lets it live.
MIGRATING = """
import os, signal, sys
from sqlalchemy import event
from adapters.sql.engine import open_engine
from adapters.sql.migrate import upgrade

engine, deadly, count = open_engine(sys.argv[1]), int(sys.argv[2]), 0

@event.listens_for(engine, "before_cursor_execute")
def before(*_):
    global count
    count += 1
    if count == deadly:
        os.kill(os.getpid(), signal.SIGKILL)

upgrade(engine)
"""


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/b.db"
        return
    server: Postgres = request.getfixturevalue("postgresql")
    address = server.create(empty=True)
    yield address
    server.drop(address)


def test_up_down_and_up_again(url: str) -> None:
    engine = open_engine(url)
    assert pending(engine)

    upgrade(engine)
    tables = set(inspect(engine).get_table_names())
    downgrade(engine, "base")
    left = set(inspect(engine).get_table_names())
    upgrade(engine)

    assert left == {"alembic_version"}
    assert set(inspect(engine).get_table_names()) == tables >= set(metadata.tables)
    assert not pending(engine)
    engine.dispose()


def test_the_migrations_make_what_the_queries_name(url: str) -> None:
    engine = open_engine(url)
    upgrade(engine)

    assert differences(engine) == []
    engine.dispose()


def differences(engine: Engine) -> list[object]:
    """What the tables have that the migrations do not make, and the other way round."""
    with engine.connect() as connection:
        ours = MigrationContext.configure(connection, opts={"include_name": not_the_engines})
        return list(compare_metadata(ours, metadata))


def not_the_engines(name: str | None, kind: str, _: object) -> bool:
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def test_the_engines_tables_are_those_of_the_version_that_is_installed() -> None:
    """A newer engine brings migrations: then a migration of ours has to apply them."""
    known = max(
        path.name for path in files("procrastinate.sql.migrations").iterdir() if path.name[0].isdigit()
    )

    assert known == "03.04.00_50_post_add_retry_failed_job_procedure.sql"


def test_running_them_again_changes_nothing(url: str) -> None:
    engine = open_engine(url)
    upgrade(engine)

    upgrade(engine)

    assert not pending(engine)
    engine.dispose()


def migrating(url: str, deadly: int = 0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", MIGRATING, url, str(deadly)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def statements(engine: Engine, deed: Callable[[], None]) -> int:
    """How many statements a deed sends."""
    count = 0

    def before(*_: object) -> None:
        nonlocal count
        count += 1

    event.listen(engine, "before_cursor_execute", before)
    deed()
    event.remove(engine, "before_cursor_execute", before)
    return count


@pytest.mark.slow
def test_a_migration_that_is_killed_half_way_is_done_by_the_next_start(url: str) -> None:
    engine = open_engine(url)
    upgrade(engine, "0001")
    with engine.connect().execution_options(brokerlink_writes=True) as connection:
        connection.execute(roots.insert(), {"name": "old", "value": b"kept"})
        connection.commit()
    many = statements(engine, lambda: upgrade(engine))
    downgrade(engine, "0001")
    killed, left = [], []

    for part in (0.4, 0.8):
        killed.append(migrating(url, int(many * part)).returncode)
        left.append((pending(engine), kept(engine)))
    whole = migrating(url)

    assert killed == [-signal.SIGKILL] * 2
    assert left == [(True, ["old"])] * 2
    assert (whole.returncode, whole.stderr) == (0, "")
    assert not pending(engine)
    assert differences(engine) == []
    assert kept(engine) == ["old"]
    engine.dispose()


def kept(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return [row[0] for row in connection.execute(select(roots.c.name))]


def test_a_migration_only_adds_so_that_the_program_of_yesterday_goes_on(tmp_path: Path) -> None:
    """While processes are replaced one after the other, both programs run on the tables of tomorrow."""
    engine = open_engine(f"sqlite:///{tmp_path}/b.db")
    config = Config()
    config.set_main_option("script_location", str(HERE))
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    before: dict[tuple[str, str], bool] = {}

    for revision in reversed(revisions):
        upgrade(engine, revision)
        after = columns(engine)
        tables = {table for table, _ in before}
        lost = before.keys() - after.keys()
        unfilled = [c for c in after.keys() - before.keys() if c[0] in tables and not after[c]]
        assert (revision, lost, unfilled) == (revision, set(), [])
        before = after
    engine.dispose()


def columns(engine: Engine) -> dict[tuple[str, str], bool]:
    """(table, column), and whether a row may leave it out."""
    found = inspect(engine)
    return {
        (table, column["name"]): column["nullable"] or column["default"] is not None
        for table in found.get_table_names()
        for column in found.get_columns(table)
    }
