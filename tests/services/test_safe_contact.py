"""Safe contact belongs to the citizen, and to people: nothing that comes from the phone makes it less safe."""

import dataclasses
from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.domain.closing import HowTold, HowToldMissing
from hotline.domain.delivery import Reason
from hotline.domain.holder import Holder
from hotline.domain.look import Look
from hotline.domain.needs import Interpreter, Only
from hotline.domain.texts import TEXTS
from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.sections import Hours
from hotline.services.access import NotAllowed, NoteMissing
from hotline.services.calls.placing import place_calls
from hotline.services.tickets import casework, facts, replies
from hotline.services.tickets.reach import SafeContact, reach
from hotline.services.tickets.replies import HolderUnsaid, NoHoursNamed, ReplyRefused, SaysTooMuch
from hotline.services.tickets.routing import route_due
from hotline.services.tickets.walkin import Complaint, take_down
from hotline.storage import holds
from hotline.storage.models import Contact, Event, Message, Question, Ticket
from tests.calling import Caller
from tests.opened import is_phone
from tests.services.calls.test_missedcalls import VOICE, CallingGateway, missed, reasons
from tests.services.colleagues import settle, volunteer
from tests.support import HER, SNATCHED, Clock, alter, count, hand_over, said, text_in, texts_out, tickets

HELD = "mere bhai ko aghwa kar liya hai"
LEAVE_ME = "call mat karna, mere shohar dekh lete hain"
BODY = "We have read it."


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    rt = make_rt(voice=VOICE, data_dir=tmp_path)
    settle(rt, tmp_path)
    return rt


def contact(rt: Runtime) -> Contact:
    with rt.reading() as session:
        return session.scalars(select(Contact).where(is_phone(HER))).one()


def happened(rt: Runtime, kind: str) -> list[Event]:
    with rt.reading() as session:
        return list(session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id)))


def held_ticket(rt: Runtime, words: str = HELD) -> Ticket:
    text_in(rt, words)
    route_due(rt)
    hand_over(rt)
    [ticket] = tickets(rt)
    assert ticket.hold
    return ticket


def write(rt: Runtime, body: str = BODY, *, by: str = "alice", holder: Holder | None = Holder.CITIZEN, confirmed: bool = False) -> None:
    ticket = tickets(rt)[0]
    words = frozenset({"police"}) if confirmed else frozenset()
    replies.reply(rt, volunteer(rt, by), ticket.reference, version=ticket.version, body=body, confirmed=words, holder=holder)


def written(rt: Runtime) -> Message:
    """What a volunteer wrote last, once a worker has looked at it."""
    hand_over(rt)
    return [text for text in texts_out(rt) if text.volunteer_id is not None][-1]


def safe(rt: Runtime) -> SafeContact:
    ticket = tickets(rt)[0]
    with rt.reading() as session:
        one = session.get_one(Contact, ticket.contact_id)
        return SafeContact.of(one, phone_held=holds.of(session, one.id, ticket).phone_held)


def make_safe(rt: Runtime, *, by: str = "alice", note: str = "", **wanted: object) -> None:
    ticket, before = tickets(rt)[0], safe(rt)
    after = dataclasses.replace(before, **wanted)  # type: ignore[arg-type]
    reach(rt, volunteer(rt, by), ticket.reference, version=ticket.version, was=before.mark, wanted=after, note=note)


def close(rt: Runtime, to: Status, how: HowTold | None) -> None:
    """The lead ends the work on a ticket, without the steps of a protocol."""
    [one] = tickets(rt)
    lead = volunteer(rt, "lead")
    casework.change_status(rt, lead, one.reference, version=one.version, to=to, told=how, without_steps=True, note="no answer for a month")


def menu(rt: Runtime) -> Caller:
    """A call that is at the main menu."""
    caller = Caller(rt).ring()
    return caller.press("1") if "language_key" in caller.hears else caller


def key_no(rt: Runtime) -> None:
    menu(rt).press("1", "1", "2", "2").speak().press("1").hang_up()


