"""What came with a text besides words: it is to be fetched, or its gateway cannot bring it and the citizen is told so."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from hotline.domain import texts
from hotline.domain.conversation import Answer, Decision, ReadAs
from hotline.domain.look import Look
from hotline.gateways.base import IncomingText
from hotline.jobs import Job
from hotline.runtime import Runtime, Transaction
from hotline.storage import gatewaycopies, heads, outgoing, photos
from hotline.storage.contacts import Met
from hotline.storage.db import DatabaseFault

_NOT_AGAIN_FOR = timedelta(hours=1)
"""So long after a citizen was told that photos do not reach us, that is not said again: of one MMS a gateway may tell twice, and of ten
photos ten times."""


_LATE = timedelta(days=3)
"""So long after its head an MMS may come: a phone loads it once it has mobile data, and tells us for some 45 hours."""


def head_of(tx: Transaction, contact_id: int, gateway: str, text: IncomingText) -> IncomingText:
    """An MMS with the id of its head, if that was told: the head that waits goes, and a head that was given up lacks nothing any more.

    Heads and MMS of one phone have no id in common: the oldest that fits is taken, so that of each as many are left as did not come.
    """
    if text.head is None or text.is_head:
        return text
    head = heads.waiting(tx.session, contact_id, gateway, text.line)
    if head is not None and heads.remove(tx.session, head.id):
        return replace(text, head=head.gateway_id)
    head = heads.given_up(tx.session, contact_id, gateway, text.line, since=tx.now - _LATE)
    if head is None:
        return text
    heads.forget_photo(tx.session, head.id)
    return replace(text, head=head.gateway_id)


def wanted(rt: Runtime, gateway: str, photo_ids: Collection[str]) -> set[str]:
    """Those of a gateway's photos that are still to be fetched, or were never told of. All, while the database is away."""
    try:
        with rt.reading() as session:
            hashed = [gatewaycopies.hashed(rt.keys, one) for one in photo_ids]
            return photos.wanted(session, gateway, list(photo_ids), hashed)
    except DatabaseFault:
        return set(photo_ids)


def note(tx: Transaction, decision: Decision, message_id: int, gateway: str, text: IncomingText) -> None:
    """Note what is to be fetched from the gateway, and that something is not to be had. Of a sender that is listed as junk nothing is."""
    if decision.read_as is ReadAs.JUNK:
        return
    if text.photos:
        photos.note(tx.session, message_id, gateway, text.photos, now=tx.now)
        tx.ring(Job.FETCH_PHOTOS)
    if text.not_brought:
        photos.note_not_brought(tx.session, message_id, gateway, text.gateway_id, now=tx.now)


def answers(tx: Transaction, contact: Met, text: IncomingText, decision: Decision, look: Look | None) -> tuple[Answer, ...]:
    """What the citizen is told, besides what the words are answered with. Nothing where no person looks, or no texts are wanted."""
    if not text.not_brought or text.photos or look is None or decision.silence or decision.unanswered:
        return ()
    told = outgoing.last_of(tx.session, contact.id, texts.PHOTO_NOT_BROUGHT.key, since=tx.now - _NOT_AGAIN_FOR, now=tx.now)
    return () if told is not None else (Answer(texts.PHOTO_NOT_BROUGHT),)
