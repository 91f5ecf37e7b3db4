"""What a worker reads in each text, and which texts and tickets are still to be read."""

import sqlalchemy as sa
from alembic import op

from hotline.storage.base import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TO_READ = sa.text("to_read")


def upgrade() -> None:
    op.create_table(
        "readings",
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.ForeignKey("messages.id"), primary_key=True),
        sa.Column("read_at", UtcDateTime(), nullable=False),
        sa.Column("intent", sa.String(16), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("object", sa.String(16)),
        sa.Column("danger", sa.Float(), nullable=False),
        sa.Column("against", sa.Float(), nullable=False),
        sa.Column("quiet", sa.Float(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
    )
    op.add_column("messages", sa.Column("to_read", sa.Boolean()))
    op.create_index("ix_messages_to_read", "messages", ["id"], postgresql_where=_TO_READ, sqlite_where=_TO_READ)
    op.add_column("tickets", sa.Column("to_read", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("tickets", "to_read")
    op.drop_index("ix_messages_to_read", "messages")
    op.drop_column("messages", "to_read")
    op.drop_table("readings")
