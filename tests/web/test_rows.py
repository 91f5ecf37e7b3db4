"""The rows of the queue: words, place, language, age and last word; the filters above them; the views that volunteers save."""

import re
from datetime import timedelta
from html import unescape

import pytest
from redis import Redis
from sqlalchemy import event, update

from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.services.tickets import casework, openpages, protocols, replies
from hotline.services.tickets.openpages import readers
from hotline.services.tickets.routing import route_due
from hotline.services.tickets.walkin import Complaint, take_down
from hotline.storage.models import Contact, Message, Ticket
from tests.calling import Caller
from tests.services.colleagues import volunteer
from tests.support import NOON, OTHER, Clock, alter, text_in, tickets
from tests.web.test_queues import As, is_same, mark
from tests.web.test_tickets import a_ticket, in_queue

THEFT = "mera cycle gali se chori ho gaya"
LINES = [f"+92345123{n:04d}" for n in range(80)]


def row(html: str, ticket: Ticket) -> str:
    """What the row of a ticket has, as HTML."""
    found = re.search(rf'<li [^>]*data-reference="{ticket.reference}".*?</li>', html, re.DOTALL)
    assert found
    return found[0]


def said(html: str) -> str:
    """The same as it is read."""
    return " ".join(unescape(re.sub("<[^>]+>", " ", html)).split())


def look_at_all(rt: Runtime) -> None:
    alter(rt, Message, look=None)


def test_a_row_tells_what_a_volunteer_has_to_know(rt: Runtime, as_: As, clock: Clock) -> None:
    ticket = a_ticket(rt, f"{THEFT}\n\n" + "aur " * 40 + "END")
    look_at_all(rt)
    alter(rt, Ticket, area="lyari", category="theft")
    clock.forward(minutes=12)
    alice = as_("alice")
    shown = row(alice.text("/"), ticket)
    for told in ("Theft", "Lyari", "Roman Urdu", "12 min", "citizen · 12 min", "Assigned · Alice", "By text"):
        assert told in said(shown), said(shown)
    assert f'datetime="{ticket.opened_at.isoformat()}" title="23 November 2026, 12:00"' in shown
    [words] = re.findall(r'<p class="words written" dir="auto">(.*?)</p>', shown)
    assert words.startswith(f"{THEFT} aur aur")
    assert words.endswith("…")
    assert len(words) <= 121
    text_in(rt, f"{ticket.reference} kya hua?")
    look_at_all(rt)
    clock.forward(hours=3)
    [ticket] = tickets(rt)
    replies.reply(rt, volunteer(rt, "alice"), ticket.reference, version=ticket.version, body="We look into it.", confirmed=frozenset())
    clock.forward(hours=50)
    shown = said(row(as_("alice").text("/"), ticket))
    assert "we · 2 d" in shown
    assert THEFT in shown
    assert "kya hua" not in shown


def test_words_are_veiled_until_somebody_has_looked_and_always_where_they_are_of_danger(rt: Runtime, as_: As) -> None:
    theft, beaten = a_ticket(rt, THEFT), a_ticket(rt, "mera shohar mujhe marta hai", sender=OTHER)
    alice = as_("alice")
    for ticket in (theft, beaten):
        assert 'class="words written veiled" dir="auto" tabindex="-1"' in row(alice.text("/"), ticket)
    look_at_all(rt)
    page = alice.text("/")
    assert "veiled" not in row(page, theft)
    assert "veiled" in row(page, beaten)
    for changed in ({"hold": True}, {"priority": Priority.URGENT}, {"danger": "read"}, {"category": "has_left_the_table"}):
        with rt.transaction() as tx:
            tx.session.execute(update(Ticket).where(Ticket.id == theft.id).values(hold=False, priority=3, danger=None, category="theft"))
            tx.session.execute(update(Ticket).where(Ticket.id == theft.id).values(**changed))
        assert "veiled" in row(alice.text("/"), theft), changed


def test_words_about_religion_stand_in_no_row_whatever_the_kind(rt: Runtime, as_: As) -> None:
    by_kind = a_ticket(rt, "wo kehte hain toheen ki hai")
    beyond = a_ticket(
        rt, THEFT + " aur" * 60 + " phir mazhab ki baat", sender=OTHER
    )  # filed as theft, and its row would not reach that word
    by_card, plain = (a_ticket(rt, f"{THEFT} {n}", sender=LINES[n]) for n in range(2))
    protocols.put(rt, volunteer(rt, "alice"), by_card.reference, version=by_card.version, code="religion")
    protocols.put(rt, volunteer(rt, "alice"), plain.reference, version=plain.version, code="child")
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).where(Ticket.id == beyond.id).values(category="theft"))
    page = as_("head").text("/?list=all")
    for ticket in (by_kind, beyond, by_card):
        assert "Its words stand on the ticket only." in row(page, ticket)
        assert '<p class="words written' not in row(page, ticket)
    assert THEFT in row(page, plain)
    assert "toheen" not in page


