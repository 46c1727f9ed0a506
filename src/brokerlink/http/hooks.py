"""The small listener for brokerages' notices: POST /hooks/<brokerage>, proved before it is believed.

Off unless the operator names an address. It is meant to stand behind something that speaks TLS to the
world. Answers tell nothing: 200 (heard, or of no connection of ours), 401 (not proved), 400 (proved, and
unreadable), 404 (nobody to tell it to), 413 (too large), 503 (try again).
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from domain.errors import BrokerageUnknown, CapabilityUnsupported, Failure, UnreadableReply
from domain.ports.notices import Forged

log = logging.getLogger("brokerlink.notices")
LARGEST_BODY = 64 * 1024
ANSWER_WITHIN = 8.0  # seconds; brokerages give up after ten
AT_ONCE = 32

Hear = Callable[[str, Mapping[str, str], bytes], Awaitable[None]]


class Hooks:
    """Listens on one address, of this process or shared by several."""

    def __init__(self, hear: Hear, *, within: float = ANSWER_WITHIN) -> None:
        self._hear = hear
        self._within = within
        self._places = asyncio.Semaphore(AT_ONCE)
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_post("/hooks/{brokerage}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)

    async def start(self, host: str, port: int, *, path: str = "", reuse_port: bool = False) -> int:
        """Listen; the port that it became (0 of a Unix socket). Raises OSError if the address is taken."""
        await self._runner.setup()
        if path:
            await web.UnixSite(self._runner, path).start()
            return 0
        site = web.TCPSite(self._runner, host, port, reuse_port=reuse_port or None)
        await site.start()
        named = self._runner.addresses[0]
        log.info("hearing notices", extra={"address": f"{host}:{named[1]}"})
        return int(named[1])

    async def stop(self) -> None:
        """No new ones; those under way are answered first."""
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        if self._places.locked():
            return _say(503)
        async with self._places:
            try:
                async with asyncio.timeout(self._within):
                    body = await request.read()
                    headers = {name.lower(): value for name, value in request.headers.items()}
                    await self._hear(request.match_info["brokerage"], headers, body)
            except Forged:
                log.warning("a notice was not proved", extra={"peer": _peer(request)})
                return _say(401)
            except UnreadableReply:
                return _say(400)
            except (BrokerageUnknown, CapabilityUnsupported):
                return _say(404)
            except (Failure, TimeoutError) as failure:
                log.warning("a notice was not heard", extra={"reason": getattr(failure, "reason", "TIMEOUT")})
                return _say(503)
        return _say(200)


def _say(status: int) -> web.Response:
    return web.Response(status=status)


def _peer(request: web.Request) -> str:
    """Who sent it, as far as the socket knows: usually the proxy before us."""
    transport = request.transport
    named = transport.get_extra_info("peername") if transport is not None else None
    sock = transport.get_extra_info("socket") if transport is not None else None
    unix = sock is not None and sock.family == socket.AF_UNIX
    return "unix" if unix or not isinstance(named, tuple) else str(named[0])
