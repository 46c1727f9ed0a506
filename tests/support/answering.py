"""A real gRPC server in this process, over rows made by hand and a brokerage that is played.

async with answering(tmp_path) as world:
    account = world.rows.account("user-1")
    portfolio = await world.portfolios.GetPortfolio(pb.GetPortfolioRequest(account_id=account))
"""

import os
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status
from handmade import Rows
from played import PlayedBrokerages

from adapters.aesgcm.keyring import KeyRing, generate
from adapters.aesgcm.roots import Roots
from adapters.aesgcm.vault import AesGcmVault
from adapters.brokerages import NAMES, card
from adapters.dispatch.hub import InProcessHub
from adapters.kit.statements import Files
from adapters.sql.reading import SqlReading
from adapters.sql.store import identity_key, open_store
from brokerlink.rpc import methods
from brokerlink.rpc.accounts import AccountServicer
from brokerlink.rpc.admin import AdminServicer
from brokerlink.rpc.brokerages import BrokerageServicer
from brokerlink.rpc.connections import ConnectionServicer
from brokerlink.rpc.errors import CallerTokenInvalid
from brokerlink.rpc.interceptors import Deadlines, Gate
from brokerlink.rpc.once import Once
from brokerlink.rpc.page_tokens import PageTokens
from brokerlink.rpc.portfolios import PortfolioServicer
from brokerlink.rpc.principals import Principal
from brokerlink.rpc.rendering import Instruments
from brokerlink.rpc.server import Limits, RpcServer, Servicers, build
from brokerlink.rpc.statements import StatementImports
from brokerlink.rpc.streams import Streams
from brokerlink.rpc.syncs import SyncServicer
from brokerlink.rpc.transactions import TransactionServicer
from brokerlink.usecases.connect import CancelConnect, Connect, ContinueConnect, GetConnectSession
from brokerlink.usecases.connecting import Connecting
from brokerlink.usecases.disconnect import Disconnect
from brokerlink.usecases.get_portfolio import GetPortfolio, GetUserPortfolio
from brokerlink.usecases.get_sync_run import CancelSync, GetSyncRun, ListSyncRuns
from brokerlink.usecases.grants import Grants
from brokerlink.usecases.import_statement import ImportStatement
from brokerlink.usecases.list_accounts import GetAccount, ListAccounts
from brokerlink.usecases.list_brokerages import GetBrokerage, ListBrokerages
from brokerlink.usecases.list_connections import GetConnection, ListConnections
from brokerlink.usecases.list_dead_letters import ListDeadLetters
from brokerlink.usecases.list_transactions import GetTransaction, ListTransactions
from brokerlink.usecases.pause_connection import PauseConnection, ResumeConnection
from brokerlink.usecases.release_connection import ReleaseConnection
from brokerlink.usecases.requeue_sync import RequeueSync
from brokerlink.usecases.retry_dead_letter import RetryDeadLetter
from brokerlink.usecases.safe import Safe
from brokerlink.usecases.start_sync import StartSync
from brokerlink.usecases.watch_sync import WatchSync
from brokerlink.v1 import (
    accounts_pb2_grpc,
    admin_pb2_grpc,
    brokerages_pb2_grpc,
    connections_pb2_grpc,
    portfolios_pb2_grpc,
    syncs_pb2,
    syncs_pb2_grpc,
    transactions_pb2_grpc,
)
from domain.ids import random_id
from domain.syncs import SyncRun

WHO = "test-principal"


@dataclass
class Clock:
    """The real time, and an offset that tests turn."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Chance:
    def id(self, prefix: str) -> str:
        return random_id(prefix, os.urandom(12))

    def fraction(self) -> float:
        return 0.5


@dataclass
class Woken:
    times: int = 0

    def wake(self, run: SyncRun) -> None:
        self.times += 1


@dataclass
class Principals:
    """Who calls is said in the metadata: "user-1" is that user, nothing is everybody's operator."""

    scopes: frozenset[str] = field(default_factory=methods.scopes)

    async def __call__(self, context: Any) -> Principal:
        who = dict(context.invocation_metadata() or ()).get(WHO)
        if who == "nobody":
            raise CallerTokenInvalid
        if who is None:
            return Principal("local", None, self.scopes)
        return Principal("service", str(who), self.scopes)


