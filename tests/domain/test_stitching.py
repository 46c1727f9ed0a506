"""Which told row is one that another source has told already."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain import stitching
from domain.instruments import Instrument, InstrumentKind
from domain.stitching import Candidate, ToldElsewhere, stitched, window
from domain.transactions import Transaction, TransactionStatus, TransactionType

DAY = date(2026, 3, 10)
NEXT = date(2026, 3, 11)
XMPL = Instrument(InstrumentKind.EQUITY, "XMPL")
T = TransactionType


def told(key: str = "new", **other: Any) -> Candidate:
    row: dict[str, Any] = {
        "source_key": None, "type": T.BUY, "trade_date": DAY, "currency": "USD", "source_type": "x",
        "instrument": XMPL, "quantity": Decimal(10), "gross": Decimal(-1000), "net": Decimal("-1000.02"),
    }  # fmt: skip
    transaction = Transaction(**{**row, **other})
    return Candidate(key, transaction, "ins_1" if transaction.instrument else None)


def stored(key: str = "old", **other: Any) -> ToldElsewhere:
    row: dict[str, Any] = {
        "trade_date": DAY, "settlement_date": NEXT, "type": T.BUY, "instrument_id": "ins_1", "symbol": "XMPL",
        "quantity": Decimal(10), "gross": Decimal(-1000), "net": Decimal("-1000.02"), "currency": "USD",
    }  # fmt: skip
    return ToldElsewhere(key, **{**row, **other})


def test_the_same_fill_of_two_sources_is_one() -> None:
    assert stitched([told()], [stored()]) == {"new": "old"}


def test_two_real_identical_fills_find_one_each_and_a_third_stays() -> None:
    rows, known = [told("a"), told("b"), told("c")], [stored("1"), stored("2"), stored("3")]

    assert stitched(rows, known[:2]) == {"a": "1", "b": "2"}
    assert stitched(rows[:2], known) == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    "other",
    [
        {"currency": "EUR"},
        {"quantity": Decimal(11)},
        {"quantity": Decimal("10.001")},
        {"quantity": None},
        {"net": Decimal("-1000.03")},
        {"trade_date": date(2026, 3, 9), "settlement_date": None},
        {"type": T.SELL},
        {"type": T.DIVIDEND},
        {"instrument_id": "ins_2", "symbol": "XBOL"},
        {"instrument_id": None, "symbol": ""},
    ],
)
def test_what_differs_in_anything_that_matters_is_another(other: dict[str, Any]) -> None:
    assert stitched([told()], [stored(**other)]) == {}


@pytest.mark.parametrize(
    "other",
    [
        {"net": None},
        {"gross": None},
        {"net": Decimal("-1000.0249")},
        {"quantity": Decimal("10.0000")},
        {"type": T.DIVIDEND_REINVESTMENT},
        {"type": T.OTHER},
        {"instrument_id": "ins_9"},
        {"trade_date": NEXT, "settlement_date": None},
        {"trade_date": date(2026, 3, 9), "settlement_date": DAY},
    ],
)
def test_what_one_source_tells_coarser_is_the_same(other: dict[str, Any]) -> None:
    """A figure that is not told, a rounding, a word for the type, the other of two days, another name."""
    row = told(settlement_date=NEXT)

    assert stitched([row], [stored(**other)]) == {"new": "old"}


def test_quantities_agree_up_to_the_coarser_one_s_rounding() -> None:
    fine, coarse = Decimal("3.123456"), Decimal("3.1235")
    row = told(quantity=fine)

    assert stitched([row], [stored(quantity=coarse)]) == {"new": "old"}
    assert stitched([row], [stored(quantity=Decimal("3.1236"))]) == {}


def test_equal_days_are_preferred_to_settlement_days() -> None:
    rows = [told("monday", settlement_date=NEXT), told("tuesday", trade_date=NEXT)]
    known = [stored("1"), stored("2", trade_date=NEXT, settlement_date=None)]

    assert stitched(rows, known) == {"monday": "1", "tuesday": "2"}


def test_daily_purchases_alike_are_not_taken_for_each_other() -> None:
    """One source ends on the day before the other begins: nothing overlaps, so nothing is the same."""
    rows = [told("c", trade_date=date(2026, 3, 12)), told("d", trade_date=date(2026, 3, 13))]
    known = [stored("a", settlement_date=None), stored("b", trade_date=NEXT, settlement_date=None)]

    assert stitched(rows, known) == {}


def test_cash_is_the_same_by_amount_day_and_kind() -> None:
    amount: dict[str, Any] = {"quantity": None, "gross": Decimal(500), "net": Decimal(500)}
    cash, known = {**amount, "instrument": None}, {**amount, "instrument_id": None, "symbol": ""}

    assert stitched([told(**cash, type=T.DEPOSIT)], [stored(**known, type=T.TRANSFER_IN)]) == {"new": "old"}
    assert stitched([told(**cash, type=T.DEPOSIT)], [stored(**known, type=T.INTEREST)]) == {}


def test_a_dividend_may_name_its_payer_in_one_source_only() -> None:
    paid: dict[str, Any] = {"quantity": None, "gross": Decimal(5), "net": Decimal(5), "type": T.DIVIDEND}
    nameless: dict[str, Any] = {**paid, "instrument_id": None, "symbol": ""}

    assert stitched([told(**paid)], [stored(**nameless)]) == {"new": "old"}


def test_rows_without_figures_and_removed_rows_are_never_the_same() -> None:
    nothing: dict[str, Any] = {"quantity": None, "gross": None, "net": None}

    assert stitched([told(**nothing)], [stored(**nothing)]) == {}
    assert stitched([told(status=TransactionStatus.REMOVED)], [stored()]) == {}


def test_a_pending_row_is_the_one_that_another_source_tells_as_pending_or_as_posted() -> None:
    pending = told(status=TransactionStatus.PENDING)
    both = [stored("posted"), stored("pending", posted=False)]

    assert stitched([pending], both) == {"new": "pending"}
    assert stitched([pending], both[:1]) == {"new": "posted"}
    assert stitched([told()], both) == {"new": "posted"}
    assert stitched([told()], both[1:]) == {"new": "pending"}


def test_shares_that_move_without_money_agree_by_quantity() -> None:
    split: dict[str, Any] = {"type": T.SPLIT, "gross": Decimal(0), "net": Decimal(0)}
    untold: dict[str, Any] = {"type": T.SPLIT, "gross": None, "net": None}

    assert stitched([told(**split)], [stored(**untold)]) == {"new": "old"}


def test_the_window_reaches_a_week_to_both_sides() -> None:
    assert window([told(settlement_date=NEXT)]) == (date(2026, 3, 3), date(2026, 3, 18))
    assert window([]) is None


def test_a_reinvestment_without_shares_is_the_one_with_shares() -> None:
    """Vanguard's CSV tells the money and zero shares."""
    bare = told(type=T.DIVIDEND_REINVESTMENT, quantity=None, gross=Decimal("-19.38"), net=Decimal("-19.38"))
    whole = stored(type=T.DIVIDEND_REINVESTMENT, gross=Decimal("-19.38"), net=Decimal("-19.38"))
    other = stored(type=T.DIVIDEND_REINVESTMENT, gross=Decimal("-19.39"), net=Decimal("-19.39"))

    assert stitched([bare], [whole]) == {"new": "old"}
    assert stitched([bare], [other]) == {}


def test_money_alone_makes_no_other_purchase_the_same() -> None:
    bare = told(quantity=None)

    assert stitched([bare], [stored()]) == {}


def test_thousands_of_equal_rows_are_matched_without_comparing_each_with_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = Counter[str]()

    def counting(one: Candidate, other: ToldElsewhere) -> tuple[int, ...] | None:
        looks["all"] += 1
        return rank(one, other)

    rank = stitching._rank
    monkeypatch.setattr(stitching, "_rank", counting)
    found = stitched([told(f"n{n}") for n in range(50)], [stored(f"o{n:04}") for n in range(2_000)])

    assert list(found.values()) == [f"o{n:04}" for n in range(50)]
    assert looks["all"] <= 50 * 50
