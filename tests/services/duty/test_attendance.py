"""Whether volunteers come to their shifts: asked, answered, missed. The clock stands at noon on a Monday in Karachi; alice and bob work
until 20:00, and again from 08:00 on Tuesday; alice is alone in another team from 22:00."""

import re
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.ticket import Priority
from hotline.runtime import Runtime
from hotline.sections import Hours
from hotline.services.duty import attendance, roster
from hotline.services.duty.attendance import watch_shifts
from hotline.services.duty.paging import page_unseen
from hotline.services.tickets import casework
from hotline.services.tickets.routing import route_due
from hotline.storage import shiftdays
from hotline.storage.models import Alarm, Contact, Message, Ticket
from hotline.storage.peoplemodels import ShiftDay, Team, Volunteer
from hotline.workdays import calendar
from tests.opened import numbered
from tests.services.colleagues import settle, volunteer
from tests.support import HER, Clock, count, said, text_in, texts_out, tickets

PHONE = "+923211234567"


@pytest.fixture(autouse=True)
def _people(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def give_phone(rt: Runtime, login: str, address: str = PHONE) -> None:
    with rt.transaction() as tx:
        contact = Contact(
            **numbered(address),
            kind="phone",
            country="PK",
            language="ur",
            language_named=False,
            may_text=True,
            may_call=True,
            on_hold=False,
            created_at=tx.now,
            times_seen=1,
        )
        tx.session.add(contact)
        tx.session.flush()
        tx.session.execute(update(Volunteer).where(Volunteer.login == login).values(phone_id=contact.id))


def raised(rt: Runtime) -> list[tuple[str, str]]:
    """Kind and volunteer of each alarm about a shift."""
    with rt.reading() as session:
        asked = select(Alarm.kind, Volunteer.login).join(Volunteer, Volunteer.id == Alarm.volunteer_id).where(Alarm.ticket_id.is_(None))
        return sorted((row[0], row[1]) for row in session.execute(asked))


def days(rt: Runtime) -> list[ShiftDay]:
    with rt.reading() as session:
        return list(session.scalars(select(ShiftDay).order_by(ShiftDay.on_date, ShiftDay.starts, ShiftDay.id)))


def codes(rt: Runtime) -> list[str]:
    """The codes that the last text to a volunteer's own phone showed, in their order."""
    return re.findall(r"send (\d\d)\b", texts_out(rt)[-1].body)


def came(rt: Runtime, *logins: str) -> None:
    for login in logins:
        attendance.come(rt, volunteer(rt, login))


def at_once(work: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_before_her_shift_her_own_phone_is_asked_once_and_nothing_is_named(rt: Runtime) -> None:
    give_phone(rt, "alice")
    came(rt, "alice", "bob", "charlie")
    watch_shifts(rt)
    watch_shifts(rt)
    [text] = texts_out(rt)
    yes, no = codes(rt)
    asks = f"Are you coming at 22:00? If yes, send {yes}. If not, send {no}."
    assert (text.text_key, text.ticket_id, text.body, yes != no) == ("shift_ask", None, asks, True)
    [asked] = [day for day in days(rt) if day.asked_at]
    assert (asked.on_date, asked.starts, asked.comes) == (date(2026, 11, 23), time(22), None)


URDU, ARABIC = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"), str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.mark.parametrize("comes", [True, False])
@pytest.mark.parametrize("typed", [str, lambda code: code.translate(URDU), lambda code: code.translate(ARABIC), lambda code: f" {code}. "])
def test_the_code_of_a_volunteer_who_was_asked_is_the_answer_and_opens_no_ticket(
    rt: Runtime, typed: Callable[[str], str], comes: bool
) -> None:
    give_phone(rt, "alice")
    came(rt, "alice", "bob", "charlie")
    watch_shifts(rt)
    yes, no = codes(rt)
    body = typed(yes if comes else no)
    text_in(rt, body, sender=PHONE)
    assert ([day.comes for day in days(rt) if day.asked_at], count(rt, Ticket), said(rt)) == ([comes], 0, ["shift_ask"])
    watch_shifts(rt)
    assert raised(rt) == ([] if comes else [("not_coming", "lead"), ("too_few", "lead")])
    text_in(rt, body, sender=PHONE)  # sent twice, it says nothing new
    assert ([day.comes for day in days(rt) if day.asked_at], count(rt, Ticket)) == ([comes], 0)


@pytest.mark.parametrize(("body", "sender"), [("{no}", HER), ("{no} nahin", PHONE), ("{no}{no}", PHONE), ("7", PHONE), ("8", PHONE)])
def test_anything_else_is_a_citizens_text(rt: Runtime, body: str, sender: str) -> None:
    give_phone(rt, "alice")
    watch_shifts(rt)
    text_in(rt, body.format(no=codes(rt)[1]), sender=sender)
    with rt.reading() as session:
        [message] = session.scalars(select(Message).where(Message.direction == "in"))
    assert message.read_as not in ("duty", "wrong_code")
    assert all(day.comes is None for day in days(rt))


def test_an_answer_without_a_question_is_a_citizens_text(rt: Runtime) -> None:
    give_phone(rt, "alice")
    text_in(rt, "41", sender=PHONE)
    with rt.reading() as session:
        assert [m.read_as for m in session.scalars(select(Message).where(Message.direction == "in"))] == ["opened"]
    assert days(rt) == []


def test_the_gateway_delivers_an_answer_twice(rt: Runtime) -> None:
    give_phone(rt, "alice")
    came(rt, "alice", "bob", "charlie")
    watch_shifts(rt)
    no = codes(rt)[1]
    text_in(rt, no, sender=PHONE, gateway_id="SM" + "7" * 32)
    text_in(rt, no, sender=PHONE, gateway_id="SM" + "7" * 32)
    assert (count(rt, Ticket), raised(rt)) == (0, [("not_coming", "lead")])


def test_whoever_does_not_come_is_told_to_her_lead_once_after_some_minutes(rt: Runtime, clock: Clock) -> None:
    clock.now = clock.now.replace(hour=3, minute=9)  # 08:09
    watch_shifts(rt)
    assert raised(rt) == []
    came(rt, "bob")
    clock.forward(minutes=2)
    watch_shifts(rt)
    watch_shifts(rt)
    assert raised(rt) == [("no_show", "lead")]
    clock.forward(hours=5)
    came(rt, "alice")
    watch_shifts(rt)
    assert [one for one in raised(rt) if one[1] == "lead"] == [("no_show", "lead")]


def test_an_open_page_is_noted_once_in_a_shift(rt: Runtime, clock: Clock) -> None:
    came(rt, "bob")
    clock.forward(hours=1)
    came(rt, "bob")
    [day] = days(rt)
    assert day.came_at == clock.now.replace(hour=7)


def test_outside_her_shifts_an_open_page_notes_nothing(rt: Runtime) -> None:
    came(rt, "charlie", "lead", "head")
    with rt.reading() as session:
        hers = session.scalars(select(ShiftDay).join(Volunteer, Volunteer.id == ShiftDay.volunteer_id).where(Volunteer.login != "charlie"))
        assert list(hers) == []


def test_a_shift_to_come_with_too_few_is_told_while_there_is_time(rt: Runtime, clock: Clock) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "alice").values(active=False))
    came(rt, "bob", "charlie")
    clock.forward(hours=9)
    watch_shifts(rt)
    assert raised(rt) == []  # bob comes on Tuesday
    with rt.transaction() as tx:
        street = tx.session.scalars(select(Team.id).where(Team.code == "street")).one()
        tx.session.add(
            ShiftDay(
                team_id=street,
                volunteer_id=volunteer(rt, "bob").id,
                on_date=date(2026, 11, 24),
                starts=time(8),
                ends=time(20),
                comes=False,
            )
        )
    watch_shifts(rt)
    watch_shifts(rt)
    assert raised(rt) == [("too_few", "lead")]


