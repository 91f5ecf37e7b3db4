"""Several gateways: which line a text came to, whether a text is sent once more under its old id, and which gateways rest."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    how: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"  # as a new database has it
    with op.batch_alter_table("messages", recreate=how) as batch_op:
        batch_op.add_column(sa.Column("line", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("repeats", sa.Boolean(), nullable=True))
    # The gateway was stored after sending. There was only one.
    op.execute(
        "UPDATE messages SET gateway = (SELECT coalesce(max(gateway), '') FROM messages) "
        "WHERE delivery IN ('sending', 'unknown') AND gateway = ''"
    )
    op.create_table(
        "gateway_states",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("times", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_gateway_states")),
    )


def downgrade() -> None:
    op.drop_table("gateway_states")
    with op.batch_alter_table("messages") as batch_op:
        batch_op.drop_column("repeats")
        batch_op.drop_column("line")
