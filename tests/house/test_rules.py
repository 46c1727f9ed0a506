"""Which requests the contract's own rules let through, and which not."""

from uuid import uuid4

import protovalidate
import pytest
from google.protobuf.message import Message
from google.type.date_pb2 import Date

from brokerlink.v1 import accounts_pb2, brokerages_pb2, connections_pb2, syncs_pb2, transactions_pb2

Accounts = accounts_pb2.ListAccountsRequest
Connect = connections_pb2.ConnectRequest
Continue = connections_pb2.ContinueConnectRequest
Disconnect = connections_pb2.DisconnectRequest
Brokerages = brokerages_pb2.ListBrokeragesRequest
Sync = syncs_pb2.SyncAccountRequest
Runs = syncs_pb2.ListSyncRunsRequest
Watch = syncs_pb2.WatchSyncRequest
Transactions = transactions_pb2.ListTransactionsRequest

LEAP_DAY = Date(year=2024, month=2, day=29)

GOOD = {
    "a user's id in any script": Accounts(user_id="Zoë 太郎"),
    "a user's id as long as it may be": Accounts(user_id="u" * 128),
    "an id that cannot exist: that is for NOT_FOUND to say": Watch(sync_run_id="no such run"),
    "credentials": Connect(
        user_id="u", brokerage_id="alpaca", credentials={"key": "k", "secret": "s" * 4096}
    ),
    "a request id": Connect(user_id="u", brokerage_id="alpaca", request_id=str(uuid4())),
    "a redirect": Connect(user_id="u", brokerage_id="schwab", redirect_uri="https://app.example/back?a=b"),
    "approval given": Continue(session_id="s", approval=True),
    "approval refused": Continue(session_id="s", approval=False),
    "credentials as an answer": Continue(session_id="s", credentials={"pin": "1"}),
    "a page size beyond the cap": Brokerages(page_size=1_000_000),
    "one day": Transactions(account_id="a", start_date=LEAP_DAY, end_date=LEAP_DAY),
    "an open range": Transactions(user_id="u", start_date=LEAP_DAY),
    "types": Transactions(user_id="u", types=[transactions_pb2.TRANSACTION_TYPE_BUY]),
    "a sync by account": Sync(account_id="a"),
    "a sync by connection": Sync(connection_id="c", force=True),
}

BAD = {
    "no user": (Accounts(), "user_id"),
    "a user's id that is too long": (Accounts(user_id="u" * 129), "user_id"),
    "a control character in a user's id": (Accounts(user_id="a\nb"), "user_id"),
    "no brokerage": (Connect(user_id="u"), "brokerage_id"),
    "too many credentials": (
        Connect(user_id="u", brokerage_id="b", credentials={f"k{i}": "v" for i in range(33)}),
        "credentials",
    ),
    "a credential that is too long": (
        Connect(user_id="u", brokerage_id="b", credentials={"k": "v" * 4097}),
        "credentials",
    ),
    "a credential without a name": (
        Connect(user_id="u", brokerage_id="b", credentials={"": "v"}),
        "credentials",
    ),
    "a request id that is no UUID": (Connect(user_id="u", brokerage_id="b", request_id="1"), "request_id"),
    "a redirect that is no address": (
        Connect(user_id="u", brokerage_id="b", redirect_uri="x"),
        "redirect_uri",
    ),
    "no answer": (Continue(session_id="s"), ""),
    "an empty code": (Continue(session_id="s", code=""), "code"),
    "nothing to disconnect": (Disconnect(), "target"),
    "a negative page size": (Brokerages(page_size=-1), "page_size"),
    "nothing to sync": (Sync(), "target"),
    "nobody's runs": (Runs(), "owner"),
    "a negative sequence": (Watch(sync_run_id="r", after_sequence=-1), "after_sequence"),
    "nobody's transactions": (Transactions(), "owner"),
    "dates in the wrong order": (
        Transactions(user_id="u", start_date=LEAP_DAY, end_date=Date(year=2024, month=2, day=28)),
        "",
    ),
    "29 February of a common year": (
        Transactions(user_id="u", end_date=Date(year=2100, month=2, day=29)),
        "end_date",
    ),
    "31 April": (Transactions(user_id="u", start_date=Date(year=2024, month=4, day=31)), "start_date"),
    "a month without a day": (Transactions(user_id="u", start_date=Date(year=2024, month=4)), "start_date"),
    "the unspecified type": (
        Transactions(user_id="u", types=[transactions_pb2.TRANSACTION_TYPE_UNSPECIFIED]),
        "types",
    ),
    "a group twice": (
        Transactions(user_id="u", groups=[transactions_pb2.TRANSACTION_GROUP_BUY] * 2),
        "groups",
    ),
}


@pytest.mark.parametrize("request_", GOOD.values(), ids=GOOD.keys())
def test_lets_through(request_: Message) -> None:
    protovalidate.validate(request_)


@pytest.mark.parametrize(("request_", "field"), BAD.values(), ids=BAD.keys())
def test_refuses_and_names_the_field(request_: Message, field: str) -> None:
    with pytest.raises(protovalidate.ValidationError) as refused:
        protovalidate.validate(request_)

    (violation,) = refused.value.violations
    path = violation.proto.field
    assert (path.elements[0].field_name if path is not None and path.elements else "") == field
