"""The rows of a step of history: what is new or changed is written, and what is gone gets a tombstone."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from brokerlink.usecases.course import Course
from brokerlink.usecases.recalled import Recalled
from brokerlink.usecases.stitch import find_elsewhere, kept_as_stored, posted_keys
from domain.events import Event, EventType
from domain.instruments import Instrument
from domain.matching import Occurrences, became
from domain.ports.brokerage import Feed, Page
from domain.ports.storage import Changes, Keyed, Marked, Stored, UnitOfWork
from domain.ports.vault import Label
from domain.stitching import Candidate
from domain.syncs import DatasetResult, FeedState
from domain.transactions import Transaction

# Beyond this many rows "not seen" is not asked any more: memory stays bounded.
MOST_SEEN = 100_000
# A posted row that is missing is believed gone; many at once are not.
MOST_GONE = 3
MOST_GONE_SHARE = 5
NOT_TOLD_ANY_MORE = "NOT_TOLD_ANY_MORE"


class Step:
    """One page, its rows numbered, and where the feed stands behind it: what one transaction stores. A crash
    costs no more than that. `known` are the rows that are stored as they came."""

    def __init__(self, state: FeedState, page: Page, known: Sequence[Marked] = ()) -> None:
        # Numbering rows is part of the step: it starts anew from the stored carry if the step fails.
        occurrences = Occurrences(state.carry)
        self.told, self.known = page.transactions, known
        self.marks = page.marks or (None,) * len(page.transactions)
        self.keys = [occurrences.key(transaction) for transaction in page.transactions]
        carry, done = occurrences.carry(), page.cursor is None
        self.state = replace(state, cursor=page.cursor, carry=carry, done=done)

    @property
    def days(self) -> list[date]:
        return [*(t.trade_date for t in self.told), *(row.trade_date for row in self.known)]


@dataclass(slots=True)
class Reading:
    """A feed of an account while it is being read. `seen` is None when the read was interrupted:
    then "not seen" means nothing. `oldest` is the oldest trade date that this read told."""

    account_id: str
    feed: Feed
    result: DatasetResult
    state: FeedState
    seen: set[str] | None
    recalled: Recalled
    oldest: date | None = None
    instruments: dict[Instrument, str] = field(default_factory=dict)
    noted: float = 0.0
    unnoted: bool = False

    def saw(self, keys: Iterable[str], days: Iterable[date]) -> None:
        """Remember what a page told, as long as that can mean something."""
        if self.seen is None:
            return
        self.seen.update(keys)
        self.oldest = min([*days, self.oldest] if self.oldest else days, default=None)
        if len(self.seen) > MOST_SEEN:
            self.seen = None


def write(course: Course, uow: UnitOfWork, reading: Reading, step: Step) -> FeedState:
    """One step: rows, cursor, and what the feed's end means. Returns the feed's state as stored."""
    identifier, result, state = reading.account_id, reading.result, step.state
    known = {row.key for row in step.known}
    result.unchanged += len(known)
    keys = _write_rows(course, uow, reading, step, known) if step.told else []
    reading.saw(known.union(keys), step.days)
    if state.done:
        result.removed += _remove_gone(course, uow, reading)
        now = course.engine.clock.now()
        newest = uow.transactions.newest(identifier, reading.feed.name)
        whole = state.since is None
        state = replace(
            state,
            # A row that is dated ahead confirms nothing of the days before it.
            watermark=min(newest, now.date()) if newest else state.watermark,
            whole=state.whole or whole,
            whole_at=now if whole else state.whole_at,
        )
    uow.feeds.put(state)
    return state


def tell(course: Course, uow: UnitOfWork, reading: Reading, before: tuple[int, int, int, int]) -> None:
    """The event of a step that changed something, in the transaction that changes it."""
    result = reading.result
    after = (result.added, result.modified, result.removed)
    facts: dict[str, str | int] = {
        name: now - then
        for name, now, then in zip(("added", "modified", "removed"), after, before, strict=False)
    }
    if any(facts.values()):
        now = course.engine.clock.now()
        kind, run = EventType.TRANSACTIONS_UPDATED, course.run
        uow.events.add(Event(run.user_id, kind, now, run.connection_id, reading.account_id, facts))


def _write_rows(course: Course, uow: UnitOfWork, reading: Reading, step: Step, known: Set[str]) -> list[str]:
    """Write the rows that are new or changed; returns the keys under which they are stored."""
    identifier, now = reading.account_id, course.engine.clock.now()
    told, keys = step.told, step.keys
    uow.accounts.hold(identifier)
    stored = uow.transactions.stored(identifier, keys)
    new = [(key, t) for key, t in zip(keys, told, strict=True) if key not in stored]
    if new:
        aliases = _became(uow, reading, new, (reading.seen or set()).union(keys, known))
        if aliases:
            uow.transactions.alias(identifier, aliases)
            stored.update(
                (alias, row) for alias, row in uow.transactions.stored(identifier, list(aliases)).items()
            )
    instruments = course.instrument_ids(uow, (t.instrument for t in told if t.instrument))
    reading.instruments = instruments
    own = {feed.name for feed in course.door.feeds}
    unknown = [
        Candidate(key, t, instruments[t.instrument] if t.instrument else None)
        for key, t in new
        if key not in stored
    ]
    stored.update(find_elsewhere(uow, identifier, reading.feed.name, own, unknown))
    kept = [stored[key].key if key in stored else key for key in keys]
    by_kept = {row.key: row for row in stored.values()}
    foreign = kept_as_stored(stored, reading.feed.name, own, posted_keys(zip(keys, told, strict=True)))
    reading.result.unchanged += len(foreign)
    # What was known of a row stays known where a look-up behind it failed this time.
    rows = [
        Keyed(key, t, instruments[t.instrument] if t.instrument else _known(by_kept, key), mark)
        for key, t, named, mark in zip(kept, told, keys, step.marks, strict=True)
        if named not in foreign
    ]
    vault, user = course.engine.safe.vault, course.run.user_id
    data_key = course.raw_key(uow, identifier)

    def seal(key: str, raw: bytes) -> bytes:
        return vault.seal(data_key, Label(user, identifier, f"transaction:{key}"), raw)

    changes = uow.transactions.apply(identifier, reading.feed.name, rows, by_kept, seal, now)
    _count(reading.result, changes)
    return kept


def _known(stored: Mapping[str, Stored], key: str) -> str | None:
    return stored[key].instrument_id if key in stored else None


def _became(
    uow: UnitOfWork, reading: Reading, new: list[tuple[str, Transaction]], told: set[str]
) -> dict[str, str]:
    """Which pending rows the new posted ones were: those that are not told as pending any more."""
    pending = [
        row for row in uow.transactions.pending(reading.account_id, reading.feed.name) if row.key not in told
    ]
    return became(pending, new) if pending else {}


def _remove_gone(course: Course, uow: UnitOfWork, reading: Reading) -> int:
    """Tombstones for what a whole, uninterrupted read of its window did not tell any more.

    A pending row that vanished never happened. A posted one is believed gone only if it is one of a
    few: an answer that lacks many rows is more likely wrong than true.
    """
    if reading.seen is None or reading.oldest is None or not reading.feed.removes:
        return 0
    identifier, feed, now = reading.account_id, reading.feed.name, course.engine.clock.now()
    pending = {row.key for row in uow.transactions.pending(identifier, feed)} - reading.seen
    # What is older than all that was told may have left the brokerage's retention: that is no removal.
    # Nor is it what shares the oldest day: retention may end in the middle of it.
    edge = reading.oldest + timedelta(days=1)
    start = max(reading.state.since, reading.oldest) if reading.state.since else edge
    posted = uow.transactions.posted_since(identifier, feed, start)
    gone = posted - reading.seen
    if len(gone) > max(MOST_GONE, len(posted) // MOST_GONE_SHARE):
        reading.result.held_back = True
        gone = set()
    removed = uow.transactions.remove(identifier, sorted(pending), NOT_TOLD_ANY_MORE, now)
    return removed + uow.transactions.remove(identifier, sorted(gone), NOT_TOLD_ANY_MORE, now)


def _count(result: DatasetResult, changes: Changes) -> None:
    result.added += changes.added
    result.modified += changes.modified
    result.removed += changes.removed
    result.unchanged += changes.unchanged
