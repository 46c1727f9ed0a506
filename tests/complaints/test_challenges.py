"""22: what a brokerage asks a person is passed on; what nobody can answer ends, and so does waiting."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from doors import given
from house import House
from suffered import home

from adapters.sandbox.reply import Reply
from adapters.sandbox.stage import Stage
from brokerlink.usecases.connect import GetConnectSession
from brokerlink.usecases.connecting import SessionView
from domain.challenges import Answer, ChallengeKind
from domain.connections import SessionState
from domain.errors import ChallengeExpired


async def began(made: House) -> SessionView:
    """A sign-in with user name and password, up to what is asked first."""
    known = made.stage.faulty["robinhood"].sandbox.credentials()
    return await made.connect("user-1", "robinhood", credentials=given("robinhood", known))


async def test_22_a_challenge_that_nobody_knows_ends_the_sign_in_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Naive: prints a prompt for a code that never comes, and waits."""
    hear = Stage.hear

    def told(stage: Stage, *asked: Any) -> Reply:
        reply = hear(stage, *asked)
        return replace(reply, body=reply.body.replace(b'"type":"prompt"', b'"type":"retina"'))

    monkeypatch.setattr(Stage, "hear", told)
    with home(tmp_path, "robinhood", persona="device-approval") as made:
        view = await began(made)

        assert view.session.state is SessionState.FAILED
        assert view.session.failure is not None
        assert view.session.failure.reason == "CHALLENGE_UNSUPPORTED"
        assert view.session.challenge is None


async def test_22_an_approval_on_the_phone_is_looked_for_and_not_for_ever(tmp_path: Path) -> None:
    """Naive: asks for a code where none is sent, or polls until the process ends."""
    with home(tmp_path, "robinhood", persona="device-approval") as made:
        view = await began(made)
        asked = view.session.challenge
        assert asked is not None
        assert asked.kind is ChallengeKind.DEVICE_APPROVAL
        assert asked.poll_after is not None
        assert view.session.expires_at - made.clock.now() <= timedelta(minutes=15)
        made.clock.ahead = timedelta(minutes=16)

        with pytest.raises(ChallengeExpired):
            await made.go_on(view.session.id, Answer(approved=True))

        over = await GetConnectSession(made.connecting)(view.session.id)
        assert over.session.state is SessionState.EXPIRED


async def test_22_an_approval_that_comes_opens_the_door(tmp_path: Path) -> None:
    """Naive: begins a second login while the person approves the first."""
    with home(tmp_path, "robinhood", persona="device-approval") as made:
        view = await made.connected("robinhood")

        assert view.session.state is SessionState.SUCCEEDED
        assert view.accounts
