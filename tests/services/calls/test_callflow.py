"""Calls: every step is walked, and left in every way a caller can leave it. Each walk leaves a ticket or a line as it should. A phone that
did not agree gets nothing."""

import dataclasses
from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.domain import menu as table
from hotline.domain import reference
from hotline.domain.call import CallReason
from hotline.domain.danger import Danger
from hotline.domain.look import Look
from hotline.domain.ticket import Priority, Status
from hotline.domain.voice import Ask, Beep, HangUp, Ring
from hotline.domain.walk import Consent, Step, Walk
from hotline.jobs import Job
from hotline.runtime import Runtime
from hotline.sections import Hours, Sending, Voice
from hotline.services import access
from hotline.services.calls import callflow
from hotline.services.texts.outbound import send_due
from hotline.services.tickets import casework
from hotline.services.tickets.routing import route_due
from hotline.storage import calls as call_rows
from hotline.storage.callmodels import Recording
from hotline.storage.events import EventKind
from hotline.storage.models import Alarm, Event, Ticket
from hotline.storage.peoplemodels import Volunteer
from tests.calling import LINE, MISSED, Caller, calls_of, contact_of
from tests.services.colleagues import settle, volunteer
from tests.support import HER, OTHER, Clock, RecordingBell, ScriptedGateway, count, said, text_in, texts_out, tickets

VOICE = Voice(number=LINE, missed_call_number=MISSED, duty_line=("+923001112233", "+923001112244"), languages=("ur", "sd", "en"))
UNKNOWN_REFERENCE = next(str(n) for n in range(300_000_000, 300_000_010) if reference.is_valid(str(n)))


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    # Hundreds of texts leave below, at any speed.
    return make_rt(voice=VOICE, data_dir=tmp_path, sending=Sending(texts_per_s=1000))


@pytest.fixture
def menu(rt: Runtime) -> table.Menu:
    return callflow.menu_of(rt)


def ring(rt: Runtime, number: str = HER) -> Caller:
    return Caller(rt, number).ring()


def only_ticket(rt: Runtime) -> Ticket:
    found = tickets(rt)
    assert len(found) == 1
    return found[0]


# --- every walk ---------------------------------------------------------------------------------------------------------------------

SPEAK, NOTHING, TAKEN, NOT_TAKEN = "speak", "nothing", "taken", "not taken"
ASKED = {Step.CONSENT, Step.CALL_CONSENT, Step.CALL_ME}
LEAVINGS = (*"0123456789*#", "", "12", "hang up")
"""What is done at the end of each walk before it is hung up: a key, right or wrong, silence, or nothing at all."""


def does(walk: Walk, menu: table.Menu) -> Iterator[tuple[str, Walk]]:
    """What a caller can do at a step of the pure menu, and the walk after it."""
    if walk.records:
        yield SPEAK, table.recorded(walk, menu, heard=True, key="")
        for key in ("0", "5") if walk.danger else ("0",):
            yield key, table.recorded(walk, menu, heard=True, key=key)
        yield NOTHING, table.press(walk, menu, "", turn=0)
    elif walk.step is Step.DUTY:
        yield TAKEN, table.dialled(walk, menu, taken=True, time_left=True)
        yield NOT_TAKEN, table.dialled(walk, menu, taken=False, time_left=True)
    elif walk.step is Step.ENTER:
        for keys in ("", "12", UNKNOWN_REFERENCE, "012345678"):
            yield keys, table.press(walk, menu, keys, turn=0)
    elif walk.step not in (Step.OVER, Step.GONE):
        for keys in (*"0123456789", ""):
            yield keys, table.press(walk, menu, keys, turn=0)


def ways(menu: table.Menu, *, withheld: bool) -> dict[tuple[object, ...], tuple[str, ...]]:
    """The shortest way to every kind of place in a call: the step, and what was settled before it."""
    start = table.begin("ur", known=False, withheld=withheld)
    found: dict[tuple[object, ...], tuple[str, ...]] = {_place(start): ()}
    waiting: deque[tuple[Walk, tuple[str, ...]]] = deque([(start, ())])
    while waiting:
        walk, way = waiting.popleft()
        for done, after in does(walk, menu):
            if _place(after) not in found:
                found[_place(after)] = (*way, done)
                waiting.append((after, (*way, done)))
    return found


def _place(walk: Walk) -> tuple[object, ...]:
    """What tells places apart; each place is left once."""
    return (walk.step, walk.agreed, walk.takes > 0, walk.danger, walk.must_be_silent)


@dataclasses.dataclass
class Expected:
    """What a walk leaves, worked out from what the caller did, without the code under test."""

    category_keys: frozenset[str]
    ticket: bool = False
    danger: bool = False
    agreed: bool = False
    agreed_to_calls: bool = False
    refused: bool = False
    refused_calls: bool = False

    def note(self, caller: Caller, done: str) -> None:
        """Note what the caller is about to do, at what the caller hears now."""
        hears, is_beep = caller.hears, isinstance(caller.last, Beep)
        if isinstance(caller.last, Ring) or done == "hang up":
            self.ticket = self.ticket or is_beep  # hanging up while speaking keeps what was said
            return
        self.danger = self.danger or done == "0" or ("enter_reference" in hears and done.startswith("0"))
        if "consent" in hears:
            self.refused = self.refused or done == "2"  # no key takes that back
            self.agreed = done == "1" and not self.refused
        if "call_consent" in hears or "call_me" in hears:
            self.refused_calls = self.refused_calls or done == "2"
            self.agreed_to_calls = done == "1" and not self.refused_calls
        if is_beep and self.danger and done == "5":
            self.refused = self.refused_calls = True
            self.agreed = self.agreed_to_calls = False
        chose = "category_intro" in hears and done in self.category_keys
        self.ticket = self.ticket or self.danger or self.agreed or self.agreed_to_calls or chose or (is_beep and done != NOTHING)


