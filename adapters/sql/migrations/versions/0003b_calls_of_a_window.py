"""Budgets know the calls of their window."""

import sqlalchemy as sa
from alembic import op

from adapters.sql.types import Tally

revision = "0003b"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("budgets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sent", Tally(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("budgets", schema=None) as batch_op:
        batch_op.drop_column("sent")