def test_a_call_a_picture_and_a_walk_in(rt: Runtime, as_: As) -> None:
    Caller(rt).ring().press("1", "3", "1").hang_up()
    route_due(rt)
    call = tickets(rt)[-1]
    picture = a_ticket(rt, "", sender=OTHER)
    reference = take_down(rt, volunteer(rt, "alice"), Complaint("a" * 32, "a bag was stolen", "en"))
    route_due(rt)
    page = as_("head").text("/?list=all")
    assert "A call without written words." in row(page, call)
    assert "(no words: a picture, or nothing)" in row(page, picture)
    assert "a bag was stolen" in row(page, next(t for t in tickets(rt) if t.reference == reference))


def test_who_has_waited_long_stands_out_by_a_mark_until_somebody_writes(rt: Runtime, as_: As, clock: Clock) -> None:
    ticket = a_ticket(rt, "bachao")
    lead = as_("lead")
    assert "Waits long" not in lead.text("/?list=all")
    clock.forward(hours=30)
    lead = as_("lead")
    shown = row(lead.text("/?list=all"), ticket)
    assert "Waits long" in shown
    assert 'class="p1 long"' in shown
    assert "30 h" in said(shown)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(status=Status.RESOLVED))
    assert "Waits long" not in lead.text("/?list=all")


def test_a_page_of_many_rows_asks_as_often_as_one_of_a_few(rt: Runtime, as_: As) -> None:
    a_ticket(rt, THEFT)
    alice, asked = as_("alice"), []
    event.listen(rt.engine, "before_cursor_execute", lambda *call: asked.append(str(call[2])))
    alice.text("/")
    few = len(asked)
    for n in range(8):
        a_ticket(rt, f"{THEFT} {n}", sender=LINES[n])
    asked.clear()
    assert len(in_queue(alice.text("/"))) == 9
    assert len(asked) == few


def test_who_has_a_ticket_open_is_named_and_a_silent_redis_holds_up_nobody(
    rt: Runtime, as_: As, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = a_ticket(rt, THEFT)
    ids = {login: volunteer(rt, login).id for login in ("alice", "bob", "charlie")}
    seconds, there = int(rt.clock().timestamp()), openpages._Pages(redis_url)
    with Redis.from_url(redis_url) as redis:
        redis.hset(f"hotline:open:{ticket.id}", mapping={ids["alice"]: seconds, ids["bob"]: seconds - 29, ids["charlie"]: seconds - 31})
    monkeypatch.setattr(openpages, "_pages", lambda _url: there)
    assert readers(rt, [ticket.id, ticket.id + 1]) == {ticket.id: ("Alice", "Bob")}
    shown = said(row(as_("alice").text("/"), ticket))
    assert "Bob has it open" in shown
    assert "Alice has it open" not in shown
    away = openpages._Pages("redis://127.0.0.1:1/0")
    monkeypatch.setattr(openpages, "_pages", lambda _url: away)
    assert readers(rt, [ticket.id]) == {}
    monkeypatch.setattr(away, "_redis", None)  # for some seconds it is not even tried
    assert readers(rt, [ticket.id]) == {}
    openpages.note(rt, ticket.id, volunteer(rt, "alice"))


# Filters


def test_each_filter_by_itself_and_together_named_counted_and_kept(rt: Runtime, as_: As, clock: Clock) -> None:
    Caller(rt).ring().press("1", "3", "1").hang_up()
    route_due(rt)
    call = tickets(rt)[-1]
    walk_in = take_down(rt, volunteer(rt, "alice"), Complaint("a" * 32, "the water is bad", "en"))
    route_due(rt)
    theft, other = a_ticket(rt, THEFT, sender=OTHER), a_ticket(rt, "mera mobile cheen liya", sender=LINES[0])
    with rt.transaction() as tx:
        for ticket, values in (
            (theft, {"area": "lyari", "category": "theft"}),
            (other, {"area": "south", "on_time": False, "priority": 1}),
        ):
            tx.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(**values))
        tx.session.execute(update(Ticket).where(Ticket.id == theft.id).values(opened_at=NOON - timedelta(days=2)))
        tx.session.execute(update(Contact).where(Contact.id == theft.contact_id).values(language="sd"))
    everything = {t.reference for t in tickets(rt)}
    head = as_("head")
    for query, expected in {
        "category=theft": {theft.reference},
        "place=lyari": {theft.reference},
        "place=south": {theft.reference, other.reference},  # a district with its towns
        "place=east": set(),
        "language=sd": {theft.reference},
        "late=1": {other.reference},
        "priority=1": {other.reference} | ({call.reference} if call.priority == 1 else set()),
        "channel=call": {call.reference},
        "channel=walk_in": {walk_in},
        "channel=text": {theft.reference, other.reference},
        "until=2026-11-21": {theft.reference},
        "from=2026-11-22": everything - {theft.reference},
        "from=2026-11-21&until=2026-11-21": {theft.reference},
        "place=south&channel=text&late=1&language=ur-Latn": {other.reference},
        "place=south&channel=call": set(),
        # What nobody can ask for is as if it were not there.
        "place=nowhere&language=xx&late=2&channel=x&from=2026-02-30&until=9999-01-01&category=%00": everything,
    }.items():
        page = head.text(f"/?list=all&{query}")
        assert set(in_queue(page)) == expected, query
        assert re.findall(r'href="/\?list=all[^"]*"[^>]*>All <bdi dir="ltr" class="number count">(.*?)</bdi>', page) == [
            str(len(expected))
        ], query
        assert set(in_queue(head.text(f"/queue/list?list=all&{query}"))) == expected, query
    page = head.text("/?list=all&category=theft&place=lyari&from=2026-11-20")
    narrowed = re.search(r'<p class="narrowed">.*?</p>', page, re.DOTALL)
    assert narrowed
    assert (
        said(narrowed[0])
        == "Only: Theft × without Theft Lyari × without Lyari From 2026-11-20 × without From 2026-11-20 Tickets: 1 Show the whole list"
    )
    assert 'href="/?list=all&amp;place=lyari&amp;from=2026-11-20"' in narrowed[0]
    assert 'value="lyari" selected' in page
    assert 'name="from" min="2000-01-01" max="2999-12-31" value="2026-11-20"' in page


