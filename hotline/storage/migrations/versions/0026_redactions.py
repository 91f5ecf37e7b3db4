"""Parts of texts, notes and recordings that are not shown."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_DUE = sa.text("next_at IS NOT NULL")
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OF = ("message", "note", "recording")
_MASKED = ("messages", "notes", "recordings")


def upgrade() -> None:
    how: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"  # as a new database has it
    for table in _MASKED:
        with op.batch_alter_table(table, recreate=how) as batch_op:
            batch_op.add_column(sa.Column("masked", sa.Boolean(), nullable=True))
    by = ("made_by", "undone_by", "rewritten_by")
    columns: tuple[sa.schema.SchemaItem, ...] = (
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        *(sa.Column(f"{one}_id", _ID, nullable=True) for one in _OF),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        *(sa.Column(one, _ID, nullable=True) for one in by),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(one, sa.DateTime(timezone=True), nullable=True) for one in ("undone_at", "rewritten_at", "done_at", "next_at")),
        sa.Column("left", sa.String(length=120), nullable=True),
        *(sa.ForeignKeyConstraint([f"{one}_id"], [f"{one}s.id"], name=op.f(f"fk_redactions_{one}_id")) for one in _OF),
        *(sa.ForeignKeyConstraint([one], ["volunteers.id"], name=op.f(f"fk_redactions_{one}")) for one in by),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redactions")),
    )
    op.create_table("redactions", *columns)
    for one in _OF:
        op.create_index(f"ix_redactions_{one}_id", "redactions", [f"{one}_id"])
    op.create_index("ix_redactions_due", "redactions", ["next_at"], postgresql_where=_DUE, sqlite_where=_DUE)


def downgrade() -> None:
    op.drop_table("redactions")
    for table in _MASKED:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("masked")
