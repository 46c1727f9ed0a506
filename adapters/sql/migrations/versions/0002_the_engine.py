"""The tables of the engine that spreads runs over machines: PostgreSQL only."""

from importlib.resources import files

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The engine brings no way back of its own. Whatever it makes in our schema starts with its name.
DOWN = r"""
DO $$
DECLARE it record;
BEGIN
    DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers
        CASCADE;
    FOR it IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'procrastinate\_%'
    LOOP
        EXECUTE 'DROP FUNCTION ' || it.name || ' CASCADE';
    END LOOP;
    DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_status, procrastinate_job_event_type;
END
$$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # The schema of the version that pyproject.toml pins; a test looks whether it has moved on.
        _run(files("procrastinate.sql").joinpath("schema.sql").read_text())
        # Ours: whether there is a job for a run is asked for every run that nobody has.
        _run("CREATE INDEX brokerlink_jobs_run ON procrastinate_jobs ((args->>'run_id'))")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _run(DOWN)


def _run(script: str) -> None:
    """Many statements at once, percent signs and all: the driver takes that only without parameters."""
    cursor = op.get_bind().connection.cursor()
    try:
        cursor.execute(script)
    finally:
        cursor.close()
