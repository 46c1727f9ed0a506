"""Rows without ids: equal ones are counted, whatever way a brokerage cuts and orders its pages."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.instruments import Instrument, InstrumentKind
from domain.matching import (
    DAYS_CARRIED,
    PENDING_MAY_MOVE,
    Occurrences,
    PendingRow,
    became,
    fingerprint,
)
from domain.transactions import Transaction, TransactionStatus, TransactionType

DAY = date(2026, 5, 4)
POSTED, PENDING = TransactionStatus.POSTED, TransactionStatus.PENDING


def row(day: date = DAY, quantity: str = "1", **more: object) -> Transaction:
    told = {
        "source_key": None,
        "type": TransactionType.BUY,
        "trade_date": day,
        "currency": "USD",
        "source_type": "BUY",
        "quantity": Decimal(quantity),
        "net": Decimal("-10.50"),
        **more,
    }
    return Transaction(**told)  # type: ignore[arg-type]  # fields of a transaction


# Few days and few quantities, so that twins are the rule; newest first, as feeds are told.
ROWS = st.lists(st.builds(row, st.dates(DAY - timedelta(days=40), DAY), st.sampled_from("123")), max_size=40)
FEEDS = ROWS.map(lambda rows: sorted(rows, key=lambda r: r.trade_date, reverse=True))


def posted_late(rows: list[Transaction], lags: list[int]) -> list[Transaction]:
    """The rows in the order of posting, up to a week after their trade dates."""
    late = [
        (r.trade_date + timedelta(days=lag), n) for n, (r, lag) in enumerate(zip(rows, lags, strict=False))
    ]
    order = sorted(range(len(late)), key=lambda n: late[n], reverse=True)
    return [rows[n] for n in order]


def keys(rows: list[Transaction], cuts: list[int]) -> list[str]:
    """The keys of rows that are told in these pages, each read by another process."""
    found: list[str] = []
    carry = ""
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    for start, end in pairwise(edges):
        occurrences = Occurrences(carry)
        found += [occurrences.key(r) for r in rows[start:end]]
        carry = occurrences.carry()
    return found


CUTS = st.lists(st.integers(0, 40), max_size=8)


@given(FEEDS, CUTS)
def test_any_cut_into_pages_gives_the_same_keys(rows: list[Transaction], cuts: list[int]) -> None:
    assert keys(rows, cuts) == keys(rows, [])


@given(FEEDS, CUTS)
def test_no_two_rows_of_one_read_ever_share_a_key(rows: list[Transaction], cuts: list[int]) -> None:
    found = keys(rows, cuts)

    assert len(set(found)) == len(rows)


@given(ROWS, st.lists(st.integers(0, DAYS_CARRIED // 2), min_size=40, max_size=40), CUTS)
def test_nor_do_they_when_a_feed_is_ordered_by_the_day_of_posting(
    rows: list[Transaction], lags: list[int], cuts: list[int]
) -> None:
    ordered = posted_late(rows, lags)

    assert keys(ordered, cuts) == keys(ordered, [])
    assert len(set(keys(ordered, cuts))) == len(rows)


@given(FEEDS, st.randoms(use_true_random=False))
def test_the_order_of_a_page_does_not_matter(rows: list[Transaction], chance: object) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types it as object

    assert sorted(keys(shuffled, [])) == sorted(keys(rows, []))


@given(FEEDS, CUTS, st.integers(0, 40))
def test_a_window_tells_the_keys_that_the_whole_told(
    rows: list[Transaction], cuts: list[int], ago: int
) -> None:
    since = DAY - timedelta(days=ago)
    window = [r for r in rows if r.trade_date >= since]

    assert set(keys(window, cuts)) <= set(keys(rows, []))


@given(FEEDS, CUTS)
def test_what_is_carried_is_bounded_by_the_days_around_a_page(
    rows: list[Transaction], cuts: list[int]
) -> None:
    occurrences = Occurrences()
    for told in rows:
        occurrences.key(told)
    following = Occurrences(occurrences.carry())
    page = [row(DAY - timedelta(days=60), "9")]
    for told in page:
        following.key(told)

    assert following.carry().count(":") <= 1, "rows of weeks ago are still carried"


def test_twins_differ_and_a_row_that_changes_is_another() -> None:
    occurrences = Occurrences()
    twins = [occurrences.key(row()) for _ in range(3)]

    assert len(set(twins)) == 3
    assert occurrences.key(row(net=Decimal("-10.51"))) not in twins


def test_what_makes_rows_equal_is_what_a_person_can_see() -> None:
    share = Instrument(InstrumentKind.EQUITY, "VTI")
    noon = datetime(2026, 5, 4, 16, tzinfo=UTC)
    seen = [
        row(),
        row(DAY - timedelta(days=1)),
        row(quantity="2"),
        row(type=TransactionType.SELL),
        row(instrument=share),
        row(net=None),
        row(fees=Decimal(0)),
        row(taxes=Decimal(0)),
        row(currency="EUR"),
        row(description="x"),
        row(executed_at=noon),
        row(executed_at=noon + timedelta(seconds=1)),
    ]

    assert len({fingerprint(r) for r in seen}) == len(seen)
    assert fingerprint(row(net=Decimal("-10.5"))) == fingerprint(row(net=Decimal("-10.500")))
    assert fingerprint(row(raw=b"shuffled")) == fingerprint(row())
    assert fingerprint(row(status=PENDING)) == fingerprint(row()), "a row that posts is the same row"


def test_an_id_of_the_brokerage_goes_before_all_of_that() -> None:
    occurrences = Occurrences()

    assert occurrences.key(row(source_key="7")) == occurrences.key(row(quantity="5", source_key="7"))
    assert occurrences.carry() == ""


# ---- pending rows that post under another id


def pending(key: str, ago: int = 0, quantity: str | None = "1", symbol: str = "") -> PendingRow:
    held = None if quantity is None else Decimal(quantity)
    return PendingRow(key, DAY - timedelta(days=ago), symbol, held, Decimal("-10.50") if held else None)


def test_the_same_figures_within_a_week_are_the_same_row() -> None:
    late = row(DAY + PENDING_MAY_MOVE)

    assert became([pending("p")], [("new", late)]) == {"new": "p"}
    assert became([pending("p")], [("new", row(DAY + PENDING_MAY_MOVE + timedelta(days=1)))]) == {}


def test_other_figures_another_instrument_or_another_state_are_another_row() -> None:
    share = Instrument(InstrumentKind.EQUITY, "VTI")
    others = [row(quantity="2"), row(net=Decimal(1)), row(instrument=share), row(status=PENDING)]

    for other in others:
        assert became([pending("p")], [("new", other)]) == {}
    assert became([pending("p", symbol="VTI")], [("new", row(instrument=share))]) == {"new": "p"}


def test_rows_without_figures_are_never_matched() -> None:
    assert became([pending("p", quantity=None)], [("new", row(quantity="0", net=None))]) == {}
    bare = row(net=None)
    assert became([pending("p", quantity=None)], [("new", Transaction(
        None, bare.type, bare.trade_date, "USD", "BUY"
    ))]) == {}  # fmt: skip


def test_of_two_that_fit_the_nearest_is_meant() -> None:
    assert became([pending("far", 5), pending("near", 1)], [("new", row())]) == {"new": "near"}


@given(
    st.lists(st.builds(pending, st.uuids().map(str), st.integers(0, 9), st.sampled_from("12")), max_size=8),
    st.lists(st.builds(row, st.dates(DAY - timedelta(days=9), DAY), st.sampled_from("12")), max_size=8),
)
def test_matches_are_one_to_one(stored: list[PendingRow], told: list[Transaction]) -> None:
    found = became(stored, [(str(n), r) for n, r in enumerate(told)])

    assert max(Counter(found.values()).values(), default=0) <= 1
    assert set(found.values()) <= {r.key for r in stored}
