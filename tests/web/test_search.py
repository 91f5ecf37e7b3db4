"""The search: what finds a ticket, who is told of a search, and what stands in no address and no log."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from hotline.domain.reference import written
from hotline.runtime import Runtime
from hotline.sections import Web
from hotline.services.tickets import facts
from hotline.services.tickets.indexing import index_words
from hotline.services.tickets.routing import route_due
from hotline.services.tickets.search import FoundTickets
from hotline.storage.models import Event, Ticket
from hotline.storage.peoplemodels import Login, Volunteer
from tests.services.colleagues import volunteer
from tests.support import HER, OTHER, Clock, text_in, tickets
from tests.web.test_queues import lists_on
from tests.web.visiting import Visitor, told

As = Callable[[str], Visitor]

SNATCHED = "do larkon ne pistol dikha kar mera mobile cheen liya"
BRIBED = "thanay ke SHO ne mujh se rishwat mangi"
NOTHING = "Nothing found that is yours to see. Try fewer words, another spelling, or the last four digits of the number."


def a_ticket(rt: Runtime, body: str = SNATCHED, *, sender: str = HER) -> Ticket:
    """A citizen texts, the ticket is routed and its words are indexed."""
    text_in(rt, body, sender=sender)
    route_due(rt)
    while index_words(rt):
        pass
    return tickets(rt)[-1]


def listed(html: str) -> list[str]:
    """The references on a page of results, in its order."""
    return re.findall(r'<a class="ref" href="/tickets/([0-9]{9})">', html)


def seek(her: Visitor, typed: str) -> str:
    """The page of results for a search."""
    answer = her.post("/search", q=typed)
    return her.text(answer.location) if answer.status_code == 303 else answer.get_data(as_text=True)


def notice(html: str) -> str:
    found = re.search(r'<div class="notice" role="status"[^>]*>(.*?)</div>', html, re.DOTALL)
    return unescape(found[1]) if found else ""


def may_seek_numbers(rt: Runtime, login: str) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).where(Volunteer.login == login).values(shows_numbers=True))


def found_events(rt: Runtime) -> list[Event]:
    with rt.reading() as session:
        return list(session.scalars(select(Event).where(Event.kind == "number_sought")))


# A reference


@pytest.mark.parametrize(
    "way",
    [
        "{0}{1}{2}",
        "{0}-{1}-{2}",
        " {0} {1} {2} ",
        "{0}.{1}.{2}",
        "\u2067{0}\u2013{1}\u2013{2}\u2069",
        "no {0}-{1}-{2} please",
        "نمبر {0} {1} {2}",
    ],
)
def test_a_reference_in_any_writing_leads_straight_to_the_ticket(rt: Runtime, as_: As, way: str) -> None:
    ticket = a_ticket(rt)
    typed = way.format(ticket.reference[:3], ticket.reference[3:6], ticket.reference[6:])
    for digits in (typed, typed.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))):
        answer = as_("alice").post("/search", q=digits)
        assert (answer.status_code, answer.location) == (302, f"/tickets/{ticket.reference}")


def test_a_reference_is_found_before_it_is_indexed(rt: Runtime, as_: As) -> None:
    text_in(rt, SNATCHED)
    [ticket] = tickets(rt)
    assert as_("alice").post("/search", q=ticket.reference).location == f"/tickets/{ticket.reference}"


def test_last_digits_list_the_tickets_that_end_so(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    alice = as_("alice")
    for n in (4, 6, 8):
        assert listed(seek(alice, ticket.reference[-n:])) == [ticket.reference]
    assert listed(seek(alice, f"{ticket.reference[-4:-2]} {ticket.reference[-2:]}")) == [ticket.reference]
    assert listed(seek(alice, ticket.reference[-3:])) == []


def test_short_digits_that_end_no_reference_are_a_word(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt, "gari ka number KHI 0004 hai, meri gari chori hui")
    assert listed(seek(as_("alice"), "0004")) == [ticket.reference]


def test_nine_digits_that_are_no_reference_are_said_to_be_wrong(rt: Runtime, as_: As) -> None:
    assert notice(seek(as_("alice"), "482719366")).startswith("No ticket has this number: one of its digits is wrong.")


# Words


@pytest.mark.parametrize(
    ("texted", "typed"),
    [
        ("كراچي ۾ منهنجي موٽر سائيڪل چوري ٿي وئي", "موٽر سائیکل"),  # Sindhi, typed on an Urdu keyboard
        ("میری موٹر سائیکل چوری ہو گئی", "موٹر سائيكل"),  # Urdu, typed on an Arabic one
        ("تھانے مِیں شکایت دَرج نہیں ہوئی", "شکایت درج نہیں"),
        (SNATCHED, "Mobile CHIN"),
        ("My motorcycle was stolen from Saddar", "saddar, motorcycle!"),
        ("ghar mein aag lagi hai", "aag\u200f"),
        ("gari ka number abc123 tha", "ABC-123"),
        ("bike LEA-18-4521 le gaye", "lea184521"),
        ("ڀٽائي آباد ۾ پاڻي ناهي", "بھٹائی"),
        ("یہ غلط فہمی ہے", "غلط\u200cفہمی"),
    ],
)
def test_words_are_found_however_they_are_written(rt: Runtime, as_: As, texted: str, typed: str) -> None:
    ticket = a_ticket(rt, texted)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(sealed=False))
    assert listed(seek(as_("alice"), typed)) == [ticket.reference]


def test_only_tickets_that_have_all_the_words_newest_first(rt: Runtime, as_: As) -> None:
    one = a_ticket(rt, "mera mobile saddar mein chori hua")
    a_ticket(rt, "mera mobile korangi mein chori hua", sender=OTHER)
    two = a_ticket(rt, "saddar mein chori, mobile gaya", sender="+923331234599")
    assert listed(seek(as_("alice"), "chori mobile saddar")) == [two.reference, one.reference]
    assert listed(seek(as_("alice"), "saddar korangi")) == []


def test_a_result_is_a_row_as_of_the_queue_and_the_box_keeps_what_was_asked(rt: Runtime, as_: As) -> None:
    a_ticket(rt, "bhai ka mobile gali mein chori hua")
    a_ticket(rt, "mobile wale ne toheen e mazhab ki hai", sender=OTHER)
    bob = as_("bob")
    page = seek(bob, "Mobile CHORI")
    assert "bhai ka mobile gali mein chori hua" in page
    assert "Theft" in page
    assert "Assigned" in page
    assert re.search(r"<time [^>]+>\d+ min</time>", page)
    assert "923001" not in page
    assert 'value="Mobile CHORI"' in page
    address = bob.post("/search", q="chori").location
    assert 'value="chori"' in bob.text(address)
    assert 'value="mobile"' in seek(bob, "mobile")
    assert 'value=""' in bob.text(address)  # the words of another search stand in no box
    religion = seek(bob, "mazhab")
    assert len(listed(religion)) == 1
    assert "toheen" not in religion
    assert "Its words stand on the ticket only." in religion
    bob.post("/logout")
    with rt.reading() as session:
        assert session.scalars(select(Login.sought)).all() == [None]


def test_nothing_found_says_what_to_try_and_keeps_what_she_typed(rt: Runtime, as_: As) -> None:
    a_ticket(rt)
    page = seek(as_("alice"), "elephant pistol")
    assert notice(page) == NOTHING
    assert 'value="elephant pistol"' in page


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "'",
        '" OR 1=1 --',
        "%",
        "_",
        "\0",
        "%\0%",
        "\u202e\u200b\u2066",
        "<script>alert(1)</script>",
        "چور " * 2500,
        "9" * 10_000,
        "؟",
        "😀",
        "+",
        "#9365",
    ],
)
def test_hostile_input_finds_nothing_and_breaks_nothing(rt: Runtime, as_: As, typed: str) -> None:
    a_ticket(rt)
    answer = as_("alice").post("/search", q=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert listed(page) == []
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    "address",
    [
        "?w=x",
        "?w=%00",
        "?w=AAAA",
        "?w=%F0%9F%98%80",
        "?w=AAAAAAAAAAA&before=%00",
        "?w=AAAAAAAAAAA&before=1",
        "?before=1",
        "?w=" + "A" * 5000,
    ],
)
def test_an_address_nobody_was_given_finds_nothing(rt: Runtime, as_: As, address: str) -> None:
    a_ticket(rt)
    answer = as_("alice").get(f"/search{address}")
    assert answer.status_code == 200
    assert listed(answer.get_data(as_text=True)) == []


def test_neither_words_nor_numbers_stand_in_an_address(rt: Runtime, as_: As) -> None:
    a_ticket(rt)
    may_seek_numbers(rt, "alice")
    answers = [as_("alice").post("/search", q=typed) for typed in ("pistol", "0300 1234501", "elephant")]
    assert [answer.status_code for answer in answers] == [303, 200, 200]
    assert re.fullmatch(r"/search\?w=[\w-]{11}", answers[0].location)
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"


# Pages


@pytest.fixture
def small_pages(app: Flask, rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tickets on a page."""
    object.__setattr__(rt.config, "web", Web(page_rows=2))


