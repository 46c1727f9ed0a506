"""Robinhood's official Crypto API: its signatures, what it tells, and what its sandbox refuses."""

import json
from base64 import b64decode
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import conformance
import doors
import house
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from told import shown

from adapters.brokerages.robinhood.crypto import CRYPTO, parse, sign
from adapters.brokerages.robinhood.sandbox import Robinhood
from adapters.brokerages.robinhood.trading import MISSING_HEADERS, verify
from adapters.kit.card import Call, Scene
from adapters.kit.door import CardDoor
from adapters.kit.signin import Moment
from adapters.kit.wire import Request, Response, get
from adapters.sandbox.create import create
from adapters.sandbox.stage import Stage
from domain.accounts import AccountKind, AccountTold
from domain.errors import (
    CredentialsRejected,
    FieldInvalid,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.ports.brokerage import Grant, Notes
from domain.positions import Flag
from domain.transactions import Transaction, TransactionType

NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)
DOOR, BASE = "robinhood/crypto", f"{conformance.BASE}/robinhood/trading"
NUMBER = "949768193893"
ACCOUNT = AccountTold(f"crypto:{NUMBER}", "Robinhood Crypto", NUMBER, AccountKind.CRYPTO)
D, T = Decimal, TransactionType
Json = dict[str, Any]


async def signed_in(door: CardDoor, sandbox: Any) -> Grant:
    outcome = await door.begin(doors.given(DOOR, sandbox.credentials()), "")
    assert isinstance(outcome, Grant)
    return outcome


# ---- signatures: Robinhood's own example

SEED = "xQnTJVeQLmw1/Mg2YimEViSpw/SdJcgNXZ5kQkAXNPU="
PUBLIC = "jPItx4TLjcnSUnmnXQQyAKL4eJj3+oWNNMmmm2vATqk="
API_KEY, TIME = "rh-api-6148effc-c0b1-486c-8940-a1d099456be6", 1698708981
ORDER = {
    "client_order_id": "131de903-5a9c-4260-abc1-28d562a5dcf0",
    "side": "buy",
    "symbol": "BTC-USD",
    "type": "market",
    "market_order_config": {"asset_quantity": "0.1"},
}
VECTORS = (
    (str(ORDER), "q/nEtxp/P2Or3hph3KejBqnw5o9qeuQ+hYRnB56FaHbjDsNUY9KhB1asMxohDnzdVFSD7StaTqjSd9U9HvaRAw=="),
    (
        json.dumps(ORDER, separators=(",", ":")),
        "UCrqnNobORgfcMA0VirVLvNW/N1BqJ3xx8M0M1dS7jpuoYIF+ZKynseqtqQ19r2ESnsg9Ze8hRn0/pQsg02VCA==",
    ),
)


@pytest.mark.parametrize(("body", "wanted"), VECTORS, ids=["python-repr", "compact-json"])
def test_the_signature_is_that_of_the_example_in_adapter_and_sandbox(body: str, wanted: str) -> None:
    request = Request("POST", "/api/v1/crypto/trading/orders/", body=body.encode(), host=sign.HOST)
    moment = Moment(datetime.fromtimestamp(TIME, UTC), "", {sign.HOST: "https://trading.robinhood.com"})
    grant = Grant({"api_key": API_KEY, "private_key": SEED})
    message = f"{API_KEY}{TIME}/api/v1/crypto/trading/orders/POST{body}".encode()
    public = Ed25519PublicKey.from_public_bytes(b64decode(PUBLIC))

    headers = dict(sign.authorise(request, grant, moment).headers)

    assert headers == {
        "x-api-key": API_KEY,
        "x-timestamp": str(TIME),
        "x-signature": wanted,
        "Content-Type": "application/json; charset=utf-8",
    }
    assert verify(public, wanted, message)
    assert not verify(public, wanted, message + b" ")


def test_the_query_is_signed_as_it_is_sent_and_so_is_the_address_of_a_further_page() -> None:
    urls = {sign.HOST: BASE}
    moment = Moment(NOW, "", urls)

    first = get(f"{sign.ROOT}/trading/holdings/", ("asset_code", "BTC"), host=sign.HOST)
    further = get(f"{BASE}{sign.ROOT}/trading/orders/?cursor=YQ%3D%3D&limit=2", host=sign.HOST)

    assert sign.path(first, moment) == "/api/v1/crypto/trading/holdings/?asset_code=BTC"
    assert sign.path(further, moment) == "/api/v1/crypto/trading/orders/?cursor=YQ%3D%3D&limit=2"


# ---- signing in


async def test_a_key_opens_the_door_and_does_not_expire() -> None:
    door, sandbox = conformance.played(DOOR)

    grant = await signed_in(door, sandbox)

    assert grant.values.keys() == {"api_key", "private_key"}
    assert (grant.expires_at, door.renewable) == (None, False)


