"""The first text of a phone that nobody knows, if it is an ordinary complaint: it is stored with others that come at the same time."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hotline.domain import conversation, reference
from hotline.domain.conversation import Decision, Known, ParsedText, ReadAs
from hotline.domain.lateness import Late, lateness
from hotline.domain.look import look_for
from hotline.domain.phone import Sender, SenderKind
from hotline.domain.wishes import Wishes
from hotline.gateways.base import IncomingText
from hotline.jobs import Job
from hotline.outbox import receipt_of_new
from hotline.runtime import Runtime
from hotline.sealing import mark, new_contact_key
from hotline.services.texts.rowin import details_of, row_in, ticket_of
from hotline.services.tickets import naming
from hotline.services.tickets.meaning import Meaning
from hotline.services.tickets.opening import opened
from hotline.storage import contacts, gatewaycopies, sealed, suppressed, tickets
from hotline.storage.contacts import Met
from hotline.storage.db import overload_told
from hotline.storage.firststatement import ROWS
from hotline.storage.firsttexts import FirstText, Stored

_OPENS = Decision(ReadAs.OPENED, opens=True)


def store(
    rt: Runtime,
    gateway: str,
    text: IncomingText,
    sender: Sender,
    *,
    language: str | None,
    asked: ParsedText,
    meant: Meaning,
    wished: Wishes,
    came_at: datetime | None,
) -> Stored | None:
    """Store the text with its contact, ticket and receipt, and ring; `language` is that of its words. `came_at`: see `intake.receive_text`.

    None: nothing is stored. The text is not of this kind, or its phone is known: it is to be stored by itself.
    Raises `Overloaded`, `DatabaseFault`.
    """
    if rt.first_texts is None or not _is_ordinary(text, sender, asked, wished):
        return None
    if not rt.first_texts.may_be_first(mark(rt.keys, sender.address or "")):
        return None
    now = rt.clock()
    if not naming.names_nobody(rt, text.body, now=now):
        return None
    first = _first(rt, gateway, text, sender, now, language=language, asked=asked, meant=meant, came_at=came_at)
    with overload_told():
        stored = rt.first_texts.store(first)
    if stored is None:
        return None
    rt.bell.ring(Job.ROUTE_DUE)
    if "receipt" in first.rows:
        rt.bell.ring(Job.SEND_DUE)
    return stored


def _is_ordinary(text: IncomingText, sender: Sender, asked: ParsedText, wished: Wishes) -> bool:
    """Whether a text of a new phone opens a ticket and asks for nothing else; then it tells of no danger and names no reference."""
    asks_more = asked.command or asked.code or asked.erases or wished.unsafe or wished.woman or text.has_photo or text.head is not None
    return sender.kind is SenderKind.PHONE and not asks_more and conversation.decide(asked, Known()) == _OPENS


def _first(
    rt: Runtime,
    gateway: str,
    text: IncomingText,
    sender: Sender,
    now: datetime,
    *,
    language: str | None,
    asked: ParsedText,
    meant: Meaning,
    came_at: datetime | None,
) -> FirstText:
    address, keys, key = sender.address or "", rt.keys, new_contact_key()
    spoken = language or rt.config.conversation.default_language
    contact = Met(0, sender.kind, sender.country, spoken, language_named=False, times_seen=1, is_prankster=False)
    late = lateness(came_at, now)
    decision = _OPENS.told_late(late, danger=False)
    look = look_for(text.body, asked, decision, language=language, unsafe=False, unseen=late is not Late.NOT)
    text_row = row_in(contact.id, gateway, text, decision, look=look, now=now, came_at=came_at)
    ref = reference.draw(secrets.randbelow)
    rows: dict[str, Mapping[str, Any]] = {
        "contact": {**contacts.row_of_new(keys, key, sender, language=spoken, now=now), "times_seen": 1, "heard_at": now},
        "ticket": tickets.new(reference=ref, opened_at=now, changed_at=now, **ticket_of(contact.id, meant)),
        "event": opened(details_of(meant), now=now),
        "text": sealed.row_by(key, text_row),
    }
    receipt = None if decision.unanswered else receipt_of_new(rt, contact, ref=ref, now=now, late=late)
    if receipt is not None:
        rows["receipt"] = sealed.row_by(key, receipt)
    own = {name: {key: value for key, value in row.items() if key not in ROWS[name].ids} for name, row in rows.items()}
    return FirstText(own, suppressed.hashed(keys, address), gatewaycopies.hashed(keys, text.gateway_id))
