"""Statements that are always the same: compiled once for each engine, then straight to the driver.

SQLAlchemy finds its way from a statement to the driver anew each time; for the small statements of a sync
that costs several times what the statement does. What is sent is SQLAlchemy's SQL all the same, and values
pass through the types of our columns.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Connection, Dialect, String, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NULLTYPE, TypeEngine

Convert = Callable[[Any], Any]
Row = dict[str, Any]


class Prepared:
    """A statement whose values are bound by name. `columns` of an INSERT are those that are given."""

    def __init__(self, statement: ClauseElement, columns: Iterable[str] | None = None) -> None:
        self._statement, self._columns = statement, None if columns is None else list(columns)
        self._ways: dict[str, _Way] = {}

    def run(self, connection: Connection, **values: Any) -> int:
        """The number of rows that it changed."""
        cursor = connection.connection.cursor()
        try:
            way = self._way(connection)
            cursor.execute(way.sql, way.bound(values))
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def many(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        cursor = connection.connection.cursor()
        try:
            way = self._way(connection)
            cursor.executemany(way.sql, [way.bound(row) for row in rows])
        finally:
            cursor.close()

    def all(self, connection: Connection, **values: Any) -> list[Row]:
        """Rows by the names of their columns."""
        way = self._way(connection)
        return [dict(zip(way.names, row, strict=True)) for row in self._fetched(connection, way, values)]

    def first(self, connection: Connection, **values: Any) -> Row | None:
        found = self.all(connection, **values)
        return found[0] if found else None

    def tuples(self, connection: Connection, **values: Any) -> list[tuple[Any, ...]]:
        return self._fetched(connection, self._way(connection), values)

    def scalar(self, connection: Connection, **values: Any) -> Any:
        """The one value of the one row; None where there is no row."""
        found = self.tuples(connection, **values)
        return found[0][0] if found else None

    def _way(self, connection: Connection) -> "_Way":
        dialect = connection.dialect
        way = self._ways.get(dialect.name)
        if way is None:
            way = self._ways[dialect.name] = _Way(self._statement, self._columns, dialect)
        return way

    def _fetched(
        self, connection: Connection, way: "_Way", values: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        cursor = connection.connection.cursor()
        try:
            cursor.execute(way.sql, way.bound(values))
            rows: list[tuple[Any, ...]] = list(cursor.fetchall())
        finally:
            cursor.close()
        return [way.told(row) for row in rows] if way.converts else rows


def fetched(connection: Connection, statement: str, values: Sequence[Any]) -> list[Any]:
    """Rows of a statement in the driver's own words."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
    finally:
        cursor.close()


def changed(connection: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """The same for each of these rows of values."""
    cursor = connection.connection.cursor()
    try:
        cursor.executemany(statement, rows)
    finally:
        cursor.close()


class _Way:
    """A statement as one engine's driver takes it, and what turns values into its own and back."""

    def __init__(self, statement: ClauseElement, columns: list[str] | None, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
        self.sql = str(compiled)
        self._named = not compiled.positional
        order: list[str] = list(compiled.positiontup if compiled.positional else compiled.params)
        types = {bind.key: bind.type for bind in compiled.binds.values()}
        given = compiled.params
        # (name, how it is turned, what it is where nobody says)
        self._binds = [(name, _into(types.get(name), dialect), given.get(name)) for name in order]
        told = compiled._result_columns or ()  # noqa: SLF001 - nowhere else
        self.names = [column.keyname for column in told]
        self.converts = [
            (place, back)
            for place, column in enumerate(told)
            if (back := _back(column.type, dialect)) is not None
        ]

    def bound(self, values: Mapping[str, Any]) -> Any:
        if self._named:
            return {
                name: into(values.get(name, usual)) if into else values.get(name, usual)
                for name, into, usual in self._binds
            }
        return [
            into(values.get(name, usual)) if into else values.get(name, usual)
            for name, into, usual in self._binds
        ]

    def told(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        changed = list(row)
        for place, back in self.converts:
            if changed[place] is not None:
                changed[place] = back(changed[place])
        return tuple(changed)


def _into(kind: TypeEngine[Any] | None, dialect: Dialect) -> Convert | None:
    """How a value is told to the driver. Types that are not ours are the driver's own."""
    if not isinstance(kind, TypeDecorator):
        return None
    return lambda value: kind.process_bind_param(value, dialect)


def _back(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    if isinstance(kind, TypeDecorator):
        return lambda value: kind.process_result_value(value, dialect)
    return bool if isinstance(kind, Boolean) and dialect.name == "sqlite" else None


class _Texts(TypeDecorator[Any]):
    """A list of texts as one bound value: an array, or JSON where there are none."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> Any:
        return list(value or ()) if dialect.name == "postgresql" else json.dumps(list(value or ()))


class _Among(FunctionElement[Any]):
    inherit_cache = True
    type = NULLTYPE  # as a boolean SQLite would compare it with 1, and use no index


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The column's text is one of a list that is bound under this name, however long it is."""
    return _Among(column, bindparam(name, type_=_Texts()))


@compiles(_Among, "sqlite")
def _sqlite_among(element: Any, compiler: Any, **more: Any) -> str:
    column, told = (compiler.process(clause, **more) for clause in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({told})))"  # noqa: S608 - what SQLAlchemy wrote


@compiles(_Among, "postgresql")
def _postgresql_among(element: Any, compiler: Any, **more: Any) -> str:
    column, told = (compiler.process(clause, **more) for clause in element.clauses)
    return f"({column} = ANY({told.partition('::')[0]}::text[]))"
