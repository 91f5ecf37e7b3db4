"""The first look: every text and recording waits until a person has looked at it, whatever the machine made of it.

Everybody who works tickets may look at what they may see, and make it safer at once. To make it less safe than the machine found it
takes two people within the hour; what a person set is lowered on the ticket's page, by a lead. Nothing from a phone settles a look.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hotline.domain import area as areas
from hotline.domain import category, conversation
from hotline.domain.category import Category
from hotline.domain.danger import Danger
from hotline.domain.look import SAFER, SECOND_LOOK, Look, LookAnswer
from hotline.domain.ticket import Priority, Status
from hotline.jobs import Job
from hotline.runtime import Reading, Runtime, Transaction
from hotline.services import access
from hotline.services.access import NoSuchTicket
from hotline.services.showings import TOGETHER
from hotline.services.tickets import casework, facts, kinds, meaning, naming, splitting
from hotline.services.tickets.danger import endangered, lowered
from hotline.services.tickets.facts import NoSuchChoice
from hotline.services.tickets.opening import open_ticket
from hotline.storage import alarms, calls, events, looks, messages, photos, recordings, sealed, tickets
from hotline.storage.callmodels import Call, Recording
from hotline.storage.events import EventData, EventKind, happened
from hotline.storage.lookmodels import LookRow
from hotline.storage.looks import Goals, Item, Waiting
from hotline.storage.models import Contact, Message, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.recordings import RecordingState
from hotline.storage.rows import TicketChanges

LATE = "first-look"
"""What the alarm is about: everything that waits too long, taken together."""

_SHOWN_FOR = timedelta(minutes=2)
"""What one volunteer is shown is shown to no other for so long."""

_READ_AGAIN = 20
"""How many other texts of a ticket are read before a hold or a danger is taken from it. With more, a lead does that."""


class SomebodyWasFirst(Exception):
    """A colleague has looked meanwhile: there is nothing left to say, unless it makes it safer."""


class NotHeard(Exception):
    """The recording was not played to this volunteer yet, or none of the photos was shown."""


@dataclass(frozen=True)
class Given:
    """What a person says who has looked. `kind` and `area` are codes, `reference` is that of the other ticket."""

    answer: LookAnswer
    kind: str = ""
    area: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Shown:
    """What one screen shows: a text or a recording, its ticket if there is one, and the phone's other tickets that the volunteer sees."""

    look_id: int
    waiting: Waiting
    message: Message | None
    words: str  # of the text
    recording: Recording | None
    heard: bool
    second: bool  # a colleague has answered, and it counts once a second person says the same
    others: tuple[Ticket, ...]


def goals(rt: Runtime, now: datetime) -> Goals:
    """When a look is late."""
    duty = rt.config.duty
    return Goals(now, now - timedelta(minutes=duty.first_look_danger_minutes), now - timedelta(minutes=duty.first_look_minutes))


def waiting(rt: Runtime, session: Reading, volunteer: Volunteer, *, limit: int) -> list[Waiting]:
    """What waits for a look of this volunteer, the most pressing first. Raises `NotAllowed`."""
    access.working(session, volunteer)
    return looks.waiting(session, volunteer, now=rt.clock(), limit=limit)


def take_next(rt: Runtime, volunteer: Volunteer) -> int | None:
    """The id of the volunteer's next look; None if nothing waits. Of several volunteers each is shown something else.

    Raises `NotAllowed`.
    """
    with rt.transaction() as tx:
        access.working(tx.session, volunteer)
        found = looks.waiting(tx.session, volunteer, now=tx.now, limit=1, free_since=tx.now - _SHOWN_FOR)
        alarms.see_about(tx.session, volunteer.id, LATE, now=tx.now)
        return looks.show(tx.session, volunteer.id, found[0].item, now=tx.now) if found else None


