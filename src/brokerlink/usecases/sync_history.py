"""The history of a sync: every feed of every account, newest first, page by page.

A page, its cursor and the run's counters are one transaction. A killed process goes on from the last
committed page, in this process or in another.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from brokerlink.usecases.course import Course, note
from domain import policy
from domain.accounts import AccountTold
from domain.brokerages import Dataset
from domain.errors import Failure, FailureRecord, SnapshotHeldBack, UnreadableReply
from domain.events import Event, EventType
from domain.freshness import Completeness, Freshness
from domain.instruments import Instrument
from domain.matching import Occurrences, became
from domain.ports.brokerage import Feed, Page
from domain.ports.storage import Changes, Keyed, Stored, UnitOfWork
from domain.ports.vault import Label
from domain.syncs import DatasetResult, FeedState, ResultState
from domain.transactions import Transaction

# Pages that change nothing are noted together, at the latest after so long: then a crash costs them again.
NOTE_EVERY = 0.5
# Beyond this many rows "not seen" is not asked any more: memory stays bounded.
MOST_SEEN = 100_000
# A posted row that is missing is believed gone; many at once are not.
MOST_GONE = 3
MOST_GONE_SHARE = 5
HELD_BACK = FailureRecord.of(
    SnapshotHeldBack("Many transactions are not told any more; they stay until that is confirmed."),
    dataset=Dataset.TRANSACTIONS.value,
)
NOT_TOLD_ANY_MORE = "NOT_TOLD_ANY_MORE"


@dataclass(slots=True)
class Reading:
    """A feed of an account while it is being read. `seen` is None when the read was interrupted:
    then "not seen" means nothing. `oldest` is the oldest trade date that this read told."""

    account_id: str
    feed: Feed
    result: DatasetResult
    state: FeedState
    seen: set[str] | None
    oldest: date | None = None
    instruments: dict[Instrument, str] = field(default_factory=dict)
    noted: float = 0.0
    unnoted: bool = False

    def saw(self, keys: list[str], told: tuple[Transaction, ...]) -> None:
        """Remember what a page told, as long as that can mean something."""
        if self.seen is None:
            return
        self.seen.update(keys)
        days = [t.trade_date for t in told]
        self.oldest = min([*days, self.oldest] if self.oldest else days, default=None)
        if len(self.seen) > MOST_SEEN:
            self.seen = None


async def read_history(course: Course, accounts: dict[str, AccountTold]) -> None:
    for identifier, account in accounts.items():
        if not account.open:
            continue
        result = course.run.result(identifier, Dataset.TRANSACTIONS)
        if result.state.done:
            continue
        result.state = ResultState.RUNNING
        try:
            for feed in course.door.feeds:
                await _read_feed(course, identifier, account, feed, result)
        except Failure as failure:
            await course.failed(result, failure)
            continue
        await _finish(course, identifier, result)


async def _read_feed(
    course: Course, identifier: str, account: AccountTold, feed: Feed, result: DatasetResult
) -> None:
    reading = await _open(course, identifier, feed, result)
    asked = {reading.state.cursor}
    try:
        while not reading.state.done:
            page = await course.call(
                course.door.history, account, feed.name, reading.state.since, reading.state.cursor
            )
            if page.cursor is not None and page.cursor in asked:
                raise UnreadableReply("The pages of the history go round in circles.")
            asked.add(page.cursor)
            await _store(course, reading, page)
    except Failure:
        if reading.unnoted:
            await course.commit(result, lambda uow: uow.feeds.put(reading.state))
        raise


async def _store(course: Course, reading: Reading, page: Page) -> None:
    """One page as one step."""
    result = reading.result
    note(result, page.notes)
    # Numbering rows is part of the step: it starts anew from the stored carry if the step fails.
    occurrences = Occurrences(reading.state.carry)
    keys = [occurrences.key(t) for t in page.transactions]
    done = page.cursor is None
    state = replace(reading.state, cursor=page.cursor, carry=occurrences.carry(), done=done)
    result.pages += 1
    if not done and await _nothing_new(course, reading, page.transactions, keys):
        result.unchanged += len(set(keys))
        reading.saw(keys, page.transactions)
        reading.state, reading.unnoted = state, True
        if time.monotonic() - reading.noted < NOTE_EVERY:
            return
        await course.commit(result, lambda uow: uow.feeds.put(state))
        reading.noted, reading.unnoted = time.monotonic(), False
        return
    before = (result.added, result.modified, result.removed, result.unchanged)

    def deed(uow: UnitOfWork) -> FeedState:
        # The engine may run a deed again after a conflict: counters start from what they were.
        result.added, result.modified, result.removed, result.unchanged = before
        following = _write(course, uow, reading, page, keys, state)
        _tell(course, uow, reading, before)
        return following

    reading.state = await course.commit(result, deed)
    reading.noted, reading.unnoted = time.monotonic(), False
    course.instruments.update(reading.instruments)
    # It goes on: what failed before does not count against what may fail next.
    course.run.attempt = 1


async def _nothing_new(
    course: Course, reading: Reading, told: tuple[Transaction, ...], keys: list[str]
) -> bool:
    """Whether a page tells only what is stored: looked at beside the writers, without keeping them off."""
    if any(t.instrument is None and t.quantity is not None for t in told):
        return False  # what is known of such a row may be more than what is told
    new = {t.instrument for t in told if t.instrument is not None} - course.instruments.keys()

    def look(uow: UnitOfWork) -> dict[Instrument, str] | None:
        found = uow.instruments.known(new) if new else {}
        if len(found) < len(new):
            return None
        ids = {**course.instruments, **found}
        rows = [
            Keyed(key, t, ids[t.instrument] if t.instrument else None)
            for key, t in zip(keys, told, strict=True)
        ]
        return found if uow.transactions.unchanged(reading.account_id, rows) else None

    found = await course.engine.storage.read(look)
    if found is None:
        return False
    course.instruments.update(found)
    return True


async def _open(course: Course, identifier: str, feed: Feed, result: DatasetResult) -> Reading:
    """Where the read goes on: in the middle, if this run already began it, else at the newest row."""
    run, engine = course.run, course.engine

    def deed(uow: UnitOfWork) -> tuple[FeedState, bool]:
        stored = uow.feeds.get(identifier, feed.name)
        if stored.run_id == run.id:
            return stored, True
        pending = min(
            (row.trade_date for row in uow.transactions.pending(identifier, feed.name)), default=None
        )
        since = None
        if not run.force:
            since = policy.window_start(feed, stored, pending, engine.clock.now())
        return replace(stored, run_id=run.id, since=since, cursor=None, carry="", done=False), False

    state, resumed = await engine.storage.read(deed)
    return Reading(identifier, feed, result, state, None if resumed else set())


def _write(
    course: Course, uow: UnitOfWork, reading: Reading, page: Page, keys: list[str], state: FeedState
) -> FeedState:
    """One page: rows, cursor, and what the page's end means. Returns the feed's state as stored."""
    identifier, result = reading.account_id, reading.result
    keys = _write_rows(course, uow, reading, page.transactions, keys)
    reading.saw(keys, page.transactions)
    if state.done:
        result.removed += _remove_gone(course, uow, reading)
        newest = uow.transactions.newest(identifier, reading.feed.name)
        whole = state.since is None
        state = replace(
            state,
            watermark=newest or state.watermark,
            whole=state.whole or whole,
            whole_at=course.engine.clock.now() if whole else state.whole_at,
        )
    uow.feeds.put(state)
    return state


def _tell(course: Course, uow: UnitOfWork, reading: Reading, before: tuple[int, int, int, int]) -> None:
    """The event of a page that changed something, in the transaction that changes it."""
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


def _write_rows(
    course: Course, uow: UnitOfWork, reading: Reading, told: tuple[Transaction, ...], keys: list[str]
) -> list[str]:
    """Write the rows that are new or changed; returns the keys under which they are stored."""
    identifier, now = reading.account_id, course.engine.clock.now()
    stored = uow.transactions.stored(identifier, keys)
    new = [(key, t) for key, t in zip(keys, told, strict=True) if key not in stored]
    if new:
        aliases = _became(uow, reading, new, (reading.seen or set()).union(keys))
        if aliases:
            uow.transactions.alias(identifier, aliases)
            stored.update(
                (alias, row) for alias, row in uow.transactions.stored(identifier, list(aliases)).items()
            )
    kept = [stored[key].key if key in stored else key for key in keys]
    by_kept = {row.key: row for row in stored.values()}
    instruments = course.instrument_ids(uow, (t.instrument for t in told if t.instrument))
    reading.instruments = instruments
    # What was known of a row stays known where a look-up behind it failed this time.
    rows = [
        Keyed(key, t, instruments[t.instrument] if t.instrument else _known(by_kept, key))
        for key, t in zip(kept, told, strict=True)
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


async def _finish(course: Course, identifier: str, result: DatasetResult) -> None:
    def deed(uow: UnitOfWork) -> None:
        now = course.engine.clock.now()
        start: date | None = uow.transactions.oldest(identifier)
        uow.freshness.put(
            Freshness(identifier, Dataset.TRANSACTIONS, Completeness.COMPLETE, None, now, history_start=start)
        )
        if result.held_back:
            uow.freshness.mark_stale(identifier, Dataset.TRANSACTIONS, HELD_BACK.reason, now)
        uow.holdings.bump(identifier)

    result.state = ResultState.PARTIAL if result.held_back else ResultState.SUCCEEDED
    result.failure = HELD_BACK if result.held_back else None
    await course.commit(result, deed)


def _count(result: DatasetResult, changes: Changes) -> None:
    result.added += changes.added
    result.modified += changes.modified
    result.removed += changes.removed
    result.unchanged += changes.unchanged
