"""How the account of a `growing` customer gets new rows at its head while somebody pages."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from adapters.sandbox.ledger import Book, closed, rounded
from adapters.sandbox.profile import Profile
from adapters.sandbox.truth import Truth, TruthAccount, TruthInstrument, TruthTransaction

PER_CALL = 2
BOUND = 40
ORDERS = 4_000_000  # beyond all orders of the account, and below the numbers of the next
CASH_DEEDS = ("DEPOSIT", "INTEREST", "DIVIDEND", "TRANSFER_IN")


class Growth:
    """New rows are posted: purchases of what is held, and money coming in, in turn.

    They are dated on the day of the newest row, in its last hours, each a second after the one
    before: nothing lies in a reader's future, whatever its clock says.
    """

    def __init__(self, truth: Truth, profile: Profile) -> None:
        self._truth = truth
        self._profile = profile
        self._accounts = list(truth.accounts)
        self._rows = [list(reversed(account.transactions)) for account in truth.accounts]
        self._books = [Book(rows, profile.opening_cash) for rows in self._rows]
        self._grown = [0 for _ in truth.accounts]
        self.bound = BOUND
        self.per_call = PER_CALL

    def accounts(self) -> tuple[TruthAccount, ...]:
        return tuple(self._accounts)

    def truth(self) -> Truth:
        return replace(self._truth, accounts=self.accounts())

    def rows(self, account: TruthAccount) -> tuple[TruthTransaction, ...]:
        """The account's rows as they are now; afterwards a few more have come."""
        place = next(i for i, known in enumerate(self._accounts) if known.number == account.number)
        now = self._accounts[place].transactions
        self._grow(place)
        return now

    def _grow(self, place: int) -> None:
        rows, book = self._rows[place], self._books[place]
        room = min(self.per_call, self.bound - self._grown[place])
        if not rows or room <= 0:
            return
        for _ in range(room):
            row = self._next(rows, self._grown[place])
            rows.append(row)
            book.apply(row)
            self._grown[place] += 1
        account = self._accounts[place]
        self._accounts[place] = closed(account, book, tuple(reversed(rows)), self._profile)

    def _next(self, rows: list[TruthTransaction], n: int) -> TruthTransaction:
        last = rows[-1]
        number = last.number + 1
        fresh = replace(
            last,
            number=number,
            status="POSTED",
            executed_at=last.executed_at + timedelta(seconds=1),
            settlement_date=last.trade_date if self._profile.settlement else None,
            order=0,
            uuid=str(UUID(int=number + (self._truth.seed << 64), version=4)),
            reinvests=None,
            leg_of=None,
            taxes=None,
            currency=rows[0].currency,
            foreign=False,
        )
        deed = next((deed for deed in CASH_DEEDS if self._profile.can(deed)), "BUY")
        bought = self._held(rows)
        if bought is not None and (n % 2 == 0 or deed == "BUY" or self._profile.lives):
            return self._bought(fresh, bought)
        return self._paid(fresh, deed, Decimal(100 + n), bought)

    def _bought(self, fresh: TruthTransaction, instrument: TruthInstrument) -> TruthTransaction:
        # A whole coin may cost more than there is.
        quantity = Decimal("0.001") if self._profile.only_coins else Decimal(1)
        gross = rounded(-instrument.price * quantity, self._profile.gross_places)
        return replace(
            fresh,
            type=self._profile.told_type("BUY"),
            deed="BUY",
            order=fresh.number + ORDERS,
            instrument=instrument,
            quantity=quantity,
            price=instrument.price,
            gross=gross,
            fees=Decimal(0) if self._profile.trade_fees else None,
            net=gross,
            description=f"Bought {quantity} {instrument.symbol}",
        )

    def _paid(
        self, fresh: TruthTransaction, deed: str, amount: Decimal, instrument: TruthInstrument | None
    ) -> TruthTransaction:
        return replace(
            fresh,
            type=deed,
            deed=deed,
            instrument=instrument if deed == "DIVIDEND" else None,
            quantity=None,
            price=None,
            gross=amount,
            fees=None,
            net=amount,
            description="Money in",
        )

    def _held(self, rows: list[TruthTransaction]) -> TruthInstrument | None:
        """A share (where there are only coins: a coin) that was bought before, the newest first."""
        kinds = ("crypto",) if self._profile.only_coins else ("equity", "etf")
        for row in reversed(rows):
            if row.deed == "BUY" and row.instrument is not None and row.instrument.kind in kinds:
                return row.instrument
        return None
