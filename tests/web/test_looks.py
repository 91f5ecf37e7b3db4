"""The pages of the first look: the list, one screen for each text and recording, one key for each answer."""

import re
from collections.abc import Callable

from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import select, update

from hotline.domain.danger import Danger
from hotline.domain.look import Look, LookAnswer
from hotline.runtime import Runtime
from hotline.services.tickets import casework
from hotline.services.tickets.latelooks import tell_of_late
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Event, Message
from tests.opened import has_words
from tests.recorded import RecordingGateway, a_recording, fetch
from tests.services.colleagues import volunteer
from tests.support import OTHER, Clock, alter, text_in, tickets
from tests.web.everything import come_in
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]
PLAIN = "My motorcycle was taken away from Saddar last night"
BRIBED = "thanay ke SHO ne mujh se rishwat mangi"


def opened(visitor: Visitor) -> str:
    """The address of the visitor's next look."""
    answer = visitor.post("/looks/next")
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def test_the_list_shows_what_may_be_danger_first_and_says_what_is_late_and_the_goal(rt: Runtime, as_: As, clock: Clock) -> None:
    text_in(rt, PLAIN)
    text_in(rt, "???", sender=OTHER)
    with rt.transaction() as tx:
        tx.session.execute(update(Message).where(has_words(tx.session, "???")).values(look=Look.FIRST))
    clock.forward(minutes=4)
    page = as_("alice").text("/looks")
    assert "within 3 minutes, the rest within 15" in page
    assert page.index("May be danger") < page.index("Late")
    assert page.count("icon late") == 1


def test_the_links_on_top_say_how_many_wait_and_nothing_where_none_does(rt: Runtime, as_: As) -> None:
    alice = as_("alice")
    assert 'class="number count">1<' not in alice.text("/")
    text_in(rt, PLAIN)
    assert re.search(r'href="/looks">First look\s*<bdi dir="ltr" class="number count">1</bdi>', alice.text("/walk-in"))
    assert "/looks" not in as_("auditor").text("/audit")


def test_after_an_answer_the_next_one_is_shown_at_once(rt: Runtime, as_: As) -> None:
    text_in(rt, PLAIN)
    text_in(rt, "bachao", sender=OTHER)
    alice = as_("alice")
    first = opened(alice)
    assert "bachao" in alice.text(first)
    answer = alice.post(first, answer=LookAnswer.DANGER)
    assert PLAIN in alice.text(str(answer.headers["Location"]))
    assert tickets(rt)[1].danger == Danger.PERSON
    answer = alice.post(str(answer.headers["Location"]).split("?")[0], answer=LookAnswer.ORDINARY)
    assert answer.headers["Location"] == "/looks?done=looked_all"
    assert "Nothing else waits for you" in alice.text("/looks?done=looked_all")


def test_what_waits_for_a_second_person_says_so_and_does_not_say_what_the_first_said(rt: Runtime, as_: As) -> None:
    text_in(rt, "mera shohar mujhe marta hai")
    alice, bob = as_("alice"), as_("bob")
    answer = alice.post(opened(alice), answer=LookAnswer.ORDINARY)
    assert answer.headers["Location"] == "/looks?done=second"
    page = bob.text(opened(bob))
    assert "A colleague has looked at it too" in page
    assert "a second person is asked" in bob.text(f"/tickets/{tickets(rt)[0].reference}")


def test_a_colleague_who_was_first_is_told_of_and_the_next_one_shown(rt: Runtime, as_: As) -> None:
    text_in(rt, PLAIN)
    alice = as_("alice")
    mine = opened(alice)
    one = tickets(rt)[0]
    casework.mark_read(rt, volunteer(rt, "bob"), one.reference, one.version)
    answer = alice.post(mine, answer=LookAnswer.ORDINARY)
    assert answer.headers["Location"] == "/looks?done=first"
    assert alice.get(mine).headers["Location"] == "/looks?done=first"


def test_the_words_of_a_text_are_shown_whole_and_as_words(rt: Runtime, as_: As) -> None:
    text_in(rt, "<b>bold</b> " + "word " * 2000 + "the end")
    alice = as_("alice")
    page = alice.text(opened(alice))
    assert "&lt;b&gt;bold" in page
    assert "the end" in page


