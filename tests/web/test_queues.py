"""The queue's lists, their counts and filters, what a poll is told, and the next ticket."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from flask import Flask
from sqlalchemy import Update, delete, event, text, update

from hotline.alarms import AlarmKind, raise_alarm_about
from hotline.domain.languages import PAGE_LANGUAGES
from hotline.domain.rights import Role
from hotline.domain.ticket import Priority, Status
from hotline.guards import PAGE_HEADERS
from hotline.runtime import Runtime
from hotline.services.tickets import casework, taking
from hotline.services.tickets.routing import route_due
from hotline.storage import queues
from hotline.storage.db import DatabaseFault
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Login, Membership, Volunteer
from tests.services.colleagues import volunteer
from tests.support import NOON, OTHER, Clock, catalogues, text_in, tickets
from tests.web.test_tickets import BRIBED, SNATCHED, a_ticket, in_queue
from tests.web.visiting import BASE, Visitor

As = Callable[[str], Visitor]


def lists_on(html: str) -> dict[str, str]:
    """The lists a page offers, with their counts."""
    found = re.findall(r'<a href="/\?list=(\w+)"[^>]*>[^<]*<bdi dir="ltr" class="number count">([^<]+)</bdi></a>', html)
    return {of: count.strip() for of, count in found}


def mark(her: Visitor, query: str = "") -> str:
    """The ETag of a first poll."""
    answer = her.get(f"/queue/version{query}")
    assert (answer.status_code, answer.data) == (204, b"")
    return answer.headers["ETag"]


def is_same(her: Visitor, before: str, query: str = "") -> bool:
    """Whether a poll five seconds later finds nothing new."""
    her.client.application.extensions["hotline"].clock.forward(seconds=5)
    answer = her.get(f"/queue/version{query}", If_None_Match=before)
    assert answer.status_code in {204, 304}
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code == 304


@pytest.fixture
def set_(rt: Runtime) -> Callable[..., None]:
    """Change a ticket as if elsewhere."""

    def change(ticket: Ticket, **values: object) -> None:
        with rt.transaction() as tx:
            tx.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(version=Ticket.version + 1, **values))

    return change


# Lists


def test_each_role_is_offered_the_lists_that_are_hers_with_true_counts(rt: Runtime, as_: As, set_: Callable[..., None]) -> None:
    mine, nobodys = a_ticket(rt), a_ticket(rt, sender=OTHER)
    a_ticket(rt, BRIBED, sender="+923451234503")
    set_(mine, assignee_id=volunteer(rt, "alice").id)
    set_(nobodys, assignee_id=None)
    assert lists_on(as_("alice").text("/")) == {"mine": "1", "teams": "2", "unassigned": "1"}
    assert lists_on(as_("bob").text("/")) == {"mine": "0", "teams": "2", "unassigned": "1"}
    assert lists_on(as_("charlie").text("/")) == {"mine": "1", "teams": "1", "unassigned": "1"}
    assert lists_on(as_("lead").text("/")) == {"mine": "0", "teams": "2", "unassigned": "1", "all": "2"}
    assert lists_on(as_("head").text("/")) == {"mine": "0", "unassigned": "1", "all": "2"}
    alice = as_("alice")
    assert in_queue(alice.text("/?list=mine")) == [mine.reference]
    assert in_queue(alice.text("/?list=unassigned")) == [nobodys.reference]
    assert set(in_queue(as_("head").text("/"))) == {mine.reference, nobodys.reference}


def test_a_list_that_is_not_hers_is_her_first(rt: Runtime, as_: As) -> None:
    elsewhere = a_ticket(rt)
    charlie = as_("charlie")
    for path in ("/?list=all", "/?list=x", "/?list=", "/?list=%00"):
        assert in_queue(charlie.text(path)) == [], path
    assert in_queue(as_("lead").text("/?list=all")) == [elsewhere.reference]


def test_what_no_team_has_yet_is_on_every_teams_list(rt: Runtime, as_: As) -> None:
    text_in(rt, SNATCHED)  # and no worker routes it
    [ticket] = tickets(rt)
    for login in ("alice", "bob", "charlie", "lead", "head"):
        assert in_queue(as_(login).text("/")) == [ticket.reference], login


def test_a_list_shows_only_what_is_asked_for_and_goes_on_doing_so(rt: Runtime, as_: As, set_: Callable[..., None]) -> None:
    urgent, moved = a_ticket(rt), a_ticket(rt, sender=OTHER)
    set_(urgent, priority=Priority.URGENT)
    set_(moved, status=Status.IN_PROGRESS, category="theft")
    lead = as_("lead")
    for query, shown in (("priority=1", urgent), ("status=in_progress", moved), ("category=theft", moved)):
        html = lead.text(f"/?list=all&{query}")
        assert in_queue(html) == [shown.reference], query
        assert f'href="/?list=mine&amp;{query}"' in html
        assert f'data-list="/queue/list?list=all&amp;{query}"' in html
        assert in_queue(lead.text(f"/queue/list?list=all&{query}")) == [shown.reference]
    assert in_queue(lead.text("/?list=all&status=&priority=&category=")) == [urgent.reference, moved.reference]
    for query in ("status=x", "priority=9", "priority=%FF", "category=nothing", "category=%00'--"):
        assert len(in_queue(lead.text(f"/?list=all&{query}"))) == 2, query
    nothing = lead.text("/?list=all&status=referred")
    assert "No ticket of this list is of that kind." in nothing


def test_an_empty_list_says_what_to_do(as_: As) -> None:
    alice = as_("alice")
    for language in PAGE_LANGUAGES:
        alice.post("/language", language=language)
        say = catalogues().translations(language).gettext
        assert say("You hold no ticket. Take the next one, or look at another list.") in alice.text("/?list=mine")
        assert say("Nothing waits for your teams. What comes in shows here by itself.") in alice.text("/")


def test_what_is_late_says_so(rt: Runtime, as_: As, set_: Callable[..., None]) -> None:
    first, late = a_ticket(rt), a_ticket(rt, sender=OTHER)
    assert "Late</span>" not in as_("alice").text("/")
    set_(late, on_time=False)
    html = as_("alice").text("/")
    assert in_queue(html) == [late.reference, first.reference]
    assert html.count('<span class="mark icon late">Late</span>') == 1


# The poll


def test_the_version_is_the_same_until_something_changes(rt: Runtime, as_: As, clock: Clock) -> None:
    ticket = a_ticket(rt)
    alice = as_("alice")
    before = mark(alice)
    clock.forward(minutes=1)
    assert is_same(alice, before)
    assert is_same(as_("alice"), before)  # another log-in, or a restart
    assert f'data-mark="{before.strip(chr(34))}"' in alice.text("/")
    assert f'data-mark="{before.strip(chr(34))}"' in alice.text("/queue/list")
    casework.change_status(rt, volunteer(rt, "bob"), ticket.reference, version=ticket.version, to=Status.IN_PROGRESS)
    assert not is_same(alice, before)


@pytest.mark.parametrize("what", ["a text", "a new ticket", "an alarm", "an alarm about a shift"])
def test_whatever_she_may_see_changes_her_version(rt: Runtime, as_: As, what: str) -> None:
    a_ticket(rt)
    lead = as_("lead")
    before = mark(lead)
    if what == "a text":
        text_in(rt, "125 par thay dono")
    elif what == "a new ticket":
        text_in(rt, SNATCHED, sender=OTHER)
    elif what == "an alarm about a shift":
        with rt.transaction() as tx:
            raise_alarm_about(tx, "shift:1", AlarmKind.NOT_COMING, volunteer(rt, "lead").id)
    else:
        with rt.transaction() as tx:
            [ticket] = tickets(rt)
            casework.alarms.raise_once(tx.session, ticket.id, "urgent", volunteer(rt, "lead").id, now=tx.now)
    assert not is_same(lead, before)


def test_what_is_sealed_changes_nobodys_version_but_its_teams(rt: Runtime, as_: As, clock: Clock) -> None:
    a_ticket(rt, BRIBED, sender=OTHER)
    her = {login: as_(login) for login in ("alice", "bob", "lead", "charlie")}
    lists = {login: [f"?list={of}" for of in ("mine", "teams", "unassigned", "all")] for login in her}
    before = {(login, query): mark(her[login], query) for login, queries in lists.items() for query in queries}
    clock.forward(minutes=1)
    text_in(rt, "usne phir paise mange", sender=OTHER)  # goes to the sealed ticket
    text_in(rt, BRIBED, sender="+923451234503")
    route_due(rt)
    for (login, query), said in before.items():
        assert is_same(her[login], said, query) is (login != "charlie" or query == "?list=unassigned"), (login, query)


def test_a_ticket_sealed_elsewhere_leaves_her_list_with_the_next_poll(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    alice = as_("alice")
    before = mark(alice)
    text_in(rt, "wo dono police wale thay")
    assert not is_same(alice, before)
    assert ticket.reference not in alice.text("/queue/list")


def test_a_poll_of_another_list_or_page_has_its_own_version(rt: Runtime, as_: As) -> None:
    a_ticket(rt)
    lead = as_("lead")
    assert mark(lead, "?list=mine") != mark(lead, "?list=all")
    assert mark(lead, "?list=all&status=closed") == mark(lead, "?list=all&status=referred")  # both show nothing


def test_the_next_poll_of_a_log_in_that_has_ended_is_led_to_the_log_in(as_: As) -> None:
    alice = as_("alice")
    said = mark(alice)
    with_her_cookie = alice.client.get_cookie("hotline", domain="hotline.example.org")
    assert with_her_cookie is not None
    alice.post("/logout")
    alice.client.set_cookie("hotline", with_her_cookie.value, domain="hotline.example.org")
    answer = alice.get("/queue/version", If_None_Match=said)
    assert answer.location == "/login?next=/queue/version"
    assert "ETag" not in answer.headers


@pytest.mark.parametrize(
    "what",
    [
        update(Volunteer).where(Volunteer.login == "alice").values(active=False),
        update(Volunteer).where(Volunteer.login == "alice").values(role=Role.AUDITOR),
        update(Login).values(ended_at=NOON),
        update(Login).values(began_at=NOON - timedelta(days=2)),
    ],
    ids=["deactivated", "another role", "ended", "too old"],
)
def test_a_poll_is_refused_as_soon_as_any_page_would_be(rt: Runtime, as_: As, what: Update) -> None:
    alice = as_("alice")
    assert is_same(alice, mark(alice))
    with rt.transaction() as tx:
        tx.session.execute(what)
    assert alice.get("/queue/version").status_code in {302, 404}


def test_a_log_in_that_must_be_proved_again_polls_no_more(rt: Runtime, as_: As) -> None:
    lead = as_("lead")
    mark(lead)
    with rt.transaction() as tx:
        tx.session.execute(update(Login).values(proved_at=None))
    assert lead.get("/queue/version").location == "/second-factor?next=/queue/version"


def test_a_poll_goes_by_her_rights_of_now(rt: Runtime, as_: As) -> None:
    a_ticket(rt)
    alice = as_("alice")
    said = mark(alice)
    with rt.transaction() as tx:
        tx.session.execute(delete(Membership).where(Membership.volunteer_id == volunteer(rt, "alice").id))
    assert not is_same(alice, said)


def test_a_poll_that_was_let_in_lets_in_no_other(app: Flask, as_: As) -> None:
    said = mark(as_("alice"))
    for cookie in ("", "x", "hotline"):
        stranger = Visitor(app)
        stranger.client.set_cookie("hotline", cookie, domain="hotline.example.org")
        assert stranger.get("/queue/version", If_None_Match=said).status_code == 302


def test_a_poll_of_somebody_logged_out_is_led_to_the_log_in_and_not_to_the_poll(as_: As, visitor: Visitor) -> None:
    for path in ("/queue/version", "/queue/list"):
        assert visitor.get(path).location == f"/login?next={path}"


def test_a_poll_carries_what_every_answer_does_and_no_words(as_: As) -> None:
    alice = as_("alice")
    changed = alice.get("/queue/version", If_None_Match='"x"')
    same = alice.get("/queue/version", If_None_Match=changed.headers["ETag"])
    assert (changed.status_code, same.status_code) == (204, 304)
    for answer in (changed, same):
        assert PAGE_HEADERS.items() <= dict(answer.headers).items()
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["ETag"] == changed.headers["ETag"]
        assert answer.data == b""


def test_a_mark_that_a_proxy_made_weak_is_still_hers(as_: As) -> None:
    alice = as_("alice")
    said = mark(alice)
    assert is_same(alice, f"W/{said}")
    assert is_same(alice, f'"x", {said}')


def test_with_the_database_away_a_poll_is_told_so_and_goes_on_when_it_is_back(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = as_("alice")
    said = mark(alice)
    with monkeypatch.context() as away:
        away.setattr(queues, "shown", Mock(side_effect=DatabaseFault))
        assert alice.get("/queue/version", If_None_Match=said).status_code == 500
    assert is_same(alice, said)


def test_a_poll_is_asked_for_at_its_own_address_and_by_get(as_: As) -> None:
    alice = as_("alice")
    mark(alice)
    assert alice.client.post("/queue/version", base_url=BASE).status_code in {400, 405}
    assert alice.client.get("/queue/version/", base_url=BASE).status_code == 404


def test_a_poll_asks_little_of_the_database_and_writes_nothing(rt: Runtime, as_: As) -> None:
    a_ticket(rt)
    alice, asked = as_("alice"), []
    said = mark(alice)

    def note(*call: object) -> None:
        asked.append(str(call[2]))

    event.listen(rt.engine, "before_cursor_execute", note)
    assert alice.get("/queue/version", If_None_Match=said).status_code == 304
    event.remove(rt.engine, "before_cursor_execute", note)
    statements = [statement for statement in asked if statement != "BEGIN"]
    assert all(statement.lstrip().startswith("SELECT") for statement in statements)
    assert len(statements) == 2  # the log-in with its rights, and what the page shows


def test_a_list_has_the_same_version_whatever_happens_on_others(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    alice = as_("alice")
    said = mark(alice, "?list=mine")
    text_in(rt, SNATCHED, sender=OTHER)
    assert is_same(alice, said, "?list=mine")
    taking.claim(rt, volunteer(rt, "alice"), ticket.reference, ticket.version)
    assert not is_same(alice, said, "?list=mine")


def test_each_of_many_alarms_changes_the_version(rt: Runtime, as_: As) -> None:
    alice = as_("alice")
    for n in range(12):
        said = mark(alice)
        with rt.transaction() as tx:
            raise_alarm_about(tx, f"shift:{n}", AlarmKind.NOT_COMING, volunteer(rt, "alice").id)
        assert not is_same(alice, said)


# Take next


def test_take_next_opens_the_ticket_that_is_hers_now(rt: Runtime, as_: As, set_: Callable[..., None]) -> None:
    ticket, urgent = a_ticket(rt), a_ticket(rt, sender=OTHER)
    set_(ticket, assignee_id=None)
    set_(urgent, assignee_id=None, priority=Priority.URGENT)
    bob = as_("bob")
    for _ in range(2):  # a double click
        assert bob.post("/queue/next").location == f"/tickets/{urgent.reference}"
    assert [t.assignee_id == volunteer(rt, "bob").id for t in tickets(rt)] == [False, True]


def test_with_nothing_left_she_is_told_and_shown_what_else_there_is(rt: Runtime, as_: As) -> None:
    bob = as_("bob")
    answer = bob.post("/queue/next")
    assert answer.location == "/?nothing=1"
    assert "Nothing is left that fits your teams and languages." in bob.text(answer.location)
    assert "Nothing is left" not in bob.text("/")


def test_take_next_needs_the_forms_token_and_a_form(rt: Runtime, as_: As, set_: Callable[..., None]) -> None:
    ticket = a_ticket(rt)
    set_(ticket, assignee_id=None)
    bob = as_("bob")
    assert bob.client.post("/queue/next", base_url="https://hotline.example.org").status_code == 400
    assert bob.get("/queue/next").status_code == 405
    assert tickets(rt)[0].assignee_id is None


def test_a_name_with_tricks_in_it_stays_text_on_the_list(rt: Runtime, as_: As) -> None:
    a_ticket(rt)
    with rt.transaction() as tx:
        tx.session.execute(text("UPDATE volunteers SET name = :name WHERE login IN ('alice', 'bob')"), {"name": "<i>x</i>\u202e\u200b"})
    html = as_("lead").text("/queue/list")
    assert "<bdi>&lt;i&gt;x&lt;/i&gt;\u202e\u200b</bdi>" in html


def test_the_pages_script_names_nothing_that_is_not_on_the_page(as_: As) -> None:
    script = (Path(__file__).resolve().parents[2] / "hotline/web/static/queue.js").read_text("utf-8")
    html = as_("alice").text("/")
    for name in set(re.findall(r'getElementById\("([\w-]+)"\)', script)) - {"search"}:
        assert f'id="{name}"' in html, name
