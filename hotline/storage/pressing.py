"""The most pressing ticket that nobody works on and a volunteer could take."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, CompoundSelect, ScalarSelect, and_, exists, false, func, or_, select, true, union_all
from sqlalchemy.orm import Session

from hotline.domain.languages import LANGUAGES
from hotline.domain.rights import Rights
from hotline.domain.ticket import Status
from hotline.storage.callmodels import Call
from hotline.storage.events import EventKind
from hotline.storage.models import ON_QUEUE, Contact, Event, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import visible_to

_LOOKED_AT = 200
"""How many of the most pressing are looked at to lock one: more than press at once."""

_TRIES = (True, True, True, False, False)
"""Whether a try passes over what is locked. At last it waits: whoever has a ticket in hand may be doing something else with it."""

_ORDER = (Ticket.priority, Ticket.on_time, Ticket.opened_at, Ticket.id)


def take_turn(session: Session, volunteer_id: int) -> None:
    """Lock the volunteer: of two presses by one person the second waits for the first, and for a deactivation under way."""
    session.execute(select(Volunteer.id).where(Volunteer.id == volunteer_id).with_for_update(key_share=True))


def just_taken(session: Session, volunteer_id: int, *, since: datetime) -> str | None:
    """The reference of a ticket that she took by herself since then."""
    return session.scalar(
        select(Ticket.reference)
        .join(Event, Event.ticket_id == Ticket.id)
        .where(ON_QUEUE, Ticket.assignee_id == volunteer_id)
        .where(Event.kind == EventKind.CLAIMED, Event.volunteer_id == volunteer_id, Event.happened_at > since)
        .order_by(Event.id.desc())
        .limit(1)
    )


@dataclass(frozen=True)
class Holders:
    """Whose tickets stay theirs: those `on_duty`, and whoever took hers by her own hand `since` then, on duty or not."""

    on_duty: Collection[int]
    since: datetime


def most_pressing(session: Session, volunteer: Volunteer, rights: Rights, holders: Holders) -> Ticket | None:
    """The most pressing ticket that fits her, locked: one that came to her and that she has not opened yet; or of her teams or of none,
    nobody's or of somebody who does not keep it, and waiting for somebody. Those that another press has in hand are passed over."""
    could = (ON_QUEUE, visible_to(volunteer), or_(and_(*_came_to_her(volunteer)), and_(*_free(volunteer, holders))))
    for skips in _TRIES:
        # Looked at without a lock, and then one of them locked: a lock on more would hide them from others who press now.
        ids = session.scalars(looked_at(volunteer, rights, holders)).all()
        if not ids:
            return None
        statement = select(Ticket).where(Ticket.id.in_(ids), *could).order_by(*_ORDER).limit(1)
        statement = statement.with_for_update(skip_locked=skips, of=Ticket)
        found = session.scalar(statement, execution_options={"populate_existing": True})
        # PostgreSQL, where it came to a row that changed meanwhile, looked at that as it is now and at its events as they were.
        if found is not None and session.scalar(select(Ticket.id).where(Ticket.id == found.id, *could)) is not None:
            return found
    return None


def looked_at(volunteer: Volunteer, rights: Rights, holders: Holders) -> CompoundSelect[int]:
    """The ids of the most pressing ones of each of her teams, of those without a team, and of her own."""
    teams = (*(Ticket.team_id == team_id for team_id in sorted(rights.teams)), Ticket.team_id.is_(None))
    open_to_her = (ON_QUEUE, visible_to(volunteer))
    free = _free(volunteer, holders)
    walks = [select(Ticket.id).where(*open_to_her, *free, team).order_by(Ticket.team_id, *_ORDER).limit(_LOOKED_AT) for team in teams]
    own = select(Ticket.id).where(*open_to_her, *_came_to_her(volunteer))
    walks.append(own.order_by(Ticket.assignee_id, *_ORDER).limit(_LOOKED_AT))
    return union_all(*(select(walk.subquery()) for walk in walks))


def _came_to_her(volunteer: Volunteer) -> list[ColumnElement[bool]]:
    """What was given to her and she has not opened by her own hand yet."""
    return [Ticket.assignee_id == volunteer.id, Ticket.unread.is_(True), _claimed().is_(None)]


def _free(volunteer: Volunteer, holders: Holders) -> list[ColumnElement[bool]]:
    left = and_(Ticket.assignee_id.not_in({*holders.on_duty, volunteer.id}), _claimed(Event.happened_at > holders.since).is_(None))
    nobodys = or_(Ticket.assignee_id.is_(None), left)
    return [_waits(), nobodys, ~_passed_on_by(volunteer), _fits(volunteer)]


def _claimed(*when: ColumnElement[bool]) -> ScalarSelect[int]:
    """Whoever has it took it by her own hand."""
    by_her = (Event.ticket_id == Ticket.id, Event.kind == EventKind.CLAIMED, Event.volunteer_id == Ticket.assignee_id)
    return select(Event.id).where(*by_her, *when).limit(1).scalar_subquery()


def _passed_on_by(volunteer: Volunteer) -> ColumnElement[bool]:
    """Whether it was too much for her once: it does not come back to her unasked."""
    return exists().where(Event.ticket_id == Ticket.id, Event.kind == EventKind.PASSED, Event.volunteer_id == volunteer.id)


def _waits() -> ColumnElement[bool]:
    """Whether a ticket waits for somebody: not for an outside body, and not for whoever is in the middle of it."""
    fresh = Ticket.status.in_((Status.NEW, Status.ASSIGNED, Status.REOPENED))
    return or_(fresh, Ticket.unread, Ticket.on_time.is_(False))


def _fits(volunteer: Volunteer) -> ColumnElement[bool]:
    """Whether she speaks the citizen's language, and takes whoever asks for a woman."""
    spoken = set(volunteer.languages)
    read = [language for language in LANGUAGES if language.partition("-")[0] in spoken]
    # Asked row by row: as joins, a database may begin with all contacts and all calls.
    language = select(Contact.language).where(Contact.id == Ticket.contact_id).scalar_subquery()
    other = func.coalesce(select(Call.walk["other_language"].as_boolean()).where(Call.ticket_id == Ticket.id).scalar_subquery(), false())
    speaks_others = true() if spoken - set(LANGUAGES) else false()
    speaks = or_(and_(other, speaks_others), and_(~other, language.in_(read)))
    return speaks if volunteer.takes_women else and_(speaks, Ticket.wants_woman.is_(False))
