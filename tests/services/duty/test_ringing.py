"""Somebody is in danger: phones ring one after the other, at any hour, until somebody acts.

The clock stands at 23:00 on a Monday in Karachi unless a test says otherwise: alice is on duty in the team "general" from 22:00 to 06:00,
bob and charlie are asleep, the lead and the head have no shift. A cry goes to "general"."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.closing import HowTold
from hotline.domain.danger import BroughtIn, Danger
from hotline.domain.ticket import Priority, Status
from hotline.domain.voice import Ring
from hotline.gateways.base import GatewayError, Outcome
from hotline.runtime import Runtime
from hotline.sections import Hours, Voice
from hotline.services.access import NoSuchTicket, NotAllowed, NoteMissing
from hotline.services.calls import callflow
from hotline.services.calls.placing import place_calls
from hotline.services.duty import paging
from hotline.services.duty.paging import page_unseen
from hotline.services.duty.ringing import ring_due
from hotline.services.tickets import acting, casework, facts, passing, replies, seals, taking
from hotline.services.tickets.danger import NobodyActed
from hotline.services.tickets.routing import route_due
from hotline.services.tickets.seals import NothingWaits
from hotline.storage import alarms as alarm_rows
from hotline.storage import dangers, events
from hotline.storage import tickets as ticket_rows
from hotline.storage.events import Deed, EventKind
from hotline.storage.models import Alarm, Contact, Event, ShutOut, Ticket
from hotline.storage.peoplemodels import Membership, ShiftRow, Volunteer
from tests.calling import Caller, calls_of
from tests.opened import is_phone
from tests.recorded import Killed
from tests.services.calls.test_missedcalls import VOICE, CallingGateway, ours
from tests.services.colleagues import settle, volunteer
from tests.services.duty.test_attendance import at_once, codes, give_phone
from tests.support import HER, OTHER, Clock, alter, hand_over, said, text_in, texts_out, tickets

ALICE, BOB, CHARLIE, LEAD, HEAD = (f"+92321000000{n}" for n in range(1, 6))
FIRST, SECOND = "+923210000011", "+923210000012"
PHONES = {"alice": ALICE, "bob": BOB, "charlie": CHARLIE, "lead": LEAD, "head": HEAD}
RINGS_VOICE = dataclasses.replace(VOICE, duty_line=(FIRST, SECOND))
SEALED = "thanay ke SHO ne mujh se rishwat mangi"
MINUTE = 60


@dataclass
class House:
    """The hotline while time passes: its workers run every few seconds, and the people who are rung do nothing, or what `picks_up` does."""

    rt: Runtime
    clock: Clock
    gateway: CallingGateway = field(default_factory=CallingGateway)
    rang: list[tuple[datetime, str]] = field(default_factory=list)
    picks_up: Callable[[Caller], object] | None = None
    _rings: list[tuple[datetime, str, int]] = field(default_factory=list)

    def work(self) -> None:
        route_due(self.rt)
        ring_due(self.rt)
        before = len(self.gateway.placed)
        place_calls(self.rt, self.gateway)
        for to, call_id in self.gateway.placed[before:]:
            self.rang.append((self.clock.now, to))
            self._rings.append((self.clock.now, to, call_id))
            if self.picks_up is not None:
                self.picks_up(self._answered(to, call_id))
        for at, to, call_id in [one for one in self._rings if self.clock.now - one[0] >= timedelta(seconds=30)]:
            Caller(self.rt, to, gateway_id=ours(call_id)).hang_up(duration_s=0)
            self._rings.remove((at, to, call_id))

    def _answered(self, to: str, call_id: int) -> Caller:
        caller = Caller(self.rt, to, gateway_id=ours(call_id))
        caller.turn = callflow.answer_back(self.rt, call_id, caller.told())
        return caller

    def passes(self, seconds: float) -> list[str]:
        """Let time pass; the phones that rang meanwhile. A long time passes in longer steps."""
        before, step = len(self.rang), 10 if seconds < 15 * MINUTE else 30
        for _ in range(round(seconds / step)):
            self.clock.forward(seconds=step)
            self.work()
        return [to for _, to in self.rang[before:]]

    def longest_rest(self, since: datetime) -> timedelta:
        times = [since, *(at for at, _ in self.rang if at >= since), self.clock.now]
        return max(later - earlier for earlier, later in pairwise(times))


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path, clock: Clock) -> Runtime:
    rt = make_rt(voice=RINGS_VOICE, data_dir=tmp_path, contact_hours=Hours(opens="08:00", closes="21:00"))
    settle(rt, tmp_path)
    for login, address in PHONES.items():
        give_phone(rt, login, address)
    clock.forward(hours=11)
    return rt


@pytest.fixture
def house(rt: Runtime, clock: Clock) -> House:
    return House(rt, clock)


def nobody_on_duty(rt: Runtime) -> None:
    with rt.transaction() as tx:
        tx.session.query(ShiftRow).delete()


def cry(rt: Runtime, *, sender: str = HER) -> Ticket:
    text_in(rt, "bachao", sender=sender)
    route_due(rt)
    return tickets(rt)[-1]


def now_of(rt: Runtime, ticket: Ticket) -> Ticket:
    return next(one for one in tickets(rt) if one.id == ticket.id)


def happened(rt: Runtime, kind: EventKind) -> list[Event]:
    with rt.reading() as session:
        return list(session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id)))


def alarms_of(rt: Runtime, login: str) -> dict[str, Alarm]:
    with rt.reading() as session:
        return {alarm.kind: alarm for alarm, _ in alarm_rows.open_for(session, volunteer(rt, login))}


def shut_out(rt: Runtime, ticket: Ticket, login: str) -> None:
    with rt.transaction() as tx:
        who = volunteer(rt, login).id
        tx.session.add(ShutOut(ticket_id=ticket.id, volunteer_id=who, made_by=who, made_at=tx.now))


def is_rung_each(seconds: Sequence[float]) -> bool:
    return all(55 <= gap <= 70 for gap in seconds)


# Who is rung, in which order


def test_who_is_on_duty_then_lead_head_and_duty_line_are_rung_round_and_round_at_night(rt: Runtime, house: House) -> None:
    cry(rt)
    house.work()
    assert [to for _, to in house.rang] == [ALICE]
    house.passes(9 * MINUTE + 30)
    assert [to for _, to in house.rang] == [ALICE, LEAD, HEAD, FIRST, SECOND] * 2
    times = [at for at, _ in house.rang]
    assert is_rung_each([(later - earlier).total_seconds() for earlier, later in pairwise(times)])


def test_the_volunteer_who_has_it_is_rung_before_colleagues_on_duty(rt: Runtime, house: House, clock: Clock) -> None:
    clock.forward(hours=12)  # Tuesday, 11:00: alice and bob are on duty in "street"
    for holder, other in ((BOB, ALICE), (ALICE, BOB)):
        ticket = cry(rt, sender=f"+9230012345{len(house.rang):02}")
        login = next(name for name, phone in PHONES.items() if phone == holder)
        with rt.transaction() as tx:
            street = tx.session.scalars(select(ShiftRow.team_id).where(ShiftRow.volunteer_id == volunteer(rt, "bob").id)).first()
            tx.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(team_id=street, assignee_id=volunteer(rt, login).id))
        house.work()
        assert house.passes(MINUTE)[-1:] == [other]
        assert house.rang[-2][1] == holder
        facts.set_priority(
            rt, volunteer(rt, "lead"), ticket.reference, version=now_of(rt, ticket).version, to=Priority.NORMAL, note="no danger"
        )


@pytest.mark.parametrize(
    ("tell", "how"),
    [
        (lambda rt: text_in(rt, "madad"), Danger.CRY),
        (lambda rt: Caller(rt).ring().press("1", "1", "0").hang_up(), Danger.KEYED),
        (lambda rt: text_in(rt, "mere bhai ko aghwa kar liya hai"), Danger.SURE),
    ],
    ids=["cry", "keyed", "sure"],
)
def test_danger_that_is_known_well_rings(rt: Runtime, house: House, tell: Callable[[Runtime], object], how: Danger) -> None:
    tell(rt)
    house.work()
    assert tickets(rt)[0].danger == how
    assert house.rang != []


def test_what_a_person_calls_danger_rings(rt: Runtime, house: House) -> None:
    text_in(rt, "mera phone kho gaya")
    house.work()
    ticket = tickets(rt)[0]
    assert house.rang == []
    facts.set_priority(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, to=Priority.URGENT, note="")
    house.work()
    assert len(house.rang) == 1


def test_danger_that_was_only_read_wakes_nobody_and_is_told_to_who_is_on_duty(rt: Runtime, house: House) -> None:
    text_in(rt, "bhatta mang rahe hain")
    house.work()
    assert (tickets(rt)[0].danger, tickets(rt)[0].priority) == (Danger.READ, Priority.URGENT)
    for _ in range(40):
        page_unseen(rt)
        house.passes(20)
    assert (house.rang, said(rt).count("page_needs_you")) == ([], 1)  # the lead, who is asleep, is texted and not rung
    assert list(alarms_of(rt, "lead")) == ["nobody_on_duty"]


def test_words_that_ring_are_a_key_of_the_kind(make_rt: Callable[..., Runtime], rt: Runtime) -> None:
    assert {c.code for c in rt.categories if c.rings} == {"kidnapping", "sexual_violence", "suicide", "violence_home"}
    assert all(c.danger is Danger.SURE for c in rt.categories if c.rings)
    assert {c.danger for c in rt.categories if not c.rings} == {Danger.READ, None}


# Nobody rests for ten minutes


def ten_in_danger(rt: Runtime, house: House) -> None:
    for n in range(10):
        if n % 3:
            text_in(rt, "bachao", sender=f"+9230055500{n:02}")
        else:
            Caller(rt, f"+9230055500{n:02}").ring().press("1", "1", "0").hang_up()
        house.passes(45)


def test_in_half_an_hour_of_a_night_with_nobody_on_duty_no_ten_minutes_are_silent(rt: Runtime, house: House, clock: Clock) -> None:
    nobody_on_duty(rt)
    began = clock.now
    ten_in_danger(rt, house)
    house.passes(30 * MINUTE)
    assert house.longest_rest(began) < timedelta(minutes=2)
    assert {to for _, to in house.rang} == {LEAD, HEAD, FIRST, SECOND}
    assert all(ticket.next_ring_at is not None for ticket in tickets(rt))


def test_even_if_everybody_says_each_time_that_they_have_seen_it(rt: Runtime, house: House, clock: Clock) -> None:
    nobody_on_duty(rt)
    house.picks_up = lambda caller: caller.press("9")
    began = clock.now
    cry(rt)
    house.passes(40 * MINUTE)
    assert house.longest_rest(began) < timedelta(minutes=10)
    assert all(
        later - earlier >= timedelta(minutes=5)
        for phone in (LEAD, HEAD)
        for times in [[at for at, to in house.rang if to == phone]]
        for earlier, later in pairwise(times)
    )


def test_a_single_phone_rings_again_and_again(make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock) -> None:
    nobody_on_duty(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login != "head").values(phone_id=None))
    house = House(make_rt(voice=VOICE), clock)
    began = clock.now
    cry(rt)
    house.passes(12 * MINUTE)
    assert {to for _, to in house.rang} == {HEAD}
    assert house.longest_rest(began) < timedelta(minutes=2)
    assert "danger" in alarms_of(rt, "lead")  # without a phone the lead is told on the page


def test_without_a_number_for_calls_phones_are_texted_again_and_again(make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock) -> None:
    nobody_on_duty(rt)
    house = House(make_rt(voice=Voice()), clock)
    cry(rt)
    house.passes(21 * MINUTE)
    assert house.rang == []
    assert 6 <= said(rt).count("page_needs_you") <= 10  # the lead and the head, each once in five minutes


# What quiets one phone, and what quiets all


def first_call(house: House, keys: str) -> None:
    house.picks_up = lambda caller: caller.press(keys)
    house.work()
    house.picks_up = None


def by_key(rt: Runtime, house: House, ticket: Ticket) -> None:
    first_call(house, "9")


def by_digits(rt: Runtime, house: House, ticket: Ticket) -> None:
    house.work()
    text_in(rt, *codes(rt), sender=ALICE)


def by_button(rt: Runtime, house: House, ticket: Ticket) -> None:
    house.work()
    casework.acknowledge(rt, volunteer(rt, "alice"), alarms_of(rt, "alice")["danger"].id)


@pytest.mark.parametrize("see", [by_key, by_digits, by_button])
def test_i_have_seen_it_quiets_that_one_phone_for_five_minutes(
    rt: Runtime, house: House, see: Callable[[Runtime, House, Ticket], None]
) -> None:
    ticket = cry(rt)
    see(rt, house, ticket)
    assert house.passes(5 * MINUTE - 10) == [LEAD, HEAD, FIRST, SECOND]
    assert ALICE in house.passes(2 * MINUTE)
    assert now_of(rt, ticket).acted_at is None


def test_digits_that_may_be_forged_leave_the_alarm_on_the_page(rt: Runtime, house: House) -> None:
    cry(rt)
    house.work()
    text_in(rt, *codes(rt), sender=ALICE)
    assert alarms_of(rt, "alice")["danger"].answered_at is not None


def test_a_key_takes_the_alarm_off_the_page_until_the_phone_rings_again(rt: Runtime, house: House) -> None:
    cry(rt)
    first_call(house, "9")
    assert "danger" not in alarms_of(rt, "alice")
    house.passes(7 * MINUTE)
    assert "danger" in alarms_of(rt, "alice")


def test_ringing_on_gives_no_new_tries_at_the_digits(rt: Runtime, house: House) -> None:
    cry(rt)
    house.work()
    [code] = codes(rt)
    guesses = [str(n) for n in range(10, 100) if str(n) != code]
    for guess in guesses[:3]:
        text_in(rt, guess, sender=ALICE)
    house.passes(6 * MINUTE)  # alice's phone has rung again
    text_in(rt, code, sender=ALICE)
    assert alarms_of(rt, "alice")["danger"].answered_at is None


def test_opening_the_ticket_ends_nothing(rt: Runtime, house: House) -> None:
    ticket = cry(rt)
    house.work()
    paging.opened(rt, volunteer(rt, "alice"), ticket.reference)
    house.passes(6 * MINUTE)
    assert [to for _, to in house.rang].count(ALICE) == 2


def test_taking_it_quiets_all_phones_for_five_minutes_once(rt: Runtime, house: House) -> None:
    ticket = cry(rt)
    house.work()
    taking.claim(rt, volunteer(rt, "bob"), ticket.reference, now_of(rt, ticket).version)
    assert house.passes(4 * MINUTE + 50) == []
    assert house.passes(20) != []
    taking.claim(rt, volunteer(rt, "bob"), ticket.reference, now_of(rt, ticket).version)
    assert len(house.passes(5 * MINUTE)) >= 4
    assert now_of(rt, ticket).acted_at is None


def test_a_call_that_waits_is_not_placed_once_the_ticket_was_taken(rt: Runtime, house: House) -> None:
    ticket = cry(rt)
    ring_due(rt)
    taking.claim(rt, volunteer(rt, "bob"), ticket.reference, now_of(rt, ticket).version)
    place_calls(rt, house.gateway)
    assert (house.gateway.placed, calls_of(rt)[0].reason) == ([], "seen")


def test_i_cannot_rings_the_next_at_once_and_never_comes_back_while_others_are_left(rt: Runtime, house: House) -> None:
    ticket = cry(rt)
    house.work()
    acting.cannot(rt, volunteer(rt, "alice"), ticket.reference)
    house.work()
    assert [to for _, to in house.rang] == [ALICE, LEAD]
    acting.cannot_answer(rt, volunteer(rt, "lead"), alarms_of(rt, "lead")["danger"].id)
    assert set(house.passes(10 * MINUTE)) == {HEAD, FIRST, SECOND}
    assert [event.volunteer_id for event in happened(rt, EventKind.CANNOT)] == [volunteer(rt, name).id for name in ("alice", "lead")]


def test_a_volunteer_who_has_it_and_cannot_hands_it_on(rt: Runtime, house: House) -> None:
    ticket = cry(rt)
    house.work()
    assert now_of(rt, ticket).assignee_id == volunteer(rt, "alice").id
    acting.cannot(rt, volunteer(rt, "alice"), ticket.reference)
    house.work()
    assert now_of(rt, ticket).assignee_id == volunteer(rt, "lead").id


def test_if_nobody_can_everybody_is_rung_again(make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock) -> None:
    house = House(make_rt(voice=VOICE), clock)
    ticket = cry(rt)
    house.work()
    for login in ("alice", "lead", "head"):
        acting.cannot(rt, volunteer(rt, login), ticket.reference)
        house.work()
    before = now_of(rt, ticket).version
    assert set(house.passes(5 * MINUTE)) == {ALICE, LEAD, HEAD}
    assert now_of(rt, ticket).version <= before + 1  # it waits, and is not routed again and again


# What ends it


def reply(rt: Runtime, ticket: Ticket) -> None:
    found = now_of(rt, ticket)
    replies.reply(rt, volunteer(rt, "alice"), found.reference, version=found.version, body="We read it.", confirmed=frozenset())
    assert now_of(rt, ticket).acted_at is None, "it can still be taken back"
    hand_over(rt)


def bring_in(rt: Runtime, ticket: Ticket, login: str = "alice") -> None:
    version = now_of(rt, ticket).version
    acting.bring_in(rt, volunteer(rt, login), ticket.reference, version=version, whom=BroughtIn.RESCUE, note="they are on the way")


def give_up(rt: Runtime, ticket: Ticket, login: str = "lead", note: str = "no number, no name, no place") -> None:
    acting.nothing_to_do(rt, volunteer(rt, login), ticket.reference, version=now_of(rt, ticket).version, note=note)


@pytest.mark.parametrize(
    ("act", "how"), [(reply, Deed.TEXTED), (bring_in, Deed.BROUGHT_IN), (give_up, Deed.NOTHING_TO_DO)], ids=["texted", "brought", "nothing"]
)
def test_an_act_lets_all_phones_rest_and_takes_the_alarm_off_every_page(
    make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock, act: Callable[[Runtime, Ticket], None], how: Deed
) -> None:
    rt = make_rt(voice=RINGS_VOICE)  # round the clock: a text leaves at once
    house = House(rt, clock)
    ticket = cry(rt)
    house.passes(2 * MINUTE)
    alter(rt, Ticket, hold=False)
    act(rt, ticket)
    assert house.passes(20 * MINUTE) == []
    assert (now_of(rt, ticket).acted_at is not None, now_of(rt, ticket).next_ring_at) == (True, None)
    assert [event.data["deed"] for event in happened(rt, EventKind.ACTED)] == [how]
    assert all("danger" not in alarms_of(rt, login) for login in PHONES)


def test_a_text_that_waits_until_the_morning_is_no_act(rt: Runtime, house: House) -> None:
    ticket = cry(rt)
    house.work()
    alter(rt, Ticket, hold=False)
    reply(rt, ticket)
    assert (now_of(rt, ticket).acted_at, house.passes(MINUTE)) == (None, [LEAD])


def test_only_a_lead_says_that_nothing_can_be_done_and_says_why(rt: Runtime) -> None:
    ticket = cry(rt)
    with pytest.raises(NotAllowed):
        give_up(rt, ticket, login="alice")
    with pytest.raises(NoteMissing):
        give_up(rt, ticket, note=" ")
    assert now_of(rt, ticket).acted_at is None


def test_who_was_brought_in_stands_on_the_ticket(rt: Runtime) -> None:
    ticket = cry(rt)
    bring_in(rt, ticket)
    [event] = happened(rt, EventKind.ACTED)
    with rt.reading() as session:
        [(_, note)] = [row for row in events.newest_of(session, ticket.id, until=None, limit=9, longest=99) if row[0].id == event.id]
    assert (event.data["whom"], note) == (BroughtIn.RESCUE, "they are on the way")
    bring_in(rt, ticket)  # somebody has acted already
    assert len(happened(rt, EventKind.ACTED)) == 1


@pytest.mark.parametrize("to", [Status.RESOLVED, Status.CLOSED])
@pytest.mark.parametrize("words", ["bachao", "bhatta mang rahe hain"])
def test_nobody_ends_the_work_on_somebody_in_danger_without_an_act(rt: Runtime, words: str, to: Status) -> None:
    text_in(rt, words)
    route_due(rt)
    ticket = tickets(rt)[0]

    def close() -> None:
        undemanding = dataclasses.replace(rt, protocols=())  # what protocol cards demand is another matter
        version = now_of(rt, ticket).version
        casework.change_status(undemanding, volunteer(rt, "lead"), ticket.reference, version=version, to=to, told=HowTold.CALL)

    with pytest.raises(NobodyActed):
        close()
    bring_in(rt, ticket, login="lead")
    close()
    assert now_of(rt, ticket).status == to


def test_nothing_that_comes_from_the_phone_ends_it(rt: Runtime, house: House) -> None:
    cry(rt)
    for body in ("solved, cancel", "1", "OFF", "sab theek hai", "galti se bhej diya"):
        text_in(rt, body)
        assert house.passes(2 * MINUTE) != []


def test_new_danger_after_an_act_rings_from_the_first_phone_on(rt: Runtime, house: House) -> None:
    ticket = cry(rt)
    house.passes(2 * MINUTE)
    bring_in(rt, ticket)
    assert house.passes(5 * MINUTE) == []
    text_in(rt, "madad")
    assert house.passes(MINUTE + 10)[:2] == [ALICE, LEAD]
    assert len(happened(rt, EventKind.RANG)) == 2


def test_new_danger_reaches_who_had_seen_the_old_one(rt: Runtime, house: House) -> None:
    ticket = cry(rt)
    house.work()
    taking.claim(rt, volunteer(rt, "bob"), ticket.reference, now_of(rt, ticket).version)
    house.passes(MINUTE + 10)
    text_in(rt, "madad")
    assert house.passes(20) != []


def test_a_sender_who_cries_without_end_rings_no_faster(rt: Runtime, house: House) -> None:
    nobody_on_duty(rt)
    for _ in range(30):
        text_in(rt, "bachao")
        house.passes(10)
    assert len(tickets(rt)) == 1
    assert len(house.rang) <= 6
    assert said(rt).count("page_needs_you") <= 3


def test_a_lead_who_says_that_it_is_no_danger_ends_it(rt: Runtime, house: House) -> None:
    ticket = cry(rt)
    house.work()
    facts.set_priority(rt, volunteer(rt, "lead"), ticket.reference, version=now_of(rt, ticket).version, to=Priority.NORMAL, note="a prank")
    assert (house.passes(10 * MINUTE), "danger" in alarms_of(rt, "alice")) == ([], False)


# Workers that die, come late, or are two


def test_two_workers_ring_one_phone_once(rt: Runtime, house: House) -> None:
    cry(rt)
    at_once(lambda: ring_due(rt))
    at_once(lambda: place_calls(rt, house.gateway))
    assert [to for to, _ in house.gateway.placed] == [ALICE]
    assert said(rt).count("page_needs_you") == 1


def test_two_workers_and_two_tickets_ring_one_phone_once(rt: Runtime, house: House) -> None:
    cry(rt)
    cry(rt, sender=OTHER)
    at_once(lambda: ring_due(rt))
    place_calls(rt, house.gateway)
    assert [to for to, _ in house.gateway.placed] == [ALICE]


def test_a_worker_killed_before_it_has_stored_anything_skips_nobody(rt: Runtime, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    cry(rt)

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("hotline.services.duty.ringing.rings.go_on", die)
        with pytest.raises(Killed):
            ring_due(rt)
    assert (calls_of(rt), said(rt).count("page_needs_you"), happened(rt, EventKind.RANG)) == ([], 0, [])
    house.work()
    assert [to for _, to in house.rang] == [ALICE]


def test_a_worker_killed_while_it_places_a_call_costs_one_turn(rt: Runtime, house: House) -> None:
    cry(rt)
    house.gateway.script.append(Killed())
    with pytest.raises(Killed):
        house.work()
    assert house.passes(6 * MINUTE)[:5] == [LEAD, HEAD, FIRST, SECOND, ALICE]


def test_a_clock_that_comes_late_rings_one_phone_and_goes_on_from_there(rt: Runtime, house: House, clock: Clock) -> None:
    cry(rt)
    house.work()
    clock.forward(hours=1)
    house.work()
    house.work()
    assert [to for _, to in house.rang] == [ALICE, LEAD]


def test_while_the_gateway_is_away_a_phone_has_one_call_and_it_is_placed_when_the_gateway_is_back(rt: Runtime, house: House) -> None:
    cry(rt)
    house.gateway.script += [GatewayError("11200", Outcome.NOT_SENT)] * 10_000
    assert house.passes(12 * MINUTE) == []
    house.gateway.script.clear()
    rung = house.passes(20)
    assert sorted(rung) == sorted({ALICE, LEAD, HEAD, FIRST, SECOND})  # nobody was skipped, and nobody is rung twice


def test_calls_that_a_dead_worker_left_are_no_calls_once_somebody_acted(rt: Runtime, house: House) -> None:
    ticket = cry(rt)
    ring_due(rt)
    bring_in(rt, ticket)
    house.work()
    assert house.rang == []


def test_a_call_whose_end_was_lost_silences_no_phone(make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock) -> None:
    nobody_on_duty(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login != "head").values(phone_id=None))
    rt = make_rt(voice=VOICE)
    gateway = CallingGateway()
    cry(rt)
    for _ in range(60):
        ring_due(rt)
        place_calls(rt, gateway)  # no end of any call is ever reported
        clock.forward(seconds=10)
    assert len(gateway.placed) >= 4


# One call at a time on one phone


def test_a_phone_is_rung_once_for_several_tickets_and_9_is_for_all_of_them(rt: Runtime, house: House) -> None:
    for n in range(3):
        cry(rt, sender=f"+92300555000{n}")
    first_call(house, "9")
    assert [to for _, to in house.rang] == [ALICE]
    assert house.passes(4 * MINUTE + 30) == [LEAD, HEAD, FIRST, SECOND]
    assert "danger" not in alarms_of(rt, "alice")


def test_a_phone_that_rings_for_a_caller_in_danger_is_left_alone(rt: Runtime, house: House) -> None:
    nobody_on_duty(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).values(phone_id=None))
    caller = Caller(rt).ring().press("1", "1", "0").speak()  # the first phone of the duty line rings for this caller
    house.work()
    assert [to for _, to in house.rang] == [SECOND]
    assert caller.taken()
    assert set(house.passes(6 * MINUTE)) == {SECOND}  # the caller is talked to on the first
    assert tickets(rt)[0].danger == Danger.KEYED


def test_a_caller_in_danger_rings_a_phone_that_no_alarm_rings(rt: Runtime, house: House) -> None:
    nobody_on_duty(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).values(phone_id=None))
    cry(rt, sender=OTHER)
    house.work()
    assert [to for _, to in house.rang] == [FIRST]
    assert Caller(rt).ring().press("1", "1", "0").speak().last == Ring(1)


def test_what_comes_in_under_a_volunteers_number_keeps_no_phone_silent(rt: Runtime, house: House) -> None:
    cry(rt)
    Caller(rt, ALICE).ring().press("1")  # a forged caller, who stays on the line
    house.work()
    assert [to for _, to in house.rang] == [ALICE]


# Nothing is exposed, and nobody is rung who must not know


def test_what_is_rung_and_texted_names_nothing(rt: Runtime, house: House) -> None:
    heard: list[str] = []
    house.picks_up = lambda caller: heard.extend(caller.hears)
    ticket = cry(rt)
    house.passes(5 * MINUTE)
    assert set(heard) == {"page_needs_you"}
    sent = [text for text in texts_out(rt) if text.text_key == "page_needs_you"]
    assert {text.contact_id for text in sent}.isdisjoint({ticket.contact_id})
    assert all(text.ticket_id is None and ticket.reference not in text.body for text in sent)


def test_a_volunteers_phone_that_stopped_texts_is_rung(rt: Runtime, house: House) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).where(is_phone(ALICE)).values(stopped_at=tx.now))
    text_in(rt, "STOP", sender=ALICE)
    cry(rt)
    house.work()
    assert [to for _, to in house.rang] == [ALICE]


def test_the_phone_the_cry_came_from_is_not_rung_whosever_it_is(rt: Runtime, house: House) -> None:
    """Somebody else may be holding a volunteer's own phone."""
    cry(rt, sender=ALICE)
    assert ALICE not in house.passes(6 * MINUTE)