def act(caller: Caller, done: str) -> None:
    """Do one thing at the caller's step."""
    last = caller.last
    if isinstance(last, Beep):
        if done == NOTHING:
            caller.say_nothing()
        else:
            caller.speak(key=done if done and done in last.ends_with else "", hung_up=done == "hang up")
    elif isinstance(last, Ring):
        if done == TAKEN:
            assert caller.taken()
        caller.dialled()
    elif isinstance(last, Ask) and done != "hang up":
        caller.press(done)


# The walks are the same on both databases: one of the two is enough on the slower one.
@pytest.mark.parametrize(
    ("database_url", "withheld"), [("sqlite", False), ("sqlite", True), ("postgresql", True)], indirect=["database_url"]
)
def test_every_walk_ends_in_the_book_it_should_and_nothing_goes_to_a_phone_that_did_not_agree(
    rt: Runtime, tmp_path: Path, menu: table.Menu, *, withheld: bool
) -> None:
    settle(rt, tmp_path)
    every_way = ways(menu, withheld=withheld)
    reached = {place[0] for place in every_way}
    ours = {Step.BACK, Step.ALARM, Step.TEST, Step.READY, Step.JOINED, Step.GONE}
    assert reached == set(Step) - ours - (ASKED if withheld else set())
    agreed, walked = set(), 0
    for way in every_way.values():
        for leaving in LEAVINGS:
            number = "anonymous" if withheld else f"+92300{2_000_000 + walked}"
            walked += 1
            caller, expected = ring(rt, number), Expected(frozenset(key for key, _ in menu.categories))
            for done in (*way, leaving):
                if caller.is_over:
                    break
                expected.note(caller, done)
                act(caller, done)
            caller.hang_up()
            call = caller.row
            trail = (way, leaving, caller.turn)
            assert call.ended_at is not None, trail
            assert (call.ticket_id is not None) == expected.ticket, trail
            assert (call.danger_at is not None) == expected.danger, trail
            assert (call.consent == Consent.YES, call.call_consent == Consent.YES) == (expected.agreed, expected.agreed_to_calls), trail
            if expected.agreed:
                agreed.add(number)
    assert walked > 300
    route_due(rt, limit=5000)
    _work_all(rt)
    gateway = ScriptedGateway()
    while send_due(rt, gateway.alone, for_s=60):
        pass
    assert {text.to for text in gateway.taken} == agreed
    with rt.reading() as session:
        urgent = session.scalars(select(Ticket).where(Ticket.priority == Priority.URGENT)).all()
        dangers = [call for call in calls_of(rt) if call.danger_at is not None]
        assert {t.id for t in urgent} >= {c.ticket_id for c in dangers}
        alarmed = set(session.scalars(select(Alarm.ticket_id)))
        assert alarmed >= {c.ticket_id for c in dangers}
        in_the_book = call_rows.book(session, before=None, limit=10_000)
    lost = {c.id for c in calls_of(rt)} - {c.id for c in calls_of(rt) if c.ticket_id or c.reason == CallReason.SERVED}
    assert {call.id for call, _ in in_the_book} == lost
    assert lost


def _work_all(rt: Runtime) -> None:
    """A volunteer moves every ticket, so that every text about a status is queued."""
    head = volunteer(rt, "head")
    lead_or_head = [head, volunteer(rt, "charlie"), volunteer(rt, "alice")]
    for ticket in tickets(rt):
        for who in lead_or_head:
            try:
                casework.change_status(rt, who, ticket.reference, version=ticket.version, to=Status.IN_PROGRESS)
            except access.NoSuchTicket:
                continue
            break


# --- what each kind of call is like -------------------------------------------------------------------------------------------------


def test_a_report_in_sindhi(rt: Runtime) -> None:
    caller = ring(rt)
    assert caller.hears[0] == "danger_key"
    caller.press("2")
    assert caller.languages == {"sd"}
    caller.press("1", "1", "1", "1", "1")
    assert isinstance(caller.last, Beep)
    caller.speak()
    assert caller.hears == ["keep"]
    caller.press("1")
    ticket = only_ticket(rt)
    assert caller.reference == ticket.reference
    assert caller.hears == ["here_later", "reference", "reference_again", "woman_key", "reference_use"]
    assert said(rt) == ["receipt"]
    assert texts_out(rt)[0].language == "sd"
    caller.press("")
    assert caller.hears == ["goodbye"]
    assert caller.is_over
    caller.hang_up()
    assert (caller.row.ticket_id, caller.row.consent, caller.row.call_consent, caller.row.duration_s) == (ticket.id, "yes", "yes", 30)
    assert count(rt, Recording) == 1


