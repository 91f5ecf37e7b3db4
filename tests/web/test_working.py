"""Working a ticket on its page: reply, facts, pass on, and words that survive whatever happens."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from hotline.domain.call import OURS, CallDirection, CallReason
from hotline.domain.conversation import ReadAs
from hotline.domain.delivery import Reason
from hotline.domain.texts import REPLIES
from hotline.runtime import Runtime
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Contact, Draft, Event, Message, Note, ShutOut, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.web import words
from tests.opened import renumber
from tests.services.colleagues import volunteer
from tests.support import HER, NOON, Clock, alter, count, text_in, texts_out, tickets
from tests.web.visiting import BASE, Visitor, told

As = Callable[[str], Visitor]

SNATCHED = "do larkon ne pistol dikha kar mera mobile cheen liya"
BODY = "Where was it? <b>bold</b> \u06c1"


@pytest.fixture
def ticket(rt: Runtime, app: Flask) -> Ticket:
    """A citizen texted; the people of the tests exist."""
    text_in(rt, SNATCHED)
    route_due(rt)
    return tickets(rt)[0]


def at(ticket: Ticket, rest: str = "") -> str:
    return f"/tickets/{ticket.reference}{rest}"


def written(rt: Runtime) -> list[str]:
    return [text.body for text in texts_out(rt) if text.volunteer_id is not None]


def box(html: str) -> str:
    """The text in the box for the citizen."""
    found = re.search(r'<textarea id="body"[^>]*>(.*?)</textarea>', html, re.DOTALL)
    assert found
    return unescape(found[1])


def happened(rt: Runtime, kind: str) -> list[Event]:
    with rt.reading() as session:
        return list(session.scalars(select(Event).where(Event.kind == kind)))


SAFER = ("/priority", "/hold", "/seal")
"""Forms that, as `forms` fills them in, keep people safe: they ask for no version."""


def forms(ticket: Ticket) -> list[tuple[str, dict[str, str]]]:
    """Every form of the page, right for its version."""
    version = {"version": str(ticket.version)}
    return [
        (at(ticket, "/reply"), version | {"body": "We have read it."}),
        (at(ticket, "/draft"), version | {"body": "We have read it."}),
        (at(ticket, "/number"), {}),
        (at(ticket, "/facts"), version | {"category": "theft", "area": "lyari"}),
        (at(ticket, "/priority"), version | {"priority": "1"}),
        (at(ticket, "/facts"), version | {"category": "theft", "by": "tomorrow"}),
        (at(ticket, "/hold"), version | {"on": "1"}),
        (at(ticket, "/seal"), version | {"kind": "police"}),
        (at(ticket, "/unseal"), version | {"note": "why"}),
        (at(ticket, "/shut-out"), version | {"whom": "1", "out": "1"}),
        (at(ticket, "/pass-on"), version | {"to": "team:street"}),
        (at(ticket, "/contact"), version | {"may_text": "1"}),
    ]


# Who may


def test_a_sealed_ticket_of_another_team_is_not_there_by_any_form(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alter(rt, Ticket, sealed=True)
    nobodys = Ticket(reference="482719365", version=ticket.version)
    charlie = as_("charlie")
    for (path, form), (other, _) in zip(forms(ticket), forms(nobodys), strict=True):
        one, two = charlie.post(path, **form), charlie.post(other, **form)
        assert (one.status_code, told(one)) == (404, "There is no such ticket, or it is not yours to see."), path
        assert re.sub(r'value="[^"]*"', "", one.text) == re.sub(r'value="[^"]*"', "", two.text)
    assert (tickets(rt)[0].version, written(rt), count(rt, Draft), count(rt, ShutOut)) == (ticket.version, [], 0, 0)


def test_whoever_works_no_tickets_changes_none(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alter(rt, Volunteer, role="auditor", shows_numbers=True)
    bob = as_("bob")
    for path, form in forms(ticket):
        assert bob.post(path, **form).status_code in {200, 403, 404} if path.endswith("/draft") else {403, 404}, path
    assert (tickets(rt)[0].version, written(rt), happened(rt, "number_shown")) == (ticket.version, [], [])


def test_a_stranger_is_sent_to_the_log_in(rt: Runtime, visitor: Visitor, ticket: Ticket) -> None:
    for path, form in forms(ticket):
        assert visitor.post(path, **form).location == "/login", path
    assert tickets(rt)[0].version == ticket.version


def test_a_stale_form_changes_nothing_and_keeps_her_words(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    alice.post(at(ticket, "/hold"), version=str(ticket.version), on="1")
    for path, form in forms(ticket):
        if "version" in form and not path.endswith(("/unseal", "/shut-out", "/draft", *SAFER)):
            answer = alice.post(path, **form | {"note": "my own words"})
            assert answer.status_code == 409, path
            assert "my own words" in answer.text, path
    assert tickets(rt)[0].version == ticket.version + 1
    assert box(alice.text(at(ticket))) == "We have read it."


def test_what_keeps_people_safe_is_done_from_a_stale_form_and_undone_only_from_a_new_one(rt: Runtime, as_: As, ticket: Ticket) -> None:
    lead, stale = as_("lead"), str(ticket.version)
    text_in(rt, "aur suno")
    text_in(rt, "aur suno")
    for path, form in forms(ticket):
        if path.endswith(("/hold", "/priority")):
            assert lead.post(path, **form).status_code == 302, path
    assert (tickets(rt)[0].hold, tickets(rt)[0].priority) == (True, 1)
    for path, form in (("/hold", {}), ("/priority", {"priority": "3"})):
        assert lead.post(at(ticket, path), version=stale, note="why", **form).status_code == 409, path
    assert (tickets(rt)[0].hold, tickets(rt)[0].priority) == (True, 1)
    [(path, form)] = [one for one in forms(ticket) if one[0].endswith("/seal")]
    assert lead.post(path, **form).status_code == 302
    assert tickets(rt)[0].sealed


def test_odd_values_are_refused(rt: Runtime, as_: As, ticket: Ticket) -> None:
    lead, version = as_("lead"), str(ticket.version)
    odd = [
        ("/priority", {"priority": "5"}),
        ("/priority", {"priority": "x"}),
        ("/facts", {"category": "theft", "by": "at", "at": "soon"}),
        ("/facts", {"category": "theft", "by": "at", "at": "0001-01-01T00:00"}),
        ("/contact", {"safe_from": "25:00"}),
        ("/shut-out", {"whom": "\u0663"}),
        ("/pass-on", {"to": ""}),
        ("/pass-on", {"to": "volunteer:9" * 30}),
        ("/reply", {"do": "insert", "template": "receipt"}),
    ]
    for path, form in odd:
        assert lead.post(at(ticket, path), version=version, **form).status_code == 400, (path, form)
    for path, form in (
        ("/priority", {"priority": "4"}),  # last are only tickets of a phone that two people marked
        ("/pass-on", {"to": "team:mars"}),
        ("/pass-on", {"to": "volunteer:999"}),
        ("/facts", {"category": "theft", "by": "at", "at": "2020-01-01T00:00"}),
    ):
        assert lead.post(at(ticket, path), version=version, **form).status_code == 422, (path, form)
    assert tickets(rt)[0].version == ticket.version


# Writing to the citizen


def test_a_template_is_put_in_in_the_citizens_language_whatever_hers(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alter(rt, Contact, language="sd")
    alice = as_("alice")
    page = alice.post(at(ticket, "/reply"), do="insert", template="reply_where", body="", version=str(ticket.version))
    assert page.status_code == 200
    assert "ڪٿي ٿيو" in box(page.text)
    assert "ڪٿي ٿيو" in box(alice.text(at(ticket)))
    assert page.text.count('<option value="reply_') == len(REPLIES)
    assert "1 segment" in page.text
    assert written(rt) == []


def test_she_sends_it_once_however_often_she_clicks_and_sees_it_on_the_timeline(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    for _ in range(2):
        answer = alice.post(at(ticket, "/reply"), body=BODY, version=str(ticket.version), do="send")
        assert (answer.status_code, answer.location) == (302, f"/tickets/{ticket.reference}?sent=1&at=reply")
    assert written(rt) == [BODY]
    page = alice.text(answer.location)
    assert box(page) == ""
    assert "Your text is on its way." in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "From us, written by <bdi>Alice</bdi>" in page


def test_other_words_from_a_form_gone_back_to_are_not_taken_for_a_double_click(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice, version = as_("alice"), str(ticket.version)
    alice.post(at(ticket, "/reply"), body=BODY, version=version)
    answer = alice.post(at(ticket, "/reply"), body="One thing more.", version=version)
    assert (answer.status_code, box(answer.text), written(rt)) == (409, "One thing more.", [BODY])
    assert box(alice.text(at(ticket))) == "One thing more."


def test_a_draft_of_a_form_that_was_sent_is_not_kept(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice, version = as_("alice"), ticket.version
    for late in (version, version - 1):
        alice.post(at(ticket, "/reply"), body=BODY, version=str(version))
        answer = alice.post(at(ticket, "/draft"), body=BODY[:9], version=str(late))
        assert (answer.status_code, answer.text, box(alice.text(at(ticket)))) == (409, "", "")
    assert as_("bob").post(at(ticket, "/draft"), body="His own", version=str(version)).status_code == 200
    assert alice.post(at(ticket, "/draft"), body="The next", version=str(version + 1)).status_code == 200
    assert alice.post(at(ticket, "/draft"), body="The next").status_code == 400
    assert box(alice.text(at(ticket))) == "The next"


def test_what_says_too_much_asks_first(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice, form = as_("alice"), {"body": "Your complaint about the police", "version": str(ticket.version)}
    page = alice.post(at(ticket, "/reply"), **form)
    assert page.status_code == 422
    assert '<mark dir="auto">complaint</mark>' in page.text
    assert "Send it all the same" in page.text
    assert (written(rt), box(page.text)) == ([], form["body"])
    token = alice.token()
    sent = alice.client.post(
        at(ticket, "/reply"), base_url=BASE, data=form | {"csrf_token": token, "word": ["complaint", "police"], "do": "send"}
    )
    assert sent.status_code == 302
    assert written(rt) == [form["body"]]


def test_what_may_not_go_is_refused_and_her_words_stay(rt: Runtime, as_: As, ticket: Ticket, clock: Clock) -> None:
    clock.forward(minutes=10)
    alter(rt, Ticket, hold=True)
    alice = as_("alice")
    page = alice.post(at(ticket, "/reply"), body=BODY, version=str(ticket.version))
    assert page.status_code == 409
    assert told(page).startswith(("On hold.", "Not sent: the ticket is on hold"))
    assert "Not sent:" in page.text
    assert (written(rt), box(alice.text(at(ticket)))) == ([], BODY)


@pytest.mark.parametrize(
    ("model", "values", "why", "instead"),
    [
        (Contact, {"number": "+922135662222"}, "it is a landline", "Ring it if it may be rung"),
        (Contact, {"stopped_at": NOON}, "the citizen asked us not to text", "the word START allows it again"),
        (
            Contact,
            {"may_text": False},
            "this phone may not be texted",
            "This phone is told the stage if it asks with the number of the ticket",
        ),
        (
            Contact,
            {"kind": "withheld", "mark": None, "number": None},
            "no phone that we can text",
            "Only the phone that a ticket came from is told its stage",
        ),
        (Ticket, {"hold": True}, "the ticket is on hold", "Answer the next text of the citizen at once"),
        (
            Contact,
            {"on_hold": True},
            "this phone may not be texted",
            "This phone is told the stage if it asks with the number of the ticket",
        ),
    ],
)
def test_where_no_text_can_go_she_is_told_why_and_what_instead_before_she_types(
    rt: Runtime, as_: As, ticket: Ticket, clock: Clock, model: type, values: dict[str, object], why: str, instead: str
) -> None:
    clock.forward(minutes=10)  # what the citizen wrote is not so fresh any more that a volunteer may answer it
    if "+922135662222" in values.values():
        with rt.transaction() as tx:
            renumber(tx.session, ticket.contact_id, "+922135662222")
        alter(rt, Message, read_as=ReadAs.WRITTEN)  # it called, and has never texted
    else:
        alter(rt, model, **values)
    bob = as_("bob")
    page = bob.text(at(ticket))
    before, _, form = page.partition('<textarea id="body"')
    assert 'value="send"' not in page
    assert 'value="check"' in form
    assert re.search(f"No text can go to this phone now:</strong> .*{why}.*{instead}", before)
    refused = bob.post(at(ticket, "/reply"), body=BODY, version=str(ticket.version))
    assert (refused.status_code, box(refused.text), written(rt)) == (409, BODY, [])


def test_a_landline_that_texted_is_texted_too(rt: Runtime, as_: As, ticket: Ticket, clock: Clock) -> None:
    clock.forward(minutes=10)
    with rt.transaction() as tx:
        renumber(tx.session, ticket.contact_id, "+922135662222")
    assert 'value="send"' in as_("bob").text(at(ticket))


def test_every_reason_against_a_reply_has_words_and_a_way_out() -> None:
    assert set(words.REASONS) == set(Reason)
    assert set(words.INSTEAD) == set(Reason) - {
        *(Reason.TOO_LATE, Reason.UNREADABLE, Reason.ERASED, Reason.NEVER_KNOWN, Reason.LEFT),  # known only as it leaves, or later
        *(Reason.SEALED, Reason.BY_PERSON),  # these bind machines only
        Reason.CROWDED,  # it leaves, some seconds later
    }


def test_every_call_of_the_book_has_words() -> None:
    assert set(words.CALLS) == set(CallDirection) - OURS
    not_of_the_book = {CallReason.SERVED, CallReason.PLACING, CallReason.TOO_LATE, CallReason.SEEN}
    assert set(words.CALL_REASONS) == set(CallReason) - not_of_the_book


def test_the_draft_is_counted_as_she_types_and_is_hers_alone(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    version = str(ticket.version)
    told_ = alice.post(at(ticket, "/draft"), version=version, body="<script>police</script> " + "ہ" * 70)
    assert (told_.status_code, "2 segments" in told_.text) == (200, True)
    assert "<script>" not in told_.text
    assert box(as_("bob").text(at(ticket))) == ""
    assert box(alice.text(at(ticket))).startswith("<script>police")
    assert alice.post(at(ticket, "/draft"), version=version, body=" ").text.strip() == ""
    assert count(rt, Draft) == 0


# The number


def test_the_number_takes_a_right_is_an_event_and_is_on_that_answer_only(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    assert "Show the number" not in alice.text(at(ticket))
    assert alice.post(at(ticket, "/number")).status_code == 403
    alter(rt, Volunteer, shows_numbers=True)
    assert "Show the number" in alice.text(at(ticket))
    answer = alice.post(at(ticket, "/number"))
    assert HER in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert [event.volunteer_id for event in happened(rt, "number_shown")] == [volunteer(rt, "alice").id]
    assert HER not in alice.text(at(ticket))


# Seeing and reading


def test_every_reading_of_a_sealed_ticket_is_shown_to_its_team(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alter(rt, Ticket, sealed=True)
    as_("bob").get(at(ticket))
    page = as_("alice").text(at(ticket))
    assert "Who read this page" in page
    assert "<li><bdi>Bob</bdi>" in page


def test_whoever_seals_it_away_from_herself_is_led_to_the_queue(rt: Runtime, as_: As, ticket: Ticket) -> None:
    assert as_("bob").post(at(ticket, "/seal"), version=str(ticket.version), kind="police").location == "/?done=gone"
    assert tickets(rt)[0].sealed


@pytest.mark.parametrize("language", ["en", "ur", "sd"])
def test_the_page_tells_each_change_in_words(rt: Runtime, as_: As, ticket: Ticket, language: str) -> None:
    lead = as_("lead")
    was = re.search(r'name="was" value="([^"]+)"', lead.text(at(ticket)))
    assert was
    steps = [
        ("/facts", {"category": "theft", "area": "lyari", "wants_woman": "1"}),
        ("/priority", {"priority": "1"}),
        ("/facts", {"category": "theft", "by": "at", "at": "2026-12-01T14:30"}),
        ("/contact", {"was": was[1], "safe_from": "09:00", "safe_until": "12:00"}),
        ("/hold", {"on": "1"}),
        ("/shut-out", {"whom": str(volunteer(rt, "charlie").id), "out": "1"}),
        ("/pass-on", {"to": "team:street", "note": "too much for me"}),
    ]
    for path, form in steps:
        assert lead.post(at(ticket, path), version=str(tickets(rt)[0].version), **form).status_code == 302, path
    lead.post("/language", language=language)
    page = lead.text(at(ticket))
    assert {"en": "Lyari", "ur": "لیاری", "sd": "لياري"}[language] in page
    for there in ("14:30", "09:00-12:00", "Charlie", "Street", "too much for me"):
        assert there in page
    assert count(rt, Note) == 1
