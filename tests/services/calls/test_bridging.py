"""A masked call back: the volunteer's phone rings first, then the citizen's, and nothing rings twice or where it must not.

The clock stands at noon on a Monday in Karachi; alice and bob are on duty in the team Street until 20:00."""

import dataclasses
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.bridge import Bar, Came, End, Leg
from hotline.domain.voice import HangUp, Join
from hotline.gateways.base import GatewayError, LegReport, Outcome
from hotline.runtime import Runtime
from hotline.sections import Hours
from hotline.services.access import NotAllowed, NoteMissing
from hotline.services.calls import bridging, callflow, callplans, hangup
from hotline.services.calls.bridging import CallBarred
from hotline.services.calls.placing import place_calls
from hotline.services.tickets import facts, replies, taking
from hotline.services.tickets.reach import SafeContact, reach
from hotline.services.tickets.routing import route_due
from hotline.storage import bridges, people
from hotline.storage.bridgemodels import Bridge, CallPlan
from hotline.storage.callmodels import Call, Recording
from hotline.storage.models import Alarm, Contact, Event, Message, Note, Ticket
from tests.calling import Caller, calls_of
from tests.opened import is_phone
from tests.recorded import Killed
from tests.services.calls.test_missedcalls import VOICE, CallingGateway, answered, in_the_book
from tests.services.colleagues import settle, volunteer
from tests.services.duty.test_attendance import PHONE, at_once, give_phone
from tests.support import HER, OTHER, SNATCHED, Clock, count, hand_over, text_in, texts_out, tickets

LEADS_PHONE = "+923009998877"


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    rt = make_rt(voice=VOICE, data_dir=tmp_path)
    settle(rt, tmp_path)
    give_phone(rt, "alice")
    give_phone(rt, "lead", LEADS_PHONE)
    return rt


@pytest.fixture
def gateway() -> CallingGateway:
    return CallingGateway()


def wanted(rt: Runtime) -> Ticket:
    """The citizen asked by a key to be called, and alice has the ticket."""
    Caller(rt).ring().press("1", "3", "1").hang_up()
    route_due(rt)
    return alices(rt)


def written(rt: Runtime, body: str = SNATCHED) -> Ticket:
    """The citizen texted, and alice has the ticket."""
    text_in(rt, body)
    route_due(rt)
    return alices(rt)


def alices(rt: Runtime) -> Ticket:
    ticket = tickets(rt)[0]
    if ticket.assignee_id != volunteer(rt, "alice").id:
        taking.claim(rt, volunteer(rt, "alice"), ticket.reference, ticket.version)
    return tickets(rt)[0]


def ask(rt: Runtime, ticket: Ticket, login: str = "alice") -> None:
    bridging.ask(rt, volunteer(rt, login), ticket.reference)


def barred(rt: Runtime, ticket: Ticket, login: str = "alice") -> set[Bar]:
    """What bars the call; nothing: it was asked for."""
    try:
        ask(rt, ticket, login)
    except CallBarred as fault:
        return set(fault.args[0])
    return set()


def picked_up(rt: Runtime, gateway: CallingGateway, ticket: Ticket) -> Caller:
    """Alice asked, and her phone was answered."""
    ask(rt, ticket)
    place_calls(rt, gateway)
    return answered(rt, gateway)


def ringing(rt: Runtime, gateway: CallingGateway, ticket: Ticket) -> Caller:
    """Alice pressed 1 as well."""
    return picked_up(rt, gateway, ticket).press("1")


def told(rt: Runtime, caller: Caller, *legs: Leg, duration_s: int | None = None) -> None:
    for leg in legs:
        bridging.report(rt, caller.row.id, leg, duration_s)


def talked(rt: Runtime, gateway: CallingGateway, ticket: Ticket, came: Came | None = None) -> Caller:
    """The two were joined, and the line is down; `came`: what alice says of it."""
    caller = ringing(rt, gateway, ticket)
    told(rt, caller, Leg.RINGING, Leg.ANSWERED)
    over(rt, caller, Leg.OVER, 70)
    if came is not None:
        bridging.came(rt, volunteer(rt, "alice"), ticket.reference, came)
    return caller


