"""OpenD's socket, played: packets, the greeting, keep-alive and encryption, for real clients.

One port is open to this machine only and speaks in clear; the next one has an RSA key, as an OpenD that
listens to others must. Everything that is asked goes through the sandbox's faults, as over HTTP.
"""

import asyncio
import contextlib
import hashlib
import ipaddress
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from adapters.sandbox.asked import Asked
from adapters.sandbox.faults import Faulty
from adapters.sandbox.opend_codec import Codec, plain
from adapters.sandbox.opend_keys import Locks, rsa_of
from adapters.sandbox.opend_schema import Schema
from adapters.sandbox.play import Sandbox
from adapters.sandbox.reply import Reply
from adapters.sandbox.stage import Stage

HEAD = struct.Struct("<1s1sI2B2I20s8s")
LARGEST = 8 * 1024 * 1024
HELLO, ALIVE = 1001, 1004
TRADING = 2000
INTERVAL = 10
SILENCE = 3 * INTERVAL
PROTOBUF = 0
DRIPPED = 1_000_000  # what a body that never ends says of its length
NOT_GREETED = b'{"retType":-1,"retMsg":"InitConnect must come first"}'
NO_MESSAGE = b'{"retType":-500,"retMsg":"the packet cannot be parsed"}'
KEY_NEEDED = b'{"retType":-1,"retMsg":"encrypt key is needed for trading from another machine"}'
Time = Callable[[], datetime]


@runtime_checkable
class Gateway(Protocol):
    """A sandbox that is heard at a socket of its own as well. `user` is who has signed in to the gateway."""

    schema: Schema
    user: int


@dataclass(slots=True)
class Listening:
    """A gateway that is up: `address` speaks in clear, `secure_address` under the key of its seed."""

    address: str
    secure_address: str
    _servers: tuple[asyncio.Server, asyncio.Server]
    _sessions: set["_Session"]

    def credentials(self) -> dict[str, str]:
        """The secure one is where `rsa_key` of the sandbox's own credentials belongs."""
        return {"address": self.secure_address, "plain_address": self.address}

    def announce(self) -> list[str]:
        return [
            f"OpenD at {self.address}",
            f"OpenD with its RSA key (see --credentials) at {self.secure_address}",
        ]

    async def stop(self) -> None:
        for server in self._servers:
            server.close()
        for session in list(self._sessions):
            session.hang_up()
        await asyncio.sleep(0)


async def listen(stage: Stage, id_: str, time: Time, host: str, port: int = 0) -> Listening:
    """Two sockets for one sandbox; at the ports behind `port` where it is named and they are free."""
    sandbox = stage.faulty[id_].sandbox
    if not isinstance(sandbox, Gateway):
        raise TypeError(f"{id_} is no gateway")
    key, codec, sessions = rsa_of(sandbox.play), Codec(sandbox.schema), set[_Session]()

    def opened(lock: RSAPrivateKey | None) -> Callable[..., object]:
        async def heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            session = _Session(stage, id_, time, codec, lock, reader, writer)
            sessions.add(session)
            try:
                await session.run()
            finally:
                sessions.discard(session)

        return heard

    clear = await _server(opened(None), host, port + 1 if port else 0)
    secure = await _server(opened(key), host, port + 2 if port else 0)
    return Listening(_address(clear), _address(secure), (clear, secure), sessions)


async def _server(heard: Callable[..., object], host: str, port: int) -> asyncio.Server:
    try:
        return await asyncio.start_server(heard, host, port)  # type: ignore[arg-type]
    except OSError:
        if not port:
            raise
        return await asyncio.start_server(heard, host, 0)  # type: ignore[arg-type]


