"""What pages say where a number may have been forged, and what they keep to themselves of a phone's other tickets."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.services.duty.ringing import ring_due
from hotline.services.tickets import casework
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Contact, Event, Message, Ticket
from tests.services.colleagues import volunteer
from tests.services.duty.test_attendance import PHONE, codes, give_phone
from tests.support import Clock, alter, hand_over, text_in, tickets
from tests.web.test_saying import notices
from tests.web.test_tickets import a_ticket
from tests.web.test_working import at
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]
SEALED = "thana ke SHO ne rishwat mangi"
NO_TEXTS = "A text or a call under this number asked for no texts. Anybody can forge a number."


@pytest.fixture
def ticket(rt: Runtime, app: Flask, clock: Clock) -> Ticket:
    """A citizen texted; the people of the tests exist."""
    found = a_ticket(rt)
    hand_over(rt)
    clock.forward(hours=1)
    return found


def without_tokens(html: str) -> str:
    return re.sub(r'name="(?:csrf_token|owner|token)" value="[^"]+"|name="csrf-token" content="[^"]+"', "", html)


@pytest.mark.parametrize("login", ["alice", "lead", "head", "auditor"])
@pytest.mark.parametrize("address", ["", "/", "/queue/list", "/search?q=mobile", "/calls"])
def test_no_page_tells_a_phone_with_a_sealed_ticket_from_a_phone_that_is_marked(
    rt: Runtime, as_: As, ticket: Ticket, login: str, address: str
) -> None:
    page = as_(login)
    path = address or at(ticket)
    page.get(path)  # who has opened a ticket stands on its page
    alter(rt, Contact, on_hold=True)
    marked = page.get(path)
    alter(rt, Contact, on_hold=False)
    text_in(rt, SEALED)
    hand_over(rt)
    with rt.transaction() as tx:  # only that it was a text at all may show, in no way
        tx.session.execute(update(Ticket).where(Ticket.id == tickets(rt)[-1].id).values(hold=False, unread=False))
    assert tickets(rt)[-1].sealed
    because_of_another = page.get(path)
    assert because_of_another.status_code == marked.status_code
    assert without_tokens(because_of_another.text) == without_tokens(marked.text)


def test_a_text_kept_back_for_another_ticket_is_told_in_the_words_of_a_marked_phone(rt: Runtime, as_: As, ticket: Ticket) -> None:
    def told() -> str:
        with rt.transaction() as tx:
            tx.session.execute(delete(Message).where(Message.text_key == "status_in_progress"))
            tx.session.execute(delete(Event).where(Event.kind == "moved"))
            values = {"status": "assigned", "version": ticket.version}
            tx.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(**values))
        casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, to=Status.IN_PROGRESS)
        hand_over(rt)
        return re.sub(r' data-(?:mark|etag)="\w+"', "", without_tokens(as_("alice").text(at(ticket))))  # these tell ids apart

    as_("alice").text(at(ticket))  # who has opened a ticket stands on its page

    alter(rt, Contact, on_hold=True)
    marked = told()
    assert "not sent: this phone may not be texted" in re.sub(r"\s+", " ", marked)
    alter(rt, Contact, on_hold=False)
    text_in(rt, SEALED)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).where(Ticket.id != ticket.id).values(hold=False))
    assert told() == marked


def test_the_sealed_tickets_own_team_reads_that_a_person_may_write_and_no_machine(rt: Runtime, as_: As, ticket: Ticket) -> None:
    text_in(rt, SEALED)
    route_due(rt)
    alter(rt, Ticket, hold=False)
    page = as_("charlie").text(at(tickets(rt)[-1]))
    assert "The citizen is not texted about it: the ticket is sealed: a person may write, a machine may not" in page
    assert 'value="send"' in page


def test_off_is_shown_beside_an_urgent_ticket_too(rt: Runtime, as_: As, ticket: Ticket) -> None:
    text_in(rt, "OFF")
    alter(rt, Ticket, priority=1)
    page = as_("alice").text(at(ticket))
    assert any(notice.startswith("Do not text this phone.") and NO_TEXTS in notice for notice in notices(page))
    assert "the citizen asked us not to text" in page
    text_in(rt, "ON")
    assert NO_TEXTS not in as_("alice").text(at(ticket))


def test_a_ticket_closed_by_a_text_is_shown_as_such_and_found(rt: Runtime, as_: As, ticket: Ticket) -> None:
    casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, to=Status.RESOLVED)
    hand_over(rt)
    text_in(rt, "1")
    alice = as_("alice")
    assert "<dd>Closed · by a text of the citizen</dd>" in alice.text(at(ticket))
    assert ticket.reference in alice.get(f"/search?q={ticket.reference}").text
    text_in(rt, "2")
    casework.change_status(rt, volunteer(rt, "alice"), ticket.reference, version=tickets(rt)[0].version, to=Status.CLOSED)
    assert "<dd>Closed</dd>" in alice.text(at(ticket))


def test_an_alarm_answered_by_text_stays_on_the_queue_and_says_so(rt: Runtime, as_: As, app: Flask, clock: Clock) -> None:
    a_ticket(rt)
    alter(rt, Ticket, status="closed", unread=False)
    clock.forward(hours=1)
    give_phone(rt, "lead")
    text_in(rt, "bachao", sender="+923001234599")
    route_due(rt)
    ring_due(rt)
    lead = as_("lead")
    mark = lead.get("/queue/version").headers["ETag"]
    text_in(rt, *codes(rt), sender=PHONE)
    assert lead.get("/queue/version").headers["ETag"] != mark, "an open queue shows it by itself"
    queue = re.sub(r"\s+", " ", lead.text("/queue/list"))
    assert "Answered by a text from your phone, at:" in queue
    with rt.reading() as session:
        reference = session.scalars(select(Ticket.reference).order_by(Ticket.id.desc())).first()
    page = re.sub(r"\s+", " ", lead.text(f"/tickets/{reference}"))
    assert "Alarm acknowledged · <bdi>Lead</bdi> · by a text from their phone; the number can be forged" in page


def test_wrong_codes_are_told_on_the_page_of_the_volunteer(rt: Runtime, as_: As, app: Flask, clock: Clock) -> None:
    a_ticket(rt)
    alter(rt, Ticket, status="closed", unread=False)
    give_phone(rt, "lead")
    text_in(rt, "bachao", sender="+923001234599")
    route_due(rt)
    ring_due(rt)
    [code] = codes(rt)
    for guess in [str(n) for n in range(10, 99) if str(n) != code][:3]:
        text_in(rt, guess, sender=PHONE)
    queue = as_("lead").text("/queue/list")
    assert "Wrong codes came by text under your phone number" in queue
    assert "Wrong codes" not in as_("alice").text("/queue/list")
