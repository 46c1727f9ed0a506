"""Plaid's transactions: signs, every word, and a history that shifts while it is read."""

import json
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.kit.card import Call, Rows, Scene
from adapters.kit.wire import Response
from adapters.plaid import parse, reads
from adapters.plaid.words import SUBTYPES
from domain.accounts import AccountKind, AccountTold
from domain.errors import BrokerageUnavailable, UnreadableReply
from domain.ports.brokerage import Notes
from domain.transactions import Transaction, TransactionStatus, TransactionType

D, T = Decimal, TransactionType
Row = dict[str, Any]
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 25)
ACCOUNT = AccountTold("roth:1", "Roth", "…1", AccountKind.IRA_ROTH, routing={"account_id": "A"})
ITEM = {"item_id": "I", "institution_id": "ins_1", "error": None}
CURRENCY = {"iso_currency_code": "USD", "unofficial_currency_code": None}
STOCK = CURRENCY | {"security_id": "S", "ticker_symbol": "ACME", "name": "Acme", "type": "equity"}
OPTION = CURRENCY | {"security_id": "O", "ticker_symbol": "ACME261218C00150000", "type": "derivative"}
FUND = CURRENCY | {"security_id": "F", "ticker_symbol": "VMFXX", "type": "mutual fund"}
CASH = CURRENCY | {"security_id": "C", "ticker_symbol": "CUR:USD", "name": "U S Dollar", "type": "cash"}
BOND = CURRENCY | {"security_id": "B", "ticker_symbol": None, "name": "Notes 2031", "type": "fixed income"}
SECURITIES = [STOCK, OPTION, FUND | {"is_cash_equivalent": True}, CASH, BOND]


def told(**changes: object) -> Row:
    return CURRENCY | {
        "investment_transaction_id": "t1", "account_id": "A", "security_id": "S", "date": "2026-11-10",
        "transaction_datetime": None, "name": "A ROW", "quantity": 0, "amount": 0, "price": 0, "fees": 0,
        "type": "cash", "subtype": "dividend", "cancel_transaction_id": None,
    } | changes  # fmt: skip


def answer(rows: list[Row], total: int | None = None, **members: object) -> Response:
    whole = {
        "item": ITEM, "accounts": [], "securities": SECURITIES, "investment_transactions": rows,
        "total_investment_transactions": len(rows) if total is None else total, "request_id": "r",
    } | members  # fmt: skip
    return Response(200, {}, json.dumps(whole).encode())


def call(cursor: str | None = None, since: date | None = None) -> Call:
    return Call(ACCOUNT, since, TODAY, cursor, NOW)


def parsed(cut: Rows, notes: Notes | None = None) -> list[Transaction]:
    scene = Scene(ACCOUNT, {}, notes or Notes(), NOW)
    return [found for row in cut.rows for found in parse.transaction(row, scene)]


def one(notes: Notes | None = None, **changes: object) -> Transaction:
    (found,) = parsed(reads.take_transactions(answer([told(**changes)]), call()), notes)
    return found


# Signs and figures.


def test_an_amount_that_leaves_is_positive_at_plaid_and_negative_here() -> None:
    found = one(type="buy", subtype="buy", quantity=10, amount=1012.52, price=101.25, fees=0.02)

    assert (found.type, found.quantity, found.net) == (T.BUY, D(10), D("-1012.52"))
    assert (found.gross, found.fees, found.price) == (D("-1012.50"), D("0.02"), D("101.25"))


def test_a_sale_brings_cash_and_its_fees_are_in_the_amount() -> None:
    found = one(type="sell", subtype="sell", quantity=-4, amount=-439.99, price=110, fees=0.01)

    assert (found.quantity, found.gross, found.fees, found.net) == (D(-4), D(440), D("0.01"), D("439.99"))


def test_a_sale_with_a_positive_quantity_takes_its_sign_from_the_type() -> None:
    found = one(type="sell", subtype="sell", quantity=4, amount=-440, price=110)

    assert (found.quantity, found.gross, found.net) == (D(-4), D(440), D(440))


