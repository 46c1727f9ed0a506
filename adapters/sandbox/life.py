"""The life of one account: a pen that writes rows into a book, and the days on which it does."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from adapters.sandbox.ledger import ZERO, Book, rounded
from adapters.sandbox.profile import Profile
from adapters.sandbox.truth import TRADES, TruthInstrument, TruthTransaction
from adapters.sandbox.universe import Universe

NEW_YORK = ZoneInfo("America/New_York")
CENT = Decimal("0.01")
# Noon exists once on every day; half past nine is 9,000 seconds before it.
_NOON = time(12, 0)


@dataclass(slots=True)
class Ending:
    """What becomes of an option when it expires: "expire", "assign", "exercise" or "close"."""

    instrument: TruthInstrument
    how: str


@dataclass(slots=True)
class Life:
    """State while an account is simulated. `now` is where the pen stands."""

    rng: random.Random
    profile: Profile
    universe: Universe
    kind: str
    today: date
    numbers: int
    book: Book
    currency: str = "USD"
    rows: list[TruthTransaction] = field(default_factory=list)
    agenda: dict[date, list[Ending]] = field(default_factory=dict)
    nature: str = ""
    lots: list[tuple[TruthInstrument, Decimal]] = field(default_factory=list)
    now: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    day: date = date(2000, 1, 1)
    _order: int = 0
    _noon: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    def move_to(self, day: date, seconds: float) -> None:
        """Stand at so many seconds after 09:30 New York of a day."""
        if day != self.day:
            self.day = day
            self._noon = datetime.combine(day, _NOON, NEW_YORK).astimezone(UTC)
        # No finer than the brokerage tells it, so that the instant told is the instant that was.
        step = 10 ** (6 - self.profile.instant_places)
        self.now = self._noon + timedelta(microseconds=int((seconds - 9000) * 1_000_000) // step * step)

    def can(self, *deeds: str) -> bool:
        """Whether the brokerage can tell it, and the account is one for it."""
        if self.nature and (self.nature == "lots") is not TRADES.issuperset(deeds):
            return False
        return self.profile.can(*deeds)

    def next_order(self) -> int:
        self._order += 1
        return self.numbers + self._order

    def write(  # noqa: PLR0913  a row is as wide as it is
        self,
        deed: str,
        *,
        instrument: TruthInstrument | None = None,
        quantity: Decimal | None = None,
        price: Decimal | None = None,
        gross: Decimal = ZERO,
        fees: Decimal | None = None,
        taxes: Decimal | None = None,
        text: str = "",
        order: int = 0,
        status: str = "POSTED",
        reinvests: int | None = None,
        leg_of: int | None = None,
        currency: str = "",
    ) -> TruthTransaction:
        """One row, at `now`; the book hears of it. `currency`: only where it is not the account's."""
        settles = self._settles(order) if self.profile.settlement and status == "POSTED" else None
        row = TruthTransaction(
            number=self.numbers + len(self.rows) + 1,
            type=self.profile.told_type(deed),
            status=status,
            trade_date=self.day,
            executed_at=self.now,
            settlement_date=settles,
            instrument=instrument,
            quantity=quantity,
            price=price,
            gross=gross,
            fees=fees,
            taxes=taxes,
            net=gross - (fees or ZERO) - (taxes or ZERO),
            currency=currency or self.currency,
            description=text,
            order=order,
            uuid=self._uuid(),
            reinvests=reinvests,
            leg_of=leg_of,
            deed=deed,
            foreign=bool(currency),
        )
        self.rows.append(row)
        self.book.apply(row)
        return row

    def trade(
        self,
        deed: str,
        instrument: TruthInstrument,
        quantity: Decimal,
        price: Decimal,
        order: int = 0,
        status: str = "POSTED",
        reinvests: int | None = None,
        leg_of: int | None = None,
    ) -> TruthTransaction:
        """A fill. The gross follows from quantity and price; fees are told if the brokerage tells them."""
        gross = self.gross(instrument, quantity, price)
        verb = deed.replace("_", " ").title() if instrument.option else ("Bought" if quantity > 0 else "Sold")
        return self.write(
            deed,
            instrument=instrument,
            quantity=quantity,
            price=price,
            gross=gross,
            fees=self._trade_fee(instrument, quantity) if self.profile.trade_fees else None,
            text=f"{verb} {abs(quantity)} {instrument.symbol}",
            order=order or self.next_order(),
            status=status,
            reinvests=reinvests,
            leg_of=leg_of,
        )

    def cash(
        self, deed: str, amount: Decimal, text: str, instrument: TruthInstrument | None = None
    ) -> TruthTransaction:
        """A row that moves cash and nothing else."""
        return self.write(deed, instrument=instrument, gross=amount, text=text)

    def gross(self, instrument: TruthInstrument, quantity: Decimal, price: Decimal) -> Decimal:
        return rounded(-(quantity * price * instrument.multiplier), self.profile.gross_places)

    def price(self, instrument: TruthInstrument) -> Decimal:
        return self.universe.price(instrument, self.day)

    def cents(self, low: int, high: int) -> Decimal:
        """An amount between low and high cents."""
        return Decimal(self.rng.randint(low, high)) * CENT

    def later(self, seconds: int = 1) -> None:
        self.now += timedelta(seconds=seconds)

    def promise(self, instrument: TruthInstrument, how: str) -> None:
        """Put the end of an option on the agenda."""
        if instrument.option is not None:
            self.agenda.setdefault(instrument.option.expiration, []).append(Ending(instrument, how))

    def due(self) -> int:
        """How many rows the agenda may still bring until today: two for each option."""
        return 2 * sum(len(endings) for day, endings in self.agenda.items() if day < self.today)

    def _trade_fee(self, instrument: TruthInstrument, quantity: Decimal) -> Decimal:
        if instrument.option is not None:
            return rounded(abs(quantity) * Decimal("0.65"), 2)
        return Decimal(self.rng.randint(1, 9)) * CENT if quantity < 0 else ZERO

    def _settles(self, order: int) -> date:
        """Trades settle on the next weekday, the rest the same day."""
        if not order:
            return self.day
        return self.day + timedelta(days=3 if self.day.weekday() == 4 else 1)

    def _uuid(self) -> str:
        hexes = f"{self.rng.getrandbits(128):032x}"
        return f"{hexes[:8]}-{hexes[8:12]}-4{hexes[13:16]}-a{hexes[17:20]}-{hexes[20:]}"