async def test_another_key_is_rejected_and_what_is_none_is_told_at_once() -> None:
    door, sandbox = conformance.played(DOOR)
    given = doors.given(DOOR, sandbox.credentials())

    with pytest.raises(CredentialsRejected):
        await door.begin(given | {"crypto_private_key": SEED}, "")
    with pytest.raises(CredentialsRejected):
        await door.begin(given | {"crypto_api_key": API_KEY}, "")
    with pytest.raises(FieldInvalid):
        await door.begin(given | {"crypto_private_key": "AAAA"}, "")


async def test_a_key_without_the_permission_is_insufficient() -> None:
    door, sandbox = conformance.played(DOOR)
    cast("Robinhood", sandbox).trading.may_read = False

    with pytest.raises(PermissionInsufficient):
        await signed_in(door, sandbox)


async def test_a_key_that_was_deleted_asks_the_user_again() -> None:
    door, sandbox = conformance.played(DOOR)
    grant = await signed_in(door, sandbox)
    sandbox.play.revoked = True

    with pytest.raises(ReauthorizationRequired):
        await door.accounts(grant)


# ---- what it tells


def scene(account: AccountTold | None = ACCOUNT) -> Scene:
    return Scene(account, {"crypto-price:BTC-USD": D("69000.00")}, Notes(), NOW)


def row(told: Json) -> bytes:
    return json.dumps(told).encode()


def account(**fields: Any) -> AccountTold:
    usual = {"account_number": NUMBER, "status": "active", "buying_power": "1000.00"}
    (told,) = parse.account(row(usual | {"buying_power_currency": "USD"} | fields), scene(None))
    return told


async def test_the_account_has_an_identity_of_its_own_that_lasts() -> None:
    door, sandbox = conformance.played(DOOR)
    grant = await signed_in(door, sandbox)

    (told,) = (await door.accounts(grant)).rows
    (again,) = (await door.accounts(await signed_in(door, sandbox))).rows

    assert told.key == again.key == f"crypto:{told.number}"
    assert told.key not in {known.number for known in sandbox.play.accounts}


def test_tiers_of_fees_that_newer_accounts_may_tell_are_counted_and_no_obstacle() -> None:
    told = {"account_number": NUMBER, "status": "active", "buying_power": "1", "buying_power_currency": "USD"}
    here = scene(None)

    assert len(list(parse.account(row(told | {"fee_tier": "1"}), here))) == 1
    assert here.notes.fields == {"crypto_account.fee_tier": 1}


def test_an_account_is_never_taken_for_a_brokerage_account_of_the_same_number() -> None:
    assert account(account_number="5TEST001").key != "5TEST001"


def test_a_deactivated_account_is_closed_and_one_that_may_only_sell_is_not() -> None:
    assert [account(status=word).open for word in ("active", "sell_only", "deactivated")] == [
        True,
        True,
        False,
    ]


def test_only_buying_power_is_told() -> None:
    told = {"account_number": NUMBER, "buying_power": "0E-8", "buying_power_currency": "USD"}

    (balance,) = parse.balance(row(told), scene())

    assert (balance.buying_power, balance.cash, balance.total_value) == (D(0), None, None)


def holding(quantity: str, code: str = "BTC", number: str = NUMBER) -> Any:
    told = {"account_number": number, "asset_code": code, "total_quantity": quantity}
    return list(parse.holding(row(told), scene()))


def test_a_holding_keeps_18_places_and_has_no_cost_without_its_orders() -> None:
    (told,) = holding("0.123456789012345678")

    assert told.quantity == D("0.123456789012345678")
    assert told.market_value == D("8518.518441851851782")
    assert (told.cost_basis, told.average_cost, told.flags) == (None, None, (Flag.COST_UNKNOWN,))


def told_orders(*moves: tuple[str, str, str]) -> list[Json]:
    """Orders of one execution each, oldest first, told newest first."""
    return [
        {"side": side, "executions": [
            {"quantity": quantity, "effective_price": price, "timestamp": f"2026-01-{n + 1:02}T00:00:00Z"}
        ]}
        for n, (side, quantity, price) in enumerate(moves)
    ][::-1]  # fmt: skip


def test_the_average_cost_is_rebuilt_from_orders_and_a_sale_leaves_it() -> None:
    orders = told_orders(("buy", "1", "100"), ("buy", "2", "400"), ("sell", "1.5", "900"))

    assert parse.average_cost(orders, D("1.5")) == D(300)