def test_a_filtered_list_goes_on_page_after_page_and_has_its_own_mark(rt: Runtime, as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    rows_on_page = rt.config.web.page_rows
    for n in range(rows_on_page + 2):
        text_in(rt, f"{THEFT} {n}", sender=LINES[n])
    route_due(rt)
    text_in(rt, "mera mobile cheen liya", sender=OTHER)
    route_due(rt)
    head = as_("head")
    first = head.text("/?list=all&category=theft")
    assert len(in_queue(first)) == rows_on_page
    address = unescape(re.findall(r'<a href="([^"]+)">Next page</a>', first)[0])
    assert "category=theft" in address
    rest = head.text(address)
    assert len(in_queue(rest)) == 2
    assert set(in_queue(first)).isdisjoint(in_queue(rest))
    assert "Next page" not in rest
    assert "Look further" not in rest
    said_before = mark(head, "?list=all&category=theft")
    text_in(rt, "mera mobile cheen liya", sender=OTHER)
    assert is_same(head, said_before, "?list=all&category=theft")
    casework.change_status(
        rt, volunteer(rt, "alice"), in_queue(first)[0], version=tickets(rt)[0].version, to=Status.IN_PROGRESS
    ) if tickets(rt)[0].reference == in_queue(first)[0] else text_in(rt, "aur", sender=LINES[0])
    assert not is_same(head, said_before, "?list=all&category=theft")


# Saved views


def test_a_view_is_saved_opened_counted_replaced_and_deleted_and_is_its_volunteers_alone(rt: Runtime, as_: As) -> None:
    a_ticket(rt, THEFT)
    alter(rt, Ticket, area="lyari")
    alice = as_("alice")
    before = mark(alice)
    answer = alice.post("/queue/views", name="  My   Lyari ", query="list=teams&place=lyari&late=x&junk=1")
    assert answer.location == "/?list=teams&place=lyari&done=saved"
    page = alice.text("/")
    assert '<a class="view" href="/?place=lyari&amp;list=teams"><bdi>My Lyari</bdi> <bdi dir="ltr" class="number count">1</bdi></a>' in page
    opened = alice.text("/?place=lyari&list=teams")
    assert re.search(r'class="view" href="[^"]+" aria-current="page"', opened)
    assert opened.count('aria-current="page"') == 1
    assert "My Lyari" not in as_("bob").text("/")
    assert alice.post("/queue/views", name="MY LYARI", query="list=mine&late=1").status_code == 302  # compared as words are
    page = alice.text("/")
    assert len(re.findall('class="view"', page)) == 1
    assert 'href="/?late=1&amp;list=mine"><bdi>MY LYARI</bdi> <bdi dir="ltr" class="number count">0</bdi>' in page
    form = re.search(r'action="(/queue/views/\d+/delete)"', alice.text("/?late=1&list=mine"))
    assert form
    as_("bob").post(form[1])
    assert "MY LYARI" in alice.text("/")
    assert alice.post(form[1]).location == "/?done=forgotten"
    assert "MY LYARI" not in alice.text("/")
    assert is_same(alice, before)  # a poll knows nothing of views


def test_a_view_needs_a_name_and_there_are_twelve_at_most(as_: As) -> None:
    alice = as_("alice")
    refused = alice.post("/queue/views", name=" …! ", query="list=mine&late=1")
    assert refused.status_code == 422
    assert "Give the view a name with a letter or a digit in it." in refused.get_data(as_text=True)
    for n in range(12):
        assert alice.post("/queue/views", name=f"میری {n}", query="list=mine").status_code == 302
    refused = alice.post("/queue/views", name="one more", query="list=mine")
    assert refused.status_code == 422
    assert 'value="one more"' in refused.get_data(as_text=True)
    assert alice.post("/queue/views", name="میری 3", query="list=teams").status_code == 302  # in the place of one
    assert alice.get("/").get_data(as_text=True).count('class="view"') == 12
