"""A volunteer's words survive a log-in that ended, or a stale token, in every form that has words, and only for that volunteer."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import time, timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
from flask import Flask
from sqlalchemy import insert, select
from werkzeug.test import TestResponse

from hotline.runtime import Runtime
from hotline.services.tickets.routing import route_due
from hotline.storage import bridges, events
from hotline.storage.callmodels import Recording
from hotline.storage.erasuremodels import Erasure
from hotline.storage.models import Contact, Draft, Message, Note, Ticket
from hotline.storage.peoplemodels import Login, Membership, Team, Volunteer
from hotline.storage.prankmodels import Prank
from tests.calling import Caller
from tests.services.colleagues import PASSWORD, volunteer
from tests.support import Clock, alter, count, text_in, tickets
from tests.test_registries import TEMPLATES
from tests.web.test_factor import code
from tests.web.test_working import BODY, at, box, ticket, written
from tests.web.visiting import BASE, Visitor

As = Callable[[str], Visitor]
WORDS = "for <us> only, \u06c1\u200d \u202eevil"
OLD = "old"

__all__ = ["ticket"]  # a fixture


@dataclass
class Form:
    """A form on a page: where it goes, what it sends as it stands, and its boxes for words."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    boxes: list[str] = field(default_factory=list)


class Forms(HTMLParser):
    """The forms of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._select = self._box = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("action", "").partition("#")[0]))
        elif tag == "input" and "name" in given and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.found[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and (self._select not in self.found[-1].fields or "selected" in given):
            self.found[-1].fields[self._select] = given.get("value", "")
        elif tag == "textarea" and "readonly" not in given:
            self._box = given["name"]
            self.found[-1].boxes.append(self._box)
            self.found[-1].fields[self._box] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._box = ""

    def handle_data(self, data: str) -> None:
        if self._box:
            self.found[-1].fields[self._box] += data


def with_boxes(html: str) -> list[Form]:
    return [form for form in Forms(html).found if form.boxes]


def endpoint(app: Flask, form: Form) -> str:
    return app.url_map.bind("x").match(form.action, "POST")[0]


def in_templates() -> set[str]:
    """The endpoints of all forms that have a box for words."""
    found = set()
    for path in TEMPLATES:
        for form in re.findall(r"<form.*?</form>", path.read_text("utf-8"), re.DOTALL):
            if "<textarea" in form or "note_field(" in form:
                [name] = re.findall(r" action=\"\{\{ url_for\('([\w.]+)'", form)
                found.add(name)
    return found


@pytest.fixture
def called(rt: Runtime, app: Flask, clock: Clock) -> Ticket:
    """A citizen called. Alice leads every team, and the shift ends soon."""
    clock.forward(hours=7, minutes=50)
    Caller(rt).ring().press("1", "1", "1", "1", "1").speak().press("1").hang_up()
    route_due(rt)
    alter(rt, Membership, is_lead=True)
    with rt.reading() as session:
        alter(rt, Ticket, team_id=session.scalars(select(Team.id).where(Team.code == "street")).one())
    return tickets(rt)[0]


def log_out_and_send(her: Visitor, path: str, fields: dict[str, str]) -> TestResponse:
    """Send a form after the log-in ended, with no cookie and an old token."""
    her.client.delete_cookie("hotline", domain="hotline.example.org")
    return her.client.post(path, base_url=BASE, data={**fields, "csrf_token": OLD})


def go_on(her: Visitor, page: TestResponse, path: str, **fields: str) -> TestResponse:
    """Fill in the one form of the page that keeps the words."""
    [form] = [form for form in Forms(page.get_data(as_text=True)).found if "kept" in form.fields]
    assert form.action == path
    return her.client.post(path, base_url=BASE, data={**form.fields, **fields})


def followed(her: Visitor, answer: TestResponse) -> str:
    return her.text(answer.location) if answer.location else answer.get_data(as_text=True)


def prove(rt: Runtime, her: Visitor, page: TestResponse, clock: Clock) -> TestResponse:
    """Type the code that the app shows, half a minute on, as no code is taken twice."""
    clock.forward(seconds=30)
    return go_on(her, page, "/second-factor", code=code(rt, "alice", clock))


def pages_of(rt: Runtime, her: Visitor, ticket: Ticket) -> Iterator[tuple[str, dict[str, object]]]:
    """The pages that have all the forms, and the facts of the ticket meanwhile."""
    text_in(rt, f"{ticket.reference} aur suno")
    alter(rt, Ticket, version=ticket.version)
    for facts in ({"hold": False, "sealed": False}, {"hold": True, "sealed": True, "category": "missing"}):
        alter(rt, Ticket, **facts)
        yield at(ticket), facts
    alter(rt, Contact, safe_from=time(1), safe_until=time(2))
    with rt.transaction() as tx:
        bridges.promise(tx.session, ticket.id, now=tx.now)
        tx.session.add(Prank(contact_id=ticket.contact_id, marked_by=volunteer(rt, "bob").id, marked_at=tx.now))
    alter(rt, Ticket, danger="cry", priority=1, sealed=False)
    yield at(ticket), {}
    with rt.reading() as session:
        integrity = session.scalars(select(Team.id).where(Team.code == "integrity")).one()
    alter(
        rt, Ticket, sealed=True, team_id=integrity, assignee_id=None, head_told_at=rt.clock() - timedelta(hours=1), next_ring_at=rt.clock()
    )
    yield "/seal", {}
    alter(rt, Ticket, sealed=False, hold=False, team_id=ticket.team_id, status="closed", unread=False, danger=None, priority=3)
    alter(rt, Ticket, kept_from=rt.clock(), category="theft")
    alter(rt, Ticket, to_read=False)
    alter(rt, Message, look=None, to_read=None)
    alter(rt, Recording, look=None)
    yield at(ticket), {}
    with rt.transaction() as tx:
        note_id = events.note(tx.session, ticket.id, volunteer(rt, "bob").id, "came to the desk", now=tx.now)
        asked = {"ticket_id": ticket.id, "how": "visit", "asked_by": volunteer(rt, "bob").id, "asked_at": tx.now, "note_id": note_id}
        tx.session.execute(insert(Erasure).values(contact_id=ticket.contact_id, **asked))
    yield at(ticket), {}
    yield "/walk-in", {}
    yield "/handover", {}


def test_the_words_of_every_form_survive_a_log_in_that_ended_and_a_second_factor(
    app: Flask, rt: Runtime, as_: As, called: Ticket, clock: Clock
) -> None:
    alice, done = as_("alice"), set()
    for path, _ in pages_of(rt, alice, called):
        for form in with_boxes(alice.text(path)):
            done.add(name := endpoint(app, form))
            for words_in in form.boxes:
                asked = log_out_and_send(alice, form.action, form.fields | {words_in: WORDS})
                assert asked.status_code == 401, name
                asked = go_on(alice, asked, "/login", login="alice", password="wrong")
                asked = go_on(alice, asked, "/login", login="alice", password=PASSWORD)
                assert WORDS not in unescape(asked.get_data(as_text=True)), name
                asked = go_on(alice, asked, "/second-factor", code="000000")
                back = followed(alice, prove(rt, alice, asked, clock))
                having = [f for f in with_boxes(back) if f.fields.get(words_in) == WORDS]
                assert [f.action for f in having] == [form.action], name
                assert "your words are kept" in back
                with rt.transaction() as tx:
                    tx.session.query(Draft).delete()
    assert done == in_templates()
    assert (tickets(rt)[0].version, count(rt, Note), written(rt), len(tickets(rt))) == (called.version, 1, [], 1)


def test_the_words_of_every_form_survive_a_token_out_of_date(app: Flask, rt: Runtime, as_: As, called: Ticket) -> None:
    alter(rt, Membership, is_lead=False)
    alice, done = as_("alice"), set()
    for path in (at(called), "/walk-in", "/handover"):
        for form in with_boxes(alice.text(path)):
            done.add(name := endpoint(app, form))
            for words_in in form.boxes:
                answer = alice.client.post(form.action, base_url=BASE, data={**form.fields, words_in: WORDS, "csrf_token": OLD})
                assert answer.status_code in (302, 409), name
                assert WORDS in [f.fields.get(words_in) for f in with_boxes(followed(alice, answer)) if f.action == form.action], name
    assert {"walkin.take_down", "roster.hand_over", "recordings.write_down", "facts.reach"} <= done
    assert (tickets(rt)[0].version, len(tickets(rt)), written(rt)) == (called.version, 1, [])


def test_all_of_a_walk_in_comes_back_and_opens_one_ticket(rt: Runtime, as_: As) -> None:
    alice = as_("alice")
    [form] = with_boxes(alice.text("/walk-in"))
    typed = {"words": "ghar mein chori hui\r\nraat ko", "language": "sd", "category": "theft", "number": "0300 1234501", "wants_woman": "1"}
    asked = log_out_and_send(alice, form.action, form.fields | typed)
    back = go_on(alice, asked, "/login", login="alice", password=PASSWORD)
    assert (back.status_code, tickets(rt)) == (409, [])
    [again] = with_boxes(back.get_data(as_text=True))
    assert {name: again.fields[name] for name in typed} == typed
    assert again.fields["token"] == form.fields["token"]
    for _ in range(2):
        assert alice.post("/walk-in", **(again.fields | {"csrf_token": alice.token()})).status_code == 302
    assert len(tickets(rt)) == 1


def test_ten_thousand_letters_of_urdu_survive(rt: Runtime, as_: As) -> None:
    alice = as_("alice")
    [form] = with_boxes(alice.text("/walk-in"))
    long = "".join(chr(0x627 + (i * i * 7 + i // 3) % 28) for i in range(9_999))
    asked = log_out_and_send(alice, form.action, form.fields | {"words": long})
    back = go_on(alice, asked, "/login", login="alice", password=PASSWORD)
    assert [f.fields["words"] for f in with_boxes(back.get_data(as_text=True))] == [long]


@pytest.mark.parametrize("path", ["/walk-in", "/handover"])
def test_words_of_no_ticket_are_hers_alone(rt: Runtime, as_: As, called: Ticket, path: str) -> None:
    alter(rt, Membership, is_lead=False)
    alice = as_("alice")
    [form] = with_boxes(alice.text(path))
    [box] = form.boxes
    asked = log_out_and_send(alice, form.action, form.fields | {box: WORDS})
    answer = go_on(alice, asked, "/login", login="bob", password=PASSWORD)
    assert (answer.status_code, answer.location) == (302, "/")
    for forged in ("x", form.fields["owner"][:-8], ""):
        refused = log_out_and_send(as_("alice"), form.action, form.fields | {box: WORDS, "owner": forged})
        assert "kept for an hour" not in refused.get_data(as_text=True)
    # An owner's mark is good for one place only.
    other = log_out_and_send(as_("alice"), at(called, "/status"), {"owner": form.fields["owner"], "note": WORDS})
    assert "kept for an hour" not in other.get_data(as_text=True)


def test_whoever_works_no_tickets_any_more_is_given_no_page_of_theirs(rt: Runtime, as_: As, called: Ticket, clock: Clock) -> None:
    alice = as_("alice")
    forms = [form for path in (at(called), "/walk-in") for form in with_boxes(alice.text(path))]
    alter(rt, Volunteer, role="auditor")
    for form in forms:
        asked = log_out_and_send(alice, form.action, form.fields | {form.boxes[-1]: WORDS})
        asked = go_on(alice, asked, "/login", login="alice", password=PASSWORD)
        asked = prove(rt, alice, asked, clock)
        assert (asked.status_code, asked.location) == (302, "/")
        assert called.reference not in asked.get_data(as_text=True)
        assert WORDS not in unescape(asked.get_data(as_text=True))


def test_a_right_that_asks_for_a_second_factor_in_mid_session_loses_no_words(rt: Runtime, as_: As, called: Ticket, clock: Clock) -> None:
    alter(rt, Membership, is_lead=False)
    alice = as_("alice")
    [form] = [f for f in with_boxes(alice.text(at(called))) if f.action.endswith("/reply")]
    alter(rt, Membership, is_lead=True)
    alter(rt, Login, proved_at=None)
    asked = alice.post(form.action, **{**form.fields, "note": WORDS, "csrf_token": alice.token()})
    assert asked.status_code == 401
    back = prove(rt, alice, asked, clock)
    assert WORDS in [f.fields.get("note") for f in with_boxes(back.get_data(as_text=True)) if f.action == form.action]
    assert tickets(rt)[0].version == called.version


def test_the_page_that_keeps_her_words_offers_nothing_that_would_lose_them(rt: Runtime, as_: As, called: Ticket) -> None:
    alice = as_("alice")
    [form] = with_boxes(alice.text("/walk-in"))
    asked = log_out_and_send(alice, form.action, form.fields | {"words": WORDS})
    assert [f.action for f in Forms(asked.get_data(as_text=True)).found] == ["/login"]
    asked = go_on(alice, asked, "/login", login="alice", password=PASSWORD)
    assert "/language" not in [f.action for f in Forms(asked.get_data(as_text=True)).found]


def test_what_is_refused_is_shown_to_be_copied(rt: Runtime, as_: As, ticket: Ticket) -> None:
    bob, version = as_("bob"), str(ticket.version)
    for path, form, refusal in (
        ("/priority", {"priority": "3"}, 403),
        ("/unseal", {}, 403),
        ("/status", {"status": "reopened"}, 409),
        ("/pass-on", {"to": "team:mars"}, 422),
        ("/contact", {"safe_from": "12:00", "safe_until": "11:00"}, 422),
        ("/contact", {"safe_from": "25:00"}, 400),
    ):
        answer = bob.post(at(ticket, path), version=version, note=WORDS, **form)
        assert answer.status_code == refusal, path
        assert f"readonly>{'for &lt;us&gt; only'}" in answer.get_data(as_text=True), path
    # Nothing of a form that is not one of ours.
    forged = bob.client.post(at(ticket, "/priority"), base_url=BASE, data={"note": WORDS, "csrf_token": OLD})
    assert (forged.status_code, "for &lt;us" in forged.get_data(as_text=True)) == (400, False)
    assert tickets(rt)[0].version == ticket.version


def test_what_comes_when_something_is_broken_is_shown_to_be_copied(
    app: Flask, rt: Runtime, as_: As, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = as_("alice")
    token = alice.token()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("hotline.services.tickets.casework.change_status", broken)
    answer = alice.client.post(
        at(ticket, "/status"), base_url=BASE, data={"status": "closed", "note": WORDS, "version": "1", "csrf_token": token}
    )
    assert (answer.status_code, "readonly>for &lt;us&gt; only" in answer.get_data(as_text=True)) == (500, True)


def test_a_note_whose_form_is_gone_meanwhile_stands_in_the_first_box_for_notes(rt: Runtime, as_: As, called: Ticket) -> None:
    alter(rt, Ticket, hold=True)
    alice = as_("alice")
    version = str(called.version)
    alter(rt, Ticket, hold=False, version=called.version + 1)
    page = alice.post(at(called, "/hold"), version=version, on="", note=WORDS)
    assert page.status_code == 409
    assert [f.action for f in with_boxes(page.get_data(as_text=True)) if f.fields.get("note") == WORDS] == [at(called, "/reply")]


# Only for the volunteer


def owner_of(html: str) -> str:
    found = re.search(r'name="owner" value="([^"]+)"', html)
    assert found
    return unescape(found[1])


def logged_out(her: Visitor, path: str, **fields: str) -> str:
    """Send a form after the log-in ended, with no cookie and an old token; returns the page of the answer."""
    her.client.delete_cookie("hotline", domain="hotline.example.org")
    answer = her.client.post(path, base_url=BASE, data={"csrf_token": "old", **fields})
    assert answer.status_code == 401
    return answer.get_data(as_text=True)


def log_in_again(her: Visitor, page: str, login: str) -> tuple[int, str | None, str]:
    kept = re.search(r'name="kept" value="([^"]+)"', page)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert kept
    assert token
    form = {"csrf_token": token[1], "kept": unescape(kept[1]), "login": login, "password": PASSWORD}
    answer = her.client.post("/login", base_url=BASE, data=form)
    return answer.status_code, answer.location, answer.get_data(as_text=True)


def test_a_reply_sent_after_the_log_in_ended_is_there_when_she_is_back(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    owner = owner_of(alice.text(at(ticket)))
    page = logged_out(alice, at(ticket, "/reply"), owner=owner, body=f"{BODY}\r\n\0Salam", version=str(ticket.version))
    assert "What you wrote is kept for an hour" in page
    code, location, _ = log_in_again(alice, page, "alice")
    assert (code, location) == (302, f"/tickets/{ticket.reference}?kept=1")
    assert (box(alice.text(location or "")), written(rt)) == (f"{BODY}\n\ufffdSalam", [])


def test_a_note_comes_back_as_a_note_and_never_as_a_text_to_the_citizen(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    owner = owner_of(alice.text(at(ticket)))
    page = logged_out(alice, at(ticket, "/status"), owner=owner, note="for <us> only", status="closed", version=str(ticket.version))
    code, _, html = log_in_again(alice, page, "alice")
    assert code == 409
    assert "for &lt;us&gt; only</textarea>" in html
    assert (box(html), tickets(rt)[0].version) == ("", ticket.version)


def test_whoever_else_logs_in_there_gets_nothing_of_it(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    owner = owner_of(alice.text(at(ticket)))
    page = logged_out(alice, at(ticket, "/reply"), owner=owner, body=BODY, version=str(ticket.version))
    assert log_in_again(alice, page, "bob")[:2] == (302, "/")
    assert count(rt, Draft) == 0


def test_what_was_sealed_meanwhile_takes_no_words_back(rt: Runtime, as_: As, ticket: Ticket) -> None:
    bob = as_("bob")
    owner = owner_of(bob.text(at(ticket)))
    page = logged_out(bob, at(ticket, "/reply"), owner=owner, body=BODY, version=str(ticket.version))
    alter(rt, Ticket, sealed=True, team_id=None)
    assert log_in_again(bob, page, "bob")[:2] == (302, "/")
    assert count(rt, Draft) == 0


def test_a_form_whose_token_ran_out_keeps_her_words_and_does_nothing(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    form = {"owner": owner_of(alice.text(at(ticket))), "csrf_token": "old", "body": BODY, "version": str(ticket.version)}
    answer = alice.client.post(at(ticket, "/reply"), base_url=BASE, data=form)
    assert answer.location == f"/tickets/{ticket.reference}?kept=1"
    assert (box(alice.text(answer.location)), written(rt)) == (BODY, [])
    for forged in ("x", ""):
        answer = alice.client.post(at(ticket, "/reply"), base_url=BASE, data=form | {"owner": forged, "body": "forged"})
        assert answer.status_code == 400
    assert box(alice.text(at(ticket))) == BODY