def over(rt: Runtime, caller: Caller, leg: Leg, duration_s: int | None = None) -> None:
    """The citizen's phone is over, and then the call."""
    assert callflow.end_join(rt, caller.told(), LegReport(leg, duration_s)).actions == (HangUp(),)
    caller.hang_up()


def bridge(rt: Runtime) -> Bridge:
    """The last bridge."""
    with rt.reading() as session:
        return session.scalars(select(Bridge).order_by(Bridge.id.desc()).limit(1)).one()


def plan(rt: Runtime, ticket: Ticket) -> CallPlan:
    with rt.reading() as session:
        return session.get_one(CallPlan, ticket.id)


def steps(rt: Runtime, prefix: str = "bridge") -> list[str]:
    """What happened on the timeline."""
    with rt.reading() as session:
        kinds = session.scalars(select(Event.kind).where(Event.kind.startswith(prefix)).order_by(Event.id))
        return [kind.removeprefix(f"{prefix}_") for kind in kinds]


def change_phone(rt: Runtime, number: str = HER, **values: object) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).where(is_phone(number)).values(**values))


def to_make(rt: Runtime, login: str = "alice") -> list[str]:
    with rt.reading() as session:
        return [ticket.reference for _, ticket, _ in bridges.to_make(session, volunteer(rt, login))]


def urge(rt: Runtime, ticket: Ticket, *logins: str) -> None:
    for login in logins:
        version = tickets(rt)[0].version
        callplans.urge(rt, volunteer(rt, login), ticket.reference, version=version, note=f"{login} fears for her life")


# The way it goes


def test_her_phone_rings_first_then_the_citizens_and_each_step_is_on_the_timeline(
    rt: Runtime, gateway: CallingGateway, clock: Clock
) -> None:
    ticket = wanted(rt)
    caller = picked_up(rt, gateway, ticket)
    assert [to for to, _ in gateway.placed] == [PHONE]
    assert gateway.alarms == [gateway.placed[0][1]]  # the path on which nothing is ever said of a fault
    assert caller.hears == ["call_ready"]
    caller.press("1")
    assert (caller.hears, caller.last, caller.turn.joins) == (["say_nothing"], Join(), HER)
    assert HER not in repr(caller.turn)
    told(rt, caller, Leg.RINGING)
    clock.forward(seconds=9)
    told(rt, caller, Leg.ANSWERED)
    clock.forward(seconds=70)
    over(rt, caller, Leg.OVER, 70)
    assert steps(rt) == ["asked", "answered", "rung", "joined", "ended"]
    now = bridge(rt)
    assert (now.ended, now.duration_s, now.joined_at) == (End.JOINED, 70, clock.now - timedelta(seconds=70))
    assert [call.ended_at is not None for call in calls_of(rt)] == [True, True]
    assert len(gateway.placed) == 1


def test_the_volunteer_hears_it_in_the_language_of_their_pages(rt: Runtime, gateway: CallingGateway) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(type(volunteer(rt, "alice"))).values(page_language="ur"))
    assert picked_up(rt, gateway, wanted(rt)).languages == {"ur"}


@pytest.mark.parametrize(
    ("leg", "ended"), [(Leg.NO_ANSWER, End.NO_ANSWER), (Leg.BUSY, End.BUSY), (Leg.FAILED, End.FAILED), (Leg.OVER, End.JOINED)]
)
def test_how_it_ended_is_told(rt: Runtime, gateway: CallingGateway, leg: Leg, ended: End) -> None:
    caller = ringing(rt, gateway, wanted(rt))
    over(rt, caller, leg)
    assert bridge(rt).ended == ended
    with rt.reading() as session:
        event = session.scalars(select(Event).where(Event.kind == "bridge_ended")).one()
    assert event.data["bridge"] == ended


