"""A citizen asks to be erased: who may say so and agree, what stands against it, and what is left."""

from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from hotline.domain.erasure import Bar, How
from hotline.domain.ticket import Priority, Status
from hotline.gateways.parts import SentPart
from hotline.runtime import Runtime
from hotline.services.access import NoSuchTicket, NotAllowed, NoteMissing, enter
from hotline.services.keeping import erasing
from hotline.services.keeping.erasing import CannotErase, erase_due
from hotline.services.texts.partreports import note_parts
from hotline.services.tickets.routing import route_due
from hotline.storage import alarms, people
from hotline.storage.erasuremodels import Erasure, Suppressed
from hotline.storage.events import EventKind
from hotline.storage.models import Alarm, Contact, Event, Message, ShutOut, Ticket
from hotline.storage.partmodels import SentPart as Row
from hotline.storage.peoplemodels import Membership, Volunteer
from hotline.storage.tickets import TicketMoved
from tests.services.colleagues import settle, volunteer
from tests.support import HER, OTHER, Clock, alter, count, said, text_in, texts_out, tickets

WORDS = "orangi town mein meri cycle chori ho gai"
NOTE = "she came to the office with her sister"


@pytest.fixture(autouse=True)
def _organisation(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def ended(rt: Runtime, words: str = WORDS, sender: str = HER) -> Ticket:
    """A citizen texted, somebody looked, and the ticket is closed. Nothing waits to be sent."""
    text_in(rt, words, sender=sender)
    return close(rt)


def close(rt: Runtime) -> Ticket:
    """Everything is routed, and has ended."""
    route_due(rt)
    alter(rt, Ticket, status=Status.CLOSED, unread=False, to_read=False, hold=False)
    alter(rt, Message, look=None, to_read=None)
    return tickets(rt)[-1]


def ask(rt: Runtime, ticket: Ticket, who: str = "alice", *, note: str = NOTE, older: bool = False) -> None:
    erasing.ask(rt, volunteer(rt, who), ticket.reference, version=_version(rt, ticket), how=How.VISIT, older=older, note=note)


def agree(rt: Runtime, ticket: Ticket, who: str = "lead") -> None:
    erasing.agree(rt, volunteer(rt, who), ticket.reference, version=_version(rt, ticket))


def stop(rt: Runtime, ticket: Ticket, who: str = "bob", note: str = "it was the husband") -> None:
    erasing.stop(rt, volunteer(rt, who), ticket.reference, version=_version(rt, ticket), note=note)


def erased(rt: Runtime, clock: Clock, ticket: Ticket) -> None:
    """The citizen is erased."""
    ask(rt, ticket)
    agree(rt, ticket)
    clock.forward(hours=7 * 24)
    assert erase_due(rt) is False
    assert contact(rt, ticket).kind == "erased"


def contact(rt: Runtime, ticket: Ticket) -> Contact:
    with rt.reading() as session:
        return session.get_one(Contact, ticket.contact_id)


def words(rt: Runtime) -> list[str]:
    """What can be read of the texts that came in."""
    with rt.reading() as session:
        return [one.body for one in session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id))]


def told(rt: Runtime) -> list[tuple[str, int | None]]:
    kinds = [kind for kind in EventKind if kind.startswith("eras")]
    with rt.reading() as session:
        found = session.execute(select(Event.kind, Event.volunteer_id).where(Event.kind.in_(kinds)).order_by(Event.id))
        return [(row[0], row[1]) for row in found]


def _version(rt: Runtime, ticket: Ticket) -> int:
    return next(one.version for one in tickets(rt) if one.id == ticket.id)


# A text asks


@pytest.mark.parametrize("body", ["mera number mita dein please", "delete my data", "میرا نمبر مٹا دیں", "منهنجو نمبر ميٽي ڇڏيو"])
def test_a_text_that_asks_is_a_wish_that_a_person_sees_to_and_no_machine_answers(rt: Runtime, body: str) -> None:
    text_in(rt, body)
    assert told(rt) == [("erasure_asked", None)]
    assert said(rt) == ["receipt"]
    with rt.reading() as session:
        assert session.scalars(select(Message.look).where(Message.direction == "in")).one() is not None
    assert words(rt) == [body]
    assert count(rt, Erasure) == 0


