"""The only file that speaks OpenD's protocol: one TCP connection for each gateway, many calls on it.

A request's path is the protocol's number ("/2101"), its body the message as JSON; so is the response's. On
the wire they are Protocol Buffers: OpenD fell over JSON. Bounds as in `http.py`: a deadline, a body limit.
"""

import asyncio
import contextlib
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from adapters.kit import opend_messages as messages
from adapters.kit.http import MAX_BODY, TOTAL_SECONDS, Observer, unobserved
from adapters.kit.opend_frames import (
    HEADER,
    JSON,
    Header,
    Sealing,
    checked,
    header,
    opened_hello,
    packet,
    rsa_key,
    sealed_hello,
)
from adapters.kit.wire import Request, Response, decode
from domain.errors import Failure, GatewayOffline, UnreadableReply

SCHEME = "tcp://"
# The header of a request that holds the RSA key which OpenD and we share. It never leaves this file.
KEY_HEADER = "opend-rsa-key"
CONNECT_SECONDS = 5.0
IDLE_SECONDS = 60.0
# A welcome is short, and where there is a key each 128 bytes of it cost an RSA decryption.
MAX_WELCOME = 8 * 1024
MOST_CONNECTIONS = 200
CLIENT_VERSION = 300
NOT_ENCRYPTED, AES_CBC = -1, 2
KEPT_ALIVE_EARLY = 0.8  # of the interval that OpenD names
LONGEST_INTERVAL = 60
_PATH = re.compile(r"/(\d{4})")
_JSON_TYPE = {"content-type": "application/json"}

Place = tuple[str, str]  # the gateway's address, and the RSA key or nothing


class OpendWire:
    """The wire to gateways: connections are kept while they are used, and made anew when they break."""

    def __init__(
        self,
        *,
        total_seconds: float = TOTAL_SECONDS,
        max_body: int = MAX_BODY,
        idle_seconds: float = IDLE_SECONDS,
        observe: Observer = unobserved,
    ) -> None:
        self._total, self._max_body, self._idle = total_seconds, max_body, idle_seconds
        self._observe = observe
        self._open: dict[Place, Connection] = {}
        # A lock lives as long as somebody waits for it: most addresses that are tried answer never.
        self._opening: WeakValueDictionary[Place, asyncio.Lock] = WeakValueDictionary()

    async def send(self, request: Request, hosts: dict[str, str]) -> Response:
        """Raises GatewayOffline, UnreadableReply."""
        base = gateway(request, hosts)
        path = _PATH.fullmatch(request.url)
        if base is None or path is None:
            raise AssertionError("this is no request to a gateway")
        start = time.perf_counter()
        protocol = int(path[1])
        try:
            async with asyncio.timeout(self._total):
                connection = await self._connection((base, dict(request.headers).get(KEY_HEADER, "")))
                body = await connection.call(protocol, messages.request(protocol, request.body))
        except TimeoutError:
            raise GatewayOffline("The gateway took too long to answer.") from None
        told = messages.response(protocol, body) if connection.binary else body
        taken = (time.perf_counter() - start) * 1000
        self._observe("OPEND", base.removeprefix(SCHEME), request.url, 200, taken)
        return Response(200, _JSON_TYPE, told, base + request.url)

    async def close(self) -> None:
        for connection in list(self._open.values()):
            await connection.close()
        self._open.clear()

    async def _connection(self, place: Place) -> "Connection":
        lock = self._opening.setdefault(place, asyncio.Lock())
        async with lock:
            found = self._open.get(place)
            if found is None or found.closed:
                found = await connected(place, self._max_body, self._idle)
                self._forget_closed()
                self._open[place] = found
        return found

    def _forget_closed(self) -> None:
        for place in [place for place, known in self._open.items() if known.closed]:
            del self._open[place]
        if len(self._open) >= MOST_CONNECTIONS:
            oldest = min(self._open.values(), key=lambda known: known.used_at)
            oldest.give_up(GatewayOffline())


def gateway(request: Request, hosts: dict[str, str]) -> str | None:
    """The address of the gateway that a request goes to; None if it goes elsewhere. A request may name its
    own (each user runs one): that is what the card's `authorise` wrote, never a brokerage's answer."""
    base = request.host if "://" in request.host else hosts.get(request.host, "")
    return base.rstrip("/") if base.startswith(SCHEME) else None


