"""A machine that loses power under SQLite: what was acknowledged is there, and the database is whole.

Its files are copied in the middle, as they lie on the disk, and opened by another.
"""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.sql.engine import SqlStorage
from adapters.sql.store import open_store
from domain.events import Event, EventType

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
MANY = 12


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return tmp_path / "there"


def tell(store: SqlStorage) -> None:
    store.write_now(lambda uow: uow.events.add(Event("user", EventType.SYNC_STARTED, NOW)))


def after_the_cut(there: Path, elsewhere: Path, lost: int = 0) -> int:
    """How many events another finds in a copy whose last bytes, so many, did not reach the disk."""
    elsewhere.mkdir()
    shutil.copy(there / "b.db", elsewhere)
    log = (there / "b.db-wal").read_bytes()
    (elsewhere / "b.db-wal").write_bytes(log[: len(log) - lost])
    store = open_store(f"sqlite:///{elsewhere}/b.db", migrate=False)
    whole = store.read_now(lambda uow: uow.sql.execute(text("PRAGMA integrity_check")).scalar_one())
    found = store.read_now(lambda uow: uow.events.count("user"))
    store.close()
    assert whole == "ok"
    return found


def test_what_was_acknowledged_survives_a_power_cut(there: Path, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{there}/b.db")

    found = []
    for number in range(MANY):
        tell(store)
        found.append(after_the_cut(there, tmp_path / f"copy-{number}"))

    store.close()
    assert found == list(range(1, MANY + 1))


def test_a_write_that_was_torn_is_as_if_it_had_never_been(there: Path, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{there}/b.db")
    for _ in range(MANY):
        tell(store)
    size = (there / "b.db-wal").stat().st_size

    found = [
        after_the_cut(there, tmp_path / f"torn-{lost}", lost) for lost in (1, 100, 4_000, 5_000, size // 2)
    ]

    store.close()
    assert found == sorted(found, reverse=True)
    assert found[0] == MANY - 1
    assert found[-1] < MANY - 1


def test_a_commit_waits_for_the_disk(there: Path) -> None:
    """Without a cut of real power a copy cannot tell: FULL is what makes SQLite wait."""
    store = open_store(f"sqlite:///{there}/b.db")

    level = store.write_now(lambda uow: uow.sql.execute(text("PRAGMA synchronous")).scalar_one())

    store.close()
    assert level == 2
