"""The books find each fault: every test takes a day that balances and changes one thing in it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from hotline.cli.rehearsal.balance import Line, balance, never_known, recoveries
from hotline.cli.rehearsal.told import About, Acted, Arrived, Called, Struck, Texted, Told
from hotline.domain.conversation import ReadAs
from hotline.domain.delivery import Delivery, Reason
from hotline.storage.accounting import CallLeft, Everything, TextIn, TextOut, TicketLeft

NOW = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
ALI, SARA, CALLER = "+923111000001", "+923111000002", "+923111000003"
RECEIPT, STATUS = "482-719-365: we have it.", "482-719-365: it is waiting."


def the_day() -> tuple[Told, Everything]:
    """Ali texts, and asks where it stands; Sara is in danger; somebody calls; a volunteer acts on Sara's."""
    told = Told(
        texted=[
            Texted(1, ALI, "mobile cheen liya", About.MATTER, 1.0, 1.2, taken=True),
            Texted(1, ALI, "482-719-365", About.STATUS, 60.0, 60.1, taken=True),
            Texted(2, SARA, "bachao", About.MATTER, 2.0, 2.2, taken=True),
        ],
        called=[Called(3, CALLER, "reports", "CA1", 5.0, connected=True, whole=True, recordings=frozenset({"RE1"}), leaves_ticket=True)],
        acted=[Acted("alice", "482719373", "acted")],
        arrived=[Arrived(ALI, RECEIPT), Arrived(ALI, STATUS), Arrived(SARA, "482-719-373: we have it.")],
    )
    there = Everything(
        came_in=(
            TextIn(1, ALI, "mobile cheen liya", 1, ReadAs.OPENED),
            TextIn(2, SARA, "bachao", 2, ReadAs.CRY),
            TextIn(3, ALI, "482-719-365", 1, ReadAs.STATUS),
        ),
        went_out=(
            TextOut(11, ALI, RECEIPT, "receipt", 1, 1, Delivery.DELIVERED, None, NOW),
            TextOut(12, SARA, "482-719-373: we have it.", "receipt", 2, 2, Delivery.SENT, None, NOW),
            TextOut(13, ALI, STATUS, "status_received", 1, 3, Delivery.DELIVERED, None, NOW),
        ),
        tickets=(
            TicketLeft(1, "482719365", in_danger=False, must_ring=False, acted=False, rings=False, alarms=0),
            TicketLeft(2, "482719373", in_danger=True, must_ring=True, acted=True, rings=False, alarms=1),
            TicketLeft(3, "482719381", in_danger=False, must_ring=False, acted=False, rings=False, alarms=0),
        ),
        calls=(CallLeft(1, "CA1", 3, ended=True, recordings=frozenset({"RE1"})),),
        acts={("alice", "482719373", "acted"): 1},
    )
    return told, there


def books(told: Told, there: Everything, *, waiting: int = 0, aside: int = 0, unsettled: dict[str, int] | None = None) -> list[Line]:
    return balance(told, there, waiting=waiting, aside=aside, unsettled=unsettled or {}, tells_danger=lambda words: "bachao" in words)


def only_fault(lines: list[Line], name: str) -> str:
    """The one fault of the line whose name begins so. No other line has one."""
    found = [(line.name, fault) for line in lines for fault in line.faults]
    assert len(found) == 1, found
    assert found[0][0].startswith(name), found
    return found[0][1]


def changed(rows: tuple[Any, ...], id_: int, **values: object) -> tuple[Any, ...]:
    return tuple(replace(row, **values) if row.id == id_ else row for row in rows)


def without(rows: tuple[Any, ...], id_: int) -> tuple[Any, ...]:
    return tuple(row for row in rows if row.id != id_)


def with_calls(there: Everything, *calls: CallLeft) -> Everything:
    """The day with these calls instead of its own, and without the ticket of that one if none of them has it."""
    kept = there.tickets if any(call.ticket_id == 3 for call in calls) else without(there.tickets, 3)
    return replace(there, calls=calls, tickets=kept)


def test_a_day_on_which_nothing_went_wrong_balances_and_says_what_it_counted() -> None:
    lines = books(*the_day())
    assert not [fault for line in lines for fault in line.faults]
    assert [line.count for line in lines] == [3, 0, 0, 2, 1, 3, 1, 1, 1]


# ---- texts


def test_a_text_that_was_answered_and_is_not_stored_is_lost() -> None:
    told, there = the_day()
    told.texted.append(Texted(7, "+923111000007", "chori ho gayi", About.MATTER, 3.0, 3.1, taken=True))
    assert only_fault(books(told, there), "texts answered") == "1 answered with success and not stored: contacts 7"


