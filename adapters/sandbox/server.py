"""The sandboxes on a real loopback socket, so that real clients can talk to them."""

import asyncio
import contextlib
import logging
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime

from aiohttp import web

from adapters.sandbox import admin, opend
from adapters.sandbox.faults import Fault, Faulty
from adapters.sandbox.play import Sandbox
from adapters.sandbox.reply import Reply, ordinary
from adapters.sandbox.stage import Stage

log = logging.getLogger("brokerlink.sandbox")

LARGEST_BODY = 8 * 1024 * 1024
BROKEN = Reply(500, (("content-type", "text/plain"),), b"the sandbox itself has failed; see its log\n")
TOO_LARGE = Reply(413, (("content-type", "text/plain"),), b"the request is too large\n")
Time = Callable[[], datetime]
Names = Mapping[str, Mapping[str, str]]
NOBODY: Names = {}


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Running:
    """A server that is up. `address` is its own; `bases` where each brokerage is."""

    address: str
    stage: Stage
    clock: admin.Clock
    _runner: web.ServerRunner
    _closing: asyncio.Event
    gateways: dict[str, opend.Listening]

    @property
    def bases(self) -> dict[str, str]:
        return {id_: f"{self.address}/{id_}" for id_ in self.stage.faulty}

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def faulty(self, id_: str) -> Faulty:
        return self.stage.faulty[id_]

    def stats(self) -> dict[str, dict[str, object]]:
        return {id_: admin.stats(faulty) for id_, faulty in self.stage.faulty.items()}

    def credentials(self) -> dict[str, dict[str, str]]:
        """Per brokerage, what a client needs; where its hosts are is added: for `--credentials FILE`."""
        return {
            id_: {"base_url": self.bases[id_]}
            | {f"{host}_url": url for host, url in self.hosts(id_).items()}
            | faulty.sandbox.credentials()
            | self._at_gateway(id_)
            for id_, faulty in self.stage.faulty.items()
        }

    def hosts(self, id_: str) -> dict[str, str]:
        """Where the hosts of a brokerage besides "api" are."""
        return {host: f"{self.bases[id_]}/{host}" for host in self.faulty(id_).sandbox.profile.hosts}

    def _at_gateway(self, id_: str) -> dict[str, str]:
        return self.gateways[id_].credentials() if id_ in self.gateways else {}

    def announce(self, names: Names = NOBODY) -> list[str]:
        """What is printed at the start. `names`: the real addresses of the hosts of a brokerage."""
        lines: list[str] = []
        for id_, faulty in self.stage.faulty.items():
            lines.append(f"{id_}: {self.bases[id_]} (persona {faulty.persona})")
            lines.extend(_elsewhere(self.hosts(id_), names.get(id_, {})))
            lines.extend(f"  {line}" for line in faulty.sandbox.announce())
            if id_ in self.gateways:
                lines.extend(f"  {line}" for line in self.gateways[id_].announce())
        return lines

    async def stop(self) -> None:
        self._closing.set()
        for gateway in self.gateways.values():
            await gateway.stop()
        await self._runner.cleanup()


def _elsewhere(hosts: Mapping[str, str], real: Mapping[str, str]) -> list[str]:
    """Where hosts are played. One that is the brokerage's first host as well is at the first address."""
    apart = {host: url for host, url in hosts.items() if host not in real or real[host] != real.get("api")}
    return [f"  {real.get(host, host)} is {url}" for host, url in apart.items()]


async def serve(
    sandboxes: Iterable[Sandbox | Faulty],
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    latency_ms: float = 0,
    faults: Iterable[Fault] = (),
    tls: ssl.SSLContext | None = None,
    time: Time = _now,
) -> Running:
    """Serve them all on one port (0: a free one), each under /<id>/, a single one at the root as well."""
    stage = Stage(sandboxes)
    planned = tuple(faults)
    for faulty in stage.faulty.values():
        faulty.latency = latency_ms / 1000
        if planned:
            faulty.set_faults(planned)
    clock, closing = admin.Clock(), asyncio.Event()
    handler = _Handler(stage, clock, closing, time)
    runner = web.ServerRunner(web.Server(handler.handle), shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, host, port, ssl_context=tls)
    await site.start()
    scheme = "http" if tls is None else "https"
    bound = runner.addresses[0][1]
    shown = f"[{host}]" if ":" in host else host
    handler.own = f"{scheme}://{shown}:{bound}"
    gateways = {
        id_: await opend.listen(stage, id_, lambda: time() + clock.ahead, host, port)
        for id_, faulty in stage.faulty.items()
        if isinstance(faulty.sandbox, opend.Gateway)
    }
    return Running(handler.own, stage, clock, runner, closing, gateways)


