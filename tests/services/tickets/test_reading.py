"""A worker reads what texts mean, before a ticket finds its team."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hotline.domain import texts
from hotline.domain.danger import Danger
from hotline.domain.look import Look
from hotline.domain.reading import Part
from hotline.domain.ticket import Priority
from hotline.runtime import Runtime
from hotline.services import access
from hotline.services.tickets import facts
from hotline.services.tickets.routing import route_due
from hotline.storage import readings
from hotline.storage import tickets as stored
from hotline.storage.models import Message, Ticket
from hotline.storage.peoplemodels import Team
from hotline.storage.readingmodels import ReadingRow
from tests.readings import IS_READ, that_reads
from tests.services.colleagues import settle, volunteer
from tests.support import HER, OTHER, Clock, hand_over, text_in, tickets

UNTOLD = "abu ki koi khabar nahi aai"
"""Words that no table knows."""


@pytest.fixture(autouse=True)
def _organisation(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


@pytest.fixture
def unread_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "_is_read", IS_READ)


def team_of(rt: Runtime, ticket: Ticket) -> str | None:
    with rt.reading() as session:
        return session.scalar(select(Team.code).where(Team.id == ticket.team_id))


def asked_where(rt: Runtime) -> int:
    with rt.reading() as session:
        return len(session.scalars(select(Message.id).where(Message.text_key == texts.ASK_WHERE.key)).all())


def looks(rt: Runtime) -> list[int | None]:
    with rt.reading() as session:
        return list(session.scalars(select(Message.look).where(Message.direction == "in").order_by(Message.id)))


def test_the_model_names_the_kind_and_danger_before_a_team_is_chosen(rt: Runtime) -> None:
    text_in(rt, UNTOLD)
    assert tickets(rt)[0].category == "general"
    route_due(that_reads(rt, "kind kidnapping", Part.DANGER))
    [ticket] = tickets(rt)
    assert (ticket.category, ticket.priority, ticket.hold, ticket.danger) == ("kidnapping", Priority.URGENT, True, Danger.SURE)
    assert team_of(rt, ticket) == "emergency"
    assert looks(rt) == [Look.FIRST]
    with rt.reading() as session:
        [row] = session.scalars(select(ReadingRow)).all()
    assert row.kinds == ["kidnapping"]
    assert row.danger > 0.99 > row.against
    assert asked_where(rt) == 0


def test_a_complaint_of_officials_is_sealed_before_anybody_could_see_it(rt: Runtime, unread_is_hidden: None) -> None:
    text_in(rt, "daftar wale sahib ne kaha pehle chai pani do")
    with rt.reading() as session:
        assert all(access.sees(session, volunteer(rt, name), tickets(rt)[0].reference) is None for name in ("alice", "bob", "charlie"))
    route_due(that_reads(rt, "kind civic", Part.AGAINST))
    [ticket] = tickets(rt)
    assert (ticket.sealed, ticket.category, ticket.to_read) == (True, "police", False)
    with rt.reading() as session:
        assert access.sees(session, volunteer(rt, "alice"), ticket.reference) is None
    assert asked_where(rt) == 0


def test_what_no_worker_reads_is_shown_to_leads_after_a_minute(rt: Runtime, unread_is_hidden: None) -> None:
    text_in(rt, UNTOLD)
    with rt.transaction() as tx:  # the condition goes by the clock of the machine
        tx.session.execute(update(Ticket).values(opened_at=stored._unread_before() + timedelta(seconds=5)))
    reference = tickets(rt)[0].reference
    lead, member = volunteer(rt, "lead"), volunteer(rt, "alice")
    with rt.reading() as session:
        assert [access.sees(session, one, reference) for one in (lead, member)] == [None, None]
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(opened_at=stored._unread_before() - timedelta(seconds=5)))
    with rt.reading() as session:
        assert access.sees(session, lead, reference) is not None
        assert access.sees(session, member, reference) is None


def test_a_text_that_cannot_be_read_keeps_no_other_unread_and_is_looked_at_first(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    text_in(rt, UNTOLD)
    text_in(rt, "gali mein pani khara hai", sender=OTHER)
    keep = readings.keep
    first = tickets(rt)[0].id

    def fails_first(session: Session, message: Message, **values: Any) -> None:
        if message.id == first_message:
            raise ValueError("no such letter")
        keep(session, message, **values)

    with rt.reading() as session:
        first_message = session.scalar(select(Message.id).where(Message.ticket_id == first, Message.direction == "in"))
    monkeypatch.setattr(readings, "keep", fails_first)
    route_due(that_reads(rt, "kind civic"))
    assert [(one.category, one.to_read, one.routed_at is not None) for one in tickets(rt)] == [
        ("general", False, True),
        ("civic", False, True),
    ]
    assert looks(rt) == [Look.FIRST, Look.NEXT]


def test_where_it_happened_is_asked_once_and_the_answer_lands_on_the_ticket(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera phone gir gaya rickshaw mein")
    ordinary = that_reads(rt, "kind lost")
    route_due(ordinary)
    assert asked_where(rt) == 1
    hand_over(rt)
    clock.forward(hours=1)
    text_in(rt, "nazimabad no 2 ke paas")
    route_due(ordinary)
    [ticket] = tickets(rt)
    assert ticket.area == "nazimabad"
    assert asked_where(rt) == 1


def test_nobody_is_asked_who_named_a_place_and_a_volunteers_place_stays(rt: Runtime) -> None:
    text_in(rt, "mera phone gir gaya orangi town mein")
    route_due(that_reads(rt, "kind lost"))
    assert asked_where(rt) == 0
    [ticket] = tickets(rt)
    assert ticket.area == "orangi"
    by, version = volunteer(rt, "alice"), ticket.version
    facts.describe(rt, by, ticket.reference, version=version, category=ticket.category, area="landhi", wants_woman=False)
    text_in(rt, "korangi mein")
    route_due(that_reads(rt, "kind lost"))
    assert tickets(rt)[0].area == "landhi"


def test_danger_that_the_words_told_is_not_told_twice_and_the_model_lowers_nothing(rt: Runtime) -> None:
    text_in(rt, "mere bhai ko aghwa kar liya hai taawan maang rahe hain", sender=HER)
    before = tickets(rt)[0]
    assert before.danger is not None
    route_due(rt)
    after = tickets(rt)[0]
    assert (after.danger, after.danger_at, after.priority, after.category) == (
        before.danger,
        before.danger_at,
        before.priority,
        before.category,
    )


def test_a_joined_text_that_is_danger_raises_the_ticket(rt: Runtime) -> None:
    text_in(rt, "mera phone gir gaya orangi town mein")
    route_due(that_reads(rt, "kind lost"))
    text_in(rt, "wo phir aya hai")
    route_due(that_reads(rt, "kind threat", Part.DANGER))
    [ticket] = tickets(rt)
    assert (ticket.category, ticket.priority, ticket.danger) == ("lost", Priority.URGENT, Danger.READ)


def test_an_answer_hours_later_that_is_danger_or_another_matter_opens_its_own_ticket(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera phone gir gaya orangi town mein")
    route_due(that_reads(rt, "kind lost"))
    hand_over(rt)
    clock.forward(hours=2)
    text_in(that_reads(rt, "kind lost"), "safed rang ka tha")  # the same matter joins
    assert len(tickets(rt)) == 1
    clock.forward(hours=1)
    text_in(that_reads(rt, "kind threat", Part.DANGER), "wo phir aya hai")
    assert len(tickets(rt)) == 2
    route_due(that_reads(rt, "kind threat", Part.DANGER))
    hand_over(rt)
    clock.forward(hours=2)
    text_in(that_reads(rt, "kind civic"), "gali mein pani khara hai")
    assert len(tickets(rt)) == 3


def test_a_kind_that_a_table_lacks_is_the_last_and_one_that_names_it_is_taken(rt: Runtime) -> None:
    renamed = tuple(replace(one, code="robbed", reads="snatching") if one.code == "snatching" else one for one in rt.categories)
    text_in(rt, UNTOLD)
    route_due(replace(that_reads(rt, "kind snatching"), categories=renamed))
    assert tickets(rt)[0].category == "robbed"
    text_in(rt, UNTOLD, sender=OTHER)
    route_due(replace(that_reads(rt, "kind theft"), categories=tuple(one for one in rt.categories if one.code != "theft")))
    assert tickets(rt)[1].category == "general"


def test_no_digit_is_stored_by_which_a_guess_at_the_words_could_be_tested(rt: Runtime) -> None:
    text_in(rt, UNTOLD)
    route_due(rt)
    with rt.reading() as session:
        row = session.scalars(select(ReadingRow)).one()
    assert all(round(value, 2) == value for value in (row.danger, row.against, row.quiet))
