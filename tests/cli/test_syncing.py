"""The commands about sync runs: progress, resumption on a real socket, detaching, exit codes."""

import json
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from brokerlink.v1 import accounts_pb2, connections_pb2, types_pb2
from brokerlink.v1 import syncs_pb2 as pb
from tests.cli.conftest import Failing, Fake, Run

SNAPSHOT, PROGRESS = pb.SYNC_PROGRESS_KIND_SNAPSHOT, pb.SYNC_PROGRESS_KIND_PROGRESS
HEARTBEAT, TERMINAL = pb.SYNC_PROGRESS_KIND_HEARTBEAT, pb.SYNC_PROGRESS_KIND_TERMINAL
GONE = Failing(grpc.StatusCode.UNAVAILABLE, "restarting")


def result(added: int = 0) -> pb.DatasetResult:
    return pb.DatasetResult(
        account_id="acc_1",
        dataset=types_pb2.DATASET_POSITIONS,
        state=pb.DATASET_RESULT_STATE_SUCCEEDED,
        added=added,
        unchanged=3,
        pages=2,
    )


def run_in(state: pb.SyncRunState, *results: pb.DatasetResult, **more: object) -> pb.SyncRun:
    return pb.SyncRun(id="run_1", connection_id="con_1", state=state, results=results, **more)  # type: ignore[arg-type]  # fields of it


def says(sequence: int, kind: pb.SyncProgressKind, **more: object) -> pb.SyncProgress:
    return pb.SyncProgress(sync_run_id="run_1", sequence=sequence, kind=kind, **more)  # type: ignore[arg-type]  # fields of it


FIRST = says(1, SNAPSHOT, state=pb.SYNC_RUN_STATE_RUNNING, run=run_in(pb.SYNC_RUN_STATE_RUNNING))
MOVED = says(2, PROGRESS, state=pb.SYNC_RUN_STATE_RUNNING, result=result(7))
ENDED = says(
    3, TERMINAL, state=pb.SYNC_RUN_STATE_SUCCEEDED, run=run_in(pb.SYNC_RUN_STATE_SUCCEEDED, result(7))
)
NAMED = accounts_pb2.ListAccountsResponse(
    accounts=[accounts_pb2.Account(id="acc_1", brokerage_id="x", name="Individual")]
)


@pytest.fixture
def synced(fake: Fake) -> Fake:
    fake.says("ListAccounts", NAMED)
    return fake


def test_shows_each_dataset_once_and_how_it_ended(synced: Fake, run: Run) -> None:
    synced.says("SyncAccount", [FIRST, MOVED, says(2, HEARTBEAT), ENDED])

    answer = run("sync", "acc_1")

    assert answer.exit_code == 0
    assert answer.stdout.count("x Individual") == 1
    assert "+7 ~0 -0 =3" in answer.stdout
    assert "7 added, 0 modified, 0 removed, 3 unchanged" in answer.stdout
    assert synced.asked("SyncAccount")[0].account_id == "acc_1"


def test_a_stream_that_breaks_is_resumed_and_nothing_is_told_twice(synced: Fake, run: Run) -> None:
    synced.says("SyncAccount", [FIRST, MOVED, GONE])
    synced.says(
        "WatchSync", [GONE], [says(2, SNAPSHOT, run=run_in(pb.SYNC_RUN_STATE_RUNNING, result(7))), ENDED]
    )

    lines = [json.loads(line) for line in run("sync", "con_1", "-o", "json").stdout.splitlines()]

    assert [(one["sequence"], one["kind"].rpartition("_")[2]) for one in lines] == [
        ("1", "SNAPSHOT"),
        ("2", "PROGRESS"),
        ("2", "SNAPSHOT"),
        ("3", "TERMINAL"),
    ]
    assert {one.after_sequence for one in synced.asked("WatchSync")} == {2}


def test_starting_is_repeated_with_the_same_request_id(synced: Fake, run: Run) -> None:
    synced.says("SyncAccount", [GONE], [FIRST, ENDED])

    assert run("sync", "con_1", "--force").exit_code == 0

    first, second = synced.asked("SyncAccount")
    assert first.request_id == second.request_id
    assert first.force


def test_a_run_that_waits_says_until_when_and_why(synced: Fake, run: Run) -> None:
    until = Timestamp()
    until.FromDatetime(datetime.now(UTC) + timedelta(minutes=10, seconds=5))
    failure = types_pb2.Failure(
        reason="BROKERAGE_RATE_LIMITED", message="The brokerage asks us to slow down."
    )
    waits = run_in(pb.SYNC_RUN_STATE_WAITING, failure=failure, retry_time=until)
    synced.says("WatchSync", [says(1, SNAPSHOT, state=pb.SYNC_RUN_STATE_WAITING, run=waits), ENDED])

    said = run("sync", "--watch", "run_1").stdout

    assert "waits, goes on in 10 min" in said
    assert "The brokerage asks us to slow down." in said