@pytest.mark.parametrize("login", ["alice", "lead", "head"])
def test_nobody_who_is_shut_out_is_rung(rt: Runtime, house: House, login: str) -> None:
    ticket = cry(rt)
    shut_out(rt, ticket, login)
    rung = house.passes(6 * MINUTE)
    assert PHONES[login] not in rung
    assert set(rung) == {ALICE, LEAD, HEAD, FIRST, SECOND} - {PHONES[login]}


def test_nor_on_a_phone_of_the_duty_line(make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock) -> None:
    house = House(make_rt(voice=dataclasses.replace(VOICE, duty_line=(BOB, SECOND))), clock)
    ticket = cry(rt)
    shut_out(rt, ticket, "bob")
    assert set(house.passes(6 * MINUTE)) == {ALICE, LEAD, HEAD, SECOND}


def test_a_phone_that_a_volunteer_marked_is_not_rung(rt: Runtime, house: House) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).where(is_phone(ALICE)).values(may_call=False))
    cry(rt)
    assert ALICE not in house.passes(6 * MINUTE)


# A sealed ticket


def sealed_cry(rt: Runtime) -> Ticket:
    text_in(rt, SEALED)
    [opened] = tickets(rt)
    text_in(rt, f"{opened.reference} bachao")
    route_due(rt)
    [ticket] = tickets(rt)
    assert (ticket.sealed, ticket.danger) == (True, Danger.CRY)
    return ticket