def urgent(rt: Runtime) -> Ticket:
    """A ticket that is urgent, and for which no phones ring until somebody acts."""
    text_in(rt, "bhatta mang rahe hain")
    route_due(rt)
    [ticket] = tickets(rt)
    assert ticket.priority == Priority.URGENT
    return ticket


def test_an_alarm_nobody_saw_goes_to_her_phone_after_90_seconds_and_names_nothing(rt: Runtime, clock: Clock) -> None:
    give_phone(rt, "lead")
    ticket = urgent(rt)
    clock.forward(seconds=89)
    assert page_unseen(rt) == 0
    clock.forward(seconds=1)
    assert page_unseen(rt) == 1
    assert page_unseen(rt) == 0
    text = texts_out(rt)[-1]
    assert (text.text_key, text.ticket_id, ticket.reference in text.body) == ("page_needs_you", None, False)


def test_two_workers_page_her_once(rt: Runtime, clock: Clock) -> None:
    give_phone(rt, "lead")
    urgent(rt)
    clock.forward(seconds=90)
    at_once(lambda: page_unseen(rt))
    assert said(rt).count("page_needs_you") == 1


def test_two_workers_ask_her_once(rt: Runtime) -> None:
    give_phone(rt, "alice")
    at_once(lambda: watch_shifts(rt))
    assert said(rt).count("shift_ask") == 1


