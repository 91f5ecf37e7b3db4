"""A phone tells of an MMS twice: that it came, and what is in it once that was loaded. Both are one text, whichever is told first.

A head waits some minutes for its MMS. If that does not come, the head is taken in as a text whose photo did not reach us. Told the other
way round, the head adds nothing.
"""

from datetime import datetime, timedelta

from hotline.domain import phone
from hotline.domain.conversation import Decision, ReadAs
from hotline.gateways.base import IncomingText
from hotline.log import logger
from hotline.runtime import Runtime, Transaction
from hotline.services.texts.intake import SeenBefore, meet, receive_text
from hotline.services.texts.rowin import row_in
from hotline.storage import contacts, heads, messages, photos, sealed
from hotline.storage.photomodels import Photo

_WAITS = timedelta(minutes=3)
"""A phone with mobile data loads an MMS within a minute. Who has none is told no later that pictures do not reach us."""

_APART = timedelta(minutes=10)
"""An MMS whose time differs more from that of a head is another: some phones never tell of a head, and one of theirs must not go for it."""


def note(rt: Runtime, gateway: str, text: IncomingText, *, came_at: datetime | None = None) -> None:
    """Store a head, and wait for its MMS. `came_at`: when it came, where it is told late.

    A second delivery changes nothing, nor does the head of an MMS that is here.
    """
    sender = phone.read_sender(text.sender, rt.config.numbers.region)
    try:
        with rt.transaction() as tx:
            contact = meet(rt, tx, sender, gateway, text.gateway_id, language=rt.config.conversation.default_language)
            message_id = _store(tx, contact.id, gateway, text, came_at or tx.now)
    except SeenBefore:
        return
    logger().info("an MMS is announced", message_id=message_id, gateway=gateway)


def _store(tx: Transaction, contact_id: int, gateway: str, text: IncomingText, came_at: datetime) -> int:
    """Store a head with the MMS that is here, or by itself; returns the id of the text. Raises `SeenBefore`."""
    if heads.is_known(tx.session, contact_id, gateway, text.gateway_id):
        raise SeenBefore
    mms = heads.without(tx.session, contact_id, gateway, text.line, at=text.received_at or tx.now, apart=_APART)
    if mms is not None:
        heads.put(tx.session, mms.id, text.gateway_id)
        return mms.id
    row = row_in(contact_id, gateway, text, Decision(ReadAs.ANNOUNCED), look=None, now=came_at)
    message_id = messages.keep(tx.session, ticket_id=None, **row)
    if message_id is None:
        raise SeenBefore
    photos.note_not_brought(tx.session, message_id, gateway, text.gateway_id, now=tx.now, until=tx.now + _WAITS)
    return message_id


def take_in(rt: Runtime, claimed: Photo) -> None:
    """Take in the head whose MMS did not come in time, as a text with which a photo came that did not reach us."""
    with rt.together() as one:
        with one.transaction() as tx:
            head = heads.find(tx.session, claimed.message_id)
            if head is None:
                return
            contact = contacts.locked(tx.session, head.contact_id)  # before the rows, as an MMS that comes just now locks them
            text = IncomingText(
                gateway_id=head.gateway_id or "",
                sender=sealed.number_by(sealed.key_in(rt.keys, contact), contact) or "",
                body=sealed.body_of(tx.session, head),
                received_at=head.sent_at,
                line=head.line,
                not_brought=True,
                head=head.gateway_id,
            )
            gateway, came_at = head.gateway, head.created_at
            if not heads.remove(tx.session, head.id):
                return
        receive_text(one, gateway, text, came_at=came_at)
