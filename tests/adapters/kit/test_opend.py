"""OpenD's wire: packets, messages, and what becomes of a gateway that is offline, damaged or not one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from adapters.kit import opend_messages as messages
from adapters.kit.opend import Connection, OpendWire, gateway
from adapters.kit.opend_frames import HEADER, JSON, Sealing, header, packet, rsa_key
from adapters.kit.protobuf import decoded, encoded, shapes
from adapters.kit.wire import Request, Response
from adapters.sandbox.opend_codec import Codec
from adapters.sandbox.opend_keys import Locks
from adapters.sandbox.opend_schema import schema
from domain.errors import FieldInvalid, GatewayOffline, UnreadableReply

# Made with the official client's own messages: the sheet's vectors.
HELLO = (
    "4654e90300000000010000002800000085a9e559ffd2b280eb0b8a2c51cf71cb67ff66d200000000000000000a2608ac02120850794e6f"
    "726d616c180120ffffffffffffffffff0128003206507974686f6e3800"
)
FUNDS = (
    "46543508000000000200000014000000767bf4629d076c93c673031e2314f0f624ad264700000000000000000a120a0e080110ebfae882"
    "9080c0f40318021802"
)
ALIVE = (
    "4654ec0300000100030000001b00000034c1ad5822966430ada393f4da28b14cf6afb42e00000000000000007b22633273223a7b227469"
    "6d65223a313730303030303030307d7d"
)
HELLO_SAID = {
    "clientVer": 300,
    "clientID": "PyNormal",
    "recvNotify": True,
    "packetEncAlgo": -1,
    "pushProtoFmt": 0,
    "programmingLanguage": "Python",
    "aiType": 0,
}
FUNDS_ASKED = {"header": {"trdEnv": 1, "accID": "281756455988247915", "trdMarket": 2}, "currency": 2}
GREETING = b'{"retType":0,"s2c":{"connAESKey":"0123456789abcdef","keepAliveInterval":10}}'
ASK = Request("GET", "/1002", body=b'{"c2s":{"userID":"0"}}')


def said(protocol: int, message: object) -> bytes:
    return messages.request(protocol, msgspec.json.encode({"c2s": message}))


def test_packets_are_those_of_the_official_client() -> None:
    assert packet(1001, 1, said(1001, HELLO_SAID)).hex() == HELLO
    assert packet(2101, 2, said(2101, FUNDS_ASKED)).hex() == FUNDS
    assert packet(1004, 3, b'{"c2s":{"time":1700000000}}', form=JSON).hex() == ALIVE


def test_the_header_says_what_comes() -> None:
    told = header(bytes.fromhex(FUNDS)[: HEADER.size])

    assert (told.protocol, told.form, told.serial, told.size) == (2101, 0, 2, 20)


@pytest.mark.parametrize("damage", [b"HTTP/1.1 400 Bad Request".ljust(44), b"FT" + b"\xff" * 42])
def test_what_is_no_header_is_unreadable(damage: bytes) -> None:
    with pytest.raises(UnreadableReply):
        header(damage)


# ---- messages

TABLE = shapes("""
Outer: small=1 big=2:uint64 flag=3:bool text=4:string figure=5:double inner=6:Inner* many=7*
    more=8:double