def test_an_amount_that_its_fees_do_not_explain_is_taken_as_given() -> None:
    """As in Plaid's own sample: 0.7388 x 10.42 with fees of 7.99 has the amount 7.70."""
    notes = Notes()

    found = one(notes, type="buy", subtype="buy", quantity=0.7388, amount=7.7, price=10.42, fees=7.99)

    assert (found.net, found.fees) == (D("-7.7"), None)
    assert notes.words == {"transaction.fees_do_not_add_up": 1}


def test_options_are_told_in_contracts_times_a_hundred_and_priced_per_share() -> None:
    found = one(
        security_id="O", type="buy", subtype="buy", quantity=200, amount=440.04, price=2.2, fees=0.04,
        name="BUY TO OPEN ACME 12/18/26 C150",
    )  # fmt: skip

    assert (found.type, found.quantity, found.price) == (T.BUY_TO_OPEN, D(2), D("2.2"))
    assert (found.gross, found.fees, found.net) == (D(-440), D("0.04"), D("-440.04"))


def test_rows_of_cash_have_no_quantity_price_or_fees() -> None:
    found = one(security_id="C", subtype="deposit", amount=-1500)

    assert (found.type, found.net, found.gross) == (T.DEPOSIT, D(1500), D(1500))
    assert (found.quantity, found.price, found.fees, found.instrument) == (None, None, None, None)


@pytest.mark.parametrize(
    ("subtype", "kind"),
    [
        ("dividend", T.DIVIDEND), ("long-term capital gain", T.CAPITAL_GAIN), ("interest", T.INTEREST),
        ("margin expense", T.MARGIN_INTEREST), ("return of principal", T.RETURN_OF_CAPITAL),
    ],
)  # fmt: skip
def test_the_shares_that_a_dividend_is_for_do_not_move(subtype: str, kind: TransactionType) -> None:
    paid = one(subtype=subtype, quantity=150.25, amount=-37.5, price=0.25)

    assert (paid.type, paid.quantity, paid.price) == (kind, None, None)
    assert (paid.net, paid.instrument is not None) == (D("37.5"), True)
    assert one(quantity=5, amount=0).quantity == 5


def test_a_fee_that_is_told_as_amount_and_as_fees_is_counted_once() -> None:
    found = one(security_id=None, type="fee", subtype="transfer fee", amount=100, fees=100)

    assert (found.type, found.gross, found.fees, found.net) == (T.FEE, D(-100), None, D(-100))


def test_a_transfer_in_kind_has_the_amount_nothing() -> None:
    found = one(type="transfer", subtype="transfer", quantity=2, name="ACAT TRANSFER IN")

    assert (found.type, found.quantity, found.net, found.price) == (T.TRANSFER_IN, D(2), D(0), None)


def test_a_purchase_in_kind_costs_nothing_and_stays_a_purchase() -> None:
    found = one(type="buy", subtype="buy", quantity=3, amount=0, price=20)

    assert (found.type, found.quantity, found.net, found.price) == (T.BUY, D(3), D(0), D(20))


def test_a_reinvestment_comes_as_two_rows() -> None:
    paid = one(amount=-35)
    spent = one(type="buy", subtype="dividend reinvestment", quantity=0.250877, amount=35, price=139.51)

    assert (paid.type, paid.net) == (T.DIVIDEND, D(35))
    assert (spent.type, spent.net, spent.gross) == (T.DIVIDEND_REINVESTMENT, D(-35), D(-35))


def test_a_bond_is_traded_in_percent_of_its_face() -> None:
    found = one(security_id="B", type="buy", subtype="buy", quantity=1000, amount=985, price=0.985)

    assert (found.quantity, found.price, found.gross) == (D(1000), D("98.5"), D(-985))


