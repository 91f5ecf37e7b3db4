"""A volunteer works a ticket: moves it, writes notes, reads, listens, writes down. Each change is made from the version that was seen."""

from collections.abc import Collection
from typing import Unpack

from hotline.alarms import AlarmKind
from hotline.domain import conversation
from hotline.domain.closing import HowTold, HowToldMissing
from hotline.domain.contact import held_back
from hotline.domain.conversation import MOVE_TEXTS, QuestionKind, ReadAs
from hotline.domain.message import Direction
from hotline.domain.ticket import Status, check_move
from hotline.domain.walk import Consent
from hotline.domain.wishes import read_wishes
from hotline.outbox import queue_text
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services import access
from hotline.services.access import Access, Act, NotAllowed
from hotline.services.showings import TOGETHER
from hotline.services.tickets import custody, looked, meaning, mentions, naming, protocols, telling, wishes
from hotline.services.tickets.danger import NobodyActed, act_time, is_ringing
from hotline.services.tickets.handback import given_to
from hotline.services.tickets.mentions import Uncalled
from hotline.storage import alarms, calls, contacts, events, holds, messages, people, questions, rings, tickets
from hotline.storage.events import EventData, EventKind, happened
from hotline.storage.models import Alarm, Contact, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.rows import TicketChanges


def change_status(
    rt: Runtime,
    volunteer: Volunteer,
    reference: str,
    *,
    version: int,
    to: Status,
    note: str = "",
    told: HowTold | None = None,
    without_steps: bool = False,
    call: Collection[int] = (),
) -> Uncalled:
    """Move the ticket, and text the citizen where the move concerns the citizen. A ticket that nobody holds is the volunteer's from now on.

    `told`: how the citizen was told of the end, where only a person tells it (`domain.closing`). `without_steps`: a lead goes on without
    the steps that a protocol demands before, and says why in the note. `call`: the ids of colleagues who are called, besides those whom
    the note names. Returns who of them was not.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`, `MoveNotAllowed`, `StepsMissing`, `NoteMissing`, `HowToldMissing`, and `NobodyActed`
    where somebody is in danger and it would end the work on it.
    """
    with rt.transaction() as tx:
        way = access.enter(tx.session, volunteer, reference, version=version)
        ticket = way.ticket
        check_move(Status(ticket.status), to)
        steps = protocols.passed_over(rt, tx.session, way, to, without_steps=without_steps, note=note)
        if to in (Status.RESOLVED, Status.CLOSED) and ticket.danger is not None and ticket.acted_at is None:
            raise NobodyActed
        if to is Status.CLOSED and told is None and telling.is_by_person(rt, ticket):
            raise HowToldMissing
        changes: TicketChanges = given_to(tx, ticket, volunteer.id) if ticket.assignee_id is None else {}
        move(rt, tx, ticket, volunteer, to, note=note, told=told, **changes)
        if steps:
            happened(tx.session, ticket.id, EventKind.STEPS_PASSED_OVER, now=tx.now, volunteer_id=volunteer.id, steps=steps)
        looked.settle_shown(rt, tx, ticket, volunteer.id)
        return mentions.call(tx, ticket, volunteer, note, call)


def move(
    rt: Runtime,
    tx: Transaction,
    ticket: Ticket,
    volunteer: Volunteer,
    to: Status,
    *,
    note: str = "",
    told: HowTold | None = None,
    **changes: Unpack[TicketChanges],
) -> None:
    """Move a ticket for a volunteer, and text the citizen where the move concerns the citizen. `changes` are stored in the same step.

    Raises `TicketMoved`, `MoveNotAllowed`.
    """
    check_move(Status(ticket.status), to)
    changes |= {"status": to, "unread": False}
    tickets.change(tx.session, ticket.id, ticket.version, now=tx.now, **changes)
    note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
    moved: EventData = {"before": ticket.status, "after": to}
    if told is not None:
        moved |= {"told": told}
    happened(tx.session, ticket.id, EventKind.MOVED, now=tx.now, volunteer_id=volunteer.id, note_id=note_id, **moved)
    _ask(rt, tx, ticket, to)
    if to in MOVE_TEXTS:
        contact = tx.session.get_one(Contact, ticket.contact_id)
        queue_text(
            rt, tx, MOVE_TEXTS[to], contact, ticket_id=ticket.id, ref=ticket.reference, answers_id=None, urgent=ticket.danger is not None
        )


