"""Alembic's entry: runs the migrations on the engine that `migrate.py` hands over."""

from alembic import context
from sqlalchemy import text

from adapters.sql.tables import metadata

engine = context.config.attributes["engine"]
LOCK = 7_201_934  # any number; it only has to be the same in all our processes
# A migration may take its time, and so may those who wait for another process's.
LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")

with engine.connect() as connection:
    server = connection.dialect.name == "postgresql"
    if server:
        for limit in LIMITS:
            connection.execute(text(f"SET {limit} = 0"))
        connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
        connection.commit()
    else:
        connection.execution_options(brokerlink_writes=True)
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    try:
        with context.begin_transaction():
            context.run_migrations()
    except BaseException:
        connection.invalidate()  # and with it the lock, which a rollback leaves where it is
        raise
    if server:
        connection.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))
        for limit in LIMITS:
            connection.execute(text(f"RESET {limit}"))
    connection.commit()
