"""Schwab's transactions: every type and quirk of the fact sheet, on rows written by hand."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.schwab import parse
from adapters.kit.card import Scene
from domain.errors import UnreadableReply
from domain.instruments import Instrument, InstrumentKind, Right
from domain.ports.brokerage import Notes
from domain.transactions import Transaction, TransactionStatus, TransactionType

T = TransactionType
D = Decimal
Row = dict[str, Any]
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
DOLLARS = {"assetType": "CURRENCY", "status": "ACTIVE", "symbol": "CURRENCY_USD", "instrumentId": 1}
SHARES = {"assetType": "EQUITY", "symbol": "XMPL", "instrumentId": 1806651, "type": "COMMON_STOCK"}
PUT = {
    "assetType": "OPTION",
    "symbol": "XMPL  260320P00090000",
    "instrumentId": 216000001,
    "expirationDate": "2026-03-20T04:00:00+0000",
    "optionPremiumMultiplier": 100,
    "putCall": "PUT",
    "strikePrice": 90,
    "type": "VANILLA",
}


def scene(**references: Instrument) -> Scene:
    return Scene(None, {key.replace("_", ":", 1): value for key, value in references.items()}, Notes(), NOW)


def fee(value: float, word: str | None = "COMMISSION") -> Row:
    leg: Row = {"instrument": DOLLARS, "amount": value, "cost": -value}
    return leg | {"feeType": word} if word else leg


def leg(amount: float, cost: float, price: float | None = None, **more: object) -> Row:
    told: Row = {"instrument": SHARES, "amount": amount, "cost": cost}
    return told | ({} if price is None else {"price": price}) | more


def activity(kind: str, net: float, *legs: Row, **more: object) -> Row:
    cash = {"instrument": DOLLARS, "amount": net, "cost": 0.0}
    return {
        "activityId": 90000000001,
        "time": "2026-02-02T05:12:44+0000",
        "accountNumber": "70001234",
        "type": kind,
        "status": "VALID",
        "subAccount": "MARGIN",
        "tradeDate": "2026-02-02T05:00:00+0000",
        "netAmount": net,
        "transferItems": list(legs) or [cash],
    } | more


def told(row: Row, seen: Scene | None = None) -> list[Transaction]:
    return list(parse.transaction(json.dumps(row).encode(), seen or scene()))


def one(row: Row, seen: Scene | None = None) -> Transaction:
    (found,) = told(row, seen)
    return found


# Trades.


def test_a_buy_takes_its_signs_its_cost_and_its_fees_as_they_are_told() -> None:
    seen = scene()

    found = one(
        activity(
            "TRADE",
            -1013.0,
            fee(0.45),
            fee(0.0, "TAF_FEE"),
            fee(0.05, None),
            leg(10.0, -1012.5, 101.25, positionEffect="OPENING"),
            settlementDate="2026-02-03T05:00:00+0000",
        ),
        seen,
    )

    assert (found.type, found.quantity, found.price) == (T.BUY, D(10), D("101.25"))
    assert (found.gross, found.fees, found.taxes, found.net) == (D("-1012.5"), D("0.50"), None, D("-1013.00"))
    assert found.settlement_date == date(2026, 2, 3)
    assert found.instrument is not None
    assert found.instrument.identifiers == (("schwab:instrument", "1806651"),)
    assert not seen.notes.words
    assert not seen.notes.fields


@pytest.mark.parametrize(
    ("instrument", "amount", "effect", "kind"),
    [
        (SHARES, 1, "OPENING", T.BUY),
        (SHARES, 1, "CLOSING", T.BUY_TO_COVER),
        (SHARES, -1, "OPENING", T.SELL_SHORT),
        (SHARES, -1, "CLOSING", T.SELL),
        (SHARES, -1, "UNKNOWN", T.SELL),
        (SHARES, 1, None, T.BUY),
        (PUT, 1, "OPENING", T.BUY_TO_OPEN),
        (PUT, 1, "CLOSING", T.BUY_TO_CLOSE),
        (PUT, -1, "OPENING", T.SELL_TO_OPEN),
        (PUT, -1, "CLOSING", T.SELL_TO_CLOSE),
        (PUT, -1, None, T.SELL),
    ],
)
def test_the_side_is_the_sign_of_the_amount_and_the_effect_only_refines_it(
    instrument: Row, amount: int, effect: str | None, kind: TransactionType
) -> None:
    more = {"positionEffect": effect} if effect else {}

    found = one(activity("TRADE", -amount, leg(amount, -amount, 1, instrument=instrument, **more)))

    assert found.type is kind
    assert found.quantity == amount


def test_an_option_on_a_future_is_a_kind_of_its_own_with_its_own_multiplier() -> None:
    future = PUT | {
        "symbol": "/ESH26_P5050:XCME",
        "optionPremiumMultiplier": 50,
        "strikePrice": 5050,
        "underlyingSymbol": ".ESH26:XCME",
    }
    legs = (fee(2.25), fee(0, None), fee(0.57, None), leg(1, -1050, 21, instrument=future))

    found = one(activity("TRADE", -1052.82, *legs))

    assert found.instrument is not None
    assert found.instrument.kind is InstrumentKind.FUTURE_OPTION
    assert found.instrument.symbol == "/ESH26_P5050:XCME"
    terms = found.instrument.option
    assert terms is not None
    assert (terms.underlying, terms.expiration, terms.right) == ("/ESH26", date(2026, 3, 20), Right.PUT)
    assert (terms.strike, terms.multiplier) == (D(5050), D(50))
    assert (found.fees, found.net) == (D("2.82"), D("-1052.82"))


@pytest.mark.parametrize(("amount", "kind"), [(1, T.OPTION_ASSIGNMENT), (-1, T.OPTION_EXERCISE)])
def test_an_option_that_turns_into_shares_is_two_transactions_and_mirrored_legs_add_up(
    amount: int, kind: TransactionType
) -> None:
    bought = leg(100.0, -9000.0, 90.0, positionEffect="OPENING")
    back = leg(-100.0, 9000.0, 90.0, positionEffect="CLOSING")
    option = leg(amount, 0.0, 0.0, instrument=PUT, positionEffect="CLOSING")

    ended, shares = told(activity("TRADE", -9000.65, fee(0.65), bought, back, bought, option))

    assert (ended.type, ended.quantity, ended.price, ended.net) == (kind, D(amount), None, D(0))
    assert (shares.type, shares.quantity, shares.price) == (T.BUY, D(100), D(90))
    assert (shares.gross, shares.fees, shares.net) == (D(-9000), D("0.65"), D("-9000.65"))
    assert (ended.source_key, shares.source_key) == ("90000000001", "90000000001.1")


def test_each_leg_of_a_strategy_is_a_row_and_a_trade_of_its_own() -> None:
    call = PUT | {"symbol": "XMPL  260320C00110000", "putCall": "CALL", "strikePrice": 110}
    legs = [leg(-1, 220, 2.2, instrument=one, positionEffect="OPENING") for one in (PUT, call)]

    rows = [one(activity("TRADE", 220, each, activityId=90 + n, orderId=7)) for n, each in enumerate(legs)]

    assert [row.source_key for row in rows] == ["90", "91"]
    assert [row.type for row in rows] == [T.SELL_TO_OPEN] * 2


def test_legs_of_one_symbol_at_two_prices_are_two_trades() -> None:
    legs = (leg(10.0, -1000.0, 100.0), leg(10.0, -1010.0, 101.0), leg(5.0, -500.0, 100.0))

    rows = told(activity("TRADE", -2510.0, *legs))

    assert [(row.quantity, row.price, row.net) for row in rows] == [
        (D(15), D(100), D(-1500)),
        (D(10), D(101), D(-1010)),
    ]


def test_what_a_dividend_buys_is_a_plain_trade() -> None:
    found = one(activity("TRADE", -5.0, leg(0.05, -5.0, 100.0, positionEffect="OPENING")))

    assert (found.type, found.quantity, found.fees) == (T.BUY, D("0.05"), D(0))


def test_a_net_that_is_not_the_sum_of_its_legs_is_reported_and_leaves_the_fees_unknown() -> None:
    seen = scene()

    found = one(activity("TRADE", -1013.5, leg(10.0, -1012.5, 101.25), fee(0.65)), seen)

    assert seen.notes.words == {"netAmount.differs": 1}
    assert (found.gross, found.fees, found.net) == (D("-1012.5"), None, D("-1013.5"))


def test_a_price_of_zero_is_none_where_nothing_was_dealt_in() -> None:
    moved = one(activity("RECEIVE_AND_DELIVER", 0.0, leg(10.0, 0.0, 0.0), description="TRANSFER OF SECURITY"))

    assert (moved.type, moved.quantity, moved.price) == (T.TRANSFER_IN, D(10), None)


def test_an_option_that_ends_has_no_price_and_shares_that_come_with_one_keep_it() -> None:
    option = leg(-1.0, 0.0, 2.2, instrument=PUT)
    ended = one(
        activity("RECEIVE_AND_DELIVER", 0.0, option, description="REMOVAL OF OPTION DUE TO EXPIRATION")
    )
    moved = one(activity("RECEIVE_AND_DELIVER", 0.0, leg(5.0, 0.0, 21.5), description="TRANSFER OF SECURITY"))

    assert (ended.type, ended.price, moved.price) == (T.OPTION_EXPIRATION, None, D("21.5"))


def test_an_option_with_a_price_beside_shares_is_dealt_in_and_has_not_ended() -> None:
    option = leg(-1.0, 220.0, 2.2, instrument=PUT, positionEffect="OPENING")
    shares = leg(100.0, -9000.0, 90.0, positionEffect="OPENING")

    rows = told(activity("TRADE", -8780.0, option, shares))

    assert [(row.type, row.price, row.net) for row in rows] == [
        (T.SELL_TO_OPEN, D("2.2"), D(220)),
        (T.BUY, D(90), D(-9000)),
    ]


def test_a_trade_without_a_security_is_kept_and_reported() -> None:
    seen = scene()

    assert one(activity("TRADE", 5.0), seen).type is T.OTHER
    assert seen.notes.words == {"TRADE without a security": 1}


# Cash.


@pytest.mark.parametrize(
    ("word", "net", "description", "kind"),
    [
        ("ACH_RECEIPT", 1, "", T.DEPOSIT),
        ("ACH_DISBURSEMENT", -1, "", T.WITHDRAWAL),
        ("CASH_RECEIPT", 1, "", T.DEPOSIT),
        ("CASH_DISBURSEMENT", -1, "", T.WITHDRAWAL),
        ("ELECTRONIC_FUND", 1, "ELECTRONIC FUNDING TRNSFR", T.DEPOSIT),
        ("ELECTRONIC_FUND", -1, "ELECTRONIC FUNDING TRNSFR", T.WITHDRAWAL),
        ("WIRE_IN", 1, "", T.DEPOSIT),
        ("WIRE_OUT", -1, "", T.WITHDRAWAL),
        ("JOURNAL", 1, "JOURNALED FUNDS", T.TRANSFER_IN),
        ("JOURNAL", -1, "JOURNALED FUNDS", T.TRANSFER_OUT),
        ("JOURNAL", -1, "ADR MGMT FEE", T.FEE),
        ("JOURNAL", -1, "FOREIGN TAX PAID", T.TAX),
        ("JOURNAL", 1, "COFFEE TRUST", T.TRANSFER_IN),
        ("DIVIDEND_OR_INTEREST", 1, "EXAMPLE CORP", T.DIVIDEND),
        ("DIVIDEND_OR_INTEREST", 1, "EXAMPLE INTERNATIONAL INC", T.DIVIDEND),
        ("DIVIDEND_OR_INTEREST", 1, "EXAMPLE TAX EXEMPT FUND", T.DIVIDEND),
        ("DIVIDEND_OR_INTEREST", -1, "FOREIGN TAX WITHHELD", T.TAX),
        ("DIVIDEND_OR_INTEREST", -1, "W-8 WITHHOLDING", T.TAX),
        ("DIVIDEND_OR_INTEREST", 1, "NRA WITHHOLDING ADJ", T.TAX),
        ("DIVIDEND_OR_INTEREST", 1, "SCHWAB1 INT 11/26-12/29", T.INTEREST),
        ("DIVIDEND_OR_INTEREST", 1, "BANK INT 111625-121525 SCHWAB BANK", T.INTEREST),
        ("DIVIDEND_OR_INTEREST", -1, "MARGIN INTEREST 07/30-08/29", T.MARGIN_INTEREST),
        ("MARGIN_CALL", 0, "", T.OTHER),
        ("MONEY_MARKET", 1, "", T.OTHER),
    ],
)
def test_every_word_for_cash_has_its_type_and_its_amount_is_gross_and_net(
    word: str, net: int, description: str, kind: TransactionType
) -> None:
    seen = scene()

    found = one(activity(word, net, description=description), seen)

    assert found.type is kind
    assert (found.gross, found.fees, found.taxes, found.net) == (D(net), None, None, D(net))
    assert (found.quantity, found.source_type) == (None, word)
    assert not seen.notes.words


@pytest.mark.parametrize("word", ["MEMORANDUM", "SMA_ADJUSTMENT"])
def test_a_note_and_an_adjustment_of_the_margin_account_move_no_cash(word: str) -> None:
    found = one(activity(word, 5000.0))

    assert (found.type, found.net) == (T.OTHER, D(0))


def test_the_fifteen_words_of_the_sheet_are_all_there_is_and_another_is_counted() -> None:
    seen = scene()

    assert one(activity("RAFFLE", 7.0), seen).type is T.OTHER
    assert len(parse.TYPES) == 15
    assert seen.notes.words == {"type.RAFFLE": 1}


# Whom a dividend is from.


def test_a_dividend_names_its_company_or_its_symbol_and_interest_names_nobody() -> None:
    def needs(description: str) -> list[str]:
        row = activity("DIVIDEND_OR_INTEREST", 12.0, description=description)
        return list(parse.transaction_needs(json.dumps(row).encode()))

    assert needs("Example Corp") == ["name:EXAMPLE CORP"]
    assert needs("QUALIFIED DIVIDEND~XMPL") == ["symbol:XMPL"]
    assert needs("SCHWAB1 INT 11/26-12/29") == []
    assert needs("FOREIGN TAX WITHHELD") == []


def test_a_dividend_shows_the_instrument_that_was_found_and_never_a_quantity() -> None:
    row = activity("DIVIDEND_OR_INTEREST", 12.0, description="QUALIFIED DIVIDEND~XMPL")
    share = Instrument(InstrumentKind.EQUITY, "XMPL")

    known, unknown = one(row, scene(symbol_XMPL=share)), one(row)

    assert (known.instrument, known.quantity) == (share, None)
    assert (unknown.instrument, unknown.description) == (None, "QUALIFIED DIVIDEND~XMPL")


def test_a_security_on_a_cash_row_says_what_it_was_for_and_does_not_move() -> None:
    found = one(activity("DIVIDEND_OR_INTEREST", 12.0, leg(100.0, 0.0), description="EXAMPLE CORP"))

    assert found.instrument is not None
    assert found.instrument.symbol == "XMPL"
    assert (found.quantity, found.gross, found.net) == (None, D(12), D(12))


# Securities without a trade.


@pytest.mark.parametrize(
    ("description", "amount", "kind"),
    [
        ("REMOVAL OF OPTION DUE TO EXPIRATION", -1, T.OPTION_EXPIRATION),
        ("REMOVAL OF OPTION DUE TO ASSIGNMENT", 1, T.OPTION_ASSIGNMENT),
        ("REMOVAL OF OPTION DUE TO EXERCISE", -1, T.OPTION_EXERCISE),
        ("EXAMPLE CORP STOCK SPLIT", 50, T.SPLIT),
        ("EXAMPLE CORP STOCK DIVIDEND", 2, T.STOCK_DIVIDEND),
        ("MANDATORY MERGER", -5, T.MERGER),
        ("REORGANIZATION", 5, T.MERGER),
        ("SPIN-OFF", 5, T.SPINOFF),
        ("SPLITTING TIMBER INC", 5, T.TRANSFER_IN),
        ("TRANSFER OF SECURITY OUT", -5, T.TRANSFER_OUT),
        ("", 5, T.TRANSFER_IN),
    ],
)
def test_a_movement_of_securities_is_named_by_its_description_and_its_sign(
    description: str, amount: int, kind: TransactionType
) -> None:
    found = one(activity("RECEIVE_AND_DELIVER", 0.0, leg(amount, 0.0), description=description))

    assert (found.type, found.quantity, found.fees) == (kind, D(amount), None)
    assert (found.gross, found.net) == (D(0), D(0))


def test_a_merger_gives_one_transaction_for_each_security_and_the_cash_once() -> None:
    new = SHARES | {"symbol": "XNEW", "instrumentId": 2}
    legs = (leg(-10.0, 0.0), leg(5.0, 0.0, instrument=new), fee(-3.5, None))

    gone, came = told(activity("RECEIVE_AND_DELIVER", 3.5, *legs, description="CASH MERGER"))

    assert (gone.type, gone.quantity, gone.net) == (T.MERGER, D(-10), D("3.5"))
    assert (came.type, came.quantity, came.net) == (T.MERGER, D(5), D(0))
    assert len({gone.source_key, came.source_key}) == 2


def test_shares_journaled_between_own_accounts_keep_their_quantity() -> None:
    found = one(activity("JOURNAL", 0.0, leg(-7.0, 0.0), description="JOURNALED SHARES"))

    assert (found.type, found.quantity) == (T.TRANSFER_OUT, D(-7))


# Days, states, and what cannot be read.


@pytest.mark.parametrize(
    ("told_at", "day"),
    [
        ("2026-01-14T02:30:00+0000", date(2026, 1, 13)),  # an evening in New York
        ("2026-02-02T05:00:00+0000", date(2026, 2, 2)),  # its midnight in winter
        ("2026-07-01T04:00:00+0000", date(2026, 7, 1)),  # and in summer
        ("2026-07-01T03:59:59+0000", date(2026, 6, 30)),
    ],
)
def test_a_trade_date_is_a_day_in_new_york(told_at: str, day: date) -> None:
    assert one(activity("WIRE_IN", 1.0, tradeDate=told_at)).trade_date == day


@pytest.mark.parametrize("zone", ["+0000", "+00:00", "Z"])
def test_a_time_has_a_zone_without_a_colon(zone: str) -> None:
    found = one(activity("WIRE_IN", 1.0, time=f"2026-01-13T16:56:17{zone}"))

    assert found.executed_at == datetime(2026, 1, 13, 16, 56, 17, tzinfo=UTC)


def test_the_instant_is_kept_beside_the_day_and_optional_fields_may_lack() -> None:
    found = one(activity("WIRE_IN", 1.0))

    assert found.executed_at == datetime(2026, 2, 2, 5, 12, 44, tzinfo=UTC)
    assert (found.settlement_date, found.description) == (None, "")


@pytest.mark.parametrize(
    ("word", "status", "reason"),
    [
        ("VALID", TransactionStatus.POSTED, None),
        ("UNKNOWN", TransactionStatus.POSTED, None),
        ("PENDING", TransactionStatus.PENDING, None),
        ("INVALID", TransactionStatus.REMOVED, "CANCELLED_BY_BROKERAGE"),
    ],
)
def test_every_status_has_its_meaning(word: str, status: TransactionStatus, reason: str | None) -> None:
    seen = scene()

    found = one(activity("WIRE_IN", 1.0, status=word), seen)

    assert (found.status, found.removed_reason) == (status, reason)
    assert not seen.notes.words


def test_a_trade_that_is_invalid_is_removed_and_one_that_is_pending_is_not_posted() -> None:
    for word, status in (("INVALID", TransactionStatus.REMOVED), ("PENDING", TransactionStatus.PENDING)):
        found = one(activity("TRADE", -1.0, leg(1, -1.0, 1), status=word))

        assert (found.type, found.status, found.currency) == (T.BUY, status, "USD")


def test_an_unknown_status_and_unknown_fields_are_counted() -> None:
    seen = scene()

    one(activity("TRADE", -1.0, leg(1, -1.0, 1, lot=3), status="MAYBE", mood="good"), seen)

    assert seen.notes.words == {"status.MAYBE": 1}
    assert seen.notes.fields == {"transaction.mood": 1, "leg.lot": 1}


@pytest.mark.parametrize(
    "change",
    [
        {"activityId": None},
        {"type": None},
        {"status": None},
        {"netAmount": None},
        {"netAmount": "many"},
        {"netAmount": True},
        {"tradeDate": "2026-02-02"},
        {"time": None},
        {"transferItems": None},
        {"transferItems": {}},
        {"transferItems": [None]},
        {"transferItems": [{"amount": 1.0, "cost": 0.0}]},
        {"transferItems": [{"instrument": SHARES, "cost": 0.0}]},
    ],
)
def test_a_row_that_lacks_what_it_must_have_is_refused(change: Row) -> None:
    with pytest.raises(UnreadableReply):
        told(activity("TRADE", -1.0, leg(1, -1.0, 1)) | change)
