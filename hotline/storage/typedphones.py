"""Phones whose numbers volunteers typed in on tickets. A typed number is compared with nothing until its phone gives the reference."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from hotline.domain.phone import TypedAs
from hotline.sealing import mark
from hotline.storage import sealed
from hotline.storage.models import Contact, TypedPhone


def add(session: Session, ticket_id: int, address: str, *, kind: TypedAs, made_by: int, note_id: int | None, now: datetime) -> int:
    """Store a number that a volunteer typed in on a ticket. Returns its id."""
    # Drawn at random: it stands on pages, and counted ids would tell of tickets that the volunteer may not know of.
    phone_id = secrets.randbits(62)
    values = {"ticket_id": ticket_id, "kind": kind, "made_by": made_by, "made_at": now, "note_id": note_id}
    number = sealed.seal_typed(sealed.needed_key_of_ticket(session, ticket_id), address, phone_id)
    session.execute(insert(TypedPhone).values(id=phone_id, mark=mark(sealed.keys_of(session), address), number=number, **values))
    return phone_id


def of_ticket(session: Session, ticket_id: int) -> Sequence[TypedPhone]:
    """The phones typed in on a ticket, oldest first."""
    return session.scalars(select(TypedPhone).where(TypedPhone.ticket_id == ticket_id).order_by(TypedPhone.made_at, TypedPhone.id)).all()


def another(session: Session, ticket_id: int, phone_id: int) -> TypedPhone | None:
    """The other phone of the citizen's with that id, if it stands on this ticket, locked; else None."""
    mine = select(TypedPhone).where(TypedPhone.id == phone_id, TypedPhone.ticket_id == ticket_id, TypedPhone.kind == TypedAs.ANOTHER)
    return session.scalars(mine.with_for_update(), execution_options={"populate_existing": True}).one_or_none()


def waiting(session: Session, ticket_id: int, contact_id: int) -> TypedPhone | None:
    """What was typed in on a ticket with the number of this contact and waits to be met, locked; None if there is nothing."""
    ready = or_(TypedPhone.kind == TypedAs.WALK_IN, TypedPhone.confirmed_at.is_not(None))
    statement = (
        select(TypedPhone)
        .join(Contact, Contact.mark == TypedPhone.mark)
        .where(TypedPhone.ticket_id == ticket_id, Contact.id == contact_id, TypedPhone.met_at.is_(None), ready)
        .order_by(TypedPhone.made_at, TypedPhone.id)
        .limit(1)
        .with_for_update(of=TypedPhone)
    )
    return session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()


def is_unheard(session: Session, ticket_id: int) -> bool:
    """Whether the phone of a walk-in was typed in, and has not given us the reference yet."""
    unheard = exists().where(TypedPhone.ticket_id == ticket_id, TypedPhone.kind == TypedAs.WALK_IN, TypedPhone.met_at.is_(None))
    return bool(session.scalar(select(unheard)))


def is_another(session: Session, ticket_id: int, contact_id: int) -> bool:
    """Whether a contact is another phone of the citizen's of a ticket, and was met."""
    met = select(TypedPhone.id).join(Contact, Contact.mark == TypedPhone.mark)
    met = met.where(TypedPhone.ticket_id == ticket_id, Contact.id == contact_id, TypedPhone.kind == TypedAs.ANOTHER)
    return session.scalar(met.where(TypedPhone.met_at.is_not(None)).limit(1)) is not None


def confirm(session: Session, phone_id: int, *, now: datetime) -> None:
    """Store that a lead confirmed another phone of the citizen's."""
    session.execute(update(TypedPhone).where(TypedPhone.id == phone_id).values(confirmed_at=now))


def meet(session: Session, phone_id: int, *, now: datetime) -> None:
    """Store that a typed phone gave us the reference."""
    session.execute(update(TypedPhone).where(TypedPhone.id == phone_id).values(met_at=now))


def forget(session: Session, phone_id: int) -> None:
    """Delete a typed number."""
    session.execute(delete(TypedPhone).where(TypedPhone.id == phone_id))
