"""Photos that came with texts. Who was shown one has looked at the ticket."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_DUE = sa.text("next_attempt_at IS NOT NULL")
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_BEFORE = sa.text("kind IN ('viewed', 'listened', 'number_shown', 'number_sought')")
_NOW = sa.text("kind IN ('viewed', 'listened', 'photo_seen', 'number_shown', 'number_sought')")


def upgrade() -> None:
    op.create_table(
        "photos",
        sa.Column("id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("gateway_id", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("width", "height", "size_bytes")),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("stored_as", sa.String(length=120), nullable=True),
        sa.Column("preview", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("next_attempt_at", _TIME, nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("stored_at", _TIME, nullable=True),
        sa.Column("masked_by", _ID, nullable=True),
        sa.Column("masked_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["masked_by"], ["volunteers.id"], name=op.f("fk_photos_masked_by")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_photos_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photos")),
        sa.UniqueConstraint("gateway", "gateway_id", name=op.f("uq_photos_gateway_gateway_id")),
    )
    op.create_index("ix_photos_message_id", "photos", ["message_id"])
    op.create_index("ix_photos_due", "photos", ["next_attempt_at"], postgresql_where=_DUE, sqlite_where=_DUE)
    _look_at(_NOW)


def downgrade() -> None:
    _look_at(_BEFORE)
    op.drop_table("photos")


def _look_at(looks: sa.TextClause) -> None:
    op.drop_index("ix_events_looks", "events")
    op.create_index("ix_events_looks", "events", ["volunteer_id", "id"], postgresql_where=looks, sqlite_where=looks)
