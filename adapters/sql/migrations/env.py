"""Alembic's entry: runs the migrations on the engine that `migrate.py` hands over."""

from alembic import context
from sqlalchemy import text

from adapters.sql.tables import metadata

engine = context.config.attributes["engine"]
LOCK = 7_201_934  # any number; it only has to be the same in all our processes

with engine.connect() as connection:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
        connection.commit()
    else:
        connection.execution_options(brokerlink_writes=True)
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_unlock({LOCK})"))
    connection.commit()
