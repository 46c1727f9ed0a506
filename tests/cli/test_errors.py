"""What a person and a program are told when a call fails."""

import json
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.protobuf import duration_pb2
from google.rpc import error_details_pb2 as rpc

from brokerlink.cli.errors import DETAILS_KEY, explain, spoken
from brokerlink.cli.reasons import Exit
from tests.cli.conftest import Failing, Fake, Run, failing

CODE = grpc.StatusCode
RETRY = rpc.RetryInfo(retry_delay=duration_pb2.Duration(seconds=90))
LOCALIZED = rpc.LocalizedMessage(locale="en", message="Please sign in again.")
FIELDS = rpc.BadRequest(
    field_violations=[rpc.BadRequest.FieldViolation(field="user_id", description="must not be empty")]
)

EXITS = {
    "the user must act": (failing(CODE.FAILED_PRECONDITION, "REAUTHORIZATION_REQUIRED", actor="user"), 3),
    "the operator must act": (failing(CODE.FAILED_PRECONDITION, "DOOR_CLOSED", actor="operator"), 7),
    "a field is wrong": (failing(CODE.INVALID_ARGUMENT, "FIELD_INVALID", actor="caller"), 2),
    "there is no such thing": (failing(CODE.NOT_FOUND, "ACCOUNT_NOT_FOUND", actor="caller"), 4),
    "the brokerage is away": (failing(CODE.UNAVAILABLE, "BROKERAGE_UNAVAILABLE", actor="brokerage"), 5),
    "too much at once": (failing(CODE.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED", actor="nobody"), 5),
    "not allowed": (failing(CODE.PERMISSION_DENIED, "SCOPE_MISSING", actor="caller"), 6),
    "no token": (Failing(CODE.UNAUTHENTICATED, "no token"), 6),
    "nobody knows": (Failing(CODE.INTERNAL, "Something went wrong; correlation id 7."), 1),
}


@pytest.mark.parametrize(("failure", "code"), EXITS.values(), ids=EXITS.keys())
def test_the_exit_code_says_who_must_act(fake: Fake, run: Run, failure: Failing, code: int) -> None:
    fake.says("ListAccounts", failure)

    result = run("accounts")

    assert result.exit_code == code
    assert failure.sentence in result.stderr
    assert result.stdout == ""


def test_a_person_reads_sentence_reason_actor_time_and_next_step(fake: Fake, run: Run) -> None:
    fake.says(
        "ListAccounts",
        failing(
            CODE.FAILED_PRECONDITION,
            "REAUTHORIZATION_REQUIRED",
            details=[RETRY, LOCALIZED],
            actor="user",
            brokerage="schwab",
        ),
    )

    said = run("accounts").stderr

    assert "Please sign in again." in said
    assert "REAUTHORIZATION_REQUIRED" in said
    assert "the user" in said
    assert "in 90 s" in said
    assert "schwab" in said
    assert "brokerlink connect BROKERAGE --reconnect CONNECTION" in said


def test_a_program_reads_the_same_as_json_on_stderr(fake: Fake, run: Run) -> None:
    fake.says(
        "ListAccounts", failing(CODE.INVALID_ARGUMENT, "FIELD_INVALID", details=[FIELDS], actor="caller")
    )

    result = run("accounts", "--output", "json")

    error = json.loads(result.stderr)["error"]
    assert error["reason"] == "FIELD_INVALID"
    assert error["fields"] == [{"field": "user_id", "description": "must not be empty"}]
    assert error["exit_code"] == result.exit_code == 2
    assert error["retry_after_seconds"] is None
    assert result.stdout == ""


def test_without_a_server_it_says_how_to_start_one(run: Run) -> None:
    result = run("accounts", "--address", "127.0.0.1:9")

    assert result.exit_code == Exit.UNAVAILABLE
    assert "There is no server at 127.0.0.1:9" in result.stderr
    assert "brokerlink serve" in result.stderr


def test_a_server_that_is_away_is_not_a_brokerage_that_is_away(fake: Fake, run: Run) -> None:
    fake.says("ListAccounts", failing(CODE.UNAVAILABLE, "BROKERAGE_UNAVAILABLE", actor="brokerage"))

    said = run("accounts").stderr

    assert "There is no server" not in said
    assert "the brokerage; it is tried again" in said


def test_what_a_server_says_cannot_touch_the_terminal(fake: Fake, run: Run) -> None:
    evil = "\x1b[2J\x1b]0;owned\x07gone\r\nfake line \u202etxt [bold red]markup[/] \x9b31m"
    fake.says("ListAccounts", failing(CODE.INTERNAL, "\x1b[31mREASON", evil, actor="user\x1b[0m"))

    said = run("accounts").stderr

    assert not {"\x1b", "\r", "\u202e", "\x07", "\x9b"} & set(said)
    assert "[bold red]markup[/]" in said


def test_details_that_cannot_be_read_are_left_out(fake: Fake, run: Run) -> None:
    broken = failing(CODE.NOT_FOUND, "ACCOUNT_NOT_FOUND", "There is no such account.")

    class Broken(Failing):
        def status(self) -> grpc.Status:
            whole: Any = broken.status()  # a named tuple, which its type does not tell
            made: grpc.Status = whole._replace(trailing_metadata=((DETAILS_KEY, b"\xff\xff\xff"),))
            return made

    fake.says("ListAccounts", Broken(CODE.NOT_FOUND))

    result = run("accounts")

    assert result.exit_code == Exit.NOT_FOUND
    assert "There is no such account." in result.stderr


def test_an_error_without_status_is_still_explained() -> None:
    found = explain(grpc.RpcError(), "somewhere")

    assert found.status == "UNKNOWN"
    assert found.code is Exit.FAILED


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (1.4, "1 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7200, "2 h"),
        (604800, "7 days"),
        (-5, "0 s"),
    ],
)
def test_spans_are_told_in_words(seconds: float, words: str) -> None:
    assert spoken(timedelta(seconds=seconds)) == words
