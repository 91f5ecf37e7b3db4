"""What a volunteer does to a ticket with one form: one change, though several services have a part in it. Each keeps its own rules."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from hotline.domain.closing import HowTold
from hotline.domain.holder import Holder
from hotline.domain.ticket import Status
from hotline.runtime import Reading, Runtime
from hotline.services import access
from hotline.services.tickets import casework, facts, replies
from hotline.services.tickets.mentions import Uncalled
from hotline.storage import contacts, events, messages, tickets
from hotline.storage.models import Ticket
from hotline.storage.peoplemodels import Volunteer


def answer(
    rt: Runtime,
    volunteer: Volunteer,
    reference: str,
    *,
    version: int,
    body: str,
    confirmed: frozenset[str] = frozenset(),
    holder: Holder | None = None,
    to: Status | None = None,
    note: str = "",
    told: HowTold | None = None,
    call: Collection[int] = (),
) -> Uncalled:
    """Write to the citizen, then move the ticket (`to`; None: leave it) and keep a note. Where one of them is refused nothing is done.

    The same form sent twice is done once. `call`: the ids of colleagues who are called; returns who of them was not.

    Raises what `replies.reply`, `casework.change_status` and `casework.write_note` raise.
    """
    with _locked(rt, volunteer, reference) as (one, ticket):
        with one.reading() as session:
            if _was_sent(session, ticket, volunteer, version, body):
                return Uncalled()
        replies.reply(one, volunteer, reference, version=version, body=body, confirmed=confirmed, holder=holder)
        now = _now(one, ticket.id)
        # A new ticket becomes its volunteer's by the reply, and is assigned by that.
        if to is not None and to != now.status:
            return casework.change_status(one, volunteer, reference, version=now.version, to=to, note=note, told=told, call=call)
        return casework.write_note(one, volunteer, reference, version=now.version, note=note, call=call)


def describe(
    rt: Runtime,
    volunteer: Volunteer,
    reference: str,
    *,
    version: int,
    category: str,
    area: str | None,
    wants_woman: bool,
    promise: tuple[datetime | None] | None = None,
) -> None:
    """Keep what is known: what it is about, where, whether the citizen asks for a woman, and the time promised (None: leave that as it is).

    Raises what `facts.describe` and `facts.promise` raise.
    """
    with _locked(rt, volunteer, reference) as (one, ticket):
        if promise is not None and version == ticket.version:
            facts.promise(one, volunteer, reference, version=version, by=promise[0])
            version = _now(one, ticket.id).version
        # The kind comes last: a sealed one may take the ticket from its volunteer.
        facts.describe(one, volunteer, reference, version=version, category=category, area=area, wants_woman=wants_woman)


@contextmanager
def _locked(rt: Runtime, volunteer: Volunteer, reference: str) -> Iterator[tuple[Runtime, Ticket]]:
    """A Runtime for services that are done together, and the ticket as it is now, locked: nothing of others comes between them.

    Raises `NoSuchTicket`, `NotAllowed`.
    """
    with rt.together() as one, one.transaction() as tx:
        found = access.enter(tx.session, volunteer, reference).ticket
        contacts.locked(tx.session, found.contact_id)  # before the ticket, as a text that comes in does
        yield one, tickets.locked(tx.session, found.id)


def _now(one: Runtime, ticket_id: int) -> Ticket:
    with one.reading() as session:
        return session.get_one(Ticket, ticket_id)


def _was_sent(session: Reading, ticket: Ticket, volunteer: Volunteer, version: int, body: str) -> bool:
    """Whether this very form was done before: a double click."""
    if ticket.version == version or events.replied_at(session, ticket.id, volunteer.id) != version:
        return False
    return messages.last_by(session, ticket.id, volunteer.id) == replies.clean(body)
