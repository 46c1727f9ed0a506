"""Webull: how its tokens live and die, in the sandbox and through the door."""

from datetime import UTC, datetime, timedelta

import pytest
from webull_table import LIST, Table, opened, played, signed_in

from adapters.brokerages.webull import signin
from domain.challenges import Answer, ChallengeKind
from domain.errors import (
    ChallengeExpired,
    ChallengeWrong,
    CredentialsRejected,
    PermissionInsufficient,
    ReauthorizationRequired,
)
from domain.ports.brokerage import Asked, Grant


@pytest.fixture
def table() -> Table:
    return opened()


def test_a_token_is_pending_until_it_is_approved_and_expires_after_five_minutes() -> None:
    table = Table("device-approval")
    made = table.post("/auth/tokens/create", {})
    token = {"token": made["token"]}

    assert made["status"] == "PENDING"
    assert [table.post("/auth/tokens/check", token)["status"] for _ in range(2)] == ["PENDING", "NORMAL"]
    late = {"token": table.post("/auth/tokens/create", {})["token"]}
    table.now += timedelta(minutes=5)
    assert table.post("/auth/tokens/check", late)["status"] == "EXPIRED"


def test_a_token_lives_while_it_is_used_and_is_taken_up_again_while_it_lives(table: Table) -> None:
    for _ in range(3):
        table.now += timedelta(days=14)
        assert table.send(LIST).status == 200

    refreshed = table.post("/openapi/auth/token/refresh", {"token": table.token})
    assert refreshed["expires"] == int((table.now + timedelta(days=15)).timestamp() * 1000)
    assert table.post("/auth/tokens/create", {"token": table.token})["token"] == table.token
    table.now += timedelta(days=15)
    assert table.send(LIST).status == 401
    assert table.post("/openapi/auth/token/refresh", {"token": table.token})["status"] == "INVALID"
    assert table.post("/auth/tokens/create", {"token": table.token})["token"] != table.token


# ---- the door and the sandbox together


async def test_the_approval_is_looked_for_until_it_comes() -> None:
    door, sandbox = played(persona="mfa")

    first = await door.begin(sandbox.credentials(), "")
    assert isinstance(first, Asked)
    assert first.challenge.kind is ChallengeKind.DEVICE_APPROVAL
    second = await door.hear(first.state, Answer(approved=True))
    assert isinstance(second, Asked)
    grant = await door.hear(second.state, Answer(approved=True))
    assert isinstance(grant, Grant)
    assert len((await door.accounts(grant)).rows) == 2


async def test_a_no_in_the_app_and_a_wrong_secret_end_the_sign_in() -> None:
    door, sandbox = played(persona="device-approval")
    asked = await door.begin(sandbox.credentials(), "")
    assert isinstance(asked, Asked)

    sandbox.gate.refuse_approval()
    with pytest.raises(ChallengeWrong):
        await door.hear(asked.state, Answer(approved=True))
    with pytest.raises(CredentialsRejected):
        await door.begin({**sandbox.credentials(), "app_secret": "not the secret"}, "")


async def test_who_approves_too_late_starts_again() -> None:
    door, sandbox = played(persona="device-approval")
    asked = await door.begin(sandbox.credentials(), "")
    assert isinstance(asked, Asked)

    door._sender.clock = lambda: datetime.now(UTC) + timedelta(minutes=6)
    with pytest.raises(ChallengeExpired):
        await door.hear(asked.state, Answer(approved=True))


async def test_a_key_without_a_linked_account_says_so() -> None:
    door, sandbox = played()
    sandbox.gate.linked = False

    with pytest.raises(PermissionInsufficient):
        await signed_in(door, sandbox)


async def test_a_grant_is_renewed_and_a_revoked_one_is_not() -> None:
    door, sandbox = played()
    grant = await signed_in(door, sandbox)

    renewed = await door.renew(grant)
    assert renewed.values == grant.values
    assert len((await door.accounts(renewed)).rows) == 2
    sandbox.play.revoked = True
    for refused in (door.accounts, door.renew):
        with pytest.raises(ReauthorizationRequired):
            await refused(renewed)


async def test_reconnecting_keeps_a_token_that_lives() -> None:
    door, sandbox = played(persona="device-approval")
    grant = await signed_in(door, sandbox)

    again = await door.begin(sandbox.credentials(), "", grant)

    assert isinstance(again, Grant)
    assert again.values == grant.values


async def test_a_renewal_is_due_a_day_before_the_token_would_die() -> None:
    door, sandbox = played()
    grant = await signed_in(door, sandbox)

    assert grant.expires_at is not None
    assert timedelta(days=14) < grant.expires_at - datetime.now(UTC) <= timedelta(days=15)
    assert door.renew_ahead == timedelta(days=1)
    assert timedelta(seconds=5) == signin.POLL
