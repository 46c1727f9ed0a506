"""The event loop that the server uses, for benchmarks in this process."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import uvloop

from bench.figures import Figure


def run(deed: Coroutine[Any, Any, list[Figure]]) -> list[Figure]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(deed)
