"""Coinbase: fills of v3 and the ledger of v2 into our nouns, and what the sheet warns of."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.coinbase import history
from adapters.brokerages.coinbase.history import NEVER_HAPPENED, STATUSES, TYPES
from adapters.kit.card import Scene
from domain.accounts import AccountKind, AccountTold
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.transactions import Transaction, TransactionStatus, TransactionType

NOW = datetime(2026, 6, 1, tzinfo=UTC)
T = TransactionType
D = Decimal
MINE = "b87a2d3f-8a1e-49b3-a4ea-402d8c389aca"
ACCOUNT = AccountTold(MINE, "Primary", MINE, AccountKind.CRYPTO)
Json = dict[str, Any]


def scene() -> Scene:
    return Scene(ACCOUNT, {}, Notes(), NOW)


def raw(row: Json) -> bytes:
    return json.dumps(row).encode()


# ---- fills


def fill(here: Scene | None = None, **fields: Any) -> Transaction:
    usual = {
        "entry_id": "b88b82cc89e3",
        "trade_id": "cdc39e45",
        "order_id": "813a53c5",
        "trade_time": "2026-05-21T01:37:38.091377090Z",
        "trade_type": "FILL",
        "price": "68100.00",
        "size": "0.010000000000000001",
        "commission": "4.08",
        "product_id": "BTC-USD",
        "sequence_timestamp": "2026-05-21T01:37:38.092520Z",
        "liquidity_indicator": "TAKER",
        "size_in_quote": False,
        "user_id": "u",
        "side": "SELL",
        "retail_portfolio_id": MINE,
    }
    (told,) = history.fill(raw(usual | fields), here or scene())
    return told


def test_a_fill_is_signed_by_its_side_and_its_money_is_exact() -> None:
    sold, bought = fill(), fill(side="BUY")

    worth = D("0.010000000000000001") * 68100
    assert (sold.type, sold.quantity, sold.gross) == (T.SELL, D("-0.010000000000000001"), worth)
    assert (sold.fees, sold.net) == (D("4.08"), worth - D("4.08"))
    assert (bought.type, bought.gross, bought.net) == (T.BUY, -worth, -worth - D("4.08"))
    assert sold.source_key == "fill:b88b82cc89e3"


def test_a_fill_belongs_to_the_day_in_new_york() -> None:
    assert fill().trade_date == date(2026, 5, 20)


@pytest.mark.parametrize(
    ("told", "microseconds"),
    [("", 0), (".5", 500_000), (".091377", 91_377), (".091377090", 91_377), (".091377999", 91_377)],
)
def test_a_time_has_up_to_nine_places_of_a_second(told: str, microseconds: int) -> None:
    at = fill(trade_time=f"2026-05-21T01:37:38{told}Z").executed_at

    assert at == datetime(2026, 5, 21, 1, 37, 38, microseconds, tzinfo=UTC)


def test_a_size_in_the_quote_currency_is_what_was_paid() -> None:
    told = fill(size="681.00", size_in_quote=True, product_id="BTC-USDT", side="BUY")

    assert (told.quantity, told.gross, told.currency) == (D("0.01"), D("-681.00"), "USDT")


def test_the_commission_is_in_the_quote_currency_and_beside_the_worth() -> None:
    told = fill(product_id="ETH-BTC", price="0.05", size="2", commission="0.0006")

    assert (told.currency, told.gross, told.net) == ("BTC", D("0.10"), D("0.0994"))


def test_a_fill_is_known_by_its_entry_and_not_by_its_order_or_trade() -> None:
    one, other = fill(entry_id="a"), fill(entry_id="b")

    assert (one.source_key, other.source_key) == ("fill:a", "fill:b")


def test_a_side_is_read_in_either_case() -> None:
    assert fill(side="buy").type is T.BUY


def test_a_fill_of_a_contract_has_no_gross_because_nothing_tells_its_size() -> None:
    told = fill(product_id="BIT-24APR26-CDE", size="1")

    assert told.instrument is not None
    assert (told.instrument.kind, told.quantity, told.gross) == (InstrumentKind.FUTURE, D(-1), None)


def test_an_empty_text_is_no_figure_and_a_fill_without_a_commission_has_an_unknown_net() -> None:
    told = fill(commission="")

    assert (told.fees, told.net) == (None, None)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("FILL", T.SELL),
        ("SYNTHETIC", T.SELL),
        ("REVERSAL", T.ADJUSTMENT),
        ("CORRECTION", T.ADJUSTMENT),
        ("NEW", T.OTHER),
    ],
)
def test_every_trade_type_of_a_fill_has_a_type_and_a_new_one_is_counted(
    word: str, kind: TransactionType
) -> None:
    here = scene()

    assert fill(here, trade_type=word).type is kind
    assert bool(here.notes.words) == (word == "NEW")


def test_a_fill_with_an_unknown_side_is_kept_and_moves_nothing() -> None:
    here = scene()
    told = fill(here, side="LEND")

    assert (told.type, told.quantity, told.gross) == (T.OTHER, None, None)
    assert here.notes.words == {"fill.side.LEND": 1}


def test_a_fill_of_another_portfolio_is_not_ours() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        fill(retail_portfolio_id="another")


# ---- the ledger


def entry(
    word: str,
    amount: str = "0.01",
    code: str = "BTC",
    native: str = "680.00",
    here: Scene | None = None,
    **fields: Any,
) -> Any:
    row = {
        "id": "63eeed67",
        "type": word,
        "status": "completed",
        "amount": {"amount": amount, "currency": code},
        "native_amount": {"amount": native, "currency": "USD"},
        "description": None,
        "created_at": "2026-05-20T02:07:56Z",
        "resource": "transaction",
        "details": {"title": "Bought Bitcoin"},
    }
    found = list(history.entry(raw(row | fields), here or scene()))
    return found[0] if found else None


BUY = {
    "id": "20b25b36",
    "fee": {"amount": "9.98", "currency": "USD"},
    "subtotal": {"amount": "670.02", "currency": "USD"},
    "total": {"amount": "680.00", "currency": "USD"},
}


def test_a_simple_buy_costs_its_total_of_which_a_part_is_the_fee() -> None:
    told = entry("buy", buy=BUY)

    assert (told.type, told.quantity, told.price) == (T.BUY, D("0.01"), D(67002))
    assert (told.gross, told.fees, told.net) == (D("-670.02"), D("9.98"), D("-680.00"))
    assert (told.source_key, told.trade_date) == ("tx:63eeed67", date(2026, 5, 19))


def test_a_fee_in_another_currency_than_the_total_is_not_added_to_it() -> None:
    fee, part = {"amount": "8.55", "currency": "EUR"}, {"amount": "616.45", "currency": "EUR"}

    bought = entry("buy", buy=BUY | {"fee": fee, "subtotal": part})
    came = entry("trade", "0.0166", native="1130.00", trade={"id": "TR9", "fee": fee})

    for told, net in ((bought, "-680.00"), (came, "-1130.00")):
        assert (told.currency, told.gross, told.fees, told.net) == ("USD", None, None, D(net))


def test_the_cash_wallet_that_paid_for_a_buy_is_no_second_transaction() -> None:
    assert entry("buy", "-680.00", "USD", "-680.00", buy=BUY) is None
    assert entry("sell", "680.00", "USD", "680.00") is None


def test_a_buy_paid_from_a_foreign_cash_wallet_is_none_either() -> None:
    assert entry("buy", "-600.00", "EUR", "-680.00") is None


def test_an_old_buy_names_only_an_id_and_its_fee_is_unknown() -> None:
    told = entry("buy", buy={"id": "20b25b36", "resource": "buy", "resource_path": "/v2"})

    assert (told.net, told.gross, told.fees, told.price) == (D("-680.00"), None, None, None)


def test_where_no_fee_is_told_the_subtotal_is_what_the_coins_cost() -> None:
    told = entry("buy", buy={"subtotal": BUY["subtotal"], "total": BUY["total"]})

    assert (told.gross, told.fees, told.net, told.price) == (D("-670.02"), None, D("-680.00"), D(67002))


@pytest.mark.parametrize("native", ["-680.00", "680.00"])
def test_a_recorded_sell_has_both_amounts_negative_and_cash_comes_in(native: str) -> None:
    told = entry("sell", "-0.01", native=native)

    assert (told.type, told.quantity, told.net) == (T.SELL, D("-0.01"), D("680.00"))


def test_coins_that_paid_for_coins_are_sold_for_their_worth() -> None:
    told = entry("buy", "-680.00", "USDC", "-680.00", buy=BUY)

    assert (told.type, told.quantity, told.net, told.gross) == (T.SELL, D(-680), D(680), D(680))


def test_a_conversion_is_a_sell_and_a_buy_and_its_fee_counts_once() -> None:
    trade = {"id": "TR9", "fee": {"amount": "5.00", "currency": "USD"}}

    gone = entry("trade", "-1130.00", "USDC", "-1130.00", trade=trade)
    came = entry("trade", "0.0166", "BTC", "1130.00", trade=trade)

    assert (gone.type, gone.net, gone.fees) == (T.SELL, D(1130), None)
    assert (came.type, came.net, came.fees, came.gross) == (T.BUY, D(-1130), D(5), D(-1125))


def test_a_conversion_from_cash_is_told_with_the_coins() -> None:
    assert entry("trade", "-100.00", "USD", "-100.00") is None


@pytest.mark.parametrize("side", ["SELL", "sell"])
def test_order_fills_are_told_by_v3_and_not_again_by_either_wallet_of_the_ledger(side: str) -> None:
    told = {"fill_price": "68100.00", "product_id": "BTC-USD", "order_id": "8", "order_side": side}

    assert entry("advanced_trade_fill", "-0.01", native="-681.00", advanced_trade_fill=told) is None
    assert entry("advanced_trade_fill", "676.92", "USD", "676.92", advanced_trade_fill=told) is None


@pytest.mark.parametrize(("amount", "kind"), [("0.5", T.TRANSFER_IN), ("-0.5", T.TRANSFER_OUT)])
def test_the_worth_of_coins_that_move_is_a_price_and_no_cash(amount: str, kind: TransactionType) -> None:
    told = entry("send", amount, native=amount.replace("0.5", "34000.00"))

    assert (told.type, told.quantity, told.price) == (kind, D(amount), D(68000))
    assert (told.gross, told.fees, told.net) == (None, None, None)


def test_a_gift_of_coinbase_is_no_transfer() -> None:
    def sent_by(name: str) -> dict[str, Any]:
        return {"from": {"resource": "user", "name": name}}

    assert entry("send", **sent_by("Coinbase")).type is T.OTHER
    assert entry("send", **sent_by("Ann")).type is T.TRANSFER_IN


def test_cash_is_told_in_its_own_currency() -> None:
    told = entry("fiat_withdrawal", "-11000.00", "EUR", "-9698.22")

    assert (told.type, told.currency, told.gross, told.net) == (T.WITHDRAWAL, "EUR", D(-11000), D(-11000))
    assert (told.instrument, told.quantity) == (None, None)


@pytest.mark.parametrize("word", ["fiat_deposit", "fiat_withdrawal"])
def test_what_is_called_fiat_is_cash_in_a_currency_that_we_do_not_list(word: str) -> None:
    told = entry(word, "500", "UAH", "12.10")

    assert (told.instrument, told.currency, told.net) == (None, "UAH", D(500))


@pytest.mark.parametrize("word", sorted(TYPES))
def test_every_type_of_the_ledger_has_a_word_of_ours(word: str) -> None:
    here = scene()
    told = entry(word, here=here)

    assert told.type is (TYPES[word] or T.TRANSFER_IN)
    assert (told.source_type, dict(here.notes.words)) == (word, {})


def test_a_reward_in_eth2_stays_under_that_symbol() -> None:
    told = entry("staking_reward", "0.001", "ETH2", "3.20")

    assert (told.type, told.instrument.symbol, told.quantity) == (T.STAKING_REWARD, "ETH2", D("0.001"))


def test_sales_of_a_futures_wallet_have_words_of_one_family() -> None:
    here = scene()

    assert entry("fcm_futures_usdc_sell_daily", "-5", "USDC", "-5", here=here).type is T.TRANSFER_OUT
    assert not here.notes.words


def test_a_new_type_is_counted_and_kept() -> None:
    here = scene()

    assert entry("nft_purchase", here=here).type is T.OTHER
    assert here.notes.words == {"entry.type.nft_purchase": 1}


@pytest.mark.parametrize("state", sorted(STATUSES))
def test_what_waits_is_pending_and_what_is_completed_posted(state: str) -> None:
    wanted = TransactionStatus.POSTED if state == "completed" else TransactionStatus.PENDING

    assert entry("fiat_deposit", "50", "USD", "50", status=state).status is wanted


@pytest.mark.parametrize("state", sorted(NEVER_HAPPENED))
def test_what_failed_expired_or_was_canceled_is_no_transaction(state: str) -> None:
    assert entry("fiat_deposit", "50", "USD", "50", status=state) is None


def test_a_status_that_is_new_is_counted() -> None:
    here = scene()

    assert entry("receive", status="held", here=here).status is TransactionStatus.PENDING
    assert here.notes.words == {"entry.status.held": 1}