def sees(rt: Runtime, ticket: Ticket) -> set[str]:
    with rt.reading() as session:
        return {login for login in PHONES if ticket_rows.seen_by(session, volunteer(rt, login), ticket.reference)}


def waits(rt: Runtime, login: str) -> bool:
    with rt.reading() as session:
        return seals.waits(rt, session, volunteer(rt, login))


def test_of_a_sealed_ticket_its_team_then_the_head_and_five_minutes_later_leads_are_rung(
    make_rt: Callable[..., Runtime], rt: Runtime, clock: Clock
) -> None:
    clock.forward(hours=-12)  # 11:00: charlie is on duty in its team
    house = House(make_rt(voice=VOICE), clock)
    sealed_cry(rt)
    house.work()
    assert [to for _, to in house.rang] == [CHARLIE]
    assert set(house.passes(6 * MINUTE - 10)) == {CHARLIE, HEAD}
    assert LEAD in house.passes(3 * MINUTE)
    assert {BOB, ALICE}.isdisjoint({to for _, to in house.rang})


def test_the_head_is_told_that_there_is_one_and_not_which(rt: Runtime, house: House) -> None:
    ticket = sealed_cry(rt)
    house.work()
    with rt.reading() as session:
        told = {alarm.kind: found for alarm, found in alarm_rows.open_for(session, volunteer(rt, "head"))}
    assert told["danger"] is None
    assert "head" not in sees(rt, ticket)


