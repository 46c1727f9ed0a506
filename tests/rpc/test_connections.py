"""Connecting, pausing, resuming and disconnecting, over the wire."""

import asyncio
from datetime import timedelta
from typing import Any

import grpc
import pytest
from answering import WHO, World, failing
from google.rpc.code_pb2 import Code

from brokerlink.v1 import accounts_pb2, syncs_pb2, types_pb2
from brokerlink.v1 import connections_pb2 as pb
from domain.challenges import Answer, Challenge, ChallengeKind
from domain.connections import ConnectionState
from domain.errors import BrokerageUnavailable, ChallengeWrong, CredentialsRejected
from domain.ports.brokerage import Asked, Grant
from domain.ports.storage import UnitOfWork

GIVEN = {"key": "k", "secret": "s"}


def request(**more: Any) -> pb.ConnectRequest:
    return pb.ConnectRequest(**{"user_id": "user-1", "brokerage_id": "played", "credentials": GIVEN, **more})


async def test_the_simple_case_is_one_call(world: World) -> None:
    session = await world.connections.Connect(request())

    assert session.state == pb.CONNECT_SESSION_STATE_SUCCEEDED
    assert session.connection.state == pb.CONNECTION_STATE_PENDING
    (account,) = session.accounts
    assert (account.masked_number, list(account.connection_ids)) == ("…6789", [session.connection.id])
    assert list(session.connection.account_ids) == [account.id]
    assert not session.HasField("challenge")
    assert not session.HasField("failure")


async def test_a_challenge_is_asked_and_answered(world: World) -> None:
    async def ask(_: dict[str, str]) -> Asked | Grant:
        challenge = Challenge(
            ChallengeKind.SMS_CODE,
            "Type the code.",
            destination="***-**12",
            attempts_left=2,
            poll_after=timedelta(seconds=3),
            fields=("pin", "unheard of"),
        )
        return Asked(challenge, b"state")

    async def hear(state: bytes, answer: Answer) -> Asked | Grant:
        assert state == b"state"
        if answer.code != "1234":
            raise ChallengeWrong
        return Grant({"token": "t"})

    world.brokerages.open_door.begins, world.brokerages.open_door.hears = ask, hear

    asked = await world.connections.Connect(request())
    wrong = await failing(
        world.connections.ContinueConnect(pb.ContinueConnectRequest(session_id=asked.id, code="0"))
    )
    seen = await world.connections.GetConnectSession(pb.GetConnectSessionRequest(session_id=asked.id))
    done = await world.connections.ContinueConnect(
        pb.ContinueConnectRequest(session_id=asked.id, code="1234")
    )

    challenge = asked.challenge
    assert (asked.state, challenge.kind) == (
        pb.CONNECT_SESSION_STATE_NEEDS_INPUT,
        pb.CHALLENGE_KIND_SMS_CODE,
    )
    assert (challenge.masked_destination, challenge.attempts_left) == ("***-**12", 2)
    assert challenge.poll_after.seconds == 3
    assert [(f.key, f.label) for f in challenge.fields] == [("pin", "PIN"), ("unheard of", "unheard of")]
    assert (wrong.code, wrong.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "CHALLENGE_WRONG")
    assert wrong.localized
    assert seen.state == pb.CONNECT_SESSION_STATE_NEEDS_INPUT
    assert done.state == pb.CONNECT_SESSION_STATE_SUCCEEDED


async def test_what_the_brokerage_refuses_is_a_failed_session(world: World) -> None:
    async def refuse(_: dict[str, str]) -> Asked | Grant:
        raise CredentialsRejected

    world.brokerages.open_door.begins = refuse

    session = await world.connections.Connect(request())

    assert session.state == pb.CONNECT_SESSION_STATE_FAILED
    assert (session.failure.reason, session.failure.actor) == ("CREDENTIALS_REJECTED", types_pb2.ACTOR_USER)
    assert session.failure.brokerage_id == "played"


