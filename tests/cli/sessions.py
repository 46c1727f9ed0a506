"""Connect sessions that tests share."""

from brokerlink.v1 import accounts_pb2, brokerages_pb2
from brokerlink.v1 import connections_pb2 as pb

SECRET = "MARKER-secret-77"
NEEDS_INPUT, SUCCEEDED = pb.CONNECT_SESSION_STATE_NEEDS_INPUT, pb.CONNECT_SESSION_STATE_SUCCEEDED
KEY = brokerages_pb2.CredentialField(key="key_id", label="Key", required=True)
HIDDEN = brokerages_pb2.CredentialField(key="secret_key", label="Secret", required=True, secret=True)
DONE = pb.ConnectSession(
    id="ses_1",
    user_id="demo",
    brokerage_id="x",
    state=SUCCEEDED,
    connection=pb.Connection(id="con_1", brokerage_id="x"),
    accounts=[accounts_pb2.Account(id="acc_1", name="Individual", masked_number="…1")],
)


def asks(kind: pb.ChallengeKind, **more: object) -> pb.ConnectSession:
    challenge = pb.Challenge(kind=kind, prompt="Please.", **more)  # type: ignore[arg-type]  # fields of it
    return pb.ConnectSession(
        id="ses_1", user_id="demo", brokerage_id="x", state=NEEDS_INPUT, challenge=challenge
    )
