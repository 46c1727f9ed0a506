"""No secret is left open in anything that a connection and its syncs leave behind."""

import base64
import logging
from pathlib import Path

import doors
import house
import marker
import psycopg
import pytest
from postgres import Postgres

from domain.connections import SessionState
from domain.errors import FieldInvalid

EACH_DOOR = pytest.mark.parametrize("door", doors.DOORS)


@EACH_DOOR
async def test_no_secret_lies_open_in_the_database_or_in_a_log(
    door: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    await lived(door, tmp_path)

    assert marker.leaks(tmp_path) == []
    assert not marker.finds(caplog.text.encode())


@pytest.mark.parametrize("door", ["alpaca", "schwab", "robinhood"])  # keys, tokens, a password
async def test_nor_does_one_in_the_tables_of_postgresql(
    door: str, postgresql: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = postgresql.create()

    await lived(door, url)
    found = marker.tables(url)

    postgresql.drop(url)
    assert found == []
    assert not marker.finds(caplog.text.encode())


async def lived(door: str, place: Path | str) -> None:
    """A user connects, and syncs twice."""
    card, facing = doors.found(door)
    made = house.build(place, card.id)
    view = await made.connected(card.id, door_id=facing.facts.id)
    await made.run()
    assert view.connection is not None
    await made.synced(view.connection.id, force=True)
    made.store.close()
    assert view.session.state is SessionState.SUCCEEDED
    known = made.stage.faulty[card.id].sandbox.credentials()
    assert any(marker.MARKER in value for value in known.values()), "nothing was planted"


@EACH_DOOR
async def test_no_secret_lies_open_after_a_sign_in_that_failed(
    door: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    card, facing = doors.found(door)
    made = house.build(tmp_path, card.id, persona="revoked")
    known = made.stage.faulty[card.id].sandbox.credentials()
    secret = {field.key for field in facing.facts.fields if field.secret}
    given = doors.given(door, known)
    wrong = {key: "wrong" + marker.MARKER if key in secret else value for key, value in given.items()}

    told = await failed(made, card.id, facing.facts.id, wrong, known)
    made.store.close()

    assert not marker.finds(told.encode())
    assert marker.leaks(tmp_path) == []
    assert not marker.finds(caplog.text.encode())


async def failed(
    made: house.House, brokerage: str, door_id: str, given: dict[str, str], known: dict[str, str]
) -> str:
    """What is told of a sign-in that must fail: at once, or as the brokerage refuses it."""
    redirect = known.get("callback_url", "")
    try:
        view = await made.connect(
            "user-1", brokerage, door_id=door_id, credentials=given, redirect_uri=redirect
        )
    except FieldInvalid as failure:
        return repr(failure)
    for _ in range(5):
        if view.session.state is not SessionState.NEEDS_INPUT or view.session.challenge is None:
            break
        view = await made.go_on(view.session.id, made.answer(view.session.challenge, known))
    assert view.session.state is SessionState.FAILED
    assert view.session.failure is not None
    return repr(view)


@pytest.mark.parametrize("form", ["clear", "hex", "base64", "base64 of something around it"])
def test_the_search_finds_what_lies_open(form: str, tmp_path: Path) -> None:
    clear = marker.MARKER.encode()
    written = {
        "clear": b"xx" + clear,
        "hex": clear.hex().encode(),
        "base64": base64.b64encode(clear),
        "base64 of something around it": base64.b64encode(b"user:" + clear + b"!"),
    }[form]

    (tmp_path / "left.db").write_bytes(b"\0" + written + b"\0")

    assert marker.leaks(tmp_path) == ["left.db"]


def test_the_search_finds_what_lies_open_in_a_table(postgresql: Postgres) -> None:
    url = postgresql.create()
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO roots VALUES ('x', %s)", [b"\0" + marker.MARKER.encode()])
        connection.execute("INSERT INTO duties VALUES (%s, 'x', 1)", [marker.MARKER])

    found = marker.tables(url)

    postgresql.drop(url)
    assert found == ["duties", "roots"]
