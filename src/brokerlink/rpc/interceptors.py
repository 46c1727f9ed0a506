"""What wraps every call, whatever its shape: one interceptor, outermost, that nothing gets around.

In this order: correlation id, mask, shutdown, principal, scope, stream limits, decoding, validation,
deadline, request id; at the end one line in the access log. grpcio would send the text of an exception to
the client, so nothing but a failure of ours, or a plain sentence, gets through.
"""

import asyncio
import re
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, aclosing, nullcontext
from dataclasses import dataclass
from hashlib import sha256
from inspect import isawaitable
from typing import Any

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message
from google.rpc.status_pb2 import Status

from brokerlink.rpc import calls, principals, validation
from brokerlink.rpc.calls import ANONYMOUS, Call, Context
from brokerlink.rpc.errors import RequestTooLarge, RequestUnreadable, ScopeMissing, Stopping, TooSlow
from brokerlink.rpc.methods import Method, methods
from brokerlink.rpc.once import Once
from brokerlink.rpc.principals import Authenticator
from brokerlink.rpc.streams import Streams

DETAILS = "grpc-status-details-bin"
# Services of gRPC itself: no scope, and open to whoever can reach the server.
OPEN_SERVICES = ("/grpc.health.v1.Health/", "/grpc.reflection.v1alpha.ServerReflection/")
_BROKERAGE = re.compile(r"[a-z0-9_]{1,32}")

