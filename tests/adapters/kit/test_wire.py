"""JSON with exact numbers, out of whatever a brokerage sends; and requests as they are sent."""

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kit.wire import Request, decode, get, post_form, post_json, raw_fields, raw_rows
from adapters.sandbox.asked import to_json
from domain.errors import UnreadableReply
from domain.money import exact

FIGURES = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=Decimal("-1E+19"), max_value=Decimal("1E+19"), places=8
)


@given(FIGURES)
def test_a_number_is_read_as_it_is_written(figure: Decimal) -> None:
    body = f'{{"a":{figure:f}}}'.encode()

    assert decode(body)["a"] == figure


@given(st.integers(min_value=-(10**37), max_value=10**37))
def test_a_whole_number_is_never_a_float_however_long(number: int) -> None:
    told = decode(f"[{number}]".encode())[0]

    assert (told, type(told)) == (number, int)


ABSURD = [
    b"", b" ", b"null x", b"{", b"[1,]", b"{'a':1}", b"[NaN]", b"[Infinity]", b"[-Infinity]", b"[+1]",
    b"[01]", b"[.5]", b"[1.]", b"[0x10]", b"[1_0]", b'["\x00"]', b'["\xff"]', b'"\\ud800', b"<html></html>",
    b"\xef\xbb\xbf[]", b"[1.5E+1000000]", b"[1E+1000000]", b"[1e-1000000]", b"[1]trailing", b"[1][2]",
    b"[0." + b"0" * 5000 + b"1]", b"[1." + b"9" * 5000 + b"]",
    b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("body", ABSURD, ids=lambda body: body[:24].decode("latin-1"))
def test_what_is_no_json_or_absurd_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableReply):
        decode(body)
    with pytest.raises(UnreadableReply):
        decode(b'{"row":' + body + b"}")
    with pytest.raises(UnreadableReply):
        raw_fields(body)
    # Rows are not looked into before they are read one by one.
    with pytest.raises(UnreadableReply):
        read_rows(body)


def read_rows(body: bytes) -> list[object]:
    return [decode(row) for row in raw_rows(body)]


@pytest.mark.parametrize("digits", [400, 5_000, 1_000_000])
def test_a_number_of_endless_digits_costs_nothing(digits: int) -> None:
    body = b"[" + b"9" * digits + b"]"
    try:
        value = decode(body)[0]
    except UnreadableReply:
        return

    # What has no point stays a whole number here; it is refused where it is read as a figure.
    assert isinstance(value, int)


COSTLY = {"NaN": "NaN", "Infinity": "Infinity", "an exponent": "1E+1000000", "digits": "9" * 200_000}


@pytest.mark.parametrize("quote", ["", '"'], ids=["a number", "a text"])
@pytest.mark.parametrize("name", COSTLY)
def test_a_figure_that_costs_a_second_to_turn_into_a_number_is_refused_before_that(
    name: str, quote: str
) -> None:
    rows = (
        b"["
        + b",".join(b'{"quantity":%b}' % f"{quote}{COSTLY[name]}{quote}".encode() for _ in range(100))
        + b"]"
    )
    refused, began = 0, time.process_time()

    try:
        cut = raw_rows(rows)
    except UnreadableReply:
        cut, refused = [], 100
    for row in cut:
        with pytest.raises(UnreadableReply):
            exact(decode(row)["quantity"], "quantity")
        refused += 1

    spent = time.process_time() - began
    print(f"{name} {quote}: a page of 100 refused in {spent * 1000:.0f} ms of CPU")
    assert refused == 100
    assert spent < 5


@given(st.recursive(st.none() | st.booleans() | st.text() | st.integers(-9, 9), st.lists, max_leaves=20))
def test_rows_are_cut_untouched(value: object) -> None:
    rows = [to_json({"a": value, "b": n}) for n in range(3)]

    assert raw_rows(b"[ " + b" , ".join(rows) + b" ]") == rows


def test_members_are_cut_untouched_and_the_last_of_equal_names_counts() -> None:
    members = raw_fields(b'{"a": [1, 2.50], "b":{"c" : null}, "a": 7}')

    assert {name: bytes(raw) for name, raw in members.items()} == {"a": b"7", "b": b'{"c" : null}'}


@pytest.mark.parametrize("body", [b"{}", b"null", b"1", b'"text"', b"[}"])
def test_what_is_no_list_is_never_an_empty_one(body: bytes) -> None:
    with pytest.raises(UnreadableReply):
        raw_rows(body)


def test_a_query_is_encoded_once_with_percent_signs_for_blanks() -> None:
    request = get("/a", ("q", "x y&z=ü/+"), ("none", None), ("r", "1"))

    assert request.target == "/a?q=x%20y%26z%3D%C3%BC%2F%2B&r=1"
    assert get("https://h/a?b=1", ("c", "2")).target == "https://h/a?b=1&c=2"


@pytest.mark.parametrize(
    ("request_", "repeatable"),
    [
        (get("/a"), True),
        (Request("GET", "/a", idempotent=False), False),
        (post_form("/a", ("b", "c d")), False),
        (post_json("/a", {"b": 1}), False),
        (Request("PUT", "/a", idempotent=True), True),
        (Request("DELETE", "/a"), False),
    ],
)
def test_only_what_is_said_to_be_is_repeatable(request_: Request, repeatable: bool) -> None:
    assert request_.repeatable is repeatable
