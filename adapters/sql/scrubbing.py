"""Errors of PostgreSQL without the values that it tells in them: rows hold what nobody may read in a log.

SQLAlchemy hides what is bound to a statement, but the server's own words quote rows and values ("Failing
row contains …", "Key (…)=(…) already exists", "invalid input syntax …"), each in a part of its own.
"""

import psycopg
from sqlalchemy import Engine, ExceptionContext, event

# Data exceptions and violated constraints quote values even in their first sentence.
QUOTING = ("22", "23")


def scrub_errors(engine: Engine) -> None:
    """From now on no error of this engine quotes a value."""
    event.listen(engine, "handle_error", _scrub)


def _scrub(context: ExceptionContext) -> None:
    cause, shown = context.original_exception, context.sqlalchemy_exception
    if not isinstance(cause, psycopg.Error):
        return
    scrubbed(cause)
    if shown is not None:
        shown.args = (f"({type(cause).__name__}) {cause}",)


def scrubbed(error: BaseException) -> BaseException:
    """The same error, saying only what holds no value; for those that the driver raises past SQLAlchemy."""
    if not isinstance(error, psycopg.Error) or error.sqlstate is None:
        return error  # without a state it is about the connection, and was said on this side
    told = error.diag
    names = {"table": told.table_name, "column": told.column_name, "constraint": told.constraint_name}
    parts = [error.sqlstate, *(f"{what} {name}" for what, name in names.items() if name)]
    if not error.sqlstate.startswith(QUOTING) and told.message_primary:
        parts.append(told.message_primary)
    error.args = (", ".join(parts),)
    return error
