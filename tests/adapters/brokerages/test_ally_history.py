"""Ally's history on rows written by hand: trades by their side, bookkeeping by its words."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.brokerages.ally import envelope, parse
from adapters.kit.card import Call, Scene
from adapters.kit.wire import Response
from adapters.sandbox.asked import to_json
from domain.errors import UnreadableReply
from domain.instruments import InstrumentKind
from domain.ports.brokerage import Notes
from domain.transactions import Transaction, TransactionType

T = TransactionType
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CALL = Call(None, None, date(2026, 11, 20), None, NOW)
XMPL = {"cusip": "000000001", "id": "XMPL", "sectyp": "CS", "sym": "XMPL"}
NOTHING = {"cusip": "", "id": "", "sectyp": "", "sym": ""}


def activity(
    kind: str = "Trade", amount: str = "-1004.95", desc: str = "EXAMPLE INC", **more: object
) -> dict[str, Any]:
    detail = {
        "accounttype": "2", "commission": "4.95", "description": desc, "fee": "0", "price": "100",
        "quantity": "10", "secfee": "0", "security": XMPL, "settlementdate": "2022-03-09T00:00:00-05:00",
        "side": "1", "source": "x", "tradedate": "2022-03-05T00:00:00-05:00",
        "transactionid": "22001234567", "transactiontype": kind,
    }  # fmt: skip
    day = "2022-03-07T00:00:00-05:00"
    told = {"activity": kind, "amount": amount, "date": day, "desc": desc, "symbol": ""}
    return {**told, "transaction": {**detail, **more}}


def bookkeeping(desc: str, amount: str = "5", **more: object) -> dict[str, Any]:
    given = {"commission": "0", "price": "0", "quantity": "0", "side": "", "security": NOTHING, **more}
    return activity("Bookkeeping", amount, desc, **given)


def read(*told: dict[str, Any], notes: Notes | None = None) -> list[Transaction]:
    body = {"response": {"transactions": {"transaction": list(told)}, "error": "Success"}}
    rows = envelope.history(Response(200, {}, to_json(body)), CALL).rows
    scene = Scene(None, {}, notes if notes is not None else Notes(), NOW)
    return [one for row in rows for one in parse.transaction(row, scene)]


def test_a_trade_of_the_sheet() -> None:
    (told,) = read(activity())

    assert (told.type, told.quantity, told.price, told.gross, told.fees, told.net) == (
        T.BUY, Decimal(10), Decimal(100), Decimal("-1000.00"), Decimal("4.95"), Decimal("-1004.95"),
    )  # fmt: skip
    assert (told.source_key, told.trade_date, told.settlement_date) == (
        "22001234567", date(2022, 3, 5), date(2022, 3, 9),
    )  # fmt: skip
    assert told.executed_at is None


@pytest.mark.parametrize("quantity", ["10", "-10"])
@pytest.mark.parametrize(
    ("side", "account", "kind", "sign"),
    [
        ("1", "2", T.BUY, 1), ("2", "2", T.SELL, -1), ("5", "5", T.SELL_SHORT, -1),
        ("1", "5", T.BUY_TO_COVER, 1),
    ],
)  # fmt: skip
def test_the_side_says_what_it_was_whatever_the_sign(
    side: str, account: str, kind: TransactionType, sign: int, quantity: str
) -> None:
    (told,) = read(activity(side=side, accounttype=account, quantity=quantity))

    assert (told.type, told.quantity) == (kind, Decimal(10 * sign))


def test_a_side_that_nobody_knows_is_unreadable() -> None:
    with pytest.raises(UnreadableReply, match="side"):
        read(activity(side="9"))


def test_all_costs_are_fees() -> None:
    (told,) = read(activity(commission="4", fee="0.5", secfee="0.45"))

    assert (told.fees, told.gross) == (Decimal("4.95"), Decimal("-1000.00"))


def test_an_options_id_is_its_symbol_and_sym_the_root() -> None:
    told = read(
        activity(security={**XMPL, "id": "XMPL260619C00110000", "sectyp": "OPT"}),
        activity(security={**XMPL, "id": "odd", "sectyp": "OPT"}, transactionid="2"),
    )

    assert [(i.kind, i.symbol) for one in told if (i := one.instrument) is not None] == [
        (InstrumentKind.OPTION, "XMPL  260619C00110000"), (InstrumentKind.OPTION, "odd"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "amount", "kind"),
    [
        ("CASH DIVIDEND EXAMPLE INC", "12.50", T.DIVIDEND), ("INTEREST", "1", T.INTEREST),
        ("MARGIN INTEREST CHARGED", "-1", T.MARGIN_INTEREST), ("ACH DEPOSIT", "5", T.DEPOSIT),
        ("WIRE OUT", "-5", T.WITHDRAWAL), ("DISBURSEMENT", "-5", T.WITHDRAWAL), ("DEPOSIT", "5", T.DEPOSIT),
        ("WITHDRAWAL", "-5", T.WITHDRAWAL), ("SERVICE FEE", "-5", T.FEE), ("ADR FEES", "-5", T.FEE),
        ("FOREIGN TAX WITHHELD ON DIVIDEND", "-5", T.TAX), ("WIRE TRANSFER FEE", "-25", T.FEE),
        ("ACH RETURN FEE", "-30", T.FEE), ("ADR FEE ON DIVIDEND", "-1", T.FEE),
    ],
)  # fmt: skip
def test_bookkeeping_says_what_it_is_in_words(text: str, amount: str, kind: TransactionType) -> None:
    (told,) = read(bookkeeping(text, amount))

    assert (told.type, told.quantity, told.fees, told.net, told.gross) == (
        kind, None, None, Decimal(amount), Decimal(amount),
    )  # fmt: skip
    assert told.instrument is None


@pytest.mark.parametrize(
    ("text", "quantity", "kind"),
    [
        ("STOCK SPLIT", "10", T.SPLIT), ("MERGER", "-10", T.MERGER), ("SPINOFF", "3", T.SPINOFF),
        ("EXPIRED", "-1", T.OPTION_EXPIRATION), ("ASSIGNED", "1", T.OPTION_ASSIGNMENT),
        ("EXERCISED", "-1", T.OPTION_EXERCISE),
    ],
)  # fmt: skip
def test_bookkeeping_may_move_securities(text: str, quantity: str, kind: TransactionType) -> None:
    (told,) = read(bookkeeping(text, "0", quantity=quantity, security=XMPL))

    assert (told.type, told.quantity, told.net) == (kind, Decimal(quantity), Decimal(0))


@pytest.mark.parametrize("words", ["CASH DIVIDEND", "INTEREST", "SERVICE FEE", "TAX WITHHELD", "DEPOSIT"])
def test_the_shares_that_earned_a_dividend_do_not_move(words: str) -> None:
    (told,) = read(bookkeeping(words, "12.50", quantity="40", price="0.3125", security=XMPL))

    assert (told.quantity, told.price, told.net) == (None, None, Decimal("12.50"))
    assert told.instrument is not None


def test_a_dividend_without_cash_is_one_in_shares() -> None:
    (told,) = read(bookkeeping("STOCK DIVIDEND", "0", quantity="4", security=XMPL))

    assert (told.type, told.quantity, told.net) == (T.STOCK_DIVIDEND, Decimal(4), Decimal(0))


def test_what_a_row_says_may_stand_in_its_detail_only() -> None:
    (told,) = read({**bookkeeping("CASH DIVIDEND EXAMPLE INC"), "desc": ""})

    assert (told.type, told.description) == (T.DIVIDEND, "CASH DIVIDEND EXAMPLE INC")


def test_words_that_say_nothing_are_other_and_counted() -> None:
    notes = Notes()

    told = read(bookkeeping("SOMETHING"), {**activity(), "activity": "Barter"}, notes=notes)

    assert [one.type for one in told] == [T.OTHER, T.OTHER]
    assert dict(notes.words) == {"bookkeeping of another kind": 2, "activity.Barter": 1}


@pytest.mark.parametrize("identifier", ["", None])
def test_a_row_without_an_id_has_none(identifier: str | None) -> None:
    (told,) = read(bookkeeping("DIVIDEND", transactionid=identifier))

    assert told.source_key is None


def test_an_id_that_stands_for_several_rows_is_nobodys() -> None:
    told = read(bookkeeping("DIVIDEND"), bookkeeping("DIVIDEND", "6"), activity(transactionid="other"))

    assert [one.source_key for one in told] == [None, None, "other"]


def test_without_a_day_of_trade_it_is_the_rows_own() -> None:
    (told,) = read(bookkeeping("DIVIDEND", tradedate="", settlementdate=""))

    assert (told.trade_date, told.settlement_date) == (date(2022, 3, 7), None)
