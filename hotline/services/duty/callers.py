"""The contact behind a call, whether it rings us or is rung."""

from hotline.domain import phone
from hotline.domain.contact import held_back
from hotline.domain.phone import SenderKind
from hotline.gateways.base import IncomingCall
from hotline.runtime import Runtime, Transaction
from hotline.storage import contacts, holds
from hotline.storage.contacts import Met
from hotline.storage.models import Contact


def meet(rt: Runtime, tx: Transaction, incoming: IncomingCall) -> Met:
    """The contact that a call comes from: made if it is new, and locked until the commit."""
    sender = phone.read_sender(incoming.caller, rt.config.numbers.region)
    return contacts.meet(tx.session, sender, language=rt.config.conversation.default_language, now=tx.now)


def is_withheld(caller: Met | Contact) -> bool:
    """Whether we do not know the caller's number: nothing can be sent to it, and nothing is asked about it."""
    return caller.kind != SenderKind.PHONE


def is_fit(rt: Runtime, contact: Contact) -> bool:
    """Whether we would ring this phone at all. We never ring our own numbers: a call forwarded here would go round for ever."""
    voice = rt.config.voice
    is_ours = contact.address in (voice.number, voice.missed_call_number, *voice.duty_line)
    is_near = contact.kind == SenderKind.PHONE and contact.country in rt.config.conversation.reply_countries
    return is_near and not is_ours and phone.costs_no_premium(contact.address or "")


def may_call_back(tx: Transaction, contact: Contact) -> bool:
    """Whether a machine may ring this phone for its missed call: not if calls are not wanted or not safe, nor while the phone is held."""
    is_held_back = held_back(holds.of(tx.session, contact.id, None), by_machine=True) is not None
    return contact.may_call and contact.refused_calls_at is None and not is_held_back


def may_alarm(contact: Contact) -> bool:
    """Whether a machine may ring this phone, a volunteer's own, for an alarm. Only what a volunteer marked forbids it.

    What was texted or keyed under its number does not, nor do the tickets that came of it: the number can be forged, and an alarm that
    anybody can silence is none.
    """
    return contact.may_call and not contact.on_hold
