"""Call backs: how a call is safe and whether it was promised, and the calls in which a volunteer and a citizen are joined."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_TO_MAKE = sa.text("wanted_at IS NOT NULL AND made_at IS NULL")
_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "call_plans",
        sa.Column("ticket_id", _ID, nullable=False),
        sa.Column("code_word", sa.Text(), nullable=True),
        sa.Column("agreed_at", _TIME, nullable=True),
        sa.Column("agreed_by", _ID, nullable=True),
        sa.Column("agreed_in", _ID, nullable=True),
        sa.Column("urged_at", _TIME, nullable=True),
        sa.Column("urged_by", _ID, nullable=True),
        sa.Column("urged_note_id", _ID, nullable=True),
        sa.Column("seconded_at", _TIME, nullable=True),
        sa.Column("wanted_at", _TIME, nullable=True),
        sa.Column("made_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["agreed_by"], ["volunteers.id"], name=op.f("fk_call_plans_agreed_by")),
        sa.ForeignKeyConstraint(["agreed_in"], ["messages.id"], name=op.f("fk_call_plans_agreed_in")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_call_plans_ticket_id")),
        sa.ForeignKeyConstraint(["urged_by"], ["volunteers.id"], name=op.f("fk_call_plans_urged_by")),
        sa.ForeignKeyConstraint(["urged_note_id"], ["notes.id"], name=op.f("fk_call_plans_urged_note_id")),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_call_plans")),
    )
    op.create_index("ix_call_plans_to_make", "call_plans", ["wanted_at"], postgresql_where=_TO_MAKE, sqlite_where=_TO_MAKE)
    op.create_table(
        "bridges",
        sa.Column("id", _ID, nullable=False),
        sa.Column("ticket_id", _ID, nullable=False),
        sa.Column("contact_id", _ID, nullable=False),
        sa.Column("volunteer_id", _ID, nullable=False),
        sa.Column("call_id", _ID, nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("answered_at", _TIME, nullable=True),
        sa.Column("rung_at", _TIME, nullable=True),
        sa.Column("joined_at", _TIME, nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("ended", sa.String(length=12), nullable=True),
        sa.Column("duration_s", sa.Integer(), nullable=True),
        sa.Column("came", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_bridges_call_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_bridges_contact_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_bridges_ticket_id")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_bridges_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bridges")),
        sa.UniqueConstraint("call_id", name=op.f("uq_bridges_call_id")),
    )
    op.create_index("uq_bridges_open", "bridges", ["contact_id"], unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN)
    op.create_index("ix_bridges_contact_id", "bridges", ["contact_id", "id"])
    op.create_index("ix_bridges_ticket_id", "bridges", ["ticket_id", "id"])
    # Callers who asked to be called, and whose tickets are open, were promised a call.
    op.execute(
        sa.text(
            "INSERT INTO call_plans (ticket_id, wanted_at) SELECT t.id, c.started_at FROM tickets t JOIN calls c ON c.ticket_id = t.id "
            """WHERE t.status NOT IN ('resolved', 'closed') AND CAST(c.walk AS TEXT) LIKE '%"wants_call": true%'"""
        )
    )


_EVENTS = (
    "'code_word', 'call_agreed', 'call_urged', 'call_promised', 'call_not_made', 'bridge_asked', 'bridge_answered', 'bridge_rung', "
    "'bridge_joined', 'bridge_ended', 'bridge_came'"
)

_OVER = """
    UPDATE calls SET direction = 'alarm', walk = '{"step": "gone", "language": "en"}', next_attempt_at = NULL,
        ended_at = COALESCE(ended_at, started_at)
    WHERE direction = 'bridge'
"""


def downgrade() -> None:
    # The version before has no words for these. Our calls to volunteers stay, as calls that are over.
    op.execute(sa.text(f"DELETE FROM events WHERE kind IN ({_EVENTS})"))  # noqa: S608 - a constant
    op.drop_table("bridges")
    op.drop_table("call_plans")
    op.execute(sa.text(_OVER))