def test_a_cost_that_the_orders_do_not_explain_is_unknown() -> None:
    orders = told_orders(("buy", "1", "100"))

    assert parse.average_cost(orders, D(2)) is None  # something came by another way
    assert parse.average_cost(told_orders(("sell", "1", "100")), D(1)) is None
    assert parse.average_cost(None, D(1)) is None
    more = Response(200, {}, b'{"next":"https://x.example/","results":[]}')
    assert parse.take_orders_of(more, ("crypto-orders:BTC-USD",)) == {}


def test_a_coin_without_a_quote_is_held_without_a_price_and_nothing_is_not_held() -> None:
    (told,) = holding("1", "OLD")

    assert (told.price, told.market_value) == (None, None)
    assert holding("0.000000000000000000") == []


def test_rows_of_another_account_are_not_taken_for_ours() -> None:
    with pytest.raises(UnreadableReply):
        holding("1", number="another")


@pytest.mark.parametrize("price", ['"69000.00"', "69000.00"])
def test_a_quote_comes_as_text_and_as_number(price: str) -> None:
    body = b'{"results":[{"symbol":"BTC-USD","price":%b}]}' % price.encode()

    assert parse.take_prices(Response(200, {}, body), ()) == {"crypto-price:BTC-USD": D("69000.00")}


FILL = {
    "effective_price": "69000.00",
    "quantity": "0.000100000000000001",
    "timestamp": "2026-01-02T03:04:05.123456Z",
}


def order(
    executions: Iterable[Json] = (FILL,), here: Scene | None = None, **fields: Any
) -> list[Transaction]:
    usual: Json = {"id": "o1", "account_number": NUMBER, "symbol": "BTC-USD", "side": "buy", "type": "limit"}
    usual |= {"state": "filled", "average_price": None}
    return list(parse.order(row(usual | {"executions": list(executions)} | fields), here or scene()))


def test_an_execution_is_signed_by_its_side_and_its_price_holds_all_costs() -> None:
    (bought,), (sold,) = order(), order(side="sell")

    worth = D("6.900000000000069")
    assert (bought.type, bought.quantity) == (T.BUY, D("0.000100000000000001"))
    assert (bought.gross, bought.net, bought.fees) == (-worth, -worth, None)
    assert (sold.type, sold.quantity, sold.net) == (T.SELL, D("-0.000100000000000001"), worth)
    assert bought.trade_date == date(2026, 1, 1)  # in New York


@pytest.mark.parametrize("symbol", ["BTC", "BTC-", "-USD"])
def test_a_symbol_that_names_no_market_is_unreadable(symbol: str) -> None:
    with pytest.raises(UnreadableReply):
        order(symbol=symbol)


def test_executions_without_ids_are_told_apart_even_when_they_are_equal() -> None:
    twins = order([FILL, FILL])
    later = order([FILL, FILL | {"quantity": "0.5"}, FILL])

    assert len({told.source_key for told in twins}) == 2
    assert {told.source_key for told in twins} < {told.source_key for told in later}


@pytest.mark.parametrize("state", "open canceled partially_filled filled failed".split())
def test_what_was_executed_stands_whatever_became_of_the_rest(state: str) -> None:
    here = scene()

    assert len(order(state=state, here=here)) == 1
    assert order([], state=state, here=here) == []
    assert not here.notes.words


def test_new_words_are_counted_and_kept() -> None:
    here = scene()
    (told,) = order(state="resting", side="lend", here=here)

    assert (told.type, told.quantity, told.net) == (T.OTHER, None, None)
    assert set(here.notes.words) == {"crypto_order.state.resting", "crypto_order.side.lend"}


def test_history_is_asked_by_the_day_of_the_last_change() -> None:
    asked = parse.ask_orders(Call(ACCOUNT, date(2026, 5, 1), date(2026, 6, 1), None, NOW))

    assert dict(asked.query) == {"limit": "100", "updated_at_start": "2026-05-01T00:00:00Z"}


# ---- what the sandbox refuses


class Table:
    def __init__(self) -> None:
        self.sandbox = cast("Robinhood", create("robinhood", 4))
        self._stage = Stage([self.sandbox])
        known = self.sandbox.credentials()
        self.grant = Grant({"api_key": known["crypto_api_key"], "private_key": known["crypto_private_key"]})

    def send(self, request: Request, at: datetime = NOW, instead: dict[str, str] | None = None) -> Response:
        moment = Moment(at, "", {sign.HOST: BASE})
        headers = {**dict(sign.authorise(request, self.grant, moment).headers), **(instead or {})}
        url = BASE + request.target
        return self._stage.hear(request.method, url, headers, request.body, NOW, conformance.BASE).response

    def get(self, path: str, *query: tuple[str, str]) -> Response:
        return self.send(get(f"{sign.ROOT}/{path}", *query))


