"""Protocol cards beside tickets: ticks are events and acts on danger, and a kind may demand steps before its ticket is resolved."""

import dataclasses
from datetime import UTC

import pytest
from sqlalchemy import select

from hotline.domain.closing import HowTold
from hotline.domain.danger import Danger
from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.services.access import NoSuchTicket, NotAllowed, NoteMissing
from hotline.services.tickets import casework, facts, protocols
from hotline.services.tickets.facts import NoSuchChoice
from hotline.services.tickets.past import Past
from hotline.services.tickets.protocols import Beside, StepsMissing
from hotline.services.tickets.routing import route_due
from hotline.storage.events import EventKind
from hotline.storage.models import Event, Message, Note, Ticket
from hotline.storage.tickets import TicketMoved
from tests.services.colleagues import volunteer
from tests.support import OTHER, Clock, alter, count, text_in, texts_out, tickets

KHUDKUSHI = "main khudkushi karna chahti hun"
DEMANDED = ("asked", "lead_told", "again")


@pytest.fixture
def despair(rt: Runtime, ticket: Ticket) -> Ticket:
    """A text of somebody who thinks of suicide, routed."""
    assert ticket.category == "snatching"
    text_in(rt, KHUDKUSHI, sender=OTHER)
    route_due(rt)
    return tickets(rt)[-1]


def now(rt: Runtime, ticket: Ticket) -> Ticket:
    return next(one for one in tickets(rt) if one.id == ticket.id)


def beside(rt: Runtime, ticket: Ticket) -> Beside:
    with rt.reading() as session:
        return protocols.beside(rt, now(rt, ticket), Past.of(session, ticket.id))


def cards(rt: Runtime, ticket: Ticket) -> list[str]:
    return [card.code for card in beside(rt, ticket).cards]


def tick(rt: Runtime, ticket: Ticket, *steps: str, card: str = "suicide", by: str = "alice") -> None:
    protocols.tick(rt, volunteer(rt, by), ticket.reference, version=now(rt, ticket).version, code=card, steps=steps)


def put(rt: Runtime, ticket: Ticket, card: str, by: str = "alice") -> None:
    protocols.put(rt, volunteer(rt, by), ticket.reference, version=now(rt, ticket).version, code=card)


def move(rt: Runtime, ticket: Ticket, to: Status = Status.RESOLVED, by: str = "alice", **how: object) -> None:
    told_by = {"told": HowTold.CALL} if to is Status.CLOSED else {}
    casework.change_status(rt, volunteer(rt, by), ticket.reference, version=now(rt, ticket).version, to=to, **told_by, **how)  # type: ignore[arg-type]


def told(rt: Runtime, ticket: Ticket, *kinds: EventKind) -> list[tuple[str, object]]:
    with rt.reading() as session:
        found = session.scalars(select(Event).where(Event.ticket_id == ticket.id, Event.kind.in_(kinds)).order_by(Event.id))
        return [(event.kind, event.data.get("step") or event.data.get("deed") or event.data.get("protocol")) for event in found]


def test_a_word_of_suicide_is_danger_and_brings_its_card(rt: Runtime, despair: Ticket) -> None:
    assert (despair.category, despair.priority, despair.hold, despair.danger) == ("suicide", Priority.URGENT, True, Danger.SURE)
    assert cards(rt, despair) == ["suicide"]


def test_an_ordinary_ticket_has_no_card_and_is_resolved_as_ever(rt: Runtime, ticket: Ticket) -> None:
    assert cards(rt, ticket) == []
    move(rt, ticket)
    assert now(rt, ticket).status == Status.RESOLVED


def test_a_tick_is_an_event_and_an_act_that_lets_the_phones_rest(rt: Runtime, despair: Ticket, clock: Clock) -> None:
    assert despair.acted_at is None
    tick(rt, despair, "asked", "means")
    assert told(rt, despair, EventKind.STEP_DONE, EventKind.ACTED) == [("step_done", "asked"), ("step_done", "means"), ("acted", "step")]
    acted_at = now(rt, despair).acted_at
    assert acted_at is not None
    assert acted_at.astimezone(UTC) == clock.now
    [asked, _] = beside(rt, despair).done.values()
    assert (asked.volunteer_id, asked.happened_at) == (volunteer(rt, "alice").id, clock.now)
    clock.forward(minutes=5)
    tick(rt, despair, "asked", "means", "lead_told", by="lead")
    assert told(rt, despair, EventKind.ACTED) == [("acted", "step")]
    assert [event.volunteer_id for event in beside(rt, despair).done.values()] == [
        volunteer(rt, login).id for login in ("alice", "alice", "lead")
    ]


