"""Where the names stand, sealed, that volunteers gave their own lists. A worker empties the column of those from before."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    how: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"  # as a new database has it
    with op.batch_alter_table("views", recreate=how) as views:
        views.add_column(sa.Column("sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM views WHERE sealed IS NOT NULL"))  # nobody reads their names any more
    with op.batch_alter_table("views") as batch_op:
        batch_op.drop_column("sealed")
