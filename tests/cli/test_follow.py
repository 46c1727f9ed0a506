"""Following a run to its end, over as many streams as it takes: nothing missed, nothing told twice."""

import threading
from collections.abc import Iterator, Sequence

import grpc
import grpc_testing  # type: ignore[import-untyped]
import pytest

from brokerlink.cli.errors import Refused
from brokerlink.cli.follow import ATTEMPTS, Board, exit_code, follow
from brokerlink.cli.reasons import Exit
from brokerlink.v1 import syncs_pb2 as pb
from brokerlink.v1 import types_pb2
from brokerlink.v1.syncs_pb2_grpc import SyncServiceStub

WATCH = pb.DESCRIPTOR.services_by_name["SyncService"].methods_by_name["WatchSync"]
SNAPSHOT, PROGRESS = pb.SYNC_PROGRESS_KIND_SNAPSHOT, pb.SYNC_PROGRESS_KIND_PROGRESS
HEARTBEAT, TERMINAL = pb.SYNC_PROGRESS_KIND_HEARTBEAT, pb.SYNC_PROGRESS_KIND_TERMINAL


def message(sequence: int, kind: pb.SyncProgressKind = PROGRESS) -> pb.SyncProgress:
    return pb.SyncProgress(sync_run_id="run_1", sequence=sequence, kind=kind)


class Broken(grpc.RpcError):
    """A call that failed with a status."""

    def __init__(self, code: grpc.StatusCode) -> None:
        super().__init__()
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code


AWAY = grpc.StatusCode.UNAVAILABLE


class Streams:
    """Streams one after the other; each is messages, then perhaps how it breaks."""

    def __init__(self, *streams: Sequence[pb.SyncProgress | Exception]) -> None:
        self.left = list(streams)
        self.resumed: list[tuple[str, int]] = []
        self.pauses: list[float] = []

    def start(self) -> Iterator[pb.SyncProgress]:
        for one in self.left.pop(0):
            if isinstance(one, Exception):
                raise one
            yield one

    def resume(self, run_id: str, after: int) -> Iterator[pb.SyncProgress]:
        self.resumed.append((run_id, after))
        return self.start()

    def followed(self) -> list[pb.SyncProgress]:
        return list(follow(self.start, self.resume, self.pauses.append))


def test_ends_with_the_terminal_message() -> None:
    streams = Streams([message(1, SNAPSHOT), message(2), message(3, TERMINAL), message(9)])

    assert [one.sequence for one in streams.followed()] == [1, 2, 3]
    assert streams.resumed == []


def test_a_broken_stream_is_resumed_after_the_last_sequence() -> None:
    streams = Streams(
        [message(1, SNAPSHOT), message(2), message(3), Broken(AWAY)],
        [message(3, SNAPSHOT), message(4), message(5, TERMINAL)],
    )

    kinds = [(one.sequence, one.kind) for one in streams.followed()]

    assert kinds == [(1, SNAPSHOT), (2, PROGRESS), (3, PROGRESS), (3, SNAPSHOT), (4, PROGRESS), (5, TERMINAL)]
    assert streams.resumed == [("run_1", 3)]


def test_a_server_that_repeats_itself_is_heard_once() -> None:
    again = [message(2, SNAPSHOT), message(1), message(2), message(3), message(4, TERMINAL)]
    streams = Streams([message(1, SNAPSHOT), message(2), Broken(AWAY)], again)

    told = [one.sequence for one in streams.followed() if one.kind == PROGRESS]

    assert told == [2, 3]


def test_a_stream_that_just_stops_is_resumed_too() -> None:
    streams = Streams([message(1, SNAPSHOT)], [message(1, SNAPSHOT), message(2, TERMINAL)])

    assert streams.followed()[-1].kind == TERMINAL


def test_the_first_stream_is_tried_again_only_while_there_is_no_server() -> None:
    again = Streams([Broken(AWAY)], [message(1, TERMINAL)])
    refused = Streams([Broken(grpc.StatusCode.NOT_FOUND)], [message(1, TERMINAL)])

    assert len(again.followed()) == 1
    assert again.resumed == []
    with pytest.raises(grpc.RpcError):
        refused.followed()


def test_an_answer_is_no_broken_stream() -> None:
    streams = Streams(
        [message(1, SNAPSHOT), Broken(grpc.StatusCode.PERMISSION_DENIED)], [message(2, TERMINAL)]
    )

    with pytest.raises(grpc.RpcError):
        streams.followed()