Inner: small=1
""")
MESSAGE = {
    "small": -7,
    "big": "18446744073709551615",
    "flag": True,
    "text": "é",
    "figure": 0.1,
    "inner": [{"small": 1}, {}],
    "many": [1, -1],
}


def test_a_message_comes_back_as_it_was_and_figures_as_their_shortest_text() -> None:
    told = decoded(TABLE, "Outer", encoded(TABLE, "Outer", MESSAGE))

    assert msgspec.json.decode(told) == MESSAGE
    assert b'"figure":0.1}' in told


def test_an_independent_codec_reads_and_writes_the_same_bytes() -> None:
    text = (
        "message Outer { required int32 small = 1; required uint64 big = 2; optional bool flag = 3;"
        " optional string text = 4; optional double figure = 5; repeated Inner inner = 6;"
        " repeated int32 many = 7; }"
        " message Inner { optional int32 small = 1; }"
    )
    other = Codec(schema(text, {1: ("Outer", "Outer")}))
    table = TABLE | shapes("Asked: c2s=1:Outer\nTold: retType=1 s2c=4:Outer")

    body = encoded(table, "Asked", {"c2s": MESSAGE})
    told = other.response(1, msgspec.json.encode({"retType": 0, "s2c": MESSAGE}))

    assert msgspec.json.decode(other.request(1, body)) == {"c2s": MESSAGE}
    assert msgspec.json.decode(decoded(table, "Told", told)) == {"retType": 0, "s2c": MESSAGE}


def test_an_absent_field_is_absent_and_an_absent_list_is_empty() -> None:
    assert msgspec.json.decode(decoded(TABLE, "Outer", b"")) == {"inner": [], "many": []}


def test_lists_may_be_packed() -> None:
    assert msgspec.json.decode(decoded(TABLE, "Outer", b"\x3a\x03\x01\x96\x01"))["many"] == [1, 150]


def test_an_unknown_field_is_called_by_its_number() -> None:
    told = decoded(TABLE, "Inner", b"\x08\x01\x9a\x06\x02hi")

    assert msgspec.json.decode(told) == {"small": 1, "field99": "6869"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_stays_a_word_for_the_reader_to_refuse(value: float) -> None:
    told = decoded(TABLE, "Outer", encoded(TABLE, "Outer", {"figure": value}))

    assert msgspec.json.decode(told)["figure"] == repr(value)


@pytest.mark.parametrize(
    "body",
    [b"\x08", b"\x0a\x05ab", b"\x22\x02\xff\xfe", b"\x29\x00", b"\x08" + b"\xff" * 11, b"\x0b",
     b"\x0d\0\0\0\0", b"<html>no</html>"],
)  # fmt: skip
def test_bytes_that_are_no_message_are_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableReply):
        decoded(TABLE, "Outer", body)


@pytest.mark.parametrize(
    "body",
    [b"\x38\x01" * 300_001, b"\x78\x01" * 300_001, b"\x3a" + b"\xe1\xa7\x12" + b"\x01" * 300_001],
    ids=["known", "unknown", "packed"],
)
def test_a_message_of_too_many_values_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableReply, match="more than we read"):
        decoded(TABLE, "Outer", body)


# ---- encryption


@pytest.mark.parametrize("vector", [b"", b"fedcba9876543210"], ids=["FTAES", "CBC"])
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 300])
def test_both_ways_of_aes_are_understood_by_the_other_side(vector: bytes, size: int) -> None:
    if size == 0 and not vector:
        return  # no message is empty, and this way cannot say so
    plain = bytes(range(256))[:size] if size < 256 else b"x" * size
    ours, theirs = Sealing(b"0123456789abcdef", vector), Locks(b"0123456789abcdef", vector)

    assert theirs.open(ours.seal(plain)) == plain
    assert ours.open(theirs.seal(plain)) == plain


def test_bytes_that_were_not_encrypted_so_are_unreadable() -> None:
    for vector in (b"", b"fedcba9876543210"):
        with pytest.raises(UnreadableReply):
            Sealing(b"0123456789abcdef", vector).open(b"\xff" * 33)


def test_a_key_file_that_is_none_is_the_caller_s_mistake() -> None:
    with pytest.raises(FieldInvalid):
        rsa_key("-----BEGIN RSA PRIVATE KEY-----\nno\n-----END RSA PRIVATE KEY-----")


# ---- connections

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(answer: Answering, **wire: float) -> AsyncIterator[Callable[[], Awaitable[Response]]]:
    """A gateway that does what `answer` says, and one call to it."""

    async def heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(heard, "127.0.0.1", 0)
    base = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    opened = OpendWire(total_seconds=wire.get("seconds", 5), max_body=int(wire.get("body", 10_000)))
    try:
        yield lambda: opened.send(ASK, {"api": base})
    finally:
        await opened.close()
        server.close()
        await server.wait_closed()


async def heard(reader: asyncio.StreamReader) -> tuple[int, int]:
    told = header(await reader.readexactly(HEADER.size))
    await reader.readexactly(told.size)
    return told.protocol, told.serial


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    protocol, serial = await heard(reader)
    writer.write(packet(protocol, serial, GREETING, form=JSON))


STATE = bytes.fromhex("0800220430013801")  # retType 0, s2c with qotLogined and trdLogined


async def kind(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await greet(reader, writer)
    while True:
        protocol, serial = await heard(reader)
        writer.write(packet(1003, 999, b"\x08\x00"))  # a push between question and answer
        writer.write(packet(protocol, serial, STATE))


async def test_answers_are_told_apart_by_their_number_and_pushes_are_no_answers() -> None:
    async with served(kind) as call:
        told = await asyncio.gather(*(call() for _ in range(20)))

    assert {one.body for one in told} == {b'{"retType":0,"s2c":{"qotLogined":true,"trdLogined":true}}'}


async def test_nobody_listening_is_a_gateway_that_is_offline() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()

    wire = OpendWire()
    with pytest.raises(GatewayOffline):
        await wire.send(ASK, {"api": f"tcp://127.0.0.1:{port}"})
    assert not wire._opening, "addresses that nobody listens at are remembered"


async def test_a_connection_that_broke_is_made_anew_with_the_next_call() -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await greet(reader, writer)
        protocol, serial = await heard(reader)
        writer.write(packet(protocol, serial, STATE))
        await writer.drain()

    async with served(once) as call:
        assert (await call()).status == 200
        await asyncio.sleep(0.05)
        assert (await call()).status == 200


async def test_a_connection_says_in_time_that_it_lives() -> None:
    """OpenD closes those that are silent for longer than it said."""
    asked: asyncio.Queue[int] = asyncio.Queue()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            protocol, serial = await heard(reader)
            asked.put_nowait(protocol)
            writer.write(packet(protocol, serial, bytes.fromhex("080022020800")))

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    connection = Connection(reader, writer, 10_000, idle=60)
    connection.start(0.01)

    assert [await asyncio.wait_for(asked.get(), 5) for _ in range(2)] == [1004, 1004]
    assert not connection.closed

    await connection.close()
    server.close()


def never_greets() -> Answering:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    return answer


def hangs_up() -> Answering:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)

    return answer


def after_greeting(*sent: bytes, waits: bool = False) -> Answering:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await greet(reader, writer)
        await heard(reader)
        writer.write(b"".join(sent))
        await writer.drain()
        if waits:
            await reader.read()

    return answer


async def welcomes_at_length(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    protocol, serial = await heard(reader)
    writer.write(packet(protocol, serial, GREETING.ljust(9_000), form=JSON))
    await reader.read()


async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


WHOLE = packet(1002, 2, STATE)
HUGE = HEADER.pack(b"FT", 1002, 0, 0, 2, 20_000_000, b"", b"")


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (never_greets(), GatewayOffline),
        (hangs_up(), GatewayOffline),
        (http, UnreadableReply),
        (welcomes_at_length, UnreadableReply),
        (after_greeting(waits=True), GatewayOffline),
        (after_greeting(), GatewayOffline),
        (after_greeting(WHOLE[:50]), GatewayOffline),
        (after_greeting(WHOLE[:-1] + b"\x00"), UnreadableReply),
        (after_greeting(HUGE), UnreadableReply),
        (after_greeting(b"x" * 100), UnreadableReply),
        (after_greeting(packet(1002, 2, b"<html></html>")), UnreadableReply),
    ],
    ids=["silent", "hangs up", "speaks HTTP", "long welcome", "no answer", "hangs up later", "cut short",
         "wrong checksum", "too large", "no packet", "no message"],
)  # fmt: skip
async def test_what_goes_wrong_is_told_as_what_it_is(answer: Answering, failure: type[Exception]) -> None:
    async with served(answer, seconds=0.3) as call:
        with pytest.raises(failure):
            await call()


def test_only_what_the_card_addressed_goes_to_a_gateway_of_its_own() -> None:
    followed = Request("GET", "tcp://10.0.0.1:5432/1002")
    own = Request("GET", "/1002", host="tcp://10.0.0.1:11111")

    assert gateway(ASK, {"api": "tcp://127.0.0.1:11111/"}) == "tcp://127.0.0.1:11111"
    assert gateway(own, {"api": "https://api.example"}) == "tcp://10.0.0.1:11111"
    assert gateway(followed, {"api": "https://api.example"}) is None
