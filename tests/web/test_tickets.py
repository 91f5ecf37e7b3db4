"""The queue and a ticket's page: who sees what, in which order, and what a volunteer is told if a colleague was first."""

import base64
import re
from collections.abc import Callable
from html import escape
from pathlib import Path

from flask import Flask
from sqlalchemy import select, update

from hotline.app import create_app
from hotline.domain import reference as references
from hotline.domain.closing import HowTold
from hotline.domain.languages import PAGE_LANGUAGES
from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.sections import Web
from hotline.services.texts.outbound import send_due
from hotline.services.tickets import casework
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Message, Note, Ticket
from tests.services.colleagues import settle, volunteer
from tests.support import HER, OTHER, Clock, ScriptedGateway, catalogues, count, text_in, texts_out, tickets
from tests.web.visiting import Visitor, told

As = Callable[[str], Visitor]

SNATCHED = "do larkon ne pistol dikha kar mera mobile cheen liya"
BRIBED = "thanay ke SHO ne mujh se rishwat mangi"
NOBODYS = "482719365"


def a_ticket(rt: Runtime, body: str = SNATCHED, *, sender: str = HER) -> Ticket:
    """A citizen texts and the ticket is routed."""
    text_in(rt, body, sender=sender)
    route_due(rt)
    return tickets(rt)[-1]


def in_queue(html: str) -> list[str]:
    """The references on a page of the queue, in its order."""
    return re.findall(r'<a class="ref" href="/tickets/([0-9]{9})">', html)


