"""Two matters on one ticket: texts go to a ticket of their own, or to another one of the phone, and nothing becomes less safe by it."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select, update

from hotline.domain import searching
from hotline.domain.danger import RINGS, Danger
from hotline.domain.look import Look
from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.services.access import NoSuchTicket, NotAllowed, NoteMissing
from hotline.services.tickets import facts, splitting
from hotline.services.tickets.facts import NoSuchChoice
from hotline.services.tickets.indexing import index_words
from hotline.services.tickets.routing import route_due
from hotline.storage import bridges, shutouts, ticketwords
from hotline.storage.models import Alarm, Event, Message, Ticket
from hotline.storage.tickets import TicketMoved
from tests.opened import seal
from tests.services.colleagues import volunteer
from tests.support import HER, OTHER, Clock, said, text_in, texts_out, tickets

HIS = "gali se meri motorcycle chori ho gai hai"
HERS = "woh ghar par nahi hai, main akeli hun"
BRIBED = "thanay ke SHO ne mujh se rishwat mangi"


def texts_of(rt: Runtime, ticket: Ticket) -> list[tuple[int, str]]:
    """Id and body of each text that came in on a ticket."""
    with rt.reading() as session:
        rows = session.scalars(select(Message).where(Message.ticket_id == ticket.id, Message.direction == "in").order_by(Message.id))
        return [(row.id, row.body) for row in rows]


def set_to(rt: Runtime, ticket: Ticket, **values: Any) -> Ticket:
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(**values))
    return next(one for one in tickets(rt) if one.id == ticket.id)


def split(rt: Runtime, who: str, ticket: Ticket, ids: Sequence[int], **how: Any) -> Ticket:
    reference = splitting.split(rt, volunteer(rt, who), ticket.reference, version=ticket.version, text_ids=ids, **how)
    return next(one for one in tickets(rt) if one.reference == reference)


@pytest.fixture
def two(rt: Runtime, ticket: Ticket) -> Ticket:
    """A ticket with a text of a second matter."""
    text_in(rt, HERS)
    return tickets(rt)[0]


def kinds(rt: Runtime, ticket: Ticket) -> list[tuple[str, int | None, int | None]]:
    with rt.reading() as session:
        rows = session.scalars(select(Event).where(Event.ticket_id == ticket.id, Event.kind.in_(("moved_out", "moved_in"))))
        return [(event.kind, event.volunteer_id, event.data["other"]) for event in rows]


def test_chosen_texts_get_a_ticket_of_their_own_and_nothing_goes_out(rt: Runtime, two: Ticket) -> None:
    first, second = texts_of(rt, two)
    sent = len(texts_out(rt))
    new = split(rt, "bob", two, [second[0]])
    old = tickets(rt)[0]
    assert (texts_of(rt, old), texts_of(rt, new)) == ([first], [second])
    assert (new.contact_id, new.status, new.unread, old.version) == (old.contact_id, Status.NEW, True, two.version + 1)
    assert new.reference != old.reference
    assert len(texts_out(rt)) == sent
    bob = volunteer(rt, "bob").id
    assert (kinds(rt, old), kinds(rt, new)) == ([("moved_out", bob, new.id)], [("moved_in", bob, old.id)])
    route_due(rt)
    assert tickets(rt)[-1].assignee_id is not None
    with rt.reading() as session:
        assert session.get_one(Message, second[0]).look == Look.NEXT  # it still waits for a look


def test_a_receipt_goes_if_it_is_asked_for_and_may_go(rt: Runtime, two: Ticket) -> None:
    new = split(rt, "bob", two, [texts_of(rt, two)[1][0]], receipt=True)
    last = texts_out(rt)[-1]
    assert (last.text_key, last.ticket_id) == ("receipt", new.id)


@pytest.mark.parametrize(
    "asks",
    [{"hold": True}, {"sealed": True, "category": "police"}, {"danger": Danger.READ, "priority": Priority.URGENT, "hold": True}],
)
def test_no_receipt_goes_where_nothing_may(rt: Runtime, two: Ticket, asks: dict[str, Any]) -> None:
    held, sent = set_to(rt, two, **asks), len(texts_out(rt))
    split(rt, "bob", held, [texts_of(rt, two)[1][0]], receipt=True) if not held.sealed else None
    assert len(texts_out(rt)) == sent


def test_no_receipt_goes_for_words_that_ask_for_a_hold(rt: Runtime, ticket: Ticket) -> None:
    ids = [texts_of(rt, ticket)[0][0]]
    with rt.transaction() as tx:
        seal(tx.session, ids[0], "mere bhai ko aghwa kar liya hai")
    sent = len(texts_out(rt))
    new = split(rt, "bob", ticket, ids, receipt=True)
    assert (new.hold, new.danger, len(texts_out(rt))) == (True, Danger.SURE, sent)


def test_no_receipt_goes_at_night_or_to_a_phone_that_asked_for_none(rt: Runtime, two: Ticket) -> None:
    text_in(rt, "OFF")
    sent = len(texts_out(rt))
    split(rt, "bob", two, [texts_of(rt, two)[1][0]], receipt=True)
    assert len(texts_out(rt)) == sent


@pytest.mark.parametrize("danger", [None, Danger.READ, Danger.CRY, Danger.PERSON])
def test_a_new_ticket_keeps_hold_and_danger_and_rings(rt: Runtime, two: Ticket, danger: Danger | None) -> None:
    held = set_to(
        rt, two, hold=True, danger=danger, danger_at=rt.clock(), acted_at=rt.clock(), priority=Priority.URGENT if danger else Priority.HIGH
    )
    new = split(rt, "bob", held, [texts_of(rt, two)[1][0]])
    assert (new.hold, new.danger, new.priority) == (True, danger, held.priority)
    assert (new.danger_at is not None) is (danger is not None)
    assert (new.next_ring_at is not None) is (danger in RINGS)
    route_due(rt)
    with rt.reading() as session:
        rang = session.scalars(select(Alarm.kind).where(Alarm.ticket_id == new.id)).all()
    assert "urgent" in rang or "nobody_on_duty" in rang or danger is None


def test_a_sealed_ticket_gives_a_sealed_one_of_the_same_team(rt: Runtime, ticket: Ticket) -> None:
    text_in(rt, BRIBED, sender=OTHER)
    text_in(rt, HERS, sender=OTHER)
    route_due(rt)
    sealed = tickets(rt)[1]
    new = split(rt, "charlie", sealed, [texts_of(rt, sealed)[1][0]])
    assert (new.sealed, new.hold, new.category, new.team_id) == (True, True, "police", sealed.team_id)
    route_due(rt)
    assert tickets(rt)[-1].team_id == sealed.team_id
    with pytest.raises(NoSuchTicket):
        split(rt, "bob", tickets(rt)[1], [texts_of(rt, sealed)[0][0]])


def test_words_that_seal_seal_the_new_ticket_only(rt: Runtime, ticket: Ticket) -> None:
    with rt.transaction() as tx:
        text = tx.session.scalars(select(Message).where(Message.direction == "in")).one()
        seal(tx.session, text.id, BRIBED)
    new = split(rt, "bob", ticket, [text.id])
    assert (new.sealed, tickets(rt)[0].sealed) == (True, False)


def test_only_a_lead_says_with_a_note_that_the_new_ticket_needs_no_such_care(rt: Runtime, two: Ticket) -> None:
    held = set_to(rt, two, hold=True, danger=Danger.READ, danger_at=rt.clock(), priority=Priority.URGENT)
    ids = [texts_of(rt, two)[1][0]]
    with pytest.raises(NotAllowed):
        split(rt, "bob", held, ids, lighter=True, note="his bike")
    with pytest.raises(NoteMissing):
        split(rt, "lead", held, ids, lighter=True, note=" ")
    new = split(rt, "lead", held, ids, lighter=True, note="his bike")
    assert (new.hold, new.danger, new.priority) == (False, None, Priority.NORMAL)
    old = tickets(rt)[0]
    assert (old.hold, old.danger, old.priority) == (True, Danger.READ, Priority.URGENT)


def test_who_must_not_see_the_one_must_not_see_the_other(rt: Runtime, two: Ticket) -> None:
    alice = volunteer(rt, "alice").id
    facts.shut_out(rt, volunteer(rt, "lead"), two.reference, version=two.version, whom=alice, out=True)
    new = split(rt, "bob", tickets(rt)[0], [texts_of(rt, two)[1][0]])
    route_due(rt)
    assert tickets(rt)[-1].assignee_id not in (None, alice)
    with rt.reading() as session:
        assert shutouts.of_ticket(session, new.id) == [alice]


def another(rt: Runtime, clock: Clock, body: str = HIS, sender: str = HER) -> Ticket:
    """A second ticket of the phone."""
    clock.forward(minutes=30)
    text_in(rt, body, sender=sender)
    route_due(rt)
    return tickets(rt)[-1]


def test_texts_move_to_another_ticket_of_the_phone(rt: Runtime, two: Ticket, clock: Clock) -> None:
    other = another(rt, clock)
    moved = texts_of(rt, two)[1]
    splitting.move(rt, volunteer(rt, "bob"), two.reference, version=two.version, text_ids=[moved[0]], to=other.reference)
    old, target = tickets(rt)
    assert [body for _, body in texts_of(rt, target)] == [moved[1], HIS]
    assert (target.unread, target.version, old.version) == (True, other.version + 1, two.version + 1)
    bob = volunteer(rt, "bob").id
    assert (kinds(rt, old), kinds(rt, target)) == ([("moved_out", bob, target.id)], [("moved_in", bob, old.id)])
    with pytest.raises(TicketMoved):
        splitting.move(rt, volunteer(rt, "bob"), two.reference, version=two.version, text_ids=[moved[0]], to=other.reference)


def test_what_is_moved_brings_hold_danger_and_who_is_shut_out_along(rt: Runtime, two: Ticket, clock: Clock) -> None:
    other = another(rt, clock)
    alice = volunteer(rt, "alice").id
    other = set_to(rt, other, assignee_id=alice, status=Status.ASSIGNED)
    facts.shut_out(rt, volunteer(rt, "lead"), two.reference, version=two.version, whom=alice, out=True)
    held = set_to(rt, two, hold=True, danger=Danger.CRY, danger_at=rt.clock(), priority=Priority.URGENT)
    splitting.move(rt, volunteer(rt, "bob"), two.reference, version=held.version, text_ids=[texts_of(rt, two)[1][0]], to=other.reference)
    target = tickets(rt)[1]
    assert (target.hold, target.danger, target.priority, target.assignee_id) == (True, Danger.CRY, Priority.URGENT, None)
    route_due(rt)
    assert tickets(rt)[1].assignee_id not in (None, alice)
    with rt.reading() as session:
        assert session.scalars(select(Alarm).where(Alarm.ticket_id == target.id)).all()


def test_moved_out_of_a_sealed_ticket_the_other_is_sealed_to_the_same_team(rt: Runtime, ticket: Ticket, clock: Clock) -> None:
    other = another(rt, clock, HIS, OTHER)
    sealed = another(rt, clock, BRIBED, OTHER)
    charlie = volunteer(rt, "charlie")
    splitting.move(rt, charlie, sealed.reference, version=sealed.version, text_ids=[texts_of(rt, sealed)[0][0]], to=other.reference)
    target = next(one for one in tickets(rt) if one.id == other.id)
    assert (target.sealed, target.hold, target.team_id, target.category) == (True, True, sealed.team_id, "police")


def plans(rt: Runtime, *which: Ticket) -> list[tuple[object, ...] | None]:
    """Of each ticket: its code word, the text in which the citizen agreed, and whether a call is to be made."""
    with rt.reading() as session:
        found = [bridges.plan(session, one.id) for one in which]
        words = [bridges.code_word(session, one) for one in found]
        return [
            (word, one.agreed_in, one.wanted_at is not None) if one is not None else None for word, one in zip(words, found, strict=True)
        ]


def planned(rt: Runtime, ticket: Ticket, agreed_in: int) -> None:
    with rt.transaction() as tx:
        alice = volunteer(rt, "alice").id
        bridges.keep_plan(tx.session, ticket.id, agreed_at=tx.now, agreed_by=alice, agreed_in=agreed_in, wanted_at=tx.now)
        bridges.keep_code_word(tx.session, ticket.id, "aloo")


def test_what_is_known_of_a_call_goes_with_the_texts(rt: Runtime, two: Ticket) -> None:
    second = texts_of(rt, two)[1][0]
    planned(rt, two, second)
    new = split(rt, "bob", two, [second])
    assert plans(rt, tickets(rt)[0], new) == [("aloo", None, True), ("aloo", second, True)]
    splitting.move(rt, volunteer(rt, "bob"), new.reference, version=new.version, text_ids=[second], to=two.reference)
    assert plans(rt, tickets(rt)[0], new) == [("aloo", second, True), ("aloo", None, True)]


def test_an_agreement_in_a_text_that_stays_and_the_code_word_of_a_lighter_ticket_do_not_go(rt: Runtime, two: Ticket) -> None:
    first, second = (one for one, _ in texts_of(rt, two))
    planned(rt, two, first)
    new = split(rt, "lead", two, [second], lighter=True, note="his bike")
    assert plans(rt, tickets(rt)[0], new) == [("aloo", first, True), None]


def test_a_hold_that_a_person_asked_for_stays_a_persons_on_the_other_ticket(rt: Runtime, two: Ticket, clock: Clock) -> None:
    other = set_to(rt, another(rt, clock), hold=True)  # by the machine
    facts.hold(rt, volunteer(rt, "alice"), two.reference, version=two.version, on=True, note="")
    two = tickets(rt)[0]
    splitting.move(rt, volunteer(rt, "bob"), two.reference, version=two.version, text_ids=[texts_of(rt, two)[1][0]], to=other.reference)
    with rt.transaction() as tx:
        assert facts.is_held_by_person(rt, tx, tickets(rt)[1])


def test_a_ticket_of_another_phone_a_closed_one_itself_and_an_unseen_one_take_nothing(rt: Runtime, two: Ticket, clock: Clock) -> None:
    foreign, closed, sealed = another(rt, clock, HIS, OTHER), another(rt, clock), another(rt, clock, BRIBED)
    set_to(rt, closed, status=Status.CLOSED)
    ids = [texts_of(rt, two)[1][0]]
    for to in (foreign, closed, two):
        with pytest.raises(NoSuchChoice):
            splitting.move(rt, volunteer(rt, "bob"), two.reference, version=two.version, text_ids=ids, to=to.reference)
    for to in (sealed.reference, "482719365"):
        with pytest.raises(NoSuchTicket):
            splitting.move(rt, volunteer(rt, "bob"), two.reference, version=two.version, text_ids=ids, to=to)
    with rt.reading() as session:
        assert splitting.others(session, volunteer(rt, "bob"), two) == []


@pytest.mark.parametrize("wrong", ["none", "foreign", "ours", "unknown", "twice and unknown"])
def test_only_texts_that_came_in_on_this_ticket_are_moved(rt: Runtime, two: Ticket, wrong: str) -> None:
    text_in(rt, HIS, sender=OTHER)
    theirs, own = texts_of(rt, tickets(rt)[1])[0][0], texts_of(rt, two)[1][0]
    ids = {"none": [], "foreign": [own, theirs], "ours": [texts_out(rt)[0].id], "unknown": [4711], "twice and unknown": [own, own, 4711]}[
        wrong
    ]
    with pytest.raises(NoSuchChoice):
        split(rt, "bob", two, ids)
    assert len(tickets(rt)) == 2


def test_each_is_found_by_what_is_on_it_now(rt: Runtime, two: Ticket) -> None:
    while index_words(rt):
        pass
    key = searching.key_of(rt.keys.search)

    def found(word: str) -> list[int]:
        with rt.reading() as session:
            hashed = [searching.hashed(key, one) for one in searching.words(word)]
            return [one.id for one in ticketwords.having_all(session, volunteer(rt, "bob"), hashed, before=None, limit=9)[0]]

    assert found("akeli") == [two.id]
    new = split(rt, "bob", two, [texts_of(rt, two)[1][0]])
    assert (found("akeli"), found("mobile")) == ([new.id], [two.id])


def test_after_a_split_the_next_words_join_the_ticket_of_the_last_text(rt: Runtime, two: Ticket) -> None:
    new = split(rt, "bob", two, [texts_of(rt, two)[1][0]])
    text_in(rt, "darwaza band hai")
    assert [body for _, body in texts_of(rt, new)] == [HERS, "darwaza band hai"]
    assert said(rt) == ["receipt"]
