"""Prices of bonds: told for each unit of face or in percent of it, kept in percent."""

from decimal import Decimal

from domain.money import HUNDRED


def percent(price: Decimal, face: Decimal, total: Decimal | None) -> Decimal:
    """The price in percent of the face value. Where value is face x price, the price is one per unit of
    face; a source that quotes in percent all the same is told by the total."""
    per_unit = price * HUNDRED
    if not total or not face:
        return per_unit
    told, whole = abs(total), abs(face * price)
    return per_unit if abs(whole - told) <= abs(whole / HUNDRED - told) else price
