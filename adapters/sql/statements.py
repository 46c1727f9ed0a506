"""Small statements that both engines know: upserts, and values as JSON text."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.prepared import Prepared

T = TypeVar("T")
CHUNK = 500  # SQLite's bound variables are limited; PostgreSQL plans shorter lists faster


def insert(connection: Connection, table: Table) -> Any:
    """The engine's own INSERT, which knows ON CONFLICT."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows; where the primary key exists, write all other columns."""
    if rows:
        prepared = _upsert(connection.dialect.name, table, tuple(rows[0]))
        if len(rows) == 1:
            prepared.run(connection, **rows[0])
        else:
            prepared.many(connection, rows)


@lru_cache(maxsize=256)
def _upsert(dialect: str, table: Table, names: tuple[str, ...]) -> Prepared:
    """Built once for each set of columns: building a statement costs more than running it."""
    keys = [column.name for column in table.primary_key]
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    changed = {name: statement.excluded[name] for name in names if name not in keys}
    if changed:
        return Prepared(statement.on_conflict_do_update(index_elements=keys, set_=changed), names)
    return Prepared(statement.on_conflict_do_nothing(index_elements=keys), names)


def insert_new(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert one row unless any unique key of it exists. True if it was new."""
    statement = insert(connection, table).values(**row).on_conflict_do_nothing()
    # Of an INSERT on PostgreSQL it says "-1 rows" unless it is asked to count.
    done = connection.execute(statement, execution_options={"preserve_rowcount": True})
    return done.rowcount == 1


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def to_json(value: object) -> str | None:
    """A dataclass of the domain as JSON text; None stays None."""
    return None if value is None else msgspec.json.encode(value).decode()


def from_json(text: str | None, kind: type[T]) -> T | None:
    return None if text is None else msgspec.json.decode(text, type=kind)