@pytest.mark.parametrize("price", [0.985, 98.5])
def test_a_bond_that_comes_in_kind_is_priced_in_percent_too(price: float) -> None:
    found = one(security_id="B", type="buy", subtype="buy", quantity=1000, amount=0, price=price)

    assert (found.quantity, found.price, found.net) == (D(1000), D("98.5"), D(0))


def test_fees_that_are_null_are_unknown() -> None:
    found = one(type="buy", subtype="buy", quantity=1, amount=10, price=10, fees=None)

    assert (found.fees, found.gross, found.net) == (None, D(-10), D(-10))


def test_an_amount_that_is_missing_is_unreadable() -> None:
    row = told()
    del row["amount"]

    with pytest.raises(UnreadableReply):
        reads.take_transactions(answer([row]), call())


# Days.


def test_without_a_time_the_day_of_posting_stands_for_the_trade() -> None:
    found = one(type="buy", subtype="buy")

    assert (found.trade_date, found.settlement_date, found.executed_at) == (
        date(2026, 11, 10),
        date(2026, 11, 10),
        None,
    )


def test_a_time_gives_the_day_of_the_trade_in_new_york() -> None:
    found = one(type="sell", subtype="sell", transaction_datetime="2026-11-10T01:04:05Z")

    assert (found.trade_date, found.settlement_date) == (date(2026, 11, 9), date(2026, 11, 10))
    assert found.executed_at == datetime(2026, 11, 10, 1, 4, 5, tzinfo=UTC)


def test_midnight_in_utc_is_a_day_and_no_instant() -> None:
    found = one(type="sell", subtype="sell", transaction_datetime="2026-11-09T00:00:00Z")

    assert (found.trade_date, found.executed_at) == (date(2026, 11, 9), None)


# Words (plaid, 3.3 and 5; sofi, 3.3 and 5). A quantity of 5 comes in, unless a row says otherwise.

CASES = {
    "buy": {
        "buy": T.BUY, "contribution": T.BUY, "buy to cover": T.BUY_TO_COVER,
        "assignment": T.OPTION_ASSIGNMENT,
        "dividend reinvestment": T.DIVIDEND_REINVESTMENT, "interest reinvestment": T.DIVIDEND_REINVESTMENT,
        "long-term capital gain reinvestment": T.DIVIDEND_REINVESTMENT,
        "short-term capital gain reinvestment": T.DIVIDEND_REINVESTMENT, "rebalance": T.BUY,
    },
    "sell": {
        "sell": T.SELL, "sell short": T.SELL_SHORT, "exercise": T.OPTION_EXERCISE, "distribution": T.SELL,
        "rebalance": T.SELL,
    },
    "cash": {
        "account fee": T.FEE, "contribution": T.DEPOSIT, "deposit": T.DEPOSIT, "dividend": T.DIVIDEND,
        "stock distribution": T.STOCK_DIVIDEND, "interest": T.INTEREST, "legal fee": T.FEE,
        "long-term capital gain": T.CAPITAL_GAIN, "management fee": T.FEE,
        "margin expense": T.MARGIN_INTEREST,
        "non-qualified dividend": T.DIVIDEND, "non-resident tax": T.TAX, "pending credit": T.DEPOSIT,
        "pending debit": T.WITHDRAWAL, "qualified dividend": T.DIVIDEND,
        "short-term capital gain": T.CAPITAL_GAIN, "tax": T.TAX, "tax withheld": T.TAX, "transfer fee": T.FEE,
        "trust fee": T.FEE, "unqualified gain": T.CAPITAL_GAIN, "withdrawal": T.WITHDRAWAL,
        "distribution": T.WITHDRAWAL, "transfer": T.TRANSFER_IN, "loan payment": T.OTHER,
    },
    "fee": {
        "account fee": T.FEE, "adjustment": T.ADJUSTMENT, "dividend": T.DIVIDEND, "interest": T.INTEREST,
        "interest receivable": T.INTEREST, "long-term capital gain": T.CAPITAL_GAIN, "legal fee": T.FEE,
        "management fee": T.FEE, "margin expense": T.MARGIN_INTEREST, "non-qualified dividend": T.DIVIDEND,
        "non-resident tax": T.TAX, "qualified dividend": T.DIVIDEND,
        "return of principal": T.RETURN_OF_CAPITAL,
        "short-term capital gain": T.CAPITAL_GAIN, "stock distribution": T.STOCK_DIVIDEND, "tax": T.TAX,
        "tax withheld": T.TAX, "transfer fee": T.FEE, "trust fee": T.FEE, "unqualified gain": T.CAPITAL_GAIN,
        "fund fee": T.FEE, "miscellaneous fee": T.FEE,
    },
    "transfer": {
        "assignment": T.OPTION_ASSIGNMENT, "adjustment": T.TRANSFER_IN, "exercise": T.OPTION_EXERCISE,
        "expire": T.OPTION_EXPIRATION, "merger": T.MERGER, "request": T.TRANSFER_IN, "send": T.TRANSFER_IN,
        "spin off": T.SPINOFF, "split": T.SPLIT, "trade": T.TRANSFER_IN, "transfer": T.TRANSFER_IN,
        "stock distribution": T.STOCK_DIVIDEND, "distribution": T.TRANSFER_IN,
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "subtype", "kind"), [(t, s, k) for t, words in CASES.items() for s, k in words.items()]
)
def test_every_type_and_subtype_is_mapped(type_: str, subtype: str, kind: TransactionType) -> None:
    notes = Notes()

    found = one(notes, type=type_, subtype=subtype, quantity=5, amount=-50, price=None)

    assert (found.type, found.source_type) == (kind, f"{type_}/{subtype}")
    assert not notes.words


