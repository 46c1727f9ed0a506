"""Do the figures add up, and may a snapshot be believed?"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import Enum

from domain.money import EXACTLY, ZERO
from domain.positions import Balance, Flag, Position

# A brokerage rounds each position's value; the sum may be off by half a cent for each.
CENT = Decimal("0.01")
# Basis and value of a healthy position lie within this factor; beyond it a unit was mistaken
# (a total read as a price per share, pence read as pounds).
SUSPECT_FACTOR = Decimal(50)


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
    values = [p.market_value for p in positions]
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


def flagged(position: Position) -> tuple[Flag, ...]:
    """The flags of a position, with SUSPECT_COST added where cost and value cannot both be right."""
    cost, value = position.cost_basis, position.market_value
    if Flag.SUSPECT_COST in position.flags or not cost or not value:
        return position.flags
    ratio = abs(value / cost)
    if position.instrument.option is None and not (1 / SUSPECT_FACTOR <= ratio <= SUSPECT_FACTOR):
        return (*position.flags, Flag.SUSPECT_COST)
    return position.flags
