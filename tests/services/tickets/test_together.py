"""Several services with one form: all of it is done, or nothing. And who has a page open."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from hotline.domain.ticket import MoveNotAllowed, Status
from hotline.runtime import Runtime
from hotline.services.tickets import casework, openpages, together
from hotline.services.tickets.facts import InThePast
from hotline.services.tickets.replies import SaysTooMuch
from hotline.storage.models import Event, Note, Ticket
from hotline.storage.tickets import TicketMoved
from tests.services.colleagues import settle, volunteer
from tests.support import Clock, alter, count, texts_out, tickets

BODY = "We have read it."


def written(rt: Runtime) -> list[str]:
    return [text.body for text in texts_out(rt) if text.volunteer_id is not None]


def test_a_text_a_status_and_a_note_are_done_together_and_once(rt: Runtime, ticket: Ticket) -> None:
    at = (rt, volunteer(rt, "bob"), ticket.reference)
    for _ in range(2):
        together.answer(*at, version=ticket.version, body=BODY, to=Status.IN_PROGRESS, note="rang twice")
    assert (written(rt), count(rt, Note), tickets(rt)[0].status) == ([BODY], 1, Status.IN_PROGRESS)
    # From the version of before, with other words, it is somebody else's ticket by now.
    with pytest.raises(TicketMoved):
        together.answer(*at, version=ticket.version, body="Other words.", note="mine")
    # Without a status the note stands by itself.
    together.answer(*at, version=tickets(rt)[0].version, body="Still at it.", note="a second note")
    assert (written(rt), count(rt, Note), tickets(rt)[0].status) == ([BODY, "Still at it."], 2, Status.IN_PROGRESS)


def test_a_new_ticket_is_answered_and_assigned_in_one(rt: Runtime, ticket: Ticket) -> None:
    alter(rt, Ticket, status=Status.NEW, assignee_id=None)
    bob = volunteer(rt, "bob")
    together.answer(rt, bob, ticket.reference, version=ticket.version, body=BODY, to=Status.ASSIGNED)
    assert (tickets(rt)[0].status, tickets(rt)[0].assignee_id) == (Status.ASSIGNED, bob.id)


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"body": "The police will ring you."}, SaysTooMuch),
        ({"body": BODY, "to": Status.REOPENED}, MoveNotAllowed),  # the text would go, and the move may not be made
    ],
)
def test_where_one_part_is_refused_nothing_is_done(rt: Runtime, ticket: Ticket, more: dict[str, object], fault: type[Exception]) -> None:
    before = count(rt, Event)
    given = {"to": Status.IN_PROGRESS, "note": "why"} | more
    with pytest.raises(fault):
        together.answer(rt, volunteer(rt, "bob"), ticket.reference, version=ticket.version, **given)  # type: ignore[arg-type]
    assert (written(rt), count(rt, Note), count(rt, Event), tickets(rt)[0].version) == ([], 0, before, ticket.version)


def test_what_is_known_is_kept_in_one_and_refused_in_one(rt: Runtime, ticket: Ticket, clock: Clock) -> None:
    at = (rt, volunteer(rt, "bob"), ticket.reference)
    known = {"category": "theft", "area": "lyari", "wants_woman": True}
    with pytest.raises(InThePast):
        together.describe(*at, version=ticket.version, **known, promise=(clock.now - timedelta(hours=1),))  # type: ignore[arg-type]
    assert tickets(rt)[0].category == ticket.category
    by = clock.now + timedelta(hours=3)
    together.describe(*at, version=ticket.version, **known, promise=(by,))  # type: ignore[arg-type]
    now = tickets(rt)[0]
    assert (now.category, now.area, now.wants_woman, now.promised_at) == ("theft", "lyari", True, by)
    together.describe(*at, version=now.version, **known)  # type: ignore[arg-type]
    assert tickets(rt)[0].promised_at == by
    casework.write_note(*at, version=now.version, note="somebody else's")
    with pytest.raises(TicketMoved):
        together.describe(*at, version=now.version, **known | {"category": "snatching"})  # type: ignore[arg-type]


def test_who_has_a_page_open_is_known_for_half_a_minute_and_only_while_redis_is_there(
    make_rt: Callable[..., Runtime], redis_url: str, clock: Clock, tmp_path: Path
) -> None:
    rt = make_rt(redis_url=redis_url)
    settle(rt, tmp_path)
    alice, bob = volunteer(rt, "alice"), volunteer(rt, "bob")
    openpages.note(rt, 7, bob)
    clock.forward(seconds=20)
    openpages.note(rt, 7, alice)
    assert openpages.readers(rt, [7, 8]) == {7: ("Alice", "Bob")}
    assert openpages.readers(rt, [7], besides=alice.id) == {7: ("Bob",)}
    clock.forward(seconds=20)
    assert openpages.readers(rt, [7, 8]) == {7: ("Alice",)}
    away = make_rt(redis_url="redis://127.0.0.1:1/0")
    openpages.note(away, 7, bob)
    assert (openpages.readers(away, [7]), openpages.readers(rt, [])) == ({}, {})
