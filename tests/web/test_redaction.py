"""Words and stretches are masked on pages that work without JavaScript; no page, list or player gives what is masked."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from hotline.domain.redaction import BLOCK
from hotline.runtime import Runtime
from hotline.services.tickets.indexing import index_words
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Message, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.redactionmodels import Redaction
from tests.recorded import RecordingGateway, a_recording, fetch, mp3, wav
from tests.services.people.test_releasing import become, set_up
from tests.support import alter, text_in, tickets
from tests.web.everything import PAGES
from tests.web.test_working import happened
from tests.web.visiting import Visitor, told

As = Callable[[str], Visitor]
SAID = "orangi town mein Zqxaslam ne pistol dikha kar mera mobile cheen liya, number 0300 1234567"
NAME = "Zqxaslam"


@pytest.fixture
def rt(make_rt: Callable[..., Runtime], tmp_path: Path) -> Runtime:
    return make_rt(data_dir=tmp_path)


@pytest.fixture
def ticket(rt: Runtime, app: Flask) -> Ticket:
    text_in(rt, SAID)
    route_due(rt)
    return tickets(rt)[0]


def at(ticket: Ticket, *more: str) -> str:
    return "/".join((f"/tickets/{ticket.reference}", *more))


def now(rt: Runtime) -> str:
    return str(tickets(rt)[0].version)


def link(page: str) -> str:
    """The address of the page on which the words of the oldest text are chosen."""
    return re.findall(r'href="(/tickets/\d+/mask\?at=[\d-]+)"', page)[0]  # type: ignore[no-any-return]


def mask(rt: Runtime, visitor: Visitor, ticket: Ticket, word: str = NAME) -> None:
    address = link(visitor.text(at(ticket)))
    page = visitor.text(address)
    place = re.search(rf'value="(\d+)"> <bdi>{word}', page)
    assert place
    answer = visitor.post(at(ticket, "mask"), version=now(rt), at=address.split("=")[1], word=place[1])
    assert answer.status_code == 302, told(answer.text)


def row(rt: Runtime) -> Redaction:
    with rt.reading() as session:
        return session.scalars(select(Redaction)).one()


def test_a_word_is_ticked_and_shown_on_no_page_any_more(rt: Runtime, as_: As, ticket: Ticket) -> None:
    lead = as_("lead")
    assert NAME in lead.text(at(ticket))
    mask(rt, lead, ticket)
    index_words(rt)
    with rt.transaction() as tx:  # so that lists show its words
        tx.session.execute(update(Message).values(look=None))
    addresses = [at(ticket), at(ticket, "live"), "/?list=all", "/queue/list?list=all", link(lead.text(at(ticket))), at(ticket, "masked")]
    addresses += [shown.path for shown in PAGES if shown.who is not None and "{" not in shown.path]
    for login in ("lead", "alice", "head"):
        visitor = as_(login)
        for address in addresses:
            page = visitor.get(address).get_data(as_text=True)
            assert NAME.lower() not in page.lower(), address
    assert BLOCK in as_("alice").text(at(ticket))
    assert BLOCK in as_("alice").text("/?list=all")
    assert "pistol" in as_("alice").text(at(ticket))
    assert ticket.reference not in as_("alice").post("/search", q=NAME).get_data(as_text=True)


def test_it_is_listed_shown_again_and_rewritten_by_another(rt: Runtime, as_: As, ticket: Ticket) -> None:
    lead, head = as_("lead"), as_("head")
    mask(rt, lead, ticket)
    page = lead.text(at(ticket, "masked"))
    assert "Show it again" in page
    assert "Rewrite it for good" not in page
    assert "Another lead or the head can have it rewritten for good." in page
    refused = lead.post(at(ticket, "masked", str(row(rt).id), "rewrite"), version=now(rt))
    assert (refused.status_code, "You masked this yourself" in refused.text) == (403, True)
    assert "Rewrite it for good" in head.text(at(ticket, "masked"))
    assert head.post(at(ticket, "masked", str(row(rt).id), "undo"), version=now(rt)).status_code == 302
    assert NAME in as_("alice").text(at(ticket))
    with rt.transaction() as tx:
        tx.session.query(Redaction).delete()
    mask(rt, lead, ticket)
    assert head.post(at(ticket, "masked", str(row(rt).id), "rewrite"), version=now(rt)).status_code == 302
    page = lead.text(at(ticket, "masked"))
    assert "Rewritten for good, at the word of" in page
    assert "Show it again" not in page
    assert lead.post(at(ticket, "masked", str(row(rt).id), "undo"), version=now(rt)).status_code == 409
    timeline = as_("alice").text(at(ticket))
    assert "Masked a part of what was said" in timeline
    assert "Had a masked part rewritten for good" in timeline


def test_a_form_of_an_older_page_changes_nothing(rt: Runtime, as_: As, ticket: Ticket) -> None:
    lead, seen = as_("lead"), now(rt)
    mask(rt, lead, ticket)
    answer = as_("head").post(at(ticket, "masked", str(row(rt).id), "rewrite"), version=seen)
    assert (answer.status_code, "Somebody was first" in answer.text) == (409, True)
    assert row(rt).rewritten_at is None
    address = link(lead.text(at(ticket)))
    assert lead.post(at(ticket, "mask"), version=seen, at=address.split("=")[1], word="0").status_code == 409


def test_who_leads_nothing_sees_neither_the_links_nor_the_pages(rt: Runtime, as_: As, ticket: Ticket) -> None:
    lead, alice = as_("lead"), as_("alice")
    address = link(lead.text(at(ticket)))
    assert "/mask" not in alice.text(at(ticket))
    for page in (address, at(ticket, "masked")):
        assert alice.get(page).status_code == 403
    assert alice.post(at(ticket, "mask"), version=now(rt), at=address.split("=")[1], word="3").status_code == 403
    assert as_("auditor").get(at(ticket, "masked")).status_code == 404


def test_a_number_is_one_word_and_only_its_end_is_shown_to_who_may_not_see_numbers(rt: Runtime, as_: As, ticket: Ticket) -> None:
    lead = as_("lead")
    page = lead.text(link(lead.text(at(ticket))))
    assert "1234567" not in page.replace(ticket.reference, "")
    assert "567" in page
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).values(shows_numbers=True))
    assert "0300 1234567" in lead.text(link(lead.text(at(ticket))))


@pytest.mark.parametrize("sees", [False, True])
def test_of_a_number_that_takes_two_people_no_digit_is_shown_among_the_words(rt: Runtime, as_: As, ticket: Ticket, sees: bool) -> None:
    alter(rt, Ticket, hold=True)
    become(rt, "lead", shows_numbers=sees)
    set_up(rt, "lead")
    lead = as_("lead")
    words = re.findall(r'name="word" value="\d+"> <bdi>([^<]*)</bdi>', lead.text(link(lead.text(at(ticket)))))
    assert {"pistol", NAME, "…"} <= set(words)
    assert not any(letter.isdecimal() for word in words for letter in word)
    assert happened(rt, "number_shown") == []


@pytest.mark.parametrize("word", ["99999", "x", "-1", ""])
def test_what_was_not_chosen_from_the_page_masks_nothing(rt: Runtime, as_: As, ticket: Ticket, word: str) -> None:
    lead = as_("lead")
    address = link(lead.text(at(ticket)))
    assert lead.post(at(ticket, "mask"), version=now(rt), at=address.split("=")[1], word=word).status_code in (400, 422)
    assert lead.post(at(ticket, "mask"), version=now(rt), at="1-0", word="1").status_code == 404
    assert lead.get(at(ticket, "mask?at=nonsense")).status_code == 404


def test_a_long_text_is_chosen_from_in_parts(rt: Runtime, as_: As, app: Flask) -> None:
    text_in(rt, SAID + " lafz" * 600 + " Akhri")
    route_due(rt)
    ticket, lead = tickets(rt)[0], as_("lead")
    address = link(lead.text(at(ticket)))
    first, last = lead.text(address), lead.text(f"{address}&from=500")
    assert ("Part 3" in first, "Akhri" in first, "Akhri" in last) == (True, False, True)
    place = re.search(r'value="(\d+)"> <bdi>Akhri', last)
    assert place
    assert lead.post(at(ticket, "mask"), version=now(rt), at=address.split("=")[1], word=place[1]).status_code == 302
    assert "Akhri" not in lead.text(f"{address}&from=500")


def test_a_stretch_of_a_recording_is_silent_in_whole_and_in_parts(rt: Runtime, as_: As, app: Flask) -> None:
    gateway, sound = RecordingGateway(), wav(9)
    a_recording(rt, gateway, audio=sound, seconds=9)
    fetch(rt, gateway)
    route_due(rt)
    ticket, lead, alice = tickets(rt)[0], as_("lead"), as_("alice")
    assert "From second" in lead.text(at(ticket, "masked"))
    assert lead.post(at(ticket, "mask-recording"), version=now(rt), number="1", starts="2", ends="4").status_code == 302
    silent = sound[: 44 + 32_000] + bytes(32_000) + sound[44 + 64_000 :]
    assert alice.get(at(ticket, "recordings", "1")).data == silent
    part = alice.get(at(ticket, "recordings", "1"), Range="bytes=30000-70000")
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, silent[30_000:70_001], f"bytes 30000-70000/{len(sound)}")
    assert "Recording, from second 2 to 4" in lead.text(at(ticket, "masked"))
    for starts, ends in (("4", "4"), ("9", "12"), ("5", "1")):
        assert lead.post(at(ticket, "mask-recording"), version=now(rt), number="1", starts=starts, ends=ends).status_code == 422
    assert lead.post(at(ticket, "mask-recording"), version=now(rt), number="2", starts="1", ends="2").status_code == 422


def test_of_what_is_no_wav_the_page_says_that_nothing_was_masked(rt: Runtime, as_: As, app: Flask) -> None:
    gateway = RecordingGateway()
    a_recording(rt, gateway, audio=mp3(9), seconds=9)
    fetch(rt, gateway)
    route_due(rt)
    ticket, lead = tickets(rt)[0], as_("lead")
    answer = lead.post(at(ticket, "mask-recording"), version=now(rt), number="1", starts="2", ends="4")
    assert (answer.status_code, "of which no part can be silenced" in answer.text) == (409, True)
