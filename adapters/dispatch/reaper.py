"""Finds runs that nobody looks at, whatever became of their job or of the process that had it.

The engine's own recipe knows only its jobs; what is lost between our commit and its table, and leases that
end before a heartbeat is missed, only our rows tell.
"""

from datetime import timedelta

from sqlalchemy import bindparam, text, update

from adapters.sql.runs import FREE_AND_DUE
from adapters.sql.tables import sync_runs
from adapters.sql.types import DatabaseNow
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.syncs import RunState, SyncRun

AT_ONCE = 500
_ACTIVE = [state.value for state in RunState if not state.terminal]

# A worker that is silent, one that has been forgotten, and a job that its worker could not put away: its run
# is in nobody's hands, although it began long ago.
_STALLED = text("""
DELETE FROM procrastinate_jobs WHERE id IN (
    SELECT job.id FROM procrastinate_jobs AS job
    LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
    LEFT JOIN sync_runs AS run ON run.id = job.args->>'run_id'
    WHERE job.status = 'doing' AND (
        worker.id IS NULL
        OR worker.last_heartbeat < now() - make_interval(secs => :silence)
        OR (
            (run.lease_until IS NULL
             OR run.lease_until < CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT))
            AND NOT EXISTS (
                SELECT 1 FROM procrastinate_events AS event
                WHERE event.job_id = job.id AND event.type = 'started'
                AND event.at > now() - make_interval(secs => :silence)
            )
        )
    )
    FOR UPDATE OF job SKIP LOCKED
)
""").bindparams(bindparam("silence"))

_NO_JOB = text("""
NOT EXISTS (
    SELECT 1 FROM procrastinate_jobs AS job
    WHERE job.args->>'run_id' = sync_runs.id AND job.status IN ('todo', 'doing')
    AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())
)
""")


def overdue(uow: SqlUnitOfWork) -> list[SyncRun]:
    """Runs whose lease has ended: it is taken from its owner, so that each is found once."""
    ended = (
        sync_runs.select()
        .with_only_columns(sync_runs.c.id)
        .where(sync_runs.c.state.in_(_ACTIVE), sync_runs.c.lease_until < DatabaseNow())
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(sync_runs)
        .where(sync_runs.c.id.in_(ended.scalar_subquery()))
        .values(lease_until=None, token=sync_runs.c.token + 1)
        .returning(sync_runs.c.id)
    )
    return _runs(uow, [row[0] for row in uow.sql.execute(taken)])


def forgotten(uow: SqlUnitOfWork) -> list[SyncRun]:
    """Runs that are due and free, and that no job will look at now."""
    found = sync_runs.select().with_only_columns(sync_runs.c.id).where(FREE_AND_DUE, _NO_JOB).limit(AT_ONCE)
    return _runs(uow, [row[0] for row in uow.sql.execute(found)])


def free_stalled(uow: SqlUnitOfWork, silence: timedelta) -> int:
    """Forget jobs that nobody is at any more: each keeps its connection's lock. How many."""
    return uow.sql.execute(_STALLED, {"silence": silence.total_seconds()}).rowcount


def _runs(uow: SqlUnitOfWork, ids: list[str]) -> list[SyncRun]:
    return [run for run in (uow.runs.get(run_id) for run_id in ids) if run is not None]