def test_a_text_that_was_not_answered_may_be_stored_or_not() -> None:
    told, there = the_day()
    told.texted.append(Texted(7, "+923111000007", "chori ho gayi", About.MATTER, 3.0, 3.1, taken=False))
    lines = books(told, there)
    assert not [fault for line in lines for fault in line.faults]
    assert lines[0].besides == "1 got no answer, 0 of them are stored all the same"


@pytest.mark.parametrize(
    ("taken", "lasts_s", "is_fair"), [(75, 1800.0, True), (74, 1800.0, False), (50, 24.0, True), (49, 24.0, False), (0, 24.0, False)]
)
def test_a_day_on_which_too_few_texts_were_answered_does_not_balance(taken: int, lasts_s: float, is_fair: bool) -> None:
    texts = [Texted(n, f"+92311{n:07}", "x", About.PRANK, 1.0, lasts_s, taken=n < taken) for n in range(100)]
    rows = tuple(TextIn(n, f"+92311{n:07}", "x", None, ReadAs.KEPT) for n in range(taken))
    lines = books(Told(texted=texts), Everything(came_in=rows))
    if is_fair:
        assert not [fault for line in lines for fault in line.faults]
    else:
        fault = f"only {taken} of 100 were answered with success: this is no day to judge by"
        assert only_fault(lines, "texts answered") == fault


@pytest.mark.parametrize(
    ("told", "line", "fault"),
    [
        (Told(to_call=10), "calls", "none of 10 callers was answered"),
        (Told(to_ask=10), "questions", "none of 10 citizens who were to ask did"),
    ],
)
def test_a_day_without_what_it_was_to_have_does_not_balance(told: Told, line: str, fault: str) -> None:
    assert only_fault(books(told, Everything()), line) == fault
    few = Told(to_call=9, to_ask=9)
    assert not [fault for line in books(few, Everything()) for fault in line.faults], "that may be by chance"


def test_a_day_on_which_no_volunteer_did_anything_does_not_balance() -> None:
    told, there = the_day()
    told.acted.clear()
    tickets = [replace(there.tickets[0], id=n, reference=str(482000000 + n)) for n in range(10, 17)]
    calls = tuple(CallLeft(n, None, n, ended=True) for n in range(10, 17))
    many = replace(there, tickets=(*there.tickets, *tickets), calls=(*there.calls, *calls))
    assert only_fault(books(told, many), "acts") == "none of 10 tickets had an act"


def test_a_text_that_is_stored_twice_is_found() -> None:
    told, there = the_day()
    twice = (*there.came_in, TextIn(4, ALI, "mobile cheen liya", 1, ReadAs.JOINED))
    assert only_fault(books(told, replace(there, came_in=twice)), "texts answered") == "1 stored twice: texts 4"


def test_a_complaint_that_is_stored_and_on_no_ticket_is_lost_and_a_greeting_is_not() -> None:
    told, there = the_day()
    number, words = "+923111000007", "nala band hai"
    there = replace(there, came_in=(*there.came_in, TextIn(7, number, words, None, ReadAs.KEPT)))
    told.texted.append(Texted(7, number, words, About.MATTER, 3.0, 3.1, taken=True))
    assert only_fault(books(told, there), "texts answered") == "1 complaints that are on no ticket: texts 7"
    told.texted[-1] = replace(told.texted[-1], about=About.PRANK)
    assert not [fault for line in books(told, there) for fault in line.faults]


def test_a_text_that_nobody_sent_is_found() -> None:
    told, there = the_day()
    more = (*there.came_in, TextIn(4, "+923111000009", "kuch", None, ReadAs.KEPT))
    assert only_fault(books(told, replace(there, came_in=more)), "texts answered") == "1 stored, and nobody sent them: texts 4"


@pytest.mark.parametrize(("waiting", "aside", "fault"), [(2, 0, "2 files still wait"), (0, 1, "1 files were put aside")])
def test_what_waits_on_the_disk_or_lies_aside_is_found(waiting: int, aside: int, fault: str) -> None:
    assert only_fault(books(*the_day(), waiting=waiting, aside=aside), "files on the disk") == fault


def test_what_the_workers_did_not_get_done_is_found() -> None:
    assert only_fault(books(*the_day(), unsettled={"tickets to route": 4}), "things that workers") == "4 tickets to route"


# ---- receipts and answers


