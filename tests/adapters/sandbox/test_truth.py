"""The seeded truth: it reconciles to the last digit, and holds only what a profile can tell."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sandbox.generate import build
from adapters.sandbox.ledger import Book, rounded
from adapters.sandbox.life import NEW_YORK
from adapters.sandbox.profile import ALL_KINDS, ALL_TYPES, Profile
from adapters.sandbox.truth import Truth, TruthAccount, TruthTransaction
from adapters.sandbox.universe import cusip

TODAY = date(2026, 3, 10)
FULL = Profile("toy", accounts=3, kinds=ALL_KINDS)
POOR = Profile(
    "poor",
    accounts=1,
    types=frozenset({"BUY", "SELL", "DIVIDEND", "DEPOSIT", "WITHDRAWAL", "OPTION_EXPIRATION", "FEE"}),
    fractional=False,
    trade_fees=False,
    dividend_taxes="none",
    sell_short_types=False,
    option_open_close=False,
    pending=False,
    settlement=False,
    history_days=365,
    instant_places=0,
)
FINE = Profile(
    "fine",
    kinds=ALL_KINDS,
    gross_places=None,
    dividend_taxes="field",
    price_places=4,
    value_places=2,
    quantity_places=6,
    instant_places=3,
)
CENTS = Profile("cents", whole_cents=True, dividend_taxes="field")
CASHLESS = Profile(
    "cashless", types=frozenset({"BUY", "SELL"}), kinds=frozenset({"equity"}), opening_cash=Decimal(50_000)
)
COINS = Profile(
    "coins",
    accounts=1,
    types=ALL_TYPES | {"STAKING_REWARD"},
    kinds=frozenset({"crypto"}),
    coins=("BTC", "ETH", "SOL", "USDC"),
    account_kinds=("crypto",),
    coin_fees=False,
    pending_types=frozenset({"DEPOSIT"}),
    settlement=False,
    gross_places=None,
    coin_places=18,
    instant_places=0,
)
PROFILES = {profile.brokerage: profile for profile in (FULL, POOR, FINE, CENTS, CASHLESS, COINS)}
SEEDS = range(200)


@pytest.fixture(scope="module", params=sorted(PROFILES))
def told(request: pytest.FixtureRequest) -> tuple[Profile, list[Truth]]:
    profile = PROFILES[request.param]
    return profile, [build(seed, profile, TODAY) for seed in SEEDS]


def accounts(truths: list[Truth]) -> list[TruthAccount]:
    return [account for truth in truths for account in truth.accounts]


def rows(truths: list[Truth]) -> list[TruthTransaction]:
    return [row for account in accounts(truths) for row in account.transactions]


def test_cash_is_the_sum_of_what_was_posted(told: tuple[Profile, list[Truth]]) -> None:
    profile, truths = told
    for account in accounts(truths):
        moved = sum((row.net or Decimal(0) for row in account.transactions if row.posted), Decimal(0))
        assert account.cash == profile.opening_cash + moved


def test_quantities_are_the_sums_of_what_was_posted(told: tuple[Profile, list[Truth]]) -> None:
    _, truths = told
    for account in accounts(truths):
        moved: Counter[str] = Counter()
        for row in account.transactions:
            if row.posted and row.instrument is not None and row.quantity is not None:
                moved[row.instrument.symbol] += row.quantity  # type: ignore[assignment]
        held = {position.instrument.symbol: position.quantity for position in account.positions}
        assert {symbol: quantity for symbol, quantity in moved.items() if quantity} == held


def test_totals_reconcile_exactly(told: tuple[Profile, list[Truth]]) -> None:
    profile, truths = told
    for account in accounts(truths):
        assert account.total_value == account.cash + sum(p.market_value for p in account.positions)
        for position in account.positions:
            units = position.quantity * position.instrument.multiplier
            assert position.market_value == rounded(position.price * units, profile.value_places)
            assert position.cost_basis == rounded(position.average_cost * units, profile.value_places)
            assert position.unrealized_gain == position.market_value - position.cost_basis
            assert position.average_cost > 0


def test_the_money_of_a_row_follows_from_it(told: tuple[Profile, list[Truth]]) -> None:
    profile, truths = told
    for row in rows(truths):
        assert row.gross is not None
        assert row.net == row.gross - (row.fees or 0) - (row.taxes or 0)
        assert (row.fees is None) == (not (row.trade and profile.trade_fees))
        assert min(row.fees or Decimal(0), row.taxes or Decimal(0)) >= 0
        if not row.trade:
            assert row.gross == rounded(row.gross, 2)
        if row.trade:
            assert row.instrument is not None
            assert row.quantity is not None
            assert row.price is not None
            product = -(row.quantity * row.price * row.instrument.multiplier)
            assert row.gross == rounded(product, profile.gross_places)
            assert (row.gross < 0) == (row.quantity > 0) or row.gross == 0
            if profile.whole_cents:
                assert row.gross == product


def test_a_row_holds_only_what_the_brokerage_can_tell(told: tuple[Profile, list[Truth]]) -> None:
    profile, truths = told
    for row in rows(truths):
        assert row.type in profile.types
        assert row.instrument is None or row.instrument.kind in profile.kinds
        assert row.status == "POSTED" or profile.pending
        assert row.settlement_date is None or profile.settlement
        assert row.taxes is None or profile.dividend_taxes == "field"
        if row.quantity is not None and row.instrument is not None and not profile.fractional:
            assert row.quantity == row.quantity.to_integral_value()


def test_dates_are_weekdays_in_new_york_before_today(told: tuple[Profile, list[Truth]]) -> None:
    profile, truths = told
    first = TODAY - timedelta(days=profile.history_days)
    step = 10 ** (6 - profile.instant_places)
    for row in rows(truths):
        assert row.executed_at.astimezone(NEW_YORK).date() == row.trade_date
        assert row.trade_date.weekday() < 5
        assert first <= row.trade_date < TODAY
        assert row.executed_at.microsecond % step == 0
        assert row.settlement_date is None or row.settlement_date >= row.trade_date


def test_rows_are_newest_first_and_have_ids_of_their_own(told: tuple[Profile, list[Truth]]) -> None:
    _, truths = told
    for truth in truths:
        numbers = [row.number for account in truth.accounts for row in account.transactions]
        assert len(set(numbers)) == len(numbers)
        assert len({row.uuid for account in truth.accounts for row in account.transactions}) == len(numbers)
        for account in truth.accounts:
            order = [(row.executed_at, row.number) for row in account.transactions]
            assert order == sorted(order, reverse=True)


def test_the_book_can_be_drawn_from_the_rows_again(told: tuple[Profile, list[Truth]]) -> None:
    profile, truths = told
    for account in accounts(truths[:50]):
        book = Book(reversed(account.transactions), profile.opening_cash)
        assert book.cash == account.cash
        assert book.positions(profile) == account.positions


def test_a_full_customer_lives_through_everything() -> None:
    for seed in SEEDS:
        truth = build(seed, FULL, TODAY)
        margin = truth.accounts[0]
        assert ALL_TYPES - {row.type for row in margin.transactions} == set()
        assert all(40 <= len(account.transactions) <= 120 for account in truth.accounts)
        assert any(position.quantity < 0 for position in margin.positions)
        assert {row.status for row in margin.transactions} == {"POSTED", "PENDING"}
        assert {p.instrument.kind for p in margin.positions} >= {"equity", "option"}
        orders = Counter(row.order for row in margin.transactions if row.order)
        assert max(orders.values()) >= 2
        in_kind = [row for row in margin.transactions if row.type == "FEE" and row.quantity is not None]
        assert all(row.quantity is not None and row.quantity < 0 and row.net == 0 for row in in_kind)


def test_identical_twin_fills_differ_in_their_ids_only() -> None:
    for seed in SEEDS:
        shapes = Counter(
            replace(row, number=0, uuid="") for row in build(seed, FULL, TODAY).accounts[0].transactions
        )
        assert max(shapes.values()) == 2


def test_a_split_changes_the_quantity_and_keeps_the_cost() -> None:
    for seed in SEEDS:
        for account in build(seed, FULL, TODAY).accounts:
            book = Book()
            for row in reversed(account.transactions):
                if row.type == "SPLIT" and row.instrument is not None and row.quantity is not None:
                    before = book.holdings[row.instrument.symbol]
                    total = before.quantity * before.average
                    book.apply(row)
                    after = book.holdings[row.instrument.symbol]
                    assert abs(after.quantity * after.average - total) < Decimal("0.00001")
                else:
                    book.apply(row)


def test_a_reinvestment_names_its_dividend() -> None:
    for seed in SEEDS:
        for account in build(seed, FULL, TODAY).accounts:
            known = {row.number: row for row in account.transactions}
            for row in account.transactions:
                if row.reinvests is not None:
                    dividend = known[row.reinvests]
                    assert (dividend.type, dividend.instrument) == ("DIVIDEND", row.instrument)
                if row.leg_of is not None:
                    assert known[row.leg_of].type in ("OPTION_ASSIGNMENT", "OPTION_EXERCISE")


@given(
    seed=st.integers(0, 10**6),
    today=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    history=st.integers(20, 3000),
    many=st.integers(1, 200),
)
@settings(max_examples=60)
def test_any_day_and_any_depth_reconciles(seed: int, today: date, history: int, many: int) -> None:
    profile = replace(FULL, accounts=1, history_days=history)
    (account,) = build(seed, profile, today, rows=many).accounts

    book = Book(reversed(account.transactions))
    assert (book.cash, book.positions(profile)) == (account.cash, account.positions)
    assert len(account.transactions) == many
    for row in account.transactions:
        assert row.executed_at.astimezone(NEW_YORK).date() == row.trade_date < today
        assert row.trade_date.weekday() < 5
    for position in account.positions:
        option = position.instrument.option
        assert option is None or option.expiration >= today


def test_the_same_seed_gives_the_same_truth_and_another_another() -> None:
    assert build(5, FULL, TODAY) == build(5, FULL, TODAY)
    assert build(5, FULL, TODAY).accounts != build(6, FULL, TODAY).accounts
    assert build(5, FULL, TODAY).accounts == build(5, FULL, TODAY, marker="XyZ").accounts


def test_secrets_carry_the_marker() -> None:
    customer = build(5, FULL, TODAY, marker="PLANTED").customer

    assert all("PLANTED" in value for value in (customer.username, customer.password, customer.email))
    assert customer.password not in repr(customer)


def test_large_has_twenty_thousand_rows() -> None:
    truth = build(1, FULL, TODAY, "large")

    assert len(truth.accounts[0].transactions) == 20_000


@pytest.mark.parametrize("many", [1, 10, 50, 500, 3001])
def test_as_many_rows_as_asked_for(many: int) -> None:
    assert len(build(2, FULL, TODAY, rows=many).accounts[0].transactions) == many


def test_empty_has_accounts_and_nothing_in_them() -> None:
    truth = build(1, FULL, TODAY, "empty")

    assert len(truth.accounts) == 3
    assert all(a.cash == 0 and not a.positions and not a.transactions for a in truth.accounts)


def test_the_json_is_plain_text_and_leaves_out_what_is_not_told() -> None:
    hidden = frozenset(
        {"transaction.executed_at/others", "position.price", "position.cost_basis/option", "instrument.cusip"}
    )
    profile = replace(FULL, hidden=hidden)
    told = json.loads(json.dumps(build(3, profile, TODAY).as_json(profile)))

    account = told["accounts"][0]
    assert all(position["price"] is None for position in account["positions"])
    for position in account["positions"]:
        assert (position["cost_basis"] is None) == (position["instrument"]["kind"] == "option")
    for row in account["transactions"]:
        traded = "BUY" in row["type"] or "SELL" in row["type"] or row["type"] == "DIVIDEND_REINVESTMENT"
        assert (row["executed_at"] is not None) == traded
        assert "description" not in row
        assert "E" not in row["net"]
    assert set(account) == {"number", "key", "kind", "currency", "balance", "positions", "transactions"}


def test_a_profile_may_retell_a_row() -> None:
    def merged(row: TruthTransaction) -> TruthTransaction:
        return replace(row, fees=row.fees or Decimal(0))

    profile = replace(FULL, tell=merged)
    told = json.dumps(build(3, profile, TODAY).as_json(profile))

    assert '"fees": null' not in told


def test_cusips_are_well_formed() -> None:
    assert cusip(1) != cusip(2)
    assert all(len(cusip(n)) == 9 and cusip(n)[-1].isdigit() for n in range(50))


def test_option_symbols_are_in_the_occ_form() -> None:
    for position in build(3, FULL, TODAY).accounts[0].positions:
        option = position.instrument.option
        if option is not None:
            assert position.instrument.symbol == option.occ
            assert len(option.occ) == 21
            assert option.expiration >= TODAY
