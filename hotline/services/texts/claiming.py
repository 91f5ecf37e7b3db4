"""Texts that are due are claimed: whether each may still go, and by which gateway and line, is decided and committed here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from hotline import sealing
from hotline.domain import contact as safety
from hotline.domain import texts
from hotline.domain.contact import Outgoing
from hotline.domain.delivery import LEASE, Delivery, Reason
from hotline.domain.shutdowns import shut_until
from hotline.gateways.base import OutgoingText, Unit
from hotline.log import logger
from hotline.outbox import RANK_URGENT
from hotline.runtime import Runtime, Transaction
from hotline.sealing import KeyMissing, SealBroken
from hotline.services.texts.carriers import Carriers, Taken
from hotline.services.texts.fairness import fair
from hotline.services.tickets import answering, telling
from hotline.services.tickets.danger import acted_by_text
from hotline.storage import eras, outgoing, people, sealed
from hotline.storage.models import Contact, Message, Ticket
from hotline.storage.outgoing import Due
from hotline.storage.rows import TextChanges


@dataclass(frozen=True)
class Claimed:
    """A text that a worker has taken to send, and its place. `repeats`: it may have left before, under the same id."""

    contact_id: int
    text: OutgoingText
    taken: Taken
    repeats: bool = False

    @property
    def gateway(self) -> str:
        """The name of the gateway that carries it."""
        return self.taken.gateway


_TO_STAFF = (texts.PAGE_NEEDS_YOU.key, texts.RING_TEST.key)
"""Alarms, and the tests that they arrive: what comes under a volunteer's number silences neither."""

_NO_KEY_FOR = timedelta(minutes=1)
"""So long a text waits whose key this host's file does not have yet: another host may send it, or the file comes."""

_BY_TEXTS: Mapping[str, Unit] = MappingProxyType({})


def claim_due(rt: Runtime, room: Mapping[str, int], units: Mapping[str, Unit] = _BY_TEXTS) -> tuple[int, list[Claimed]]:
    """Claim due texts, as many for each gateway as it has room for. Returns how many were due, and those taken to send.

    `units`: name → what the gateway's limits and its room count, if not texts. Whether a text may still go is asked here, not where it was
    queued, and by which gateway. The gateway and the id under which the text leaves are committed before the gateway is asked: whatever
    happens then, one gateway can be asked about one id.
    """
    limit = sum(max(one, 0) for one in room.values())
    with rt.transaction() as tx:
        rows = outgoing.due(tx.session, now=tx.now, limit=limit)
        if not rows:
            return 0, []
        claim = _Claim(rt, tx, Carriers.at(rt, tx, room, units, (row.contact.id for row in rows)))
        claimed = [one for row in fair(tx, rows, limit=limit) if (one := claim.take(row)) is not None]
        claim.carriers.store(tx)
        # Only now it is an act: until now it could be taken back. In one order, so that no two workers wait for each other.
        for ticket, message in sorted(claim.acts, key=lambda act: act[0].id):
            acted_by_text(tx, ticket, message)
    return len(rows), claimed


class _Claim:
    """One claim: what it knows, and whose texts wait."""

    def __init__(self, rt: Runtime, tx: Transaction, carriers: Carriers) -> None:
        self._rt, self._tx, self.carriers = rt, tx, carriers
        self.acts: list[tuple[Ticket, Message]] = []
        self._shut_until = shut_until(rt.config.sending.shutdowns, tx.now, rt.config.zone)
        self._waits: dict[int, datetime] = {}  # contact's id → until when its texts wait: none overtakes another

    def take(self, row: Due) -> Claimed | None:
        """Claim a text. None if it does not go now: then that is stored."""
        message, contact, ticket = row.message, row.contact, row.ticket
        opened = _opened(self._rt, self._tx, message, contact)
        if opened is None or not _may_go(self._rt, self._tx, message, _facts(self._rt, self._tx, row), contact):
            return None
        urgent = is_urgent(ticket, message)
        wait = None if urgent else self._shut_until or self._waits.get(contact.id)
        if wait is None:
            taken = self.carriers.take(message, opened[0], urgent=urgent)
            if isinstance(taken, Taken):
                if ticket is not None:
                    self.acts.append((ticket, message))
                return _claim(self._tx, message, opened, taken, urgent=urgent)
            self._waits[contact.id] = wait = taken
        outgoing.store(self._tx.session, message.id, next_attempt_at=wait)
        return None


def _facts(rt: Runtime, tx: Transaction, row: Due) -> Outgoing:
    """What decides whether a text may still go."""
    message, contact = row.message, row.contact
    is_answer = _is_answer(rt, tx, message, contact, held=row.phone_held or row.not_agreed)
    sentence = texts.TEXTS.get(message.text_key or "")
    held = telling.held(rt, contact, row.ticket, phone_held=row.phone_held, asks=sentence is not None and sentence.asks)
    if message.agreed_by is not None and contact.names_hours:
        held = replace(held, ticket_held=False)
    return Outgoing(
        created_at=message.created_at,
        is_answer=is_answer,
        may_text=contact.may_text and _is_known(tx, message, contact) and (is_answer or not row.not_agreed),
        stopped=contact.stopped_at is not None,
        refused=contact.refused_texts_at is not None,
        held=held,
        by_machine=message.volunteer_id is None,
    )