def test_it_goes_to_the_ticket_that_it_names(rt: Runtime) -> None:
    text_in(rt, WORDS)
    first = tickets(rt)[0]
    text_in(rt, f"{first.reference} delete my data")
    assert len(tickets(rt)) == 1
    assert told(rt) == [("erasure_asked", None)]


@pytest.mark.parametrize(
    "body", ["delete my photos from his phone", "meri tasveer delete karwa do orangi town mein", "us ne mera number facebook par dal diya"]
)
def test_who_is_threatened_with_photos_does_not_ask_to_be_erased(rt: Runtime, body: str) -> None:
    text_in(rt, body)
    assert told(rt) == []
    assert len(tickets(rt)) == 1


# Two people


def test_two_people_and_seven_days_erase_all_that_the_citizen_told(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    other = ended(rt, "meri gari gulshan se chori ho gai", OTHER)
    before = (ticket.category, ticket.area, ticket.status, ticket.reference)
    ask(rt, ticket)
    with rt.reading() as session:
        told_to = [volunteer(rt, who) for who in ("lead", "head")]
        assert all([alarm.kind for alarm, _ in alarms.open_for(session, one)] == ["mentioned"] for one in told_to)
    agree(rt, ticket)
    clock.forward(hours=7 * 24 - 1)
    assert erase_due(rt) is False
    assert words(rt) == [WORDS, "meri gari gulshan se chori ho gai"]
    note_parts(rt, "smsc", [SentPart(f"{text.id}", (), HER, text.id, 1, "", 1, 1) for text in texts_out(rt)], [])
    clock.forward(hours=1)
    assert erase_due(rt) is False
    assert words(rt) == ["", "meri gari gulshan se chori ho gai"]
    gone = contact(rt, ticket)
    assert (gone.mark, gone.number, gone.wrapped_key, gone.kind) == (None, None, None, "erased")
    assert contact(rt, other).number is not None
    with rt.reading() as session:  # a keyed hash of her number
        assert session.scalars(select(Row.message_id)).all() == [text.id for text in texts_out(rt) if text.contact_id != gone.id]
    now = next(one for one in tickets(rt) if one.id == ticket.id)
    assert (now.category, now.area, now.status, now.reference) == before
    alice, lead = volunteer(rt, "alice").id, volunteer(rt, "lead").id
    assert told(rt) == [("erasure_confirmed", alice), ("erasure_agreed", lead), ("erased", None)]
    assert erase_due(rt) is False


@pytest.mark.parametrize(
    ("first", "second"), [("lead", "lead"), ("alice", "alice"), ("alice", "bob"), ("bob", "charlie"), ("head", "head")]
)
def test_the_second_is_another_person_who_leads(rt: Runtime, first: str, second: str) -> None:
    ticket = ended(rt)
    ask(rt, ticket, first)
    with pytest.raises(NotAllowed):
        agree(rt, ticket, second)
    with rt.reading() as session:
        assert not erasing.erasing(rt, session, enter(session, volunteer(rt, second), ticket.reference)).may_agree
        assert session.scalars(select(Erasure.agreed_at)).one() is None


def test_a_person_whose_account_nobody_confirmed_agrees_to_nothing(rt: Runtime) -> None:
    ticket = ended(rt)
    ask(rt, ticket)
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "lead").values(confirmed=False))
    with pytest.raises((NoSuchTicket, NotAllowed)):
        agree(rt, ticket)


def test_it_takes_a_note_and_is_asked_and_agreed_to_once(rt: Runtime) -> None:
    ticket = ended(rt)
    with pytest.raises(NoteMissing):
        ask(rt, ticket, note="  ")
    with pytest.raises(TicketMoved):
        agree(rt, ticket)
    ask(rt, ticket)
    with pytest.raises(TicketMoved):
        ask(rt, ticket, "bob")
    agree(rt, ticket)
    with pytest.raises(TicketMoved):
        agree(rt, ticket, "head")
    assert count(rt, Erasure) == 1


