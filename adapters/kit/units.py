"""Pence and the like are price units: what a brokerage tells in one is turned into its currency, once, here.

A price and an average cost beside such a unit are in it. The totals of the same row are in it as well, or
already in the currency: brokerages do both, and say it with no word. Price x quantity tells.
"""

from dataclasses import replace
from decimal import Decimal
from typing import TypeVar, cast

from domain.accounts import AccountTold
from domain.instruments import Instrument
from domain.money import MINOR_UNITS, major
from domain.positions import Balance, Position
from domain.transactions import Transaction

T = TypeVar("T")
Figure = Decimal | None
# Between a total in the currency (a hundredth of price x quantity) and one in the price unit.
BETWEEN = 10


def in_currency(noun: T) -> T:
    """An account, balance, position or transaction as it is told, in a currency."""
    unit = getattr(noun, "currency", None)
    priced_in = getattr(getattr(noun, "instrument", None), "currency", None)
    if unit not in MINOR_UNITS and priced_in not in MINOR_UNITS:
        return noun
    return cast("T", _turned(noun))


def _turned(noun: object) -> object:
    match noun:
        case AccountTold():
            return replace(noun, currency=_named(noun.currency))
        case Balance():
            figures = (noun.cash, noun.buying_power, noun.settled_cash, noun.total_value)
            return Balance(_named(noun.currency), *(_major(one, noun.currency) for one in figures))
        case Position():
            return _position(replace(noun, instrument=_priced(noun.instrument)))
        case Transaction():
            known = noun.instrument
            return _transaction(replace(noun, instrument=None if known is None else _priced(known)))
        case _:
            return noun


def _position(told: Position) -> Position:
    unit = told.currency
    value = unit if _in_unit(told.instrument, told.quantity, told.price, told.market_value) else ""
    paid = told.average_cost and told.cost_basis
    cost = value
    if paid:
        cost = unit if _in_unit(told.instrument, told.quantity, told.average_cost, told.cost_basis) else ""
    return replace(
        told,
        currency=_named(unit),
        average_cost=_major(told.average_cost, unit),
        price=_major(told.price, unit),
        cost_basis=_major(told.cost_basis, cost),
        market_value=_major(told.market_value, value),
        unrealized_gain=_major(told.unrealized_gain, value),
    )


def _transaction(told: Transaction) -> Transaction:
    unit = told.currency
    money = told.gross if told.gross is not None else told.net
    total = unit if _in_unit(told.instrument, told.quantity, told.price, money) else ""
    return replace(
        told,
        currency=_named(unit),
        price=_major(told.price, unit),
        gross=_major(told.gross, total),
        fees=_major(told.fees, total),
        taxes=_major(told.taxes, total),
        net=_major(told.net, total),
    )


def _in_unit(instrument: Instrument | None, quantity: Figure, each: Figure, total: Figure) -> bool:
    """Whether a total is in the price unit. What cannot be compared is in the unit that the row names."""
    if not quantity or not each or not total:
        return True
    option = None if instrument is None else instrument.option
    multiplier = (option.multiplier if option is not None else None) or 1
    return abs(total) * BETWEEN > abs(each * quantity * multiplier)


def _major(figure: Figure, unit: str) -> Figure:
    return None if figure is None else major(figure, unit)[0]


def _named(unit: str) -> str:
    return MINOR_UNITS.get(unit, unit)


def _priced(instrument: Instrument) -> Instrument:
    unit = instrument.currency
    return instrument if unit not in MINOR_UNITS else replace(instrument, currency=MINOR_UNITS[unit])
