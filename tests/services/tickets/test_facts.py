"""The facts of a ticket: by version, each change an event. Any volunteer may make a ticket safer; only its lead, with a note, less safe."""

import threading
from datetime import time, timedelta

import pytest
from sqlalchemy import select

from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.services.access import NoSuchTicket, NotAllowed, NoteMissing
from hotline.services.tickets import facts, passing
from hotline.services.tickets.facts import InThePast, NoSuchChoice
from hotline.services.tickets.reach import HoursTurnedRound, SafeContact, reach
from hotline.services.tickets.routing import route_due
from hotline.storage import people, shutouts
from hotline.storage.models import Alarm, Contact, Event, Note, ShutOut, Ticket
from hotline.storage.tickets import TicketMoved
from tests.services.colleagues import volunteer
from tests.support import NOON, alter, count, text_in, tickets

NOTE = "she asked for it"


def now(rt: Runtime) -> Ticket:
    return tickets(rt)[0]


def told(rt: Runtime, kind: str) -> list[dict[str, object]]:
    with rt.reading() as session:
        return list(session.scalars(select(Event.data).where(Event.kind == kind).order_by(Event.id)))


def describe(rt: Runtime, ticket: Ticket, **wanted: object) -> None:
    values = {"category": ticket.category, "area": ticket.area, "wants_woman": ticket.wants_woman} | wanted
    facts.describe(rt, volunteer(rt, "bob"), ticket.reference, version=ticket.version, **values)  # type: ignore[arg-type]


def test_kind_area_and_wish_are_changed_at_once_and_each_is_told(rt: Runtime, ticket: Ticket) -> None:
    describe(rt, ticket, category="theft", area="lyari", wants_woman=True)
    changed = now(rt)
    assert (changed.category, changed.area, changed.wants_woman, changed.version) == ("theft", "lyari", True, ticket.version + 1)
    assert [(data["fact"], data["old"], data["new"]) for data in told(rt, "changed")] == [
        ("category", "snatching", "theft"),
        ("area", None, "lyari"),
        ("wants_woman", False, True),
    ]
    describe(rt, changed)
    assert now(rt).version == changed.version
    with pytest.raises(TicketMoved):
        describe(rt, ticket, area="saddar")
    for wrong in ({"area": "mars"}, {"category": "mars"}):
        with pytest.raises(NoSuchChoice):
            describe(rt, changed, **wrong)


def test_a_sealed_kind_seals_holds_and_goes_to_its_team(rt: Runtime, ticket: Ticket) -> None:
    describe(rt, ticket, category="police")
    route_due(rt)
    sealed = now(rt)
    assert (sealed.sealed, sealed.hold, sealed.assignee_id) == (True, True, volunteer(rt, "charlie").id)


def test_anybody_raises_and_only_a_lead_lowers_with_a_note(rt: Runtime, ticket: Ticket) -> None:
    bob, lead = volunteer(rt, "bob"), volunteer(rt, "lead")
    alter(rt, Ticket, priority=Priority.NORMAL)
    ticket = now(rt)
    facts.set_priority(rt, bob, ticket.reference, version=ticket.version, to=Priority.URGENT, note="")
    version = now(rt).version
    route_due(rt)
    assert (now(rt).priority, count(rt, Alarm)) == (Priority.URGENT, 1)
    assert now(rt).version == version, "nobody was first: the next form of her page is taken"
    with pytest.raises(NotAllowed):
        facts.set_priority(rt, bob, ticket.reference, version=version, to=Priority.NORMAL, note=NOTE)
    with pytest.raises(NoteMissing):
        facts.set_priority(rt, lead, ticket.reference, version=version, to=Priority.NORMAL, note=" ")
    facts.set_priority(rt, lead, ticket.reference, version=version, to=Priority.NORMAL, note=NOTE)
    assert (now(rt).priority, count(rt, Note)) == (Priority.NORMAL, 1)
    assert [(data["old"], data["new"]) for data in told(rt, "changed")] == [(3, 1), (1, 3)]