def test_a_sealed_text_is_on_no_list_of_others_and_to_read_it_is_noted(rt: Runtime, as_: As) -> None:
    text_in(rt, BRIBED)
    route_due(rt)
    alice, charlie = as_("alice"), as_("charlie")
    assert alice.post("/looks/next").headers["Location"] == "/looks"
    assert "Nothing waits for you" in alice.text("/looks")
    theirs = opened(charlie)
    assert BRIBED in charlie.text(theirs)
    assert (alice.get(theirs).status_code, alice.post(theirs, answer=LookAnswer.DANGER).status_code) == (404, 404)
    with rt.reading() as session:
        assert session.scalar(select(Event.volunteer_id).where(Event.kind == "viewed")) == volunteer(rt, "charlie").id


def test_a_recording_is_played_on_its_screen_and_only_then_is_it_ordinary(rt: Runtime, as_: As) -> None:
    gateway = RecordingGateway()
    a_recording(rt, gateway)
    fetch(rt, gateway)
    bob = as_("bob")
    mine = opened(bob)
    refused = bob.post(mine, answer=LookAnswer.ORDINARY)
    assert (refused.status_code, "Play the recording first" in refused.text) == (409, True)
    assert as_("alice").get(f"{mine}/audio").status_code == 404
    heard = bob.get(f"{mine}/audio")
    assert (heard.status_code, heard.mimetype) == (200, "audio/wav")
    assert bob.post(mine, answer=LookAnswer.ORDINARY).headers["Location"] == "/looks?done=looked_all"
    with rt.reading() as session:
        assert session.scalar(select(Event.kind).where(Event.kind == "listened")) == "listened"


def test_a_kind_that_is_not_on_the_list_is_refused_and_no_such_answer_too(rt: Runtime, as_: As) -> None:
    text_in(rt, PLAIN)
    alice = as_("alice")
    mine = opened(alice)
    assert alice.post(mine, answer=LookAnswer.KIND, kind="mars").status_code == 422
    assert alice.post(mine, answer="fine").status_code == 400
    assert alice.post(mine, answer=LookAnswer.KIND, kind="theft").status_code == 302
    assert tickets(rt)[0].category == "theft"


def test_only_this_phones_own_tickets_can_be_chosen_and_of_others_none(rt: Runtime, as_: As, clock: Clock) -> None:
    text_in(rt, PLAIN, sender=OTHER)
    text_in(rt, PLAIN)
    alter(rt, Message, look=None)
    clock.forward(days=3)
    text_in(rt, "one more thing about the motorcycle that they took from me")
    others, own, _ = tickets(rt)
    alice = as_("alice")
    page = alice.text(opened(alice))
    assert f'<option value="{own.reference}"' in page
    assert others.reference not in page


def test_the_alarm_about_late_looks_leads_to_the_list(rt: Runtime, as_: As, clock: Clock) -> None:
    text_in(rt, PLAIN)
    clock.forward(minutes=15)
    tell_of_late(rt)
    page = as_("alice").text("/")
    assert "waits too long for a first look" in page
    assert page.count("data-alarm=") == 1
    assert 'href="/looks">First look</a>' in page


def test_a_key_answers_and_a_key_whose_answer_needs_a_choice_goes_to_the_choice(rt: Runtime, app: Flask, address: str, page: Page) -> None:
    text_in(rt, PLAIN)
    text_in(rt, "bachao", sender=OTHER)
    come_in(page.context, app, address, "alice")
    page.goto(f"{address}/looks")
    page.click("main .go button")
    page.wait_for_url("**/looks/*")
    page.keyboard.press("1")
    page.wait_for_url("**done=looked")
    page.keyboard.press("2")
    assert page.evaluate("document.activeElement.id") == "kind"
    page.select_option("#kind", "theft")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=looked_all")
    assert {ticket.danger for ticket in tickets(rt)} == {None, Danger.PERSON}
    assert "theft" in {ticket.category for ticket in tickets(rt)}