def next_page(html: str) -> str:
    found = re.search(r'href="(/search\?w=[^"]+before=[^"]+)"', html)
    return unescape(found[1]) if found else ""


def test_the_pages_have_every_ticket_once(rt: Runtime, as_: As, small_pages: None) -> None:
    all_of_them = [a_ticket(rt, sender=f"+92300123450{n}").reference for n in range(5)]
    alice = as_("alice")
    pages = [seek(alice, "pistol")]
    while at := next_page(pages[-1]):
        assert re.fullmatch("[1-9][0-9]{8}", at.partition("before=")[2])  # a reference, as an id would count the tickets of others
        pages.append(alice.text(at))
    assert [len(listed(page)) for page in pages] == [2, 2, 1]
    assert [one for page in pages for one in listed(page)] == all_of_them[::-1]
    assert "First page" in pages[-1]
    assert "First page" not in pages[0]


def test_whoever_turns_the_page_from_a_ticket_that_was_sealed_meanwhile_begins_anew(rt: Runtime, as_: As, small_pages: None) -> None:
    for n in range(5):
        a_ticket(rt, sender=f"+92300123450{n}")
    alice = as_("alice")
    at = next_page(seek(alice, "pistol"))
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).where(Ticket.reference == at[-9:]).values(sealed=True, team_id=None))
    assert listed(alice.text(at))[0] == tickets(rt)[-1].reference


