"""One sync run on its way: committing steps, waiting, failing and ending, for all stages alike.

The run's row is the truth. Everything that a step found is written together with the run's counters,
its cursor and its progress, under the fencing token: a killed process loses the step in flight and no
more, and a stale one is refused by the store.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar

from brokerlink.usecases.grants import Grants, Held
from brokerlink.usecases.safe import Safe
from domain import policy
from domain.brokerages import Dataset
from domain.connections import Connection, ConnectionState
from domain.errors import (
    BrokerageUnavailable,
    BudgetSpent,
    Failure,
    FailureRecord,
    NobodyYet,
    PermissionInsufficient,
    UserMustAct,
)
from domain.events import Event, EventType
from domain.instruments import Instrument
from domain.ports.brokerage import Brokerages, Grant, Notes, OpenDoor
from domain.ports.clock import Chance, Clock
from domain.ports.dispatch import ProgressHub
from domain.ports.storage import Storage, UnitOfWork
from domain.ports.vault import DataKey
from domain.syncs import (
    DatasetResult,
    Progress,
    ProgressKind,
    ResultState,
    RunState,
    SyncRun,
)

T = TypeVar("T")
P = ParamSpec("P")
log = logging.getLogger("brokerlink.sync")
TOO_LONG = FailureRecord.of(BrokerageUnavailable("The sync did not come to an end in the time it has."))
MOST_NAMES, FURTHER = 500, "further"
_OF_ACCOUNTS = (Dataset.BALANCES, Dataset.POSITIONS, Dataset.TRANSACTIONS)
_TOLD = frozenset({ResultState.SUCCEEDED, ResultState.PARTIAL})


class Stopped(Exception):
    """The run ends or waits here; everything is stored already."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The ports and settings of all runs."""

    storage: Storage
    brokerages: Brokerages
    safe: Safe
    grants: Grants
    clock: Clock
    chance: Chance
    hub: ProgressHub
    lease: timedelta = timedelta(seconds=15)
    patience: policy.Patience = field(default_factory=policy.Patience)
    cadence: policy.SyncPolicy = field(default_factory=policy.SyncPolicy)