def test_a_lead_who_is_not_shut_out_breaks_the_seal_with_a_reason_after_five_minutes(rt: Runtime, house: House) -> None:
    ticket = sealed_cry(rt)
    house.work()
    lead = volunteer(rt, "lead")
    house.passes(4 * MINUTE)
    assert not waits(rt, "lead")
    with pytest.raises(NothingWaits):
        seals.break_seal(rt, lead, note="nobody of its team answers")
    house.passes(2 * MINUTE)
    assert waits(rt, "lead")
    house.passes(4 * MINUTE)
    assert "sealed_danger" in alarms_of(rt, "lead")
    with pytest.raises(NoteMissing):
        seals.break_seal(rt, lead, note=" ")
    with pytest.raises(NotAllowed):
        seals.break_seal(rt, volunteer(rt, "bob"), note="curious")
    assert seals.break_seal(rt, lead, note="nobody of its team answers") == ticket.reference
    assert (sees(rt, ticket), now_of(rt, ticket).sealed) == ({"charlie", "lead"}, True)
    [event] = happened(rt, EventKind.SEAL_BROKEN)
    assert (event.volunteer_id, event.note_id is not None) == (lead.id, True)
    assert "seal_broken" in alarms_of(rt, "head")
    assert not waits(rt, "lead")
    bring_in(rt, ticket, login="lead")
    assert house.passes(10 * MINUTE) == []
    assert "sealed_danger" not in alarms_of(rt, "lead")


