"""What a page asks of what happened to a ticket, read at once."""

import pytest

from hotline.runtime import Runtime
from hotline.services.tickets.past import Past
from hotline.services.tickets.routing import route_due
from hotline.storage import events
from hotline.storage.events import EventKind, happened
from tests.support import SNATCHED, text_in, tickets


def test_what_opened_a_ticket_is_heard_however_many_texts_came_since(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    route_due(rt)
    [ticket] = tickets(rt)
    with rt.transaction() as tx:
        for code in ("violence", "land", "fraud"):
            happened(tx.session, ticket.id, EventKind.ADDED, now=tx.now, hits=(code,))
    with rt.reading() as session:
        assert events.heard(session, ticket.id, limit=2) == {"snatching", "land", "fraud"}
        assert Past.of(session, ticket.id).heard == {"snatching", "violence", "land", "fraud"}


def test_a_kind_of_event_that_was_not_read_is_no_event_that_did_not_happen(rt: Runtime) -> None:
    text_in(rt, SNATCHED)
    [ticket] = tickets(rt)
    with rt.reading() as session:
        past = Past.of(session, ticket.id)
    assert [one.kind for one in past.of_kinds(EventKind.OPENED)] == [EventKind.OPENED]
    with pytest.raises(ValueError, match="viewed"):
        past.of_kinds(EventKind.VIEWED)
