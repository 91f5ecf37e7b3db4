"""A call back in which a volunteer and a citizen are joined, and neither sees the other's number: a bridge. Why there may be none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hotline.domain.contact import ContactHours

CALL_WITHIN = timedelta(hours=2)
"""How long after the phone may be rung a promised call is late."""

URGED_FOR = timedelta(hours=24)
"""How long a record holds of why silence is deadlier than a call, and how long its first half waits for the second."""


class Bar(StrEnum):
    """Why a citizen is not called back now."""

    NO_LINE = "no_line"  # this hotline places no calls
    NO_PHONE = "no_phone"  # no phone that we ring: withheld, abroad, or never heard from
    NO_OWN_PHONE = "no_own_phone"  # we cannot ring the volunteer's phone
    NO_CALLS = "no_calls"  # calls are not wanted, or not safe
    SILENT = "silent"  # the caller pressed 5: somebody listens
    MARKED = "marked"  # nothing goes to this phone
    UNDER_WAY = "under_way"  # somebody is being called: this citizen, or by this volunteer
    TRIED = "tried"  # tried today
    UNASKED = "unasked"  # the citizen has not agreed to a call
    HOURS = "hours"  # it is not an hour in which the phone may be rung


FOR_TWO = frozenset({Bar.UNASKED, Bar.HOURS})
"""What a lead and a volunteer together may set aside, by saying why silence is deadlier."""


class Leg(StrEnum):
    """What the gateway reports of the citizen's phone."""

    RINGING = "ringing"
    ANSWERED = "answered"
    OVER = "over"  # it was answered, and the talk has ended
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"


class End(StrEnum):
    """How a bridge ended, as far as machines can tell."""

    JOINED = "joined"  # the two were joined
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"
    NOT_TAKEN = "not_taken"  # the volunteer did not press 1: the citizen's phone was not rung
    NOT_PLACED = "not_placed"  # the volunteer's phone was not rung
    BARRED = "barred"  # something forbade it before the volunteer pressed 1
    UNKNOWN = "unknown"  # nobody reported what became of it


class Came(StrEnum):
    """What came of a call in which the two were joined, as the volunteer says."""

    SPOKE = "spoke"  # they spoke, to the end
    DROPPED = "dropped"  # the line dropped in the middle
    OTHER_VOICE = "other_voice"
    NOBODY = "nobody"  # nobody spoke, or a mailbox did


ENDS = {Leg.OVER: End.JOINED, Leg.NO_ANSWER: End.NO_ANSWER, Leg.BUSY: End.BUSY, Leg.FAILED: End.FAILED}
"""Reports that end a bridge, and how."""


@dataclass(frozen=True)
class Try:
    """A bridge for which the citizen's phone was to ring."""

    joined: bool
    came: Came | None


def may_try(today: Sequence[Try]) -> bool:
    """Whether a phone may be tried after those tries of the same day: once, and once more if the line dropped while they spoke."""
    return not today or (len(today) == 1 and today[0].joined and today[0].came is Came.DROPPED)


def due(wanted_at: datetime, hours: ContactHours) -> datetime:
    """Until when a call is to be made that was promised at `wanted_at`."""
    return (hours.opening(wanted_at) or wanted_at) + CALL_WITHIN
