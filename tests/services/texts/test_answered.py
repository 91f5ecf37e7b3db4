"""A citizen answers a text of ours, asks how it is going, or says the same again: in the database."""

from hotline.domain import reference
from hotline.domain.look import Look
from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.services.tickets import casework
from hotline.storage.models import Message, Ticket
from tests.opened import has_words
from tests.services.colleagues import alice
from tests.support import HER, OTHER, SNATCHED, Clock, count, hand_over, said, text_in, texts_out, tickets

BIKE = "meri gari chori ho gai hai"


def move(rt: Runtime, to: Status) -> None:
    [ticket] = tickets(rt)
    casework.change_status(rt, alice(rt), ticket.reference, version=ticket.version, to=to)
    hand_over(rt)


def came(rt: Runtime, body: str) -> Message:
    with rt.reading() as session:
        return session.query(Message).where(has_words(session, body), Message.direction == "in").order_by(Message.id.desc()).first()


def test_words_close_and_open_again_what_we_asked_about(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    move(rt, Status.RESOLVED)
    clock.forward(hours=5)
    for body, status, key in (
        ("1 2", Status.RESOLVED, "which_digit"),
        ("haan ji masla hal ho gaya", Status.CLOSED, "status_noted"),
        ("nahi abhi tak kuch nahi", Status.REOPENED, "status_reopened_answer"),
    ):
        text_in(rt, body)
        assert (tickets(rt)[0].status, said(rt)[-1], came(rt, body).ticket_id) == (status, key, tickets(rt)[0].id)
    assert count(rt, Ticket) == 1
    written_out = reference.written(tickets(rt)[0].reference)
    assert not [text for text in texts_out(rt)[2:] if written_out in text.body]


def test_yes_is_the_gateways_own_word_and_an_answer(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    move(rt, Status.RESOLVED)
    text_in(rt, "YES")
    assert (tickets(rt)[0].status, said(rt)[-1]) == (Status.CLOSED, "status_noted")


def test_a_yes_that_tells_more_closes_nothing_and_waits_for_a_person(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    move(rt, Status.RESOLVED)
    clock.forward(hours=5)
    body = "haan ho gaya magar dukan wale ne mere bhai ko bulaya hai parson"
    text_in(rt, body)
    [ticket] = tickets(rt)
    assert (ticket.status, ticket.unread, said(rt)[-1], came(rt, body).look) == (Status.RESOLVED, True, "noted", Look.NEXT)


def test_who_writes_after_a_text_of_ours_answers_it_unless_it_is_another_matter(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    hand_over(rt)
    clock.forward(hours=71)
    text_in(rt, "us ka rang kala tha aur wo paidal tha")
    assert (count(rt, Ticket), said(rt), tickets(rt)[0].unread) == (1, ["receipt"], True)
    clock.forward(minutes=11)
    text_in(rt, SNATCHED, sender=OTHER)
    text_in(rt, BIKE)  # of another kind
    assert (count(rt, Ticket), said(rt)) == (3, ["receipt"] * 3)
    hand_over(rt)
    clock.forward(hours=73)
    text_in(rt, "us ka rang kala tha aur wo paidal tha")
    assert count(rt, Ticket) == 4


def test_a_closed_ticket_is_answered_too_and_becomes_unread(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    move(rt, Status.CLOSED)
    clock.forward(hours=20)
    text_in(rt, "mujhe to kisi ne fon nahi kia")
    [ticket] = tickets(rt)
    assert (ticket.status, ticket.unread) == (Status.CLOSED, True)


def test_how_is_it_going_without_a_reference_is_answered_alike_with_and_without_a_ticket(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    clock.forward(hours=2)
    for sender in (HER, OTHER):
        text_in(rt, "meri complaint ka kya hua", sender=sender)
        asked = came(rt, "meri complaint ka kya hua")
        assert (asked.read_as, asked.look, asked.ticket_id) == (
            ("asked", Look.NEXT, tickets(rt)[0].id) if sender == HER else ("asked", None, None)
        )
    assert (count(rt, Ticket), said(rt)[1:]) == (1, ["send_reference"] * 2)
    owners, others = texts_out(rt)[1:]
    assert owners.body == others.body


def test_a_phone_that_answers_by_itself_is_kept_and_nothing_else(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "I am driving. Will call back later.", sender=OTHER)
    text_in(rt, "mera mobile cheen liya")
    hand_over(rt)
    before = tickets(rt)[0].version
    text_in(rt, "Auto reply: I'm in a meeting, I'll call you later")
    kept = came(rt, "Auto reply: I'm in a meeting, I'll call you later")
    assert (kept.read_as, kept.look, kept.ticket_id) == ("auto_reply", None, tickets(rt)[0].id)
    assert (count(rt, Ticket), said(rt), tickets(rt)[0].version) == (1, ["receipt"], before)
    text_in(rt, "driving, pistol dikha kar mobile cheen liya abhi", sender=OTHER)
    assert count(rt, Ticket) == 2


def test_the_same_words_again_join_until_a_person_has_acted_or_a_day_has_passed(rt: Runtime, clock: Clock) -> None:
    def again(opened: int) -> None:
        clock.forward(minutes=30)
        text_in(rt, "Mera mobile cheen liya!")
        assert (count(rt, Ticket), len(said(rt))) == (opened, opened)

    text_in(rt, "mera mobile cheen liya")
    again(1)
    again(1)
    move(rt, Status.IN_PROGRESS)
    with rt.transaction() as tx:  # as if no text had left
        tx.session.query(Message).filter_by(direction="out").delete()
    clock.forward(minutes=30)
    text_in(rt, "Mera mobile cheen liya!")
    assert count(rt, Ticket) == 2
    clock.forward(hours=25)
    text_in(rt, "Mera mobile cheen liya!")
    assert count(rt, Ticket) == 3
    text_in(rt, "bachao", sender=OTHER)
    clock.forward(hours=3)
    text_in(rt, "Bachao!!", sender=OTHER)
    assert count(rt, Ticket) == 4
