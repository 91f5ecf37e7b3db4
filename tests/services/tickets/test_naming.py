"""A complaint that names one of us is shut to that person before anybody is chosen for it, and the head is told; it is never nobody's."""

from pathlib import Path

import pytest
from sqlalchemy import select

from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.services import access
from hotline.services.tickets import casework, walkin
from hotline.services.tickets.routing import route_due
from hotline.storage import alarms as stored
from hotline.storage.models import Alarm, Event, ShutOut, Ticket
from hotline.storage.peoplemodels import Team, Volunteer
from tests.services.colleagues import ORGANISATION, settle, volunteer
from tests.support import OTHER, Clock, count, said, text_in, texts_out, tickets

PEOPLE = (
    ORGANISATION.replace('name = "Alice"', 'name = "Alice Raza / ایلس رضا"')
    .replace('name = "Bob"', 'name = "Babar Soomro"')
    .replace('name = "Charlie"', 'name = "Charlie Memon"')
    .replace('name = "Lead"', 'name = "Lubna Mirza"')
    .replace('name = "Head"', 'name = "Hamid Jatoi"')
    .replace('name = "Auditor"', 'name = "Atif Auditor"')
)
SECOND_HEAD = PEOPLE + '[[volunteer]]\nlogin = "head2"\nname = "Hina Baloch"\nhead = true\n'
SNATCHED = "do larkon ne mera mobile cheen liya"


def shut(rt: Runtime) -> list[tuple[int, str, int | None]]:
    """Ticket, login and who made it, of each that is shut out."""
    with rt.reading() as session:
        rows = session.execute(
            select(ShutOut, Volunteer.login).join(Volunteer, Volunteer.id == ShutOut.volunteer_id).order_by(Volunteer.login)
        )
        return [(out.ticket_id, login, out.made_by) for out, login in rows]


def alarms(rt: Runtime, kind: str | None = None) -> set[tuple[str, str]]:
    with rt.reading() as session:
        rows = session.execute(select(Alarm.kind, Volunteer.login).join(Volunteer, Volunteer.id == Alarm.volunteer_id))
        return {(row[0], row[1]) for row in rows if kind in (None, row[0])}


def holder(rt: Runtime, ticket: Ticket) -> tuple[str | None, str | None]:
    """Team and volunteer of a ticket."""
    with rt.reading() as session:
        now = session.get_one(Ticket, ticket.id)
        team = session.get(Team, now.team_id) if now.team_id else None
        who = session.get(Volunteer, now.assignee_id) if now.assignee_id else None
        return team.code if team else None, who.login if who else None


def seers(rt: Runtime, ticket: Ticket) -> set[str]:
    """The people who may see a ticket now."""
    with rt.reading() as session:
        everybody = session.scalars(select(Volunteer)).all()
        return {one.login for one in everybody if access.sees(session, one, ticket.reference)}


@pytest.mark.parametrize(
    "words",
    [
        f"{SNATCHED}, Alice Raza ne mujh se paise mange",
        "ALICE RAZAA ne phone par gali di, mobile bhi cheen liya",
        "ایلس رضا نے مجھ سے موبائل چھین کر پیسے مانگے",
        "mera mobile cheen liya, bachao, Alice Raza ne bataya unko",
    ],
)
def test_who_is_named_never_sees_it_and_the_next_one_gets_it(rt: Runtime, tmp_path: Path, words: str) -> None:
    settle(rt, tmp_path, PEOPLE)
    text_in(rt, words)
    [ticket] = tickets(rt)
    assert shut(rt) == [(ticket.id, "alice", None)]
    assert "alice" not in seers(rt, ticket)  # in no second before it is routed either
    assert alarms(rt) == {("named", "head")}
    route_due(rt)
    assert holder(rt, ticket)[1] not in (None, "alice")
    assert "alice" not in {login for _, login in alarms(rt)}
    assert said(rt)[0] == "receipt"


