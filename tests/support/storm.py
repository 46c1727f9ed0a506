"""Users at work while their database is struck: what each of them was told, and what they met."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import grpc.aio

from brokerlink.v1 import (
    accounts_pb2,
    accounts_pb2_grpc,
    connections_pb2,
    connections_pb2_grpc,
    portfolios_pb2,
    portfolios_pb2_grpc,
    syncs_pb2,
    syncs_pb2_grpc,
)

T = TypeVar("T")

DEADLINE = 20.0
AGAIN_AFTER = 0.05


@dataclass
class Weather:
    """What all users met together. `gap` is the longest time in which nobody was answered."""

    errors: Counter[str] = field(default_factory=Counter)
    answers: int = 0
    gap: float = 0.0
    _last: float = field(default_factory=time.monotonic)

    def answered(self) -> None:
        now = time.monotonic()
        self.gap, self._last = max(self.gap, now - self._last), now
        self.answers += 1

    def failed(self, error: grpc.aio.AioRpcError) -> None:
        self.errors[error.code().name] += 1


@dataclass
class User:
    """One user with one connection, who does everything with a request_id until it is acknowledged."""

    name: str
    keys: dict[str, str]
    channel: grpc.aio.Channel
    weather: Weather
    connection_id: str = ""
    runs: list[str] = field(default_factory=list)
    pauses: int = 0

    async def live(self, over: asyncio.Event) -> None:
        connections: Any = connections_pb2_grpc.ConnectionServiceStub(self.channel)
        syncs: Any = syncs_pb2_grpc.SyncServiceStub(self.channel)
        asked = connections_pb2.ConnectRequest(
            user_id=self.name, brokerage_id="alpaca", credentials=self.keys, request_id=_new()
        )
        session = await self._insist(partial(connections.Connect, asked, timeout=DEADLINE))
        self.connection_id = session.connection.id
        while not over.is_set():
            start = syncs_pb2.StartSyncRequest(
                connection_id=self.connection_id, force=True, request_id=_new()
            )
            run = await self._insist(partial(syncs.StartSync, start, timeout=DEADLINE))
            self.runs.append(run.id)
            await self._insist(partial(self._ended, syncs, run.id))
            await self._pause(connections)
            await self._look()

    async def _ended(self, syncs: Any, run_id: str) -> None:
        """Follow a run to its end; `_insist` follows it again where the stream breaks off."""
        async for _ in syncs.WatchSync(syncs_pb2.WatchSyncRequest(sync_run_id=run_id), timeout=60):
            self.weather.answered()

    async def _pause(self, connections: Any) -> None:
        pause = connections_pb2.PauseConnectionRequest(connection_id=self.connection_id, request_id=_new())
        await self._insist(partial(connections.PauseConnection, pause, timeout=DEADLINE))
        self.pauses += 1
        resume = connections_pb2.ResumeConnectionRequest(connection_id=self.connection_id, request_id=_new())
        await self._insist(partial(connections.ResumeConnection, resume, timeout=DEADLINE))

    async def _look(self) -> None:
        accounts: Any = accounts_pb2_grpc.AccountServiceStub(self.channel)
        portfolios: Any = portfolios_pb2_grpc.PortfolioServiceStub(self.channel)
        mine = accounts_pb2.ListAccountsRequest(user_id=self.name)
        for account in (await self._insist(partial(accounts.ListAccounts, mine, timeout=DEADLINE))).accounts:
            one = portfolios_pb2.GetPortfolioRequest(account_id=account.id)
            await self._insist(partial(portfolios.GetPortfolio, one, timeout=DEADLINE))

    async def _insist(self, call: Callable[[], Awaitable[T]]) -> T:
        """Until it is acknowledged, always as the same request."""
        while True:
            try:
                answer = await call()
            except grpc.aio.AioRpcError as error:
                self.weather.failed(error)
                await asyncio.sleep(AGAIN_AFTER)
            else:
                self.weather.answered()
                return answer


def _new() -> str:
    return str(uuid.uuid4())