def test_a_ticket_without_a_receipt_is_found() -> None:
    told, there = the_day()
    told.arrived.remove(Arrived(ALI, RECEIPT))
    missing = replace(there, went_out=without(there.went_out, 11))
    assert only_fault(books(told, missing), "tickets opened") == "1 without a receipt: tickets 1"


@pytest.mark.parametrize(("late", "words"), [(True, "bachao"), (True, "mobile cheen liya"), (False, "bachao")])
def test_a_late_text_whose_words_tell_of_danger_needs_no_receipt_and_no_other_text_does_without(late: bool, words: str) -> None:
    told, there = the_day()
    told.arrived.remove(Arrived(ALI, RECEIPT))
    told.texted[0] = replace(told.texted[0], words=words)
    in_danger = changed(there.tickets, 1, in_danger=True, acted=True, alarms=1)  # the model may have heard it later
    came_in = changed(there.came_in, 1, late=late, words=words)
    missing = replace(there, came_in=came_in, went_out=without(there.went_out, 11), tickets=in_danger)
    if late and words == "bachao":
        [receipts] = [line for line in books(told, missing) if line.name.startswith("tickets opened")]
        assert (receipts.faults, receipts.besides) == ((), "1 late and in danger: people answer")
    else:
        assert only_fault(books(told, missing), "tickets opened") == "1 without a receipt: tickets 1"


def test_a_phone_that_asks_for_no_texts_gets_no_receipt_and_that_is_said() -> None:
    told, there = the_day()
    told.arrived.remove(Arrived(ALI, RECEIPT))
    silent = replace(there, went_out=without(there.went_out, 11), tickets=changed(there.tickets, 1, refuses=True))
    lines = books(told, silent)
    assert not [fault for line in lines for fault in line.faults]
    assert lines[3].besides == "1 asked for no texts"


def test_a_ticket_with_two_receipts_is_found_although_both_arrived() -> None:
    told, there = the_day()
    told.arrived.append(Arrived(ALI, RECEIPT))
    twice = (*there.went_out, replace(there.went_out[0], id=14, answers_id=None))
    assert only_fault(books(told, replace(there, went_out=twice)), "tickets opened") == "1 with two receipts: tickets 1"


def test_two_texts_that_opened_one_ticket_and_a_text_that_opened_none_are_found() -> None:
    told, there = the_day()
    told.texted.append(Texted(1, ALI, "aur batwa bhi", About.MATTER, 3.0, 3.1, taken=True))
    both = (*there.came_in, TextIn(4, ALI, "aur batwa bhi", 1, ReadAs.OPENED))
    assert only_fault(books(told, replace(there, came_in=both)), "tickets opened") == "1 opened by two texts: tickets 1"
    none = (*there.came_in, TextIn(4, ALI, "aur batwa bhi", None, ReadAs.OPENED))
    assert only_fault(books(told, replace(there, came_in=none)), "tickets opened") == "1 texts that opened no ticket 4"


def test_a_ticket_that_nobody_opened_is_found() -> None:
    told, there = the_day()
    more = (*there.tickets, replace(there.tickets[0], id=4, reference="482719390"))
    assert only_fault(books(told, replace(there, tickets=more)), "tickets opened") == "1 that no text and no call left: tickets 4"


def test_a_receipt_that_says_sent_and_is_on_no_phone_is_lost_and_one_that_is_listed_as_unknown_is_not() -> None:
    told, there = the_day()
    told.arrived.remove(Arrived(ALI, RECEIPT))
    faults = [fault for line in books(told, there) for fault in line.faults]
    assert faults == ["1 not on the phone and not listed as unknown: receipts 11", "1 sent by the row, and no phone has it: texts 11"]
    unknown = changed(there.went_out, 11, delivery=Delivery.UNKNOWN, reason=Reason.NEVER_KNOWN)
    lines = books(told, replace(there, went_out=unknown))
    assert not [fault for line in lines for fault in line.faults]
    assert lines[3].besides == "1 listed as unknown"
    assert never_known(replace(there, went_out=unknown)) == [11]


def test_a_receipt_that_arrived_twice_is_doubled() -> None:
    told, there = the_day()
    told.arrived.append(Arrived(ALI, RECEIPT))
    assert only_fault(books(told, there), "texts of ours") == "1 on the phone twice: texts 11"


def test_a_text_that_is_listed_as_unknown_and_arrived_twice_is_doubled() -> None:
    told, there = the_day()
    told.arrived.append(Arrived(ALI, RECEIPT))
    unknown = changed(there.went_out, 11, delivery=Delivery.UNKNOWN, reason=Reason.NEVER_KNOWN)
    assert only_fault(books(told, replace(there, went_out=unknown)), "texts of ours") == "1 on the phone twice: texts 11"


