"""A number of a held or sealed ticket is shown after another person's yes, for some minutes, to one reader; in need the glass breaks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import update

from hotline.alarms import AlarmKind
from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.services import access
from hotline.services.access import NoSuchTicket, NotAllowed, NoteMissing
from hotline.services.keeping import retention
from hotline.services.people import factor, releasing
from hotline.services.people.factor import CodeRefused, FactorMissing, SeedUnreadable
from hotline.services.people.grants import Decided
from hotline.services.people.releasing import NobodyToAsk, Panel
from hotline.services.people.staff import deactivate
from hotline.services.people.tries import LoginTooSoon
from hotline.services.tickets import casework, custody, facts, kinds, search
from hotline.services.tickets.custody import TakesTwo
from hotline.services.tickets.routing import route_due
from hotline.storage import factors, wiping
from hotline.storage.events import EventKind
from hotline.storage.models import Alarm, Contact, Event, Installation, Note, Ticket
from hotline.storage.peoplemodels import Team, Volunteer
from hotline.storage.releasemodels import NumberRelease
from hotline.storage.wiping import Why
from tests.services.colleagues import settle, volunteer
from tests.services.keeping.ended import end
from tests.support import HER, OTHER, SNATCHED, Clock, alter, count, text_in, tickets

WHY = "rang from a hospital, orangi town"
SEALED = "thanay ke SHO ne mujh se rishwat mangi"
Code = Callable[[str], str]


@pytest.fixture
def ticket(rt: Runtime, tmp_path: Path) -> Ticket:
    """A held ticket of the street team. bob may see numbers, and so has a second factor; the lead and the head have one too."""
    settle(rt, tmp_path)
    text_in(rt, SNATCHED)
    route_due(rt)
    alter(rt, Ticket, hold=True)
    become(rt, "bob", shows_numbers=True)
    for login in ("bob", "lead", "head"):
        set_up(rt, login)
    return tickets(rt)[0]


@pytest.fixture
def code(rt: Runtime, clock: Clock) -> Code:
    """A code of the volunteer's app that was not used yet."""

    def shown(login: str) -> str:
        clock.forward(seconds=30)
        return pyotp.TOTP(factor.secret(rt, volunteer(rt, login)) or "?").at(clock.now)

    return shown


def become(rt: Runtime, login: str, **values: object) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == login).values(**values))


def set_up(rt: Runtime, login: str) -> None:
    factor.prepare(rt, volunteer(rt, login).id)
    become(rt, login, totp_step=1)


def ask(rt: Runtime, ticket: Ticket, login: str = "bob", note: str = WHY) -> None:
    releasing.ask(rt, volunteer(rt, login), ticket.reference, note=note)


def decide(rt: Runtime, ticket: Ticket, login: str, code: str = "", *, yes: bool = True) -> None:
    releasing.decide(rt, volunteer(rt, login), ticket.reference, rows(rt)[-1].id, yes=yes, code=code)


def show(rt: Runtime, ticket: Ticket, login: str = "bob") -> None:
    casework.show_number(rt, volunteer(rt, login), ticket.reference)


def rows(rt: Runtime) -> list[NumberRelease]:
    with rt.reading() as session:
        return session.query(NumberRelease).order_by(NumberRelease.id).all()


def reasons(rt: Runtime) -> list[str]:
    """What can be read of the notes."""
    with rt.reading() as session:
        return [note.body for note in session.query(Note).where(Note.sealed.is_not(None))]  # type: ignore[attr-defined]


def told(rt: Runtime, *kinds: EventKind) -> list[tuple[str, int | None, object]]:
    with rt.reading() as session:
        found = session.query(Event).where(Event.kind.in_(kinds)).order_by(Event.id).all()
        return [(event.kind, event.volunteer_id, event.data.get("to")) for event in found]


def alarmed(rt: Runtime, kind: AlarmKind) -> set[str]:
    with rt.reading() as session:
        found = session.query(Volunteer.login).join(Alarm, Alarm.volunteer_id == Volunteer.id)
        return {row[0] for row in found.where(Alarm.kind == kind, Alarm.acknowledged_at.is_(None))}


def panel(rt: Runtime, ticket: Ticket, login: str) -> Panel | None:
    with rt.reading() as session:
        entered = access.enter(session, volunteer(rt, login), ticket.reference)
        return releasing.panel(rt, session, entered, custody.of(rt, session, entered))


