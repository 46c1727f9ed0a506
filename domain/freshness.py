"""How old a figure is, how whole, and since when and why it is stale."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from domain.brokerages import Dataset


class Completeness(Enum):
    NEVER = "never"
    PARTIAL = "partial"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Freshness:
    """Of one dataset of one account. `as_of` is the brokerage's time, `fetched_at` ours.

    `stale_since` and `stale_reason` are set by the first failed read after a good one, and cleared by
    the next good one. `history_start`: from which day on the history is known without a gap (TRANSACTIONS
    only); there may be older rows before one.
    """

    account_id: str
    dataset: Dataset
    completeness: Completeness = Completeness.NEVER
    as_of: datetime | None = None
    fetched_at: datetime | None = None
    stale_since: datetime | None = None
    stale_reason: str = ""
    history_start: date | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Days of which the whole history is known, both ends with them."""

    start: date
    end: date


def known_span(before: Span | None, read: Span) -> Span:
    """The newest days without a gap, once more of them was read. What lies before a gap does not count: who
    asks from which day on everything is there must not be told of an older one."""
    if before is None:
        return read
    older, newer = sorted((before, read), key=lambda span: (span.end, span.start))
    if older.end + timedelta(days=1) < newer.start:
        return newer
    return Span(min(older.start, newer.start), newer.end)
