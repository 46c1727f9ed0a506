"""Alpaca: its sandbox's truth comes out of its parser, and what its documentation warns of is held."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import conformance
import pytest

from adapters.brokerages.alpaca import KEYS, parse
from adapters.brokerages.alpaca.signin import TRIAL, authorise, explain
from adapters.kit.card import Call, Counted, Scene
from adapters.kit.key_trial import Trying
from adapters.kit.replies import failure_of
from adapters.kit.signin import Moment
from adapters.kit.wire import Response, get
from domain.accounts import AccountKind, AccountTold
from domain.errors import (
    BrokerageRateLimited,
    BrokerageUnavailable,
    CredentialsRejected,
    Failure,
    PermissionInsufficient,
    ReauthorizationRequired,
    UnreadableReply,
)
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Grant, Notes
from domain.positions import Flag, Position
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


@pytest.mark.parametrize("status", [401, 403])
def test_401_and_403_both_say_that_the_keys_are_bad_at_sign_in_and_later(status: int) -> None:
    refused = Response(status, {}, b'{"message":"forbidden."}')

    with pytest.raises(CredentialsRejected):
        TRIAL.hear(Trying({"key_id": "AKABCDEF12"}), refused, Moment(NOW, "n"))
    assert isinstance(explain(refused) or failure_of(refused, NOW), ReauthorizationRequired)


def test_a_403_with_a_code_is_alpacas_own_and_about_one_question() -> None:
    told = Response(403, {}, b'{"code":40310000,"message":"forbidden"}')

    assert isinstance(explain(told) or failure_of(told, NOW), PermissionInsufficient)


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (401, 40110000, ReauthorizationRequired),
        (404, 40410000, UnreadableReply),
        (422, 42210000, UnreadableReply),
        (429, 42910000, BrokerageRateLimited),
        (500, 50010000, BrokerageUnavailable),
        (504, 50410000, BrokerageUnavailable),
    ],
)
def test_an_error_goes_by_its_status_whatever_its_code_and_message(
    status: int, code: int, failure: type[Failure]
) -> None:
    told = Response(status, {}, json.dumps({"code": code, "message": "no"}).encode())

    assert isinstance(explain(told) or failure_of(told, NOW), failure)


def test_200_requests_a_minute_are_counted_for_each_key() -> None:
    rate = KEYS.rates["default"]

    assert (rate.calls, rate.per, rate.counted) == (200, 60, Counted.CREDENTIAL)


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


def test_a_side_that_nobody_knows_is_unreadable() -> None:
    with pytest.raises(UnreadableReply):
        fill(side="sideways")


def test_a_partial_fill_is_a_row_of_its_own_with_its_own_quantity() -> None:
    told = fill(type="partial_fill", qty="2", cum_qty="7", leaves_qty="3", order_status="partially_filled")

    assert (told.quantity, told.net) == (Decimal(2), Decimal("-381.26"))


def test_a_figure_may_be_a_text_or_a_number() -> None:
    assert fill(qty=2, price=190.63).net == fill(qty="2", price="190.63").net == Decimal("-381.26")


@pytest.mark.parametrize(
    "told",
    ["2026-05-20T15:34:06.977123456Z", "2026-05-20T11:34:06.977123456-04:00", "2026-05-20T15:34:06.977123Z"],
)
def test_times_have_up_to_nine_places_and_any_zone(told: str) -> None:
    assert fill(transaction_time=told).executed_at == datetime(2026, 5, 20, 15, 34, 6, 977123, UTC)


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


def test_what_a_coin_costs_in_another_coin_is_no_amount_of_dollars() -> None:
    told = fill(symbol="ETH/BTC", qty="2", price="0.05")

    assert (told.quantity, told.price, told.gross, told.net) == (Decimal(2), None, None, None)


def test_a_fee_is_a_daily_total_of_its_own_and_a_fill_has_none() -> None:
    fee = activity(activity_type="FEE", activity_sub_type="TAF", net_amount="-0.03", qty=None)

    assert (fee.type, fee.net, fee.instrument, fee.source_type) == (T.FEE, Decimal("-0.03"), None, "FEE TAF")
    assert fill().fees == Decimal(0)


def test_a_rebate_is_a_fee_that_comes_in() -> None:
    assert activity(activity_type="PTR", net_amount="0.4").net == Decimal("0.4")
    assert activity(activity_type="PTR", net_amount="0.4").type is T.FEE


@pytest.mark.parametrize("word", ["SPLIT", "SPIN", "MA", "NC", "REORG"])
def test_a_corporate_action_has_a_date_and_no_time(word: str) -> None:
    told = activity(activity_type=word, symbol="XMPL", qty="5", net_amount="0")

    assert (told.trade_date, told.executed_at) == (date(2026, 5, 15), None)


@pytest.mark.parametrize("text", ["", None])
def test_a_description_may_be_empty(text: str | None) -> None:
    assert activity(activity_type="INT", net_amount="1", description=text).description == ""


@pytest.mark.parametrize(("old", "new"), [("SSP", "SPLIT"), ("SSO", "SPIN"), ("OPXRC", "OPEXC")])
def test_words_of_older_documents_mean_the_same(old: str, new: str) -> None:
    def told(word: str) -> TransactionType:
        return activity(activity_type=word, net_amount="0", qty="1", symbol="XMPL").type

    assert told(old) is told(new) is not T.OTHER


@pytest.mark.parametrize(
    ("sub", "kind"), [("CDIV", T.DIVIDEND), ("NEWDIV", T.DIVIDEND), ("SDIV", T.STOCK_DIVIDEND)]
)
def test_sub_types_are_free_words_of_which_only_a_dividend_in_shares_matters(sub: str, kind: T) -> None:
    assert activity(activity_type="DIV", activity_sub_type=sub, net_amount="1").type is kind


def test_what_is_written_at_night_is_found_by_reading_some_days_again() -> None:
    read = KEYS.transactions[0]
    first = read.ask(Call(None, date(2026, 5, 22), date(2026, 6, 1), None, NOW))

    assert read.feed.overlap_days == 10
    assert ("after", "2026-05-22T00:00:00Z") in first.query


def test_the_quantity_on_a_dividend_moves_no_shares() -> None:
    told = activity(activity_type="DIV", net_amount="1.02", symbol="XMPL", qty="2", per_share_amount="0.51")

    assert (told.type, told.quantity, told.net) == (T.DIVIDEND, None, Decimal("1.02"))


def test_a_cancelled_activity_is_a_tombstone() -> None:
    told = activity(activity_type="DIV", net_amount="1", status="canceled")

    assert told.status is TransactionStatus.REMOVED
    assert told.removed_reason


def test_a_correction_takes_the_place_of_what_its_id_told_before() -> None:
    before = activity(activity_type="DIV", net_amount="1", status="executed")
    after = activity(activity_type="DIV", net_amount="2", status="correct")

    assert (before.source_key, before.status) == (after.source_key, after.status)
    assert after.net == Decimal(2)


def test_a_status_that_nobody_knows_is_unreadable() -> None:
    with pytest.raises(UnreadableReply):
        activity(activity_type="DIV", net_amount="1", status="pending")


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


def held(**fields: Any) -> Position:
    (told,) = parse.position(json.dumps(POSITION | fields).encode(), scene())
    return told


def test_a_short_has_negative_quantity_value_and_cost() -> None:
    told = held(side="short", qty="-5", market_value="-600.0", cost_basis="-500.0", unrealized_pl="-100.0")

    assert (told.quantity, told.market_value, told.cost_basis) == (
        Decimal(-5), Decimal(-600), Decimal(-500),
    )  # fmt: skip


@pytest.mark.parametrize(("side", "quantity"), [("short", "5"), ("long", "-5"), ("both", "5")])
def test_a_side_that_contradicts_the_sign_of_the_quantity_is_not_believed(side: str, quantity: str) -> None:
    with pytest.raises(UnreadableReply):
        held(side=side, qty=quantity)


def test_an_option_is_priced_by_the_share_and_valued_by_the_contract() -> None:
    told = held(
        symbol="XMPL260619C00100000", asset_class="us_option", side="short", qty="-2", avg_entry_price="6.05",
        current_price="6.7", market_value="-1340", cost_basis="-1210", unrealized_pl="-130",
    )  # fmt: skip

    assert (told.average_cost, told.price, told.market_value, told.cost_basis) == (
        Decimal("6.05"), Decimal("6.7"), Decimal(-1340), Decimal(-1210),
    )  # fmt: skip
    assert told.instrument.option is not None
    assert told.instrument.option.multiplier == 100


def test_a_class_of_assets_that_nobody_knows_is_other_and_counted() -> None:
    stage = scene()

    (told,) = parse.position(json.dumps({**POSITION, "asset_class": "us_treasury"}).encode(), stage)

    assert told.instrument.kind is InstrumentKind.OTHER
    assert stage.notes.words == {"asset_class.us_treasury": 1}


def test_an_account_in_another_currency_tells_its_figures_in_it_and_dollars_beside() -> None:
    account = AccountTold("1", "A", "1", AccountKind.CASH, currency="EUR")
    stage = Scene(account, {}, Notes(), NOW)
    local = {"swap_rate": "1.1", "avg_entry_swap_rate": "1.2", "usd": {"market_value": "660"}}

    (told,) = parse.position(json.dumps(POSITION | local).encode(), stage)

    assert (told.currency, told.market_value, dict(stage.notes.fields)) == ("EUR", Decimal(600), {})


@pytest.mark.parametrize("figure", ["NaN", "Infinity", "1E+1000000", "9" * 50, "five", True])
def test_an_absurd_figure_is_refused(figure: object) -> None:
    with pytest.raises(UnreadableReply):
        list(parse.position(json.dumps({**POSITION, "qty": figure}).encode(), scene()))


ACCOUNT = {"account_number": "010203ABCD", "currency": "USD", "status": "ACTIVE", "multiplier": "1"}


@pytest.mark.parametrize(
    ("status", "is_open", "counted"),
    [
        ("ACTIVE", True, 0), ("ACTION_REQUIRED", True, 0), ("PAPER_ONLY", True, 0), ("AML_REVIEW", True, 0),
        ("ACCOUNT_CLOSED", False, 0), ("REJECTED", False, 0), ("SUBMISSION_FAILED", False, 0),
        ("NEWSTATUS", True, 1),
    ],
)  # fmt: skip
def test_an_account_is_open_unless_its_status_says_that_it_ended(
    status: str, is_open: bool, counted: int
) -> None:
    stage = scene()

    (told,) = parse.account(json.dumps(ACCOUNT | {"status": status}).encode(), stage)

    assert (told.open, stage.notes.words.total()) == (is_open, counted)


@pytest.mark.parametrize("level", [3, "3", None])
def test_a_level_may_be_a_number_or_a_text(level: object) -> None:
    stage = scene()

    (told,) = parse.account(json.dumps(ACCOUNT | {"options_trading_level": level}).encode(), stage)

    assert (told.open, dict(stage.notes.fields)) == (True, {})


def test_an_account_without_the_fields_removed_in_2026_is_read() -> None:
    (told,) = parse.account(json.dumps(ACCOUNT).encode(), scene())

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
