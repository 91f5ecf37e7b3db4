"""What was wiped, who asks to be erased, and what an erased phone asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("done_at IS NULL AND stopped_at IS NULL")
_DUE = sa.text("due_at IS NOT NULL AND done_at IS NULL AND stopped_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "wipings",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=True),
        sa.Column("uid", sa.LargeBinary(length=16), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wipings")),
        sa.UniqueConstraint("kind", "row_id", name=op.f("uq_wipings_kind_row_id")),
        sa.UniqueConstraint("kind", "uid", name=op.f("uq_wipings_kind_uid")),
    )
    op.create_table(
        "erasures",
        sa.Column("id", _ID, nullable=False),
        sa.Column("contact_id", _ID, nullable=False),
        sa.Column("ticket_id", _ID, nullable=False),
        sa.Column("how", sa.String(length=8), nullable=False),
        sa.Column("older", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", _ID, nullable=False),
        sa.Column("note_id", _ID, nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_by", _ID, nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by", _ID, nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_erasures_{column}"))
            for column, table in (
                ("contact_id", "contacts"),
                ("ticket_id", "tickets"),
                ("asked_by", "volunteers"),
                ("note_id", "notes"),
                ("agreed_by", "volunteers"),
                ("stopped_by", "volunteers"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index("uq_erasures_open", "erasures", ["contact_id"], unique=True, postgresql_where=_OPEN, sqlite_where=_OPEN)
    op.create_index("ix_erasures_due", "erasures", ["due_at"], postgresql_where=_DUE, sqlite_where=_DUE)
    op.create_index("ix_erasures_contact_id", "erasures", ["contact_id", "id"])
    op.create_table(
        "suppressed",
        sa.Column("mark", sa.LargeBinary(length=16), nullable=False),
        sa.Column("asked", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_suppressed")),
    )


def downgrade() -> None:
    op.drop_table("suppressed")
    op.drop_table("erasures")
    op.drop_table("wipings")
