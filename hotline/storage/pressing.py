"""The most pressing ticket that a volunteer could take and that nobody works on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, CompoundSelect, ScalarSelect, and_, exists, false, func, or_, select, true, union_all
from sqlalchemy.orm import Session

from hotline.domain.duty import speaks_another
from hotline.domain.languages import LANGUAGES
from hotline.domain.rights import Rights
from hotline.domain.ticket import Status
from hotline.storage.callmodels import Call
from hotline.storage.events import EventKind
from hotline.storage.models import ON_QUEUE, Contact, Event, Ticket
from hotline.storage.peoplemodels import Volunteer
from hotline.storage.tickets import visible_to

_LOOKED_AT = 200
"""How many of the most pressing tickets are looked at to lock one: more than there are volunteers who press at the same time."""

_TRIES = (True, True, True, False, False)
"""For each try, whether it passes over locked tickets. The last tries wait for them: not everybody that locks a ticket takes it."""

_ORDER = (Ticket.priority, Ticket.on_time, Ticket.opened_at, Ticket.id)


def take_turn(session: Session, volunteer_id: int) -> None:
    """Lock the volunteer. The second of two presses by one volunteer waits for the first, and every press for a deactivation under way."""
    session.execute(select(Volunteer.id).where(Volunteer.id == volunteer_id).with_for_update(key_share=True))


def just_taken(session: Session, volunteer_id: int, *, since: datetime) -> str | None:
    """The reference of the last ticket that a volunteer took after `since` and still has; None if there is none."""
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
    """Which volunteers keep the tickets they have.

    Those `on_duty` keep all of them. Others keep the tickets that they took themselves after `since`.
    """

    on_duty: Collection[int]
    since: datetime


def most_pressing(session: Session, volunteer: Volunteer, rights: Rights, holders: Holders) -> Ticket | None:
    """The most pressing ticket for a volunteer, locked; None if there is none. Tickets that another press has locked are passed over.

    Either it was given to the volunteer and not opened yet. Or it is of one of the volunteer's teams or of no team, waits for somebody,
    fits the volunteer, and has no volunteer or one who does not keep it.
    """
    could = (ON_QUEUE, visible_to(volunteer), or_(and_(*_given_to(volunteer)), and_(*_free(volunteer, holders))))
    for skips in _TRIES:
        # The ids are read without a lock, and then one ticket is locked: more locks would hide tickets from others who press now.
        ids = session.scalars(looked_at(volunteer, rights, holders)).all()
        if not ids:
            return None
        statement = select(Ticket).where(Ticket.id.in_(ids), *could).order_by(*_ORDER).limit(1)
        statement = statement.with_for_update(skip_locked=skips, of=Ticket)
        found = session.scalar(statement, execution_options={"populate_existing": True})
        # If the row changed meanwhile, PostgreSQL checked it as it is now, but its events as they were: so it is checked again.
        if found is not None and session.scalar(select(Ticket.id).where(Ticket.id == found.id, *could)) is not None:
            return found
    return None


def looked_at(volunteer: Volunteer, rights: Rights, holders: Holders) -> CompoundSelect[int]:
    """The query for the ids of the tickets that the volunteer could take.

    It gives the most pressing tickets of each of the volunteer's teams, of no team, and of those given to the volunteer, up to
    `_LOOKED_AT` of each.
    """
    teams = (*(Ticket.team_id == team_id for team_id in sorted(rights.teams)), Ticket.team_id.is_(None))
    visible = (ON_QUEUE, visible_to(volunteer))
    free = _free(volunteer, holders)
    walks = [select(Ticket.id).where(*visible, *free, team).order_by(Ticket.team_id, *_ORDER).limit(_LOOKED_AT) for team in teams]
    own = select(Ticket.id).where(*visible, *_given_to(volunteer))
    walks.append(own.order_by(Ticket.assignee_id, *_ORDER).limit(_LOOKED_AT))
    return union_all(*(select(walk.subquery()) for walk in walks))


def _given_to(volunteer: Volunteer) -> list[ColumnElement[bool]]:
    """The conditions for a ticket that was given to the volunteer and that the volunteer has not opened or taken yet."""
    return [Ticket.assignee_id == volunteer.id, Ticket.unread.is_(True), _claimed().is_(None)]


def _free(volunteer: Volunteer, holders: Holders) -> list[ColumnElement[bool]]:
    """The conditions for a ticket that the volunteer could take from the queue, but for its team."""
    left = and_(Ticket.assignee_id.not_in({*holders.on_duty, volunteer.id}), _claimed(Event.happened_at > holders.since).is_(None))
    nobodys = or_(Ticket.assignee_id.is_(None), left)
    return [_waits(), nobodys, ~_passed_on_by(volunteer), _fits(volunteer)]


def _claimed(*when: ColumnElement[bool]) -> ScalarSelect[int]:
    """The id of an event (under the conditions `when`) by which the ticket's volunteer took it. NULL: it was given to the volunteer."""
    by_holder = (Event.ticket_id == Ticket.id, Event.kind == EventKind.CLAIMED, Event.volunteer_id == Ticket.assignee_id)
    return select(Event.id).where(*by_holder, *when).limit(1).scalar_subquery()


def _passed_on_by(volunteer: Volunteer) -> ColumnElement[bool]:
    """Whether the volunteer has passed the ticket on: it does not come back to the volunteer unasked."""
    return exists().where(Event.ticket_id == Ticket.id, Event.kind == EventKind.PASSED, Event.volunteer_id == volunteer.id)


def _waits() -> ColumnElement[bool]:
    """Whether a ticket waits for a volunteer: it does unless a volunteer or an outside body deals with it, and always if unread or late."""
    fresh = Ticket.status.in_((Status.NEW, Status.ASSIGNED, Status.REOPENED))
    return or_(fresh, Ticket.unread, Ticket.on_time.is_(False))


def _fits(volunteer: Volunteer) -> ColumnElement[bool]:
    """Whether the volunteer speaks the citizen's language and, if the citizen asks for a woman, takes such tickets."""
    spoken = set(volunteer.languages)
    read = [language for language in LANGUAGES if language.partition("-")[0] in spoken]
    # Subqueries for each row: with joins, a database may begin with all contacts and all calls.
    language = select(Contact.language).where(Contact.id == Ticket.contact_id).scalar_subquery()
    other = func.coalesce(select(Call.walk["other_language"].as_boolean()).where(Call.ticket_id == Ticket.id).scalar_subquery(), false())
    speaks_others = true() if speaks_another(spoken) else false()
    speaks = or_(and_(other, speaks_others), and_(~other, language.in_(read)))
    return speaks if volunteer.takes_women else and_(speaks, Ticket.wants_woman.is_(False))
