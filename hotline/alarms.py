"""The one way to raise an alarm: a row, stored in the service's transaction. An alarm does not say what a ticket is about."""

from datetime import timedelta
from enum import StrEnum

from hotline.runtime import Transaction
from hotline.storage import alarms, people, shutouts, tickets
from hotline.storage.events import EventKind, happened


class AlarmKind(StrEnum):
    """Why a person is alarmed, and who that is."""

    URGENT = "urgent"  # an urgent ticket was assigned: to its volunteer
    OFF_DUTY = "off_duty"  # the volunteer of an urgent ticket is off duty: to a colleague on duty in the team, else the lead or the heads
    NOBODY_ON_DUTY = "nobody_on_duty"  # nobody of the team was on duty, so the ticket was assigned to a lead: to that lead
    UNATTENDED = "unattended"  # nobody of the team is on duty and it has no lead: to the heads
    DANGER = "danger"  # phones ring for a ticket: to each volunteer whose turn it is
    SEALED_DANGER = "sealed_danger"  # a sealed ticket is in danger and its team does not act: to the leads who may break the seal
    BESIDE = (
        tickets.BESIDE
    )  # a sealed ticket tells of danger that another team works on: to the leads of that team, who see it from then on
    SEAL_BROKEN = "seal_broken"  # a lead broke the seal of a ticket in danger: to the heads
    RECORDING_LOST = (
        "recording_lost"  # a recording did not come, not whole, or cannot be played: to the volunteer or team on duty, else leads or heads
    )
    PHOTO_LOST = "photo_lost"  # a photo did not come: to the same people
    SEALED_WAITS = "sealed_waits"  # nobody of the team of a sealed ticket is on duty, or there is no such team: to the heads
    NOT_COMING = "not_coming"  # a volunteer cannot come to a shift: to the leads of the team, else the heads
    NO_SHOW = "no_show"  # a volunteer has not come to a shift: to the same people
    TOO_FEW = "too_few"  # a shift that begins soon has too few volunteers: to the same people
    GRANT = "grant"  # a right was asked for, or it is to be confirmed who uses an account: to the heads
    ACCOUNT = "account"  # a link to log in by was made for a colleague: to the heads, except its maker
    LOOK_LATE = "look_late"  # what came in waits too long for a first look: to who is on duty, then to leads or heads, once for all of it
    NOT_REACHED = "not_reached"  # phones did not answer their daily test: to the leads of their people, else the heads
    CODE_TRIED = "code_tried"  # wrong codes came by text under the number of a volunteer's own phone: to that volunteer, on the page only
    MENTIONED = "mentioned"  # a colleague's note calls for the volunteer: to that volunteer
    GATEWAY_KEEPS = "gateway_keeps"  # what should have been deleted at the gateway days ago is still there: to the heads, on the page only
    GATEWAY_RESTS = "gateway_rests"  # a gateway is ill for longer than ten minutes: to the heads
    GATEWAY_DEAF = "gateway_deaf"  # texts to a gateway do not come in, though it sends: to the heads
    ALL_REST = "all_rest"  # no gateway carries texts: to the heads, at once
    NUMBER_ASKED = "number_asked"  # somebody asks to be shown a number that takes two people: to who may say yes
    NUMBER_OPEN = "number_open"  # another person said yes: to the reader, who has some minutes
    GLASS_BROKEN = "glass_broken"  # a number was opened without another person's yes: to the heads and the leads of the team
    NAMED = "named"  # a complaint names one of us and is shut to that person: to the heads who are not named, else to such leads
    SPOOL_STUCK = "spool_stuck"  # what waited on the disk, or what a gateway lists, cannot be taken in: to the heads
    SPOOL_WAITS = "spool_waits"  # what came in waits on the disk for minutes: to the heads, as are the next five
    UNSENT = "unsent"  # a text that should have left waits for long
    STANDS_STILL = "stands_still"  # a worker or the clock does nothing
    PHONE_SILENT = "phone_silent"  # a phone that is a gateway tells nothing of itself
    DISK_FULL = "disk_full"  # a disk is nearly full
    CERTIFICATE = "certificate"  # the certificate of the public address is about to end, or does not hold
    NO_BACKUP = "no_backup"  # a backup failed, or there is none for too long: to the heads


def raise_alarm(tx: Transaction, ticket_id: int, kind: AlarmKind, volunteer_id: int, *, again: bool = False) -> None:
    """Raise an alarm about a ticket for a volunteer, once of each kind; not for a volunteer or head who is shut out of the ticket.

    `again`: raise it anew if the volunteer has seen or acknowledged it.
    """
    if volunteer_id in shutouts.of_ticket(tx.session, ticket_id):
        return
    is_news = alarms.raise_once(tx.session, ticket_id, kind, volunteer_id, now=tx.now)
    if is_news or (again and alarms.reopen_one(tx.session, ticket_id, kind, volunteer_id, now=tx.now)):
        happened(tx.session, ticket_id, EventKind.ALARM_RAISED, now=tx.now, alarm=kind, to=volunteer_id)


def raise_alarm_about(
    tx: Transaction, about: str, kind: AlarmKind, volunteer_id: int, *, again: bool = False, after: timedelta = timedelta(0)
) -> None:
    """Raise an alarm about something that is no ticket (`about` names it), once of each kind.

    `again`: raise it anew if the volunteer has seen or acknowledged it, and it was raised `after` ago or earlier.
    """
    if not alarms.raise_about_once(tx.session, about, kind, volunteer_id, now=tx.now) and again:
        alarms.reopen_about(tx.session, about, kind, volunteer_id, raised_before=tx.now - after, now=tx.now)


def tell_heads(tx: Transaction, about: str, kind: AlarmKind, *, is_so: bool, after: timedelta) -> None:
    """Alarm the heads about something that is no ticket while it is so, anew when `after` has passed; once it is over, forget the alarm."""
    if not is_so:
        alarms.forget_about(tx.session, about)
        return
    for head in people.heads(tx.session):
        raise_alarm_about(tx, about, kind, head, again=True, after=after)
