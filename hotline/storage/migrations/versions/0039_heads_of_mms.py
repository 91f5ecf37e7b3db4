"""What told that an MMS came is kept with it, so that both are one text."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("messages", recreate="always" if op.get_bind().dialect.name == "sqlite" else "never") as batch_op:
        batch_op.add_column(sa.Column("head", sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("messages") as batch_op:
        batch_op.drop_column("head")
