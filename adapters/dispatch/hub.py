"""Tells watchers in this process that a run moved on."""

import asyncio
from collections import OrderedDict, defaultdict

REMEMBERED = 10_000


class InProcessHub:
    """The port `ProgressHub`. A hint only: a watcher that waits longer than it should looks itself."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)
        self._known: OrderedDict[str, int] = OrderedDict()

    def start(self) -> None:
        """Nothing has to be reached."""

    async def stop(self) -> None:
        """The same."""

    def publish(self, run_id: str, sequence: int) -> None:
        # Told by several ways, an older word may come after a newer one.
        self._known[run_id] = max(sequence, self._known.get(run_id, sequence))
        self._known.move_to_end(run_id)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        for future in self._waiting.pop(run_id, ()):
            if not future.done():
                future.set_result(None)

    async def wait(self, run_id: str, sequence: int, seconds: float) -> None:
        if self._known.get(run_id, -1) > sequence:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[run_id].add(future)
        try:
            async with asyncio.timeout(seconds):
                await future
        except TimeoutError:
            pass
        finally:
            waiting = self._waiting.get(run_id)
            if waiting is not None:
                waiting.discard(future)
                if not waiting:
                    del self._waiting[run_id]
