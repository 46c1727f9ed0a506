"""The book of one account: what rows do to cash, holdings and average costs.

The rule of costs, for all brokerages: the average cost of a holding is the weighted mean of what was
paid (or, for shorts, received) per unit, without fees, kept to ten places, half-even. Taking away
leaves the average as it is. A split or stock dividend changes the quantity and leaves the total. What
is transferred in costs its price on the row. Pending rows do nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal

from adapters.sandbox.profile import Profile
from adapters.sandbox.truth import TruthAccount, TruthInstrument, TruthPosition, TruthTransaction

ZERO = Decimal(0)
AVERAGE = Decimal("1E-10")
SAME_TOTAL = frozenset({"SPLIT", "STOCK_DIVIDEND"})


def rounded(value: Decimal, places: int | None) -> Decimal:
    """To so many places, half-even; as it is when None."""
    return value if places is None else value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


@dataclass(slots=True)
class Holding:
    instrument: TruthInstrument
    quantity: Decimal = ZERO
    average: Decimal = ZERO

    def move(self, quantity: Decimal, price: Decimal, *, same_total: bool = False) -> None:
        """Apply a signed quantity; `price` matters only when it adds to what is held."""
        after = self.quantity + quantity
        if same_total:
            self.average = (self.average * self.quantity / after).quantize(AVERAGE) if after else ZERO
        elif self.quantity == 0 or (self.quantity > 0) == (quantity > 0):
            total = self.average * self.quantity + price * quantity
            self.average = (total / after).quantize(AVERAGE)
        self.quantity = after


class Book:
    """Cash and holdings of one account."""

    def __init__(self, rows: Iterable[TruthTransaction] = (), opening_cash: Decimal = ZERO) -> None:
        self.cash = opening_cash
        self.holdings: dict[str, Holding] = {}
        for row in rows:
            self.apply(row)

    def apply(self, row: TruthTransaction) -> None:
        """Rows come oldest first."""
        if not row.posted or row.foreign:
            return
        self.cash += row.net or ZERO
        if row.instrument is None or not row.quantity:
            return
        symbol = row.instrument.symbol
        holding = self.holdings.setdefault(symbol, Holding(row.instrument))
        holding.move(row.quantity, row.price or ZERO, same_total=row.deed in SAME_TOTAL)
        if not holding.quantity:
            del self.holdings[symbol]

    def quantity(self, instrument: TruthInstrument) -> Decimal:
        holding = self.holdings.get(instrument.symbol)
        return ZERO if holding is None else holding.quantity

    def positions(self, profile: Profile) -> tuple[TruthPosition, ...]:
        """The holdings as the brokerage tells them, by symbol."""
        return tuple(_position(self.holdings[symbol], profile) for symbol in sorted(self.holdings))


def _position(holding: Holding, profile: Profile) -> TruthPosition:
    instrument, quantity = holding.instrument, holding.quantity
    units = quantity * instrument.multiplier
    average = rounded(holding.average, profile.average_places)
    cost = rounded(average * units, profile.value_places)
    value = rounded(instrument.price * units, profile.value_places)
    return TruthPosition(instrument, quantity, average, cost, instrument.price, value, value - cost)


def closed(
    account: TruthAccount, book: Book, rows: tuple[TruthTransaction, ...], profile: Profile
) -> TruthAccount:
    """The account with its figures drawn from the book; `rows` newest first."""
    positions = book.positions(profile)
    return replace(
        account,
        cash=book.cash,
        settled_cash=book.cash,
        buying_power=max(ZERO, book.cash * 2 if account.kind == "margin" else book.cash),
        total_value=sum((position.market_value for position in positions), book.cash),
        positions=positions,
        transactions=rows,
    )
