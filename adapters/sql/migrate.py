"""Brings a database to the newest schema, on an open engine."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

HERE = Path(__file__).parent / "migrations"


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["engine"] = engine
    return config


class DatabaseTooNew(Exception):
    """The database was made by a newer program than this one."""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Safe to run again, and by several processes at once. Raises DatabaseTooNew."""
    with engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(_config(engine)).walk_revisions()}
    if present is not None and present not in known:
        raise DatabaseTooNew(
            f"The database has the schema {present}, which this brokerlink does not know: a newer one wrote "
            "it. Start that one."
        )
    command.upgrade(_config(engine), revision)


def downgrade(engine: Engine, revision: str) -> None:
    command.downgrade(_config(engine), revision)


def pending(engine: Engine) -> bool:
    """Whether the database is behind this program."""
    newest = ScriptDirectory.from_config(_config(engine)).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() != newest
