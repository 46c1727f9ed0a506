"""What is kept ready of what was rendered, and how ready pieces are put together.

Filling the fields of a message is what reading costs, so what was rendered is kept: a transaction for as
long as its version is the newest, a whole portfolio for as long as its account's version is. Instruments
hardly ever change; they are looked at again after a minute, and portfolios with them.
"""

from collections.abc import Iterable
from time import monotonic
from typing import Generic, TypeVar

from brokerlink.rpc import values
from domain.ports.reading import Reading

K = TypeVar("K")
V = TypeVar("V")
FRESH_FOR = 60.0


class Kept(Generic[K, V]):
    """A bounded number of things, in two generations: what is used moves to the young one, and the old
    one is forgotten when the young one is full. Cheaper than an order of use, and nearly as good. None
    at all if `most` is 0."""

    def __init__(self, most: int) -> None:
        self._none = most < 1
        self._half = max(most // 2, 1)
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: K, value: V) -> None:
        if self._none:
            return
        if not self._half:
            return
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[key] = value

    def clear(self) -> None:
        self._young, self._old = {}, {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


class Instruments:
    """Rendered instruments by id."""

    def __init__(self, reading: Reading, most: int = 20_000) -> None:
        self._reading = reading
        self._kept: Kept[str, bytes] = Kept(most)
        self._until = 0.0

    async def rendered(self, ids: Iterable[str | None]) -> dict[str, bytes]:
        """All of these; one that is not known is left out."""
        if monotonic() >= self._until:
            self._kept.clear()
            self._until = monotonic() + FRESH_FOR
        found: dict[str, bytes] = {}
        missing: list[str] = []
        for one in set(ids):
            if one is None:
                continue
            kept = self._kept.get(one)
            if kept is None:
                missing.append(one)
            else:
                found[one] = kept
        if missing:
            for row in await self._reading.instruments(missing):
                found[row.id] = values.instrument(row).SerializeToString()
                self._kept.put(row.id, found[row.id])
        return found


# ---- pieces on the wire: a message within another is its tag, its length and its bytes, and messages of
# a list may simply follow each other (https://protobuf.dev/programming-guides/encoding/#submessages)


def tag(field_number: int) -> bytes:
    """What stands before a message, a string or bytes in this field."""
    return _varint(field_number << 3 | 2)


def delimited(tag: bytes, told: bytes) -> bytes:
    return tag + length(len(told)) + told


def length(count: int) -> bytes:
    return _LENGTHS[count] if count < len(_LENGTHS) else _varint(count)


def _varint(number: int) -> bytes:
    told = bytearray()
    while number > 0x7F:
        told.append(number & 0x7F | 0x80)
        number >>= 7
    told.append(number)
    return bytes(told)


_LENGTHS = [_varint(count) for count in range(2048)]
