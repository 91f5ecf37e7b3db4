"""The book of missed calls, and what a ticket's page and the queue say of the call that opened it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from hotline.app import create_app
from hotline.domain.languages import PAGE_LANGUAGES
from hotline.runtime import Runtime
from hotline.sections import Voice, Web
from hotline.services.tickets.routing import route_due
from tests.calling import LINE, MISSED, Caller
from tests.services.colleagues import settle
from tests.support import HER, Clock, tickets
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]
VOICE = Voice(number=LINE, missed_call_number=MISSED)


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(voice=VOICE, data_dir=tmp_path, web=Web(page_rows=3))


@pytest.fixture
def app(rt: Runtime, tmp_path: Path) -> Flask:
    settle(rt, tmp_path)
    return create_app(rt)


def in_book(html: str) -> list[str]:
    """The gateway's ids of the calls on a page."""
    return re.findall(r'action="/calls/([^"/]+)/done"', html)


def a_ticket_by_phone(rt: Runtime, *keys: str) -> str:
    """A caller goes through the menu, says something and hangs up: the reference."""
    Caller(rt).ring().press(*keys).speak().press("1").hang_up()
    route_due(rt)
    return tickets(rt)[-1].reference


def test_whoever_rang_and_left_nothing_is_in_the_book_newest_first(rt: Runtime, as_: As, clock: Clock) -> None:
    calls = []
    for n in range(4):
        calls.append(Caller(rt, f"+92300123450{n}").ring().hang_up().gateway_id)
        clock.forward(minutes=1)
    alice = as_("alice")
    page = alice.text("/calls")
    assert in_book(page) == calls[:0:-1]
    following = re.search(r'href="(/calls\?before=[^"]+)"', page)
    assert following
    assert in_book(alice.text(following[1])) == calls[:1]


def test_calls_of_the_same_instant_are_all_on_some_page(rt: Runtime, as_: As) -> None:
    calls = {Caller(rt, f"+9230012345{n:02d}").ring().hang_up().gateway_id for n in range(8)}
    alice, path, seen = as_("alice"), "/calls", []
    while path:
        page = alice.text(path)
        seen += in_book(page)
        following = re.search(r'href="(/calls\?before=[^"]+)"', page)
        path = following[1] if following else ""
    assert sorted(seen) == sorted(calls)


def test_the_book_shows_no_number_and_nothing_that_has_a_ticket(rt: Runtime, as_: As) -> None:
    Caller(rt).ring().press("0").hang_up()
    Caller(rt, "+923001234599").ring().hang_up()
    page = as_("alice").text("/calls")
    assert len(in_book(page)) == 1
    assert "923001234599" not in page
    assert "99" in page


def test_a_call_is_ticked_off(rt: Runtime, as_: As) -> None:
    caller = Caller(rt).ring().hang_up()
    alice = as_("alice")
    answer = alice.post(f"/calls/{caller.gateway_id}/done")
    assert (answer.status_code, answer.location) == (302, "/calls")
    assert in_book(alice.text("/calls")) == []
    assert alice.post("/calls/nothing/done").status_code == 302


def test_the_book_says_why_a_missed_call_was_not_called_back(rt: Runtime, as_: As) -> None:
    Caller(rt, "anonymous", line=MISSED).ring()
    assert "not called back: no phone we ring" in as_("alice").text("/calls")


@pytest.mark.parametrize("before", ["", "nonsense", "fA==", "AAAA%00", "MjA5OS0wMS0wMXxDQQ=="])
def test_the_book_opens_for_volunteers_only_whatever_the_address_says(app: Flask, as_: As, before: str) -> None:
    path = f"/calls?before={before}"
    assert Visitor(app).get(path).status_code == 302
    assert as_("alice").get(path).status_code == 200


def test_a_stranger_ticks_nothing_off(rt: Runtime, app: Flask, as_: As) -> None:
    caller = Caller(rt).ring().hang_up()
    assert Visitor(app).post(f"/calls/{caller.gateway_id}/done").location.startswith("/login")
    assert in_book(as_("alice").text("/calls")) == [caller.gateway_id]