def test_a_promise_is_on_time_again_and_lies_ahead(rt: Runtime, ticket: Ticket) -> None:
    alter(rt, Ticket, on_time=False)
    alice, ticket = volunteer(rt, "alice"), now(rt)
    with pytest.raises(InThePast):
        facts.promise(rt, alice, ticket.reference, version=ticket.version, by=NOON)
    facts.promise(rt, alice, ticket.reference, version=ticket.version, by=NOON + timedelta(hours=3))
    assert (now(rt).promised_at, now(rt).on_time) == (NOON + timedelta(hours=3), True)
    facts.promise(rt, alice, ticket.reference, version=now(rt).version, by=None)
    assert (now(rt).promised_at, len(told(rt, "changed"))) == (None, 2)


def test_anybody_holds_and_a_lead_lifts_it_with_a_note(rt: Runtime, ticket: Ticket) -> None:
    facts.hold(rt, volunteer(rt, "charlie"), ticket.reference, version=ticket.version, on=True, note="")
    for login, note, refusal in (("bob", NOTE, NotAllowed), ("head", NOTE, NotAllowed), ("lead", "", NoteMissing)):
        with pytest.raises(refusal):
            facts.hold(rt, volunteer(rt, login), ticket.reference, version=now(rt).version, on=False, note=note)
    assert now(rt).hold
    facts.hold(rt, volunteer(rt, "lead"), ticket.reference, version=now(rt).version, on=False, note=NOTE)
    assert (now(rt).hold, len(told(rt, "held")), len(told(rt, "unheld"))) == (False, 1, 1)


def test_anybody_seals_it_to_a_sealed_kinds_team_and_loses_sight_of_it(rt: Runtime, ticket: Ticket) -> None:
    bob = volunteer(rt, "bob")
    with pytest.raises(NoSuchChoice):
        facts.seal(rt, bob, ticket.reference, version=ticket.version, kind="theft", note="")
    facts.seal(rt, bob, ticket.reference, version=ticket.version, kind="police", note="")
    route_due(rt)
    assert (now(rt).sealed, now(rt).hold, now(rt).assignee_id) == (True, True, volunteer(rt, "charlie").id)
    with pytest.raises(NoSuchTicket):
        facts.unseal(rt, bob, ticket.reference, version=now(rt).version, note=NOTE)
    with pytest.raises(NotAllowed):
        facts.unseal(rt, volunteer(rt, "charlie"), ticket.reference, version=now(rt).version, note=NOTE)


def integrity(rt: Runtime) -> int:
    """The team that sealed tickets go to; the lead leads it too from now on."""
    with rt.transaction() as tx:
        team_id = people.teams(tx.session)["integrity"].id
        people.join(tx.session, volunteer(rt, "lead").id, team_id, is_lead=True)
    return team_id


def test_sealed_to_its_own_team_whoever_is_of_it_keeps_it_and_its_lead_unseals(rt: Runtime, ticket: Ticket) -> None:
    had = volunteer(rt, "charlie").id
    alter(rt, Ticket, team_id=integrity(rt), assignee_id=had)
    ticket = now(rt)
    facts.seal(rt, volunteer(rt, "bob"), ticket.reference, version=ticket.version, kind="", note=NOTE)
    assert (now(rt).sealed, now(rt).assignee_id, now(rt).team_id) == (True, had, ticket.team_id)
    with pytest.raises(NoteMissing):
        facts.unseal(rt, volunteer(rt, "lead"), ticket.reference, version=now(rt).version, note="")
    facts.unseal(rt, volunteer(rt, "lead"), ticket.reference, version=now(rt).version, note=NOTE)
    assert not now(rt).sealed


def test_sealed_to_its_own_team_whoever_is_not_of_it_has_it_no_more(rt: Runtime, ticket: Ticket) -> None:
    alter(rt, Ticket, team_id=integrity(rt), assignee_id=volunteer(rt, "bob").id)
    ticket = now(rt)
    facts.seal(rt, volunteer(rt, "bob"), ticket.reference, version=ticket.version, kind="", note="")
    route_due(rt)
    assert (now(rt).assignee_id, now(rt).team_id) == (volunteer(rt, "charlie").id, ticket.team_id)


def test_nothing_is_sealed_to_a_team_that_anybody_can_be_put_into(rt: Runtime, ticket: Ticket) -> None:
    with pytest.raises(NoSuchChoice):
        facts.seal(rt, volunteer(rt, "bob"), ticket.reference, version=ticket.version, kind="", note="")
    assert not now(rt).sealed


