"""Aliases of transactions name the feed that told them"""

import sqlalchemy as sa
from alembic import op

revision = "0003c"
down_revision = "0003b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("transaction_aliases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("feed", sa.String(length=64), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("transaction_aliases", schema=None) as batch_op:
        batch_op.drop_column("feed")
