"""When a phone was last heard, and since when its number may be another person's."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_TEXTED = "SELECT max(m.created_at) FROM messages m WHERE m.contact_id = contacts.id AND m.direction = 'in' AND m.read_as <> 'written'"
_RANG = "SELECT max(c.started_at) FROM calls c WHERE c.contact_id = contacts.id AND c.direction IN ('in', 'missed')"


def upgrade() -> None:
    how: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"  # as a new database has it
    with op.batch_alter_table("contacts", recreate=how) as batch_op:
        batch_op.add_column(sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("owner_since", sa.DateTime(timezone=True), nullable=True))
    op.execute(sa.text(f"UPDATE contacts SET heard_at = COALESCE(({_TEXTED}), created_at) WHERE times_seen > 0"))  # noqa: S608 - no value of anybody's
    op.execute(sa.text(f"UPDATE contacts SET heard_at = ({_RANG}) WHERE times_seen > 0 AND ({_RANG}) > heard_at"))  # noqa: S608 - as above


def downgrade() -> None:
    with op.batch_alter_table("contacts") as batch_op:
        batch_op.drop_column("owner_since")
        batch_op.drop_column("heard_at")