def test_a_text_on_a_phone_that_no_row_has_is_found() -> None:
    told, there = the_day()
    told.arrived.append(Arrived(SARA, "something else"))
    assert only_fault(books(told, there), "texts of ours") == "1 texts on phones that no row has"


def test_a_text_that_failed_is_found_and_worse_if_the_phone_has_it() -> None:
    told, there = the_day()
    failed = replace(there, went_out=changed(there.went_out, 13, delivery=Delivery.FAILED, reason="30008"))
    faults = [fault for line in books(told, failed) for fault in line.faults]
    assert faults == ["1 failed by the row, and the phone has it: texts 13", "1 failed: texts 13"]


def test_a_question_without_an_answer_is_found() -> None:
    told, there = the_day()
    told.arrived.remove(Arrived(ALI, STATUS))
    unanswered = replace(there, went_out=without(there.went_out, 13))
    assert only_fault(books(told, unanswered), "questions") == "1 without an answer: texts 3"


def test_a_question_with_two_answers_is_found() -> None:
    told, there = the_day()
    told.arrived.append(Arrived(ALI, STATUS))
    twice = (*there.went_out, replace(there.went_out[2], id=14))
    assert only_fault(books(told, replace(there, went_out=twice)), "questions") == "1 with several answers: texts 3"


def test_an_answer_that_never_arrived_is_found() -> None:
    told, there = the_day()
    told.arrived.remove(Arrived(ALI, STATUS))
    queued = replace(there, went_out=changed(there.went_out, 13, delivery=Delivery.QUEUED))
    assert only_fault(books(told, queued), "questions") == "1 not on the phone and not listed as unknown: answers 13"


def test_a_question_that_is_stored_although_its_sender_got_no_answer_of_success_is_answered_too() -> None:
    told, there = the_day()
    told.texted[1] = replace(told.texted[1], taken=False)
    told.arrived.remove(Arrived(ALI, STATUS))
    unanswered = replace(there, went_out=without(there.went_out, 13))
    assert only_fault(books(told, unanswered), "questions") == "1 without an answer: texts 3"


def test_a_question_that_was_taken_for_a_new_complaint_is_found() -> None:
    told, there = the_day()
    misread = replace(there, came_in=changed(there.came_in, 3, read_as=ReadAs.ADDED))
    assert only_fault(books(told, misread), "questions") == "1 taken for something else: texts 3"


# ---- calls, danger, acts


def test_a_call_that_was_answered_and_is_not_stored_is_lost() -> None:
    told, there = the_day()
    assert only_fault(books(told, with_calls(there)), "calls") == "1 answered and not stored: contacts 3"


def test_a_caller_who_heard_that_the_lines_are_busy_is_in_the_book_too() -> None:
    told, there = the_day()
    told.called[0] = replace(told.called[0], connected=False, busy=True, whole=False)
    assert only_fault(books(told, with_calls(there)), "calls") == "1 answered and not stored: contacts 3"
    bare = with_calls(there, CallLeft(1, "CA1", None, ended=True))
    told.called[0] = replace(told.called[0], recordings=frozenset(), leaves_ticket=False)
    assert not [fault for line in books(told, bare) for fault in line.faults]


def test_a_call_that_was_never_answered_promises_nothing() -> None:
    told, there = the_day()
    told.called[0] = replace(told.called[0], connected=False, whole=False, recordings=frozenset(), leaves_ticket=False)
    lines = books(told, with_calls(there))
    assert not [fault for line in lines for fault in line.faults]
    assert lines[6].besides == "1 were never answered"


def test_a_call_that_ends_with_busy_lines_still_leaves_what_was_recorded_before() -> None:
    told, there = the_day()
    told.called[0] = replace(told.called[0], connected=False, busy=True, whole=False)
    assert not [fault for line in books(told, there) for fault in line.faults]
    deaf = with_calls(there, replace(there.calls[0], recordings=frozenset()))
    assert only_fault(books(told, deaf), "calls") == "1 without the recording that was made: calls 1"


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"ended": False}, "1 never ended: calls 1"),
        ({"recordings": frozenset()}, "1 without the recording that was made: calls 1"),
        ({"ticket_id": None}, "1 without a ticket: calls 1"),
    ],
)
def test_a_call_that_left_less_than_it_should_is_found(values: dict[str, Any], fault: str) -> None:
    told, there = the_day()
    assert only_fault(books(told, with_calls(there, replace(there.calls[0], **values))), "calls") == fault


