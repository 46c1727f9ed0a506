"""The history of a sync: every feed of every account, newest first, page by page.

Pages, the cursor behind them and the run's counters are one transaction. A killed process goes on from the
last committed page, in this process or in another.
"""

import time
from dataclasses import replace
from datetime import date, timedelta

from brokerlink.usecases.course import Course, note
from brokerlink.usecases.recalled import Recalled
from brokerlink.usecases.sync_rows import Reading, Step, tell, write
from domain import policy
from domain.accounts import AccountTold
from domain.brokerages import Dataset
from domain.errors import Failure, FailureRecord, SnapshotHeldBack, UnreadableReply
from domain.freshness import Completeness, Freshness, Span, known_span
from domain.instruments import Instrument
from domain.ports.brokerage import Feed, Recall
from domain.ports.storage import Keyed, UnitOfWork
from domain.syncs import DatasetResult, FeedState, ResultState

# Pages that change nothing are noted together, at the latest after so long: then a crash costs them again.
NOTE_EVERY = 0.5
HELD_BACK = FailureRecord.of(
    SnapshotHeldBack("Many transactions are not told any more; they stay until that is confirmed."),
    dataset=Dataset.TRANSACTIONS.value,
)


async def read_history(course: Course, accounts: dict[str, AccountTold]) -> None:
    for identifier, account in accounts.items():
        if not account.open:
            continue
        result = course.run.result(identifier, Dataset.TRANSACTIONS)
        if result.state.done:
            continue
        result.state = ResultState.RUNNING
        finished, feeds = False, course.door.feeds
        try:
            for feed in feeds:
                finished = await _read_feed(course, identifier, account, feed, result, last=feed is feeds[-1])
        except Failure as failure:
            await course.failed(result, failure)
            continue
        if not finished:
            await course.commit(result, lambda uow: _finish(course, uow, result))  # noqa: B023 - done at once


async def _read_feed(
    course: Course, identifier: str, account: AccountTold, feed: Feed, result: DatasetResult, *, last: bool
) -> bool:
    """Read a feed to its end. With the last page of the last one the account's history is finished, in one
    transaction; True if it was."""
    finished = False
    reading = await _open(course, identifier, feed, result)
    asked = {reading.state.cursor}
    recall = Recall(course.engine.safe.vault.identity_key, reading.recalled.known)
    try:
        while not reading.state.done:
            state = reading.state
            page = await course.call(
                course.door.history, account, feed.name, state.since, state.cursor, recall
            )
            if page.cursor is not None and page.cursor in asked:
                raise UnreadableReply("The pages of the history go round in circles.")
            asked.add(page.cursor)
            note(result, page.notes)
            result.pages += 1
            finished = last and page.cursor is None
            step = Step(state, page, reading.recalled.rows(page.known))
            await _store(course, reading, step, finishes=finished)
    except Failure:
        if reading.unnoted:
            await course.commit(result, lambda uow: uow.feeds.put(reading.state))
        raise
    return finished


async def _store(course: Course, reading: Reading, step: Step, *, finishes: bool) -> None:
    """A page, in one transaction with the cursor behind them."""
    result, state = reading.result, step.state
    # Of a feed that was never read to its end most is new: looking first would be a look more for each page.
    read_before = state.watermark is not None
    if not state.done and read_before and await _nothing_new(course, reading, step):
        keys = {*step.keys, *(row.key for row in step.known)}
        result.unchanged += len(keys)
        reading.saw(keys, step.days)
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
        following = write(course, uow, reading, step)
        tell(course, uow, reading, before)
        if finishes:
            _finish(course, uow, result)
        return following

    reading.state = await course.commit(result, deed)
    reading.noted, reading.unnoted = time.monotonic(), False
    course.instruments.update(reading.instruments)
    # It goes on: what failed before does not count against what may fail next.
    course.run.attempt = 1


async def _nothing_new(course: Course, reading: Reading, step: Step) -> bool:
    """Whether a step tells only what is stored: looked at beside the writers, without keeping them off."""
    told = step.told
    if not told:
        return True
    if any(t.instrument is None and t.quantity is not None for t in told):
        return False  # what is known of such a row may be more than what is told
    new = {t.instrument for t in told if t.instrument is not None} - course.instruments.keys()

    def look(uow: UnitOfWork) -> dict[Instrument, str] | None:
        found = uow.instruments.known(new) if new else {}
        if len(found) < len(new):
            return None
        ids = {**course.instruments, **found}
        rows = [
            Keyed(key, t, ids[t.instrument] if t.instrument else None, mark)
            for key, t, mark in zip(step.keys, told, step.marks, strict=True)
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
    recalled = Recalled(engine.storage, identifier, feed.name, state.since, nothing=state.watermark is None)
    return Reading(identifier, feed, result, state, None if resumed else set(), recalled)


def _finish(course: Course, uow: UnitOfWork, result: DatasetResult) -> None:
    """The history of an account was read to its end."""
    identifier, now = result.account_id, course.engine.clock.now()
    result.state = ResultState.PARTIAL if result.held_back else ResultState.SUCCEEDED
    result.failure = HELD_BACK if result.held_back else None
    start = _history_start(course, uow, identifier, now.date())
    uow.freshness.put(
        Freshness(identifier, Dataset.TRANSACTIONS, Completeness.COMPLETE, None, now, history_start=start)
    )
    if result.held_back:
        uow.freshness.mark_stale(identifier, Dataset.TRANSACTIONS, HELD_BACK.reason, now)
    uow.holdings.bump(identifier)


def _history_start(course: Course, uow: UnitOfWork, identifier: str, today: date) -> date | None:
    """From which day on the history has no gap. A window begins before the last read ended; only where the
    brokerage does not keep its rows until we come again, some are missing for ever."""
    oldest = uow.transactions.oldest(identifier)
    rows = uow.freshness.of_account(identifier)
    known = next((row for row in rows if row.dataset is Dataset.TRANSACTIONS), None)
    kept = course.door.facts.history_days
    if known is None or known.history_start is None or known.fetched_at is None or kept is None:
        return oldest
    # What only files have told ends with them, and not with the day on which they were imported.
    until = (known.as_of or known.fetched_at).date()
    before = Span(min(known.history_start, until), until)
    reach = today - timedelta(days=kept)
    return known_span(before, Span(reach if known.as_of else max(reach, until), today)).start
