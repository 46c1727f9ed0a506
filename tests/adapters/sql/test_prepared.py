"""Prepared statements say what SQLAlchemy would have said, on both engines."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import bindparam, select, update

from adapters.sql.engine import SqlStorage
from adapters.sql.prepared import Prepared, among
from adapters.sql.tables import feeds, transactions

NOW = datetime(2026, 5, 4, 12, 0, 0, 1, UTC)
ROW = {
    "account_id": "acc_1", "key": "k", "feed": "all", "version": 1, "status": "posted", "type": "buy",
    "source_type": "B", "trade_date": date(2026, 5, 4), "executed_at": NOW, "quantity": Decimal("-0.10"),
    "currency": "USD", "description": "100% of %(it)s ?", "created_at": NOW, "updated_at": NOW,
    "hash": b"\0h", "raw": b"",
}  # fmt: skip
INSERT = Prepared(transactions.insert(), tuple(ROW))
THESE = select(transactions).where(among(transactions.c.key, "keys"))


@pytest.fixture
def stored(store: SqlStorage) -> SqlStorage:
    rows = [{**ROW, "key": key} for key in "ab"]
    store.write_now(lambda uow: INSERT.many(uow.sql, rows))
    store.write_now(lambda uow: INSERT.run(uow.sql, **{**ROW, "executed_at": None, "quantity": None}))
    return store


def test_values_go_in_and_come_out_as_through_sqlalchemy(stored: SqlStorage) -> None:
    prepared = stored.read_now(lambda uow: Prepared(THESE).all(uow.sql, keys=["a", "k"]))
    usual = stored.read_now(
        lambda uow: [dict(row) for row in uow.sql.execute(THESE, {"keys": ["a", "k"]}).mappings()]
    )

    assert sorted(prepared, key=str) == sorted(usual, key=str)
    assert {type(value) for row in prepared for value in row.values()} == {
        type(value) for row in usual for value in row.values()
    }
    told = {name: value for name, value in prepared[0].items() if name in ROW and name != "key"}
    assert told == {name: value for name, value in ROW.items() if name != "key"}


def test_booleans_are_booleans(store: SqlStorage) -> None:
    row: dict[str, Any] = {"account_id": "a", "feed": "f", "whole": True, "carry": "", "done": False}
    store.write_now(lambda uow: Prepared(feeds.insert(), tuple(row)).run(uow.sql, **row))

    found = store.read_now(lambda uow: Prepared(select(feeds.c.whole, feeds.c.done)).tuples(uow.sql))
    assert [(whole is True, done is False) for whole, done in found] == [(True, True)]


@pytest.mark.parametrize(("keys", "found"), [([], ""), (["a"], "a"), (["k", "a", "nothing"], "ak")])
def test_a_list_of_any_length_is_one_value(stored: SqlStorage, keys: list[str], found: str) -> None:
    told = stored.read_now(lambda uow: Prepared(THESE).all(uow.sql, keys=keys))

    assert "".join(sorted(row["key"] for row in told)) == found


def test_it_says_how_many_rows_it_changed(stored: SqlStorage) -> None:
    where = transactions.c.key == bindparam("its_key")
    change = Prepared(update(transactions).where(where).values(version=transactions.c.version + 1))

    assert [stored.write_now(lambda uow, k=k: change.run(uow.sql, its_key=k)) for k in "ax"] == [1, 0]  # type: ignore[misc]
    version = Prepared(select(transactions.c.version).where(where))
    assert stored.read_now(lambda uow: version.scalar(uow.sql, its_key="a")) == 2
    assert stored.read_now(lambda uow: version.first(uow.sql, its_key="x")) is None


def test_a_list_is_looked_up_by_the_index(stored: SqlStorage) -> None:
    if not stored.embedded:
        pytest.skip("PostgreSQL reads a table of three rows as a whole, whatever indexes there are")
    found = THESE.where(transactions.c.account_id == "acc_1").compile(stored.engine)
    plan = stored.read_now(
        lambda uow: uow.sql.exec_driver_sql(f"EXPLAIN QUERY PLAN {found}", ("[]", "acc_1")).all()
    )

    assert any("SEARCH transactions" in row[3] and "key=?" in row[3] for row in plan), plan
