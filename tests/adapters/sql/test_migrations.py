"""Migrations: up, down and up again, and nothing in the tables that they do not make."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from adapters.sql.engine import open_engine
from adapters.sql.migrate import downgrade, pending, upgrade
from adapters.sql.tables import metadata


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/b.db"


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
        differences = compare_metadata(MigrationContext.configure(connection), metadata)

    assert differences == []
    engine.dispose()


def test_running_them_again_changes_nothing(url: str) -> None:
    engine = open_engine(url)
    upgrade(engine)

    upgrade(engine)

    assert not pending(engine)
    engine.dispose()
