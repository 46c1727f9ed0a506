"""The only file that speaks HTTP: sends one request, reads one bounded answer.

Bounds are ours and not the peer's: a total deadline (a drip never trips a read timeout), a body limit
before and after inflating (a bomb), no redirects (they would carry credentials to another host), no
proxy variables, no cookies, no repetition of its own, and no host but the door's own.
"""

import asyncio
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from yarl import URL

from adapters.kit.wire import Request, Response
from domain.errors import BrokerageNotTrusted, BrokerageUnavailable, BrokerageUnreachable, UnreadableReply

MAX_BODY = 32 * 1024 * 1024
TOTAL_SECONDS = 30.0
TIMEOUTS = httpx.Timeout(connect=5.0, read=15.0, write=10.0, pool=20.0)
PIECE = 64 * 1024
MAX_CONNECTIONS = 200
USER_AGENT = "brokerlink/1"


# Told of each call: method, host, path (no query: it may hold secrets), status, milliseconds.
Observer = Callable[[str, str, str, int, float], None]


def unobserved(method: str, host: str, path: str, status: int, milliseconds: float) -> None:
    """Nobody looks."""


class Wire(Protocol):
    """Sends a request to one of the named hosts. Raises BrokerageUnavailable or UnreadableReply."""

    async def send(self, request: Request, hosts: dict[str, str]) -> Response: ...


class ExactSession:
    """An aiohttp session that sends what it is given: byte for byte, once, and nothing else.

    aiohttp encodes an address anew when it gets it as text (`%3A` becomes `:`), but what was signed must
    be what is sent. It repeats a GET by itself when a kept connection breaks: with the same signature,
    which a brokerage that counts nonces takes for a replay. And it brings cookies back, which one user's
    answer would set for all. The transport takes a callable that gives it a session: this is both.
    """

    def __init__(self) -> None:
        connector = aiohttp.TCPConnector(limit=MAX_CONNECTIONS, keepalive_timeout=30)
        self._session = aiohttp.ClientSession(
            connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
        )
        self._session._retry_connection = False  # noqa: SLF001  there is no other way to say it

    def __call__(self) -> "ExactSession":
        return self

    def request(self, *, url: str, method: str, **more: Any) -> Any:
        return self._session.request(method, URL(url, encoded=True), **more)

    async def close(self) -> None:
        await self._session.close()


