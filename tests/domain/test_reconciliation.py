"""Do the figures add up, and may a snapshot be believed?"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instruments import Instrument, InstrumentKind, OptionTerms, Right, option_instrument
from domain.positions import Balance, Flag, Position
from domain.reconciliation import SUSPECT_FACTOR, Agreement, checked, flagged, reconcile, vanished

SHARE = Instrument(InstrumentKind.EQUITY, "VTI")
CENTS = st.decimals(min_value=-1_000_000, max_value=1_000_000, places=2)


def held(value: Decimal | str | None, cost: Decimal | str | None = None, currency: str = "USD") -> Position:
    def figure(told: Decimal | str | None) -> Decimal | None:
        return None if told is None else Decimal(told)

    return Position(SHARE, Decimal(1), currency, cost_basis=figure(cost), market_value=figure(value))


def balance(cash: Decimal | None, total: Decimal | None, currency: str = "USD") -> Balance:
    return Balance(currency, cash=cash, total_value=total)


@given(CENTS, st.lists(CENTS, max_size=12))
def test_a_total_that_is_the_sum_of_its_parts_is_reconciled(cash: Decimal, values: list[Decimal]) -> None:
    total = cash + sum(values, Decimal(0))

    outcome = reconcile([balance(cash, total)], [held(value) for value in values])

    assert outcome.state is Agreement.RECONCILED
    assert (outcome.told, outcome.computed, outcome.difference) == (total, total, Decimal(0))


@given(CENTS, st.lists(CENTS, max_size=12), st.integers(2, 1000))
def test_a_difference_beyond_rounding_is_shown_and_nothing_is_bent(
    cash: Decimal, values: list[Decimal], off: int
) -> None:
    wrong = Decimal(off + len(values)) / 100
    total = cash + sum(values, Decimal(0)) + wrong

    outcome = reconcile([balance(cash, total)], [held(value) for value in values])

    assert outcome.state is Agreement.DIFFERS
    assert (outcome.told, outcome.difference) == (total, wrong)


@given(CENTS, st.lists(CENTS, max_size=12))
def test_a_brokerage_may_round_each_position_by_half_a_cent(cash: Decimal, values: list[Decimal]) -> None:
    rounded = cash + sum((value + Decimal("0.005") for value in values), Decimal(0))

    assert reconcile([balance(cash, rounded)], [held(v) for v in values]).state is Agreement.RECONCILED


@pytest.mark.parametrize(
    ("balances", "positions"),
    [
        ([], []),
        ([balance(None, Decimal(5))], []),
        ([balance(Decimal(5), None)], []),
        ([balance(Decimal(5), Decimal(5))], [held(None)]),
        ([balance(Decimal(5), Decimal(5)), balance(Decimal(1), Decimal(1), "EUR")], []),
        ([balance(Decimal(5), Decimal(5))], [held("0", currency="EUR")]),
    ],
    ids=[
        "nothing told",
        "no cash",
        "no total",
        "a value unknown",
        "two currencies",
        "one of another currency",
    ],
)
def test_where_a_part_is_unknown_so_is_the_outcome(
    balances: list[Balance], positions: list[Position]
) -> None:
    assert reconcile(balances, positions).state is Agreement.UNKNOWN


@pytest.mark.parametrize(
    ("before", "after", "cash", "held_back", "doubted"),
    [
        (3, 0, (100, 100), False, True),
        (3, 0, (100, 50), False, True),
        (3, 0, (100, 101), False, False),  # the cash came in
        (3, 0, (None, 100), False, True),
        (3, 0, (100, None), False, True),
        (3, 0, (100, 100), True, False),  # shown twice in a row
        (3, 1, (100, 100), False, False),
        (0, 0, (100, 100), False, False),
        (0, 3, (100, 100), False, False),
    ],
)
def test_everything_gone_at_once_is_doubted_unless_it_is_plausible(
    before: int, after: int, cash: tuple[int | None, int | None], held_back: bool, doubted: bool
) -> None:
    then, now = (None if figure is None else Decimal(figure) for figure in cash)

    assert vanished(before, after, then, balance(now, None), held_back) is doubted


def test_a_cent_of_interest_is_no_cash_for_all_that_was_held() -> None:
    cash, more = Decimal(100), Decimal("100.01")

    assert vanished(3, 0, cash, balance(more, Decimal(5000)), already_held_back=False)
    assert vanished(3, 0, cash, balance(more, Decimal(-5000)), already_held_back=False)
    assert not vanished(3, 0, cash, balance(more, more), already_held_back=False)
    assert vanished(3, 0, cash, None, already_held_back=False)


@pytest.mark.parametrize(
    ("cost", "value", "suspect"),
    [
        ("100", "100", False),
        ("100", "5000", False),
        ("100", "5000.01", True),  # a price per share read as a total
        ("5000.01", "100", True),
        ("100", "2", False),
        ("-100", "-100", False),
        ("-100", "-5001", True),
        ("0", "100", False),
        (None, "100", False),
        ("100", None, False),
    ],
)
def test_a_cost_that_cannot_be_right_is_suspect(cost: str | None, value: str | None, suspect: bool) -> None:
    assert (Flag.SUSPECT_COST in flagged(held(value, cost))) is suspect


def test_an_option_may_well_lose_or_win_that_much() -> None:
    terms = OptionTerms("VTI", date(2026, 6, 19), Right.CALL, Decimal(200))
    position = Position(
        option_instrument(terms), Decimal(1), "USD", cost_basis=Decimal(1), market_value=SUSPECT_FACTOR * 9
    )

    assert flagged(position) == ()


@pytest.mark.parametrize(
    ("kind", "multiplier", "total", "suspect"),
    [
        (InstrumentKind.OPTION, "100", "2250", False),
        (InstrumentKind.OPTION, "10", "2250", True),  # the multiplier that everybody assumes
        (InstrumentKind.OPTION, None, "2250", False),  # nobody says how much a contract is
        (InstrumentKind.BOND, None, "0.225", False),  # percent of the face
        (InstrumentKind.BOND, None, "22.5", True),
        (InstrumentKind.FUTURE, None, "2250", False),
        (InstrumentKind.EQUITY, None, "-22.5", False),
    ],
)
def test_one_and_all_are_compared_in_the_units_of_the_kind(
    kind: InstrumentKind, multiplier: str | None, total: str, suspect: bool
) -> None:
    each = None if multiplier is None else Decimal(multiplier)
    terms = OptionTerms("VTI", date(2026, 6, 19), Right.CALL, Decimal(200), each)
    option = terms if kind is InstrumentKind.OPTION else None
    what = Instrument(kind, "X", option=option)
    all_of_it, one = Decimal(total), Decimal("7.5")
    position = Position(
        what, Decimal(3), "USD", average_cost=one, cost_basis=all_of_it, price=one, market_value=all_of_it
    )

    found = {Flag.SUSPECT_COST, Flag.SUSPECT_PRICE} if suspect else set()
    assert set(flagged(position)) == found


@given(st.decimals("0.0001", 10_000, places=8), st.decimals(1, 1_000_000, places=4))
def test_what_rounding_hides_is_no_contradiction(price: Decimal, quantity: Decimal) -> None:
    rounded = price.quantize(Decimal("0.01"))
    position = Position(
        SHARE, quantity, "USD", average_cost=rounded, cost_basis=price * quantity,
        price=rounded, market_value=price * quantity,
    )  # fmt: skip

    assert flagged(position) == ()


def test_an_unknown_cost_leaves_no_zero_and_no_gain_behind() -> None:
    zero = Decimal(0)
    told = replace(
        held("500", zero), average_cost=zero, unrealized_gain=Decimal(500), flags=(Flag.COST_UNKNOWN,)
    )

    shown = checked(told)

    assert (shown.average_cost, shown.cost_basis, shown.unrealized_gain) == (None, None, None)
    assert (shown.market_value, shown.flags) == (Decimal(500), (Flag.COST_UNKNOWN,))
    # A cost of nothing that the brokerage stands by stays.
    assert checked(replace(told, flags=())).cost_basis == zero


def test_what_the_contract_of_a_future_is_worth_is_no_value_of_the_holding() -> None:
    future = Position(
        Instrument(InstrumentKind.FUTURE, "/ESH7"),
        Decimal(2),
        "USD",
        average_cost=Decimal(5900),
        cost_basis=Decimal(590_000),
        price=Decimal(6000),
        market_value=Decimal(600_000),
        unrealized_gain=Decimal(10_000),
    )

    shown = checked(future)

    assert (shown.market_value, shown.cost_basis) == (None, None)
    assert (shown.price, shown.average_cost) == (Decimal(6000), Decimal(5900))
    assert shown.unrealized_gain == Decimal(10_000)
    assert reconcile([balance(Decimal(50_000), Decimal(650_000))], [future]).state is Agreement.UNKNOWN


def test_flags_that_a_brokerage_gave_stay() -> None:
    position = Position(
        SHARE,
        Decimal(1),
        "USD",
        cost_basis=Decimal(1),
        market_value=Decimal(999),
        flags=(Flag.DERIVED_PRICE,),
    )

    assert flagged(position) == (Flag.DERIVED_PRICE, Flag.SUSPECT_COST)
