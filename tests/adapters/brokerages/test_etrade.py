"""E*TRADE: what the rows of its history mean."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.etrade import parse
from adapters.kit.card import Scene
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.transactions import Transaction, TransactionStatus, TransactionType

T = TransactionType
NOW = datetime(2026, 3, 23, 16, 0, tzinfo=UTC)
ACCOUNT = AccountTold(
    "700012345", "Brokerage", "700012345", AccountKind.MARGIN, routing={"accountIdKey": "AbC_dEf-1"}
)
NOON = 1_774_281_600_000  # 2026-03-23 12:00 in New York
PACIFIC_MIDNIGHT = 1_772_438_400_000  # 2026-03-02 08:00 UTC
EASTERN_MIDNIGHT = 1_782_878_400_000  # 2026-07-01 04:00 UTC


def scene() -> Scene:
    return Scene(ACCOUNT, {}, Notes(), NOW)


def row(**changed: Any) -> dict[str, Any]:
    trade = {
        "product": {"symbol": "XMPL", "securityType": "EQ"},
        "quantity": 57,
        "price": 7.06,
        "settlementCurrency": "USD",
        "paymentCurrency": "USD",
        "fee": 0,
        "displaySymbol": "XMPL",
        "settlementDate": PACIFIC_MIDNIGHT,
    }
    trade |= changed.pop("trade", {})
    told = {
        "transactionId": "26061101756874",
        "accountId": "700012345",
        "transactionDate": PACIFIC_MIDNIGHT,
        "postDate": PACIFIC_MIDNIGHT,
        "amount": -402.42,
        "description": "EXAMPLE INC COM",
        "transactionType": "Bought",
        "brokerage": trade,
    }
    return told | changed


def cash(word: str, amount: float, **trade: Any) -> dict[str, Any]:
    empty = {"product": {}, "quantity": 0, "price": 0, "displaySymbol": " "}
    return row(transactionType=word, amount=amount, trade=empty | trade)


def read(told: dict[str, Any], at: Scene | None = None) -> Transaction:
    (found,) = parse.transaction(json.dumps(told).encode(), at or scene())
    return found


def option(**changed: Any) -> dict[str, Any]:
    return {
        "symbol": "XMPL",
        "securityType": "OPTN",
        "callPut": "CALL",
        "expiryYear": 2026,
        "expiryMonth": 3,
        "expiryDay": 20,
        "strikePrice": 110,
    } | changed


# --- transactions


def test_a_purchase_takes_cash_and_brings_shares() -> None:
    found = read(row())

    assert (found.type, found.source_key, found.status) == (T.BUY, "26061101756874", TransactionStatus.POSTED)
    assert (found.quantity, found.price) == (Decimal(57), Decimal("7.06"))
    assert (found.gross, found.fees, found.net) == (Decimal("-402.42"), Decimal(0), Decimal("-402.42"))
    assert (found.currency, found.executed_at) == ("USD", None)
    assert (found.trade_date, found.settlement_date) == (date(2026, 3, 2), date(2026, 3, 2))


def test_fees_of_a_sale_are_what_lies_between_its_value_and_the_amount() -> None:
    found = read(row(transactionType="Sold", amount=211.98, trade={"quantity": -53, "price": 4}))

    assert (found.type, found.quantity) == (T.SELL, Decimal(-53))
    assert (found.gross, found.fees, found.net) == (Decimal("212.00"), Decimal("0.02"), Decimal("211.98"))


def test_a_fee_that_is_told_is_believed() -> None:
    found = read(row(amount=-403.42, trade={"fee": 1}))

    assert (found.gross, found.fees, found.net) == (Decimal("-402.42"), Decimal(1), Decimal("-403.42"))


def test_a_cent_of_rounding_is_no_fee_and_more_than_a_cent_is_unknown() -> None:
    at = scene()

    rounded = read(row(amount=-402.41), at)
    odd = read(row(amount=-402.40), at)

    assert (rounded.gross, rounded.fees) == (Decimal("-402.41"), Decimal(0))
    assert (odd.gross, odd.fees, odd.net) == (Decimal("-402.40"), None, Decimal("-402.4"))
    assert at.notes.words == {"amount.above_value": 1}


def test_a_sale_of_which_a_tenth_came_in_was_not_priced_as_we_took_it() -> None:
    """A bond without its product looks like a share: that is no fee of 99 parts in a hundred."""
    at = scene()
    trade = {"product": {}, "displaySymbol": "912345AB1", "quantity": -10000, "price": 98.5}

    found = read(row(transactionType="Sold", amount=9850, trade=trade), at)

    assert (found.gross, found.fees, found.net) == (Decimal(9850), None, Decimal(9850))
    assert at.notes.words == {"amount.far_below_value": 1}


def test_the_value_of_an_option_trade_has_the_multiplier_in_it() -> None:
    trade = {"product": option(), "quantity": 2, "price": 3.23}

    found = read(row(amount=-647.3, trade=trade))

    assert (found.gross, found.fees) == (Decimal("-646.00"), Decimal("1.30"))
    assert found.instrument is not None
    assert found.instrument.option is not None
    assert found.instrument.symbol == "XMPL  260320C00110000"
    assert found.instrument.option.multiplier == 100


@pytest.mark.parametrize("price", [98.5, 0.984])
def test_a_bond_is_priced_in_a_way_nobody_tells_so_its_fees_are_unknown(price: float) -> None:
    trade = {"product": {"symbol": "912345AB1", "securityType": "BOND"}, "quantity": 10000, "price": price}

    found = read(row(amount=-9850, trade=trade))

    assert (found.gross, found.fees, found.net) == (Decimal(-9850), None, Decimal(-9850))


def test_a_row_settles_in_the_currency_that_it_names() -> None:
    assert read(row(trade={"settlementCurrency": "CAD"})).currency == "CAD"
    assert read(row(trade={"settlementCurrency": " "})).currency == "USD"


@pytest.mark.parametrize(
    ("shown", "symbol", "kind"),
    [
        ("XMPL", "XMPL", InstrumentKind.EQUITY),
        ("XMPL Mar 20 '26 $110 Call", "XMPL  260320C00110000", InstrumentKind.OPTION),
        ("XMPL Mar 6 '26 $7.50 Put", "XMPL  260306P00007500", InstrumentKind.OPTION),
        ("SOMETHING ELSE", "SOMETHING ELSE", InstrumentKind.OTHER),
    ],
)
def test_where_the_product_is_missing_the_display_form_tells(
    shown: str, symbol: str, kind: InstrumentKind
) -> None:
    told = row(transactionType="Sold", trade={"displaySymbol": shown, "quantity": -1, "price": 1})
    del told["brokerage"]["product"]

    found = read(told).instrument

    assert found is not None
    assert (found.symbol, found.kind) == (symbol, kind)


def test_names_are_read_in_either_case_and_figures_as_numbers_or_text() -> None:
    told = row(amount="-402.42")
    inner = told.pop("brokerage")
    told["Brokerage"] = inner | {"Product": inner.pop("product"), "quantity": "57", "price": "7.06"}

    assert replace(read(told), raw=b"") == replace(read(row()), raw=b"")


def test_a_row_told_alone_is_the_same_row() -> None:
    listed = row()
    inner = listed.pop("brokerage")
    inner["Product"] = inner.pop("product")
    alone = listed | {"transactionId": 26061101756874, "Category": {"categoryId": 0}}
    alone["Brokerage"] = inner | {"transactionType": alone.pop("transactionType"), "orderNo": 0}
    del alone["postDate"]

    assert replace(read(alone), raw=b"") == replace(read(row()), raw=b"")


def test_both_kinds_of_midnight_are_the_same_day_in_new_york() -> None:
    assert read(row(transactionDate=PACIFIC_MIDNIGHT)).trade_date == date(2026, 3, 2)
    assert read(row(transactionDate=EASTERN_MIDNIGHT)).trade_date == date(2026, 7, 1)


def test_a_pending_row_tells_its_instant_and_not_when_it_settles() -> None:
    trade = {"displaySymbol": " ", "settlementDate": 0}
    late = NOON + 11 * 3_600_000 + 250  # 23:00:00.250 in New York, already tomorrow in UTC

    found = read(row(postDate=0, transactionDate=late, trade=trade))

    assert (found.status, found.settlement_date) == (TransactionStatus.PENDING, None)
    assert found.executed_at == datetime(2026, 3, 24, 3, 0, 0, 250_000, tzinfo=UTC)
    assert found.trade_date == date(2026, 3, 23)


@pytest.mark.parametrize(
    ("word", "amount", "kind"),
    [
        ("Dividend", 5, T.DIVIDEND),
        ("Qualified Dividend", 5, T.DIVIDEND),
        ("Interest Income", 1, T.INTEREST),
        ("Interest", 1, T.INTEREST),
        ("Interest", -1, T.MARGIN_INTEREST),
        ("Margin Interest", -1, T.MARGIN_INTEREST),
        ("Transfer", 500, T.DEPOSIT),
        ("Transfer", -2, T.WITHDRAWAL),
        ("Journal", 500, T.DEPOSIT),
        ("Journal", -500, T.WITHDRAWAL),
        ("Funds Received", 500, T.DEPOSIT),
        ("Contribution", 500, T.DEPOSIT),
        ("Bill Payment", -20, T.WITHDRAWAL),
        ("POS", -20, T.WITHDRAWAL),
        ("POS", 20, T.DEPOSIT),
        ("Check", -20, T.WITHDRAWAL),
        ("Withdrawal", -20, T.WITHDRAWAL),
        ("Distribution", -20, T.WITHDRAWAL),
        ("Wire", -20, T.WITHDRAWAL),
        ("Wire", 20, T.DEPOSIT),
        ("Fee", -3, T.FEE),
        ("Service Fee", -3, T.FEE),
        ("Foreign Tax", -3, T.TAX),
        ("Cash in Lieu", 3, T.CASH_IN_LIEU),
        ("Adjustment", 3, T.ADJUSTMENT),
        ("Redemption", 3, T.MERGER),
        ("Corporate Action", 3, T.MERGER),
        ("Reorganization", 3, T.MERGER),
    ],
)
def test_every_word_for_cash_has_its_type_and_the_amount_is_all_there_is(
    word: str, amount: float, kind: TransactionType
) -> None:
    found = read(cash(word, amount))

    assert (found.type, found.source_type) == (kind, word)
    assert (found.gross, found.net) == (Decimal(str(amount)), Decimal(str(amount)))
    assert (found.fees, found.taxes, found.quantity, found.price) == (None, None, None, None)


@pytest.mark.parametrize(
    ("word", "quantity", "kind"),
    [
        ("Transfer", 10, T.TRANSFER_IN),
        ("Transfer", -10, T.TRANSFER_OUT),
        ("Journal", 10, T.TRANSFER_IN),
        ("Split", 10, T.SPLIT),
        ("Exchange Received In", 10, T.MERGER),
        ("Exchange Delivered Out", -10, T.MERGER),
        ("Exercise", -1, T.OPTION_EXERCISE),
        ("Assignment", 1, T.OPTION_ASSIGNMENT),
        ("Expiration", 1, T.OPTION_EXPIRATION),
        ("Option Expiration", -1, T.OPTION_EXPIRATION),
        ("Reinvestment", 0.5, T.DIVIDEND_REINVESTMENT),
    ],
)
def test_rows_that_move_securities_keep_their_quantity(
    word: str, quantity: float, kind: TransactionType
) -> None:
    found = read(row(transactionType=word, amount=0, trade={"quantity": quantity, "price": 0}))

    assert (found.type, found.quantity, found.price) == (kind, Decimal(str(quantity)), None)
    assert (found.gross, found.fees, found.net) == (Decimal(0), None, Decimal(0))


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Bought To Open", T.BUY_TO_OPEN),
        ("Sold To Open", T.SELL_TO_OPEN),
        ("Bought To Close", T.BUY_TO_CLOSE),
        ("Sold To Close", T.SELL_TO_CLOSE),
        ("Bought To Cover", T.BUY_TO_COVER),
        ("Sold Short", T.SELL_SHORT),
        ("BOUGHT  TO OPEN", T.BUY_TO_OPEN),
    ],
)
def test_the_rarer_words_for_trades_are_trades_however_they_are_spelt(
    word: str, kind: TransactionType
) -> None:
    found = read(row(transactionType=word))

    assert (found.type, found.fees) == (kind, Decimal(0))


def test_shares_that_earned_a_dividend_do_not_move() -> None:
    found = read(row(transactionType="Dividend", amount=5.7, trade={"quantity": 57, "price": 0.1}))

    assert (found.quantity, found.price, found.net) == (None, None, Decimal("5.7"))
    assert found.instrument is not None


def test_an_unknown_word_and_an_unknown_field_are_counted_and_kept() -> None:
    at = scene()

    found = read(cash("Escheatment", -5) | {"novelty": 1}, at)

    assert (found.type, found.source_type, found.net) == (T.OTHER, "Escheatment", Decimal(-5))
    assert at.notes.words == {"transactionType.Escheatment": 1}
    assert at.notes.fields == {"transaction.novelty": 1}


@pytest.mark.parametrize(
    "broken",
    [
        {"transactionId": None},
        {"transactionDate": None},
        {"transactionDate": "soon"},
        {"transactionDate": -(10**14)},
        {"postDate": None},
        {"amount": None},
        {"amount": "twelve"},
        {"transactionType": None},
        {"brokerage": []},
        {"trade": {"quantity": None}},
        {"trade": {"product": option(expiryMonth=13)}},
        {"trade": {"product": option(callPut="MAYBE")}},
        {"trade": {"quantity": "9E+29", "price": "9E+29"}},
        {"trade": {"product": {}, "displaySymbol": "XMPL Feb 31 '26 $110 Call"}},
    ],
)
def test_a_row_that_lacks_what_matters_is_unreadable(broken: dict[str, Any]) -> None:
    with pytest.raises(UnreadableReply):
        read(row(**broken))


@pytest.mark.parametrize("unknown", [0, -57600000, "0", None])
def test_a_settlement_that_is_not_told_is_unknown(unknown: object) -> None:
    assert read(row(trade={"settlementDate": unknown})).settlement_date is None


def test_a_fee_below_zero_is_none_and_the_amount_tells_what_was_paid() -> None:
    found = read(row(amount=-402.44, trade={"fee": -0.02}))

    assert (found.gross, found.fees, found.net) == (Decimal("-402.42"), Decimal("0.02"), Decimal("-402.44"))


def test_the_stars_of_a_foreign_issuer_stay_in_its_name() -> None:
    assert read(row(description="***EXAMPLE HOLDINGS PLC ADS")).description == "***EXAMPLE HOLDINGS PLC ADS"


def test_the_address_of_the_details_is_not_used_and_may_lack() -> None:
    address = "https://api.etrade.com/v1/accounts/x/transactions.json/26061101756874?storeId=0"
    at = scene()

    told, bare = read(row(detailsURI=address), at), read(row(description2="POS"), at)

    assert replace(told, raw=b"") == replace(bare, raw=b"") == replace(read(row()), raw=b"")
    assert at.notes == Notes()