class HttpWire:
    """The wire over sockets: one long-lived client for all brokerages of the process."""

    def __init__(
        self,
        *,
        total_seconds: float = TOTAL_SECONDS,
        max_body: int = MAX_BODY,
        observe: Observer = unobserved,
    ) -> None:
        self._observe = observe
        self._total = total_seconds
        self._max_body = max_body
        self._client: httpx.AsyncClient | None = None
        self._session: ExactSession | None = None

    def _open(self) -> httpx.AsyncClient:
        # Made inside the running loop: the transport keeps its sockets there.
        if self._client is None:
            self._session = ExactSession()
            self._client = httpx.AsyncClient(
                transport=AiohttpTransport(trust_env=False, client=self._session),  # type: ignore[arg-type]
                timeout=TIMEOUTS,
                trust_env=False,
                follow_redirects=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            )
        return self._client

    async def close(self) -> None:
        if self._client is not None and self._session is not None:
            await self._client.aclose()
            await self._session.close()
            self._client = None

    async def send(self, request: Request, hosts: dict[str, str]) -> Response:
        url = address(request, hosts)
        start = time.perf_counter()
        headers = [("User-Agent", USER_AGENT), ("Accept-Encoding", "gzip"), *request.headers]
        try:
            async with asyncio.timeout(self._total):
                sent = self._open().build_request(
                    request.method, url, headers=headers, content=request.body or None
                )
                response = await self._open().send(sent, stream=True)
                try:
                    body = await self._read(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise BrokerageUnavailable("The brokerage took too long to answer.") from None
        except httpx.InvalidURL:
            raise UnreadableReply("the brokerage hands out an address that is none") from None
        except (httpx.HTTPError, aiohttp.ClientError, UnicodeError) as error:
            # Not all that aiohttp raises is turned into httpx's errors. Their texts hold URLs and bytes of
            # the peer: not for logs or clients.
            raise _told(error) from None
        parts = urlsplit(url)
        self._observe(
            request.method,
            parts.netloc,
            parts.path,
            response.status_code,
            (time.perf_counter() - start) * 1000,
        )
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return Response(response.status_code, lowered, body, url)

    async def _read(self, response: httpx.Response) -> bytes:
        compressed = response.headers.get("content-encoding", "").strip().lower() == "gzip"
        inflate = zlib.decompressobj(wbits=31) if compressed else None
        pieces: list[bytes] = []
        size = 0
        async for chunk in response.aiter_raw(PIECE):
            data = chunk
            if inflate is not None:
                try:
                    data = inflate.decompress(chunk, self._max_body - size + 1)
                except zlib.error:
                    raise UnreadableReply("the answer is not the gzip it says it is") from None
            size += len(data)
            if size > self._max_body:
                raise UnreadableReply("the answer is larger than we read")
            pieces.append(data)
        if inflate is not None and not inflate.eof and size:
            raise BrokerageUnavailable("The answer of the brokerage was cut short.")
        return b"".join(pieces)


# What OpenSSL finds wrong with a certificate, by its X509_V_ERR_ numbers. Of all else nobody vouches.
_CERTIFICATES = {
    9: "The brokerage's certificate is not valid yet; nothing was sent.",
    10: "The brokerage's certificate has expired; nothing was sent.",
    62: "The certificate is one of another host than the brokerage's; nothing was sent.",
    64: "The certificate is one of another host than the brokerage's; nothing was sent.",
}
_NOBODY_VOUCHES = "Nobody that we trust vouches for the brokerage's certificate; nothing was sent."


def _told(error: Exception) -> BrokerageUnavailable:
    """What became of a connection, in words of ours."""
    cause = error.__cause__ or error
    if isinstance(cause, aiohttp.ClientConnectorCertificateError):
        number = getattr(cause.certificate_error, "verify_code", 0)
        return BrokerageNotTrusted(_CERTIFICATES.get(number, _NOBODY_VOUCHES))
    if isinstance(cause, aiohttp.ClientSSLError):
        return BrokerageUnreachable("No encrypted connection to the brokerage comes about.")
    if isinstance(cause, aiohttp.ClientConnectorDNSError):
        return BrokerageUnreachable("The brokerage's name leads to no address.")
    if isinstance(cause, aiohttp.ClientConnectorError):
        return BrokerageUnreachable("Nobody takes the call at the brokerage's address.")
    return BrokerageUnavailable("The connection to the brokerage failed.")


def address(request: Request, hosts: dict[str, str]) -> str:
    """The absolute URL of a request. An absolute one must lie on a host of the door.

    Base URLs keep their path ("http://127.0.0.1:9000/robinhood"), so absolute addresses that a
    brokerage hands out to be followed are compared by their whole prefix.
    """
    target = request.target
    if "://" not in target:
        if not target.startswith("/"):
            # Behind a host's name it would make another host of it: `.elsewhere.com/`, `@elsewhere.com/`.
            raise UnreadableReply("the brokerage hands out an address that is none")
        return hosts[request.host].rstrip("/") + target
    for base in hosts.values():
        if target.startswith(base.rstrip("/") + "/"):
            return target
    raise UnreadableReply("the brokerage hands out an address on another host")


class MemoryWire:
    """The wire without sockets: a function answers. For tests of doors and parsers."""

    def __init__(self, answer: Callable[[Request, str], Response]) -> None:
        self._answer = answer

    async def send(self, request: Request, hosts: dict[str, str]) -> Response:
        url = address(request, hosts)
        parts = urlsplit(url)
        if parts.hostname is None:
            raise UnreadableReply("the address has no host")
        response = self._answer(request.with_headers(("User-Agent", USER_AGENT)), url)
        return response if response.url else replace(response, url=url)
