"""A worker reads what texts mean, before a ticket finds its team."""

from dataclasses import replace
from datetime import datetime

from hotline.domain import reading
from hotline.domain.danger import Danger, surer
from hotline.domain.look import Look
from hotline.domain.reading import Part
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services.tickets import meaning
from hotline.services.tickets.meaning import Meaning
from hotline.storage import readings, tickets
from hotline.storage.models import Message
from hotline.storage.rows import TicketChanges


def read_due(rt: Runtime, *, limit: int) -> int:
    """Read texts that wait for it, at most `limit`. Returns how many there were."""
    with rt.reading() as session:
        if not readings.waiting(session, 1):
            return 0
    with rt.transaction() as tx:
        waiting = readings.waiting(tx.session, limit)
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
    found = reading.read(message.body, rt.reader)
    may_wait = message.look is None or not found.danger
    readings.keep(
        tx.session,
        look=message.look if may_wait else Look.FIRST,
        message_id=message.id,
        read_at=tx.now,
        intent=found.intent,
        kinds=list(found.kinds),
        object=found.object,
        danger=found.likely[Part.DANGER],
        against=found.likely[Part.AGAINST],
        quiet=found.likely[Part.QUIET],
        reasons={name: list(said) for name, said in reading.reasons(message.body, found, rt.reader).items()},
    )
    if message.ticket_id is not None:
        _add(rt, tx, message.ticket_id, message.created_at, meaning.of_reading(rt, found))


def _add(rt: Runtime, tx: Transaction, ticket_id: int, told_at: datetime, meant: Meaning) -> None:
    """Add to a ticket what one of its texts means. The first text also says of what kind the ticket is."""
    ticket = tickets.locked(tx.session, ticket_id)
    if ticket.danger is not None and ticket.danger_at == told_at and surer(Danger(ticket.danger), meant.danger) == ticket.danger:
        meant = replace(meant, danger=None)  # its words told as much when it came in: no phone rings twice for it
    changes: TicketChanges = {"to_read": False} if ticket.to_read else {}
    meaning.add(rt, tx, ticket, meant, names_kind=ticket.to_read, **changes)
