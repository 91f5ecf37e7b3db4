"""The pages of safe contact: a second question before a text leaves, a lead's yes, how the citizen was told, what the citizen needs."""

from collections.abc import Callable

import pytest

from hotline.domain.needs import Interpreter, Only
from hotline.runtime import Runtime
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Contact, Ticket
from tests.support import SNATCHED, Clock, alter, text_in, texts_out, tickets
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]
BODY = "We have read it."


@pytest.fixture
def ticket(rt: Runtime, as_: As) -> Ticket:
    """A ticket of the street team, on hold."""
    text_in(rt, SNATCHED)
    route_due(rt)
    alter(rt, Ticket, hold=True)
    return tickets(rt)[0]


def at(ticket: Ticket, rest: str = "") -> str:
    return f"/tickets/{ticket.reference}{rest}"


def written(rt: Runtime) -> list[str]:
    return [text.body for text in texts_out(rt) if text.volunteer_id is not None]


def test_a_fresh_text_on_a_held_ticket_is_answered_after_the_second_question(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    page = alice.text(at(ticket))
    assert "Who reads this phone?" in page
    assert 'value="send"' in page
    asked = alice.post(at(ticket, "/reply"), body=BODY, version=str(ticket.version))
    assert (asked.status_code, written(rt)) == (422, [])
    assert "Say who holds this phone now" in asked.text
    assert BODY in asked.text
    assert alice.post(at(ticket, "/reply"), body=BODY, version=str(ticket.version), holder="nobody").status_code == 400
    sent = alice.post(at(ticket, "/reply"), body=BODY, version=str(ticket.version), holder="unknown")
    assert (sent.status_code, written(rt)) == (302, [BODY])


def test_the_second_question_is_asked_only_where_the_phone_is_kept_quiet(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alter(rt, Ticket, hold=False)
    assert "Who reads this phone?" not in as_("alice").text(at(ticket))


def test_later_a_lead_agrees_to_one_text_in_the_citizens_hours(rt: Runtime, as_: As, ticket: Ticket, clock: Clock) -> None:
    clock.forward(minutes=11)
    alice, lead = as_("alice"), as_("lead")
    assert "Agree to one text" not in alice.text(at(ticket))
    assert "Agree to one text" in lead.text(at(ticket))
    assert alice.post(at(ticket, "/agree"), version=str(ticket.version), note="why").status_code == 403
    refused = lead.post(at(ticket, "/agree"), version=str(ticket.version), note="because <b>")
    assert refused.status_code == 409
    assert "Nobody has noted the hours" in refused.text
    assert "because &lt;b&gt;" in refused.text
    safe = {"may_text": "1", "may_call": "1", "safe_from": "08:00", "safe_until": "20:00"}
    was = lead.text(at(ticket)).split('name="was" value="')[1].split('"')[0]
    assert lead.post(at(ticket, "/contact"), version=str(ticket.version), was=was, **safe).status_code == 302
    assert lead.post(at(ticket, "/agree"), version=str(tickets(rt)[0].version), note="why").status_code == 302
    assert "A lead has agreed to one text" in alice.text(at(ticket))
    sent = alice.post(at(ticket, "/reply"), body=BODY, version=str(tickets(rt)[0].version), holder="citizen")
    assert (sent.status_code, written(rt)) == (302, [BODY])


def test_who_closes_a_held_ticket_is_asked_how_the_citizen_was_told(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    form = {"status": "closed", "version": str(ticket.version), "note": "it is over"}
    asked = alice.post(at(ticket, "/status"), **form)
    assert asked.status_code == 422
    assert "Say how the citizen was told" in asked.text
    assert "it is over" in asked.text
    assert alice.post(at(ticket, "/status"), told="call", **form).status_code == 302
    assert tickets(rt)[0].status == "closed"
    assert "The citizen was told on a safe call" in alice.text(at(ticket))


def test_what_the_citizen_said_stands_on_the_page_and_takes_a_reason_to_take_back(rt: Runtime, as_: As, ticket: Ticket) -> None:
    text_in(rt, "call mat karna, bol nahi sakti")
    alice = as_("alice")
    page = alice.text(at(ticket))
    assert "The citizen said that we must neither text nor ring this phone" in page
    assert "Do not text or ring this phone." in page
    assert "Only a volunteer takes that back, with a reason." in page
    was = page.split('name="was" value="')[1].split('"')[0]
    form = {"version": str(tickets(rt)[0].version), "was": was, "may_text": "1", "may_call": "1"}
    assert alice.post(at(ticket, "/contact"), **form).status_code == 422
    assert alice.post(at(ticket, "/contact"), note="asked", **form).status_code == 302
    assert "Do not text" not in alice.text(at(ticket))


def test_what_the_citizen_needs_is_set_on_the_form_and_shown_where_the_citizen_is_answered(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    was = alice.text(at(ticket)).split('name="was" value="')[1].split('"')[0]
    needs = {"deaf": "1", "only": Only.CALLS.value, "interpreter": Interpreter.PASHTO.value}
    answer = alice.post(at(ticket, "/contact"), version=str(ticket.version), was=was, may_text="1", may_call="1", **needs)
    assert answer.status_code == 302
    panel = alice.text(at(ticket)).split('<h2 id="reply">')[1].split("</section>")[0]
    for word in ("Deaf", "Only by call", "Interpreter: Pashto"):
        assert word in panel
    assert "reply_where" not in panel, "no sentence that asks for a text"
    assert alice.post(at(ticket, "/contact"), version=str(ticket.version + 1), was=was, only="pigeons").status_code == 400
    alter(rt, Contact, only=None, deaf=False, interpreter=None)
    assert "reply_where" in alice.text(at(ticket))
