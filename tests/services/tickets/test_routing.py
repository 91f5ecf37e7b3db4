"""A ticket finds its team and a volunteer on duty. The clock stands at noon on a Monday in Karachi."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.sections import Duty
from hotline.services.access import NoSuchTicket
from hotline.services.people import staff
from hotline.services.tickets import casework, taking
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Alarm, Contact, Event, Ticket
from hotline.storage.peoplemodels import ShiftRow, Team, Volunteer
from tests.services.colleagues import ORGANISATION, settle, volunteer
from tests.support import HER, OTHER, Clock, text_in, tickets

SNATCHED = "do larkon ne pistol dikha kar mera mobile cheen liya"
BRIBED = "thanay ke SHO ne mujh se rishwat mangi"


def where(rt: Runtime) -> list[tuple[str | None, str | None]]:
    """Team and assignee of each ticket, by name."""
    with rt.reading() as session:
        rows = session.execute(
            select(Team.code, Volunteer.login)
            .select_from(Ticket)
            .outerjoin(Team, Team.id == Ticket.team_id)
            .outerjoin(Volunteer, Volunteer.id == Ticket.assignee_id)
            .order_by(Ticket.id)
        )
        return [(row[0], row[1]) for row in rows]


def alarms(rt: Runtime) -> list[tuple[str, str]]:
    """Kind and volunteer of each alarm, oldest first; alarms of one instant by kind."""
    with rt.reading() as session:
        asked = select(Alarm.kind, Volunteer.login).join(Volunteer, Volunteer.id == Alarm.volunteer_id)
        rows = session.execute(asked.order_by(Alarm.raised_at, Alarm.kind, Volunteer.login))
        return [(row[0], row[1]) for row in rows]


def test_it_goes_to_the_team_of_its_category_and_to_who_is_on_duty(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, SNATCHED)
    assert route_due(rt) == 1
    assert where(rt) == [("street", "alice")]
    [ticket] = tickets(rt)
    assert (ticket.status, ticket.version, ticket.unattended) == (Status.ASSIGNED, 2, False)
    assert route_due(rt) == 0


@pytest.mark.parametrize(("code", "text"), [("ps", "زما ورور پرون نه راغلی، مرسته وکړئ"), ("skr", "میکوں ڈسو، میڈا پتر کتھاں ہے")])
def test_a_text_in_a_neighbours_language_goes_to_who_speaks_it_and_is_answered_in_urdu(
    rt: Runtime, tmp_path: Path, code: str, text: str
) -> None:
    settle(rt, tmp_path)
    staff.speak(rt, volunteer(rt, "admin").id, "bob", ["en", code])
    for sender in (HER, OTHER, "+923001234599"):
        text_in(rt, text if sender != HER else SNATCHED, sender=sender)
        with rt.transaction() as tx:
            tx.session.execute(update(Ticket).values(category="snatching"))
        route_due(rt)
    # Alice speaks Urdu and not the language. Bob, who speaks it, has a ticket already when the last one comes.
    assert where(rt) == [("street", "alice"), ("street", "bob"), ("street", "bob")]
    with rt.reading() as session:
        assert {session.get_one(Contact, ticket.contact_id).language for ticket in tickets(rt)[1:]} == {"ur"}


def test_the_load_is_shared(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    for n in range(4):
        text_in(rt, SNATCHED, sender=f"+92300123450{n}")
    route_due(rt)
    assert [login for _, login in where(rt)] == ["alice", "bob", "alice", "bob"]


def test_who_speaks_her_language_comes_first(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, "ڪالهه شام ٻن ماڻهن پستول ڏيکاري مون کان موبائل ڦري ورتو")
    route_due(rt)
    assert where(rt) == [("street", "bob")]


def test_nobody_on_duty_means_the_lead_who_is_told(rt: Runtime, tmp_path: Path, clock: Clock) -> None:
    settle(rt, tmp_path)
    clock.forward(hours=9)  # 21:00
    text_in(rt, SNATCHED)
    route_due(rt)
    assert (where(rt), alarms(rt)) == ([("street", "lead")], [("nobody_on_duty", "lead")])


def test_nobody_at_all_leaves_it_on_the_queue_marked_and_the_head_is_told(rt: Runtime, tmp_path: Path, clock: Clock) -> None:
    settle(rt, tmp_path, ORGANISATION.replace('leads = ["general", "street", "emergency"]', "active = false"))
    clock.forward(hours=9)
    text_in(rt, SNATCHED)
    route_due(rt)
    [ticket] = tickets(rt)
    assert (ticket.status, ticket.unattended, where(rt), alarms(rt)) == (Status.NEW, True, [("street", None)], [("unattended", "head")])


def test_an_empty_organisation_works_tickets_wait_marked(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    text_in(rt, BRIBED, sender=OTHER)
    route_due(rt)
    assert [(t.unattended, t.team_id) for t in tickets(rt)] == [(True, None)] * 2


def test_a_sealed_ticket_goes_to_its_own_team(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, BRIBED)
    route_due(rt)
    assert (where(rt), alarms(rt)) == ([("integrity", "charlie")], [])


def test_with_nobody_of_its_team_on_duty_a_sealed_ticket_alarms_the_head_and_falls_to_nobody_else(
    rt: Runtime, tmp_path: Path, clock: Clock
) -> None:
    settle(rt, tmp_path)
    clock.forward(hours=5)  # charlie went home at 14:00
    text_in(rt, BRIBED)
    route_due(rt)
    assert (where(rt), alarms(rt)) == ([("integrity", None)], [("sealed_waits", "head")])


def test_without_its_team_a_sealed_ticket_waits_for_the_head(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path, ORGANISATION.replace("integrity", "audit"))
    text_in(rt, BRIBED)
    route_due(rt)
    assert (where(rt), alarms(rt)) == ([(None, None)], [("sealed_waits", "head")])


def test_a_cry_for_help_alarms_whoever_gets_it_once(rt: Runtime, tmp_path: Path, clock: Clock) -> None:
    settle(rt, tmp_path)
    clock.forward(hours=11)  # 23:00: alice is on the general desk
    text_in(rt, "bachao")
    route_due(rt)
    assert (where(rt), alarms(rt)) == ([("general", "alice")], [("urgent", "alice")])
    text_in(rt, "bachao")
    route_due(rt)
    assert alarms(rt) == [("urgent", "alice")]


def test_a_ticket_raised_by_a_later_text_alarms_who_has_it_and_does_not_move(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, SNATCHED)
    route_due(rt)
    text_in(rt, f"{tickets(rt)[0].reference} madad")
    route_due(rt)
    assert (where(rt), alarms(rt)) == ([("street", "alice")], [("urgent", "alice")])


NO_STREET = ORGANISATION.replace('days = ["mon", "tue", "wed", "thu", "fri"]', 'days = ["sun"]')


@pytest.mark.parametrize(
    ("by_now", "told"),
    [
        (ORGANISATION, None),
        (ORGANISATION.replace('volunteers = ["alice", "bob"]', 'volunteers = ["bob"]'), "bob"),
        (NO_STREET, "lead"),
        (NO_STREET.replace('leads = ["general", "street", "emergency"]', "active = false"), "head"),
    ],
)
def test_a_cry_when_whoever_has_it_has_gone_home_also_alarms_somebody_else(
    rt: Runtime, tmp_path: Path, by_now: str, told: str | None
) -> None:
    settle(rt, tmp_path)
    text_in(rt, SNATCHED)
    route_due(rt)
    settle(rt, tmp_path, by_now)
    text_in(rt, f"{tickets(rt)[0].reference} madad")
    route_due(rt)
    assert where(rt) == [("street", "alice")]
    assert alarms(rt) == [*([("off_duty", told)] if told else []), ("urgent", "alice")]


def test_of_a_sealed_ticket_whose_team_went_home_only_the_head_is_told(rt: Runtime, tmp_path: Path, clock: Clock) -> None:
    settle(rt, tmp_path)
    clock.forward(hours=1, minutes=55)
    text_in(rt, BRIBED)
    route_due(rt)
    clock.forward(minutes=9)  # 14:04
    text_in(rt, f"{tickets(rt)[0].reference} bachao")
    route_due(rt)
    assert (where(rt), alarms(rt)) == ([("integrity", "charlie")], [("off_duty", "head"), ("urgent", "charlie")])


def test_a_lead_who_has_it_off_duty_is_told_once(rt: Runtime, tmp_path: Path, clock: Clock) -> None:
    settle(rt, tmp_path)
    clock.forward(hours=9)  # 21:00
    text_in(rt, SNATCHED)
    route_due(rt)
    text_in(rt, f"{tickets(rt)[0].reference} bachao")
    route_due(rt)
    assert alarms(rt) == [("nobody_on_duty", "lead"), ("urgent", "lead")]


def test_a_text_that_says_what_it_is_about_brings_it_to_the_team_of_that(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, "ghar ke bahar kuch log khare thay")
    route_due(rt)
    assert where(rt) == [("general", "lead")]
    text_in(rt, SNATCHED)
    assert (where(rt), tickets(rt)[0].status) == ([(None, None)], Status.NEW)
    assert route_due(rt) == 1
    assert (where(rt), tickets(rt)[0].status) == ([("street", "alice")], Status.ASSIGNED)


def test_once_somebody_has_begun_what_it_is_about_moves_it_no_more(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, "ghar ke bahar kuch log khare thay")
    route_due(rt)
    [ticket] = tickets(rt)
    casework.change_status(rt, volunteer(rt, "bob"), ticket.reference, version=ticket.version, to=Status.IN_PROGRESS)
    text_in(rt, "meri motorcycle chori ho gayi")
    route_due(rt)
    [ticket] = tickets(rt)
    assert (where(rt), ticket.status, ticket.category) == ([("general", "lead")], Status.IN_PROGRESS, "theft")


def test_whoever_claimed_it_before_it_had_a_team_keeps_it(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path, ORGANISATION.replace("street", "road").replace("general", "desk"))
    for sender in (HER, OTHER):
        text_in(rt, SNATCHED, sender=sender)
        route_due(rt)
        ticket = tickets(rt)[-1]
        assert ticket.team_id is None
        taking.claim(rt, volunteer(rt, "bob"), ticket.reference, ticket.version)
    text_in(rt, f"{tickets(rt)[1].reference} bachao", sender=OTHER)
    settle(rt, tmp_path)  # there are teams by now
    route_due(rt)
    assert (where(rt), tickets(rt)[1].status) == ([("street", "bob"), ("street", "bob")], Status.ASSIGNED)
    assert [alarm for alarm in alarms(rt) if alarm[0] != "unattended"] == [("urgent", "bob")]
    assert route_due(rt) == 0


def test_whoever_claims_it_before_it_is_routed_keeps_it(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, SNATCHED)
    [ticket] = tickets(rt)
    taking.claim(rt, volunteer(rt, "bob"), ticket.reference, ticket.version)
    route_due(rt)
    assert (where(rt), alarms(rt)) == ([("street", "bob")], [])


def test_a_ticket_sealed_by_a_later_text_leaves_who_had_it(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, SNATCHED)
    route_due(rt)
    text_in(rt, "wo dono police wale thay")
    assert (where(rt), tickets(rt)[0].status) == ([(None, None)], Status.NEW)  # nobody has it
    route_due(rt)
    assert (where(rt), tickets(rt)[0].status) == ([("integrity", "charlie")], Status.ASSIGNED)


def test_a_ticket_that_waited_is_routed_when_somebody_comes_on_duty(rt: Runtime, tmp_path: Path, clock: Clock) -> None:
    settle(rt, tmp_path, ORGANISATION.replace('leads = ["general", "street", "emergency"]', "active = false"))
    clock.forward(hours=9)  # 21:00
    text_in(rt, SNATCHED)
    route_due(rt)
    assert route_due(rt) == 0
    clock.forward(hours=11)  # Tuesday, 08:00
    assert route_due(rt) == 1
    assert (where(rt)[0][1] in {"alice", "bob"}, tickets(rt)[0].unattended, tickets(rt)[0].status) == (True, False, Status.ASSIGNED)


def test_a_sealed_ticket_that_came_before_its_team_goes_to_it_even_from_the_head(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path, ORGANISATION.replace("integrity", "audit"))
    text_in(rt, BRIBED)
    head = volunteer(rt, "head")
    [ticket] = tickets(rt)
    with pytest.raises(NoSuchTicket):  # the team may be created within seconds
        taking.claim(rt, head, ticket.reference, ticket.version)
    route_due(rt)
    taking.claim(rt, head, ticket.reference, tickets(rt)[0].version)
    settle(rt, tmp_path)
    route_due(rt)
    assert where(rt) == [("integrity", "charlie")]


def test_all_of_it_is_events(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, "bachao", sender=HER)
    route_due(rt)
    with rt.reading() as session:
        kinds = [event.kind for event in session.scalars(select(Event).order_by(Event.id))]
    assert kinds == ["opened", "routed", "alarm_raised"]


@pytest.mark.parametrize("waiting", [1, 250])
def test_a_batch_is_bounded_and_the_rest_is_asked_for_again(rt: Runtime, waiting: int) -> None:
    for n in range(waiting):
        text_in(rt, SNATCHED, sender=f"+9230012{n:05d}")
    seen = []
    while routed := route_due(rt):
        seen.append(routed)
    assert seen == {1: [1], 250: [100, 100, 50]}[waiting]


def test_a_citizen_who_asks_for_a_woman_is_given_to_who_takes_those(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, SNATCHED)
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "bob").values(takes_women=True))
        tx.session.execute(update(Ticket).values(wants_woman=True))
    route_due(rt)
    assert where(rt) == [("street", "bob")]


def test_in_a_pause_nobody_is_on_duty(make_rt: Callable[..., Runtime], tmp_path: Path) -> None:
    rt = make_rt(duty=Duty(pauses=("mon 11:30-13:00",)))
    settle(rt, tmp_path)
    text_in(rt, SNATCHED)
    route_due(rt)
    assert (where(rt), alarms(rt)) == ([("street", "lead")], [("nobody_on_duty", "lead")])


def test_on_a_public_holiday_a_shift_that_rests_is_not_on_duty(rt: Runtime, tmp_path: Path, clock: Clock) -> None:
    settle(rt, tmp_path)
    clock.now = clock.now.replace(year=2027, month=3, day=23)  # Pakistan Day, a Tuesday
    with rt.transaction() as tx:
        bob = select(Volunteer.id).where(Volunteer.login == "bob").scalar_subquery()
        tx.session.execute(update(ShiftRow).where(ShiftRow.volunteer_id != bob).values(on_holidays=False))
    for n in range(2):
        text_in(rt, SNATCHED, sender=f"+92300123450{n}")
    route_due(rt)
    assert where(rt) == [("street", "bob"), ("street", "bob")]