def test_a_failed_run_ends_with_the_exit_code_of_who_must_act(synced: Fake, run: Run) -> None:
    failure = types_pb2.Failure(
        reason="REAUTHORIZATION_REQUIRED", actor=types_pb2.ACTOR_USER, message="Sign in again."
    )
    ended = run_in(pb.SYNC_RUN_STATE_FAILED, failure=failure)
    synced.says(
        "SyncAccount", [says(1, SNAPSHOT), says(2, TERMINAL, state=pb.SYNC_RUN_STATE_FAILED, run=ended)]
    )

    answer = run("sync", "con_1")

    assert answer.exit_code == 3
    assert "Sign in again.  REAUTHORIZATION_REQUIRED" in answer.stdout


def test_totals_that_differ_are_told(synced: Fake, run: Run) -> None:
    differs = pb.DatasetResult(account_id="acc_1", dataset=types_pb2.DATASET_BALANCES, totals_differ=True)
    synced.says("SyncAccount", [says(1, TERMINAL, run=run_in(pb.SYNC_RUN_STATE_SUCCEEDED, differs))])

    assert "total is not the sum" in run("sync", "con_1").stdout


def test_rows_that_were_held_back_are_told(synced: Fake, run: Run) -> None:
    held = pb.DatasetResult(account_id="acc_1", dataset=types_pb2.DATASET_POSITIONS, held_back=True)
    ended = run_in(pb.SYNC_RUN_STATE_SUCCEEDED, held)
    synced.says("SyncAccount", [says(2, TERMINAL, state=pb.SYNC_RUN_STATE_SUCCEEDED, run=ended)])

    assert "everything vanished at once" in run("sync", "con_1").stdout


def test_detach_starts_and_says_how_to_follow(fake: Fake, run: Run) -> None:
    fake.says("StartSync", run_in(pb.SYNC_RUN_STATE_QUEUED))

    answer = run("sync", "acc_1", "--detach")

    assert "brokerlink sync --watch run_1" in answer.stdout
    assert fake.asked("StartSync")[0].account_id == "acc_1"


def test_without_a_target_every_connection_that_can_is_synced(synced: Fake, run: Run) -> None:
    states = [
        connections_pb2.CONNECTION_STATE_ACTIVE,
        connections_pb2.CONNECTION_STATE_PAUSED,
        connections_pb2.CONNECTION_STATE_DISCONNECTED,
        connections_pb2.CONNECTION_STATE_WAITING,
    ]
    found = [connections_pb2.Connection(id=f"con_{n}", state=state) for n, state in enumerate(states)]
    synced.says("ListConnections", connections_pb2.ListConnectionsResponse(connections=found))
    synced.says("SyncAccount", [FIRST, ENDED])

    run("sync")

    assert [one.connection_id for one in synced.asked("SyncAccount")] == ["con_0", "con_3"]


def test_nothing_to_sync_is_said(fake: Fake, run: Run) -> None:
    fake.says("ListConnections", connections_pb2.ListConnectionsResponse())

    answer = run("sync")

    assert answer.exit_code == 4
    assert "no connection to sync" in answer.stderr


def test_watch_goes_with_nothing_else(fake: Fake, run: Run) -> None:
    assert run("sync", "con_1", "--watch", "run_1").exit_code == 2
    assert fake.heard == []


def test_ctrl_c_detaches_and_says_how_to_go_on(
    synced: Fake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("brokerlink.cli.progress.Plain.show", interrupted)
    synced.says("SyncAccount", [FIRST, ENDED])

    answer = run("sync", "con_1")

    assert answer.exit_code == 130
    assert "The run goes on; follow it again: brokerlink sync --watch run_1" in answer.stderr


def test_runs_are_listed_with_what_they_changed(fake: Fake, run: Run) -> None:
    fake.says(
        "ListSyncRuns", pb.ListSyncRunsResponse(sync_runs=[run_in(pb.SYNC_RUN_STATE_SUCCEEDED, result(2))])
    )

    said = run("runs").stdout

    for words in ("run_1", "con_1", "succeeded", "+2 ~0 -0 =3"):
        assert words in said


def test_cancel_shows_the_run_as_it_ended(fake: Fake, run: Run) -> None:
    fake.says("CancelSync", run_in(pb.SYNC_RUN_STATE_CANCELLED))

    answer = run("cancel", "run_1", "-o", "json")

    assert json.loads(answer.stdout)["state"] == "SYNC_RUN_STATE_CANCELLED"
    assert len(fake.asked("CancelSync")[0].request_id) == 36