def test_it_is_shown_after_another_persons_yes_to_that_reader_for_fifteen_minutes(
    rt: Runtime, ticket: Ticket, clock: Clock, code: Code
) -> None:
    bob, lead = volunteer(rt, "bob"), volunteer(rt, "lead")
    with pytest.raises(TakesTwo):
        show(rt, ticket)
    ask(rt, ticket)
    assert alarmed(rt, AlarmKind.NUMBER_ASKED) == {"lead", "head"}
    with pytest.raises(TakesTwo):
        show(rt, ticket)
    seen = panel(rt, ticket, "lead")
    assert seen is not None
    assert [(one.reader_id, one.reason) for one in seen.others] == [(bob.id, WHY)]
    decide(rt, ticket, "lead", code("lead"))
    assert (alarmed(rt, AlarmKind.NUMBER_ASKED), alarmed(rt, AlarmKind.NUMBER_OPEN)) == (set(), {"bob"})
    show(rt, ticket)
    casework.show_said_numbers(rt, bob, ticket.reference)
    become(rt, "head", shows_numbers=True)
    with pytest.raises(TakesTwo):  # another reader
        show(rt, ticket, "head")
    with pytest.raises(TakesTwo):  # alice, who has the ticket, may call, but was given nothing
        casework.show_said_numbers(rt, volunteer(rt, "alice"), ticket.reference)
    clock.forward(minutes=15, seconds=-1)
    show(rt, ticket)
    clock.forward(seconds=1)
    with pytest.raises(TakesTwo):
        show(rt, ticket)
    assert told(rt, EventKind.NUMBER_ASKED, EventKind.NUMBER_RELEASED) == [
        ("number_asked", bob.id, None),
        ("number_released", lead.id, bob.id),
    ]
    assert len(told(rt, EventKind.NUMBER_SHOWN)) == 3


def test_to_ask_twice_is_one_request_and_needs_a_reason(rt: Runtime, ticket: Ticket) -> None:
    with pytest.raises(NoteMissing):
        ask(rt, ticket, note=" ")
    ask(rt, ticket)
    notes = count(rt, Note)
    ask(rt, ticket)
    assert (count(rt, NumberRelease), count(rt, Note)) == (1, notes)
    seen = panel(rt, ticket, "bob")
    assert seen is not None
    assert (seen.asks, seen.asked_at is not None) == (False, True)


def test_who_has_neither_right_nor_call_cannot_ask_and_who_may_call_is_shown_only_what_was_written(
    rt: Runtime, ticket: Ticket, code: Code
) -> None:
    alter(rt, Ticket, assignee_id=volunteer(rt, "alice").id)
    with pytest.raises(NotAllowed):
        ask(rt, ticket, "charlie")
    ask(rt, ticket, "alice")
    decide(rt, ticket, "head", code("head"))
    casework.show_said_numbers(rt, volunteer(rt, "alice"), ticket.reference)
    with pytest.raises(NotAllowed):
        show(rt, ticket, "alice")


def test_nobody_says_yes_to_oneself(rt: Runtime, ticket: Ticket, code: Code) -> None:
    ask(rt, ticket)
    with pytest.raises(NotAllowed):
        decide(rt, ticket, "bob", code("bob"))
    with pytest.raises(NotAllowed):  # charlie leads nothing and has no right
        decide(rt, ticket, "charlie", "")
    assert rows(rt)[0].decided_at is None
    assert panel(rt, ticket, "bob").others == ()  # type: ignore[union-attr]


def test_a_yes_takes_a_code_that_was_not_used_and_a_no_takes_none(rt: Runtime, ticket: Ticket, code: Code, clock: Clock) -> None:
    ask(rt, ticket)
    used = code("lead")
    factor.prove(rt, volunteer(rt, "lead").id, 0, used)
    for typed in (used, "", "000000"):
        with pytest.raises(CodeRefused):
            decide(rt, ticket, "lead", typed)
    for _ in range(2):
        with pytest.raises(CodeRefused):
            decide(rt, ticket, "lead", "1")
    with pytest.raises(LoginTooSoon):
        decide(rt, ticket, "lead", "1")
    assert rows(rt)[0].decided_at is None
    decide(rt, ticket, "lead", yes=False)
    assert (rows(rt)[0].yes, told(rt, EventKind.NUMBER_REFUSED)) == (
        False,
        [("number_refused", volunteer(rt, "lead").id, volunteer(rt, "bob").id)],
    )
    with pytest.raises(TakesTwo):
        show(rt, ticket)
    clock.forward(minutes=2)
    with pytest.raises(Decided):
        decide(rt, ticket, "lead", code("lead"))