def test_anybody_who_works_on_it_stops_it_with_a_reason_and_it_can_be_asked_again(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    ask(rt, ticket)
    agree(rt, ticket)
    with pytest.raises(NoteMissing):
        stop(rt, ticket, note="")
    stop(rt, ticket)
    with pytest.raises(TicketMoved):
        stop(rt, ticket)
    clock.forward(hours=8 * 24)
    assert erase_due(rt) is False
    assert words(rt) == [WORDS]
    ask(rt, ticket)
    assert count(rt, Erasure) == 2


def test_a_sealed_ticket_of_the_phone_is_told_to_its_own_leads_alone_and_keeps_the_phone_until_it_has_ended(
    rt: Runtime, clock: Clock
) -> None:
    text_in(rt, "thana ke SHO ne rishwat mangi saddar mein")
    clock.forward(hours=24)
    ended(rt)
    ticket = next(one for one in tickets(rt) if not one.sealed)
    sealed = next(one for one in tickets(rt) if one.sealed)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).where(Ticket.id == sealed.id).values(status="assigned"))
        tx.session.execute(update(Membership).where(Membership.team_id == sealed.team_id).values(is_lead=True))
        tx.session.execute(delete(Alarm))
    ask(rt, ticket)
    agree(rt, ticket)
    with rt.reading() as session:
        shown = erasing.erasing(rt, session, enter(session, volunteer(rt, "lead"), ticket.reference))
        assert (shown.bars, shown.others) == (frozenset(), [])
        told = set(session.scalars(select(Alarm.volunteer_id).where(Alarm.ticket_id == sealed.id)))
        assert told == set(people.leads(session, sealed.team_id or 0))
    assert told
    clock.forward(hours=8 * 24)
    assert erase_due(rt) is False
    assert contact(rt, ticket).kind != "erased"


def test_what_was_asked_on_a_ticket_stays_unseen_by_who_may_not_see_that_ticket(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "thana ke SHO ne rishwat mangi saddar mein")
    clock.forward(hours=24)
    ended(rt)
    ticket = next(one for one in tickets(rt) if not one.sealed)
    sealed = next(one for one in tickets(rt) if one.sealed)
    ask(rt, ticket)
    with rt.transaction() as tx:
        tx.session.execute(update(Erasure).values(ticket_id=sealed.id))
    with rt.reading() as session:
        assert erasing.erasing(rt, session, enter(session, volunteer(rt, "lead"), ticket.reference)).row is None


def test_who_is_complained_of_agrees_to_nothing(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "apke afsar ne badtameezi ki saddar mein")
    clock.forward(hours=24)
    ended(rt)
    named, ticket = tickets(rt)
    with rt.transaction() as tx:
        tx.session.execute(insert(ShutOut).values(ticket_id=named.id, volunteer_id=volunteer(rt, "head").id, made_at=tx.now))
    ask(rt, ticket)
    with pytest.raises(NotAllowed):
        agree(rt, ticket, "head")


# What stands against it


@pytest.mark.parametrize(
    ("values", "bar"),
    [
        ({"status": Status.IN_PROGRESS}, Bar.OPEN),
        ({"status": Status.REOPENED}, Bar.OPEN),
        ({"unread": True}, Bar.OPEN),
        ({"hold": True}, Bar.HELD),
        ({"status": Status.RESOLVED, "sealed": True}, Bar.OPEN),
        ({"status": Status.RESOLVED, "priority": Priority.URGENT}, Bar.OPEN),
    ],
)
def test_nothing_is_erased_while_a_ticket_may_still_be_needed(rt: Runtime, clock: Clock, values: dict[str, object], bar: Bar) -> None:
    ended(rt)
    clock.forward(hours=24)
    ended(rt, "meri gari gulshan se chori ho gai")
    ticket, other = tickets(rt)
    ask(rt, other)
    agree(rt, other)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(**values))
    clock.forward(hours=8 * 24)
    assert erase_due(rt) is False
    assert words(rt)[0] == WORDS
    stop(rt, other, "charlie" if other.sealed else "bob")
    with pytest.raises(CannotErase) as refused:
        ask(rt, other)
    assert bar in refused.value.args[0]
    close(rt)
    alter(rt, Ticket, sealed=False, priority=Priority.NORMAL)
    ask(rt, other)