def test_the_receipt_leaves_at_once_whatever_the_hour_and_on_hold(make_rt: Callable[..., Runtime], clock: Clock) -> None:
    """It answers a caller who waits for it, as a text's receipt does."""
    rt = make_rt(voice=VOICE, contact_hours=Hours(opens="09:00", closes="20:00"))
    clock.forward(hours=12)
    key = next(str(c.key) for c in rt.categories if c.code == "police")
    ring(rt).press("1", "1", key, "1", "1").speak().press("1")
    assert only_ticket(rt).hold
    gateway = ScriptedGateway()
    send_due(rt, gateway.alone, for_s=5)
    assert [text.to for text in gateway.taken] == [HER]


def test_consent_refused_is_the_end_of_texts_to_that_phone(rt: Runtime) -> None:
    ring(rt).press("1", "1", "1", "2", "2").speak().press("1").hang_up()
    contact = contact_of(rt, HER)
    assert None not in (contact.refused_texts_at, contact.refused_calls_at)
    assert said(rt) == []


def test_silence_about_one_call_says_nothing_of_the_texts_of_that_phone(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, "mera mobile cheen liya gaya hai")
    send_due(rt, ScriptedGateway().alone, for_s=5)
    texted = only_ticket(rt)
    ring(rt).press("1", "1", "", "").speak().press("1").hang_up()  # it is known: its call starts at the main menu
    assert not contact_of(rt, HER).wants_no_texts
    route_due(rt)
    _work_all(rt)
    gateway = ScriptedGateway()
    send_due(rt, gateway.alone, for_s=5)
    assert [m.ticket_id for m in texts_out(rt) if m.delivery == "sent"] == [texted.id] * 2
    assert [m.reason for m in texts_out(rt) if m.ticket_id != texted.id] == ["not_safe"]


def test_her_own_text_about_a_call_without_consent_is_answered(rt: Runtime) -> None:
    text_in(rt, "hello there, what is this number please")
    caller = ring(rt).press("1", "1", "", "").speak().press("1")
    caller.hang_up()
    text_in(rt, tickets(rt)[-1].reference)
    gateway = ScriptedGateway()
    send_due(rt, gateway.alone, for_s=5)
    assert texts_out(rt)[-1].text_key == "status_new" or texts_out(rt)[-1].answers_id is not None
    assert texts_out(rt)[-1].delivery == "sent"


def test_a_withheld_number_gets_its_reference_by_voice_only(rt: Runtime) -> None:
    caller = ring(rt, "anonymous").press("1", "1", "1")
    assert isinstance(caller.last, Beep)
    assert "notice" in caller.hears
    caller.speak().press("1")
    assert caller.reference == only_ticket(rt).reference
    caller.hang_up()
    assert said(rt) == []


def test_two_withheld_callers_are_two_people(rt: Runtime) -> None:
    first = ring(rt, "anonymous").press("1", "1", "1").speak().press("1")
    second = ring(rt, "anonymous").press("1", "2", first.reference)
    assert second.hears[0] == "told_elsewhere"
    assert first.row.contact_id != second.row.contact_id


def test_silence_about_a_call_leaves_the_texts_of_a_new_phone_alone(rt: Runtime) -> None:
    ring(rt).press("1", "1", "1", "", "").speak().press("1").hang_up()
    assert not contact_of(rt, HER).wants_no_texts
    text_in(rt, "mera mobile cheen liya gaya hai")
    gateway = ScriptedGateway()
    send_due(rt, gateway.alone, for_s=5)
    assert [text.to for text in gateway.taken] == [HER]


def test_a_no_is_not_taken_back_by_asking_for_texts_from_the_phone_itself(rt: Runtime) -> None:
    ring(rt).press("1", "1", "1", "2", "2").speak().press("1").hang_up()
    text_in(rt, "ON")
    assert None not in (contact_of(rt, HER).refused_texts_at, contact_of(rt, HER).refused_calls_at)


def test_what_she_was_not_told_of_is_not_asked(rt: Runtime, tmp_path: Path) -> None:
    """A lone 2 does not reopen a ticket if the phone was never to be told of it."""
    settle(rt, tmp_path)
    key = next(str(c.key) for c in rt.categories if c.key and not c.sealed and not c.hold and c.danger is None)
    ring(rt).press("1", "1", key, "", "").speak().press("1").hang_up()
    route_due(rt)
    ticket = only_ticket(rt)
    for to in (Status.IN_PROGRESS, Status.RESOLVED):
        casework.change_status(rt, volunteer(rt, "head"), ticket.reference, version=only_ticket(rt).version, to=to)
    text_in(rt, "2")
    assert tickets(rt)[0].status == Status.RESOLVED


def test_please_call_me(rt: Runtime) -> None:
    caller = ring(rt).press("1", "3", "1")
    assert caller.hears == ["consent"]
    caller.press("1")
    assert caller.hears[0] == "call_me_done"
    assert (caller.row.walk["wants_call"], caller.row.consent, caller.row.call_consent) == (True, "yes", "yes")
    assert said(rt) == ["receipt"]
    assert caller.reference == only_ticket(rt).reference


