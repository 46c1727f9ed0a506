"""Holdings that a file tells in parts: by lots, by sources of a plan, by cash and margin."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from domain.instruments import Instrument, InstrumentKind
from domain.money import HUNDRED, quotient
from domain.positions import Flag, Position

ONE = Decimal(1)


def merged(told: Iterable[Position]) -> tuple[Position, ...]:
    """One position for each instrument and side: quantities and totals add up, average cost follows."""
    found: dict[tuple[Instrument, str, bool], Position] = {}
    for position in told:
        key = position.instrument, position.currency, position.quantity > 0
        known = found.get(key)
        found[key] = position if known is None else _together(known, position)
    return tuple(found.values())


def _together(one: Position, other: Position) -> Position:
    quantity, cost = one.quantity + other.quantity, _sum(one.cost_basis, other.cost_basis)
    value = _sum(one.market_value, other.market_value)
    same = one.price == other.price
    price = one.price if same else _per_unit(value, quantity, one.instrument)
    flags = (*one.flags, *(flag for flag in other.flags if flag not in one.flags))
    if not same and price is not None and Flag.DERIVED_PRICE not in flags:
        flags = (*flags, Flag.DERIVED_PRICE)
    return replace(
        one,
        quantity=quantity,
        cost_basis=cost,
        average_cost=_per_unit(cost, quantity, one.instrument),
        price=price,
        market_value=value,
        unrealized_gain=_sum(one.unrealized_gain, other.unrealized_gain),
        flags=flags,
        raw=one.raw + b"\n" + other.raw,
    )


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


def _per_unit(total: Decimal | None, quantity: Decimal, instrument: Instrument) -> Decimal | None:
    return None if total is None or not quantity else quotient(total, quantity * units(instrument))


def units(instrument: Instrument | None) -> Decimal:
    """What one unit counts for: contracts stand for shares, bonds are priced in percent of their face."""
    if instrument is None:
        return ONE
    if instrument.option is not None:
        return instrument.option.multiplier or HUNDRED
    return {InstrumentKind.BOND: ONE / HUNDRED, InstrumentKind.OPTION: HUNDRED}.get(instrument.kind, ONE)