@pytest.mark.parametrize(
    ("more", "code", "reason"),
    [
        ({"brokerage_id": "nosuch"}, Code.NOT_FOUND, "BROKERAGE_UNKNOWN"),
        ({"brokerage_id": "retired"}, Code.FAILED_PRECONDITION, "BROKERAGE_RETIRED"),
        ({"door_id": "app"}, Code.FAILED_PRECONDITION, "DOOR_CLOSED"),
        ({"credentials": {"key": "k"}}, Code.INVALID_ARGUMENT, "FIELD_INVALID"),
        ({"credentials": {**GIVEN, "shoe_size": "9"}}, Code.INVALID_ARGUMENT, "FIELD_INVALID"),
        ({"reconnect_connection_id": "con_0"}, Code.NOT_FOUND, "CONNECTION_NOT_FOUND"),
    ],
)
async def test_what_the_caller_has_wrong_is_told(
    world: World, more: dict[str, object], code: int, reason: str
) -> None:
    failure = await failing(world.connections.Connect(request(**more)))

    assert (failure.code.value[0], failure.reason) == (code, reason)


async def test_a_session_that_is_over_stays_over(world: World) -> None:
    async def ask(_: dict[str, str]) -> Asked | Grant:
        return Asked(Challenge(ChallengeKind.EMAIL_CODE, "Type the code."), b"")

    world.brokerages.open_door.begins = ask
    asked = await world.connections.Connect(request())
    ended = await world.connections.CancelConnect(pb.CancelConnectRequest(session_id=asked.id))
    answer = pb.ContinueConnectRequest(session_id=asked.id, code="1")

    failure = await failing(world.connections.ContinueConnect(answer))

    assert ended.state == pb.CONNECT_SESSION_STATE_CANCELLED
    assert (failure.code, failure.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CONNECT_SESSION_OVER")


async def test_a_paused_connection_is_not_synced_until_it_is_resumed(world: World) -> None:
    connection = world.rows.connection()
    run = world.rows.run(connection)

    paused = await world.connections.PauseConnection(pb.PauseConnectionRequest(connection_id=connection))
    refused = await failing(world.syncs.StartSync(syncs_pb2.StartSyncRequest(connection_id=connection)))
    again = await world.connections.PauseConnection(pb.PauseConnectionRequest(connection_id=connection))
    stored = world.rows.store.read_now(lambda uow: uow.runs.get(run.id))
    resumed = await world.connections.ResumeConnection(pb.ResumeConnectionRequest(connection_id=connection))

    assert paused.state == pb.CONNECTION_STATE_PAUSED
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CONNECTION_PAUSED")
    assert again == paused
    assert stored is not None
    assert stored.cancel_requested
    assert resumed.state == pb.CONNECTION_STATE_PENDING
    assert resumed.etag != paused.etag


async def test_resuming_starts_a_sync(world: World) -> None:
    connection = world.rows.connection(state=ConnectionState.PAUSED)

    await world.connections.ResumeConnection(pb.ResumeConnectionRequest(connection_id=connection))

    (run,) = (
        await world.syncs.ListSyncRuns(syncs_pb2.ListSyncRunsRequest(connection_id=connection))
    ).sync_runs
    assert run.trigger == syncs_pb2.SYNC_TRIGGER_RESUME
    assert world.dispatch.times


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (ConnectionState.QUARANTINED, "CONNECTION_QUARANTINED"),
        (ConnectionState.DISCONNECTED, "CONNECTION_DISCONNECTED"),
    ],
)
async def test_nobody_gets_around_the_operator(world: World, state: ConnectionState, reason: str) -> None:
    connection = world.rows.connection(state=state)

    pause = await failing(
        world.connections.PauseConnection(pb.PauseConnectionRequest(connection_id=connection))
    )
    resume = await failing(
        world.connections.ResumeConnection(pb.ResumeConnectionRequest(connection_id=connection))
    )

    assert (pause.reason, resume.reason) == (reason, reason)


async def test_an_old_etag_changes_nothing(world: World) -> None:
    connection = world.rows.connection()
    account = world.rows.account(connection=connection)
    old = (await world.connections.GetConnection(pb.GetConnectionRequest(connection_id=connection))).etag
    await world.connections.PauseConnection(pb.PauseConnectionRequest(connection_id=connection, etag=old))

    for call in (
        world.connections.ResumeConnection(pb.ResumeConnectionRequest(connection_id=connection, etag=old)),
        world.connections.PauseConnection(pb.PauseConnectionRequest(connection_id=connection, etag=old)),
        world.connections.Disconnect(pb.DisconnectRequest(connection_id=connection, etag=old)),
    ):
        failure = await failing(call)
        assert (failure.code, failure.reason) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")
    found = await world.accounts.GetAccount(accounts_pb2.GetAccountRequest(account_id=account))
    assert list(found.connection_ids) == [connection]