TWO_MATTERS = "mere bhai ko aghwa kar liya aur SHO FIR nahi kaat raha"


def test_danger_in_a_sealed_ticket_lets_in_and_alarms_the_lead_of_its_team_at_once(rt: Runtime, house: House) -> None:
    text_in(rt, TWO_MATTERS)
    route_due(rt)
    [ticket] = tickets(rt)
    assert (ticket.sealed, ticket.category, ticket.danger) == (True, "police", Danger.SURE)
    assert sees(rt, ticket) == {"charlie", "lead"}
    assert "beside" in alarms_of(rt, "lead")
    rung = house.passes(3 * MINUTE)
    assert LEAD in rung
    assert {BOB, ALICE}.isdisjoint(rung)
    assert "danger" in alarms_of(rt, "lead")
    bring_in(rt, ticket, login="lead")
    assert house.passes(10 * MINUTE) == []
    assert "lead" in sees(rt, ticket)
    with rt.transaction() as tx:  # who leads no team any more has no right to it
        tx.session.execute(update(Membership).values(is_lead=False))
    assert sees(rt, ticket) == {"charlie"}


def test_who_is_shut_out_of_a_sealed_ticket_in_danger_stays_out(rt: Runtime, house: House) -> None:
    text_in(rt, TWO_MATTERS)
    [ticket] = tickets(rt)
    alter(rt, Ticket, version=2)
    shut_out(rt, ticket, "lead")
    assert LEAD not in house.passes(15 * MINUTE)
    assert (sees(rt, ticket), alarms_of(rt, "lead")) == ({"charlie"}, {})