def test_a_complaint_in_danger_rings_the_next_one(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path, PEOPLE)
    text_in(rt, "Alice Raza ka bhai mujhe jaan se marne aya hai, mere bhai ko aghwa kar liya hai")
    route_due(rt)
    assert alarms(rt) == {("named", "head"), ("nobody_on_duty", "lead")}


@pytest.mark.parametrize("words", [f"{SNATCHED}, Alice ko batana", f"{SNATCHED} Raza sahib", SNATCHED])
def test_a_first_name_shuts_nobody_out(rt: Runtime, tmp_path: Path, words: str) -> None:
    settle(rt, tmp_path, PEOPLE)
    text_in(rt, words)
    route_due(rt)
    assert (shut(rt), alarms(rt, "named")) == ([], set())
    assert tickets(rt)[0].version == 2


def test_a_later_text_takes_it_from_the_one_it_names_and_ends_those_alarms(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path, PEOPLE)
    text_in(rt, SNATCHED)
    route_due(rt)
    [ticket] = tickets(rt)
    assert holder(rt, ticket) == ("street", "alice")
    text_in(rt, f"{ticket.reference} bachao")
    route_due(rt)
    assert ("urgent", "alice") in alarms(rt)
    text_in(rt, f"{ticket.reference} Alice Raza unke sath mili hui hai, mere bhai ko aghwa kar liya hai")
    assert "alice" not in seers(rt, ticket)
    route_due(rt)
    assert holder(rt, ticket) == ("street", "bob")
    assert tickets(rt)[0].status == Status.ASSIGNED
    with rt.reading() as session:
        assert stored.waits_for(session, volunteer(rt, "alice").id, ["urgent"]) is False
        assert stored.waits_for(session, volunteer(rt, "bob").id, ["urgent"]) is True


def test_what_is_written_down_and_a_walk_in_are_shut_too(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path, PEOPLE)
    text_in(rt, SNATCHED)
    route_due(rt)
    [ticket] = tickets(rt)
    ticket = tickets(rt)[0]
    casework.write_down(rt, volunteer(rt, "bob"), ticket.reference, version=ticket.version, body="the caller says Alice Raza took money")
    route_due(rt)
    assert holder(rt, ticket)[1] == "bob"
    walkin.take_down(rt, volunteer(rt, "bob"), walkin.Complaint(token="0" * 32, words="Babar Soomro took my bag", language="en"))
    typed = tickets(rt)[1]
    route_due(rt)
    assert "bob" not in seers(rt, typed)
    assert [login for _, login, _ in shut(rt)] == ["alice", "bob"]


def test_a_head_who_is_named_is_not_told_and_the_other_head_is(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path, SECOND_HEAD)
    text_in(rt, f"{SNATCHED} aur Hamid Jatoi ne case daba diya")
    [ticket] = tickets(rt)
    assert (alarms(rt), "head" in seers(rt, ticket)) == ({("named", "head2")}, False)


def test_where_the_only_head_is_named_the_leads_are_told_and_the_auditors_book_has_it(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path, PEOPLE)
    text_in(rt, f"{SNATCHED} aur Hamid Jatoi ne case daba diya")
    assert alarms(rt) == {("named", "lead")}
    with rt.reading() as session:
        assert [(event.data["to"], event.volunteer_id) for event in session.scalars(select(Event).where(Event.kind == "shut_out"))] == [
            (volunteer(rt, "head").id, None)
        ]


@pytest.mark.parametrize(
    "words",
    [
        "helpline wale mujh se paise mang rahe hain",
        "aap ka volunteer badtameezi karta hai",
        "apka volunteer ne gali di",
        "CPLC walon ne kuch nahi kiya",
        "your volunteer asked me for money",
        "ہیلپ لائن والے پیسے مانگتے ہیں",
        "آپ کے رضاکار نے بدتمیزی کی",
        "توهان جو رضاڪار پئسا گهري ٿو",
    ],
)
def test_a_complaint_about_the_hotline_is_for_the_head_and_for_nobody_on_duty(rt: Runtime, tmp_path: Path, words: str) -> None:
    settle(rt, tmp_path, PEOPLE)
    text_in(rt, words)
    route_due(rt)
    [ticket] = tickets(rt)
    assert (ticket.category, ticket.sealed, seers(rt, ticket)) == ("ours", True, {"head"})
    assert (holder(rt, ticket), alarms(rt)) == ((None, None), {("sealed_waits", "head")})
    assert said(rt) == ["receipt"]


