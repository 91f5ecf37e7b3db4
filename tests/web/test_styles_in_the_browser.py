"""What the style sheet and the header do in a browser: a menu that closes, marks seen in every scheme, letters of each language."""

import re

from flask import Flask
from playwright.sync_api import Page, expect

from hotline.runtime import Runtime
from hotline.services.tickets.routing import route_due
from tests.support import text_in, tickets
from tests.web.everything import come_in


def test_escape_closes_the_menu_and_gives_the_focus_back_and_a_click_elsewhere_closes_it(app: Flask, page: Page, address: str) -> None:
    come_in(page.context, app, address, "alice")
    page.goto(address)
    menu, summary = page.locator("details.menu"), page.locator("details.menu summary")
    summary.press("Enter")
    page.keyboard.press("Tab")
    expect(menu.locator(".sheet :focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    summary.click()
    menu.locator(".sheet").click(position={"x": 2, "y": 2})
    expect(menu).to_have_attribute("open", "")
    page.locator("main").click(position={"x": 5, "y": 5})
    expect(menu).not_to_have_attribute("open", "")


STYLES = """() => {
  const style = (at, what, part) => getComputedStyle(document.querySelector(at), part)[what];
  return {
    icon: style(".mark.icon", "backgroundColor", "::before"),
    ground: style(".queue > li", "backgroundColor"),
    ink: style(".queue > li", "color"),
  };
}"""


def test_the_picture_of_a_mark_is_seen_in_high_contrast_and_dark_pages_are_printed_white(
    rt: Runtime, app: Flask, page: Page, address: str
) -> None:
    text_in(rt, "do larkon ne pistol dikha kar mera mobile cheen liya")
    route_due(rt)
    come_in(page.context, app, address, "alice")
    page.goto(f"{address}/?list=teams")
    page.emulate_media(forced_colors="active")
    forced = page.evaluate(STYLES)
    assert forced["icon"] == forced["ink"] != forced["ground"]
    page.emulate_media(forced_colors="none", color_scheme="dark")
    dark = page.evaluate(STYLES)
    assert sum(map(int, re.findall(r"\d+", dark["ground"]))) < 200 < sum(map(int, re.findall(r"\d+", dark["ink"])))
    page.emulate_media(media="print", color_scheme="dark")
    paper = page.evaluate(STYLES)
    assert (paper["ground"], paper["ink"]) == ("rgb(255, 255, 255)", "rgb(0, 0, 0)")


def test_a_citizens_urdu_is_in_nastaliq_and_sindhi_is_not_on_a_page_in_english(rt: Runtime, app: Flask, page: Page, address: str) -> None:
    text_in(rt, "میرے بھائی کو دو لڑکوں نے لوٹ لیا")
    text_in(rt, "منهنجي موٽرسائيڪل چوري ٿي وئي", sender="+923331234502")
    route_due(rt)
    come_in(page.context, app, address, "lead")
    fonts = {}
    for ticket in tickets(rt):
        page.goto(f"{address}/tickets/{ticket.reference}")
        words = page.locator(".citizens .written [lang]").first
        fonts[words.get_attribute("lang")] = words.evaluate("one => getComputedStyle(one).fontFamily.split(',')[0].replaceAll('\"', '')")
    assert fonts == {"ur": "Nastaliq", "sd": "Naskh"}
