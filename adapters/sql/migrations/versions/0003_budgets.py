"""Budgets and breakers that all processes share, and who has which duty."""

import sqlalchemy as sa
from alembic import op

from adapters.sql.types import Instant

revision = "0003"
down_revision = "0002b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budgets",
        sa.Column("key", sa.String(length=256), nullable=False),
        sa.Column("spent_until", Instant(), nullable=False),
        sa.Column("quiet_until", Instant(), nullable=False),
        sa.Column("listed_until", Instant(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("used_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_budgets")),
    )
    with op.batch_alter_table("budgets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_budgets_used_at"), ["used_at"], unique=False)

    op.create_table(
        "breakers",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_breakers")),
    )
    op.create_table(
        "duties",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_duties")),
    )
    with op.batch_alter_table("credentials", schema=None) as batch_op:
        batch_op.add_column(sa.Column("refused_version", sa.Integer(), nullable=True))
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_connections_next_sync_at"))
        batch_op.create_index(
            batch_op.f("ix_connections_brokerage_id_next_sync_at"),
            ["brokerage_id", "next_sync_at"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_connections_brokerage_id_next_sync_at"))
        batch_op.create_index(batch_op.f("ix_connections_next_sync_at"), ["next_sync_at"], unique=False)
    with op.batch_alter_table("credentials", schema=None) as batch_op:
        batch_op.drop_column("refused_version")
    op.drop_table("duties")
    op.drop_table("breakers")
    op.drop_table("budgets")
