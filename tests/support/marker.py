"""A planted secret: every credential of a sandbox ends with it, so that it can be searched for afterwards."""

import base64
from pathlib import Path

import psycopg
from psycopg import sql

MARKER = "m4rKeR7q"
# What a sandbox itself writes down for a client may hold it; nothing of ours may.
ALLOWED = ("credentials", "recording")


def forms(marker: str = MARKER) -> tuple[bytes, ...]:
    """The marker in clear, in hex, and in the three alignments of base64."""
    clear = marker.encode()
    found = [clear, clear.hex().encode(), clear.hex().upper().encode()]
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + clear)
        # The letters at both ends depend on the neighbours: what is between is the marker's own.
        start = (shift * 8 + 5) // 6
        end = (shift + len(clear)) * 8 // 6
        found.append(whole[start:end])
    return tuple(found)


def finds(data: bytes) -> bool:
    return any(form in data for form in forms())


def leaks(folder: Path) -> list[str]:
    """The files below a folder in which the marker lies open."""
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and not any(word in path.name for word in ALLOWED) and finds(path.read_bytes())
    ]


def tables(url: str) -> list[str]:
    """The tables of a PostgreSQL in which the marker lies open, the engine's among them."""
    with psycopg.connect(url) as connection:
        named = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        return [name for (name,) in connection.execute(named) if finds(_dumped(connection, name))]


def _dumped(connection: psycopg.Connection[tuple[str]], name: str) -> bytes:
    """All rows as a dump has them; bytes are in hex."""
    dump = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))
    with connection.cursor() as cursor, cursor.copy(dump) as rows:
        return b"".join(bytes(row) for row in rows)