# Who is told


def test_a_sealed_ticket_is_found_by_its_team_and_by_nobody_else_in_any_way(rt: Runtime, as_: As) -> None:
    sealed = a_ticket(rt, BRIBED)
    ways = [sealed.reference, sealed.reference[-4:], "rishwat", "0300 1234501"]
    for login in ("alice", "bob", "lead", "head", "charlie"):
        may_seek_numbers(rt, login)
    assert as_("charlie").post("/search", q=ways[0]).status_code == 302
    assert [listed(seek(as_("charlie"), way)) for way in ways[1:]] == [[sealed.reference]] * 2 + [[]]  # its number takes two people
    for login in ("alice", "bob", "lead", "head"):
        her = as_(login)
        for way in ways:
            page = seek(her, way)
            assert notice(page) == NOTHING, (login, way)
            absent = page.replace(f'value="{way}"', "")
            assert sealed.reference not in absent
            assert written(sealed.reference) not in absent
    with rt.reading() as session:
        assert session.scalars(select(Event).where(Event.kind == "number_sought")).all() == []  # the timeline would confirm it


def test_whoever_is_shut_out_of_a_ticket_finds_it_in_no_way_and_does_not_count_it(rt: Runtime, as_: As) -> None:
    for login in ("alice", "bob"):
        may_seek_numbers(rt, login)
    other, named = a_ticket(rt, sender=OTHER), a_ticket(rt)
    ways = [named.reference, named.reference[-4:], "pistol", "0300 1234501"]
    bob = as_("bob")
    assert all(named.reference in seek(bob, way) for way in ways)
    assert lists_on(bob.text("/"))["teams"] == "2"
    facts.shut_out(rt, volunteer(rt, "lead"), named.reference, version=named.version, whom=volunteer(rt, "bob").id, out=True)
    for way in ways:
        page = seek(bob, way).replace(f'value="{way}"', "")
        assert listed(page) == ([other.reference] if way == "pistol" else []), way
        assert named.reference not in page
        assert written(named.reference) not in page
    assert bob.get(f"/search?w={'A' * 11}&before={named.reference}").status_code == 200
    assert lists_on(bob.text("/"))["teams"] == "1"
    assert [len(found_events(rt)), named.reference in seek(as_("alice"), "0300 1234501")] == [1, True]


def test_a_sealed_ticket_leaves_no_gap_between_those_she_sees(rt: Runtime, as_: As) -> None:
    one = a_ticket(rt, "rishwat nahi, mobile cheen liya", sender=OTHER)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(sealed=False))
    a_ticket(rt, BRIBED)
    page = seek(as_("alice"), "rishwat")
    assert listed(page) == [one.reference]
    assert next_page(page) == ""


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_who_does_not_work_tickets_searches_nothing(rt: Runtime, as_: As, role: str) -> None:
    ticket = a_ticket(rt)
    her = as_("alice")
    at = her.post("/search", q="pistol").location
    with rt.transaction() as tx:
        tx.session.execute(update(Volunteer).values(role=role))
    answers = [her.get("/search"), her.get(at), *(her.post("/search", q=way) for way in ("pistol", ticket.reference, HER))]
    assert {answer.status_code for answer in answers} <= {403, 404}
    assert ticket.reference not in "".join(answer.text for answer in answers)
    assert 'id="search"' not in her.text("/nowhere")


