"""Connections that wait for an operator"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003d"
branch_labels = None
depends_on = None

WAITING = sa.text("state = 'quarantined'")


def upgrade() -> None:
    op.create_index(
        "ix_connections_quarantined",
        "connections",
        ["since", "id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    op.drop_index("ix_connections_quarantined", "connections")
