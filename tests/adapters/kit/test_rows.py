"""Fields of a row: typed, bounded, honest about what is missing, and silent about what they hold."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kit import rows
from domain.errors import UnreadableReply
from domain.ports.brokerage import Notes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=True),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
READERS: list[Callable[[Any], object]] = [
    lambda value: rows.number({"x": value}, "x"),
    lambda value: rows.optional_number({"x": value}, "x"),
    lambda value: rows.text({"x": value}, "x"),
    lambda value: rows.optional_text({"x": value}, "x"),
    lambda value: rows.mapping({"x": value}, "x"),
    lambda value: rows.optional_mapping({"x": value}, "x"),
    lambda value: rows.sequence({"x": value}, "x"),
    lambda value: rows.day(value, "x"),
    lambda value: rows.instant(value, "x"),
    lambda value: rows.epoch_milliseconds(value, "x"),
]


@given(st.sampled_from(READERS), JSON)
def test_a_reader_gives_what_it_should_or_says_that_it_cannot(
    read: Callable[[Any], object], value: object
) -> None:
    try:
        read(value)
        said = "x is read"
    except UnreadableReply as failure:
        said = failure.message

    # The field is named, never the value: it may be personal.
    assert said.startswith("x ")
    assert len(said) < 40


@pytest.mark.parametrize("value", ["", None])
def test_an_unknown_figure_is_absent_and_never_zero(value: str | None) -> None:
    assert rows.optional_number({"x": value}, "x") is None
    assert rows.optional_number({}, "x") is None


@pytest.mark.parametrize("row", [{}, {"x": None}, {"x": ""}, {"x": "  "}, {"x": True}, {"x": 1.5}])
def test_a_figure_that_must_be_there_is_missed(row: dict[str, object]) -> None:
    with pytest.raises(UnreadableReply):
        rows.number(row, "x")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (12, "12"),
        (" a ", "a"),
        ("", None),
        ("  ", None),
        (None, None),
        ("x" * 4000, "x" * 4000),
        ("a\x00b", "ab"),
        ("\x00", None),
    ],
)
def test_a_text_is_trimmed_and_a_number_is_its_text(value: object, told: str | None) -> None:
    assert rows.optional_text({"x": value}, "x") == told


@pytest.mark.parametrize("value", ["x" * 4001, True, [], {}, Decimal("1.5")])
def test_what_is_no_text_is_none(value: object) -> None:
    with pytest.raises(UnreadableReply):
        rows.optional_text({"x": value}, "x")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-08T01:59:59.123456789-05:00", datetime(2026, 3, 8, 6, 59, 59, 123456, UTC)),
        ("2026-03-08T07:00:00Z", datetime(2026, 3, 8, 7, tzinfo=UTC)),
        ("2026-03-08T07:00:00+0000", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ],
)
def test_an_instant_is_told_in_utc(text: str, moment: datetime) -> None:
    assert rows.instant(text, "x") == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-08T07:00:00", "2026-03-08", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
        "now", "", "2026-13-01T00:00:00Z", "2026-03-08T25:00:00Z",
    ],
)  # fmt: skip
def test_what_is_no_instant_is_none(text: str) -> None:
    with pytest.raises(UnreadableReply):
        rows.instant(text, "x")


@given(st.integers(-(10**13) + 1, 10**14 - 1))
def test_milliseconds_are_an_instant(milliseconds: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)

    assert rows.epoch_milliseconds(milliseconds, "x") == moment
    assert rows.epoch_milliseconds(str(milliseconds), "x") == moment


@pytest.mark.parametrize("value", [10**14, -(10**13), "1E+29", Decimal("1E+20"), "soon"])
def test_milliseconds_beyond_any_calendar_are_none(value: object) -> None:
    with pytest.raises(UnreadableReply):
        rows.epoch_milliseconds(value, "x")


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 5, 5, 3, 59, tzinfo=UTC), date(2026, 5, 4)),  # still evening in New York
        (datetime(2026, 5, 5, 4, 0, tzinfo=UTC), date(2026, 5, 5)),
        (datetime(2026, 1, 5, 4, 59, tzinfo=UTC), date(2026, 1, 4)),  # winter time
        (datetime(2026, 3, 8, 4, 59, tzinfo=UTC), date(2026, 3, 7)),  # the night the clocks change
    ],
)
def test_a_trade_date_is_new_york_s_and_not_utc_s(moment: datetime, day: date) -> None:
    assert rows.market_day(moment) == day


def test_a_date_is_what_stands_before_any_time() -> None:
    assert rows.day("2026-02-28T23:59:59-11:00", "x") == date(2026, 2, 28)
    for text in ("2026-02-30", "26-02-28", "2026/02/28", "", "20260228"):
        with pytest.raises(UnreadableReply):
            rows.day(text, "x")


def test_members_that_nobody_maps_are_counted_by_their_names() -> None:
    notes = Notes()

    for _ in range(2):
        rows.note_unknown({"a": 1, "b": 2, "c" * 500: 3}, frozenset({"a"}), "row", notes)

    assert notes.fields == {"row.b": 2, "row." + "c" * 64: 2}


@pytest.mark.parametrize("raw", [b"null", b"[]", b'"row"', b"1", b""])
def test_a_row_that_is_no_object_is_unreadable(raw: bytes) -> None:
    with pytest.raises(UnreadableReply):
        rows.fields(raw)
