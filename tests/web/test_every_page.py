"""Every page in every language, on a desk and on a small phone, light and dark: axe-core finds nothing, nothing runs over the edge, and
a keyboard gets everywhere. One kind of database is enough: the pages are the same."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from hotline.app import create_app
from hotline.domain.languages import PAGE_LANGUAGES
from hotline.runtime import Runtime
from hotline.sections import Voice
from hotline.storage import people
from tests.axe import broken_rules
from tests.calling import LINE, MISSED
from tests.support import Clock
from tests.web.everything import NO_PAGES, PAGES, Looking, every_page, furnish
from tests.web.visiting import Visitor

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
DARK_SCREEN = {"en": PHONE, "ur": DESK, "sd": PHONE}
"""The screen that is dark; the other one is light. So each page is seen both ways, and no page more often than before."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(voice=Voice(number=LINE, missed_call_number=MISSED), data_dir=tmp_path)


@pytest.fixture
def language() -> str:
    return "en"


@pytest.fixture
def names(rt: Runtime, tmp_path: Path, clock: Clock, language: str) -> dict[str, str]:
    return furnish(rt, tmp_path, clock, language=language)


@pytest.fixture
def app(rt: Runtime, names: dict[str, str]) -> Flask:
    return create_app(rt)


@pytest.fixture
def pages(browser: Browser, app: Flask, address: str, names: dict[str, str], language: str) -> Iterator[Looking]:
    looking = every_page(browser, app, address, names, language)
    yield looking
    looking.close()


def test_every_page_of_the_route_table_is_in_the_list(app: Flask) -> None:
    gets = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    hooks = {endpoint for endpoint, view in app.view_functions.items() if view.__dict__.get("signed")}
    assert gets - hooks - NO_PAGES == {shown.endpoint for shown in PAGES}
    assert gets >= NO_PAGES


@pytest.mark.parametrize("language", PAGE_LANGUAGES)
def test_axe_finds_nothing_and_nothing_runs_over_the_edge(pages: Looking, language: str) -> None:
    faults = []
    for shown, page in pages:
        assert page.locator("html").get_attribute("lang") == language
        within = "header" if shown.name == "menu" else "html"  # the menu lies over the page, which is looked at without it
        page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
        for screen in (DESK, PHONE):
            page.set_viewport_size(screen)
            page.emulate_media(color_scheme="dark" if screen == DARK_SCREEN[language] else "light")
            faults += [f"{shown.name} {screen['width']} {fault}" for fault in broken_rules(page, within)]
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > screen["width"]:
                faults.append(f"{shown.name} is {width} wide on {screen['width']}")
    assert faults == [], "\n".join(faults)


@pytest.mark.parametrize("language", ["ur"])
def test_every_page_names_a_team_in_the_language_of_its_reader(app: Flask, rt: Runtime, names: dict[str, str], language: str) -> None:
    with rt.transaction() as tx:
        for team in people.teams(tx.session).values():
            team.names = {language: f"ٹیم-{team.code}"}
    named, visitors = set(), dict[str, Visitor]()
    for shown in PAGES:
        if shown.who and shown.proved:
            if shown.who not in visitors:
                visitors[shown.who] = Visitor(app).log_in(shown.who)
            said = visitors[shown.who].text(shown.path.format(**names))
            assert not re.search(r">[^<]*\b(General|Street|Emergency|Integrity)\b", said), shown.name
            named |= {shown.name} if "ٹیم-" in said else set()
    assert named >= {"ticket", "ticket-audited", "handover", "roster", "roster-lead", "people", "people-head", "audit-people"}


STOPS = "a[href], button, input:not([type=hidden]), select, textarea, summary, audio[controls]"
FROM_THE_TOP = """() => {
    const top = document.createElement("span");
    top.tabIndex = -1;
    document.body.prepend(top);
    top.focus();
    top.remove();
}"""
REACHED = """() => {
    const at = document.activeElement, style = getComputedStyle(at);
    if (at === document.body) return null;
    const seen = at.getBoundingClientRect();
    at.dataset.stop ??= document.querySelectorAll("[data-stop]").length;
    return {
        at: at.dataset.stop,
        html: at.outerHTML.slice(0, 120),
        shows: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        is_there: at.classList.contains("skip") || (seen.width > 0 && seen.height > 0),
    };
}"""
REACHABLE = """stops => {
    const first = radio => radio.form.querySelector(`[name=${radio.name}]:checked, [name=${radio.name}]`);
    return [...document.querySelectorAll(stops)]
        .filter(one => !one.disabled && one.checkVisibility({visibilityProperty: true}))
        .filter(one => one.type !== "radio" || one === first(one))
        .filter(one => !one.dataset.stop)
        .map(one => one.outerHTML.slice(0, 120));
}"""


def test_a_keyboard_begins_at_what_a_form_led_to_gets_everywhere_and_shows_where_it_is(pages: Looking) -> None:
    faults = []
    for shown, page in pages:
        if shown.focus:
            expect(page.locator(f"{shown.focus}:focus"), shown.name).to_be_visible()
        if page.locator("dialog[open]").count():  # the browser keeps the focus inside the dialog
            continue
        page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
        page.evaluate(FROM_THE_TOP)
        stops: list[str] = []
        while len(stops) < 200:
            page.keyboard.press("Tab")
            stop = page.evaluate(REACHED)
            if stop is None or stop["at"] in stops[:1]:
                break
            stops.append(stop["at"])
            if not (stop["shows"] and stop["is_there"]):
                faults.append(f"{shown.name}: it does not show that the focus is on {stop['html']}")
        faults += [f"{shown.name}: {html} is not reached" for html in page.evaluate(REACHABLE, STOPS)]
        assert len(stops) < 200, shown.name
    assert faults == [], "\n".join(faults)
