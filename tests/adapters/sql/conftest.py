"""A fresh store for each test, on each engine: the promises are the same."""

from collections.abc import Iterator

import pytest

from adapters.sql.engine import SqlStorage
from adapters.sql.store import open_store


@pytest.fixture
def url(database: str) -> str:
    return database


@pytest.fixture
def store(url: str) -> Iterator[SqlStorage]:
    opened = open_store(url)
    yield opened
    opened.close()
