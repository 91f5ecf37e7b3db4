"""What a citizen said of safe contact is kept apart from OFF; what a citizen needs; the lead who agreed to a text."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    how: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"  # as a new database has it
    with op.batch_alter_table("contacts", recreate=how) as batch_op:
        batch_op.add_column(sa.Column("refused_texts_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("deaf", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("only", sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column("interpreter", sa.String(length=8), nullable=True))
    # A "no" by key stopped texts as OFF does, at the same time as calls. Only a person takes it back from now on.
    op.execute(sa.text("UPDATE contacts SET refused_texts_at = refused_calls_at WHERE refused_calls_at IS NOT NULL"))
    op.execute(sa.text("UPDATE contacts SET stopped_at = NULL WHERE stopped_at = refused_calls_at"))
    with op.batch_alter_table("messages", recreate=how) as batch_op:
        batch_op.add_column(sa.Column("agreed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_messages_agreed_by"), "volunteers", ["agreed_by"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("messages") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_messages_agreed_by"), type_="foreignkey")
        batch_op.drop_column("agreed_by")
    # The version before has no words for what happened to a ticket since; its notes stay.
    op.execute(sa.text("UPDATE events SET kind = 'noted' WHERE kind IN ('unsafe', 'text_agreed')"))
    for fact in ("no_texts", "no_calls", "deaf", "only", "interpreter"):
        about = sa.text("UPDATE events SET kind = 'noted' WHERE kind = 'changed' AND CAST(data AS TEXT) LIKE :fact")
        op.get_bind().execute(about, {"fact": f'%"fact": "{fact}"%'})
    op.execute(sa.text("UPDATE contacts SET stopped_at = refused_texts_at WHERE stopped_at IS NULL"))
    with op.batch_alter_table("contacts") as batch_op:
        batch_op.drop_column("interpreter")
        batch_op.drop_column("only")
        batch_op.drop_column("deaf")
        batch_op.drop_column("refused_texts_at")
