"""A text comes in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from hotline.domain import conversation, phone, texts
from hotline.domain.category import fallback
from hotline.domain.conversation import Answer, Decision, Known, NamedTicket, ParsedText, ReadAs
from hotline.domain.language import detect
from hotline.domain.lateness import Late, lateness
from hotline.domain.look import look_for
from hotline.domain.message import KEPT, READ, kept
from hotline.domain.phone import LISTED_AS_JUNK, Sender
from hotline.domain.reading import SURE_KIND, read
from hotline.domain.ticket import Status, check_move
from hotline.domain.wishes import Wishes, read_wishes
from hotline.gateways.base import IncomingText, second_id
from hotline.gateways.registry import acts_on_words
from hotline.log import logger
from hotline.outbox import compose, queue_text
from hotline.runtime import Runtime, Transaction
from hotline.services.duty import attendance
from hotline.services.texts import camewith, canary, firsttext
from hotline.services.texts.adding import add
from hotline.services.texts.rowin import details_of, row_in, ticket_of
from hotline.services.tickets import lookups, meaning, meeting, naming, wishes
from hotline.services.tickets.meaning import Meaning
from hotline.services.tickets.opening import Opened, open_ticket
from hotline.storage import contacts, gatewaycopies, messages, outgoing, questions, tickets
from hotline.storage.contacts import Met
from hotline.storage.events import EventKind, happened
from hotline.storage.messages import Written
from hotline.storage.models import Ticket
from hotline.storage.rows import TextIn

_DANGER_FOR = timedelta(days=1)
"""So long after danger was told, more of it belongs to the same ticket."""

_SAME_WORDS = timedelta(days=1)
"""So long after a text, the same words again say nothing new."""


class Received(StrEnum):
    """What became of a text that the gateway delivered."""

    STORED = "stored"
    SEEN_BEFORE = "seen_before"


class SeenBefore(Exception):
    """The gateway delivered this text before: nothing changes."""


def make_ready(rt: Runtime) -> None:
    """Make what texts are compared with, before any comes: threads that made it side by side would each leave a copy in memory."""
    conversation.parse("-", rt.lexicon)
    meaning.read_words(rt, "-")
    read_wishes("-", rt.wishes, rt.lexicon)
    detect("-")
    read("-", rt.reader)


def receive_text(rt: Runtime, gateway: str, text: IncomingText, *, came_at: datetime | None = None) -> Received:
    """Store a text, settle which ticket it belongs to and queue the answers, in one transaction. A second delivery changes nothing.

    `came_at`: when it came, where it is taken in later. How late it is decides what a machine may still answer.
    """
    received = _receive(rt, gateway, text, came_at=came_at)
    if received is Received.SEEN_BEFORE and _is_of_ours(rt, gateway, text.gateway_id):
        # Some services count the texts of each direction by themselves. The text that came first keeps the id.
        return _receive(rt, gateway, replace(text, gateway_id=second_id(rt.keys.mark, text.gateway_id)), came_at=came_at)
    return received


def _is_of_ours(rt: Runtime, gateway: str, gateway_id: str) -> bool:
    with rt.reading() as session:
        return outgoing.is_ours(session, gateway, gateway_id)


def _receive(rt: Runtime, gateway: str, text: IncomingText, *, came_at: datetime | None) -> Received:
    if canary.heard(rt, gateway, text):
        return Received.SEEN_BEFORE
    sender = phone.read_sender(text.sender, rt.config.numbers.region)
    if len(text.body) > KEPT:
        logger().warning("a text was cut: no phone sends so much", characters=len(text.body))
        text = replace(text, body=kept(text.body))
    lexicon = rt.lexicon if acts_on_words(rt.config, gateway) else rt.lexicon.ours
    asked = conversation.parse(text.body, lexicon, taken_for=text.keyword)
    meant = meaning.read_words(rt, text.body, said=asked.danger)
    asked = replace(asked, danger=meant.danger) if meant.danger is not asked.danger else asked
    if asked.auto_reply and meant.hits:  # it tells something: no phone does
        asked = replace(asked, auto_reply=False)
    wished = read_wishes(text.body, rt.wishes, rt.lexicon)
    spoken = detect(text.body[:READ]) if asked.command is None else None
    late = lateness(came_at, rt.clock())
    stored = firsttext.store(rt, gateway, text, sender, language=spoken, asked=asked, meant=meant, wished=wished, came_at=came_at)
    if stored is not None:
        return _came(gateway, text, stored.message_id, stored.ticket_id)
    # A new contact whose first text is only "salam" or "OFF" gets the language of that word. A known contact's language stays.
    first = spoken or (asked.command.language if asked.command else None) or rt.config.conversation.default_language
    try:
        with rt.transaction() as tx:
            contact = meet(rt, tx, sender, gateway, text.gateway_id, language=first)
            text = camewith.head_of(tx, contact.id, gateway, text)
            if spoken is not None and spoken != contact.language and not contact.language_named:
                contacts.speak(tx.session, contact, spoken, named=False)
            if _is_junk(rt, sender):
                decision = Decision(ReadAs.JUNK)
            elif asked.code is not None and (read_as := attendance.hear(rt, tx, contact.id, asked.code)) is not None:
                decision = Decision(read_as)
            else:
                known = _known(rt, tx, contact, asked, text=text.body, spoke=spoken is not None)
                decision = conversation.decide(asked, known)
                decision = _with_what_came(tx, contact, decision, known, text)
            look = look_for(
                text.body, asked, decision, language=spoken, unsafe=wished.unsafe, unseen=text.has_photo or late is not Late.NOT
            )
            if look is not None and contact.is_prankster:
                look = look.for_prankster()
            decision = decision.told_late(late, danger=meant.danger is not None)
            row = row_in(contact.id, gateway, text, decision, look=look, now=tx.now, came_at=came_at)
            message_id, ticket_id = _carry_out(rt, tx, contact, decision, row=row, text=text, meant=meant, wished=wished)
            _note_wish(tx, asked, decision, ticket_id)
    except SeenBefore:
        return Received.SEEN_BEFORE
    return _came(gateway, text, message_id, ticket_id)


def _came(gateway: str, text: IncomingText, message_id: int, ticket_id: int | None) -> Received:
    logger().info("text came in", message_id=message_id, ticket_id=ticket_id, gateway=gateway, gateway_id=text.gateway_id)
    return Received.STORED


def meet(rt: Runtime, tx: Transaction, sender: Sender, gateway: str, gateway_id: str, *, language: str) -> Met:
    """The contact of a text. A text that was wiped and is delivered once more is refused."""
    since, text = tx.now - rt.config.stranger_after, (gateway, gatewaycopies.hashed(rt.keys, gateway_id))
    contact = contacts.meet(tx.session, sender, language=language, now=tx.now, unheard_since=since, text=text)
    if contact.is_wiped_text:
        raise SeenBefore
    return contact


def _is_junk(rt: Runtime, sender: Sender) -> bool:
    """Whether the organisation has listed the sender as an advertiser."""
    if sender.kind not in LISTED_AS_JUNK or sender.address is None:
        return False
    return sender.address.casefold() in {listed.strip().casefold() for listed in rt.config.conversation.junk_senders}


def _known(rt: Runtime, tx: Transaction, contact: Met, asked: ParsedText, *, text: str, spoke: bool) -> Known:
    """Fetch what the decision needs. For a new contact whose text names no reference that is nothing. `spoke`: the text has a language."""
    settings = rt.config.conversation
    is_new = contact.times_seen == 1
    named: tuple[NamedTicket, ...] = ()
    lookups_left = settings.lookups_per_day
    asking: Sequence[Ticket] = ()
    if not is_new:
        if asked.answer is not None or asked.references:
            asking = tickets.asking(tx.session, contact.id, since=tx.now - timedelta(days=settings.reopen_days))
        if asked.references:
            lookups_left = lookups.left(rt, tx, contact.id)
    if asked.references:
        found = tickets.by_reference(tx.session, asked.references)
        # Only a text with one reference: each look-up counts, and none is tried beside one of the sender's own.
        first = found[0] if len(asked.references) == 1 and found else None
        if first is not None and lookups_left > 0:
            meeting.meet(tx, first, contact, by="citizen", spoke=spoke)
        named = tuple(lookups.named(rt, tx, t, contact.id, asking=t in asking) for t in found)
    if is_new:
        return Known(named=named, lookups_left=lookups_left)
    if asked.danger is not None:  # it joins nothing else that is asked for here
        told = None if asked.references else tickets.in_danger(tx.session, contact.id, since=tx.now - _DANGER_FOR)
        return Known(named=named, lookups_left=lookups_left, in_danger_id=told)
    recent_id = messages.recent_ticket_id(tx.session, contact.id, since=tx.now - rt.config.join_within)
    written, is_other = None, False
    if recent_id is None or asking:
        written = messages.written_to(tx.session, contact.id, since=tx.now - timedelta(hours=settings.answer_hours))
    if recent_id is None and written is not None:
        recent_id, is_other = written.ticket_id, _is_other_matter(rt, text, written)
    last = messages.last_in(tx.session, contact.id) if asking else None
    return Known(
        named=named,
        asking=tuple(lookups.named(rt, tx, t, contact.id, asking=True) for t in asking),
        last_asked_id=messages.asked_status_of(last),
        recent_id=recent_id,
        person_wrote=written is not None and written.by_person,
        other_matter=is_other,
        just_unclear=last is not None and last.read_as == ReadAs.UNCLEAR,
        latest_open_id=tickets.latest_open_id(tx.session, contact.id)
        if asked.is_thanks or asked.without_words or asked.only_asks
        else None,
        lookups_left=lookups_left,
    )


def _is_other_matter(rt: Runtime, text: str, written: Written) -> bool:
    """Whether a text is about another matter than the ticket about which we wrote last. It is asked only where the text would join.

    So it is where its words name a kind, or it is surely read as of one, and the ticket is of another; and where it tells of danger, and
    the ticket does not. What a volunteer asked is answered, whatever else the answer names.
    """
    found = read(text, rt.reader)
    if found.danger and not written.in_danger:
        return True
    if written.by_person or written.category == fallback(rt.categories).code:
        return False
    kinds = [meaning.of_model(rt.categories, kind).code for kind in found.kinds]
    is_told = bool(found.hits) or (bool(kinds) and found.chances[0] >= SURE_KIND)
    return is_told and written.category not in (*kinds, *found.hits)


def _carry_out(
    rt: Runtime,
    tx: Transaction,
    contact: Met,
    decision: Decision,
    *,
    row: TextIn,
    text: IncomingText,
    meant: Meaning,
    wished: Wishes,
) -> tuple[int, int | None]:
    """Do what was decided about a text, whose row is ready. Returns the ids of the text and of its ticket."""
    if decision.language is not None:
        contacts.speak(tx.session, contact, decision.language, named=True)
    if decision.silence is not None:
        contacts.silence(tx.session, contact.id, tx.now if decision.silence else None)
    ticket_id, ref = decision.ticket_id, None
    if decision.opens:
        opened = _open(rt, tx, contact, decision, text=row, meant=meant)
        ticket_id, ref, message_id = opened.ticket_id, opened.reference, opened.message_id
    else:
        message_id = messages.keep(tx.session, ticket_id=ticket_id, **row)
    if message_id is None:
        raise SeenBefore
    camewith.note(tx, decision, message_id, row["gateway"], text)
    if decision.adds and ticket_id is not None:
        add(rt, tx, ticket_id, text.body, meant)
    if decision.move is not None and ticket_id is not None:
        _answer_question(tx, ticket_id, decision.move)
    if decision.woman and ticket_id is not None:
        wishes.ask_for_woman(tx, ticket_id)
    wishes.heed(tx, wished, contact_id=contact.id, ticket_id=ticket_id)
    answers = decision.answers
    if decision.opens and not decision.unanswered and not _receipt_first(decision):
        answers = (*answers, Answer(texts.RECEIPT))
    for answer in (*answers, *camewith.answers(tx, contact, text, decision, row["look"])):
        about, number = (answer.about.id, answer.about.reference) if answer.about else (ticket_id, ref)
        # An answer about another contact's ticket is not stored under that ticket.
        filed = about if answer.about is None or answer.about.own else None
        queue_text(
            rt,
            tx,
            answer.text,
            contact,
            ticket_id=filed,
            ref=number,
            answers_id=message_id,
            urgent=meant.danger is not None,
            late=decision.late,
        )
    return message_id, ticket_id


def _with_what_came(tx: Transaction, contact: Met, decision: Decision, known: Known, text: IncomingText) -> Decision:
    """The decision, with the photos that came, or the same words that came before, in mind."""
    if text.has_photo:
        decision = conversation.with_photo(decision, known)
    says_words = bool(text.body.strip()) or not text.has_photo  # two photos without words are not the same
    if decision.opens and contact.times_seen > 1 and says_words:
        told = messages.told_before(tx.session, contact.id, text.body, since=tx.now - _SAME_WORDS)
        return conversation.told_before(decision, told) if told is not None else decision
    return decision


def _note_wish(tx: Transaction, asked: ParsedText, decision: Decision, ticket_id: int | None) -> None:
    """Note that a text asks us to forget its sender. No machine does it: somebody else may hold the phone."""
    if asked.erases and ticket_id is not None and (decision.opens or decision.adds):
        happened(tx.session, ticket_id, EventKind.ERASURE_ASKED, now=tx.now)


def _receipt_first(decision: Decision) -> bool:
    """Whether the receipt goes before the answers: it carries the number to keep. A sender who asked about a reference is answered first,
    and gets the receipt after that."""
    return not decision.unanswered and decision.read_as in (ReadAs.OPENED, ReadAs.CRY)


def _open(rt: Runtime, tx: Transaction, contact: Met, decision: Decision, *, text: TextIn, meant: Meaning) -> Opened:
    """Open the new ticket, with the text and, where it goes first, the receipt. It is shut to people of ours whom the text names."""
    opened = open_ticket(
        tx,
        details_of(meant),
        ticket=ticket_of(contact.id, meant),
        text=text,
        receipt=lambda ref: (
            compose(
                rt,
                tx,
                texts.RECEIPT,
                contact,
                ref=ref,
                is_answer=True,
                urgent=meant.danger is not None,
                late=decision.late,
            )
            if _receipt_first(decision)
            else None
        ),
        from_prankster=contact.is_prankster,
    )
    if opened.message_id is not None:
        naming.shut_new(rt, tx, opened.ticket_id, text["body"])
    return opened


def _answer_question(tx: Transaction, ticket_id: int, move: Status) -> None:
    """The citizen says whether it is solved: 1 closes the ticket, 2 reopens it. After a 1 the question stays open, so a 2 still counts."""
    ticket = tickets.locked(tx.session, ticket_id)
    check_move(Status(ticket.status), move)
    unread = move is Status.REOPENED or ticket.unread
    tickets.change(tx.session, ticket_id, ticket.version, now=tx.now, status=move, unread=unread)
    happened(tx.session, ticket_id, EventKind.MOVED, now=tx.now, before=ticket.status, after=move, by="citizen")
    if move is not Status.CLOSED:
        questions.settle(tx.session, ticket_id, now=tx.now)
