"""What phones tell of themselves, and whether a gateway hears."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "gateway_signs",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("pinged_at", _TIME, nullable=True),
        sa.Column("battery", sa.SmallInteger(), nullable=True),
        sa.Column("charging", sa.Boolean(), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=True),
        sa.Column("canary_at", _TIME, nullable=True),
        sa.Column("heard_at", _TIME, nullable=True),
        sa.Column("deaf_since", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_gateway_signs")),
    )


def downgrade() -> None:
    op.drop_table("gateway_signs")
