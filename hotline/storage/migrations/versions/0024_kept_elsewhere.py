"""Backups that were made, and what is to be deleted at a gateway."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "backups",
        sa.Column("id", _ID, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("covers_until", _TIME, nullable=False),
        sa.Column("data_sha256", sa.String(length=64), nullable=False),
        sa.Column("verified_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backups")),
        sa.UniqueConstraint("data_sha256", name=op.f("uq_backups_data_sha256")),
    )
    op.create_table(
        "gateway_copies",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=9), nullable=False),
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("contact_id", _ID, nullable=False),
        sa.Column("settled_at", _TIME, nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("next_attempt_at", _TIME, nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_gateway_copies_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_copies")),
        sa.UniqueConstraint("gateway", "gateway_id", name=op.f("uq_gateway_copies_gateway_gateway_id")),
    )
    op.create_index("ix_gateway_copies_next_attempt_at", "gateway_copies", ["next_attempt_at"])


def downgrade() -> None:
    op.drop_table("gateway_copies")
    op.drop_table("backups")
