"""No answer, however large or however small before it is unpacked, takes more memory than we say."""

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path

import hungry
import pytest
from rawserver import endless, http, raw_server, saying

from adapters.kit.http import MAX_BODY
from adapters.kit.wire import MAX_VALUES
from adapters.sandbox.mutations import bomb

ROOT = Path(__file__).parents[3]
MEGABYTES = 160  # the body twice while it is joined, its parts, and the inflater
SIZE = MAX_BODY - 1024
UNREADABLE = "BROKERAGE_RESPONSE_UNREADABLE"


def many(value: bytes) -> bytes:
    """As many of these in a list as an answer can have."""
    return b"[" + (value + b",") * (SIZE // (len(value) + 1)) + value + b"]"


def zipped(body: bytes) -> bytes:
    return http(gzip.compress(body, 1), "Content-Encoding: gzip")


# Made when needed: together they are as large as they look.
ANSWERS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb": (lambda: http(bomb(), "Content-Encoding: gzip"), UNREADABLE),
    "numbers": (lambda: http(many(b"1")), UNREADABLE),
    "numbers, zipped": (lambda: zipped(many(b"1")), UNREADABLE),
    "lists": (lambda: http(many(b"[]")), UNREADABLE),
    "objects": (lambda: http(many(b"{}")), UNREADABLE),
    "one row with lists": (lambda: http(b'[{"a":' + many(b"[]")[:-9] + b"[]]}]"), UNREADABLE),
    "one row with texts": (lambda: http(b'[{"a":' + many(b'"ab"')[:-9] + b'"ab"]}]'), UNREADABLE),
    "one text": (lambda: http(b'["' + b"a" * SIZE + b'"]'), UNREADABLE),
    "depth": (lambda: http(b"[" * (SIZE // 2) + b"]" * (SIZE // 2)), UNREADABLE),
    "just what we read": (lambda: http(b'[{"a":[' + b"1," * (MAX_VALUES - 4) + b"1]}]"), "none"),
}


async def taken(base: str, path: str) -> dict[str, object]:
    """What a process of its own took to read that answer, and how it ended."""
    told = await hungry.elsewhere([sys.executable, hungry.__file__, base, path], ROOT)
    return dict(json.loads(told))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is told by Linux only")
@pytest.mark.parametrize("name", ANSWERS)
async def test_a_huge_answer_takes_a_bounded_amount_of_memory(name: str) -> None:
    make, reason = ANSWERS[name]
    async with raw_server(saying(make())) as server:
        told = await taken(server.base, "/things")

    print(f"{name}: {told['peak']} MB at most, {told['reason']}")
    assert told["reason"] == reason
    assert float(str(told["peak"])) < MEGABYTES


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is told by Linux only")
@pytest.mark.parametrize("piece", [b" " * 65536, b"1," * 32768], ids=["blanks", "numbers"])
async def test_an_answer_without_an_end_takes_a_bounded_amount_of_memory(piece: bytes) -> None:
    async with raw_server(endless(b"HTTP/1.1 200 OK\r\n\r\n[", piece)) as server:
        told = await taken(server.base, "/things")

    assert told["reason"] == UNREADABLE
    assert float(str(told["peak"])) < MEGABYTES