def test_who_is_shut_out_has_it_no_more_and_does_not_get_it_again(rt: Runtime, ticket: Ticket) -> None:
    assert ticket.assignee_id is not None
    named, lead = ticket.assignee_id, volunteer(rt, "lead")
    with pytest.raises(NotAllowed):
        facts.shut_out(rt, volunteer(rt, "charlie"), ticket.reference, version=ticket.version, whom=named, out=True)
    facts.shut_out(rt, lead, ticket.reference, version=ticket.version, whom=named, out=True)
    route_due(rt)
    assert now(rt).assignee_id in {volunteer(rt, "alice").id, volunteer(rt, "bob").id} - {named}
    with pytest.raises(NoSuchChoice):
        passing.pass_to(rt, lead, ticket.reference, version=now(rt).version, colleague_id=named, note="")
    facts.shut_out(rt, lead, ticket.reference, version=now(rt).version, whom=named, out=False)
    assert (count(rt, ShutOut), len(told(rt, "shut_out")), len(told(rt, "let_in"))) == (0, 1, 1)


def test_to_shut_out_twice_at_once_is_to_shut_out_once(rt: Runtime, ticket: Ticket) -> None:
    lead, whom = volunteer(rt, "lead"), volunteer(rt, "bob").id
    results: list[bool] = []

    def put(*, meanwhile: threading.Thread | None = None) -> None:
        with rt.transaction() as tx:
            results.append(shutouts.shut_out(tx.session, ticket.id, whom, made_by=lead.id, now=tx.now))
            if meanwhile is not None:
                meanwhile.start()
                meanwhile.join(0.5)

    other = threading.Thread(target=put)
    put(meanwhile=other)
    other.join()
    assert (results, count(rt, ShutOut)) == ([True, False], 1)


# Passing on


def test_passed_to_a_colleague_it_is_hers_and_an_urgent_one_alarms_her(rt: Runtime, ticket: Ticket) -> None:
    alter(rt, Ticket, priority=Priority.URGENT, assignee_id=volunteer(rt, "alice").id)
    ticket = now(rt)
    charlie = volunteer(rt, "charlie")
    passing.pass_to(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, colleague_id=charlie.id, note="")
    assert now(rt).assignee_id == charlie.id
    with rt.reading() as session:
        assert [(a.volunteer_id, a.kind) for a in session.scalars(select(Alarm).where(Alarm.volunteer_id == charlie.id))] == [
            (charlie.id, "urgent")
        ]
    assert told(rt, "passed") == [{"to": charlie.id}]


def test_passed_to_her_own_team_it_goes_to_somebody_else(rt: Runtime, ticket: Ticket) -> None:
    assert ticket.assignee_id is not None
    with rt.reading() as session:
        has_it = next(v for v in (volunteer(rt, "alice"), volunteer(rt, "bob")) if v.id == ticket.assignee_id)
        assert session
    passing.pass_to_team(rt, has_it, ticket.reference, version=ticket.version, code="street", note=NOTE)
    assert (now(rt).assignee_id, now(rt).status) == (None, Status.NEW)
    route_due(rt)
    assert now(rt).assignee_id in {volunteer(rt, "alice").id, volunteer(rt, "bob").id} - {has_it.id}


def test_passed_to_another_team_it_stays_there_whatever_its_kind(rt: Runtime, ticket: Ticket) -> None:
    passing.pass_to_team(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, code="integrity", note="")
    route_due(rt)
    assert now(rt).assignee_id == volunteer(rt, "charlie").id


def test_a_sealed_ticket_goes_to_nobody_who_may_not_see_it(rt: Runtime, ticket: Ticket) -> None:
    alter(rt, Ticket, sealed=True)
    alice, ticket = volunteer(rt, "alice"), now(rt)
    charlie = volunteer(rt, "charlie")
    with pytest.raises(NoSuchChoice):
        passing.pass_to(rt, alice, ticket.reference, version=ticket.version, colleague_id=charlie.id, note="")
    with pytest.raises(NoSuchChoice):
        passing.pass_to_team(rt, alice, ticket.reference, version=ticket.version, code="integrity", note="")
    with rt.reading() as session:
        assert {one.login for one in passing.colleagues_for(session, ticket, outside=())} == {"alice", "bob", "lead"}
        assert [team.code for team in passing.teams_for(ticket, people.teams(session).values())] == ["street"]
    assert now(rt).version == ticket.version


