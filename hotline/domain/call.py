"""A call: which way it went, and why one of ours was not placed or needs nobody."""

from enum import StrEnum


class CallDirection(StrEnum):
    """Which way a call went."""

    IN = "in"
    MISSED = "missed"  # rang the missed-call number, and was never answered
    BACK = "back"  # ours, in answer to a missed one
    ALARM = "alarm"  # ours, to a volunteer's own phone: her page needs her


OURS = frozenset({CallDirection.BACK, CallDirection.ALARM})
"""The directions of calls that we place."""


class CallReason(StrEnum):
    """What a call's row says of it in our own words. A gateway's error code stands in the same column."""

    PLACING = "placing"  # ours, and the gateway is being asked for it
    UNDER_WAY = "under_way"  # missed, while another call of this phone was being called back
    SERVED = "served"  # needs nobody: it got what it asked for, or was called back
    UNFIT = "unfit"  # no phone that we ring
    NOT_SAFE = "not_safe"  # a phone that may not be rung
    HOURS = "hours"  # outside the hours in which we ring
    ENOUGH = "enough"  # called back often enough today
    CROWDED = "crowded"  # too many calls back in this hour
    TOO_LATE = "too_late"  # due for so long that it makes no sense any more
    SEEN = "seen"  # an alarm that the volunteer has seen on the page
