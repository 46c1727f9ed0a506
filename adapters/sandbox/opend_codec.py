"""A gateway's messages as Protocol Buffers, by the library: apart from what our wire reads them with."""

import json
import zlib
from functools import lru_cache
from typing import Any

from google.protobuf import descriptor_pb2, json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message

from adapters.sandbox.opend_schema import Schema
from adapters.sandbox.reply import Reply

_PACKAGE = "brokerlink.sandbox.opend"
_TYPES = descriptor_pb2.FieldDescriptorProto
_LABELS = {
    "required": _TYPES.LABEL_REQUIRED,
    "optional": _TYPES.LABEL_OPTIONAL,
    "repeated": _TYPES.LABEL_REPEATED,
}
_SCALARS = {
    "int32": _TYPES.TYPE_INT32,
    "int64": _TYPES.TYPE_INT64,
    "uint32": _TYPES.TYPE_UINT32,
    "uint64": _TYPES.TYPE_UINT64,
    "bool": _TYPES.TYPE_BOOL,
    "string": _TYPES.TYPE_STRING,
    "double": _TYPES.TYPE_DOUBLE,
}
MOST_UNZIPPED = 8 * 1024 * 1024


class Codec:
    """Between the bytes of a protocol's messages and JSON."""

    def __init__(self, schema: Schema) -> None:
        pool = DescriptorPool()
        pool.Add(_file(schema))
        self._calls = schema.calls
        self._find = pool.FindMessageTypeByName

    @lru_cache(maxsize=64)  # noqa: B019  one codec for each schema, as long as the process lives
    def _class(self, name: str) -> type[Message]:
        return message_factory.GetMessageClass(self._find(f"{_PACKAGE}.{name}"))

    def request(self, protocol: int, body: bytes) -> bytes:
        """To JSON. Raises ValueError."""
        if protocol not in self._calls:
            return b"{}"
        message = self._class(f"Request{protocol}")()
        try:
            message.ParseFromString(body)
        except DecodeError:
            raise ValueError("no message") from None
        if not message.IsInitialized():
            raise ValueError("a required field is missing")
        return json.dumps(json_format.MessageToDict(message, preserving_proto_field_name=True)).encode()

    def response(self, protocol: int, body: bytes) -> bytes:
        """From JSON; what is no such message goes as it is, so that damage arrives as damage."""
        name = f"Response{protocol}" if protocol in self._calls else "Response"
        try:
            told: Any = json.loads(body)
            message = json_format.ParseDict(told, self._class(name)(), ignore_unknown_fields=True)
        except (json_format.ParseError, ValueError, RecursionError, AttributeError, TypeError):
            return body
        # Partly: a damaged answer may lack what is required.
        return message.SerializePartialToString()


def plain(reply: Reply) -> bytes:
    """The body of a reply without its compression: packets have none. A bomb stays what it is."""
    if dict(reply.headers).get("content-encoding") != "gzip":
        return reply.body
    inflate = zlib.decompressobj(wbits=31)
    try:
        body = inflate.decompress(reply.body, MOST_UNZIPPED)
    except zlib.error:
        return reply.body
    return body if inflate.eof else reply.body


def _file(schema: Schema) -> descriptor_pb2.FileDescriptorProto:
    made = descriptor_pb2.FileDescriptorProto(name="opend_sandbox.proto", package=_PACKAGE, syntax="proto2")
    for name, lines in schema.messages.items():
        message = made.message_type.add(name=name)
        for line in lines:
            _add(message, line.name, line.number, line.label, line.kind)
    for protocol, (asked, told) in schema.calls.items():
        _add(made.message_type.add(name=f"Request{protocol}"), "c2s", 1, "required", asked)
        _envelope(made.message_type.add(name=f"Response{protocol}"), told)
    _envelope(made.message_type.add(name="Response"), None)
    return made


def _envelope(message: descriptor_pb2.DescriptorProto, told: str | None) -> None:
    _add(message, "retType", 1, "required", "int32")
    _add(message, "retMsg", 2, "optional", "string")
    _add(message, "errCode", 3, "optional", "int32")
    if told is not None:
        _add(message, "s2c", 4, "optional", told)


def _add(message: descriptor_pb2.DescriptorProto, name: str, number: int, label: str, kind: str) -> None:
    field = message.field.add(name=name, number=number, label=_LABELS[label])
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type, field.type_name = _TYPES.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
