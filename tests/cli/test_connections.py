"""The catalogue and the connections: what can be connected, what is, and ending it."""

import json

import pytest

from brokerlink.v1 import brokerages_pb2, connections_pb2, types_pb2
from tests.cli.conftest import Fake, Run


def test_brokerages_show_open_and_closed_doors(fake: Fake, run: Run) -> None:
    given = brokerages_pb2.Capability(
        dataset=types_pb2.DATASET_POSITIONS, support=brokerages_pb2.SUPPORT_NATIVE
    )
    doors = [
        brokerages_pb2.Door(id="official", open=True, sign_in="in the browser", capabilities=[given]),
        brokerages_pb2.Door(id="private", closed_reason="Not opened by the operator."),
    ]
    one = brokerages_pb2.Brokerage(
        id="x", title="X Inc.", status=brokerages_pb2.BROKERAGE_STATUS_OFFICIAL, doors=doors
    )
    fake.says("ListBrokerages", brokerages_pb2.ListBrokeragesResponse(brokerages=[one]))

    said = run("brokerages").stdout

    for words in ("X Inc.", "official", "● official", "○ private (closed)", "P✓", "in the browser"):
        assert words in said


def test_one_brokerage_shows_its_credential_fields(fake: Fake, run: Run) -> None:
    field = brokerages_pb2.CredentialField(
        key="secret_key", label="Secret", help="From the page.", secret=True, required=True
    )
    door = brokerages_pb2.Door(id="keys", closed_reason="Closed by the operator.", credential_fields=[field])
    fake.says("GetBrokerage", brokerages_pb2.Brokerage(id="x", title="X Inc.", doors=[door]))

    said = run("brokerages", "x").stdout

    for words in ("secret_key", "From the page.", "Closed by the operator."):
        assert words in said


def test_connections_say_why_they_stand_and_who_must_act(fake: Fake, run: Run) -> None:
    one = connections_pb2.Connection(
        id="con_1",
        brokerage_id="schwab",
        state=connections_pb2.CONNECTION_STATE_ACTION_REQUIRED,
        reason="REAUTHORIZATION_REQUIRED",
        actor=types_pb2.ACTOR_USER,
    )
    fake.says("ListConnections", connections_pb2.ListConnectionsResponse(connections=[one]))

    said = run("connections").stdout

    for words in ("action required", "REAUTHORIZATION_REQUIRED → the user"):
        assert words in said


@pytest.mark.parametrize(("deed", "rpc"), [("pause", "PauseConnection"), ("resume", "ResumeConnection")])
def test_pause_and_resume_carry_a_request_id(fake: Fake, run: Run, deed: str, rpc: str) -> None:
    fake.says(rpc, connections_pb2.Connection(id="con_1", state=connections_pb2.CONNECTION_STATE_PAUSED))

    result = run("connections", deed, "con_1", "-o", "json")

    assert json.loads(result.stdout)["id"] == "con_1"
    (asked,) = fake.asked(rpc)
    assert asked.connection_id == "con_1"
    assert len(asked.request_id) == 36


@pytest.mark.parametrize(("target", "field"), [("con_1", "connection_id"), ("acc_1", "account_id")])
def test_disconnect_takes_a_connection_or_an_account(fake: Fake, run: Run, target: str, field: str) -> None:
    fake.says("Disconnect", connections_pb2.DisconnectResponse())

    run("connections", "disconnect", target)

    (asked,) = fake.asked("Disconnect")
    assert asked.WhichOneof("target") == field
