"""Whoever rings: the contact behind a call."""

from hotline.domain import phone
from hotline.domain.phone import SenderKind
from hotline.gateways.base import IncomingCall
from hotline.runtime import Runtime, Transaction
from hotline.storage import contacts
from hotline.storage.contacts import Met


def meet(rt: Runtime, tx: Transaction, told: IncomingCall) -> Met:
    """The contact that a call comes from, made if she is new, and locked until the commit."""
    sender = phone.read_sender(told.caller, rt.config.numbers.region)
    return contacts.meet(tx.session, sender, language=rt.config.conversation.default_language, now=tx.now)


def is_withheld(caller: Met) -> bool:
    """Whether we do not know her number: nothing can be sent to it, and nothing is asked about it."""
    return caller.kind != SenderKind.PHONE
