"""Texts that are taken in late are read after those that come now."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_TO_READ = sa.text("to_read")


def upgrade() -> None:
    op.drop_index("ix_messages_to_read", "messages")
    with op.batch_alter_table("messages", recreate="always" if op.get_bind().dialect.name == "sqlite" else "never") as batch_op:
        batch_op.add_column(sa.Column("late", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_messages_to_read", "messages", ["late", "id"], postgresql_where=_TO_READ, sqlite_where=_TO_READ)


def downgrade() -> None:
    op.drop_index("ix_messages_to_read", "messages")
    with op.batch_alter_table("messages") as batch_op:
        batch_op.drop_column("late")
    op.create_index("ix_messages_to_read", "messages", ["id"], postgresql_where=_TO_READ, sqlite_where=_TO_READ)
