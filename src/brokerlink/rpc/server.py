"""Builds the server: services, health, reflection, the gate, and every limit; and stops it gracefully."""

import asyncio
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # type: ignore[import-untyped]
from grpc_reflection.v1alpha import reflection  # type: ignore[import-untyped]

from brokerlink.rpc import validation
from brokerlink.rpc.accounts import AccountServicer
from brokerlink.rpc.admin import AdminServicer
from brokerlink.rpc.brokerages import BrokerageServicer
from brokerlink.rpc.connections import ConnectionServicer
from brokerlink.rpc.interceptors import Gate
from brokerlink.rpc.methods import services
from brokerlink.rpc.portfolios import PortfolioServicer
from brokerlink.rpc.syncs import SyncServicer
from brokerlink.rpc.transactions import TransactionServicer
from brokerlink.v1 import (
    accounts_pb2_grpc,
    admin_pb2_grpc,
    brokerages_pb2_grpc,
    connections_pb2_grpc,
    portfolios_pb2_grpc,
    syncs_pb2_grpc,
    transactions_pb2_grpc,
)

# A watcher of the health that does not read must not hold up the end of the server.
TELLING_HEALTH_TAKES_AT_MOST = 1.0


@dataclass(frozen=True, slots=True)
class Servicers:
    brokerages: BrokerageServicer
    connections: ConnectionServicer
    accounts: AccountServicer
    portfolios: PortfolioServicer
    transactions: TransactionServicer
    syncs: SyncServicer
    admin: AdminServicer


@dataclass(frozen=True, slots=True)
class Limits:
    """What a caller can make the server hold. Times in seconds.

    `streams_per_connection` is HTTP/2's: a client waits, without being told, for a place beyond it. It
    lies above what a principal may have open as streams (see streams.Streams), and `calls` above all
    streams together, so that unary calls and health checks always get through.
    """

    message_bytes: int = 1024 * 1024
    metadata_bytes: int = 16 * 1024
    streams_per_connection: int = 1_000
    calls: int = 4_000
    handshake: float = 5.0
    keepalive: float = 60.0
    keepalive_answer: float = 20.0
    fastest_ping: float = 10.0
    connection_age: float = 3_600.0
    connection_age_grace: float = 600.0
    reuse_port: bool = False

    def options(self) -> list[tuple[str, int]]:
        def milliseconds(seconds: float) -> int:
            return int(seconds * 1000)

        return [
            ("grpc.max_receive_message_length", self.message_bytes),
            ("grpc.max_metadata_size", self.metadata_bytes),
            ("grpc.absolute_max_metadata_size", self.metadata_bytes * 2),
            ("grpc.max_concurrent_streams", self.streams_per_connection),
            ("grpc.server_handshake_timeout_ms", milliseconds(self.handshake)),
            ("grpc.keepalive_time_ms", milliseconds(self.keepalive)),
            ("grpc.keepalive_timeout_ms", milliseconds(self.keepalive_answer)),
            ("grpc.http2.min_ping_interval_without_data_ms", milliseconds(self.fastest_ping)),
            ("grpc.max_connection_age_ms", milliseconds(self.connection_age)),
            ("grpc.max_connection_age_grace_ms", milliseconds(self.connection_age_grace)),
            ("grpc.so_reuseport", int(self.reuse_port)),
        ]


class RpcServer:
    """A server that is ready to listen."""

    def __init__(self, server: grpc.aio.Server, gate: Gate, checks: Any) -> None:  # noqa: ANN401 - untyped
        self._server = server
        self._gate = gate
        self._health = checks
        self._stopping: asyncio.Task[None] | None = None

    def listen(self, address: str, credentials: grpc.ServerCredentials | None = None) -> int:
        """Listen at host:port or unix:/path; the port that it became. Raises RuntimeError if it is taken."""
        if credentials is None:
            return self._server.add_insecure_port(address)
        return self._server.add_secure_port(address, credentials)

    async def start(self) -> None:
        await self._server.start()
        for name in ("", *services()):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def wait(self) -> None:
        """Until it has been stopped."""
        await self._server.wait_for_termination()

    async def stop(self, grace: float = 10.0, notice: float = 0.0) -> None:
        """Say NOT_SERVING, give balancers `notice` to see it, send streams elsewhere, let calls end for
        `grace`, and end."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._stop(grace, notice))
        await asyncio.shield(self._stopping)

    async def _stop(self, grace: float, notice: float) -> None:
        try:
            async with asyncio.timeout(TELLING_HEALTH_TAKES_AT_MOST):
                await self._health.enter_graceful_shutdown()
        except TimeoutError:
            pass
        await asyncio.sleep(notice)
        await self._gate.drain()
        await asyncio.gather(self._server.stop(grace), self._gate.settle(grace))


def build(
    servicers: Servicers,
    gate: Gate,
    limits: Limits | None = None,
    *,
    reflects: bool = False,
) -> RpcServer:
    """A server with all services behind the gate."""
    validation.warm()
    bounds = limits or Limits()
    server = grpc.aio.server(
        interceptors=(gate,),
        options=bounds.options(),
        maximum_concurrent_rpcs=bounds.calls,
    )
    brokerages_pb2_grpc.add_BrokerageServiceServicer_to_server(servicers.brokerages, server)
    connections_pb2_grpc.add_ConnectionServiceServicer_to_server(servicers.connections, server)
    accounts_pb2_grpc.add_AccountServiceServicer_to_server(servicers.accounts, server)
    portfolios_pb2_grpc.add_PortfolioServiceServicer_to_server(servicers.portfolios, server)
    transactions_pb2_grpc.add_TransactionServiceServicer_to_server(servicers.transactions, server)
    syncs_pb2_grpc.add_SyncServiceServicer_to_server(servicers.syncs, server)
    admin_pb2_grpc.add_AdminServiceServicer_to_server(servicers.admin, server)
    checks = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    if reflects:
        names = (*services(), health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
    return RpcServer(server, gate, checks)
