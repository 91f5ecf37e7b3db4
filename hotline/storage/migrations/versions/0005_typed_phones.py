"""Numbers that volunteers typed in: they are notes on tickets, and walk-ins belong to nobody until their phone gives the reference."""

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

from hotline.domain.phone import read_sender

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "typed_phones",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("ticket_id", _ID, nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("made_by", _ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note_id", _ID, nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["volunteers.id"], name=op.f("fk_typed_phones_made_by")),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_typed_phones_note_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_typed_phones_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_typed_phones")),
    )
    op.create_index(op.f("ix_typed_phones_address"), "typed_phones", ["address"])
    op.create_index(op.f("ix_typed_phones_ticket_id"), "typed_phones", ["ticket_id"])
    for row in _all(_UNHEARD):
        _part(row.ticket_id, row.contact_id)
    _do(_FORGET)


_UNHEARD = """
    SELECT t.id AS ticket_id, t.contact_id FROM tickets t JOIN contacts c ON c.id = t.contact_id
    WHERE t.walk_in AND c.kind = 'phone' AND c.address IS NOT NULL
    AND EXISTS (SELECT 1 FROM events e WHERE e.ticket_id = t.id AND e.kind = 'opened' AND e.volunteer_id IS NOT NULL)
    AND NOT EXISTS (
        SELECT 1 FROM messages m WHERE m.ticket_id = t.id AND m.contact_id = c.id AND m.direction = 'in' AND m.read_as <> 'written'
    )
    ORDER BY t.id
"""
"""Walk-ins whose phone never texted about them. No call is told apart: what a caller asks about is not stored."""

_NAMELESS = """
    INSERT INTO contacts (kind, language, language_named, may_text, may_call, on_hold, safe_from, safe_until, created_at, times_seen)
    SELECT 'withheld', c.language, false, c.times_seen > 0 OR c.may_text, c.times_seen > 0 OR c.may_call, c.times_seen = 0 AND c.on_hold,
        CASE c.times_seen WHEN 0 THEN c.safe_from END, CASE c.times_seen WHEN 0 THEN c.safe_until END, t.opened_at, 0
    FROM tickets t JOIN contacts c ON c.id = t.contact_id WHERE t.id = :ticket
    RETURNING id
"""
"""The contact of a walk-in. How it may be reached was said of this ticket only where the phone has never contacted us."""

_TYPE = """
    INSERT INTO typed_phones (id, ticket_id, address, kind, made_by, made_at)
    SELECT :id, t.id, c.address, 'walk_in',
        (SELECT e.volunteer_id FROM events e WHERE e.ticket_id = t.id AND e.kind = 'opened' AND e.volunteer_id IS NOT NULL LIMIT 1),
        t.opened_at
    FROM tickets t JOIN contacts c ON c.id = t.contact_id WHERE t.id = :ticket
"""

_FORGET = """
    DELETE FROM contacts WHERE times_seen = 0 AND address IN (SELECT address FROM typed_phones)
    AND NOT EXISTS (SELECT 1 FROM tickets WHERE contact_id = contacts.id)
    AND NOT EXISTS (SELECT 1 FROM messages WHERE contact_id = contacts.id)
    AND NOT EXISTS (SELECT 1 FROM calls WHERE contact_id = contacts.id)
    AND NOT EXISTS (SELECT 1 FROM questions WHERE contact_id = contacts.id)
    AND NOT EXISTS (SELECT 1 FROM volunteers WHERE phone_id = contacts.id)
"""
"""Contacts that were made of a typed number, and are nobody's any more."""


def _part(ticket: int, before: int) -> None:
    """Part a walk-in from the phone whose number was typed in: its words go along, and nothing about it is sent or asked any more."""
    [(nameless,)] = _all(_NAMELESS, {"ticket": ticket})
    _do(_TYPE, {"ticket": ticket, "id": secrets.randbits(62)})
    ids = {"ticket": ticket, "before": before, "after": nameless}
    _do("UPDATE messages SET contact_id = :after WHERE ticket_id = :ticket AND contact_id = :before AND direction = 'in'", ids)
    _do(
        "UPDATE messages SET delivery = 'failed', reason = 'never_wrote', next_attempt_at = NULL"
        " WHERE ticket_id = :ticket AND contact_id = :before AND delivery = 'queued'",
        ids,
    )
    _do("UPDATE questions SET answered_at = asked_at WHERE ticket_id = :ticket AND answered_at IS NULL", ids)
    _do("UPDATE tickets SET contact_id = :after WHERE id = :ticket", ids)


def downgrade() -> None:
    for row in _all(
        "SELECT p.address, t.contact_id FROM typed_phones p JOIN tickets t ON t.id = p.ticket_id"
        " JOIN contacts c ON c.id = t.contact_id WHERE p.kind = 'walk_in' AND p.met_at IS NULL AND c.address IS NULL ORDER BY p.ticket_id"
    ):
        _join(row.contact_id, row.address)
    # The version before knows no such events: their notes stay.
    _do("UPDATE events SET kind = 'noted' WHERE kind IN ('phone_added', 'phone_confirmed', 'phone_met', 'phone_taken_away')")
    op.drop_index(op.f("ix_typed_phones_ticket_id"), "typed_phones")
    op.drop_index(op.f("ix_typed_phones_address"), "typed_phones")
    op.drop_table("typed_phones")


def _join(nameless: int, address: str) -> None:
    """Give a walk-in to the contact of its typed number; the nameless contact becomes that contact if there is none."""
    known = _all("SELECT id FROM contacts WHERE address = :address", {"address": address})
    if known:
        ids = {"before": nameless, "after": known[0].id}
        _do("UPDATE messages SET contact_id = :after WHERE contact_id = :before", ids)
        _do("UPDATE tickets SET contact_id = :after WHERE contact_id = :before", ids)
        return
    row = {"id": nameless, "address": address, "country": read_sender(address, "ZZ").country}
    _do("UPDATE contacts SET kind = 'phone', address = :address, country = :country WHERE id = :id", row)


def _all(statement: str, values: dict[str, Any] | None = None) -> list[Any]:
    return list(op.get_bind().execute(sa.text(statement), values))


def _do(statement: str, values: dict[str, Any] | None = None) -> None:
    op.get_bind().execute(sa.text(statement), values)
