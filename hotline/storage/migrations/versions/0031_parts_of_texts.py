"""Parts of texts: those that come in, until their text is whole, and the ids under which a gateway took those of ours."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "text_parts",
        sa.Column("id", _ID, nullable=False),
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("mark", sa.String(length=40), nullable=False),
        sa.Column("together", sa.String(length=40), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("of", sa.SmallInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("arrived_at", _TIME, nullable=False),
        sa.Column("acknowledged", sa.Boolean(), nullable=False),
        sa.Column("taken_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_parts")),
    )
    for column in ("mark", "together", "arrived_at"):
        op.create_index(op.f(f"ix_text_parts_{column}"), "text_parts", [column])
    op.create_table(
        "sent_parts",
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("gateway_id", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.SmallInteger(), nullable=True),
        sa.Column("our_id", sa.String(length=32), nullable=True),
        sa.Column("number", sa.SmallInteger(), nullable=True),
        sa.Column("of", sa.SmallInteger(), nullable=True),
        sa.Column("delivery", sa.String(length=11), nullable=True),
        sa.Column("code", sa.String(length=16), nullable=True),
        sa.Column("outcome", sa.String(length=11), nullable=True),
        sa.Column("noted_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("gateway", "gateway_id", name=op.f("pk_sent_parts")),
    )
    for column in ("message_id", "phone", "noted_at"):
        op.create_index(op.f(f"ix_sent_parts_{column}"), "sent_parts", [column])


def downgrade() -> None:
    op.drop_table("sent_parts")
    op.drop_table("text_parts")
