"""FDX's transactions: each type, the turn of the signs, days and instants, and how history is paged."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from consented import NOW, World

from adapters.fdx import dialects, reads, transactions, words
from adapters.kit.card import Call, Scene
from adapters.kit.wire import Response
from domain.accounts import AccountKind, AccountTold
from domain.errors import UnreadableReply
from domain.ports.brokerage import Notes
from domain.transactions import Transaction, TransactionStatus, TransactionType

Json = dict[str, Any]
T = TransactionType
D = Decimal
ACCOUNT = AccountTold("brokerage:4321", "", "…4321", AccountKind.OTHER, routing={"id": "inv-0001"})
# The examples of the sheet (3.2 and 3.4).
BOUGHT: Json = {
    "accountId": "inv-0001", "transactionId": "t-1", "postedTimestamp": "2026-11-04T00:00:00Z",
    "transactionTimestamp": "2026-11-03T15:30:00Z", "description": "YOU BOUGHT", "debitCreditMemo": "DEBIT",
    "status": "POSTED", "amount": 1012.52, "transactionType": "PURCHASED", "shares": 10, "units": 10,
    "unitType": "SHARES", "unitPrice": 101.25, "price": 101.25, "commission": 0, "fees": 0.02, "taxes": 0,
    "symbol": "ACME", "securityId": "000000AA1", "securityIdType": "CUSIP", "securityType": "STOCK",
    "positionType": "LONG", "transferAction": None,
}  # fmt: skip
PAID: Json = {
    "accountCategory": "INVESTMENT_ACCOUNT", "transactionId": "t-2",
    "postedTimestamp": "2026-11-12T00:00:00.000Z", "transactionTimestamp": "2026-11-12T00:00:00.000Z",
    "description": "DIVIDEND RECEIVED ACME CORP", "debitCreditMemo": "CREDIT", "status": "POSTED",
    "amount": 37.5, "transactionType": "DIVIDEND", "symbol": "ACME", "fees": 0,
}  # fmt: skip
MONEY: Json = {"transactionId": "t-3", "transactionTimestamp": "2026-11-12", "amount": 25, "status": "POSTED"}
OPTION = {"securityType": "OPTION", "symbol": "ACME261218C150"}


def parsed(row: Json) -> tuple[list[Transaction], Notes]:
    scene = Scene(ACCOUNT, {}, Notes(), NOW)
    return list(transactions.transaction(json.dumps(row).encode(), scene)), scene.notes


def told(row: Json) -> Transaction:
    (found,), notes = parsed(row)
    assert (notes.fields, notes.words) == ({}, {})
    return found


def test_a_purchase() -> None:
    row = told(BOUGHT)

    assert (row.source_key, row.type, row.status) == ("t-1", T.BUY, TransactionStatus.POSTED)
    assert (row.trade_date, row.settlement_date) == (date(2026, 11, 3), date(2026, 11, 4))
    assert row.executed_at == datetime(2026, 11, 3, 15, 30, tzinfo=UTC)
    assert (row.quantity, row.price) == (D(10), D("101.25"))
    assert (row.gross, row.fees, row.taxes, row.net) == (D("-1012.50"), D("0.02"), D(0), D("-1012.52"))


def test_a_dividend_moves_cash_alone() -> None:
    row = told(PAID)

    assert (row.type, row.quantity, row.executed_at) == (T.DIVIDEND, None, None)
    assert (row.gross, row.fees, row.net) == (D("37.5"), None, D("37.5"))


def test_what_is_withheld_of_a_dividend_is_told_beside_it_and_is_part_of_its_gross() -> None:
    row = told(PAID | {"withholding": 5, "stateWithholding": 1, "fees": 0})

    assert (row.gross, row.taxes, row.fees, row.net) == (D("43.5"), D(6), None, D("37.5"))


# Every type (3.5 and 5): word, memo, more of the row, our type, net and quantity.
CREDIT, DEBIT = "CREDIT", "DEBIT"
TRADE = {"units": 2, "unitPrice": 12.5, "symbol": "ACME", "securityType": "STOCK"}
CASES: list[tuple[str, str | None, Json, TransactionType, int, int | None]] = [
    ("PURCHASED", DEBIT, TRADE, T.BUY, -25, 2),
    ("PURCHASEDTOCOVER", DEBIT, TRADE, T.BUY_TO_COVER, -25, 2),
    ("PURCHASETOOPEN", DEBIT, TRADE | OPTION, T.BUY_TO_OPEN, -25, 2),
    ("PURCHASETOCLOSE", DEBIT, TRADE | OPTION, T.BUY_TO_CLOSE, -25, 2),
    ("PURCHASETOOPEN", DEBIT, TRADE, T.BUY, -25, 2),
    ("PURCHASETOCLOSE", DEBIT, TRADE, T.BUY_TO_COVER, -25, 2),
    ("SOLD", CREDIT, TRADE, T.SELL, 25, -2),
    ("SOLD", CREDIT, TRADE | {"units": -2}, T.SELL, 25, -2),
    ("SOLD", CREDIT, TRADE | {"positionType": "SHORT"}, T.SELL_SHORT, 25, -2),
    ("SOLDTOOPEN", CREDIT, TRADE | OPTION, T.SELL_TO_OPEN, 25, -2),
    ("SOLDTOOPEN", CREDIT, TRADE, T.SELL_SHORT, 25, -2),
    ("SOLDTOCLOSE", CREDIT, TRADE | OPTION, T.SELL_TO_CLOSE, 25, -2),
    ("SOLDTOCLOSE", CREDIT, TRADE, T.SELL, 25, -2),
    ("PURCHASED", DEBIT, TRADE | {"securityType": "SWEEP"}, T.SWEEP, -25, 2),
    ("DIV", CREDIT, {}, T.DIVIDEND, 25, None),
    ("INCOME", CREDIT, {"incomeType": "MISC"}, T.DIVIDEND, 25, None),
    ("INCOME", CREDIT, {"incomeType": "CGLONG"}, T.CAPITAL_GAIN, 25, None),
    ("DIVIDEND", CREDIT, {"incomeType": "CGSHORT"}, T.CAPITAL_GAIN, 25, None),
    ("DIVIDEND", CREDIT, TRADE, T.DIVIDEND, 25, None),
    ("DIVIDEND", CREDIT, TRADE | {"amount": 0}, T.STOCK_DIVIDEND, 0, 2),
    ("DIVIDENDREINVEST", DEBIT, TRADE, T.DIVIDEND_REINVESTMENT, -25, 2),
    ("DIVIDENDREINVESTMENT", CREDIT, {}, T.DIVIDEND, 25, None),
    ("REINVESTOFINCOME", DEBIT, TRADE, T.DIVIDEND_REINVESTMENT, -25, 2),
    ("INTEREST", CREDIT, {}, T.INTEREST, 25, None),
    ("MARGININTEREST", DEBIT, {}, T.MARGIN_INTEREST, -25, None),
    *((word, CREDIT, {}, T.DEPOSIT, 25, None) for word in "CONTRIBUTION DEP DEPOSIT DIRECTDEP".split()),
    *((word, DEBIT, {}, T.WITHDRAWAL, -25, None)
      for word in "ATM CASH CHECK DIRECTDEBIT PAYMENT POS REPEATPMT".split()),
    ("CHECK", CREDIT, {}, T.DEPOSIT, 25, None),
    ("DEPOSIT", DEBIT, {}, T.WITHDRAWAL, -25, None),
    ("TRANSFER", CREDIT, {}, T.TRANSFER_IN, 25, None),
    ("XFER", DEBIT, {}, T.TRANSFER_OUT, -25, None),
    ("TRANSFER", None, TRADE | {"transferAction": "OUT", "amount": 0}, T.TRANSFER_OUT, 0, -2),
    ("TRANSFER", None, TRADE | {"transferAction": "IN", "amount": 0}, T.TRANSFER_IN, 0, 2),
    *(("XFER", None, {"transferAction": way, "amount": amount}, kind, net, None)
      for way, kind, net in (("OUT", T.TRANSFER_OUT, -25), ("IN", T.TRANSFER_IN, 25))
      for amount in (25, -25)),
    *((word, DEBIT, {}, T.FEE, -25, None) for word in "EXPENSE FEE INVEXPENSE SRVCHG".split()),
    ("EXPENSE", DEBIT, {"withholding": 25}, T.TAX, -25, None),
    ("FEE", DEBIT, {"taxes": 25}, T.TAX, -25, None),
    ("SPLIT", None, TRADE | {"amount": 0}, T.SPLIT, 0, 2),
    ("SPLIT", None, TRADE | {"amount": 0, "oldUnits": 10, "newUnits": 5}, T.SPLIT, 0, -5),
    ("OPTIONEXERCISE", None, TRADE | OPTION | {"amount": 0}, T.OPTION_EXERCISE, 0, -2),
    ("OPTIONASSIGNMENT", None, TRADE | OPTION | {"amount": 0}, T.OPTION_ASSIGNMENT, 0, 2),
    ("OPTIONEXPIRATION", None, TRADE | OPTION | {"amount": 0, "positionType": "LONG"},
     T.OPTION_EXPIRATION, 0, -2),
    ("OPTIONEXPIRATION", None, TRADE | OPTION | {"amount": 0, "positionType": "SHORT"},
     T.OPTION_EXPIRATION, 0, 2),
    ("OPTIONEXPIRATION", None, TRADE | OPTION | {"amount": 0, "units": -2}, T.OPTION_EXPIRATION, 0, -2),
    ("CLOSUREOPT", None, TRADE | OPTION | {"amount": 0, "description": "EXPIRED", "positionType": "LONG"},
     T.OPTION_EXPIRATION, 0, -2),
    ("CLOSUREOPT", CREDIT, {}, T.OTHER, 25, None),
    ("CLOSURE", CREDIT, {}, T.ADJUSTMENT, 25, None),
    ("ADJUSTMENT", DEBIT, {}, T.ADJUSTMENT, -25, None),
    ("RETURNOFCAPITAL", CREDIT, {}, T.RETURN_OF_CAPITAL, 25, None),
    *((word, CREDIT, {}, T.OTHER, 25, None) for word in ("JRNLFUND", "JRNLSEC", "OTHER")),
]  # fmt: skip


@pytest.mark.parametrize(("word", "memo", "more", "kind", "net", "quantity"), CASES)
def test_each_type(
    word: str, memo: str | None, more: Json, kind: TransactionType, net: int, quantity: int | None
) -> None:
    row = told(MONEY | {"transactionType": word, "debitCreditMemo": memo} | more)

    assert (row.type, row.net) == (kind, D(net))
    assert row.quantity == quantity
    assert row.gross == net


def test_every_type_that_the_sheet_lists_has_a_case() -> None:
    assert {word for word, *_ in CASES} == words.KNOWN


@pytest.mark.parametrize(("fees", "rest"), [(25, None), (0, None), (5, 5)])
def test_a_fee_that_is_told_as_amount_and_as_fees_is_counted_once(fees: int, rest: int | None) -> None:
    row = told(BOUGHT | {"transactionType": "FEE", "units": 0, "amount": 25, "fees": fees, "commission": 0})

    assert (row.type, row.net, row.gross) == (T.FEE, D(-25), D(-25 + (rest or 0)))
    assert row.fees == rest


def test_a_dividend_and_its_purchase_may_come_as_one_row() -> None:
    for memo in ("CREDIT", "MEMO", None):
        row = MONEY | TRADE | {"transactionType": "DIVIDENDREINVEST", "debitCreditMemo": memo}
        (paid, bought), _ = parsed(row)

        assert (paid.type, paid.net, paid.quantity) == (T.DIVIDEND, D(25), None)
        assert (bought.type, bought.net, bought.quantity) == (T.DIVIDEND_REINVESTMENT, D(-25), D(2))
        assert paid.source_key != bought.source_key


def test_an_unknown_type_is_kept_and_counted() -> None:
    (row,), notes = parsed(MONEY | {"transactionType": "AIRDROP", "debitCreditMemo": "CREDIT"})

    assert (row.type, row.net, row.source_type) == (T.OTHER, D(25), "AIRDROP")
    assert notes.words == {"transactionType.AIRDROP": 1}


# Signs.


@pytest.mark.parametrize("amount", [1012.52, -1012.52])
def test_the_memo_says_which_way_and_never_the_sign_of_the_amount(amount: float) -> None:
    assert told(BOUGHT | {"amount": amount}).net == D("-1012.52")


@pytest.mark.parametrize(
    ("word", "amount", "net"),
    [("SOLD", -25, 25), ("FEE", 25, -25), ("DIVIDEND", -25, 25), ("PAYMENT", 25, -25)],
)
def test_without_a_memo_the_type_says_it(word: str, amount: int, net: int) -> None:
    for memo in (None, "MEMO"):
        assert told(MONEY | {"transactionType": word, "amount": amount, "debitCreditMemo": memo}).net == net


def test_where_nothing_says_it_the_sign_is_as_told_and_counted() -> None:
    (row,), notes = parsed(MONEY | {"transactionType": "OTHER", "amount": -25})

    assert row.net == -25
    assert notes.words == {"transaction.direction_not_told": 1}


def test_fees_are_added_up_and_taxes_are_their_own() -> None:
    row = told(BOUGHT | {"commission": 4.95, "load": 1, "withholding": 2, "stateWithholding": 0.5})

    assert (row.fees, row.taxes, row.net) == (D("5.97"), D("2.5"), D("-1012.52"))
    assert row.gross == D("-1012.52") + D("5.97") + D("2.5")


def test_figures_come_as_texts_too() -> None:
    texts = {name: str(value) if isinstance(value, float | int) else value for name, value in BOUGHT.items()}

    assert told(texts).net == told(BOUGHT).net


def test_a_bond_is_priced_in_percent() -> None:
    bond = {"securityType": "BOND", "symbol": None, "units": 1000, "unitPrice": 1.0125, "amount": 1012.52}

    row = told(BOUGHT | bond)

    assert (row.quantity, row.price) == (D(1000), D("101.25"))
    assert row.instrument is not None
    assert row.instrument.symbol == "000000AA1"


# Days.


@pytest.mark.parametrize(
    ("stamp", "day", "instant"),
    [
        ("2026-11-12", date(2026, 11, 12), None),
        ("2026-11-12T00:00:00Z", date(2026, 11, 12), None),
        ("2026-11-12T00:00:00.000Z", date(2026, 11, 12), None),
        ("2026-11-12T05:00:00Z", date(2026, 11, 12), None),  # midnight in New York
        ("2026-11-12T14:31:05", date(2026, 11, 12), None),  # no zone: no instant
        ("2026-11-13T01:30:00Z", date(2026, 11, 12), datetime(2026, 11, 13, 1, 30, tzinfo=UTC)),
        ("2026-11-12T15:30:00-05:00", date(2026, 11, 12), datetime(2026, 11, 12, 20, 30, tzinfo=UTC)),
    ],
)
def test_a_day_is_often_dressed_as_an_instant(stamp: str, day: date, instant: datetime | None) -> None:
    row = told(BOUGHT | {"transactionTimestamp": stamp})

    assert (row.trade_date, row.executed_at) == (day, instant)


def test_without_a_day_of_its_own_a_row_has_that_of_posting() -> None:
    row = told(BOUGHT | {"transactionTimestamp": None})

    assert (row.trade_date, row.executed_at) == (date(2026, 11, 4), None)
    with pytest.raises(UnreadableReply):
        parsed(BOUGHT | {"transactionTimestamp": None, "postedTimestamp": None})


@pytest.mark.parametrize(
    ("status", "pending"),
    [("POSTED", False), ("PENDING", True), ("AUTHORIZATION", True), ("MEMO", True), (None, False)],
)
def test_what_is_pending(status: str | None, pending: bool) -> None:
    row = told(BOUGHT | {"status": status})

    assert (row.status is TransactionStatus.PENDING) == pending
    assert (row.settlement_date is None) == pending


@pytest.mark.parametrize("missing", ["transactionId", "transactionType", "amount"])
def test_what_must_be_there(missing: str) -> None:
    with pytest.raises(UnreadableReply):
        parsed({name: value for name, value in BOUGHT.items() if name != missing})


# Pages and windows (3.3 and 3.4).


def call(cursor: str | None = None, since: date | None = None) -> Call:
    return Call(ACCOUNT, since, date(2026, 11, 25), cursor, NOW)


def page(rows: int = 1, **more: object) -> Response:
    listed = [{"investmentTransaction": BOUGHT | {"transactionId": str(n)}} for n in range(rows)]
    return Response(200, {}, json.dumps({"transactions": listed, **more}).encode())


def test_akoyas_link_is_followed_as_it_is() -> None:
    href = "/transactions/v2/mikomo/inv-0001?endTime=2026-11-20T00%3A00%3A00Z&limit=50&offset=50"
    cut = reads.take_transactions(dialects.AKOYA, page(links={"next": {"href": href}}), call())

    request = reads.ask_transactions(dialects.AKOYA, call(cut.cursor))
    assert (request.target, request.host) == (href, "products")
    with pytest.raises(UnreadableReply):
        reads.take_transactions(dialects.AKOYA, page(links={"next": {"href": href}}), call(cut.cursor))


@pytest.mark.parametrize(
    ("told_page", "query"),
    [
        ({"nextOffset": "T2"}, ("offset", "T2")),
        ({"nextPageKey": "K2"}, ("pageKey", "K2")),
        ({"nextOffset": "T2", "nextPageKey": "K2", "totalElements": 9}, ("pageKey", "K2")),
    ],
)
def test_elsewhere_a_key_or_an_offset_says_where_it_goes_on(told_page: Json, query: tuple[str, str]) -> None:
    cut = reads.take_transactions(dialects.V6, page(page=told_page), call())

    assert reads.ask_transactions(dialects.V6, call(cut.cursor)).query[-1] == query


def test_a_full_page_that_says_nothing_of_pages_is_not_taken_for_the_last() -> None:
    cut = reads.take_transactions(dialects.AKOYA, page(50), call())
    request = reads.ask_transactions(dialects.AKOYA, call(cut.cursor))

    assert request.query[-1] == ("offset", "50")
    last = reads.take_transactions(dialects.AKOYA, page(50, links={"prev": {"href": "/x"}}), call())
    assert reads.ask_transactions(dialects.AKOYA, call(last.cursor)).query[-1] != ("offset", "50")


@pytest.mark.parametrize("row", [{"investmentTransaction": BOUGHT}, PAID | BOUGHT, BOUGHT])
def test_rows_come_wrapped_or_flat(row: Json) -> None:
    body = Response(200, {}, json.dumps({"page": {}, "transactions": [row]}).encode())

    (raw,) = reads.take_transactions(dialects.V6, body, call()).rows

    assert told(json.loads(raw)).net == D("-1012.52")


def test_windows_go_back_two_years_without_a_gap() -> None:
    cursor, windows = None, []
    for _ in range(20):
        query = dict(reads.ask_transactions(dialects.AKOYA, call(cursor)).query)
        windows.append((query["startTime"], query["endTime"]))
        cursor = reads.take_transactions(dialects.AKOYA, page(), call(cursor)).cursor
        if cursor is None:
            break

    assert windows[0][1] == "2026-12-02T00:00:00Z"
    assert windows[-1][0] == f"{date(2026, 11, 25) - timedelta(days=730)}T00:00:00Z"
    assert all(later[0] == earlier[1] for later, earlier in pairwise(windows))


def test_an_incremental_read_begins_where_it_is_told_to() -> None:
    request = reads.ask_transactions(dialects.V6, call(since=date(2026, 11, 20)))

    assert dict(request.query) == {"startTime": "2026-11-20", "endTime": "2026-12-02", "limit": "100"}
    assert reads.take_transactions(dialects.V6, page(), call(since=date(2026, 11, 20))).cursor is None


def test_a_cursor_is_enough_for_another_process_on_another_day() -> None:
    cut = reads.take_transactions(dialects.V6, page(page={"nextPageKey": "K2"}), call())
    later = Call(ACCOUNT, None, date(2026, 11, 26), cut.cursor, NOW)

    first, second = (reads.ask_transactions(dialects.V6, c).query for c in (call(cut.cursor), later))
    assert first == second


@pytest.mark.parametrize("style", ["akoya", "v5", "v6"])
async def test_a_history_that_grows_while_it_is_paged_is_read_whole(style: str) -> None:
    world = World(style, persona="growing", rows=300)
    grant = await world.linked()
    (account, *_) = (await world.door.accounts(grant)).rows
    (feed,) = world.door.feeds
    found: set[str | None] = set()
    cursor = None
    while True:
        told_page = await world.door.history(grant, account, feed.name, None, cursor)
        found |= {row.source_key for row in told_page.transactions}
        cursor = told_page.cursor
        if cursor is None:
            break

    assert len(found) >= 300


def test_rows_of_a_bank_account_are_read_alike() -> None:
    row = {
        "accountId": "d-1", "amount": 0.29, "debitCreditMemo": "CREDIT", "transactionType": "INTEREST",
        "description": "Interest Paid This Period", "postedTimestamp": "2021-01-27T00:00:00Z",
        "status": "POSTED", "transactionId": "x", "transactionTimestamp": "2021-01-27T00:00:00Z",
    }  # fmt: skip
    body = Response(200, {}, json.dumps({"transactions": [{"depositTransaction": row}]}).encode())

    (raw,) = reads.take_transactions(dialects.AKOYA, body, call()).rows

    assert (told(json.loads(raw)).type, told(json.loads(raw)).net) == (T.INTEREST, D("0.29"))