def test_who_has_no_app_cannot_say_yes_and_sets_none_up_by_it(rt: Runtime, ticket: Ticket) -> None:
    ask(rt, ticket)
    become(rt, "lead", totp_step=None)
    with pytest.raises(FactorMissing):
        decide(rt, ticket, "lead", pyotp.TOTP(factor.secret(rt, volunteer(rt, "lead")) or "?").at(rt.clock()))
    assert volunteer(rt, "lead").totp_step is None


def test_where_nobody_else_can_say_yes_it_is_refused(rt: Runtime, ticket: Ticket) -> None:
    become(rt, "lead", totp_step=None)
    facts.shut_out(rt, volunteer(rt, "lead"), ticket.reference, version=ticket.version, whom=volunteer(rt, "head").id, out=True)
    notes = count(rt, Note)
    with pytest.raises(NobodyToAsk):
        ask(rt, ticket)
    assert (rows(rt), count(rt, Note), alarmed(rt, AlarmKind.NUMBER_ASKED)) == ([], notes, set())


def test_who_was_shut_out_or_deactivated_says_no_yes_any_more(rt: Runtime, ticket: Ticket, code: Code) -> None:
    ask(rt, ticket)
    head, shown = volunteer(rt, "head"), code("head")
    facts.shut_out(rt, volunteer(rt, "lead"), ticket.reference, version=ticket.version, whom=head.id, out=True)
    with pytest.raises(NoSuchTicket):
        decide(rt, ticket, "head", shown)
    lead, shown = volunteer(rt, "lead"), code("lead")
    deactivate(rt, volunteer(rt, "admin").id, "lead")
    with pytest.raises(NotAllowed):
        releasing.decide(rt, lead, ticket.reference, rows(rt)[0].id, yes=True, code=shown)
    with pytest.raises(TakesTwo):
        show(rt, ticket)


def test_a_request_is_over_after_an_hour_and_can_be_made_again(rt: Runtime, ticket: Ticket, code: Code, clock: Clock) -> None:
    ask(rt, ticket)
    clock.forward(minutes=60)
    with pytest.raises(Decided):
        decide(rt, ticket, "lead", code("lead"))
    assert panel(rt, ticket, "lead").others == ()  # type: ignore[union-attr]
    ask(rt, ticket)
    assert [row.decided_at is None for row in rows(rt)] == [False, True]
    decide(rt, ticket, "lead", code("lead"))
    show(rt, ticket)


@pytest.mark.parametrize("how", ["team", "sealed", "right", "shut out", "shut out and let in"])
def test_a_release_is_dead_once_the_ticket_or_the_reader_is_not_as_it_was(rt: Runtime, ticket: Ticket, code: Code, how: str) -> None:
    ask(rt, ticket)
    decide(rt, ticket, "lead", code("lead"))
    show(rt, ticket)
    lead, bob = volunteer(rt, "lead"), volunteer(rt, "bob")
    if how == "team":
        with rt.reading() as session:
            alter(rt, Ticket, team_id=session.query(Team.id).where(Team.code == "emergency").scalar())
    if how == "sealed":
        alter(rt, Ticket, sealed=True)
    if how == "right":
        become(rt, "bob", shows_numbers=False)
    for out in {"shut out": [True], "shut out and let in": [True, False]}.get(how, []):
        facts.shut_out(rt, lead, ticket.reference, version=tickets(rt)[0].version, whom=bob.id, out=out)
    with pytest.raises((TakesTwo, NotAllowed, NoSuchTicket)):
        show(rt, ticket)


def test_a_release_opens_no_other_ticket(rt: Runtime, ticket: Ticket, code: Code) -> None:
    text_in(rt, SNATCHED, sender="+923451234503")
    route_due(rt)
    alter(rt, Ticket, hold=True)
    ask(rt, ticket)
    decide(rt, ticket, "lead", code("lead"))
    with pytest.raises(TakesTwo):
        show(rt, tickets(rt)[1])


