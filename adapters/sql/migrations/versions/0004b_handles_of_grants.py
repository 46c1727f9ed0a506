"""Handles of grants"""

import sqlalchemy as sa
from alembic import op

revision = "0004b"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handles",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("connection_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_handles")),
    )
    op.create_index(op.f("ix_handles_connection_id"), "handles", ["connection_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_handles_connection_id"), "handles")
    op.drop_table("handles")
