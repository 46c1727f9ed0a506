"""Same row or new row? Which key a told transaction has, and which pending row a posted one was.

Where the brokerage gives an id, that is the source. Where it gives none, the source is the row's
fingerprint and its occurrence number among equal rows: two real identical fills both stay, and a page
that comes again adds nothing.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import Decimal

from domain.ids import transaction_key
from domain.money import plain
from domain.transactions import Transaction, TransactionStatus

PENDING_MAY_MOVE = timedelta(days=7)
DAYS_CARRIED = 7


def _text(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def fingerprint(told: Transaction) -> str:
    """What makes two rows without ids equal: date, instant, type, instrument and all figures, as text."""
    instrument = told.instrument.symbol if told.instrument else ""
    figures = "|".join(
        _text(v) for v in (told.quantity, told.price, told.gross, told.fees, told.taxes, told.net)
    )
    instant = told.executed_at.astimezone(UTC).isoformat() if told.executed_at else ""
    whole = (
        f"{told.trade_date}|{instant}|{told.type.value}|{instrument}|{figures}|{told.currency}"
        f"|{told.description}"
    )
    return hashlib.sha256(whole.encode()).hexdigest()[:24]


class Occurrences:
    """Counts equal rows while a feed is read page by page.

    Equal rows have equal dates, so only the counts of a page's days have to be carried over to the next,
    and of a week around them, because feeds are ordered by other days (of posting, of settlement) as well.
    `carry()` is stored with the cursor, in the same transaction: a read that goes on after a crash
    numbers as the one before would have.
    """

    def __init__(self, carry: str = "") -> None:
        self._counts: Counter[str] = Counter()
        self._days: dict[str, int] = {}
        for name, (count, day) in (json.loads(carry) if carry else {}).items():
            self._counts[name], self._days[name] = count, day
        self._told: list[int] = []

    def key(self, told: Transaction) -> str:
        """The key of a row within its account."""
        if told.source_key is not None:
            return transaction_key(f"id:{told.source_key}")
        name = fingerprint(told)
        number = self._counts[name]
        self._counts[name] += 1
        self._days[name] = day = told.trade_date.toordinal()
        self._told.append(day)
        return transaction_key(f"row:{name}:{number}")

    def carry(self) -> str:
        """The counts that the next page needs."""
        near = (
            range(min(self._told) - DAYS_CARRIED, max(self._told) + DAYS_CARRIED + 1) if self._told else None
        )
        kept = {
            name: (count, self._days[name])
            for name, count in self._counts.items()
            if near is None or self._days[name] in near
        }
        return json.dumps(kept, separators=(",", ":")) if kept else ""


@dataclass(frozen=True, slots=True)
class PendingRow:
    """A pending row as it is stored, with what a posted one is compared by."""

    key: str
    trade_date: date
    symbol: str
    quantity: Decimal | None
    net: Decimal | None


def became(pending: Iterable[PendingRow], posted: Iterable[tuple[str, Transaction]]) -> dict[str, str]:
    """Which stored pending rows have become which new posted ones: new key -> old key, one to one.

    Some brokerages give a row another id when it posts. Same instrument, same quantity, same money and
    a date at most a week apart is the same row; where two could be meant, the nearest date wins. Rows
    without any figure cannot be told apart: they are never the same.
    """
    free = [row for row in pending if row.quantity is not None or row.net is not None]
    found: dict[str, str] = {}
    for key, told in posted:
        if told.status is not TransactionStatus.POSTED:
            continue
        symbol = told.instrument.symbol if told.instrument else ""
        fitting = [
            row
            for row in free
            if row.symbol == symbol
            and row.quantity == told.quantity
            and row.net == told.net
            and abs(row.trade_date - told.trade_date) <= PENDING_MAY_MOVE
        ]
        if fitting:
            nearest = min(fitting, key=lambda row: abs(row.trade_date - told.trade_date))
            free.remove(nearest)
            found[key] = nearest.key
    return found