PASHTO = """
[[team]]
code = "general"
name = "General"
[[volunteer]]
login = "alice"
name = "Alice"
teams = ["general"]
languages = ["en", "ur", "sd"]
[[volunteer]]
login = "gul"
name = "Gul"
teams = ["general"]
languages = ["ur", "ps"]
[[shift]]
team = "general"
volunteers = ["alice", "gul"]
days = ["mon"]
from = "08:00"
to = "20:00"
"""


def test_another_language_is_recorded_and_goes_to_whoever_speaks_more(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path, PASHTO)
    for number in (HER, OTHER):
        caller = ring(rt, number).press("4", "1", "1")
        assert caller.hears.count("speak_other") == 3
        caller.speak().press("1").hang_up()
        assert caller.row.walk["other_language"]
    route_due(rt)
    assert {ticket.assignee_id for ticket in tickets(rt)} == {volunteer(rt, "gul").id}


def test_they_just_start_talking(rt: Runtime) -> None:
    caller = ring(rt).press("1", "")
    assert isinstance(caller.last, Beep)
    caller.speak().press("", "")
    assert caller.reference == only_ticket(rt).reference
    assert caller.row.consent is None
    assert said(rt) == []


def test_a_phone_we_know_starts_in_its_language_and_can_change_it(rt: Runtime) -> None:
    ring(rt).press("2").hang_up()
    again = ring(rt)
    assert again.languages == {"sd"}
    assert again.hears == ["danger_key", "main_menu", "call_me_key"]
    again.press("9")
    assert again.languages == {"ur", "sd", "en"}
    assert again.press("3").languages == {"en"}


def test_who_writes_roman_urdu_hears_urdu_and_goes_on_being_written_to_in_roman(rt: Runtime) -> None:
    text_in(rt, "mera mobile cheen liya gaya hai bhai jaldi karo")
    caller = ring(rt)
    assert caller.languages == {"ur"}
    caller.press("9", "1")
    assert contact_of(rt, HER).language == "ur-Latn"


# --- danger -------------------------------------------------------------------------------------------------------------------------


