"""The one way to raise an alarm: a row inside the service's transaction. Nothing in it says what a ticket is about."""

from enum import StrEnum

from hotline.runtime import Transaction
from hotline.storage import alarms, shutouts
from hotline.storage.events import EventKind, happened


class AlarmKind(StrEnum):
    """Why a person is paged."""

    URGENT = "urgent"  # an urgent ticket is hers
    OFF_DUTY = "off_duty"  # an urgent ticket is somebody's who is off duty: to one of her team who is there, else its lead, else the head
    NOBODY_ON_DUTY = "nobody_on_duty"  # hers because nobody of the team was on duty
    UNATTENDED = "unattended"  # nobody on duty, nobody who leads: to the head
    UNOPENED = "unopened"  # an urgent ticket that nobody has opened for minutes after its alarm: to the lead, else the head
    RECORDING_LOST = "recording_lost"  # the gateway promised audio that never came
    SEALED_WAITS = "sealed_waits"  # a sealed ticket and nobody of its team on duty, or no such team: to the head
    NOT_COMING = "not_coming"  # somebody cannot come to her shift: to her lead, as the next two
    NO_SHOW = "no_show"  # somebody has not come to her shift
    TOO_FEW = "too_few"  # a shift that is to come has too few
    GRANT = "grant"  # somebody asked for a right for somebody: to the head
    ACCOUNT = "account"  # somebody made a link by which an account is entered, of a new colleague or one who is back: to the head


def raise_alarm(tx: Transaction, ticket_id: int, kind: AlarmKind, volunteer_id: int) -> None:
    """Page a volunteer about a ticket, once for each kind; never whoever is shut out of it, though she were the head."""
    if volunteer_id not in shutouts.of_ticket(tx.session, ticket_id) and alarms.raise_once(
        tx.session, ticket_id, kind, volunteer_id, now=tx.now
    ):
        happened(tx.session, ticket_id, EventKind.ALARM_RAISED, now=tx.now, alarm=kind, to=volunteer_id)


def raise_alarm_about(tx: Transaction, about: str, kind: AlarmKind, volunteer_id: int, *, again: bool = False) -> None:
    """Page a volunteer about something that is no ticket, once for each kind; `again`, if she has acknowledged it."""
    if not alarms.raise_about_once(tx.session, about, kind, volunteer_id, now=tx.now) and again:
        alarms.reopen_about(tx.session, about, kind, volunteer_id, now=tx.now)
