"""The queue in a browser: changes made elsewhere show, nothing jumps under the volunteer's hand, and the keys do what their card says."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, Request, Route, expect
from sqlalchemy import update

from hotline.domain.reference import written
from hotline.domain.ticket import Priority
from hotline.runtime import Runtime
from hotline.services.tickets import casework
from hotline.storage.models import Ticket
from tests.services.colleagues import PASSWORD, volunteer
from tests.support import OTHER, text_in, tickets
from tests.web.everything import come_in
from tests.web.test_tickets import SNATCHED, a_ticket

POLL = re.compile("/queue/version")
POLL_EVERY_MS = 5000

pytestmark = pytest.mark.usefixtures("ticking")


@pytest.fixture
def alice(address: str, app: Flask, page: Page) -> Iterator[Page]:
    """Alice's browser on the queue; an error in it fails the test."""
    complaints: list[str] = []
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    page.clock.install()
    come_in(page.context, app, address, "alice")
    page.goto(f"{address}/")
    expect(page.get_by_role("heading", name="Open tickets")).to_be_visible()
    page.mouse.move(1, 1)
    yield page
    page.goto("about:blank")  # no poll is under way when the server stops
    assert complaints == []


def poll(page: Page, times: int = 1) -> None:
    """Move the browser's clock on until it has polled, so many times."""
    polls: list[Request] = []
    page.on("request", note := lambda request: polls.append(request) if POLL.search(request.url) else None)
    for _ in range(100 * times):
        # The page counts to its next poll from the answer to the last one, so the clock may have to move twice.
        page.clock.fast_forward(POLL_EVERY_MS)
        page.wait_for_timeout(20)
        if len(polls) >= times:
            break
    page.remove_listener("request", note)
    assert len(polls) >= times


def row(page: Page, ticket: Ticket) -> Any:
    return page.locator(f"li[data-reference='{ticket.reference}']")


def test_a_ticket_that_comes_in_shows_by_itself_and_is_said(rt: Runtime, alice: Page) -> None:
    ticket = a_ticket(rt)
    poll(alice)
    expect(row(alice, ticket)).to_be_visible()
    expect(alice.locator("#said")).to_have_text("The queue has changed.")
    expect(alice.get_by_role("link", name=re.compile("My teams"))).to_contain_text("1")


def test_the_figures_of_what_is_on_other_lists_are_asked_for_once_a_minute(rt: Runtime, alice: Page, address: str) -> None:
    alice.goto(f"{address}/?list=mine")
    alice.mouse.move(1, 1)
    text_in(rt, SNATCHED)  # nobody's yet, so alice's own list does not change
    figure = alice.get_by_role("link", name=re.compile("My teams"))
    poll(alice, 11)
    expect(figure).to_contain_text("0")
    with alice.expect_response(re.compile("/queue/list")):
        poll(alice)
    expect(figure).to_contain_text("1")


def test_nothing_jumps_under_her_pointer_until_it_leaves(rt: Runtime, alice: Page) -> None:
    first = a_ticket(rt)
    poll(alice)
    expect(row(alice, first)).to_be_visible()
    row(alice, first).hover()
    second = a_ticket(rt, "bachao", sender=OTHER)
    poll(alice)
    button = alice.get_by_role("button", name="Changes: 1. Press R or click here to show them.")
    expect(button).to_be_visible()
    expect(row(alice, second)).to_have_count(0)
    casework.mark_read(rt, volunteer(rt, "bob"), first.reference, tickets(rt)[0].version)
    poll(alice)
    expect(row(alice, first)).to_have_class(re.compile("changed"))
    alice.mouse.move(1, 1)
    expect(row(alice, second)).to_be_visible()
    expect(button).to_be_hidden()


def test_nothing_jumps_under_her_focus_until_she_presses_r_and_it_stays_where_it_was(rt: Runtime, alice: Page) -> None:
    first = a_ticket(rt)
    poll(alice)
    expect(row(alice, first)).to_be_visible()
    alice.keyboard.press("j")
    expect(row(alice, first).locator("a")).to_be_focused()
    second = a_ticket(rt, "bachao", sender=OTHER)
    poll(alice)
    expect(alice.locator("#show-changes")).to_be_visible()
    expect(row(alice, second)).to_have_count(0)
    alice.keyboard.press("r")
    expect(row(alice, second)).to_be_visible()
    expect(row(alice, first).locator("a")).to_be_focused()


def test_it_says_that_it_lost_touch_and_that_it_is_back(rt: Runtime, alice: Page) -> None:
    alice.route("**/queue/version*", lambda route: route.abort())
    poll(alice, 2)
    expect(alice.locator("#touch")).to_contain_text("This page has lost touch")
    alice.unroute("**/queue/version*")
    poll(alice)
    expect(alice.locator("#touch")).to_be_hidden()
    expect(alice.locator("#said")).to_have_text("The page is in touch again.")


def test_one_poll_that_fails_is_nothing_to_speak_of(rt: Runtime, alice: Page) -> None:
    failed: list[Route] = []

    def fail_once(route: Route) -> None:
        failed.append(route)
        route.abort() if len(failed) == 1 else route.continue_()

    alice.route("**/queue/version*", fail_once)
    ticket = a_ticket(rt)
    poll(alice, 2)
    expect(row(alice, ticket)).to_be_visible()
    expect(alice.locator("#touch")).to_be_hidden()