def test_a_stranger_is_sent_to_the_log_in(rt: Runtime, visitor: Visitor) -> None:
    a_ticket(rt)
    assert visitor.get("/search").location == "/login?next=/search"
    assert visitor.post("/search", q="pistol").location == "/login"


# A phone number


@pytest.mark.parametrize(
    "typed",
    [
        "+923001234501",
        "0300-1234501",
        "0300 1234501",
        "923001234501",
        "00923001234501",
        "(0300) 123.4501",
        "۰۳۰۰۱۲۳۴۵۰۱",
        "\u200e+92 300 1234501",
    ],
)
def test_a_number_however_it_is_written_lists_her_tickets_newest_first(rt: Runtime, as_: As, clock: Clock, typed: str) -> None:
    one = a_ticket(rt)
    clock.forward(hours=1)
    two = a_ticket(rt, "ghar mein chori hui hai")
    a_ticket(rt, sender=OTHER)
    may_seek_numbers(rt, "alice")
    assert listed(seek(as_("alice"), typed)) == [two.reference, one.reference]


def test_a_number_is_searched_by_whoever_has_the_right_and_by_nobody_else(rt: Runtime, as_: As) -> None:
    a_ticket(rt)
    answer: TestResponse = as_("alice").post("/search", q="0300 1234501")
    assert answer.status_code == 403
    assert told(answer).startswith("Searching by a phone number is a right you do not have.")
    assert listed(answer.get_data(as_text=True)) == []
    assert found_events(rt) == []


def test_a_search_by_number_is_told_to_the_ticket_and_the_log_without_the_number(rt: Runtime, as_: As, logged: list[Any]) -> None:
    ticket = a_ticket(rt)
    may_seek_numbers(rt, "alice")
    her = as_("alice")
    page = seek(her, "0300 1234501")
    seek(her, "0333 9999999")
    assert [(line["event"], line["volunteer_id"], line["rows"]) for line in logged if "was searched for" in line["event"]] == [
        ("a phone number was searched for", volunteer(rt, "alice").id, n) for n in (1, 0)
    ]
    assert not re.search("1234501|9999999", str(logged))
    [event] = found_events(rt)
    assert (event.ticket_id, event.volunteer_id, event.data) == (ticket.id, volunteer(rt, "alice").id, {})
    assert re.findall(r"\S+ 1234501", page) == ['value="0300 1234501']  # in the box, as it was typed, and nowhere else
    assert "Found by its phone number" in her.text(f"/tickets/{ticket.reference}")


def test_a_number_typed_in_for_a_walk_in_is_found_too_and_very_many_tickets_are_cut(rt: Runtime, as_: As, small_pages: None) -> None:
    may_seek_numbers(rt, "alice")
    alice = as_("alice")
    for n in range(3):
        alice.post("/walk-in", token=f"{n:032x}", words=SNATCHED, language="ur", category="", number="0300 1234501")
    page = seek(alice, HER)
    assert listed(page) == [ticket.reference for ticket in tickets(rt)[:0:-1]]
    assert "Older ones are not shown." in page
    assert len(found_events(rt)) == 2


def test_a_search_by_number_changes_no_ticket(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    may_seek_numbers(rt, "alice")
    seek(as_("alice"), HER)
    assert tickets(rt)[0].version == ticket.version


# The box


@pytest.mark.parametrize("path", ["/", "/search", "/walk-in"])
def test_every_page_has_one_box(rt: Runtime, as_: As, path: str) -> None:
    assert as_("alice").text(path).count('id="search"') == 1


def test_a_form_without_its_token_is_refused(rt: Runtime, as_: As) -> None:
    alice = as_("alice")
    assert alice.client.post("/search", base_url="https://hotline.example.org", data={"q": "x"}).status_code == 400


def test_of_149_words_twelve_are_searched_for_and_the_others_are_named(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt, "one two three four five six seven eight nine ten eleven twelve")
    typed = "one two three four five six seven eight nine ten eleven twelve zebra " + "a b " * 60
    answer = as_("lead").post("/search", q=typed)
    assert answer.status_code == 200
    assert f'href="/tickets/{ticket.reference}"' in answer.text
    assert "These were left out:" in answer.text
    assert "<bdi>zebra</bdi>" in answer.text
    assert "w=" not in answer.headers.get("Location", "")


def test_an_address_with_more_words_than_that_is_searched_for_the_first(rt: Runtime, as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    monkeypatch.setattr("hotline.services.tickets.search.by_words", lambda *given, **_: looked.append(len(given[3])) or FoundTickets())
    as_("lead").get("/search?w=" + "A" * 3_200)
    assert looked == [12]
