"""Phones that ring because somebody is in danger, until somebody acts; broken seals."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_HOLDS_BACK = sa.text("(hold OR sealed) AND status <> 'closed'")
_RINGING = sa.text("next_ring_at IS NOT NULL")


def upgrade() -> None:
    how: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"  # as a new database has it
    with op.batch_alter_table("tickets", recreate=how) as batch_op:
        batch_op.add_column(sa.Column("next_ring_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("head_told_at", sa.DateTime(timezone=True), nullable=True))
    # Danger that was known before this rings as soon as a worker looks.
    op.execute(
        sa.text("UPDATE tickets SET next_ring_at = danger_at WHERE danger IN ('person', 'keyed', 'cry', 'sure') AND acted_at IS NULL")
    )
    op.create_index("ix_tickets_ringing", "tickets", ["next_ring_at"], postgresql_where=_RINGING, sqlite_where=_RINGING)
    _made_last()
    op.create_table(
        "rings",
        sa.Column("ticket_id", _ID, nullable=False),
        sa.Column("contact_id", _ID, nullable=False),
        sa.Column("volunteer_id", _ID, nullable=True),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quiet_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_rings_ticket_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_rings_contact_id")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_rings_volunteer_id")),
        sa.PrimaryKeyConstraint("ticket_id", "contact_id", name=op.f("pk_rings")),
    )
    op.create_index(op.f("ix_rings_contact_id"), "rings", ["contact_id"])
    op.create_table(
        "seal_breaks",
        sa.Column("ticket_id", _ID, nullable=False),
        sa.Column("volunteer_id", _ID, nullable=False),
        sa.Column("broken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_seal_breaks_ticket_id")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_seal_breaks_volunteer_id")),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_seal_breaks_note_id")),
        sa.PrimaryKeyConstraint("ticket_id", "volunteer_id", name=op.f("pk_seal_breaks")),
    )
    op.create_index(op.f("ix_seal_breaks_volunteer_id"), "seal_breaks", ["volunteer_id"])
    op.execute(sa.text("DELETE FROM alarms WHERE kind = 'unopened'"))  # phones that ring until somebody acts take its place


def _made_last() -> None:
    """Make the index anew of the tickets that hold back: of two that would serve, SQLite takes the one that was made last."""
    op.drop_index("ix_tickets_holds_back", table_name="tickets", postgresql_where=_HOLDS_BACK, sqlite_where=_HOLDS_BACK)
    op.create_index("ix_tickets_holds_back", "tickets", ["contact_id"], postgresql_where=_HOLDS_BACK, sqlite_where=_HOLDS_BACK)


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM events WHERE kind IN ('rang', 'cannot', 'seal_broken')"))  # the version before has no words for them
    op.execute(sa.text("DELETE FROM alarms WHERE kind IN ('danger', 'sealed_danger', 'seal_broken')"))
    op.drop_table("seal_breaks")
    op.drop_table("rings")
    op.drop_index("ix_tickets_ringing", table_name="tickets", postgresql_where=_RINGING, sqlite_where=_RINGING)
    with op.batch_alter_table("tickets") as batch_op:
        batch_op.drop_column("head_told_at")
        batch_op.drop_column("next_ring_at")