class _Handler:
    """From aiohttp's requests to the stage, and from replies to bytes."""

    def __init__(self, stage: Stage, clock: admin.Clock, closing: asyncio.Event, time: Time) -> None:
        self.own = ""
        self._stage = stage
        self._clock = clock
        self._closing = closing
        self._time = time

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        reply = await self._reply(request)
        if reply.delay:
            await self._pause(reply.delay)
        if reply.hang:
            await self._closing.wait()
        if reply.reset or reply.hang:
            return _cut_off(request)
        if reply.drip is not None:
            return await self._drip(request, reply)
        if reply.cut is not None:
            return await _cut_short(request, reply)
        return web.Response(status=reply.status, headers=reply.headers, body=reply.body)

    async def _reply(self, request: web.BaseRequest) -> Reply:
        # raw_path is the target byte for byte: what was signed must not be decoded and encoded again.
        target = request.raw_path
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return TOO_LARGE
        if target.startswith(admin.PREFIX):
            path = target.partition("?")[0]
            return ordinary(admin.answer(self._stage, self._clock, request.method, path, body))
        url = target if "://" in target else f"{request.scheme}://{request.host}{target}"
        try:
            now = self._time() + self._clock.ahead
            own = self._own(request)
            reply = self._stage.hear(request.method, url, dict(request.headers), body, now, own)
            # By the clock that it judges requests by, as a brokerage's is.
            date = ("date", format_datetime(now.astimezone(UTC), usegmt=True))
            return replace(reply, headers=(*reply.headers, date))
        except Exception:
            # A test or a person at the other end must see that it is the sandbox that failed.
            log.exception("a sandbox failed at %s %s", request.method, target.partition("?")[0])
            return BROKEN

    def _own(self, request: web.BaseRequest) -> str:
        """The address to hand out: as the client wrote it, unless it wrote a brokerage's real name."""
        name = request.host.rpartition(":")[0].lower() or request.host
        return (
            f"{request.scheme}://{request.host}" if name in ("localhost", "127.0.0.1", "[::1]") else self.own
        )

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)

    async def _drip(self, request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
        """A blank now and then, until somebody gives up."""
        stream = web.StreamResponse(status=reply.status, headers=reply.headers)
        with contextlib.suppress(ConnectionError):
            await stream.prepare(request)
            while not self._closing.is_set():
                await stream.write(b" ")
                await self._pause(reply.drip or 1.0)
        return _cut_off(request, stream)


async def _cut_short(request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    """Promise the whole body, send a part of it, hang up."""
    stream = web.StreamResponse(status=reply.status, headers=reply.headers)
    stream.content_length = len(reply.body)
    with contextlib.suppress(ConnectionError):
        await stream.prepare(request)
        await stream.write(reply.body[: reply.cut])
        await asyncio.sleep(0)
    if request.transport is not None:
        # close, not abort: what was written still arrives.
        request.transport.close()
    stream.force_close()
    return stream


def _cut_off(request: web.BaseRequest, stream: web.StreamResponse | None = None) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return stream or web.Response(status=500)


@contextlib.contextmanager
def serving(
    sandboxes: Iterable[Sandbox | Faulty],
    *,
    latency_ms: float = 0,
    faults: Iterable[Fault] = (),
    time: Time = _now,
) -> Iterator[Running]:
    """The same in a thread of its own, for clients that know no asyncio."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sandboxes", daemon=True)
    thread.start()
    try:
        starting = serve(sandboxes, latency_ms=latency_ms, faults=faults, time=time)
        running = asyncio.run_coroutine_threadsafe(starting, loop).result(30)
        try:
            yield running
        finally:
            asyncio.run_coroutine_threadsafe(running.stop(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
