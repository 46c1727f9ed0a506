"""tastytrade's transactions: each word, each sign, each quirk of the sheet, on rows written by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from adapters.brokerages.tastytrade import history
from adapters.kit.card import Scene
from domain.accounts import AccountKind, AccountTold
from domain.errors import (
    UnreadableReply,
)
from domain.ports.brokerage import Notes
from domain.transactions import TransactionType

T = TransactionType
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
ACCOUNT = AccountTold("5WT00001", "Individual", "5WT00001", AccountKind.MARGIN)
OCC = "AAPL  270115C00017000"


def scene() -> Scene:
    return Scene(ACCOUNT, {}, Notes(), NOW)


def row(word: str, sub: str, value: str = "0.0", net: str | None = None, **more: Any) -> bytes:
    """`value` and `net` with their signs; `_` in names stands for a dash."""
    told: dict[str, Any] = {
        "id": 252630001, "account-number": "5WT00001", "transaction-type": word, "transaction-sub-type": sub,
        "description": "Words", "executed-at": "2026-05-05T01:31:11.101+00:00",
        "transaction-date": "2026-05-04",
    }  # fmt: skip
    for name, figure in {"value": value, "net-value": net or value}.items():
        told |= effected(name, figure)
    return msgspec.json.encode(told | {name.replace("_", "-"): value for name, value in more.items()})


def effected(name: str, figure: str) -> dict[str, str]:
    size = Decimal(figure)
    effect = "None" if not size else "Credit" if size > 0 else "Debit"
    return {name: figure.lstrip("-"), f"{name}-effect": effect}


def told(raw: bytes, stage: Scene | None = None) -> Any:
    (found,) = history.transaction(raw, stage or scene())
    return found


SHARES = {"symbol": "KBWD", "instrument_type": "Equity", "quantity": "5.0"}
OPTION = {"symbol": OCC, "instrument_type": "Equity Option", "quantity": "2.0"}
FEES = {**effected("regulatory-fees", "-0.042"), **effected("clearing-fees", "-0.1"),
        **effected("commission", "-1.0"), **effected("proprietary-index-option-fees", "0.0")}  # fmt: skip


def test_fees_of_several_fields_with_effects_of_their_own_are_one_sum() -> None:
    stage = scene()
    sold = told(
        row(
            "Trade", "Sell to Open", "310.0", "308.858", action="Sell to Open", price="3.1", **OPTION, **FEES
        ),
        stage,
    )

    assert (sold.type, sold.quantity, sold.price) == (T.SELL_TO_OPEN, -2, Decimal("3.1"))
    assert (sold.gross, sold.fees, sold.net) == (310, Decimal("1.142"), Decimal("308.858"))
    assert (sold.source_key, sold.source_type) == ("252630001", "Trade/Sell to Open")
    assert (sold.settlement_date, sold.taxes, sold.currency) == (None, None, "USD")
    assert not stage.notes.words
    assert not stage.notes.fields


def test_a_rebate_and_another_charge_belong_to_the_fees() -> None:
    fees = {**effected("clearing-fees", "0.1"), **effected("other-charge", "-2.0"),
            **effected("currency-conversion-fees", "-0.5"), "other-charge-description": "x"}  # fmt: skip
    stage = scene()
    bought = told(row("Trade", "Buy", "-10.0", "-12.4", **SHARES, **fees), stage)

    assert (bought.gross, bought.fees, bought.net) == (-10, Decimal("2.4"), Decimal("-12.4"))
    assert not stage.notes.words


def test_fees_that_do_not_explain_the_net_are_counted_and_the_net_is_believed() -> None:
    stage = scene()
    sold = told(row("Trade", "Sell", "310.0", "300.0", **SHARES, **FEES), stage)

    assert (sold.gross, sold.fees, sold.net) == (310, 10, 300)
    assert stage.notes.words == {"fees.do_not_add_up": 1}


def test_the_day_is_the_market_s_and_the_instant_stands_beside_it() -> None:
    late = told(row("Money Movement", "Deposit", "5.0"))

    assert late.trade_date == date(2026, 5, 4)
    assert late.executed_at == datetime(2026, 5, 5, 1, 31, 11, 101000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("action", "of_option", "of_share", "sign"),
    [
        ("Buy to Open", T.BUY_TO_OPEN, T.BUY, 1), ("Buy to Close", T.BUY_TO_CLOSE, T.BUY_TO_COVER, 1),
        ("Sell to Open", T.SELL_TO_OPEN, T.SELL_SHORT, -1), ("Sell to Close", T.SELL_TO_CLOSE, T.SELL, -1),
        ("Buy", T.BUY, T.BUY, 1), ("Sell", T.SELL, T.SELL, -1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("word", ["Trade", "Receive Deliver"])
def test_every_action_is_known_and_says_the_direction(
    word: str, action: str, of_option: TransactionType, of_share: TransactionType, sign: int
) -> None:
    value = str(Decimal(-100 * sign))
    option, share = (told(row(word, action, value, **what)) for what in (OPTION, SHARES))

    assert (option.type, option.quantity) == (of_option, 2 * sign)
    assert (share.type, share.quantity, share.gross) == (of_share, 5 * sign, Decimal(value))


@pytest.mark.parametrize(
    ("word", "sub", "value", "type_"),
    [
        ("Money Movement", "Deposit", "5.0", T.DEPOSIT), ("Money Movement", "Withdrawal",
        "-5.0", T.WITHDRAWAL),
        ("Money Movement", "Dividend", "5.0", T.DIVIDEND), ("Money Movement", "Special Dividend",
        "5.0", T.DIVIDEND),
        ("Money Movement", "Credit Interest", "5.0", T.INTEREST),
        ("Money Movement", "Debit Interest", "-5.0", T.MARGIN_INTEREST),
        ("Money Movement", "Fully Paid Stock Lending Income", "5.0", T.INTEREST),
        ("Money Movement", "Fee", "-5.0", T.FEE), ("Money Movement", "Balance Adjustment",
        "-0.01", T.ADJUSTMENT),
        ("Money Movement", "Transfer", "5.0", T.TRANSFER_IN), ("Money Movement", "Transfer",
        "-5.0", T.TRANSFER_OUT),
        ("Money Movement", "ACAT", "5.0", T.TRANSFER_IN),
        ("Money Movement", "Mark to Market", "-5.0", T.OTHER), ("Money Movement", "Futures Settlement",
        "5.0", T.OTHER),
        ("Receive Deliver", "Expiration", "0.0", T.OPTION_EXPIRATION),
        ("Receive Deliver", "Assignment", "0.0", T.OPTION_ASSIGNMENT),
        ("Receive Deliver", "Cash Settled Assignment", "-5.0", T.OPTION_ASSIGNMENT),
        ("Receive Deliver", "Exercise", "0.0", T.OPTION_EXERCISE),
        ("Receive Deliver", "Cash Settled Exercise", "5.0", T.OPTION_EXERCISE),
        ("Receive Deliver", "Dividend", "0.0", T.DIVIDEND_REINVESTMENT),
        ("Receive Deliver", "Forward Split", "-5.0", T.SPLIT), ("Receive Deliver", "Reverse Split",
        "-5.0", T.SPLIT),
        ("Receive Deliver", "Reverse Split Removal", "5.0", T.SPLIT),
        ("Receive Deliver", "Cash Merger", "5.0", T.MERGER), ("Receive Deliver", "Stock Merger",
        "-5.0", T.MERGER),
        ("Receive Deliver", "Stock Merger Removal", "5.0", T.MERGER),
        ("Receive Deliver", "Symbol Change", "0.0", T.SYMBOL_CHANGE), ("Receive Deliver", "Maturity",
        "5.0", T.OTHER),
        ("Administrative Transfer", "Transfer", "5.0", T.TRANSFER_IN),
        ("Administrative Transfer", "", "-5.0", T.TRANSFER_OUT),
    ],
)  # fmt: skip
def test_every_sub_type_is_known(word: str, sub: str, value: str, type_: TransactionType) -> None:
    stage = scene()

    assert told(row(word, sub, value), stage).type is type_
    assert not stage.notes.words


def test_words_that_are_new_are_kept_as_other_and_counted() -> None:
    stage = scene()
    novelty = told(row("Novelty", "Event Payout", "5.0", novel_field=1), stage)

    assert (novelty.type, novelty.net, novelty.source_type) == (T.OTHER, 5, "Novelty/Event Payout")
    assert stage.notes.words == {"transaction-type.Novelty": 1, "transaction-sub-type.Event Payout": 1}
    assert stage.notes.fields == {"transaction.novel-field": 1}


def test_cash_only_rows_have_no_quantity_and_no_fees() -> None:
    paid = told(row("Money Movement", "Dividend", "27.74", **SHARES))

    assert (paid.quantity, paid.fees, paid.gross, paid.net) == (
        None,
        None,
        Decimal("27.74"),
        Decimal("27.74"),
    )
    assert paid.instrument is not None


@pytest.mark.parametrize("text", ["FOREIGN TAX", "NRA withholding", "ADR W/H 15%", "Foreign tax withheld"])
@pytest.mark.parametrize("sub", ["Dividend", "Special Dividend"])
def test_a_dividend_that_is_debited_is_paid_for_a_short_or_withheld(sub: str, text: str) -> None:
    short = told(row("Money Movement", sub, "-9.0", description="KBW ETF"))
    tax = told(row("Money Movement", sub, "-9.0", description=text))

    assert (short.type, short.net) == (T.DIVIDEND, -9)
    assert (tax.type, tax.net) == (T.TAX, -9)


def test_a_reinvested_dividend_is_worth_nothing_for_its_cash_was_a_row_of_its_own() -> None:
    bought = told(row("Receive Deliver", "Dividend", action="Buy to Open", price="16.46", **SHARES))

    assert bought.type is T.DIVIDEND_REINVESTMENT
    assert (bought.quantity, bought.price, bought.gross, bought.net) == (5, Decimal("16.46"), 0, 0)


@pytest.mark.parametrize(
    ("sub", "cost", "quantity"),
    [("Reverse Split", "-218.75", 5), ("Reverse Split Removal", "218.75", -5), ("Forward Split", "-1.0", 5)],
)
def test_the_value_of_a_split_is_the_cost_that_is_carried_and_no_cash(
    sub: str, cost: str, quantity: int
) -> None:
    split = told(row("Receive Deliver", sub, cost, **SHARES))

    assert (split.quantity, split.gross, split.net, split.fees) == (quantity, 0, 0, None)


@pytest.mark.parametrize(
    ("sub", "cost", "quantity"),
    [("Stock Merger", "-9.0", 5), ("Stock Merger Removal", "9.0", -5), ("Symbol Change", "-9.0", 5),
     ("Symbol Change", "9.0", -5), ("ACAT", "-9.0", 5), ("ACAT", "9.0", -5)],
)  # fmt: skip
def test_the_value_of_other_shares_that_come_and_go_is_taken_for_such_a_cost(
    sub: str, cost: str, quantity: int
) -> None:
    moved = told(row("Receive Deliver", sub, cost, **SHARES))

    assert (moved.quantity, moved.gross, moved.net, moved.fees) == (quantity, 0, 0, None)


def test_money_that_moves_has_no_quantity_whatever_action_it_names() -> None:
    moved = told(row("Money Movement", "Mark to Market", "-5.0", action="Buy", **SHARES))

    assert (moved.type, moved.quantity, moved.net) == (T.OTHER, None, -5)


def test_a_cash_merger_pays_cash() -> None:
    assert told(row("Receive Deliver", "Cash Merger", "50.0", action="Sell to Close", **SHARES)).net == 50


def test_shares_that_are_transferred_go_where_their_action_says_or_nobody_knows() -> None:
    stage = scene()
    came = told(row("Receive Deliver", "ACAT", action="Buy to Open", **SHARES), stage)
    went = told(row("Receive Deliver", "ACAT", action="Sell to Close", **SHARES), stage)
    assert (came.type, came.quantity, went.type, went.quantity) == (T.TRANSFER_IN, 5, T.TRANSFER_OUT, -5)
    assert not stage.notes.words

    lost = told(row("Receive Deliver", "ACAT", **SHARES), stage)
    assert (lost.type, lost.quantity) == (T.OTHER, None)
    assert stage.notes.words == {"direction.ACAT": 1}


def ended(sub: str, **more: Any) -> Any:
    """As recorded: no action, no price, no effects."""
    bare = msgspec.json.decode(row("Receive Deliver", sub, **OPTION, **more))
    return told(msgspec.json.encode({k: v for k, v in bare.items() if not k.endswith("-effect")}))


def test_options_that_end_have_no_price_and_no_effect() -> None:
    gone = ended("Expiration")

    assert (gone.price, gone.gross, gone.fees, gone.net) == (None, 0, None, 0)


def test_options_that_end_have_no_action_and_only_their_kind_may_say_the_direction() -> None:
    assert ended("Exercise").quantity == -2  # one exercises what one has
    assert ended("Assignment").quantity == 2  # and is assigned what one owes
    assert ended("Expiration").quantity is None
    assert ended("Expiration", lots=[{"quantity-direction": "Short"}]).quantity == 2
    assert ended("Expiration", lots=[{"quantity-direction": "Long"}]).quantity == -2
    both = [{"quantity-direction": "Long"}, {"quantity-direction": "Short"}]
    assert ended("Expiration", lots=both).quantity is None


def test_shares_of_an_assignment_hide_their_fees_in_the_net() -> None:
    stage = scene()
    leg = told(row("Receive Deliver", "Buy to Open", "-1700.0", "-1705.0", **SHARES), stage)

    assert (leg.type, leg.quantity, leg.gross, leg.fees, leg.net) == (T.BUY, 5, -1700, 5, -1705)
    assert not stage.notes.words


def test_a_future_s_trade_is_worth_nothing_and_costs_its_fees() -> None:
    future = {"symbol": "/ESZ9", "instrument_type": "Future", "quantity": "1.0", "price": "5000.25"}
    bought = told(row("Trade", "Buy", "0.0", "-1.142", **future, **FEES))

    assert (bought.type, bought.quantity, bought.gross) == (T.BUY, 1, 0)
    assert (bought.fees, bought.net) == (Decimal("1.142"), Decimal("-1.142"))


def test_a_correction_is_a_row_of_its_own() -> None:
    stage = scene()
    undone = told(row("Trade", "Sell", "10.0", reverses_id=1, **SHARES), stage)

    assert (undone.source_key, undone.net) == ("252630001", 10)
    assert not stage.notes.fields


@pytest.mark.parametrize(
    "wrong",
    [{"value-effect": "None"}, {"value-effect": "Sideways"}, {"value": "-5.0"}, {"value": None},
    {"quantity": "-1"},
     {"executed-at": "2026-05-04"}, {"transaction-date": ""}, {"id": None}],
)  # fmt: skip
def test_a_row_whose_sign_or_day_is_not_told_is_unreadable(wrong: dict[str, Any]) -> None:
    good = msgspec.json.decode(row("Receive Deliver", "Cash Merger", "5.0", action="Sell", **SHARES))
    told(msgspec.json.encode(good))

    with pytest.raises(UnreadableReply):
        told(msgspec.json.encode(good | wrong))
