"""The ids under which gateways took the parts of our texts, and what they reported of them, in whatever order the two come."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import case, delete, or_, select
from sqlalchemy.orm import Session

from hotline.storage.db import upsert
from hotline.storage.partmodels import SentPart


def note(session: Session, *, gateway: str, gateway_id: str, phone: str, message_id: int, attempt: int, our_id: str, number: int,
         of: int, now: datetime) -> None:  # fmt: skip
    """Note of which text a part is. What was reported of it before stays; an id that the gateway has used before is the new part's."""
    whose = {"message_id": message_id, "attempt": attempt, "our_id": our_id, "number": number, "of": of}
    before = session.get(SentPart, (gateway, gateway_id), populate_existing=True)
    values = {"phone": phone, "noted_at": now, **whose}
    if before is not None and before.message_id is not None and (before.message_id, before.attempt) != (message_id, attempt):
        values |= {"delivery": None, "code": None, "outcome": None}
    statement = upsert(session, SentPart).values(gateway=gateway, gateway_id=gateway_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["gateway", "gateway_id"], set_=values))


def known(session: Session, *, gateway: str, gateway_id: str, other_ids: Collection[str], phone: str) -> str | None:
    """The id of the part that a report names; None if we have sent none of that id so far.

    Small numbers are ids in both forms. So a part that went to that phone goes before a part of the very id to another phone: an SMSC
    may write a phone in a way of its own. By another form of the id a part is found only if it went to that phone.
    """
    is_exact, is_of_phone = SentPart.gateway_id == gateway_id, SentPart.phone == phone
    statement = select(SentPart.gateway_id).where(
        SentPart.gateway == gateway,
        SentPart.message_id.is_not(None),
        SentPart.gateway_id.in_([gateway_id, *other_ids]),
        or_(is_exact, is_of_phone),
    )
    order = case((is_exact & is_of_phone, 0), (is_of_phone, 1), else_=2)
    return session.scalars(statement.order_by(order, SentPart.noted_at.desc()).limit(1)).first()


def unclaimed(session: Session, *, gateway: str, ids: Collection[str], phone: str) -> SentPart | None:
    """A report that came before we knew of its part, under one of these ids and of that phone."""
    statement = select(SentPart).where(
        SentPart.gateway == gateway, SentPart.message_id.is_(None), SentPart.gateway_id.in_(ids), SentPart.phone == phone
    )
    return session.scalars(statement.order_by(SentPart.noted_at.desc()).limit(1)).first()


def report(session: Session, *, gateway: str, gateway_id: str, phone: str, delivery: str, code: str | None, outcome: str | None,
           now: datetime) -> None:  # fmt: skip
    """Note what was reported of a part, also if nothing else is known of it."""
    values = {"delivery": delivery, "code": code, "outcome": outcome}
    statement = upsert(session, SentPart).values(gateway=gateway, gateway_id=gateway_id, phone=phone, noted_at=now, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["gateway", "gateway_id"], set_=values))


def delivery_of(session: Session, gateway: str, gateway_id: str) -> str | None:
    """What was reported of a part so far."""
    return session.scalar(select(SentPart.delivery).where(SentPart.gateway == gateway, SentPart.gateway_id == gateway_id))


def of_text(session: Session, gateway: str, message_id: int, attempt: int) -> Sequence[SentPart]:
    """The parts of one attempt to send a text, as far as the gateway took them, in order."""
    statement = select(SentPart).where(SentPart.gateway == gateway, SentPart.message_id == message_id, SentPart.attempt == attempt)
    return session.scalars(statement.order_by(SentPart.number), execution_options={"populate_existing": True}).all()


def text_of(session: Session, gateway: str, gateway_id: str) -> tuple[int, int] | None:
    """The text and the attempt that a part is of; None if that is not known."""
    statement = select(SentPart.message_id, SentPart.attempt).where(SentPart.gateway == gateway, SentPart.gateway_id == gateway_id)
    row = session.execute(statement).first()
    return (row[0], row[1]) if row is not None and row[0] is not None and row[1] is not None else None


def drop(session: Session, part: SentPart) -> None:
    """Delete a row whose report was given to the part that it names in another form."""
    session.execute(delete(SentPart).where(SentPart.gateway == part.gateway, SentPart.gateway_id == part.gateway_id))


def forget(session: Session, *, before: datetime) -> None:
    """Delete what was noted before `before`: nothing is reported of it any more."""
    session.execute(delete(SentPart).where(SentPart.noted_at < before))