def shown(session: Reading, volunteer: Volunteer, look_id: int) -> Shown:
    """What the screen of a look shows. Raises `NotAllowed`, `NoSuchTicket`, and `SomebodyWasFirst` if it waits no longer."""
    access.working(session, volunteer)
    row = looks.own(session, look_id, volunteer.id)
    if row is None or not looks.is_known(session, volunteer, Item.of(row)):
        raise NoSuchTicket(look_id)
    message = session.get(Message, row.message_id) if row.message_id is not None else None
    recording = session.get(Recording, row.recording_id) if row.recording_id is not None else None
    one = message or recording
    if one is None or one.look is None:
        raise SomebodyWasFirst
    ticket_id = _ticket_id(session, message, recording)
    ticket = session.get_one(Ticket, ticket_id) if ticket_id is not None else None
    others = _others(session, volunteer, message, ticket) if message is not None else ()
    it = Waiting(Item.of(row), Look(one.look), one.created_at, ticket, lapsed=False)
    second = looks.is_asked(session, it.item)
    words = sealed.shown_body_of(session, message) if message is not None else ""
    return Shown(look_id, it, message, words, recording, _was_heard(session, row, recording), second, others)


def to_hear(session: Reading, volunteer: Volunteer, look_id: int) -> Recording:
    """The recording of a look. Raises `NotAllowed`, and `NoSuchTicket` where there is none that can be heard."""
    access.working(session, volunteer)
    row = looks.own(session, look_id, volunteer.id)
    recording = session.get(Recording, row.recording_id) if row is not None and row.recording_id is not None else None
    if row is None or recording is None or recording.state not in recordings.KEPT or not looks.is_known(session, volunteer, Item.of(row)):
        raise NoSuchTicket(look_id)
    return recording


def hear(rt: Runtime, volunteer: Volunteer, look_id: int) -> None:
    """The recording of a look is played to the volunteer. Raises as `to_hear` does."""
    with rt.transaction() as tx:
        recording = to_hear(tx.session, volunteer, look_id)
        row = looks.own(tx.session, look_id, volunteer.id)
        if row is not None and row.heard_at is None:
            looks.hear(tx.session, look_id, now=tx.now)
        ticket_id = recordings.ticket_id_of(tx.session, recording.id)
        if ticket_id is None:
            return
        tickets.locked(tx.session, ticket_id)  # a player asks for it piece by piece, two pieces at once
        if not events.has_listened(tx.session, ticket_id, volunteer.id, recording.id, since=tx.now - TOGETHER):
            happened(tx.session, ticket_id, EventKind.LISTENED, now=tx.now, volunteer_id=volunteer.id, recording=recording.id)


def answer(rt: Runtime, volunteer: Volunteer, look_id: int, given: Given) -> bool:
    """A person says what was seen or heard. What makes it safer counts at once.

    Returns whether it counts now; False if it waits for a second person to say the same.

    Raises `NotAllowed`, `NoSuchTicket`, `NoSuchChoice`, `NotHeard`, `SomebodyWasFirst`.
    """
    with rt.transaction() as tx:
        access.working(tx.session, volunteer)
        row = looks.own(tx.session, look_id, volunteer.id)
        if row is None or not looks.is_known(tx.session, volunteer, Item.of(row)):
            raise NoSuchTicket(look_id)
        return _Look(rt, tx, volunteer, row, given).take()


def _others(session: Reading, volunteer: Volunteer, message: Message, ticket: Ticket | None) -> tuple[Ticket, ...]:
    """The phone's other tickets to which a text may be moved by this volunteer."""
    found = tickets.of_contact(session, volunteer, message.contact_id, besides=ticket.id if ticket is not None else None, limit=20)
    return tuple(one for one in found if ticket is None or _may_move(ticket, one))


def _may_move(ticket: Ticket, other: Ticket) -> bool:
    """Whether a text may go from one ticket to the other: what is sealed stays with its team."""
    return not ticket.sealed or (other.sealed and other.team_id == ticket.team_id)


def _ticket_id(session: Reading, message: Message | None, recording: Recording | None) -> int | None:
    if recording is not None:
        return recordings.ticket_id_of(session, recording.id)
    return message.ticket_id if message is not None else None


