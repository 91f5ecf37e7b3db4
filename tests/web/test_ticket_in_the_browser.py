"""A ticket in browsers: two volunteers at once, nothing typed is lost, a keyboard is enough, and so is a browser without JavaScript."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.storage.models import Note, Ticket
from tests.support import count, text_in, texts_out, tickets
from tests.web.everything import come_in
from tests.web.test_tickets import a_ticket

POLL = re.compile("/version")
EVERY_MS = 5000

pytestmark = pytest.mark.usefixtures("ticking")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], redis_url: str) -> Runtime:
    return make_rt(redis_url=redis_url)


@pytest.fixture
def ticket(rt: Runtime, app: Flask) -> Ticket:
    return a_ticket(rt)


@pytest.fixture
def open_as(browser: Browser, app: Flask, address: str, ticket: Ticket) -> Iterator[Callable[..., Page]]:
    """Open the ticket's page in a browser of its own; an error in it fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(login: str, **options: bool) -> Page:
        contexts.append(browser.new_context(**options))  # type: ignore[arg-type]
        come_in(contexts[-1], app, address, login)
        page = contexts[-1].new_page()
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
        page.clock.install()
        page.goto(f"{address}/tickets/{ticket.reference}")
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            page.goto("about:blank")
        context.close()
    assert complaints == []


def poll(page: Page) -> None:
    """Move the browser's clock on until it has asked what is new."""
    polls: list[Request] = []
    page.on("requestfinished", note := lambda request: polls.append(request) if POLL.search(request.url) else None)
    for _ in range(100):
        page.clock.fast_forward(EVERY_MS)
        page.wait_for_timeout(20)
        if polls:
            break
    page.remove_listener("requestfinished", note)
    assert polls


def top_of(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box
    return box["y"]


def test_two_volunteers_at_one_ticket_see_each_other_and_lose_no_word(rt: Runtime, ticket: Ticket, open_as: Callable[..., Page]) -> None:
    alice, bob = open_as("alice"), open_as("bob")
    expect(bob.locator("#here")).to_have_text("Here now: Alice")
    poll(alice)
    expect(alice.locator("#here")).to_have_text("Here now: Bob")
    alice.locator("#body").fill("half a sentence")
    alice.locator("#note").fill("half a note")
    alice.select_option("#area", "lyari")
    alice.locator("#note").focus()
    before = top_of(alice, "#note")

    bob.locator("#note").fill("Bob rang the shop")
    bob.get_by_role("button", name="Save status and note").click()
    expect(bob.locator(".notice.good:focus")).to_have_text("Saved.")
    poll(alice)
    news = alice.get_by_role("button", name="New: Note for colleagues · Bob. Press R or click here to show it.")
    expect(news).to_be_visible()
    assert alice.get_by_text("Bob rang the shop").count() == 0
    assert top_of(alice, "#note") == pytest.approx(before, abs=1)
    alice.keyboard.type(" r")  # no key fires in a field
    alice.keyboard.press("Escape")
    alice.keyboard.press("r")
    expect(alice.locator(".timeline").get_by_text("Bob rang the shop")).to_be_visible()
    expect(news).to_be_hidden()
    assert (alice.input_value("#note"), alice.input_value("#body"), alice.input_value("#area")) == (
        *("half a note r", "half a sentence", "lyari"),
    )
    # The form is of the ticket as it is now, and saving one form leaves what was typed in another.
    alice.locator("section:has(#known) button").click()
    expect(alice.locator("section:has(#known) .notice.good:focus")).to_have_text("Saved.")
    assert (alice.input_value("#note"), alice.input_value("#body")) == ("half a note r", "half a sentence")
    alice.get_by_role("button", name="Save status and note").click()
    expect(alice.locator(".timeline").get_by_text("half a note r")).to_be_visible()
    expect(alice.locator("#note")).to_have_value("")
    assert (alice.input_value("#body"), tickets(rt)[0].area, count(rt, Note)) == ("half a sentence", "lyari", 2)
    # What the citizen sends shows as well.
    text_in(rt, f"{ticket.reference} aur suno")
    poll(alice)
    expect(alice.locator("#show-changes")).to_contain_text("New: From the citizen")
    # Who was not first is told so in place, with all words still there.
    alice.locator("#note").fill("too late")
    alice.get_by_role("button", name="Save status and note").click()
    expect(alice.locator(".notice.bad:focus")).to_contain_text("Somebody was first")
    assert (alice.input_value("#note"), count(rt, Note)) == ("too late", 2)


def test_by_keyboard_alone_it_is_taken_answered_and_resolved(rt: Runtime, ticket: Ticket, open_as: Callable[..., Page]) -> None:
    bob = open_as("bob")
    bob.keyboard.press("t")
    expect(bob.locator(".notice.good")).to_have_text("It is yours now.")
    bob.keyboard.press("a")
    expect(bob.locator("#body")).to_be_focused()
    bob.keyboard.type("We have read it. t n q")
    bob.keyboard.press("Escape")
    bob.keyboard.press("s")
    bob.keyboard.type("Resolved")
    bob.keyboard.press("Tab")
    expect(bob.locator("#note")).to_be_focused()
    bob.keyboard.type("done")
    bob.keyboard.press("Tab")  # to the colleagues who can be called
    bob.keyboard.press("Tab")
    bob.keyboard.press("Enter")
    expect(bob.get_by_text("Your text is on its way.")).to_be_focused()
    assert [text.body for text in texts_out(rt) if text.volunteer_id] == ["We have read it. t n q"]
    assert tickets(rt)[0].status == Status.RESOLVED
    for key, there in (("f", "#category"), ("m", "#note"), ("p", "#safety > summary"), ("h", "#timeline")):
        bob.keyboard.press("Escape")
        bob.keyboard.press(key)
        expect(bob.locator(there)).to_be_focused()
    bob.keyboard.press("?")
    expect(bob.get_by_role("dialog")).to_be_visible()
    bob.get_by_label("Use these keys on this browser").uncheck()
    bob.keyboard.press("Escape")
    bob.keyboard.press("q")
    expect(bob.get_by_role("dialog")).to_be_hidden()
    assert bob.url.endswith(ticket.reference)
    bob.locator("#show-keys").click()
    bob.get_by_label("Use these keys on this browser").check()
    bob.keyboard.press("Escape")
    bob.keyboard.press("q")
    expect(bob.get_by_role("heading", name="Open tickets")).to_be_visible()


def test_without_javascript_each_form_leads_back_to_its_panel(rt: Runtime, ticket: Ticket, open_as: Callable[..., Page]) -> None:
    bob = open_as("bob", java_script_enabled=False)
    bob.select_option("#template", "macro_where")
    bob.get_by_role("button", name="Put it in").click()
    bob.get_by_role("button", name="Send", exact=True).click()
    expect(bob.get_by_text("Your text is on its way.")).to_be_visible()
    assert (tickets(rt)[0].status, count(rt, Note)) == (Status.IN_PROGRESS, 1)
    bob.select_option("#area", "lyari")
    bob.locator("section:has(#known) button").click()
    expect(bob.locator("section:has(#known) .notice.good:focus")).to_be_in_viewport()
    assert tickets(rt)[0].area == "lyari"
