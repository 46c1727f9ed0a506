"""What a row of Robinhood's history is and whether it holds; keys, directions and cents of all lists."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from adapters.brokerages.robinhood.parse import Row
from adapters.kit import rows
from adapters.kit.card import Scene
from domain.errors import UnreadableReply
from domain.transactions import Transaction, TransactionStatus, TransactionType

T = TransactionType
S = TransactionStatus
CENT = Decimal("0.01")

# States of everything else (3.5).
STANDING = {
    "paid": S.POSTED, "reinvested": S.POSTED, "completed": S.POSTED, "confirmed": S.POSTED,
    "pending": S.PENDING, "preparing": S.PENDING,
    "voided": S.REMOVED, "reverted": S.REMOVED, "cancelled": S.REMOVED, "canceled": S.REMOVED,
    "failed": S.REMOVED, "reversed": S.REMOVED,
}  # fmt: skip
INCOMING = {"deposit": 1, "credit": 1, "withdraw": -1, "debit": -1}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a row is and whether it holds."""

    kind: TransactionType
    status: TransactionStatus = S.POSTED
    removed: str | None = None

    def marks(self, told: Transaction) -> Transaction:
        return replace(told, status=self.status, removed_reason=self.removed)

    def cash(
        self, key: str, amount: Decimal | None, when: date | datetime, word: str, raw: bytes
    ) -> Transaction:
        """Cash and nothing else moves, on a day or at an instant; what is pending has no instant yet."""
        day = rows.market_day(when) if isinstance(when, datetime) else when
        at = when if isinstance(when, datetime) and self.status is not S.PENDING else None
        told = Transaction(
            key, self.kind, day, "USD", word, executed_at=at, gross=amount, net=amount, raw=raw
        )
        return self.marks(told)


def standing_of(row: Row, kind: TransactionType | None, word: str, scene: Scene) -> Standing:
    """An unknown word makes the row OTHER; an unknown state also leaves it pending."""
    if kind is None:
        scene.notes.words[word[:64]] += 1
    state = rows.optional_text(row, "state")
    status = S.POSTED if state is None else STANDING.get(state)
    if status is None:
        scene.notes.words[f"{word[:32]}.state.{str(state)[:32]}"] += 1
        return Standing(T.OTHER, S.PENDING)
    removed = f"{str(state).upper()}_BY_BROKERAGE" if status is S.REMOVED else None
    return Standing(kind or T.OTHER, status, removed)


def key_of(prefix: str, row: Row) -> str:
    return f"{prefix}:{rows.text(row, 'id')}"


def signed(amount: Decimal, direction: str, scene: Scene) -> Decimal | None:
    if direction not in INCOMING:
        scene.notes.words[f"direction.{direction[:32]}"] += 1
        return None
    return amount * INCOMING[direction]


def side_of(row: Row, scene: Scene) -> str:
    side = rows.text(row, "side")
    if side not in {"buy", "sell"}:
        scene.notes.words[f"side.{side[:32]}"] += 1
    return side


def cents(value: Decimal) -> Decimal:
    try:
        return value.quantize(CENT, ROUND_HALF_UP)
    except InvalidOperation:
        raise UnreadableReply("an amount is beyond all measure") from None
