"""How often in a row a text was surely not sent, and how many texts a gateway did not take."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    how: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"  # as a new database has it
    with op.batch_alter_table("messages", recreate=how) as messages:
        messages.add_column(sa.Column("unsent", sa.SmallInteger(), nullable=True))
    with op.batch_alter_table("gateway_loads", recreate=how) as loads:
        loads.add_column(sa.Column("missed", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("gateway_loads") as batch_op:
        batch_op.drop_column("missed")
    with op.batch_alter_table("messages") as batch_op:
        batch_op.drop_column("unsent")
