"""A lead keeps the words of a ticket for longer, and sees which go soon."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.domain.keeping import LONGEST_DAYS
from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.services.access import NotAllowed, NoteMissing
from hotline.services.keeping import longer, retention
from hotline.services.tickets import casework
from hotline.storage.events import EventKind
from hotline.storage.models import Event, Note, Ticket
from hotline.storage.tickets import TicketMoved
from tests.services.colleagues import settle, volunteer
from tests.services.keeping.ended import SECOND, ended, forward, of, words_of
from tests.support import HER, OTHER, SNATCHED, Clock, text_in, tickets

BRIBE = "thana ke SHO ne orangi town mein rishwat mangi"
WHY = "the court sits in spring"


@pytest.fixture(autouse=True)
def _organisation(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def keep(rt: Runtime, ticket: Ticket, *, days: int = 100, who: str = "lead", note: str = WHY) -> None:
    at = (rt, volunteer(rt, who), ticket.reference)
    longer.keep_longer(*at, version=of(rt, ticket.reference).version, days=days, note=note)


def listed(rt: Runtime, who: str) -> list[str]:
    with rt.reading() as session:
        return [ticket.reference for ticket in longer.going(rt, session, volunteer(rt, who))]


def goes(rt: Runtime, ticket: Ticket) -> object:
    return longer.goes_at(rt, of(rt, ticket.reference))


def test_words_are_kept_for_so_many_days_more_with_the_reason_on_the_ticket(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    first = clock() + timedelta(days=180)
    assert goes(rt, ticket) == first
    forward(clock, 175)
    retention.sweep(rt)
    keep(rt, ticket)
    # Two days were added: leads were told on day 175 instead of 173.
    assert goes(rt, ticket) == first + timedelta(days=102)
    with rt.reading() as session:
        event = session.scalars(select(Event).where(Event.kind == EventKind.KEPT_LONGER)).one()
        assert (event.volunteer_id, event.data) == (volunteer(rt, "lead").id, {"days": 100})
        assert session.get_one(Note, event.note_id).body == WHY
    clock.now = first + timedelta(days=95)
    retention.sweep(rt)
    clock.now = first + timedelta(days=102) - SECOND
    retention.sweep(rt)
    assert all(words_of(rt, ticket.reference))
    clock.now += SECOND
    retention.sweep(rt)
    assert not any(words_of(rt, ticket.reference))


def test_words_are_kept_longer_any_number_of_times(rt: Runtime, clock: Clock) -> None:
    ticket = ended(rt)
    first = clock() + timedelta(days=180)
    for times in (1, 2, 3):
        keep(rt, ticket, days=10)
        assert goes(rt, ticket) == first + timedelta(days=10 * times)


def test_it_takes_a_lead_of_its_team_a_reason_and_some_days(rt: Runtime) -> None:
    ticket = ended(rt)
    for who in ("alice", "bob"):
        with pytest.raises(NotAllowed):
            keep(rt, ticket, who=who)
    with pytest.raises(NoteMissing):
        keep(rt, ticket, note=" ")
    for days in (0, LONGEST_DAYS + 1):
        with pytest.raises(NotAllowed):
            keep(rt, ticket, days=days)
    keep(rt, ticket, who="head")


def test_who_is_late_is_told(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SNATCHED, sender=OTHER)
    with pytest.raises(TicketMoved):
        keep(rt, tickets(rt)[-1], who="head")  # it is open
    ticket = ended(rt)
    forward(clock, 180)
    retention.sweep(rt)
    forward(clock, 7)
    retention.sweep(rt)
    with pytest.raises(TicketMoved):
        keep(rt, ticket)  # its words have gone


def test_who_leads_the_team_sees_on_the_list_what_goes_within_a_week(rt: Runtime, clock: Clock) -> None:
    mine, sealed = ended(rt, sender=HER), ended(rt, BRIBE, sender=OTHER, who="charlie")
    assert sealed.sealed
    forward(clock, 173)
    clock.now -= SECOND
    retention.sweep(rt)
    assert listed(rt, "lead") == []
    clock.now += SECOND
    retention.sweep(rt)
    assert listed(rt, "lead") == [mine.reference]
    forward(clock, 1095 - 173 - 7)
    retention.sweep(rt)
    assert listed(rt, "lead") == []
    assert of(rt, sealed.reference).goes_at is not None
    for who in ("alice", "charlie", "admin", "auditor"):
        with pytest.raises(NotAllowed):
            listed(rt, who)


@pytest.mark.parametrize("done", ["kept", "reopened"])
def test_what_is_kept_or_opened_again_leaves_the_list(rt: Runtime, clock: Clock, done: str) -> None:
    ticket = ended(rt)
    forward(clock, 173)
    retention.sweep(rt)
    at = (rt, volunteer(rt, "lead"), ticket.reference)
    acts: dict[str, Callable[[], object]] = {
        "kept": lambda: keep(rt, ticket),
        "reopened": lambda: casework.change_status(*at, version=of(rt, ticket.reference).version, to=Status.REOPENED),
    }
    assert listed(rt, "lead") == [ticket.reference]
    acts[done]()
    retention.sweep(rt)
    assert listed(rt, "lead") == []