def plain(html: str, reference: str) -> str:
    """A page without the parts that differ between two answers."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", html).replace(reference, "…")


def unmarked(page: str) -> str:
    """A page without the marks that keep numbers in order."""
    return re.sub(r'<bdi dir="ltr">([^<]*)</bdi>', r"\1", page)


def forms(ticket: Ticket) -> list[tuple[str, dict[str, str]]]:
    """Every form that changes a ticket, right for its version."""
    version = str(ticket.version)
    at = f"/tickets/{ticket.reference}"
    return [
        (f"{at}/claim", {"version": version}),
        (f"{at}/read", {"version": version}),
        (f"{at}/status", {"version": version, "status": "in_progress", "note": "looked at it"}),
    ]


# Who sees what


def test_a_plain_ticket_is_seen_by_every_volunteer(rt: Runtime, as_: As) -> None:
    for n, login in enumerate(("alice", "bob", "charlie", "lead", "head")):
        ticket = a_ticket(rt, sender=f"+92300123450{n}")
        her = as_(login)
        assert (ticket.reference in in_queue(her.text("/"))) is (login != "charlie")  # not charlie's team, but open to charlie
        assert SNATCHED in her.text(f"/tickets/{ticket.reference}")
        for path, form in forms(ticket):
            form["version"] = str(tickets(rt)[-1].version)
            answer = her.post(path, **form)
            assert (answer.status_code, (answer.location or "").partition("?done=")[0]) == (302, f"/tickets/{ticket.reference}"), path
        assert (tickets(rt)[-1].status, tickets(rt)[-1].assignee_id) == (Status.IN_PROGRESS, volunteer(rt, login).id)


def test_a_sealed_ticket_is_seen_by_its_team(rt: Runtime, as_: As) -> None:
    sealed = a_ticket(rt, BRIBED)
    charlie = as_("charlie")
    assert in_queue(charlie.text("/")) == [sealed.reference]
    page = charlie.text(f"/tickets/{sealed.reference}")
    assert "Sealed" in page
    assert "On hold." in page
    assert charlie.post(f"/tickets/{sealed.reference}/claim", version=str(sealed.version)).status_code == 302


def test_for_anybody_else_a_sealed_ticket_is_one_that_is_not_there(rt: Runtime, as_: As) -> None:
    sealed = a_ticket(rt, BRIBED)
    nobodys = Ticket(reference=NOBODYS, version=sealed.version)
    asked = [(f"/tickets/{sealed.reference}", f"/tickets/{NOBODYS}", {})]
    for (path, form), (other, _) in zip(forms(sealed), forms(nobodys), strict=True):
        asked += [(path, other, form), (path, other, form | {"version": "999"})]
    for login in ("alice", "bob", "lead", "head"):
        her = as_(login)
        assert in_queue(her.text("/")) == []
        for path, other, form in asked:
            one, two = (her.post(p, **form) if form else her.get(p) for p in (path, other))
            assert (one.status_code, told(one)) == (404, "There is no such ticket, or it is not yours to see.")
            assert plain(one.text, sealed.reference) == plain(two.text, NOBODYS)
            assert dict(one.headers) == dict(two.headers)
    assert (tickets(rt)[0].version, count(rt, Note)) == (sealed.version, 0)


def test_the_alarm_of_a_sealed_ticket_tells_the_head_that_it_waits_and_nothing_else(rt: Runtime, as_: As, clock: Clock) -> None:
    clock.forward(hours=5)  # charlie went home
    sealed = a_ticket(rt, BRIBED)
    page = re.sub(r'<details class="filters".*?</details>', "", as_("head").text("/"), flags=re.DOTALL)  # where every kind is listed
    assert "A sealed ticket waits and nobody of its team is on duty." in page
    for told_too_much in (sealed.reference, references.written(sealed.reference), "Integrity", "rishwat", "Police"):
        assert told_too_much not in page
    assert in_queue(as_("charlie").text("/")) == [sealed.reference]


def test_a_sealed_ticket_without_a_team_is_the_heads_alone(rt: Runtime, as_: As) -> None:
    sealed = a_ticket(rt, BRIBED)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(team_id=None, assignee_id=None))
    assert as_("head").get(f"/tickets/{sealed.reference}").status_code == 200
    for login in ("alice", "charlie", "lead"):
        assert as_(login).get(f"/tickets/{sealed.reference}").status_code == 404


def test_a_ticket_sealed_while_she_reads_it_is_gone_when_she_sends_her_form(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    alice = as_("alice")
    assert alice.get(f"/tickets/{ticket.reference}").status_code == 200
    text_in(rt, "wo dono police wale thay")
    answer = alice.post(f"/tickets/{ticket.reference}/status", status="closed", version=str(ticket.version), note="my note")
    assert answer.status_code == 404
    assert "police" not in answer.text
    assert count(rt, Note) == 0


def test_a_stranger_is_sent_to_the_log_in_whatever_the_ticket(rt: Runtime, visitor: Visitor) -> None:
    for ticket in (a_ticket(rt), a_ticket(rt, BRIBED, sender="+923331234502"), Ticket(reference=NOBODYS, version=1)):
        assert visitor.get(f"/tickets/{ticket.reference}").location == f"/login?next=/tickets/{ticket.reference}"
        for path, form in forms(ticket):
            assert visitor.post(path, **form).location == "/login"
    assert visitor.post("/alarms/1/acknowledge").location == "/login"
    assert {ticket.status for ticket in tickets(rt)} == {Status.ASSIGNED}


# The queue


def test_urgent_comes_first_then_what_has_waited_longest(rt: Runtime, as_: As, clock: Clock) -> None:
    said = ["mera mobile cheen liya", "bachao", "ghar mein chori", "madad", "meri gari le gaye"]
    for n, body in enumerate(said):
        text_in(rt, body, sender=f"+92300123450{n}")
        clock.forward(minutes=1)
    rows = sorted(tickets(rt), key=lambda t: (t.priority, t.opened_at))
    assert [row.priority for row in rows][:2] == [Priority.URGENT] * 2
    assert in_queue(as_("alice").text("/")) == [row.reference for row in rows]


def test_what_is_solved_leaves_the_queue_until_something_comes_in(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    alice = as_("alice")
    alice.post(f"/tickets/{ticket.reference}/status", status="closed", version=str(ticket.version))
    assert "Nothing waits for your teams." in alice.text("/")
    text_in(rt, "125 bhi wohi larke the")
    assert in_queue(alice.text("/")) == [ticket.reference]


def test_pages_follow_one_another_without_doubles_or_gaps_while_tickets_come_in(
    make_rt: Callable[..., Runtime], tmp_path: Path, clock: Clock
) -> None:
    rt = make_rt(web=Web(page_rows=3))
    settle(rt, tmp_path)
    alice = Visitor(create_app(rt)).log_in("alice")
    senders = iter(f"+9230012345{n:02d}" for n in range(99))
    for n in range(8):
        clock.forward(seconds=n % 2)  # some in the same instant
        text_in(rt, "bachao" if n == 5 else SNATCHED, sender=next(senders))
    there = {ticket.reference for ticket in tickets(rt)}
    seen, path, pages = [], "/", 0
    while path:
        html = alice.text(path)
        assert ("First page" in html) is (path != "/")
        seen += in_queue(html)
        clock.forward(seconds=1)
        if pages < 3:
            text_in(rt, SNATCHED, sender=next(senders))
        # A ticket that was on an earlier page may be closed, too.
        casework.change_status(rt, volunteer(rt, "bob"), seen[1], version=1, to=Status.CLOSED, told=HowTold.CALL) if pages == 0 else None
        found = re.search(r'href="(/\?after=[^"]+)"', html)
        path, pages = (found[1] if found else ""), pages + 1
    assert len(seen) == len(set(seen))
    assert there <= set(seen)
    assert pages == 4


def key(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def test_a_malformed_place_in_the_queue_is_its_beginning(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    alice = as_("alice")
    broken = [
        "x",
        "%FF",
        "آ",
        "====",
        key("1|2"),
        key("a|b|c"),
        key("1|1|2026-11-23T07:00:00|1"),
        key("99999|1|2026-11-23T07:00:00+00:00|1"),
    ]
    broken += [
        key("1|1|0001-01-01T00:00:00+14:00|1"),
        key("1|1|9999-12-31T23:59:59-14:00|1"),
        key(f"1|1|2026-11-23T07:00:00+00:00|{2**63}"),
    ]
    broken += [key(f"{'9' * 5000}|1|2026-11-23T07:00:00+00:00|1"), key("\0|\0|\0|\0"), key("1|x|2026-11-23T07:00:00+00:00|1")]
    for after in broken:
        answer = alice.get(f"/?after={after}")
        assert (answer.status_code, in_queue(answer.text)) == (200, [ticket.reference]), after


def test_a_place_in_the_queue_tells_nobody_whether_there_is_such_a_ticket(rt: Runtime, as_: As) -> None:
    shown, sealed = a_ticket(rt), a_ticket(rt, BRIBED, sender=OTHER)
    alice = as_("alice")
    for before, listed in (("3|1|2099-01-01T00:00:00+00:00", []), ("1|0|2001-01-01T00:00:00+00:00", [shown.reference])):
        places = [key(f"{before}|{reference}") for reference in (sealed.reference, NOBODYS)]
        pages = [plain(alice.text(f"/?after={place}"), place) for place in places]
        assert pages[0] == pages[1]
        assert in_queue(pages[0]) == listed


def test_what_is_no_address_is_not_there(as_: As) -> None:
    alice = as_("alice")
    for path in ("/tickets/%00", "/tickets/482719365%00", "/tickets/482-719-365", "/tickets/۴۸۲۷۱۹۳۶۵", "/tickets/x'--", "/tickets/"):
        assert alice.get(path).status_code == 404, path
    for number in ("-1", "x", str(2**63), "9" * 400):
        assert alice.post(f"/alarms/{number}/acknowledge").status_code == 404, number


# Working a ticket


def test_she_claims_reads_and_moves_it(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    bob, at = as_("bob"), f"/tickets/{ticket.reference}"
    bob.post(f"{at}/claim", version=str(ticket.version))
    bob.post(f"{at}/read", version=str(ticket.version + 1))
    assert (tickets(rt)[0].assignee_id, tickets(rt)[0].unread) == (volunteer(rt, "bob").id, False)
    bob.post(f"{at}/status", version=str(ticket.version + 2), status="in_progress", note="Rang\0 the shop <b>twice</b>\r\nNobody there")
    page = bob.text(at)
    assert "Rang\ufffd the shop &lt;b&gt;twice&lt;/b&gt;\nNobody there" in page
    assert "Assigned → In progress" in page
    assert 'id="take"' not in page
    assert "I have read it" not in page


def test_a_form_without_a_version_or_a_status_there_is_changes_nothing(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    alice = as_("alice")
    for version in (None, "", "x", "-1", "1.0", "۱", " 1", "9" * 10, "1e3", "0x1", "\0"):
        for path, form in forms(ticket):
            form.pop("version")
            answer = alice.post(path, **form | ({} if version is None else {"version": version}))
            assert answer.status_code == 400, (path, version)
    for status in (None, "solved", "NEW", "in progress", "\0"):
        form = {"version": str(ticket.version)} | ({} if status is None else {"status": status})
        assert alice.post(f"/tickets/{ticket.reference}/status", **form).status_code == 400, status
    assert tickets(rt)[0].version == ticket.version


def test_a_move_that_is_not_allowed_is_refused_with_a_sentence_in_her_language(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    sentence = "A ticket in this status cannot be moved there. Go back, reload the page and look at it again."
    alice = as_("alice")
    for language in PAGE_LANGUAGES:
        alice.post("/language", language=language)
        answer = alice.post(f"/tickets/{ticket.reference}/status", version=str(ticket.version), status="reopened", note="x")
        assert (answer.status_code, told(answer)) == (409, catalogues().translations(language).gettext(sentence))
    assert (tickets(rt)[0].version, count(rt, Note)) == (ticket.version, 0)


def test_who_came_second_is_shown_who_was_first_and_keeps_what_she_wrote(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    alice, bob, at = as_("alice"), as_("bob"), f"/tickets/{ticket.reference}"
    assert bob.post(f"{at}/status", version=str(ticket.version), status="in_progress").status_code == 302
    answer = alice.post(f"{at}/status", version=str(ticket.version), status="closed", note="rang <her>\n\u202etwice")
    notice = told(answer)
    assert answer.status_code == 409
    assert notice.startswith("Somebody was first, so nothing of yours was done.")
    assert "Bob: Status changed (In progress) · 23 November 2026, 12:00" in notice
    assert re.search(r"<textarea[^>]*>rang &lt;her&gt;\n\u202etwice</textarea>", answer.text)
    [now] = tickets(rt)
    assert f'name="version" value="{now.version}"' in answer.text
    assert (now.status, count(rt, Note)) == (Status.IN_PROGRESS, 0)
    again = alice.post(f"{at}/status", version=str(now.version), status="closed", note="rang her twice")
    assert (again.status_code, tickets(rt)[0].status) == (302, Status.CLOSED)


def test_when_the_citizen_was_first_no_volunteer_is_named_for_it(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    alice, at = as_("alice"), f"/tickets/{ticket.reference}"
    text_in(rt, "125 par thay dono")
    answer = alice.post(f"{at}/read", version=str(ticket.version))
    assert answer.status_code == 409
    assert re.search(r"[A-Z][a-z]+: ", told(answer)) is None
    assert "125 par thay dono" in answer.text


def test_claiming_what_somebody_has_taken_shows_who(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    for login, status in (("bob", 302), ("lead", 409)):
        answer = as_(login).post(f"/tickets/{ticket.reference}/claim", version=str(ticket.version))
        assert answer.status_code == status
    assert "Bob: Claimed · " in told(answer)
    assert tickets(rt)[0].assignee_id == volunteer(rt, "bob").id


def test_a_note_is_cut_where_the_form_ends_it(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    as_("alice").post(f"/tickets/{ticket.reference}/status", version=str(ticket.version), status="closed", note="ب" * 10_001)
    with rt.reading() as session:
        assert session.scalars(select(Note)).one().body == "ب" * 10_000


# What a page shows


def test_nobodys_number_is_on_any_page(rt: Runtime, as_: As) -> None:
    alice, head = as_("alice"), as_("head")
    shown = {HER: "+92300…01", "+12025550100": "+12025…00", "923331234502": "+92333…02", "8484": "8484", "EasyPaisa": "EasyPaisa"}
    shown = {sender: f'<bdi dir="ltr" class="number">{masked}</bdi>' for sender, masked in shown.items()}
    shown |= dict.fromkeys(("anonymous", "+266696687"), "number withheld")
    for sender, masked in shown.items():
        ticket = a_ticket(rt, "orangi town mein mera mobile chori ho gaya", sender=sender)
        send_due(rt, ScriptedGateway().alone, for_s=5)
        at = f"/tickets/{ticket.reference}"
        moved = alice.post(f"{at}/status", version="0", status="closed")
        pages = [alice.text(at), alice.text("/"), moved.text, alice.text(f"{at}0"), head.text("/"), head.text(at)]
        assert moved.status_code == 409
        assert f"<dd>{masked}</dd>" in pages[0]
        if f">{sender}<" not in masked:
            number = re.sub(r"\D", "", sender)[-8:] or sender
            assert not any(number in re.sub(r"[\s\-]", "", page) for page in pages), sender


NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</p></li></ol><h1>Closed</h1>",
    "{{ config }} {% raw %} %(x)s",
    "\u202edesolc\u202c \u2067مدد\u2069 \u200f",
    "مدد‎ 482-719-365 \u2066",
    "&lt;b&gt; &amp;",
]


def test_what_a_citizen_wrote_stays_text_and_runs_its_own_way(rt: Runtime, as_: As) -> None:
    for body in NASTY:
        ticket = a_ticket(rt, f"mera mobile {body}")
    assert len(tickets(rt)) == 1  # a text about the same thing joins
    page = as_("alice").text(f"/tickets/{ticket.reference}")
    for body in NASTY:
        written = escape(f"mera mobile {body}").replace("&quot;", "&#34;").replace("&#x27;", "&#39;").replace("\u202e", "")
        assert f'<p class="written" dir="auto">{written}</p>' in unmarked(page), body
    assert page.count("<h1>") == 1
    assert "<script" not in page.replace('<script src="/static/', "")
    assert "<img" not in page


def test_what_a_volunteer_is_called_and_writes_stays_text_too(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(type(volunteer(rt, "bob"))).values(name="<i>Bob</i>\u202e"))
    bob, at = as_("bob"), f"/tickets/{ticket.reference}"
    bob.post(f"{at}/status", version=str(ticket.version), status="in_progress", note="<script>1</script>\u202e")
    for page in (bob.text(at), bob.text("/")):
        assert "<i>" not in page
        assert "&lt;i&gt;Bob&lt;/i&gt;" in page
    assert '<p class="note written" dir="auto">&lt;script&gt;1&lt;/script&gt;</p>' in bob.text(at)


DELIVERIES = [
    ("queued", None, "waiting to leave"),
    ("queued", "429", "waiting to leave: 429"),
    ("sending", None, "leaving"),
    ("unknown", "503", "not known yet: 503"),
    ("sent", None, "sent"),
    ("delivered", "30003", "delivered"),
    ("undelivered", "30003", "not delivered: 30003"),
    ("failed", "21610", "not sent: 21610"),
    ("failed", "stopped", "not sent: the citizen asked us not to text"),
    ("failed", "hold", "not sent: the ticket is on hold"),
    ("failed", "not_safe", "not sent: this phone may not be texted"),
    ("failed", "too_late", "not sent: too late to make sense"),
]


def test_the_delivery_of_each_text_is_shown_and_why_it_failed(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    alice = as_("alice")
    for delivery, reason, shown in DELIVERIES:
        with rt.transaction() as tx:
            tx.session.execute(update(Message).where(Message.direction == "out").values(delivery=delivery, reason=reason))
        page = alice.text(f"/tickets/{ticket.reference}")
        [span] = re.findall(r'· <span class="(bad|)">(.*?)</span>', page, re.DOTALL)
        assert (re.sub("<[^>]+>", "", span[1]), span[0]) == (shown, "bad" if delivery in ("failed", "undelivered") else "")
        assert texts_out(rt)[0].body in unmarked(page)


def test_an_alarm_is_shown_until_she_has_seen_it(rt: Runtime, as_: As, clock: Clock) -> None:
    clock.forward(hours=9)  # 21:00: nobody of the street team is on duty
    ticket = a_ticket(rt)
    alice, lead = as_("alice"), as_("lead")
    page = lead.text("/")
    assert "Nobody was on duty: this ticket came to you." in page
    assert f'<a href="/tickets/{ticket.reference}"><bdi dir="ltr" class="number">{references.written(ticket.reference)}</bdi></a>' in page
    assert 'role="alert"' not in alice.text("/")
    found = re.search(r'action="(/alarms/\d+/acknowledge)"', page)
    assert found
    for _ in range(2):  # an acknowledgement by another volunteer changes nothing
        assert alice.post(found[1]).location == "/"
        assert "Nobody was on duty" in lead.text("/")
    assert lead.post(found[1]).location == "/"
    assert 'role="alert"' not in lead.text("/")
    history = lead.text(f"/tickets/{ticket.reference}")
    assert "Alarm acknowledged · <bdi>Lead</bdi>" in history


def test_pages_are_in_her_language_and_run_its_way(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt, "bachao")
    lead = as_("lead")
    for language, way in (("en", "ltr"), ("ur", "rtl"), ("sd", "rtl")):
        lead.post("/language", language=language)
        say = catalogues().translations(language).gettext
        queue, page = lead.text("/"), lead.text(f"/tickets/{ticket.reference}")
        for html in (queue, page, lead.text("/nowhere")):
            assert f'<html lang="{language}" dir="{way}">' in html
            assert f'<button name="language" value="{language}" lang="{language}" aria-pressed="true">' in html
        for html, sentences in ((queue, ["Open tickets", "Urgent", "I have seen it"]), (page, ["What happened", "Work on it"])):
            assert all(escape(say(sentence)) in html for sentence in sentences)
        assert f'<bdi dir="ltr" class="number">{references.written(ticket.reference)}</bdi>' in queue


def test_a_page_changes_nothing(rt: Runtime, app: Flask, as_: As) -> None:
    ticket = a_ticket(rt)
    as_("alice").get(f"/tickets/{ticket.reference}")
    assert (tickets(rt)[0].version, tickets(rt)[0].unread) == (ticket.version, True)


def test_a_ticket_of_a_category_that_is_gone_is_still_shown(rt: Runtime, as_: As) -> None:
    ticket = a_ticket(rt)
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(category="no_longer_there"))
    assert "no_longer_there" in as_("alice").text(f"/tickets/{ticket.reference}")
