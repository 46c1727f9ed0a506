"""Prices of bonds: in percent of the face, however they are told."""

from decimal import Decimal

import pytest

from adapters.kit.bonds import percent

D = Decimal


@pytest.mark.parametrize("total", [D(985), D(-985), D("990.10")])
@pytest.mark.parametrize("price", [D("0.985"), D("98.5")])
def test_the_total_says_whether_a_price_is_in_percent_or_by_unit_of_face(price: D, total: D) -> None:
    assert percent(price, D(1000), total) == D("98.5")


@pytest.mark.parametrize(
    ("price", "told"), [("0.985", "98.5"), ("98.5", "98.5"), ("1.2", "120"), ("130", "130")]
)
@pytest.mark.parametrize(("face", "total"), [(1000, None), (1000, 0), (0, 985)])
def test_without_a_total_a_price_beyond_all_faces_is_in_percent(
    price: str, told: str, face: int, total: int | None
) -> None:
    assert percent(D(price), D(face), None if total is None else D(total)) == D(told)