@pytest.mark.parametrize("keys", [("", "", ""), ("9", "5", "0")])
def test_a_mailbox_or_somebody_else_who_holds_her_phone_rings_nobody(rt: Runtime, gateway: CallingGateway, keys: tuple[str, ...]) -> None:
    ticket = wanted(rt)
    caller = picked_up(rt, gateway, ticket).press(*keys)
    assert caller.turn.actions == (HangUp(),)
    caller.hang_up()
    assert (bridge(rt).ended, steps(rt)) == (End.NOT_TAKEN, ["asked", "ended"])
    assert (in_the_book(rt), len(tickets(rt))) == (0, 1)
    assert barred(rt, ticket) == set()  # the citizen's phone did not ring: it may be tried


def test_nothing_of_it_is_recorded(rt: Runtime, gateway: CallingGateway) -> None:
    caller = talked(rt, gateway, wanted(rt))
    caller.report_recording("RE" + "a" * 32)
    assert count(rt, Recording) == 0


@pytest.mark.parametrize("is_over", [False, True])
def test_a_0_that_is_told_late_is_no_danger_of_the_volunteer(rt: Runtime, gateway: CallingGateway, is_over: bool) -> None:
    caller = talked(rt, gateway, wanted(rt)) if is_over else picked_up(rt, gateway, wanted(rt)).press("1")
    before = count(rt, Ticket)
    callflow.press_key(rt, caller.told("0"), 0, is_alarm=True)
    assert (caller.row.danger_at, caller.row.ticket_id, count(rt, Ticket)) == (None, None, before)


# Nothing rings twice


def test_a_key_told_twice_gives_the_same_answer_until_the_phone_rings_and_then_none(rt: Runtime, gateway: CallingGateway) -> None:
    caller = picked_up(rt, gateway, wanted(rt))
    first, second = (callflow.press_key(rt, caller.told("1"), 0, is_alarm=True) for _ in range(2))
    assert first.actions == second.actions
    told(rt, caller, Leg.RINGING)
    assert callflow.press_key(rt, caller.told("1"), 0, is_alarm=True).actions == (HangUp(),)
    assert steps(rt) == ["asked", "answered", "rung"]


def test_two_volunteers_who_press_at_once_make_one_call(rt: Runtime) -> None:
    ticket = wanted(rt)
    outcomes: list[set[Bar]] = []
    who = iter(("alice", "lead"))
    at_once(lambda: outcomes.append(barred(rt, ticket, next(who))))
    assert sorted(outcomes, key=len) == [set(), {Bar.UNDER_WAY}]
    assert (count(rt, Bridge), [call.direction for call in calls_of(rt)]) == (1, ["in", "bridge"])


def test_two_workers_ring_her_once(rt: Runtime, gateway: CallingGateway) -> None:
    ask(rt, wanted(rt))
    at_once(lambda: place_calls(rt, gateway))
    assert len(gateway.placed) == 1


def test_a_worker_that_dies_rings_nobody_twice_and_blocks_the_phone_for_minutes_only(
    rt: Runtime, gateway: CallingGateway, clock: Clock
) -> None:
    ticket = wanted(rt)
    ask(rt, ticket)
    gateway.script = [Killed()]
    with pytest.raises(Killed):
        place_calls(rt, gateway)
    place_calls(rt, gateway)
    assert gateway.placed == []
    assert barred(rt, ticket) == {Bar.UNDER_WAY}
    clock.forward(minutes=5)
    place_calls(rt, gateway)
    assert (gateway.placed, bridge(rt).ended) == ([], End.NOT_TAKEN)
    lost = calls_of(rt)[-1].id
    assert barred(rt, ticket) == set()
    # The gateway had placed the first call after all: the person who answers it hears nothing.
    late = Caller(rt, PHONE)
    assert callflow.answer_back(rt, lost, late.told()).actions == (HangUp(),)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNKNOWN])
