"""One store for SQLite (embedded) and PostgreSQL, in SQLAlchemy Core."""
