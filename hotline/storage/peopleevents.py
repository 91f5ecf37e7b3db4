"""What happened to volunteers, their rights and shifts, and what people did with gateways. Events are added, never changed or deleted."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.storage.peoplemodels import PeopleEvent


class PeopleEventKind(StrEnum):
    """What can happen to volunteers, their rights and shifts."""

    INVITED = "invited"  # a new account
    LINK_MADE = "link_made"  # another link for a volunteer
    CAME_BY_LINK = "came_by_link"  # a link was used
    PASSWORD_RESET = "password_reset"  # from the command line  # noqa: S105
    DEACTIVATED = "deactivated"
    BROUGHT_BACK = "brought_back"
    LANGUAGES = "languages"  # the languages that a volunteer speaks were changed
    TEAM_JOINED = "team_joined"
    RIGHT_ASKED = "right_asked"
    RIGHT_GIVEN = "right_given"
    RIGHT_REFUSED = "right_refused"
    RIGHT_TAKEN = "right_taken"
    FILE_LOADED = "file_loaded"  # an organisation file
    SHIFT_PLANNED = "shift_planned"  # a weekly shift
    SHIFT_TAKEN_OUT = "shift_taken_out"  # a weekly shift
    STAND_IN_ASKED = "stand_in_asked"
    STAND_IN_NOT_ASKED = "stand_in_not_asked"  # the request to stand in was withdrawn
    STAND_IN_AGREED = "stand_in_agreed"
    STAND_IN_CANNOT = "stand_in_cannot"
    COMES = "comes"
    DOES_NOT_COME = "does_not_come"
    MISSED = "missed"  # the volunteer has not come
    HANDED_OVER = "handed_over"
    GATEWAY_STOPPED = "gateway_stopped"
    GATEWAY_STARTED = "gateway_started"
    TEXT_SENT_AGAIN = "text_sent_again"  # a text of which nobody can tell whether it was sent
    TEXT_LEFT = "text_left"  # such a text is left as it is


class PeopleEventData(TypedDict, total=False):
    """What an event holds beside its kind: codes and days, never a name or a phone number."""

    gateway: str
    text: int  # the id of a text
    ends: str  # HH:MM, local time
    languages: Sequence[str]
    on_date: str  # YYYY-MM-DD (ISO 8601)
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
    """Add an event. `by` is the volunteer who did it (None: the command line or the machine), `about` the volunteer it happened to."""
    session.add(PeopleEvent(kind=kind, happened_at=now, by_id=by, about_id=about, team_id=team_id, data=data))
    session.flush()


def newest(session: Session, *, before: int | None, limit: int) -> Sequence[PeopleEvent]:
    """The newest events, newest first. `before` is the id of the last event of the page before (None: the first page)."""
    statement = select(PeopleEvent).order_by(PeopleEvent.id.desc()).limit(limit)
    return session.scalars(statement if before is None else statement.where(PeopleEvent.id < before)).all()
