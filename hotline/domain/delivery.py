"""The delivery of a text that we send. Reports come late, twice and out of order, so a delivery only moves forward."""

from datetime import timedelta
from enum import StrEnum


class Delivery(StrEnum):
    """Where an outbound text stands."""

    QUEUED = "queued"  # due at next_attempt_at
    SENDING = "sending"  # claimed by a worker; the gateway may have it already
    UNKNOWN = "unknown"  # the gateway gave no clear answer; looked up before it is sent again
    SENT = "sent"  # the gateway has it
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"  # not sent, or refused for good; the `reason` of its row says why


_RANK = {
    Delivery.QUEUED: 0,
    Delivery.SENDING: 1,
    Delivery.UNKNOWN: 2,
    Delivery.SENT: 3,
    Delivery.UNDELIVERED: 4,
    Delivery.FAILED: 4,
    Delivery.DELIVERED: 5,  # a phone that has the text after all: operators report an error first, and the delivery later
}

CLAIM_OPEN_FOR = timedelta(minutes=1)
"""A claim that is open for longer belongs to a worker that died: its text is unknown, and looked up first (docs/architecture.md, law 5)."""

LOOK_UP_AFTER = timedelta(seconds=20)
"""How long an unknown text waits before it is looked up: a text appears in the gateway's list some seconds after it was sent."""

LEASE = timedelta(minutes=10)
"""How long a gateway that `expires` texts may take to send one. A text that has not left by then never leaves by it:
another may have it."""

_UNREPORTED_MINUTES = (15, 60, 180, 720)
"""So long after a text was taken its gateway is asked what became of it, while nothing was reported. The first is longer than a `LEASE`."""

_RETRY_S = (5, 15, 60, 300, 900, 1800, 3600)
_HANDSET_RETRY_S = (1800, 7200, 21600)


class Reason(StrEnum):
    """Why we did not even try to send a text. Where the gateway refused it, its row has the gateway's code or a fault's name instead."""

    STOPPED = "stopped"  # the phone itself asked for no more texts, by OFF
    REFUSED = "refused"  # the citizen said, by a key or in words, that texts are not safe
    BY_PERSON = "by_person"  # a person tells the citizen, on a safe contact, and no machine does
    HOLD = "hold"  # the ticket is on hold
    SEALED = "sealed"  # the ticket is sealed: a person may write about it, a machine may not
    NOT_SAFE = "not_safe"  # this phone may not be texted: it is marked so, or another ticket of it is on hold or sealed
    NO_PHONE = "no_phone"  # a withheld number, a short code, or a phone of a country we do not text
    NEVER_WROTE = "never_wrote"  # a volunteer typed the number in, and that phone has not given us the reference
    LANDLINE = "landline"  # takes no texts
    TOO_LATE = "too_late"  # too old to be understood
    ERASED = "erased"  # what it was about was wiped
    NEVER_KNOWN = "never_known"  # the gateway can never tell whether it was sent: a person decides
    LEFT = "left"  # nobody can ever tell whether it was sent, and a person left it at that
    CROWDED = "crowded"  # so many texts to one phone wait that others go first: it leaves some seconds later
    UNREADABLE = "unreadable"  # its words, or the number, do not open: the database was changed, or a key is gone


def moves_forward(before: Delivery, after: Delivery, *, of_part: bool = False) -> bool:
    """Whether the report `after` may replace `before`. A late `sent` or error does not undo `delivered`.

    `of_part`: it is about one part of a longer text, and nobody knows which. Then the part that failed counts, whatever became of others:
    half a text says nothing. What is queued again because of it is not delivered by another part.
    """
    if of_part and Delivery.DELIVERED in (before, after):
        failed = Delivery.UNDELIVERED, Delivery.FAILED
        return after in failed if before is Delivery.DELIVERED else before not in (*failed, Delivery.QUEUED)
    return _RANK[after] > _RANK[before]


def ask_in(taken_for: timedelta) -> timedelta | None:
    """In how long a gateway is asked what became of a text that it took so long ago and never reported; None: no more."""
    later = (timedelta(minutes=one) - taken_for for one in _UNREPORTED_MINUTES)
    return next((one for one in later if one > timedelta(0)), None)


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after the `attempts`-th try of which we know that it sent nothing (429, no connection). The caller adds jitter."""
    return timedelta(seconds=_RETRY_S[min(attempts, len(_RETRY_S)) - 1])


def handset_retry_delay(unreached: int) -> timedelta | None:
    """How long to wait when the phone was off or out of reach for the `unreached`-th time; None: give up."""
    return timedelta(seconds=_HANDSET_RETRY_S[unreached - 1]) if unreached <= len(_HANDSET_RETRY_S) else None
