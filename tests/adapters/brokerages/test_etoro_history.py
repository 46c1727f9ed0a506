"""eToro's history: trades that are positions, and a ledger of money."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from etoro_rows import CLOSED, DEMO, ENTRY, LOT, MONEY, RESULT, TRADING, D, answer, call, portfolio, scene

from adapters.brokerages.etoro import history, parse, reads
from adapters.kit.wire import Response
from adapters.sandbox.asked import to_json
from domain.accounts import AccountTold
from domain.errors import UnreadableReply
from domain.transactions import TransactionStatus, TransactionType

T, S = TransactionType, TransactionStatus


def told(row: dict[str, Any]) -> list[Any]:
    return list(parse.history(to_json(row), scene()))


# ---- trades out of positions


def test_a_closed_position_tells_how_it_began_and_how_it_ended() -> None:
    began, ended = told(CLOSED)

    assert (began.source_key, began.type, began.quantity) == ("2150890001:open", T.BUY, D("0.492053"))
    assert (began.price, began.gross, began.fees, began.net) == (D("190.02"), D("-93.50"), None, D("-93.50"))
    assert began.executed_at == datetime(2026, 3, 11, 15, 31, 0, 412000, tzinfo=UTC)
    assert (ended.source_key, ended.type) == ("2150890001:close:1782916201120", T.SELL)
    assert (ended.quantity, ended.price) == (D("-0.492053"), D("215.10"))
    assert (ended.gross, ended.fees, ended.net) == (D("105.84"), D("0.5"), D("105.34"))
    assert ended.trade_date == date(2026, 7, 1)


def test_the_opening_is_the_same_row_before_and_after_the_close() -> None:
    """The open position tells its time with three digits, the closed one with seven; and what it has cost
    so far, which no closed one tells apart."""
    opened = LOT | {
        "totalFees": D("-2"), "totalExternalFees": D(1), "totalExternalTaxes": D(1),
        "positionID": 2150890001, "openDateTime": "2026-03-11T15:31:00.412Z", "openRate": D("190.02"),
        "initialUnits": D("0.492053"), "initialAmountInDollars": D("93.50"),
    }  # fmt: skip
    (before,), (after, _) = told(opened), told(CLOSED)

    assert before == after


def test_a_partial_close_leaves_the_opening_as_it_was_and_ends_are_told_apart() -> None:
    part = CLOSED | {"investment": D("40"), "units": D("0.2")}
    (first,), (second,) = told(part), told(part | {"closeTimestamp": "2026-07-02T14:30:01.12Z"})
    (opening,) = told(LOT | {"isPartiallyAltered": True, "units": D("0.1"), "amount": D(20)})

    assert first.source_key != second.source_key
    assert (opening.quantity, opening.gross) == (D("0.494878"), D(-100))


def test_a_short_is_margin_put_in_and_taken_out() -> None:
    began, ended = told(CLOSED | {"isBuy": False})

    assert (began.type, began.quantity, began.gross) == (T.SELL_SHORT, D("-0.492053"), D("-93.50"))
    assert (ended.type, ended.quantity, ended.gross) == (T.BUY_TO_COVER, D("0.492053"), D("105.84"))
    assert began.instrument.symbol == "XMPL CFD"


@pytest.mark.parametrize(
    ("row", "symbol"),
    [({}, "XMPL"), ({"leverage": 2, "units": D("0.984106")}, "XMPL CFD"), ({"instrumentId": 18}, "GOLD CFD")],
)
def test_what_a_closed_position_does_not_say_is_taken_from_what_can_be_owned(
    row: dict[str, Any], symbol: str
) -> None:
    began, ended = told(CLOSED | row)

    assert began.instrument.symbol == ended.instrument.symbol == symbol


def test_blended_fees_that_were_paid_to_the_user_are_no_fees() -> None:
    """Dividends are told nowhere else."""
    _, ended = told(CLOSED | {"fees": D("-2")})

    assert (ended.gross, ended.fees, ended.net) == (D("107.84"), None, D("107.84"))


def test_the_profit_of_a_closed_position_is_before_its_fees() -> None:
    _, ended = told(
        CLOSED | {"investment": D(100), "initialInvestment": D(100), "netProfit": D(20), "fees": D(3)}
    )

    assert (ended.gross, ended.fees, ended.net) == (D(120), D(3), D(117))
    assert told(CLOSED | {"fees": D(0)})[1].fees == 0


@pytest.mark.parametrize("rate", [15000, 150])
def test_a_rate_in_another_currency_is_no_price(rate: int) -> None:
    began, ended = told(CLOSED | {"openRate": D(rate), "closeRate": D(rate + 10)})

    assert (began.price, ended.price) == (None, None)
    assert began.gross == D("-93.50")


def test_trade_dates_are_new_york_s() -> None:
    _, ended = told(CLOSED | {"closeTimestamp": "2026-07-02T01:00:00Z"})

    assert ended.trade_date == date(2026, 7, 1)


@pytest.mark.parametrize(
    "value", ["2025-04-02T16:07:54Z", "2025-04-02T16:07:54.1Z", "2025-04-02T16:07:54.0880338Z"]
)
def test_times_have_up_to_seven_digits(value: str) -> None:
    _, ended = told(CLOSED | {"closeTimestamp": value})

    assert ended.executed_at.replace(microsecond=0) == datetime(2025, 4, 2, 16, 7, 54, tzinfo=UTC)


def test_numbers_may_have_an_exponent() -> None:
    raw = to_json(LOT | {"unrealizedPnL": RESULT | {"pnL": msgspec.Raw(b"1e-05")}})
    (position,) = parse.position(b"[" + raw + b"]", scene())

    assert position.unrealized_gain == D("0.00001")


# ---- the ledger of money


@pytest.mark.parametrize(
    ("kind", "subtype", "direction", "type_"),
    [
        ("bankTransfer", "transferReceived", "credit", T.DEPOSIT), ("card", "refund", "credit", T.DEPOSIT),
        ("bankTransfer", "paymentReceived", "credit", T.DEPOSIT),
        ("card", "cardPayment", "debit", T.WITHDRAWAL),
        ("balanceAdjustment", "creditBalanceAdjustment", "credit", T.DEPOSIT),
        ("balanceAdjustment", "debitBalanceAdjustment", "debit", T.WITHDRAWAL),
        ("card", "contactless", "debit", T.WITHDRAWAL), ("card", "onlinePayment", "debit", T.WITHDRAWAL),
        ("card", "cashWithdrawal", "debit", T.WITHDRAWAL),
        ("bankTransfer", "transfer", "debit", T.WITHDRAWAL),
        ("bankTransfer", "payment", "debit", T.WITHDRAWAL),
        ("bankTransfer", "directDebit", "debit", T.WITHDRAWAL),
        ("card", "fee", "debit", T.FEE), ("internalTransfer", "fee", "debit", T.FEE),
        ("internalTransfer", "transferReceived", "credit", T.TRANSFER_IN),
        ("internalTransfer", "transfer", "debit", T.TRANSFER_OUT),
        ("bankTransfer", "cryptoToFiat", "credit", T.TRANSFER_IN),
        ("bankTransfer", "cryptoToFiat", "debit", T.TRANSFER_OUT), ("card", "unknown", "debit", T.OTHER),
    ],
)  # fmt: skip
def test_every_word_of_the_ledger_is_known(
    kind: str, subtype: str, direction: str, type_: TransactionType
) -> None:
    stage, words = scene(), {"transactionType": kind, "transactionSubtype": subtype, "direction": direction}
    (row,) = parse.history(to_json(ENTRY | words), stage)

    assert (row.type, row.net) == (type_, D(100) if direction == "credit" else D(-100))
    assert not stage.notes.words


@pytest.mark.parametrize("name", ["transactionType", "transactionSubtype", "status"])
def test_a_word_that_we_do_not_know_is_counted(name: str) -> None:
    stage = scene()
    (row,) = parse.history(to_json(ENTRY | {name: "novelty"}), stage)

    assert stage.notes.words == {f"{name}.novelty": 1}
    assert row.type is (T.OTHER if name == "transactionSubtype" else T.DEPOSIT)


@pytest.mark.parametrize(
    ("state", "status"),
    [("settled", S.POSTED), ("authorized", S.PENDING), ("failed", S.REMOVED), ("rejected", S.REMOVED),
     ("returned", S.REMOVED), ("expired", S.REMOVED)],
)  # fmt: skip
def test_only_what_is_settled_is_posted(state: str, status: TransactionStatus) -> None:
    stage = scene()
    (row,) = parse.history(to_json(ENTRY | {"status": state}), stage)

    assert not stage.notes.words
    assert (row.status, row.source_key, row.currency) == (status, "12345", "GBP")
    assert (row.removed_reason is not None) is (status is S.REMOVED)


@pytest.mark.parametrize(("direction", "net"), [("credit", 100), ("debit", -100)])
@pytest.mark.parametrize("amount", ["100.00", "-100.00"])
def test_the_direction_is_the_sign_of_an_amount(direction: str, net: int, amount: str) -> None:
    (row,) = told(ENTRY | {"direction": direction, "amount": amount})

    assert row.net == net


def test_figures_are_numbers_but_for_the_ledger_s_which_are_texts() -> None:
    (row,) = told(ENTRY | {"amount": "0.10"})
    _, ended = told(CLOSED | {"fees": msgspec.Raw(b"0.1")})

    assert (row.net, ended.fees) == (D("0.10"), D("0.1"))


def test_an_amount_without_a_direction_is_unreadable() -> None:
    with pytest.raises(UnreadableReply):
        told(ENTRY | {"direction": "sideways"})


# ---- what is asked, and where it goes on


@pytest.mark.parametrize(
    ("account", "totals", "pnl", "trades"),
    [
        (TRADING, "/info/aggregate-portfolio", "/info/real/pnl", "/info/trade/history"),
        (DEMO, "/info/demo/aggregate-portfolio", "/info/demo/pnl", "/info/trade/demo/history"),
    ],
)
def test_paths_of_virtual_money_differ_in_more_than_a_word(
    account: AccountTold, totals: str, pnl: str, trades: str
) -> None:
    assert reads.ask_balance(call(account)).url == f"/api/v1/trading{totals}"
    assert reads.ask_positions(call(account)).url == f"/api/v1/trading{pnl}"
    assert history.ask(call(account, cursor="2025-11-27|1")).url == f"/api/v1/trading{trades}"


def test_the_history_is_what_is_open_and_then_a_year_of_closed_ones() -> None:
    first = history.take(answer(portfolio(LOT)), call())
    assert (len(first.rows), first.cursor) == (1, "2025-11-27|1")

    full = history.take(answer([CLOSED] * 100), call(cursor=first.cursor))
    assert (len(full.rows), full.cursor) == (100, "2025-11-27|2")

    assert history.take(answer([CLOSED]), call(cursor=full.cursor)).cursor is None
    assert history.take(answer(portfolio()), call(since=date(2026, 11, 1))).cursor == "2026-11-01|1"
    assert history.take(answer(portfolio()), call(since=date(2020, 1, 1))).cursor == "2025-11-27|1"


@pytest.mark.parametrize("body", [{}, {"items": []}, [CLOSED] * 101, None])
def test_a_history_that_is_no_list_or_too_long_is_unreadable(body: Any) -> None:
    with pytest.raises(UnreadableReply):
        history.take(answer(body), call(cursor="2025-11-27|1"))


def ledger(*, more: object = True, token: str | None = "b") -> Response:
    return answer(
        {"results": [ENTRY], "pagination": {"pageSize": 50, "nextPageToken": token, "hasNext": more}}
    )


def test_the_ledger_goes_on_by_tokens_until_the_days_that_are_wanted_are_over() -> None:
    assert history.take(ledger(), call(MONEY)).cursor == "b"
    assert history.take(ledger(more=False, token=None), call(MONEY)).cursor is None
    assert history.take(ledger(), call(MONEY, since=date(2026, 5, 4))).cursor is None
    assert dict(history.ask(call(MONEY, cursor="b")).query) == {"pageSize": "500", "pageToken": "b"}


@pytest.mark.parametrize("response", [ledger(token=None), ledger(more=None), answer({"results": []})])
def test_a_ledger_that_does_not_say_how_it_goes_on_is_unreadable(response: Response) -> None:
    with pytest.raises(UnreadableReply):
        history.take(response, call(MONEY))


def test_the_same_page_does_not_come_again() -> None:
    with pytest.raises(UnreadableReply):
        history.take(ledger(), call(MONEY, cursor="b"))