def test_a_page_that_is_logged_out_elsewhere_says_so(rt: Runtime, alice: Page) -> None:
    alice.context.clear_cookies()
    poll(alice)
    expect(alice.locator("#touch")).to_contain_text("You are logged out.")


def test_the_keys_do_what_their_card_says(rt: Runtime, alice: Page, address: str) -> None:
    # Opened at the same instant, between two polls, they are listed by their references, which are random.
    first, second = sorted((a_ticket(rt), a_ticket(rt, sender=OTHER)), key=lambda ticket: (ticket.opened_at, ticket.reference))
    alice.reload()
    for key, ticket in (("j", first), ("ArrowDown", second), ("j", second), ("ArrowUp", first), ("j", second), ("k", first)):
        alice.keyboard.press(key)
        expect(row(alice, ticket).locator("a")).to_be_focused()
    alice.keyboard.press("?")
    card = alice.get_by_role("dialog", name="Keys")
    expect(card).to_be_visible()
    alice.keyboard.press("n")  # not while the card is open
    expect(card).to_be_visible()
    alice.keyboard.press("Escape")
    expect(card).to_be_hidden()
    alice.get_by_role("button", name="Keys").click()
    expect(card).to_be_visible()
    card.get_by_role("button", name="Close").click()
    row(alice, first).locator("a").focus()
    alice.keyboard.press("Enter")
    expect(alice).to_have_url(f"{address}/tickets/{first.reference}")
    expect(alice.get_by_role("heading", name=written(first.reference))).to_be_visible()


def test_a_key_pressed_in_a_field_or_turned_off_is_a_letter(rt: Runtime, alice: Page, address: str) -> None:
    ticket = a_ticket(rt)
    alice.get_by_text("Show only some").click()
    alice.get_by_label("Status").focus()
    alice.keyboard.press("n")
    alice.keyboard.press("?")
    expect(alice.get_by_role("dialog")).to_be_hidden()
    alice.get_by_role("button", name="Keys").click()
    alice.get_by_label("Use these keys on this browser").uncheck()
    alice.get_by_role("button", name="Close").click()
    for key in ("?", "n"):
        alice.keyboard.press(key)
    expect(alice.get_by_role("dialog")).to_be_hidden()
    expect(alice).to_have_url(f"{address}/")
    assert tickets(rt)[0].version == ticket.version


def test_n_takes_the_next_ticket(rt: Runtime, alice: Page, address: str) -> None:
    ticket = a_ticket(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(assignee_id=None))
    alice.keyboard.press("n")
    expect(alice).to_have_url(f"{address}/tickets/{ticket.reference}")
    assert tickets(rt)[0].assignee_id == volunteer(rt, "alice").id


def test_an_urgent_alarm_sounds_once_a_click_has_allowed_it(rt: Runtime, alice: Page) -> None:
    alice.wait_for_function("document.getElementById('alarm-sound').duration > 0.5")  # the alarm is shown and sounds
    alice.evaluate("() => { HTMLAudioElement.prototype.play = async () => { window.played = (window.played ?? 0) + 1; }; }")
    ticket = a_ticket(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(priority=Priority.URGENT))
        casework.alarms.raise_once(tx.session, ticket.id, "urgent", volunteer(rt, "alice").id, now=tx.now)
    poll(alice)
    expect(alice.get_by_text("An urgent ticket is yours.")).to_be_visible()
    assert alice.evaluate("window.played ?? 0") == 0
    alice.get_by_role("button", name="Sound for urgent alarms").click()
    alice.wait_for_function("window.played >= 1")
    expect(alice.get_by_role("button", name="Sound for urgent alarms")).to_have_attribute("aria-pressed", "true")


def test_an_urgent_alarm_shows_though_her_hand_is_on_the_list(rt: Runtime, alice: Page) -> None:
    ticket = a_ticket(rt)
    poll(alice)
    expect(row(alice, ticket)).to_be_visible()
    row(alice, ticket).hover()
    with rt.transaction() as tx:
        casework.alarms.raise_once(tx.session, ticket.id, "urgent", volunteer(rt, "alice").id, now=tx.now)
    poll(alice)
    expect(alice.locator("#news").get_by_text("An urgent ticket is yours.")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ur", "sd"])
def test_nothing_runs_over_the_edge_of_a_small_phone(rt: Runtime, alice: Page, language: str) -> None:
    a_ticket(rt, "bachao")
    alice.set_viewport_size({"width": 360, "height": 740})
    alice.locator("header summary").click()
    alice.locator(f"header button[value={language}]").click()
    expect(alice.locator("html")).to_have_attribute("lang", language)
    assert alice.evaluate("document.documentElement.scrollWidth") == 360


def test_without_javascript_it_works_by_reload(rt: Runtime, address: str, browser: Any) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{address}/login")
        page.get_by_label("Login").fill("alice")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        ticket = a_ticket(rt, SNATCHED)
        with rt.transaction() as tx:
            tx.session.execute(update(Ticket).values(assignee_id=None))
        page.reload()
        expect(row(page, ticket)).to_be_visible()
        expect(page.get_by_role("button", name="Keys")).to_be_hidden()
        page.get_by_role("button", name="Take next").click()
        expect(page.get_by_role("heading", name=written(ticket.reference))).to_be_visible()
