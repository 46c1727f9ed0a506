"""Exact numbers: what is let in, what is refused, and that one figure has one text."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import UnreadableReply
from domain.money import EXACTLY, MINOR_UNITS, exact, major, plain, quotient

FIGURES = st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=-(10**15), max_value=10**15)


@given(FIGURES)
def test_a_figure_survives_its_text(figure: Decimal) -> None:
    assert exact(plain(figure)) == figure


@given(FIGURES, st.integers(0, 8))
def test_equal_figures_have_equal_texts(figure: Decimal, zeros: int) -> None:
    text = f"{figure:f}"
    longer = Decimal((text if "." in text else text + ".") + "0" * zeros)

    assert plain(longer) == plain(figure)


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("1E+2", "100"),
        ("0E-8", "0"),
        ("-0", "0"),
        ("1.500", "1.5"),
        (" 7 ", "7"),
        ("-0.10", "-0.1"),
        (12, "12"),
    ],
)
def test_a_figure_is_told_plainly(told: object, text: str) -> None:
    assert plain(exact(told)) == text


ABSURD = {
    "not a number": "NaN", "signalling": "sNaN", "infinite": "Infinity", "minus infinite": "-inf",
    "empty": "", "a word": "five", "grouped": "1,000", "hex": "0x10", "half": "1e", "none": None,
    "a truth": True, "a float": 1.5, "a list": [1], "huge exponent": "1E+1000000",
    "tiny exponent": "1E-1000000", "too many digits": "9" * 41, "too many places": "0." + "1" * 60,
    "a huge int": 10**60, "a huge text": "1" * 200_000, "a monstrous int": 10**10_000,
}  # fmt: skip


@pytest.mark.parametrize("name", ABSURD)
def test_what_is_no_figure_or_an_absurd_one_is_refused_by_the_name_of_its_field(name: str) -> None:
    with pytest.raises(UnreadableReply, match=r"^price "):
        exact(ABSURD[name], "price")


@given(FIGURES, st.sampled_from(sorted(MINOR_UNITS)))
def test_pence_are_a_hundredth_of_a_pound_and_no_currency(price: Decimal, unit: str) -> None:
    turned, currency = major(price, unit)

    assert EXACTLY.multiply(turned, Decimal(100)) == price
    assert currency not in MINOR_UNITS
    assert major(turned, currency) == (turned, currency)


@given(FIGURES, st.decimals(min_value=Decimal("0.00000001"), max_value=10**12, places=8))
def test_a_quotient_is_exact_or_right_to_eighteen_places(total: Decimal, parts: Decimal) -> None:
    each = quotient(total, parts)

    off = abs(EXACTLY.multiply(each, parts) - total)
    assert off <= EXACTLY.multiply(parts, Decimal(1).scaleb(-18))
