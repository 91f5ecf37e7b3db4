"""What happened to people, their rights and shifts, append-only."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.storage.peoplemodels import PeopleEvent


class PeopleEventKind(StrEnum):
    """What can happen to people and their shifts."""

    INVITED = "invited"  # a new account
    LINK_MADE = "link_made"  # another link for somebody
    CAME_BY_LINK = "came_by_link"  # a link was used
    PASSWORD_RESET = "password_reset"  # from the command line  # noqa: S105
    DEACTIVATED = "deactivated"
    BROUGHT_BACK = "brought_back"
    LANGUAGES = "languages"  # which she speaks was changed
    TEAM_JOINED = "team_joined"
    RIGHT_ASKED = "right_asked"
    RIGHT_GIVEN = "right_given"
    RIGHT_REFUSED = "right_refused"
    RIGHT_TAKEN = "right_taken"
    FILE_LOADED = "file_loaded"  # an organisation file
    SHIFT_PLANNED = "shift_planned"  # a weekly one, as the next
    SHIFT_TAKEN_OUT = "shift_taken_out"
    STAND_IN_ASKED = "stand_in_asked"
    STAND_IN_NOT_ASKED = "stand_in_not_asked"  # any more
    STAND_IN_AGREED = "stand_in_agreed"
    STAND_IN_CANNOT = "stand_in_cannot"
    COMES = "comes"
    DOES_NOT_COME = "does_not_come"
    MISSED = "missed"  # she has not come
    HANDED_OVER = "handed_over"


class PeopleEventData(TypedDict, total=False):
    """What such an event tells beside its kind: codes and days, never a name or a number of a phone."""

    ends: str  # HH:MM, local time
    languages: Sequence[str]
    on_date: str  # in the form of ISO 8601
    right: str
    starts: str  # HH:MM, local time
    weekday: int  # Monday 0


def happened(
    session: Session,
    kind: PeopleEventKind,
    *,
    now: datetime,
    by: int | None,
    about: int | None = None,
    team_id: int | None = None,
    **data: Unpack[PeopleEventData],
) -> None:
    """Add an event: who did it (nobody: the command line, or the machine), and to whom."""
    session.add(PeopleEvent(kind=kind, happened_at=now, by_id=by, about_id=about, team_id=team_id, data=data))
    session.flush()


def newest(session: Session, *, before: int | None, limit: int) -> Sequence[PeopleEvent]:
    """The newest, as far as before one of them."""
    statement = select(PeopleEvent).order_by(PeopleEvent.id.desc()).limit(limit)
    return session.scalars(statement if before is None else statement.where(PeopleEvent.id < before)).all()