def test_a_call_that_the_gateway_refuses_ends_it(rt: Runtime, gateway: CallingGateway, outcome: Outcome) -> None:
    ticket = wanted(rt)
    ask(rt, ticket)
    gateway.script = [GatewayError("x", outcome)]
    for _ in range(2):
        place_calls(rt, gateway)
    assert (gateway.placed, bridge(rt).ended) == ([], End.NOT_TAKEN)
    assert barred(rt, ticket) == set()


def test_a_phone_that_could_not_be_rung_in_time_is_not_rung(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    ask(rt, wanted(rt))
    clock.forward(minutes=3)
    place_calls(rt, gateway)
    assert (gateway.placed, bridge(rt).ended) == ([], End.NOT_PLACED)


@pytest.mark.parametrize(
    "legs",
    [
        (Leg.OVER,),
        (Leg.OVER, Leg.ANSWERED, Leg.RINGING),
        (Leg.RINGING, Leg.OVER, Leg.OVER, Leg.ANSWERED),
        (Leg.ANSWERED, Leg.NO_ANSWER, Leg.OVER),
        (Leg.NO_ANSWER, Leg.ANSWERED),
    ],
)
def test_reports_in_any_order_and_twice_tell_the_same(rt: Runtime, gateway: CallingGateway, legs: tuple[Leg, ...]) -> None:
    caller = ringing(rt, gateway, wanted(rt))
    told(rt, caller, *legs, duration_s=70)
    caller.hang_up()
    assert bridge(rt).ended == End.JOINED
    assert sorted(steps(rt)) == ["answered", "asked", "ended", "joined", "rung"]


def test_a_report_after_the_end_of_the_call_tells_what_nobody_knew(rt: Runtime, gateway: CallingGateway) -> None:
    caller = ringing(rt, gateway, wanted(rt))
    caller.hang_up()
    assert bridge(rt).ended == End.UNKNOWN
    told(rt, caller, Leg.OVER, duration_s=70)
    assert (bridge(rt).ended, bridge(rt).duration_s) == (End.JOINED, 70)


def test_with_a_silent_gateway_it_ends_when_the_gateway_is_asked(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    ringing(rt, gateway, wanted(rt))
    clock.forward(minutes=11)
    hangup.close_calls(rt, gateway)
    assert bridge(rt).ended == End.UNKNOWN


def test_a_report_of_a_call_that_nobody_took_changes_nothing(rt: Runtime, gateway: CallingGateway) -> None:
    caller = picked_up(rt, gateway, wanted(rt))
    told(rt, caller, Leg.ANSWERED)
    bridging.report(rt, 4711, Leg.ANSWERED, None)
    assert steps(rt) == ["asked"]


# What forbids it


@pytest.mark.parametrize(
    ("mark", "bar"),
    [
        ({"may_call": False}, Bar.NO_CALLS),
        ({"on_hold": True}, Bar.MARKED),
        ({"safe_from": time(13), "safe_until": time(15)}, Bar.HOURS),
        ({"times_seen": 0}, Bar.NO_PHONE),
        ({"country": "FR"}, Bar.NO_PHONE),
    ],
)
def test_a_phone_that_may_not_be_rung_is_not_rung(rt: Runtime, mark: dict[str, object], bar: Bar) -> None:
    ticket = wanted(rt)
    change_phone(rt, **mark)
    assert barred(rt, ticket) == {bar}
    assert [call.direction for call in calls_of(rt)] == ["in"]


def test_a_no_keyed_on_a_later_call_bars_it(rt: Runtime) -> None:
    ticket = wanted(rt)
    Caller(rt).ring().press("1", "1", "1", "2").hang_up()  # texts yes, calls no
    assert barred(rt, ticket) == {Bar.NO_CALLS}


def test_who_only_texted_has_not_agreed_and_without_a_phone_of_her_own_nobody_is_rung(rt: Runtime) -> None:
    ticket = written(rt)
    assert barred(rt, ticket) == {Bar.UNASKED}
    with rt.transaction() as tx:
        tx.session.execute(update(type(volunteer(rt, "alice"))).values(phone_id=None))
    assert barred(rt, ticket) == {Bar.UNASKED, Bar.NO_OWN_PHONE}


def test_silence_after_key_5_is_never_broken_not_even_by_two(rt: Runtime) -> None:
    Caller(rt).ring().press("1", "0", "5").speak().hang_up()
    route_due(rt)
    ticket = alices(rt)
    assert Bar.SILENT in barred(rt, ticket)
    urge(rt, ticket, "alice", "lead")
    assert barred(rt, ticket) == {Bar.SILENT, Bar.NO_CALLS}
    with rt.transaction() as tx:
        tx.session.execute(update(Call).values(call_consent="yes"))  # a yes keyed by the person who holds the phone
    assert barred(rt, ticket) == {Bar.SILENT, Bar.NO_CALLS}
    change_phone(rt, refused_calls_at=None)  # a person took it back for this phone
    assert barred(rt, ticket) == {Bar.SILENT}


def test_who_took_a_no_back_has_not_agreed_for_the_citizen(rt: Runtime) -> None:
    Caller(rt).ring().press("1", "3", "2", "1", "1", "1").speak().press("1").hang_up()
    route_due(rt)
    ticket = alices(rt)
    assert barred(rt, ticket) == {Bar.NO_CALLS, Bar.UNASKED}
    with rt.reading() as session:
        before = SafeContact.of(session.get_one(Contact, ticket.contact_id), phone_held=False)
    wanted_now, told = dataclasses.replace(before, no_calls=False), "the sister says that calls are safe"
    reach(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, was=before.mark, wanted=wanted_now, note=told)
    assert barred(rt, ticket) == {Bar.UNASKED}


def test_a_yes_to_texts_is_no_yes_to_calls(rt: Runtime) -> None:
    Caller(rt).ring().press("1", "1", "1", "1", "").speak().press("1").hang_up()
    route_due(rt)
    ticket = alices(rt)
    assert calls_of(rt)[0].consent == "yes"
    assert barred(rt, ticket) == {Bar.UNASKED}


def test_outside_the_hours_of_the_hotline_nobody_is_rung_unless_the_citizen_named_that_hour(
    make_rt: Callable[..., Runtime], tmp_path: Path, clock: Clock
) -> None:
    rt = make_rt(voice=VOICE, data_dir=tmp_path, contact_hours=Hours(opens="09:00", closes="21:00"))
    settle(rt, tmp_path)
    give_phone(rt, "alice")
    ticket = wanted(rt)
    clock.forward(hours=10)
    assert barred(rt, ticket) == {Bar.HOURS}
    change_phone(rt, safe_from=time(21, 30), safe_until=time(22, 30))
    assert barred(rt, ticket) == set()


def test_a_sealed_ticket_of_the_same_phone_bars_it_in_the_words_of_any_marked_phone(rt: Runtime) -> None:
    ticket = wanted(rt)
    text_in(rt, "thanay ke SHO ne mujh se rishwat mangi")
    route_due(rt)
    assert tickets(rt)[-1].sealed
    assert barred(rt, ticket) == {Bar.MARKED}


def test_the_hold_of_the_ticket_itself_does_not_bar_who_agreed(rt: Runtime) -> None:
    ticket = wanted(rt)
    facts.hold(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, on=True, note="")
    assert barred(rt, ticket) == set()


@pytest.mark.parametrize("mark", [{"may_call": False}, {"on_hold": True}, {"safe_until": time(11)}])
def test_what_is_marked_while_her_phone_rings_counts(rt: Runtime, gateway: CallingGateway, mark: dict[str, object]) -> None:
    caller = picked_up(rt, gateway, wanted(rt))
    change_phone(rt, **mark)
    caller.press("1")
    assert (caller.turn.actions, caller.turn.joins) == ((HangUp(),), None)
    assert bridge(rt).ended == End.BARRED


def test_a_ticket_that_was_passed_on_meanwhile_rings_nobody(rt: Runtime, gateway: CallingGateway) -> None:
    caller = picked_up(rt, gateway, wanted(rt))
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(assignee_id=None, team_id=None))
    assert caller.press("1").turn.actions == (HangUp(),)


# Who may


def test_who_has_it_leads_or_is_on_duty_for_an_urgent_one_may_call(rt: Runtime, clock: Clock) -> None:
    ticket = wanted(rt)
    with pytest.raises(NotAllowed):
        ask(rt, ticket, "bob")
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(team_id=people.teams(tx.session)["street"].id, priority=1))
    assert barred(rt, ticket, "bob") == {Bar.NO_OWN_PHONE}
    with pytest.raises(NotAllowed):
        ask(rt, ticket, "charlie")
    clock.forward(hours=9)
    with pytest.raises(NotAllowed):
        ask(rt, ticket, "bob")
    assert barred(rt, ticket, "head") == {Bar.NO_OWN_PHONE}
    assert barred(rt, ticket, "lead") == set()


