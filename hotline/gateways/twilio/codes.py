"""Twilio's words and codes as tables, to be held against its pages. Unknown codes are judged by the HTTP status alone.

Sources: Twilio's error dictionary (twilio.com/docs/api/errors), its pages on message status and on retries (20429: never
processed, safe to retry; 20500: may have been). What is worth another try is our judgement.
"""

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
"""Twilio's MessageStatus → ours. Once Twilio has a text it is sent, whatever it calls its own queue."""

CALL_ENDS = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""The CallStatus of a call that is over."""

NOT_FOUND = frozenset({"20404", "404"})

CODES: dict[str, Outcome] = {
    "21610": Outcome.STOPPED,  # the citizen answered STOP
    "21611": Outcome.NOT_SENT,  # the sender's queue is full
    "20003": Outcome.NOT_SENT,  # our password is wrong: mended by us, no fault of the text
    "20429": Outcome.NOT_SENT,
    "30001": Outcome.UNREACHABLE,  # queue overflow, after it was taken
    "30003": Outcome.UNREACHABLE,  # the phone is off or out of reach
    "30008": Outcome.UNREACHABLE,  # unknown
    "30017": Outcome.UNREACHABLE,  # the carrier is congested
    "30410": Outcome.UNREACHABLE,  # the carrier did not answer
    "30500": Outcome.UNREACHABLE,  # Twilio's own fault; it says to send again
}

_TOO_MANY, _UNAUTHORIZED = 429, 401


def refused(status: int, code: str) -> Outcome:
    """What an HTTP refusal of a send means."""
    if code in CODES and CODES[code] is not Outcome.UNREACHABLE:
        return CODES[code]
    if status in (_TOO_MANY, _UNAUTHORIZED):
        return Outcome.NOT_SENT
    return Outcome.UNKNOWN if status >= 500 else Outcome.REFUSED
