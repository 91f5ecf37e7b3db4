"""Accounts that wait for a second person, passwords chosen by another person's link, an index to sweep throttles by."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("volunteers") as batch_op:
        batch_op.add_column(sa.Column("confirmed", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("password_by_link", sa.Boolean(), server_default=sa.false(), nullable=False))
    # Void links have a time of use too, so which was used is not known: all count. The next right of the volunteer takes a new link.
    volunteers, invitations = (
        sa.table("volunteers", sa.column("id"), sa.column("password_by_link", sa.Boolean())),
        sa.table("invitations", sa.column("volunteer_id"), sa.column("made_by"), sa.column("used_at")),
    )
    by_others = sa.select(invitations.c.volunteer_id).where(invitations.c.made_by.is_not(None), invitations.c.used_at.is_not(None))
    op.execute(sa.update(volunteers).where(volunteers.c.id.in_(by_others)).values(password_by_link=True))

    op.create_index(op.f("ix_login_throttles_next_try_at"), "login_throttles", ["next_try_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_login_throttles_next_try_at"), table_name="login_throttles")
    # Without the column everybody has the rights of their account: who was not confirmed needs a new link.
    op.execute(
        "UPDATE logins SET ended_at = seen_at WHERE ended_at IS NULL AND volunteer_id IN (SELECT id FROM volunteers WHERE NOT confirmed)"
    )
    op.execute("UPDATE volunteers SET password_hash = NULL WHERE NOT confirmed")
    op.execute("DELETE FROM grants WHERE what = 'account' AND decided_at IS NULL")  # the version before cannot decide them
    with op.batch_alter_table("volunteers") as batch_op:
        batch_op.drop_column("password_by_link")
        batch_op.drop_column("confirmed")
