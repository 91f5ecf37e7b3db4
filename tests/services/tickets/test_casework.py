"""A volunteer works a ticket, by version: of two volunteers one succeeds and the other is told."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.domain.ticket import MOVES, MoveNotAllowed, Status
from hotline.runtime import Runtime
from hotline.services.access import NoSuchTicket
from hotline.services.tickets import casework, taking
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Alarm, Event, Note, Question, Ticket
from hotline.storage.tickets import TicketMoved
from tests.services.colleagues import settle, volunteer
from tests.support import count, said, text_in, tickets


def test_each_move_that_concerns_her_queues_a_text_in_her_language(rt: Runtime, ticket: Ticket) -> None:
    alice = volunteer(rt, "alice")
    path = (Status.IN_PROGRESS, Status.REFERRED, Status.RESOLVED, Status.REOPENED, Status.CLOSED)
    for version, to in enumerate(path, start=ticket.version):
        casework.change_status(rt, alice, ticket.reference, version=version, to=to)
    assert said(rt) == ["receipt", "status_in_progress", "status_resolved", "status_reopened", "status_closed"]
    with rt.reading() as session:
        assert [e.data["after"] for e in session.scalars(select(Event).where(Event.kind == "moved"))] == list(path)


def test_of_two_volunteers_one_wins_and_the_other_changes_nothing(rt: Runtime, ticket: Ticket) -> None:
    alice, bob = volunteer(rt, "alice"), volunteer(rt, "bob")
    casework.change_status(rt, alice, ticket.reference, version=ticket.version, to=Status.IN_PROGRESS)
    with pytest.raises(TicketMoved):
        casework.change_status(rt, bob, ticket.reference, version=ticket.version, to=Status.CLOSED, note="mine")
    assert (tickets(rt)[0].status, count(rt, Note)) == (Status.IN_PROGRESS, 0)
    assert said(rt) == ["receipt", "status_in_progress"]


def test_ten_at_once_make_one_change(rt: Runtime, ticket: Ticket) -> None:
    alice, outcomes, barrier = volunteer(rt, "alice"), [], threading.Barrier(10)

    def change() -> None:
        barrier.wait()
        try:
            casework.change_status(rt, alice, ticket.reference, version=ticket.version, to=Status.IN_PROGRESS)
            outcomes.append("won")
        except TicketMoved:
            outcomes.append("lost")

    threads = [threading.Thread(target=change) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["lost"] * 9 + ["won"]
    assert said(rt) == ["receipt", "status_in_progress"]


def test_a_move_the_table_does_not_allow_is_refused(rt: Runtime, ticket: Ticket) -> None:
    alice = volunteer(rt, "alice")
    for to in set(Status) - MOVES[Status(ticket.status)]:
        with pytest.raises(MoveNotAllowed):
            casework.change_status(rt, alice, ticket.reference, version=ticket.version, to=to)
    assert tickets(rt)[0].version == ticket.version


def test_a_note_is_kept_with_its_event_and_never_texted(rt: Runtime, ticket: Ticket) -> None:
    casework.change_status(
        rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, to=Status.IN_PROGRESS, note=" rang the shop "
    )
    with rt.reading() as session:
        note, event = session.scalars(select(Note)).one(), session.scalars(select(Event).where(Event.kind == "moved")).one()
    assert (note.body, event.note_id) == ("rang the shop", note.id)


def test_claiming_makes_it_hers(rt: Runtime, ticket: Ticket) -> None:
    bob = volunteer(rt, "bob")
    taking.claim(rt, bob, ticket.reference, ticket.version)
    assert tickets(rt)[0].assignee_id == bob.id
    with pytest.raises(TicketMoved):
        taking.claim(rt, volunteer(rt, "alice"), ticket.reference, ticket.version)


def test_a_sealed_ticket_is_not_there_for_anybody_but_its_team(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, "thanay ke SHO ne mujh se rishwat mangi")
    route_due(rt)
    [sealed] = tickets(rt)
    for login in ("alice", "bob", "lead", "head"):
        for act in (taking.claim, casework.mark_read):
            with pytest.raises(NoSuchTicket):
                act(rt, volunteer(rt, login), sealed.reference, sealed.version)
        with pytest.raises(NoSuchTicket):
            casework.change_status(rt, volunteer(rt, login), sealed.reference, version=sealed.version, to=Status.CLOSED)
    casework.mark_read(rt, volunteer(rt, "charlie"), sealed.reference, sealed.version)


def test_on_hold_nothing_is_asked_by_text(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, "mujhe dhamki mil rahi hai")
    [held] = tickets(rt)
    casework.change_status(rt, volunteer(rt, "alice"), held.reference, version=held.version, to=Status.RESOLVED)
    assert count(rt, Question) == 0


def test_the_ticket_marks_unread_until_somebody_has_read_it(rt: Runtime, ticket: Ticket) -> None:
    casework.mark_read(rt, volunteer(rt, "alice"), ticket.reference, ticket.version)
    assert tickets(rt)[0].unread is False
    text_in(rt, "125 par thay dono")
    assert tickets(rt)[0].unread is True
    with pytest.raises(TicketMoved):  # the ticket has more texts by now than the volunteer has seen
        casework.mark_read(rt, volunteer(rt, "alice"), ticket.reference, ticket.version + 1)


def test_an_alarm_is_acknowledged_by_whom_it_is_for_only(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)
    text_in(rt, "bachao")
    route_due(rt)
    with rt.reading() as session:
        [alarm] = session.scalars(select(Alarm)).all()
    casework.acknowledge(rt, volunteer(rt, "bob"), alarm.id)
    with rt.reading() as session:
        assert session.scalars(select(Alarm)).one().acknowledged_at is None
    hers = next(login for login in ("alice", "lead") if volunteer(rt, login).id == alarm.volunteer_id)
    for _ in range(2):
        casework.acknowledge(rt, volunteer(rt, hers), alarm.id)
    with rt.reading() as session:
        assert session.scalars(select(Alarm)).one().acknowledged_at is not None
        assert len(session.scalars(select(Event).where(Event.kind == "alarm_acknowledged")).all()) == 1