def test_a_call_whose_end_is_still_to_be_asked_is_no_fault_and_is_counted() -> None:
    told, there = the_day()
    lines = books(told, with_calls(there, replace(there.calls[0], ended=False, asks=True, ticket_id=None)))
    assert not [fault for line in lines for fault in line.faults]
    assert lines[6].besides == "1 whose end is still to be asked"


def test_a_call_that_is_stored_twice_and_one_that_left_a_ticket_needlessly_are_found() -> None:
    told, there = the_day()
    twice = (*there.calls, replace(there.calls[0], id=2))
    assert only_fault(books(told, replace(there, calls=twice)), "calls") == "1 stored twice: calls 2"
    told.called[0] = replace(told.called[0], leaves_ticket=False, recordings=frozenset())
    assert only_fault(books(told, there), "calls") == "1 with a ticket that nobody asked for: calls 1"


@pytest.mark.parametrize(
    ("must_ring", "values", "is_heard"),
    [
        (True, {}, False),
        (True, {"alarms": 1}, False),  # an alarm on a page wakes nobody
        (True, {"rings": True}, True),
        (True, {"acted": True}, True),
        (False, {}, False),
        (False, {"alarms": 1}, True),
    ],
)
def test_a_ticket_in_danger_that_nobody_hears_of_is_found(must_ring: bool, values: dict[str, Any], is_heard: bool) -> None:
    told, there = the_day()
    told.acted.clear()
    left = {"acted": False, "rings": False, "alarms": 0, "must_ring": must_ring} | values
    lines = books(told, replace(there, tickets=changed(there.tickets, 2, **left)))
    if is_heard:
        assert not [fault for line in lines for fault in line.faults]
    else:
        assert only_fault(lines, "tickets in danger") == "1 that nobody hears of: tickets 2"


def test_an_act_that_was_answered_as_done_and_is_not_there_is_found_and_one_that_is_there_twice() -> None:
    told, there = the_day()
    assert only_fault(books(told, replace(there, acts={})), "acts") == "1 answered as done and not there: tickets 2"
    twice = {("alice", "482719373", "acted"): 2}
    assert only_fault(books(told, replace(there, acts=twice)), "acts") == "1 done twice: tickets 2"


def test_an_act_that_got_no_answer_may_be_there_or_not_and_once_more_for_each_time_it_was_sent() -> None:
    told, there = the_day()
    told.acted.append(Acted("alice", "482719373", "acted", answered=False))
    for count in (1, 2):
        lines = books(told, replace(there, acts={("alice", "482719373", "acted"): count}))
        assert not [fault for line in lines for fault in line.faults]
        assert (lines[8].count, lines[8].besides) == (1, "1 got no answer")
    three = {("alice", "482719373", "acted"): 3}
    assert only_fault(books(told, replace(there, acts=three)), "acts") == "1 done twice: tickets 2"


def test_a_line_names_eight_ids_and_says_how_many_more_there_are() -> None:
    told, there = the_day()
    told.texted += [Texted(n, f"+9231120000{n}", "x", About.MATTER, 3.0, 3.1, taken=True) for n in range(10, 20)]
    fault = only_fault(books(told, there), "texts answered")
    assert fault == "10 answered with success and not stored: contacts 10, 11, 12, 13, 14, 15, 16, 17 and 2 more"
    assert "+92" not in fault


# ---- recovery


def test_a_recovery_is_from_the_kill_to_the_end_of_a_text_that_began_after_it() -> None:
    told = Told(
        texted=[
            Texted(1, ALI, "a", About.MATTER, 9.0, 12.0, taken=True),  # began before the kill
            Texted(2, SARA, "b", About.MATTER, 11.0, 11.5, taken=False),
            Texted(3, CALLER, "c", About.MATTER, 13.0, 14.0, taken=True),
        ],
        struck=[Struck(10.0, "web: kill", is_kill=True, until_s=11.0), Struck(10.0, "web: hang", is_kill=False, until_s=11.0)],
    )
    taken, sent = recoveries(told, [8.0, 16.5])
    assert (taken.kills, taken.median_s, taken.worst_s, taken.never) == (1, 4.0, 4.0, 0)
    assert (sent.kills, sent.median_s, sent.worst_s, sent.never) == (1, 6.5, 6.5, 0)


def test_a_kill_after_which_nothing_was_taken_is_counted_apart() -> None:
    told = Told(struck=[Struck(10.0, "web: kill", is_kill=True, until_s=11.0)])
    taken, _ = recoveries(told, [])
    assert (taken.never, taken.worst_s) == (1, 0.0)
