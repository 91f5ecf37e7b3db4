"""The protocol card on a ticket page: in three languages, ticked without a script, asked for before it is resolved, and not printed."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from hotline.runtime import Runtime
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer
from tests.support import OTHER, alter, text_in, tickets
from tests.web.everything import come_in
from tests.web.visiting import Visitor, told

As = Callable[[str], Visitor]
WORDS = {
    "suicide": "main khudkushi karna chahti hun",
    "religion": "mere bhai par toheen ka ilzam lagaya hai",
    "police": "thanay ke SHO ne mujh se rishwat mangi",
}
DEMANDED = ("asked", "lead_told", "again")


def a_ticket(rt: Runtime, kind: str = "suicide") -> Ticket:
    text_in(rt, WORDS[kind], sender=OTHER)
    route_due(rt)
    found = tickets(rt)[-1]
    assert found.category == kind
    return found


def at(ticket: Ticket, rest: str = "") -> str:
    return f"/tickets/{ticket.reference}{rest}"


def now(rt: Runtime) -> Ticket:
    return tickets(rt)[-1]


def version(rt: Runtime) -> str:
    return str(now(rt).version)


def card_of(page: str, code: str) -> str:
    """The HTML of a card; empty if it is not on the page."""
    found = re.search(rf'<section class="panel protocol" aria-labelledby="card-{code}">.*?</section>', page, re.DOTALL)
    return unescape(found[0]) if found else ""


def send(her: Visitor, ticket: Ticket, rt: Runtime, what: str, **fields: object) -> int:
    data = {"csrf_token": her.token(), "version": version(rt), **fields}
    return her.client.post(at(ticket, what), base_url="https://hotline.example.org", data=data).status_code


@pytest.mark.parametrize("language", ["en", "ur", "sd"])
@pytest.mark.parametrize("code", ["suicide", "child", "violence_home", "sexual_violence", "kidnapping", "police", "religion", "missing"])
def test_each_card_says_all_it_has_in_the_readers_language(rt: Runtime, app: Flask, as_: As, code: str, language: str) -> None:
    ticket = a_ticket(rt)
    alter(rt, Ticket, category=code)
    alter(rt, Volunteer, page_language=language)
    shown = card_of(as_("alice").text(at(ticket)), code)
    [card] = [one for one in rt.protocols if one.code == code]
    said = [card.names, *card.ask, *card.never, *card.bring_in, *card.lead, *(step.words for step in card.steps)]
    assert [words[language] for words in said if words[language] not in shown] == []
    assert shown.count('type="checkbox"') == len(card.steps)


def test_a_card_that_nobody_approved_says_so(rt: Runtime, app: Flask, as_: As) -> None:
    ticket = a_ticket(rt)
    assert "To be checked by a professional: nobody has approved this card yet." in card_of(as_("alice").text(at(ticket)), "suicide")


def test_an_ordinary_ticket_has_no_card_and_offers_them(rt: Runtime, app: Flask, as_: As) -> None:
    text_in(rt, "meri bike chori ho gayi")
    page = as_("alice").text(at(tickets(rt)[0]))
    assert 'class="panel protocol"' not in page
    assert '<option value="suicide">' in page


def test_steps_are_ticked_and_it_is_told_who_did_it_and_when(rt: Runtime, app: Flask, as_: As) -> None:
    ticket, alice = a_ticket(rt), as_("alice")
    assert send(alice, ticket, rt, "/steps", card="suicide", step=["asked", "means"]) == 302
    page = alice.text(at(ticket))
    assert re.findall(r'name="step" value="(\w+)" checked', page) == ["asked", "means"]
    assert "Alice" in card_of(page, "suicide")
    assert page.count("Step done: Suicide · ") == 2
    assert send(alice, ticket, rt, "/steps", card="suicide", step=["means"]) == 302
    page = alice.text(at(ticket))
    assert re.findall(r'name="step" value="(\w+)" checked', page) == ["means"]
    assert "Tick of a step taken away: Suicide · Asked calmly" in page
    assert send(alice, ticket, rt, "/steps", card="suicide", step=["nothing"]) == 422
    assert send(alice, ticket, rt, "/steps", card="<b>") == 400


def test_who_ticks_on_an_old_page_is_shown_the_ticket_as_it_is(rt: Runtime, app: Flask, as_: As) -> None:
    ticket = a_ticket(rt)
    assert send(as_("alice"), ticket, rt, "/steps", card="suicide", step=["asked"]) == 302
    answer = as_("bob").post(at(ticket, "/steps"), version=str(ticket.version), card="suicide")
    assert answer.status_code == 409
    assert "Somebody was first" in told(answer)
    assert re.findall(r'name="step" value="(\w+)" checked', answer.text) == ["asked"]


def test_a_card_is_put_by_hand(rt: Runtime, app: Flask, as_: As) -> None:
    ticket, alice = a_ticket(rt), as_("alice")
    assert send(alice, ticket, rt, "/cards", card="child") == 302
    page = alice.text(at(ticket))
    assert card_of(page, "suicide")
    assert card_of(page, "child")
    assert "Protocol card put to it: A child" in page
    assert send(alice, ticket, rt, "/cards", card="mars") == 422


def test_words_of_another_kind_offer_its_card_first(rt: Runtime, app: Flask, as_: As) -> None:
    text_in(rt, "police wale meri beti ko le gaye, main khudkushi kar lungi")
    route_due(rt)
    page = as_("charlie").text(at(tickets(rt)[0]))
    assert card_of(page, "police")
    assert "Words of these kinds were found in what came in: Suicide · " in page
    offered = page.split('id="further-card"')[1].split("</select>")[0]
    assert re.findall(r'value="(\w+)"', offered) == [
        "suicide",
        "child",
        "violence_home",
        "sexual_violence",
        "kidnapping",
        "religion",
        "missing",
    ]


def test_the_page_says_which_steps_are_missing_and_keeps_the_note(rt: Runtime, app: Flask, as_: As) -> None:
    ticket, alice = a_ticket(rt), as_("alice")
    answer = alice.post(at(ticket, "/status"), version=version(rt), status="resolved", note="she sleeps <now>")
    assert answer.status_code == 409
    said = told(answer)
    assert said.startswith("Not changed. These steps come before a ticket is resolved or closed:")
    for step in rt.protocols[0].steps:
        assert (f"Suicide: {step.words['en']}" in said) is step.demands
    assert "she sleeps &lt;now&gt;</textarea>" in answer.text
    assert '<option value="resolved" selected>' in answer.text
    assert "Go on without" not in answer.text
    assert now(rt).status == ticket.status
    send(alice, ticket, rt, "/steps", card="suicide", step=list(DEMANDED))
    assert alice.post(at(ticket, "/status"), version=version(rt), status="resolved").status_code == 302
    assert now(rt).status == "resolved"


def test_a_lead_goes_on_without_them_with_a_note(rt: Runtime, app: Flask, as_: As) -> None:
    ticket, lead = a_ticket(rt), as_("lead")
    assert "Go on without the steps that are missing" in lead.text(at(ticket))
    assert send(lead, ticket, rt, "/without-steps", status="closed", note="") == 422
    assert send(as_("alice"), ticket, rt, "/without-steps", status="closed", note="I may not") == 403
    assert send(lead, ticket, rt, "/without-steps", status="in_progress", note="why") == 400
    why = "nobody has answered since June"
    assert send(lead, ticket, rt, "/without-steps", status="closed", note=why, told="call") == 409  # nobody has acted on the danger
    assert send(lead, ticket, rt, "/nothing-to-do", note="the phone is off") == 302
    kept = lead.post(at(ticket, "/without-steps"), version=version(rt), status="closed", note=why)
    assert (kept.status_code, told(kept)) == (422, "Not closed yet. Say how the citizen was told.")
    assert f"{why}</textarea>" in kept.text
    assert send(lead, ticket, rt, "/without-steps", status="closed", note=why, told="call") == 302
    page = lead.text(at(ticket))
    assert now(rt).status == "closed"
    assert "Went on without steps of the card: Asked calmly" in page
    assert "nobody has answered since June" in page
    assert "Go on without the steps that are missing" not in page


def test_an_auditor_learns_that_a_step_was_done_and_not_which(rt: Runtime, app: Flask, as_: As) -> None:
    ticket = a_ticket(rt)
    assert send(as_("alice"), ticket, rt, "/steps", card="suicide", step=["asked"]) == 302
    page = as_("auditor").text(at(ticket))
    assert "Step done" in page
    assert "Asked calmly" not in page
    assert 'name="step"' not in page


# In a browser


@pytest.fixture
def page(browser: Browser, app: Flask, address: str) -> Page:
    context = browser.new_context()
    come_in(context, app, address, "alice")
    return context.new_page()


def test_a_card_is_worked_by_keys_alone_and_without_scripts(rt: Runtime, browser: Browser, app: Flask, address: str) -> None:
    ticket = a_ticket(rt)
    context = browser.new_context(java_script_enabled=False)
    come_in(context, app, address, "alice")
    page = context.new_page()
    page.goto(address + at(ticket))
    page.focus("[name=step][value=asked]")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.focus(".protocol form button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert [box.get_attribute("value") for box in page.query_selector_all("[name=step][checked]")] == ["asked", "means"]
    context.close()


@pytest.mark.parametrize("kind", ["religion", "suicide"])
def test_what_must_not_lie_about_on_paper_is_not_printed(rt: Runtime, page: Page, address: str, kind: str) -> None:
    ticket = a_ticket(rt, kind)
    whole = page.goto(address + at(ticket))
    assert whole
    assert whole.ok
    page.emulate_media(media="print")
    printed = page.inner_text("main")
    number = re.sub("[^0-9]", "", printed)
    if kind == "religion":
        assert (number, len(printed.split("\n"))) == (ticket.reference, 1)
    else:
        assert "What never to do or to text" in printed
        assert WORDS[kind] in printed
        assert "Keep the ticks" not in printed
        assert "Write to the citizen" not in printed
        pressed = page.locator("header.top, button, .strip, form:not(.protocol form)")
        assert [one.inner_text() for one in pressed.all() if one.is_visible()] == []


def test_the_whole_of_a_long_text_is_not_printed_either(rt: Runtime, page: Page, address: str) -> None:
    text_in(rt, f"{WORDS['religion']} {'aur log jama hain ' * 400}", sender=OTHER)
    ticket = tickets(rt)[-1]
    page.goto(address + at(ticket))
    page.click(".timeline .written a")
    page.wait_for_load_state()  # what is printed is known once the style sheets are there
    page.emulate_media(media="print")
    assert re.sub(r"\D", "", page.inner_text("main")) == ticket.reference
    assert "jama" not in page.inner_text("main")


def test_another_teams_lead_gets_to_no_card_of_a_sealed_ticket(rt: Runtime, app: Flask, as_: As) -> None:
    ticket, lead = a_ticket(rt, "police"), as_("lead")
    for what in ("/steps", "/cards", "/without-steps"):
        assert lead.post(at(ticket, what), version=version(rt), card="police", status="closed", note="why").status_code == 404
    assert lead.get(at(ticket)).status_code == 404
