"""What a worker reads in each text, and which texts and tickets are still to be read."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TO_READ = sa.text("to_read")
_HOLDS_BACK = sa.text("(hold OR sealed) AND status <> 'closed'")


def upgrade() -> None:
    columns = (
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("intent", sa.String(length=16), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("object", sa.String(length=16), nullable=True),
        sa.Column("danger", sa.Float(), nullable=False),
        sa.Column("against", sa.Float(), nullable=False),
        sa.Column("quiet", sa.Float(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_readings_message_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_readings")),
    )
    op.create_table("readings", *columns)
    how: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"  # as a new database has it
    with op.batch_alter_table("messages", recreate=how) as batch_op:
        batch_op.add_column(sa.Column("to_read", sa.Boolean(), nullable=True))
    op.create_index("ix_messages_to_read", "messages", ["id"], postgresql_where=_TO_READ, sqlite_where=_TO_READ)
    with op.batch_alter_table("tickets", recreate=how) as batch_op:
        batch_op.add_column(sa.Column("to_read", sa.Boolean(), server_default=sa.false(), nullable=False))
    _holds_back_last()


def _holds_back_last() -> None:
    """Make the index anew of the tickets that hold back: of two that would serve, SQLite takes the one that was made last."""
    op.drop_index("ix_tickets_holds_back", table_name="tickets", postgresql_where=_HOLDS_BACK, sqlite_where=_HOLDS_BACK)
    op.create_index("ix_tickets_holds_back", "tickets", ["contact_id"], postgresql_where=_HOLDS_BACK, sqlite_where=_HOLDS_BACK)


def downgrade() -> None:
    op.drop_index("ix_messages_to_read", "messages")
    with op.batch_alter_table("tickets") as batch_op:
        batch_op.drop_column("to_read")
    _holds_back_last()
    with op.batch_alter_table("messages") as batch_op:
        batch_op.drop_column("to_read")
    op.drop_table("readings")
