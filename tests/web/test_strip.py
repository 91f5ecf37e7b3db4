"""The strip of alarms: one line for each ticket and person, the newest first, each of them named for those who hear the page."""

import re
from collections.abc import Callable
from datetime import date, time, timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from hotline.alarms import AlarmKind, raise_alarm, raise_alarm_about
from hotline.domain.reference import written
from hotline.domain.ticket import Priority
from hotline.runtime import Runtime
from hotline.services.duty import attendance, roster
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Alarm, Ticket
from tests.services.colleagues import volunteer
from tests.support import HER, SNATCHED, Clock, alter, text_in, tickets
from tests.web.test_roster import team
from tests.web.visiting import Visitor

As = Callable[[str], Visitor]


def alarmed(rt: Runtime, login: str, kind: AlarmKind, ticket: Ticket) -> None:
    with rt.transaction() as tx:
        raise_alarm(tx, ticket.id, kind, volunteer(rt, login).id)


def a_ticket(rt: Runtime, body: str = SNATCHED, sender: str = HER) -> Ticket:
    text_in(rt, body, sender=sender)
    route_due(rt)
    return tickets(rt)[-1]


def lines(page: str) -> list[str]:
    """What each line of the strip says, with what only a screen reader hears."""
    found = re.findall(r'<div class="alarm".*?</form>', page, re.DOTALL)
    return [unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", "", one))).strip() for one in found]


def strip(visitor: Visitor) -> list[str]:
    return lines(visitor.text("/queue/list"))


@pytest.fixture
def three(rt: Runtime, app: Flask, clock: Clock) -> list[Ticket]:
    """Alice is alarmed about three tickets, about the first one for two reasons."""
    found = []
    for n in range(3):
        clock.forward(minutes=20)
        found.append(a_ticket(rt, sender=f"+92300123450{n}"))
        alarmed(rt, "alice", AlarmKind.RECORDING_LOST, found[-1])
    clock.forward(minutes=1)
    alarmed(rt, "alice", AlarmKind.OFF_DUTY, found[0])
    return found


def test_several_alarms_about_one_ticket_are_one_line_and_the_newest_stands_first(as_: As, three: list[Ticket]) -> None:
    found = strip(as_("alice"))
    assert [next(n for n, one in enumerate(three) if written(one.reference) in line) for line in found] == [0, 2, 1]
    assert found[0].startswith("A ticket is urgent and the volunteer who has it is off duty.")


def test_three_lines_are_shown_and_the_rest_is_a_count_that_opens_without_a_script(rt: Runtime, as_: As, three: list[Ticket]) -> None:
    alice = as_("alice")
    assert "<details>" not in alice.text("/queue/alarms")
    for n in range(2):
        alarmed(rt, "alice", AlarmKind.URGENT, a_ticket(rt, sender=f"+92300123459{n}"))
    first, _, rest = alice.text("/queue/alarms").partition("<details>")
    assert len(lines(first)) == 3
    assert "<summary>2 more alarms</summary>" in rest
    assert len(lines(rest.partition("</details>")[0])) == 2


def test_i_have_seen_it_settles_every_alarm_of_the_line(rt: Runtime, as_: As, three: list[Ticket]) -> None:
    alice = as_("alice")
    form = re.search(r'action="(/alarms/\d+/acknowledge)".*?</form>', alice.text("/queue/list"), re.DOTALL)
    assert form
    also = re.findall(r'name="also" value="(\d+)"', form[0])
    assert len(also) == 1
    assert (
        alice.client.post(form[1], base_url="https://hotline.example.org", data={"csrf_token": alice.token(), "also": also}).status_code
        == 302
    )
    assert [written(three[0].reference) in line for line in strip(alice)] == [False, False]
    with rt.reading() as session:
        done = session.scalars(
            select(Alarm.acknowledged_at).where(Alarm.ticket_id == three[0].id, Alarm.volunteer_id == volunteer(rt, "alice").id)
        )
        assert None not in done.all()


@pytest.mark.parametrize("also", [["x"], ["-1"], ["9" * 19], ["1"] * 40, ["١"]])
def test_what_no_page_of_ours_sends_is_refused(as_: As, app: Flask, also: list[str]) -> None:
    alice = as_("alice")
    answer = alice.client.post(
        "/alarms/1/acknowledge", base_url="https://hotline.example.org", data={"csrf_token": alice.token(), "also": also}
    )
    assert answer.status_code == 400


def test_another_persons_alarm_is_not_settled_by_naming_it(rt: Runtime, as_: As, three: list[Ticket]) -> None:
    alarmed(rt, "bob", AlarmKind.OFF_DUTY, three[1])
    with rt.reading() as session:
        [bobs] = session.scalars(select(Alarm).where(Alarm.volunteer_id == volunteer(rt, "bob").id))
    as_("alice").post(f"/alarms/{bobs.id}/acknowledge", also=str(bobs.id))
    with rt.reading() as session:
        assert session.get_one(Alarm, bobs.id).acknowledged_at is None


def test_the_button_names_its_ticket_for_a_screen_reader(as_: As, three: list[Ticket]) -> None:
    page = as_("alice").text("/queue/list")
    buttons = [re.sub(r"\s+", " ", re.sub("<[^>]+>", "", one)).strip() for one in re.findall(r"<button.*?</button>", page, re.DOTALL)]
    for one in three:
        assert f"I have seen it {written(one.reference)}" in buttons


def test_a_sealed_ticket_that_the_head_may_not_see_is_said_to_be_one_and_nothing_more(
    rt: Runtime, as_: As, app: Flask, clock: Clock
) -> None:
    ticket = a_ticket(rt, "thanay ke SHO ne mujh se rishwat mangi")
    assert ticket.sealed
    alarmed(rt, "head", AlarmKind.SEALED_WAITS, ticket)
    head = as_("head")
    [line] = strip(head)
    assert line.count("a ticket you may not see") == 2  # on the page, and in the name of the button
    assert ticket.reference not in head.text("/queue/list").replace("-", "")
    shown = re.sub(r'csrf_token" value="[^"]+', "", head.text("/queue/alarms"))
    alter(rt, Ticket, priority=Priority.URGENT)
    assert re.sub(r'csrf_token" value="[^"]+', "", head.text("/queue/alarms")) == shown  # nor whether it is urgent


def test_danger_stands_before_newer_alarms_about_shifts(rt: Runtime, as_: As, app: Flask, clock: Clock) -> None:
    ticket = a_ticket(rt, "bachao")
    alarmed(rt, "alice", AlarmKind.URGENT, ticket)
    clock.forward(minutes=5)
    with rt.transaction() as tx:
        raise_alarm_about(tx, "shift:99", AlarmKind.NO_SHOW, volunteer(rt, "alice").id)
    assert written(ticket.reference) in strip(as_("alice"))[0]
    assert as_("alice").text("/queue/alarms").count("data-sounds") == 1


def test_once_somebody_acted_it_sounds_no_more(rt: Runtime, as_: As, app: Flask, clock: Clock) -> None:
    alarmed(rt, "alice", AlarmKind.URGENT, a_ticket(rt, "bachao"))
    assert "data-sounds" in as_("alice").text("/queue/list")
    alter(rt, Ticket, acted_at=rt.clock())
    assert "data-sounds" not in as_("alice").text("/queue/list")


def test_danger_that_was_only_read_tops_the_list_and_sounds_until_somebody_has_read_it(
    rt: Runtime, as_: As, app: Flask, clock: Clock
) -> None:
    older = a_ticket(rt)
    clock.forward(hours=1)
    ticket = a_ticket(rt, "bhatta mang rahe hain", sender="+923331234502")
    assert ticket.danger == "read"
    with rt.transaction() as tx:
        for alarm in tx.session.scalars(select(Alarm)):
            alarm.acknowledged_at = tx.now
    page = as_("lead").text("/queue/list?list=all")
    assert re.findall(r'data-reference="(\d+)"', page) == [ticket.reference, older.reference]
    assert page.count("data-sounds") == 1
    alter(rt, Ticket, unread=False)
    assert "data-sounds" not in as_("lead").text("/queue/list?list=all")


# Shifts


def test_a_shift_alarm_names_the_day_and_the_person(rt: Runtime, as_: As, app: Flask, clock: Clock) -> None:
    bob = volunteer(rt, "bob")
    day = (clock.now + timedelta(days=1)).date()
    roster.say(rt, bob, (team(rt, "street"), bob.id, day, time(8)), comes=False)
    [line] = strip(as_("lead"))
    assert line.startswith("Bob does not come on Tuesday 2026-11-24 08:00–20:00")
    assert line.endswith("I have seen it Bob, Tuesday 2026-11-24 08:00–20:00")


def test_who_has_not_come_and_a_shift_with_too_few_are_named_too(rt: Runtime, as_: As, app: Flask, clock: Clock) -> None:
    attendance.watch_shifts(rt)  # at noon: alice, bob and charlie have not come, and at 22:00 alice is alone
    said = " / ".join(strip(as_("lead")))
    for name in ("Alice", "Bob"):
        assert f"{name} has not come to the shift on Monday 2026-11-23 08:00–20:00" in said
    alice = volunteer(rt, "alice")
    roster.say(rt, alice, (team(rt, "general"), alice.id, date(2026, 11, 23), time(22)), comes=False)
    attendance.watch_shifts(rt)
    assert "General has too few people on Monday 2026-11-23 22:00" in " / ".join(strip(as_("lead")))


def test_two_alarms_about_one_shift_are_one_line(rt: Runtime, as_: As, app: Flask, clock: Clock) -> None:
    attendance.watch_shifts(rt)
    before = len(strip(as_("lead")))
    bob = volunteer(rt, "bob")
    clock.forward(minutes=1)
    roster.say(rt, bob, (team(rt, "street"), bob.id, date(2026, 11, 23), time(8)), comes=False)
    found = strip(as_("lead"))
    assert len(found) == before
    assert found[0].startswith("Bob does not come on Monday")


def test_every_page_has_a_place_for_the_strip_and_the_login_has_none(as_: As, app: Flask, three: list[Ticket]) -> None:
    alice = as_("alice")
    for path in (f"/tickets/{three[0].reference}", "/roster", "/account", "/walk-in"):
        assert 'data-alarms="/queue/alarms"' in alice.text(path), path
    assert len(lines(alice.text("/queue/alarms"))) == 3
    for page in (Visitor(app).text("/login"), as_("admin").text("/people"), as_("auditor").text("/audit")):
        assert "alarms.js" not in page
