"""Long readings beside the event loop: others are answered meanwhile."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")
# Bytes. More of them would keep the loop for a tenth of a second, and a statement may have 30 times as many.
LARGE = 1024 * 1024


async def aside(size: int, deed: Callable[P, T], *given: P.args, **more: P.kwargs) -> T:
    """What a pure deed gives that goes through so many bytes: in a thread where they are many."""
    if size <= LARGE:
        return deed(*given, **more)
    return await asyncio.to_thread(deed, *given, **more)
