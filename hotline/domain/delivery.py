"""What became of a text we sent. Reports come late, twice and out of order: a delivery only moves forward."""

from datetime import timedelta
from enum import StrEnum


class Delivery(StrEnum):
    """The life of an outbound text."""

    QUEUED = "queued"  # a row, due at next_attempt_at
    SENDING = "sending"  # claimed by a worker: the gateway may have it
    UNKNOWN = "unknown"  # asked, and no answer we could trust: looked up before it is sent again
    SENT = "sent"  # the gateway has it
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"  # not sent, or refused for good; `reason` says why


_RANK = {
    Delivery.QUEUED: 0,
    Delivery.SENDING: 1,
    Delivery.UNKNOWN: 2,
    Delivery.SENT: 3,
    Delivery.DELIVERED: 4,
    Delivery.UNDELIVERED: 4,
    Delivery.FAILED: 4,
}

CLAIM_OPEN_FOR = timedelta(minutes=1)
"""A claim open for longer belongs to a worker that died: the text is unknown (docs/architecture.md, law 5)."""

LOOK_UP_AFTER = timedelta(seconds=20)
"""How long an unknown text waits before it is looked up: the gateway's list lags behind its answers."""

_RETRY_S = (5, 15, 60, 300, 900, 1800, 3600)
_HANDSET_RETRY_S = (1800, 7200, 21600)


class Reason(StrEnum):
    """Why a text of ours was not sent, where the gateway was never asked. The gateway's own codes are digits."""

    STOPPED = "stopped"  # she asked for silence
    HOLD = "hold"  # her ticket is on hold
    NOT_SAFE = "not_safe"  # this phone may not be texted
    NO_PHONE = "no_phone"  # a withheld number, a short code, or a phone of a country we do not text
    NEVER_WROTE = "never_wrote"  # typed in by a volunteer: whose phone it is, nobody knows
    LANDLINE = "landline"  # a phone that takes no texts
    TOO_LATE = "too_late"  # older than anyone could make sense of


def moves_forward(before: Delivery, after: Delivery) -> bool:
    """Whether a report may replace what is known. Terminal states stay: a late `sent` does not undo `delivered`."""
    return _RANK[after] > _RANK[before]


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after the `attempts`-th try that surely sent nothing (429, no connection). Add jitter."""
    return timedelta(seconds=_RETRY_S[min(attempts, len(_RETRY_S)) - 1])


def handset_retry_delay(unreached: int) -> timedelta | None:
    """How long to wait when a phone was off or out of reach for the `unreached`-th time: few times, half an hour apart and more; None
    when it was enough."""
    return timedelta(seconds=_HANDSET_RETRY_S[unreached - 1]) if unreached <= len(_HANDSET_RETRY_S) else None
