"""A text comes in: which ticket it belongs to and what is answered, in the database."""

import contextlib
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select

from hotline.domain import category, reference
from hotline.domain.ticket import Priority, Status
from hotline.domain.wishes import read_wishes
from hotline.jobs import Job
from hotline.runtime import Runtime
from hotline.sections import Conversation
from hotline.services.texts import intake
from hotline.services.texts.intake import Received
from hotline.services.tickets import casework, meaning
from hotline.storage.models import Contact, Event, Message, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import TicketMoved
from tests.opened import has_words
from tests.services.colleagues import alice
from tests.support import HER, OTHER, Clock, count, hand_over, said, text_in, texts_out, tickets


def move(rt: Runtime, ticket: Ticket, *path: Status) -> None:
    worker = alice(rt)
    for version, to in enumerate(path, start=ticket.version):
        casework.change_status(rt, worker, ticket.reference, version=version, to=to)


def test_a_complaint_opens_a_ticket_and_queues_its_receipt(rt: Runtime) -> None:
    assert text_in(rt, "My motorcycle was stolen from Saddar last night") is Received.STORED
    [ticket], [receipt] = tickets(rt), texts_out(rt)
    assert reference.is_valid(ticket.reference)
    assert (ticket.status, ticket.version, ticket.unread) == (Status.NEW, 1, True)
    assert receipt.text_key == "receipt"
    assert receipt.body.startswith(reference.written(ticket.reference) + ":")
    assert (receipt.delivery, receipt.segments, receipt.ticket_id) == ("queued", 1, ticket.id)
    assert rt.bell.rung == [Job.ROUTE_DUE, Job.SEND_DUE]


@pytest.mark.parametrize(
    ("body", "language", "begins"),
    [
        ("کل رات صدر سے میری موٹر سائیکل چوری ہو گئی ہے", "ur", "پیغام ملا"),
        ("ڪالهه رات صدر مان منهنجي موٽرسائيڪل چوري ٿي وئي آهي", "sd", "نياپو مليو"),
        ("kal raat saddar se meri motorcycle chori ho gayi hai", "ur-Latn", "aap ka paigham"),
        ("My motorcycle was stolen from Saddar last night", "en", "we have your message"),
    ],
)
def test_she_is_answered_in_the_language_she_wrote(rt: Runtime, body: str, language: str, begins: str) -> None:
    text_in(rt, body)
    [receipt] = texts_out(rt)
    assert receipt.language == language
    assert receipt.body.partition(": ")[2].startswith(begins)


def test_a_second_delivery_changes_nothing(rt: Runtime) -> None:
    assert text_in(rt, "mera mobile cheen liya", gateway_id="SM1") is Received.STORED
    assert text_in(rt, "mera mobile cheen liya", gateway_id="SM1") is Received.SEEN_BEFORE
    assert (count(rt, Ticket), count(rt, Message), count(rt, Contact), count(rt, Event)) == (1, 2, 1, 1)


def test_a_withheld_number_delivered_twice_leaves_one_contact(rt: Runtime) -> None:
    text_in(rt, "they took my phone", sender="anonymous", gateway_id="SM1")
    text_in(rt, "they took my phone", sender="anonymous", gateway_id="SM1")
    assert (count(rt, Ticket), count(rt, Message), count(rt, Contact)) == (1, 1, 1)


def test_the_same_text_ten_times_at_once_makes_one_ticket_and_one_receipt(rt: Runtime) -> None:
    at_once(10, lambda _: text_in(rt, "mera mobile cheen liya", gateway_id="SM1"))
    assert (count(rt, Ticket), said(rt)) == (1, ["receipt"])


def test_two_first_texts_at_once_from_one_number_make_one_ticket(rt: Runtime) -> None:
    at_once(8, lambda n: text_in(rt, f"part {n} of what happened to my car", gateway_id=f"SM{n}"))
    assert (count(rt, Ticket), said(rt)) == (1, ["receipt"])
    with rt.reading() as session:
        assert {m.ticket_id for m in session.query(Message)} == {tickets(rt)[0].id}