@dataclass
class World:
    """Everything behind the server, and stubs in front of it."""

    rows: Rows
    reading: SqlReading
    safe: Safe
    brokerages: PlayedBrokerages
    clock: Clock
    hub: InProcessHub
    dispatch: Woken
    principals: Principals
    gate: Gate
    servicers: Servicers
    once: Once
    server: RpcServer
    port: int = 0
    channel: grpc.aio.Channel = field(init=False)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def raw(self, path: str, *, streams: bool = False) -> Any:
        """A call with bytes in and bytes out."""
        return self.channel.unary_stream(path) if streams else self.channel.unary_unary(path)

    @property
    def portfolios(self) -> "portfolios_pb2_grpc.PortfolioServiceAsyncStub":
        return portfolios_pb2_grpc.PortfolioServiceStub(self.channel)

    @property
    def transactions(self) -> "transactions_pb2_grpc.TransactionServiceAsyncStub":
        return transactions_pb2_grpc.TransactionServiceStub(self.channel)

    @property
    def accounts(self) -> "accounts_pb2_grpc.AccountServiceAsyncStub":
        return accounts_pb2_grpc.AccountServiceStub(self.channel)

    @property
    def connections(self) -> "connections_pb2_grpc.ConnectionServiceAsyncStub":
        return connections_pb2_grpc.ConnectionServiceStub(self.channel)

    @property
    def catalogue(self) -> "brokerages_pb2_grpc.BrokerageServiceAsyncStub":
        return brokerages_pb2_grpc.BrokerageServiceStub(self.channel)

    @property
    def admin(self) -> "admin_pb2_grpc.AdminServiceAsyncStub":
        return admin_pb2_grpc.AdminServiceStub(self.channel)

    @property
    def syncs(self) -> "syncs_pb2_grpc.SyncServiceAsyncStub":
        return syncs_pb2_grpc.SyncServiceStub(self.channel)


