"""The head of a sync: the list of accounts, then balances and positions of all, published together."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from brokerlink.usecases.connecting import link_accounts
from brokerlink.usecases.course import Course, mark_stale, note
from domain.accounts import AccountTold
from domain.brokerages import Dataset
from domain.errors import (
    BrokerageUnavailable,
    ConnectionDisconnected,
    Failure,
    FailureRecord,
    IdentityMismatch,
    SnapshotHeldBack,
    UnreadableReply,
)
from domain.events import Event, EventType
from domain.freshness import Completeness, Freshness
from domain.ids import account_id
from domain.instruments import Instrument
from domain.ports.brokerage import Grant, Listing
from domain.ports.storage import Changes, UnitOfWork
from domain.ports.vault import DataKey, Label
from domain.positions import Balance, Position
from domain.reconciliation import Agreement, checked, reconcile, vanished
from domain.syncs import DatasetResult, ResultState

log = logging.getLogger("brokerlink.sync")
T = TypeVar("T")
NOT_LISTED = FailureRecord.of(
    SnapshotHeldBack(
        "The brokerage does not list an account any more that it listed before; it stays as it was."
    ),
    dataset=Dataset.ACCOUNTS.value,
)
NOT_ALL_TOLD = FailureRecord.of(
    BrokerageUnavailable("The brokerage could not tell all accounts just now."),
    dataset=Dataset.ACCOUNTS.value,
)


@dataclass(slots=True)
class Snapshot:
    """What the head read of one account; None where the read failed."""

    account_id: str
    balances: Listing[Balance] | None = None
    positions: Listing[Position] | None = None


async def list_accounts(course: Course) -> dict[str, AccountTold]:
    """The accounts that the connection leads to, by id. A list that lacks a known account is no proof
    that it is gone: the link is marked, account and history stay, and its figures are stale from now on.
    The run in which it is missing first says so as well.

    After the first attempt of a run the stored links answer: nothing is asked twice.
    """
    result = course.run.result("", Dataset.ACCOUNTS)
    if result.state in {ResultState.SUCCEEDED, ResultState.PARTIAL}:
        return await _stored_accounts(course)
    try:
        listing = await course.call(course.door.accounts)
    except Failure as failure:
        await course.failed(result, failure)
        return await _stored_accounts(course)
    key = course.engine.safe.vault.identity_key
    connection = course.connection
    told = {account_id(key, connection.user_id, connection.brokerage_id, a.key): a for a in listing.rows}

    def deed(uow: UnitOfWork) -> None:
        now = course.engine.clock.now()
        present = uow.connections.get(connection.id)
        if present is None or not present.live:
            # Disconnected meanwhile: its key is shredded, and must not be made anew.
            raise ConnectionDisconnected
        links = uow.accounts.links(connection.id)
        before = {link.account_id for link in links}
        if before and not told:
            # An empty list is no proof that all accounts are gone.
            raise UnreadableReply("The brokerage tells of no account at all.")
        if before and not before & told.keys():
            raise IdentityMismatch
        result.added, result.unchanged = link_accounts(uow, course.engine.safe, connection, told, now)
        gone = sorted(before - told.keys())
        if gone:
            uow.accounts.mark_missing(connection.id, gone, now)
            mark_stale(uow, gone, NOT_LISTED.reason, now)
        if any(link.missing_since is None for link in links if link.account_id in gone):
            result.state, result.failure = ResultState.PARTIAL, NOT_LISTED

    _judge(result, listing)
    note(result, listing.notes)
    try:
        await course.commit(result, deed)
    except (ConnectionDisconnected, IdentityMismatch, UnreadableReply) as failure:
        await course.failed(result, failure)
        return await _stored_accounts(course)
    return told


def _judge(result: DatasetResult, listing: Listing[AccountTold]) -> None:
    """What came is used; that the brokerage itself says that some are lacking makes it partial."""
    result.pages = 1
    if listing.complete:
        result.state = ResultState.SUCCEEDED
    else:
        result.state, result.failure = ResultState.PARTIAL, NOT_ALL_TOLD


async def _stored_accounts(course: Course) -> dict[str, AccountTold]:
    def deed(uow: UnitOfWork) -> dict[str, AccountTold]:
        links = uow.accounts.links(course.connection.id)
        accounts = uow.accounts.get_many([link.account_id for link in links])
        key = uow.data_keys.of(f"connection:{course.connection.id}")
        if key is None:
            return {}  # disconnected meanwhile
        return {
            link.account_id: course.engine.safe.open_account(key, accounts[link.account_id], link.routing)
            for link in links
            if link.account_id in accounts and link.missing_since is None
        }

    return await course.engine.storage.read(deed)


async def read_head(course: Course, accounts: dict[str, AccountTold]) -> None:
    """Read balances and positions of every open account, then publish all of it in one transaction:
    readers see the former holdings or the new ones, never a mixture."""
    snapshots: list[Snapshot] = []
    for identifier, account in accounts.items():
        if not account.open:
            continue
        snapshot = Snapshot(identifier)
        snapshot.balances = await _read(course, identifier, Dataset.BALANCES, course.door.balances, account)
        snapshot.positions = await _read(
            course, identifier, Dataset.POSITIONS, course.door.positions, account
        )
        snapshots.append(snapshot)
    course.run.head_done = True
    await course.commit_all(lambda uow: _publish_all(course, uow, snapshots))


async def _read(
    course: Course,
    identifier: str,
    dataset: Dataset,
    read: Callable[[Grant, AccountTold], Awaitable[Listing[T]]],
    account: AccountTold,
) -> Listing[T] | None:
    result = course.run.result(identifier, dataset)
    result.state = ResultState.RUNNING
    try:
        listing = await course.call(read, account)
    except Failure as failure:
        await course.failed(result, failure)
        return None
    result.pages = 1
    note(result, listing.notes)
    return listing


def _publish_all(course: Course, uow: UnitOfWork, snapshots: list[Snapshot]) -> list[DatasetResult]:
    # Before anything is locked: new names are given by one writer at a time, and whoever waits for that
    # must not hold what the other needs.
    held = (p.instrument for s in snapshots if s.positions is not None for p in s.positions.rows)
    ids = uow.instruments.resolve(held, course.engine.clock.now().date(), held=True)
    return [result for snapshot in snapshots for result in _publish(course, uow, snapshot, ids)]


def _publish(
    course: Course, uow: UnitOfWork, snapshot: Snapshot, ids: dict[Instrument, str]
) -> list[DatasetResult]:
    """Write what was read of one account. Only a complete snapshot that we believe may remove."""
    now = course.engine.clock.now()
    identifier = snapshot.account_id
    published: list[DatasetResult] = []
    before = uow.holdings.balances(identifier)
    # Judged before the balances are replaced: the guard compares cash then and now.
    believed = snapshot.positions is not None and _believed(course, uow, snapshot, before)
    if snapshot.balances is not None:
        result = course.run.result(identifier, Dataset.BALANCES)
        published.append(result)
        if snapshot.balances.rows or not before:
            _count(result, uow.holdings.replace_balances(identifier, snapshot.balances.rows))
            _fresh(uow, identifier, Dataset.BALANCES, snapshot.balances.as_of, now)
        else:
            _hold_back(uow, result, now)
    if snapshot.positions is not None:
        result = course.run.result(identifier, Dataset.POSITIONS)
        published.append(result)
        if believed:
            _count(result, _mirror(course, uow, identifier, snapshot.positions, ids))
            _fresh(uow, identifier, Dataset.POSITIONS, snapshot.positions.as_of, now)
        else:
            _hold_back(uow, result, now)
            result.held_back = snapshot.positions.complete
    if snapshot.balances is not None and snapshot.positions is not None and believed:
        outcome = reconcile(snapshot.balances.rows, snapshot.positions.rows)
        uow.holdings.reconciled(identifier, outcome)
        differs = outcome.state is Agreement.DIFFERS
        course.run.result(identifier, Dataset.BALANCES).totals_differ = differs
    if published:
        uow.holdings.bump(identifier)
    if any(r.added or r.modified or r.removed for r in published):
        uow.events.add(
            Event(course.run.user_id, EventType.HOLDINGS_UPDATED, now, course.connection.id, identifier)
        )
    return published


def _hold_back(uow: UnitOfWork, result: DatasetResult, now: datetime) -> None:
    """What was told is not stored: the former figures stay, and say since when and why."""
    held = SnapshotHeldBack()
    result.state, result.held_back = ResultState.PARTIAL, True
    result.failure = FailureRecord.of(held, dataset=result.dataset.value)
    uow.freshness.mark_stale(result.account_id, result.dataset, held.reason, now)


def _believed(course: Course, uow: UnitOfWork, snapshot: Snapshot, before: list[Balance]) -> bool:
    """Whether the positions may replace the former ones. Shown twice in a row they are believed."""
    if snapshot.positions is None or not snapshot.positions.complete:
        return False
    if snapshot.positions.rows:
        return True  # not everything vanished: nothing else has to be looked at
    last = uow.runs.get(course.connection.last_run_id or "")
    held_back = last is not None and last.result(snapshot.account_id, Dataset.POSITIONS).held_back
    gone = vanished(
        uow.holdings.count(snapshot.account_id),
        len(snapshot.positions.rows),
        before[0].cash if before else None,
        snapshot.balances.rows[0] if snapshot.balances and snapshot.balances.rows else None,
        held_back,
    )
    if gone:
        log.warning("snapshot held back", extra={"run_id": course.run.id, "account_id": snapshot.account_id})
    return not gone


def _mirror(
    course: Course,
    uow: UnitOfWork,
    identifier: str,
    listing: Listing[Position],
    ids: dict[Instrument, str],
) -> Changes:
    positions = [checked(position) for position in listing.rows]
    key = course.raw_key(uow, identifier)
    raws = [_seal(course, key, identifier, p) for p in positions]
    return uow.holdings.replace_positions(identifier, positions, ids, raws)


def _seal(course: Course, key: DataKey, identifier: str, position: Position) -> bytes:
    label = Label(course.run.user_id, identifier, "position")
    return course.engine.safe.vault.seal(key, label, position.raw)


def _count(result: DatasetResult, changes: Changes) -> None:
    result.state, result.failure = ResultState.SUCCEEDED, None
    result.added, result.modified = changes.added, changes.modified
    result.removed, result.unchanged = changes.removed, changes.unchanged


def _fresh(uow: UnitOfWork, identifier: str, dataset: Dataset, as_of: datetime | None, now: datetime) -> None:
    uow.freshness.put(Freshness(identifier, dataset, Completeness.COMPLETE, as_of, now))