def test_danger_opens_an_urgent_ticket_before_anything_is_rung(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    caller = ring(rt).press("0")
    ticket = only_ticket(rt)
    assert (ticket.priority, ticket.hold) == (Priority.URGENT, True)
    assert caller.hears == ["danger", "cannot_speak", "speak_where"]
    route_due(rt)
    assert count(rt, Alarm) > 0
    caller.say_nothing()
    assert isinstance(caller.last, Ring)
    caller.hang_up()  # a person decides about a 0 that was not followed up
    assert said(rt) == []
    assert [c.direction for c in calls_of(rt)] == ["in"]


def test_whoever_cannot_speak_presses_five_and_hears_nothing_more(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    caller = ring(rt).press("0", "5")
    for _ in range(3):
        assert caller.turn.actions == (Beep((), 180, 180, ends_with="*", aloud=False),)
        caller.say_nothing()
        caller.speak(seconds=180)
    caller.hang_up()
    ticket, contact = only_ticket(rt), contact_of(rt, HER)
    assert (ticket.danger, ticket.hold, ticket.priority) == (Danger.KEYED, True, Priority.URGENT)
    assert Walk.from_row(caller.row.walk).must_be_silent
    assert None not in (contact.refused_texts_at, contact.refused_calls_at)
    assert EventKind.MUST_BE_SILENT in kinds(rt)
    assert count(rt, Recording) == 3
    assert said(rt) == []
    assert missed_and_called_back(rt) == ["not_safe"]


def missed_and_called_back(rt: Runtime) -> list[str | None]:
    """Why the phone is not rung after a call to the missed-call number; empty if it is."""
    callflow.start_call(rt, Caller(rt, line=MISSED).told())
    return [call.reason for call in calls_of(rt) if call.direction == "missed"]


def kinds(rt: Runtime) -> list[str]:
    """The kinds of all events, oldest first."""
    with rt.reading() as session:
        return list(session.scalars(select(Event.kind).order_by(Event.id)))


def test_a_caller_who_cannot_speak_is_told_the_reference_if_it_is_asked_for(rt: Runtime) -> None:
    caller = ring(rt).press("0", "5").speak(key="*")
    assert caller.hears == ["reference"]
    assert caller.reference == only_ticket(rt).reference
    caller.press("")
    assert caller.turn.actions == (Beep((), 180, 180, ends_with="*", aloud=False),)


def test_nothing_that_was_queued_leaves_once_the_caller_keyed_that_they_cannot_speak(rt: Runtime) -> None:
    """The receipt of a report, to which the caller had agreed a minute before."""
    caller = ring(rt).press("1", "1", "1", "1", "1").speak(key="0")
    assert said(rt) == ["receipt"]
    caller.press("5")
    gateway = ScriptedGateway()
    send_due(rt, gateway.alone, for_s=5)
    assert gateway.taken == []
    assert (caller.row.consent, caller.row.call_consent) == ("no", "no")


def test_in_danger_the_caller_is_recorded_before_the_duty_line_rings(rt: Runtime) -> None:
    caller = ring(rt).press("0")
    assert isinstance(caller.last, Beep)
    caller.speak(seconds=8)  # silence
    assert caller.hears == ["duty_rings"]
    assert isinstance(caller.last, Ring)
    assert looks(rt) == [Look.FIRST]


def looks(rt: Runtime) -> list[int | None]:
    """How soon each recording is heard, oldest first."""
    with rt.reading() as session:
        return list(session.scalars(select(Recording.look).order_by(Recording.id)))


def test_without_a_duty_line_nobody_is_said_to_be_looked_for(make_rt: Callable[..., Runtime], tmp_path: Path) -> None:
    rt = make_rt(voice=Voice(number=LINE), data_dir=tmp_path)
    settle(rt, tmp_path)
    caller = ring(rt).press("0")
    heard = [*caller.hears, *caller.say_nothing().hears]
    assert heard == ["danger", "cannot_speak", "speak_where", "reference", "reference_again", "woman_key", "reference_use"]


def test_silence_from_the_beginning_is_recorded_and_opens_a_ticket_that_is_looked_at_first(rt: Runtime) -> None:
    caller = ring(rt).press("")
    assert isinstance(caller.last, Beep)
    caller.speak(seconds=8)
    assert caller.hears[0] == "danger_key"  # the menu again, which is heard in vain
    caller.press("")
    assert caller.hears == ["goodbye"]
    assert tickets(rt) == []
    caller.hang_up()
    assert caller.row.ticket_id == only_ticket(rt).id
    assert looks(rt) == [Look.FIRST]


@pytest.mark.parametrize("told_first", ["recording", "end"])
def test_silence_opens_a_ticket_in_whatever_order_it_is_told(rt: Runtime, told_first: str) -> None:
    caller = ring(rt).press("")
    if told_first == "end":
        caller.hang_up()
    caller.report_recording("RE" + "e" * 32, seconds=3)
    caller.hang_up()
    assert caller.row.ticket_id == only_ticket(rt).id
    assert looks(rt) == [Look.FIRST]


def test_a_slow_caller_loses_nothing_by_the_early_beep(rt: Runtime) -> None:
    """What is keyed later stands on the ticket: silence opens it at the end of the call only."""
    key = next(str(c.key) for c in rt.categories if c.code == "police")
    caller = ring(rt).press("").speak(seconds=8).press("1", key, "1", "2").speak().press("1")
    ticket = only_ticket(rt)
    assert (ticket.category, ticket.sealed, caller.reference) == ("police", True, ticket.reference)
    assert said(rt) == ["receipt"]
    assert looks(rt) == [Look.FIRST, Look.FIRST]  # somebody who keyed nothing at first


def test_an_ordinary_recording_is_looked_at_in_its_turn_and_first_once_danger_is_keyed(rt: Runtime) -> None:
    caller = ring(rt).press("1", "1", "1", "1", "1").speak()
    assert looks(rt) == [Look.NEXT]
    caller.press("0")
    assert looks(rt) == [Look.FIRST]


# --- told after the end --------------------------------------------------------------------------------------------------------------


def late(rt: Runtime, way: tuple[str, ...], keys: str) -> Caller:
    """A call whose end is told before its last key."""
    caller = ring(rt).press(*way)
    turn = caller.turn.turn
    caller.hang_up()
    callflow.press_key(rt, caller.told(keys), turn)
    return caller


@pytest.mark.parametrize("way", [(), ("1",), ("1", "1"), ("1", "2"), ("1", "3")])
def test_danger_keyed_before_the_end_and_told_after_it_is_danger(rt: Runtime, way: tuple[str, ...]) -> None:
    caller = late(rt, way, "0")
    ticket = only_ticket(rt)
    assert (ticket.danger, ticket.priority, ticket.hold) == (Danger.KEYED, Priority.URGENT, True)
    assert (caller.row.ticket_id, caller.row.danger_at is not None) == (ticket.id, True)


def test_a_category_keyed_before_the_end_and_told_after_it_opens_its_ticket(rt: Runtime) -> None:
    key = next(str(c.key) for c in rt.categories if c.code == "kidnapping")
    late(rt, ("1", "1"), key)
    assert (only_ticket(rt).category, only_ticket(rt).hold) == ("kidnapping", True)


def test_a_sealed_category_told_after_a_recording_opened_the_ticket_seals_it(rt: Runtime) -> None:
    key = next(str(c.key) for c in rt.categories if c.code == "police")
    caller = ring(rt).press("1", "1")
    turn = caller.turn.turn
    caller.hang_up()
    caller.report_recording("RE" + "f" * 32)
    assert not only_ticket(rt).sealed
    callflow.press_key(rt, caller.told(key), turn)
    assert (only_ticket(rt).category, only_ticket(rt).sealed, only_ticket(rt).hold) == ("police", True, True)


def test_consent_told_after_the_end_brings_the_receipt(rt: Runtime) -> None:
    caller = late(rt, ("1", "1", "1"), "1")
    assert caller.row.consent == "yes"
    assert said(rt) == ["receipt"]


def test_five_told_after_the_end_forbids_texts_and_calls(rt: Runtime) -> None:
    late(rt, ("0",), "5")
    assert None not in (contact_of(rt, HER).refused_texts_at, contact_of(rt, HER).refused_calls_at)
    assert kinds(rt).count(EventKind.MUST_BE_SILENT) == 1


def test_please_call_me_told_after_the_end_is_a_ticket(rt: Runtime) -> None:
    caller = late(rt, ("1", "3"), "1")
    assert caller.row.ticket_id == only_ticket(rt).id
    assert caller.row.walk["wants_call"]


def test_danger_as_the_answer_to_an_earlier_turn_counts(rt: Runtime) -> None:
    """The gateway was slow with the key, and told us first that nothing was keyed."""
    caller = ring(rt).press("1", "1")
    callflow.press_key(rt, caller.told("0"), 0)
    assert only_ticket(rt).danger == Danger.KEYED
    assert callflow.press_key(rt, caller.told("0"), 0).turn == caller.row.turn  # told twice
    assert len(tickets(rt)) == 1


def test_a_category_told_twice_is_no_wish_for_silence(rt: Runtime) -> None:
    """5 is the key of a category too."""
    caller = ring(rt).press("1", "1", "5", "0")
    callflow.press_key(rt, caller.told("5"), 2)
    assert not Walk.from_row(caller.row.walk).must_be_silent


# --- when somebody will be here, and a woman ----------------------------------------------------------------------------------------


def test_nobody_on_duty_for_an_hour_and_the_caller_hears_when_somebody_is(rt: Runtime, tmp_path: Path, clock: Clock) -> None:
    settle(rt, tmp_path, PASHTO)
    clock.now = clock.now.replace(hour=20)  # after the shift, which is on Mondays from 08:00 to 20:00
    reported_now = ring(rt).press("1", "1", "1", "1", "1").speak().press("1")
    assert reported_now.hears[0] == "here_later"


def test_whoever_is_on_duty_needs_no_word_about_it(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path, PASHTO)
    assert ring(rt).press("1", "1", "1", "1", "1").speak().press("1").hears[0] == "reference"


def test_in_danger_with_a_duty_line_no_later_hour_is_named(rt: Runtime) -> None:
    """Its phones ring now."""
    caller = ring(rt).press("0").say_nothing().dialled().dialled().say_nothing()
    assert caller.hears[0] == "reference"


def test_a_woman_please(rt: Runtime) -> None:
    caller = ring(rt).press("1", "1", "1", "1", "1").speak().press("1")
    assert "woman_key" in caller.hears
    caller.press("8")
    assert caller.hears == ["woman_noted", "goodbye"]
    assert only_ticket(rt).wants_woman
    assert EventKind.CHANGED in kinds(rt)


# --- the two consents ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("texts", "may_call", "receipts"), [("1", "2", ["receipt"]), ("2", "1", [])])
def test_texts_and_calls_are_agreed_to_apart(rt: Runtime, texts: str, may_call: str, receipts: list[str]) -> None:
    caller = ring(rt).press("1", "1", "1", texts, may_call).speak().press("1")
    contact = contact_of(rt, HER)
    assert (contact.refused_texts_at is None, contact.refused_calls_at is None) == (texts == "1", may_call == "1")
    assert said(rt) == receipts
    caller.hang_up()
    text_in(rt, only_ticket(rt).reference)
    gateway = ScriptedGateway()
    send_due(rt, gateway.alone, for_s=5)
    assert "status_received" in said(rt)  # what the citizen texts is answered, whatever was keyed
    assert [text.to for text in gateway.taken] == [HER] * (1 + len(receipts))
    assert missed_and_called_back(rt) == (["not_safe"] if may_call == "2" else [None])


def test_the_duty_line_takes_the_call_by_the_key_and_by_nothing_else(rt: Runtime) -> None:
    caller = ring(rt).press("0").say_nothing()
    assert not caller.taken("")  # a voicemail
    assert not caller.taken("2")
    caller.dialled()
    assert isinstance(caller.last, Ring)
    assert caller.last.index == 1
    assert caller.taken("1")
    caller.dialled()
    assert caller.reference == only_ticket(rt).reference
    assert caller.row.duty_taken


def test_a_call_taken_is_told_of_once_however_often_the_gateway_tells_of_the_key(rt: Runtime) -> None:
    caller = ring(rt).press("0").say_nothing()
    assert caller.taken()
    assert caller.taken()
    with rt.reading() as session:
        kinds = session.scalars(select(Event.kind)).all()
    assert kinds.count(EventKind.DUTY_TAKEN) == 1


def test_nobody_on_the_duty_line_leads_to_the_beep(rt: Runtime) -> None:
    caller = ring(rt).press("0").say_nothing().dialled().dialled()
    assert caller.hears == ["duty_nobody"]
    assert isinstance(caller.last, Beep)


def test_the_duty_line_is_tried_for_so_long_and_no_longer(rt: Runtime, clock: Clock) -> None:
    caller = ring(rt).press("0").say_nothing()
    assert 5 <= caller.turn.ring_s <= VOICE.duty_line_s
    clock.forward(seconds=VOICE.duty_line_s)
    assert isinstance(caller.dialled().last, Beep)


def test_danger_again_after_it_was_taken_rings_the_duty_line_again_for_all_its_time(rt: Runtime, clock: Clock) -> None:
    """The line to the volunteer dropped."""
    caller = ring(rt).press("0").say_nothing()
    assert caller.taken("1")
    caller.dialled()
    clock.forward(seconds=50)
    caller.press("0").say_nothing()
    assert isinstance(caller.last, Ring)
    assert caller.turn.ring_s == VOICE.duty_line_s // 2
    assert not caller.row.duty_taken
    assert isinstance(caller.dialled().last, Ring)
    assert caller.dialled().hears == ["duty_nobody"]


def test_what_is_said_before_it_rings_takes_nothing_of_the_duty_lines_time(rt: Runtime, clock: Clock) -> None:
    caller = ring(rt).press("0")
    clock.forward(seconds=40)
    assert caller.say_nothing().turn.ring_s == VOICE.duty_line_s // 2


def test_danger_pages_again_whoever_acknowledged_what_it_was_before(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)

    def urgent() -> list[Alarm]:
        with rt.reading() as session:
            return list(session.scalars(select(Alarm).where(Alarm.acknowledged_at.is_(None))))

    ring(rt).press("0").hang_up()
    caller = ring(rt, OTHER).press("0")
    route_due(rt)
    before = urgent()
    assert before
    for alarm in before:
        with rt.reading() as session:
            who = session.get_one(Volunteer, alarm.volunteer_id)
        casework.acknowledge(rt, who, alarm.id)
    assert urgent() == []
    caller.speak().dialled().dialled().speak().press("0")
    route_due(rt)
    assert {alarm.ticket_id for alarm in urgent()} == {caller.row.ticket_id}


def test_a_duty_phone_that_answers_too_late_takes_nothing(rt: Runtime) -> None:
    caller = ring(rt).press("0").say_nothing().dialled().dialled()
    assert not caller.taken("1")
    assert not caller.hang_up().taken("1")


def test_danger_while_a_reference_is_keyed(rt: Runtime) -> None:
    assert ring(rt).press("1", "2", "0").hears == ["danger", "cannot_speak", "speak_where"]


def test_danger_by_the_key_that_ends_a_recording_keeps_the_recording(rt: Runtime) -> None:
    caller = ring(rt).press("1", "1", "1", "1", "1").speak(key="0")
    assert caller.hears[-1] == "speak_where"
    assert only_ticket(rt).priority == Priority.URGENT
    assert count(rt, Recording) == 1


def test_danger_raises_the_ticket_there_is(rt: Runtime) -> None:
    caller = ring(rt).press("1", "1", "1", "1", "1").speak()
    assert only_ticket(rt).priority != Priority.URGENT
    caller.press("0")
    ticket = only_ticket(rt)
    assert (ticket.priority, ticket.hold, ticket.unread) == (Priority.URGENT, True, True)
    with rt.reading() as session:
        kinds = list(session.scalars(select(Event.kind).order_by(Event.id)))
    assert {"danger", "raised", "held"} <= set(kinds)


# --- status -------------------------------------------------------------------------------------------------------------------------


def reported(rt: Runtime, number: str = OTHER) -> str:
    """The reference of a citizen's ticket."""
    key = next(str(c.key) for c in rt.categories if c.key and not (c.sealed or c.hold))
    caller = Caller(rt, number).ring().press("1", "1", key, "1", "1").speak().press("1")
    found = caller.reference
    caller.hang_up()
    return found


def test_status_of_her_own(rt: Runtime) -> None:
    mine = reported(rt, HER)
    caller = ring(rt).press("2", mine)
    assert caller.hears == ["stage_received", "again_key"]
    caller.press("")
    assert caller.is_over
    caller.hang_up()
    assert caller.row.reason == CallReason.SERVED
    assert caller.row.lookups == 0


def test_whoever_was_refused_and_leaves_is_in_the_book(rt: Runtime) -> None:
    caller = ring(rt).press("1", "2", UNKNOWN_REFERENCE).hang_up()
    assert caller.row.reason is None


def test_the_check_digit_comes_first(rt: Runtime) -> None:
    caller = ring(rt).press("1", "2", "482719365")
    assert caller.hears == ["reference_mistyped", "enter_reference"]
    assert caller.row.lookups == 0


def test_a_caller_who_was_told_to_leave_a_message_and_leaves_is_in_the_book(rt: Runtime) -> None:
    """It may be a citizen whose own phone is gone."""
    theirs = reported(rt)
    caller = ring(rt).press("1", "2", theirs).hang_up()
    assert caller.row.reason is None


def test_so_many_references_of_others_a_call_and_a_day(rt: Runtime) -> None:
    theirs = reported(rt)
    heard = []
    for _ in range(4):
        caller = ring(rt).press("1") if not heard else ring(rt)
        for _ in range(4):
            caller.press("2", theirs)
            heard.append(caller.hears[0])
            caller.press("9")
        caller.hang_up()
    per_call = rt.config.voice.lookups_per_call
    assert heard[:4] == ["told_elsewhere"] * per_call + ["stage_refused"] * (4 - per_call)
    per_day = rt.config.conversation.lookups_per_day
    assert "told_elsewhere" in heard[per_call + 1 : per_day]
    assert set(heard[per_day:]) == {"stage_refused"}  # a refused look-up counts too: it may have guessed a reference all the same


def test_look_ups_by_voice_and_by_text_count_together(rt: Runtime) -> None:
    theirs = reported(rt)
    for n in range(rt.config.conversation.lookups_per_day):
        text_in(rt, str(next(x for x in range(500_000_000 + n * 100, 500_000_100 + n * 100) if reference.is_valid(str(x)))))
    assert ring(rt).press(*(() if "main_menu" in ring(rt).hears else ("3",)), "2", theirs).hears[0] == "stage_refused"


# --- told twice, out of order, unknown ----------------------------------------------------------------------------------------------


def test_a_step_told_twice_changes_nothing_and_is_heard_again(rt: Runtime) -> None:
    caller = ring(rt).press("1")
    first = caller.turn
    for _ in range(2):
        assert callflow.press_key(rt, caller.told("1"), 0) == first
    assert caller.row.turn == 1


def test_a_call_told_of_twice_is_one(rt: Runtime) -> None:
    caller = ring(rt)
    again = callflow.start_call(rt, caller.told())
    assert again.actions == caller.turn.actions
    assert len(calls_of(rt)) == 1


def test_a_recording_step_told_twice_is_one_recording_and_one_ticket(rt: Runtime) -> None:
    caller = ring(rt).press("1", "1", "1", "1", "1")
    told, turn = caller.told(recording_id="RE" + "a" * 32, recorded_s=9), caller.turn.turn
    first = callflow.end_recording(rt, told, turn)
    assert callflow.end_recording(rt, told, turn) == first
    caller.report_recording("RE" + "a" * 32)
    assert (count(rt, Recording), len(tickets(rt))) == (1, 1)


@pytest.mark.parametrize("turn", [0, 1, 5, 99, 2**40])
def test_a_step_out_of_order_is_answered_with_where_she_is(rt: Runtime, turn: int) -> None:
    caller = ring(rt).press("1", "1")
    at = caller.turn
    if turn == at.turn:
        return
    for keys in ("1", "", "*", "x" * 32, "۱"):
        assert callflow.press_key(rt, caller.told(keys), turn) == at
        assert callflow.end_recording(rt, caller.told(keys), turn) == at
        assert callflow.end_dial(rt, caller.told(keys), turn) == at


def test_a_key_of_a_call_we_never_heard_of_begins_it(rt: Runtime) -> None:
    caller = Caller(rt)
    caller.turn = callflow.press_key(rt, caller.told("1"), 3)
    assert caller.hears[0] == "danger_key"
    assert caller.row.turn == 0


def test_a_recording_of_a_call_we_never_heard_of_is_kept(rt: Runtime) -> None:
    caller = Caller(rt)
    callflow.end_recording(rt, caller.told(recording_id="RE" + "b" * 32, recorded_s=20), 4)
    assert (count(rt, Recording), len(tickets(rt))) == (1, 1)


def test_the_end_of_a_call_we_never_heard_of_is_in_the_book(rt: Runtime) -> None:
    Caller(rt).hang_up()
    with rt.reading() as session:
        assert len(call_rows.book(session, before=None, limit=9)) == 1


def test_the_end_told_twice_changes_nothing(rt: Runtime) -> None:
    caller = ring(rt).press("1", "1", "1").hang_up()
    caller.hang_up(duration_s=99)
    assert (len(tickets(rt)), caller.row.duration_s) == (1, 30)


def test_a_recording_that_comes_after_the_end_opens_the_ticket(rt: Runtime) -> None:
    """The line dropped in mid-sentence, before the gateway told us of the recording."""
    caller = ring(rt).press("1", "").hang_up()
    assert tickets(rt) == []
    caller.report_recording("RE" + "c" * 32)
    assert caller.row.ticket_id == only_ticket(rt).id
    assert said(rt) == []


def test_a_silent_recording_leaves_nothing(rt: Runtime) -> None:
    caller = ring(rt).press("1", "").hang_up()
    caller.report_recording("RE" + "d" * 32, seconds=0)
    assert tickets(rt) == []


def test_a_shout_is_kept_however_short(rt: Runtime) -> None:
    caller = ring(rt).press("1", "").speak(seconds=1, hung_up=True)
    assert caller.row.ticket_id == only_ticket(rt).id


def test_the_bell_rings_for_what_a_call_leaves(rt: Runtime) -> None:
    assert isinstance(rt.bell, RecordingBell)
    ring(rt).press("1", "1", "1", "1", "1").speak()
    assert {Job.ROUTE_DUE, Job.FETCH_RECORDINGS, Job.SEND_DUE} <= set(rt.bell.rung)


def test_a_call_back_address_answers_nobody_else(rt: Runtime) -> None:
    caller = ring(rt)
    stranger = Caller(rt)
    theirs = callflow.answer_back(rt, caller.row.id, stranger.told())
    assert theirs == callflow.answer_back(rt, 10**9, stranger.told())
    assert theirs.actions == (HangUp(),)


def test_calls_are_asked_about_some_time_after_the_last_step(rt: Runtime, clock: Clock) -> None:
    caller = ring(rt)
    clock.forward(minutes=1)
    caller.press("1")
    assert caller.row.next_attempt_at == clock.now + timedelta(minutes=10)
