"""The commands of operators: dead-letters, requeue, connections release."""

import json

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from brokerlink.v1 import admin_pb2 as pb
from brokerlink.v1 import connections_pb2, syncs_pb2
from tests.cli.conftest import Fake, Run, failing

RUN = syncs_pb2.SyncRun(
    id="run_1", connection_id="con_1", user_id="demo", state=syncs_pb2.SYNC_RUN_STATE_FAILED, attempt=7
)
LETTER = pb.DeadLetter(sync_run=RUN, brokerage_id="schwab", put_aside_time=Timestamp(seconds=1_700_000_000))
QUEUED = syncs_pb2.SyncRun(id="run_2", connection_id="con_1", state=syncs_pb2.SYNC_RUN_STATE_QUEUED)


def test_dead_letters_show_run_connection_brokerage_and_attempts(fake: Fake, run: Run) -> None:
    fake.says("ListDeadLetters", pb.ListDeadLettersResponse(dead_letters=[LETTER]))

    said = run("dead-letters", "--brokerage", "schwab").stdout

    for words in ("run_1", "con_1", "schwab", "demo", "7"):
        assert words in said
    assert fake.asked("ListDeadLetters")[0].brokerage_id == "schwab"


def test_where_nothing_was_put_aside_that_is_said(fake: Fake, run: Run) -> None:
    fake.says("ListDeadLetters", pb.ListDeadLettersResponse())

    assert "No run was put aside." in run("dead-letters").stdout


def test_dead_letters_come_as_json_page_by_page(fake: Fake, run: Run) -> None:
    fake.says(
        "ListDeadLetters",
        pb.ListDeadLettersResponse(dead_letters=[LETTER], next_page_token="more"),
        pb.ListDeadLettersResponse(dead_letters=[LETTER]),
    )

    told = json.loads(run("dead-letters", "--limit", "0", "-o", "json").stdout)

    assert len(told["dead_letters"]) == 2
    assert told["dead_letters"][0]["sync_run"]["id"] == "run_1"


@pytest.mark.parametrize(
    ("words", "rpc"),
    [(("dead-letters", "retry", "run_1"), "RetryDeadLetter"), (("requeue", "run_1"), "RequeueSync")],
)
def test_retry_and_requeue_name_the_run_that_goes_on(
    fake: Fake, run: Run, words: tuple[str, ...], rpc: str
) -> None:
    fake.says(rpc, QUEUED)

    said = run(*words).stdout
    told = json.loads(run(*words, "-o", "json").stdout)

    assert "brokerlink sync --watch run_2" in said
    assert told["id"] == "run_2"
    first, second = fake.asked(rpc)
    assert first.sync_run_id == "run_1"
    assert len(first.request_id) == 36
    assert first.request_id != second.request_id


def test_a_dead_letter_that_is_gone_leads_to_the_list(fake: Fake, run: Run) -> None:
    fake.says("RetryDeadLetter", failing(grpc.StatusCode.NOT_FOUND, "DEAD_LETTER_NOT_FOUND", actor="caller"))

    result = run("dead-letters", "retry", "run_1")

    assert result.exit_code == 4
    assert "brokerlink dead-letters" in result.stderr


def test_release_shows_the_connection(fake: Fake, run: Run) -> None:
    active = connections_pb2.CONNECTION_STATE_ACTIVE
    fake.says("ReleaseConnection", connections_pb2.Connection(id="con_1", brokerage_id="x", state=active))

    said = run("connections", "release", "con_1").stdout

    assert "con_1" in said
    assert "active" in said
    assert fake.asked("ReleaseConnection")[0].connection_id == "con_1"