SAYS_NO: dict[str, Callable[[Runtime], object]] = {
    "no by key": key_no,
    "5 in danger": lambda rt: menu(rt).press("0", "5").speak().hang_up(),
    "2 at call me and no texts": lambda rt: menu(rt).press("3", "2", "1", "1", "2").speak().hang_up(),
    "words": lambda rt: text_in(rt, LEAVE_ME),
}
TAKES_BACK: dict[str, Callable[[Runtime], object]] = {
    "ON": lambda rt: text_in(rt, "ON"),
    "START": lambda rt: text_in(rt, "START"),
    "OFF and ON": lambda rt: (text_in(rt, "OFF"), text_in(rt, "ON")),
    "yes by key": lambda rt: menu(rt).press("1", "1", "1", "1").speak().hang_up(),
    "asks to be called": lambda rt: menu(rt).press("3", "1", "1").hang_up(),
    "1": lambda rt: text_in(rt, "1"),
    "3": lambda rt: text_in(rt, "3"),
    "another language": lambda rt: text_in(rt, "URDU"),
    "words": lambda rt: text_in(rt, "sab theek hai ab, aap call karein aur message bhi karein"),
}


@pytest.mark.parametrize("says_no", SAYS_NO)
@pytest.mark.parametrize("takes_back", TAKES_BACK)
def test_what_the_citizen_said_is_taken_back_by_nothing_that_comes_from_the_phone(
    rt: Runtime, clock: Clock, says_no: str, takes_back: str
) -> None:
    text_in(rt, SNATCHED)
    hand_over(rt)
    clock.forward(hours=1)
    SAYS_NO[says_no](rt)
    clock.forward(hours=1)
    TAKES_BACK[takes_back](rt)
    assert None not in (contact(rt).refused_texts_at, contact(rt).refused_calls_at)
    hand_over(rt)
    first = tickets(rt)[0]
    casework.change_status(rt, volunteer(rt, "alice"), first.reference, version=first.version, to=Status.IN_PROGRESS)
    hand_over(rt)
    [news] = [text for text in texts_out(rt) if text.text_key == "status_in_progress" and text.answers_id is None]
    assert news.delivery == "failed"
    clock.forward(minutes=6)
    gateway = CallingGateway()
    missed(rt)
    place_calls(rt, gateway)
    assert (gateway.placed, reasons(rt)[-1][1]) == ([], "not_safe")