def _was_heard(session: Reading, row: LookRow, recording: Recording | None) -> bool:
    """Whether there is nothing left to hear or to see: it was played or shown, or it never came."""
    if row.heard_at is not None:
        return True
    if recording is not None:
        return recording.state == RecordingState.LOST
    return row.message_id is None or not photos.to_see(session, [row.message_id])


class _Look:
    """One person's answer about one text or recording, inside the service's transaction."""

    def __init__(self, rt: Runtime, tx: Transaction, volunteer: Volunteer, row: LookRow, given: Given) -> None:
        self.given = given
        self.rt, self.tx, self.volunteer, self.look_id, self.item = rt, tx, volunteer, row.id, Item.of(row)
        item = self.item
        # Workers lock a recording before its ticket; texts are locked after it.
        self.recording = recordings.locked(tx.session, item.recording_id) if item.recording_id is not None else None
        self.message = tx.session.get_one(Message, item.message_id) if item.message_id is not None else None
        self.heard = _was_heard(tx.session, row, self.recording)
        ticket_id = _ticket_id(tx.session, self.message, self.recording)
        self.ticket = tx.session.get_one(Ticket, ticket_id) if ticket_id is not None else None
        self.other = access.sees(tx.session, volunteer, given.reference) if given.answer is LookAnswer.ELSEWHERE else None
        splitting.lock(tx, *(each for each in (self.ticket, self.other) if each is not None))
        one = self.message or self.recording
        if one is not None:
            tx.session.refresh(one)
        self.waits = one is not None and one.look is not None

    def take(self) -> bool:
        """Do what was said. Returns and raises as `answer` does."""
        said = self.given.answer
        if not self.heard and said not in SAFER and said is not LookAnswer.UNSURE:
            raise NotHeard
        if not self.waits and said not in SAFER:
            raise SomebodyWasFirst
        asks = self._asks(said)
        self._note(said, second=asks)
        if not asks:
            match said:
                case LookAnswer.DANGER:
                    self._danger()
                case LookAnswer.HOLD:
                    self._hold()
                case LookAnswer.KIND | LookAnswer.PLACE:
                    self._describe()
                case LookAnswer.ELSEWHERE:
                    self._move()
                case LookAnswer.ORDINARY | LookAnswer.NOT_OURS:
                    self._ease(close=said is LookAnswer.NOT_OURS)
        looks.answer(self.tx.session, self.look_id, said, asks=asks, now=self.tx.now)
        if not asks and self.heard and said is not LookAnswer.UNSURE:
            looks.settle(self.tx.session, self.item)
        return not asks

    def _asks(self, said: LookAnswer) -> bool:
        """Whether it takes a second person, who has not said the same yet: to lower danger as read, and to say that it is not ours."""
        if said is not LookAnswer.NOT_OURS and not (said is LookAnswer.ORDINARY and self._reads_danger()):
            return False
        since = self.tx.now - SECOND_LOOK
        return not looks.was_said(self.tx.session, self.item, said, besides=self.volunteer.id, since=since)

    def _reads_danger(self) -> bool:
        """Whether the ticket is in danger as far as the machine read, and it reads so in this text."""
        in_doubt = (Danger.READ, Danger.SURE)
        return self.ticket is not None and self.ticket.danger in in_doubt and self._means().danger in in_doubt

    def _note(self, said: LookAnswer, *, second: bool) -> None:
        """Store what the person said beside what the machine had read."""
        if self.ticket is None:  # it stands in the row of the look
            return
        data: EventData = {"answer": said, "category": self.ticket.category, "held": self.ticket.hold, "sealed": self.ticket.sealed}
        if self.ticket.danger is not None:
            data["danger"] = Danger(self.ticket.danger)
        if self.message is not None:
            data["message"] = self.message.id
        if self.recording is not None:
            data["recording"] = self.recording.id
        if second:
            data["second"] = True
        happened(self.tx.session, self.ticket.id, EventKind.LOOKED, now=self.tx.now, volunteer_id=self.volunteer.id, **data)

    def _danger(self) -> None:
        ticket = self._filed()
        # Unread, so that it is on the queue though it may be closed.
        self._store(ticket, {"unread": True, **endangered(self.tx, ticket, Danger.PERSON, by=self.volunteer.id)})

    def _hold(self) -> None:
        ticket = self._filed()
        self._hold_too(ticket)
        self._store(ticket, {"hold": True})

    def _hold_too(self, ticket: Ticket) -> None:
        """From now on a person asks for the hold, though a machine put it there: a look at another text does not lift it."""
        if not (ticket.hold and facts.is_held_by_person(self.rt, self.tx, ticket)):
            happened(self.tx.session, ticket.id, EventKind.HELD, now=self.tx.now, volunteer_id=self.volunteer.id)

    def _describe(self) -> None:
        given = self.given
        kind = next((c for c in self.rt.categories if c.code == given.kind), None)
        if (given.answer is LookAnswer.KIND) != (kind is not None) or (given.answer is LookAnswer.PLACE and not given.area):
            raise NoSuchChoice
        if given.area and areas.named(self.rt.areas, given.area) is None:
            raise NoSuchChoice
        ticket, changes = self._filed(), TicketChanges()
        if given.area and given.area != ticket.area:
            facts.told(self.tx, ticket, self.volunteer, "area", old=ticket.area, new=given.area)
            changes |= {"area": given.area}
        if kind is not None:
            changes |= self._of_kind(ticket, kind)
        self._store(ticket, changes)

    def _of_kind(self, ticket: Ticket, kind: Category) -> TicketChanges:
        """A kind raises, holds and seals as its row says. A sealed ticket keeps its kind: its team names another on the ticket's page."""
        changes = TicketChanges()
        if kind.hold and ticket.hold:
            self._hold_too(ticket)
        if kind.code != ticket.category and (kind.sealed or not ticket.sealed):
            changes |= kinds.put(self.rt, self.tx, ticket, self.volunteer.id, kind)
        else:
            changes |= meaning.raised(self.tx, ticket, kinds.meant(ticket, kind), by=self.volunteer.id)
        if kind.danger is not None:
            # What nobody had looked at says so: phones ring anew for it. Unread, so that it is on the queue though it may be closed.
            changes |= {"unread": True}
            if "danger" not in changes:
                changes |= endangered(self.tx, ticket, Danger.PERSON, by=self.volunteer.id)
        return changes

    def _move(self) -> None:
        """Move the text to another ticket of the same phone. There it raises, holds or seals as if it had come in there."""
        message, ticket, other = self.message, self.ticket, self.other
        if message is None or other is None or not splitting.may_take(other, message.contact_id):
            raise NoSuchChoice
        if ticket is None:
            splitting.file(self.rt, self.tx, self.volunteer, message, other)
        elif other.id != ticket.id and _may_move(ticket, other):
            splitting.carry(self.rt, self.tx, self.volunteer, [message], old=ticket, target=other)
        else:
            raise NoSuchChoice

    def _ease(self, *, close: bool) -> None:
        """Take from the ticket what the machine alone read in this text: danger, and the hold. What is not ours is closed."""
        ticket = self.ticket
        if ticket is None:
            return
        changes = TicketChanges()
        lowers = self._reads_danger() and self._rest_is_harmless(lambda meant: meant.danger is None)
        if lowers:
            kind = next((c for c in self.rt.categories if c.code == ticket.category), category.fallback(self.rt.categories))
            to = Priority.NORMAL if kind.priority is Priority.URGENT else kind.priority
            facts.told(self.tx, ticket, self.volunteer, "priority", old=ticket.priority, new=int(to))
            changes |= {"priority": to, **lowered(self.tx, ticket)}
        if (lowers or ticket.danger is None) and self._lifts_hold():
            happened(self.tx.session, ticket.id, EventKind.UNHELD, now=self.tx.now, volunteer_id=self.volunteer.id)
            changes |= {"hold": False}
        is_safe = not (ticket.sealed or changes.get("danger", ticket.danger) or changes.get("hold", ticket.hold))
        if close and is_safe and self._is_all_of(ticket):
            casework.move(self.rt, self.tx, ticket, self.volunteer, Status.CLOSED, **changes)
        else:
            self._store(ticket, changes)

    def _lifts_hold(self) -> bool:
        """Whether the machine alone put the ticket on hold: no person, no key, no mark of the phone, and no other text asks for it."""
        ticket = self.ticket
        if ticket is None or self.message is None or not ticket.hold or ticket.sealed:
            return False
        contact = self.tx.session.get_one(Contact, ticket.contact_id)
        is_marked = contact.on_hold or not contact.may_text or contact.safe_from is not None or contact.safe_until is not None
        if is_marked or facts.is_held_by_person(self.rt, self.tx, ticket):
            return False
        return self._rest_is_harmless(lambda meant: not meant.hold)

    def _is_all_of(self, ticket: Ticket) -> bool:
        """Whether nobody has begun with the ticket, and this text is all that the citizen said."""
        if (
            self.message is None
            or ticket.status not in (Status.NEW, Status.ASSIGNED)
            or calls.of_ticket(self.tx.session, ticket.id) is not None
        ):
            return False
        return not looks.texts_besides(self.tx.session, ticket.id, self.message.id, limit=1)

    def _rest_is_harmless(self, is_harmless: Callable[[meaning.Meaning], bool]) -> bool:
        """Whether nothing else that the citizen said on the ticket asks for it, and nothing else may be danger and waits for a look."""
        if self.ticket is None or self.message is None or calls.of_ticket(self.tx.session, self.ticket.id) is not None:
            return False
        rest = looks.texts_besides(self.tx.session, self.ticket.id, self.message.id, limit=_READ_AGAIN + 1)
        if len(rest) > _READ_AGAIN:
            return False
        return all(look != Look.FIRST and is_harmless(self._means(body)) for body, look in rest)

    def _means(self, body: str | None = None) -> meaning.Meaning:
        body = body if body is not None else self._body()
        return meaning.read_words(self.rt, body, said=conversation.parse(body, self.rt.lexicon).danger)

    def _body(self) -> str:
        return sealed.body_of(self.tx.session, self.message) if self.message is not None else ""

    def _filed(self) -> Ticket:
        """The ticket of what was looked at; opened now if there was none. No receipt: nobody knows who holds the phone by now."""
        if self.ticket is not None:
            return self.ticket
        meant = self._means()
        opened = open_ticket(
            self.tx,
            {"category": meant.category, "hits": meant.hits},
            ticket={
                "contact_id": self._contact_id(),
                "category": meant.category,
                "priority": meant.priority,
                "sealed": meant.sealed,
                "hold": meant.hold,
                "danger": meant.danger,
            },
            receipt=lambda _: None,
            volunteer_id=self.volunteer.id,
        )
        if self.message is not None:
            messages.file(self.tx.session, [self.message.id], opened.ticket_id)
            naming.shut_new(self.rt, self.tx, opened.ticket_id, self._body())
        elif self.recording is not None:
            calls.store(self.tx.session, self.tx.session.get_one(Call, self.recording.call_id), ticket_id=opened.ticket_id)
        self.ticket = tickets.locked(self.tx.session, opened.ticket_id)
        return self.ticket

    def _contact_id(self) -> int:
        if self.message is not None:
            return self.message.contact_id
        if self.recording is None:
            raise NoSuchTicket(self.look_id)
        return self.tx.session.get_one(Call, self.recording.call_id).contact_id

    def _store(self, ticket: Ticket, changes: TicketChanges) -> None:
        if not changes:
            return
        tickets.change(self.tx.session, ticket.id, ticket.version, now=self.tx.now, **changes)
        if "routed_at" in changes:
            self.tx.ring(Job.ROUTE_DUE)
