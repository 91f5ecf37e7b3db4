"""The contact behind a call, whether it rings us or is rung."""

from datetime import timedelta

from hotline.domain import phone
from hotline.domain.call import CallDirection
from hotline.domain.contact import held_back
from hotline.domain.needs import Only
from hotline.domain.phone import SenderKind
from hotline.gateways.base import IncomingCall
from hotline.runtime import Runtime, Transaction
from hotline.storage import bridges, calls, contacts, holds, sealed
from hotline.storage.contacts import Met
from hotline.storage.models import Contact

_RINGING = timedelta(minutes=2)
"""How long a phone rings, and hears what it is told, at most."""

_TALKING = timedelta(minutes=30)
"""How long a caller in danger talks to a phone of the duty line at most, if the end of the call was lost."""


def meet(rt: Runtime, tx: Transaction, incoming: IncomingCall) -> Met:
    """The contact that a call comes from: made if it is new, and locked until the commit."""
    sender = phone.read_sender(incoming.caller, rt.config.numbers.region)
    settings = rt.config.conversation
    return contacts.meet(
        tx.session, sender, language=settings.default_language, now=tx.now, unheard_since=tx.now - rt.config.stranger_after
    )


def is_withheld(caller: Met | Contact) -> bool:
    """Whether we do not know the caller's number: nothing can be sent to it, and nothing is asked about it."""
    return caller.kind != SenderKind.PHONE


def is_fit(rt: Runtime, contact: Contact) -> bool:
    """Whether we would ring this phone at all. We never ring our own numbers: a call forwarded here would go round for ever."""
    return sealed.number_of(rt.keys, contact) not in rt.config.voice.duty_line and _can_be_rung(rt, contact)


def _can_be_rung(rt: Runtime, contact: Contact) -> bool:
    number = sealed.number_of(rt.keys, contact)
    is_ours = number in (rt.config.voice.number, rt.config.voice.missed_call_number)
    is_near = contact.kind == SenderKind.PHONE and contact.country in rt.config.conversation.reply_countries
    return is_near and not is_ours and phone.costs_no_premium(number or "")


def may_call_back(tx: Transaction, contact: Contact) -> bool:
    """Whether a machine may ring this phone for its missed call: not if calls are not safe, or not of use, nor while the phone is held."""
    is_held_back = held_back(holds.of(tx.session, contact.id, None), by_machine=True) is not None
    return contact.may_call and contact.refused_calls_at is None and contact.only != Only.TEXTS and not is_held_back


def may_alarm(rt: Runtime, contact: Contact) -> bool:
    """Whether a machine may ring this phone, a volunteer's own or of the duty line, for an alarm. Only what a volunteer marked forbids it.

    What was texted or keyed under its number does not, nor do the tickets that came of it: the number can be forged, and then anybody could
    silence alarms.
    """
    is_staffs = sealed.number_of(rt.keys, contact) in rt.config.voice.duty_line or _can_be_rung(rt, contact)
    return rt.config.voice.number != "" and is_staffs and contact.may_call and not contact.on_hold


def on_line(rt: Runtime, tx: Transaction, contact: Contact, *, waiting: bool = True) -> frozenset[str]:
    """The directions of the calls that ring this phone for us now, or talk to it; () if it may be rung. No phone is rung twice at once.

    An incoming call is one of a caller in danger for whom the duty line is rung. `waiting`: with calls of ours that wait to be placed.
    """
    found = calls.rings_now(tx.session, contact.id, since=tx.now - _RINGING, waiting=waiting)
    if bridges.is_called(tx.session, contact.id):
        found |= {CallDirection.BRIDGE}
    return found | {CallDirection.IN} if sealed.number_of(rt.keys, contact) in _at_duty_line(rt, tx) else found


def _at_duty_line(rt: Runtime, tx: Transaction) -> set[str]:
    """The phones of the duty line that ring for a caller in danger, or talk to one."""
    line = rt.config.voice.duty_line
    if not line:
        return set()
    since = tx.now - timedelta(seconds=rt.config.voice.duty_line_s) - timedelta(minutes=1)
    busy = calls.at_duty_line(tx.session, rung_since=since, talked_since=tx.now - _TALKING, chooses=False)
    return {line[walk.duty_index] for walk, _ in busy if walk.duty_index < len(line)}