def test_danger_without_words_of_another_kind_lets_nobody_in(rt: Runtime, house: House) -> None:
    ticket = sealed_cry(rt)
    house.work()
    assert (sees(rt, ticket), "beside" in alarms_of(rt, "lead")) == ({"charlie"}, False)


def test_a_lead_who_is_shut_out_may_not_break_it_and_learns_of_nothing(rt: Runtime, house: House) -> None:
    ticket = sealed_cry(rt)
    shut_out(rt, ticket, "lead")
    rung = house.passes(15 * MINUTE)
    assert (LEAD in rung, waits(rt, "lead"), alarms_of(rt, "lead")) == (False, False, {})
    with pytest.raises(NothingWaits):
        seals.break_seal(rt, volunteer(rt, "lead"), note="let me in")
    assert "lead" not in sees(rt, ticket)


def test_a_seal_is_broken_only_while_somebody_is_in_danger_and_nobody_acted(rt: Runtime, house: House) -> None:
    ticket = sealed_cry(rt)
    house.passes(7 * MINUTE)
    assert waits(rt, "lead")
    bring_in(rt, ticket, login="charlie")
    assert not waits(rt, "lead")


def test_a_new_cry_does_not_put_the_breaking_of_the_seal_off(rt: Runtime, house: House) -> None:
    sealed_cry(rt)
    for _ in range(4):
        house.passes(2 * MINUTE)
        text_in(rt, "bachao")
    assert waits(rt, "lead")


