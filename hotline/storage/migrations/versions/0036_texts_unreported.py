"""Texts that a gateway took and never reported: it is asked about them."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_UNREPORTED = sa.text("delivery = 'sent' AND next_attempt_at IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_messages_unreported", "messages", ["next_attempt_at"], postgresql_where=_UNREPORTED, sqlite_where=_UNREPORTED)


def downgrade() -> None:
    op.drop_index("ix_messages_unreported", "messages")
