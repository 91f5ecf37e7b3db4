"""Whether we may ring a phone is asked apart from whether we may text it."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_CALLS = sa.table("calls", sa.column("id", sa.BigInteger), sa.column("walk", sa.JSON))
_BEFORE = {"early": "record", "language": "opening", "call_consent": "consent"}
"""Steps that the version before does not know → the step that is nearest to it."""


def upgrade() -> None:
    how: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"  # as a new database has it
    with op.batch_alter_table("calls", recreate=how) as batch_op:
        batch_op.add_column(sa.Column("call_consent", sa.String(length=8), nullable=True))
    op.execute(sa.text("UPDATE calls SET call_consent = consent"))  # one question was asked about both


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM events WHERE kind = 'must_be_silent'"))  # the version before has no words for it
    # One answer has to hold for both: a yes only where both are a yes.
    op.execute(sa.text("UPDATE calls SET consent = call_consent WHERE consent = 'yes' AND (call_consent <> 'yes' OR call_consent IS NULL)"))
    connection = op.get_bind()
    for call_id, walk in connection.execute(sa.select(_CALLS)).all():
        nearest = _BEFORE.get(walk.get("step"))
        if nearest is not None:
            connection.execute(_CALLS.update().where(_CALLS.c.id == call_id).values(walk={**walk, "step": nearest}))
    with op.batch_alter_table("calls") as batch_op:
        batch_op.drop_column("call_consent")
