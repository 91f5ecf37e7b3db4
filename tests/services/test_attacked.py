"""What an attack from outside reached once: with a forged sender, a forged caller, and texts at the right moment."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.sections import Hours
from hotline.services.duty.attendance import watch_shifts
from hotline.services.duty.ringing import ring_due
from hotline.services.tickets import casework, facts, passing
from hotline.services.tickets.routing import route_due
from hotline.services.tickets.walkin import Complaint, take_down
from hotline.storage import tickets as ticket_rows
from hotline.storage.models import Alarm, Contact, Ticket
from hotline.storage.peoplemodels import Volunteer
from tests.calling import Caller
from tests.services.calls.test_missedcalls import VOICE
from tests.services.colleagues import ORGANISATION, settle, volunteer
from tests.services.duty.test_attendance import days, give_phone
from tests.support import HER, Clock, hand_over, said, text_in, texts_out, tickets

VAGUE = "mujhe aap se kuch kehna hai, kisi ne tang kiya"
SNATCHED = "do larkon ne pistol dikha kar mera mobile cheen liya"
SEALED = "thana ke SHO ne rishwat mangi"
HELD = "mere bhai ko aghwa kar liya hai"
PHONE = "+923211234567"


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    rt = make_rt(voice=VOICE, data_dir=tmp_path, contact_hours=Hours(opens="09:00", closes="21:00"))
    settle(
        rt,
        tmp_path,
        ORGANISATION + '\n[[shift]]\nteam = "general"\nvolunteers = ["lead"]\ndays = ["mon"]\nfrom = "22:00"\nto = "06:00"\n',
    )
    return rt


def route(rt: Runtime) -> Ticket:
    """Route what waits; the last ticket."""
    route_due(rt)
    return tickets(rt)[-1]


def seen_by(rt: Runtime, ticket: Ticket) -> set[str]:
    with rt.reading() as session:
        logins = ("alice", "bob", "charlie", "lead", "head")
        return {login for login in logins if ticket_rows.seen_by(session, volunteer(rt, login), ticket.reference)}


def open_alarms(rt: Runtime) -> list[Alarm]:
    with rt.reading() as session:
        return list(session.scalars(select(Alarm).where(Alarm.acknowledged_at.is_(None), Alarm.seen_at.is_(None))))


def acknowledge_all(rt: Runtime) -> None:
    for alarm in open_alarms(rt):
        with rt.reading() as session:
            who = session.get_one(Volunteer, alarm.volunteer_id)
        casework.acknowledge(rt, who, alarm.id)


def alter(rt: Runtime, ticket: Ticket, **values: object) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(**values))


# A forged text moves nothing that a person placed


def test_a_later_text_takes_no_sealed_ticket_to_another_team(rt: Runtime) -> None:
    text_in(rt, SEALED)
    sealed = route(rt)
    general = next(c.code for c in rt.categories if not c.words)
    facts.describe(rt, volunteer(rt, "charlie"), sealed.reference, version=sealed.version, category=general, area=None, wants_woman=False)
    text_in(rt, SNATCHED)
    assert seen_by(rt, route(rt)) == {"charlie"}


def test_a_later_text_takes_no_ticket_from_the_team_it_was_passed_to(rt: Runtime) -> None:
    text_in(rt, VAGUE)
    ticket = route(rt)
    passing.pass_to_team(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, code="emergency", note="")
    passed = route(rt)
    text_in(rt, SNATCHED)
    assert (route(rt).team_id, route(rt).category) == (passed.team_id, passed.category)


# A forged call makes no phone on hold beep


@pytest.mark.parametrize("words", [HELD, SEALED])
def test_a_receipt_of_a_call_does_not_go_to_a_phone_on_hold(rt: Runtime, clock: Clock, words: str) -> None:
    text_in(rt, words)
    hand_over(rt)
    clock.forward(hours=15)  # three in the night
    for _ in range(3):
        Caller(rt).ring().press("3", "1", "1").hang_up()
    assert hand_over(rt).taken == []


def test_receipts_of_calls_count_among_the_answers_of_an_hour(rt: Runtime) -> None:
    most = rt.config.conversation.replies_per_sender
    text_in(rt, "salam")
    for _ in range(most + 5):
        Caller(rt).ring().press("3", "1", "1").hang_up()
    assert len(texts_out(rt)) == most


# A cry rings, whatever was acknowledged before it


def test_a_cry_rings_again_after_an_alarm_that_was_acknowledged(rt: Runtime, clock: Clock) -> None:
    for body in ("madad", "bachao", "woh mujhe mar dalenge, bhai ko aghwa kar liya"):
        text_in(rt, body)
        route_due(rt)
        assert open_alarms(rt), body
        acknowledge_all(rt)
        assert open_alarms(rt) == []
        clock.forward(minutes=5)
    assert len(tickets(rt)) == 1


def test_a_cry_rings_again_after_a_lead_has_lowered_the_ticket(rt: Runtime, clock: Clock) -> None:
    for _ in range(3):
        text_in(rt, "madad")
        ticket = route(rt)
        assert open_alarms(rt)
        acknowledge_all(rt)
        facts.set_priority(rt, volunteer(rt, "lead"), ticket.reference, version=ticket.version, to=Priority.NORMAL, note="a prank")
        clock.forward(minutes=5)


def test_a_cry_on_a_sealed_ticket_rings_the_head_who_acknowledged_that_it_waits(rt: Runtime, clock: Clock) -> None:
    clock.forward(hours=5)  # the shift of the sealed team is over
    give_phone(rt, "head", PHONE)
    text_in(rt, SEALED)
    route_due(rt)
    acknowledge_all(rt)
    text_in(rt, f"{tickets(rt)[0].reference} madad bachao")
    assert route(rt).priority == Priority.URGENT
    ring_due(rt)
    assert (len(open_alarms(rt)) > 0, said(rt).count("page_needs_you")) == (True, 1)


def test_a_forged_text_about_police_does_not_silence_an_urgent_alarm_at_night(rt: Runtime, clock: Clock) -> None:
    clock.forward(hours=11)  # 23:00
    give_phone(rt, "head", PHONE)
    text_in(rt, "madad")
    route_due(rt)
    text_in(rt, SEALED)
    assert route(rt).sealed
    ring_due(rt)
    assert said(rt).count("page_needs_you") == 1


# Answers and codes


def test_the_answer_to_a_1_is_the_same_for_every_kind(rt: Runtime) -> None:
    heard = []
    kinds: list[dict[str, object]] = [{}, {"priority": Priority.URGENT}, {"sealed": True}, {"hold": True}]
    for n, values in enumerate(kinds):
        phone = f"+9230012345{10 + n}"
        text_in(rt, SNATCHED, sender=phone)
        ticket = route(rt)
        casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, to=Status.RESOLVED)
        hand_over(rt)
        alter(rt, ticket, **{"changed_at": ticket.changed_at, **values})
        text_in(rt, "1", sender=phone)
        heard.append(said(rt)[-1])
    assert heard == ["status_noted"] * len(kinds)
    assert [one.status for one in tickets(rt)] == [Status.CLOSED, *[Status.RESOLVED] * 3]


def test_new_alarms_give_no_new_tries_at_the_code_of_a_shift(rt: Runtime, clock: Clock) -> None:
    give_phone(rt, "lead", PHONE)
    watch_shifts(rt)
    [asked] = [text for text in texts_out(rt) if text.text_key == "shift_ask"]
    yes, no = re.findall(r"send (\d\d)\b", asked.body)
    for n, guess in enumerate([None, None, None, yes, no]):
        text_in(rt, "madad", sender=f"+92333555{n:04}")
        route_due(rt)
        clock.forward(minutes=6)
        ring_due(rt)
        # A guess that by chance is the code of an alarm would be a right answer.
        sent = set(re.findall(r"\b\d\d\b", " ".join(text.body for text in texts_out(rt))))
        text_in(rt, guess or next(code for k in range(10, 100) if (code := str(k)) not in sent), sender=PHONE)
    assert [day.answered_at for day in days(rt) if day.yes_code == yes] == [None]


def test_a_walk_in_is_not_met_beside_a_reference_of_the_senders_own(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    own = route(rt).reference
    walk_in = take_down(rt, volunteer(rt, "alice"), Complaint(token="a" * 32, words=VAGUE, language="ur", number=HER))
    for body in (f"{walk_in} {own}", f"{own} {walk_in}"):
        text_in(rt, body)
    with rt.reading() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.reference == walk_in)).one()
        assert session.get_one(Contact, ticket.contact_id).address is None
