"""From when on the words of a ticket are kept, until when, and when they go."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_KEPT = sa.text("kept_from IS NOT NULL")
_GOES = sa.text("goes_at IS NOT NULL")
_ALONE = sa.text("ticket_id IS NULL AND sealed IS NOT NULL")
_HOLDS_BACK = sa.text("(hold OR sealed) AND status <> 'closed'")
# Of a ticket that has ended, the last move is its end.
_ENDED = "SELECT max(e.happened_at) FROM events e WHERE e.ticket_id = tickets.id AND e.kind = 'moved'"


def upgrade() -> None:
    how: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"  # as a new database has it
    with op.batch_alter_table("tickets", recreate=how) as batch_op:
        for name in ("kept_from", "keep_until", "goes_at"):
            batch_op.add_column(sa.Column(name, _TIME, nullable=True))
    op.execute(sa.text(f"UPDATE tickets SET kept_from = COALESCE(({_ENDED}), changed_at) WHERE status IN ('resolved', 'closed')"))  # noqa: S608 - no value of anybody's
    op.create_index("ix_tickets_kept", "tickets", ["kept_from"], sqlite_where=_KEPT, postgresql_where=_KEPT)
    op.create_index("ix_tickets_goes", "tickets", ["goes_at"], sqlite_where=_GOES, postgresql_where=_GOES)
    op.create_index("ix_messages_alone", "messages", ["created_at"], sqlite_where=_ALONE, postgresql_where=_ALONE)
    # Of two indexes that serve, SQLite takes the newer: this one has few rows.
    op.drop_index("ix_tickets_holds_back", table_name="tickets", postgresql_where=_HOLDS_BACK, sqlite_where=_HOLDS_BACK)
    op.create_index("ix_tickets_holds_back", "tickets", ["contact_id"], postgresql_where=_HOLDS_BACK, sqlite_where=_HOLDS_BACK)


def downgrade() -> None:
    op.drop_index("ix_messages_alone", "messages")
    op.drop_index("ix_tickets_goes", "tickets")
    op.drop_index("ix_tickets_kept", "tickets")
    with op.batch_alter_table("tickets") as batch_op:
        for name in ("goes_at", "keep_until", "kept_from"):
            batch_op.drop_column(name)
