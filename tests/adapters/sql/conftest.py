"""A fresh store for each test, on each engine that there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.sql.engine import SqlStorage
from adapters.sql.store import open_store

# PostgreSQL joins here as a second one: the promises are the same.
ENGINES = ["sqlite"]


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    return {"sqlite": f"sqlite:///{tmp_path}/b.db"}[request.param]


@pytest.fixture
def store(url: str) -> Iterator[SqlStorage]:
    opened = open_store(url)
    yield opened
    opened.close()