# Two people


def test_a_volunteer_and_a_lead_together_may_ring_who_did_not_agree_or_outside_the_hours(rt: Runtime) -> None:
    ticket = written(rt)
    change_phone(rt, safe_until=time(11))
    assert barred(rt, ticket) == {Bar.UNASKED, Bar.HOURS}
    urge(rt, ticket, "alice")
    assert barred(rt, ticket) == {Bar.UNASKED, Bar.HOURS}
    urge(rt, ticket, "lead")
    assert barred(rt, ticket) == set()
    with rt.reading() as session:
        assert len(session.scalars(select(Note.id)).all()) == 2
    assert steps(rt, "call") == ["urged", "urged"]


@pytest.mark.parametrize("mark", [{"may_call": False}, {"on_hold": True}])
def test_what_a_person_marked_two_people_do_not_set_aside(rt: Runtime, mark: dict[str, object]) -> None:
    ticket = written(rt)
    urge(rt, ticket, "lead", "alice")
    change_phone(rt, **mark)
    assert barred(rt, ticket) != set()


def test_one_person_is_not_two_two_volunteers_are_not_a_lead_and_a_reason_is_needed(rt: Runtime) -> None:
    ticket = written(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(priority=1))
    urge(rt, ticket, "alice")
    for login in ("alice", "bob"):
        with pytest.raises(NotAllowed):
            urge(rt, ticket, login)
    with pytest.raises(NoteMissing):
        callplans.urge(rt, volunteer(rt, "lead"), ticket.reference, version=tickets(rt)[0].version, note=" ")
    assert Bar.UNASKED in barred(rt, ticket)


