"""A number that was silent for 90 days may be another person's: nothing of the first reaches the second, and the second undoes nothing."""

import pytest

from hotline.domain.ticket import Status
from hotline.runtime import Runtime
from hotline.services.tickets import casework, reach
from hotline.services.tickets.reach import SafeContact
from hotline.storage import holds
from hotline.storage.models import Contact, Ticket
from hotline.storage.peoplemodels import Volunteer
from tests.services.colleagues import alice, volunteer
from tests.support import HER, Clock, alter, count, hand_over, said, text_in, texts_out, tickets

AGAIN = "us ka rang kala tha aur wo paidal tha"


def contact(rt: Runtime) -> Contact:
    with rt.reading() as session:
        return session.query(Contact).one()


def move(rt: Runtime, ticket: Ticket, to: Status) -> None:
    casework.change_status(rt, alice(rt), ticket.reference, version=ticket.version, to=to)
    hand_over(rt)


@pytest.mark.parametrize(("days", "is_stranger"), [(89, False), (91, True)])
def test_after_long_silence_words_digits_and_references_meet_a_strangers_answers(
    rt: Runtime, clock: Clock, days: int, is_stranger: bool
) -> None:
    text_in(rt, "SINDHI")
    text_in(rt, "mera mobile cheen liya")
    [first] = tickets(rt)
    hand_over(rt)
    clock.forward(days=days)
    move(rt, first, Status.RESOLVED)  # our question reaches the number just before
    text_in(rt, first.reference)
    assert said(rt)[-1] == ("told_elsewhere" if is_stranger else "status_in_progress")
    for body in ("1", "nahi hua"):
        text_in(rt, body)
        text_in(rt, AGAIN)
    assert (tickets(rt)[0].status == Status.RESOLVED, count(rt, Ticket)) == ((True, 2) if is_stranger else (False, 1))
    assert contact(rt).language == ("ur-Latn" if is_stranger else "sd")


def test_what_protects_the_first_stays_and_what_the_second_writes_is_answered(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    hand_over(rt)
    alter(rt, Contact, may_text=False, refused_calls_at=rt.clock())
    clock.forward(days=91)
    text_in(rt, "meri gari chori ho gai hai")
    text_in(rt, "ON")
    hand_over(rt)
    assert [text.delivery for text in texts_out(rt)] == ["sent"] * 3
    first, second = tickets(rt)
    assert (contact(rt).on_hold, contact(rt).refused_calls_at is not None) == (True, True)
    for ticket in (first, second):
        move(rt, ticket, Status.IN_PROGRESS)
    assert {text.reason for text in texts_out(rt)[3:]} <= {"not_safe", "hold"}
    assert not [text for text in texts_out(rt)[3:] if text.delivery == "sent"]


def test_no_news_of_the_first_goes_to_the_second_until_a_lead_says_that_the_number_is_still_the_citizens(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    hand_over(rt)
    clock.forward(days=91)
    text_in(rt, AGAIN)
    hand_over(rt)
    first = tickets(rt)[0]
    move(rt, first, Status.IN_PROGRESS)
    assert not [text for text in texts_out(rt) if text.text_key == "status_in_progress" and text.delivery == "sent"]
    with rt.reading() as session:
        is_held = holds.of(session, first.contact_id, tickets(rt)[0]).phone_held
        was = SafeContact.of(contact(rt), phone_held=is_held)
    assert is_held
    free = SafeContact(may_text=True, may_call=True, safe_from=None, safe_until=None, on_hold=False)
    alter(rt, Volunteer, is_head=True)
    version = tickets(rt)[0].version
    reach.reach(
        rt, volunteer(rt, "alice"), first.reference, version=version, was=was.mark, wanted=free, note="rang, and knew the citizen's voice"
    )
    text_in(rt, first.reference, sender=HER)
    assert said(rt)[-1] == "status_in_progress"
