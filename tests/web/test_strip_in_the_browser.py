"""The strip of alarms in a browser: small on a small phone, on every page, heard and told of in other tabs."""

import re
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from hotline.alarms import AlarmKind
from hotline.domain.reference import written
from hotline.runtime import Runtime
from hotline.storage.models import Alarm
from hotline.storage.peoplemodels import Volunteer
from tests.services.colleagues import volunteer
from tests.support import Clock
from tests.web.everything import come_in
from tests.web.test_queue_in_the_browser import poll
from tests.web.test_strip import a_ticket, alarmed

HEARD = "() => { HTMLAudioElement.prototype.play = async () => { window.played = (window.played ?? 0) + 1; }; }"
TOLD = """() => {
  window.told = [];
  window.Notification = class { constructor(...said) { window.told.push(said); } close() {} };
  window.Notification.permission = "granted";
  document.hasFocus = () => false;
}"""


@pytest.fixture
def alice(address: str, app: Flask, page: Page) -> Page:
    """Alice's browser, logged in, with a clock that the test moves."""
    page.clock.install()
    come_in(page.context, app, address, "alice")
    return page


def until(page: Page, said: str) -> None:
    """Move the browser's clock on until an expression is true; a page that waits for it by itself would need `eval`, which is refused."""
    for _ in range(200):
        if page.evaluate(said):
            return
        page.clock.fast_forward(4_000)
        page.wait_for_timeout(20)
    pytest.fail(f"never: {said}")


def ten(rt: Runtime, clock: Clock) -> None:
    """Ten tickets alarm alice, a third of them for two reasons."""
    for n in range(10):
        clock.forward(minutes=15)
        ticket = a_ticket(rt, "bachao", sender=f"+9230012345{n:02d}")
        alarmed(rt, "alice", AlarmKind.URGENT, ticket)
        if n % 3 == 0:
            alarmed(rt, "alice", AlarmKind.OFF_DUTY, ticket)


@pytest.mark.parametrize("language", ["en", "ur", "sd"])
def test_ten_alarms_do_not_push_the_list_off_a_small_screen(rt: Runtime, alice: Page, address: str, clock: Clock, language: str) -> None:
    ten(rt, clock)
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).values(page_language=language))
    alice.set_viewport_size({"width": 360, "height": 740})
    alice.goto(f"{address}/?list=teams")
    strip = alice.locator("#alarms").bounding_box()
    assert strip
    assert strip["height"] < 740 / 3
    assert alice.evaluate("document.documentElement.scrollWidth") == 360
    expect(alice.locator(".queue li").first).to_be_in_viewport()
    alice.locator("#alarms summary").click()
    assert alice.locator("#alarms .alarm:visible").count() == 10
    assert alice.evaluate("document.documentElement.scrollWidth") == 360


def test_a_ticket_page_gets_the_strip_and_seeing_it_leaves_what_is_half_written(
    rt: Runtime, alice: Page, address: str, clock: Clock
) -> None:
    first = a_ticket(rt)
    alice.goto(f"{address}/tickets/{first.reference}")
    alice.fill("#note", "half written")
    ticket = a_ticket(rt, "bachao", sender="+923331234502")
    alarmed(rt, "alice", AlarmKind.URGENT, ticket)
    until(alice, "!!document.querySelector('#strip .alarm')")
    button = alice.get_by_role("button", name=f"I have seen it {written(ticket.reference)}")
    expect(button).to_be_visible()
    button.click()
    expect(button).to_have_count(0)
    assert (alice.input_value("#note"), alice.url) == ("half written", f"{address}/tickets/{first.reference}")
    with rt.reading() as session:
        mine = select(Alarm.acknowledged_at).where(Alarm.volunteer_id == volunteer(rt, "alice").id)
        assert None not in session.scalars(mine).all()


def test_a_volunteer_who_reads_a_ticket_hears_an_alarm_and_is_told_in_another_tab(
    rt: Runtime, alice: Page, address: str, clock: Clock
) -> None:
    first = a_ticket(rt)
    alice.goto(f"{address}/tickets/{first.reference}")
    alice.evaluate("localStorage.setItem('sound', 'on')")
    alice.evaluate(HEARD)
    alice.evaluate(TOLD)
    ticket = a_ticket(rt, "bachao", sender="+923331234502")
    alarmed(rt, "alice", AlarmKind.URGENT, ticket)
    until(alice, "window.played >= 1 && window.told.length === 1")
    assert alice.evaluate("window.told") == [["Your page needs you", {"tag": "page", "renotify": True}]]
    until(alice, "window.played >= 3")
    assert alice.evaluate("window.told.length") == 1  # told once, heard until somebody acts


def test_the_queue_tells_of_an_alarm_once_and_says_nothing_of_it(rt: Runtime, alice: Page, address: str, clock: Clock) -> None:
    alice.goto(f"{address}/")
    alice.mouse.move(1, 1)
    alice.evaluate(TOLD)
    ticket = a_ticket(rt, "bachao")
    alarmed(rt, "alice", AlarmKind.URGENT, ticket)
    poll(alice)
    until(alice, "window.told.length === 1")
    assert ticket.reference not in str(alice.evaluate("window.told"))
    poll(alice, 2)
    assert alice.evaluate("window.told.length") == 1


@pytest.mark.parametrize(("permission", "shown"), [("default", True), ("granted", False), ("denied", False)])
def test_the_button_asks_once(alice: Page, address: str, permission: str, shown: bool) -> None:
    alice.add_init_script(
        f"""window.Notification = class {{
          static permission = "{permission}";
          static async requestPermission() {{ this.permission = "granted"; return "granted"; }}
        }};"""
    )
    alice.goto(f"{address}/")
    button = alice.get_by_role("button", name="Allow notifications")
    expect(button).to_be_visible(visible=shown)
    if shown:
        button.click()
        expect(button).to_be_hidden()


def test_without_javascript_the_rest_opens_and_is_acknowledged(rt: Runtime, app: Flask, address: str, browser: Any, clock: Clock) -> None:
    ten(rt, clock)
    with browser.new_context(java_script_enabled=False) as context:
        come_in(context, app, address, "alice")
        page = context.new_page()
        page.goto(f"{address}/?list=teams")
        expect(page.get_by_role("button", name="Allow notifications")).to_be_hidden()
        page.get_by_text("7 more alarms").click()
        lines = page.locator("#alarms .alarm")
        expect(lines).to_have_count(10)
        page.get_by_role("button", name=re.compile("I have seen it")).last.click()
        expect(lines).to_have_count(9)
