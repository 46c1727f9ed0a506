"""The database that is away or full: a failure with a name, and no change that was acknowledged is lost."""

from collections.abc import Iterator
from pathlib import Path

import house
import pytest
from house import House
from sqlalchemy import text

from domain.errors import Actor, StorageUnavailable


@pytest.fixture
def made(tmp_path: Path) -> Iterator[House]:
    opened = house.build(tmp_path)
    yield opened
    opened.store.close()


async def test_a_full_disk_refuses_the_change_and_reads_go_on(made: House) -> None:
    view = await made.connected()
    await made.run()
    assert view.connection is not None
    pages = made.store.read_now(lambda uow: uow.sql.execute(text("PRAGMA page_count")).scalar_one())

    def fill(uow: object) -> None:
        sql = uow.sql  # type: ignore[attr-defined]
        sql.execute(text(f"PRAGMA max_page_count = {pages}"))
        sql.execute(text("INSERT INTO roots VALUES ('big', zeroblob(5000000))"))

    with pytest.raises(StorageUnavailable) as refused:
        await made.store.write(fill)

    assert refused.value.actor is Actor.OPERATOR
    assert "INSERT" not in str(refused.value)
    held = await made.store.read(lambda uow: uow.holdings.count(view.accounts[0].id))
    assert held > 0
    whole = made.store.read_now(lambda uow: uow.sql.execute(text("PRAGMA integrity_check")).scalar_one())
    assert whole == "ok"
