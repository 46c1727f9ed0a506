"""The first tables."""

import sqlalchemy as sa
from alembic import op

from adapters.sql.types import Day, Exact, Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("brokerage_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("masked_number", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("currency", sa.String(length=16), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("reconciliation", sa.String(length=16), nullable=False),
        sa.Column("told_total", Exact(), nullable=True),
        sa.Column("computed_total", Exact(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accounts_user_id_id"), ["user_id", "id"], unique=False)

    op.create_table(
        "balances",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=16), nullable=False),
        sa.Column("cash", Exact(), nullable=True),
        sa.Column("buying_power", Exact(), nullable=True),
        sa.Column("settled_cash", Exact(), nullable=True),
        sa.Column("total_value", Exact(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "currency", name=op.f("pk_balances")),
    )
    op.create_table(
        "connect_sessions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("brokerage_id", sa.String(length=64), nullable=False),
        sa.Column("door_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("reconnect_connection_id", sa.String(length=64), nullable=True),
        sa.Column("challenge", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("connection_id", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data_key_id", sa.String(length=64), nullable=True),
        sa.Column("talk", sa.LargeBinary(), nullable=True),
        sa.Column("talk_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connect_sessions")),
    )
    with op.batch_alter_table("connect_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_connect_sessions_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_connect_sessions_user_id_id"), ["user_id", "id"], unique=False)

    op.create_table(
        "connections",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("brokerage_id", sa.String(length=64), nullable=False),
        sa.Column("door_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("next_retry_at", Instant(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("renewable_until", Instant(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_sync_at", Instant(), nullable=True),
        sa.Column("last_run_id", sa.String(length=64), nullable=True),
        sa.Column("last_success_at", Instant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
    )
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_connections_next_sync_at"), ["next_sync_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_connections_user_id_id"), ["user_id", "id"], unique=False)

    op.create_table(
        "credentials",
        sa.Column("connection_id", sa.String(length=64), nullable=False),
        sa.Column("data_key_id", sa.String(length=64), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("renewal_owner", sa.String(length=64), nullable=True),
        sa.Column("renewal_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_credentials")),
    )
    op.create_table(
        "data_keys",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=128), nullable=False),
        sa.Column("kek_id", sa.String(length=64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_keys")),
        sa.UniqueConstraint("scope", name=op.f("uq_data_keys_scope")),
    )
    with op.batch_alter_table("data_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_data_keys_kek_id"), ["kek_id"], unique=False)

    op.create_table(
        "event_heads",
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_event_heads")),
    )
    op.create_table(
        "events",
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=48), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("connection_id", sa.String(length=64), nullable=True),
        sa.Column("account_id", sa.String(length=64), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "sequence", name=op.f("pk_events")),
    )
    op.create_table(
        "feeds",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("feed", sa.String(length=64), nullable=False),
        sa.Column("watermark", Day(), nullable=True),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("whole_at", Instant(), nullable=True),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("since", Day(), nullable=True),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("carry", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "feed", name=op.f("pk_feeds")),
    )
    op.create_table(
        "freshness",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("dataset", sa.String(length=16), nullable=False),
        sa.Column("completeness", sa.String(length=16), nullable=False),
        sa.Column("as_of", Instant(), nullable=True),
        sa.Column("fetched_at", Instant(), nullable=True),
        sa.Column("stale_since", Instant(), nullable=True),
        sa.Column("stale_reason", sa.String(length=64), nullable=False),
        sa.Column("history_start", Day(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "dataset", name=op.f("pk_freshness")),
    )
    op.create_table(
        "instrument_identifiers",
        sa.Column("scheme", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=192), nullable=False),
        sa.Column("valid_from", Day(), nullable=False),
        sa.Column("valid_until", Day(), nullable=True),
        sa.Column("instrument_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "value", "valid_from", name=op.f("pk_instrument_identifiers")),
    )
    with op.batch_alter_table("instrument_identifiers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_instrument_identifiers_instrument_id"), ["instrument_id"], unique=False
        )

    op.create_table(
        "instruments",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("symbol", sa.String(length=128), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("currency", sa.String(length=16), nullable=True),
        sa.Column("underlying", sa.String(length=64), nullable=True),
        sa.Column("expiration", Day(), nullable=True),
        sa.Column("option_right", sa.String(length=8), nullable=True),
        sa.Column("strike", Exact(), nullable=True),
        sa.Column("multiplier", Exact(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instruments")),
    )
    op.create_table(
        "links",
        sa.Column("connection_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("routing", sa.LargeBinary(), nullable=False),
        sa.Column("missing_since", Instant(), nullable=True),
        sa.Column("linked_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "account_id", name=op.f("pk_links")),
    )
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_links_account_id"), ["account_id"], unique=False)

    op.create_table(
        "positions",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("instrument_id", sa.String(length=64), nullable=False),
        sa.Column("occurrence", sa.SmallInteger(), nullable=False),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("currency", sa.String(length=16), nullable=False),
        sa.Column("average_cost", Exact(), nullable=True),
        sa.Column("cost_basis", Exact(), nullable=True),
        sa.Column("price", Exact(), nullable=True),
        sa.Column("market_value", Exact(), nullable=True),
        sa.Column("unrealized_gain", Exact(), nullable=True),
        sa.Column("flags", sa.String(length=128), nullable=False),
        sa.Column("as_of", Instant(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "instrument_id", "occurrence", name=op.f("pk_positions")),
    )
    op.create_table(
        "requests",
        sa.Column("caller", sa.String(length=128), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("caller", "request_id", name=op.f("pk_requests")),
    )
    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_requests_started_at"), ["started_at"], unique=False)

    op.create_table(
        "roots",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_roots")),
    )
    op.create_table(
        "sync_progress",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "sequence", name=op.f("pk_sync_progress")),
    )
    with op.batch_alter_table("sync_progress", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sync_progress_at"), ["at"], unique=False)

    op.create_table(
        "sync_runs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("connection_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("trigger", sa.String(length=16), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("deadline", Instant(), nullable=False),
        sa.Column("force", sa.Boolean(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("head_done", sa.Boolean(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("retry_at", Instant(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("results", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_runs")),
    )
    with op.batch_alter_table("sync_runs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sync_runs_connection_id_created_at_id"),
            ["connection_id", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_sync_runs_due",
            ["lane", "created_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('queued', 'running', 'waiting')"),
            postgresql_where=sa.text("state IN ('queued', 'running', 'waiting')"),
        )
        batch_op.create_index(
            batch_op.f("ix_sync_runs_user_id_created_at_id"), ["user_id", "created_at", "id"], unique=False
        )
        batch_op.create_index(
            "uq_sync_runs_active",
            ["connection_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('queued', 'running', 'waiting')"),
            postgresql_where=sa.text("state IN ('queued', 'running', 'waiting')"),
        )

    op.create_table(
        "transaction_aliases",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("alias", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "alias", name=op.f("pk_transaction_aliases")),
    )
    op.create_table(
        "transaction_versions",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("replaced_at", Instant(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key", "version", name=op.f("pk_transaction_versions")),
    )
    op.create_table(
        "transactions",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("feed", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("type", sa.String(length=24), nullable=False),
        sa.Column("source_type", sa.String(length=64), nullable=False),
        sa.Column("trade_date", Day(), nullable=False),
        sa.Column("executed_at", Instant(), nullable=True),
        sa.Column("settlement_date", Day(), nullable=True),
        sa.Column("instrument_id", sa.String(length=64), nullable=True),
        sa.Column("quantity", Exact(), nullable=True),
        sa.Column("price", Exact(), nullable=True),
        sa.Column("currency", sa.String(length=16), nullable=False),
        sa.Column("gross", Exact(), nullable=True),
        sa.Column("fees", Exact(), nullable=True),
        sa.Column("taxes", Exact(), nullable=True),
        sa.Column("net", Exact(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("removed_reason", sa.String(length=64), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_transactions")),
    )
    with op.batch_alter_table("transactions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_transactions_account_id_trade_date_key"),
            ["account_id", "trade_date", "key"],
            unique=False,
        )
        batch_op.create_index(
            "ix_transactions_pending",
            ["account_id", "feed"],
            unique=False,
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        )


def downgrade() -> None:
    with op.batch_alter_table("transactions", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_transactions_pending",
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        )
        batch_op.drop_index(batch_op.f("ix_transactions_account_id_trade_date_key"))

    op.drop_table("transactions")
    op.drop_table("transaction_versions")
    op.drop_table("transaction_aliases")
    with op.batch_alter_table("sync_runs", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_sync_runs_active",
            sqlite_where=sa.text("state IN ('queued', 'running', 'waiting')"),
            postgresql_where=sa.text("state IN ('queued', 'running', 'waiting')"),
        )
        batch_op.drop_index(batch_op.f("ix_sync_runs_user_id_created_at_id"))
        batch_op.drop_index(
            "ix_sync_runs_due",
            sqlite_where=sa.text("state IN ('queued', 'running', 'waiting')"),
            postgresql_where=sa.text("state IN ('queued', 'running', 'waiting')"),
        )
        batch_op.drop_index(batch_op.f("ix_sync_runs_connection_id_created_at_id"))

    op.drop_table("sync_runs")
    with op.batch_alter_table("sync_progress", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sync_progress_at"))

    op.drop_table("sync_progress")
    op.drop_table("roots")
    with op.batch_alter_table("requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_requests_started_at"))

    op.drop_table("requests")
    op.drop_table("positions")
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_links_account_id"))

    op.drop_table("links")
    op.drop_table("instruments")
    with op.batch_alter_table("instrument_identifiers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_instrument_identifiers_instrument_id"))

    op.drop_table("instrument_identifiers")
    op.drop_table("freshness")
    op.drop_table("feeds")
    op.drop_table("events")
    op.drop_table("event_heads")
    with op.batch_alter_table("data_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_data_keys_kek_id"))

    op.drop_table("data_keys")
    op.drop_table("credentials")
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_connections_user_id_id"))
        batch_op.drop_index(batch_op.f("ix_connections_next_sync_at"))

    op.drop_table("connections")
    with op.batch_alter_table("connect_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_connect_sessions_user_id_id"))
        batch_op.drop_index(batch_op.f("ix_connect_sessions_expires_at"))

    op.drop_table("connect_sessions")
    op.drop_table("balances")
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_accounts_user_id_id"))

    op.drop_table("accounts")