@dataclass(slots=True)
class Course:
    """One run on its way: what its steps share."""

    engine: Engine
    run: SyncRun
    connection: Connection
    door: OpenDoor
    held: Held
    cancelled: bool = False
    keys: dict[str, DataKey] = field(default_factory=dict)
    instruments: dict[Instrument, str] = field(default_factory=dict)

    async def call(
        self, deed: Callable[Concatenate[Grant, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call the brokerage with the grant, renewed where needed."""
        if self.cancelled:
            await self.end(RunState.CANCELLED)
        if self.engine.clock.now() >= self.run.deadline:
            await self.end(RunState.EXPIRED, TOO_LONG)
        return await self.engine.grants.use(self.held, self.door, lambda grant: deed(grant, *args, **kwargs))

    def raw_key(self, uow: UnitOfWork, account_id: str) -> DataKey:
        """The data key of an account's raw rows; looked up once for each run."""
        found = self.keys.get(account_id)
        if found is None:
            found = self.keys[account_id] = self.engine.safe.key(uow, f"account:{account_id}")
        return found

    def instrument_ids(self, uow: UnitOfWork, told: Iterable[Instrument]) -> dict[Instrument, str]:
        """The ids of instruments; each is looked up once in a run."""
        new = [instrument for instrument in dict.fromkeys(told) if instrument not in self.instruments]
        if new:
            # Known only after the step is stored: it may have to be done again.
            return {**self.instruments, **uow.instruments.resolve(new, self.engine.clock.now().date())}
        return self.instruments

    async def commit(self, result: DatasetResult | None, deed: Callable[[UnitOfWork], T]) -> T:
        """One step: what it found, the run's row and one message of progress, in one transaction."""
        found: list[T] = []

        def step(uow: UnitOfWork) -> list[DatasetResult | None]:
            found[:] = [deed(uow)]
            return [result]

        await self._commit(step)
        return found[0]

    async def commit_all(self, deed: Callable[[UnitOfWork], list[DatasetResult]]) -> None:
        """A step that moves several results: all become visible together, with a message for each."""
        await self._commit(deed)

    async def _commit(self, deed: Callable[[UnitOfWork], Sequence[DatasetResult | None]]) -> None:
        run, start = self.run, self.run.sequence

        def step(uow: UnitOfWork) -> None:
            now, results = self.engine.clock.now(), deed(uow)
            run.sequence = start + len(results)
            # Before its messages: one whose lease was lost hears that, and not that somebody wrote them.
            uow.runs.save(run, self.engine.lease)
            for sequence, result in enumerate(results, start + 1):
                uow.progress.add(
                    Progress(run.id, sequence, ProgressKind.PROGRESS, now, run.state, result=result)
                )

        await self.engine.storage.write(step)
        self.engine.hub.publish(run.id, run.sequence)

    async def failed(self, result: DatasetResult, failure: Failure) -> None:
        """A dataset failed: wait and go on later, stop the run, or note it and go on with the rest."""
        run = self.run
        if policy.try_again(failure, run.attempt):
            await self.wait(failure, result)
        result.state = ResultState.FAILED
        result.failure = FailureRecord.of(failure, dataset=result.dataset.value)

        def deed(uow: UnitOfWork) -> None:
            self._stale(uow, result, failure)

        await self.commit(result, deed)
        # What passes by itself is no alert of each connection: the brokerage's outage is told once.
        log.log(
            logging.WARNING if isinstance(failure, NobodyYet) else logging.ERROR,
            "dataset failed",
            extra={
                "run_id": run.id,
                "account_id": result.account_id,
                "dataset": result.dataset.value,
                "reason": failure.reason,
            },
        )
        if isinstance(failure, UserMustAct) and not isinstance(failure, PermissionInsufficient):
            await self.end(RunState.FAILED, result.failure)

    def _stale(self, uow: UnitOfWork, result: DatasetResult, failure: Failure) -> None:
        if result.account_id:
            now = self.engine.clock.now()
            uow.freshness.mark_stale(result.account_id, result.dataset, failure.reason, now)
            uow.holdings.bump(result.account_id)

    async def wait(self, failure: Failure, result: DatasetResult) -> None:
        """Give the lease up until the time to try again, and show why."""
        run, now = self.run, self.engine.clock.now()
        pause = self.engine.patience.backoff(run.attempt, self.engine.chance.fraction(), failure.retry_after)
        if isinstance(failure, BudgetSpent):
            run.attempt -= 1  # nothing was tried
        retry_at = min(now + pause, run.deadline)
        run.state, run.retry_at = RunState.WAITING, retry_at
        run.failure = FailureRecord.of(failure, dataset=result.dataset.value, retry_at=retry_at)
        run.sequence += 1
        waiting = Progress(
            run.id,
            run.sequence,
            ProgressKind.PROGRESS,
            now,
            run.state,
            None,
            result,
            retry_at,
            failure.message,
        )

        def deed(uow: UnitOfWork) -> None:
            uow.runs.save(run, None)
            uow.progress.add(waiting)
            self._stale(uow, result, failure)
            self._move(uow, ConnectionState.WAITING, run.failure)

        await self.engine.storage.write(deed)
        self.engine.hub.publish(run.id, run.sequence)
        log.warning(
            "sync waits", extra={"run_id": run.id, "reason": failure.reason, "seconds": pause.total_seconds()}
        )
        raise Stopped

    async def end(self, state: RunState, why: FailureRecord | None = None) -> None:
        """The terminal state, the connection's state after it, and the last message of the stream."""
        run, now = self.run, self.engine.clock.now()
        failures = [r.failure for r in run.results if r.failure is not None]
        run.state, run.ended_at, run.retry_at = state, now, None
        run.failure = why or policy.worst(failures)
        run.sequence += 1
        for result in run.results:
            if not result.state.done:
                result.state = ResultState.SKIPPED

        def deed(uow: UnitOfWork) -> None:
            uow.runs.save(run, None)
            uow.progress.add(Progress(run.id, run.sequence, ProgressKind.TERMINAL, now, state, run=run))
            facts: dict[str, str | int] = {"run_id": run.id, "state": state.value}
            uow.events.add(Event(run.user_id, EventType.SYNC_ENDED, now, run.connection_id, facts=facts))
            if state is not RunState.CANCELLED:
                mark_unread(uow, run, now)
            self._settle(uow)

        await self.engine.storage.write(deed)
        self.engine.hub.publish(run.id, run.sequence)
        log.info(
            "sync ended", extra={"run_id": run.id, "state": state.value, "connection_id": run.connection_id}
        )
        raise Stopped

    def _settle(self, uow: UnitOfWork) -> None:
        """What the run's end means for the connection."""
        run, now, engine = self.run, self.engine.clock.now(), self.engine
        if run.state is RunState.CANCELLED:
            return
        worked = run.state is RunState.SUCCEEDED
        state = policy.state_after(run.state, run.failure)
        minimum = self.door.facts.minimum_interval
        due = policy.next_sync(engine.cadence, minimum, now, engine.chance.fraction())
        connection = self._move(uow, state, None if worked else run.failure)
        if connection is None:
            return
        failures = connection.failures + 1 if run.state in {RunState.FAILED, RunState.EXPIRED} else 0
        if policy.should_pause(failures, state):
            connection = self._move(uow, ConnectionState.PAUSED, run.failure) or connection
        uow.connections.save(
            replace(
                connection,
                failures=failures,
                last_run_id=run.id,
                last_success_at=now if worked else connection.last_success_at,
                next_sync_at=due,
            )
        )

    def _move(self, uow: UnitOfWork, state: ConnectionState, why: FailureRecord | None) -> Connection | None:
        """Move the connection, with one event where its state changes; None if it is gone or paused."""
        now = self.engine.clock.now()
        connection = uow.connections.get(self.run.connection_id)
        if connection is None or connection.state in {
            ConnectionState.DISCONNECTED,
            ConnectionState.PAUSED,
            ConnectionState.QUARANTINED,
        }:
            return None
        moved = connection.moved(state, now, why)
        if moved.state is not connection.state or moved.reason != connection.reason:
            facts: dict[str, str | int] = {"state": state.value, "reason": moved.reason}
            uow.events.add(
                Event(moved.user_id, EventType.CONNECTION_STATE_CHANGED, now, moved.id, facts=facts)
            )
        return uow.connections.save(moved) if moved != connection else connection


def mark_unread(uow: UnitOfWork, run: SyncRun, now: datetime) -> None:
    """What a run that ends with a failure did not come to read is stale for that reason: its figures
    stay, and say so."""
    if run.failure is None:
        return
    read = {(r.account_id, r.dataset) for r in run.results if r.state in _TOLD or r.failure is not None}
    links = [link.account_id for link in uow.accounts.links(run.connection_id) if link.missing_since is None]
    mark_stale(uow, links, run.failure.reason, now, read)


def mark_stale(
    uow: UnitOfWork,
    account_ids: Sequence[str],
    reason: str,
    now: datetime,
    but: Set[tuple[str, Dataset]] = frozenset(),
) -> None:
    """All figures of these open accounts are stale, but for those datasets."""
    for account in uow.accounts.get_many(account_ids).values():
        unread = [dataset for dataset in _OF_ACCOUNTS if (account.id, dataset) not in but]
        if not account.open or not unread:
            continue
        for dataset in unread:
            uow.freshness.mark_stale(account.id, dataset, reason, now)
        uow.holdings.bump(account.id)


def note(result: DatasetResult, notes: Notes) -> None:
    """Add what a read met and did not know to the result. The names are others' words: beyond a bound all
    further ones are counted together."""
    for known, found in ((result.unknown_fields, notes.fields), (result.unknown_words, notes.words)):
        for name, count in found.items():
            named = name if name in known or len(known) < MOST_NAMES else FURTHER
            known[named] = known.get(named, 0) + count