def test_off_is_a_wish_that_the_phone_takes_back_itself(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    text_in(rt, "OFF")
    assert contact(rt).wants_no_texts
    text_in(rt, "ON")
    assert not contact(rt).wants_no_texts


def test_within_one_call_a_later_yes_takes_no_no_back(rt: Runtime) -> None:
    caller = menu(rt).press("3", "2", "3", "1", "2")
    caller.hang_up()
    assert (caller.row.consent, caller.row.call_consent) == ("no", "no")
    assert said(rt) == []


def test_after_a_no_the_receipt_of_a_later_call_does_not_go_either(rt: Runtime, clock: Clock) -> None:
    key_no(rt)
    clock.forward(days=1)
    menu(rt).press("1", "1", "1", "1").speak().press("1").hang_up()
    hand_over(rt)
    assert [(text.text_key, text.delivery, text.reason) for text in texts_out(rt)] == [("receipt", "failed", "refused")]


@pytest.mark.parametrize("says_no", SAYS_NO)
def test_a_text_that_the_citizen_sends_is_answered_all_the_same(rt: Runtime, clock: Clock, says_no: str) -> None:
    SAYS_NO[says_no](rt)
    clock.forward(hours=1)
    text_in(rt, SNATCHED)
    hand_over(rt)
    assert [text.delivery for text in texts_out(rt) if text.text_key == "receipt"][-1] == "sent"


def test_a_person_takes_it_back_with_a_reason_and_every_ticket_of_the_phone_tells_it(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    clock.forward(hours=1)
    key_no(rt)
    assert len(tickets(rt)) == 2
    assert [event.data for event in happened(rt, "unsafe") if event.ticket_id == tickets(rt)[0].id] == [{"by": "call"}] * 2, (
        "texts, and calls"
    )
    with pytest.raises(NoteMissing):
        make_safe(rt, no_texts=False, no_calls=False)
    make_safe(rt, no_texts=False, no_calls=False, note="asked on a safe call")
    assert not contact(rt).wants_no_texts
    assert contact(rt).refused_calls_at is None
    told = [(e.ticket_id, e.data["fact"], e.volunteer_id) for e in happened(rt, "changed")]
    alice = volunteer(rt, "alice").id
    assert {(1, "no_texts", alice), (2, "no_texts", alice), (1, "no_calls", alice), (2, "no_calls", alice)} <= set(told)
    # The ticket of that call can be written about again, too.
    second = tickets(rt)[1]
    clock.forward(hours=1)
    replies.reply(rt, volunteer(rt, "alice"), second.reference, version=second.version, body=BODY, confirmed=frozenset())
    assert written(rt).delivery == "sent"


def test_what_is_said_in_words_is_told_on_the_ticket_as_said_by_the_citizen(rt: Runtime) -> None:
    text_in(rt, LEAVE_ME)
    [event] = happened(rt, "unsafe")
    assert (event.ticket_id, event.volunteer_id, event.data) == (tickets(rt)[0].id, None, {"by": "citizen"})
    one = contact(rt)
    assert (one.may_text, one.may_call, one.on_hold) == (True, True, False), "it is no mark of a volunteer"
    assert safe(rt).no_texts and safe(rt).no_calls  # noqa: PT018 - both are said at once


def test_such_words_are_looked_at_first_wherever_they_stand(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    clock.forward(minutes=1)
    text_in(rt, LEAVE_ME)
    text_in(rt, f"{tickets(rt)[0].reference} call mat karna")
    with rt.reading() as session:
        looks = session.scalars(select(Message.look).where(Message.direction == "in").order_by(Message.id)).all()
    assert looks == [Look.NEXT, Look.FIRST, Look.FIRST]


def test_what_a_volunteer_writes_down_or_types_in_counts_too(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    ticket = tickets(rt)[0]
    casework.write_down(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, body="us ne kaha " + LEAVE_ME)
    assert contact(rt).refused_calls_at is not None
    assert happened(rt, "unsafe")[0].volunteer_id == volunteer(rt, "alice").id
    reference = take_down(rt, volunteer(rt, "alice"), Complaint("a" * 32, LEAVE_ME, "ur", number="0300 7654323"))
    text_in(rt, reference, sender="+923007654323")
    with rt.reading() as session:
        met = session.scalars(select(Contact).where(is_phone("+923007654323"))).one()
    assert met.refused_texts_at is not None, "what was said at the desk goes along with the phone"


def test_a_text_at_night_means_only_that_nothing_goes_before_the_morning(
    make_rt: Callable[..., Runtime], tmp_path: Path, clock: Clock
) -> None:
    rt = make_rt(contact_hours=Hours(), data_dir=tmp_path)
    settle(rt, tmp_path)
    clock.forward(hours=14)  # two in the morning
    text_in(rt, SNATCHED)
    hand_over(rt)
    [ticket] = tickets(rt)
    assert not contact(rt).wants_no_texts
    casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, to=Status.IN_PROGRESS)
    hand_over(rt)
    assert [(t.text_key, t.delivery) for t in texts_out(rt)] == [("receipt", "sent"), ("status_in_progress", "queued")]
    clock.forward(hours=6, minutes=1)
    hand_over(rt)
    assert texts_out(rt)[-1].delivery == "sent"


# Held tickets are not a wall


def test_a_volunteer_answers_a_fresh_text_on_a_held_ticket_and_says_who_holds_the_phone(rt: Runtime, clock: Clock) -> None:
    ticket = held_ticket(rt)
    clock.forward(minutes=9)
    with pytest.raises(HolderUnsaid):
        write(rt, holder=None)
    write(rt, holder=Holder.TRUSTED)
    text = written(rt)
    with rt.reading() as session:
        own = session.scalars(select(Message).where(Message.direction == "in")).one()
    assert (text.delivery, text.answers_id, text.agreed_by) == ("sent", own.id, None)
    [event] = happened(rt, "replied")
    assert event.data.items() >= {"version": ticket.version, "all_the_same": False, "holder": "trusted", "message": own.id}.items()


def test_the_guard_against_telltale_words_comes_first(rt: Runtime) -> None:
    held_ticket(rt)
    with pytest.raises(SaysTooMuch):
        write(rt, "Ask the police", holder=None)
    with pytest.raises(HolderUnsaid):
        write(rt, "Ask the police", holder=None, confirmed=True)


def test_each_text_is_answered_once_and_the_next_one_again(rt: Runtime, clock: Clock) -> None:
    held_ticket(rt)
    write(rt)
    with pytest.raises(ReplyRefused) as refused:
        write(rt, "And one thing more.")
    assert refused.value.args == (Reason.HOLD,)
    clock.forward(minutes=1)
    text_in(rt, "haan?")
    write(rt, "And one thing more.")
    assert written(rt).body == "And one thing more."


def test_after_ten_minutes_it_is_no_answer_any_more(rt: Runtime, clock: Clock) -> None:
    held_ticket(rt)
    clock.forward(minutes=10)
    with pytest.raises(ReplyRefused) as refused:
        write(rt)
    assert refused.value.args == (Reason.HOLD,)


def test_an_answer_that_a_worker_takes_too_late_does_not_leave(rt: Runtime, clock: Clock) -> None:
    held_ticket(rt)
    clock.forward(minutes=9)
    write(rt)
    clock.forward(minutes=2)
    text = written(rt)
    assert (text.delivery, text.reason) == ("failed", "hold")


@pytest.mark.parametrize(("word", "reason"), [("OFF", "stopped"), (LEAVE_ME, "refused")])
def test_a_word_to_be_left_alone_ends_the_answers_to_what_was_sent_before_it(rt: Runtime, clock: Clock, word: str, reason: str) -> None:
    held_ticket(rt)
    clock.forward(minutes=1)
    write(rt)
    text_in(rt, word)
    text = written(rt)
    assert (text.delivery, text.reason) == ("failed", reason)
    with pytest.raises(ReplyRefused):
        write(rt, "Another.")


def test_a_phone_marked_as_not_to_be_texted_gets_no_answer_of_a_person_either(rt: Runtime) -> None:
    held_ticket(rt)
    alter(rt, Contact, may_text=False)
    with pytest.raises(ReplyRefused) as refused:
        write(rt)
    assert refused.value.args == (Reason.NOT_SAFE,)


def test_another_phones_text_is_not_answered_to_the_citizens_own(rt: Runtime, clock: Clock) -> None:
    ticket = held_ticket(rt)
    clock.forward(minutes=11)
    text_in(rt, f"{ticket.reference} what is this", sender="+923339999999")
    with pytest.raises(ReplyRefused):
        write(rt)


def test_anything_else_takes_the_citizens_hours_and_a_leads_yes(rt: Runtime, clock: Clock) -> None:
    ticket = held_ticket(rt)
    clock.forward(minutes=30)
    lead = volunteer(rt, "lead")
    with pytest.raises(NoteMissing):
        replies.agree(rt, lead, ticket.reference, version=tickets(rt)[0].version, note=" ")
    with pytest.raises(NotAllowed):
        replies.agree(rt, volunteer(rt, "alice"), ticket.reference, version=tickets(rt)[0].version, note="why")
    with pytest.raises(NoHoursNamed):
        replies.agree(rt, lead, ticket.reference, version=tickets(rt)[0].version, note="why")
    make_safe(rt, safe_from=time(14), safe_until=time(16))
    with pytest.raises(ReplyRefused):
        write(rt)
    replies.agree(rt, lead, ticket.reference, version=tickets(rt)[0].version, note="she waits for it")
    assert [event.volunteer_id for event in happened(rt, "text_agreed")] == [lead.id]
    with pytest.raises(HolderUnsaid):
        write(rt, holder=None)
    write(rt)
    assert written(rt).delivery == "queued"
    clock.forward(hours=2)
    text = written(rt)
    assert (text.delivery, text.agreed_by) == ("sent", lead.id)
    with pytest.raises(ReplyRefused):
        write(rt, "One yes is for one text.")


@pytest.mark.parametrize("mark", [{"on_hold": True}, {"may_text": False}, {"refused_texts_at": None}])
def test_never_unprompted_where_the_phone_is_marked_unsafe(rt: Runtime, clock: Clock, mark: dict[str, object]) -> None:
    ticket = held_ticket(rt)
    make_safe(rt, safe_from=time(8))
    replies.agree(rt, volunteer(rt, "lead"), ticket.reference, version=tickets(rt)[0].version, note="why")
    clock.forward(minutes=30)
    write(rt)
    alter(rt, Contact, **mark | ({"refused_texts_at": clock.now} if "refused_texts_at" in mark else {}))
    assert written(rt).delivery == "failed"
    with pytest.raises(ReplyRefused):
        replies.agree(rt, volunteer(rt, "lead"), ticket.reference, version=tickets(rt)[0].version, note="why")


def test_a_leads_yes_ends_with_new_danger_and_after_a_day(rt: Runtime, clock: Clock) -> None:
    ticket = held_ticket(rt)
    make_safe(rt, safe_from=time(8))
    for end in ("cry", "day"):
        replies.agree(rt, volunteer(rt, "lead"), ticket.reference, version=tickets(rt)[0].version, note="why")
        if end == "cry":
            clock.forward(minutes=1)
            text_in(rt, "bachao")
            assert happened(rt, "danger")
            clock.forward(minutes=10)
        else:
            clock.forward(days=1)
        with pytest.raises(ReplyRefused):
            write(rt)


# Never by machine


BY_PERSON: dict[str, dict[str, object]] = {
    "urgent": {"priority": Priority.URGENT},
    "danger": {"danger": "read"},
    **{kind: {"category": kind} for kind in ("child", "missing", "violence", "violence_home", "sexual_violence", "religion", "extortion")},
}


@pytest.mark.parametrize("which", BY_PERSON)
@pytest.mark.parametrize("to", [Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED])
def test_of_some_tickets_no_machine_sends_news_or_asks_whether_it_is_solved(rt: Runtime, which: str, to: Status) -> None:
    text_in(rt, SNATCHED)
    route_due(rt)
    hand_over(rt)
    alter(rt, Ticket, hold=False, acted_at=rt.clock(), **BY_PERSON[which])
    close(rt, to, HowTold.CALL)
    hand_over(rt)
    assert [(t.delivery, t.reason) for t in texts_out(rt)[1:]] == [("failed", "by_person")]
    assert count(rt, Question) == 0


def test_a_text_that_waits_is_held_back_when_danger_is_known_meanwhile(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    hand_over(rt)
    [ticket] = tickets(rt)
    casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, to=Status.RESOLVED)
    alter(rt, Ticket, danger="read")
    hand_over(rt)
    assert texts_out(rt)[-1].reason == "by_person"


@pytest.mark.parametrize("which", BY_PERSON)
def test_a_1_closes_none_of_them(rt: Runtime, which: str, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    hand_over(rt)
    [ticket] = tickets(rt)
    casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, to=Status.RESOLVED)
    hand_over(rt)
    alter(rt, Ticket, **BY_PERSON[which])
    text_in(rt, "1")
    assert (tickets(rt)[0].status, said(rt)[-1]) == (Status.RESOLVED, "status_noted")


def test_who_closes_such_a_ticket_says_how_the_citizen_was_told(rt: Runtime) -> None:
    held_ticket(rt)
    alter(rt, Ticket, acted_at=rt.clock())
    with pytest.raises(HowToldMissing):
        close(rt, Status.CLOSED, None)
    assert tickets(rt)[0].status != Status.CLOSED
    close(rt, Status.CLOSED, HowTold.UNSAFE)
    assert happened(rt, "moved")[-1].data == {"before": "assigned", "after": "closed", "told": "unsafe"}


def test_an_ordinary_ticket_is_closed_without_that_question(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    [ticket] = tickets(rt)
    casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, to=Status.CLOSED)
    assert "told" not in happened(rt, "moved")[-1].data


def test_a_volunteer_who_says_that_it_is_of_an_urgent_kind_puts_it_on_hold(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    [ticket] = tickets(rt)
    facts.describe(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, category="violence", area=None, wants_woman=False)
    assert tickets(rt)[0].hold


# A woman, and what the citizen needs


@pytest.mark.parametrize("body", ["3", "khatoon", "mujhe kisi khatoon se baat karni hai"])
def test_one_text_asks_for_a_woman_and_a_person_may_take_it_back(rt: Runtime, clock: Clock, body: str) -> None:
    text_in(rt, SNATCHED)
    clock.forward(minutes=1)
    text_in(rt, body)
    [ticket] = tickets(rt)
    assert ticket.wants_woman
    [event] = happened(rt, "changed")
    assert (event.data, event.volunteer_id) == ({"fact": "wants_woman", "old": False, "new": True}, None)
    facts.describe(
        rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, category=ticket.category, area=None, wants_woman=False
    )
    assert not tickets(rt)[0].wants_woman


def test_a_3_is_answered_alike_whatever_the_ticket_is_and_finds_it_days_later(rt: Runtime, clock: Clock) -> None:
    held_ticket(rt)
    clock.forward(days=3)
    text_in(rt, "3")
    assert (tickets(rt)[0].wants_woman, said(rt)[-1]) == (True, "noted")
    text_in(rt, SNATCHED, sender="+923331234502")
    text_in(rt, f"{tickets(rt)[1].reference} 3", sender="+923331234502")
    assert (tickets(rt)[1].wants_woman, said(rt)[-1]) == (True, "noted")


def test_a_3_of_a_phone_without_a_ticket_opens_one_with_that_mark_and_a_strangers_reference_marks_nothing(rt: Runtime) -> None:
    text_in(rt, "3")
    assert ([one.wants_woman for one in tickets(rt)], said(rt)) == ([True], ["receipt"])
    text_in(rt, SNATCHED, sender="+923331234502")
    text_in(rt, f"{tickets(rt)[1].reference} 3")
    assert not tickets(rt)[1].wants_woman


def test_a_new_text_that_asks_for_a_woman_opens_a_ticket_with_that_mark(rt: Runtime) -> None:
    text_in(rt, "khatoon se baat karni hai")
    [ticket] = tickets(rt)
    assert (ticket.wants_woman, said(rt)) == (True, ["receipt"])


def test_what_a_citizen_needs_is_noted_by_a_volunteer(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    make_safe(rt, deaf=True, only=Only.TEXTS, interpreter=Interpreter.BALOCHI)
    one = contact(rt)
    assert (one.deaf, one.only, one.interpreter) == (True, "texts", "bal")
    assert [(e.data["fact"], e.data["new"]) for e in happened(rt, "changed")] == [("deaf", True), ("only", "texts"), ("interpreter", "bal")]


def test_a_phone_that_is_reached_by_text_only_is_never_rung(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    alter(rt, Contact, only=Only.TEXTS)
    gateway = CallingGateway()
    missed(rt)
    place_calls(rt, gateway)
    assert gateway.placed == []


@pytest.mark.parametrize(("to", "delivery"), [(Status.IN_PROGRESS, "sent"), (Status.RESOLVED, "failed")])
def test_a_citizen_who_can_only_be_rung_is_not_invited_to_text(rt: Runtime, to: Status, delivery: str) -> None:
    text_in(rt, SNATCHED)
    hand_over(rt)
    alter(rt, Contact, only=Only.CALLS)
    [ticket] = tickets(rt)
    casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, to=to)
    hand_over(rt)
    assert (texts_out(rt)[-1].delivery, count(rt, Question)) == (delivery, 0)
    offered = replies.templates(rt, "en", ticket.reference, asks=False)
    assert {TEXTS[key].asks for key in offered} == {False}
