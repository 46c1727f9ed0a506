"""Protocol Buffers as JSON, by tables of fields: what a gateway says in binary reaches `parse` as text.

Not with the library's own JSON: it drops fields that nobody knows (they must be counted), and puts floats
in between. Here a double becomes the shortest text that names it, a 64-bit unsigned number a text, and an
unknown field is called by its number. A repeated field is never missing in this format: it is an empty list.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from domain.errors import UnreadableReply

MOST_VALUES = 300_000  # a value of two bytes costs a hundred here, and 3 microseconds
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_64 = 1 << 64
_DOUBLE = struct.Struct("<d")


@dataclass(frozen=True, slots=True)
class Field:
    """`kind`: int (signed, 32 or 64 bits), uint64, bool, string, double, or the name of a message."""

    name: str
    number: int
    kind: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of one message, by number and by name."""

    numbers: dict[int, Field]
    names: dict[str, Field]


Shapes = Mapping[str, Shape]


def shapes(table: str) -> dict[str, Shape]:
    """From lines such as `TrdHeader: trdEnv=1 accID=2:uint64 marks=3:string*`, which go on where they are
    indented. A field without a kind is an int, `*` says repeated."""
    found: dict[str, Shape] = {}
    for line in table.replace("\n    ", " ").strip().splitlines():
        name, _, rest = line.partition(":")
        told = [_field(word) for word in rest.split()]
        found[name] = Shape({field.number: field for field in told}, {field.name: field for field in told})
    return found


def _field(word: str) -> Field:
    name, _, rest = word.rstrip("*").partition("=")
    number, _, kind = rest.partition(":")
    return Field(name, int(number), kind or "int", word.endswith("*"))


# ---- writing


def encoded(shapes: Shapes, kind: str, message: Mapping[str, Any]) -> bytes:
    """A message of ours. A field that its shape does not have is a mistake of ours, too."""
    shape = shapes[kind]
    out = bytearray()
    for field in sorted((shape.names[name] for name in message), key=lambda field: field.number):
        told = message[field.name]
        for value in told if field.repeated else [told]:
            out += _written(shapes, field, value)
    return bytes(out)


def _written(shapes: Shapes, field: Field, value: Any) -> bytes:
    match field.kind:
        case "int" | "uint64" | "bool":
            return _varint(field.number << 3 | VARINT) + _varint(int(value))
        case "double":
            return _varint(field.number << 3 | FIXED64) + _DOUBLE.pack(value)
        case "string":
            packed = str(value).encode()
        case message:
            packed = encoded(shapes, message, value)
    return _varint(field.number << 3 | BYTES) + _varint(len(packed)) + packed


def _varint(value: int) -> bytes:
    value %= _64  # a negative one takes ten bytes
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


# ---- reading


def decoded(shapes: Shapes, kind: str, body: bytes) -> bytes:
    """The message as JSON. Raises UnreadableReply for bytes that are none."""
    reading = _Reading(shapes, body)
    try:
        message = reading.message(kind, 0, len(body))
    except (IndexError, struct.error, UnicodeDecodeError):
        raise UnreadableReply("the answer is not the message that was expected") from None
    return msgspec.json.encode(message)


@dataclass(slots=True)
class _Reading:
    shapes: Shapes
    body: bytes
    values: int = 0

    def message(self, kind: str, place: int, end: int) -> dict[str, Any]:
        shape = self.shapes[kind]
        told: dict[str, Any] = {field.name: [] for field in shape.numbers.values() if field.repeated}
        while place < end:
            tag, place = self._varint(place)
            field = shape.numbers.get(tag >> 3)
            wire = tag & 7
            start, stop, place = self._extent(wire, place, end)
            self._count()
            if field is None:
                told[f"field{tag >> 3}"] = self.body[start : min(stop, start + 32)].hex()
                continue
            if not field.repeated:
                told[field.name] = self._value(field, wire, start, stop)
            elif wire == BYTES and field.kind in {"int", "uint64", "bool"}:
                told[field.name] += self._packed(field, start, stop)
            else:
                told[field.name].append(self._value(field, wire, start, stop))
        return told

    def _extent(self, wire: int, place: int, end: int) -> tuple[int, int, int]:
        """Where a field's bytes begin and end, and where the next field begins."""
        start = place
        match wire:
            case 0:
                _, stop = self._varint(place)
            case 1:
                stop = place + 8
            case 5:
                stop = place + 4
            case 2:
                size, start = self._varint(place)
                stop = start + size
            case _:
                raise UnreadableReply("the answer is not the message that was expected")
        if stop > end:
            raise UnreadableReply("the answer was cut short")
        return start, stop, stop

    def _value(self, field: Field, wire: int, start: int, stop: int) -> Any:
        expected = {"int": VARINT, "uint64": VARINT, "bool": VARINT, "double": FIXED64}.get(field.kind, BYTES)
        if wire != expected:
            raise UnreadableReply(f"{field.name} is of another type than expected")
        match field.kind:
            case "string":
                return self.body[start:stop].decode()
            case "double":
                return _text(_DOUBLE.unpack_from(self.body, start)[0])
            case "int" | "uint64" | "bool":
                return _number(field.kind, self._varint(start)[0])
            case message:
                return self.message(message, start, stop)

    def _packed(self, field: Field, place: int, end: int) -> list[Any]:
        found = []
        while place < end:
            value, place = self._varint(place)
            found.append(_number(field.kind, value))
            self._count()
        return found

    def _count(self) -> None:
        """Unknown fields and packed lists count as well: whoever runs the gateway says what is in them."""
        self.values += 1
        if self.values > MOST_VALUES:
            raise UnreadableReply("the answer holds more than we read")

    def _varint(self, place: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = self.body[place]
            place += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value % _64, place
            shift += 7
            if shift > 63:
                raise UnreadableReply("the answer holds a number without end")


def _number(kind: str, value: int) -> Any:
    if kind == "uint64":
        return str(value)  # more than 2^53: never a number in JSON
    if kind == "bool":
        return bool(value)
    return value - _64 if value >= _64 >> 1 else value


def _text(value: float) -> Any:
    """NaN and infinities have no number in JSON: as words they reach the reader, who refuses them."""
    told = repr(value)
    return msgspec.Raw(told.encode()) if told.strip("-") not in {"nan", "inf"} else told
