"""A volunteer names a citizen's phone as their own: the citizen's contact stays as it is, and so does what the citizen texts."""

from datetime import time
from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.runtime import Runtime
from hotline.services.duty.paging import page_unseen
from hotline.services.people.account import choose
from hotline.storage.models import Alarm, Contact, Message
from tests.calling import contact_of
from tests.services.colleagues import settle, volunteer
from tests.support import HER, NOON, SNATCHED, Clock, alter, said, text_in, tickets


@pytest.fixture(autouse=True)
def _people(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path)


def named(rt: Runtime) -> None:
    """The lead names the citizen's phone as the lead's own."""
    choose(rt, volunteer(rt, "lead").id, phone=HER, takes_women=False, keeps_pauses=True)


def alarm(rt: Runtime, clock: Clock) -> None:
    """An alarm for the lead that nobody has seen on the page."""
    with rt.transaction() as tx:
        tx.session.add(Alarm(id=5, about="shift:5", kind="no_show", volunteer_id=volunteer(rt, "lead").id, raised_at=rt.clock()))
    clock.forward(seconds=90)


def facts(contact: Contact) -> dict[str, object]:
    return {column.name: getattr(contact, column.name) for column in Contact.__table__.columns}


def test_the_contact_of_a_citizen_stays_as_it_is(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    alter(rt, Contact, on_hold=True, may_text=False, safe_from=time(9), stopped_at=NOON)
    before = facts(contact_of(rt, HER))
    named(rt)
    assert facts(contact_of(rt, HER)) == before


def test_a_citizen_whose_phone_was_named_first_is_met_as_new(rt: Runtime) -> None:
    named(rt)
    assert contact_of(rt, HER).language == "en"
    text_in(rt, "سلام")
    assert (contact_of(rt, HER).language, contact_of(rt, HER).times_seen) == ("ur", 1)


@pytest.mark.parametrize("digit", "789")
def test_what_the_citizen_texts_is_a_citizens_text_all_the_same(rt: Runtime, clock: Clock, digit: str) -> None:
    text_in(rt, SNATCHED)
    named(rt)
    alarm(rt, clock)
    assert page_unseen(rt) == 1
    [ticket] = tickets(rt)
    text_in(rt, digit)
    text_in(rt, ticket.reference)
    text_in(rt, "wo phir aaye thay")
    with rt.reading() as session:
        texts = session.execute(select(Message.read_as, Message.ticket_id).where(Message.direction == "in").order_by(Message.id)).all()
    assert texts == [("opened", ticket.id), ("kept", ticket.id), ("status", ticket.id), ("joined", ticket.id)]
    assert len(tickets(rt)) == 1


def test_a_phone_that_a_volunteer_put_on_hold_is_neither_texted_nor_rung_for_a_volunteer(rt: Runtime, clock: Clock) -> None:
    text_in(rt, SNATCHED)
    named(rt)
    alter(rt, Contact, on_hold=True)
    alarm(rt, clock)
    assert page_unseen(rt) == 0
    assert said(rt) == ["receipt"]
