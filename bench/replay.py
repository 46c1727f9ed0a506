"""A server that only repeats recorded answers: what a sync costs must not hide behind a slow sandbox.

python -m bench.replay FILE     prints its port, then serves until it is killed
"""

import asyncio
import pickle
import sys
from pathlib import Path

from aiohttp import web

Recorded = dict[str, tuple[int, str, bytes]]


async def serve(recorded: Recorded) -> None:
    async def answer(request: web.Request) -> web.Response:
        if "after=" in request.raw_path:  # a window since the last sync: nothing new
            return web.json_response([])
        status, kind, body = recorded.get(request.raw_path, (404, "text/plain", b""))
        return web.Response(status=status, body=body, content_type=kind)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(pickle.loads(Path(sys.argv[1]).read_bytes())))  # noqa: S301 - our own recording