def test_a_tick_taken_away_is_an_event_and_undoes_no_act(rt: Runtime, despair: Ticket) -> None:
    tick(rt, despair, "asked")
    acted_at = now(rt, despair).acted_at
    tick(rt, despair)
    assert told(rt, despair, EventKind.STEP_DONE, EventKind.STEP_UNDONE) == [("step_done", "asked"), ("step_undone", "asked")]
    assert (beside(rt, despair).done, now(rt, despair).acted_at) == ({}, acted_at)
    tick(rt, despair, "asked")
    assert list(beside(rt, despair).done) == [("suicide", "asked")]


def test_taking_a_tick_away_is_no_act(rt: Runtime, despair: Ticket) -> None:
    tick(rt, despair, "asked", "means")
    alter(rt, Ticket, acted_at=None)  # danger was told again
    tick(rt, despair, "means")
    assert now(rt, despair).acted_at is None
    tick(rt, despair, "means", "again")
    assert now(rt, despair).acted_at is not None


def test_the_same_ticks_again_change_nothing(rt: Runtime, despair: Ticket) -> None:
    tick(rt, despair, "asked")
    version = now(rt, despair).version
    tick(rt, despair, "asked")
    assert now(rt, despair).version == version


def test_a_tick_on_an_old_page_is_refused(rt: Runtime, despair: Ticket) -> None:
    tick(rt, despair, "asked")
    with pytest.raises(TicketMoved):
        protocols.tick(rt, volunteer(rt, "lead"), despair.reference, version=despair.version, code="suicide", steps=())
    with pytest.raises(TicketMoved):
        protocols.put(rt, volunteer(rt, "lead"), despair.reference, version=despair.version, code="child")
    assert list(beside(rt, despair).done) == [("suicide", "asked")]


@pytest.mark.parametrize(("card", "step"), [("child", "doctor"), ("mars", "asked"), ("suicide", "doctor")])
def test_a_step_that_is_not_beside_the_ticket_is_not_ticked(rt: Runtime, despair: Ticket, card: str, step: str) -> None:
    with pytest.raises(NoSuchChoice):
        tick(rt, despair, step, card=card)
    assert told(rt, despair, EventKind.STEP_DONE) == []


# Cards put by hand


def test_a_card_is_put_to_a_ticket_of_another_kind_and_holds_with_the_kinds_own(rt: Runtime, ticket: Ticket) -> None:
    text_in(rt, "mera shohar mujhe marta hai", sender=OTHER)
    beaten = tickets(rt)[-1]
    assert (beaten.category, cards(rt, beaten)) == ("violence_home", ["violence_home"])
    put(rt, beaten, "suicide")
    put(rt, beaten, "suicide", by="lead")  # it is there already
    assert cards(rt, beaten) == ["suicide", "violence_home"]
    assert told(rt, beaten, EventKind.CARD_PUT) == [("card_put", "suicide")]
    tick(rt, beaten, *DEMANDED)
    with pytest.raises(StepsMissing) as refused:
        move(rt, beaten)
    assert {card for card, _ in refused.value.args[0]} == {"violence_home"}


def test_a_card_that_there_is_not_is_not_put(rt: Runtime, ticket: Ticket) -> None:
    with pytest.raises(NoSuchChoice):
        put(rt, ticket, "mars")


def test_another_kind_brings_another_card_and_what_was_ticked_stays_ticked(rt: Runtime, despair: Ticket) -> None:
    tick(rt, despair, "asked")
    for kind, card in (("child", "child"), ("extortion", "kidnapping"), ("suicide", "suicide")):
        version = now(rt, despair).version
        facts.describe(rt, volunteer(rt, "alice"), despair.reference, version=version, category=kind, area=None, wants_woman=False)
        assert cards(rt, despair) == [card]
    assert list(beside(rt, despair).done) == [("suicide", "asked")]


def test_words_heard_later_offer_a_card_and_put_none(rt: Runtime, ticket: Ticket) -> None:
    casework.write_down(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, body=KHUDKUSHI)
    casework.write_down(rt, volunteer(rt, "alice"), ticket.reference, version=now(rt, ticket).version, body="nothing more")
    shown = beside(rt, ticket)
    assert (now(rt, ticket).category, shown.cards, [card.code for card in shown.heard]) == ("snatching", (), ["suicide"])
    assert shown.missing == ()
    put(rt, ticket, "suicide")
    assert ([card.code for card in beside(rt, ticket).cards], beside(rt, ticket).heard) == (["suicide"], ())


