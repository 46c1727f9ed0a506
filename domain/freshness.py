"""How old a figure is, how whole, and since when and why it is stale."""

from dataclasses import dataclass
from datetime import date, datetime
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
    the next good one. `history_start`: from which day on the history is known (TRANSACTIONS only).
    """

    account_id: str
    dataset: Dataset
    completeness: Completeness = Completeness.NEVER
    as_of: datetime | None = None
    fetched_at: datetime | None = None
    stale_since: datetime | None = None
    stale_reason: str = ""
    history_start: date | None = None
