"""Following a sync run to its end: the stream with its resumption, and what is known of the run so far."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import grpc

from brokerlink.cli.errors import Refused, status_of
from brokerlink.cli.reasons import Exit, exit_code_of_actor
from brokerlink.cli.show.figures import word
from brokerlink.cli.show.syncs import FINAL
from brokerlink.v1 import syncs_pb2 as pb
from brokerlink.v1 import types_pb2

Start = Callable[[], Iterator[pb.SyncProgress]]
Resume = Callable[[str, int], Iterator[pb.SyncProgress]]
Pause = Callable[[float], None]

ATTEMPTS = 8  # broken streams in a row without any news before we give up
LONGEST_PAUSE = 5.0

# A stream that breaks like this may be taken up again; any other failure is the answer.
_BROKEN = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
# Before the first message only this is worth another try: nothing tells yet that a run goes on.
_NOT_STARTED = {grpc.StatusCode.UNAVAILABLE}


@dataclass(slots=True)
class Place:
    """How far a stream was heard."""

    run_id: str = ""
    sequence: int = 0
    failures: int = 0
    over: bool = False

    def heard(self, message: pb.SyncProgress) -> bool:
        """Remember where we are. False for what was heard before, which a resumed stream may repeat."""
        if message.sync_run_id:
            self.run_id = message.sync_run_id
        known = message.kind == pb.SYNC_PROGRESS_KIND_PROGRESS and message.sequence <= self.sequence
        self.sequence = max(self.sequence, message.sequence)
        self.over = message.kind == pb.SYNC_PROGRESS_KIND_TERMINAL
        self.failures = 0
        return not known


def follow(start: Start, resume: Resume, pause: Pause = time.sleep) -> Iterator[pb.SyncProgress]:
    """Every message of a run once, up to its TERMINAL one, over as many streams as it takes.

    `start` opens the first stream (and is repeatable: it carries a request id); `resume` opens another
    one after a sequence. Raises what the last attempt raised when the server stays away.
    """
    place = Place()
    source = start
    while not place.over:
        try:
            for message in source():
                if place.heard(message):
                    yield message
                if place.over:
                    return
            _count(
                place, Refused("The server ended the stream before the run was over.", code=Exit.UNAVAILABLE)
            )
        except grpc.RpcError as error:
            if status_of(error) not in (_BROKEN if place.run_id else _NOT_STARTED):
                raise
            _count(place, error)
        pause(min(LONGEST_PAUSE, 0.2 * 2 ** (place.failures - 1)))
        if place.run_id:
            source = lambda: resume(place.run_id, place.sequence)  # noqa: E731  one line, used at once


def _count(place: Place, failure: Exception) -> None:
    place.failures += 1
    if place.failures >= ATTEMPTS:
        raise failure


@dataclass(slots=True)
class Board:
    """A run as it is known so far."""

    run: pb.SyncRun = field(default_factory=pb.SyncRun)
    message: str = ""
    results: dict[tuple[str, int], pb.DatasetResult] = field(default_factory=dict)

    def hear(self, message: pb.SyncProgress) -> None:
        if message.HasField("run"):
            self.run.CopyFrom(message.run)
            for result in message.run.results:
                self._put(result)
        self.run.id = message.sync_run_id or self.run.id
        self.run.state = message.state or self.run.state
        if message.HasField("retry_time"):
            self.run.retry_time.CopyFrom(message.retry_time)
        if message.HasField("result"):
            self._put(message.result)
        self.message = message.message

    def _put(self, result: pb.DatasetResult) -> None:
        self.results[(result.account_id, result.dataset)] = result

    @property
    def over(self) -> bool:
        return self.run.state in FINAL


def exit_code(runs: Sequence[pb.SyncRun]) -> Exit:
    """0 if all succeeded, else by who must act for the first that did not."""
    for run in runs:
        if run.state == pb.SYNC_RUN_STATE_SUCCEEDED:
            continue
        failures = [run.failure] if run.HasField("failure") else []
        failures += [one.failure for one in run.results if one.HasField("failure")]
        actors = [word(types_pb2.Actor, one.actor, "ACTOR") for one in failures]
        return next((exit_code_of_actor(actor) for actor in actors if actor), Exit.FAILED)
    return Exit.OK
