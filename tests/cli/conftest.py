"""A server on a real socket that says what a test tells it to, and the program to ask it with."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status  # type: ignore[import-untyped]
from typer.testing import CliRunner, Result

from brokerlink.cli.app import app
from brokerlink.v1 import brokerages_pb2, syncs_pb2
from tests.cli.sessions import DONE, HIDDEN, KEY

FILES = ("accounts", "admin", "brokerages", "connections", "portfolios", "syncs", "transactions")

# An answer: a message; for a stream several of them and exceptions; or a function of the request.
GrpcValue = Any  # what grpc hands to a handler has no exported type

Answer = Message | list[Any] | Exception | Callable[[Any], Any]


class Failing(Exception):
    """A failed call: its status, with rich details if there are any."""

    def __init__(self, code: grpc.StatusCode, sentence: str = "", details: Iterable[Message] = ()) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.packed = list(details)

    def status(self) -> grpc.Status:
        made = status_pb2.Status(code=self.code.value[0], message=self.sentence)
        for detail in self.packed:
            made.details.add().Pack(detail)
        packed: grpc.Status = rpc_status.to_status(made)
        return packed


def failing(
    code: grpc.StatusCode, reason: str, sentence: str = "", details: Iterable[Message] = (), **metadata: str
) -> Failing:
    """A failure as our server words it."""
    info = error_details_pb2.ErrorInfo(reason=reason, domain="brokerlink", metadata=metadata)
    return Failing(code, sentence or f"It failed: {reason}.", [info, *details])


def services() -> dict[str, ServiceDescriptor]:
    found: dict[str, ServiceDescriptor] = {}
    for name in FILES:
        found.update(import_module(f"brokerlink.v1.{name}_pb2").DESCRIPTOR.services_by_name)
    return found


def without_side_effects(method: MethodDescriptor) -> bool:
    """Whether the contract says that the RPC may be repeated freely."""
    proto = descriptor_pb2.MethodDescriptorProto()
    method.CopyToProto(proto)
    return proto.options.idempotency_level == descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS


@dataclass
class Fake(grpc.GenericRpcHandler):
    """Answers each RPC with what was put up for it, in order; the last answer stays."""

    address: str = ""
    heard: list[tuple[str, Any]] = field(default_factory=list)
    metadata: list[dict[str, Any]] = field(default_factory=list)
    deadlines: list[float | None] = field(default_factory=list)
    answers: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))

    def says(self, rpc: str, *answers: Answer) -> None:
        self.answers[rpc].extend(answers)

    def asked(self, rpc: str) -> list[Any]:
        """The requests of that RPC so far."""
        return [request for name, request in self.heard if name == rpc]

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> GrpcValue:
        _, service, name = handler_call_details.method.split("/")
        method = services()[service.removeprefix("brokerlink.v1.")].methods_by_name[name]
        request = GetMessageClass(method.input_type)
        kind = (
            grpc.unary_stream_rpc_method_handler
            if method.server_streaming
            else grpc.unary_unary_rpc_method_handler
        )
        if method.client_streaming:
            kind = grpc.stream_stream_rpc_method_handler
        answer = self._stream if method.server_streaming else self._one
        return kind(
            # Of a stream of requests all that came, as a list.
            lambda asked, context: answer(name, list(asked) if method.client_streaming else asked, context),
            request_deserializer=request.FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )

    def _next(self, name: str, request: GrpcValue, context: grpc.ServicerContext) -> GrpcValue:
        self.heard.append((name, request))
        self.metadata.append(dict(context.invocation_metadata()))
        self.deadlines.append(context.time_remaining())
        queue = self.answers[name]
        if not queue:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the test has no answer for {name}")
        answer = queue.popleft() if len(queue) > 1 else queue[0]
        return answer(request) if callable(answer) else answer

    def _one(self, name: str, request: GrpcValue, context: grpc.ServicerContext) -> GrpcValue:
        answer = self._next(name, request, context)
        if isinstance(answer, Failing):
            context.abort_with_status(answer.status())
        return answer

    def _stream(self, name: str, request: GrpcValue, context: grpc.ServicerContext) -> Iterator[Any]:
        answer = self._next(name, request, context)
        for one in [answer] if isinstance(answer, Message) else answer:
            if isinstance(one, Failing):
                context.abort_with_status(one.status())
            yield one


@pytest.fixture
def fake() -> Iterator[Fake]:
    made = Fake()
    server = grpc.server(ThreadPoolExecutor(4), handlers=[made])
    port = server.add_insecure_port("127.0.0.1:0")
    made.address = f"127.0.0.1:{port}"
    server.start()
    yield made
    server.stop(None).wait()


Run = Callable[..., Result]


@pytest.fixture
def run(fake: Fake) -> Run:
    """`brokerlink` with these words, asking the fake server."""

    def call(*words: str, **environment: str) -> Result:
        return CliRunner().invoke(
            app,
            list(words),
            env={"BROKERLINK_ADDRESS": fake.address, "NO_COLOR": "1", "COLUMNS": "200", **environment},
            catch_exceptions=False,
        )

    return call


@pytest.fixture
def brokerage(fake: Fake) -> Fake:
    door = brokerages_pb2.Door(id="keys", open=True, credential_fields=[KEY, HIDDEN])
    fake.says("GetBrokerage", brokerages_pb2.Brokerage(id="x", title="X Inc.", doors=[door]))
    fake.says("Connect", DONE)
    fake.says("ListSyncRuns", syncs_pb2.ListSyncRunsResponse())
    return fake
