"""Doing a thing once: a request that comes again with its request_id gets the answer of the first time."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from google.protobuf.message import Message

from brokerlink.rpc.errors import TooSlow
from domain.errors import Busy, RequestIdReused
from domain.ports.clock import Clock
from domain.ports.storage import Answered, Storage, UnitOfWork

log = logging.getLogger("brokerlink.rpc")
KEPT = timedelta(hours=24)
# Whoever began it and has not ended it by then is gone: somebody may begin again.
GONE = timedelta(minutes=2)
# So nobody works longer than that at one request.
LONGEST = 110.0

Deed = Callable[[], Awaitable[bytes]]


class Once:
    """Requests are known by principal and request_id, compared by a keyed digest (they may hold
    credentials), and answered with the stored bytes of the first answer. Failures are not stored."""

    def __init__(self, storage: Storage, identity_key: bytes, clock: Clock) -> None:
        self._storage = storage
        self._key = hmac.new(identity_key, b"brokerlink requests", hashlib.sha256).digest()
        self._clock = clock
        self._doing: set[asyncio.Task[bytes]] = set()

    async def __call__(self, caller: str, method: str, request: Message, deed: Deed) -> bytes:
        """Raises RequestIdReused for another request under the same id, Busy while the first is still
        being done, and what the deed raises."""
        request_id: str = request.request_id  # type: ignore[attr-defined]  # asked for by its field
        if not request_id:
            return await deed()
        seen = await self._begin(caller, request_id, method, request)
        if seen is not None:
            return seen
        # A caller that goes away must not cut the deed in two: it is done to its end and remembered.
        task = asyncio.create_task(self._do(caller, request_id, deed))
        self._doing.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    async def settle(self, seconds: float) -> None:
        """Wait for what is being done, before the process ends."""
        if self._doing:
            await asyncio.wait(self._doing, timeout=seconds)

    async def _begin(self, caller: str, request_id: str, method: str, request: Message) -> bytes | None:
        """Note the request, or give the answer it once had."""
        whole = method.encode() + b"\x1f" + request.SerializeToString(deterministic=True)
        digest = hmac.new(self._key, whole, hashlib.sha256).digest()

        def deed(uow: UnitOfWork) -> Answered | None:
            now = self._clock.now()
            seen = uow.requests.begin(caller, request_id, method, digest, now)
            if seen is None:
                return None
            age = now - seen.started_at
            abandoned = seen.response is None and age >= GONE and seen.digest == digest
            if age < KEPT and not abandoned:
                return seen
            uow.requests.forget(caller, request_id)
            return uow.requests.begin(caller, request_id, method, digest, now)

        seen = await self._storage.write(deed)
        if seen is None:
            return None
        if seen.method != method or not hmac.compare_digest(seen.digest, digest):
            raise RequestIdReused
        if seen.response is None:
            raise Busy
        return seen.response

    async def _do(self, caller: str, request_id: str, deed: Deed) -> bytes:
        try:
            async with asyncio.timeout(LONGEST):
                response = await deed()
        except TimeoutError:
            await self._forget(caller, request_id)
            raise TooSlow from None
        except Exception:
            await self._forget(caller, request_id)
            raise
        await self._storage.write(lambda uow: uow.requests.finish(caller, request_id, response))
        return response

    async def _forget(self, caller: str, request_id: str) -> None:
        await self._storage.write(lambda uow: uow.requests.forget(caller, request_id))

    def _done(self, task: "asyncio.Task[bytes]") -> None:
        self._doing.discard(task)
        # Whoever still listens hears it; nobody else should hear of an exception that was not fetched.
        if not task.cancelled():
            task.exception()