@dataclass(eq=False)
class Connection:
    """One connection after its InitConnect. Answers are told apart by their serial number."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    max_body: int
    idle: float
    sealing: Sealing | None = None
    binary: bool = True
    closed: bool = False
    used_at: float = field(default_factory=time.monotonic)
    _serial: int = 1
    _waiting: dict[int, tuple[int, asyncio.Future[bytes]]] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def call(self, protocol: int, plain: bytes) -> bytes:
        """The plain body of the answer."""
        self.used_at = time.monotonic()
        return await self._call(protocol, plain)

    async def _call(self, protocol: int, plain: bytes) -> bytes:
        if self.closed:
            raise GatewayOffline("The connection to the gateway broke.")
        self._serial = self._serial % 0xFFFF_FFFF + 1
        serial = self._serial
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[serial] = (protocol, answer)
        try:
            sent = plain if self.sealing is None else self.sealing.seal(plain)
            self.writer.write(packet(protocol, serial, plain, sent))
            await self.writer.drain()
            return await answer
        except OSError:
            raise GatewayOffline("The connection to the gateway broke.") from None
        finally:
            self._waiting.pop(serial, None)

    def start(self, interval: float) -> None:
        self._tasks = [
            asyncio.create_task(self._listen(), name="opend-listen"),
            asyncio.create_task(self._keep_alive(interval), name="opend-keep-alive"),
        ]

    async def _listen(self) -> None:
        try:
            while True:
                told, body = await read_packet(self.reader, self.max_body)
                protocol, answer = self._waiting.get(told.serial, (0, None))
                # Else a push, or an answer that came too late.
                if answer is not None and protocol == told.protocol and not answer.done():
                    plain = body if self.sealing is None else self.sealing.open(body)
                    answer.set_result(checked(told, plain))
        except (OSError, EOFError):
            self.give_up(GatewayOffline("The connection to the gateway broke."))
        except UnreadableReply as failure:
            # Where one packet ends and the next begins is not known any more.
            self.give_up(failure)

    async def _keep_alive(self, interval: float) -> None:
        while time.monotonic() - self.used_at < self.idle:
            await asyncio.sleep(interval * KEPT_ALIVE_EARLY)
            body = msgspec.json.encode({"c2s": {"time": int(time.time())}})
            try:
                async with asyncio.timeout(interval):
                    await self._call(messages.KEEP_ALIVE, messages.request(messages.KEEP_ALIVE, body))
            except (Failure, TimeoutError):
                break
        self.give_up(GatewayOffline("The gateway does not answer any more."))

    def give_up(self, failure: Failure) -> None:
        self.closed = True
        for _, answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(failure)
        self.writer.close()
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()

    async def close(self) -> None:
        self.give_up(GatewayOffline("The connection to the gateway was closed."))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


async def read_packet(reader: asyncio.StreamReader, max_body: int) -> tuple[Header, bytes]:
    told = header(await reader.readexactly(HEADER.size))
    if told.size > max_body:
        raise UnreadableReply("the answer is larger than we read")
    return told, await reader.readexactly(told.size)


async def connected(place: Place, max_body: int, idle: float) -> Connection:
    """A connection that OpenD has welcomed. Raises GatewayOffline, UnreadableReply, FieldInvalid."""
    key = rsa_key(place[1].replace("\\n", "\n")) if place[1] else None
    parts = urlsplit(place[0])
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    except (OSError, UnicodeError, TimeoutError):
        raise GatewayOffline from None
    made = Connection(reader, writer, max_body, idle)
    try:
        interval = await _greet(made, key)
    except BaseException as broken:
        writer.close()
        if isinstance(broken, OSError | EOFError):
            raise GatewayOffline("The gateway hangs up: it may ask for an RSA key.") from None
        raise
    made.start(interval)
    return made


async def _greet(made: Connection, key: RSAPrivateKey | None) -> float:
    """InitConnect. Gives the seconds within which OpenD wants to hear from us."""
    hello = {"clientVer": CLIENT_VERSION, "clientID": "brokerlink", "recvNotify": False, "pushProtoFmt": 0}
    algorithm = NOT_ENCRYPTED if key is None else AES_CBC
    body = msgspec.json.encode(
        {"c2s": {**hello, "packetEncAlgo": algorithm, "programmingLanguage": "Python"}}
    )
    plain = messages.request(messages.INIT_CONNECT, body)
    sent = None if key is None else sealed_hello(key, plain)
    made.writer.write(packet(messages.INIT_CONNECT, 1, plain, sent))
    told, answer = await read_packet(made.reader, min(made.max_body, MAX_WELCOME))
    opened = checked(told, answer if key is None else opened_hello(key, answer))
    welcome = decode(messages.response(messages.INIT_CONNECT, opened) if told.form != JSON else opened)
    match welcome:
        case {"retType": 0, "s2c": {"connAESKey": str(secret), "keepAliveInterval": int(interval), **more}}:
            if key is not None:
                made.sealing = _sealing(secret, more.get("aesCBCiv"))
            # Seconds between two signs of life: no figure of an account.
            return float(min(max(interval, 1), LONGEST_INTERVAL))
        case {"retType": int(code)} if code != 0:
            raise GatewayOffline("The gateway does not let us in: look at its console.")
        case _:
            raise UnreadableReply("the gateway's welcome is not the one that was expected")


def _sealing(secret: str, vector: object) -> Sealing:
    made = Sealing(secret.encode(), vector.encode() if isinstance(vector, str) else b"")
    if len(made.key) != 16 or len(made.vector) not in (0, 16):
        raise UnreadableReply("the gateway's key is not the one that was expected")
    return made
