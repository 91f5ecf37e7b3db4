"""Texts of which nobody can ever tell whether they were sent: a person decides. The person sees no words, and no whole number."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hotline.domain.delivery import Delivery, Reason
from hotline.domain.phone import HIDDEN, masked
from hotline.jobs import Job
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services.access import NotAllowed
from hotline.services.texts.stopping import operator
from hotline.services.tickets import custody
from hotline.storage import outgoing, sealed, tickets
from hotline.storage.models import Message
from hotline.storage.peopleevents import PeopleEventKind, happened

LISTED = 200


class Settled(Exception):
    """There is nothing to decide: somebody has, or the gateway has told after all."""


class TooOld(Exception):
    """The text is too old to make sense: it is not sent any more."""


@dataclass(frozen=True)
class Doubt:
    """A text of which nobody can tell whether it was sent.

    `number`: masked, and without a digit where it takes two people to show. `at`: when the gateway may have had it. `reference`: of its
    ticket. A person is shown number and reference only of a ticket that this person may see and works on: so a text of a sealed ticket
    looks to others like one of no ticket. `too_old`: it cannot be sent again.
    """

    message_id: int
    number: str
    gateway: str
    at: datetime
    reference: str | None
    too_old: bool


def listed(rt: Runtime, volunteer_id: int | None) -> list[Doubt]:
    """The newest texts to decide on, newest first. `volunteer_id`: None for the command line. Raises `NotAllowed`."""
    with rt.reading() as session:
        reader = operator(session, volunteer_id) if volunteer_id is not None else None
        rows = outgoing.never_known(session, limit=LISTED)
        ids = {message.ticket_id for message, _ in rows if message.ticket_id is not None}
        references = tickets.references_seen(session, reader, ids) if reader is not None else {}
        kept = custody.guarded(rt, session, reader, {contact.id for _, contact in rows}) if reader is not None else frozenset()
        shown = {one.id for one, contact in rows if reader is None or (one.ticket_id in references and contact.id not in kept)}
        now = rt.clock()
        return [
            Doubt(
                message.id,
                masked(sealed.number_of(rt.keys, contact)) if message.id in shown else HIDDEN,
                message.gateway,
                message.claimed_at or message.created_at,
                references.get(message.ticket_id or 0),
                _is_too_old(rt, message, now),
            )
            for message, contact in rows
        ]


def send_again(rt: Runtime, volunteer_id: int, message_id: int) -> None:
    """Send a text once more. The citizen may get it twice. Raises `NotAllowed`, `Settled`, `TooOld`."""
    with rt.transaction() as tx:
        message = _undecided(tx, volunteer_id, message_id)
        if _is_too_old(rt, message, tx.now):
            raise TooOld
        outgoing.store(tx.session, message.id, delivery=Delivery.QUEUED, repeats=None, look_ups=0, next_attempt_at=tx.now)
        happened(tx.session, PeopleEventKind.TEXT_SENT_AGAIN, now=tx.now, by=volunteer_id, gateway=message.gateway, text=message.id)
        tx.ring(Job.SEND_DUE)
    logger().info("a text of which nobody can tell is sent again", message_id=message_id, by=volunteer_id)


def leave(rt: Runtime, volunteer_id: int, message_id: int) -> None:
    """Leave a text as it is: it is asked about no more. Raises `NotAllowed`, `Settled`."""
    with rt.transaction() as tx:
        message = _undecided(tx, volunteer_id, message_id)
        outgoing.store(tx.session, message.id, reason=Reason.LEFT)
        happened(tx.session, PeopleEventKind.TEXT_LEFT, now=tx.now, by=volunteer_id, gateway=message.gateway, text=message.id)
    logger().info("a text of which nobody can tell is left", message_id=message_id, by=volunteer_id)


def _undecided(tx: Transaction, volunteer_id: int | None, message_id: int) -> Message:
    """The text, locked, if it is for that person to decide."""
    if volunteer_id is None:
        raise NotAllowed
    operator(tx.session, volunteer_id)
    message = outgoing.undecided(tx.session, message_id)
    if message is None:
        raise Settled
    return message


def _is_too_old(rt: Runtime, message: Message, now: datetime) -> bool:
    return now - message.created_at > timedelta(hours=rt.config.sending.expires_hours)
