"""A watcher who comes back: where a stream breaks off, it goes on after the last message that was seen."""

import asyncio
from dataclasses import dataclass, field

import grpc.aio

from brokerlink.v1 import syncs_pb2, syncs_pb2_grpc

# What carries no number of its own: where a watcher stands, and that somebody is there.
STANDING = {syncs_pb2.SYNC_PROGRESS_KIND_SNAPSHOT, syncs_pb2.SYNC_PROGRESS_KIND_HEARTBEAT}
AGAIN_AFTER = 0.1


@dataclass
class Watcher:
    """`moved` are the numbered messages in the order in which they came; `breaks` counts streams that broke
    or were refused."""

    run_id: str
    moved: list[syncs_pb2.SyncProgress] = field(default_factory=list)
    breaks: int = 0

    @property
    def sequences(self) -> list[int]:
        return [message.sequence for message in self.moved]

    @property
    def seen(self) -> int:
        return self.moved[-1].sequence if self.moved else 0

    @property
    def ends(self) -> int:
        """How many terminal messages came."""
        return sum(message.kind == syncs_pb2.SYNC_PROGRESS_KIND_TERMINAL for message in self.moved)

    async def listen(self, channel: grpc.aio.Channel, *, most: int | None = None) -> None:
        """Until the stream ends, or so many numbered messages have come. Raises AioRpcError."""
        asked = syncs_pb2.WatchSyncRequest(sync_run_id=self.run_id, after_sequence=self.seen)
        stream = syncs_pb2_grpc.SyncServiceStub(channel).WatchSync(asked)
        came = 0
        async for message in stream:
            if message.kind not in STANDING:
                self.moved.append(message)
                came += 1
            if came == most:
                stream.cancel()
                return

    async def insist(self, channel: grpc.aio.Channel) -> "Watcher":
        """To the end of the run, through whatever happens to servers on the way."""
        while not self.ends:
            try:
                await self.listen(channel)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
                self.breaks += 1
                await asyncio.sleep(AGAIN_AFTER)
        return self
