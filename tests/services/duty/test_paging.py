"""An alarm rings a volunteer's own phone: the call says that the page needs the volunteer, takes a 9, and counts as no complaint.

The clock stands at noon on a Monday in Karachi; alice and bob work until 20:00, and alice is alone in another team from 22:00."""

import contextlib
import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.voice import HangUp, Reject
from hotline.gateways.base import GatewayError, Outcome
from hotline.jobs import Job
from hotline.runtime import Runtime
from hotline.sections import Hours, Voice
from hotline.services.calls import callflow, hangup
from hotline.services.calls.placing import place_calls
from hotline.services.duty import paging
from hotline.services.duty.paging import page_unseen
from hotline.services.tickets import casework
from hotline.storage import alarms as alarm_rows
from hotline.storage.callmodels import Recording
from hotline.storage.events import EventKind
from hotline.storage.models import Alarm, Contact, Event, Message, Ticket
from hotline.storage.peoplemodels import Volunteer
from tests.calling import Caller, calls_of
from tests.opened import is_phone
from tests.recorded import Killed
from tests.services.calls.test_missedcalls import VOICE, CallingGateway, answered, in_the_book, missed, ours
from tests.services.colleagues import settle, volunteer
from tests.services.duty.test_attendance import PHONE, at_once, codes, give_phone, urgent
from tests.support import HER, OTHER, Clock, RecordingBell, count, hand_over, said, text_in


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    rt = make_rt(voice=VOICE, data_dir=tmp_path)
    settle(rt, tmp_path)
    return rt


@pytest.fixture
def gateway() -> CallingGateway:
    return CallingGateway()


def raise_one(rt: Runtime, login: str = "lead", alarm_id: int = 5) -> None:
    """An alarm about nothing in particular."""
    hers = Alarm(id=alarm_id, about=f"shift:{alarm_id}", kind="no_show", volunteer_id=volunteer(rt, login).id, raised_at=rt.clock())
    with rt.transaction() as tx:
        tx.session.add(hers)


def paged(rt: Runtime, clock: Clock) -> None:
    """Nobody opened an urgent ticket, so the lead's phone is to be rung."""
    give_phone(rt, "lead")
    urgent(rt)
    clock.forward(seconds=90)
    assert page_unseen(rt) == 1


def rung(rt: Runtime, gateway: CallingGateway, clock: Clock) -> Caller:
    """The same, and the lead answers the call."""
    paged(rt, clock)
    place_calls(rt, gateway)
    return answered(rt, gateway)


def change_phone(rt: Runtime, **values: object) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).where(is_phone(PHONE)).values(**values))


def alarms(rt: Runtime) -> list[Alarm]:
    with rt.reading() as session:
        return list(session.scalars(select(Alarm).order_by(Alarm.id)))


def acknowledged(rt: Runtime) -> list[bool]:
    return [alarm.acknowledged_at is not None for alarm in alarms(rt)]


def test_her_phone_is_texted_and_rung_once(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    paged(rt, clock)
    assert isinstance(rt.bell, RecordingBell)
    assert Job.PLACE_CALLS in rt.bell.rung
    for _ in range(2):
        place_calls(rt, gateway)
    [call] = calls_of(rt)
    assert (gateway.placed, gateway.alarms) == ([(PHONE, call.id)], [call.id])
    assert (call.direction, call.gateway, call.gateway_id) == ("alarm", "twilio", ours(call.id))
    assert said(rt).count("page_needs_you") == 1


def test_two_workers_ring_her_once(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    give_phone(rt, "lead")
    urgent(rt)
    clock.forward(seconds=90)
    at_once(lambda: page_unseen(rt))
    at_once(lambda: place_calls(rt, gateway))
    assert len(gateway.placed) == 1


@pytest.mark.parametrize(("page_language", "spoken"), [("en", "en"), ("ur", "ur"), ("sd", "sd")])
def test_she_hears_in_the_language_of_her_page_that_it_needs_her_and_nothing_else(
    rt: Runtime, gateway: CallingGateway, clock: Clock, page_language: str, spoken: str
) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).values(page_language=page_language))
    caller = rung(rt, gateway, clock)
    assert (caller.hears, caller.languages) == (["page_needs_you"], {spoken})


