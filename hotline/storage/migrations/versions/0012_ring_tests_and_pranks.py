"""Daily tests that phones can be rung, and phones that two people marked because of abuse or pranks."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UNANSWERED = sa.text("answered_at IS NULL AND told_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "ring_tests",
        sa.Column("id", _ID, nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("contact_id", _ID, nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rung", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=2), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=4), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_ring_tests_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ring_tests")),
        sa.UniqueConstraint("on_date", "contact_id", name=op.f("uq_ring_tests_on_date_contact_id")),
    )
    op.create_index(op.f("ix_ring_tests_contact_id"), "ring_tests", ["contact_id"])
    op.create_index("ix_ring_tests_unanswered", "ring_tests", ["begun_at"], postgresql_where=_UNANSWERED, sqlite_where=_UNANSWERED)
    op.create_table(
        "pranks",
        sa.Column("contact_id", _ID, nullable=False),
        sa.Column("marked_by", _ID, nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", _ID, nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["confirmed_by"], ["volunteers.id"], name=op.f("fk_pranks_confirmed_by")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_pranks_contact_id")),
        sa.ForeignKeyConstraint(["marked_by"], ["volunteers.id"], name=op.f("fk_pranks_marked_by")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_pranks")),
    )


def downgrade() -> None:
    op.drop_table("pranks")
    op.drop_index("ix_ring_tests_unanswered", table_name="ring_tests", postgresql_where=_UNANSWERED, sqlite_where=_UNANSWERED)
    op.drop_index(op.f("ix_ring_tests_contact_id"), table_name="ring_tests")
    op.drop_table("ring_tests")
    # The version before knows no such alarms, calls, priority and events. Notes of the events stay.
    op.execute(sa.text("DELETE FROM alarms WHERE kind = 'not_reached'"))
    op.execute(sa.text("UPDATE calls SET direction = 'alarm', next_attempt_at = NULL WHERE direction = 'test'"))
    op.execute(sa.text("UPDATE tickets SET priority = 3 WHERE priority = 4"))
    op.execute(sa.text("UPDATE events SET kind = 'noted' WHERE kind IN ('prank_marked', 'prank_confirmed', 'prank_unmarked')"))
