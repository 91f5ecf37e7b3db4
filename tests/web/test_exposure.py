"""Sealed tickets, and tickets a person is shut out of, show nowhere: in no alarm, book or sheet, and by no phone that beeps."""

import re
import secrets
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from hotline.alarms import AlarmKind, raise_alarm
from hotline.domain import reference
from hotline.runtime import Runtime
from hotline.services.duty import attendance
from hotline.services.duty.paging import page_unseen
from hotline.services.duty.ringing import ring_due
from hotline.services.tickets import facts, indexing, walkin
from hotline.services.tickets.routing import route_due
from hotline.services.tickets.walkin import Complaint
from hotline.storage.db import DatabaseFault
from hotline.storage.models import Alarm, Contact, Draft, ShutOut, Ticket
from hotline.storage.peoplemodels import ShiftDay
from tests.services.colleagues import volunteer
from tests.services.duty.test_attendance import give_phone
from tests.support import HER, Clock, count, said, text_in, tickets
from tests.web.test_factor import half_in
from tests.web.test_roles import become
from tests.web.test_roster import of, present, team
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]
URGENT = "bachao"
BRIBED = "police wale rishwat mang rahe hain"


def the_ticket(rt: Runtime, said: str = URGENT) -> Ticket:
    text_in(rt, said)
    route_due(rt)
    return tickets(rt)[-1]


def shut_out(rt: Runtime, ticket: Ticket, login: str) -> None:
    with rt.transaction() as tx:
        row = {"volunteer_id": volunteer(rt, login).id, "made_by": volunteer(rt, "charlie").id, "made_at": tx.now}
        tx.session.execute(insert(ShutOut).values(ticket_id=ticket.id, **row))


def alarmed(rt: Runtime) -> list[int]:
    with rt.reading() as session:
        return list(session.scalars(select(Alarm.volunteer_id)))


def test_an_alarm_of_a_ticket_that_was_sealed_meanwhile_is_gone_and_no_phone_beeps_for_it(rt: Runtime, as_: As, clock: Clock) -> None:
    ticket = the_ticket(rt)
    [lead] = alarmed(rt)
    assert lead == volunteer(rt, "lead").id
    give_phone(rt, "lead")
    page = as_("lead")
    assert 'data-alarm="' in page.text("/queue/list")
    facts.seal(rt, volunteer(rt, "bob"), ticket.reference, version=ticket.version, kind="police", note="")
    assert 'data-alarm="' not in page.text("/queue/list")
    clock.forward(minutes=2)
    assert (page_unseen(rt), page_unseen(rt)) == (0, 0)
    ring_due(rt)
    assert "page_needs_you" not in said(rt)


def test_a_head_who_is_shut_out_of_a_ticket_is_never_paged_about_it(rt: Runtime, as_: As, clock: Clock) -> None:
    clock.forward(hours=12)  # nobody of that team is on duty
    text_in(rt, BRIBED)
    shut_out(rt, tickets(rt)[0], "head")
    route_due(rt)
    assert tickets(rt)[0].sealed
    assert alarmed(rt) == []
    with rt.transaction() as tx:
        raise_alarm(tx, tickets(rt)[0].id, AlarmKind.SEALED_WAITS, volunteer(rt, "head").id)
    assert alarmed(rt) == []


def test_a_head_who_is_shut_out_after_she_was_paged_is_shown_nothing_any_more(rt: Runtime, as_: As, clock: Clock) -> None:
    clock.forward(hours=12)
    ticket = the_ticket(rt, BRIBED)
    head = as_("head")
    assert 'data-alarm="' in head.text("/queue/list")
    assert ticket.reference not in head.text("/queue/list")
    shut_out(rt, ticket, "head")
    assert 'data-alarm="' not in head.text("/queue/list")


def test_the_book_names_no_ticket_that_the_auditor_is_shut_out_of(rt: Runtime, as_: As) -> None:
    ticket = the_ticket(rt)
    shut_out(rt, ticket, "auditor")
    auditor = as_("auditor")
    assert ticket.reference not in auditor.text("/audit").replace(" ", "")
    assert auditor.get(f"/tickets/{ticket.reference}").status_code == 404


def test_what_a_team_writes_for_itself_is_not_read_by_the_head(rt: Runtime, as_: As, clock: Clock) -> None:
    clock.forward(hours=2)  # 14:00, the end of charlie's shift
    form = {"team": str(team(rt, "integrity")), "volunteer": str(volunteer(rt, "charlie").id), "on_date": "2026-11-23", "starts": "10:00"}
    charlie = as_("charlie")
    assert charlie.post("/handover", **form, note="the inspector rang again").status_code == 302
    assert "the inspector rang again" in charlie.text("/handover")
    assert "the inspector rang again" not in as_("head").text("/handover")


def test_half_a_log_in_is_no_coming_to_a_shift(rt: Runtime, app: Flask) -> None:
    half_in(app, "charlie").get("/second-factor")
    assert count(rt, ShiftDay) == 0