def test_9_acknowledges_and_she_is_thanked(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    caller = rung(rt, gateway, clock).press("9")
    assert (caller.hears, caller.is_over) == (["goodbye"], True)
    [alarm] = alarms(rt)
    assert alarm.acknowledged_at == clock.now
    with rt.reading() as session:
        done = session.scalars(select(Event).where(Event.kind == EventKind.ALARM_ACKNOWLEDGED)).one()
    assert (done.volunteer_id, done.ticket_id) == (volunteer(rt, "lead").id, alarm.ticket_id)


def test_9_told_twice_acknowledges_once(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    caller = rung(rt, gateway, clock)
    for _ in range(2):
        assert callflow.press_key(rt, caller.told("9"), 0, is_alarm=True).actions[-1] == HangUp()
    with rt.reading() as session:
        assert len(session.scalars(select(Event).where(Event.kind == EventKind.ALARM_ACKNOWLEDGED)).all()) == 1


@pytest.mark.parametrize("first", ["9", ""])
def test_a_0_that_is_told_late_is_no_danger_of_the_volunteer(rt: Runtime, gateway: CallingGateway, clock: Clock, first: str) -> None:
    caller = rung(rt, gateway, clock).press(first)
    before = count(rt, Ticket)
    callflow.press_key(rt, caller.told("0"), 0, is_alarm=True)
    assert (caller.row.danger_at, caller.row.ticket_id, count(rt, Ticket)) == (None, None, before)


def test_silence_is_said_again_twice_and_the_line_is_put_down_without_a_word(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    caller = rung(rt, gateway, clock)
    for _ in range(2):
        assert caller.press("").hears == ["page_needs_you"]
    assert caller.press("").turn.actions == (HangUp(),)
    caller.hang_up()
    assert acknowledged(rt) == [False]


@pytest.mark.parametrize("key", ["0", "1", "5", "#", "99", "۹"])
def test_another_key_is_answered_with_the_same_words(rt: Runtime, gateway: CallingGateway, clock: Clock, key: str) -> None:
    caller = rung(rt, gateway, clock)
    for _ in range(2):
        assert caller.press(key).hears == ["page_needs_you"]
    assert caller.press(key).turn.actions == (HangUp(),)
    assert (acknowledged(rt), caller.row.danger_at) == ([False], None)


def test_star_at_will_acknowledges_nothing(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    caller = rung(rt, gateway, clock)
    while not caller.is_over:
        caller.press("*")
    assert acknowledged(rt) == [False]


def test_it_is_nobodys_complaint(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    """No ticket, no consent, no recording even if the gateway made one, and no line in the book."""
    caller = rung(rt, gateway, clock).press("", "9")
    caller.report_recording("RE" + "a" * 32)
    caller.hang_up()
    assert (count(rt, Ticket), count(rt, Recording), caller.row.ticket_id, caller.row.consent) == (1, 0, None, None)
    assert (in_the_book(rt), caller.row.next_attempt_at) == (0, None)
    hangup.tick_off(rt, volunteer(rt, "alice"), caller.gateway_id)
    assert caller.row.reason is None


@pytest.mark.parametrize("keys", [(), ("",)])
def test_unanswered_or_unheard_it_stays_open_and_rings_again_for_the_next_after_five_minutes(
    rt: Runtime, gateway: CallingGateway, clock: Clock, keys: tuple[str, ...]
) -> None:
    paged(rt, clock)
    place_calls(rt, gateway)
    if keys:
        answered(rt, gateway).press(*keys)
    Caller(rt, PHONE, gateway_id=ours(gateway.placed[0][1])).hang_up(duration_s=0)
    raise_one(rt)
    for seconds, calls in ((299, 1), (1, 2)):
        clock.forward(seconds=seconds)
        page_unseen(rt)
        place_calls(rt, gateway)
        assert len(gateway.placed) == calls
    assert (acknowledged(rt), in_the_book(rt)) == ([False, False], 0)


def test_raised_again_within_five_minutes_it_waits_for_them(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    rung(rt, gateway, clock).press("9")
    with rt.transaction() as tx:
        [alarm] = tx.session.scalars(select(Alarm))
        alarm_rows.reopen(tx.session, alarm.ticket_id or 0, now=tx.now)
    clock.forward(seconds=200)
    assert page_unseen(rt) == 0
    clock.forward(seconds=100)
    assert page_unseen(rt) == 1


@pytest.mark.parametrize("how", ["opened", "acknowledged", "texted"])
def test_what_she_has_seen_meanwhile_is_not_rung(rt: Runtime, gateway: CallingGateway, clock: Clock, how: str) -> None:
    paged(rt, clock)
    lead = volunteer(rt, "lead")
    with rt.reading() as session:
        [(alarm, ticket)] = alarm_rows.open_for(session, lead)
    assert ticket is not None
    if how == "opened":
        paging.opened(rt, lead, ticket.reference)
    elif how == "acknowledged":
        casework.acknowledge(rt, lead, alarm.id)
    else:
        text_in(rt, *codes(rt), sender=PHONE)
    place_calls(rt, gateway)
    [call] = calls_of(rt)
    assert (gateway.placed, call.reason, call.ended_at) == ([], "seen", clock.now)


def test_a_call_that_waited_until_the_next_alarm_may_come_is_not_made(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    paged(rt, clock)
    clock.forward(minutes=5)
    place_calls(rt, gateway)
    assert (gateway.placed, calls_of(rt)[0].reason) == ([], "too_late")


@pytest.mark.parametrize(("outcome", "placed"), [(Outcome.NOT_SENT, 1), (Outcome.UNKNOWN, 0), (Outcome.REFUSED, 0)])
def test_it_is_placed_again_only_if_it_surely_was_not(
    rt: Runtime, gateway: CallingGateway, clock: Clock, outcome: Outcome, placed: int
) -> None:
    paged(rt, clock)
    gateway.script.append(GatewayError("11200", outcome))
    place_calls(rt, gateway)
    clock.forward(seconds=30)
    place_calls(rt, gateway)
    assert (len(gateway.placed), acknowledged(rt)) == (placed, [False])


def test_a_worker_that_dies_on_the_way_leaves_no_second_call(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    paged(rt, clock)
    gateway.script.append(Killed())
    with pytest.raises(Killed):
        place_calls(rt, gateway)
    clock.forward(minutes=4)
    page_unseen(rt)
    place_calls(rt, gateway)
    assert (gateway.placed, acknowledged(rt)) == ([], [False])


@pytest.mark.parametrize("fault", [Killed(), GatewayError("11200", Outcome.UNKNOWN)])
def test_the_end_of_a_call_of_which_nobody_knew_is_no_citizens_call(
    rt: Runtime, gateway: CallingGateway, clock: Clock, fault: BaseException
) -> None:
    """The gateway placed the call, and its answer to us was lost."""
    paged(rt, clock)
    gateway.script.append(fault)
    with contextlib.suppress(Killed):
        place_calls(rt, gateway)
    [call] = calls_of(rt)
    told = dataclasses.replace(Caller(rt, PHONE, gateway_id=ours(call.id)).told(), call_id=call.id)
    hangup.end_call(rt, told, 0)
    [call] = calls_of(rt)
    assert (call.direction, call.gateway_id, call.ended_at) == ("alarm", ours(call.id), clock.now)
    assert in_the_book(rt) == 0


def test_a_call_of_which_nobody_knew_is_answered_all_the_same(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    paged(rt, clock)
    gateway.script.append(GatewayError("11200", Outcome.UNKNOWN))
    place_calls(rt, gateway)
    [call] = calls_of(rt)
    caller = Caller(rt, PHONE, gateway_id=ours(call.id))
    caller.turn = callflow.answer_back(rt, call.id, caller.told())
    assert caller.press("9").hears == ["goodbye"]
    assert acknowledged(rt) == [True]


@pytest.mark.parametrize("changes", [{"may_call": False}, {"on_hold": True}])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_phone_that_may_not_be_rung_is_not(
    rt: Runtime, gateway: CallingGateway, clock: Clock, changes: dict[str, bool], when: str
) -> None:
    if when == "after":
        paged(rt, clock)
        change_phone(rt, **changes)
    else:
        give_phone(rt, "lead")
        change_phone(rt, **changes)
        raise_one(rt)
        clock.forward(seconds=90)
        page_unseen(rt)
    place_calls(rt, gateway)
    texted = not (when == "before" and "on_hold" in changes)  # on hold nothing at all goes to it
    assert (gateway.placed, said(rt).count("page_needs_you")) == ([], texted)


def no_on_a_call(rt: Runtime) -> None:
    Caller(rt, PHONE).ring().press("1", "1", "1", "2", "2").hang_up()


@pytest.mark.parametrize(
    "forged",
    [
        lambda rt: text_in(rt, "OFF", sender=PHONE),
        lambda rt: text_in(rt, "9", sender=PHONE),
        lambda rt: text_in(rt, "mere bhai ko aghwa kar liya hai", sender=PHONE),
        lambda rt: text_in(rt, "thana ke SHO ne rishwat mangi", sender=PHONE),
        lambda rt: Caller(rt, PHONE).ring().press("0").hang_up(),
        no_on_a_call,
    ],
    ids=["off", "9", "held", "sealed", "danger", "no"],
)
def test_nothing_that_comes_under_a_volunteers_number_silences_an_alarm(
    rt: Runtime, gateway: CallingGateway, clock: Clock, forged: Callable[[Runtime], object]
) -> None:
    give_phone(rt, "lead")
    forged(rt)
    raise_one(rt)
    clock.forward(seconds=90)
    assert page_unseen(rt) == 1
    forged(rt)
    place_calls(rt, gateway)
    assert [to for to, _ in gateway.placed] == [PHONE]
    texts = hand_over(rt).taken
    assert [text.body for text in texts if text.body.startswith("Your page needs you.")] != []


def test_a_volunteer_who_stopped_texts_is_paged_all_the_same_and_no_more_often(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    give_phone(rt, "lead")
    change_phone(rt, stopped_at=clock.now)
    raise_one(rt)
    clock.forward(seconds=90)
    page_unseen(rt)
    raise_one(rt, alarm_id=6)
    clock.forward(seconds=200)
    assert page_unseen(rt) == 0
    place_calls(rt, gateway)
    assert (len(gateway.placed), said(rt)) == (1, ["page_needs_you"])


@pytest.mark.parametrize("which", ["number", "missed_call_number"])
def test_we_never_ring_ourselves(make_rt: Callable[..., Runtime], rt: Runtime, gateway: CallingGateway, clock: Clock, which: str) -> None:
    kept = make_rt(voice=dataclasses.replace(VOICE, **{which: PHONE}))
    give_phone(rt, "lead")
    raise_one(rt)
    clock.forward(seconds=90)
    page_unseen(kept)
    place_calls(kept, gateway)
    assert gateway.placed == []


def test_a_phone_that_is_neither_texted_nor_rung_was_told_nothing(rt: Runtime, clock: Clock) -> None:
    give_phone(rt, "lead", "+447400123456")
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).where(is_phone("+447400123456")).values(country="GB"))
    raise_one(rt)
    clock.forward(seconds=90)
    assert (page_unseen(rt), [alarm.told_at for alarm in alarms(rt)]) == (0, [None])


def test_without_a_number_for_calls_she_is_texted(make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock) -> None:
    kept = make_rt(voice=Voice())
    give_phone(rt, "lead")
    raise_one(rt)
    clock.forward(seconds=90)
    assert (page_unseen(kept), said(rt), calls_of(rt)) == (1, ["page_needs_you"], [])


def test_whoever_is_on_duty_is_rung_at_night(make_rt: Callable[..., Runtime], rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    kept = make_rt(voice=VOICE, contact_hours=Hours(opens="08:00", closes="21:00"))
    give_phone(rt, "alice")
    give_phone(rt, "lead", OTHER)
    clock.forward(hours=11)  # 23:00
    raise_one(rt, "alice")
    raise_one(rt, "lead", alarm_id=6)
    clock.forward(seconds=90)
    page_unseen(kept)
    place_calls(kept, gateway)
    assert [to for to, _ in gateway.placed] == [PHONE]


def test_9_on_a_call_acknowledges_only_what_the_phone_was_told_of(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    caller = rung(rt, gateway, clock)
    raise_one(rt)  # the lead was not told of this alarm yet
    caller.press("9")
    assert {alarm.about: alarm.acknowledged_at is not None for alarm in alarms(rt)} == {None: True, "shift:5": False}


def test_two_stray_digits_after_the_volunteer_opened_the_ticket_are_a_citizens_text(rt: Runtime, clock: Clock) -> None:
    give_phone(rt, "lead")
    ticket = urgent(rt)
    paging.opened(rt, volunteer(rt, "lead"), ticket.reference)
    clock.forward(seconds=90)
    assert page_unseen(rt) == 0
    text_in(rt, "41", sender=PHONE)
    with rt.reading() as session:
        last = session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id.desc())).first()
    assert last is not None
    assert (last.read_as, acknowledged(rt)) == ("opened", [False])
    assert alarms(rt)[0].told_at is None


def test_seen_and_raised_again_it_goes_to_her_phone(rt: Runtime, clock: Clock) -> None:
    """A volunteer who opened a ticket is told again when its citizen comes to be in danger."""
    give_phone(rt, "lead")
    ticket = urgent(rt)
    paging.opened(rt, volunteer(rt, "lead"), ticket.reference)
    with rt.transaction() as tx:
        alarm_rows.reopen(tx.session, ticket.id, now=tx.now)
    clock.forward(seconds=90)
    assert page_unseen(rt) == 1


def test_one_phone_of_two_volunteers_rings_once_and_9_answers_what_it_was_told(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    give_phone(rt, "lead")
    with rt.transaction() as tx:
        shared = tx.session.scalars(select(Volunteer.phone_id).where(Volunteer.login == "lead")).one()
        tx.session.execute(update(Volunteer).where(Volunteer.login == "bob").values(phone_id=shared))
    raise_one(rt, "lead")
    raise_one(rt, "bob", alarm_id=6)
    clock.forward(seconds=90)
    page_unseen(rt)
    place_calls(rt, gateway)
    answered(rt, gateway).press("9")
    assert (len(gateway.placed), sorted(acknowledged(rt))) == (1, [False, True])
    clock.forward(minutes=5)
    assert page_unseen(rt) == 1


def test_a_stranger_who_presses_9_acknowledges_nothing(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    paged(rt, clock)
    place_calls(rt, gateway)
    stranger = Caller(rt, OTHER)
    assert callflow.answer_back(rt, gateway.placed[0][1], stranger.told()).actions == (HangUp(),)
    Caller(rt, HER).ring().press("9").hang_up()
    assert acknowledged(rt) == [False]


def test_her_phone_that_rings_in_is_a_citizens_call_like_any_other(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    paged(rt, clock)
    place_calls(rt, gateway)
    Caller(rt, PHONE, gateway_id=ours(gateway.placed[0][1])).hang_up(duration_s=0)
    place_calls(rt, gateway)
    assert len(gateway.placed) == 1  # an alarm that the lead did not answer is no missed call
    assert Caller(rt, PHONE).ring().press("9").hears != ["goodbye"]
    assert missed(rt, PHONE).turn.actions == (Reject(),)
    place_calls(rt, gateway)
    assert (len(gateway.placed), len(gateway.alarms)) == (2, 1)
    assert answered(rt, gateway).hears == ["press_one"] * 3
    assert acknowledged(rt) == [False]


def test_an_alarm_that_never_told_its_end_is_asked_about_and_ended(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    paged(rt, clock)
    place_calls(rt, gateway)
    clock.forward(minutes=11)
    hangup.close_calls(rt, gateway)
    [call] = calls_of(rt)
    assert (call.ended_at, in_the_book(rt)) == (clock.now, 0)
    clock.forward(minutes=10)
    hangup.close_calls(rt, gateway)
    assert ("list", ours(call.id)) not in gateway.asked


def test_a_volunteer_who_was_removed_is_not_rung(rt: Runtime, gateway: CallingGateway, clock: Clock) -> None:
    paged(rt, clock)
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == "lead").values(active=False))
    place_calls(rt, gateway)
    assert gateway.placed == []
