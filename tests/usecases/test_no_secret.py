"""No secret is left open in anything that a connection and its syncs leave behind."""

import base64
import logging
from pathlib import Path

import house
import marker
import pytest

from domain.connections import SessionState

BROKERAGES = ("alpaca", "schwab", "etrade", "robinhood")


@pytest.mark.parametrize("brokerage", BROKERAGES)
async def test_no_secret_lies_open_in_the_database_or_in_a_log(
    brokerage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = house.build(tmp_path, brokerage)

    view = await made.connected(brokerage)
    await made.run()
    assert view.connection is not None
    await made.synced(view.connection.id, force=True)
    made.store.close()

    assert view.session.state is SessionState.SUCCEEDED
    known = made.stage.faulty[brokerage].sandbox.credentials()
    assert any(marker.MARKER in value for value in known.values()), "nothing was planted"
    assert marker.leaks(tmp_path) == []
    assert not marker.finds(caplog.text.encode())


@pytest.mark.parametrize("brokerage", BROKERAGES)
async def test_no_secret_lies_open_after_a_sign_in_that_failed(
    brokerage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = house.build(tmp_path, brokerage, persona="revoked")
    wrong = {
        "alpaca": "secret_key",
        "schwab": "app_secret",
        "etrade": "consumer_secret",
        "robinhood": "password",
    }
    declared = {field.key for field in made.catalogue.door(brokerage).facts.fields}
    known = made.stage.faulty[brokerage].sandbox.credentials()
    given = {k: v for k, v in known.items() if k in declared} | {wrong[brokerage]: "wrong" + marker.MARKER}

    view = await made.connect(
        "user-1", brokerage, credentials=given, redirect_uri=known.get("callback_url", "")
    )
    for _ in range(5):
        if view.session.state is not SessionState.NEEDS_INPUT or view.session.challenge is None:
            break
        view = await made.go_on(view.session.id, made.answer(view.session.challenge, known))
    made.store.close()

    assert view.session.state is SessionState.FAILED
    assert view.session.failure is not None
    assert not marker.finds(repr(view).encode())
    assert marker.leaks(tmp_path) == []
    assert not marker.finds(caplog.text.encode())


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
