"""Coinbase: lists page by page, the walk through the ledgers, wallets that have none, and that the truth
comes out."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import conformance
import pytest

from adapters.brokerages.coinbase import CARD, KEY, ledger, reads
from adapters.brokerages.coinbase.ledger import Place, Wallet
from adapters.brokerages.coinbase.sandbox import Coinbase
from adapters.kit.card import Call, Rows
from adapters.kit.door import CardDoor
from adapters.kit.http import MemoryWire
from adapters.kit.wire import Request, Response
from adapters.sandbox.create import create
from adapters.sandbox.stage import Stage
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.ports.brokerage import Grant
from domain.transactions import Transaction

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TODAY = NOW.date()
MINE = "b87a2d3f-8a1e-49b3-a4ea-402d8c389aca"
ACCOUNT = AccountTold(MINE, "Primary", MINE, AccountKind.CRYPTO)
Json = dict[str, Any]

# ---- pages


def call(cursor: str | None = None, since: date | None = None) -> Call:
    return Call(ACCOUNT, since, date(2026, 6, 1), cursor, NOW)


def answer(value: Json) -> Response:
    return Response(200, {}, json.dumps(value).encode())


def lines(*days: str, **pagination: Any) -> Response:
    rows = [{"id": f"r{n}", "created_at": f"{day}T12:00:00Z"} for n, day in enumerate(days)]
    return answer({"pagination": pagination, "data": rows})


def walk(wallets: list[str], after: str | None = None, **more: Any) -> str:
    """A place in front of wallets of BTC with these ids."""
    told = Place([Wallet(uuid, "BTC") for uuid in wallets], after, **more).cursor
    assert told is not None
    return told


def test_without_a_limit_49_wallets_would_come_so_one_is_always_asked_for() -> None:
    assert dict(reads.ask_wallets(call()).query)["limit"] == "250"


async def test_a_place_that_another_version_wrote_down_begins_the_walk_again() -> None:
    door, sandbox = conformance.played("coinbase", 4, today=TODAY)
    grant = await conformance.signed_in(door, sandbox, "coinbase")
    (account,) = (await door.accounts(grant)).rows
    older = '{"wallets":["a","b"],"after":"row-1","more":null}'

    page = await door.history(grant, account, "ledger", None, older)

    assert page.cursor == (await door.history(grant, account, "ledger", None, None)).cursor
    assert page.cursor is not None, "no end of the history"


def test_wallets_that_are_announced_and_not_reachable_are_no_whole_list() -> None:
    with pytest.raises(UnreadableReply):
        reads.take_wallets(answer({"accounts": [], "has_next": True, "cursor": ""}), call())


def test_fills_end_with_an_empty_cursor_and_know_no_has_next() -> None:
    assert reads.take_fills(answer({"fills": [], "cursor": ""}), call()).cursor is None
    assert reads.take_fills(answer({"fills": [], "cursor": "x"}), call()).cursor == "x"
    with pytest.raises(UnreadableReply):
        reads.take_fills(answer({"fills": []}), call())


def test_the_walk_reads_the_wallets_of_its_own_portfolio_only() -> None:
    told = [
        {"uuid": "a", "currency": "BTC", "retail_portfolio_id": MINE},
        {"uuid": "b", "currency": "BTC", "retail_portfolio_id": "other"},
    ]

    cut = ledger.take(answer({"accounts": told, "has_next": False, "cursor": ""}), call())

    assert (cut.rows, cut.cursor) == ([], walk(["a"]))


def test_a_ledger_without_any_wallet_is_not_understood() -> None:
    with pytest.raises(UnreadableReply):
        ledger.take(answer({"accounts": [], "has_next": False, "cursor": ""}), call())


def test_the_next_page_is_named_or_stands_in_a_relative_address_without_a_limit() -> None:
    here = call(walk(["a", "b"]))

    named = ledger.take(lines("2026-05-01", next_starting_after="r0", next_uri=None), here)
    hidden = ledger.take(lines("2026-05-01", next_uri="/v2/x?starting_after=r9"), here)
    bare = ledger.take(lines("2026-05-01", next_uri="/v2/x?limit=1"), here)
    done = ledger.take(lines("2026-05-01", next_starting_after="", next_uri=None), here)

    assert named.cursor == bare.cursor == walk(["a", "b"], "r0")
    assert hidden.cursor == walk(["a", "b"], "r9")
    assert done.cursor == walk(["b"])


def test_the_ledger_has_no_dates_and_is_asked_for_newest_first_a_hundred_at_a_time() -> None:
    asked = ledger.ask(call(walk(["a"], "r0"), since=date(2026, 5, 2)))

    assert (asked.url, asked.query) == (
        "/v2/accounts/a/transactions",
        (("limit", "100"), ("order", "desc"), ("starting_after", "r0")),
    )


def test_fills_are_asked_for_a_hundred_at_a_time_since_their_day() -> None:
    asked = dict(reads.ask_fills(call("x", since=date(2026, 5, 2))).query)

    assert asked == {"start_sequence_timestamp": "2026-05-02T00:00:00Z", "limit": "100", "cursor": "x"}


def test_a_warning_beside_the_rows_changes_nothing() -> None:
    page = {"pagination": {"next_uri": None}, "data": [{"id": "r0", "created_at": "2026-05-01T12:00:00Z"}]}
    warned = page | {"warnings": [{"id": "missing_version", "message": "x"}]}

    here = call(walk(["a"]))
    assert ledger.take(answer(warned), here) == ledger.take(answer(page), here)


def test_a_page_that_says_nothing_of_the_next_is_no_last_page() -> None:
    with pytest.raises(UnreadableReply):
        ledger.take(lines("2026-05-01", limit=100), call(walk(["a"])))


def test_a_wallet_is_read_until_its_rows_are_older_than_wanted() -> None:
    page = lines("2026-05-10", "2026-05-02", "2026-04-01", next_starting_after="r2")

    cut = ledger.take(page, call(walk(["a", "b"]), since=date(2026, 5, 2)))

    assert (len(cut.rows), cut.cursor) == (2, walk(["b"]))


def test_an_id_that_would_lead_to_another_address_is_refused() -> None:
    with pytest.raises(UnreadableReply):
        ledger.ask(call(walk(["../user"])))


# ---- wallets without a ledger

NONE = Response(404)


def listed(*wallets: Json, following: str | None = None) -> Response:
    return answer({"pagination": {"next_starting_after": following}, "data": list(wallets)})


def never_used(code: str = "BTC", **changed: Any) -> Json:
    """A wallet as v2 lists it before anything was in it."""
    nothing = {"amount": "0.0000000", "currency": code}
    return {"id": code, "currency": {"code": code}, "balance": nothing, "created_at": None} | changed


def test_a_ledger_that_is_not_there_makes_us_look_which_wallets_were_never_used() -> None:
    looking = ledger.take(NONE, call(walk(["a", "b"])))

    assert (looking.rows, looking.cursor) == ([], walk(["a", "b"], unused=[], listing=""))
    first = ledger.ask(call(looking.cursor))
    assert (first.url, first.query, first.group) == ("/v2/accounts", (("limit", "100"),), "ledger")
    more = ledger.take(listed(never_used("XLM"), following="XLM"), call(looking.cursor))
    assert dict(ledger.ask(call(more.cursor)).query)["starting_after"] == "XLM"
    known = ledger.take(listed(never_used("BTC")), call(more.cursor))
    assert known.cursor == walk(["a", "b"], unused=["XLM", "BTC"])


def test_a_wallet_that_was_never_used_has_no_ledger_and_is_passed_over() -> None:
    assert ledger.take(NONE, call(walk(["a", "b"], unused=["BTC"]))).cursor == walk(["b"], unused=["BTC"])
    assert ledger.take(NONE, call(walk(["b"], unused=["BTC"]))) == Rows([], None)


@pytest.mark.parametrize(
    "cursor",
    [
        walk(["a"], unused=[]),
        walk(["a"], unused=["ETH"]),
        walk(["a"], "r0", unused=["BTC"]),
        walk(["a"], unused=[], listing=""),
        None,
    ],
    ids=["nobody knows it", "another was never used", "it had rows", "of the list", "of the wallets"],
)
def test_a_ledger_that_should_be_there_and_is_not_is_no_empty_one(cursor: str | None) -> None:
    with pytest.raises(UnreadableReply) as told:
        ledger.take(NONE, call(cursor))
    assert told.value.status == 404


@pytest.mark.parametrize(
    ("changed", "unused"),
    [
        ({}, ["BTC"]),
        ({"currency": "BTC"}, ["BTC"]),
        ({"id": "dc504b1c-248e-5b68-a3b0-b991f7fa84e6"}, []),
        ({"created_at": "2017-03-01T10:00:00Z"}, []),
        ({"balance": {"amount": "0.1", "currency": "BTC"}}, []),
    ],
    ids=["never used", "its currency is a text", "an id of its own", "a first day", "something in it"],
)
def test_a_wallet_under_the_code_of_its_currency_was_never_used(changed: Json, unused: list[str]) -> None:
    cut = ledger.take(listed(never_used(**changed)), call(walk(["a"], unused=[], listing="")))

    assert cut.cursor == walk(["a"], unused=unused)


def test_the_place_of_a_walk_knows_what_was_never_used_through_all_of_v3_s_pages() -> None:
    told = [{"uuid": "b", "currency": "ETH", "retail_portfolio_id": MINE}]
    between = Place([], None, "page2", ["XLM"])

    cut = ledger.take(answer({"accounts": told, "has_next": False, "cursor": ""}), call(between.cursor))

    assert cut.cursor == Place([Wallet("b", "ETH")], None, None, ["XLM"]).cursor


# ---- through the door


class World:
    """A sandbox in memory, and what was asked of it: path and whose token."""

    def __init__(self, seed: int = 2) -> None:
        self.sandbox = cast("Coinbase", create("coinbase", seed))
        self.asked: list[tuple[str, str]] = []
        self._stage = Stage([self.sandbox])
        self.door = CardDoor(
            CARD, KEY, MemoryWire(self._hear), hosts=conformance.hosts("coinbase"), limited=False
        )

    def _hear(self, request: Request, url: str) -> Response:
        headers = dict(request.headers)
        self.asked.append((request.url, headers["Authorization"]))
        now = datetime.now(UTC)
        return self._stage.hear(request.method, url, headers, request.body, now, conformance.BASE).response

    async def read(self) -> list[Json]:
        grant = await self.door.begin(self.sandbox.credentials(), "")
        assert isinstance(grant, Grant)
        return await conformance.read_all(self.door, grant)

    def asked_for(self, code: str) -> int:
        path = f"/v2/accounts/{self.sandbox.books.wallet_id(code)}/transactions"
        return sum(url == path for url, _ in self.asked)


async def test_a_wallet_that_was_never_used_does_not_keep_the_history_from_being_read() -> None:
    world = World()

    told = await world.read()

    assert world.asked_for("XLM") == 2, "and again when it is known"
    assert world.asked_for("USD") >= 1
    assert conformance.differences(told, conformance.expected(world.sandbox)) == []


async def test_a_wallet_whose_id_v2_does_not_know_fails_the_history() -> None:
    world = World()
    known = world.sandbox.books.wallet_id
    world.sandbox.tell.wallet = lambda wallet: {  # type: ignore[method-assign]
        **Coinbase(world.sandbox.play).tell.wallet(wallet),
        "uuid": world.sandbox.play.uuid("in v3 only", 0) if wallet.code == "ETH" else known(wallet.code),
    }

    with pytest.raises(UnreadableReply):
        await world.read()


async def test_every_request_has_a_token_of_its_own_and_none_goes_where_no_key_is_needed() -> None:
    world = World()

    await world.read()

    tokens = [token for _, token in world.asked]
    assert len(set(tokens)) == len(tokens) > 10
    assert not [url for url, _ in world.asked if "/market/" in url or url.startswith("/v2/prices")]


# ---- everything comes out


@pytest.mark.parametrize("seed", range(6))
async def test_what_the_sandbox_tells_comes_out_of_the_parser(seed: int) -> None:
    door, sandbox = conformance.played("coinbase", seed)

    told = await conformance.read_all(door, await conformance.signed_in(door, sandbox, "coinbase"))

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_so_it_does_when_pages_are_small() -> None:
    door, sandbox = conformance.played("coinbase", 2)
    played = cast("Coinbase", sandbox)
    played.wallets_a_page, played.lines_a_page = 2, 7

    told = await conformance.read_all(door, await conformance.signed_in(door, sandbox, "coinbase"))

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_rows_that_come_while_one_pages_are_read_and_none_is_lost() -> None:
    door, sandbox = conformance.played("coinbase", persona="growing")
    grant = await conformance.signed_in(door, sandbox, "coinbase")

    for _ in range(5):
        told = await conformance.read_all(door, grant)

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_an_empty_customer_has_an_account_with_nothing_in_it() -> None:
    door, sandbox = conformance.played("coinbase", persona="empty")

    (told,) = await conformance.read_all(door, await conformance.signed_in(door, sandbox, "coinbase"))

    assert (told["positions"], told["transactions"], told["balance"]["cash"]) == ([], [], "0")


async def history_of(seed: int, since: date | None = None) -> list[Transaction]:
    door, sandbox = conformance.played("coinbase", seed, today=TODAY)
    grant = await conformance.signed_in(door, sandbox, "coinbase")
    (account,) = (await door.accounts(grant)).rows
    rows: list[Transaction] = []
    for feed in door.feeds:
        async for page in conformance.pages(door, grant, account, feed.name, since):
            rows += page.transactions
            assert not page.notes.fields
            assert not page.notes.words
    return rows


async def test_an_event_of_both_feeds_is_one_transaction() -> None:
    sandbox = cast("Coinbase", create("coinbase", 4, today=TODAY))
    lines = [
        line for code in ("BTC", "ETH", "SOL", "USDC", "USD") for line in sandbox.books.ledger(code).items
    ]
    fills = len(sandbox.books.fills().items)

    rows = await history_of(4)

    truth = sandbox.play.accounts[0].transactions
    assert fills > 10
    assert len(lines) > len(truth) + fills  # both wallets of each fill, and of each simple buy
    assert len(rows) == len({row.source_key for row in rows}) == len(truth)


async def test_quantities_keep_18_places() -> None:
    rows = await history_of(4)

    finest = [row for row in rows if row.quantity is not None and row.quantity.as_tuple().exponent == -18]
    assert len(finest) > 10
    assert all(
        row.gross == -row.quantity * row.price
        for row in rows
        if (row.source_key or "").startswith("fill:") and row.quantity and row.price
    )


async def test_a_later_read_asks_for_no_more_than_is_new() -> None:
    since = date(2026, 4, 1)
    whole, later = await history_of(4), await history_of(4, since)

    assert {row.source_key for row in later} == {row.source_key for row in whole if row.trade_date >= since}
    assert Decimal(len(later)) < len(whole)
