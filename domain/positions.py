"""Balances and positions: what an account holds at one moment, in the brokerage's own words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum

from domain.instruments import Instrument
from domain.quick import quickly_made


class Flag(Enum):
    """What a reader of a position must know about its figures."""

    SUSPECT_COST = "suspect_cost"  # cost and value, or cost for each and in all, cannot both be right
    SUSPECT_PRICE = "suspect_price"  # price x quantity is not nearly the market value
    COST_UNKNOWN = "cost_unknown"  # transferred in: the brokerage says zero, which means unknown
    DERIVED_PRICE = "derived_price"  # the brokerage gives no price; it is market value / quantity


@dataclass(frozen=True, slots=True)
class Balance:
    """Cash of one currency. Signed: margin debt is negative cash. None is unknown, never zero.

    `total_value` is the brokerage's own figure for the whole account in this currency.
    """

    currency: str
    cash: Decimal | None = None
    buying_power: Decimal | None = None
    settled_cash: Decimal | None = None
    total_value: Decimal | None = None


def by_currency(told: Iterable[Balance]) -> tuple[Balance, ...]:
    """One balance for each currency: an account may have several pots of one (for trading, for futures),
    which are added up. What one pot does not tell is unknown of all. The total is the account's own figure,
    and not a pot's: it is told once, or the same by each."""
    found: dict[str, Balance] = {}
    for one in told:
        before = found.get(one.currency)
        found[one.currency] = one if before is None else _together(before, one)
    return tuple(found.values())


def _together(one: Balance, other: Balance) -> Balance:
    return Balance(
        one.currency,
        _sum(one.cash, other.cash),
        _sum(one.buying_power, other.buying_power),
        _sum(one.settled_cash, other.settled_cash),
        one.total_value if one.total_value is not None else other.total_value,
    )


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


@quickly_made
@dataclass(frozen=True, slots=True)
class Position:
    """A holding. `quantity` is + long, - short, in shares, contracts or coins.

    `average_cost` and `price` are per unit (per share of the underlying for options); `cost_basis`
    and `market_value` are totals with the multiplier in, negative for shorts; all in `currency`.
    Of a bond the quantity is face value, price and average cost are in percent of it, as they are quoted:
    market value = quantity x price / 100.
    """

    instrument: Instrument
    quantity: Decimal
    currency: str
    average_cost: Decimal | None = None
    cost_basis: Decimal | None = None
    price: Decimal | None = None
    market_value: Decimal | None = None
    unrealized_gain: Decimal | None = None
    flags: tuple[Flag, ...] = ()
    as_of: datetime | None = None
    raw: bytes = field(default=b"", compare=False)
