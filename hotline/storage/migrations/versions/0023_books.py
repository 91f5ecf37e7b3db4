"""The book of looks, and the pages that bind it and the events."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_LOOKS = sa.text("kind IN ('viewed', 'listened', 'number_shown', 'number_sought')")


def upgrade() -> None:
    op.create_table(
        "showings",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("shown_at", _TIME, nullable=False),
        sa.Column("volunteer_id", _ID, nullable=True),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_showings_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_showings")),
    )
    op.create_index("ix_showings_volunteer", "showings", ["volunteer_id", "kind", "shown_at"])
    op.create_table(
        "shown_tickets",
        sa.Column("ticket_id", _ID, nullable=False),
        sa.Column("showing_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["showing_id"], ["showings.id"], name=op.f("fk_shown_tickets_showing_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_shown_tickets_ticket_id")),
        sa.PrimaryKeyConstraint("ticket_id", "showing_id", name=op.f("pk_shown_tickets")),
    )
    op.create_index(op.f("ix_shown_tickets_showing_id"), "shown_tickets", ["showing_id"])
    op.create_table(
        "book_pages",
        sa.Column("book", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_id", _ID, nullable=False),
        sa.Column("last_id", _ID, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.Column("bound_at", _TIME, nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=True),
        sa.Column("rows_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("removed_at", _TIME, nullable=True),
        sa.Column("removal", sa.LargeBinary(length=16), nullable=True),
        sa.PrimaryKeyConstraint("book", "number", name=op.f("pk_book_pages")),
    )
    op.create_index("ix_book_pages_bound", "book_pages", ["book", "bound_at"])
    op.create_table(
        "book_codes",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("told_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_book_codes")),
    )
    op.create_index("ix_events_looks", "events", ["volunteer_id", "id"], postgresql_where=_LOOKS, sqlite_where=_LOOKS)


def downgrade() -> None:
    op.drop_index("ix_events_looks", "events", postgresql_where=_LOOKS, sqlite_where=_LOOKS)
    for name in ("book_codes", "book_pages", "shown_tickets", "showings"):
        op.drop_table(name)
