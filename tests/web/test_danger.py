"""The pages about danger: the panel of a ticket, the buttons of an alarm, and the page on which a lead breaks a seal."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import update

from hotline.domain.ticket import Priority
from hotline.runtime import Runtime
from hotline.services.duty.ringing import ring_due
from hotline.services.tickets.facts import set_priority
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Ticket
from tests.services.colleagues import volunteer
from tests.services.duty.test_attendance import give_phone
from tests.support import Clock, text_in, tickets
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]
LEAD = "+923210000004"


@pytest.fixture
def ticket(rt: Runtime, app: object) -> Ticket:
    """A cry that nobody on duty takes: the lead's phone was told of it."""
    give_phone(rt, "lead", LEAD)
    text_in(rt, "bachao")
    route_due(rt)
    ring_due(rt)
    return tickets(rt)[0]


def panel(page: str) -> str:
    found = re.search(r'<section class="panel danger".*?</section>', page, re.DOTALL)
    assert found
    return found[0]


def test_the_ticket_says_how_we_know_of_the_danger_and_whose_phones_were_rung(as_: As, ticket: Ticket) -> None:
    said = panel(as_("bob").text(f"/tickets/{ticket.reference}"))
    assert "a cry for help" in said
    assert "<bdi>Lead</bdi>" in said
    assert LEAD not in said


def test_only_a_lead_is_shown_how_to_say_that_nothing_can_be_done(as_: As, ticket: Ticket) -> None:
    shown = {login: "nothing-to-do" in as_(login).text(f"/tickets/{ticket.reference}") for login in ("bob", "lead")}
    assert shown == {"bob": False, "lead": True}


def test_a_ticket_without_danger_has_no_panel(rt: Runtime, as_: As, app: object) -> None:
    text_in(rt, "My motorcycle was stolen")
    route_due(rt)
    assert 'class="panel danger"' not in as_("bob").text(f"/tickets/{tickets(rt)[0].reference}")


def test_who_was_brought_in_stands_there_afterwards(rt: Runtime, as_: As, ticket: Ticket) -> None:
    bob = as_("bob")
    sent = bob.post(f"/tickets/{ticket.reference}/brought-in", version=str(ticket.version), whom="shelter", note="they wait")
    assert sent.status_code == 302
    said = panel(bob.text(f"/tickets/{ticket.reference}"))
    assert "Brought somebody in: Shelter" in said
    assert "I cannot" not in said
    assert tickets(rt)[0].acted_at is not None


def test_somebody_who_is_nobody_of_ours_is_not_brought_in(as_: As, ticket: Ticket) -> None:
    assert as_("bob").post(f"/tickets/{ticket.reference}/brought-in", version=str(ticket.version), whom="ghost").status_code == 400


def test_resolving_it_is_refused_with_what_to_do_instead(as_: As, ticket: Ticket) -> None:
    answer = as_("lead").post(f"/tickets/{ticket.reference}/status", version=str(ticket.version), status="closed", note="done")
    assert answer.status_code == 409
    assert "say who was brought in" in answer.get_data(as_text=True)


def test_an_alarm_offers_i_cannot_and_the_next_phone_rings(rt: Runtime, as_: As, ticket: Ticket, clock: Clock) -> None:
    lead = as_("lead")
    [alarm] = re.findall(r'action="/alarms/(\d+)/cannot"', lead.text("/"))
    answer = lead.post(f"/alarms/{alarm}/cannot")
    assert answer.status_code == 302
    assert "The next phone rings." in lead.text(answer.headers["Location"])
    assert tickets(rt)[0].next_ring_at == clock.now


def test_without_a_sealed_ticket_in_danger_the_page_says_so(as_: As) -> None:
    assert "No sealed ticket waits for you." in as_("lead").text("/seal")
    assert as_("bob").get("/seal").status_code == 403


def test_a_lead_breaks_the_seal_with_a_reason_and_is_led_to_the_ticket(rt: Runtime, as_: As, app: object, clock: Clock) -> None:
    text_in(rt, "thanay ke SHO ne mujh se rishwat mangi")
    route_due(rt)
    sealed = tickets(rt)[0]
    set_priority(rt, volunteer(rt, "charlie"), sealed.reference, version=sealed.version, to=Priority.URGENT, note="")
    assert (sealed.sealed, tickets(rt)[0].danger) == (True, "person")
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(head_told_at=tx.now))
    clock.forward(minutes=5)
    ticket, lead = tickets(rt)[0], as_("lead")
    before = lead.text("/seal")
    assert "its own team does not act" in before
    assert ticket.reference not in re.sub(r"\D", "", before)
    assert lead.get(f"/tickets/{ticket.reference}").status_code == 404
    assert lead.post("/seal", note=" ").status_code == 422
    answer = lead.post("/seal", note="nobody of its team answers")
    assert (answer.status_code, ticket.reference in answer.headers["Location"]) == (302, True)
    assert "nobody of its team answers" in lead.text(f"/tickets/{ticket.reference}")
    assert as_("bob").get(f"/tickets/{ticket.reference}").status_code == 404
    assert "A lead broke the seal" in as_("head").text("/")
    assert lead.post("/seal", note="and another").status_code == 409
    assert volunteer(rt, "lead").name in as_("charlie").text(f"/tickets/{ticket.reference}")


def test_the_words_come_first_then_the_danger_then_answering_and_only_then_what_happened(rt: Runtime, as_: As, ticket: Ticket) -> None:
    text_in(rt, "darwaza band hai")
    page = as_("lead").text(f"/tickets/{ticket.reference}")
    places = ['id="first-words"', "bachao", "darwaza band hai", 'id="danger"', 'id="reply"', 'id="call-back"', 'id="timeline"']
    assert [page.index(place) for place in places] == sorted(page.index(place) for place in places)