def test_the_record_of_two_people_holds_for_a_day(rt: Runtime, clock: Clock) -> None:
    ticket = written(rt)
    urge(rt, ticket, "alice")
    clock.forward(hours=25)
    urge(rt, ticket, "lead")  # the first again: a day is over
    assert barred(rt, ticket) == {Bar.UNASKED}
    urge(rt, ticket, "alice")
    clock.forward(hours=25)
    assert barred(rt, ticket) == {Bar.UNASKED}


# The citizen agrees in a text


def test_a_text_that_allows_a_call_is_recorded_with_the_text(rt: Runtime) -> None:
    ticket = written(rt)
    text_in(rt, "haan call kar lein 4 baje")
    [_, text] = [one for one in texts_in(rt) if one.ticket_id == ticket.id]
    version = tickets(rt)[0].version
    callplans.agreed(rt, volunteer(rt, "alice"), ticket.reference, version=version, written_at=text.created_at)
    kept = plan(rt, ticket)
    assert (kept.agreed_in, kept.agreed_by) == (text.id, volunteer(rt, "alice").id)
    assert barred(rt, ticket) == set()


def test_only_a_text_of_the_tickets_own_phone_counts(rt: Runtime, clock: Clock) -> None:
    ticket = written(rt)
    clock.forward(minutes=1)
    text_in(rt, "call her", sender=OTHER)
    foreign = texts_in(rt)[-1]
    with pytest.raises(callplans.NoSuchText):
        callplans.agreed(rt, volunteer(rt, "alice"), ticket.reference, version=tickets(rt)[0].version, written_at=foreign.created_at)


