"""Abusive and prank callers: marked by two people, slowed, listed last, and never blocked: danger from them rings like anybody's."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from hotline.domain.call import CallReason
from hotline.domain.look import Look
from hotline.domain.queue import QueueFilter, QueueList
from hotline.domain.ticket import Priority
from hotline.runtime import Runtime
from hotline.services.access import NotAllowed, NoteMissing
from hotline.services.calls.placing import place_calls
from hotline.services.tickets import facts, pranks
from hotline.services.tickets.facts import NoSuchChoice
from hotline.services.tickets.routing import route_due
from hotline.storage import people, queues
from hotline.storage.callmodels import Recording
from hotline.storage.events import EventKind
from hotline.storage.models import Alarm, Event, Message, Note, ShutOut, Ticket
from hotline.storage.prankmodels import Prank
from hotline.storage.tickets import TicketMoved
from tests.calling import Caller, calls_of
from tests.services.calls.test_missedcalls import VOICE, CallingGateway, missed
from tests.services.colleagues import volunteer
from tests.support import HER, OTHER, SNATCHED, Clock, count, said, text_in, texts_out, tickets

NOTE = "swears at us every night"


def of(rt: Runtime, reference: str) -> Ticket:
    return next(ticket for ticket in tickets(rt) if ticket.reference == reference)


def mark(rt: Runtime, ticket: Ticket, who: str = "alice") -> None:
    pranks.mark(rt, volunteer(rt, who), ticket.reference, version=of(rt, ticket.reference).version, note=NOTE)


def confirm(rt: Runtime, ticket: Ticket, who: str = "bob") -> None:
    pranks.confirm(rt, volunteer(rt, who), ticket.reference, version=of(rt, ticket.reference).version)


def unmark(rt: Runtime, ticket: Ticket, who: str = "alice", note: str = "it was her little son") -> None:
    pranks.unmark(rt, volunteer(rt, who), ticket.reference, version=of(rt, ticket.reference).version, note=note)


@pytest.fixture
def marked(rt: Runtime, ticket: Ticket) -> Ticket:
    """A ticket of a phone that two people marked."""
    mark(rt, ticket)
    confirm(rt, ticket)
    return of(rt, ticket.reference)


def priorities(rt: Runtime) -> list[int]:
    return [ticket.priority for ticket in tickets(rt)]


def told(rt: Runtime) -> list[tuple[str, int | None]]:
    kinds = (EventKind.PRANK_MARKED, EventKind.PRANK_CONFIRMED, EventKind.PRANK_UNMARKED)
    with rt.reading() as session:
        found = session.execute(select(Event.kind, Event.volunteer_id).where(Event.kind.in_(kinds)).order_by(Event.id))
        return [(row[0], row[1]) for row in found]


# Two people


def test_one_person_alone_changes_nothing(rt: Runtime, ticket: Ticket) -> None:
    mark(rt, ticket)
    assert priorities(rt) == [Priority.HIGH]
    text_in(rt, SNATCHED, sender=OTHER)
    with pytest.raises(NotAllowed):
        confirm(rt, ticket, "alice")
    assert priorities(rt) == [Priority.HIGH] * 2


def test_the_second_confirms_and_the_timeline_tells_of_both_with_the_reason(rt: Runtime, marked: Ticket) -> None:
    assert marked.priority == Priority.LAST
    assert told(rt) == [("prank_marked", volunteer(rt, "alice").id), ("prank_confirmed", volunteer(rt, "bob").id)]
    with rt.reading() as session:
        assert [note.body for note in session.scalars(select(Note))] == [NOTE]


def test_a_mark_takes_a_reason_and_so_does_taking_it_off(rt: Runtime, ticket: Ticket) -> None:
    with pytest.raises(NoteMissing):
        pranks.mark(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, note=" ")
    mark(rt, ticket)
    with pytest.raises(NoteMissing):
        unmark(rt, ticket, note="")
    assert count(rt, Prank) == 1


def test_who_is_late_is_told(rt: Runtime, marked: Ticket) -> None:
    for late in (lambda: mark(rt, marked, "lead"), lambda: confirm(rt, marked, "lead")):
        with pytest.raises(TicketMoved):
            late()
    unmark(rt, marked)
    with pytest.raises(TicketMoved):
        unmark(rt, marked)


def test_anybody_who_works_on_it_takes_the_mark_off_and_its_tickets_are_what_they_were(rt: Runtime, marked: Ticket) -> None:
    unmark(rt, marked)
    assert (priorities(rt), count(rt, Prank), told(rt)[-1][0]) == ([Priority.HIGH], 0, "prank_unmarked")
    text_in(rt, "my neighbour's goat eats my roses", sender=HER)
    assert Priority.LAST not in priorities(rt)


# Listed last


def test_what_it_texts_from_now_on_comes_last_in_the_queue(rt: Runtime, marked: Ticket, clock: Clock) -> None:
    clock.forward(hours=1)
    text_in(rt, f"{SNATCHED} aaj")
    clock.forward(hours=1)
    text_in(rt, "a goat", sender=OTHER)
    route_due(rt)
    lead = volunteer(rt, "lead")
    with rt.reading() as session:
        asked = QueueFilter(QueueList.ALL)
        page = queues.page(session, lead, people.rights(session, lead), asked, after=None, limit=9).tickets
    assert [ticket.priority for ticket in page] == [Priority.NORMAL, Priority.LAST, Priority.LAST]
    assert page[0].contact_id != marked.contact_id


def test_more_ordinary_words_leave_it_last(rt: Runtime, marked: Ticket, clock: Clock) -> None:
    text_in(rt, SNATCHED)  # joins it
    assert priorities(rt) == [Priority.LAST]


def test_a_person_may_raise_it_by_hand_and_it_stays_so(rt: Runtime, marked: Ticket) -> None:
    facts.set_priority(rt, volunteer(rt, "alice"), marked.reference, version=marked.version, to=Priority.NORMAL, note="")
    route_due(rt)
    assert priorities(rt) == [Priority.NORMAL]


def test_texts_that_wait_for_a_look_wait_last(rt: Runtime, ticket: Ticket) -> None:
    text_in(rt, "hello?", sender=HER)
    text_in(rt, SNATCHED, sender=OTHER)
    with rt.transaction() as tx:
        mine = [message.id for message in tx.session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id))]
        tx.session.execute(update(Message).where(Message.id.in_(mine)).values(look=Look.NEXT))
        tx.session.execute(update(Message).where(Message.id == mine[0]).values(look=Look.FIRST))
    mark(rt, ticket)
    confirm(rt, ticket)

    def looks() -> list[int | None]:
        with rt.reading() as session:
            return list(session.scalars(select(Message.look).where(Message.id.in_(mine)).order_by(Message.id)))

    assert looks() == [Look.FIRST, Look.LAST, Look.NEXT]
    unmark(rt, ticket)
    assert looks() == [Look.FIRST, Look.NEXT, Look.NEXT]


def test_what_comes_from_a_marked_phone_is_looked_at_last_and_what_may_be_danger_first(rt: Runtime, marked: Ticket) -> None:
    for body in (SNATCHED, "bachao", "call mat karna", "???"):
        text_in(rt, body)
    text_in(rt, SNATCHED, sender=OTHER)
    with rt.reading() as session:
        looks = session.scalars(select(Message.look).where(Message.direction == "in").order_by(Message.id.desc()).limit(5)).all()
    assert looks[::-1] == [Look.LAST, Look.FIRST, Look.FIRST, Look.FIRST, Look.NEXT]


def test_a_recording_of_a_marked_phone_is_heard_last_and_first_once_danger_is_keyed(rt: Runtime, marked: Ticket) -> None:
    caller = Caller(rt).ring()
    if "language_key" in caller.hears:
        caller.press("1")
    caller.press("1", "1", "1", "1").speak()
    heard = select(Recording.look)
    with rt.reading() as session:
        assert session.scalars(heard).all() == [Look.LAST]
    caller.press("0")
    with rt.reading() as session:
        assert session.scalars(heard).all() == [Look.FIRST]


# Never blocked


CRIES = ("bachao", "mera shohar mujhe marta hai", "bachao bachao madad")


@pytest.mark.parametrize("body", CRIES)
def test_danger_from_it_is_filed_and_rings_as_from_anybody(rt: Runtime, marked: Ticket, clock: Clock, body: str) -> None:
    clock.forward(hours=1)
    text_in(rt, body, sender=OTHER)
    text_in(rt, body, sender=HER)
    route_due(rt)
    others, its = tickets(rt)[1:]
    for fact in ("priority", "danger", "hold", "sealed", "category", "team_id"):
        assert getattr(its, fact) == getattr(others, fact), fact
    with rt.reading() as session:
        rung = [list(session.scalars(select(Alarm.kind).where(Alarm.ticket_id == one.id))) for one in (others, its)]
    assert rung[0] == rung[1]
    assert rung[0] != []


def test_danger_told_on_a_ticket_that_comes_last_makes_it_urgent(rt: Runtime, marked: Ticket) -> None:
    text_in(rt, "bachao")
    assert Priority.URGENT in priorities(rt)


def test_what_is_sealed_held_or_urgent_never_comes_last(rt: Runtime, ticket: Ticket, clock: Clock) -> None:
    clock.forward(hours=1)
    text_in(rt, "thanay ke SHO ne mujh se rishwat mangi")
    clock.forward(hours=1)
    text_in(rt, "bachao")
    mark(rt, ticket)
    confirm(rt, ticket)
    clock.forward(hours=1)
    text_in(rt, "thanay ke SHO ne mujh se rishwat mangi")
    for one in tickets(rt):
        assert (one.priority == Priority.LAST) is not (one.sealed or one.hold or one.danger is not None)


def test_a_ticket_that_the_second_person_may_not_see_is_not_put_last(rt: Runtime, ticket: Ticket, clock: Clock) -> None:
    """Two volunteers whom a citizen complains of could bury the complaint by the mark."""
    clock.forward(hours=1)
    text_in(rt, f"{SNATCHED} aaj")
    with rt.transaction() as tx:
        out = {"volunteer_id": volunteer(rt, "bob").id, "made_by": volunteer(rt, "lead").id, "made_at": tx.now}
        tx.session.add(ShutOut(ticket_id=tickets(rt)[1].id, **out))
    mark(rt, ticket)
    confirm(rt, ticket)
    assert priorities(rt) == [Priority.LAST, Priority.HIGH]


# Slowed, and not told


def test_it_is_answered_twice_an_hour_and_every_text_is_kept(rt: Runtime, marked: Ticket, clock: Clock) -> None:
    clock.forward(hours=2)
    before = len(said(rt))
    for n in range(6):
        clock.forward(minutes=11)  # each opens a ticket
        text_in(rt, f"{SNATCHED}, {n} log thay")
    assert (len(tickets(rt)), len(said(rt)) - before) == (7, 2)
    clock.forward(hours=1)
    text_in(rt, SNATCHED)
    assert len(said(rt)) - before == 3


def test_what_it_is_told_is_what_anybody_is_told(rt: Runtime, marked: Ticket, clock: Clock) -> None:
    clock.forward(hours=2)
    text_in(rt, SNATCHED, sender=OTHER)
    text_in(rt, SNATCHED, sender=HER)
    others, its = texts_out(rt)[-2:]
    ref = [f"{one.reference[:3]}-{one.reference[3:6]}-{one.reference[6:]}" for one in tickets(rt)[-2:]]
    assert others.body.replace(ref[0], "") == its.body.replace(ref[1], "")


def test_it_is_not_called_back_and_stands_in_the_book(make_rt: Callable[..., Runtime], rt: Runtime, marked: Ticket) -> None:
    calling = make_rt(voice=VOICE)
    missed(calling, HER)
    missed(calling, OTHER)
    gateway = CallingGateway()
    place_calls(calling, gateway)
    assert [to for to, _ in gateway.placed] == [OTHER]
    assert [call.reason for call in calls_of(rt) if call.direction == "missed"] == [CallReason.SLOWED, None]


def test_nobody_puts_another_ticket_last_by_hand(rt: Runtime, ticket: Ticket) -> None:
    with pytest.raises(NoSuchChoice):
        facts.set_priority(rt, volunteer(rt, "lead"), ticket.reference, version=ticket.version, to=Priority.LAST, note=NOTE)
