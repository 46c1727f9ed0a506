"""What the contract says about each RPC: the scope it needs, its messages, its shape, its size."""

from dataclasses import dataclass
from functools import cache

from google.protobuf.descriptor import FileDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from brokerlink.v1 import (
    accounts_pb2,
    admin_pb2,
    brokerages_pb2,
    connections_pb2,
    options_pb2,
    portfolios_pb2,
    syncs_pb2,
    transactions_pb2,
)

FILES: tuple[FileDescriptor, ...] = tuple(
    module.DESCRIPTOR
    for module in (
        accounts_pb2,
        admin_pb2,
        brokerages_pb2,
        connections_pb2,
        portfolios_pb2,
        syncs_pb2,
        transactions_pb2,
    )
)
# An honest request is far smaller. Credentials may fill a map with long keys in PEM.
LARGEST = 64 * 1024
LARGEST_WITH_CREDENTIALS = 256 * 1024


@dataclass(frozen=True, slots=True)
class Method:
    """`path` is "/package.Service/Method", as the wire names it; `name` without the package."""

    path: str
    name: str
    scope: str
    request: type[Message]
    response: type[Message]
    streams: bool
    mutates: bool
    of_user: bool
    of_brokerage: bool
    largest: int


@cache
def methods() -> dict[str, Method]:
    """Every RPC of the contract, by its path."""
    found = [
        _method(method)
        for file in FILES
        for service in file.services_by_name.values()
        for method in service.methods
    ]
    return {method.path: method for method in found}


def scopes() -> frozenset[str]:
    """Every scope that some RPC needs."""
    return frozenset(method.scope for method in methods().values())


def services() -> tuple[str, ...]:
    return tuple(service.full_name for file in FILES for service in file.services_by_name.values())


def _method(method: MethodDescriptor) -> Method:
    service = method.containing_service
    fields = method.input_type.fields_by_name
    return Method(
        path=f"/{service.full_name}/{method.name}",
        name=f"{service.name}/{method.name}",
        scope=method.GetOptions().Extensions[options_pb2.scope],
        request=GetMessageClass(method.input_type),
        response=GetMessageClass(method.output_type),
        streams=method.server_streaming,
        mutates="request_id" in fields,
        of_user="user_id" in fields,
        of_brokerage="brokerage_id" in fields,
        largest=LARGEST_WITH_CREDENTIALS if "credentials" in fields else LARGEST,
    )
