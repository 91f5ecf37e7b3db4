"""Tickets in danger on which nobody has acted: they are counted often."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_UNACTED = sa.text("danger IS NOT NULL AND acted_at IS NULL AND status NOT IN ('resolved', 'closed')")


def upgrade() -> None:
    op.create_index("ix_tickets_unacted", "tickets", ["danger_at"], postgresql_where=_UNACTED, sqlite_where=_UNACTED)


def downgrade() -> None:
    op.drop_index("ix_tickets_unacted", "tickets")
