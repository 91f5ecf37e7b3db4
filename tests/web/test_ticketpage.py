"""A ticket's page without a browser: the complaint first, how it was read, the other tickets, macros, and what an open page is told."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import event, update

from hotline.app import create_app
from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.services.tickets import casework, facts
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Contact, Draft, Event, Note, ShutOut, Ticket
from tests.calling import Caller
from tests.services.colleagues import settle, volunteer
from tests.support import HER, OTHER, SNATCHED, Clock, alter, count, text_in, texts_out, tickets
from tests.web.test_keeping import Forms
from tests.web.test_tickets import BRIBED, a_ticket
from tests.web.visiting import Visitor, told

As = Callable[[str], Visitor]


def at(ticket: Ticket, path: str = "") -> str:
    return f"/tickets/{ticket.reference}{path}"


def plain(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", "", html)))


def panel(html: str, name: str) -> str:
    """The words of the panel whose HTML begins with `name`."""
    found = re.search(rf"{name}.*?</(section|details)>", html, re.DOTALL)
    assert found, name
    return plain(found[0])


def answer_of(html: str) -> dict[str, str]:
    [form] = [form for form in Forms(html).found if form.action.endswith("/reply")]
    return form.fields


def test_the_complaint_stands_first_however_long_the_timeline_is(rt: Runtime, as_: As, clock: Clock) -> None:
    ticket = a_ticket(rt)
    for n in range(60):
        clock.forward(seconds=1)
        text_in(rt, f"{ticket.reference} aur suno {n}")
    page = as_("alice").text(at(ticket))
    words = page.index(SNATCHED)
    assert page.index('id="first-words"') < words < page.index("aur suno 59") < page.index("How it was read")
    assert '<noscript><p class="notice">Each form is sent by itself.' in page
    order = ["How it was read", 'id="reply"', 'id="known"', 'id="safety"', 'id="timeline"']
    assert [page.index(one) for one in order] == sorted(page.index(one) for one in order)
    # The page is one of forms that each go by themselves: what is known, the answer, safety.
    assert {form.action.rpartition("/")[2] for form in Forms(page).found} >= {"reply", "facts", "hold", "contact", "priority"}


def test_a_neighbours_language_is_marked_on_the_page_and_in_the_row_with_the_language_of_the_answer(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt, "میڈا موبائل چھین لیا، میکوں ڈسو کیا کراں")
    page = as_("lead").text(at(ticket))
    assert '<span class="mark">Saraiki</span>' in page
    assert "Saraiki · answered in Urdu" in page
    assert '<span class="tongue">Saraiki</span>' in as_("alice").text("/")
    other = a_ticket(rt, "munhnjo mobile cheen liya, asan jo bhau ghar na aayo aahe", sender=OTHER)
    assert "Sindhi · answered in Roman Urdu" in as_("lead").text(at(other))


def test_it_is_said_how_it_was_read_and_who_said_otherwise_and_nothing_is_invented(rt: Runtime, as_: As) -> None:
    ticket, alice = a_ticket(rt), as_("alice")
    said = panel(alice.text(at(ticket)), "<details class=.panel machine.")
    assert "The machine read: pistol" in said
    assert "by the words found" in said
    assert "as its kind has it" in said
    facts.describe(rt, volunteer(rt, "bob"), ticket.reference, version=ticket.version, category="theft", area=None, wants_woman=False)
    facts.hold(rt, volunteer(rt, "bob"), ticket.reference, version=0, on=True, note="")
    text_in(rt, f"{ticket.reference} bachao")
    said = panel(alice.text(at(ticket)), "<details class=.panel machine.")
    assert said.count("a person said so: Bob") == 2  # the kind and the hold
    assert "a cry for help" in said
    Caller(rt, OTHER).ring().press("1", "1", "1", "1", "1").hang_up()
    route_due(rt)
    said = panel(alice.text(at(tickets(rt)[-1])), "<details class=.panel machine.")
    assert "the caller chose it by a key" in said
    assert "The machine" not in said
    odd = a_ticket(rt, "xyzzy plugh", sender="+923001234577")
    assert "The machine found no word that it knows. Read it yourself." in panel(alice.text(at(odd)), "<details class=.panel machine.")


def test_the_other_tickets_of_the_phone_are_those_that_the_reader_may_see(rt: Runtime, as_: As) -> None:
    first = a_ticket(rt)
    alter(rt, Ticket, status=Status.CLOSED)
    sealed, second, shut = (a_ticket(rt, body, sender=f"+92300123458{n}") for n, body in enumerate((BRIBED, "bachao", "madad")))
    others = a_ticket(rt, sender=OTHER)
    with rt.transaction() as tx:
        contact = tx.session.get_one(Ticket, first.id).contact_id
        tx.session.execute(update(Ticket).where(Ticket.id != others.id).values(contact_id=contact))
        tx.session.add(ShutOut(ticket_id=shut.id, volunteer_id=volunteer(rt, "alice").id, made_by=1, made_at=tx.now))
    page = as_("alice").text(at(first))
    assert re.findall("/tickets/([0-9]{9})", re.findall('id="others".*?</section>', page, re.DOTALL)[0]) == [second.reference]
    for hidden in (sealed, shut, others):
        assert hidden.reference not in page
    assert sealed.reference in as_("charlie").text(at(first))
    assert 'id="others"' not in as_("alice").text(at(others))


@pytest.mark.parametrize("language", ["en", "ur", "sd"])
def test_a_macro_fills_in_text_status_and_note_and_one_button_sends_all_of_it(rt: Runtime, as_: As, language: str) -> None:
    ticket, alice = a_ticket(rt), as_("alice")
    alter(rt, Contact, language="sd")
    alice.post("/language", language=language)
    for macro in rt.macros:
        page = alice.post(at(ticket, "/reply"), do="insert", template=f"macro_{macro.code}", body="", version=str(ticket.version))
        form = answer_of(page.get_data(as_text=True))
        assert (form["status"], form["note"]) == (macro.status or "", macro.note[language])
        assert bool(form["body"]) is (macro.text is not None)
    assert (tickets(rt)[0].version, texts_out(rt)[-1].volunteer_id) == (ticket.version, None)
    page = alice.post(at(ticket, "/reply"), do="insert", template="macro_where", body="سلام", note="Mine.", version=str(ticket.version))
    form = answer_of(page.get_data(as_text=True))
    assert form["body"].startswith("سلام\n")
    assert "ڪٿي ٿيو" in form["body"]  # in the citizen's language
    assert form["note"].startswith("Mine.\n")
    sent = alice.post(at(ticket, "/reply"), **(form | {"csrf_token": alice.token(), "do": "send"}))
    assert (sent.status_code, sent.location) == (302, f"{at(ticket)}?sent=1&at=reply")
    [text] = [text for text in texts_out(rt) if text.volunteer_id]
    assert (text.body, tickets(rt)[0].status, count(rt, Note), count(rt, Draft)) == (form["body"], Status.IN_PROGRESS, 1, 0)
    assert alice.post(at(ticket, "/reply"), do="insert", template="macro_none", version="1").status_code == 400


def test_where_a_part_of_it_is_refused_nothing_is_done_and_all_words_stay(rt: Runtime, as_: As) -> None:
    ticket, alice = a_ticket(rt), as_("alice")
    form = {"version": str(ticket.version), "body": "The police know.", "status": "in_progress", "note": "my note"}
    refused = alice.post(at(ticket, "/reply"), **form)
    assert (refused.status_code, "These words tell what it is about" in told(refused)) == (422, True)
    kept = answer_of(refused.get_data(as_text=True))
    assert (kept["body"], kept["status"], kept["note"]) == ("The police know.", "in_progress", "my note")
    assert (count(rt, Note), tickets(rt)[0].version) == (0, ticket.version)
    # On hold a macro goes no other way than a text written by hand.
    alter(rt, Ticket, hold=True, changed_at=ticket.changed_at)
    alter(rt, Contact, on_hold=True, may_text=False)
    refused = alice.post(at(ticket, "/reply"), **(form | {"body": "We read it."}))
    assert (refused.status_code, count(rt, Note), tickets(rt)[0].status) == (409, 0, ticket.status)
    # The other button leaves the text as a draft, and sends nothing.
    saved = alice.post(at(ticket, "/status"), **(form | {"body": "We read it."}))
    assert (saved.location, count(rt, Note), tickets(rt)[0].status) == (f"{at(ticket)}?done=saved&at=reply", 1, "in_progress")
    page = alice.text(saved.location or "")
    assert answer_of(page)["body"] == "We read it."
    assert "Saved." in panel(page, 'id="reply"')
    assert [text for text in texts_out(rt) if text.volunteer_id] == []


def test_what_was_saved_is_told_in_its_own_panel_alone(rt: Runtime, as_: As) -> None:
    ticket, lead = a_ticket(rt), as_("lead")
    forms = {"/facts": {"category": "theft", "by": "tomorrow"}, "/hold": {"on": "1"}, "/prank": {"note": "why"}}
    for (path, form), name in zip(forms.items(), ("known", "safety", "pranks"), strict=True):
        answer = lead.post(at(ticket, path), version=str(tickets(rt)[0].version), **form)
        assert answer.location == f"{at(ticket)}?done=saved&at={name}"
        page = lead.text(answer.location)
        assert page.count("Saved.") == 1
        assert "Saved." in panel(page, f'id="{name}"')
        assert re.search(r'<div class="notice good" role="status" tabindex="-1" autofocus>Saved', page)
    assert "Saved." in lead.text(f"{at(ticket)}?done=saved&at=nowhere")


def test_it_asks_the_database_for_nothing_twice(rt: Runtime, as_: As) -> None:
    ticket, alice, asked = a_ticket(rt), as_("alice"), []
    alice.text(at(ticket))  # that it was opened is noted

    def note(*call: object) -> None:
        asked.append((str(call[2]), str(call[3])))

    event.listen(rt.engine, "before_cursor_execute", note)
    alice.text(at(ticket))
    event.remove(rt.engine, "before_cursor_execute", note)
    statements = [one for one in asked if one[0] != "BEGIN"]
    assert len(statements) > 20
    assert sorted(statements) == sorted(set(statements))


def marks(html: str) -> tuple[str, str]:
    found = re.search(r'data-mark="(\w+)" data-etag="(\w+)"', html)
    assert found
    return found[1], found[2]


def test_an_open_page_is_told_of_what_is_new_and_of_who_else_reads_it(
    make_rt: Callable[..., Runtime], tmp_path: Path, redis_url: str
) -> None:
    rt = make_rt(redis_url=redis_url)
    settle(rt, tmp_path)
    app = create_app(rt)
    alice, bob, charlie = (Visitor(app).log_in(login) for login in ("alice", "bob", "charlie"))
    ticket, before = a_ticket(rt), 0

    def poll(etag: str) -> tuple[int, str]:
        answer = alice.get(at(ticket, "/version"), If_None_Match=f'"{etag}"')
        return answer.status_code, answer.get_data(as_text=True)

    page = alice.text(at(ticket))
    mark, etag = marks(page)
    assert "Here now" not in page
    assert poll(etag) == (304, "")
    assert "Here now: Alice" in plain(bob.text(at(ticket)))  # before anybody has typed a word
    before = count(rt, Event)
    code, html = poll(etag)
    assert (code, "Here now: Bob" in plain(html), marks(html)[0]) == (200, True, mark)
    assert poll(marks(html)[1]) == (304, "")
    assert count(rt, Event) == before  # to look is no change
    text_in(rt, f"{ticket.reference} aur suno", sender=HER)
    assert marks(poll(etag)[1])[0] != (mark := marks(html)[0])
    casework.write_note(rt, volunteer(rt, "bob"), ticket.reference, version=tickets(rt)[0].version, note="Bob's note")
    assert marks(poll(etag)[1])[0] != mark
    assert "Bob&#39;s note" in alice.text(at(ticket, "/live"))
    # Who may not see the ticket learns nothing, and is not named.
    alter(rt, Ticket, sealed=True)
    for path in ("/version", "/live"):
        assert charlie.get(at(ticket, path)).status_code == 404
    assert "Charlie" not in poll(etag)[1]
