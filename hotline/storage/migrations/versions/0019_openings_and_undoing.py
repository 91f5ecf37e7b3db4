"""Every opening of a ticket is an event, a change can be undone, and a note can call a colleague."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_VIEWED, _LOOK = sa.text("kind = 'viewed'"), sa.text("look IS NOT NULL")


def upgrade() -> None:
    columns = ["ticket_id", "volunteer_id", "happened_at"]
    op.create_index("ix_events_viewed", "events", columns, postgresql_where=_VIEWED, sqlite_where=_VIEWED)
    op.create_index("ix_messages_unseen", "messages", ["ticket_id"], postgresql_where=_LOOK, sqlite_where=_LOOK)


def downgrade() -> None:
    # The version before has no words for these.
    op.execute(sa.text("DELETE FROM events WHERE kind IN ('kind_undone', 'unsent')"))
    op.execute(sa.text("DELETE FROM alarms WHERE kind = 'mentioned'"))
    op.drop_index("ix_messages_unseen", "messages")
    op.drop_index("ix_events_viewed", "events")
