"""What gateways have carried, minute by minute and hour by hour; who stopped one, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("gateway_states") as batch:
        batch.add_column(sa.Column("ill_since", _TIME, nullable=True))
        batch.add_column(sa.Column("stopped_at", _TIME, nullable=True))
        batch.add_column(sa.Column("stopped_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch.add_column(sa.Column("why", sa.LargeBinary(), nullable=True))
        batch.create_foreign_key(op.f("fk_gateway_states_stopped_by"), "volunteers", ["stopped_by"], ["id"])
    op.create_table(
        "gateway_loads",
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("line", sa.String(length=16), nullable=False),
        sa.Column("minute", _TIME, nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("gateway", "line", "minute", name=op.f("pk_gateway_loads")),
    )
    op.create_index(op.f("ix_gateway_loads_minute"), "gateway_loads", ["minute"])
    op.create_table(
        "gateway_hours",
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("hour", _TIME, nullable=False),
        sa.Column("came_in", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("gateway", "hour", name=op.f("pk_gateway_hours")),
    )


def downgrade() -> None:
    op.drop_table("gateway_hours")
    op.drop_table("gateway_loads")
    with op.batch_alter_table("gateway_states") as batch:
        batch.drop_constraint(op.f("fk_gateway_states_stopped_by"), type_="foreignkey")
        for name in ("why", "stopped_by", "stopped_at", "ill_since"):
            batch.drop_column(name)