# grpcio's types are generic over messages that only the handler knows.
Handler = Any
Details = Any
Told = bytes | AsyncIterable[bytes]
Request = Message | AsyncIterator[Message]
Correlated = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a call may take, in seconds, where its caller sets no deadline or a later one."""

    reading: float = 30.0
    changing: float = 100.0


@dataclass(frozen=True, slots=True)
class Wrapped:
    """One RPC: what the contract says of it (None for services of gRPC), and what answers it."""

    path: str
    method: Method | None
    behaviour: Callable[[Any, Context], Any]
    decode: Callable[[bytes], Message]
    tells_many: bool


class Gate(grpc.aio.ServerInterceptor):
    """The interceptor. `correlated` puts a correlation id on every line that is logged inside."""

    def __init__(
        self,
        authenticate: Authenticator,
        once: Once,
        streams: Streams,
        identity_key: bytes,
        *,
        correlated: Correlated | None = None,
        deadlines: Deadlines | None = None,
    ) -> None:
        self._authenticate = authenticate
        self._once = once
        self._streams = streams
        self._log_key = sha256(b"brokerlink access log" + identity_key).digest()
        self._correlated: Correlated = correlated or (lambda _: nullcontext())
        self._deadlines = deadlines or Deadlines()
        self._handlers: dict[str, Handler] = {}
        self._following: set[asyncio.Task[Any]] = set()
        self._leaving: set[asyncio.Task[Any]] = set()
        self._draining = False

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Handler]], handler_call_details: Details
    ) -> Handler:
        path: str = handler_call_details.method
        wrapped = self._handlers.get(path)
        if wrapped is None:
            handler = await continuation(handler_call_details)
            if handler is None:
                return None  # no such method: gRPC says so itself
            wrapped = self._handlers[path] = self._wrap(path, handler)
        return wrapped

    async def drain(self) -> None:
        """Take nothing new, and end the streams that are open: whoever watches goes on elsewhere."""
        self._draining = True
        self._leaving |= self._following
        for task in self._leaving:
            task.cancel()

    async def settle(self, seconds: float) -> None:
        """Wait for changes that go on although their callers have gone."""
        await self._once.settle(seconds)

    # ---- every shape goes through here

    def _wrap(self, path: str, handler: Handler) -> Handler:
        asks, tells = bool(handler.request_streaming), bool(handler.response_streaming)
        kinds = {
            (False, False): (handler.unary_unary, grpc.unary_unary_rpc_method_handler),
            (False, True): (handler.unary_stream, grpc.unary_stream_rpc_method_handler),
            (True, False): (handler.stream_unary, grpc.stream_unary_rpc_method_handler),
            (True, True): (handler.stream_stream, grpc.stream_stream_rpc_method_handler),
        }
        behaviour, made = kinds[asks, tells]
        to = Wrapped(path, methods().get(path), behaviour, handler.request_deserializer, tells)

        async def guarded(told: Told, context: Context) -> bytes | None:
            return await self._guarded(to, told, context)

        # Bytes come in: what cannot be decoded is a failure like others. And what goes out may be bytes
        # already.
        return made(guarded, request_deserializer=None, response_serializer=encoded)

    async def _guarded(self, to: Wrapped, told: Told, context: Context) -> bytes | None:
        call = Call(
            to.path,
            to.method.name if to.method else to.path.lstrip("/"),
            context,
            calls.correlation_id(context.invocation_metadata() or ()),
        )
        ending: Status | None = None
        with self._correlated(call.correlation_id):
            try:
                return await self._serve(to, call, told)
            except BaseException as error:
                ending = call.ended_by(self._meant(error))
                if ending is None:
                    raise
            finally:
                call.log_access(self._log_key)
        # Here and not in the handler above: what was raised must not travel along as a context.
        trailing = ((DETAILS, ending.SerializeToString()), (calls.CORRELATION, call.correlation_id))
        await context.abort(call.code, ending.message, trailing)
        return None

    def _meant(self, error: BaseException) -> BaseException:
        """A stream that we have told to leave was not cancelled by its caller."""
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task in self._leaving:
            self._leaving.discard(task)
            task.uncancel()
            return Stopping()
        return error

    async def _serve(self, to: Wrapped, call: Call, told: Told) -> bytes | None:
        key = await self._admit(to, call)
        request: Request = (
            self._request(to, call, told) if isinstance(told, bytes) else self._requests(to, call, told)
        )
        if not to.tells_many:
            return await self._answer(to, call, request, key)
        with self._streams.one_more(key):
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - a call is answered in a task
            self._following.add(task)
            try:
                await self._tell(to, call, request)
            finally:
                self._following.discard(task)
        return None

    async def _admit(self, to: Wrapped, call: Call) -> str:
        """Who calls, if it may; the key that its streams are counted under."""
        if to.method is None:
            if not to.path.startswith(OPEN_SERVICES):
                raise ScopeMissing("")
            return ANONYMOUS
        if self._draining:
            raise Stopping
        principal = await self._authenticate(call.context)
        call.principal, call.user = principal.name, principal.user_id or ""
        if not to.method.scope or not principal.allows(to.method.scope):
            raise ScopeMissing(to.method.scope)
        principals.enter(principal)
        return principal.key

    def _request(self, to: Wrapped, call: Call, told: bytes) -> Message:
        method = to.method
        if method is not None and len(told) > method.largest:
            raise RequestTooLarge
        try:
            request = to.decode(told)
        except DecodeError:
            raise RequestUnreadable from None
        if method is not None:
            validation.check(request)
            if method.of_user and not call.user:
                call.user = request.user_id  # type: ignore[attr-defined]  # of_user says so
            if method.of_brokerage and _BROKERAGE.fullmatch(request.brokerage_id):  # type: ignore[attr-defined]
                call.brokerage = request.brokerage_id  # type: ignore[attr-defined]
        return request

    async def _requests(self, to: Wrapped, call: Call, told: AsyncIterable[bytes]) -> AsyncIterator[Message]:
        async for one in told:
            yield self._request(to, call, one)

    async def _answer(self, to: Wrapped, call: Call, request: Request, key: str) -> bytes:
        async def answer() -> bytes:
            response = to.behaviour(request, call.context)
            return encoded(await response if isawaitable(response) else response)

        changes = to.method is not None and to.method.mutates
        most = self._deadlines.changing if changes else self._deadlines.reading
        left = call.context.time_remaining()
        # A caller's own earlier deadline is kept by gRPC itself: it cancels us.
        try:
            async with asyncio.timeout(most if left is None or left > most else None):
                if isinstance(request, Message) and changes:
                    return await self._once(key, to.path, request, answer)
                return await answer()
        except TimeoutError:
            raise TooSlow from None

    async def _tell(self, to: Wrapped, call: Call, request: Request) -> None:
        told = to.behaviour(request, call.context)
        if isawaitable(told):
            await told  # it writes by itself
            return
        async with aclosing(told) as messages:
            async for message in messages:
                await call.context.write(message)


def encoded(message: Message | bytes) -> bytes:
    """A message on the wire; one that is ready goes as it is."""
    return message if isinstance(message, bytes) else message.SerializeToString()
