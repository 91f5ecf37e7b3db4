"""How far the logs of gateways were read."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "gateway_logs",
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("taken_until", _TIME, nullable=False),
        sa.Column("walked_at", _TIME, nullable=True),
        sa.Column("since", _TIME, nullable=True),
        sa.Column("until", _TIME, nullable=True),
        sa.Column("began_at", _TIME, nullable=True),
        sa.Column("page", sa.String(length=500), nullable=True),
        sa.Column("held_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("gateway", "what", name=op.f("pk_gateway_logs")),
    )


def downgrade() -> None:
    op.drop_table("gateway_logs")