def texts_in(rt: Runtime) -> list[Message]:
    with rt.reading() as session:
        return list(session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id)))


def test_the_code_word_stands_in_no_event(rt: Runtime) -> None:
    ticket = wanted(rt)
    callplans.keep_word(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, word=" chameli ")
    with rt.reading() as session:
        assert bridges.code_word(session, bridges.plan(session, ticket.id)) == "chameli"
    with rt.reading() as session:
        assert not any("chameli" in str(event.data) for event in session.scalars(select(Event)))


# How often


def test_a_phone_that_nobody_answered_is_not_tried_again_that_day(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    ticket = wanted(rt)
    over(rt, ringing(rt, gateway, ticket), Leg.NO_ANSWER)
    assert barred(rt, ticket) == {Bar.TRIED}
    clock.forward(hours=11)  # 23:00
    assert barred(rt, ticket) == {Bar.TRIED}
    clock.forward(hours=10)  # 9:00 of the next day
    assert barred(rt, ticket) == set()


def test_a_second_ticket_does_not_make_the_phone_ring_again(rt: Runtime, gateway: CallingGateway) -> None:
    over(rt, ringing(rt, gateway, wanted(rt)), Leg.BUSY)
    Caller(rt).ring().press("3", "1").hang_up()
    route_due(rt)
    second = tickets(rt)[-1]
    assert barred(rt, second, "lead") == {Bar.TRIED}


def test_a_line_that_dropped_is_tried_once_more_and_no_third_time(rt: Runtime, gateway: CallingGateway) -> None:
    ticket = wanted(rt)
    talked(rt, gateway, ticket)
    assert barred(rt, ticket) == {Bar.TRIED}
    bridging.came(rt, volunteer(rt, "alice"), ticket.reference, Came.DROPPED)
    bridging.came(rt, volunteer(rt, "alice"), ticket.reference, Came.SPOKE)  # a second click
    assert bridge(rt).came == Came.DROPPED
    talked(rt, gateway, ticket, Came.DROPPED)
    assert barred(rt, ticket) == {Bar.TRIED}


@pytest.mark.parametrize("came", [Came.OTHER_VOICE, Came.NOBODY, Came.SPOKE])
def test_after_any_other_call_it_does_not_ring_again_that_day(rt: Runtime, gateway: CallingGateway, came: Came) -> None:
    ticket = wanted(rt)
    talked(rt, gateway, ticket, came)
    assert barred(rt, ticket) == {Bar.TRIED}


# Danger


def in_danger(rt: Runtime) -> Ticket:
    """A cry; the citizen agreed to a call in it."""
    ticket = written(rt, "bachao")
    assert (ticket.danger, ticket.hold) == ("cry", True)
    text = texts_in(rt)[-1]
    callplans.agreed(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, written_at=text.created_at)
    return tickets(rt)[0]


def test_in_danger_it_counts_as_an_act_once_the_two_are_joined(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    caller = ringing(rt, gateway, in_danger(rt))
    told(rt, caller, Leg.RINGING)
    assert tickets(rt)[0].acted_at is None
    told(rt, caller, Leg.ANSWERED)
    assert tickets(rt)[0].acted_at == clock.now
    with rt.reading() as session:
        assert session.scalars(select(Event).where(Event.kind == "acted")).one().data == {"deed": "called"}


def test_a_call_that_nobody_answered_is_no_act(rt: Runtime, gateway: CallingGateway) -> None:
    over(rt, ringing(rt, gateway, in_danger(rt)), Leg.NO_ANSWER)
    assert tickets(rt)[0].acted_at is None


@pytest.mark.parametrize(("came", "rests"), [(Came.SPOKE, True), (Came.OTHER_VOICE, False), (Came.NOBODY, False), (Came.DROPPED, False)])
def test_another_voice_or_a_mailbox_is_no_act_and_the_alarms_begin_anew(
    rt: Runtime, gateway: CallingGateway, came: Came, rests: bool
) -> None:
    ticket = in_danger(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Alarm).values(acknowledged_at=tx.now))
    talked(rt, gateway, ticket, came)
    assert (tickets(rt)[0].acted_at is not None) is rests
    with rt.reading() as session:
        alarms = session.scalars(select(Alarm).where(Alarm.ticket_id == ticket.id)).all()
    assert alarms
    assert all((alarm.acknowledged_at is not None) is rests for alarm in alarms)


# Promises


def test_who_asked_to_be_called_is_in_the_list_until_the_call_was_made(rt: Runtime, gateway: CallingGateway) -> None:
    ticket = wanted(rt)
    assert to_make(rt) == [ticket.reference]
    caller = ringing(rt, gateway, ticket)
    told(rt, caller, Leg.RINGING)
    assert to_make(rt) == [ticket.reference]
    told(rt, caller, Leg.ANSWERED)
    assert to_make(rt) == []


@pytest.mark.parametrize("came", [Came.OTHER_VOICE, Came.NOBODY, Came.DROPPED])
def test_a_call_in_which_they_did_not_speak_is_still_to_be_made(rt: Runtime, gateway: CallingGateway, came: Came) -> None:
    ticket = wanted(rt)
    talked(rt, gateway, ticket, came)
    assert to_make(rt) == [ticket.reference]


def test_a_person_may_say_why_no_call_is_made_and_another_promise_lists_it_again(rt: Runtime) -> None:
    ticket = wanted(rt)
    with pytest.raises(NoteMissing):
        callplans.give_up(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, note="")
    callplans.give_up(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, note="she came in herself")
    assert to_make(rt) == []
    callplans.promise(rt, volunteer(rt, "alice"), ticket.reference, version=tickets(rt)[0].version)
    assert to_make(rt) == [ticket.reference]


@pytest.mark.parametrize("key", ["reply_call", "reply_tried"])
def test_a_text_that_asks_when_to_call_promises_a_call_and_sent_twice_leaves_once(rt: Runtime, key: str) -> None:
    ticket = written(rt, "my bag was taken")
    body = replies.templates(rt, "en", ticket.reference)[key]
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).values(language="en"))
    for _ in range(2):
        replies.reply(
            rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, body=f"{body} Thank you.", confirmed=frozenset()
        )
    hand_over(rt)
    assert len([text for text in texts_out(rt) if text.volunteer_id is not None]) == 1
    assert (to_make(rt), steps(rt, "call")) == ([ticket.reference], ["promised"])


def test_a_sealed_ticket_is_in_nobody_elses_list(rt: Runtime) -> None:
    ticket = wanted(rt)
    facts.seal(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, kind="police", note="")
    route_due(rt)
    assert (to_make(rt, "alice"), to_make(rt, "head"), to_make(rt, "charlie")) == ([], [], [ticket.reference])


def test_a_volunteer_whose_phone_is_in_the_duty_line_can_call(make_rt: Callable[..., Runtime], rt: Runtime, tmp_path: Path) -> None:
    ticket = wanted(rt)
    assert barred(make_rt(voice=dataclasses.replace(VOICE, duty_line=(PHONE,)), data_dir=tmp_path), ticket) == set()


def test_a_hotline_that_places_no_calls_says_so(make_rt: Callable[..., Runtime], rt: Runtime, tmp_path: Path) -> None:
    ticket = wanted(rt)
    mute = make_rt(voice=dataclasses.replace(VOICE, number=""), data_dir=tmp_path)
    assert Bar.NO_LINE in barred(mute, ticket)
