"""What is known of a ticket: anybody makes it safer or more pressing, the way back is the lead's, with a note; each by version."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.domain.ticket import Priority
from hotline.runtime import Runtime
from hotline.services import facts
from hotline.services.casework import NoSuchTicket
from hotline.services.facts import LeadsOnly, NotAllowed, NoteMissing
from hotline.services.routing import route_due
from hotline.storage import people
from hotline.storage import tickets as storage
from hotline.storage.models import Contact, Event, Note, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import TicketMoved
from tests.services.people import settle, volunteer
from tests.support import NOON, text_in, tickets

SNATCHED = "do larkon ne pistol dikha kar mera mobile cheen liya"
BRIBED = "thanay ke SHO ne mujh se rishwat mangi"
KINDS: dict[str, dict[str, object]] = {
    "hold": {"on": False},
    "seal": {"on": False},
    "prioritise": {"to": Priority.NORMAL},
}


@pytest.fixture
def ticket(rt: Runtime, tmp_path: Path) -> Ticket:
    settle(rt, tmp_path)
    text_in(rt, SNATCHED)
    route_due(rt)
    return tickets(rt)[0]


def now(rt: Runtime) -> Ticket:
    return tickets(rt)[0]


def kinds(rt: Runtime) -> list[str]:
    """What happened since it was routed."""
    with rt.reading() as session:
        happened = list(session.scalars(select(Event.kind).order_by(Event.id)))
    return happened[happened.index("routed") + 1 :]


def team_id(rt: Runtime, code: str) -> int:
    with rt.reading() as session:
        return people.teams(session)[code].id


def do(rt: Runtime, what: Callable[..., object], login: str, **more: object) -> None:
    what(rt, volunteer(rt, login), now(rt).reference, version=now(rt).version, **more)


def test_anybody_makes_it_more_pressing_holds_and_seals(rt: Runtime, ticket: Ticket) -> None:
    do(rt, facts.prioritise, "bob", to=Priority.URGENT)
    do(rt, facts.hold, "bob", on=True)
    do(rt, facts.seal, "bob", on=True)
    assert (now(rt).priority, now(rt).hold, now(rt).sealed, now(rt).version) == (Priority.URGENT, True, True, ticket.version + 3)
    assert kinds(rt) == ["raised", "held", "sealed"]


@pytest.mark.parametrize("what", KINDS)
def test_the_way_back_is_the_leads_with_a_note(rt: Runtime, ticket: Ticket, what: str) -> None:
    for make in (facts.hold, facts.seal):
        do(rt, make, "alice", on=True)
    do(rt, facts.prioritise, "alice", to=Priority.URGENT)
    before, change = now(rt), getattr(facts, what)
    for login, refusal, note in (("alice", LeadsOnly, "why"), ("lead", NoteMissing, "  ")):
        with pytest.raises(refusal):
            do(rt, change, login, note=note, **KINDS[what])
    with pytest.raises(NoSuchTicket):  # sealed by now, and not her team's
        do(rt, change, "charlie", note="why", **KINDS[what])
    assert now(rt).version == before.version
    do(rt, change, "lead", note="a safe phone by now", **KINDS[what])
    changed = {"hold": now(rt).hold, "seal": now(rt).sealed, "prioritise": now(rt).priority == Priority.URGENT}
    assert changed == {"hold": True, "seal": True, "prioritise": True} | {what: False}
    with rt.reading() as session:
        assert session.scalars(select(Note.body)).all() == ["a safe phone by now"]


def test_a_stale_version_changes_nothing(rt: Runtime, ticket: Ticket) -> None:
    do(rt, facts.place, "alice", area="saddar")
    calls: list[tuple[Callable[..., object], dict[str, object]]] = [
        (facts.place, {"area": "lyari"}),
        (facts.hold, {"on": True}),
        (facts.seal, {"on": True}),
        (facts.promise, {"until": NOON}),
        (facts.want_woman, {"wants": True}),
        (facts.keep_safe, {"may_text": False, "may_call": False, "on_hold": True}),
        (facts.pass_on, {"to": volunteer(rt, "bob").id}),
        (facts.prioritise, {"to": Priority.URGENT}),
        (facts.categorise, {"category": rt.categories[0]}),
    ]
    for make, more in calls:
        with pytest.raises(TicketMoved):
            make(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, **more)
    assert (now(rt).area, now(rt).version, kinds(rt)) == ("saddar", ticket.version + 1, ["placed"])
    with rt.reading() as session:
        assert session.scalars(select(Contact.may_text)).all() == [True]


def test_a_kind_that_is_sealed_takes_it_to_its_own_team_and_out_of_her_sight(rt: Runtime, ticket: Ticket) -> None:
    police = next(c for c in rt.categories if c.sealed)
    do(rt, facts.categorise, "alice", category=police)
    assert (now(rt).sealed, now(rt).hold, now(rt).assignee_id, now(rt).team_id) == (True, True, None, None)
    route_due(rt)
    assert (now(rt).team_id, now(rt).assignee_id) == (team_id(rt, "integrity"), volunteer(rt, "charlie").id)
    with pytest.raises(NoSuchTicket):
        do(rt, facts.place, "alice", area="saddar")


def test_a_promise_has_an_end_and_a_new_one_is_not_late(rt: Runtime, ticket: Ticket) -> None:
    do(rt, facts.promise, "alice", until=NOON + timedelta(days=1))
    assert (now(rt).promised_at, now(rt).on_time) == (NOON + timedelta(days=1), True)
    do(rt, facts.promise, "alice", until=None)
    assert now(rt).promised_at is None
    assert kinds(rt) == ["promised", "promised"]


def test_it_is_passed_on_to_a_colleague_or_a_team(rt: Runtime, ticket: Ticket) -> None:
    do(rt, facts.pass_on, "alice", to=volunteer(rt, "bob").id, reason="too close to home")
    assert now(rt).assignee_id == volunteer(rt, "bob").id
    do(rt, facts.pass_on, "bob", team=team_id(rt, "emergency"))
    route_due(rt)
    # Nobody of that team is on duty at noon: it is its lead's.
    assert (now(rt).team_id, now(rt).assignee_id) == (team_id(rt, "emergency"), volunteer(rt, "lead").id)
    assert kinds(rt)[:2] == ["passed", "passed"]


@pytest.mark.parametrize("to", ["alice", "bob", "head", "nobody", "team", "administrator"])
def test_a_sealed_one_is_never_passed_to_somebody_who_may_not_see_it(rt: Runtime, tmp_path: Path, to: str) -> None:
    settle(rt, tmp_path)
    text_in(rt, BRIBED)
    route_due(rt)
    with rt.transaction() as tx:
        tx.session.add(
            Volunteer(
                login="administrator",
                name="Ada",
                page_language="en",
                languages=["en"],
                is_head=False,
                active=True,
                session_key="k",
                role="administrator",
            )
        )
    if to == "team":
        target: dict[str, object] = {"team": team_id(rt, "street")}
    else:
        target = {"to": 999_999 if to == "nobody" else volunteer(rt, to).id}
    with pytest.raises(NotAllowed):
        do(rt, facts.pass_on, "charlie", **target)
    assert now(rt).assignee_id == volunteer(rt, "charlie").id


def test_whoever_is_shut_out_sees_it_no_more_and_is_never_given_it(rt: Runtime, ticket: Ticket) -> None:
    has_it = volunteer(rt, "alice") if now(rt).assignee_id == volunteer(rt, "alice").id else volunteer(rt, "bob")
    other = "bob" if has_it.login == "alice" else "alice"
    with pytest.raises(LeadsOnly):
        do(rt, facts.shut_out, other, whom=has_it.id, out=True)
    do(rt, facts.shut_out, "lead", whom=has_it.id, out=True)
    with rt.reading() as session:
        assert not storage.may_see(session, has_it, ticket.id)
        assert storage.queue(session, has_it, after=None, limit=9) == []
    route_due(rt)
    assert now(rt).assignee_id == volunteer(rt, other).id
    with pytest.raises(NotAllowed):
        do(rt, facts.pass_on, other, to=has_it.id)
    do(rt, facts.shut_out, "lead", whom=has_it.id, out=False)
    with rt.reading() as session:
        assert storage.may_see(session, has_it, ticket.id)


def test_taking_a_hold_off_a_phone_is_the_leads(rt: Runtime, ticket: Ticket) -> None:
    do(rt, facts.keep_safe, "alice", may_text=False, may_call=False, on_hold=True)
    with pytest.raises(LeadsOnly):
        do(rt, facts.keep_safe, "alice", may_text=True, may_call=False, on_hold=False, note="she said so")
    do(rt, facts.keep_safe, "alice", may_text=True, may_call=False, on_hold=True)
    do(rt, facts.keep_safe, "lead", may_text=True, may_call=True, on_hold=False, note="she rang from her sister's")
    with rt.reading() as session:
        contact = session.scalars(select(Contact)).one()
    assert (contact.may_text, contact.may_call, contact.on_hold) == (True, True, False)


def test_the_number_is_shown_to_whoever_has_the_right_and_that_is_written_down(rt: Runtime, ticket: Ticket) -> None:
    with pytest.raises(NotAllowed):
        facts.show_number(rt, volunteer(rt, "alice"), ticket.reference)
    assert kinds(rt) == []
    with rt.transaction() as tx:
        tx.session.get_one(Volunteer, volunteer(rt, "alice").id).shows_numbers = True
    assert facts.show_number(rt, volunteer(rt, "alice"), ticket.reference) == "+923001234501"
    assert kinds(rt) == ["number_shown"]


def test_whoever_reads_a_sealed_one_leaves_an_event_once(rt: Runtime, ticket: Ticket) -> None:
    facts.note_reading(rt, volunteer(rt, "alice"), now(rt))
    do(rt, facts.seal, "alice", on=True)
    for _ in range(2):
        facts.note_reading(rt, volunteer(rt, "alice"), now(rt))
    facts.note_reading(rt, volunteer(rt, "lead"), now(rt))
    assert kinds(rt) == ["sealed", "viewed", "viewed"]
