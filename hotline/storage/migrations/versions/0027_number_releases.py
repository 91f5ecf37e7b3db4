"""A number is shown by two, and the seeds of second factors are sealed."""

from typing import Literal

import sqlalchemy as sa
from alembic import context, op

from hotline import sealing
from hotline.keys import Keys
from hotline.sealing import SealBroken

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_ASKED = sa.text("decided_at IS NULL")
_SEED = "volunteers.totp_seed"


def upgrade() -> None:
    op.create_table(
        "number_releases",
        sa.Column("id", _ID, nullable=False),
        sa.Column("ticket_id", _ID, nullable=False),
        sa.Column("reader_id", _ID, nullable=False),
        sa.Column("note_id", _ID, nullable=True),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("decided_by", _ID, nullable=True),
        sa.Column("decided_at", _TIME, nullable=True),
        sa.Column("yes", sa.Boolean(), nullable=True),
        sa.Column("until", _TIME, nullable=True),
        sa.Column("broken_glass", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("team_id", _ID, nullable=True),
        sa.Column("sealed", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_number_releases_ticket_id")),
        sa.ForeignKeyConstraint(["reader_id"], ["volunteers.id"], name=op.f("fk_number_releases_reader_id")),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_number_releases_note_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["volunteers.id"], name=op.f("fk_number_releases_decided_by")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_number_releases_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_releases")),
    )
    op.create_index("ix_number_releases_ticket_id_reader_id", "number_releases", ["ticket_id", "reader_id"])
    op.create_index(
        "uq_number_releases_asked",
        "number_releases",
        ["ticket_id", "reader_id"],
        unique=True,
        postgresql_where=_ASKED,
        sqlite_where=_ASKED,
    )
    rows = op.get_bind().execute(sa.text("SELECT id, totp_seed FROM volunteers WHERE totp_seed IS NOT NULL")).all()
    sealed = [{"id": row.id, "seed": sealing.seal(_keys().staff, row.totp_seed.encode(), _SEED, row.id)} for row in rows]
    _replace(sa.Column("totp_seed", sa.LargeBinary(), nullable=True))
    if sealed:
        op.get_bind().execute(sa.text("UPDATE volunteers SET totp_seed = :seed WHERE id = :id"), sealed)


def downgrade() -> None:
    rows = op.get_bind().execute(sa.text("SELECT id, totp_seed FROM volunteers WHERE totp_seed IS NOT NULL")).all()
    plain = [{"id": row.id, "seed": _opened(row.id, bytes(row.totp_seed))} for row in rows]
    _replace(sa.Column("totp_seed", sa.String(length=64), nullable=True))
    if plain:
        op.get_bind().execute(sa.text("UPDATE volunteers SET totp_seed = :seed WHERE id = :id"), plain)
    op.execute(sa.text("DELETE FROM events WHERE kind IN ('number_asked', 'number_released', 'number_refused', 'glass_broken')"))
    op.execute(sa.text("DELETE FROM alarms WHERE kind IN ('number_asked', 'number_open', 'glass_broken')"))
    op.drop_table("number_releases")


def _replace(column: sa.Column[bytes] | sa.Column[str]) -> None:
    """Put a column of another type in the place of the seeds'; it is empty then."""
    how: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("volunteers", recreate=how) as batch_op:
        batch_op.drop_column("totp_seed")
    with op.batch_alter_table("volunteers", recreate=how) as batch_op:
        batch_op.add_column(column)


def _opened(volunteer_id: int, seed: bytes) -> str | None:
    try:
        return sealing.unseal(_keys().staff, seed, _SEED, volunteer_id).decode()
    except SealBroken:
        return None  # the second factor has to be set up anew


def _keys() -> Keys:
    keys: Keys | None = context.config.attributes.get("keys")
    if keys is None:
        raise RuntimeError("there are second factors to be sealed: HOTLINE_KEYS_FILE must name the keys (hotline keys new)")
    return keys
