"""One call on its way: its correlation id, how it ends, and its line in the access log."""

import asyncio
import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from time import perf_counter
from typing import Any

import grpc
import grpc.aio
from google.rpc.status_pb2 import Status

from brokerlink.rpc import errors
from domain.errors import BrokerageUnknown, Failure

log = logging.getLogger("brokerlink.rpc")
CORRELATION = "x-correlation-id"
ANONYMOUS = "anonymous"

_CORRELATION = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CODES = {code.value[0]: code for code in grpc.StatusCode}

# grpcio's own types are generic over messages that only the handler knows.
Context = Any


class Unforeseen(Exception):
    """Stands for an exception in the log: its frames are shown, its text never is."""


@dataclass(slots=True)
class Call:
    """What is known of a call. `user` is whose data it is about, `brokerage` which brokerage."""

    path: str
    name: str
    context: Context
    correlation_id: str
    began: float = field(default_factory=perf_counter)
    principal: str = ANONYMOUS
    user: str = ""
    brokerage: str = ""
    code: grpc.StatusCode = grpc.StatusCode.OK
    reason: str = ""

    def ended_by(self, error: BaseException) -> Status | None:
        """What the client is told of an exception. None: it goes on as it is, its text goes nowhere."""
        match error:
            case grpc.aio.AbortError():
                self.code = _CODES.get(_number(self.context.code()), grpc.StatusCode.UNKNOWN)
                return None
            case asyncio.CancelledError():
                self.code = grpc.StatusCode.CANCELLED
                return None
            case Failure():
                named = "" if isinstance(error, BrokerageUnknown) else self.brokerage
                told, self.reason = errors.status(error, named), errors.reason(error)
            case _ if not isinstance(error, Exception):
                return None  # the process is being ended
            case _:
                self._log_unforeseen(error)
                told, self.reason = errors.internal(self.correlation_id), errors.INTERNAL
        self.code = _CODES[told.code]
        return told

    def _log_unforeseen(self, error: Exception) -> None:
        log.error(
            "unforeseen failure",
            extra={
                "correlation_id": self.correlation_id,
                "method": self.name,
                "exception_type": type(error).__qualname__,
            },
            exc_info=(Unforeseen, Unforeseen(), error.__traceback__),
        )

    def log_access(self, key: bytes) -> None:
        """One line. It names nobody: whose data it was about is a keyed hash."""
        if not log.isEnabledFor(logging.INFO):
            return
        told: dict[str, object] = {
            "method": self.name,
            "status": self.code.value[0],
            "milliseconds": round((perf_counter() - self.began) * 1000, 3),
            "principal": self.principal,
            "correlation_id": self.correlation_id,
        }
        if self.user:
            told["user"] = blake2b(self.user.encode(), key=key, digest_size=8).hexdigest()
        if self.reason:
            told["reason"] = self.reason
        log.info("call", extra=told)


def correlation_id(metadata: Sequence[tuple[str, str | bytes]]) -> str:
    """The caller's own id for the call, if it is a plain word; else a fresh one."""
    for key, value in metadata:
        if key == CORRELATION and isinstance(value, str) and _CORRELATION.fullmatch(value):
            return value
    return os.urandom(8).hex()


def _number(code: Any) -> int:  # noqa: ANN401 - a StatusCode, its number, or nothing
    return int(code.value[0]) if isinstance(code, grpc.StatusCode) else int(code or 0)
