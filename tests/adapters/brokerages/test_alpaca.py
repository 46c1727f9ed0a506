"""Alpaca: its sandbox's truth comes out of its parser, and what its documentation warns of is held."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import conformance
import pytest

from adapters.brokerages.alpaca import KEYS, parse
from adapters.brokerages.alpaca.signin import authorise
from adapters.kit.card import Call, Scene
from adapters.kit.signin import Moment
from adapters.kit.wire import Response, get
from domain.accounts import AccountTold
from domain.errors import CredentialsRejected, UnreadableReply
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Grant, Notes
from domain.positions import Flag
from domain.transactions import Transaction, TransactionStatus, TransactionType

NOW = datetime(2026, 6, 1, tzinfo=UTC)
T = TransactionType


def scene() -> Scene:
    return Scene(None, {}, Notes(), NOW)


def activity(**fields: Any) -> Transaction:
    row = {
        "id": "20260515000000000::a",
        "date": "2026-05-15",
        "status": "executed",
        "description": "",
        **fields,
    }
    (told,) = parse.activity(json.dumps(row).encode(), scene())
    return told


def fill(**fields: Any) -> Transaction:
    row = {
        "id": "20260520113406977::b",
        "activity_type": "FILL",
        "type": "fill",
        "transaction_time": "2026-05-20T15:34:06.977Z",
        "price": "190.63",
        "qty": "2",
        "side": "buy",
        "symbol": "XMPL",
    }
    (told,) = parse.activity(json.dumps(row | fields).encode(), scene())
    return told


async def signed_in(door: Any, sandbox: Any) -> Grant:
    outcome = await door.begin(sandbox.credentials(), "")
    assert isinstance(outcome, Grant)
    return outcome


@pytest.mark.parametrize("seed", range(20))
async def test_what_the_sandbox_tells_comes_out_of_the_parser(seed: int) -> None:
    door, sandbox = conformance.played("alpaca", seed)

    told = await conformance.read_all(door, await signed_in(door, sandbox))

    assert conformance.differences(told, conformance.expected(sandbox)) == []


async def test_wrong_keys_are_told_as_rejected_credentials() -> None:
    door, sandbox = conformance.played("alpaca")

    with pytest.raises(CredentialsRejected):
        await door.begin({**sandbox.credentials(), "secret_key": "wrong-secret"}, "")


def test_a_paper_key_speaks_to_the_paper_host() -> None:
    def host(key: str) -> str:
        return authorise(get("/x"), Grant({"key_id": key, "secret_key": "s"}), Moment(NOW, "n")).host

    assert host("PKABCDEF12") == "paper"
    assert host("AKABCDEF12") == "api"


def test_the_trade_date_of_a_fill_is_the_new_york_day() -> None:
    late = fill(transaction_time="2026-05-21T01:30:00Z")

    assert late.trade_date == date(2026, 5, 20)


@pytest.mark.parametrize(
    ("side", "kind", "quantity", "net"),
    [
        ("buy", T.BUY, "2", "-381.26"),
        ("sell", T.SELL, "-2", "381.26"),
        ("sell_short", T.SELL_SHORT, "-2", "381.26"),
    ],
)
def test_the_side_of_a_fill_turns_the_signs(side: str, kind: T, quantity: str, net: str) -> None:
    told = fill(side=side)

    assert (told.type, told.quantity, told.net) == (kind, Decimal(quantity), Decimal(net))
    assert told.net == told.gross


def test_an_option_fill_counts_a_hundred_shares_a_contract() -> None:
    told = fill(symbol="XMPL260619C00100000", price="6.05", qty="1")

    assert told.instrument is not None
    assert told.instrument.symbol == "XMPL  260619C00100000"
    assert told.gross == Decimal(-605)


@pytest.mark.parametrize("symbol", ["BTC/USD", "BTCUSD"])
def test_a_coin_is_one_instrument_with_and_without_slash(symbol: str) -> None:
    told = fill(symbol=symbol)

    assert told.instrument is not None
    assert (told.instrument.kind, told.instrument.symbol) == (InstrumentKind.CRYPTO, "BTC")


def test_a_crypto_fee_takes_coins_and_no_cash() -> None:
    told = activity(activity_type="CFEE", net_amount="0", symbol="ETHUSD", qty="-0.000195", price="3000")

    assert (told.type, told.quantity, told.net) == (T.FEE, Decimal("-0.000195"), Decimal(0))


def test_the_quantity_on_a_dividend_moves_no_shares() -> None:
    told = activity(activity_type="DIV", net_amount="1.02", symbol="XMPL", qty="2", per_share_amount="0.51")

    assert (told.type, told.quantity, told.net) == (T.DIVIDEND, None, Decimal("1.02"))


def test_a_cancelled_activity_is_a_tombstone() -> None:
    told = activity(activity_type="DIV", net_amount="1", status="canceled")

    assert told.status is TransactionStatus.REMOVED
    assert told.removed_reason


def test_every_documented_type_is_mapped_and_only_the_listed_ones_are_other() -> None:
    others = {w for w in parse.TYPES if activity(activity_type=w, net_amount="1", qty="1").type is T.OTHER}

    assert others == {
        "OPCSH", "OPCA", "ECEXP", "EXTRD", "ALLOC", "DTCS", "DVF", "FIMAT", "INTPNL", "INVPNL", "MEM", "SEG",
        "OCT", "MISC", "TRD", "TRANS",
    }  # fmt: skip


def test_an_unknown_type_is_kept_as_other_and_counted() -> None:
    notes = Notes()
    row = {"id": "1::a", "activity_type": "NEWTYPE", "date": "2026-05-15", "net_amount": "1", "surprise": 1}
    raw = json.dumps(row).encode()

    (told,) = parse.activity(raw, Scene(None, {}, notes, NOW))

    assert (told.type, told.source_type, told.raw) == (T.OTHER, "NEWTYPE", raw)
    assert notes.words == {"activity_type.NEWTYPE": 1}
    assert notes.fields == {"activity.surprise": 1}


@pytest.mark.parametrize(
    ("word", "amount", "quantity", "kind"),
    [
        ("JNLC", "5", None, T.TRANSFER_IN),
        ("ACATC", "-5", None, T.TRANSFER_OUT),
        ("ACATS", "0", "3", T.TRANSFER_IN),
        ("JNLS", "0", "-3", T.TRANSFER_OUT),
        ("INT", "-2.5", None, T.MARGIN_INTEREST),
    ],
)
def test_the_direction_decides_where_the_word_does_not(
    word: str, amount: str, quantity: str | None, kind: T
) -> None:
    assert activity(activity_type=word, net_amount=amount, qty=quantity).type is kind


POSITION = {
    "asset_id": "u-1", "symbol": "XMPL", "asset_class": "us_equity", "qty": "5", "side": "long",
    "avg_entry_price": "100.0", "cost_basis": "500.0", "market_value": "600.0", "unrealized_pl": "100.0",
    "current_price": "120.0",
}  # fmt: skip


def test_a_price_that_is_null_stays_unknown() -> None:
    row = {**POSITION, "current_price": None, "market_value": None, "unrealized_pl": None}

    (told,) = parse.position(json.dumps(row).encode(), scene())

    assert (told.price, told.market_value, told.unrealized_gain) == (None, None, None)


def test_a_cost_of_zero_is_flagged_as_unknown() -> None:
    (told,) = parse.position(json.dumps({**POSITION, "cost_basis": "0"}).encode(), scene())

    assert Flag.COST_UNKNOWN in told.flags


def test_a_short_with_a_positive_quantity_is_not_believed() -> None:
    with pytest.raises(UnreadableReply):
        list(parse.position(json.dumps({**POSITION, "side": "short"}).encode(), scene()))


@pytest.mark.parametrize("figure", ["NaN", "Infinity", "1E+1000000", "9" * 50, "five", True])
def test_an_absurd_figure_is_refused(figure: object) -> None:
    with pytest.raises(UnreadableReply):
        list(parse.position(json.dumps({**POSITION, "qty": figure}).encode(), scene()))


def test_an_account_without_the_fields_removed_in_2026_is_read() -> None:
    row = {"account_number": "010203ABCD", "currency": "USD", "status": "ACTIVE", "multiplier": "1"}

    (told,) = parse.account(json.dumps(row).encode(), scene())

    assert isinstance(told, AccountTold)
    assert told.kind.value == "cash"


def test_a_page_that_is_no_list_is_never_an_empty_one() -> None:
    read = KEYS.transactions[0]
    call = Call(None, None, date(2026, 6, 1), None, NOW)

    with pytest.raises(UnreadableReply):
        read.take(Response(200, {}, b'{"activities": []}'), call)


def test_paging_ends_at_a_page_that_is_not_full_and_refuses_to_go_round() -> None:
    read = KEYS.transactions[0]
    page = json.dumps([{"id": str(n)} for n in range(100)]).encode()
    first = Call(None, None, date(2026, 6, 1), None, NOW)

    rows = read.take(Response(200, {}, page), first)

    assert rows.cursor == "99"
    with pytest.raises(UnreadableReply):
        read.take(Response(200, {}, page), Call(None, None, date(2026, 6, 1), "99", NOW))