def test_a_step_that_left_the_file_is_forgotten(rt: Runtime, despair: Ticket) -> None:
    tick(rt, despair, *DEMANDED)
    [card] = beside(rt, despair).cards
    changed = dataclasses.replace(rt, protocols=(dataclasses.replace(card, steps=card.steps[1:2]),))
    assert beside(changed, despair).missing == ()
    tick(changed, despair, "not_alone")
    assert told(rt, despair, EventKind.STEP_UNDONE) == []


# Demands


@pytest.mark.parametrize("to", [Status.RESOLVED, Status.CLOSED])
def test_a_ticket_is_neither_resolved_nor_closed_before_what_its_kind_demands(rt: Runtime, despair: Ticket, to: Status) -> None:
    for by in ("alice", "lead"):  # a lead is refused too, who did not say to go on without them
        with pytest.raises(StepsMissing) as refused:
            move(rt, despair, to, by=by, note="she is fine")
        assert refused.value.args[0] == tuple(("suicide", step) for step in DEMANDED)
    assert (now(rt, despair).status, count(rt, Note)) == (despair.status, 0)
    tick(rt, despair, *DEMANDED[:2])
    assert beside(rt, despair).missing == (("suicide", "again"),)
    with pytest.raises(StepsMissing):
        move(rt, despair, to)
    tick(rt, despair, *DEMANDED)
    move(rt, despair, to)
    assert now(rt, despair).status == to
    assert told(rt, despair, EventKind.STEPS_PASSED_OVER) == []


def test_it_is_worked_on_and_referred_without_a_step(rt: Runtime, despair: Ticket) -> None:
    for to in (Status.IN_PROGRESS, Status.REFERRED):
        move(rt, despair, to)
    assert now(rt, despair).status == Status.REFERRED


def test_what_was_resolved_with_its_steps_is_closed_without_asking_again(rt: Runtime, despair: Ticket) -> None:
    tick(rt, despair, *DEMANDED)
    move(rt, despair)
    tick(rt, despair)
    assert beside(rt, despair).missing == ()
    move(rt, despair, Status.CLOSED)
    move(rt, despair, Status.REOPENED)
    with pytest.raises(StepsMissing):
        move(rt, despair, Status.CLOSED)


def test_only_a_lead_goes_on_without_them_and_says_why(rt: Runtime, despair: Ticket) -> None:
    with pytest.raises(NotAllowed):
        move(rt, despair, by="alice", note="no answer for a month", without_steps=True)
    with pytest.raises(NoteMissing):
        move(rt, despair, by="lead", note=" ", without_steps=True)
    assert now(rt, despair).status == despair.status
    tick(rt, despair, "asked")
    move(rt, despair, by="lead", note="no answer for a month", without_steps=True)
    assert now(rt, despair).status == Status.RESOLVED
    with rt.reading() as session:
        moved, passed = session.scalars(
            select(Event).where(Event.ticket_id == despair.id, Event.kind.in_(("steps_passed_over", "moved"))).order_by(Event.id)
        )
        assert session.scalars(select(Note)).one().body == "no answer for a month"
    assert passed.data == {"steps": ["suicide.lead_told", "suicide.again"]}
    assert (passed.volunteer_id, moved.note_id) == (volunteer(rt, "lead").id, 1)


def test_a_lead_who_misses_nothing_passes_over_nothing(rt: Runtime, despair: Ticket) -> None:
    tick(rt, despair, *DEMANDED)
    move(rt, despair, by="lead", without_steps=True)
    assert told(rt, despair, EventKind.STEPS_PASSED_OVER) == []


# Exposure


def test_nothing_of_a_card_goes_to_a_citizen(rt: Runtime, despair: Ticket) -> None:
    before = len(texts_out(rt))
    put(rt, despair, "child")
    tick(rt, despair, *DEMANDED)
    assert (len(texts_out(rt)), count(rt, Message)) == (before, before + 2)


def test_the_card_of_a_sealed_ticket_is_its_own_teams(rt: Runtime, ticket: Ticket) -> None:
    text_in(rt, "thanay ke SHO ne mujh se rishwat mangi", sender=OTHER)
    route_due(rt)
    sealed = tickets(rt)[-1]
    for login in ("alice", "lead", "head"):
        with pytest.raises(NoSuchTicket):
            tick(rt, sealed, "who_sees", card="police", by=login)
        with pytest.raises(NoSuchTicket):
            put(rt, sealed, "missing", by=login)
    tick(rt, sealed, "who_sees", card="police", by="charlie")
    with pytest.raises(StepsMissing):
        move(rt, sealed, by="charlie")