def test_a_new_ticket_in_the_days_of_grace_keeps_it_back_until_that_has_ended(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    ask(rt, ticket)
    agree(rt, ticket)
    clock.forward(hours=6 * 24)
    text_in(rt, "meri gari gulshan se chori ho gai")
    clock.forward(hours=2 * 24)
    assert erase_due(rt) is False
    assert WORDS in words(rt)
    close(rt)
    assert erase_due(rt) is False  # it looks again in an hour
    alter(rt, Message, delivery="sent")
    clock.forward(hours=1)
    erase_due(rt)
    assert words(rt) == ["", ""]


def test_a_volunteers_own_phone_is_not_erased(rt: Runtime) -> None:
    ticket = ended(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "bob").values(phone_id=ticket.contact_id))
    with pytest.raises(CannotErase) as refused:
        ask(rt, ticket)
    assert refused.value.args[0] == {Bar.STAFF}


def test_a_phone_whose_number_does_not_open_keeps_no_other_from_being_erased_and_is_tried_again(rt: Runtime, clock: Clock) -> None:
    broken = ended(rt)
    other = ended(rt, "meri gari gulshan se chori ho gai", OTHER)
    for ticket in (broken, other):
        ask(rt, ticket)
        agree(rt, ticket)
        clock.forward(minutes=1)
    number = contact(rt, broken).number
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).where(Contact.id == broken.contact_id).values(number=b"\x01" + b"x" * 40))
    clock.forward(hours=8 * 24)
    assert erase_due(rt) is False
    assert words(rt) == [WORDS, ""]
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).where(Contact.id == broken.contact_id).values(number=number))
    erase_due(rt)
    assert words(rt) == [WORDS, ""]  # it looks again in an hour
    clock.forward(hours=1)
    erase_due(rt)
    assert words(rt) == ["", ""]


# What stays of a phone


def test_a_phone_on_hold_is_on_hold_the_day_after_and_its_own_texts_are_answered(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    with rt.transaction() as tx:
        marks = {"on_hold": True, "refused_texts_at": tx.now, "may_call": False}
        tx.session.execute(update(Contact).where(Contact.id == ticket.contact_id).values(**marks))
    erased(rt, clock, ticket)
    assert count(rt, Suppressed) == 1
    clock.forward(hours=24)
    text_in(rt, WORDS)
    new = contact(rt, tickets(rt)[-1])
    assert new.id != ticket.contact_id
    assert (new.on_hold, new.refused_texts_at is not None, new.refused_calls_at is not None, new.times_seen) == (True, True, True, 1)
    assert texts_out(rt)[-1].contact_id == new.id
    text_in(rt, WORDS, sender=OTHER)
    assert contact(rt, tickets(rt)[-1]).on_hold is False


def test_a_citizen_who_texts_again_the_day_after_is_new_and_the_old_reference_is_a_strangers(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    erased(rt, clock, ticket)
    assert count(rt, Suppressed) == 0
    clock.forward(hours=24)
    text_in(rt, ticket.reference)
    text_in(rt, ticket.reference, sender=OTHER)  # whose it never was
    ours, theirs = texts_out(rt)[-2:]
    assert ours.text_key == theirs.text_key
    assert ours.contact_id != ticket.contact_id
    text_in(rt, WORDS)
    assert texts_out(rt)[-1].text_key == "receipt"


def test_what_an_earlier_owner_told_stays_unless_the_citizen_knows_it(rt: Runtime, clock: Clock) -> None:
    ended(rt)
    clock.forward(hours=200 * 24)
    ticket = ended(rt, "meri gari gulshan se chori ho gai")
    assert contact(rt, ticket).owner_since is not None
    ask(rt, ticket)
    agree(rt, ticket)
    clock.forward(hours=7 * 24)
    erase_due(rt)
    assert words(rt) == [WORDS, ""]
    gone = contact(rt, ticket)
    assert (gone.mark, gone.number) == (None, None)
    with rt.reading() as session:
        shown = [erasing.erasing(rt, session, enter(session, volunteer(rt, "head"), one.reference)).wiped for one in tickets(rt)]
    assert [one is not None for one in shown] == [False, True]


def test_with_the_citizens_word_what_was_told_earlier_goes_too(rt: Runtime, clock: Clock) -> None:
    ended(rt)
    clock.forward(hours=200 * 24)
    ticket = ended(rt, "meri gari gulshan se chori ho gai")
    ask(rt, ticket, older=True)
    agree(rt, ticket)
    clock.forward(hours=7 * 24)
    erase_due(rt)
    assert words(rt) == ["", ""]