def test_a_shift_comes_back_to_her_when_whoever_stood_in_is_gone(rt: Runtime, as_: As, clock: Clock) -> None:
    alice = as_("alice")
    alice.post("/roster/ask", **of(rt, "alice"), colleague=str(volunteer(rt, "lead").id))
    lead = as_("lead")
    lead.post("/roster/answer", **of(rt, "alice"), agrees="yes")
    lead.post("/roster/coming", **of(rt, "alice"), comes="yes")
    become(rt, "lead", active=False)
    assert present(rt, clock) == {"bob"}
    assert alice.post("/roster/coming", **of(rt, "alice"), comes="yes").status_code == 302
    assert present(rt, clock) == {"alice", "bob"}


def test_the_end_of_a_draft_with_many_lines_is_kept(rt: Runtime, as_: As) -> None:
    ticket = the_ticket(rt)
    body = "\r\n".join(["x" * 15] * 100)
    as_("alice").post(f"/tickets/{ticket.reference}/draft", version=str(ticket.version), body=body)
    with rt.reading() as session:
        assert session.scalars(select(Draft)).one().body == body.replace("\r\n", "\n")


def test_what_was_done_is_not_said_to_have_failed_because_her_coming_could_not_be_written(
    rt: Runtime, as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = the_ticket(rt)

    def away(*_: object) -> None:
        raise DatabaseFault

    monkeypatch.setattr(attendance, "come", away)
    assert as_("bob").post(f"/tickets/{ticket.reference}/claim", version=str(ticket.version)).status_code == 302


PAGES = (
    *(f"/?list={of}" for of in ("mine", "teams", "unassigned", "all")),
    *(f"/queue/{part}" for part in ("list", "version", "list?list=all", "version?list=all")),
    *("/handover", "/roster", "/calls", "/calls-to-make", "/going", "/people", "/account", "/walk-in", "/search", "/looks"),
)


def all_she_is_shown(her: Visitor, sought: tuple[str, ...], *paths: str) -> dict[str, tuple[int, str | None, str]]:
    """Every page, and what every search finds, without the tokens of forms and without the visitor's own searches for the number."""
    answers = {path: her.get(path) for path in (*PAGES, *paths)}
    answers |= {f"search {q}": her.post("/search", q=q) for q in sought}
    hidden = re.compile(
        r'name="(?:csrf_token|owner|token)" value="[^"]+"| id="at-[^"]+"|\?at=[0-9-]+'
        r'|<li class="event"[^>]*>\s*Found by its phone number.*?</li>\s*',
        re.DOTALL,
    )
    return {what: (one.status_code, one.headers.get("ETag"), hidden.sub("", one.text)) for what, one in answers.items()}


@pytest.mark.parametrize("login", ["alice", "bob", "lead"])
def test_nothing_at_all_changes_for_others_when_a_sealed_ticket_comes(rt: Runtime, as_: As, login: str) -> None:
    become(rt, login, shows_numbers=True)
    mine = the_ticket(rt, "My motorcycle was stolen from Saddar")
    told = Complaint(token="a" * 32, words=BRIBED, language="ur", number=HER)
    sought = (HER, BRIBED, "rishwat", "4827")
    her, at = as_(login), f"/tickets/{mine.reference}"
    all_she_is_shown(her, sought, at)  # by now the first look has left its traces
    before = all_she_is_shown(her, sought, at)
    sealed = walkin.take_down(rt, volunteer(rt, "charlie"), told)  # with the same number
    text_in(rt, BRIBED, sender="+923331234599")
    route_due(rt)
    while indexing.index_words(rt):
        pass
    assert tickets(rt)[-1].sealed
    assert all_she_is_shown(her, sought, at) == before
    text_in(rt, sealed)  # the phone itself gives the reference: the ticket is this phone's from now on
    after = all_she_is_shown(her, sought, at)
    # Nothing may be started to this phone any more. Of why, the page says what it says of any phone that was marked.
    assert {what for what in before if before[what] != after[what]} == {at}
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).where(Ticket.reference == sealed).values(status="closed", unread=False))
        tx.session.execute(update(Contact).values(on_hold=True))
    assert all_she_is_shown(her, sought, at) == after
    nobodys = reference.draw(secrets.randbelow)  # a valid check digit, and no ticket
    shown = [
        all_she_is_shown(
            her, (ref, ref[-4:]), *(f"/tickets/{ref}{what}" for what in ("", "/slip", "/recordings/1", "/photos/1", "/photos/1/preview"))
        )
        for ref in (sealed, nobodys)
    ]
    for there, not_there in zip(*(pages.values() for pages in shown), strict=True):
        assert there[0] == not_there[0]
        assert there[2].replace(sealed, nobodys).replace(f'"{sealed[-4:]}"', f'"{nobodys[-4:]}"') == not_there[2]
