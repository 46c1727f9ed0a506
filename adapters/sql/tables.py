"""All tables on one page. Migrations make them; this is how queries name them.

Ids are text. Everything of a user hangs on `user_id` or on an account of theirs, and each hot query
walks an index that starts there: its cost does not grow with other users' rows.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from adapters.sql.types import Day, Exact, Instant, Tally

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# One row: the root secret, sealed by the key-encryption key. It is the key check as well.
roots = Table(
    "roots",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

data_keys = Table(
    "data_keys",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("scope", String(128), nullable=False, unique=True),
    Column("kek_id", String(64), nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),
)

connections = Table(
    "connections",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("user_id", String(128), nullable=False),
    Column("brokerage_id", String(64), nullable=False),
    Column("door_id", String(64), nullable=False),
    Column("state", String(24), nullable=False),
    Column("since", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("reason", String(64), nullable=False),
    Column("actor", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("next_retry_at", Instant),
    Column("expires_at", Instant),
    Column("renewable_until", Instant),
    Column("failures", Integer, nullable=False),
    Column("next_sync_at", Instant),
    Column("last_run_id", String(64)),
    Column("last_success_at", Instant),
    Column("version", Integer, nullable=False),
    Index(None, "user_id", "id"),
    Index(None, "brokerage_id", "next_sync_at"),
    # Few wait for an operator at any time: the index holds only those.
    Index(
        "ix_connections_quarantined",
        "since",
        "id",
        sqlite_where=text("state = 'quarantined'"),
        postgresql_where=text("state = 'quarantined'"),
    ),
)

# What brokerages call a grant in their notices, as keyed fingerprints.
handles = Table(
    "handles",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("connection_id", String(64), nullable=False),
    Index(None, "connection_id"),
)

credentials = Table(
    "credentials",
    metadata,
    Column("connection_id", String(64), primary_key=True),
    Column("data_key_id", String(64), nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("renewal_owner", String(64)),
    Column("renewal_until", BigInteger),
    # The version that the brokerage definitely refused to renew.
    Column("refused_version", Integer),
)

connect_sessions = Table(
    "connect_sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("user_id", String(128), nullable=False),
    Column("brokerage_id", String(64), nullable=False),
    Column("door_id", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("reconnect_connection_id", String(64)),
    Column("challenge", Text),
    Column("failure", Text),
    Column("connection_id", String(64)),
    Column("version", Integer, nullable=False),
    Column("data_key_id", String(64)),
    Column("talk", LargeBinary),
    Column("talk_version", Integer),
    Index(None, "user_id", "id"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("user_id", String(128), nullable=False),
    Column("brokerage_id", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("masked_number", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("currency", String(16), nullable=False),
    Column("open", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("reconciliation", String(16), nullable=False),
    Column("told_total", Exact),
    Column("computed_total", Exact),
    Index(None, "user_id", "id"),
)

links = Table(
    "links",
    metadata,
    Column("connection_id", String(64), nullable=False),
    Column("account_id", String(64), nullable=False, index=True),
    Column("routing", LargeBinary, nullable=False),
    Column("missing_since", Instant),
    Column("linked_at", Instant, nullable=False),
    PrimaryKeyConstraint("connection_id", "account_id"),
)

freshness = Table(
    "freshness",
    metadata,
    Column("account_id", String(64), nullable=False),
    Column("dataset", String(16), nullable=False),
    Column("completeness", String(16), nullable=False),
    Column("as_of", Instant),
    Column("fetched_at", Instant),
    Column("stale_since", Instant),
    Column("stale_reason", String(64), nullable=False),
    Column("history_start", Day),
    PrimaryKeyConstraint("account_id", "dataset"),
)

feeds = Table(
    "feeds",
    metadata,
    Column("account_id", String(64), nullable=False),
    Column("feed", String(64), nullable=False),
    Column("watermark", Day),
    Column("whole", Boolean, nullable=False),
    Column("whole_at", Instant),
    Column("run_id", String(64)),
    Column("since", Day),
    Column("cursor", Text),
    Column("carry", Text, nullable=False),
    Column("done", Boolean, nullable=False),
    PrimaryKeyConstraint("account_id", "feed"),
)

instruments = Table(
    "instruments",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("symbol", String(128), nullable=False),
    Column("name", Text),
    Column("currency", String(16)),
    Column("underlying", String(64)),
    Column("expiration", Day),
    Column("option_right", String(8)),
    Column("strike", Exact),
    Column("multiplier", Exact),
)

instrument_identifiers = Table(
    "instrument_identifiers",
    metadata,
    Column("scheme", String(64), nullable=False),
    Column("value", String(192), nullable=False),
    Column("valid_from", Day, nullable=False),
    Column("valid_until", Day),
    Column("instrument_id", String(64), nullable=False, index=True),
    PrimaryKeyConstraint("scheme", "value", "valid_from"),
)

balances = Table(
    "balances",
    metadata,
    Column("account_id", String(64), nullable=False),
    Column("currency", String(16), nullable=False),
    Column("cash", Exact),
    Column("buying_power", Exact),
    Column("settled_cash", Exact),
    Column("total_value", Exact),
    PrimaryKeyConstraint("account_id", "currency"),
)

# `occurrence` keeps apart two rows of one instrument (cash and margin, long and short).
positions = Table(
    "positions",
    metadata,
    Column("account_id", String(64), nullable=False),
    Column("instrument_id", String(64), nullable=False),
    Column("occurrence", SmallInteger, nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("currency", String(16), nullable=False),
    Column("average_cost", Exact),
    Column("cost_basis", Exact),
    Column("price", Exact),
    Column("market_value", Exact),
    Column("unrealized_gain", Exact),
    Column("flags", String(128), nullable=False),
    Column("as_of", Instant),
    Column("hash", LargeBinary, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    PrimaryKeyConstraint("account_id", "instrument_id", "occurrence"),
)

# The natural key is the primary key; the one index beside it serves the pages, newest first.
transactions = Table(
    "transactions",
    metadata,
    Column("account_id", String(64), nullable=False),
    Column("key", String(32), nullable=False),
    Column("feed", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String(8), nullable=False),
    Column("type", String(24), nullable=False),
    Column("source_type", String(64), nullable=False),
    Column("trade_date", Day, nullable=False),
    Column("executed_at", Instant),
    Column("settlement_date", Day),
    Column("instrument_id", String(64)),
    Column("quantity", Exact),
    Column("price", Exact),
    Column("currency", String(16), nullable=False),
    Column("gross", Exact),
    Column("fees", Exact),
    Column("taxes", Exact),
    Column("net", Exact),
    Column("description", Text, nullable=False),
    Column("removed_reason", String(64)),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    # A keyed digest of the raw row and of what parsed it; none where it has to be parsed each time.
    Column("mark", LargeBinary),
    PrimaryKeyConstraint("account_id", "key"),
    Index(None, "account_id", "trade_date", "key"),
    # Few rows are pending at any time: the index holds only those.
    Index(
        "ix_transactions_pending",
        "account_id",
        "feed",
        sqlite_where=text("status = 'pending'"),
        postgresql_where=text("status = 'pending'"),
    ),
)

# Former versions of corrected and removed rows: nothing that was shown is forgotten.
transaction_versions = Table(
    "transaction_versions",
    metadata,
    Column("account_id", String(64), nullable=False),
    Column("key", String(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("replaced_at", Instant, nullable=False),
    Column("fields", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    PrimaryKeyConstraint("account_id", "key", "version"),
)

# A pending row that posted under another id of the brokerage: told key -> the key it keeps.
transaction_aliases = Table(
    "transaction_aliases",
    metadata,
    Column("account_id", String(64), nullable=False),
    Column("alias", String(32), nullable=False),
    Column("key", String(32), nullable=False),
    # Which feed told the row under the alias; empty where a row changed its own key.
    Column("feed", String(64), nullable=False, server_default=""),
    PrimaryKeyConstraint("account_id", "alias"),
)

ACTIVE_RUN = "state IN ('queued', 'running', 'waiting')"

sync_runs = Table(
    "sync_runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("connection_id", String(64), nullable=False),
    Column("user_id", String(128), nullable=False),
    Column("state", String(24), nullable=False),
    Column("trigger", String(16), nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("deadline", Instant, nullable=False),
    Column("force", Boolean, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("token", Integer, nullable=False),
    Column("lease_owner", String(64)),
    # In no index: each step of a run writes it, and a row none of whose indexes changes is written in place.
    Column("lease_until", BigInteger),
    Column("head_done", Boolean, nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("retry_at", Instant),
    Column("failure", Text),
    Column("results", Text, nullable=False),
    # One active run for each connection: the store itself refuses a second.
    Index(
        "uq_sync_runs_active",
        "connection_id",
        unique=True,
        sqlite_where=text(ACTIVE_RUN),
        postgresql_where=text(ACTIVE_RUN),
    ),
    Index(
        "ix_sync_runs_due",
        "lane",
        "created_at",
        sqlite_where=text(ACTIVE_RUN),
        postgresql_where=text(ACTIVE_RUN),
    ),
    Index(None, "connection_id", "created_at", "id"),
    Index(None, "user_id", "created_at", "id"),
)

sync_progress = Table(
    "sync_progress",
    metadata,
    Column("run_id", String(64), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("message", Text, nullable=False),
    PrimaryKeyConstraint("run_id", "sequence"),
)

event_heads = Table(
    "event_heads",
    metadata,
    Column("user_id", String(128), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("user_id", String(128), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("type", String(48), nullable=False),
    Column("at", Instant, nullable=False),
    Column("connection_id", String(64)),
    Column("account_id", String(64)),
    Column("facts", Text, nullable=False),
    PrimaryKeyConstraint("user_id", "sequence"),
)

requests = Table(
    "requests",
    metadata,
    Column("caller", String(128), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("method", String(128), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("started_at", Instant, nullable=False, index=True),
    Column("response", LargeBinary),
    PrimaryKeyConstraint("caller", "request_id"),
)

# The last transaction of each writing thread on PostgreSQL, see commits.py. No index but the key: a new
# mark then takes no more room in the table than the old one.
writers = Table(
    "writers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("mark", String(32), nullable=False),
    Column("at", BigInteger, nullable=False),
)

# Budgets of calls that all processes share. A key holds the keyed hash of a credential, never one.
budgets = Table(
    "budgets",
    metadata,
    Column("key", String(256), primary_key=True),
    Column("spent_until", Instant, nullable=False),
    Column("quiet_until", Instant, nullable=False),
    Column("listed_until", Instant, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("runs", Integer, nullable=False),
    Column("sent", Tally, nullable=False, server_default=""),
    Column("used_at", Instant, nullable=False, index=True),
)

breakers = Table(
    "breakers",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("failures", Integer, nullable=False),
    Column("until", Instant),
)

# What one process does for all, and which one: by the database's clock.
duties = Table(
    "duties",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("lease_until", BigInteger, nullable=False),
)
