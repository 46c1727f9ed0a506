"""Another user's things answer exactly like things that never were: every RPC, every id it takes."""

from typing import Any

import grpc
import grpc.aio
import pytest
from answering import WHO, World, told
from handmade import buy

from brokerlink.rpc import methods
from brokerlink.v1 import connections_pb2
from domain.challenges import Challenge, ChallengeKind
from domain.ports.brokerage import Asked, Grant
from domain.syncs import RunState

# The fields that name something of a user, and one that never existed. A new RPC with an id of another
# name fails here until it has an entry.
NEVER = {
    "user_id": "user-0",
    "account_id": "acc_000000000000000000000000",
    "connection_id": "con_000000000000000000000000",
    "reconnect_connection_id": "con_000000000000000000000000",
    "session_id": "ses_000000000000000000000000",
    "sync_run_id": "run_000000000000000000000000",
    "transaction_id": "txn_" + "0" * 48,
}
NOBODYS = {"brokerage_id", "door_id", "request_id"}
# What else a request needs so that its rules let it pass.
FILLED: dict[str, dict[str, Any]] = {
    "Connect": {
        "user_id": "user-1",
        "brokerage_id": "played",
        "credentials": {"key": "k", "secret": "s"},
    },
    "ContinueConnect": {"code": "1"},
    "ImportStatement": {"user_id": "user-1", "brokerage_id": "played", "size_bytes": 1, "content": b"x"},
}
CASES = [
    (method, field.name)
    for method in methods.methods().values()
    for field in method.request.DESCRIPTOR.fields
    if field.name.endswith("_id") and field.name not in NOBODYS
]


async def theirs(world: World) -> dict[str, str]:
    """One of everything of user-2."""
    connection = world.rows.connection("user-2")
    account = world.rows.account("user-2", connection)
    (transaction,) = world.rows.transact(account, [buy(1)])
    run = world.rows.run(connection)
    world.rows.step(run, RunState.SUCCEEDED)

    async def ask(_: dict[str, str]) -> Asked | Grant:
        return Asked(Challenge(ChallengeKind.SMS_CODE, "Type the code."), b"")

    world.brokerages.open_door.begins = ask
    filled = {**FILLED["Connect"], "user_id": "user-2"}
    session = await world.connections.Connect(connections_pb2.ConnectRequest(**filled))
    return {
        "user_id": "user-2",
        "account_id": account,
        "connection_id": connection,
        "reconnect_connection_id": connection,
        "session_id": session.id,
        "sync_run_id": run.id,
        "transaction_id": transaction,
    }


async def answered(world: World, method: methods.Method, given: dict[str, Any]) -> tuple[object, ...]:
    """All that user-1 learns."""
    request = method.request(**given).SerializeToString()
    mine = ((WHO, "user-1"), ("x-correlation-id", "same"))
    try:
        call = world.raw(method.path, streams=method.streams)(request, metadata=mine)
        return (await call.read() if method.streams else await call,)
    except grpc.aio.AioRpcError as error:
        failure = told(error)
        return (failure, tuple(error.trailing_metadata() or ()), tuple(error.initial_metadata() or ()))


@pytest.mark.parametrize(("method", "field"), CASES, ids=lambda one: getattr(one, "name", one))
async def test_anothers_id_is_like_one_that_never_was(
    world: World, method: methods.Method, field: str
) -> None:
    filled = FILLED.get(method.name.partition("/")[2], {})
    foreign = (await theirs(world))[field]

    there = await answered(world, method, {**filled, field: foreign})
    nowhere = await answered(world, method, {**filled, field: NEVER[field]})

    assert there == nowhere
    assert getattr(there[0], "code", None) is grpc.StatusCode.NOT_FOUND


def test_every_id_of_the_contract_is_tried() -> None:
    assert {field for _, field in CASES} == set(NEVER)
