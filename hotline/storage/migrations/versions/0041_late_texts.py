"""Texts that are taken in late are read after those that come now."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_TO_READ = sa.text("to_read")


def upgrade() -> None:
    op.add_column("messages", sa.Column("late", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.drop_index("ix_messages_to_read", "messages")
    op.create_index("ix_messages_to_read", "messages", ["late", "id"], postgresql_where=_TO_READ, sqlite_where=_TO_READ)


def downgrade() -> None:
    op.drop_index("ix_messages_to_read", "messages")
    op.create_index("ix_messages_to_read", "messages", ["id"], postgresql_where=_TO_READ, sqlite_where=_TO_READ)
    op.drop_column("messages", "late")
