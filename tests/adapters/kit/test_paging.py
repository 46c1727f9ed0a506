"""How an answer is cut into rows, and where it goes on; never into nothing where something is missing."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kit.card import Call, Rows
from adapters.kit.paging import AfterLast, NextLink, OnePage, dig
from adapters.kit.wire import Response
from adapters.sandbox.asked import to_json
from domain.errors import UnreadableReply

AFTER = AfterLast("page_token", item="id", size=2, size_parameter="page_size")


def call(cursor: str | None = None) -> Call:
    return Call(None, None, date(2026, 5, 4), cursor, datetime(2026, 5, 4, tzinfo=UTC))


def answer(value: object) -> Response:
    return Response(200, {}, to_json(value))


@pytest.mark.parametrize("body", [{}, {"a": None}, {"a": []}, {"a": {"c": 1}}, [], None, {"b": {"a": 1}}])
def test_a_missing_key_on_the_way_is_unreadable(body: object) -> None:
    with pytest.raises(UnreadableReply):
        dig(answer(body), ("a", "b"))


def test_what_lies_under_a_path_is_cut_untouched() -> None:
    assert bytes(dig(Response(200, {}, b'{"a": {"b": [1.50, 2]}}'), ("a", "b"))) == b"[1.50, 2]"


@pytest.mark.parametrize("body", [{"rows": None}, {"rows": {}}, {"rows": "x"}, {}, []])
def test_a_list_that_is_none_is_never_an_empty_one(body: object) -> None:
    with pytest.raises(UnreadableReply):
        OnePage(("rows",)).rows(answer(body), call())


def test_one_page_is_all_of_its_rows_or_one_whole() -> None:
    assert OnePage(("rows",)).rows(answer({"rows": [1, {"a": 2}]}), call()) == Rows([b"1", b'{"a":2}'])
    assert OnePage(("rows",)).whole(answer({"rows": [1]}), call()) == Rows([b"[1]"])
    assert OnePage().whole(answer({"a": 1}), call()) == Rows([b'{"a":1}'])


def test_a_page_that_is_not_full_is_the_last() -> None:
    assert AFTER.take(answer([]), call()).cursor is None
    assert AFTER.take(answer([{"id": "1"}]), call("0")).cursor is None


def test_a_full_page_goes_on_after_its_last_row() -> None:
    cut = AFTER.take(answer([{"id": "1"}, {"id": "2"}]), call())

    assert cut == Rows([b'{"id":"1"}', b'{"id":"2"}'], "2")
    assert AFTER.parameters(call(cut.cursor)) == (("page_size", "2"), ("page_token", "2"))


@pytest.mark.parametrize("last", [{}, {"id": None}, {"id": ""}, {"id": 2}, "2", None, {"id": "1"}])
def test_a_full_page_that_does_not_say_where_it_goes_on_is_unreadable(last: object) -> None:
    with pytest.raises(UnreadableReply):
        AFTER.take(answer([{"id": "0"}, last]), call("1"))


@pytest.mark.parametrize(("told", "cursor"), [(None, None), ("", None), ("https://h/2", "https://h/2")])
def test_a_link_says_where_it_goes_on(told: object, cursor: str | None) -> None:
    assert NextLink().take(answer({"results": [1], "next": told}), call("https://h/1")).cursor == cursor


@pytest.mark.parametrize(
    "body",
    [
        {"results": []},
        {"results": [], "next": 2},
        {"results": [], "next": {}},
        {"results": [], "next": "https://h/1"},
        {"next": None},
    ],
)
def test_a_link_that_is_missing_or_none_or_the_same_is_unreadable(body: object) -> None:
    with pytest.raises(UnreadableReply):
        NextLink().take(answer(body), call("https://h/1"))


@given(st.lists(st.integers(), max_size=30), st.integers(1, 7))
def test_any_cut_into_pages_gives_all_rows_once(rows: list[int], size: int) -> None:
    listed = [{"id": str(place), "value": row} for place, row in enumerate(rows)]
    paging = AfterLast("after", item="id", size=size, size_parameter="limit")
    found: list[bytes] = []
    cursor: str | None = None
    while True:
        start = 0 if cursor is None else int(cursor) + 1
        cut = paging.take(answer(listed[start : start + size]), call(cursor))
        found += cut.rows
        cursor = cut.cursor
        if cursor is None:
            break

    assert found == [to_json(row) for row in listed]
