"""A call: its direction, and the reason why a call of ours was not placed or why a call needs nobody."""

from enum import StrEnum


class CallDirection(StrEnum):
    """Which way a call went."""

    IN = "in"
    MISSED = "missed"  # came to the missed-call number, and was never answered
    BACK = "back"  # ours, in answer to a missed call
    ALARM = "alarm"  # ours, to the phone of a volunteer who is needed on the page
    BRIDGE = "bridge"  # ours, to the phone of a volunteer who asked to be joined with a citizen
    TEST = "test"  # ours, the daily test of a phone that alarms ring


OURS = frozenset({CallDirection.BACK, CallDirection.ALARM, CallDirection.TEST, CallDirection.BRIDGE})
"""The directions of calls that we place."""

TO_VOLUNTEERS = frozenset({CallDirection.ALARM, CallDirection.TEST, CallDirection.BRIDGE})
"""The directions of calls to volunteers' own phones: such a call is no complaint, and leaves no recording."""


class CallReason(StrEnum):
    """The reason in a call's row. A gateway's error code stands in the same column."""

    PLACING = "placing"  # the gateway is being asked to place it
    LOST = "lost"  # it is not known whether it was placed; of a missed call: whether it was called back
    UNDER_WAY = "under_way"  # missed while an earlier call of the same phone was being called back
    SERVED = "served"  # needs nobody: the caller was told the stage of the own ticket or called back, or a volunteer has seen to it
    UNFIT = "unfit"  # not a phone that we ring
    NOT_SAFE = "not_safe"  # the phone may not be rung
    HOURS = "hours"  # outside the hours in which we ring
    ENOUGH = "enough"  # the phone was called back often enough today
    SLOWED = "slowed"  # two people marked the phone because of abuse or pranks
    CROWDED = "crowded"  # too many calls back to all phones in this hour
    TOO_LATE = "too_late"  # due for so long that it no longer makes sense
    SEEN = "seen"  # the volunteer has seen the alarm on the page, or the test was answered