def test_broken_glass_opens_at_once_alarms_heads_and_leads_and_stays(rt: Runtime, ticket: Ticket, code: Code, clock: Clock) -> None:
    bob = volunteer(rt, "bob")

    def break_glass(login: str, code: str, note: str = WHY) -> None:
        releasing.break_glass(rt, volunteer(rt, login), ticket.reference, note=note, code=code)

    with pytest.raises(NoteMissing):
        break_glass("bob", code("bob"), note="")
    with pytest.raises(CodeRefused):
        break_glass("bob", "1")
    with pytest.raises(FactorMissing):
        break_glass("alice", "1")
    with pytest.raises(NotAllowed):
        break_glass("charlie", "1")
    with pytest.raises(TakesTwo):
        show(rt, ticket)
    ask(rt, ticket)
    break_glass("bob", code("bob"))
    show(rt, ticket)
    assert alarmed(rt, AlarmKind.GLASS_BROKEN) == {"lead", "head"}
    assert told(rt, EventKind.GLASS_BROKEN) == [("glass_broken", bob.id, None)]
    assert [(row.broken_glass, row.yes) for row in rows(rt)] == [(False, False), (True, True)]
    break_glass("bob", "1")  # it is open: nothing happens
    assert len(rows(rt)) == 2
    casework.acknowledge(rt, volunteer(rt, "head"), alarm_id(rt, "head"))
    clock.forward(minutes=15)
    with pytest.raises(TakesTwo):
        show(rt, ticket)
    break_glass("bob", code("bob"))
    assert "head" in alarmed(rt, AlarmKind.GLASS_BROKEN)  # again


@pytest.mark.parametrize("how", ["asked", "broken glass"])
def test_a_reason_that_is_written_after_the_words_had_gone_goes_after_as_many_days(
    rt: Runtime, ticket: Ticket, code: Code, clock: Clock, how: str
) -> None:
    end(rt, ticket.reference)
    alter(rt, Contact, stopped_at=clock())  # so that the phone is known, and its key stays
    with rt.transaction() as tx:
        wiping.wipe_ticket(tx.session, ticket.id, now=tx.now, why=Why.AGE)
    clock.forward(days=100)
    if how == "asked":
        ask(rt, ticket)
    else:
        releasing.break_glass(rt, volunteer(rt, "bob"), ticket.reference, note=WHY, code=code("bob"))
    clock.forward(days=173)
    retention.sweep(rt)
    assert reasons(rt) == [WHY]
    clock.forward(days=7)
    retention.sweep(rt)
    assert reasons(rt) == []


@pytest.mark.parametrize("kind", ["harassment", "missing"])
def test_undoing_the_kind_that_another_named_opens_no_number_to_one(rt: Runtime, ticket: Ticket, clock: Clock, kind: str) -> None:
    alter(rt, Ticket, hold=False)
    become(rt, "lead", shows_numbers=True)
    for login in ("bob", "lead"):
        seen = tickets(rt)[0]
        facts.describe(rt, volunteer(rt, login), ticket.reference, version=seen.version, category=kind, area=seen.area, wants_woman=False)
        assert (tickets(rt)[0].category, tickets(rt)[0].hold) == (kind, True)
        assert kinds.undo(rt, volunteer(rt, "lead"), ticket.reference) == []
        assert not tickets(rt)[0].hold
        if login == "bob":
            with pytest.raises(TakesTwo):
                show(rt, ticket, "lead")
            clock.forward(hours=25)
    show(rt, ticket, "lead")  # the lead's own slip is none of another's


def alarm_id(rt: Runtime, login: str) -> int:
    with rt.reading() as session:
        return session.query(Alarm.id).where(Alarm.kind == AlarmKind.GLASS_BROKEN, Alarm.volunteer_id == volunteer(rt, login).id).scalar()


def test_of_two_who_decide_at_once_one_counts(rt: Runtime, ticket: Ticket, code: Code) -> None:
    ask(rt, ticket)
    codes = {login: code(login) for login in ("head", "lead")}

    def say(login: str) -> str:
        try:
            decide(rt, ticket, login, codes[login], yes=login == "lead")
        except Decided:
            return "decided"
        return "counts"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(say, codes)) == ["counts", "decided"]
    assert len(told(rt, EventKind.NUMBER_RELEASED, EventKind.NUMBER_REFUSED)) == 1


def test_a_ticket_that_is_neither_takes_one_but_not_of_a_kind_that_takes_two(rt: Runtime, ticket: Ticket) -> None:
    alter(rt, Ticket, hold=False)
    show(rt, ticket)
    assert panel(rt, ticket, "bob") is None
    kinds = tuple(replace(one, number_by_two=one.code == ticket.category) for one in rt.categories)
    with pytest.raises(TakesTwo):
        show(replace(rt, categories=kinds), ticket)
    alter(rt, Ticket, status=Status.CLOSED, sealed=True)
    with pytest.raises((TakesTwo, NoSuchTicket)):
        show(rt, ticket)