@pytest.mark.parametrize(
    "words", ["Hello CPLC, mera mobile chori ho gaya", "helpline ka number mila, gari chori ho gai", "koi volunteer bhejo"]
)
def test_who_calls_us_by_our_name_does_not_complain_of_us(rt: Runtime, tmp_path: Path, words: str) -> None:
    settle(rt, tmp_path, PEOPLE)
    text_in(rt, words)
    assert tickets(rt)[0].sealed is False


def test_a_sealed_complaint_that_is_shut_to_its_whole_team_goes_to_the_head(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path, PEOPLE)
    text_in(rt, "thanay ke SHO ne rishwat mangi, Charlie Memon us ka dost hai")
    route_due(rt)
    [ticket] = tickets(rt)
    assert seers(rt, ticket) == {"head"}
    version = ticket.version
    route_due(rt)
    route_due(rt)
    assert tickets(rt)[0].version == version  # it waits quietly


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("helpline wale, khas kar Hamid Jatoi, paise mangte hain", {"charlie"}),
        ("SHO ne rishwat mangi, Charlie Memon aur Hamid Jatoi us ke dost hain", {"alice", "lead"}),
        ("SHO ki rishwat, Charlie Memon, Hamid Jatoi, Alice Raza aur Lubna Mirza sab mile hue hain", {"bob"}),
    ],
)
def test_no_complaint_is_seen_by_nobody_however_many_it_names(rt: Runtime, tmp_path: Path, words: str, who: set[str]) -> None:
    settle(rt, tmp_path, PEOPLE)
    text_in(rt, words)
    route_due(rt)
    [ticket] = tickets(rt)
    assert (ticket.sealed, seers(rt, ticket)) == (True, who)


def test_who_waits_for_a_colleague_who_must_not_see_it_is_not_routed_again_and_again(rt: Runtime, tmp_path: Path) -> None:
    settle(
        rt,
        tmp_path,
        PEOPLE.replace('volunteers = ["alice", "bob"]', 'volunteers = ["alice"]').replace(
            'leads = ["general", "street", "emergency"]', "active = false"
        ),
    )
    text_in(rt, f"{SNATCHED}, Alice Raza ne kiya")
    route_due(rt)
    before = (tickets(rt)[0].version, count(rt, Event))
    assert alarms(rt) == {("named", "head"), ("unattended", "head")}
    for _ in range(3):
        route_due(rt)
    assert (tickets(rt)[0].version, count(rt, Event)) == before


def test_names_are_asked_for_once_a_minute(rt: Runtime, tmp_path: Path, clock: Clock) -> None:
    settle(rt, tmp_path, PEOPLE)
    text_in(rt, SNATCHED)
    settle(rt, tmp_path, PEOPLE + '[[volunteer]]\nlogin = "new"\nname = "Nadia Chandio"\nteams = ["street"]\n')
    clock.forward(minutes=1)
    text_in(rt, f"{SNATCHED} Nadia Chandio", sender=OTHER)
    assert [login for _, login, _ in shut(rt)] == ["new"]
    assert count(rt, ShutOut) == 1


def test_no_text_of_ours_tells_that_somebody_was_named(rt: Runtime, tmp_path: Path) -> None:
    settle(rt, tmp_path, PEOPLE)
    text_in(rt, f"{SNATCHED} Alice Raza", gateway_id="SM1")
    text_in(rt, SNATCHED, sender=OTHER, gateway_id="SM2")
    named, plain = (text.body[11:] for text in texts_out(rt))  # behind the number
    assert named == plain
