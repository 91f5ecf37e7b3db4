"""Nobody is seen by nobody: what opens or joins which ticket, what waits for a look, and what a shared phone gives away."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from hotline.domain.danger import Danger
from hotline.domain.look import Look
from hotline.domain.ticket import Priority, Status
from hotline.runtime import Runtime
from hotline.sections import Conversation
from hotline.services.tickets import facts
from hotline.services.tickets.routing import route_due
from hotline.storage.models import Alarm, Message, Ticket
from hotline.storage.peoplemodels import Volunteer
from tests.services.colleagues import settle, volunteer
from tests.support import HER, OTHER, Clock, count, said, text_in, texts_out, tickets

THEFT = "kal raat saddar se meri motorcycle chori ho gayi"
KIDNAPPED = "mere bhai ko aghwa kar liya hai"
BEATEN = "mera shohar mujhe marta hai, ghar mein qaid kar rakha hai"
BRIBED = "thanay ke SHO ne mujh se rishwat mangi"


def came(rt: Runtime) -> list[tuple[str, int | None, int | None]]:
    """Body, ticket and look of each text that came in, oldest first."""
    with rt.reading() as session:
        rows = session.scalars(select(Message).where(Message.direction == "in").order_by(Message.id))
        return [(row.body, row.ticket_id, row.look) for row in rows]


def alarms(rt: Runtime) -> list[tuple[str, str, bool]]:
    """Kind and volunteer of each alarm, and whether it is open and not seen."""
    with rt.reading() as session:
        rows = session.execute(select(Alarm, Volunteer.login).join(Volunteer, Volunteer.id == Alarm.volunteer_id).order_by(Alarm.kind))
        return [(alarm.kind, login, alarm.acknowledged_at is None and alarm.seen_at is None) for alarm, login in rows]


def all_seen(rt: Runtime) -> None:
    with rt.transaction() as tx:
        tx.session.execute(update(Alarm).values(seen_at=tx.now, acknowledged_at=tx.now))


# Without words


@pytest.mark.parametrize("body", ["", "0", "???", "!!!", "koi hai?? jaldi", "🙏"])
def test_without_an_open_ticket_it_opens_an_ordinary_one_with_its_receipt(rt: Runtime, body: str) -> None:
    text_in(rt, body)
    [ticket] = tickets(rt)
    assert (ticket.priority, ticket.danger, ticket.hold, said(rt)) == (Priority.NORMAL, None, False, ["receipt"])
    assert came(rt) == [(body, ticket.id, Look.FIRST)]


@pytest.mark.parametrize("body", ["", "0", "???", "!!!", "koi hai?? jaldi", "🙏"])
def test_with_an_open_ticket_it_waits_for_a_look_there(rt: Runtime, clock: Clock, body: str) -> None:
    text_in(rt, THEFT)
    clock.forward(hours=2)
    text_in(rt, body)
    [ticket] = tickets(rt)
    assert (ticket.unread, said(rt), came(rt)[1]) == (True, ["receipt"], (body, ticket.id, Look.FIRST))
    clock.forward(minutes=1)
    text_in(rt, "do log andar aa gaye aur saman le gaye")  # perhaps of somebody else in the family
    assert count(rt, Ticket) == 2


@pytest.mark.parametrize("body", ["🆘", "SOS", "🚨🚨", "...---..."])
def test_a_lone_sign_of_distress_is_a_ticket_in_danger(rt: Runtime, body: str) -> None:
    text_in(rt, body)
    [ticket] = tickets(rt)
    assert (ticket.danger, ticket.priority, ticket.hold, ticket.danger_at) == (Danger.CRY, Priority.URGENT, True, rt.clock())
    assert (said(rt), came(rt)[0][2]) == (["receipt"], Look.FIRST)


def test_thanks_open_nothing_and_are_looked_at_on_an_open_ticket(rt: Runtime) -> None:
    text_in(rt, "shukria")
    assert came(rt) == [("shukria", None, None)]
    text_in(rt, THEFT)
    text_in(rt, "ok")
    assert came(rt)[2] == ("ok", tickets(rt)[0].id, Look.NEXT)
    assert (count(rt, Ticket), said(rt)) == (1, ["receipt"])


def test_whatever_is_kept_waits_for_a_look_or_asks_nothing_of_a_person(rt: Runtime, clock: Clock) -> None:
    """Each kind of text, from a phone that is new, and from one with an open ticket."""
    asks_nothing = {"command", "status", "elsewhere", "refused", "mistyped", "answered", "duty", "junk"}
    bodies = [
        "",
        "?",
        "0",
        "1",
        "2",
        "9",
        "15",
        "no",
        "haan",
        "k",
        "👍",
        "🙏",
        "🆘",
        "koi hai",
        "x",
        "\ufffd",
        "menu",
        "salam",
        "OFF",
        "482-719-365",
        THEFT,
    ]
    numbers = (f"+92300{3_000_000 + n}" for n in itertools.count())
    for body in bodies:
        text_in(rt, body, sender=next(numbers))
        phone = next(numbers)
        text_in(rt, THEFT, sender=phone)
        clock.forward(minutes=11)
        text_in(rt, body, sender=phone)
    with rt.reading() as session:
        for text in session.scalars(select(Message).where(Message.direction == "in", Message.look.is_(None))):
            is_thanks = text.read_as == "kept" and text.body in ("k", "👍")
            assert text.read_as in asks_nothing or is_thanks, text.body
        for text in session.scalars(select(Message).where(Message.direction == "in", Message.look.is_not(None))):
            assert text.ticket_id is not None or text.read_as == "mistyped", text.body


# Junk


@pytest.mark.parametrize("sender", ["Telenor", "TELENOR", "telenor ", "8300", "ＨＢＬ"])
def test_a_junk_sender_is_kept_and_nothing_else(make_rt: Callable[..., Runtime], sender: str) -> None:
    rt = make_rt(conversation=Conversation(junk_senders=("telenor", "8300", "ｈｂｌ")))
    for body in (THEFT, KIDNAPPED, "🆘", "12", "STOP"):
        text_in(rt, body, sender=sender)
    assert (count(rt, Ticket), said(rt)) == (0, [])
    assert came(rt) == [(body, None, None) for body in (THEFT, KIDNAPPED, "🆘", "12", "STOP")]


def test_a_sender_that_is_not_listed_and_a_phone_that_is_are_no_junk(make_rt: Callable[..., Runtime]) -> None:
    rt = make_rt(conversation=Conversation(junk_senders=("Telenor", HER)))
    text_in(rt, THEFT, sender="Jazz")
    text_in(rt, THEFT, sender=HER)
    assert (count(rt, Ticket), [look for *_, look in came(rt)]) == (2, [Look.NEXT, Look.NEXT])


# Danger


def test_danger_joins_the_ticket_in_danger_for_a_day_and_rings_its_volunteer_again(rt: Runtime, tmp_path: Path, clock: Clock) -> None:
    settle(rt, tmp_path)
    text_in(rt, "bachao")
    route_due(rt)
    who = [login for _, login, _ in alarms(rt)]
    for body in (BEATEN, "🆘", KIDNAPPED):
        all_seen(rt)
        clock.forward(hours=23)  # counted from when it was told last
        text_in(rt, body)
        route_due(rt)
        assert count(rt, Ticket) == 1
        assert {login for _, login, is_open in alarms(rt) if is_open} >= set(who), body
        assert tickets(rt)[0].danger_at == clock.now
    assert said(rt) == ["receipt"]  # no new one


def test_after_a_day_or_once_it_is_closed_danger_is_a_ticket_of_its_own(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "bachao")
    clock.forward(hours=24, seconds=1)
    text_in(rt, "bachao")
    assert count(rt, Ticket) == 2
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(status=Status.CLOSED))
    text_in(rt, "bachao")
    assert count(rt, Ticket) == 3


def test_danger_on_a_ticket_that_is_resolved_opens_it_again(rt: Runtime) -> None:
    text_in(rt, "bachao")
    with rt.transaction() as tx:
        tx.session.execute(update(Ticket).values(status=Status.RESOLVED, acted_at=tx.now))
    text_in(rt, "🆘")
    [ticket] = tickets(rt)
    assert (ticket.status, ticket.unread, ticket.acted_at) == (Status.REOPENED, True, None)


@pytest.mark.parametrize("danger", ["bachao", "🆘", KIDNAPPED, BEATEN])
def test_danger_never_joins_another_matter_of_a_shared_phone(rt: Runtime, danger: str) -> None:
    """The husband reported a theft a minute ago: his ticket, and who works on it, learn nothing of hers."""
    text_in(rt, THEFT)
    before = tickets(rt)[0]
    text_in(rt, danger)
    his, hers = tickets(rt)
    assert (his.version, his.priority, his.hold, his.danger) == (before.version, Priority.NORMAL, False, None)
    assert (hers.danger is not None, hers.hold, hers.priority) == (True, True, Priority.URGENT)
    assert said(rt)[:2] == ["receipt", "receipt"]


def test_danger_joins_no_ticket_to_which_a_volunteer_wrote_about_another_matter(rt: Runtime, tmp_path: Path, clock: Clock) -> None:
    settle(rt, tmp_path)
    text_in(rt, THEFT)
    route_due(rt)
    with rt.transaction() as tx:
        bob = volunteer(rt, "bob")
        tx.session.execute(update(Message).where(Message.direction == "out").values(volunteer_id=bob.id))
    clock.forward(hours=1)
    text_in(rt, "wo log kal bhi aaye the")
    assert count(rt, Ticket) == 1
    text_in(rt, BEATEN)
    assert count(rt, Ticket) == 2


def test_ordinary_words_join_as_before(rt: Runtime, clock: Clock) -> None:
    text_in(rt, BEATEN)
    clock.forward(minutes=9)
    text_in(rt, "wo abhi bahar gaya hai, subah aaye ga")
    assert (count(rt, Ticket), said(rt)) == (1, ["receipt"])


@pytest.mark.parametrize("first", ["bachao", BEATEN, f"{BRIBED}, {KIDNAPPED}"])
@pytest.mark.parametrize("then", ["bachao", KIDNAPPED])
def test_whether_the_ticket_in_danger_is_sealed_is_not_told(rt: Runtime, first: str, then: str) -> None:
    text_in(rt, first)
    before = len(said(rt))
    text_in(rt, then)
    assert count(rt, Ticket) == 1
    assert said(rt)[before:] == []


@pytest.mark.parametrize("status", [Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED])
@pytest.mark.parametrize("words", ["bachao", KIDNAPPED])
def test_danger_beside_an_own_reference_rings_on_that_ticket(rt: Runtime, tmp_path: Path, clock: Clock, status: Status, words: str) -> None:
    """Held or closed, somebody works on it again; and the answer is the same for every kind."""
    settle(rt, tmp_path)
    answers = set()
    for n, kind in enumerate(
        ({}, {"hold": True}, {"sealed": True, "category": "police"}, {"sealed": True, "hold": True, "category": "police"})
    ):
        phone = f"+92301{1_000_000 + n}"
        text_in(rt, THEFT, sender=phone)
        route_due(rt)
        ticket = tickets(rt)[-1]
        with rt.transaction() as tx:
            tx.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(status=status, unread=False, **kind))
        clock.forward(hours=1)
        sent = len(texts_out(rt))
        text_in(rt, f"{ticket.reference} {words}", sender=phone)
        route_due(rt)
        now = tickets(rt)[-1]
        assert now.id == ticket.id
        assert (now.danger is not None, now.hold, now.unread, now.priority) == (True, True, True, Priority.URGENT)
        assert now.status == (Status.REOPENED if status in (Status.RESOLVED, Status.CLOSED) else status)
        with rt.reading() as session:
            assert session.scalars(select(Alarm).where(Alarm.ticket_id == ticket.id, Alarm.acknowledged_at.is_(None))).all()
        answers.add(tuple((text.text_key, text.segments) for text in texts_out(rt)[sent:]))
    assert len(answers) == 1
    assert [key for key, _ in answers.pop()] == ["status_in_progress"]


def test_danger_beside_somebody_elses_reference_is_a_ticket_in_danger_of_its_own(rt: Runtime) -> None:
    text_in(rt, THEFT, sender=OTHER)
    text_in(rt, f"{tickets(rt)[0].reference} {KIDNAPPED}")
    others, own = tickets(rt)
    assert (others.danger, own.danger, said(rt)) == (None, Danger.SURE, ["receipt", "told_elsewhere", "receipt"])
    text_in(rt, "bachao")
    assert count(rt, Ticket) == 2


def test_what_a_lead_called_no_danger_any_more_is_joined_by_none(rt: Runtime, tmp_path: Path, clock: Clock) -> None:
    settle(rt, tmp_path)
    text_in(rt, "bachao")
    route_due(rt)
    [ticket] = tickets(rt)
    lead = volunteer(rt, "lead")
    facts.set_priority(rt, lead, ticket.reference, version=ticket.version, to=Priority.NORMAL, note="a child played with the phone")
    clock.forward(hours=1)
    text_in(rt, "🆘")
    assert count(rt, Ticket) == 2


def test_danger_told_by_two_at_once_from_one_phone_is_one_ticket(rt: Runtime) -> None:
    text_in(rt, "bachao", gateway_id="SM1")
    text_in(rt, "bachao", gateway_id="SM1")
    assert (count(rt, Ticket), said(rt)) == (1, ["receipt"])
    assert tickets(rt)[0].danger_at is not None
    assert rt.clock() - tickets(rt)[0].danger_at < timedelta(days=1)