def _opened(rt: Runtime, tx: Transaction, message: Message, contact: Contact) -> tuple[str, str] | None:
    """The number and the words of a text that is due. None if they do not open: then it has failed, and keeps no other from leaving.

    One whose key is not in this host's file waits for as long as a text may.
    """
    number = sealed.number_of(rt.keys, contact)
    try:
        # By the key in the row that was read with the text: the contact may get another one meanwhile.
        body = sealed.body_by(sealed.key_in(rt.keys, contact), message)
    except SealBroken as fault:
        logger().error("a text does not open", message_id=message.id, fault=str(fault))
        if isinstance(fault, KeyMissing) and tx.now - message.created_at < timedelta(hours=rt.config.sending.expires_hours):
            outgoing.store(tx.session, message.id, next_attempt_at=tx.now + _NO_KEY_FOR)
            return None
        body = None
    is_own = number is None or sealing.mark(rt.keys, number) == contact.mark  # else somebody has put another phone's number there
    if body is None or (number is None and contact.number is not None) or not is_own:
        outgoing.store(tx.session, message.id, delivery=Delivery.FAILED, reason=Reason.UNREADABLE, next_attempt_at=None)
        return None
    return number or "", body


def _is_answer(rt: Runtime, tx: Transaction, message: Message, contact: Contact, *, held: bool) -> bool:
    """Whether a text answers the citizen.

    What a volunteer wrote does so for some minutes only. More count: an alarm or its test goes to a volunteer at work, and the caller
    waits for the receipt of a call. To a phone that is kept quiet the receipt does not go: the caller heard the reference, and the
    caller's number can be forged. Nor does it go to a caller who has agreed, and then keyed that they cannot speak (`held`: one of the
    two).
    """
    if message.volunteer_id is not None:
        return answering.still_answers(rt, tx.session, contact, message)
    is_receipt = message.text_key == texts.RECEIPT.key and not held and contact.refused_texts_at is None
    return message.answers_id is not None or is_receipt or message.text_key in _TO_STAFF


def _is_known(tx: Transaction, message: Message, contact: Contact) -> bool:
    """Whether this phone has contacted us, or is a volunteer's own and the text belongs to no ticket."""
    return contact.times_seen > 0 or (message.ticket_id is None and people.has_phone(tx.session, contact.id))


def _may_go(rt: Runtime, tx: Transaction, message: Message, facts: Outgoing, contact: Contact) -> bool:
    """Whether a text may go now. If it may not, or has to wait, that is stored."""
    settings = rt.config.sending
    verdict = safety.may_go(
        facts,
        now=tx.now,
        hours=rt.config.hours.narrowed(contact.safe_from, contact.safe_until),
        fresh_for=timedelta(minutes=settings.answer_fresh_minutes),
        expires_after=timedelta(hours=settings.expires_hours),
    )
    if verdict.reason is not None and message.repeats:  # nobody knows whether it left the first time
        outgoing.store(tx.session, message.id, delivery=Delivery.UNKNOWN, reason=Reason.NEVER_KNOWN, next_attempt_at=None)
        return False
    if verdict.reason is not None:
        outgoing.store(tx.session, message.id, delivery=Delivery.FAILED, reason=verdict.reason, next_attempt_at=None)
        return False
    if verdict.wait_until is not None:
        outgoing.store(tx.session, message.id, next_attempt_at=verdict.wait_until)
        return False
    return True


def is_urgent(ticket: Ticket | None, message: Message) -> bool:
    """Whether a text is about somebody in danger, or calls a volunteer."""
    in_danger = ticket is not None and ticket.danger is not None
    return in_danger or message.text_key in _TO_STAFF or (message.rank or 0) <= RANK_URGENT


def _claim(tx: Transaction, message: Message, opened: tuple[str, str], taken: Taken, *, urgent: bool) -> Claimed:
    """Claim a text for its place. `opened`: its number and its words."""
    repeats = bool(message.repeats)  # the row says so only until the claim
    attempt = (message.attempts or 0) + (0 if repeats else 1)
    changes: TextChanges = {"delivery": Delivery.SENDING, "claimed_at": tx.now, "attempts": attempt, "next_attempt_at": None}
    # What is repeated may have left the first time.
    changes |= {"gateway": taken.gateway, "line": taken.line, "repeats": None, "unhanded": None if repeats else True}
    if not repeats:
        changes["look_ups"] = 0
    if taken.gateway != message.gateway:  # the id is of an attempt at another gateway
        changes["gateway_id"] = None
    outgoing.store(tx.session, message.id, **changes)
    text = OutgoingText(
        message.id,
        attempt,
        *opened,
        our_id=eras.our_id(tx.session, message.id, attempt),
        segments=message.segments or 1,
        urgent=urgent,
        line=taken.line,
        leaves_by=tx.now + LEASE,
    )
    return Claimed(message.contact_id, text, taken, repeats)