def _address(server: asyncio.Server) -> str:
    host, port, *_ = server.sockets[0].getsockname()
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class _Session:
    """One client. Nothing is answered before its InitConnect; what is damaged on its way ends it."""

    def __init__(
        self,
        stage: Stage,
        id_: str,
        time: Time,
        codec: Codec,
        key: RSAPrivateKey | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._stage, self._id, self._time, self._codec, self._key = stage, id_, time, codec, key
        self._reader, self._writer = reader, writer
        self._locks: Locks | None = None
        self._greeted = False
        self._answers: set[asyncio.Task[None]] = set()

    @property
    def _faulty(self) -> Faulty:
        return self._stage.faulty[self._id]  # tests put another customer there

    @property
    def _sandbox(self) -> Sandbox:
        return self._faulty.sandbox

    async def run(self) -> None:
        try:
            while True:
                async with asyncio.timeout(SILENCE):
                    head = await self._reader.readexactly(HEAD.size)
                    await self._packet(*HEAD.unpack(head))
        except (OSError, EOFError, TimeoutError, ValueError):
            pass
        finally:
            self.hang_up()

    def hang_up(self) -> None:
        for answer in self._answers:
            answer.cancel()
        with contextlib.suppress(RuntimeError):  # the loop may be closed
            self._writer.close()

    async def _packet(
        self,
        f: bytes,
        t: bytes,
        protocol: int,
        form: int,
        _: int,
        serial: int,
        size: int,
        digest: bytes,
        __: bytes,
    ) -> None:
        """Raises ValueError for what no client sends."""
        if f + t != b"FT" or form > 1 or size > LARGEST:
            raise ValueError("no packet")
        body = self._opened(await self._reader.readexactly(size))
        if hashlib.sha1(body, usedforsecurity=False).digest() != digest:
            raise ValueError("the checksum is wrong")
        answer = asyncio.create_task(self._answer(protocol, form, serial, body))
        self._answers.add(answer)
        answer.add_done_callback(self._answers.discard)
        if protocol == HELLO:
            await answer  # what comes next is encrypted under what it says

    def _opened(self, body: bytes) -> bytes:
        if self._key is None:
            return body
        if self._locks is not None:
            return self._locks.open(body)
        blocks = (body[at : at + 128] for at in range(0, len(body), 128))
        return b"".join(self._key.decrypt(block, PKCS1v15()) for block in blocks)

    async def _answer(self, protocol: int, form: int, serial: int, body: bytes) -> None:
        try:
            asked = body if form != PROTOBUF else self._codec.request(protocol, body)
        except ValueError:
            return await self._tell(protocol, form, serial, NO_MESSAGE)
        if protocol == HELLO:
            return await self._greet(form, serial, asked)
        own = self._by_itself(protocol)
        if own is not None:
            return await self._tell(protocol, form, serial, own)
        return await self._send(protocol, form, serial, self._faulty.reply(self._asked(protocol, asked)))

    def _by_itself(self, protocol: int) -> bytes | None:
        """What the gateway answers whoever has signed in to it."""
        if not self._greeted:
            return NOT_GREETED
        if protocol == ALIVE:
            return json.dumps({"retType": 0, "s2c": {"time": int(self._time().timestamp())}}).encode()
        if protocol > TRADING and self._key is None and not self._local():
            return KEY_NEEDED
        return None

    def _asked(self, protocol: int, body: bytes) -> Asked:
        own = f"tcp://{self._id}"
        path, headers = f"/{protocol}", {"content-type": "application/json"}
        return Asked("GET", path, (), "", headers, body, "api", own, own + path, self._time())

    def _local(self) -> bool:
        return ipaddress.ip_address(self._writer.get_extra_info("peername")[0]).is_loopback

    async def _greet(self, form: int, serial: int, asked: bytes) -> None:
        play = self._sandbox.play
        told = json.loads(asked)["c2s"]
        sandbox = self._sandbox
        number = int(play.code("connection", 15)) + play.count("connection")
        secret, vector = play.word("aes key", 16), play.word("aes vector", 16)
        greeting = {
            "serverVer": 1011,
            "loginUserID": str(sandbox.user if isinstance(sandbox, Gateway) else 0),
            "connID": str(number),
            "connAESKey": secret,
            "keepAliveInterval": INTERVAL,
            "userAttribution": 1,
        }
        cbc = self._key is not None and told.get("packetEncAlgo") == 2
        if cbc:
            greeting["aesCBCiv"] = vector
        body = json.dumps({"retType": 0, "retMsg": "", "errCode": 0, "s2c": greeting}).encode()
        await self._tell(HELLO, form, serial, body)
        self._greeted = True
        if self._key is not None:
            self._locks = Locks(secret.encode(), vector.encode() if cbc else b"")

    # ---- out

    async def _tell(self, protocol: int, form: int, serial: int, body: bytes) -> None:
        await self._send(protocol, form, serial, Reply(200, (), body))

    async def _send(self, protocol: int, form: int, serial: int, reply: Reply) -> None:
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.hang:
            return
        if reply.reset:
            self._writer.transport.abort()
            return
        body = plain(reply) if form != PROTOBUF else self._codec.response(protocol, plain(reply))
        sent = self._sealed(body)
        size = DRIPPED if reply.drip is not None else len(sent)
        digest = hashlib.sha1(body, usedforsecurity=False).digest()
        head = HEAD.pack(b"F", b"T", protocol, form, 0, serial, size, digest, bytes(8))
        self._writer.write(head + (sent if reply.cut is None else sent[: len(sent) // 2]))
        with contextlib.suppress(OSError):
            await self._writer.drain()
            while reply.drip is not None:
                await asyncio.sleep(reply.drip)
                self._writer.write(b" ")
                await self._writer.drain()
        if reply.cut is not None:
            self._writer.close()

    def _sealed(self, body: bytes) -> bytes:
        if self._key is None:
            return body
        if self._locks is not None:
            return self._locks.seal(body)
        public = self._key.public_key()
        return b"".join(public.encrypt(body[at : at + 100], PKCS1v15()) for at in range(0, len(body), 100))
