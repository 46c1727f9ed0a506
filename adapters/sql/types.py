"""Column types: exact figures, instants and days as integers, and the database's own clock."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Numeric, String, Text, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from domain.money import plain

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def moment(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


def day_number(day: date) -> int:
    """A date as yyyymmdd: sorts, reads well, and needs no parsing on the way out."""
    return day.year * 10_000 + day.month * 100 + day.day


@lru_cache(maxsize=16_384)
def day_of(number: int) -> date:
    return date(number // 10_000, number // 100 % 100, number % 100)


class Instant(TypeDecorator[datetime]):
    """An instant as microseconds since 1970, the same on both engines."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else micros(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else moment(value)


class Day(TypeDecorator[date]):
    """A calendar date as the number yyyymmdd."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> int | None:
        return None if value is None else day_number(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> date | None:
        return None if value is None else day_of(value)


class Exact(TypeDecorator[Decimal]):
    """An exact figure: NUMERIC on PostgreSQL, its plain text on SQLite, which has no exact number."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric())
        return dialect.type_descriptor(String(64))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return plain(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Tally(TypeDecorator[tuple[tuple[int, int], ...]]):
    """Numbers and how often each came, as text: "88:3 91:1"."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[tuple[int, int], ...] | None, dialect: Dialect) -> str | None:
        return None if value is None else " ".join(f"{number}:{count}" for number, count in value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[tuple[int, int], ...] | None:
        if value is None:
            return None
        pairs = (word.partition(":") for word in value.split())
        return tuple((int(number), int(count)) for number, _, count in pairs)


class DatabaseNow(FunctionElement[int]):
    """The database's own clock, in microseconds: leases must not depend on the clocks of workers.

    A function to SQLAlchemy, because it caches no statement that holds an element of no known kind, and
    these are written at every step of every run.
    """

    name = "database_now"
    inherit_cache = True
    type = BigInteger()


@compiles(DatabaseNow, "sqlite")
def _sqlite_now(element: DatabaseNow, compiler: Any, **_: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000"


@compiles(DatabaseNow, "postgresql")
def _postgresql_now(element: DatabaseNow, compiler: Any, **_: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"
