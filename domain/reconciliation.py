"""Do the figures add up, and may a snapshot be believed?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from enum import Enum

from domain.instruments import InstrumentKind
from domain.money import EXACTLY, HUNDRED, ZERO
from domain.positions import Balance, Flag, Position

# A brokerage rounds each position's value; the sum may be off by half a cent for each.
CENT = Decimal("0.01")
# Basis and value of a healthy position lie within this factor; beyond it a unit was mistaken
# (a total read as a price per share, pence read as pounds).
SUSPECT_FACTOR = Decimal(50)
# The price may be of another moment than the value; beyond this factor it is of another unit.
CONTRADICTION = Decimal(2)
_PRICED_EACH = {
    InstrumentKind.EQUITY,
    InstrumentKind.ETF,
    InstrumentKind.MUTUAL_FUND,
    InstrumentKind.CRYPTO,
    InstrumentKind.CASH_EQUIVALENT,
}


class Agreement(Enum):
    RECONCILED = "reconciled"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The brokerage's own total against cash + positions, in one currency. Both are kept, none is bent."""

    state: Agreement
    told: Decimal | None = None
    computed: Decimal | None = None

    @property
    def difference(self) -> Decimal | None:
        if self.told is None or self.computed is None:
            return None
        return EXACTLY.subtract(self.told, self.computed)


def reconcile(balances: Sequence[Balance], positions: Sequence[Position]) -> Reconciliation:
    """Compare the total with the parts. UNKNOWN where a part is unknown, or currencies mix."""
    if len(balances) != 1 or any(p.currency != balances[0].currency for p in positions):
        return Reconciliation(Agreement.UNKNOWN)
    balance = balances[0]
    values = [_without_notional(p).market_value for p in positions]
    if balance.total_value is None or balance.cash is None or any(v is None for v in values):
        return Reconciliation(Agreement.UNKNOWN, balance.total_value)
    with localcontext(EXACTLY):
        computed = balance.cash + sum((v for v in values if v is not None), ZERO)
        tolerance = CENT * (len(values) + 1)
        agrees = abs(balance.total_value - computed) <= tolerance
    return Reconciliation(
        Agreement.RECONCILED if agrees else Agreement.DIFFERS, balance.total_value, computed
    )


def vanished(
    before: int,
    after: int,
    cash_before: Decimal | None,
    now: Balance | None,
    already_held_back: bool,
) -> bool:
    """Whether a snapshot is not believed yet: everything is gone at once, and no cash came in for it.

    A cent of interest is no cash for it: where the brokerage's own total says that there is more than
    cash, there is. Shown twice in a row it is believed: a user may truly have moved everything to another
    brokerage.
    """
    if before == 0 or after > 0 or already_held_back:
        return False
    if cash_before is None or now is None or now.cash is None:
        return True
    if now.total_value is not None and abs(now.total_value - now.cash) > CENT:
        return True
    return now.cash <= cash_before


def checked(position: Position) -> Position:
    """A position as it is shown. Left out: a zero that stands for an unknown cost, with the gain over it, and
    what the contract of a future is worth. Figures that cannot all be right are kept and flagged."""
    known = _without_notional(_without_unknown_cost(position))
    flags = flagged(known)
    return known if flags == known.flags else replace(known, flags=flags)


def _without_unknown_cost(position: Position) -> Position:
    if Flag.COST_UNKNOWN not in position.flags:
        return position
    cost = position.cost_basis or None
    gain = None if cost is None else position.unrealized_gain
    return replace(
        position, average_cost=position.average_cost or None, cost_basis=cost, unrealized_gain=gain
    )


def _without_notional(position: Position) -> Position:
    """Nobody has paid for a future: most brokerages tell the notional of its contract as its value and cost,
    and a total that it is added to is wrong by as much. What it has won or lost is told as such, or is in the
    cash already."""
    if position.instrument.kind is not InstrumentKind.FUTURE:
        return position
    return replace(position, cost_basis=None, market_value=None)


def flagged(position: Position) -> tuple[Flag, ...]:
    """The flags of a position, with SUSPECT_COST and SUSPECT_PRICE added where they are due."""
    units = _units(position)
    doubts = (
        (
            Flag.SUSPECT_COST,
            _out_of_reach(position) or _contradict(position.average_cost, position.cost_basis, units),
        ),
        (Flag.SUSPECT_PRICE, _contradict(position.price, position.market_value, units)),
    )
    return (*position.flags, *(flag for flag, so in doubts if so and flag not in position.flags))


def _out_of_reach(position: Position) -> bool:
    """Whether cost and value lie further apart than a holding wins or loses. An option may well do so."""
    cost, value = position.cost_basis, position.market_value
    if not cost or not value or position.instrument.option is not None:
        return False
    return not 1 / SUSPECT_FACTOR <= abs(value / cost) <= SUSPECT_FACTOR


def _contradict(each: Decimal | None, total: Decimal | None, units: Decimal | None) -> bool:
    """Whether a figure for each unit and one for the whole cannot both be right: one of them was taken for
    the other, or is in another unit. What the last digit of a small price hides is allowed for."""
    if not each or not total or not units:
        return False
    exponent = each.as_tuple().exponent
    hidden = Decimal(5).scaleb(exponent - 1) if isinstance(exponent, int) else ZERO
    least, most = (abs(each) - hidden) * abs(units), (abs(each) + hidden) * abs(units)
    return abs(total) * CONTRADICTION < least or abs(total) > most * CONTRADICTION


def _units(position: Position) -> Decimal | None:
    """How often the figure for each unit is in the one for the whole; None where nobody says."""
    option, kind = position.instrument.option, position.instrument.kind
    if kind is InstrumentKind.OPTION:
        each = None if option is None else option.multiplier
        return None if each is None else position.quantity * each
    if kind is InstrumentKind.BOND:
        return position.quantity / HUNDRED
    return position.quantity if kind in _PRICED_EACH else None