def write_note(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, note: str, call: Collection[int] = ()) -> Uncalled:
    """Write a note for colleagues and leave the ticket as it is. An empty note changes nothing.

    `call`: the ids of colleagues who are called, besides those whom the note names. Returns who of them was not.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        note_id = events.note(tx.session, ticket.id, volunteer.id, note, now=tx.now)
        if note_id is not None:
            tickets.change(tx.session, ticket.id, version, now=tx.now)
            happened(tx.session, ticket.id, EventKind.NOTED, now=tx.now, volunteer_id=volunteer.id, note_id=note_id)
        return mentions.call(tx, ticket, volunteer, note, call)


def mark_read(rt: Runtime, volunteer: Volunteer, reference: str, version: int) -> None:
    """The volunteer has read what came in. Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved` (more has come in by now)."""
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        tickets.change(tx.session, ticket.id, version, now=tx.now, unread=False)
        looked.settle_shown(rt, tx, ticket, volunteer.id)
        happened(tx.session, ticket.id, EventKind.READ, now=tx.now, volunteer_id=volunteer.id)


def listen(rt: Runtime, volunteer: Volunteer, reference: str, recording_id: int) -> None:
    """The volunteer listens to a recording of the ticket; a player asks for it in pieces. Raises `NoSuchTicket`, `NotAllowed`."""
    with rt.reading() as session:
        ticket = access.enter(session, volunteer, reference).ticket
        about = (ticket.id, volunteer.id, recording_id)
        if events.has_listened(session, *about, since=rt.clock() - TOGETHER):
            return
    with rt.transaction() as tx:
        tickets.locked(tx.session, ticket.id)  # two pieces may be asked for at once
        if not events.has_listened(tx.session, *about, since=tx.now - TOGETHER):
            happened(tx.session, ticket.id, EventKind.LISTENED, now=tx.now, volunteer_id=volunteer.id, recording=recording_id)


def write_down(rt: Runtime, volunteer: Volunteer, reference: str, *, version: int, body: str) -> None:
    """Write down what was said on a call. The words are read like a text: they may seal the ticket or shut it, to the writer as well.

    Raises `NoSuchTicket`, `NotAllowed`, `TicketMoved`.
    """
    with rt.transaction() as tx:
        ticket = access.enter(tx.session, volunteer, reference, version=version).ticket
        contacts.locked(tx.session, ticket.contact_id)  # before the ticket, as a text that comes in does
        message_id = messages.keep(
            tx.session,
            direction=Direction.IN,
            contact_id=ticket.contact_id,
            ticket_id=ticket.id,
            gateway="",
            gateway_id=None,
            body=body,
            created_at=tx.now,
            read_as=ReadAs.WRITTEN,
            to_read=True,
        )
        meant = meaning.read_words(rt, body, said=conversation.parse(body, rt.lexicon).danger)
        meaning.add(rt, tx, ticket, meant, **naming.shut(rt, tx, ticket, body))
        wishes.heed(
            tx, read_wishes(body, rt.wishes, rt.lexicon), contact_id=ticket.contact_id, ticket_id=ticket.id, volunteer_id=volunteer.id
        )
        happened(tx.session, ticket.id, EventKind.WRITTEN_DOWN, now=tx.now, volunteer_id=volunteer.id, message=message_id, hits=meant.hits)


def acknowledge(rt: Runtime, volunteer: Volunteer, alarm_id: int) -> None:
    """The volunteer has seen an alarm of their own. If their phone rings for it, it stops for some minutes; other phones go on ringing.

    Acknowledging it twice, or somebody else's, does nothing. Raises `NotAllowed`.
    """
    with rt.transaction() as tx:
        access.working(tx.session, volunteer)
        found = alarms.open_alarm(tx.session, alarm_id, volunteer.id)
        if found is not None:
            settle_alarm(tx, volunteer.id, alarm_id, found.ticket_id)
            _rest(rt, tx, volunteer.id, found)


def _rest(rt: Runtime, tx: Transaction, volunteer_id: int, alarm: Alarm) -> None:
    own = people.volunteer(tx.session, volunteer_id)
    if own is None or own.phone_id is None:
        return
    until = tx.now + act_time(rt)
    if alarm.kind == AlarmKind.SEALED_DANGER:
        rings.quiet(tx.session, own.phone_id, until=until, sealed=True)
    elif alarm.ticket_id is not None and is_ringing(tx.session.get_one(Ticket, alarm.ticket_id)):
        rings.quiet_one(tx.session, alarm.ticket_id, own.phone_id, volunteer_id, until=until)


def settle_alarm(tx: Transaction, volunteer_id: int, alarm_id: int, ticket_id: int | None, *, by_text: bool = False) -> None:
    """Acknowledge a volunteer's alarm about that ticket, or about none. `by_text`: only note that it was answered; it stays open."""
    if ticket_id is not None:
        tickets.locked(tx.session, ticket_id)  # first the ticket, then its alarms: as routing does
    if by_text:
        is_news = alarms.answer(tx.session, alarm_id, now=tx.now)
    else:
        is_news = alarms.acknowledge(tx.session, alarm_id, volunteer_id, now=tx.now)
    if is_news and ticket_id is not None:
        told: EventData = {"alarm": alarm_id, "by": "phone"} if by_text else {"alarm": alarm_id}
        happened(tx.session, ticket_id, EventKind.ALARM_ACKNOWLEDGED, now=tx.now, volunteer_id=volunteer_id, **told)


def was_viewed(rt: Runtime, session: Reading, entered: Access) -> bool:
    """Whether it is noted already that this person has a ticket's page open: `view` would change nothing."""
    return events.has_viewed(session, entered.ticket.id, entered.volunteer.id, since=rt.clock() - TOGETHER)


def view(rt: Runtime, volunteer: Volunteer, reference: str) -> None:
    """A person has opened a ticket's page: who works on tickets, or an auditor. Raises `NoSuchTicket`, `NotAllowed`."""
    with rt.reading() as session:
        ticket_id = access.enter(session, volunteer, reference, Act.AUDIT).ticket.id
        if events.has_viewed(session, ticket_id, volunteer.id, since=rt.clock() - TOGETHER):
            return
    with rt.transaction() as tx:
        people.lock(tx.session, volunteer.id)  # the same person may open it in two windows at once
        if not events.has_viewed(tx.session, ticket_id, volunteer.id, since=tx.now - TOGETHER):
            happened(tx.session, ticket_id, EventKind.VIEWED, now=tx.now, volunteer_id=volunteer.id)


def show_number(rt: Runtime, volunteer: Volunteer, reference: str) -> None:
    """Note that the citizen's whole number is shown to the volunteer. Raises `NoSuchTicket`, `NotAllowed`, `TakesTwo`."""
    with rt.transaction() as tx:
        entered = access.enter(tx.session, volunteer, reference, Act.SHOW_NUMBER)
        custody.require_open(rt, tx.session, entered)
        happened(tx.session, entered.ticket.id, EventKind.NUMBER_SHOWN, now=tx.now, volunteer_id=volunteer.id)


def show_said_numbers(rt: Runtime, volunteer: Volunteer, reference: str) -> None:
    """Note that the numbers in what was written on a ticket are shown whole to the volunteer.

    That takes what it takes to call the citizen back, or the right to see numbers. Raises `NoSuchTicket`, `NotAllowed`, `TakesTwo`.
    """
    with rt.transaction() as tx:
        entered = access.enter(tx.session, volunteer, reference)
        if not custody.may_ask(rt, tx.session, entered):
            raise NotAllowed
        custody.require_open(rt, tx.session, entered)
        happened(tx.session, entered.ticket.id, EventKind.NUMBER_SHOWN, now=tx.now, volunteer_id=volunteer.id, said=True)


def _ask(rt: Runtime, tx: Transaction, ticket: Ticket, to: Status) -> None:
    """A ticket that is resolved or closed asks the citizen whether it is solved.

    Where nothing may be started by machine, a person asks that, on a safe call: a question that was never sent is not opened either.
    """
    call = calls.of_ticket(tx.session, ticket.id)
    contact = tx.session.get_one(Contact, ticket.contact_id)
    phone_held = holds.of(tx.session, contact.id, ticket).phone_held
    is_held_back = held_back(telling.held(rt, contact, ticket, phone_held=phone_held, asks=True), by_machine=True) is not None
    # A citizen who hears nothing of it is asked nothing that could be answered.
    may_ask = not is_held_back and contact.times_seen > 0 and (call is None or call.consent == Consent.YES)
    if to in (Status.RESOLVED, Status.CLOSED) and may_ask:
        questions.ask(tx.session, QuestionKind.SOLVED, contact_id=ticket.contact_id, ticket_id=ticket.id, now=tx.now)
    else:
        questions.settle(tx.session, ticket.id, now=tx.now)
