"""Who looked at a text or a recording that waits for a person, and what was said of it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ASKS = sa.text("asks")


def upgrade() -> None:
    op.create_table(
        "looks",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("message_id", _ID, nullable=True),
        sa.Column("recording_id", _ID, nullable=True),
        sa.Column("volunteer_id", _ID, nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=16), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asks", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_looks_message_id")),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_looks_recording_id")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_looks_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looks")),
        sa.UniqueConstraint("message_id", "volunteer_id", name=op.f("uq_looks_message_id_volunteer_id")),
        sa.UniqueConstraint("recording_id", "volunteer_id", name=op.f("uq_looks_recording_id_volunteer_id")),
    )
    op.create_index("ix_looks_asks", "looks", ["answered_at"], postgresql_where=_ASKS, sqlite_where=_ASKS)


def downgrade() -> None:
    op.drop_index("ix_looks_asks", table_name="looks", postgresql_where=_ASKS, sqlite_where=_ASKS)
    op.drop_table("looks")
    # The version before has no words for these.
    op.execute(sa.text("DELETE FROM alarms WHERE kind = 'look_late'"))
    op.execute(sa.text("DELETE FROM events WHERE kind = 'looked'"))