def test_another_ticket_of_the_phone_takes_two_for_who_sees_the_sealed_one_and_tells_others_nothing(
    rt: Runtime, ticket: Ticket, clock: Clock
) -> None:
    alter(rt, Ticket, hold=False)
    clock.forward(minutes=30)
    text_in(rt, SEALED)
    route_due(rt)
    assert [one.sealed for one in tickets(rt)] == [False, True]
    alter_one(rt, ticket.id, hold=False)
    show(rt, ticket)  # bob sees the first one only
    become(rt, "charlie", shows_numbers=True)
    with pytest.raises(TakesTwo):
        show(rt, ticket, "charlie")
    found = [search.by_number(rt, volunteer(rt, login), HER).tickets for login in ("bob", "charlie")]
    assert [[one.id for one in each] for each in found] == [[ticket.id], []]


def alter_one(rt: Runtime, ticket_id: int, **values: object) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).where(Ticket.id == ticket_id).values(**values))


def test_a_search_by_number_does_not_confirm_whose_a_held_ticket_is_before_its_release(rt: Runtime, ticket: Ticket, code: Code) -> None:
    bob = volunteer(rt, "bob")
    assert search.by_number(rt, bob, HER).tickets == []
    assert told(rt, EventKind.NUMBER_SOUGHT) == []  # the timeline would tell
    ask(rt, ticket)
    decide(rt, ticket, "lead", code("lead"))
    assert [one.id for one in search.by_number(rt, bob, HER).tickets] == [ticket.id]
    assert told(rt, EventKind.NUMBER_SOUGHT) == [("number_sought", bob.id, None)]


def test_the_people_of_a_demo_have_no_app_and_need_none(rt: Runtime, ticket: Ticket) -> None:
    alter(rt, Installation, kind="demo")
    alter(rt, Volunteer, totp_step=None)
    ask(rt, ticket)
    decide(rt, ticket, "lead")
    show(rt, ticket)


def test_a_seed_is_sealed_in_its_own_row_and_opens_by_the_keys_only(rt: Runtime, ticket: Ticket, make_rt: Callable[..., Runtime]) -> None:
    lead, bob = volunteer(rt, "lead"), volunteer(rt, "bob")
    seed = factors.seed_of(rt.keys, lead)
    assert seed is not None
    assert len(seed) == 32
    assert seed.encode() not in (lead.totp_seed or b"")
    become(rt, "lead", totp_seed=bob.totp_seed)
    with pytest.raises(SeedUnreadable):
        factor.secret(rt, volunteer(rt, "lead"))
    assert not factor.shows(rt, "lead", "000000")  # the log-in by password goes on


def opened_to(rt: Runtime, login: str, ticket: Ticket) -> bool:
    """Whether the person may have the number of the ticket shown without anybody else."""
    with rt.reading() as session:
        return custody.of(rt, session, access.enter(session, volunteer(rt, login), ticket.reference)).is_open


def test_who_lifts_a_hold_does_not_show_the_number_alone_for_a_day(rt: Runtime, ticket: Ticket, clock: Clock) -> None:
    alter(rt, Ticket, category="theft")
    become(rt, "lead", shows_numbers=True)
    facts.hold(rt, volunteer(rt, "lead"), ticket.reference, version=tickets(rt)[0].version, on=False, note="he has moved out")
    assert (opened_to(rt, "lead", ticket), opened_to(rt, "bob", ticket)) == (False, True)
    clock.forward(days=1, seconds=1)
    assert opened_to(rt, "lead", ticket)


def test_who_changes_the_kind_to_one_that_takes_one_person_does_not_show_the_number_alone(rt: Runtime, ticket: Ticket) -> None:
    kept = next(one.code for one in rt.categories if one.number_by_two and not one.sealed)
    alter(rt, Ticket, hold=False, category=kept)
    assert not opened_to(rt, "bob", ticket)
    bob, seen = volunteer(rt, "bob"), tickets(rt)[0]
    facts.describe(rt, bob, ticket.reference, version=seen.version, category="theft", area=seen.area, wants_woman=False)
    assert (tickets(rt)[0].category, opened_to(rt, "bob", ticket)) == ("theft", False)


def test_who_loses_sight_of_a_held_ticket_is_not_shown_the_same_number_on_another(rt: Runtime, ticket: Ticket) -> None:
    alter(rt, Ticket, category="theft")
    casework.view(rt, volunteer(rt, "bob"), ticket.reference)
    text_in(rt, "orangi town mein meri gari chori ho gai", sender=OTHER)
    route_due(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).where(Ticket.id != ticket.id).values(contact_id=ticket.contact_id, hold=False, category="theft"))
        tx.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(sealed=True, team_id=None, assignee_id=None))
    other = next(one for one in tickets(rt) if one.id != ticket.id)
    with rt.reading() as session:
        assert access.sees(session, volunteer(rt, "bob"), ticket.reference) is None
    assert not opened_to(rt, "bob", other)
