"""What wraps every call: nothing unforeseen gets out, nothing unwanted gets in."""

import logging
from typing import Any

import grpc
import grpc.aio
import pytest
from answering import WHO, World, failing, told

from brokerlink.rpc import methods
from brokerlink.v1 import accounts_pb2, brokerages_pb2, syncs_pb2
from brokerlink.v1 import connections_pb2 as pb
from domain.ports.brokerage import Asked, Grant

SECRET = "hunter2-planted"
CONNECT = {"user_id": "user-1", "brokerage_id": "played", "credentials": {"key": "k", "secret": SECRET}}
GET_ACCOUNT = "brokerlink.v1.AccountService/GetAccount"
EVERY = sorted(methods.methods().values(), key=lambda method: method.path)


async def answer(call: Any) -> Any:
    """The answer of a unary call, or the first of a stream."""
    if isinstance(call, grpc.aio.UnaryStreamCall):
        return await call.read()
    return await call


# ---- the mask


async def test_what_nobody_foresaw_reaches_no_client_and_no_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async def begin(given: dict[str, str]) -> Asked | Grant:
        raise RuntimeError(f"login with {given} failed")

    world.brokerages.open_door.begins = begin
    caplog.set_level(logging.DEBUG)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await world.connections.Connect(pb.ConnectRequest(**CONNECT))  # type: ignore[arg-type]

    failure = told(caught.value)
    assert (failure.code, failure.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert failure.metadata["correlation_id"] in failure.message
    assert SECRET not in repr(caught.value)
    assert "RuntimeError" not in repr(caught.value)
    logged = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert SECRET not in logged
    (record,) = [one for one in caplog.records if one.getMessage() == "unforeseen failure"]
    assert vars(record)["correlation_id"] == failure.metadata["correlation_id"]
    assert vars(record)["exception_type"] == "RuntimeError"
    assert "in begin" in caplog.text  # where it happened is told


async def test_a_stream_that_breaks_is_masked_too(world: World) -> None:
    run = world.rows.run(world.rows.connection())

    async def wait(*_: object) -> None:
        raise RuntimeError(SECRET)

    world.hub.wait = wait  # type: ignore[assignment,method-assign]  # breaks in the middle of a stream

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in world.syncs.WatchSync(syncs_pb2.WatchSyncRequest(sync_run_id=run.id)):
            pass

    assert told(caught.value).reason == "INTERNAL"
    assert SECRET not in repr(caught.value)


# ---- what comes in


@pytest.mark.parametrize("method", EVERY, ids=lambda method: method.name)
@pytest.mark.parametrize("told_bytes", [b"\xff\xff\xff\xff", b"\x0a\x05ab"])
async def test_malformed_bytes_are_refused_everywhere(
    world: World, method: methods.Method, told_bytes: bytes
) -> None:
    failure = await failing(answer(world.raw(method.path, streams=method.streams)(told_bytes)))

    # Bytes that happen to be another field of this request are told by its rules.
    assert failure.code is grpc.StatusCode.INVALID_ARGUMENT
    assert failure.reason in {"REQUEST_UNREADABLE", "FIELD_INVALID"}


async def test_text_that_is_no_text_is_refused(world: World) -> None:
    failure = await failing(world.raw(f"/{GET_ACCOUNT}")(b"\x0a\x02\xc3\x28"))

    assert (failure.code, failure.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_UNREADABLE")


async def test_deep_nesting_is_refused(world: World) -> None:
    groups = b"\x7b" * 1000 + b"\x7c" * 1000

    failure = await failing(world.raw(f"/{GET_ACCOUNT}")(b"\x0a\x01a" + groups))

    assert (failure.code, failure.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_UNREADABLE")


async def test_a_request_that_is_too_large_for_its_method_is_refused(world: World) -> None:
    big = accounts_pb2.GetAccountRequest(account_id="a" * 70_000).SerializeToString()

    failure = await failing(world.raw(f"/{GET_ACCOUNT}")(big))

    assert (failure.code, failure.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_an_oversized_message_is_refused_before_it_is_looked_at(
    world: World, compression: grpc.Compression
) -> None:
    call = world.raw(f"/{GET_ACCOUNT}")

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(b"\0" * 5_000_000, compression=compression)

    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_every_wrong_field_is_named_and_no_value_is_repeated(world: World) -> None:
    request = pb.ConnectRequest(
        user_id="", brokerage_id="b" * 200, credentials={SECRET: "v" * 5000}, request_id="1"
    )

    failure = await failing(world.connections.Connect(request))

    assert set(failure.fields) == {"user_id", "brokerage_id", "credentials", "request_id"}
    assert SECRET not in str(failure)


# ---- who may


async def test_who_has_no_token_is_told_so(world: World) -> None:
    call = world.catalogue.ListBrokerages(brokerages_pb2.ListBrokeragesRequest(), metadata=((WHO, "nobody"),))

    failure = await failing(call)

    assert (failure.code, failure.reason) == (grpc.StatusCode.UNAUTHENTICATED, "CALLER_TOKEN_INVALID")


@pytest.mark.parametrize("method", EVERY, ids=lambda method: method.name)
async def test_every_rpc_needs_its_scope(world: World, method: methods.Method) -> None:
    world.principals.scopes = methods.scopes() - {method.scope, method.scope.replace(":read", ":write")}

    failure = await failing(answer(world.raw(method.path, streams=method.streams)(b"")))

    assert (failure.code, failure.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING")
    assert method.scope in failure.message


async def test_writing_includes_reading_and_not_the_other_way(world: World) -> None:
    run = syncs_pb2.GetSyncRunRequest(sync_run_id="run_0")
    world.principals.scopes = frozenset({"sync:write"})
    may = await failing(world.syncs.GetSyncRun(run))
    world.principals.scopes = frozenset({"sync:read"})

    may_not = await failing(world.syncs.CancelSync(syncs_pb2.CancelSyncRequest(sync_run_id="run_0")))

    assert (may.reason, may_not.reason) == ("SYNC_RUN_NOT_FOUND", "SCOPE_MISSING")


async def test_an_rpc_that_names_no_scope_is_closed_to_everybody(world: World) -> None:
    """A service of somebody else on our server: it has no option."""

    async def planted(request: bytes, context: object) -> bytes:
        return b"open"

    handler: Any = grpc.unary_unary_rpc_method_handler(planted)
    wrapped = world.gate._wrap("/other.Service/Call", handler)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("other.Service", {"Call": wrapped}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        call: Any = channel.unary_unary("/other.Service/Call")
        failure = await failing(call(b""))
    await server.stop(None)

    assert failure.reason == "SCOPE_MISSING"


# ---- the access log


async def test_every_call_leaves_one_line_that_names_nobody(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "brokerlink.rpc")
    request = accounts_pb2.ListAccountsRequest(user_id="user-with-a-name")

    await world.accounts.ListAccounts(request, metadata=(("x-correlation-id", "abc-1"),))
    await failing(world.accounts.GetAccount(accounts_pb2.GetAccountRequest(account_id="acc_secret")))

    listed, missed = [vars(r) for r in caplog.records if r.getMessage() == "call"]
    assert (listed["method"], listed["status"], listed["principal"]) == (
        "AccountService/ListAccounts",
        0,
        "local",
    )
    assert (listed["correlation_id"], len(listed["user"])) == ("abc-1", 16)
    assert (missed["status"], missed["reason"]) == (5, "ACCOUNT_NOT_FOUND")
    assert "user-with-a-name" not in str(listed)
    assert "acc_secret" not in str(missed)


async def test_a_correlation_id_that_is_no_word_is_not_taken(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "brokerlink.rpc")
    request = brokerages_pb2.ListBrokeragesRequest()

    await world.catalogue.ListBrokerages(request, metadata=(("x-correlation-id", "a b{}"),))

    (line,) = [vars(r) for r in caplog.records if r.getMessage() == "call"]
    assert line["correlation_id"] != "a b{}"
