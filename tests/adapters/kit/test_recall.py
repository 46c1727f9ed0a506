"""Rows that come as they came before are not parsed again; what may mean something else by now is."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from adapters.kit.card import Card, Door, Read, Reference, Scene
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.paging import OnePage
from adapters.kit.recall import Marker
from adapters.kit.signin import Conversation
from adapters.kit.wire import Request, Response, decode, get
from domain.accounts import AccountKind, AccountTold
from domain.brokerages import BrokerageStatus, DoorFacts, DoorKind
from domain.ports.brokerage import Grant, Page, Recall
from domain.transactions import Transaction, TransactionType

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ACCOUNT = AccountTold("A1", "Main", "A1", AccountKind.CASH)
PLAIN, NAMED, ODD, TWIN, NAMELESS = (
    b'{"id":"1"}',
    b'{"id":"2","names":"thing:x"}',
    b'{"id":"3","odd":true}',
    b'{"id":"4","twice":true}',
    b'{"id":null}',
)
parsed: list[str] = []


def parse(raw: bytes, scene: Scene) -> Iterator[Transaction]:
    row = decode(raw)
    parsed.append(row["id"])
    if "odd" in row:
        scene.notes.words["odd"] += 1
    for _ in range(2 if "twice" in row else 1):
        yield Transaction(row["id"], TransactionType.OTHER, NOW.date(), "USD", "X", raw=raw)


def needs(raw: bytes) -> Iterator[str]:
    named = decode(raw).get("names")
    if named:
        yield named


def door(*rows: bytes, lasting: bool = True, known: Sequence[str] = ("thing:x",)) -> CardDoor:
    """A door whose history is one page of these rows."""

    def answer(request: Request, url: str) -> Response:
        return Response(200, {}, b"[" + b",".join(rows) + b"]" if url.endswith("/rows") else b"{}")

    def found(response: Response, keys: tuple[str, ...]) -> dict[str, Any]:
        return {key: "told" for key in keys if key in known}

    read = Read("rows", lambda _: get("/rows"), OnePage().rows, parse, needs)
    facts = DoorFacts("api", "API", DoorKind.OFFICIAL_API, (), (), "", "")
    things = Reference("thing", lambda *_: get("/things"), found, lasting=lasting)
    never: Any = None
    one = Door(
        facts=facts,
        hosts={"api": "https://small.example"},
        sign_in=Conversation(never, never, ()),
        authorise=lambda request, *_: request,
        accounts=never,
        balances=(),
        positions=(),
        transactions=(read,),
        references=(things,),
    )
    card = Card("small", "Small", BrokerageStatus.OFFICIAL, "", (one,))
    return CardDoor(card, one, MemoryWire(answer), limited=False, clock=lambda: NOW)


async def told(
    opened: CardDoor, known: Set[bytes] = frozenset(), key: bytes = b"k", account: AccountTold = ACCOUNT
) -> Page:
    async def stored(marks: Sequence[bytes]) -> Set[bytes]:
        return known

    parsed.clear()
    return await opened.history(Grant({}), account, "rows", None, None, Recall(key, stored))


def marks(page: Page) -> set[bytes]:
    return {mark for mark in page.marks if mark is not None}


async def test_what_is_stored_as_it_came_is_not_parsed_and_all_else_is() -> None:
    first = await told(door(PLAIN, NAMED))

    page = await told(door(PLAIN, b'{"id":"5"}', NAMED), marks(first))

    assert parsed == ["5"]
    assert [one.source_key for one in page.transactions] == ["5"]
    assert set(page.known) == marks(first)
    assert len(marks(first)) == 2


async def test_a_row_that_has_to_be_parsed_each_time_has_no_mark() -> None:
    page = await told(door(ODD, TWIN, NAMELESS))

    assert len(page.transactions) == 4
    assert page.marks == (None,) * 4
    assert page.notes.words == {"odd": 1}


async def test_what_a_look_up_said_counts_only_if_it_was_found_and_lasts() -> None:
    assert marks(await told(door(NAMED)))
    assert not marks(await told(door(NAMED, known=())))
    assert not marks(await told(door(NAMED, lasting=False)))


async def test_a_row_of_another_key_account_or_code_is_not_recognised() -> None:
    first = marks(await told(door(PLAIN)))

    for more in ({"key": b"other"}, {"account": replace(ACCOUNT, currency="EUR")}):
        page = await told(door(PLAIN), first, **more)
        assert (page.known, parsed) == ((), ["1"])
    older = Marker(b"k", "small/api", "rows", ACCOUNT)
    older._version = b"\0\0\0\0"
    page = await told(door(PLAIN), {older(PLAIN)})
    assert (page.known, parsed) == ((), ["1"])


async def test_without_a_recall_everything_is_parsed() -> None:
    page = await door(PLAIN, NAMED).history(Grant({}), ACCOUNT, "rows", None, None)

    assert (len(page.transactions), page.marks, page.known) == (2, (), ())
