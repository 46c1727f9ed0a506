"""Alpaca: what each word of its activities means, by the documentation's own list; coins in pairs; paper."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.alpaca import KEYS, parse
from adapters.kit.card import Call, Scene
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.transactions import Transaction, TransactionType

NOW = datetime(2026, 6, 1, tzinfo=UTC)
T = TransactionType


def scene() -> Scene:
    return Scene(None, {}, Notes(), NOW)


def event(word: str, stage: Scene | None = None, **fields: Any) -> Transaction:
    row = {"id": "20260515000000000::a", "date": "2026-05-15", "activity_type": word} | fields
    (told,) = parse.activity(json.dumps(row).encode(), stage or scene())
    return told


def fill(symbol: str, stage: Scene | None = None, price: str = "0.05") -> Transaction:
    row = {
        "id": "20260520113406977::b", "activity_type": "FILL", "type": "fill", "price": price, "qty": "2",
        "transaction_time": "2026-05-20T15:34:06.977Z", "side": "buy", "symbol": symbol,
    }  # fmt: skip
    (told,) = parse.activity(json.dumps(row).encode(), stage or scene())
    return told


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("CSD CSR", T.DEPOSIT),
        ("CSW", T.WITHDRAWAL),
        ("ACATC ACATS JNL JNLC JNLS", T.TRANSFER_IN),
        ("DIV DIVTXEX", T.DIVIDEND),
        ("DIVCGL DIVCGS", T.CAPITAL_GAIN),
        ("DIVROC", T.RETURN_OF_CAPITAL),
        ("DIVFT DIVNRA DIVTW DIVWH WH INTNRA INTTW", T.TAX),
        ("INT", T.INTEREST),
        ("FEE CFEE PTC PTR DIVFEE SUB", T.FEE),
        ("SPLIT SSP", T.SPLIT),
        ("SPIN SSO", T.SPINOFF),
        ("MA REORG VOF", T.MERGER),
        ("NC SC", T.SYMBOL_CHANGE),
        ("CIL", T.CASH_IN_LIEU),
        ("OPASN", T.OPTION_ASSIGNMENT),
        ("OPEXC OPXRC", T.OPTION_EXERCISE),
        ("OPEXP", T.OPTION_EXPIRATION),
        ("FXTRD FXCNV", T.FX_CONVERSION),
        ("SWP", T.SWEEP),
        ("CORR", T.ADJUSTMENT),
    ],
)
def test_each_word_means_what_the_documentation_says(words: str, kind: TransactionType) -> None:
    assert {word: event(word, net_amount="1").type for word in words.split()} == dict.fromkeys(
        words.split(), kind
    )


@pytest.mark.parametrize(
    ("quantity", "net", "kind"),
    [
        ("100", "-5000", T.BUY), ("-100", "5000", T.SELL), ("100", "0", T.BUY), (None, "-5000", T.BUY),
        (None, "5000", T.SELL), ("0", "-5000", T.BUY),
    ],
)  # fmt: skip
def test_shares_of_an_exercise_are_bought_or_sold_by_their_quantity_or_else_by_the_money(
    quantity: str | None, net: str, kind: TransactionType
) -> None:
    assert event("OPTRD", symbol="XMPL", qty=quantity, net_amount=net).type is kind


@pytest.mark.parametrize(
    ("symbol", "coin"), [("ETHBTC", "ETH"), ("BTCUSDT", "BTC"), ("SHIBUSDC", "SHIB"), ("ETH/BTC", "ETH")]
)
def test_an_old_fill_of_a_pair_of_coins_is_no_share_and_its_price_no_dollars(symbol: str, coin: str) -> None:
    stage = scene()

    told = fill(symbol, stage)

    assert told.instrument is not None
    assert (told.instrument.kind, told.instrument.symbol) == (InstrumentKind.CRYPTO, coin)
    assert (told.quantity, told.price, told.gross, told.net) == (Decimal(2), None, None, None)
    assert stage.notes.words == {"pair.priced_in_a_coin": 1}


@pytest.mark.parametrize(("symbol", "coin"), [("USDTUSD", "USDT"), ("USDC/USD", "USDC"), ("WBTCUSD", "WBTC")])
def test_a_stablecoin_for_dollars_is_priced_in_dollars(symbol: str, coin: str) -> None:
    told = fill(symbol, price="1.01")

    assert told.instrument is not None
    assert (told.instrument.symbol, told.net) == (coin, Decimal("-2.02"))


@pytest.mark.parametrize("symbol", ["XYUSD", "GGBTC", "BRK.B", "TUSDX"])
def test_a_share_whose_symbol_ends_as_a_coin_does_is_a_share(symbol: str) -> None:
    told = fill(symbol)

    assert told.instrument is not None
    assert (told.instrument.kind, told.net) == (InstrumentKind.EQUITY, Decimal("-0.10"))


def test_an_activity_names_its_currency_or_has_that_of_the_account() -> None:
    euros = Scene(AccountTold("1", "A", "1", AccountKind.CASH, currency="EUR"), {}, Notes(), NOW)

    assert event("FXCNV", euros, net_amount="1", currency="USD").currency == "USD"
    assert event("CSD", euros, net_amount="1").currency == "EUR"


def test_a_cusip_names_the_instrument_besides_its_symbol() -> None:
    told = event("DIV", symbol="T", cusip="00206R102", net_amount="1.02").instrument

    assert told is not None
    assert told.identifiers == (("cusip", "00206R102"),)


@pytest.mark.parametrize("word", ["crypto", "crypto_perp"])
def test_coins_are_held_under_two_classes(word: str) -> None:
    row = {"asset_id": "u", "symbol": "BTCUSD", "asset_class": word, "qty": "0.5", "side": "long"}
    stage = scene()

    (told,) = parse.position(json.dumps(row).encode(), stage)

    assert (told.instrument.kind, told.instrument.symbol) == (InstrumentKind.CRYPTO, "BTC")
    assert not stage.notes.words


@pytest.mark.parametrize(
    ("number", "name"), [("PA3XMPL01", "Alpaca paper PL01"), ("010203ABCD", "Alpaca ABCD")]
)
def test_an_account_of_play_money_says_so_in_its_name(number: str, name: str) -> None:
    row = {"account_number": number, "currency": "USD", "status": "ACTIVE", "multiplier": "2"}

    (told,) = parse.account(json.dumps(row).encode(), scene())

    assert (told.name, told.kind) == (name, AccountKind.MARGIN)


def test_as_many_rows_are_asked_for_as_make_a_page_full() -> None:
    """A page that is asked for smaller than a full one would always be the last."""
    read = KEYS.transactions[0]
    first = Call(None, None, NOW.date(), None, NOW)
    asked = int(dict(read.ask(first).query)["page_size"])
    full = json.dumps([{"id": str(n)} for n in range(asked)]).encode()

    assert asked == 100
    assert read.take(Response(200, {}, full), first).cursor == "99"
