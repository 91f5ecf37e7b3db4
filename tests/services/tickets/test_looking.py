"""The first look: every text and recording waits for a person, and what a person may say of it."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.danger import Danger
from hotline.domain.look import Look, LookAnswer
from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.services.access import NoSuchTicket
from hotline.services.tickets import casework, facts, looking, replies, taking
from hotline.services.tickets.facts import NoSuchChoice
from hotline.services.tickets.looking import Given, NotHeard, SomebodyWasFirst
from hotline.services.tickets.routing import route_due
from hotline.storage import shutouts
from hotline.storage.callmodels import Recording
from hotline.storage.lookmodels import LookRow
from hotline.storage.models import Contact, Event, Message, Ticket
from hotline.storage.tickets import TicketMoved
from tests.opened import has_words
from tests.recorded import RecordingGateway, a_recording, fetch
from tests.services.colleagues import settle, volunteer
from tests.support import OTHER, SNATCHED, Clock, alter, count, said, text_in, tickets

PLAIN = "My motorcycle was taken away from Saddar last night"
READ_AS_DANGER = "mera shohar mujhe marta hai"
BRIBED = "thanay ke SHO ne mujh se rishwat mangi"
ORDINARY, NOT_OURS = Given(LookAnswer.ORDINARY), Given(LookAnswer.NOT_OURS)


@pytest.fixture(autouse=True)
def _people(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def waiting(rt: Runtime, login: str = "alice") -> list[str]:
    """What waits for a volunteer, in the order of the list: the words of texts, and "recording"."""
    with rt.reading() as session:
        found = looking.waiting(rt, session, volunteer(rt, login), limit=50)
        texts = {row.id: row.body for row in session.scalars(select(Message))}
        return [texts[one.item.message_id] if one.item.message_id is not None else "recording" for one in found]


def look(rt: Runtime, login: str = "alice") -> int:
    found = looking.take_next(rt, volunteer(rt, login))
    assert found is not None
    return found


def say(rt: Runtime, given: Given | LookAnswer, login: str = "alice") -> bool:
    """A volunteer looks at the next one and says that."""
    return looking.answer(rt, volunteer(rt, login), look(rt, login), given if isinstance(given, Given) else Given(given))


def ticket(rt: Runtime) -> Ticket:
    return tickets(rt)[0]


def told(rt: Runtime, kind: str) -> list[dict[str, object]]:
    with rt.reading() as session:
        return list(session.scalars(select(Event.data).where(Event.kind == kind).order_by(Event.id)))


# What waits, and for whom


def test_every_text_waits_whether_it_opened_a_ticket_or_joined_one_and_danger_stands_first(rt: Runtime, clock: Clock) -> None:
    text_in(rt, PLAIN)
    clock.forward(minutes=1)
    text_in(rt, "It was a red Honda and the number plate is new")
    text_in(rt, "bachao", sender=OTHER)
    text_in(rt, "???", sender="+923451234503")
    assert len(tickets(rt)) == 3
    assert waiting(rt) == ["bachao", "???", PLAIN, "It was a red Honda and the number plate is new"]


def test_commands_and_our_own_texts_do_not_wait(rt: Runtime) -> None:
    text_in(rt, "urdu")
    text_in(rt, "OFF")
    assert waiting(rt) == []


def test_a_sealed_text_waits_for_its_own_team_and_nobody_who_is_shut_out_sees_it(rt: Runtime) -> None:
    text_in(rt, BRIBED)
    text_in(rt, PLAIN, sender=OTHER)
    route_due(rt)
    assert (waiting(rt, "alice"), waiting(rt, "charlie")) == ([PLAIN], [BRIBED, PLAIN])
    with rt.transaction() as tx:
        for one in tickets(rt):
            shutouts.shut_out(tx.session, one.id, volunteer(rt, "charlie").id, made_by=volunteer(rt, "head").id, now=tx.now)
    assert waiting(rt, "charlie") == []


def test_a_text_on_no_ticket_is_shown_to_any_team_but_not_to_who_is_shut_out_of_a_ticket_of_that_phone(rt: Runtime) -> None:
    text_in(rt, PLAIN)
    text_in(rt, "0")
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(has_words(tx.session, "0")).values(ticket_id=None))
        shutouts.shut_out(tx.session, ticket(rt).id, volunteer(rt, "bob").id, made_by=volunteer(rt, "head").id, now=tx.now)
    assert waiting(rt, "charlie") == ["0", PLAIN]
    assert waiting(rt, "bob") == []


def test_two_volunteers_are_shown_different_texts_and_one_who_leaves_holds_nothing_up(rt: Runtime, clock: Clock) -> None:
    text_in(rt, PLAIN)
    text_in(rt, SNATCHED, sender=OTHER)
    first = look(rt, "alice")
    assert look(rt, "alice") == first
    say(rt, ORDINARY, "bob")
    assert looking.take_next(rt, volunteer(rt, "bob")) is None
    clock.forward(minutes=3)
    assert waiting(rt, "bob")
    assert looking.take_next(rt, volunteer(rt, "bob")) is not None


def test_somebody_elses_look_is_not_there(rt: Runtime) -> None:
    text_in(rt, PLAIN)
    first = look(rt, "alice")
    for service in (
        lambda: looking.answer(rt, volunteer(rt, "bob"), first, ORDINARY),
        lambda: looking.hear(rt, volunteer(rt, "bob"), first),
    ):
        with pytest.raises(NoSuchTicket):
            service()


def test_a_text_that_was_sealed_after_it_was_shown_is_gone(rt: Runtime) -> None:
    text_in(rt, PLAIN)
    route_due(rt)
    mine = look(rt, "alice")
    one = ticket(rt)
    facts.seal(rt, volunteer(rt, "bob"), one.reference, version=one.version - 1, kind="police", note="")
    with pytest.raises(NoSuchTicket):
        looking.answer(rt, volunteer(rt, "alice"), mine, ORDINARY)


# What a person may say


def test_who_looks_says_danger_and_the_ticket_is_urgent_and_held(rt: Runtime) -> None:
    text_in(rt, PLAIN)
    assert say(rt, LookAnswer.DANGER)
    one = ticket(rt)
    assert (one.danger, one.priority, one.hold, one.routed_at) == (Danger.PERSON, Priority.URGENT, True, None)
    assert waiting(rt) == []
    [looked] = told(rt, "looked")
    assert looked["answer"] == "danger"
    assert looked["category"] == tickets(rt)[0].category
    assert (looked["held"], looked["sealed"]) == (False, False)


def test_danger_counts_though_a_colleague_was_first(rt: Runtime) -> None:
    text_in(rt, PLAIN)
    first = look(rt, "alice")
    alter(rt, Message, look=None)
    with pytest.raises(SomebodyWasFirst):
        looking.answer(rt, volunteer(rt, "alice"), first, ORDINARY)
    assert looking.answer(rt, volunteer(rt, "alice"), first, Given(LookAnswer.DANGER))
    assert ticket(rt).danger == Danger.PERSON


def test_danger_said_of_a_text_on_a_closed_ticket_brings_the_ticket_back_to_the_queue(rt: Runtime) -> None:
    text_in(rt, PLAIN)
    alter(rt, Ticket, status=Status.CLOSED, unread=False)
    assert say(rt, LookAnswer.DANGER)
    assert (ticket(rt).unread, ticket(rt).danger) == (True, Danger.PERSON)


def test_a_kind_moves_a_ticket_that_nobody_has_begun_to_its_team_and_holds_and_seals_as_its_row_says(rt: Runtime) -> None:
    text_in(rt, PLAIN)
    route_due(rt)
    assert say(rt, Given(LookAnswer.KIND, kind="police"))
    one = ticket(rt)
    assert (one.category, one.sealed, one.hold, one.team_id) == ("police", True, True, None)
    route_due(rt)
    assert ticket(rt).assignee_id == volunteer(rt, "charlie").id


def test_an_urgent_kind_is_danger_that_a_person_called_so(rt: Runtime) -> None:
    text_in(rt, PLAIN)
    say(rt, Given(LookAnswer.KIND, kind="kidnapping"))
    assert (ticket(rt).danger, ticket(rt).hold) == (Danger.PERSON, True)


def test_a_kind_takes_nothing_from_a_sealed_ticket(rt: Runtime) -> None:
    text_in(rt, BRIBED)
    route_due(rt)
    say(rt, Given(LookAnswer.KIND, kind="theft"), "charlie")
    assert (ticket(rt).category, ticket(rt).sealed, ticket(rt).hold) == ("police", True, True)


def test_the_place_is_set(rt: Runtime) -> None:
    text_in(rt, PLAIN)
    for wrong in (
        Given(LookAnswer.PLACE),
        Given(LookAnswer.PLACE, area="mars"),
        Given(LookAnswer.KIND, kind="mars"),
        Given(LookAnswer.KIND),
    ):
        with pytest.raises(NoSuchChoice):
            say(rt, wrong)
    assert say(rt, Given(LookAnswer.PLACE, area="lyari"))
    assert (ticket(rt).area, waiting(rt)) == ("lyari", [])


def test_who_cannot_tell_leaves_it_to_a_colleague(rt: Runtime) -> None:
    text_in(rt, "زه په خطر کې یم، مرسته وکړئ")
    say(rt, LookAnswer.UNSURE)
    assert waiting(rt, "alice") == []
    assert len(waiting(rt, "bob")) == 1


def test_who_looks_puts_on_hold_and_ordinary_does_not_lift_that(rt: Runtime) -> None:
    text_in(rt, PLAIN)
    say(rt, LookAnswer.HOLD)
    text_in(rt, "It was red")
    say(rt, ORDINARY)
    assert ticket(rt).hold


# Lifting and lowering


def held_by_words(rt: Runtime) -> None:
    """A ticket that the machine alone has put on hold, without danger."""
    text_in(rt, PLAIN)
    alter(rt, Ticket, hold=True)


def test_ordinary_lifts_what_the_machine_alone_had_put_on_hold(rt: Runtime) -> None:
    held_by_words(rt)
    assert say(rt, ORDINARY)
    assert (ticket(rt).hold, waiting(rt)) == (False, [])
    assert len(told(rt, "unheld")) == 1


def test_ordinary_does_not_lift_a_hold_that_a_person_asked_for_though_the_machine_was_first(rt: Runtime) -> None:
    held_by_words(rt)
    one = ticket(rt)
    facts.hold(rt, volunteer(rt, "bob"), one.reference, version=one.version, on=True, note="")
    say(rt, ORDINARY)
    assert ticket(rt).hold


@pytest.mark.parametrize("mark", [{"may_text": False}, {"on_hold": True}])
def test_ordinary_does_not_lift_the_hold_of_a_phone_that_a_volunteer_marked_unsafe(rt: Runtime, mark: dict[str, bool]) -> None:
    held_by_words(rt)
    alter(rt, Contact, **mark)
    say(rt, ORDINARY)
    assert ticket(rt).hold


@pytest.mark.parametrize("how", [Danger.KEYED, Danger.CRY, Danger.PERSON])
def test_ordinary_takes_nothing_from_danger_by_key_by_cry_or_by_a_person(rt: Runtime, how: Danger) -> None:
    held_by_words(rt)
    alter(rt, Ticket, danger=how, priority=Priority.URGENT)
    for login in ("alice", "lead"):
        alter(rt, Message, look=Look.FIRST)
        say(rt, ORDINARY, login)
    assert (ticket(rt).danger, ticket(rt).hold, ticket(rt).priority) == (how, True, Priority.URGENT)


def test_ordinary_does_not_lift_a_hold_that_another_text_of_the_ticket_asks_for(rt: Runtime) -> None:
    text_in(rt, READ_AS_DANGER)
    text_in(rt, "The house is the last one of the street in Lyari")
    say(rt, LookAnswer.UNSURE)
    assert say(rt, ORDINARY)
    one = ticket(rt)
    assert (one.hold, one.danger) == (True, Danger.SURE)


def test_to_lower_danger_as_read_takes_two_people(rt: Runtime) -> None:
    text_in(rt, READ_AS_DANGER)
    assert say(rt, ORDINARY, "alice") is False
    assert (ticket(rt).danger, ticket(rt).hold, ticket(rt).priority) == (Danger.SURE, True, Priority.URGENT)
    assert (waiting(rt, "alice"), waiting(rt, "bob")) == ([], [READ_AS_DANGER])
    assert say(rt, ORDINARY, "bob") is True
    assert (ticket(rt).danger, ticket(rt).hold, ticket(rt).priority) == (None, False, Priority.NORMAL)
    assert ticket(rt).next_ring_at is None, "no phone rings for it any more"
    assert [data.get("second") for data in told(rt, "looked")] == [True, None]
    assert [data["danger"] for data in told(rt, "looked")] == ["sure", "sure"], "what the machine thought stands beside it"


def test_the_same_person_twice_is_not_two_people(rt: Runtime, clock: Clock) -> None:
    text_in(rt, READ_AS_DANGER)
    say(rt, ORDINARY, "alice")
    assert looking.take_next(rt, volunteer(rt, "alice")) is None
    clock.forward(minutes=61)
    assert say(rt, ORDINARY, "alice") is False
    assert ticket(rt).danger == Danger.SURE


def test_the_second_look_is_within_the_hour_or_it_stands_first_of_all_as_late(rt: Runtime, clock: Clock) -> None:
    text_in(rt, PLAIN)
    say(rt, NOT_OURS, "alice")
    text_in(rt, "bachao", sender=OTHER)
    assert waiting(rt, "bob") == ["bachao", PLAIN]
    clock.forward(minutes=61)
    assert waiting(rt, "bob") == waiting(rt, "alice") == [PLAIN, "bachao"]
    assert say(rt, NOT_OURS, "bob") is False, "the first look is over an hour ago"
    assert ticket(rt).status != Status.CLOSED


def test_a_second_person_who_sees_danger_is_heard_at_once(rt: Runtime) -> None:
    text_in(rt, READ_AS_DANGER)
    say(rt, ORDINARY, "alice")
    assert say(rt, LookAnswer.DANGER, "bob")
    assert (ticket(rt).danger, waiting(rt)) == (Danger.PERSON, [])


def test_two_who_say_different_things_agree_on_nothing(rt: Runtime) -> None:
    text_in(rt, READ_AS_DANGER)
    say(rt, ORDINARY, "alice")
    assert say(rt, NOT_OURS, "bob") is False
    assert (ticket(rt).danger, waiting(rt, "lead")) == (Danger.SURE, [READ_AS_DANGER])
    assert say(rt, ORDINARY, "lead") is True
    assert ticket(rt).danger is None


def test_not_ours_closes_after_two_people_and_not_where_anything_else_was_said(rt: Runtime) -> None:
    text_in(rt, PLAIN)
    assert say(rt, NOT_OURS, "alice") is False
    assert ticket(rt).status == Status.NEW
    assert say(rt, NOT_OURS, "bob") is True
    assert ticket(rt).status == Status.CLOSED
    text_in(rt, SNATCHED, sender=OTHER)
    text_in(rt, "one more thing about the mobile that they took", sender=OTHER)
    for login in ("alice", "bob"):
        say(rt, NOT_OURS, login)
    assert tickets(rt)[1].status != Status.CLOSED


def test_nothing_from_the_phone_lowers_anything_or_settles_a_look(rt: Runtime) -> None:
    text_in(rt, READ_AS_DANGER)
    say(rt, ORDINARY, "alice")
    for body in ("solved, cancel", "masla hal ho gaya hai, ab koi zarurat nahi", "OFF", "ON", "1"):
        text_in(rt, body)
    one = ticket(rt)
    assert (one.danger, one.hold, one.priority) == (Danger.SURE, True, Priority.URGENT)
    assert {READ_AS_DANGER, "solved, cancel"} <= set(waiting(rt, "bob"))


# Part of another ticket


def test_a_text_is_moved_to_another_ticket_of_the_same_phone_and_says_there_what_it_says(rt: Runtime, clock: Clock) -> None:
    text_in(rt, PLAIN)
    say(rt, ORDINARY)
    clock.forward(days=3)
    text_in(rt, READ_AS_DANGER)
    first, second = tickets(rt)
    assert say(rt, Given(LookAnswer.ELSEWHERE, reference=first.reference))
    first, second = tickets(rt)
    assert (first.danger, first.hold, first.unread) == (Danger.SURE, True, True)
    with rt.reading() as session:
        assert session.scalar(select(Message.ticket_id).where(has_words(session, READ_AS_DANGER))) == first.id
    assert second.danger == Danger.SURE, "what it left is for people to close"


def test_what_is_moved_brings_the_danger_and_a_hold_that_no_look_at_another_text_lifts(rt: Runtime, clock: Clock) -> None:
    text_in(rt, PLAIN)
    say(rt, ORDINARY)
    clock.forward(days=3)
    text_in(rt, READ_AS_DANGER)
    say(rt, LookAnswer.HOLD)
    text_in(rt, "he comes home at nine")
    assert say(rt, Given(LookAnswer.ELSEWHERE, reference=ticket(rt).reference))
    first = ticket(rt)
    assert (first.danger, first.hold, first.priority) == (Danger.SURE, True, Priority.URGENT)
    assert first.next_ring_at is not None
    with rt.reading() as session:
        assert session.scalars(select(Event.kind).where(Event.kind.in_(("moved_in", "moved_out"))).order_by(Event.id)).all() == [
            "moved_out",
            "moved_in",
        ]
        held = session.scalars(select(Event).where(Event.ticket_id == first.id, Event.kind == "held")).all()
    assert volunteer(rt, "alice").id in [event.volunteer_id for event in held]


def test_a_text_on_no_ticket_is_put_on_one_of_its_phone(rt: Runtime) -> None:
    loose(rt)
    assert say(rt, Given(LookAnswer.ELSEWHERE, reference=ticket(rt).reference))
    with rt.reading() as session:
        assert session.scalar(select(Message.ticket_id).where(has_words(session, "0"))) == ticket(rt).id
    assert (ticket(rt).unread, told(rt, "moved_in")) == (True, [])


def test_a_text_goes_to_no_other_phones_ticket_and_out_of_no_sealed_one(rt: Runtime, clock: Clock) -> None:
    text_in(rt, PLAIN, sender=OTHER)
    say(rt, ORDINARY)
    others = ticket(rt).reference
    text_in(rt, PLAIN)
    say(rt, ORDINARY)
    clock.forward(days=3)
    text_in(rt, BRIBED)
    route_due(rt)
    with pytest.raises(NoSuchChoice):
        say(rt, Given(LookAnswer.ELSEWHERE, reference=others), "charlie")
    with pytest.raises(NoSuchChoice):
        say(rt, Given(LookAnswer.ELSEWHERE, reference=tickets(rt)[1].reference), "charlie")
    sealed = tickets(rt)[2].reference
    clock.forward(days=3)
    text_in(rt, "one more thing about the motorcycle that they took")
    with pytest.raises(NoSuchChoice):
        say(rt, Given(LookAnswer.ELSEWHERE, reference=sealed), "alice")


# Texts on no ticket


def loose(rt: Runtime) -> None:
    """A text that was kept, and is on no ticket."""
    text_in(rt, "0")
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(Message.direction == "in").values(ticket_id=None, look=Look.FIRST))


def test_danger_said_of_a_text_on_no_ticket_opens_one_and_texts_nobody(rt: Runtime) -> None:
    loose(rt)
    before = said(rt)
    assert say(rt, LookAnswer.DANGER)
    assert tickets(rt)[-1].danger == Danger.PERSON
    assert said(rt) == before, "nobody knows who holds the phone by now"
    with rt.reading() as session:
        assert session.scalar(select(Message.ticket_id).where(has_words(session, "0"))) == tickets(rt)[-1].id


def test_ordinary_settles_a_text_on_no_ticket_and_who_said_so_is_kept(rt: Runtime) -> None:
    loose(rt)
    before = count(rt, Ticket)
    assert say(rt, ORDINARY)
    assert (waiting(rt), count(rt, Ticket)) == ([], before)
    with rt.reading() as session:
        assert session.scalars(select(LookRow.answer)).all() == ["ordinary"]


# Recordings


def test_a_recording_waits_until_it_was_heard(rt: Runtime) -> None:
    gateway = RecordingGateway()
    a_recording(rt, gateway)
    assert waiting(rt) == ["recording"]
    fetch(rt, gateway)
    mine = look(rt)
    with pytest.raises(NotHeard):
        looking.answer(rt, volunteer(rt, "alice"), mine, ORDINARY)
    looking.hear(rt, volunteer(rt, "alice"), mine)
    assert looking.answer(rt, volunteer(rt, "alice"), mine, ORDINARY)
    assert waiting(rt) == []


def test_danger_may_be_said_before_a_recording_was_heard_and_it_still_waits_to_be_heard(rt: Runtime) -> None:
    a_recording(rt, RecordingGateway())
    say(rt, LookAnswer.DANGER)
    assert ticket(rt).danger == Danger.PERSON
    assert waiting(rt, "bob") == ["recording"]


def test_a_short_recording_and_one_in_danger_are_heard_first(rt: Runtime) -> None:
    gateway = RecordingGateway()
    a_recording(rt, gateway, seconds=40)
    a_recording(rt, gateway, seconds=2, caller=OTHER)
    with rt.reading() as session:
        assert session.scalars(select(Recording.look).order_by(Recording.id)).all() == [Look.NEXT, Look.FIRST]


def test_what_nobody_can_play_is_looked_at_first(rt: Runtime, clock: Clock) -> None:
    gateway = RecordingGateway()
    a_recording(rt, gateway, seconds=40, audio=b"no sound" * 400)
    fetch(rt, gateway)
    clock.forward(hours=2)
    fetch(rt, gateway)
    with rt.reading() as session:
        assert session.scalars(select(Recording.look)).all() == [Look.FIRST]


# Working on the ticket counts as a look


def test_reading_replying_and_naming_the_kind_settle_what_the_page_showed(rt: Runtime) -> None:
    alice = volunteer(rt, "alice")
    acts = (
        lambda one: casework.mark_read(rt, alice, one.reference, one.version),
        lambda one: replies.reply(rt, alice, one.reference, version=one.version, body="We read it.", confirmed=frozenset()),
        lambda one: casework.change_status(rt, alice, one.reference, version=one.version, to=Status.IN_PROGRESS),
        lambda one: facts.describe(rt, alice, one.reference, version=one.version, category="theft", area=None, wants_woman=False),
        lambda one: facts.set_priority(rt, alice, one.reference, version=one.version, to=Priority.URGENT, note=""),
    )
    for n, act in enumerate(acts):
        text_in(rt, PLAIN, sender=f"+92300123450{n}")
        assert len(waiting(rt)) == 1
        act(tickets(rt)[-1])
        assert waiting(rt) == [], n


def test_taking_a_ticket_or_opening_it_settles_nothing(rt: Runtime) -> None:
    text_in(rt, PLAIN)
    casework.view(rt, volunteer(rt, "alice"), ticket(rt).reference)
    taking.claim(rt, volunteer(rt, "alice"), ticket(rt).reference, ticket(rt).version)
    assert waiting(rt) == [PLAIN]


def test_a_text_that_came_after_the_page_was_shown_goes_on_waiting(rt: Runtime, clock: Clock) -> None:
    text_in(rt, PLAIN)
    one = ticket(rt)
    clock.forward(minutes=1)
    text_in(rt, "???")  # kept on the ticket, which does not change
    alter(rt, Ticket, version=one.version)
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(has_words(tx.session, "???")).values(ticket_id=one.id))
        tx.session.execute(update(Ticket).values(changed_at=one.changed_at))
    casework.mark_read(rt, volunteer(rt, "alice"), one.reference, one.version)
    assert waiting(rt) == ["???"]


def test_texts_that_stood_on_an_earlier_page_go_on_waiting(rt: Runtime, clock: Clock) -> None:
    for n in range(60):
        text_in(rt, f"{PLAIN} and {n} more")
        clock.forward(seconds=1)
    one = ticket(rt)
    casework.mark_read(rt, volunteer(rt, "alice"), one.reference, one.version)
    left = waiting(rt)
    assert f"{PLAIN} and 0 more" in left
    assert f"{PLAIN} and 59 more" not in left


def test_a_recording_is_settled_by_who_listened_to_it_and_by_nobody_else(rt: Runtime) -> None:
    gateway = RecordingGateway()
    a_recording(rt, gateway)
    fetch(rt, gateway)
    bob = volunteer(rt, "bob")
    casework.mark_read(rt, bob, ticket(rt).reference, ticket(rt).version)
    assert waiting(rt) == ["recording"]
    casework.listen(rt, bob, ticket(rt).reference, 1)
    casework.mark_read(rt, bob, ticket(rt).reference, ticket(rt).version)
    assert waiting(rt) == []


# A flood of texts keeps nobody from making a ticket safe


def flooded(rt: Runtime) -> tuple[str, int]:
    """A reference, and the version of a page that a volunteer opened before more texts came."""
    text_in(rt, PLAIN)
    route_due(rt)
    version = ticket(rt).version
    for n in range(3):
        text_in(rt, f"{PLAIN}, and {n} more")
    assert ticket(rt).version > version
    return ticket(rt).reference, version


def test_texts_that_came_meanwhile_keep_nobody_from_raising_holding_and_sealing(rt: Runtime) -> None:
    reference, version = flooded(rt)
    bob = volunteer(rt, "bob")
    facts.set_priority(rt, bob, reference, version=version, to=Priority.URGENT, note="")
    facts.hold(rt, bob, reference, version=version, on=True, note="")
    facts.seal(rt, bob, reference, version=version, kind="police", note="")
    one = ticket(rt)
    assert (one.danger, one.hold, one.sealed) == (Danger.PERSON, True, True)


def test_texts_that_came_meanwhile_keep_nobody_from_taking_an_urgent_ticket_and_a_colleague_does(rt: Runtime) -> None:
    reference, version = flooded(rt)
    alter(rt, Ticket, priority=Priority.URGENT)
    taking.claim(rt, volunteer(rt, "bob"), reference, version)
    assert ticket(rt).assignee_id == volunteer(rt, "bob").id
    with pytest.raises(TicketMoved):
        taking.claim(rt, volunteer(rt, "alice"), reference, version)


def test_what_makes_a_ticket_less_safe_is_refused_where_texts_came_meanwhile(rt: Runtime) -> None:
    reference, version = flooded(rt)
    alter(rt, Ticket, priority=Priority.HIGH, hold=True)
    lead = volunteer(rt, "lead")
    for act in (
        lambda: facts.set_priority(rt, lead, reference, version=version, to=Priority.NORMAL, note="why"),
        lambda: facts.hold(rt, lead, reference, version=version, on=False, note="why"),
        lambda: casework.mark_read(rt, lead, reference, version),
    ):
        with pytest.raises(TicketMoved):
            act()


def test_a_hold_that_a_person_confirmed_by_naming_the_kind_is_not_lifted_by_a_look_at_another_text(rt: Runtime) -> None:
    kind = next(c for c in rt.categories if c.hold and not c.sealed and c.priority is not Priority.URGENT)
    text_in(rt, PLAIN)
    alter(rt, Ticket, hold=True, category=kind.code)
    say(rt, Given(LookAnswer.KIND, kind=kind.code))
    text_in(rt, "It was red and the number plate is new")
    say(rt, ORDINARY)
    assert ticket(rt).hold