def test_one_alarm_to_a_phone_in_five_minutes(rt: Runtime, clock: Clock) -> None:
    give_phone(rt, "lead")
    urgent(rt)
    clock.forward(seconds=90)
    assert page_unseen(rt) == 1
    with rt.transaction() as tx:
        tx.session.add(Alarm(id=5, about="shift:9", kind="no_show", volunteer_id=volunteer(rt, "lead").id, raised_at=tx.now))
    clock.forward(seconds=200)
    assert page_unseen(rt) == 0
    clock.forward(seconds=100)
    assert page_unseen(rt) == 1


def test_at_night_only_who_is_on_duty_is_paged(make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock) -> None:
    kept = make_rt(contact_hours=Hours())
    give_phone(rt, "lead")
    with rt.transaction() as tx:
        tx.session.add(Alarm(id=5, about="shift:9", kind="no_show", volunteer_id=volunteer(rt, "lead").id, raised_at=tx.now))
    clock.forward(hours=11)  # 23:00
    assert page_unseen(kept) == 0
    clock.forward(hours=10)  # 09:00
    assert page_unseen(kept) == 1


def test_a_team_with_nobody_in_its_plan_troubles_nobody(rt: Runtime, clock: Clock) -> None:
    came(rt, "alice", "bob", "charlie")
    with rt.reading() as session:
        emergency = session.scalars(select(Team.id).where(Team.code == "emergency")).one()
        assert shiftdays.present(session, emergency, clock.now, calendar(rt.config)) == set()
    watch_shifts(rt)
    assert raised(rt) == []


def test_whoever_stands_in_is_asked_in_her_place(rt: Runtime) -> None:
    give_phone(rt, "lead")
    came(rt, "alice", "bob", "charlie")
    with rt.reading() as session:
        general = session.scalars(select(Team.id).where(Team.code == "general")).one()
    night = (general, volunteer(rt, "alice").id, date(2026, 11, 23), time(22))
    roster.ask_stand_in(rt, volunteer(rt, "alice"), night, volunteer(rt, "lead").id)
    watch_shifts(rt)
    assert said(rt) == []  # alice has no phone, and the lead has not agreed yet
    roster.agree(rt, volunteer(rt, "lead"), night, agrees=True)
    watch_shifts(rt)
    text_in(rt, codes(rt)[1], sender=PHONE)
    [day] = [day for day in days(rt) if day.starts == time(22)]
    assert (said(rt), day.comes, day.stand_in_id, raised(rt)) == (["shift_ask"], False, None, [("not_coming", "lead")])


def test_the_open_page_of_a_stand_in_counts_as_having_come(rt: Runtime, clock: Clock) -> None:
    with rt.reading() as session:
        general = session.scalars(select(Team.id).where(Team.code == "general")).one()
    night = (general, volunteer(rt, "alice").id, date(2026, 11, 23), time(22))
    roster.ask_stand_in(rt, volunteer(rt, "alice"), night, volunteer(rt, "lead").id)
    roster.agree(rt, volunteer(rt, "lead"), night, agrees=True)
    clock.now = datetime(2026, 11, 23, 21, 50, tzinfo=rt.config.zone).astimezone(UTC)
    came(rt, "lead")
    [day] = [day for day in days(rt) if day.starts == time(22)]
    assert day.came_at == clock.now


def test_a_volunteer_who_was_removed_is_neither_asked_nor_missed(rt: Runtime) -> None:
    give_phone(rt, "alice")
    came(rt, "bob", "charlie")
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "alice").values(active=False))
    watch_shifts(rt)
    text_in(rt, "41", sender=PHONE)
    assert ([one for one in said(rt) if one == "shift_ask"], raised(rt)) == ([], [])


def test_an_alarm_of_a_shift_can_be_acknowledged_on_the_page(rt: Runtime) -> None:
    watch_shifts(rt)
    with rt.reading() as session:
        alarm = session.scalars(select(Alarm).where(Alarm.kind == "no_show")).first()
        assert alarm is not None
        hers = session.get_one(Volunteer, alarm.volunteer_id)
    casework.acknowledge(rt, hers, alarm.id)
    with rt.reading() as session:
        assert session.get_one(Alarm, alarm.id).acknowledged_at is not None
