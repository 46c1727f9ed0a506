"""The fast paths of syncs: rows as tuples of plain values and lists as one bound value, through the driver,
by dialect.

SQLAlchemy's way to write a row costs more than writing it. Here a row becomes text and numbers once;
that tuple is what is hashed, compared and written.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from adapters.sql.prepared import changed, fetched
from adapters.sql.types import day_number, day_of, micros
from domain.money import plain
from domain.ports.storage import Keyed, Marked, Stored

Values = tuple[Any, ...]
# Later than any day.
NO_DAY = 99_999_999

# All that a reader can see of a row: its hash is over these.
SHOWN = (
    "status", "type", "source_type", "trade_date", "executed_at", "settlement_date", "instrument_id",
    "quantity", "price", "currency", "gross", "fees", "taxes", "net", "description", "removed_reason",
)  # fmt: skip
WRITTEN = (*SHOWN, "feed", "updated_at", "hash", "raw", "mark")
# As the fields of `Stored`.
STORED = "key, hash, status, version, instrument_id, feed, mark"
NAMED = ("account_id", "key", "version", "created_at")


def _figure(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def shown(row: Keyed) -> Values:
    """A row as it is stored, in the order of `SHOWN`."""
    t = row.transaction
    return (
        t.status.value,
        t.type.value,
        t.source_type[:64],
        day_number(t.trade_date),
        None if t.executed_at is None else micros(t.executed_at),
        None if t.settlement_date is None else day_number(t.settlement_date),
        row.instrument_id,
        _figure(t.quantity),
        _figure(t.price),
        t.currency,
        _figure(t.gross),
        _figure(t.fees),
        _figure(t.taxes),
        _figure(t.net),
        t.description,
        t.removed_reason,
    )


def digest(values: Values) -> bytes:
    """Over what a reader can see and nothing else: a shuffled raw row is no change."""
    return hashlib.blake2b(repr(values).encode(), digest_size=16).digest()


def look_up(connection: Connection, account_id: str, keys: Sequence[str]) -> dict[str, Stored]:
    """What is stored under these keys."""
    columns = f"SELECT {STORED} FROM transactions WHERE account_id = "  # noqa: S608 - our own names
    if connection.dialect.name == "postgresql":
        rows = fetched(connection, f"{columns}%s AND key = ANY(%s)", (account_id, list(keys)))
    else:
        these = "? AND key IN (SELECT value FROM json_each(?))"
        rows = fetched(connection, f"{columns}{these}", (account_id, json.dumps(list(keys))))
    return {row[0]: Stored(*row) for row in rows}


def owners(connection: Connection, keys: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Which instruments are known under these names today: (scheme, value, instrument's id)."""
    columns = "SELECT i.scheme, i.value, i.instrument_id FROM"
    same = (
        "JOIN instrument_identifiers i ON i.scheme = told.{} AND i.value = told.{} AND i.valid_until IS NULL"
    )
    if connection.dialect.name == "postgresql":
        told = "unnest(%s::text[], %s::text[]) AS told(scheme, value)"
        bound: Values = ([scheme for scheme, _ in keys], [value for _, value in keys])
        statement = f"{columns} {told} {same.format('scheme', 'value')}"
    else:
        told = "(SELECT json_extract(value, '$[0]') s, json_extract(value, '$[1]') v FROM json_each(?)) told"
        bound = (json.dumps(keys),)
        statement = f"{columns} {told} {same.format('s', 'v')}"
    return [(row[0], row[1], row[2]) for row in fetched(connection, statement, bound)]


def names(connection: Connection, ids: Sequence[str]) -> list[tuple[str, str, str]]:
    """All that these instruments are called today: (instrument's id, scheme, value)."""
    found = "SELECT instrument_id, scheme, value FROM instrument_identifiers WHERE valid_until IS NULL AND"
    return [(row[0], row[1], row[2]) for row in _among(connection, f"{found} instrument_id", ids)]


def kinds(connection: Connection, ids: Sequence[str]) -> list[tuple[str, str, str | None, object | None]]:
    """What these instruments are: (id, kind, name, multiplier or None)."""
    found = _among(connection, "SELECT id, kind, name, multiplier FROM instruments WHERE id", ids)
    return [(row[0], row[1], row[2], row[3]) for row in found]


def _among(connection: Connection, statement: str, values: Sequence[str]) -> Sequence[Any]:
    """A list as one bound value: the statement stays the same, and is prepared once."""
    if connection.dialect.name == "postgresql":
        return fetched(connection, f"{statement} = ANY(%s)", (list(values),))
    these = f"{statement} IN (SELECT value FROM json_each(?))"  # noqa: S608 - our own words
    return fetched(connection, these, (json.dumps(list(values)),))


def insert(connection: Connection, rows: Sequence[Values]) -> None:
    """Rows that are known to be new, in the order of `NAMED` and `WRITTEN`: COPY on PostgreSQL.

    Another door may have told the same account's row meanwhile: the unique key refuses the whole step,
    and it is done again.
    """
    columns = ", ".join((*NAMED, *WRITTEN))
    if connection.dialect.name == "postgresql":
        cursor: Any = connection.connection.cursor()  # psycopg's own: SQLAlchemy knows no COPY
        with cursor, cursor.copy(f"COPY transactions ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * (len(NAMED) + len(WRITTEN)))
    changed(connection, f"INSERT INTO transactions ({columns}) VALUES ({marks})", list(rows))  # noqa: S608


def update(connection: Connection, account_id: str, rows: Sequence[tuple[str, int, Values]]) -> None:
    """Changed rows: (key, new version, values in the order of `WRITTEN`)."""
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    sets = ", ".join(f"{name} = {mark}" for name in ("version", *WRITTEN))
    statement = f"UPDATE transactions SET {sets} WHERE account_id = {mark} AND key = {mark}"  # noqa: S608 - our names
    changed(connection, statement, [(version, *values, account_id, key) for key, version, values in rows])


def remark(connection: Connection, rows: Sequence[Values]) -> None:
    """Other marks for rows that are as they were: (mark, account's id, key)."""
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    changed(
        connection,
        f"UPDATE transactions SET mark = {mark} WHERE account_id = {mark} AND key = {mark}",  # noqa: S608 - no value
        list(rows),
    )


def marked(
    connection: Connection, account_id: str, feed: str, since: date | None, after: Marked | None, limit: int
) -> list[Marked]:
    """See the port. The index over (account, trade date, key) has the order."""
    sign = "%s" if connection.dialect.name == "postgresql" else "?"
    statement = (
        f"SELECT mark, key, trade_date FROM transactions WHERE account_id = {sign} AND feed = {sign}"  # noqa: S608 - no value
        f" AND mark IS NOT NULL AND trade_date >= {sign} AND (trade_date, key) < ({sign}, {sign})"
        f" ORDER BY trade_date DESC, key DESC LIMIT {sign}"
    )
    start = 0 if since is None else day_number(since)
    end = (NO_DAY, "") if after is None else (day_number(after.trade_date), after.key)
    rows = fetched(connection, statement, (account_id, feed, start, *end, limit))
    return [Marked(bytes(row[0]), row[1], day_of(row[2])) for row in rows]