def test_what_follows_within_ten_minutes_joins_and_gets_no_second_receipt(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    clock.forward(minutes=9)
    text_in(rt, "do larkay thay 125 par")
    clock.forward(minutes=9)  # counted from the last text, not from the first
    text_in(rt, "korangi 2 number par")
    assert (count(rt, Ticket), said(rt)) == (1, ["receipt"])
    assert tickets(rt)[0].version == 3


def test_after_ten_minutes_it_is_another_ticket(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    clock.forward(minutes=10, seconds=1)
    text_in(rt, "meri gari chori ho gai hai")
    assert count(rt, Ticket) == 2


def test_her_reference_alone_is_answered_with_its_status_and_reopens_nothing(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    [ticket] = tickets(rt)
    move(rt, ticket, Status.CLOSED)
    clock.forward(hours=1)
    text_in(rt, reference.written(ticket.reference))
    assert said(rt) == ["receipt", "status_closed", "status_closed_other"]
    assert (count(rt, Ticket), tickets(rt)[0].status, tickets(rt)[0].unread) == (1, Status.CLOSED, False)


def test_her_reference_with_more_words_adds_to_that_ticket_and_is_answered(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    [ticket] = tickets(rt)
    move(rt, ticket, Status.CLOSED)
    clock.forward(hours=1)
    text_in(rt, f"{ticket.reference} ab unhon ne phir dhamki di hai")
    [now] = tickets(rt)
    assert (now.unread, now.status, said(rt)[-1]) == (True, Status.CLOSED, "status_closed_other")


def test_somebody_elses_reference_tells_no_stage_and_takes_nothing_of_hers(rt: Runtime) -> None:
    text_in(rt, "mera mobile cheen liya")
    [hers] = tickets(rt)
    text_in(rt, f"{hers.reference} mera bhai ka number hai, meri gari bhi chori ho gai", sender=OTHER)
    first, second = tickets(rt)
    assert (first.version, first.id) == (hers.version, hers.id)
    assert said(rt)[1:] == ["told_elsewhere", "receipt"]
    with rt.reading() as session:
        assert [m.direction for m in session.query(Message).filter_by(ticket_id=hers.id)] == ["in", "out"]
        assert second.contact_id != hers.contact_id


def test_unknown_and_one_too_many_are_refused_in_the_same_words(rt: Runtime) -> None:
    text_in(rt, "mera mobile cheen liya")
    [hers] = tickets(rt)
    for _ in range(11):
        text_in(rt, hers.reference, sender=OTHER)
    text_in(rt, "100000006" if reference.is_valid("100000006") else unused(rt), sender="+923451234567")
    refusals = {m.body for m in texts_out(rt) if m.text_key == "reference_refused"}
    assert said(rt).count("told_elsewhere") == 10
    assert said(rt).count("reference_refused") == 2
    assert len(refusals) == 1


def unused(rt: Runtime) -> str:
    taken = {t.reference for t in tickets(rt)}
    return next(r for n in range(20_000_000, 20_000_100) if (r := str(n) + reference.check_digit(str(n))) not in taken)


def test_a_failed_check_digit_alone_is_told_and_opens_nothing(rt: Runtime) -> None:
    text_in(rt, "482-719-365")
    assert (count(rt, Ticket), said(rt)) == (0, ["reference_mistyped"])


def test_a_telephone_of_eight_digits_stays_with_the_ticket_and_is_answered_also_on_hold(rt: Runtime) -> None:
    text_in(rt, "mere bhai ko aghwa kar liya")
    text_in(rt, "35662222")
    [ticket] = tickets(rt)
    with rt.reading() as session:
        [kept] = session.scalars(select(Message).where(has_words(session, "35662222")))
    assert (kept.ticket_id, kept.read_as, ticket.hold, ticket.unread) == (ticket.id, "mistyped", True, True)
    hand_over(rt)
    assert [m.delivery for m in texts_out(rt) if m.text_key == "reference_mistyped"] == ["sent"]


def test_one_closes_and_two_reopens_a_resolved_ticket(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    [ticket] = tickets(rt)
    move(rt, ticket, Status.RESOLVED)
    hand_over(rt)
    clock.forward(hours=1)
    text_in(rt, "1")
    assert tickets(rt)[0].status == Status.CLOSED
    text_in(rt, "۲")  # Urdu digit
    [now] = tickets(rt)
    assert (now.status, now.unread) == (Status.REOPENED, True)
    assert said(rt) == ["receipt", "status_resolved", "status_noted", "status_reopened_answer"]


def test_lone_digits_with_no_question_are_on_one_ticket_that_a_person_looks_at(rt: Runtime) -> None:
    for digit in "0123456789":
        text_in(rt, digit)
    assert (count(rt, Ticket), count(rt, Message), said(rt)) == (1, 12, ["receipt", "noted"])  # a 3 asks for a woman


def test_two_open_questions_are_never_guessed(rt: Runtime, clock: Clock) -> None:
    for body in ("mera mobile cheen liya", "meri gari chori ho gai hai"):
        text_in(rt, body)
        clock.forward(minutes=11)
    first, second = tickets(rt)
    for ticket in (first, second):
        move(rt, ticket, Status.RESOLVED)
    hand_over(rt)
    text_in(rt, "1")
    assert said(rt)[-1] == "which_reference"
    assert [t.status for t in tickets(rt)] == [Status.RESOLVED] * 2
    text_in(rt, second.reference)
    text_in(rt, "1")
    assert [t.status for t in tickets(rt)] == [Status.RESOLVED, Status.CLOSED]


def test_after_asking_a_lone_digit_still_answers(rt: Runtime, clock: Clock) -> None:
    """The answer to the reference asks nothing, and settles nothing."""
    text_in(rt, "mera mobile cheen liya")
    move(rt, tickets(rt)[0], Status.RESOLVED)
    hand_over(rt)
    for digit, status in (("1", Status.CLOSED), ("2", Status.REOPENED)):
        text_in(rt, tickets(rt)[0].reference)
        text_in(rt, digit)
        assert tickets(rt)[0].status == status
    assert said(rt)[2:] == ["status_in_progress", "status_noted", "status_closed_other", "status_reopened_answer"]


def test_a_closed_ticket_can_be_reopened_for_thirty_days(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    move(rt, tickets(rt)[0], Status.CLOSED)
    hand_over(rt)
    clock.forward(days=31)
    text_in(rt, "2")
    assert tickets(rt)[0].status == Status.CLOSED
    text_in(rt, tickets(rt)[0].reference)
    assert said(rt)[-1] == "status_closed_other"


def test_ok_and_thanks_are_kept_with_her_open_ticket_and_not_answered(rt: Runtime, clock: Clock) -> None:
    text_in(rt, "mera mobile cheen liya")
    clock.forward(hours=2)
    text_in(rt, "ok shukria")
    text_in(rt, "👍")
    [ticket] = tickets(rt)
    assert (said(rt), ticket.version) == (["receipt"], 1)
    with rt.reading() as session:
        assert session.query(Message).filter_by(ticket_id=ticket.id, direction="in").count() == 3


@pytest.mark.parametrize("cry", ["madad", "Help!", "bachao", "مدد", "مهرباني ڪري مدد"])
def test_a_lone_cry_for_help_is_an_urgent_ticket_with_the_receipt_that_everybody_gets(rt: Runtime, cry: str) -> None:
    text_in(rt, cry)
    [ticket] = tickets(rt)
    assert (ticket.priority, said(rt)) == (Priority.URGENT, ["receipt"])


def test_a_cry_within_ten_minutes_is_a_ticket_of_its_own(rt: Runtime) -> None:
    """A phone is shared: who is asked about the first matter may be who the cry is about."""
    text_in(rt, "ghar ke bahar kuch log khare hain")
    text_in(rt, "bachao")
    first, second = tickets(rt)
    assert (first.priority, second.priority, said(rt)) == (Priority.NORMAL, Priority.URGENT, ["receipt", "receipt"])


def test_silence_stops_what_we_start_and_never_an_answer(rt: Runtime) -> None:
    text_in(rt, "OFF")
    with rt.reading() as session:
        assert session.query(Contact).one().stopped_at is not None
    text_in(rt, "mera mobile cheen liya")
    text_in(rt, "ON")
    with rt.reading() as session:
        assert session.query(Contact).one().stopped_at is None
    assert said(rt) == ["stopped", "receipt", "started"]


@pytest.mark.parametrize("word", ["STOP", "unsubscribe", "Cancel", "START", "yes"])
def test_the_gateways_own_words_are_obeyed_and_open_no_ticket(rt: Runtime, word: str) -> None:
    text_in(rt, word)
    assert (count(rt, Ticket), said(rt)) == (0, [])


def test_a_stop_that_the_gateway_does_not_take_is_obeyed_and_answered_by_us(rt: Runtime) -> None:
    text_in(rt, "Stop.")
    with rt.reading() as session:
        assert session.query(Contact).one().stopped_at is not None
    assert (count(rt, Ticket), said(rt)) == (0, ["stopped"])


def test_a_sentence_with_a_command_in_it_is_a_complaint(rt: Runtime) -> None:
    text_in(rt, "please stop the men who stand outside my shop")
    assert (count(rt, Ticket), said(rt)) == (1, ["receipt"])


def test_a_language_named_by_her_stays(rt: Runtime) -> None:
    text_in(rt, "SINDHI")
    text_in(rt, "My motorcycle was stolen from Saddar last night")
    assert [m.language for m in texts_out(rt)] == ["sd", "sd"]


def test_a_greeting_alone_is_greeted_and_opens_nothing(rt: Runtime) -> None:
    text_in(rt, "Assalam o alaikum")
    assert (count(rt, Ticket), said(rt)) == (0, ["greeting"])


@pytest.mark.parametrize(
    "body",
    ["thanay ke SHO ne rishwat mangi", "پولیس اہلکار نے مجھ سے رشوت لی", "پوليس اهلڪار مون کان پئسا ورتا", "A police officer took my bike"],
)
def test_a_text_that_names_police_is_sealed_and_held_at_intake(rt: Runtime, body: str) -> None:
    text_in(rt, body)
    [ticket] = tickets(rt)
    assert (ticket.sealed, ticket.hold) == (True, True)


def test_a_text_that_joins_can_seal_hold_and_raise_but_never_lower(rt: Runtime) -> None:
    text_in(rt, "do log mujhe utha kar le gaye, mere bhai ko aghwa kar liya")
    [before] = tickets(rt)
    assert (before.hold, before.sealed, before.priority) == (True, False, Priority.URGENT)
    text_in(rt, "wo sab police wale thay")
    [after] = tickets(rt)
    assert (after.hold, after.sealed, after.priority) == (True, True, Priority.URGENT)
    assert (after.team_id, after.assignee_id, after.routed_at) == (None, None, None)
    text_in(rt, "theek hai main intezar kar raha hun ghar par")
    assert (tickets(rt)[0].sealed, tickets(rt)[0].priority) == (True, Priority.URGENT)


@pytest.mark.parametrize("sender", ["8300", "JAZZ", "anonymous", "+266696687", "+442071838750"])
def test_who_cannot_be_answered_is_stored_and_not_answered(rt: Runtime, sender: str) -> None:
    text_in(rt, "mera mobile cheen liya", sender=sender)
    assert (count(rt, Ticket), said(rt)) == (1, [])


def test_strangers_with_withheld_numbers_share_nothing(rt: Runtime) -> None:
    text_in(rt, "mera mobile cheen liya", sender="anonymous")
    text_in(rt, "do larkay thay", sender="anonymous")
    assert (count(rt, Ticket), count(rt, Contact)) == (2, 2)


def test_two_thousand_texts_are_all_stored_and_answers_are_capped(make_rt: Callable[..., Runtime], clock: Clock) -> None:
    rt = make_rt(conversation=Conversation(join_minutes=1, replies_per_sender=20))
    for n in range(200):
        text_in(rt, f"MENU{'!' * (n % 3)}")
    assert (count(rt, Message), len(texts_out(rt))) == (220, 20)
    clock.forward(minutes=61)
    text_in(rt, "menu")
    assert len(texts_out(rt)) == 21


def test_whatever_it_says_it_is_stored(rt: Runtime) -> None:
    for body in ("\ufffd", "", " ", "\u202e\u200f", "x" * 1600, "👩‍👩‍👧", "'; DROP TABLE tickets; --", "{ref} %s %(x)s {0}"):
        text_in(rt, body)
    assert count(rt, Message) - len(texts_out(rt)) == 8


def test_a_volunteer_who_changes_a_ticket_meanwhile_loses_no_text(rt: Runtime) -> None:
    text_in(rt, "mera mobile cheen liya")
    [ticket] = tickets(rt)
    worker: Volunteer = alice(rt)

    def step(n: int) -> None:
        if n % 2:
            text_in(rt, f"aur suniye, baat number {n} ye hai")
        else:
            with contextlib.suppress(TicketMoved):
                casework.mark_read(rt, worker, ticket.reference, tickets(rt)[0].version)

    at_once(10, step)
    with rt.reading() as session:
        assert session.query(Message).filter_by(ticket_id=ticket.id, direction="in").count() == 6


def test_her_own_phone_is_found_in_every_spelling(rt: Runtime) -> None:
    text_in(rt, "mera mobile cheen liya", sender=HER)
    text_in(rt, "do larkay thay", sender="03001234501")
    assert count(rt, Contact) == 1


def at_once(n: int, step: object) -> None:
    barrier, faults = threading.Barrier(n), []

    def run(number: int) -> None:
        barrier.wait()
        try:
            step(number)  # type: ignore[operator]
        except Exception as fault:  # noqa: BLE001 - shown below
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_on_hold_a_reference_is_answered_like_any_other(rt: Runtime) -> None:
    text_in(rt, "mera shohar mujhe marta hai, ghar mein qaid kar rakha hai")
    [held] = tickets(rt)
    assert held.hold
    text_in(rt, held.reference, sender=OTHER)
    text_in(rt, held.reference)
    assert said(rt) == ["receipt", "told_elsewhere", "status_received"]


@pytest.mark.parametrize("sender", ["+80012345678", "+88216345678"])
def test_a_number_of_no_country_is_stored(rt: Runtime, sender: str) -> None:
    text_in(rt, "mera mobile cheen liya", sender=sender)
    assert (count(rt, Ticket), said(rt)) == (1, [])


def test_a_cry_beside_a_reference_is_a_cry(rt: Runtime) -> None:
    text_in(rt, "mera mobile cheen liya")
    [hers] = tickets(rt)
    text_in(rt, f"{hers.reference} madad")
    text_in(rt, f"bachao {hers.reference}", sender=OTHER)
    assert [(t.priority, t.id == hers.id) for t in tickets(rt)] == [(Priority.URGENT, True), (Priority.URGENT, False)]
    assert said(rt) == ["receipt", "status_received", "told_elsewhere", "receipt"]


def test_the_first_text_finds_the_tables_made_ready(rt: Runtime) -> None:
    """Threads that compiled them side by side took 50 MiB of a web process."""
    category._compile.cache_clear()
    intake.make_ready(rt)
    made = category._compile.cache_info().misses
    meaning.read_words(rt, "mera mobile cheen liya")
    read_wishes("mujhe call mat karna", rt.wishes, rt.lexicon)
    assert 0 < made == category._compile.cache_info().misses