# Safe contact


def contact(rt: Runtime) -> Contact:
    with rt.reading() as session:
        return session.scalars(select(Contact)).one()


def test_safe_contact_is_the_phones_and_allowing_again_takes_a_note(rt: Runtime, ticket: Ticket) -> None:
    bob = volunteer(rt, "bob")
    strict = SafeContact(may_text=False, may_call=True, safe_from=time(9), safe_until=time(12), on_hold=True)
    unseen = SafeContact.of(contact(rt), phone_held=contact(rt).on_hold).mark
    reach(rt, bob, ticket.reference, version=ticket.version, was=unseen, wanted=strict, note="")
    assert SafeContact.of(contact(rt), phone_held=contact(rt).on_hold) == strict
    assert {data["fact"]: data["new"] for data in told(rt, "changed")} == {
        "may_text": False,
        "on_hold": True,
        "safe_hours": "09:00-12:00",
    }
    loose = SafeContact(may_text=True, may_call=True, safe_from=None, safe_until=None, on_hold=False)
    with pytest.raises(NotAllowed):
        reach(rt, bob, ticket.reference, version=now(rt).version, was=strict.mark, wanted=loose, note=NOTE)
    with pytest.raises(NoteMissing):
        reach(rt, volunteer(rt, "lead"), ticket.reference, version=now(rt).version, was=strict.mark, wanted=loose, note="")
    reach(rt, volunteer(rt, "lead"), ticket.reference, version=now(rt).version, was=strict.mark, wanted=loose, note=NOTE)
    assert SafeContact.of(contact(rt), phone_held=contact(rt).on_hold) == loose
    with pytest.raises(TicketMoved):
        reach(rt, bob, ticket.reference, version=ticket.version, was=loose.mark, wanted=strict, note="")
    turned = SafeContact(may_text=True, may_call=True, safe_from=time(12), safe_until=time(9), on_hold=False)
    with pytest.raises(HoursTurnedRound):
        reach(rt, bob, ticket.reference, version=now(rt).version, was=loose.mark, wanted=turned, note="")


def test_what_another_ticket_of_the_phone_made_safe_is_not_undone_by_a_page_that_never_saw_it(rt: Runtime, ticket: Ticket) -> None:
    bob, was = volunteer(rt, "bob"), SafeContact.of(contact(rt), phone_held=contact(rt).on_hold)
    text_in(rt, "bachao")
    other = tickets(rt)[-1]
    safer = SafeContact(may_text=False, may_call=True, safe_from=time(18), safe_until=time(20), on_hold=False)
    reach(rt, bob, other.reference, version=other.version, was=was.mark, wanted=safer, note="")
    stale = SafeContact(may_text=True, may_call=False, safe_from=None, safe_until=None, on_hold=False)
    with pytest.raises(TicketMoved):
        reach(rt, bob, ticket.reference, version=now(rt).version, was=was.mark, wanted=stale, note=NOTE)
    assert SafeContact.of(contact(rt), phone_held=contact(rt).on_hold) == safer


@pytest.mark.parametrize("hours", [(None, None), (time(8), time(12)), (time(9), time(13)), (None, time(12)), (time(9), None)])
def test_more_hours_than_were_safe_take_a_note_and_fewer_do_not(
    rt: Runtime, ticket: Ticket, hours: tuple[time | None, time | None]
) -> None:
    bob, was = volunteer(rt, "bob"), SafeContact.of(contact(rt), phone_held=contact(rt).on_hold)
    narrow = SafeContact(may_text=True, may_call=True, safe_from=time(9), safe_until=time(12), on_hold=False)
    reach(rt, bob, ticket.reference, version=ticket.version, was=was.mark, wanted=narrow, note="")
    wide = SafeContact(may_text=True, may_call=True, safe_from=hours[0], safe_until=hours[1], on_hold=False)
    with pytest.raises(NoteMissing):
        reach(rt, bob, ticket.reference, version=now(rt).version, was=narrow.mark, wanted=wide, note=" ")
    assert SafeContact.of(contact(rt), phone_held=contact(rt).on_hold) == narrow
    reach(rt, bob, ticket.reference, version=now(rt).version, was=narrow.mark, wanted=wide, note=NOTE)
    assert SafeContact.of(contact(rt), phone_held=contact(rt).on_hold) == wide
