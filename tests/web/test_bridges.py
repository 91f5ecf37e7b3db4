"""The page of calls to make, and the forms of a ticket's page to call its citizen: who sees what, and that nobody sees a number."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from hotline.app import create_app
from hotline.domain.bridge import Came
from hotline.runtime import Runtime
from hotline.services.calls import bridging, callplans
from hotline.storage.bridgemodels import Bridge
from hotline.storage.models import Contact, Message, Ticket
from tests.calling import calls_of
from tests.opened import is_phone
from tests.services.calls.test_bridging import CallingGateway, talked, wanted, written
from tests.services.calls.test_missedcalls import VOICE
from tests.services.colleagues import settle, volunteer
from tests.services.duty.test_attendance import PHONE, give_phone
from tests.support import HER, OTHER, Clock, alter, count, tickets
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(voice=VOICE, data_dir=tmp_path)


@pytest.fixture
def app(rt: Runtime, tmp_path: Path) -> Flask:
    settle(rt, tmp_path)
    give_phone(rt, "alice")
    return create_app(rt)


def at(ticket: Ticket, rest: str = "") -> str:
    return f"/tickets/{ticket.reference}{rest}"


def form(rt: Runtime) -> dict[str, str]:
    return {"version": str(tickets(rt)[0].version)}


def test_the_button_rings_the_volunteer_and_the_page_says_what_to_do(rt: Runtime, as_: As) -> None:
    ticket, alice = wanted(rt), as_("alice")
    assert "Ring my phone" in alice.text(at(ticket))
    answer = alice.post(at(ticket, "/call"))
    assert answer.status_code == 302
    assert "Your phone will ring. Press 1, and say nothing until they speak." in alice.text(answer.location)
    assert [call.direction for call in calls_of(rt)] == ["in", "bridge"]


def test_a_second_click_makes_no_second_call_and_says_why(rt: Runtime, as_: As) -> None:
    ticket, alice = wanted(rt), as_("alice")
    alice.post(at(ticket, "/call"))
    answer = alice.post(at(ticket, "/call"))
    assert (answer.status_code, count(rt, Bridge)) == (409, 1)
    assert "A call is under way." in answer.text


def test_nobody_sees_a_number_and_the_script_tells_nothing(rt: Runtime, as_: As) -> None:
    ticket, alice = wanted(rt), as_("alice")
    talked(rt, CallingGateway(), ticket)
    for path in (at(ticket), "/calls-to-make", "/"):
        page = alice.text(path)
        assert HER not in page
        assert PHONE not in page
    page = alice.text(at(ticket))
    for sentence in ("Sorry, wrong number.", "Say nothing until somebody speaks.", "hang up without a word"):
        assert sentence in page
    assert page.index("Asked to call the citizen") < page.index("Call: joined") < page.index("Call: over: the two were joined, 70 seconds")


def test_what_came_of_it_is_asked_once(rt: Runtime, as_: As) -> None:
    ticket, alice = wanted(rt), as_("alice")
    talked(rt, CallingGateway(), ticket)
    assert "What came of your call?" in alice.text(at(ticket))
    assert "What came of your call?" not in as_("lead").text(at(ticket))
    assert alice.post(at(ticket, "/call/came"), came="other_voice").status_code == 302
    page = alice.text(at(ticket))
    assert "What came of your call?" not in page
    assert "What came of the call: Another voice" in page
    assert alice.post(at(ticket, "/call/came"), came="nonsense").status_code == 400


def test_the_code_word_is_shown_with_what_to_say(rt: Runtime, as_: As) -> None:
    ticket, alice = wanted(rt), as_("alice")
    alice.post(at(ticket, "/call/word"), **form(rt), word="chameli")
    page = alice.text(at(ticket))
    assert page.count("chameli") == 3  # among the facts, in what to say, and in the form
    assert "Say the code word first" in page


def test_she_is_told_that_a_woman_is_asked_for(rt: Runtime, as_: As) -> None:
    ticket = wanted(rt)
    alter(rt, Ticket, wants_woman=True)
    assert "A woman, please" in as_("alice").text(at(ticket))


def test_an_agreement_is_recorded_with_its_text(rt: Runtime, as_: As) -> None:
    ticket, alice = written(rt, "my bag was taken, please call"), as_("alice")
    assert "The citizen has not agreed to a call." in alice.text(at(ticket))
    with rt.reading() as session:
        text = session.scalars(select(Message).where(Message.direction == "in")).one()
    for wrong in ("", "x", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00"):
        assert alice.post(at(ticket, "/call/agreed"), **form(rt), written_at=wrong).status_code == 400
    assert alice.post(at(ticket, "/call/agreed"), **form(rt), written_at=text.created_at.isoformat()).status_code == 302
    assert "Ring my phone" in alice.text(at(ticket))


def test_two_people_record_why_silence_is_deadlier(rt: Runtime, as_: As) -> None:
    ticket, alice, lead = written(rt), as_("alice"), as_("lead")
    why = "Why silence is deadlier than a call"
    assert why in alice.text(at(ticket))
    alice.post(at(ticket, "/call/urge"), **form(rt), note="he said he would be back at six")
    assert why not in alice.text(at(ticket))
    assert "It takes a second person" in alice.text(at(ticket))
    assert alice.post(at(ticket, "/call/urge"), **form(rt), note="again").status_code == 403
    assert "You would be the second" in lead.text(at(ticket))
    lead.post(at(ticket, "/call/urge"), **form(rt), note="I agree")
    assert "Ring my phone" in alice.text(at(ticket))


def test_an_older_form_is_refused_and_its_words_are_kept(rt: Runtime, as_: As) -> None:
    ticket, alice = written(rt), as_("alice")
    answer = alice.post(at(ticket, "/call/urge"), version="1", note="he said he would be back at six")
    assert (answer.status_code, "he said he would be back at six" in answer.text) == (409, True)


def test_who_may_not_call_is_told_who_may(rt: Runtime, as_: As) -> None:
    ticket = wanted(rt)
    page = as_("bob").text(at(ticket))
    assert "Ring my phone" not in page
    assert "The volunteer who has this ticket can call" in page
    assert as_("bob").post(at(ticket, "/call")).status_code == 403


def test_the_list_has_the_late_ones_first_each_with_its_button(rt: Runtime, as_: As, clock: Clock) -> None:
    first = wanted(rt)
    clock.forward(hours=3)
    second = written(rt, "my bag was taken")
    [other] = [one for one in tickets(rt) if one.id != first.id] or [second]
    callplans.promise(rt, volunteer(rt, "lead"), other.reference, version=other.version)
    with rt.transaction() as tx:
        tx.session.execute(update(Contact).where(is_phone(OTHER)).values(may_call=False))
    page = as_("alice").text("/calls-to-make")
    found = re.findall(r'href="/tickets/(\d+)#call-back"', page)
    assert found == [first.reference, other.reference]
    assert page.count("Late: it was to be made until") == 1
    assert page.count("Ring my phone") == 1
    assert as_("alice").post(at(first, "/call")).status_code == 302
    assert "A call is under way." in as_("alice").text("/calls-to-make")


def test_a_call_leaves_the_list_when_somebody_says_why_it_is_not_made(rt: Runtime, as_: As) -> None:
    ticket, alice = wanted(rt), as_("alice")
    assert alice.post(at(ticket, "/call/give-up"), **form(rt), note="").status_code == 422
    assert ticket.reference in alice.text("/calls-to-make")
    assert alice.post(at(ticket, "/call/give-up"), **form(rt), note="she came in herself").status_code == 302
    assert ticket.reference not in alice.text("/calls-to-make")
    assert "she came in herself" in alice.text(at(ticket))
    alice.post(at(ticket, "/call/promise"), **form(rt))
    assert ticket.reference in alice.text("/calls-to-make")


def test_a_call_that_was_joined_leaves_the_list(rt: Runtime, as_: As) -> None:
    ticket, alice = wanted(rt), as_("alice")
    talked(rt, CallingGateway(), ticket, Came.SPOKE)
    assert ticket.reference not in alice.text("/calls-to-make")
    assert "No call was promised that is still to be made." in alice.text("/calls-to-make")


def test_an_auditor_reads_the_steps_and_neither_word_nor_reason(rt: Runtime, as_: As) -> None:
    ticket = wanted(rt)
    callplans.keep_word(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, word="chameli")
    bridging.ask(rt, volunteer(rt, "alice"), ticket.reference)
    page = as_("auditor").text(at(ticket))
    assert "Asked to call the citizen" in page
    assert "chameli" not in page
    assert as_("auditor").get("/calls-to-make").status_code == 404