@pytest.fixture(scope="module")
def table() -> Table:
    return Table()


def test_missing_headers_are_told_in_plain_text(table: Table) -> None:
    told = table.send(get(sign.ACCOUNT), instead={"x-timestamp": ""})

    assert (told.status, told.text) == (400, MISSING_HEADERS)


@pytest.mark.parametrize("seconds", [-31, 31])
def test_a_timestamp_is_valid_for_30_seconds(table: Table, seconds: int) -> None:
    assert table.send(get(sign.ACCOUNT), NOW + timedelta(seconds=seconds)).status == 401
    assert table.send(get(sign.ACCOUNT), NOW + timedelta(seconds=seconds // 2)).status == 200


def test_a_wrong_signature_is_a_client_error(table: Table) -> None:
    told = table.send(get(sign.ACCOUNT), instead={"x-signature": "AAAA"})

    assert (told.status, json.loads(told.body)["type"]) == (401, "client_error")


def test_unknown_parameters_and_wrong_values_are_validation_errors(table: Table) -> None:
    for path, query in (
        ("trading/holdings/", ("page", "2")),
        ("trading/orders/", ("limit", "0")),
        ("trading/orders/", ("cursor", "x")),
        ("trading/orders/", ("created_at_start", "yesterday")),
        ("marketdata/estimated_price/", ("side", "up")),
    ):
        told = table.get(path, query)
        assert (told.status, json.loads(told.body)["type"]) == (400, "validation_error"), path


def test_a_key_that_may_only_read_places_no_orders(table: Table) -> None:
    assert table.send(Request("POST", f"{sign.ROOT}/trading/orders/", body=b"{}")).status == 403


def test_clients_find_pairs_quotes_estimates_and_single_orders(table: Table) -> None:
    def told(path: str, *query: tuple[str, str]) -> Any:
        return json.loads(table.get(path, *query).body)

    orders = told("trading/orders/", ("limit", "100"))["results"]
    assert told(f"trading/orders/{orders[0]['id']}/") == orders[0]
    assert {order["state"] for order in orders} == {"open", "canceled", "filled"}
    assert told("trading/trading_pairs/", ("symbol", "BTC-USD"))["results"][0]["asset_code"] == "BTC"
    asked = (("symbol", "BTC-USD"), ("side", "both"), ("quantity", "0.1,1"))
    assert len(told("marketdata/estimated_price/", *asked)["results"]) == 4


# ---- everything comes out


@pytest.mark.parametrize("seed", range(6))
async def test_what_the_sandbox_tells_comes_out_of_the_parser(seed: int) -> None:
    door, sandbox = conformance.played(DOOR, seed)

    told = await conformance.read_all(door, await signed_in(door, sandbox))

    assert conformance.differences(told, conformance.expected(sandbox, DOOR)) == []


async def test_small_pages_tell_the_same_but_the_cost_of_what_has_many_orders() -> None:
    door, sandbox = conformance.played(DOOR, 1)
    cast("Robinhood", sandbox).trading.page = 1

    (told,) = await conformance.read_all(door, await signed_in(door, sandbox))

    (wanted,) = conformance.expected(sandbox, DOOR)
    assert conformance.differences(told["transactions"], wanted["transactions"]) == []
    assert [held["quantity"] for held in told["positions"]] == [
        held["quantity"] for held in wanted["positions"]
    ]
    assert None in {held["average_cost"] for held in told["positions"]}


async def test_nothing_that_the_sandbox_tells_is_unknown_to_the_parser() -> None:
    door, sandbox = conformance.played(DOOR)
    grant = await signed_in(door, sandbox)
    (account,) = (await door.accounts(grant)).rows

    notes = [(await door.positions(grant, account)).notes, (await door.balances(grant, account)).notes]
    notes += [(await door.history(grant, account, feed.name, None, None)).notes for feed in door.feeds]

    assert not [note for note in notes if note.fields or note.words]


def test_the_door_is_open_by_itself_and_the_private_one_is_not() -> None:
    private, crypto = doors.found("robinhood")[0].doors

    assert (private.open, crypto.open, crypto) == (False, True, CRYPTO)


async def test_both_doors_of_one_user_lead_to_accounts_of_their_own(tmp_path: Path) -> None:
    made = house.build(tmp_path, "robinhood", rows=30)
    found = []
    for door in ("private", "crypto", "crypto"):
        view = await made.connected("robinhood", door_id=door)
        assert view.connection is not None
        await made.run()
        found.append(shown(made))
    made.store.close()

    private, both, again = found
    assert (len(private.balances), len(both.balances)) == (3, 4)
    assert private.positions.items() <= both.positions.items()
    assert private.transactions.items() <= both.transactions.items()
    assert again == both
