"""TD Ameritrade is no more: that is decided by its card, and never by what its old hosts may answer."""

from dataclasses import dataclass, field

import pytest
from google.rpc import error_details_pb2
from google.rpc.code_pb2 import Code

from adapters.brokerages import NAMES, card
from adapters.kit.catalogue import Catalogue, Configured
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from brokerlink.rpc import errors
from domain.brokerages import BrokerageStatus
from domain.errors import BrokerageRetired, BrokerageUnavailable, Failure

ID = "tdameritrade"
OLD_HOST = Configured(hosts={"api": "https://api.tdameritrade.com"}, open=True)


@dataclass
class OldHost:
    """What may be left of it: an answer, or nobody there."""

    left: Response | Failure
    asked: list[str] = field(default_factory=list)

    def answer(self, request: Request, url: str) -> Response:
        self.asked.append(url)
        if isinstance(self.left, Failure):
            raise self.left
        return self.left

    def catalogue(self, configured: Configured | None = None) -> Catalogue:
        return Catalogue(NAMES, card, MemoryWire(self.answer), lambda _: configured or Configured())


@pytest.mark.parametrize("left", [Response(401), Response(200, {}, b"{}"), BrokerageUnavailable()])
@pytest.mark.parametrize("door", [None, "oauth"])
def test_that_it_is_retired_is_said_by_its_card_and_not_by_the_network(
    left: Response | Failure, door: str | None
) -> None:
    host = OldHost(left)

    with pytest.raises(BrokerageRetired, match="successor is schwab"):
        host.catalogue().door(ID, door)

    assert host.asked == []


def test_no_setting_of_an_operator_brings_it_back() -> None:
    host = OldHost(Response(200, {}, b"{}"))

    with pytest.raises(BrokerageRetired):
        host.catalogue(OLD_HOST).door(ID)

    assert host.asked == []


def test_it_stays_known_and_names_its_successor() -> None:
    facts = OldHost(Response(401)).catalogue().facts(ID)

    assert (facts.status, facts.successor_id, facts.doors) == (BrokerageStatus.RETIRED, "schwab", ())
    assert card("schwab").doors


def test_a_caller_is_told_that_no_waiting_and_no_new_login_helps_and_where_to_go() -> None:
    with pytest.raises(BrokerageRetired) as retired:
        OldHost(Response(401)).catalogue().door(ID)
    status = errors.status(retired.value, ID)
    info = error_details_pb2.ErrorInfo()

    assert status.code == Code.FAILED_PRECONDITION
    assert [detail.Unpack(info) for detail in status.details] == [True]
    assert info.reason == "BROKERAGE_RETIRED"
    assert dict(info.metadata) == {
        "actor": "caller",
        "retryable": "false",
        "brokerage": ID,
        "successor": "schwab",
    }


def test_its_limits_are_gone_with_it() -> None:
    assert (card(ID).doors, card(ID).files) == ((), ())
