"""Views that volunteers save, what was last searched for, and an index of the cards that were put to tickets."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CARD_PUT = sa.text("kind = 'card_put'")


def upgrade() -> None:
    op.create_table(
        "views",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("volunteer_id", _ID, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("folded", sa.String(length=160), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_views_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_views")),
        sa.UniqueConstraint("volunteer_id", "folded", name=op.f("uq_views_volunteer_id_folded")),
    )
    op.create_index("ix_events_cards", "events", ["ticket_id"], postgresql_where=_CARD_PUT, sqlite_where=_CARD_PUT)
    how: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"  # as a new database has it
    with op.batch_alter_table("logins", recreate=how) as batch_op:
        batch_op.add_column(sa.Column("sought", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("logins") as batch_op:
        batch_op.drop_column("sought")
    op.drop_index("ix_events_cards", table_name="events", postgresql_where=_CARD_PUT, sqlite_where=_CARD_PUT)
    op.drop_table("views")