def test_every_subtype_that_the_adapter_knows_is_tried() -> None:
    assert {word for words in CASES.values() for word in words} == SUBTYPES.keys()


def test_what_goes_out_in_kind_goes_out() -> None:
    assert one(type="transfer", subtype="transfer", quantity=-5).type is T.TRANSFER_OUT
    assert one(type="sell", subtype="distribution", quantity=-5).type is T.WITHDRAWAL
    assert one(type="cash", subtype="stock distribution", amount=-5).type is T.DIVIDEND


def test_a_cancellation_is_a_row_of_its_own_that_takes_back() -> None:
    found = one(type="cancel", subtype="buy", quantity=-10, amount=-1000, cancel_transaction_id="t0")

    assert (found.type, found.quantity, found.net) == (T.ADJUSTMENT, D(-10), D(1000))


def test_money_on_its_way_is_pending_until_it_is_posted() -> None:
    found = one(security_id="C", subtype="pending credit", amount=-50)

    assert (found.type, found.status) == (T.DEPOSIT, TransactionStatus.PENDING)
    assert found.settlement_date is None


def test_purchases_of_a_money_fund_are_sweeps_and_its_dividends_are_dividends() -> None:
    assert one(security_id="F", type="buy", subtype="buy", quantity=5, amount=5, price=1).type is T.SWEEP
    assert one(security_id="F", amount=-1).type is T.DIVIDEND


@pytest.mark.parametrize(
    ("subtype", "name", "quantity", "kind"),
    [
        ("buy", "BUY TO CLOSE", 100, T.BUY_TO_CLOSE),
        ("buy to cover", "", 100, T.BUY_TO_CLOSE),
        ("buy", "", 100, T.BUY),
        ("sell", "SOLD TO OPEN", -100, T.SELL_TO_OPEN),
        ("sell", "SELL TO CLOSE", -100, T.SELL_TO_CLOSE),
        ("sell short", "", -100, T.SELL_TO_OPEN),
    ],
)
def test_options_open_and_close_where_a_word_says_so(
    subtype: str, name: str, quantity: int, kind: TransactionType
) -> None:
    found = one(
        security_id="O", type=subtype.split(maxsplit=1)[0], subtype=subtype, name=name, quantity=quantity
    )

    assert found.type is kind


