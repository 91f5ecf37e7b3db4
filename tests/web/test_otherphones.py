"""Typed numbers on the ticket's page: what is shown, that nothing tells whether we know them, and the forms of another phone."""

import re
from collections.abc import Callable
from datetime import time

import pytest
from sqlalchemy import select, update

from hotline.domain import phone
from hotline.runtime import Runtime
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Contact, Ticket, TypedPhone
from hotline.storage.peoplemodels import Volunteer
from tests.support import HER, NOON, OTHER, SNATCHED, alter, text_in, texts_out, tickets
from tests.web.test_working import at, box, ticket
from tests.web.visiting import Visitor, told

As = Callable[[str], Visitor]
BODY = "We have read it."

__all__ = ["ticket"]  # a fixture


def typed_in(rt: Runtime, visitor: Visitor, number: str, token: str = "a" * 32) -> Ticket:
    """A walk-in with that number."""
    visitor.post("/walk-in", token=token, words=SNATCHED, language="sd", category="", number=number)
    route_due(rt)
    return tickets(rt)[-1]


def version(rt: Runtime) -> str:
    return str(tickets(rt)[0].version)


def add(rt: Runtime, visitor: Visitor, ticket: Ticket, number: str = OTHER, note: str = "his brother's") -> int:
    """Type another phone in; the status of the answer."""
    return visitor.post(at(ticket, "/phones"), version=version(rt), number=number, note=note).status_code


def press(rt: Runtime, visitor: Visitor, ticket: Ticket, doing: str) -> int:
    with rt.reading() as session:
        phone_id = session.scalars(select(TypedPhone.id)).one()
    return visitor.post(at(ticket, f"/phones/{doing}"), version=version(rt), phone=str(phone_id)).status_code


def test_the_page_is_the_same_for_a_number_that_we_know_and_for_one_that_we_do_not(rt: Runtime, as_: As) -> None:
    text_in(rt, SNATCHED)
    route_due(rt)
    with rt.transaction() as tx:  # all that can be known of a contact
        facts = {"language": "ur", "may_text": False, "safe_from": time(9), "on_hold": True, "stopped_at": NOON}
        tx.session.execute(update(Contact).values(**facts))
    alice = as_("alice")
    pages = []
    for n, number in enumerate((HER, "+923451234501")):
        walk_in = typed_in(rt, alice, number, f"{n:032x}")
        page = alice.text(at(walk_in)) + alice.post(at(walk_in, "/reply"), body=BODY, version=str(walk_in.version)).text
        page = re.sub(r'name="(csrf_token|owner|version)" value="[^"]+"|data-(mark|etag)="[^"]+"', "", page)
        written = f"{walk_in.reference[:3]}-{walk_in.reference[3:6]}-{walk_in.reference[6:]}"
        pages.append(page.replace(walk_in.reference, "R").replace(written, "R").replace(phone.masked(number), "N"))
    assert pages[0] == pages[1]
    assert "typed in, not yet heard from" in pages[0]


def test_the_page_says_why_nothing_is_texted_to_it_and_what_to_ask_for(rt: Runtime, as_: As) -> None:
    alice = as_("alice")
    walk_in = typed_in(rt, alice, HER)
    page = alice.text(at(walk_in))
    assert '<bdi dir="ltr" class="number">+92300…01</bdi> · typed in, not yet heard from' in page
    assert re.search("No text can go to this phone now:</strong> its number was typed in, .* Ask for one text with the number", page)
    refused = alice.post(at(walk_in, "/reply"), body=BODY, version=str(walk_in.version))
    assert (refused.status_code, box(refused.text), texts_out(rt)) == (409, BODY, [])
    text_in(rt, walk_in.reference)
    page = alice.text(at(walk_in))
    assert "typed in, not yet heard from" not in page
    assert "No text can go" not in page
    assert "A phone that was typed in has given us the number of this ticket" in page


def test_a_typed_number_is_whole_for_those_with_the_right_alone(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    add(rt, alice, ticket)
    walk_in = typed_in(rt, alice, "+923451234501")
    for page in (at(ticket), at(walk_in)):
        assert as_("alice").post(f"{page}/number").status_code == 403
    alter(rt, Volunteer, shows_numbers=True)
    for one, number in ((ticket, OTHER), (walk_in, "+923451234501")):
        assert number not in alice.text(at(one))
        assert number in alice.post(at(one, "/number")).text


def test_another_phone_is_typed_in_confirmed_and_taken_away_by_forms(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice, lead = as_("alice"), as_("lead")
    assert add(rt, alice, ticket) == 302
    page = alice.text(at(ticket))
    assert "+92333…02" in page
    assert "his brother&#39;s" in page
    assert "waits for a lead to confirm it" in page
    assert "Confirm that it is the citizen" not in page
    assert press(rt, alice, ticket, "confirm") == 403
    assert "Confirm that it is the citizen" in lead.text(at(ticket))
    assert press(rt, lead, ticket, "confirm") == 302
    assert "confirmed, not yet heard from" in alice.text(at(ticket))
    text_in(rt, f"{ticket.reference} wo phir aaye thay", sender=OTHER)
    page = alice.text(at(ticket))
    assert "heard from ·" in page
    assert "From another phone of the citizen" in page
    assert press(rt, alice, ticket, "take-away") == 302
    page = alice.text(at(ticket))
    assert "Another phone of the citizen's was taken away" in page
    assert "heard from ·" not in page


def test_a_lead_does_not_confirm_a_phone_of_the_leads_own_typing(rt: Runtime, as_: As, ticket: Ticket) -> None:
    lead = as_("lead")
    add(rt, lead, ticket)
    assert "Confirm that it is the citizen" not in lead.text(at(ticket))
    assert press(rt, lead, ticket, "confirm") == 403


def test_what_is_no_phone_is_said_and_the_words_stay(rt: Runtime, as_: As, ticket: Ticket) -> None:
    answer = as_("alice").post(at(ticket, "/phones"), version=version(rt), number="0300", note="his <brother>")
    assert (answer.status_code, told(answer)) == (400, "That is no phone number we know. Check its digits: nothing else is lost.")
    assert 'value="0300"' in answer.text
    assert "his &lt;brother&gt;</textarea>" in answer.text


@pytest.mark.parametrize("grave", [{"hold": True}, {"sealed": True}, {"priority": 1}], ids=str)
def test_on_a_ticket_on_hold_sealed_or_urgent_there_is_no_form_and_none_is_taken(
    rt: Runtime, as_: As, ticket: Ticket, grave: dict[str, object]
) -> None:
    lead = as_("lead")
    add(rt, as_("alice"), ticket)
    alter(rt, Ticket, **grave)
    page = lead.text(at(ticket))
    assert f'action="{at(ticket, "/phones")}"' not in page
    assert "Confirm that it is the citizen" not in page
    assert "Not while the ticket is on hold, sealed or urgent" in page
    assert (add(rt, lead, ticket), press(rt, lead, ticket, "confirm")) == (409, 409)
    assert press(rt, lead, ticket, "take-away") == 302


def test_a_search_finds_a_typed_number_for_those_who_see_its_ticket(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    add(rt, alice, ticket)
    alter(rt, Volunteer, shows_numbers=True)
    found = f'href="{at(ticket)}"'
    assert found in alice.post("/search", q=OTHER).text
    alter(rt, Ticket, sealed=True, team_id=None)
    assert found not in alice.post("/search", q=OTHER).text
