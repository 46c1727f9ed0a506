"""Migrations: up, down and up again, and nothing in the tables that they do not make."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from postgres import ENGINES, Postgres
from sqlalchemy import inspect

from adapters.sql.engine import open_engine
from adapters.sql.migrate import downgrade, pending, upgrade
from adapters.sql.tables import metadata


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

    with engine.connect() as connection:
        ours = MigrationContext.configure(connection, opts={"include_name": not_the_engines})
        differences = compare_metadata(ours, metadata)

    assert differences == []
    engine.dispose()


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
