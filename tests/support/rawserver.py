"""A server of raw bytes on a loopback socket: it answers what no decent HTTP library would send."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """`heard` are the requests so far, as text. `base` is its address."""

    base: str = ""
    heard: list[str] = field(default_factory=list)


def saying(data: bytes, *, close: bool = True) -> Answer:
    """These bytes, and (or not) the end of the connection."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if close:
            writer.close()

    return answer


def http(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def endless(head: bytes, piece: bytes, every: float = 0.0) -> Answer:
    """A head, and then a body that never ends."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every)

    return answer


@asynccontextmanager
async def raw_server(*answers: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    """Each request gets the next answer; the last one goes on answering."""
    told = RawServer()
    left = list(answers)
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing():
                told.heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
                answer = left.pop(0) if len(left) > 1 else left[0]
                await answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.ensure_future(talk(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    told.base = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield told
    finally:
        server.close()
        for one in talks:
            one.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