def test_gives_up_when_nothing_new_comes_and_waits_longer_each_time() -> None:
    streams = Streams([message(1, SNAPSHOT), Broken(AWAY)], *([Broken(AWAY)] for _ in range(50)))

    with pytest.raises(grpc.RpcError):
        streams.followed()

    assert len(streams.resumed) == ATTEMPTS - 1
    assert streams.pauses == sorted(streams.pauses)
    assert streams.pauses[-1] <= 5


def test_gives_up_on_streams_that_end_with_nothing_said() -> None:
    streams = Streams([message(1, SNAPSHOT)], *([] for _ in range(50)))

    with pytest.raises(Refused):
        streams.followed()


def test_heartbeats_pass_and_count_as_life() -> None:
    beats: list[list[pb.SyncProgress | Exception]] = [
        [message(1, HEARTBEAT), Broken(AWAY)] for _ in range(ATTEMPTS * 2)
    ]
    streams = Streams([message(1, SNAPSHOT), Broken(AWAY)], *beats, [message(2, TERMINAL)])

    assert streams.followed()[-1].kind == TERMINAL


def test_watch_sync_is_asked_to_go_on_after_what_was_seen() -> None:
    channel = grpc_testing.channel(
        [pb.DESCRIPTOR.services_by_name["SyncService"]], grpc_testing.strict_real_time()
    )
    stub: SyncServiceStub = SyncServiceStub(channel)
    told: list[int] = []

    def resume(run_id: str, after: int) -> Iterator[pb.SyncProgress]:
        yield from stub.WatchSync(pb.WatchSyncRequest(sync_run_id=run_id, after_sequence=after))

    heard = threading.Event()

    def client() -> None:
        for one in follow(lambda: resume("run_1", 0), resume, lambda _: None):
            told.append(one.sequence)
            if one.sequence == 2:
                heard.set()

    thread = threading.Thread(target=client)
    thread.start()
    _, first, rpc = channel.take_unary_stream(WATCH)
    rpc.send_initial_metadata(())
    rpc.send_response(message(1, SNAPSHOT))
    rpc.send_response(message(2))
    assert heard.wait(10)  # this channel forgets what was not yet read when the call breaks
    rpc.terminate((), AWAY, "gone")
    _, second, rpc = channel.take_unary_stream(WATCH)
    rpc.send_initial_metadata(())
    rpc.send_response(message(2, SNAPSHOT))
    rpc.send_response(message(3, TERMINAL))
    rpc.terminate((), grpc.StatusCode.OK, "")
    thread.join(10)

    assert (first.after_sequence, second.after_sequence) == (0, 2)
    assert told == [1, 2, 2, 3]


def test_the_board_knows_the_run_as_it_stands() -> None:
    board = Board()
    positions = pb.DatasetResult(account_id="acc_1", dataset=types_pb2.DATASET_POSITIONS, added=1)
    run = pb.SyncRun(id="run_1", state=pb.SYNC_RUN_STATE_RUNNING, results=[positions])

    board.hear(pb.SyncProgress(sync_run_id="run_1", kind=SNAPSHOT, run=run))
    positions.added = 5
    board.hear(
        pb.SyncProgress(sync_run_id="run_1", kind=PROGRESS, result=positions, state=pb.SYNC_RUN_STATE_WAITING)
    )

    assert [one.added for one in board.results.values()] == [5]
    assert board.run.state == pb.SYNC_RUN_STATE_WAITING
    assert not board.over


def test_the_exit_code_of_runs_is_that_of_the_first_that_failed() -> None:
    good = pb.SyncRun(state=pb.SYNC_RUN_STATE_SUCCEEDED)
    user = pb.SyncRun(state=pb.SYNC_RUN_STATE_FAILED, failure=types_pb2.Failure(actor=types_pb2.ACTOR_USER))
    part = pb.SyncRun(
        state=pb.SYNC_RUN_STATE_PARTIALLY_SUCCEEDED,
        results=[pb.DatasetResult(failure=types_pb2.Failure(actor=types_pb2.ACTOR_BROKERAGE))],
    )
    stopped = pb.SyncRun(state=pb.SYNC_RUN_STATE_CANCELLED)

    assert exit_code([good, good]) is Exit.OK
    assert exit_code([good, user, part]) is Exit.USER_MUST_ACT
    assert exit_code([part, user]) is Exit.UNAVAILABLE
    assert exit_code([stopped]) is Exit.FAILED
