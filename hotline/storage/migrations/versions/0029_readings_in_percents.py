"""Readings in whole percents, and none of texts without words: by more digits a guess at the words could be tested."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE readings SET danger = round(CAST(danger AS numeric), 2), against = round(CAST(against AS numeric), 2), "
        "quiet = round(CAST(quiet AS numeric), 2)"
    )
    op.execute("DELETE FROM readings WHERE message_id IN (SELECT id FROM messages WHERE sealed IS NULL AND plain IS NULL)")


def downgrade() -> None:
    """The digits are gone; the older release needs none of them."""
