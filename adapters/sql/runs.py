"""Sync runs: the lease by the database's clock, the fencing token, and the log of their progress."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    String,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy import Connection as SqlConnection

from adapters.sql.prepared import Prepared, Row
from adapters.sql.statements import from_json, insert_new, to_json
from adapters.sql.tables import connections, sync_progress, sync_runs
from adapters.sql.types import MICROSECOND, DatabaseNow
from domain.connections import ConnectionState
from domain.errors import ConnectionQuarantined, FailureRecord
from domain.ports.runs import LeaseLost
from domain.syncs import DatasetResult, DeadLetter, Lane, Progress, RunState, SyncRun, Trigger

# Bound one by one: a statement with a list in it is finished anew for each call.
_ACTIVE = [literal(s.value) for s in RunState if not s.terminal]


def _run(row: Mapping[Any, Any]) -> SyncRun:
    return SyncRun(
        id=row["id"],
        connection_id=row["connection_id"],
        user_id=row["user_id"],
        state=RunState(row["state"]),
        trigger=Trigger(row["trigger"]),
        lane=Lane(row["lane"]),
        created_at=row["created_at"],
        deadline=row["deadline"],
        force=row["force"],
        attempt=row["attempt"],
        sequence=row["sequence"],
        token=row["token"],
        head_done=row["head_done"],
        cancel_requested=row["cancel_requested"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        retry_at=row["retry_at"],
        failure=from_json(row["failure"], FailureRecord),
        results=from_json(row["results"], list[DatasetResult]) or [],
    )


def _changing(run: SyncRun) -> dict[str, Any]:
    return {
        "state": run.state.value,
        "attempt": run.attempt,
        "sequence": run.sequence,
        "head_done": run.head_done,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "retry_at": run.retry_at,
        "failure": to_json(run.failure),
        "results": to_json(run.results),
    }


FREE_AND_DUE = and_(
    sync_runs.c.state.in_(_ACTIVE),
    or_(sync_runs.c.lease_until.is_(None), sync_runs.c.lease_until < DatabaseNow()),
    or_(
        sync_runs.c.state.in_([literal(RunState.QUEUED.value), literal(RunState.RUNNING.value)]),
        and_(
            sync_runs.c.state == RunState.WAITING.value,
            type_coerce(sync_runs.c.retry_at, BigInteger) <= DatabaseNow(),
        ),
        sync_runs.c.cancel_requested.is_(True),
    ),
)

# Written at every step of every run, so built once. A stale token or an ended run matches no row.
_MINE = and_(
    sync_runs.c.id == bindparam("its_id", type_=String),
    sync_runs.c.token == bindparam("its_token", type_=Integer),
    sync_runs.c.state.in_(_ACTIVE),
)
_HELD = DatabaseNow() + bindparam("hold", type_=BigInteger)
_CHANGING = {
    name: bindparam(name, type_=sync_runs.c[name].type)
    for name in ("state attempt sequence head_done started_at ended_at retry_at failure results".split())
}
_RENEW = Prepared(update(sync_runs).where(_MINE).values(lease_until=_HELD))
_SAVE = Prepared(update(sync_runs).where(_MINE).values(lease_until=_HELD, **_CHANGING))
_SAVE_AND_LEAVE = Prepared(update(sync_runs).where(_MINE).values(lease_until=None, **_CHANGING))
_GET = Prepared(select(sync_runs).where(sync_runs.c.id == bindparam("run_id", type_=String)))
_DUE = select(sync_runs).where(FREE_AND_DUE).order_by(sync_runs.c.lane, sync_runs.c.created_at).limit(1)
_NEXT = Prepared(_DUE.with_for_update(skip_locked=True))
_IN_LANE = sync_runs.c.lane == bindparam("of_lane", type_=sync_runs.c.lane.type)
_NEXT_IN_LANE = Prepared(_DUE.where(_IN_LANE).with_for_update(skip_locked=True))
_THIS = Prepared(
    select(sync_runs)
    .where(FREE_AND_DUE, sync_runs.c.id == bindparam("run_id", type_=String))
    .with_for_update(skip_locked=True)
)
_TAKE = Prepared(
    update(sync_runs)
    .where(
        sync_runs.c.id == bindparam("its_id", type_=String),
        sync_runs.c.token == bindparam("its_token", type_=Integer),
    )
    .values(
        lease_owner=bindparam("owner", type_=String),
        lease_until=_HELD,
        token=bindparam("its_token", type_=Integer) + 1,
    )
)
_LOG = Prepared(sync_progress.insert())


class SqlRuns:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def get(self, run_id: str) -> SyncRun | None:
        row = _GET.first(self._sql, run_id=run_id)
        return None if row is None else _run(row)

    def active(self, connection_id: str) -> SyncRun | None:
        found = select(sync_runs).where(
            sync_runs.c.connection_id == connection_id, sync_runs.c.state.in_(_ACTIVE)
        )
        row = self._sql.execute(found).mappings().first()
        return None if row is None else _run(row)

    def latest(self, connection_id: str) -> SyncRun | None:
        found = (
            select(sync_runs)
            .where(sync_runs.c.connection_id == connection_id)
            .order_by(sync_runs.c.created_at.desc(), sync_runs.c.id.desc())
            .limit(1)
        )
        row = self._sql.execute(found).mappings().first()
        return None if row is None else _run(row)

    def add(self, run: SyncRun) -> bool:
        row = {
            "id": run.id,
            "connection_id": run.connection_id,
            "user_id": run.user_id,
            "trigger": run.trigger.value,
            "lane": run.lane.value,
            "created_at": run.created_at,
            "deadline": run.deadline,
            "force": run.force,
            "token": 0,
            "cancel_requested": False,
        }
        return insert_new(self._sql, sync_runs, {**row, **_changing(run)})

    def lease(self, owner: str, duration: timedelta, lane: Lane | None) -> SyncRun | None:
        if lane is None:
            return self._take(_NEXT.first(self._sql), owner, duration)
        return self._take(_NEXT_IN_LANE.first(self._sql, of_lane=lane.value), owner, duration)

    def lease_one(self, run_id: str, owner: str, duration: timedelta) -> SyncRun | None:
        return self._take(_THIS.first(self._sql, run_id=run_id), owner, duration)

    def _take(self, row: Row | None, owner: str, duration: timedelta) -> SyncRun | None:
        if row is None:
            return None
        hold = duration // MICROSECOND
        taken = _TAKE.run(self._sql, its_id=row["id"], its_token=row["token"], owner=owner, hold=hold)
        return _run({**row, "token": row["token"] + 1}) if taken == 1 else None

    def renew(self, run_id: str, token: int, duration: timedelta) -> bool:
        told = {"its_id": run_id, "its_token": token, "hold": duration // MICROSECOND}
        return _RENEW.run(self._sql, **told) == 1

    def save(self, run: SyncRun, duration: timedelta | None) -> None:
        told = {"its_id": run.id, "its_token": run.token, **_changing(run)}
        if duration is None:
            done = _SAVE_AND_LEAVE.run(self._sql, **told)
        else:
            done = _SAVE.run(self._sql, **told, hold=duration // MICROSECOND)
        if done != 1:
            raise LeaseLost

    def request_cancel(self, run_id: str) -> None:
        self._sql.execute(
            update(sync_runs)
            .where(sync_runs.c.id == run_id, sync_runs.c.state.in_(_ACTIVE))
            .values(cancel_requested=True)
        )

    def hurry(self, run_id: str) -> None:
        waits = sync_runs.c.state == RunState.WAITING.value
        self._sql.execute(
            update(sync_runs)
            .where(
                sync_runs.c.id == run_id,
                sync_runs.c.lane == Lane.BATCH.value,
                sync_runs.c.state.in_(_ACTIVE),
            )
            .values(
                lane=Lane.INTERACTIVE.value,
                retry_at=case((waits, DatabaseNow()), else_=type_coerce(sync_runs.c.retry_at, BigInteger)),
            )
        )

    def at_work(self, lane: Lane) -> dict[str, int]:
        found = (
            select(connections.c.brokerage_id, func.count())
            .join(connections, connections.c.id == sync_runs.c.connection_id)
            .where(sync_runs.c.state.in_(_ACTIVE), sync_runs.c.lane == lane.value)
            .group_by(connections.c.brokerage_id)
        )
        return {row[0]: row[1] for row in self._sql.execute(found)}

    def held(self) -> list[tuple[str, str]]:
        found = select(sync_runs.c.id, sync_runs.c.lease_owner).where(
            sync_runs.c.state.in_(_ACTIVE), sync_runs.c.lease_until >= DatabaseNow()
        )
        return [(row[0], row[1] or "") for row in self._sql.execute(found)]

    def release(self, run_id: str, owner: str) -> None:
        self._sql.execute(
            update(sync_runs)
            .where(sync_runs.c.id == run_id, sync_runs.c.lease_owner == owner)
            .values(lease_until=None, token=sync_runs.c.token + 1)
        )

    def hand_over(self, run_id: str, token: int) -> None:
        self._sql.execute(
            update(sync_runs)
            .where(
                sync_runs.c.id == run_id,
                sync_runs.c.token == token,
                # One that ended or waits meanwhile is in nobody's hands any more.
                sync_runs.c.state.in_([RunState.QUEUED.value, RunState.RUNNING.value]),
            )
            .values(lease_until=None, token=token + 1, state=RunState.QUEUED.value)
        )

    def requeue(self, run_id: str) -> bool:
        done = self._sql.execute(
            update(sync_runs)
            .where(sync_runs.c.id == run_id, sync_runs.c.state.in_(_ACTIVE))
            .values(lease_until=None, token=sync_runs.c.token + 1, state=RunState.QUEUED.value, retry_at=None)
        )
        return done.rowcount == 1

    def dead_letters(
        self, user_id: str | None, brokerage_id: str, before: tuple[datetime, str] | None, limit: int
    ) -> list[DeadLetter]:
        found = (
            select(sync_runs, connections.c.brokerage_id, connections.c.since)
            .join(connections, connections.c.last_run_id == sync_runs.c.id)
            .where(
                connections.c.state == ConnectionState.QUARANTINED.value,
                connections.c.reason == ConnectionQuarantined.reason,
            )
        )
        if user_id is not None:
            found = found.where(connections.c.user_id == user_id)
        if brokerage_id:
            found = found.where(connections.c.brokerage_id == brokerage_id)
        if before is not None:
            since, connection_id = before
            found = found.where(
                or_(
                    connections.c.since < since,
                    and_(connections.c.since == since, connections.c.id < connection_id),
                )
            )
        found = found.order_by(connections.c.since.desc(), connections.c.id.desc()).limit(limit)
        rows = self._sql.execute(found).mappings()
        return [DeadLetter(_run(row), row["brokerage_id"], row["since"]) for row in rows]

    def recent(
        self, user_id: str | None, connection_id: str | None, before: str, limit: int
    ) -> list[SyncRun]:
        found = select(sync_runs)
        if user_id is not None:
            found = found.where(sync_runs.c.user_id == user_id)
        if connection_id is not None:
            found = found.where(sync_runs.c.connection_id == connection_id)
        if before:
            edge = select(sync_runs.c.created_at).where(sync_runs.c.id == before).scalar_subquery()
            found = found.where(
                or_(
                    sync_runs.c.created_at < edge,
                    and_(sync_runs.c.created_at == edge, sync_runs.c.id < before),
                )
            )
        found = found.order_by(sync_runs.c.created_at.desc(), sync_runs.c.id.desc()).limit(limit)
        return [_run(row) for row in self._sql.execute(found).mappings()]

    def expired(self, now: datetime) -> Sequence[SyncRun]:
        found = select(sync_runs).where(
            sync_runs.c.state.in_(_ACTIVE),
            sync_runs.c.deadline < now,
            or_(sync_runs.c.lease_until.is_(None), sync_runs.c.lease_until < DatabaseNow()),
        )
        return [_run(row) for row in self._sql.execute(found.limit(100)).mappings()]

    def seize(self, run: SyncRun) -> SyncRun | None:
        """Take a run that nobody holds, to end it from outside. None if somebody was faster."""
        done = self._sql.execute(
            update(sync_runs)
            .where(sync_runs.c.id == run.id, sync_runs.c.token == run.token)
            .values(token=run.token + 1, lease_until=None)
        )
        return self.get(run.id) if done.rowcount == 1 else None


class SqlProgressLog:
    def __init__(self, connection: SqlConnection) -> None:
        self._sql = connection

    def add(self, progress: Progress) -> None:
        row = {
            "run_id": progress.run_id,
            "sequence": progress.sequence,
            "at": progress.at,
            "message": to_json(progress),
        }
        _LOG.run(self._sql, **row)

    def after(self, run_id: str, sequence: int, limit: int) -> list[Progress]:
        found = (
            select(sync_progress.c.message)
            .where(sync_progress.c.run_id == run_id, sync_progress.c.sequence > sequence)
            .order_by(sync_progress.c.sequence)
            .limit(limit)
        )
        messages = [from_json(row[0], Progress) for row in self._sql.execute(found)]
        return [message for message in messages if message is not None]

    def prune(self, before: datetime) -> int:
        return self._sql.execute(delete(sync_progress).where(sync_progress.c.at < before)).rowcount
