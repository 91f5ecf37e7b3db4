"""Tickets that nobody has yet are found with the most pressing first: after an outage tens of thousands wait to be routed."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_UNROUTED = sa.text("routed_at IS NULL")


def upgrade() -> None:
    op.drop_index("ix_tickets_unrouted", "tickets")
    op.create_index("ix_tickets_unrouted", "tickets", ["priority", "id"], postgresql_where=_UNROUTED, sqlite_where=_UNROUTED)


def downgrade() -> None:
    op.drop_index("ix_tickets_unrouted", "tickets")
    op.create_index("ix_tickets_unrouted", "tickets", ["id"], postgresql_where=_UNROUTED, sqlite_where=_UNROUTED)
