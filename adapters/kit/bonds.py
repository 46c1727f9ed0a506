"""Prices of bonds: told for each unit of face or in percent of it, kept in percent."""

from decimal import Decimal

from domain.money import HUNDRED

DEAREST = 5  # no bond costs more than so many times its face


def percent(price: Decimal, face: Decimal, total: Decimal | None) -> Decimal:
    """The price in percent of the face value. Where value is face x price, the price is one per unit of
    face; a source that quotes in percent all the same is told by the total, or where there is none by a price
    that can be no other."""
    per_unit = price * HUNDRED
    if not total or not face:
        return price if abs(price) > DEAREST else per_unit
    told, whole = abs(total), abs(face * price)
    return per_unit if abs(whole - told) <= abs(whole / HUNDRED - told) else price
