"""Large answers are cut and parsed in a thread, small ones where they came."""

import threading
from collections.abc import Iterator
from datetime import date

import pytest

from adapters.kit.aside import LARGE
from adapters.kit.card import Call, Card, Door, Read, Rows, Scene
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.signin import Conversation, Moment
from adapters.kit.wire import Request, Response, get
from domain.accounts import AccountKind, AccountTold
from domain.brokerages import BrokerageStatus, DoorFacts, DoorKind
from domain.money import EXACTLY
from domain.ports.brokerage import Grant, Recall
from domain.transactions import Transaction, TransactionType

OWN = AccountTold("1", "One", "1", AccountKind.CASH)


def ask(call: Call) -> Request:
    return get("/rows")


def no_accounts(raw: bytes, scene: Scene) -> Iterator[AccountTold]:
    yield from ()


def authorise(request: Request, grant: Grant, moment: Moment) -> Request:
    return request


class Reading:
    """A door whose history is one row, and the threads that it was cut and parsed in."""

    def __init__(self, size: int) -> None:
        self.threads: list[int] = []
        feed = Read("history", ask, self._take, self._parse)
        door = Door(
            facts=DoorFacts("api", "API", DoorKind.OFFICIAL_API, (), (), "", ""),
            hosts={"api": "https://bank.example"},
            sign_in=Conversation(None, None, ()),
            authorise=authorise,
            accounts=Read("accounts", ask, self._take, no_accounts),
            balances=(),
            positions=(),
            transactions=(feed,),
        )
        card = Card("bank", "Bank", BrokerageStatus.OFFICIAL, "", (door,))
        self._body = b"x" * size
        wire = MemoryWire(self._answer)
        self.door = CardDoor(card, door, wire, limited=False, breaks=False)

    def _answer(self, request: Request, url: str) -> Response:
        return Response(200, {}, self._body)

    def _take(self, response: Response, call: Call) -> Rows:
        self.threads.append(threading.get_ident())
        return Rows([response.body])

    def _parse(self, raw: bytes, scene: Scene) -> Iterator[Transaction]:
        self.threads.append(threading.get_ident())
        # The context that figures are exact in goes along.
        gross = EXACTLY.divide(1, 3) if raw else None
        yield Transaction("1", TransactionType.OTHER, date(2026, 11, 25), "USD", "row", gross=gross)


async def _nothing_known(marks: object) -> set[bytes]:
    return set()


@pytest.mark.parametrize("recall", [None, Recall(b"k" * 32, _nothing_known)], ids=["plain", "marked"])
@pytest.mark.parametrize(("size", "aside"), [(LARGE, False), (LARGE + 1, True)])
async def test_only_what_is_large_is_cut_and_parsed_beside_the_loop(
    size: int, aside: bool, recall: Recall | None
) -> None:
    reading = Reading(size)

    page = await reading.door.history(Grant({}), OWN, "history", None, None, recall)

    assert len(page.transactions) == 1
    assert len(reading.threads) == 2
    assert [thread != threading.get_ident() for thread in reading.threads] == [aside, aside]