@pytest.mark.parametrize(
    ("type_", "name", "quantity", "kind"),
    [
        ("cash", "CASH DIV ON 20 SHARES", 0, T.DIVIDEND),
        ("cash", "INTEREST ON CREDIT BALANCE", 0, T.INTEREST),
        ("cash", "ACH DEPOSIT", 0, T.DEPOSIT),
        ("cash", "ACH WITHDRAWAL", 0, T.WITHDRAWAL),
        ("cash", "FOREIGN TAX WITHHELD ON DIVIDEND", 0, T.TAX),
        ("cash", "SPLITTING TIMBER INC", 0, T.OTHER),
        ("cash", "MARGIN INTEREST CHARGED", 0, T.MARGIN_INTEREST),
        ("cash", "RETURN OF CAPITAL ACME", 0, T.RETURN_OF_CAPITAL),
        ("cash", "ADR MGMT FEE", 0, T.FEE),
        ("fee", "ADR CUSTODY", 0, T.FEE),
        ("buy", "DIVIDEND REINVESTMENT ACME", 1, T.DIVIDEND_REINVESTMENT),
        ("transfer", "3 FOR 2 STOCK SPLIT", 5, T.SPLIT),
        ("transfer", "SPLITTING TIMBER INC TRANSFERRED", 5, T.TRANSFER_IN),
        ("transfer", "OPTION EXPIRED", 5, T.OPTION_EXPIRATION),
        ("transfer", "CALL EXERCISED", -1, T.OPTION_EXERCISE),
        ("transfer", "PUT ASSIGNMENT", 1, T.OPTION_ASSIGNMENT),
    ],
)
def test_where_fdx_feeds_plaid_without_subtypes_the_name_is_the_second_source(
    type_: str, name: str, quantity: int, kind: TransactionType
) -> None:
    assert one(type=type_, subtype=type_, name=name, quantity=quantity).type is kind


def test_unknown_words_are_typed_by_what_is_known_and_counted() -> None:
    notes = Notes()

    assert one(notes, type="buy", subtype="teleport", quantity=1).type is T.BUY
    assert one(notes, type="barter", subtype="dividend").type is T.DIVIDEND
    assert one(notes, type="barter", subtype="teleport").type is T.OTHER
    assert notes.words == {"subtype.teleport": 2, "type.barter": 2}


def test_a_row_that_names_a_security_which_is_not_told_is_unreadable() -> None:
    with pytest.raises(UnreadableReply):
        reads.take_transactions(answer([told(security_id="gone")]), call())


# What names a row.


def test_a_row_is_named_by_what_the_institution_says_and_not_by_an_id_that_dies_with_the_item() -> None:
    first = one(investment_transaction_id="t1", amount=-35, name="DIV", security_id="S")
    linked_anew = one(investment_transaction_id="other", amount=-35, name="Dividend", security_id="S")

    assert first.source_key == linked_anew.source_key == "2026-11-10/0/-35/USD/0"


def test_twins_stay_two_and_a_row_that_is_told_twice_is_one() -> None:
    twins = [told(investment_transaction_id=name, amount=-35) for name in ("t1", "t2", "t1")]

    keys = [found.source_key for found in parsed(reads.take_transactions(answer(twins), call()))]

    assert keys == ["2026-11-10/0/-35/USD/0", "2026-11-10/0/-35/USD/1"]


# Paging.


def history(days: list[str], prefix: str = "t") -> list[Row]:
    return [
        told(investment_transaction_id=f"{prefix}{n}", date=day, amount=-35) for n, day in enumerate(days)
    ]


class Pages:
    """A history that is asked for as the adapter asks, `size` rows at a time whatever it asks for."""

    def __init__(self, rows: list[Row], size: int) -> None:
        self.rows, self.size = rows, size
        self.asked: list[Row] = []

    def page(self, cursor: str | None) -> Rows:
        body = json.loads(reads.ask_transactions(call(cursor)).body)
        self.asked.append(body)
        offset = body["options"]["offset"]
        return reads.take_transactions(
            answer(self.rows[offset : offset + self.size], len(self.rows)), call(cursor)
        )

    def all(self) -> list[Transaction]:
        found, cursor = [], None
        while True:
            cut = self.page(cursor)
            found += parsed(cut)
            cursor = cut.cursor
            if cursor is None:
                return found


