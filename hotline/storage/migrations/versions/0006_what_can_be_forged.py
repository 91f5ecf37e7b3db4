"""What the phone itself said apart from what a volunteer marked, codes that answer texts to volunteers, an index of what holds back."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_HOLDS_BACK = sa.text("(hold OR sealed) AND status <> 'closed'")


def upgrade() -> None:
    how: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"  # as a new database has it
    # A "no" that was keyed before this stays a mark, which only a volunteer takes back: nobody knows any more who made it.
    with op.batch_alter_table("contacts", recreate=how) as batch_op:
        batch_op.add_column(sa.Column("refused_calls_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("alarms", recreate=how) as batch_op:
        batch_op.add_column(sa.Column("code", sa.String(length=2), nullable=True))
        batch_op.add_column(sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("shift_days", recreate=how) as batch_op:
        batch_op.add_column(sa.Column("yes_code", sa.String(length=2), nullable=True))
        batch_op.add_column(sa.Column("no_code", sa.String(length=2), nullable=True))
    op.create_index("ix_tickets_holds_back", "tickets", ["contact_id"], postgresql_where=_HOLDS_BACK, sqlite_where=_HOLDS_BACK)


def downgrade() -> None:
    op.drop_index("ix_tickets_holds_back", table_name="tickets", postgresql_where=_HOLDS_BACK, sqlite_where=_HOLDS_BACK)
    op.execute(sa.text("UPDATE contacts SET may_call = false WHERE refused_calls_at IS NOT NULL"))
    with op.batch_alter_table("shift_days") as batch_op:
        batch_op.drop_column("no_code")
        batch_op.drop_column("yes_code")
    op.execute(sa.text("DELETE FROM alarms WHERE kind = 'code_tried'"))  # the version before has no words for it
    with op.batch_alter_table("alarms") as batch_op:
        batch_op.drop_column("answered_at")
        batch_op.drop_column("code")
    with op.batch_alter_table("contacts") as batch_op:
        batch_op.drop_column("refused_calls_at")
