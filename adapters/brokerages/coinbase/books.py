"""Coinbase's sandbox: the truth sorted into wallets, fills of orders, and the ledger of each wallet."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from adapters.sandbox.coins import CONVERTED
from adapters.sandbox.ledger import rounded
from adapters.sandbox.play import Play
from adapters.sandbox.truth import TruthAccount, TruthPosition, TruthTransaction
from domain.money import quotient

ZERO = Decimal(0)
CASH, UNUSED = "USD", "XLM"


def converted(row: TruthTransaction) -> bool:
    return row.description.startswith(CONVERTED)


def simple(row: TruthTransaction) -> bool:
    """Bought or sold with one tap, not by an order: every third."""
    return row.trade and not converted(row) and row.number % 3 == 0


def terse(row: TruthTransaction) -> bool:
    """A simple one in the old form, which names the purchase and tells neither fee nor subtotal."""
    return row.number % 9 == 0


def filled(row: TruthTransaction) -> bool:
    return row.trade and not converted(row) and not simple(row)


def cents(value: Decimal) -> Decimal:
    return rounded(value, 2)


def native(row: TruthTransaction) -> Decimal:
    """What a row moved was worth, unsigned, in cents: with the fee for simple ones, without for fills."""
    if simple(row):
        return abs(cents(row.gross or ZERO) - (row.fees or ZERO))
    if row.trade:
        return abs(cents(row.gross or ZERO))
    if row.quantity is not None:
        return abs(cents(row.quantity * (row.price or ZERO)))
    return abs(row.net or ZERO)


def told(row: TruthTransaction) -> TruthTransaction:
    """The row as Coinbase is able to tell it: but for fills, money is in cents, and prices follow from it."""
    if filled(row) or row.quantity is None:
        return row
    if not row.trade:
        return replace(row, price=_each(native(row), row.quantity), gross=None, net=None)
    gross = cents(row.gross or ZERO)
    if converted(row):
        fees = ZERO if row.quantity > 0 else None
        return replace(row, price=_each(gross, row.quantity), gross=gross, fees=fees, net=gross)
    if terse(row):
        net = -native(row) if row.quantity > 0 else native(row)
        return replace(row, price=None, gross=None, fees=None, net=net)
    net = gross - (row.fees or ZERO)
    return replace(row, price=_each(gross, row.quantity), gross=gross, net=net)


def told_position(position: TruthPosition) -> TruthPosition:
    """Gains are JSON numbers, in cents."""
    return replace(position, unrealized_gain=cents(position.unrealized_gain))


def _each(worth: Decimal, quantity: Decimal) -> Decimal | None:
    return quotient(abs(worth), abs(quantity)) if worth and quantity else None


@dataclass(frozen=True, slots=True)
class Wallet:
    """`code` is what it holds. `held` is all of it; `position` where it is a coin that is held."""

    code: str
    uuid: str
    held: Decimal
    position: TruthPosition | None = None

    @property
    def cash(self) -> bool:
        return self.code == CASH

    @property
    def hold(self) -> Decimal:
        """What an open order keeps back: a little of each coin."""
        return ZERO if self.cash else (self.held / 8).quantize(Decimal("1E-18"))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a wallet's ledger. `base`: the wallet of what was traded or moved, not of what paid."""

    id: str
    row: TruthTransaction
    base: bool


@dataclass(slots=True)
class Listed:
    """A list, newest first, and where each id of it stands."""

    items: list[Line] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, lines: Iterable[Line]) -> "Listed":
        items = list(lines)
        return cls(items, {line.id: place for place, line in enumerate(items)})


class Books:
    """Built again only when the account has new rows."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._rows: tuple[TruthTransaction, ...] | None = None
        self._fills = Listed()
        self._ledgers: dict[str, Listed] = {}

    @property
    def account(self) -> TruthAccount:
        return self._play.accounts[0]

    def wallet_id(self, code: str) -> str:
        return self._play.uuid(f"wallet {code}", 0)

    def wallets(self) -> list[Wallet]:
        """Cash, and all coins that the customer can have: those that are gone have a wallet of nothing."""
        account = self.account
        held = {position.instrument.symbol: position for position in account.positions}
        codes = sorted({*held, *self._play.profile.coins})
        coins = [
            Wallet(code, self.wallet_id(code), held[code].quantity if code in held else ZERO, held.get(code))
            for code in codes
        ]
        return [*coins, Wallet(CASH, self.wallet_id(CASH), account.cash)]

    def never_used(self) -> Wallet:
        """v3 has an id for it and lists it; v2 lists it under its code, and knows no ledger of it (3.3)."""
        return Wallet(UNUSED, self.wallet_id(UNUSED), ZERO)

    def fills(self) -> Listed:
        self._refresh()
        return self._fills

    def ledger(self, code: str) -> Listed:
        self._refresh()
        return self._ledgers.get(code, Listed())

    def _refresh(self) -> None:
        rows = self._play.rows(self.account)
        if rows is self._rows:
            return
        self._rows = rows
        self._fills = Listed.of(Line(row.uuid, row, base=True) for row in rows if filled(row))
        ledgers: dict[str, list[Line]] = {}
        for row in rows:
            coin = CASH if row.instrument is None else row.instrument.symbol
            ledgers.setdefault(coin, []).append(Line(row.uuid, row, base=True))
            if row.trade and not converted(row):
                paid = Line(self._play.uuid("paid", row.number), row, base=False)
                ledgers.setdefault(CASH, []).append(paid)
        self._ledgers = {code: Listed.of(lines) for code, lines in ledgers.items()}
