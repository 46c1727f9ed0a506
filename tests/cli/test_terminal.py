"""Strings from outside are harmless on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerlink.cli.terminal import clean

HARMFUL = {
    "a colour": "\x1b[31mred\x1b[0m",
    "a title": "\x1b]0;title\x07text",
    "a link": "\x1b]8;;http://evil\x1b\\text",
    "an unfinished sequence": "text\x1b]0;never ends",
    "eight-bit control": "\x9b31mred",
    "a cursor that goes back": "safe\b\b\b\bevil\r",
    "text from right to left": "abc\u202edef",
    "isolates": "\u2066x\u2069",
    "nothing to see": "a\u200bb\ufeffc",
    "a line of its own": "one\u2028two",
    "a lone escape": "x\x1b",
}


@pytest.mark.parametrize("text", HARMFUL.values(), ids=HARMFUL.keys())
def test_takes_the_harm_out(text: str) -> None:
    assert clean(text).replace("\ufffd", "").isprintable()


@given(st.text())
def test_whatever_comes_is_one_line_without_controls(text: str) -> None:
    found = clean(text)

    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in found)
    assert not set(found) & set("\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


@pytest.mark.parametrize("text", ["Zoë 太郎", "…1234", "O'Neil & Söhne [joint]", "a  b"])
def test_leaves_names_alone(text: str) -> None:
    assert clean(text) == text