def build_world(
    folder: Path,
    *,
    streams: Streams | None = None,
    deadlines: Deadlines | None = None,
    limits: Limits | None = None,
    heartbeat: timedelta = timedelta(seconds=5),
    patience: timedelta = timedelta(seconds=30),
) -> World:
    store = open_store(f"sqlite:///{folder}/brokerlink.db")
    ring = KeyRing.parse(generate())
    safe = Safe(AesGcmVault(ring, identity_key(store, Roots(ring).unlock)))
    clock, chance, hub, dispatch = Clock(), Chance(), InProcessHub(), Woken()
    brokerages, principals = PlayedBrokerages(), Principals()
    reading = SqlReading(store.engine)
    grants = Grants(store, safe, clock, chance)
    connecting = Connecting(store, brokerages, safe, clock, chance, dispatch)
    tokens = PageTokens(safe.vault.identity_key, clock)
    once = Once(store, safe.vault.identity_key, clock)
    instruments = Instruments(reading)
    servicers = Servicers(
        BrokerageServicer(ListBrokerages(brokerages), GetBrokerage(brokerages), tokens),
        ConnectionServicer(
            connect=Connect(connecting),
            continue_connect=ContinueConnect(connecting),
            get_connect_session=GetConnectSession(connecting),
            cancel_connect=CancelConnect(connecting),
            list_connections=ListConnections(store),
            get_connection=GetConnection(store),
            pause_connection=PauseConnection(store, clock, dispatch),
            resume_connection=ResumeConnection(store, clock, chance, dispatch),
            disconnect=Disconnect(store, brokerages, grants, clock, dispatch, revoking=0.5),
            list_accounts=ListAccounts(store),
            get_brokerage=GetBrokerage(brokerages),
            tokens=tokens,
        ),
        AccountServicer(ListAccounts(store), GetAccount(store), tokens),
        PortfolioServicer(GetPortfolio(reading), GetUserPortfolio(reading), instruments),
        TransactionServicer(
            ListTransactions(reading),
            GetTransaction(reading),
            instruments,
            tokens,
            StatementImports(ImportStatement(store, Files(NAMES, card), safe, clock), once),
        ),
        SyncServicer(
            start=StartSync(store, clock, chance, dispatch),
            watch=WatchSync(store, hub, clock, heartbeat, patience=patience),
            get=GetSyncRun(store),
            list_runs=ListSyncRuns(store),
            cancel=CancelSync(store, dispatch),
            once=once,
            tokens=tokens,
        ),
        AdminServicer(
            list_dead_letters=ListDeadLetters(store),
            retry_dead_letter=RetryDeadLetter(store, clock, chance, dispatch),
            requeue_sync=RequeueSync(store, StartSync(store, clock, chance, dispatch), dispatch),
            release_connection=ReleaseConnection(store, clock, chance, dispatch),
            tokens=tokens,
        ),
    )
    counted = streams or Streams(each=500, most=2_000)
    gate = Gate(principals, once, counted, safe.vault.identity_key, deadlines=deadlines)
    server = build(servicers, gate, limits, reflects=True)
    return World(
        Rows(store, safe, clock, chance),
        reading,
        safe,
        brokerages,
        clock,
        hub,
        dispatch,
        principals,
        gate,
        servicers,
        once,
        server,
    )


@asynccontextmanager
async def answering(folder: Path, **more: Any) -> AsyncIterator[World]:
    world = build_world(folder, **more)
    world.port = world.server.listen("127.0.0.1:0")
    await world.server.start()
    async with grpc.aio.insecure_channel(world.address) as channel:
        world.channel = channel
        yield world
    await world.server.stop(grace=0)
    world.reading.close()
    world.rows.store.close()


async def failing(awaited: Awaitable[object]) -> "Told":
    """What a call that must fail tells."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await awaited
    return told(caught.value)


async def heard(call: Any) -> syncs_pb2.SyncProgress:
    """The next message of a stream of progress."""
    message = await call.read()
    assert isinstance(message, syncs_pb2.SyncProgress)
    return message


@dataclass(frozen=True)
class Told:
    """A failed call, decoded."""

    code: grpc.StatusCode
    message: str
    reason: str
    metadata: dict[str, str]
    retry_after: timedelta | None
    fields: dict[str, str]
    localized: str


def told(error: grpc.aio.AioRpcError) -> Told:
    """What a client learns of a failure. A call of ours always has an ErrorInfo."""
    trailing = dict(error.trailing_metadata() or ())
    status = Status.FromString(trailing["grpc-status-details-bin"])
    found: dict[str, Message] = {}
    kinds = ("ErrorInfo", "RetryInfo", "BadRequest", "LocalizedMessage")
    for packed in status.details:
        for name in kinds:
            kind = getattr(error_details_pb2, name)
            if packed.Is(kind.DESCRIPTOR):
                found[name] = kind.FromString(packed.value)
    info: Any = found["ErrorInfo"]
    retry: Any = found.get("RetryInfo")
    bad: Any = found.get("BadRequest")
    local: Any = found.get("LocalizedMessage")
    assert (status.code, status.message) == (error.code().value[0], error.details())
    assert info.domain == "brokerlink"
    return Told(
        error.code(),
        error.details() or "",
        info.reason,
        dict(info.metadata),
        None if retry is None else retry.retry_delay.ToTimedelta(),
        {} if bad is None else {one.field: one.description for one in bad.field_violations},
        "" if local is None else local.message,
    )
