"""How we know of danger, when somebody acted on it, and which texts and recordings wait for a person to look at them."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_WAITS = sa.text("look IS NOT NULL")
_HOLDS_BACK = sa.text("(hold OR sealed) AND status <> 'closed'")


def upgrade() -> None:
    how: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"  # as a new database has it
    with op.batch_alter_table("tickets", recreate=how) as batch_op:
        batch_op.add_column(sa.Column("danger", sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column("danger_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("acted_at", sa.DateTime(timezone=True), nullable=True))
    _made_last()
    # Open urgent tickets of before are in danger as far as anybody knows.
    op.execute(
        sa.text("UPDATE tickets SET danger = 'read', danger_at = opened_at WHERE priority = 1 AND status NOT IN ('resolved', 'closed')")
    )
    for name, order in (("messages", ["look", "id"]), ("recordings", ["look", "id"])):
        with op.batch_alter_table(name, recreate=how) as batch_op:
            batch_op.add_column(sa.Column("look", sa.SmallInteger(), nullable=True))
        op.create_index(f"ix_{name}_look", name, order, postgresql_where=_WAITS, sqlite_where=_WAITS)


def _made_last() -> None:
    """Make the index anew of the tickets that hold back: of two that would serve, SQLite takes the one that was made last."""
    op.drop_index("ix_tickets_holds_back", table_name="tickets", postgresql_where=_HOLDS_BACK, sqlite_where=_HOLDS_BACK)
    op.create_index("ix_tickets_holds_back", "tickets", ["contact_id"], postgresql_where=_HOLDS_BACK, sqlite_where=_HOLDS_BACK)


def downgrade() -> None:
    for name in ("recordings", "messages"):
        op.drop_index(f"ix_{name}_look", table_name=name, postgresql_where=_WAITS, sqlite_where=_WAITS)
        with op.batch_alter_table(name) as batch_op:
            batch_op.drop_column("look")
    op.execute(sa.text("DELETE FROM events WHERE kind = 'acted'"))  # the version before has no words for it
    with op.batch_alter_table("tickets") as batch_op:
        batch_op.drop_column("acted_at")
        batch_op.drop_column("danger_at")
        batch_op.drop_column("danger")