def secrets_of(world: World, connection: str) -> tuple[object, object]:
    def deed(uow: UnitOfWork) -> tuple[object, object]:
        return uow.credentials.get(connection), uow.data_keys.of(f"connection:{connection}")

    return world.rows.store.read_now(deed)


@pytest.mark.parametrize("state", list(ConnectionState))
async def test_disconnecting_is_legal_in_every_state(world: World, state: ConnectionState) -> None:
    connection = world.rows.connection(state=state)
    account = world.rows.account(connection=connection)

    answer = await world.connections.Disconnect(pb.DisconnectRequest(connection_id=connection))
    again = await world.connections.Disconnect(pb.DisconnectRequest(connection_id=connection))

    (ended,) = answer.connections
    assert (ended.state, list(ended.account_ids)) == (pb.CONNECTION_STATE_DISCONNECTED, [])
    assert secrets_of(world, connection) == (None, None)
    assert again == answer
    kept = await world.accounts.GetAccount(accounts_pb2.GetAccountRequest(account_id=account))
    assert (kept.id, list(kept.connection_ids)) == (account, [])


async def test_disconnecting_an_account_ends_every_connection_that_reads_it(world: World) -> None:
    first, second, other = (world.rows.connection() for _ in range(3))
    account = world.rows.account(connection=first)
    world.rows.account(connection=other)

    def link(uow: UnitOfWork) -> None:
        (found,) = uow.accounts.links(first)
        uow.accounts.link(type(found)(second, account, found.routing), world.clock.now())

    world.rows.store.write_now(link)

    answer = await world.connections.Disconnect(pb.DisconnectRequest(account_id=account))

    assert {one.id for one in answer.connections} == {first, second}
    untouched = await world.connections.GetConnection(pb.GetConnectionRequest(connection_id=other))
    assert untouched.state == pb.CONNECTION_STATE_ACTIVE


async def test_disconnecting_stops_the_run_and_tells_the_brokerage(world: World) -> None:
    connection = world.rows.connection()
    run = world.rows.run(connection)
    before = world.rows.store.read_now(lambda uow: uow.events.count("user-1"))

    await world.connections.Disconnect(pb.DisconnectRequest(connection_id=connection))

    assert world.rows.store.read_now(lambda uow: uow.events.count("user-1")) == before + 1
    stored = world.rows.store.read_now(lambda uow: uow.runs.get(run.id))
    assert stored is not None
    assert stored.cancel_requested
    assert world.brokerages.open_door.revoked == 1


@pytest.mark.parametrize("fault", ["brokerage down", "unforeseen", "key lost", "secret damaged", "hangs"])
async def test_nothing_that_is_broken_keeps_a_user_from_disconnecting(world: World, fault: str) -> None:
    connection = world.rows.connection()

    async def revoke() -> bool:
        match fault:
            case "brokerage down":
                raise BrokerageUnavailable
            case "unforeseen":
                raise ZeroDivisionError
            case "hangs":
                await asyncio.sleep(60)
        return True

    world.brokerages.open_door.revokes = revoke

    def damage(uow: UnitOfWork) -> None:
        sealed = uow.credentials.get(connection)
        assert sealed is not None
        if fault == "key lost":
            uow.data_keys.drop(f"connection:{connection}")
        if fault == "secret damaged":
            uow.credentials.put(connection, type(sealed)(sealed.key, b"\0" * 60, 1), world.clock.now())

    world.rows.store.write_now(damage)

    answer = await world.connections.Disconnect(pb.DisconnectRequest(connection_id=connection))

    assert answer.connections[0].state == pb.CONNECTION_STATE_DISCONNECTED
    assert secrets_of(world, connection) == (None, None)


async def test_a_user_cannot_connect_for_another(world: World) -> None:
    failure = await failing(world.connections.Connect(request(user_id="user-2"), metadata=((WHO, "user-1"),)))

    assert (failure.code, failure.reason) == (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")
    assert world.brokerages.open_door.begun == 0