def test_a_lead_who_broke_a_seal_may_not_unseal_it_for_others(rt: Runtime, house: House) -> None:
    ticket = sealed_cry(rt)
    house.passes(7 * MINUTE)
    lead = volunteer(rt, "lead")
    seals.break_seal(rt, lead, note="nobody answers")
    with pytest.raises(NotAllowed):
        facts.unseal(rt, lead, ticket.reference, version=now_of(rt, ticket).version, note="for all")
    with pytest.raises(NoSuchTicket):
        passing.pass_to(
            rt, volunteer(rt, "bob"), ticket.reference, version=now_of(rt, ticket).version, colleague_id=volunteer(rt, "bob").id, note=""
        )


# What it costs


def test_false_rings_and_missed_ones_are_counted(rt: Runtime, house: House, clock: Clock) -> None:
    since = clock.now - timedelta(days=1)
    false, real, missed = cry(rt), cry(rt, sender=OTHER), None
    house.passes(2 * MINUTE)
    text_in(rt, "mera phone kho gaya", sender="+923005550009")
    house.work()
    missed = tickets(rt)[-1]
    facts.set_priority(rt, volunteer(rt, "alice"), missed.reference, version=missed.version, to=Priority.URGENT, note="")
    house.passes(2 * MINUTE)
    alice = volunteer(rt, "alice").id
    with rt.transaction() as tx:
        for ticket, said in ((false, {"answer": "ordinary"}), (real, {"answer": "ordinary", "second": True}), (real, {"answer": "danger"})):
            tx.session.add(Event(ticket_id=ticket.id, kind="looked", happened_at=tx.now, volunteer_id=alice, data=said))
    with rt.reading() as session:
        assert dangers.count(session, since=since) == dangers.Rang(rang=3, false=1, missed=1)
        assert dangers.count(session, since=clock.now) == dangers.Rang(0, 0, 0)
