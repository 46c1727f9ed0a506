"""The channel to the server: address, TLS, the token, deadlines, and retries of what may be repeated."""

import ipaddress
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import grpc

from brokerlink.cli.caller import Caller
from brokerlink.cli.errors import Refused

DEADLINE = 30.0  # seconds for one answer; connecting speaks with a brokerage meanwhile
LARGEST_ANSWER = 64 * 1024 * 1024
GrpcValue: TypeAlias = Any  # what grpc hands to an interceptor has no exported type

# The RPCs without side effects: only these are repeated by the channel. A test compares with the protos.
READS = {
    "BrokerageService": ("ListBrokerages", "GetBrokerage"),
    "ConnectionService": ("GetConnectSession", "ListConnections", "GetConnection"),
    "AdminService": ("ListDeadLetters",),
    "AccountService": ("ListAccounts", "GetAccount"),
    "PortfolioService": ("GetPortfolio", "GetUserPortfolio"),
    "TransactionService": ("ListTransactions", "GetTransaction"),
    "SyncService": ("WatchSync", "GetSyncRun", "ListSyncRuns"),
}
SERVICE_CONFIG = {
    "methodConfig": [
        {
            "name": [
                {"service": f"brokerlink.v1.{service}", "method": method}
                for service, methods in READS.items()
                for method in methods
            ],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.1s",
                "maxBackoff": "1s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}


class _Details(NamedTuple):
    """What an interceptor hands on; grpc gives the interface and no value of it."""

    method: str
    timeout: float | None
    metadata: tuple[tuple[str, str | bytes], ...]
    credentials: grpc.CallCredentials | None
    wait_for_ready: bool | None
    compression: grpc.Compression | None


@dataclass(frozen=True, slots=True)
class _Envelope(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Adds the token to each call, and a deadline to each that has none and is no stream."""

    metadata: tuple[tuple[str, str], ...]

    def intercept_unary_unary(
        self,
        continuation: Callable[..., GrpcValue],
        client_call_details: GrpcValue,
        request: GrpcValue,
    ) -> GrpcValue:
        return continuation(self._with(client_call_details, client_call_details.timeout or DEADLINE), request)

    def intercept_unary_stream(
        self,
        continuation: Callable[..., GrpcValue],
        client_call_details: GrpcValue,
        request: GrpcValue,
    ) -> GrpcValue:
        return continuation(self._with(client_call_details, client_call_details.timeout), request)

    def _with(self, asked: GrpcValue, timeout: float | None) -> _Details:
        return _Details(
            asked.method,
            timeout,
            (*(asked.metadata or ()), *self.metadata),
            getattr(asked, "credentials", None),
            getattr(asked, "wait_for_ready", None),
            getattr(asked, "compression", None),
        )


def is_loopback(address: str) -> bool:
    """Whether an address can only be reached on this machine: a Unix socket, localhost, 127/8, ::1."""
    if address.startswith(("unix:", "unix-abstract:")):
        return True
    bare = address.removeprefix("dns:").removeprefix("ipv4:").removeprefix("ipv6:").lstrip("/")
    host = bare.rpartition(":")[0].strip("[]") if ":" in bare else bare
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _checked(caller: Caller) -> None:
    if caller.token and not caller.secure and not is_loopback(caller.address):
        raise Refused(
            f"The token would travel unprotected to {caller.address}; it is not sent.",
            hint="Speak TLS: --ca FILE, or --tls for a public certificate.",
            reason="TOKEN_OVER_PLAINTEXT",
        )


@contextmanager
def connected(caller: Caller) -> Iterator[grpc.Channel]:
    """A channel to the caller's server, closed at the end. Nothing is sent before the first call."""
    _checked(caller)
    options = [
        ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
        ("grpc.enable_retries", 1),
        ("grpc.primary_user_agent", "brokerlink-cli"),
        ("grpc.max_receive_message_length", LARGEST_ANSWER),
        ("grpc.enable_http_proxy", 0 if is_loopback(caller.address) else 1),
    ]
    if caller.secure:
        roots = caller.ca.read_bytes() if caller.ca else None
        channel = grpc.secure_channel(caller.address, grpc.ssl_channel_credentials(roots), options)
    else:
        channel = grpc.insecure_channel(caller.address, options)
    metadata = (("authorization", f"Bearer {caller.token}"),) if caller.token else ()
    try:
        yield grpc.intercept_channel(channel, _Envelope(metadata))
    finally:
        channel.close()


def new_request_id() -> str:
    """For calls that change something: a repetition with the same one does nothing twice."""
    return str(uuid.uuid4())
