"""The contact behind a call, whether it rings us or is rung."""

from hotline.domain import phone
from hotline.domain.phone import SenderKind
from hotline.gateways.base import IncomingCall
from hotline.runtime import Runtime, Transaction
from hotline.storage import contacts, tickets
from hotline.storage.contacts import Met
from hotline.storage.models import Contact


def meet(rt: Runtime, tx: Transaction, incoming: IncomingCall) -> Met:
    """The contact that a call comes from: made if it is new, and locked until the commit."""
    sender = phone.read_sender(incoming.caller, rt.config.numbers.region)
    return contacts.meet(tx.session, sender, language=rt.config.conversation.default_language, now=tx.now)


def is_withheld(caller: Met) -> bool:
    """Whether we do not know the caller's number: nothing can be sent to it, and nothing is asked about it."""
    return caller.kind != SenderKind.PHONE


def is_fit(rt: Runtime, contact: Contact) -> bool:
    """Whether we would ring this phone at all. We never ring our own numbers: a call forwarded here would go round for ever."""
    voice = rt.config.voice
    is_ours = contact.address in (voice.number, voice.missed_call_number, *voice.duty_line)
    is_near = contact.kind == SenderKind.PHONE and contact.country in rt.config.conversation.reply_countries
    return is_near and not is_ours and phone.costs_no_premium(contact.address or "")


def may_ring(tx: Transaction, contact: Contact) -> bool:
    """Whether a machine may ring this phone: not if calls are not allowed, nor while the contact or a ticket of it is on hold."""
    return contact.may_call and not is_held(tx, contact)


def is_held(tx: Transaction, contact: Contact) -> bool:
    """Whether the contact or a ticket of it is on hold: then nothing that we start goes to this phone."""
    return contact.on_hold or tickets.has_held(tx.session, contact.id)