def test_the_history_is_asked_for_24_months_back_and_a_little_ahead() -> None:
    body = json.loads(reads.ask_transactions(call()).body)

    assert (body["start_date"], body["end_date"]) == ("2024-11-25", "2026-12-02")
    assert body["options"] == {"account_ids": ["A"], "count": 500, "offset": 0}
    since = json.loads(reads.ask_transactions(call(since=date(2026, 11, 1))).body)
    assert since["start_date"] == "2026-11-01"


def test_pages_go_on_until_the_total_and_number_twins_across_them() -> None:
    pages = Pages(history(["2026-11-10"] * 3 + ["2026-11-09"] * 4), 2)

    keys = [found.source_key for found in pages.all()]

    assert keys == [f"2026-11-10/0/-35/USD/{n}" for n in range(3)] + [
        f"2026-11-09/0/-35/USD/{n}" for n in range(4)
    ]
    assert [body["options"]["offset"] for body in pages.asked] == [0, 2, 4, 6]


def test_a_total_that_changes_starts_the_read_again_and_names_every_row_as_before() -> None:
    pages = Pages(history(["2026-11-10"] * 2 + ["2026-11-09"] * 3), 2)
    first = pages.page(None)
    before = [found.source_key for found in parsed(first)]
    pages.rows = history(["2026-11-11"], "new") + pages.rows

    shifted = pages.page(first.cursor)
    rest: list[str | None] = []
    cursor = shifted.cursor
    while cursor is not None:
        cut = pages.page(cursor)
        rest += [found.source_key for found in parsed(cut)]
        cursor = cut.cursor

    assert shifted.rows == []
    assert Counter(rest).most_common(1)[0][1] == 1
    assert set(before) < set(rest)
    assert len(rest) == 6


def test_the_end_of_the_window_stays_where_it_was_when_the_day_turns() -> None:
    cursor = Pages(history(["2026-11-10"] * 3), 2).page(None).cursor
    tomorrow = Call(ACCOUNT, None, date(2026, 11, 26), cursor, NOW)

    assert json.loads(reads.ask_transactions(tomorrow).body)["end_date"] == "2026-12-02"


def test_a_row_that_was_shifted_behind_the_totals_back_is_not_told_twice() -> None:
    """One row came and one went: the total is the same, and a row comes again on the next page."""
    pages = Pages(history(["2026-11-10"] * 4), 2)
    first = pages.page(None)
    pages.rows = history(["2026-11-10"], "new") + pages.rows[:3]

    second = parsed(pages.page(first.cursor))

    assert [found.source_key for found in second] == ["2026-11-10/0/-35/USD/2"]


def test_a_history_that_never_stands_still_is_tried_again_later() -> None:
    pages = Pages(history(["2026-11-10"] * 4), 2)
    cursor = pages.page(None).cursor
    for n in range(reads.MOST_RESTARTS):
        pages.rows = history(["2026-11-10"] * (5 + n))
        again = pages.page(cursor).cursor
        cursor = pages.page(again).cursor

    pages.rows = history(["2026-11-10"] * 3)
    with pytest.raises(BrokerageUnavailable):
        pages.page(cursor)


def test_an_empty_page_before_the_end_is_unreadable() -> None:
    with pytest.raises(UnreadableReply):
        reads.take_transactions(answer([], total=3), call())


@pytest.mark.parametrize("total", [-1, 1.5, "many", None])
def test_a_total_that_is_no_count_is_unreadable(total: object) -> None:
    with pytest.raises(UnreadableReply):
        reads.take_transactions(answer([], total_investment_transactions=total), call())
