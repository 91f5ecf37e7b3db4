"""The books after calls: each call is stored once, with all the steps that the caller answered, and left what it should, once."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.domain.danger import Danger
from hotline.domain.ticket import Priority
from hotline.domain.walk import Consent
from hotline.storage import calls as storage
from hotline.storage.callmodels import Call as Row
from hotline.storage.callmodels import Recording
from hotline.storage.db import make_engine
from hotline.storage.events import EventKind
from hotline.storage.models import Event, Message, Ticket
from tests.bench.caller import Call
from tests.bench.walks import Do, Leaves

_EVERYTHING = 10**9


@dataclass(frozen=True)
class _Left:
    """What a call left."""

    steps_answered: int
    ended: bool
    leaves: Leaves
    agreed: bool
    recordings: frozenset[str]
    tickets: int = 0  # of this contact
    reference: str = ""
    category: str = ""
    in_danger: bool = False  # and the caller's ticket is urgent, and says that it was keyed
    openings: int = 0
    takings: int = 0
    texts_to_her: int = 0


def faults(url: str, calls: Sequence[Call]) -> list[str]:
    """Compare calls that are over with all that the database at `url` knows of calls.

    Returns what was lost, stored twice or left otherwise, a sentence each."""
    engine = make_engine(url, pool_size=1)
    try:
        with Session(engine) as session:
            left = _left(session)
    finally:
        engine.dispose()
    found = []
    for call in calls:
        there = left.get(call.gateway_id)
        if call.fault:  # nothing is promised of what such a call left
            found.append(f"{call.walk.name}: {call.fault}")
        elif there is None:
            found.append(f"{call.walk.name}: not stored")
        else:
            found += _differences(call.walk.name, there, _should(call, there))
    if unheard_of := left.keys() - {call.gateway_id for call in calls}:
        found.append(f"{len(unheard_of):,} calls that nobody made")
    return found


def _differences(name: str, there: _Left, should: _Left) -> list[str]:
    pairs = ((f.name, getattr(there, f.name), getattr(should, f.name)) for f in fields(_Left))
    return [f"{name}: {what} {found!r} instead of {expected!r}" for what, found, expected in pairs if found != expected]


def _should(call: Call, there: _Left) -> _Left:
    walk = call.walk
    if walk.leaves is not Leaves.TICKET:
        return _Left(call.answers, True, walk.leaves, walk.agreed, frozenset(call.recordings))
    return _Left(
        steps_answered=call.answers,
        ended=True,
        leaves=walk.leaves,
        agreed=walk.agreed,
        recordings=frozenset(call.recordings),
        tickets=1,
        reference=call.reference or there.reference,  # a caller who hung up before hearing the reference has one too
        category=walk.category,
        in_danger=walk.danger,
        openings=1,
        takings=int(Do.TAKEN in walk.does),
        texts_to_her=int(walk.agreed),  # the receipt, which only a phone that agreed gets
    )


def _left(session: Session) -> dict[str, _Left]:
    """What each call left, by the gateway's id of the call."""
    tickets = {ticket.id: ticket for ticket in session.scalars(select(Ticket).where(Ticket.id.in_(select(Row.ticket_id))))}
    tickets_of = Counter(session.scalars(select(Ticket.contact_id)))
    texts_to = Counter(session.scalars(select(Message.contact_id).where(Message.direction == "out")))
    events = Counter((row[0], row[1]) for row in session.execute(select(Event.ticket_id, Event.kind)))
    recordings: dict[int, set[str]] = defaultdict(set)
    for call_id, gateway_id in session.execute(select(Recording.call_id, Recording.gateway_id)):
        recordings[call_id].add(gateway_id)
    in_book = {call.id for call, _ in storage.book(session, before=None, limit=_EVERYTHING)}
    left = {}
    for row in session.scalars(select(Row)):
        ticket = tickets.get(row.ticket_id) if row.ticket_id is not None else None
        of_call = _Left(
            steps_answered=row.turn,
            ended=row.ended_at is not None,
            leaves=Leaves.TICKET if ticket else Leaves.LINE if row.id in in_book else Leaves.NOTHING,
            agreed=row.consent == Consent.YES,
            recordings=frozenset(recordings[row.id]),
            tickets=tickets_of[row.contact_id],
            texts_to_her=texts_to[row.contact_id],
        )
        if ticket is not None:
            of_call = replace(
                of_call,
                reference=ticket.reference,
                category=ticket.category,
                in_danger=row.danger_at is not None and (ticket.danger, ticket.priority) == (Danger.KEYED, Priority.URGENT),
                openings=events[ticket.id, EventKind.OPENED],
                takings=events[ticket.id, EventKind.DUTY_TAKEN],
            )
        left[row.gateway_id or ""] = of_call
    return left
