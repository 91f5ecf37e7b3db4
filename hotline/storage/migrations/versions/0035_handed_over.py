"""Whether a text that is claimed is surely not given to its gateway yet. Of what was claimed before, nobody knows."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    how: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"  # as a new database has it
    with op.batch_alter_table("messages", recreate=how) as batch_op:
        batch_op.add_column(sa.Column("unhanded", sa.Boolean(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("messages") as batch_op:
        batch_op.drop_column("unhanded")
