"""A worker reads what texts mean, before a ticket finds its team."""

from dataclasses import replace

from hotline.domain import reading, texts
from hotline.domain.danger import Danger, surer
from hotline.domain.lateness import Late, lateness
from hotline.domain.look import Look
from hotline.domain.reading import Intent, Part
from hotline.domain.ticket import Priority
from hotline.log import logger
from hotline.outbox import queue_text
from hotline.runtime import Runtime, Transaction
from hotline.services.tickets import meaning
from hotline.storage import contacts, readings, sealed, tickets
from hotline.storage.models import Contact, Message
from hotline.storage.rows import TicketChanges


def read_due(rt: Runtime, *, limit: int, late: int) -> int:
    """Read texts that are still to be read. `limit` and `late`: see `readings.waiting`. Returns how many there were."""
    with rt.reading() as session:
        if not readings.any_waits(session):
            return 0
    with rt.transaction() as tx:
        waiting = readings.waiting(tx.session, limit, late)
        for message in waiting:
            try:
                with tx.session.begin_nested():
                    _read(rt, tx, message)
            except Exception:  # noqa: BLE001 - one text that cannot be read must not keep all that follow unread
                logger().exception("a text could not be read", message=message.id)
                readings.give_up(tx.session, message.id, message.ticket_id, look=Look.FIRST)
    logger().info("texts read", rows=len(waiting))
    return len(waiting)


def _read(rt: Runtime, tx: Transaction, message: Message) -> None:
    body = sealed.body_of(tx.session, message)
    found = reading.read(body, rt.reader)
    may_wait = message.look is None or not found.danger
    readings.keep(
        tx.session,
        message,
        look=message.look if may_wait else Look.FIRST,
        read_at=tx.now,
        intent=found.intent,
        kinds=list(found.kinds),
        object=found.object,
        # In whole percents: the model is public, and by more digits a guess at the words could be tested.
        danger=round(found.likely[Part.DANGER], 2),
        against=round(found.likely[Part.AGAINST], 2),
        quiet=round(found.likely[Part.QUIET], 2),
        reasons=reading.reasons(body, found, rt.reader),
    )
    if message.ticket_id is not None:
        _add(rt, tx, message, message.ticket_id, found)


def _add(rt: Runtime, tx: Transaction, message: Message, ticket_id: int, found: reading.Reading) -> None:
    """Add to a ticket what one of its texts means. The first text also says of what kind the ticket is."""
    contact = contacts.locked(tx.session, message.contact_id)  # before the ticket, as a text that comes in does
    ticket = tickets.locked(tx.session, ticket_id)
    meant, is_first = meaning.of_reading(rt, found), ticket.to_read
    if ticket.danger is not None and ticket.danger_at == message.created_at and surer(Danger(ticket.danger), meant.danger) == ticket.danger:
        meant = replace(meant, danger=None)  # its words told as much when it came in: no phone rings twice for it
    changes = TicketChanges()
    where = _area(rt, found)
    if where is not None and ticket.area is None:
        changes |= {"area": where}
    if changes := meaning.added(rt, tx, ticket, meant, names_kind=is_first, **changes):
        meaning.store(tx, ticket, changes)
    readings.show(tx.session, ticket_id)
    if is_first and found.intent is Intent.COMPLAINT and not found.places:
        _ask_where(rt, tx, message, contact, ticket_id)


def _area(rt: Runtime, found: reading.Reading) -> str | None:
    """The code of the area where it happened; None if none is named, or several are."""
    if len(found.places) != 1:
        return None
    codes = {area.code for area in rt.areas}
    [place] = found.places
    return next((one.code for one in (place, *rt.gazetteer.around(place)) if one.code in codes), None)


def _ask_where(rt: Runtime, tx: Transaction, message: Message, contact: Contact, ticket_id: int) -> None:
    """Ask the citizen once where it happened, unless a text from us may be read by the wrong person."""
    ticket = tickets.locked(tx.session, ticket_id)  # as it is now that its words were added
    # By a clock that is ahead a late text was sent just now: how late it is nobody knows.
    late = (lateness(message.sent_at, message.created_at) or Late.KEEPS_HOURS) if message.late else Late.NOT
    may_ask = not (ticket.hold or ticket.sealed or ticket.priority == Priority.URGENT or late.is_persons(danger=False))
    if ticket.area is None and may_ask:
        queue_text(rt, tx, texts.ASK_WHERE, contact, ticket_id=ticket.id, ref=None, answers_id=message.id, late=late)
