"""What an SMSC's numbers mean for a text, as tables to compare with SMPP 3.4: 5.1.3 (command_status) and 5.2.28 (message_state).

An answer other than 0 says that the SMSC did not take the text. A number that is not here, as every company has some of its own, is tried
again: nothing was sent.
"""

from hotline.domain.delivery import Delivery
from hotline.gateways.base import GatewayError, Outcome

SUBMITTED: dict[int, Outcome] = {
    0x01: Outcome.REFUSED,  # invalid message length
    0x03: Outcome.ILL,  # invalid command: the account may not send
    0x04: Outcome.NOT_SENT,  # not bound, or not for sending
    0x06: Outcome.ILL,  # from here on: a field that is the same in all our texts is not allowed to us
    0x07: Outcome.ILL,
    0x08: Outcome.NOT_SENT,  # system error
    0x0A: Outcome.ILL,  # the sender is not ours
    0x0B: Outcome.REFUSED,  # the number that it goes to
    0x0E: Outcome.ILL,  # password
    0x0F: Outcome.ILL,  # system_id
    0x14: Outcome.NOT_SENT,  # its queue is full
    0x15: Outcome.ILL,
    0x43: Outcome.ILL,
    0x45: Outcome.NOT_SENT,  # the submit failed
    0x48: Outcome.ILL,
    0x49: Outcome.ILL,
    0x50: Outcome.ILL,
    0x51: Outcome.ILL,
    0x53: Outcome.ILL,
    0x58: Outcome.NOT_SENT,  # throttled
    0x61: Outcome.ILL,
    0x62: Outcome.ILL,
    0xC0: Outcome.ILL,
    0xC1: Outcome.ILL,
    0xC2: Outcome.ILL,
    0xC3: Outcome.ILL,
    0xC4: Outcome.ILL,
}
"""The status of a submit_sm_resp → what it means for the text."""

ALREADY_BOUND = 0x05
"""Our last connection is still open there: it goes away by itself."""

BIND_REFUSED = frozenset({0x0D, 0x0E, 0x0F, 0x53})
"""The statuses of a bind that say that our account is not good: bind failed, password, system_id, system_type."""

THROTTLED = frozenset({0x14, 0x58})

STATES: dict[int, tuple[str, Delivery | None, Outcome | None]] = {
    1: ("ENROUTE", None, None),
    2: ("DELIVRD", Delivery.DELIVERED, None),
    3: ("EXPIRED", Delivery.UNDELIVERED, Outcome.UNREACHABLE),
    4: ("DELETED", Delivery.FAILED, None),
    5: ("UNDELIV", Delivery.UNDELIVERED, None),
    6: ("ACCEPTD", None, None),
    7: ("UNKNOWN", None, None),
    8: ("REJECTD", Delivery.FAILED, Outcome.REFUSED),
    9: ("SKIPPED", Delivery.FAILED, None),
}
"""message_state → its name in a receipt's words (appendix B), our delivery (None: nothing is settled yet), and what it means for the
text."""

BY_NAME = {name[:5].lower(): state for state, (name, _, _) in STATES.items()}
"""The beginning of a name → its message_state: some write DELIVERED for DELIVRD."""


def code(status: int) -> str:
    """The name of a status in the rows of texts."""
    return f"0x{status:02x}"


def refused(status: int) -> GatewayError:
    """What a submit_sm_resp with an error means."""
    return GatewayError(code(status), SUBMITTED.get(status, Outcome.NOT_SENT))
