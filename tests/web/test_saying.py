"""What a page says after a change: that it is done, what it does to the citizen, and what comes next."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select, update

from hotline.alarms import AlarmKind, raise_alarm_about
from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.services.duty.paging import page_unseen
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Contact, Note, Ticket
from hotline.storage.peoplemodels import Volunteer
from tests.services.colleagues import PASSWORD, volunteer
from tests.support import Clock, count, texts_out, tickets
from tests.web.test_tickets import a_ticket
from tests.web.test_working import alter, at
from tests.web.visiting import Visitor, told

As = Callable[[str], Visitor]


@pytest.fixture
def ticket(rt: Runtime, app: Flask) -> Ticket:
    """A citizen texted; the people of the tests exist."""
    return a_ticket(rt)


def notices(html: str) -> list[str]:
    """Every notice of a page, as it is read."""
    found = re.findall(r'<(div|p) class="notice[^>]*>(.*?)</\1>', html, re.DOTALL)
    return [unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", "", inside))).strip() for _, inside in found]


def chosen(html: str) -> str:
    """The status that stands in the form: empty for "leave it"."""
    form = html[html.index('<select id="status"') :]
    found = re.search(r'value="([a-z_]*)" selected', form[: form.index("</select>")])
    return found[1] if found else ""


# A note


def test_a_note_is_written_without_moving_the_ticket_or_texting_the_citizen(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice, sent = as_("alice"), len(texts_out(rt))
    page = alice.text(at(ticket))
    assert (chosen(page), "Leave it as it is: Assigned" in page) == ("", True)
    answer = alice.post(at(ticket, "/status"), version=str(ticket.version), status="", note="rang <b>twice</b>\u202e")
    page = alice.text(answer.location or "")
    assert "Saved." in notices(page)
    assert "rang &lt;b&gt;twice&lt;/b&gt;</" in page
    assert "Note for colleagues · <bdi>Alice</bdi>" in re.sub(r"\s+", " ", page)
    [now] = tickets(rt)
    assert (now.status, now.version, now.unread, len(texts_out(rt))) == (Status.ASSIGNED, ticket.version + 1, True, sent)


def test_a_note_on_a_stale_page_is_kept_and_an_empty_one_is_none(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    alice.post(at(ticket, "/status"), version=str(ticket.version), status="", note=" \n")
    assert (tickets(rt)[0].version, count(rt, Note)) == (ticket.version, 0)
    alice.post(at(ticket, "/status"), version=str(ticket.version), status="", note="first")
    again = alice.post(at(ticket, "/status"), version=str(ticket.version), status="", note="first")  # a double click
    assert (again.status_code, count(rt, Note), ">first</textarea>" in again.text) == (409, 1, True)


def test_a_note_on_a_ticket_sealed_to_her_is_written_nowhere(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alter(rt, Ticket, sealed=True)
    assert as_("charlie").post(at(ticket, "/status"), version=str(ticket.version), status="", note="x").status_code == 404
    assert count(rt, Note) == 0


# A page that is out of date


def test_the_status_she_chose_stays_chosen_when_somebody_was_first(rt: Runtime, as_: As, ticket: Ticket) -> None:
    as_("bob").post(at(ticket, "/read"), version=str(ticket.version))
    answer = as_("alice").post(at(ticket, "/status"), version=str(ticket.version), status="resolved", note="done")
    assert (answer.status_code, chosen(answer.text)) == (409, "resolved")
    assert told(answer).startswith("Somebody was first")


def test_she_is_not_told_that_somebody_else_was_first_when_it_was_herself(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    alice.post(at(ticket, "/read"), version=str(ticket.version))
    answer = alice.post(at(ticket, "/status"), version=str(ticket.version), status="resolved", note="done")
    assert told(answer).startswith("You changed this ticket in another window")


def test_a_status_chosen_as_her_log_in_ended_is_chosen_when_she_is_back(as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    owner = re.search(r'name="owner" value="([^"]+)"', alice.text(at(ticket)))
    assert owner
    alice.client.delete_cookie("hotline", domain="hotline.example.org")
    form = {"owner": owner[1], "version": str(ticket.version), "status": "resolved", "note": ""}
    kept = re.search(r'name="kept" value="([^"]+)"', alice.post(at(ticket, "/status"), **form).text)
    assert kept
    back = alice.post("/login", login="alice", password=PASSWORD, kept=unescape(kept[1]))
    assert (back.status_code, chosen(back.text)) == (409, "resolved")


# What it does to the citizen


def test_before_she_moves_it_she_reads_whether_the_citizen_is_texted(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    assert "The citizen is texted by itself that it is in progress" in alice.text(at(ticket))
    alter(rt, Ticket, hold=True)
    page = alice.text(at(ticket))
    assert "The citizen is not texted about it: the ticket is on hold" in page
    assert "The citizen is texted by itself" not in page


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"may_text": False}, "Do not text this phone."),
        ({"may_call": False}, "Do not ring this phone."),
        ({"may_text": False, "may_call": False}, "Do not text or ring this phone."),
        ({"on_hold": True}, "Do not text or ring this phone."),
    ],
)
def test_a_phone_that_is_not_safe_is_said_to_be_what_it_is(
    rt: Runtime, as_: As, ticket: Ticket, values: dict[str, object], says: str
) -> None:
    alter(rt, Contact, **values)
    page = as_("alice").text(at(ticket))
    assert f"{says} The citizen did not agree to it, or it was marked as not safe." in notices(page)
    assert "The caller did not agree" not in page, "nobody called"


def test_on_hold_she_reads_what_she_can_do_and_a_lead_that_she_can_lift_it(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alter(rt, Ticket, hold=True)
    assert any("A lead of its team can lift that." in notice for notice in notices(as_("alice").text(at(ticket))))
    assert any("You can lift that under" in notice for notice in notices(as_("lead").text(at(ticket))))


def test_a_refusal_about_a_ticket_leads_back_to_it_and_one_about_none_does_not(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alter(rt, Ticket, hold=True)
    lead, link = as_("lead"), f'<a href="{at(ticket)}">'
    answer = lead.post(at(ticket, "/hold"), version=str(ticket.version), on="0", note=" ")
    assert (answer.status_code, link in answer.text) == (422, True)
    alter(rt, Ticket, sealed=True)
    assert link not in as_("charlie").text(at(ticket))


def test_a_sentence_is_offered_in_her_language_and_put_in_in_the_citizens(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice = as_("alice")
    assert ">we have read it and are looking into it.</option>" in alice.text(at(ticket)).lower()
    answer = alice.post(at(ticket, "/reply"), version=str(ticket.version), do="insert", template="reply_read", body="")
    assert "hum ne parh liya hai" in answer.text


def test_what_was_checked_is_said_to_be_kept_and_not_sent(rt: Runtime, as_: As, ticket: Ticket) -> None:
    answer = as_("alice").post(at(ticket, "/reply"), version=str(ticket.version), do="check", body="Where was it?")
    assert "Kept, and not sent: it waits for you here." in notices(answer.text)
    assert [text for text in texts_out(rt) if text.volunteer_id is not None] == []


def test_plain_characters_are_offered_where_they_save_a_text_and_put_in_by_a_button_only(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alice, fancy = as_("alice"), "“It’s ready” – come at nine… " + "a" * 60
    form = {"version": str(ticket.version), "body": fancy}
    draft = alice.post(at(ticket, "/draft"), **form).text
    assert "2 segments" in draft
    assert "1 with plain quotes and dashes" in draft
    page = alice.text(at(ticket))
    assert fancy in unescape(page)
    assert re.search(r'<form[^>]* data-draft=.*<button name="do" value="plain"', page, re.DOTALL)
    answer = alice.post(at(ticket, "/reply"), do="plain", **form)
    assert '"It\'s ready" - come at nine... aaa' in unescape(answer.text)
    assert "with plain quotes" not in answer.text
    assert "Kept, and not sent: it waits for you here." in notices(answer.text)
    in_urdu = alice.post(at(ticket, "/reply"), version=form["version"], do="plain", body="“کل” " + "ہ" * 70).text
    assert "“کل”" in unescape(in_urdu)
    assert "with plain quotes" not in in_urdu
    assert [text for text in texts_out(rt) if text.volunteer_id is not None] == []


# What comes next


def test_whoever_is_on_duty_is_marked_where_a_ticket_is_passed_on_and_nobody_is_chosen_for_her(as_: As, ticket: Ticket) -> None:
    page = as_("alice").text(at(ticket))
    assert re.search(r'<select id="to" name="to" required>\s*<option value="">', page)
    assert "Bob (on duty)</option>" in page
    assert "Head</option>" in page


def test_what_was_sealed_to_her_is_gone_with_its_alarm_and_she_is_told(rt: Runtime, as_: As, ticket: Ticket, clock: Clock) -> None:
    alter(rt, Ticket, priority=Priority.URGENT, routed_at=None)
    route_due(rt)
    [ticket] = tickets(rt)
    with rt.reading() as session:
        login = session.scalars(select(Volunteer.login).where(Volunteer.id == ticket.assignee_id)).one()
    her = as_(login)
    assert "An urgent ticket is yours." in her.text("/")
    answer = her.post(at(ticket, "/seal"), version=str(ticket.version), kind="police")
    page = her.text(answer.location or "")
    assert notices(page) == ["Saved. Only its own team sees this ticket now: it is gone from your pages."]
    assert "An urgent ticket is yours." not in page
    with rt.transaction() as tx:
        phone_id = tx.session.scalars(select(Contact.id)).one()
        tx.session.execute(update(Volunteer).where(Volunteer.login == login).values(phone_id=phone_id))
    clock.forward(minutes=5)
    assert page_unseen(rt) == 0


def test_when_nothing_is_left_to_take_she_is_led_to_what_is_hers(rt: Runtime, as_: As, ticket: Ticket) -> None:
    alter(rt, Ticket, unread=False, assignee_id=volunteer(rt, "alice").id)
    alice = as_("alice")
    page = alice.text(alice.post("/queue/next").location or "")
    assert "Go on with what is yours." in page
    assert "See whether you can take one" not in page, "there is none"
    alter(rt, Ticket, unread=True)
    assert alice.post("/queue/next").location == at(ticket)


def test_an_alarm_about_a_shift_leads_to_the_roster_and_one_about_a_right_to_the_people(rt: Runtime, as_: As) -> None:
    lead, head = as_("lead"), as_("head")
    with rt.transaction() as tx:
        raise_alarm_about(tx, "shift:1", AlarmKind.TOO_FEW, volunteer(rt, "lead").id)
        raise_alarm_about(tx, "grant:1", AlarmKind.GRANT, volunteer(rt, "head").id)
    alarms = [her.text("/").partition('id="alarms"')[2].partition('id="lists"')[0] for her in (lead, head)]
    assert ['href="/roster"' in alarms[0], 'href="/people"' in alarms[1]] == [True, True]


# A new colleague


def test_whoever_is_invited_reads_her_login_name_and_keeps_the_language_she_came_in_by(rt: Runtime, as_: As, visitor: Visitor) -> None:
    admin = as_("admin")
    page = admin.post("/people/invite", name="Zainab", login="Zainab").text
    assert "Now add the volunteer to a team" in page
    assert "has not come in yet" in admin.text("/people")
    assert "in no team yet" in admin.text("/people")
    path = re.search(r"https://[^/]+(/welcome/[^<]+)<", page)
    assert path
    visitor.post("/language", language="ur")
    assert 'value="zainab"' in visitor.text(path[1])
    assert visitor.post(path[1], password="meri nai password").status_code == 302
    assert volunteer(rt, "zainab").page_language == "ur"
    assert "has not come in yet" not in admin.text("/people")


def test_a_new_link_changes_the_language_of_nobody(rt: Runtime, as_: As, visitor: Visitor) -> None:
    path = re.search(r"https://[^/]+(/welcome/[^<]+)<", as_("admin").post("/people/bob/link").text)
    assert path
    visitor.post("/language", language="sd")
    assert visitor.post(path[1], password="a new one of hers").status_code == 302
    assert volunteer(rt, "bob").page_language == "en"


def test_nobody_is_put_out_by_one_click(as_: As) -> None:
    page = as_("admin").text("/people")
    assert page.count("/deactivate") == len(re.findall(r"<details>\s*<summary>Not here any more</summary>\s*<form[^>]*/deactivate", page))


def test_the_roster_and_the_hand_over_say_what_they_are_for(as_: As) -> None:
    alice = as_("alice")
    assert "the lead of the team is told at once" in alice.text("/roster")
    assert "Near the end of your shift" in alice.text("/handover")
