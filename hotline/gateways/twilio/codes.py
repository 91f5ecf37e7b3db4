"""Twilio's statuses and error codes as tables, to compare with its documentation. Unknown codes are judged by the HTTP status.

Sources: Twilio's error dictionary (twilio.com/docs/api/errors), its pages on message status and on retries (20429: never
processed, safe to retry; 20500: may have been processed). Which failures are worth another try is our own judgement.
"""

import re

from hotline.domain.bridge import Leg
from hotline.domain.delivery import Delivery
from hotline.gateways.base import Outcome

DELIVERIES: dict[str, Delivery] = {
    "accepted": Delivery.SENT,
    "scheduled": Delivery.SENT,
    "queued": Delivery.SENT,
    "sending": Delivery.SENT,
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.DELIVERED,
    "partially_delivered": Delivery.UNDELIVERED,
    "undelivered": Delivery.UNDELIVERED,
    "failed": Delivery.FAILED,
    "canceled": Delivery.FAILED,
}
"""Twilio's MessageStatus → our delivery. A text that Twilio has accepted counts as sent, also while it is in Twilio's queue."""

CALL_ENDS = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""The values of CallStatus for a call that is over."""

LEGS = {
    "queued": Leg.RINGING,
    "initiated": Leg.RINGING,
    "ringing": Leg.RINGING,
    "in-progress": Leg.ANSWERED,
    "answered": Leg.ANSWERED,
    "completed": Leg.OVER,
    "no-answer": Leg.NO_ANSWER,
    "canceled": Leg.NO_ANSWER,
    "busy": Leg.BUSY,
    "failed": Leg.FAILED,
}
"""The CallStatus of a phone that a Dial rings."""

DIALS = {**LEGS, "answered": Leg.OVER}
"""DialCallStatus, when a Dial has ended. A status that is missing here says that something failed."""

MEDIA_ID = re.compile(r"((?:MM|SM)[0-9a-fA-F]{32})/(ME[0-9a-fA-F]{32})")
"""Our name for a photo at Twilio: the id of its message and its own, which only lead to it together."""

NOT_FOUND = frozenset({"20404", "404"})

CODES: dict[str, Outcome] = {
    "21610": Outcome.STOPPED,  # the citizen answered STOP
    "21611": Outcome.NOT_SENT,  # the sender's queue is full
    "20003": Outcome.ILL,  # our password is wrong
    "20005": Outcome.ILL,  # our account is suspended
    "21212": Outcome.ILL,  # our number is written wrongly
    "21603": Outcome.ILL,  # we have no number
    "21606": Outcome.ILL,  # our number is not ours, or sends no texts
    "21659": Outcome.ILL,  # our number is not one of Twilio's
    "21660": Outcome.ILL,  # our number is another account's
    "21704": Outcome.ILL,  # our messaging service has no numbers
    "21705": Outcome.ILL,  # our messaging service is written wrongly
    "30002": Outcome.ILL,  # our account was suspended between taking and sending
    "20429": Outcome.NOT_SENT,
    "30001": Outcome.UNREACHABLE,  # queue overflow, after the text was accepted
    "30003": Outcome.UNREACHABLE,  # the phone is off or out of reach
    "30008": Outcome.UNREACHABLE,  # unknown
    "30017": Outcome.UNREACHABLE,  # the carrier is congested
    "30410": Outcome.UNREACHABLE,  # the carrier did not answer
    "30500": Outcome.UNREACHABLE,  # a fault at Twilio, which says to send again
}

_TOO_MANY, _UNAUTHORIZED = 429, 401


def refused(status: int, code: str) -> Outcome:
    """What a refused request means for the text; `status`: of HTTP, `code`: Twilio's."""
    if code in CODES and CODES[code] is not Outcome.UNREACHABLE:
        return CODES[code]
    if status == _UNAUTHORIZED:
        return Outcome.ILL
    if status == _TOO_MANY:
        return Outcome.NOT_SENT
    return Outcome.UNKNOWN if status >= 500 else Outcome.REFUSED
