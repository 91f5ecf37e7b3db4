"""Volunteers who work through pauses, events about people and shifts, second factors that are derived and no longer stored."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "people_events",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", _ID, nullable=True),
        sa.Column("about_id", _ID, nullable=True),
        sa.Column("team_id", _ID, nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["about_id"], ["volunteers.id"], name=op.f("fk_people_events_about_id")),
        sa.ForeignKeyConstraint(["by_id"], ["volunteers.id"], name=op.f("fk_people_events_by_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_people_events_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_events")),
    )
    with op.batch_alter_table("volunteers") as batch_op:
        batch_op.add_column(sa.Column("keeps_pauses", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("totp_seed", sa.String(length=64), nullable=True))
        batch_op.drop_column("totp_secret")  # it was stored in clear; a volunteer who had one sets the app up anew at the next log-in
    op.execute("UPDATE volunteers SET totp_step = NULL")


def downgrade() -> None:
    with op.batch_alter_table("volunteers") as batch_op:
        batch_op.add_column(sa.Column("totp_secret", sa.String(length=64), nullable=True))
        batch_op.drop_column("totp_seed")
        batch_op.drop_column("keeps_pauses")
    op.execute("UPDATE volunteers SET totp_step = NULL")
    op.drop_table("people_events")
