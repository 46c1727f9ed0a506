"""The command `connect`: where its fields come from, what it keeps to itself, how it ends."""

import json
from pathlib import Path

import pytest
from google.protobuf.duration_pb2 import Duration

from brokerlink.v1 import connections_pb2 as pb
from brokerlink.v1 import types_pb2
from tests.cli.conftest import Fake, Run
from tests.cli.sessions import DONE, SECRET, asks


def test_fields_come_from_a_file_and_the_codes_beside_them_stay_here(
    brokerage: Fake, run: Run, tmp_path: Path
) -> None:
    told = {"x": {"base_url": "http://127.0.0.1:1/x", "key_id": "k", "secret_key": SECRET, "sms_code": "1"}}
    (tmp_path / "fields.json").write_text(json.dumps(told))

    result = run("connect", "x", "--fields-file", str(tmp_path / "fields.json"))

    (asked,) = brokerage.asked("Connect")
    assert result.exit_code == 0
    assert dict(asked.credentials) == {"key_id": "k", "secret_key": SECRET}
    assert SECRET not in result.output
    assert "connected x" in result.stdout
    assert "Individual …1" in result.stdout


def test_a_secret_on_the_command_line_is_warned_of_and_not_repeated(brokerage: Fake, run: Run) -> None:
    result = run("connect", "x", "--field", "key_id=k", "--field", f"secret_key={SECRET}")

    assert result.exit_code == 0
    assert "Warning: secret_key is a secret" in result.stderr
    assert SECRET not in result.output


REFUSED = {
    "missing fields": ["--field", "key_id=k"],
    "unknown fields": ["--field", "bogus=1"],
    "no pair": ["--field", f"secret_key:{SECRET}"],
    "an unknown door": ["--door", "back"],
}


@pytest.mark.parametrize("words", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_with_fields_is_said_before_anything_is_sent(
    brokerage: Fake, run: Run, words: list[str]
) -> None:
    result = run("connect", "x", *words)

    assert result.exit_code == 2
    assert brokerage.asked("Connect") == []
    assert SECRET not in result.output


@pytest.mark.parametrize("text", [f'{{"x": "{SECRET}', f'"{SECRET}"', "[" * 100_000, f"[{SECRET}]"])
def test_a_file_that_is_none_is_refused_without_showing_it(
    brokerage: Fake, run: Run, tmp_path: Path, text: str
) -> None:
    (tmp_path / "fields.json").write_text(text)

    result = run("connect", "x", "--fields-file", str(tmp_path / "fields.json"))

    assert result.exit_code == 2
    assert SECRET not in result.output


def test_a_failed_session_ends_with_its_reason(brokerage: Fake, run: Run) -> None:
    brokerage.answers["Connect"].clear()
    failure = types_pb2.Failure(
        reason="ACCOUNT_LOCKED_AT_BROKERAGE",
        actor=types_pb2.ACTOR_USER,
        message="The brokerage has locked this login.",
    )
    brokerage.says(
        "Connect", pb.ConnectSession(id="ses_1", state=pb.CONNECT_SESSION_STATE_FAILED, failure=failure)
    )

    result = run("connect", "x", "--field", "key_id=k", "--field", "secret_key=s")

    assert result.exit_code == 3
    for words in ("locked this login", "ACCOUNT_LOCKED_AT_BROKERAGE", "Unlock the login"):
        assert words in result.stderr


def test_json_gives_the_session_on_stdout_and_the_talk_on_stderr(brokerage: Fake, run: Run) -> None:
    brokerage.answers["Connect"].clear()
    brokerage.says("Connect", asks(pb.CHALLENGE_KIND_DEVICE_APPROVAL, poll_after=Duration(nanos=1)))
    brokerage.says("ContinueConnect", DONE)

    result = run("connect", "x", "-o", "json", "--field", "key_id=k", "--field", "secret_key=s", "--no-sync")

    assert json.loads(result.stdout)["connection"]["id"] == "con_1"
    assert "Please." in result.stderr


def test_where_nobody_can_type_it_says_how_to_go_on(brokerage: Fake, run: Run) -> None:
    brokerage.answers["Connect"].clear()
    brokerage.says("Connect", asks(pb.CHALLENGE_KIND_SMS_CODE))

    result = run("connect", "x", "--field", "key_id=k", "--field", "secret_key=s")

    assert result.exit_code == 3
    assert "--session" in result.stderr


def test_a_session_can_be_taken_up_again(fake: Fake, run: Run) -> None:
    fake.says("GetConnectSession", DONE)

    result = run("connect", "--session", "ses_1", "--no-sync")

    assert result.exit_code == 0
    assert fake.asked("Connect") == []