@pytest.mark.parametrize("language", PAGE_LANGUAGES)
def test_the_book_is_there_in_every_language(rt: Runtime, as_: As, language: str) -> None:
    Caller(rt).ring().hang_up()
    Caller(rt, line=MISSED).ring()
    alice = as_("alice")
    alice.post("/language", language=language, back="/calls")
    page = alice.text("/calls")
    assert f'<html lang="{language}"' in page
    assert len(in_book(page)) == 2


def test_a_ticket_by_phone_says_so_and_warns_where_nobody_agreed(rt: Runtime, as_: As) -> None:
    key = next(str(c.key) for c in rt.categories if c.key and not c.sealed and c.team == "street")
    agreed = a_ticket_by_phone(rt, "1", "1", key, "1", "1")
    refused = Caller(rt, "+923001234599").ring().press("1", "1", key, "2", "2").speak().press("1")
    refused.hang_up()
    route_due(rt)
    alice = as_("alice")
    warned = "Do not text or ring this phone."
    assert warned not in alice.text(f"/tickets/{agreed}")
    assert warned in alice.text(f"/tickets/{tickets(rt)[-1].reference}")
    assert "by a call of the citizen" in alice.text(f"/tickets/{agreed}")
    assert alice.text("/").count('title="By phone"') == 2


def test_another_language_and_please_call_me_are_marked(rt: Runtime, as_: As) -> None:
    Caller(rt).ring().press("4", "1", "1").speak().press("1").hang_up()
    Caller(rt, "+923001234599").ring().press("1", "3", "1", "1").hang_up()
    route_due(rt)
    page = as_("lead").text("/")
    assert "Another language" in page
    assert "Asks to be called" in page
    assert HER[1:] not in page


def test_danger_is_marked_and_ringing_back_left_to_people(rt: Runtime, as_: As) -> None:
    Caller(rt).ring().press("0").hang_up()
    route_due(rt)
    lead = as_("lead")
    assert "In danger" in lead.text("/")
    assert "for a lead to decide" in lead.text(f"/tickets/{tickets(rt)[0].reference}")


def test_whoever_pressed_the_danger_key_is_marked(rt: Runtime, as_: As) -> None:
    Caller(rt).ring().press("0", "5").speak().hang_up()
    Caller(rt, "+923001234599").ring().press("1", "3", "1", "1").hang_up()
    route_due(rt)
    assert as_("lead").text("/").count("In danger") == 1


def test_a_withheld_number_is_said_to_be_one_in_the_language_of_the_page(rt: Runtime, as_: As) -> None:
    Caller(rt, "anonymous").ring().hang_up()
    Caller(rt, "anonymous").ring().press("4").speak().press("1").hang_up()
    route_due(rt)
    lead = as_("lead")
    page = lead.text(f"/tickets/{tickets(rt)[0].reference}")
    assert "<dd>number withheld</dd>" in page
    assert "Do not text or ring this phone." not in page
    lead.post("/language", language="ur", back="/calls")
    assert "<span>نمبر ظاہر نہیں</span>" in lead.text("/calls")


def test_a_missed_call_lasted_no_time_to_speak_of(rt: Runtime, as_: As) -> None:
    Caller(rt, line=MISSED).ring().hang_up(duration_s=0)
    Caller(rt).ring().hang_up(duration_s=3)
    page = as_("alice").text("/calls")
    assert len(in_book(page)) == 2
    assert re.findall(r"\d+ seconds?", page) == ["3 seconds"]


def test_a_call_that_goes_on_is_shown_as_one(rt: Runtime, as_: As, clock: Clock) -> None:
    caller = Caller(rt).ring().press("0")
    route_due(rt)
    reference = tickets(rt)[0].reference
    lead = as_("lead")
    assert "still on the line" in lead.text(f"/tickets/{reference}")
    clock.forward(seconds=61)
    caller.hang_up(duration_s=61)
    assert "61 seconds" in lead.text(f"/tickets/{reference}")
